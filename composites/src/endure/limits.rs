//! What one system may be asked with one credential: as its pack says it of its kind, as the operator says it of this one.

use std::collections::BTreeMap;

use portico_contracts::packs;
use portico_contracts::packs::limits::{Day, Window};
use portico_contracts::tenancy::Tier;

/// The limits of one system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Calls at once.
    pub concurrency: usize,
    /// The share, in percent, of every limit that is kept for [`Tier::Critical`]; as much again is kept from
    /// [`Tier::BestEffort`].
    pub reserve_percent: u32,
    /// Calls in a length of time. A window of which nothing is known yet is listed where the system reports on it.
    pub windows: BTreeMap<Window, Calls>,
    /// When a day begins anew.
    pub day: Day,
    /// Whether what the system reports counts.
    pub reported: bool,
}

/// How many calls a window allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls {
    /// What the operator allows: never more, whatever the system says.
    pub written: Option<u32>,
    /// What is usual for the kind of system: until this one says what it allows.
    pub usual: Option<u32>,
}

/// What an operator says of one system, where it says something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// Calls at once.
    pub concurrency: Option<u32>,
    /// The share that is kept, in percent.
    pub reserve_percent: Option<u32>,
    /// Calls in a length of time.
    pub windows: BTreeMap<Window, u32>,
    /// Whether what the system reports counts.
    pub reported: Option<bool>,
}

/// Calls at once where neither pack nor operator says how many.
const USUAL_CONCURRENCY: usize = 32;
/// What is kept where the operator does not say how much.
const USUAL_RESERVE: u32 = 10;

impl Default for Limits {
    fn default() -> Self {
        Limits {
            concurrency: USUAL_CONCURRENCY,
            reserve_percent: USUAL_RESERVE,
            windows: BTreeMap::new(),
            day: Day::default(),
            reported: true,
        }
    }
}

impl Limits {
    /// What holds for a system of this kind for which this was written.
    pub fn of(kind: &packs::Limits, written: &Written) -> Self {
        let reported = written.reported.unwrap_or(true);
        let mut windows: BTreeMap<Window, Calls> = BTreeMap::new();
        if reported {
            windows.extend(kind.reported.iter().map(|report| (report.window, Calls::default())));
        }
        for (window, calls) in &kind.windows {
            windows.entry(*window).or_default().usual = Some(*calls);
        }
        for (window, calls) in &written.windows {
            windows.entry(*window).or_default().written = Some(*calls);
        }
        let concurrency = written.concurrency.or(kind.concurrency).map(|calls| calls as usize);
        Limits {
            concurrency: concurrency.unwrap_or(USUAL_CONCURRENCY).max(1),
            reserve_percent: written.reserve_percent.unwrap_or(USUAL_RESERVE),
            windows,
            day: kind.day,
            reported,
        }
    }

    /// How many of `all` a tier may not use. One is left for everybody, and one at least is kept where there are more.
    pub fn kept_from(&self, tier: Tier, all: u64) -> u64 {
        let share = (all.saturating_mul(self.reserve_percent.into())).div_ceil(100);
        let kept = match tier {
            Tier::Critical => 0,
            Tier::Standard => share,
            Tier::BestEffort => share.saturating_mul(2),
        };
        kept.min(all.saturating_sub(1))
    }
}

impl Calls {
    /// What holds where the system itself says nothing.
    pub fn allowed(self) -> Option<u32> {
        match (self.written, self.usual) {
            (Some(written), _) => Some(written),
            (None, usual) => usual,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_knows_better_than_the_pack() {
        let kind = packs::Limits {
            concurrency: Some(5),
            windows: [(Window::Second, 10), (Window::Day, 1_000)].into(),
            ..packs::Limits::default()
        };
        let limits = Limits::of(&kind, &Written::default());
        assert_eq!((limits.concurrency, limits.reserve_percent), (5, 10));
        let written = Written { concurrency: Some(20), windows: [(Window::Day, 50_000)].into(), ..Written::default() };
        let limits = Limits::of(&kind, &written);
        assert_eq!(limits.concurrency, 20);
        let allowed: Vec<_> = limits.windows.values().map(|calls| calls.allowed()).collect();
        assert_eq!(allowed, [Some(10), Some(50_000)]);
    }

    #[test]
    fn the_last_share_is_kept_and_something_is_left_for_everybody() {
        let kept = |reserve_percent, all| {
            let limits = Limits { reserve_percent, ..Limits::default() };
            [Tier::Critical, Tier::Standard, Tier::BestEffort].map(|tier| limits.kept_from(tier, all))
        };
        assert_eq!(kept(10, 100), [0, 10, 20]);
        assert_eq!(kept(10, 4), [0, 1, 2]);
        assert_eq!(kept(10, 2), [0, 1, 1]);
        assert_eq!(kept(10, 1), [0, 0, 0]);
        assert_eq!(kept(0, 100), [0, 0, 0]);
        assert_eq!(kept(50, 10), [0, 5, 9]);
    }
}
