//! How many of the places are open to those who are not critical. A refusal for too many calls says that the limits we
//! know are not all: then half as many calls as were under way are let through, and one more with each second, so that
//! what the system still takes is not taken by a flood before it comes to the critical.

use std::time::Duration;

use tokio::time::Instant;

/// Places that are open. Pure: time is an argument.
#[derive(Debug, Default)]
pub(super) struct Opening(Option<Narrowed>);

#[derive(Debug, Clone, Copy)]
struct Narrowed {
    /// So many are open at first.
    places: usize,
    /// From then on there are more.
    from: Instant,
}

/// In this time one more opens.
const STEP: Duration = Duration::from_secs(1);

impl Opening {
    /// There were too many calls: so many were under way, and nobody asks until this moment.
    pub(super) fn narrow(&mut self, under_way: usize, until: Instant) {
        self.0 = Some(Narrowed { places: (under_way / 2).max(1), from: until });
    }

    /// How many of so many are open.
    pub(super) fn of(&self, all: usize, now: Instant) -> usize {
        let Some(narrowed) = self.0 else { return all };
        let steps = now.saturating_duration_since(narrowed.from).as_secs();
        narrowed.places.saturating_add(usize::try_from(steps).unwrap_or(usize::MAX)).min(all)
    }

    /// When there will be more of so many; `None` where all are open.
    pub(super) fn widens(&self, all: usize, now: Instant) -> Option<Instant> {
        let narrowed = self.0.filter(|_| self.of(all, now) < all)?;
        let steps = now.saturating_duration_since(narrowed.from).as_secs();
        Some(narrowed.from + STEP * u32::try_from(steps.saturating_add(1)).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_as_many_and_one_more_with_each_second() {
        let now = Instant::now();
        let mut opening = Opening::default();
        assert_eq!((opening.of(32, now), opening.widens(32, now)), (32, None));
        opening.narrow(20, now + 2 * STEP);
        assert_eq!((opening.of(32, now), opening.widens(32, now)), (10, Some(now + 3 * STEP)));
        let later = now + 7 * STEP + STEP / 2;
        assert_eq!((opening.of(32, later), opening.widens(32, later)), (15, Some(now + 8 * STEP)));
        assert_eq!((opening.of(8, later), opening.widens(8, later)), (8, None));
        assert_eq!(opening.of(32, now + 60 * STEP), 32);
        opening.narrow(1, now);
        assert_eq!(opening.of(32, now), 1, "somebody always may");
    }
}
