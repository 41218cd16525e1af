//! Who was asked what, how often.

use std::collections::VecDeque;

use indexmap::IndexMap;
use parking_lot::Mutex;
use serde::Serialize;

/// How often one path of one system was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallCount {
    /// `acme-erp`; `elsewhere` for the host nobody should call.
    pub system: String,
    /// The method.
    pub method: String,
    /// The path as sent, without the query.
    pub path: String,
    /// How often.
    pub count: u64,
}

/// One call, as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRecord {
    /// `acme-erp`; `elsewhere` for the host nobody should call.
    pub system: String,
    /// The method.
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// Whether it carried credentials (`Authorization`).
    pub had_credentials: bool,
    /// On whose behalf it came, where its token was exchanged for a caller's.
    pub on_behalf_of: Option<String>,
}

/// A run against many keys must not fill the memory: further paths are counted as `…`.
const MOST_PATHS: usize = 10_000;
const LATEST: usize = 1_000;

#[derive(Debug, Default)]
pub(crate) struct Calls(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    counts: IndexMap<(String, String, String), u64>,
    latest: VecDeque<CallRecord>,
}

impl Calls {
    pub(crate) fn record(&self, record: CallRecord) {
        let mut seen = self.0.lock();
        let path = record.target.split('?').next().unwrap_or_default().to_owned();
        let mut key = (record.system.clone(), record.method.clone(), path);
        if seen.counts.len() >= MOST_PATHS && !seen.counts.contains_key(&key) {
            "…".clone_into(&mut key.2);
        }
        *seen.counts.entry(key).or_default() += 1;
        if seen.latest.len() >= LATEST {
            seen.latest.pop_front();
        }
        seen.latest.push_back(record);
    }

    pub(crate) fn counts(&self) -> Vec<CallCount> {
        let seen = self.0.lock();
        let count = |((system, method, path), count): (&(String, String, String), &u64)| CallCount {
            system: system.clone(),
            method: method.clone(),
            path: path.clone(),
            count: *count,
        };
        seen.counts.iter().map(count).collect()
    }

    pub(crate) fn latest(&self) -> Vec<CallRecord> {
        self.0.lock().latest.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        *self.0.lock() = Seen::default();
    }
}
