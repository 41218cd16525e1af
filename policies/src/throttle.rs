//! How much a caller may ask: rates, quotas of a day and a month, requests at once, the cost of queries.
//!
//! - [`Throttle::address`] runs before authentication, coarsely, so that guessing costs the guesser.
//! - [`Throttle::admit`] runs after `authorize`, lest a caller without any right uses up another's share.
//! - [`Throttle::spend`] runs when a document's price is known, before it is executed.
//!
//! A refusal takes nothing: what was already taken for the same request is given back, so that asking again
//! never makes the wait longer. All state is in this process, unless several gateways count together ([`Hub`]): then
//! rates, quotas and cost are leased from a common store, while addresses and requests at once stay each gateway's own.

mod address;
mod allowance;
mod budget;
mod common;
mod concurrency;
mod in_force;
mod leases;
mod limiter;
mod quota;
mod rate;
pub mod store;

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
use budget::{At, Budget, Denied, Taken, Terms};
use concurrency::{Concurrency, Slot};
use leases::Leases;
pub use leases::{Counted, Hub, HubSettings, Standing};
use limiter::{Limiter, Spend};
pub use quota::Period;
use quota::Used;
pub use rate::{Rate, RateError};

/// What a consumer bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Requests over time.
    pub rate: Rate,
    /// Requests in one day (UTC).
    pub daily: Option<NonZeroU32>,
    /// Requests in one month of the calendar (UTC).
    pub monthly: Option<NonZeroU32>,
    /// Requests at once.
    pub concurrency: NonZeroU32,
    /// Units of query cost over time; the burst is the most that one query may cost.
    pub cost: Rate,
    /// What becomes of these limits while several gateways cannot count together.
    pub away: WhenAway,
}

/// What all consumers of one tenant may ask together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TenantPlan {
    /// Requests over time.
    pub rate: Option<Rate>,
    /// Requests in one day (UTC).
    pub daily: Option<NonZeroU32>,
    /// Requests in one month of the calendar (UTC).
    pub monthly: Option<NonZeroU32>,
    /// Requests at once.
    pub concurrency: Option<NonZeroU32>,
    /// What becomes of these limits while several gateways cannot count together.
    pub away: WhenAway,
}

/// What a limit does while the store, through which several gateways count together, is away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum WhenAway {
    /// Nothing is given but what was leased before.
    Deny,
    /// Each gateway gives as much as if it were alone.
    Allow,
    /// Each gateway gives its part: one of as many as were there last.
    #[default]
    Share,
}

impl WhenAway {
    /// All of them.
    pub const ALL: [WhenAway; 3] = [WhenAway::Deny, WhenAway::Allow, WhenAway::Share];

    /// As configuration, answers and metrics spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            WhenAway::Deny => "deny",
            WhenAway::Allow => "allow",
            WhenAway::Share => "share",
        }
    }
}

/// What one consumer may ask of one version of an API, or of one route of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceLimit {
    /// Its name among all places, for example `partner/v1 GET /orders/{number}`.
    pub place: Arc<str>,
    /// Requests over time.
    pub rate: Rate,
}

/// One consumer at one place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PlaceKey {
    pub(crate) consumer: ConsumerKey,
    pub(crate) place: Arc<str>,
}

/// The places of one request that have limits of their own.
#[derive(Debug, Clone, Copy, Default)]
pub struct Places<'p> {
    /// The version of the API.
    pub api: Option<&'p PlaceLimit>,
    /// The operation or route.
    pub route: Option<&'p PlaceLimit>,
}

/// Every limit that is configured.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Plans by name.
    pub plans: HashMap<Arc<str>, Plan>,
    /// Tenants that have limits of their own.
    pub tenants: HashMap<TenantId, TenantPlan>,
    /// Versions and routes that have limits of their own.
    pub places: Vec<PlaceLimit>,
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
    places: HashMap<Arc<str>, Budget<PlaceKey>>,
    address: Arc<Limiter<AddressKey>>,
    consumer_slots: Arc<Concurrency<ConsumerKey>>,
    tenant_slots: Arc<Concurrency<TenantId>>,
    calendars: Arc<Calendars>,
    common: Option<Arc<Common>>,
}

/// Quotas that are counted here.
#[derive(Debug)]
struct Calendars {
    day: Arc<Used<ConsumerKey>>,
    month: Arc<Used<ConsumerKey>>,
    tenant_day: Arc<Used<TenantId>>,
    tenant_month: Arc<Used<TenantId>>,
}

