//! How much is held at once: by one, and by all together, so that none of them can keep the others out.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use parking_lot::Mutex;

/// The places of one process, by whose they are. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Places<K: Eq + Hash>(Arc<Mutex<Taken<K>>>);

#[derive(Debug)]
struct Taken<K> {
    all: usize,
    by_one: HashMap<K, usize>,
}

/// What there is no room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// This one has all that one may have.
    OfOne,
    /// There is nothing left for anybody.
    OfAll,
}

/// What is held; dropping it frees its place.
#[derive(Debug)]
pub(crate) struct Place<K: Eq + Hash> {
    places: Places<K>,
    of: K,
}

impl<K: Eq + Hash> Default for Places<K> {
    fn default() -> Self {
        Places(Arc::new(Mutex::new(Taken { all: 0, by_one: HashMap::new() })))
    }
}

impl<K: Eq + Hash + Clone> Places<K> {
    /// Takes a place where there is one.
    pub(crate) fn take(&self, of: &K, of_one: usize, of_all: usize) -> Result<Place<K>, Full> {
        let mut taken = self.0.lock();
        if taken.by_one.get(of).is_some_and(|own| *own >= of_one) || of_one == 0 {
            return Err(Full::OfOne);
        }
        if taken.all >= of_all {
            return Err(Full::OfAll);
        }
        taken.all += 1;
        *taken.by_one.entry(of.clone()).or_default() += 1;
        Ok(Place { places: Places(Arc::clone(&self.0)), of: of.clone() })
    }
}

impl<K: Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock();
        taken.all = taken.all.saturating_sub(1);
        if let Some(own) = taken.by_one.get_mut(&self.of) {
            *own -= 1;
            if *own == 0 {
                taken.by_one.remove(&self.of);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_more_than_their_own_and_all_together_no_more_than_there_is() {
        let places = Places::default();
        let full = |taken: Result<Place<&str>, Full>| taken.err();
        let first = places.take(&"one", 2, 3).expect("a place");
        let _second = places.take(&"one", 2, 3).expect("a place");
        assert_eq!(full(places.take(&"one", 2, 3)), Some(Full::OfOne));
        let _third = places.take(&"other", 2, 3).expect("a place of another's");
        assert_eq!(full(places.take(&"other", 2, 3)), Some(Full::OfAll));
        drop(first);
        let again = places.take(&"one", 2, 3);
        assert!(again.is_ok());
    }

    #[test]
    fn nothing_is_kept_of_who_has_left() {
        let places = Places::default();
        drop(places.take(&"one", 1, 1));
        assert!(places.0.lock().by_one.is_empty());
    }

    #[test]
    fn who_may_have_none_gets_none() {
        assert_eq!(Places::default().take(&"one", 0, 1).err(), Some(Full::OfOne));
    }
}
