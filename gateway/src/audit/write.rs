//! The thread that writes: in batches, and again where the disk refuses.

use std::time::Duration;

use parking_lot::Mutex;
use portico_policies::audit::Link;
use tokio::sync::{mpsc, oneshot};

use super::AuditCounters;
use super::entry::{Entry, Event};
use super::file::TrailFile;

/// What the thread is told.
#[derive(Debug)]
pub(super) enum Task {
    /// One more entry.
    Write(Box<Entry>),
    /// To tell when everything before is written.
    Flush(oneshot::Sender<()>),
}

/// Entries that are written at once.
const BATCH: usize = 256;
/// How long a disk that refuses is left alone.
const PAUSE: Duration = Duration::from_millis(500);

/// Until everybody who could hand an entry over is gone.
pub(super) fn write_all(
    mut file: TrailFile,
    mut tasks: mpsc::Receiver<Task>,
    newest: &Mutex<Link>,
    counters: &AuditCounters,
) {
    let mut told = 0;
    while let Some(first) = tasks.blocking_recv() {
        let (mut entries, mut waiting) = (Vec::new(), Vec::new());
        let mut next = Some(first);
        while let Some(task) = next.take() {
            match task {
                Task::Write(entry) => entries.push(entry),
                Task::Flush(done) => waiting.push(done),
            }
            if entries.len() < BATCH {
                next = tasks.try_recv().ok();
            }
        }
        let lost = counters.lost.get() - told;
        if lost > 0 {
            entries.push(Box::new(Entry::event(Event::EntriesLost { entries: lost })));
            told += lost;
        }
        write(&mut file, &entries, counters);
        *newest.lock() = file.newest();
        for done in waiting {
            // Whoever asked may have stopped waiting.
            let _ = done.send(());
        }
    }
}

/// Tries until it succeeds: what was taken is not given up. Meanwhile the queue fills, and those who come wait or lose.
#[expect(clippy::disallowed_methods, reason = "the thread is its own, and nobody else waits for it")]
fn write(file: &mut TrailFile, entries: &[Box<Entry>], counters: &AuditCounters) {
    if entries.is_empty() {
        return;
    }
    while let Err(error) = file.append(entries) {
        counters.failures.inc();
        tracing::error!(%error, "the audit trail cannot be written; trying again");
        std::thread::sleep(PAUSE);
    }
    counters.written.inc_by(entries.len() as u64);
}
