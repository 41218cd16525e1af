//! May a value of this age be served? Pure, so that it can be tested over all ages.

use std::collections::BTreeMap;
use std::time::Duration;

use portico_contracts::model::Class;

/// How fresh the data of one class must be. All ages count from the moment at which the system was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// So long a value is served without asking.
    pub ttl: Duration,
    /// So long after that it is still served, while it is fetched again.
    pub stale_while_revalidate: Duration,
    /// So long after its time to live it is served where the system fails.
    pub stale_if_error: Duration,
    /// So long it is remembered that there is nothing.
    pub negative_ttl: Duration,
    /// At this age nothing is served any more, whatever the others say.
    pub ceiling: Duration,
}

impl Freshness {
    /// Nothing is kept; only those who ask at the same moment share an answer.
    pub const fn uncached(ceiling: Duration) -> Self {
        Freshness {
            ttl: Duration::ZERO,
            stale_while_revalidate: Duration::ZERO,
            stale_if_error: Duration::ZERO,
            negative_ttl: Duration::ZERO,
            ceiling,
        }
    }

    const fn seconds(ttl: u64, revalidate: u64, if_error: u64, negative: u64, ceiling: u64) -> Self {
        Freshness {
            ttl: Duration::from_secs(ttl),
            stale_while_revalidate: Duration::from_secs(revalidate),
            stale_if_error: Duration::from_secs(if_error),
            negative_ttl: Duration::from_secs(negative),
            ceiling: Duration::from_secs(ceiling),
        }
    }

    /// What holds for a class where settings say nothing, and the ceiling that settings cannot raise.
    pub const fn of_class(class: Class) -> Self {
        match class {
            Class::Receivables => Freshness::uncached(Duration::from_secs(60)),
            Class::Availability => Freshness::seconds(5, 5, 60, 2, 300),
            Class::Orders | Class::Cases => Freshness::seconds(10, 20, 300, 3, 900),
            Class::Invoices | Class::Subscriptions => Freshness::seconds(20, 40, 300, 5, 900),
            Class::Assets => Freshness::seconds(60, 120, 900, 5, 3600),
            Class::Contracts | Class::Customers => Freshness::seconds(60, 120, 900, 10, 3600),
            Class::Links => Freshness::seconds(300, 300, 1800, 10, 3600),
            Class::Products => Freshness::seconds(300, 600, 3600, 30, 7200),
        }
    }

    /// The age at which a value is of no use to anybody.
    pub(super) fn useless_at(&self, absent: bool) -> Duration {
        let stale = self.stale_while_revalidate.max(self.stale_if_error);
        let life = if absent { self.negative_ttl } else { self.ttl.saturating_add(stale) };
        life.min(self.ceiling)
    }

    /// The use that a caller with this wish can make of a value of this age.
    pub(super) fn judge(&self, age: Duration, absent: bool, wish: &Wish) -> Verdict {
        let ttl = if absent { self.negative_ttl } else { self.ttl };
        if !self.may_be_served(age, wish) {
            Verdict::Fetch
        } else if age < ttl {
            Verdict::Serve
        } else if !absent && age < ttl.saturating_add(self.stale_while_revalidate) {
            Verdict::ServeAndRefresh
        } else {
            Verdict::Fetch
        }
    }

    /// Whether a caller with this wish may have a value of this age that it did not fetch itself.
    pub(super) fn may_be_served(&self, age: Duration, wish: &Wish) -> bool {
        !wish.fresh && age < self.ceiling && wish.max_age.is_none_or(|most| age <= most && !most.is_zero())
    }

    /// Whether a value of this age may stand in for one that could not be fetched. That there was nothing once never
    /// does: a thing may have come to be, and "not found" is a statement.
    pub(super) fn may_stand_in(&self, age: Duration, wish: &Wish) -> bool {
        self.may_be_served(age, wish) && age < self.ttl.saturating_add(self.stale_if_error)
    }
}

/// What a held value is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Serve it.
    Serve,
    /// Serve it, and fetch it again meanwhile.
    ServeAndRefresh,
    /// Fetch it.
    Fetch,
}

/// How fresh one caller wants it: stricter than the class, never laxer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wish {
    /// `Cache-Control: max-age`, `@freshness(maxAge:)`: nothing older than this. Zero means the same as `fresh`.
    pub max_age: Option<Duration>,
    /// `Cache-Control: no-cache`, and every decision: only what was asked of the system after this request arrived.
    pub fresh: bool,
    /// `Cache-Control: only-if-cached`: ask no system.
    pub only_if_cached: bool,
}

impl Wish {
    /// Only what was asked of the system after this request arrived.
    pub const FRESH: Wish = Wish { max_age: None, fresh: true, only_if_cached: false };

    /// What satisfies both wishes.
    #[must_use]
    pub fn and(self, other: Wish) -> Wish {
        let max_age = match (self.max_age, other.max_age) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        Wish { max_age, fresh: self.fresh || other.fresh, only_if_cached: self.only_if_cached || other.only_if_cached }
    }
}

/// The freshness of every class, as one tenant has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FreshnessTable(BTreeMap<Class, Freshness>);

impl FreshnessTable {
    /// Sets a class; its ceiling cannot be raised above the class's own.
    pub fn set(&mut self, class: Class, mut freshness: Freshness) {
        freshness.ceiling = freshness.ceiling.min(Freshness::of_class(class).ceiling);
        self.0.insert(class, freshness);
    }

    /// What holds for a class.
    pub fn of(&self, class: Class) -> Freshness {
        self.0.get(&class).copied().unwrap_or_else(|| Freshness::of_class(class))
    }
}
