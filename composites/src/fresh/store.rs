//! Values with their weight, in no more bytes than it is told to keep: the least recently used go first, nearly.
//!
//! "Second chance": a hand goes round the places, passes over what was used since it last came by, and takes what was
//! not. Reading costs one flag instead of a list's reordering.

use std::collections::HashMap;
use std::hash::Hash;

/// The values of one tenant.
#[derive(Debug)]
pub(super) struct Store<K, V> {
    index: HashMap<K, usize>,
    places: Vec<Option<Place<K, V>>>,
    free: Vec<usize>,
    hand: usize,
    held: usize,
}

#[derive(Debug)]
struct Place<K, V> {
    key: K,
    value: V,
    weight: usize,
    used: bool,
}

impl<K, V> Default for Store<K, V> {
    fn default() -> Self {
        Store { index: HashMap::new(), places: Vec::new(), free: Vec::new(), hand: 0, held: 0 }
    }
}

impl<K: Clone + Eq + Hash, V> Store<K, V> {
    /// The bytes that all values weigh.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// A value, which counts as used now.
    pub(super) fn get(&mut self, key: &K) -> Option<&V> {
        let place = self.places.get_mut(*self.index.get(key)?)?.as_mut()?;
        place.used = true;
        Some(&place.value)
    }

    /// Every value with its key.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.places.iter().flatten().map(|place| (&place.key, &place.value))
    }

    /// Puts a value in the place of what the key had.
    pub(super) fn put(&mut self, key: K, value: V, weight: usize) {
        self.remove(&key);
        let place = Some(Place { key: key.clone(), value, weight, used: true });
        let at = self.free.pop().unwrap_or(self.places.len());
        match self.places.get_mut(at) {
            Some(free) => *free = place,
            None => self.places.push(place),
        }
        self.index.insert(key, at);
        self.held += weight;
    }

    /// Removes a value.
    pub(super) fn remove(&mut self, key: &K) {
        if let Some(&at) = self.index.get(key) {
            self.clear(at);
        }
    }

    /// Removes what is not wanted, and says how many that were.
    pub(super) fn retain(&mut self, wanted: impl Fn(&K, &V) -> bool) -> usize {
        let unwanted: Vec<usize> = (0..self.places.len())
            .filter(|&at| self.places[at].as_ref().is_some_and(|place| !wanted(&place.key, &place.value)))
            .collect();
        unwanted.iter().for_each(|&at| self.clear(at));
        self.give_back_room();
        unwanted.len()
    }

    /// Removes values, the longest unused first, until the rest weighs no more than this; says how many went.
    pub(super) fn shrink_to(&mut self, bytes: usize) -> usize {
        let mut gone = 0;
        while self.held > bytes && !self.index.is_empty() {
            self.hand = (self.hand + 1) % self.places.len();
            match &mut self.places[self.hand] {
                Some(place) if place.used => place.used = false,
                Some(_) => {
                    self.clear(self.hand);
                    gone += 1;
                }
                None => {}
            }
        }
        self.give_back_room();
        gone
    }

    fn clear(&mut self, at: usize) {
        if let Some(place) = self.places.get_mut(at).and_then(Option::take) {
            self.index.remove(&place.key);
            self.held -= place.weight;
            self.free.push(at);
        }
    }

    /// Memory that held many values is not kept for few.
    fn give_back_room(&mut self) {
        if self.index.is_empty() {
            *self = Store::default();
        } else if self.places.len() > 64 && self.index.len() < self.places.len() / 4 {
            self.places.retain(Option::is_some);
            self.places.shrink_to_fit();
            self.free = Vec::new();
            self.hand = 0;
            self.index = self
                .places
                .iter()
                .enumerate()
                .filter_map(|(at, place)| Some((place.as_ref()?.key.clone(), at)))
                .collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store_of(numbers: std::ops::Range<u32>) -> Store<u32, u32> {
        let mut store = Store::default();
        numbers.for_each(|number| store.put(number, number * 10, 100));
        store
    }

    #[test]
    fn what_is_used_outlives_what_is_not() {
        let mut store = store_of(0..100);
        store.shrink_to(9_900);
        for number in 0..50 {
            store.get(&number);
        }
        store.shrink_to(5_000);
        let kept = (0..50).filter(|number| store.get(number).is_some()).count();
        assert!(kept >= 49, "{kept}");
        assert_eq!(store.held(), 5_000);
    }

    #[test]
    fn putting_again_replaces_and_weighs_once() {
        let mut store = store_of(0..3);
        store.put(1, 7, 50);
        assert_eq!((store.held(), store.get(&1)), (250, Some(&7)));
    }

    #[test]
    fn an_emptied_store_keeps_no_room() {
        let mut store = store_of(0..1000);
        assert_eq!(store.retain(|number, _| *number < 10), 990);
        assert!(store.places.len() < 32, "{}", store.places.len());
        assert_eq!((0..10).map(|number| store.get(&number).copied()).sum::<Option<u32>>(), Some(450));
        assert_eq!(store.shrink_to(0), 10);
        assert_eq!((store.places.capacity(), store.held()), (0, 0));
    }

    proptest::proptest! {
        #[test]
        fn the_books_balance(steps in proptest::collection::vec((0_u8..4, 0_u16..40, 1_usize..500), 1..300)) {
            let mut store: Store<u16, u16> = Store::default();
            for (step, key, amount) in steps {
                match step {
                    0 | 1 => store.put(key, key, amount),
                    2 => store.remove(&key),
                    _ => { store.shrink_to(amount * 10); }
                }
                let weighed: usize = store.places.iter().flatten().map(|place| place.weight).sum();
                proptest::prop_assert_eq!(weighed, store.held());
                proptest::prop_assert_eq!(store.iter().count(), store.index.len());
                proptest::prop_assert!(store.iter().all(|(key, value)| key == value));
            }
        }
    }
}
