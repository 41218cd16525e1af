//! How much a caller may ask: rates, a day's quota, requests at once, the cost of queries.
//!
//! - [`Throttle::address`] runs before authentication, coarsely, so that guessing costs the guesser.
//! - [`Throttle::admit`] runs after `authorize`, lest a caller without any right uses up another's share.
//! - [`Throttle::spend`] runs when a document's price is known, before it is executed.
//!
//! A refusal takes nothing: what was already taken for the same request is given back, so that asking again
//! never makes the wait longer. All state is in this process; several gateways share nothing yet.

mod address;
mod allowance;
mod concurrency;
mod daily;
mod limiter;
mod rate;

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use portico_contracts::problem::{Code, Problem};
use portico_contracts::tenancy::TenantId;

use crate::{Caller, ConsumerKey, Now, Ticks};
pub use address::AddressKey;
pub use allowance::{Allowance, Left, Refused};
use allowance::{Item, PolicyText};
use concurrency::{Concurrency, Slot};
use daily::Daily;
use limiter::{Limiter, Remaining, Spend};
pub use rate::{Rate, RateError};

/// What a consumer bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Requests over time.
    pub rate: Rate,
    /// Requests in one day (UTC).
    pub daily: Option<NonZeroU32>,
    /// Requests at once.
    pub concurrency: NonZeroU32,
    /// Units of query cost over time; the burst is the most that one query may cost.
    pub cost: Rate,
}

/// What all consumers of one tenant may ask together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TenantPlan {
    /// Requests over time.
    pub rate: Option<Rate>,
    /// Requests at once.
    pub concurrency: Option<NonZeroU32>,
}

/// Every limit that is configured.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Plans by name.
    pub plans: HashMap<Arc<str>, Plan>,
    /// Tenants that have limits of their own.
    pub tenants: HashMap<TenantId, TenantPlan>,
    /// Requests over time from one address (IPv4) or one /64 (IPv6).
    pub address: Rate,
    /// How many addresses are told apart; beyond, strangers share.
    pub addresses: usize,
}

/// How many consumers or tenants are told apart per rate. They are registered, so a flood cannot make them up.
const IDENTITIES: usize = 1_000_000;

/// The limits in force, with what has been counted.
#[derive(Debug)]
pub struct Throttle {
    ticks: Ticks,
    plans: HashMap<Arc<str>, PlanInForce>,
    tenants: HashMap<TenantId, TenantInForce>,
    address: Arc<Limiter<AddressKey>>,
    consumer_slots: Arc<Concurrency<ConsumerKey>>,
    tenant_slots: Arc<Concurrency<TenantId>>,
    daily: Arc<Daily<ConsumerKey>>,
}

#[derive(Debug)]
struct PlanInForce {
    plan: Plan,
    rate: Arc<Limiter<ConsumerKey>>,
    cost: Arc<Limiter<ConsumerKey>>,
    policy: PolicyText,
}

#[derive(Debug)]
struct TenantInForce {
    rate: Option<Arc<Limiter<TenantId>>>,
    concurrency: Option<NonZeroU32>,
    policy: PolicyText,
}

impl Throttle {
    /// Fresh counters for these limits.
    pub fn new(limits: &Limits, ticks: Ticks) -> Self {
        Self::build(limits, ticks, None)
    }

    /// The same counters under changed limits: whoever's rate did not change keeps what was counted.
    #[must_use]
    pub fn carry_over(&self, limits: &Limits) -> Self {
        Self::build(limits, self.ticks.clone(), Some(self))
    }

