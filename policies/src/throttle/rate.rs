//! A rate as an operator means it: so many, in such a time, with such a burst.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::Quota;

/// So many cells in a period, and a burst that may be taken at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    count: NonZeroU32,
    per: Duration,
    burst: NonZeroU32,
}

/// Why a rate cannot be counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// The time per cell rounds to nothing.
    #[error("more than a billion a second cannot be told apart")]
    TooFast,
    /// Refilling the burst takes longer than the counters can hold.
    #[error("a burst that takes more than a year to refill cannot be counted")]
    TooSlow,
}

/// Beyond this, sums of nanoseconds could overflow within the life of a process.
const LONGEST_REFILL: Duration = Duration::from_secs(366 * 24 * 3600);

impl Rate {
    /// `count` per `per`, of which `burst` may be taken at once.
    pub fn new(count: NonZeroU32, per: Duration, burst: NonZeroU32) -> Result<Self, RateError> {
        let cell = per / count.get();
        if cell.is_zero() {
            return Err(RateError::TooFast);
        }
        match cell.checked_mul(burst.get()) {
            Some(refill) if refill <= LONGEST_REFILL && per <= LONGEST_REFILL => Ok(Rate { count, per, burst }),
            _ => Err(RateError::TooSlow),
        }
    }

    /// How many cells a period brings.
    pub fn count(&self) -> NonZeroU32 {
        self.count
    }

    /// The period.
    pub fn per(&self) -> Duration {
        self.per
    }

    /// How many cells may be taken at once.
    pub fn burst(&self) -> NonZeroU32 {
        self.burst
    }

    /// The time that brings one cell.
    pub(crate) fn cell(&self) -> Duration {
        self.per / self.count.get()
    }

    pub(crate) fn quota(&self) -> Quota {
        #[expect(clippy::expect_used, reason = "`Rate::new` refuses a cell of no time, the only case without a quota")]
        let quota = Quota::with_period(self.cell()).expect("a cell takes time");
        quota.allow_burst(self.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(n: u32) -> NonZeroU32 {
        NonZeroU32::new(n).unwrap()
    }

    #[test]
    fn rates_that_cannot_be_counted_are_refused() {
        assert!(Rate::new(n(500), Duration::from_secs(1), n(1000)).is_ok());
        assert_eq!(Rate::new(n(2), Duration::from_nanos(1), n(1)), Err(RateError::TooFast));
        assert_eq!(Rate::new(n(1), Duration::ZERO, n(1)), Err(RateError::TooFast));
        assert_eq!(Rate::new(n(1), Duration::from_secs(3600), n(u32::MAX)), Err(RateError::TooSlow));
        assert_eq!(Rate::new(n(1), Duration::MAX, n(1)), Err(RateError::TooSlow));
    }
}
