//! How many calls a system is answering at the moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts calls from the first byte of the answer's making to its end.
#[derive(Debug, Default)]
pub(crate) struct AtOnce(Arc<AtomicUsize>);

/// A call's place; given back when the call is over, however it ends.
#[derive(Debug)]
pub(crate) struct Place(Arc<AtomicUsize>);

impl AtOnce {
    /// A place, unless `most` are taken.
    pub(crate) fn enter(&self, most: usize) -> Option<Place> {
        let place = Place(Arc::clone(&self.0));
        (self.0.fetch_add(1, Ordering::Relaxed) < most).then_some(place)
    }

    /// How many are taken.
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_once_its_call_is_over() {
        let at_once = AtOnce::default();
        let first = at_once.enter(2);
        let second = at_once.enter(2);
        assert!(first.is_some() && second.is_some());
        assert!(at_once.enter(2).is_none());
        drop(first);
        assert!(at_once.enter(2).is_some());
    }
}