    fn build(limits: &Limits, ticks: Ticks, old: Option<&Throttle>) -> Self {
        let mut rates = Shelf::of(old, |old| old.plans.values().map(|plan| &plan.rate).collect());
        let mut costs = Shelf::of(old, |old| old.plans.values().map(|plan| &plan.cost).collect());
        let mut tenant_rates = Shelf::of(old, |old| old.tenants.values().filter_map(|t| t.rate.as_ref()).collect());
        let plans = limits.plans.iter().map(|(name, plan)| {
            let in_force = PlanInForce {
                rate: rates.take(plan.rate, &ticks),
                cost: costs.take(plan.cost, &ticks),
                policy: PolicyText::of_plan(plan),
                plan: *plan,
            };
            (name.clone(), in_force)
        });
        let tenants = limits.tenants.iter().map(|(tenant, plan)| {
            let in_force = TenantInForce {
                rate: plan.rate.map(|rate| tenant_rates.take(rate, &ticks)),
                concurrency: plan.concurrency,
                policy: PolicyText::of_tenant(plan),
            };
            (tenant.clone(), in_force)
        });
        let address =
            old.map(|old| &old.address).filter(|a| a.rate() == limits.address && a.room() == limits.addresses);
        Throttle {
            plans: plans.collect(),
            tenants: tenants.collect(),
            address: address
                .cloned()
                .unwrap_or_else(|| Arc::new(Limiter::new(limits.address, limits.addresses, ticks.clone()))),
            consumer_slots: old.map(|old| old.consumer_slots.clone()).unwrap_or_default(),
            tenant_slots: old.map(|old| old.tenant_slots.clone()).unwrap_or_default(),
            daily: old.map(|old| old.daily.clone()).unwrap_or_default(),
            ticks,
        }
    }

    /// Refuses an address that asks too often.
    pub fn address(&self, address: IpAddr) -> Result<(), Problem> {
        match self.address.spend(&AddressKey::from(address), NonZeroU32::MIN) {
            Spend::Allowed(_) => Ok(()),
            Spend::Refused { wait, .. } => Err(refusal(Code::AddressRateLimited, "address", wait)),
            Spend::TooMuch => Err(refusal(Code::AddressRateLimited, "address", Duration::from_secs(1))),
        }
    }

    /// Admits one request of a caller, or says what it exceeds and when to come back.
    pub fn admit(&self, caller: &Caller, now: Now) -> Result<Allowance, Box<Refused>> {
        let Some(mine) = self.plans.get(&caller.plan) else { return Err(self.no_plan(caller)) };
        let ours = self.tenants.get(&caller.key.tenant);
        let mut left = Left::new(&mine.policy, ours.map(|tenant| &tenant.policy));
        let slots = self.take_slots(caller, mine, ours, &mut left)?;
        self.take_rates(caller, mine, ours, now, &mut left)?;
        Ok(Allowance::new(left, slots))
    }

    fn take_slots(
        &self,
        caller: &Caller,
        mine: &PlanInForce,
        ours: Option<&TenantInForce>,
        left: &mut Left,
    ) -> Result<[Option<Slot>; 2], Box<Refused>> {
        let Some((slot, free)) = self.consumer_slots.take(&caller.key, mine.plan.concurrency) else {
            return Err(left.refuse(Item::Concurrent, at_once(Item::Concurrent, mine.plan.concurrency)));
        };
        left.has(Item::Concurrent, free.into(), None);
        let Some(limit) = ours.and_then(|tenant| tenant.concurrency) else { return Ok([Some(slot), None]) };
        let Some((shared, free)) = self.tenant_slots.take(&caller.key.tenant, limit) else {
            return Err(left.refuse(Item::TenantConcurrent, at_once(Item::TenantConcurrent, limit)));
        };
        left.has(Item::TenantConcurrent, free.into(), None);
        Ok([Some(slot), Some(shared)])
    }

    /// The consumer's own rate first: one consumer's flood must not spend the tenant's cells.
    fn take_rates(
        &self,
        caller: &Caller,
        mine: &PlanInForce,
        ours: Option<&TenantInForce>,
        now: Now,
        left: &mut Left,
    ) -> Result<(), Box<Refused>> {
        let one = NonZeroU32::MIN;
        left.settle(Item::Rate, mine.rate.spend(&caller.key, one))?;
        let shared = ours.and_then(|tenant| tenant.rate.as_ref());
        if let Some(shared) = shared
            && let Err(refused) = left.settle(Item::Tenant, shared.spend(&caller.key.tenant, one))
        {
            mine.rate.give_back(&caller.key, one);
            return Err(refused);
        }
        let Some(limit) = mine.plan.daily else { return Ok(()) };
        match self.daily.spend(&caller.key, limit, now) {
            Ok(Remaining { left: free, reset }) => {
                left.has(Item::Day, free, Some(reset));
                Ok(())
            }
            Err(wait) => {
                mine.rate.give_back(&caller.key, one);
                if let Some(shared) = shared {
                    shared.give_back(&caller.key.tenant, one);
                }
                Err(left.refuse(Item::Day, refusal(Code::RateLimited, Item::Day.name(), wait)))
            }
        }
    }

