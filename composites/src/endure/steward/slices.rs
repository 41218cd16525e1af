//! How many calls were made in the last while, in slices of time: never fewer than there were, and at most those of one
//! slice too many.

use std::time::Duration;

use tokio::time::Instant;

#[derive(Debug)]
pub(super) struct Slices {
    /// The newest is last.
    slices: Vec<u64>,
    slice: Duration,
    /// When the newest began.
    began: Instant,
}

impl Slices {
    /// Counts over this length of time, in so many slices.
    pub(super) fn new(span: Duration, slices: u32, now: Instant) -> Self {
        Slices { slices: vec![0; slices as usize + 1], slice: span / slices.max(1), began: now }
    }

    pub(super) fn add(&mut self, now: Instant) {
        self.turn(now);
        if let Some(newest) = self.slices.last_mut() {
            *newest += 1;
        }
    }

    /// Takes back one that was not made.
    pub(super) fn take_back(&mut self, now: Instant) {
        self.turn(now);
        if let Some(latest) = self.slices.iter_mut().rev().find(|slice| **slice > 0) {
            *latest -= 1;
        }
    }

    pub(super) fn count(&mut self, now: Instant) -> u64 {
        self.turn(now);
        self.slices.iter().sum()
    }

    pub(super) fn clear(&mut self) {
        self.slices.fill(0);
    }

    /// When so many of the counted calls will be forgotten.
    pub(super) fn fewer_at(&mut self, fewer: u64, now: Instant) -> Instant {
        self.turn(now);
        let mut gone = 0;
        for (passed, slice) in (1..).zip(&self.slices) {
            gone += slice;
            if gone >= fewer {
                return self.began + self.slice * passed;
            }
        }
        self.began + self.slice * u32::try_from(self.slices.len()).unwrap_or(u32::MAX)
    }

    /// Forgets what is too long ago.
    fn turn(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.began).as_nanos() / self.slice.as_nanos().max(1);
        let places = usize::try_from(passed).unwrap_or(usize::MAX).min(self.slices.len());
        self.slices.rotate_left(places);
        let kept = self.slices.len() - places;
        self.slices[kept..].fill(0);
        self.began += self.slice.saturating_mul(u32::try_from(passed).unwrap_or(u32::MAX));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn calls_are_forgotten_once_they_are_old() {
        let start = Instant::now();
        let mut slices = Slices::new(10 * SECOND, 10, start);
        (0..4).for_each(|_| slices.add(start));
        (0..3).for_each(|_| slices.add(start + 5 * SECOND));
        assert_eq!(slices.count(start + 9 * SECOND), 7);
        assert_eq!(slices.fewer_at(4, start + 9 * SECOND), start + 11 * SECOND);
        assert_eq!(slices.fewer_at(5, start + 9 * SECOND), start + 16 * SECOND);
        assert_eq!(slices.count(start + 11 * SECOND), 3);
        slices.take_back(start + 11 * SECOND);
        assert_eq!(slices.count(start + 11 * SECOND), 2);
        assert_eq!(slices.count(start + 3_600 * SECOND), 0);
    }

    proptest! {
        #[test]
        fn never_fewer_than_there_were(mut at in prop::collection::vec(0_u64..30_000, 1..60), later in 0_u64..12_000) {
            at.sort_unstable();
            let start = Instant::now();
            let mut slices = Slices::new(10 * SECOND, 10, start);
            at.iter().for_each(|millis| slices.add(start + Duration::from_millis(*millis)));
            let now = at.last().copied().unwrap_or_default() + later;
            let within = |span: u64| at.iter().filter(|millis| **millis + span > now).count() as u64;
            let counted = slices.count(start + Duration::from_millis(now));
            prop_assert!(within(10_000) <= counted && counted <= within(11_000), "{counted}");
            let free = slices.fewer_at(counted, start + Duration::from_millis(now));
            prop_assert_eq!(slices.count(free), 0);
        }
    }
}
