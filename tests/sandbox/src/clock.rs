//! The sandbox's own time, so that a token can expire without anybody waiting.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// The system's time, or a fixed one, moved forward at will.
#[derive(Debug, Default)]
pub struct Clock {
    fixed: Option<DateTime<Utc>>,
    ahead_seconds: AtomicI64,
}

impl Clock {
    /// A clock that stands still until moved.
    #[must_use]
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self { fixed: Some(at), ahead_seconds: AtomicI64::new(0) }
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let base = self.fixed.unwrap_or_else(Utc::now);
        base + TimeDelta::seconds(self.ahead_seconds.load(Ordering::Relaxed))
    }

    /// Moves the time forward (or back, when negative).
    pub fn advance(&self, seconds: i64) {
        self.ahead_seconds.fetch_add(seconds, Ordering::Relaxed);
    }
}
