//! One limit, whoever counts it: this process, or several gateways together. What is taken of it comes back by itself
//! unless it is kept, so that a refusal by a later limit, or a caller who leaves while it waits, costs nothing.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use super::leases::{Leasable, Leases};
use super::limiter::{Limiter, Remaining, Spend};
use super::quota::Used;
use super::{Period, Rate, WhenAway};
use crate::Now;

/// What a limit allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Terms {
    /// Cells over time.
    Rate(Rate),
    /// So many in a day or a month.
    Quota(Period, NonZeroU32),
}

/// One limit, counted for each key apart.
#[derive(Debug, Clone)]
pub(crate) struct Budget<K: Leasable> {
    terms: Terms,
    counter: Counter<K>,
}

#[derive(Debug, Clone)]
enum Counter<K: Leasable> {
    Rate(Arc<Limiter<K>>),
    Quota(Arc<Used<K>>, NonZeroU32),
    Leased(Arc<Leases<K>>),
}

/// When it is, and until when may be waited for a common store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At {
    pub(crate) now: Now,
    pub(crate) latest: tokio::time::Instant,
}

/// Why there is nothing to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denied {
    /// It is used up for so long; so much is left.
    UsedUp { wait: Duration, left: u64, alone: Option<WhenAway> },
    /// More than can ever be had at once.
    TooMuch,
    /// The common store is away, and without it nothing is given.
    Away,
}

impl<K: Leasable> Budget<K> {
    pub(crate) fn rate(limiter: Arc<Limiter<K>>) -> Self {
        Budget { terms: Terms::Rate(limiter.rate()), counter: Counter::Rate(limiter) }
    }

    pub(crate) fn quota(period: Period, limit: NonZeroU32, used: Arc<Used<K>>) -> Self {
        Budget { terms: Terms::Quota(period, limit), counter: Counter::Quota(used, limit) }
    }

    pub(crate) fn leased(terms: Terms, leases: Arc<Leases<K>>) -> Self {
        Budget { terms, counter: Counter::Leased(leases) }
    }

    /// Takes some if all of them are there. Waits only where gateways count together and nothing is held ready.
    pub(crate) async fn take<'a>(
        &'a self,
        key: &'a K,
        n: NonZeroU32,
        away: WhenAway,
        at: At,
    ) -> Result<Taken<'a, K>, Denied> {
        let remaining = match &self.counter {
            Counter::Rate(limiter) => match limiter.spend(key, n) {
                Spend::Allowed(remaining) => Ok(remaining),
                Spend::Refused { wait, left } => Err(Denied::UsedUp { wait, left, alone: None }),
                Spend::TooMuch => Err(Denied::TooMuch),
            },
            Counter::Quota(used, limit) => used
                .spend(key, n.get(), *limit, at.now)
                .map_err(|(wait, left)| Denied::UsedUp { wait, left, alone: None }),
            Counter::Leased(leases) => leases.take(key, n.get(), self.terms, away, at).await,
        };
        remaining.map(|remaining| Taken { budget: self, key, n, remaining, kept: false })
    }

    /// Returns what was taken for nothing.
    pub(crate) fn give_back(&self, key: &K, n: NonZeroU32) {
        match &self.counter {
            Counter::Rate(limiter) => limiter.give_back(key, n),
            Counter::Quota(used, _) => used.give_back(key, n.get()),
            Counter::Leased(leases) => leases.give_back(key, n.get(), self.terms),
        }
    }

    /// Returns what was taken for this long and not needed: what has come back meanwhile by itself does not come twice.
    pub(crate) fn refund(&self, key: &K, n: NonZeroU32, held: Duration) {
        let come_back = match self.terms {
            Terms::Rate(rate) => held.as_nanos() / rate.cell().as_nanos().max(1),
            Terms::Quota(..) => 0,
        };
        let left = n.get().saturating_sub(u32::try_from(come_back).unwrap_or(u32::MAX));
        if let Some(left) = NonZeroU32::new(left) {
            self.give_back(key, left);
        }
    }

    /// The counter of a rate that is counted here.
    pub(crate) fn limiter(&self) -> Option<&Arc<Limiter<K>>> {
        match &self.counter {
            Counter::Rate(limiter) => Some(limiter),
            Counter::Quota(..) | Counter::Leased(_) => None,
        }
    }
}

/// What was taken; it goes back when this is dropped and was not kept.
#[derive(Debug)]
pub(crate) struct Taken<'a, K: Leasable> {
    budget: &'a Budget<K>,
    key: &'a K,
    n: NonZeroU32,
    /// What is left after it.
    pub(crate) remaining: Remaining,
    kept: bool,
}

impl<K: Leasable> Taken<'_, K> {
    /// It is spent.
    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl<K: Leasable> Drop for Taken<'_, K> {
    fn drop(&mut self) {
        if !self.kept {
            self.budget.give_back(self.key, self.n);
        }
    }
}
