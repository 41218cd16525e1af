//! Bytes, shared fairly between tenants.
//!
//! One budget for the process. When it is overdrawn, those who hold most give back first, down to a common level
//! ("max-min fairness"): a tenant that holds less than an equal share never loses anything to another, and what
//! others leave unused is free for those who can use it. A cache of `moka` for each tenant would need its budget cut
//! in advance, and some 50 kB each for its queues; one for all tenants would let the busiest push out the rest. So moka
//! keeps the map of shelves, and lets go of idle tenants', and the bytes are counted here.

use std::time::Duration;

/// What the cache may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all values, roughly.
    pub bytes: usize,
    /// A tenant that asks for nothing for so long gives back all it holds.
    pub idle: Duration,
    /// At least so long a fetch goes on, even if the request that began it had less time: others may have joined it.
    pub patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { bytes: 64 << 20, idle: Duration::from_secs(15 * 60), patience: Duration::from_secs(3) }
    }
}

impl Limits {
    /// A value that weighs more than this is not kept: it would cost many others their place.
    pub(super) fn largest(&self) -> usize {
        self.bytes / 16
    }

    /// How far the holders are brought down once the budget is overdrawn, so that it does not happen at every value.
    pub(super) fn comfortable(&self) -> usize {
        self.bytes - self.bytes / 16
    }
}

/// The common level down to which holders must come, so that all of them together hold no more than `budget`.
pub(super) fn level(mut held: Vec<usize>, budget: usize) -> usize {
    held.sort_unstable();
    let mut left = budget;
    let mut others = held.len();
    for amount in held {
        let share = left / others.max(1);
        if amount > share {
            return share;
        }
        left -= amount;
        others -= 1;
    }
    usize::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_small_keep_what_they_have_and_the_large_share_the_rest() {
        assert_eq!(level(vec![10, 500, 20, 1000], 430), 200);
        assert_eq!(level(vec![1000], 900), 900);
        assert_eq!(level(vec![10, 20], 430), usize::MAX);
        assert_eq!(level(vec![], 1), usize::MAX);
    }

    proptest::proptest! {
        #[test]
        fn the_budget_holds_and_nobody_below_an_equal_share_pays(
            held in proptest::collection::vec(0_usize..10_000, 1..50), budget in 0_usize..100_000,
        ) {
            let level = level(held.clone(), budget);
            let after: usize = held.iter().map(|amount| (*amount).min(level)).sum();
            proptest::prop_assert!(after <= budget);
            proptest::prop_assert!(level >= budget / held.len());
        }
    }
}
