//! How many repetitions a system's callers may make in all: a share of the calls, and a small floor for quiet times.
//! A repetition is paid for when it is decided, before it waits, so that those who wait are counted.

use std::time::Duration;

use tokio::time::Instant;

/// Thousandths of a repetition.
#[derive(Debug)]
pub(super) struct Budget {
    left: u64,
    topped_up: Instant,
}

/// What one call earns: a fifth of a repetition.
const EARNED: u64 = 200;
/// What one repetition costs.
const COST: u64 = 1_000;
/// What a second brings by itself.
const TRICKLE: u64 = 500;
/// What can be saved up.
const MOST: u64 = 10_000;
/// What there is in the beginning.
const START: u64 = 2_000;

impl Budget {
    pub(super) fn new(now: Instant) -> Self {
        Budget { left: START, topped_up: now }
    }

    /// A call was begun.
    pub(super) fn earn(&mut self) {
        self.left = (self.left + EARNED).min(MOST);
    }

    /// Pays for a repetition, if there is enough.
    pub(super) fn spend(&mut self, now: Instant) -> bool {
        self.top_up(now);
        let affordable = self.left >= COST;
        if affordable {
            self.left -= COST;
        }
        affordable
    }

    /// The trickle fills no more than the floor.
    fn top_up(&mut self, now: Instant) {
        let seconds = now.saturating_duration_since(self.topped_up).as_secs();
        self.topped_up += Duration::from_secs(seconds);
        if self.left < START {
            self.left = self.left.saturating_add(seconds.saturating_mul(TRICKLE)).min(START);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_repetition_for_five_calls_and_a_trickle() {
        let start = Instant::now();
        let mut budget = Budget::new(start);
        assert!(budget.spend(start) && budget.spend(start) && !budget.spend(start));
        (0..4).for_each(|_| budget.earn());
        assert!(!budget.spend(start));
        budget.earn();
        assert!(budget.spend(start) && !budget.spend(start));
        assert!(budget.spend(start + Duration::from_secs(2)));
        let later = start + Duration::from_secs(3600);
        assert_eq!((0..10).filter(|_| budget.spend(later)).count(), 2);
        (0..1000).for_each(|_| budget.earn());
        assert_eq!((0..1000).filter(|_| budget.spend(later)).count(), 10);
    }
}
