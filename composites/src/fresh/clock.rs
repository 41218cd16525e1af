//! Where the cache has its time from: one clock that only runs forward, for ages, and one that people read.

use chrono::{DateTime, Utc};
use tokio::time::Instant;

/// Tells the time.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// For ages and deadlines.
    fn now(&self) -> Instant;

    /// For people: `fetchedAt`.
    fn wall(&self) -> DateTime<Utc>;
}

/// The machine's clocks.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wall(&self) -> DateTime<Utc> {
        Utc::now()
    }
}
