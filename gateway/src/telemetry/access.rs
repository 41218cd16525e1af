//! The access log: one JSON object a request, one line each.
//!
//! There is no customer's data in it: paths are templates, there are no queries and no bodies, and the caller's address
//! is cut to its network. Lines are written by a thread of their own, so that a slow reader of our output costs log
//! lines, which are counted, and never a request.

use std::io::Write;
use std::net::IpAddr;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use serde::Serialize;

/// Lines that may wait to be written.
const WAITING: usize = 8_192;
const PATIENCE: Duration = Duration::from_secs(1);

/// Where lines go.
#[derive(Debug, Clone, Default)]
pub enum AccessSink {
    /// To standard output.
    #[default]
    Stdout,
    /// Nowhere.
    Off,
    /// To whoever holds the other end; for tests.
    Channel(SyncSender<Vec<u8>>),
}

/// One line.
#[derive(Debug, Serialize)]
pub(crate) struct AccessLine<'e> {
    pub(crate) time: String,
    pub(crate) kind: &'static str,
    pub(crate) request_id: &'e str,
    pub(crate) trace_id: &'e str,
    pub(crate) network: String,
    pub(crate) tenant: Option<&'e str>,
    pub(crate) consumer: Option<&'e str>,
    pub(crate) api: &'e str,
    pub(crate) version: &'e str,
    pub(crate) route: &'e str,
    pub(crate) method: &'e str,
    pub(crate) protocol: &'static str,
    pub(crate) status: u16,
    pub(crate) code: Option<&'static str>,
    pub(crate) cause: Option<&'e str>,
    pub(crate) abandoned: bool,
    pub(crate) duration_us: u128,
    pub(crate) upstream_us: u128,
    pub(crate) cost: Option<u64>,
    pub(crate) calls: Option<u64>,
    pub(crate) bytes_in: usize,
    pub(crate) bytes_out: usize,
}

/// Takes lines; never waits.
pub(crate) struct AccessLog {
    lines: Lines,
    dropped: Counter,
}

enum Lines {
    Nowhere,
    Handed(SyncSender<Vec<u8>>),
    Written(SyncSender<Entry>),
}

enum Entry {
    Line(Vec<u8>),
    /// Answered once everything before it is written.
    Flush(SyncSender<()>),
}

impl AccessLog {
    /// Starts the writer.
    pub(super) fn start(sink: AccessSink, dropped: Counter) -> Self {
        let lines = match sink {
            AccessSink::Off => Lines::Nowhere,
            AccessSink::Channel(sender) => Lines::Handed(sender),
            AccessSink::Stdout => {
                let (sender, entries) = sync_channel(WAITING);
                let writer = thread::Builder::new().name("access-log".to_owned()).spawn(move || write_all(&entries));
                if let Err(error) = writer {
                    tracing::error!(%error, "there is no access log: its thread does not start");
                }
                Lines::Written(sender)
            }
        };
        AccessLog { lines, dropped }
    }

    /// Hands one line to the writer.
    pub(super) fn write(&self, line: &AccessLine<'_>) {
        if matches!(self.lines, Lines::Nowhere) {
            return;
        }
        let mut bytes = Vec::with_capacity(512);
        // Strings and numbers can always be written.
        if serde_json::to_writer(&mut bytes, line).is_err() {
            return;
        }
        bytes.push(b'\n');
        let taken = match &self.lines {
            Lines::Nowhere => true,
            Lines::Handed(lines) => lines.try_send(bytes).is_ok(),
            Lines::Written(lines) => lines.try_send(Entry::Line(bytes)).is_ok(),
        };
        if !taken {
            self.dropped.inc();
        }
    }

    /// Waits until everything so far is written, within reason.
    pub(super) fn flush(&self) {
        if let Lines::Written(lines) = &self.lines {
            let (done, written) = sync_channel(1);
            if lines.try_send(Entry::Flush(done)).is_ok() {
                // A writer that is stuck must not keep the process from ending.
                let _ = written.recv_timeout(PATIENCE);
            }
        }
    }
}

fn write_all(entries: &Receiver<Entry>) {
    let mut out = std::io::BufWriter::new(std::io::stdout());
    let mut waiting = Vec::new();
    while let Ok(first) = entries.recv() {
        for entry in std::iter::once(first).chain(entries.try_iter()) {
            match entry {
                // Standard output that nobody reads any more is no reason to stop serving.
                Entry::Line(line) => drop(out.write_all(&line)),
                Entry::Flush(done) => waiting.push(done),
            }
        }
        let _ = out.flush();
        for done in waiting.drain(..) {
            // Whoever asked may have stopped waiting.
            let _ = done.send(());
        }
    }
}

/// An address without its last part: enough to see where a flood comes from, too little to name a person.
pub(crate) fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_what_names_a_person() {
        assert_eq!(network(IpAddr::from([192, 0, 2, 77])), "192.0.2.0/24");
        assert_eq!(network("2001:db8:1:2::7".parse().unwrap()), "2001:db8:1::/48");
    }
}
