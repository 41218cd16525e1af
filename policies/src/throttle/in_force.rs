//! From configured limits to limits in force, over fresh counters or those of the configuration before.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use super::allowance::PolicyText;
use super::leases::Leases;
use super::limiter::{self, Limiter};
use super::quota::Used;
use super::*;

/// Builds them. What the old ones counted goes on.
pub(super) fn build(limits: &Limits, ticks: Ticks, hub: Option<Arc<Hub>>, old: Option<&Throttle>) -> Throttle {
    let common = old.map_or_else(|| hub.map(|hub| Arc::new(Common::new(&hub))), |old| old.common.clone());
    let calendars = old.map(|old| Arc::clone(&old.calendars)).unwrap_or_default();
    let maker = Maker { calendars: &calendars, common: common.as_deref(), ticks: &ticks };
    let mut rates = Shelf::of(old, |old| old.plans.values().map(|plan| &plan.rate).collect());
    let mut costs = Shelf::of(old, |old| old.plans.values().map(|plan| &plan.cost).collect());
    let mut of_tenants = Shelf::of(old, |old| old.tenants.values().filter_map(|t| t.rate.as_ref()).collect());
    let mut of_places = Shelf::of(old, |old| old.places.values().collect());
    let plans = limits.plans.iter().map(|(name, plan)| {
        let in_force = PlanInForce {
            rate: maker.rate(plan.rate, &mut rates, |common| &common.rate),
            cost: maker.rate(plan.cost, &mut costs, |common| &common.cost),
            day: plan.daily.map(|limit| maker.quota(Period::Day, limit, |c| &c.day, |c| &c.day)),
            month: plan.monthly.map(|limit| maker.quota(Period::Month, limit, |c| &c.month, |c| &c.month)),
            policy: PolicyText::of_plan(plan),
            plan: *plan,
        };
        (Arc::clone(name), in_force)
    });
    let tenants = limits.tenants.iter().map(|(tenant, plan)| {
        let in_force = TenantInForce {
            rate: plan.rate.map(|rate| maker.rate(rate, &mut of_tenants, |common| &common.tenant)),
            day: plan.daily.map(|limit| maker.quota(Period::Day, limit, |c| &c.tenant_day, |c| &c.tenant_day)),
            month: plan
                .monthly
                .map(|limit| maker.quota(Period::Month, limit, |c| &c.tenant_month, |c| &c.tenant_month)),
            policy: PolicyText::of_tenant(plan),
            plan: *plan,
        };
        (tenant.clone(), in_force)
    });
    let places = limits.places.iter().map(|limit| {
        let budget = maker.rate(limit.rate, &mut of_places, |common| &common.places);
        (Arc::clone(&limit.place), budget)
    });
    let address = old.map(|old| &old.address).filter(|a| a.rate() == limits.address && a.room() == limits.addresses);
    Throttle {
        plans: plans.collect(),
        tenants: tenants.collect(),
        places: places.collect(),
        address: address
            .cloned()
            .unwrap_or_else(|| Arc::new(Limiter::new(limits.address, limits.addresses, ticks.clone()))),
        consumer_slots: old.map(|old| Arc::clone(&old.consumer_slots)).unwrap_or_default(),
        tenant_slots: old.map(|old| Arc::clone(&old.tenant_slots)).unwrap_or_default(),
        calendars,
        common,
        ticks,
    }
}

/// Where counters come from.
struct Maker<'m> {
    calendars: &'m Calendars,
    common: Option<&'m Common>,
    ticks: &'m Ticks,
}

impl Maker<'_> {
    fn rate<K: leases::Leasable>(
        &self,
        rate: Rate,
        shelf: &mut Shelf<K>,
        leases: impl FnOnce(&Common) -> &Arc<Leases<K>>,
    ) -> Budget<K> {
        match self.common {
            Some(common) => Budget::leased(Terms::Rate(rate), Arc::clone(leases(common))),
            None => Budget::rate(shelf.take(rate, self.ticks)),
        }
    }

    fn quota<K: leases::Leasable>(
        &self,
        period: Period,
        limit: NonZeroU32,
        own: impl FnOnce(&Calendars) -> &Arc<Used<K>>,
        leases: impl FnOnce(&Common) -> &Arc<Leases<K>>,
    ) -> Budget<K> {
        match self.common {
            Some(common) => Budget::leased(Terms::Quota(period, limit), Arc::clone(leases(common))),
            None => Budget::quota(period, limit, Arc::clone(own(self.calendars))),
        }
    }
}

/// Limiters by their rate: those in force before, and those that are new. The key within is the identity, so that a
/// consumer whose rate stays the same stays in the same limiter with what it has used.
struct Shelf<K: limiter::Key>(HashMap<Rate, Arc<Limiter<K>>>);

impl<K: leases::Leasable> Shelf<K> {
    fn of<'a>(old: Option<&'a Throttle>, pick: impl Fn(&'a Throttle) -> Vec<&'a Budget<K>>) -> Self
    where
        K: 'a,
    {
        let limiters = old.map(pick).unwrap_or_default().into_iter().filter_map(Budget::limiter);
        Shelf(limiters.map(|kept| (kept.rate(), Arc::clone(kept))).collect())
    }

    fn take(&mut self, rate: Rate, ticks: &Ticks) -> Arc<Limiter<K>> {
        let limiter = self.0.entry(rate).or_insert_with(|| Arc::new(Limiter::new(rate, IDENTITIES, ticks.clone())));
        Arc::clone(limiter)
    }
}
