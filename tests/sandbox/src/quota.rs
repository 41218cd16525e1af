//! What a simulated system lets its callers ask, where a test or an operator limits it: calls at once, in a second, in a
//! day. It counts as the vendors do, refuses in each vendor's own words and tells what is left in its own headers.
//! Calls for tokens are not counted.

mod wire;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::HeaderMap;
use parking_lot::Mutex;
use serde::Deserialize;
use tokio::time::Instant;

use crate::system::{AtOnce, Place};
use crate::vendor::{Reply, Vendor};

/// What a system lets its callers ask; nothing is limited where nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quota {
    /// Calls at once.
    pub at_once: Option<u32>,
    /// Calls in a second, counted anew with each.
    pub per_second: Option<u32>,
    /// Calls in a day, counted from now on.
    pub per_day: Option<u32>,
    /// Of a day's calls so many were made by others before.
    pub spent: u32,
    /// What a refusal asks for, in seconds, where its vendor says that at all.
    pub retry_after: Option<u32>,
}

/// What came of limited calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Metered {
    /// Calls that were answered.
    pub answered: u32,
    /// Calls that were refused because of a limit.
    pub refused: u32,
    /// The most calls that were under way at once, refused ones not counted.
    pub most_at_once: u32,
}

/// Which limit a call was too much for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    AtOnce,
    Second,
    Day,
}

/// How it stands with a day's calls, this one included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    quota: Quota,
    this_second: u32,
    today: u32,
}

/// The meter of one system.
#[derive(Debug, Default)]
pub(crate) struct Meter(Mutex<Option<Count>>);

#[derive(Debug)]
struct Count {
    quota: Quota,
    under_way: Arc<AtOnce>,
    second: Instant,
    this_second: u32,
    today: u32,
    metered: Metered,
}

/// A call that may be answered.
pub(crate) struct Admitted {
    left: Left,
    _place: Place,
}

impl Meter {
    /// Limits a system anew, or no longer.
    pub(crate) fn set(&self, quota: Option<Quota>) {
        *self.0.lock() = quota.map(|quota| Count {
            quota,
            under_way: Arc::default(),
            second: Instant::now(),
            this_second: 0,
            today: quota.spent,
            metered: Metered::default(),
        });
    }

    /// What came of calls since the limits were set.
    pub(crate) fn metered(&self) -> Metered {
        self.0.lock().as_ref().map(|count| count.metered).unwrap_or_default()
    }

    /// Lets a call in, or refuses it; `None` where nothing is limited.
    pub(crate) fn admit(&self, vendor: &dyn Vendor, now: DateTime<Utc>) -> Option<Result<Admitted, Reply>> {
        let mut count = self.0.lock();
        let count = count.as_mut()?;
        Some(count.admit().map_err(|over| {
            count.metered.refused += 1;
            let left = count.left();
            let mut reply = wire::refused(vendor, over, &left);
            wire::tell(vendor.name(), &left, now, &mut reply.headers);
            reply
        }))
    }
}

impl Count {
    fn admit(&mut self) -> Result<Admitted, Over> {
        if self.second.elapsed() >= Duration::from_secs(1) {
            self.second = Instant::now();
            self.this_second = 0;
        }
        let is_over = |most: Option<u32>, count: u32| most.is_some_and(|most| count >= most);
        if is_over(self.quota.per_day, self.today) {
            return Err(Over::Day);
        }
        if is_over(self.quota.per_second, self.this_second) {
            return Err(Over::Second);
        }
        let most = self.quota.at_once.map_or(usize::MAX, |most| most as usize);
        let place = self.under_way.enter(most).ok_or(Over::AtOnce)?;
        self.this_second += 1;
        self.today += 1;
        self.metered.answered += 1;
        let under_way = u32::try_from(self.under_way.count()).unwrap_or(u32::MAX);
        self.metered.most_at_once = self.metered.most_at_once.max(under_way);
        Ok(Admitted { left: self.left(), _place: place })
    }

    fn left(&self) -> Left {
        Left { quota: self.quota, this_second: self.this_second, today: self.today }
    }
}

impl Admitted {
    /// Tells in an answer what is left.
    pub(crate) fn tell(&self, vendor: &dyn Vendor, now: DateTime<Utc>, headers: &mut HeaderMap) {
        wire::tell(vendor.name(), &self.left, now, headers);
    }
}

#[cfg(test)]
mod tests;