/// Limits that several gateways count together.
#[derive(Debug)]
struct Common {
    hub: Arc<Hub>,
    rate: Arc<Leases<ConsumerKey>>,
    cost: Arc<Leases<ConsumerKey>>,
    day: Arc<Leases<ConsumerKey>>,
    month: Arc<Leases<ConsumerKey>>,
    places: Arc<Leases<PlaceKey>>,
    tenant: Arc<Leases<TenantId>>,
    tenant_day: Arc<Leases<TenantId>>,
    tenant_month: Arc<Leases<TenantId>>,
}

#[derive(Debug)]
struct PlanInForce {
    plan: Plan,
    rate: Budget<ConsumerKey>,
    day: Option<Budget<ConsumerKey>>,
    month: Option<Budget<ConsumerKey>>,
    cost: Budget<ConsumerKey>,
    policy: PolicyText,
}

#[derive(Debug)]
struct TenantInForce {
    plan: TenantPlan,
    rate: Option<Budget<TenantId>>,
    day: Option<Budget<TenantId>>,
    month: Option<Budget<TenantId>>,
    policy: PolicyText,
}

impl Throttle {
    /// Fresh counters for these limits; with a hub, several gateways count together.
    pub fn new(limits: &Limits, ticks: Ticks, hub: Option<Arc<Hub>>) -> Self {
        in_force::build(limits, ticks, hub, None)
    }

