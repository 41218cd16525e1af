//! Requests in one day, by UTC. Held in this process: a restart forgets it until a store is configured.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dashmap::DashMap;

use super::limiter::Remaining;
use crate::Now;

const DAY: u64 = 24 * 3600;

/// What each key has used of which day, packed into one word: the day above, the count below.
#[derive(Debug)]
pub(crate) struct Daily<K: Hash + Eq>(DashMap<K, AtomicU64>);

impl<K: Hash + Eq> Default for Daily<K> {
    fn default() -> Self {
        Daily(DashMap::new())
    }
}

impl<K: Hash + Eq + Clone> Daily<K> {
    /// Takes one of the day's requests, or says how long it is until the next day. A refusal takes none.
    pub(crate) fn spend(&self, key: &K, limit: NonZeroU32, now: Now) -> Result<Remaining, Duration> {
        let reset = Duration::from_secs(DAY - now.unix % DAY);
        let step = |word: u64| {
            let (day, used) = unpack(word);
            let today = today(now).max(day);
            let used = if today > day { 0 } else { used };
            (used < limit.get()).then(|| pack(today, used + 1))
        };
        let before = match self.0.get(key) {
            Some(word) => word.fetch_update(Ordering::AcqRel, Ordering::Acquire, step),
            None => self.0.entry(key.clone()).or_default().fetch_update(Ordering::AcqRel, Ordering::Acquire, step),
        };
        let (_, used) = before.ok().and_then(step).map(unpack).ok_or(reset)?;
        Ok(Remaining { left: (limit.get() - used).into(), reset })
    }

    /// Forgets whoever asked nothing today.
    pub(crate) fn prune(&self, now: Now) {
        self.0.retain(|_, word| unpack(*word.get_mut()).0 >= today(now));
        self.0.shrink_to_fit();
    }
}

fn today(now: Now) -> u32 {
    u32::try_from(now.unix / DAY).unwrap_or(u32::MAX)
}

fn pack(day: u32, used: u32) -> u64 {
    u64::from(day) << 32 | u64::from(used)
}

fn unpack(word: u64) -> (u32, u32) {
    let half = |bits: u64| u32::try_from(bits & u64::from(u32::MAX)).unwrap_or(u32::MAX);
    (half(word >> 32), half(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Instant, SystemTime};

    fn at(unix: u64) -> Now {
        Now::new(SystemTime::UNIX_EPOCH + Duration::from_secs(unix), Instant::now())
    }

    #[test]
    fn a_day_ends_at_midnight_utc_and_refusals_take_nothing() {
        let two = NonZeroU32::new(2).unwrap();
        let day = Daily::<&str>::default();
        let noon = at(20_000 * DAY + DAY / 2);
        assert_eq!(day.spend(&"a", two, noon).unwrap().left, 1);
        assert_eq!(day.spend(&"a", two, noon).unwrap().left, 0);
        for _ in 0..10 {
            assert_eq!(day.spend(&"a", two, noon), Err(Duration::from_secs(DAY / 2)));
        }
        assert_eq!(day.spend(&"b", two, noon).unwrap().left, 1);
        let last_second = at(20_001 * DAY - 1);
        assert_eq!(day.spend(&"a", two, last_second), Err(Duration::from_secs(1)));
        assert_eq!(day.spend(&"a", two, at(20_001 * DAY)).unwrap().left, 1);
        assert_eq!(day.spend(&"a", two, last_second).unwrap().left, 0, "a clock set back opens no second day");
        day.prune(at(20_001 * DAY));
        assert_eq!(day.0.len(), 1);
    }
}
