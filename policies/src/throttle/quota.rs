//! Requests in one day or one month of the calendar, by UTC, counted in this process.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Datelike, Months, NaiveDate};
use dashmap::DashMap;

use super::limiter::{Key, Remaining};
use crate::Now;

const DAY: u64 = 24 * 3600;

/// A stretch of the calendar that has a quota of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Period {
    /// From midnight to midnight, UTC.
    Day,
    /// From the first of a month to the first of the next, UTC.
    Month,
}

/// Which day or month it is, and how long it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    /// Days since 1970, or months since the year 0.
    pub(crate) number: u32,
    /// Until the next begins.
    pub(crate) ends_in: Duration,
}

impl Period {
    /// As keys of the common store spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Period::Day => "day",
            Period::Month => "month",
        }
    }

    /// The longest that it can be, for `w` of `RateLimit-Policy`: one number has to stand for all months.
    pub(crate) fn longest(self) -> u64 {
        match self {
            Period::Day => DAY,
            Period::Month => 31 * DAY,
        }
    }

    /// The day or month of a moment.
    pub(crate) fn at(self, unix: u64) -> Turn {
        let day = Turn {
            number: u32::try_from(unix / DAY).unwrap_or(u32::MAX),
            ends_in: Duration::from_secs(DAY - unix % DAY),
        };
        match self {
            Period::Day => day,
            // Beyond the calendar a month is a day; no clock shows that.
            Period::Month => month(unix).unwrap_or(day),
        }
    }
}

fn month(unix: u64) -> Option<Turn> {
    let seconds = i64::try_from(unix).ok()?;
    let date = DateTime::from_timestamp(seconds, 0)?.date_naive();
    let next = NaiveDate::from_ymd_opt(date.year(), date.month(), 1)?.checked_add_months(Months::new(1))?;
    let ends = next.and_hms_opt(0, 0, 0)?.and_utc().timestamp();
    let number = u32::try_from(date.year()).ok()?.checked_mul(12)?.checked_add(date.month0())?;
    Some(Turn { number, ends_in: Duration::from_secs(u64::try_from(ends - seconds).ok()?) })
}

/// What each key has used of which period, packed into one word: the period above, the count below.
#[derive(Debug)]
pub(crate) struct Used<K: Key> {
    period: Period,
    words: DashMap<K, AtomicU64>,
}

impl<K: Key> Used<K> {
    /// Nothing is used yet.
    pub(crate) fn new(period: Period) -> Self {
        Used { period, words: DashMap::new() }
    }

    /// Takes some of the period's requests, or says how long it is until the next one and how many are left. A refusal
    /// takes none.
    pub(crate) fn spend(&self, key: &K, n: u32, limit: NonZeroU32, now: Now) -> Result<Remaining, (Duration, u64)> {
        let turn = self.period.at(now.unix);
        let left = |used: u32| u64::from(limit.get().saturating_sub(used));
        // A clock that is set back opens no second period.
        let used_of = |word: u64| if turn.number > unpack(word).0 { 0 } else { unpack(word).1 };
        let step = |word: u64| {
            let after = used_of(word).checked_add(n).filter(|after| *after <= limit.get())?;
            Some(pack(turn.number.max(unpack(word).0), after))
        };
        let before = match self.words.get(key) {
            Some(word) => word.fetch_update(Ordering::AcqRel, Ordering::Acquire, step),
            None => self.words.entry(key.clone()).or_default().fetch_update(Ordering::AcqRel, Ordering::Acquire, step),
        };
        match before {
            Ok(word) => Ok(Remaining { left: left(used_of(word).saturating_add(n)), reset: turn.ends_in, alone: None }),
            Err(word) => Err((turn.ends_in, left(used_of(word)))),
        }
    }

    /// Returns requests that were taken for nothing. What was taken in a period that is over is gone with it.
    pub(crate) fn give_back(&self, key: &K, n: u32) {
        if let Some(word) = self.words.get(key) {
            let lower = |word: u64| Some(pack(unpack(word).0, unpack(word).1.saturating_sub(n)));
            word.fetch_update(Ordering::AcqRel, Ordering::Acquire, lower).ok();
        }
    }

