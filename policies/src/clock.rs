//! Time, handed in. Nothing in this crate asks the system what time it is but [`Ticks::real`], for governor's sake.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use governor::clock::{Clock, DefaultClock, FakeRelativeClock, Reference};
use governor::nanos::Nanos;

/// One moment, read once per request: on the calendar, and on a clock that is never set back.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Seconds since 1970, for dates in tokens, keys and lifecycles.
    pub unix: u64,
    /// For waiting times and ages.
    pub instant: Instant,
}

impl Now {
    /// The moment that both clocks show.
    pub fn new(date: SystemTime, instant: Instant) -> Self {
        let unix = date.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Now { unix, instant }
    }

    /// This moment and some more.
    #[must_use]
    pub fn later(self, by: Duration) -> Self {
        Now { unix: self.unix.saturating_add(by.as_secs()), instant: self.instant + by }
    }
}

/// The clock of the rate limiters: real, or turned by hand in a test.
#[derive(Debug, Clone)]
pub struct Ticks(Source);

#[derive(Debug, Clone)]
enum Source {
    Real { clock: DefaultClock, start: <DefaultClock as Clock>::Instant },
    Fake(FakeRelativeClock),
}

impl Ticks {
    /// The machine's monotonic clock.
    pub fn real() -> Self {
        let clock = DefaultClock::default();
        let start = clock.now();
        Ticks(Source::Real { clock, start })
    }

    /// A clock that moves when the returned handle is advanced.
    pub fn fake() -> (Self, FakeRelativeClock) {
        let hand = FakeRelativeClock::default();
        (Ticks(Source::Fake(hand.clone())), hand)
    }
}

impl Clock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        match &self.0 {
            Source::Real { clock, start } => clock.now().duration_since(*start),
            Source::Fake(hand) => hand.now(),
        }
    }
}