    /// The same counters under changed limits: whoever's rate did not change keeps what was counted.
    #[must_use]
    pub fn carry_over(&self, limits: &Limits) -> Self {
        in_force::build(limits, self.ticks.clone(), None, Some(self))
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
    pub async fn admit(&self, caller: &Caller, places: Places<'_>, now: Now) -> Result<Allowance, Box<Refused>> {
        let Some(mine) = self.plans.get(&caller.plan) else { return Err(self.no_plan(caller)) };
        let ours = self.tenants.get(&caller.key.tenant);
        let [api, route] = [(Item::Api, places.api), (Item::Route, places.route)]
            .map(|(item, limit)| limit.map(|limit| PolicyText::of_place(item, limit.rate)));
        let policies = [Some(&mine.policy), ours.map(|tenant| &tenant.policy), api.as_ref(), route.as_ref()];
        let mut left = Left::new(policies);
        let slots = self.take_slots(caller, mine, ours, &mut left)?;
        self.take_all(caller, mine, ours, places, self.at(now), &mut left).await?;
        Ok(Allowance::new(left, slots))
    }

    /// However many limits there are, a request waits once.
    fn at(&self, now: Now) -> At {
        let latest = self.hub().map_or_else(tokio::time::Instant::now, |hub| hub.patience());
        At { now, latest }
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
        let Some(limit) = ours.and_then(|tenant| tenant.plan.concurrency) else { return Ok([Some(slot), None]) };
        let Some((shared, free)) = self.tenant_slots.take(&caller.key.tenant, limit) else {
            return Err(left.refuse(Item::TenantConcurrent, at_once(Item::TenantConcurrent, limit)));
        };
        left.has(Item::TenantConcurrent, free.into(), None);
        Ok([Some(slot), Some(shared)])
    }

    /// The consumer's own limits first: one consumer's flood must not spend the tenant's. What was taken goes back by
    /// itself where a later limit refuses, or the caller leaves.
    async fn take_all(
        &self,
        caller: &Caller,
        mine: &PlanInForce,
        ours: Option<&TenantInForce>,
        places: Places<'_>,
        at: At,
        left: &mut Left,
    ) -> Result<(), Box<Refused>> {
        let (key, tenant, away) = (&caller.key, &caller.key.tenant, mine.plan.away);
        let together = ours.map_or(away, |ours| ours.plan.away);
        let key_of = |limit: Option<&PlaceLimit>| {
            limit.map(|limit| PlaceKey { consumer: key.clone(), place: Arc::clone(&limit.place) })
        };
        let (of_api, of_route) = (key_of(places.api), key_of(places.route));
        let budget_of = |key: &Option<PlaceKey>| key.as_ref().and_then(|key| self.places.get(&key.place));

        let rate = left.settle(Item::Rate, mine.rate.take(key, ONE, away, at).await)?;
        let api = one(Item::Api, budget_of(&of_api), of_api.as_ref(), away, at, left).await?;
        let route = one(Item::Route, budget_of(&of_route), of_route.as_ref(), away, at, left).await?;
        let (ours_rate, ours_day, ours_month) = match ours {
            Some(ours) => (ours.rate.as_ref(), ours.day.as_ref(), ours.month.as_ref()),
            None => (None, None, None),
        };
        let shared = one(Item::Tenant, ours_rate, Some(tenant), together, at, left).await?;
        let day = one(Item::Day, mine.day.as_ref(), Some(key), away, at, left).await?;
        let month = one(Item::Month, mine.month.as_ref(), Some(key), away, at, left).await?;
        let shared_day = one(Item::TenantDay, ours_day, Some(tenant), together, at, left).await?;
        let shared_month = one(Item::TenantMonth, ours_month, Some(tenant), together, at, left).await?;

        // Nobody refuses any more.
        rate.keep();
        [api, route].into_iter().flatten().for_each(Taken::keep);
        [day, month].into_iter().flatten().for_each(Taken::keep);
        [shared, shared_day, shared_month].into_iter().flatten().for_each(Taken::keep);
        Ok(())
    }

    /// Takes what a document costs. A document that costs more than the burst can never run.
    pub async fn spend(&self, caller: &Caller, cost: u64, now: Now) -> Result<Left, Box<Refused>> {
        let Some(mine) = self.plans.get(&caller.plan) else { return Err(self.no_plan(caller)) };
        let mut left = Left::new([Some(&mine.policy), None, None, None]);
        let cells = NonZeroU32::new(u32::try_from(cost).unwrap_or(u32::MAX)).unwrap_or(ONE);
        match mine.cost.take(&caller.key, cells, mine.plan.away, self.at(now)).await {
            Err(Denied::TooMuch) => {
                let says = format!("The query costs {cost} and the plan allows {} at once.", mine.plan.cost.burst());
                Err(left.refused(Problem::new(Code::QueryTooCostly, says).violates(Item::Cost.name())))
            }
            Err(Denied::UsedUp { wait, left: free, alone }) => {
                let says = format!("The query costs {cost} and {free} are left of the plan's budget.");
                let problem = Problem::new(Code::CostBudgetSpent, says).retry_after(wait).violates(Item::Cost.name());
                left.stands(Item::Cost, free, wait, alone);
                Err(left.refused(problem))
            }
            taken => {
                left.settle(Item::Cost, taken)?.keep();
                Ok(left)
            }
        }
    }

    /// Gives back what a document was charged, so long ago, beyond what it really cost.
    pub fn refund(&self, caller: &Caller, cost: u64, held: Duration) {
        let cells = u32::try_from(cost).unwrap_or(u32::MAX);
        if let (Some(mine), Some(cells)) = (self.plans.get(&caller.plan), NonZeroU32::new(cells)) {
            mine.cost.refund(&caller.key, cells, held);
        }
    }

    /// Forgets whoever is back at a full budget. For a background service, every few seconds.
    pub fn prune(&self, now: Now) {
        self.address.prune();
        for plan in self.plans.values() {
            [&plan.rate, &plan.cost].into_iter().filter_map(Budget::limiter).for_each(|limiter| limiter.prune());
        }
        let of_tenants = self.tenants.values().filter_map(|tenant| tenant.rate.as_ref());
        of_tenants.filter_map(Budget::limiter).for_each(|limiter| limiter.prune());
        self.places.values().filter_map(Budget::limiter).for_each(|limiter| limiter.prune());
        self.consumer_slots.prune();
        self.tenant_slots.prune();
        self.calendars.prune(now);
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

/// The least that is taken.
const ONE: NonZeroU32 = NonZeroU32::MIN;

/// Takes one of a limit that may not be there.
async fn one<'a, K: leases::Leasable>(
    item: Item,
    budget: Option<&'a Budget<K>>,
    key: Option<&'a K>,
    away: WhenAway,
    at: At,
    left: &mut Left,
) -> Result<Option<Taken<'a, K>>, Box<Refused>> {
    let (Some(budget), Some(key)) = (budget, key) else { return Ok(None) };
    left.settle(item, budget.take(key, ONE, away, at).await).map(Some)
}

impl Calendars {
    fn prune(&self, now: Now) {
        self.day.prune(now);
        self.month.prune(now);
        self.tenant_day.prune(now);
        self.tenant_month.prune(now);
    }
}

impl Default for Calendars {
    fn default() -> Self {
        Calendars {
            day: Arc::new(Used::new(Period::Day)),
            month: Arc::new(Used::new(Period::Month)),
            tenant_day: Arc::new(Used::new(Period::Day)),
            tenant_month: Arc::new(Used::new(Period::Month)),
        }
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
