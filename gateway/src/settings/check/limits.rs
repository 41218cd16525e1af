//! Numbers, sizes, times and rates: their defaults, and that none of them is zero where zero would mean "never".

use std::num::NonZeroU32;
use std::time::Duration;

use portico_contracts::model::Class;
use portico_policies::throttle::{PlaceLimit, Rate, WhenAway};

use super::ledger::Ledger;
use crate::settings::read::{At, Place};
use crate::settings::units::{PerTime, Size, Span};
use crate::settings::written::{AllowanceSection, AwayWord};

impl Ledger<'_> {
    /// A time that is not zero.
    pub(super) fn span(&mut self, at: Option<&At<Span>>, default: Duration) -> Duration {
        let Some(at) = at else { return default };
        if at.0.is_zero() {
            self.wrong(&at.place, "this must be more than nothing");
        }
        at.0
    }

    /// A size that is not zero.
    pub(super) fn size(&mut self, at: Option<&At<Size>>, default: usize) -> usize {
        let Some(at) = at else { return default };
        if at.0 == 0 {
            self.wrong(&at.place, "this must be more than nothing");
        }
        at.0
    }

    /// A number that is not zero.
    pub(super) fn count(&mut self, at: Option<&At<u32>>, default: u32) -> NonZeroU32 {
        let given = at.map_or(default, |at| at.value);
        NonZeroU32::new(given).unwrap_or_else(|| {
            if let Some(at) = at {
                self.wrong(&at.place, "this must be 1 or more");
            }
            NonZeroU32::MIN
        })
    }

    /// A rate; where no burst is given, what the rate brings in its time may come at once.
    pub(super) fn rate(&mut self, place: &Place, rate: &PerTime, burst: Option<&At<u32>>) -> Option<Rate> {
        let (amount, per) = rate.0;
        let burst = self.count(burst, amount.get());
        let rate = Rate::new(amount, per, burst);
        self.take(place, rate)
    }

    /// A limit of one place, which has a name that no other place has.
    pub(super) fn place_limit(&mut self, at: &At<AllowanceSection>, place: String) -> Option<PlaceLimit> {
        let rate = self.rate(&at.place, &at.rate, at.burst.as_ref())?;
        Some(PlaceLimit { place: place.into(), rate })
    }

    /// A rate that may be left out.
    pub(super) fn allowance(&mut self, at: Option<&At<AllowanceSection>>, default: (u32, u32)) -> Option<Rate> {
        match at {
            Some(at) => self.rate(&at.place, &at.rate, at.burst.as_ref()),
            None => per_second(default),
        }
    }
}

/// What was chosen for while the store is away.
pub(super) fn away(word: AwayWord) -> WhenAway {
    match word {
        AwayWord::Deny => WhenAway::Deny,
        AwayWord::Allow => WhenAway::Allow,
        AwayWord::Share => WhenAway::Share,
    }
}

/// Per second, and at once.
pub(super) fn per_second((amount, burst): (u32, u32)) -> Option<Rate> {
    Rate::new(NonZeroU32::new(amount)?, Duration::from_secs(1), NonZeroU32::new(burst)?).ok()
}

/// The names of the classes of freshness.
pub(super) fn class_names() -> impl Iterator<Item = &'static str> {
    Class::ALL.into_iter().map(Class::as_str)
}
