//! The audit trail: who asked for what of whom, what was decided and why, without the data itself.
//!
//! Requests hand their entry over and go on. A thread of its own seals entries into the chain, writes them and sees that
//! they are on the disk. Where it cannot keep up, a request waits for as long as is configured and no longer; then its
//! entry is lost, and the next one that is written says how many were. The chain itself is
//! [`portico_policies::audit`].

mod entry;
mod file;
mod write;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use portico_contracts::secret::Secret;
use portico_policies::audit::{KeyDigests, Link, Sealer};
use prometheus_client::metrics::counter::Counter;
use tokio::sync::mpsc;

pub(crate) use entry::{Actor, Audited, Decided, Entry, Event, Request};
use file::TrailFile;
pub(crate) use file::put_aside;
use write::{Task, write_all};

/// Where the trail is written, and how.
#[derive(Debug, Clone)]
pub struct AuditSettings {
    /// The newest entries' file. Older ones stand beside it.
    pub path: PathBuf,
    /// A file that is larger than this is put aside, in bytes.
    pub rotate: u64,
    /// How many files that were put aside are kept; all where absent.
    pub keep: Option<usize>,
    /// How long a request waits at most for its entry to be taken.
    pub wait: Duration,
    /// What entries are sealed with.
    pub key: Option<Secret>,
}

/// Why there is no trail.
#[derive(Debug, thiserror::Error)]
#[error("the audit trail at {} cannot be written: {says}", path.display())]
pub struct Untrailed {
    /// Where.
    pub path: PathBuf,
    /// Why.
    pub says: String,
}

/// What happened to entries, as metrics.
#[derive(Debug, Clone, Default)]
pub(crate) struct AuditCounters {
    /// Written and on the disk.
    pub(crate) written: Counter,
    /// Never written, because nobody could wait longer.
    pub(crate) lost: Counter,
    /// Attempts to write that failed; they are repeated.
    pub(crate) failures: Counter,
}

/// Entries that may wait to be written.
const WAITING: usize = 8_192;
/// How long a stop waits for what is still to be written.
const LAST: Duration = Duration::from_secs(5);

/// A trail that is written.
#[derive(Debug)]
pub(crate) struct Trail {
    tasks: mpsc::Sender<Task>,
    newest: Arc<Mutex<Link>>,
    digests: KeyDigests,
    wait: Duration,
    counters: AuditCounters,
}

impl Trail {
    /// Opens the file, goes on behind its last entry, and starts to write.
    pub(crate) fn open(settings: &AuditSettings, counters: AuditCounters) -> Result<Trail, Untrailed> {
        let fault = |says: String| Untrailed { path: settings.path.clone(), says };
        let sealer = Sealer::new(settings.key.as_ref());
        let file = TrailFile::open(settings, sealer).map_err(|error| fault(error.to_string()))?;
        let (tasks, received) = mpsc::channel(WAITING);
        let newest = Arc::new(Mutex::new(file.newest()));
        let (shown, counted) = (Arc::clone(&newest), counters.clone());
        std::thread::Builder::new()
            .name("audit-trail".to_owned())
            .spawn(move || write_all(file, received, &shown, &counted))
            .map_err(|error| fault(error.to_string()))?;
        Ok(Trail { tasks, newest, digests: KeyDigests::new(settings.key.as_ref()), wait: settings.wait, counters })
    }

    /// How keys of records are written.
    pub(crate) fn digests(&self) -> &KeyDigests {
        &self.digests
    }

    /// The newest entry that is on the disk.
    pub(crate) fn newest(&self) -> Link {
        *self.newest.lock()
    }

    /// Hands an entry over without waiting; gives it back where there is no room.
    pub(crate) fn offer(&self, entry: Box<Entry>) -> Option<Box<Entry>> {
        match self.tasks.try_send(Task::Write(entry)) {
            Err(mpsc::error::TrySendError::Full(Task::Write(entry))) => Some(entry),
            _ => None,
        }
    }

    /// Hands an entry over, waiting as long as is configured. What finds no room then is lost, and counted.
    pub(crate) async fn insist(&self, entry: Box<Entry>) {
        if self.tasks.send_timeout(Task::Write(entry), self.wait).await.is_err() {
            self.lose();
        }
    }

    /// An entry that nobody can wait for.
    pub(crate) fn lose(&self) {
        self.counters.lost.inc();
    }

    /// Writes what happened to the gateway itself.
    pub(crate) fn note(&self, event: Event) {
        if self.offer(Box::new(Entry::event(event))).is_some() {
            self.lose();
        }
    }

    /// Waits until everything so far is written, within reason.
    pub(crate) async fn flush(&self) {
        let (done, written) = tokio::sync::oneshot::channel();
        let flushed = async {
            if self.tasks.send(Task::Flush(done)).await.is_ok() {
                // A writer that ended has nothing more to write.
                let _ = written.await;
            }
        };
        if tokio::time::timeout(LAST, flushed).await.is_err() {
            tracing::error!("the audit trail could not be written to its end");
        }
    }
}

#[cfg(test)]
mod tests;
