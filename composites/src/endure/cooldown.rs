//! The pause that a system asked for (429): one for all calls with its credential, because the system counts them together.

use std::time::Duration;

use tokio::time::Instant;

/// Until when nobody asks.
#[derive(Debug, Default)]
pub(super) struct Cooldown(Option<Instant>);

/// A longer pause than this is a mistake or an attack; vendors' longest is until the next day.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

impl Cooldown {
    /// Pauses for so long from now, unless it is paused for longer already.
    pub(super) fn extend(&mut self, wait: Duration, now: Instant) {
        let until = now + wait.min(LONGEST);
        self.0 = Some(self.0.map_or(until, |before| before.max(until)));
    }

    /// How long the pause still lasts.
    pub(super) fn left(&self, now: Instant) -> Option<Duration> {
        let left = self.0?.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }
}
