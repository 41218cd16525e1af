//! Requests at once. A place is given back when its [`Slot`] is dropped, however the request ends.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use dashmap::DashMap;

/// How many requests run for each key. The limit is an argument, so that a reload changes it for those that run.
#[derive(Debug)]
pub(crate) struct Concurrency<K: Hash + Eq> {
    running: DashMap<K, Arc<AtomicU32>>,
}

impl<K: Hash + Eq> Default for Concurrency<K> {
    fn default() -> Self {
        Concurrency { running: DashMap::new() }
    }
}

/// One place among the requests that run.
#[derive(Debug)]
pub(crate) struct Slot(Arc<AtomicU32>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl<K: Hash + Eq + Clone> Concurrency<K> {
    /// A place and how many more are free, or nothing.
    pub(crate) fn take(&self, key: &K, limit: NonZeroU32) -> Option<(Slot, u32)> {
        let count = self.count_of(key);
        let one_more = |running: u32| (running < limit.get()).then_some(running + 1);
        let before = count.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).ok()?;
        Some((Slot(count), limit.get() - before - 1))
    }

    fn count_of(&self, key: &K) -> Arc<AtomicU32> {
        if let Some(count) = self.running.get(key) {
            return count.clone();
        }
        self.running.entry(key.clone()).or_default().clone()
    }

    /// Forgets keys for which nothing runs. Nobody can take a place meanwhile: that needs the shard we hold.
    pub(crate) fn prune(&self) {
        self.running.retain(|_, count| Arc::strong_count(count) > 1);
        self.running.shrink_to_fit();
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.running.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_limited_returned_and_forgotten() {
        let two = NonZeroU32::new(2).unwrap();
        let places = Concurrency::<&str>::default();
        let (first, free) = places.take(&"acme", two).unwrap();
        assert_eq!(free, 1);
        let (second, free) = places.take(&"acme", two).unwrap();
        assert_eq!(free, 0);
        assert!(places.take(&"acme", two).is_none(), "a refusal takes no place");
        assert!(places.take(&"globex", two).is_some(), "others have their own");
        drop(first);
        let third = places.take(&"acme", two).unwrap();
        places.prune();
        assert_eq!(places.len(), 1, "what runs is remembered");
        drop((second, third));
        places.prune();
        assert_eq!(places.len(), 0);
    }

    #[test]
    fn many_threads_never_exceed_the_limit() {
        let places = Arc::new(Concurrency::<&str>::default());
        let (running, most) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..2_000 {
                        if let Some((slot, _)) = places.take(&"acme", NonZeroU32::new(3).unwrap()) {
                            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                            running.fetch_sub(1, Ordering::SeqCst);
                            drop(slot);
                        }
                        places.prune();
                    }
                });
            }
        });
        assert!(most.load(Ordering::SeqCst) <= 3);
    }
}