    /// Takes what a document costs. A document that costs more than the burst can never run.
    pub fn spend(&self, caller: &Caller, cost: u64) -> Result<Left, Box<Refused>> {
        let Some(mine) = self.plans.get(&caller.plan) else { return Err(self.no_plan(caller)) };
        let mut left = Left::new(&mine.policy, None);
        let most = mine.plan.cost.burst();
        let cells = u32::try_from(cost).unwrap_or(u32::MAX);
        match mine.cost.spend(&caller.key, NonZeroU32::new(cells).unwrap_or(NonZeroU32::MIN)) {
            Spend::TooMuch => {
                let says = format!("The query costs {cost} and the plan allows {most} at once.");
                Err(left.refused(Problem::new(Code::QueryTooCostly, says).violates(Item::Cost.name())))
            }
            Spend::Refused { wait, left: free } => {
                let says = format!("The query costs {cost} and {free} are left of the plan's budget.");
                let problem = Problem::new(Code::CostBudgetSpent, says).retry_after(wait).violates(Item::Cost.name());
                left.has(Item::Cost, free, Some(wait));
                Err(left.refused(problem))
            }
            Spend::Allowed(remaining) => {
                left.has(Item::Cost, remaining.left, Some(remaining.reset));
                Ok(left)
            }
        }
    }

    /// Gives back what a document was charged beyond what it really cost.
    pub fn refund(&self, caller: &Caller, cost: u64) {
        let cells = u32::try_from(cost).unwrap_or(u32::MAX);
        if let (Some(mine), Some(cells)) = (self.plans.get(&caller.plan), NonZeroU32::new(cells)) {
            mine.cost.give_back(&caller.key, cells);
        }
    }

    /// Forgets whoever is back at a full budget. For a background service, every few seconds.
    pub fn prune(&self, now: Now) {
        self.address.prune();
        for plan in self.plans.values() {
            plan.rate.prune();
            plan.cost.prune();
        }
        for rate in self.tenants.values().filter_map(|tenant| tenant.rate.as_ref()) {
            rate.prune();
        }
        self.consumer_slots.prune();
        self.tenant_slots.prune();
        self.daily.prune(now);
    }

    /// How many addresses are being counted, for metrics.
    pub fn addresses_counted(&self) -> usize {
        self.address.len()
    }

    /// Cannot happen with a checked configuration; if it does, nobody is unlimited.
    fn no_plan(&self, caller: &Caller) -> Box<Refused> {
        let problem = Problem::new(Code::Internal, "The caller's limits are not set up.")
            .because(format!("no plan is named `{}`", caller.plan));
        Box::new(Refused { problem, left: Left::default() })
    }
}

/// Limiters by their rate: those in force before, and those that are new. The key within is the identity, so that a
/// consumer whose rate stays the same stays in the same limiter with what it has used.
struct Shelf<K: limiter::Key>(HashMap<Rate, Arc<Limiter<K>>>);

impl<K: limiter::Key> Shelf<K> {
    fn of<'a>(old: Option<&'a Throttle>, pick: impl Fn(&'a Throttle) -> Vec<&'a Arc<Limiter<K>>>) -> Self
    where
        K: 'a,
    {
        Shelf(old.map(pick).unwrap_or_default().into_iter().map(|kept| (kept.rate(), kept.clone())).collect())
    }

    fn take(&mut self, rate: Rate, ticks: &Ticks) -> Arc<Limiter<K>> {
        self.0.entry(rate).or_insert_with(|| Arc::new(Limiter::new(rate, IDENTITIES, ticks.clone()))).clone()
    }
}

fn refusal(code: Code, limit: &'static str, wait: Duration) -> Problem {
    let seconds = wait.as_millis().div_ceil(1000).max(1);
    let plural = if seconds == 1 { "" } else { "s" };
    Problem::new(code, format!("The limit `{limit}` is used up; come back in {seconds} second{plural}."))
        .retry_after(wait)
        .violates(limit)
}

fn at_once(item: Item, limit: NonZeroU32) -> Problem {
    let says = format!("The limit `{}` allows {limit} requests at once.", item.name());
    Problem::new(Code::TooManyConcurrent, says).retry_after(Duration::from_secs(1)).violates(item.name())
}

#[cfg(test)]
mod tests;