    /// Forgets whoever asked nothing in this period.
    pub(crate) fn prune(&self, now: Now) {
        let number = self.period.at(now.unix).number;
        self.words.retain(|_, word| unpack(*word.get_mut()).0 >= number);
        self.words.shrink_to_fit();
    }
}

fn pack(period: u32, used: u32) -> u64 {
    u64::from(period) << 32 | u64::from(used)
}

fn unpack(word: u64) -> (u32, u32) {
    let half = |bits: u64| u32::try_from(bits & u64::from(u32::MAX)).unwrap_or(u32::MAX);
    (half(word >> 32), half(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_contracts::tenancy::TenantId;
    use std::time::{Instant, SystemTime};

    fn at(unix: u64) -> Now {
        Now::new(SystemTime::UNIX_EPOCH + Duration::from_secs(unix), Instant::now())
    }

    fn of(date: &str) -> u64 {
        u64::try_from(DateTime::parse_from_rfc3339(date).unwrap().timestamp()).unwrap()
    }

    fn tenant(name: &str) -> TenantId {
        TenantId::parse(name).unwrap()
    }

    #[test]
    fn a_day_ends_at_midnight_utc_and_refusals_take_nothing() {
        let two = NonZeroU32::new(2).unwrap();
        let (a, b) = (tenant("a"), tenant("b"));
        let day = Used::new(Period::Day);
        let noon = at(20_000 * DAY + DAY / 2);
        assert_eq!(day.spend(&a, 1, two, noon).unwrap().left, 1);
        assert_eq!(day.spend(&a, 1, two, noon).unwrap().left, 0);
        for _ in 0..10 {
            assert_eq!(day.spend(&a, 1, two, noon), Err((Duration::from_secs(DAY / 2), 0)));
        }
        assert_eq!(day.spend(&b, 1, two, noon).unwrap().left, 1);
        let last_second = at(20_001 * DAY - 1);
        assert_eq!(day.spend(&a, 1, two, last_second), Err((Duration::from_secs(1), 0)));
        assert_eq!(day.spend(&a, 1, two, at(20_001 * DAY)).unwrap().left, 1);
        assert_eq!(day.spend(&a, 1, two, last_second).unwrap().left, 0, "a clock set back opens no second day");
        day.prune(at(20_001 * DAY));
        assert_eq!(day.words.len(), 1);
    }

    #[test]
    fn what_was_taken_for_nothing_comes_back() {
        let two = NonZeroU32::new(2).unwrap();
        let day = Used::new(Period::Day);
        let noon = at(20_000 * DAY + DAY / 2);
        assert!(day.spend(&tenant("a"), 2, two, noon).is_ok());
        day.give_back(&tenant("a"), 1);
        assert_eq!(day.spend(&tenant("a"), 1, two, noon).unwrap().left, 0);
        day.give_back(&tenant("a"), u32::MAX);
        assert_eq!(day.spend(&tenant("a"), 2, two, noon).unwrap().left, 0, "never more than the limit");
    }

    #[test]
    fn a_month_is_the_calendars() {
        for (moment, left) in [
            ("2026-01-31T23:59:59Z", 1),
            ("2026-02-01T00:00:00Z", 28 * DAY),
            ("2028-02-28T00:00:00Z", 2 * DAY),
            ("2028-02-29T23:59:59Z", 1),
            ("2026-12-31T00:00:00Z", DAY),
            ("2027-01-01T00:00:00Z", 31 * DAY),
            ("2026-03-29T02:30:00+02:00", 2 * DAY + 86_400 - 1_800),
        ] {
            assert_eq!(Period::Month.at(of(moment)).ends_in, Duration::from_secs(left), "{moment}");
        }
        let number = |moment| Period::Month.at(of(moment)).number;
        assert_eq!(number("2027-01-01T00:00:00Z"), number("2026-12-31T23:59:59Z") + 1);
        assert_eq!(number("2026-12-01T00:00:00Z"), number("2026-12-31T23:59:59Z"));
    }
}
