//! What is left, in the words of the IETF draft on RateLimit header fields.
//!
//! `RateLimit-Policy: "rate";q=500;w=1` says what was agreed, `RateLimit: "rate";r=150;t=1` what is left of it. Where
//! several gateways count together and cannot now, `;away=share` (a parameter of ours) says what is done instead.

use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use portico_contracts::problem::{Code, Problem};

use super::budget::{Denied, Taken};
use super::concurrency::Slot;
use super::leases::Leasable;
use super::limiter::Remaining;
use super::{Period, Plan, Rate, TenantPlan, WhenAway};

/// When to come back where nobody knows.
const AGAIN: Duration = Duration::from_secs(1);

/// The limits that callers are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item {
    Rate,
    Day,
    Month,
    Concurrent,
    Api,
    Route,
    Tenant,
    TenantDay,
    TenantMonth,
    TenantConcurrent,
    Cost,
}

/// How many there are.
const ITEMS: usize = 11;

impl Item {
    const ALL: [Item; ITEMS] = [
        Item::Rate,
        Item::Day,
        Item::Month,
        Item::Concurrent,
        Item::Api,
        Item::Route,
        Item::Tenant,
        Item::TenantDay,
        Item::TenantMonth,
        Item::TenantConcurrent,
        Item::Cost,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Item::Rate => "rate",
            Item::Day => "day",
            Item::Month => "month",
            Item::Concurrent => "concurrent",
            Item::Api => "api",
            Item::Route => "route",
            Item::Tenant => "tenant",
            Item::TenantDay => "tenant-day",
            Item::TenantMonth => "tenant-month",
            Item::TenantConcurrent => "tenant-concurrent",
            Item::Cost => "cost",
        }
    }

    /// What it is to have used this up.
    fn code(self) -> Code {
        match self {
            Item::Day | Item::Month | Item::TenantDay | Item::TenantMonth => Code::QuotaExceeded,
            Item::Concurrent | Item::TenantConcurrent => Code::TooManyConcurrent,
            Item::Cost => Code::CostBudgetSpent,
            Item::Rate | Item::Api | Item::Route | Item::Tenant => Code::RateLimited,
        }
    }
}

/// One side's part of `RateLimit-Policy`, written when the configuration is read.
#[derive(Debug, Clone, Default)]
pub(crate) struct PolicyText(Arc<str>);

impl PolicyText {
    pub(crate) fn of_plan(plan: &Plan) -> Self {
        let mut parts = vec![windowed(Item::Rate, plan.rate, "")];
        parts.extend(plan.daily.map(|limit| calendar(Item::Day, Period::Day, limit)));
        parts.extend(plan.monthly.map(|limit| calendar(Item::Month, Period::Month, limit)));
        parts.push(at_once(Item::Concurrent, plan.concurrency));
        parts.push(windowed(Item::Cost, plan.cost, ";qu=\"cost\""));
        PolicyText(parts.join(", ").into())
    }

    pub(crate) fn of_tenant(plan: &TenantPlan) -> Self {
        let mut parts = Vec::new();
        parts.extend(plan.rate.map(|rate| windowed(Item::Tenant, rate, "")));
        parts.extend(plan.daily.map(|limit| calendar(Item::TenantDay, Period::Day, limit)));
        parts.extend(plan.monthly.map(|limit| calendar(Item::TenantMonth, Period::Month, limit)));
        parts.extend(plan.concurrency.map(|limit| at_once(Item::TenantConcurrent, limit)));
        PolicyText(parts.join(", ").into())
    }

    pub(crate) fn of_place(item: Item, rate: Rate) -> Self {
        PolicyText(windowed(item, rate, "").into())
    }
}

fn calendar(item: Item, period: Period, limit: NonZeroU32) -> String {
    format!("\"{}\";q={limit};w={}", item.name(), period.longest())
}

fn windowed(item: Item, rate: Rate, unit: &str) -> String {
    format!("\"{}\";q={};w={}{unit}", item.name(), rate.count(), seconds(rate.per()))
}

fn at_once(item: Item, limit: NonZeroU32) -> String {
    format!("\"{}\";q={limit};qu=\"concurrent-requests\"", item.name())
}

/// Whole seconds, rounded up: coming back a moment late is right, a moment early is refused again.
fn seconds(time: Duration) -> u64 {
    (time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(1)
}

/// What is left of every limit that was looked at.
#[derive(Debug, Clone, Default)]
pub struct Left {
    policies: Policies,
    items: [Option<Standing>; ITEMS],
}

/// The plan's, the tenant's, and those of places.
type Policies = [Option<PolicyText>; 4];

#[derive(Debug, Clone, Copy)]
struct Standing {
    left: u64,
    reset: Option<Duration>,
    /// Decided without the common store of several gateways, and how.
    alone: Option<WhenAway>,
}

impl Left {
    pub(crate) fn new(policies: [Option<&PolicyText>; 4]) -> Self {
        Left { policies: policies.map(Option::<&PolicyText>::cloned), items: [None; ITEMS] }
    }

    pub(crate) fn has(&mut self, item: Item, left: u64, reset: Option<Duration>) {
        self.items[item as usize] = Some(Standing { left, reset, alone: None });
    }

    /// Notes what is left, or refuses.
    pub(crate) fn settle<'a, K: Leasable>(
        &mut self,
        item: Item,
        taken: Result<Taken<'a, K>, Denied>,
    ) -> Result<Taken<'a, K>, Box<Refused>> {
        match taken {
            Ok(taken) => {
                let Remaining { left, reset, alone } = taken.remaining;
                self.items[item as usize] = Some(Standing { left, reset: Some(reset), alone });
                Ok(taken)
            }
            Err(Denied::UsedUp { wait, alone, .. }) => {
                let refused = super::refusal(item.code(), item.name(), wait);
                self.items[item as usize] = Some(Standing { left: 0, reset: Some(wait), alone });
                Err(self.refused(refused))
            }
            Err(Denied::TooMuch) => {
                Err(self.refuse(item, super::refusal(item.code(), item.name(), Duration::from_secs(1))))
            }
            Err(Denied::Away) => Err(self.unknown(item)),
        }
    }

    /// Refuses because nobody can say what is left, and the limit is not to be exceeded.
    pub(crate) fn unknown(&mut self, item: Item) -> Box<Refused> {
        self.items[item as usize] = Some(Standing { left: 0, reset: None, alone: Some(WhenAway::Deny) });
        let says = format!("The limit `{}` cannot be checked now.", item.name());
        self.refused(Problem::new(Code::LimitsUnavailable, says).retry_after(AGAIN))
    }

    /// Tells what is left of a budget of which somebody wanted more.
    pub(crate) fn stands(&mut self, item: Item, left: u64, reset: Duration, alone: Option<WhenAway>) {
        self.items[item as usize] = Some(Standing { left, reset: Some(reset), alone });
    }

    /// Refuses because nothing is left of this.
    pub(crate) fn refuse(&mut self, item: Item, problem: Problem) -> Box<Refused> {
        let reset = (problem.code != Code::TooManyConcurrent).then_some(problem.retry_after).flatten();
        self.has(item, 0, reset);
        self.refused(problem)
    }

    /// Refuses, telling what is known.
    pub(crate) fn refused(&mut self, problem: Problem) -> Box<Refused> {
        Box::new(Refused { problem, left: std::mem::take(self) })
    }

    /// Adds what is left of the cost budget, so that one answer tells all.
    #[must_use]
    pub fn and(mut self, other: &Left) -> Self {
        for (mine, theirs) in self.items.iter_mut().zip(other.items) {
            *mine = theirs.or(*mine);
        }
        self
    }

    /// What is left of the budget for query cost, if that was looked at.
    pub fn cost(&self) -> Option<u64> {
        self.items[Item::Cost as usize].map(|standing| standing.left)
    }

    /// `RateLimit-Policy` and `RateLimit`, for every answer, refusals included.
    pub fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> + use<> {
        let policy = self.policies.iter().flatten().map(|policy| &*policy.0);
        let policy = policy.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        let pairs = [("ratelimit-policy", policy), ("ratelimit", self.limit_text())];
        pairs
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .filter_map(|(name, text)| Some((HeaderName::from_static(name), HeaderValue::try_from(text).ok()?)))
    }

    #[cfg(test)]
    pub(crate) fn limit_header(&self) -> String {
        self.limit_text()
    }

    fn limit_text(&self) -> String {
        let mut text = String::with_capacity(96);
        for (item, state) in Item::ALL.into_iter().zip(self.items) {
            let Some(Standing { left, reset, alone }) = state else { continue };
            let comma = if text.is_empty() { "" } else { ", " };
            let name = item.name();
            // Writing to a String cannot fail.
            let _ = write!(text, "{comma}\"{name}\";r={left}");
            if let Some(reset) = reset {
                let _ = write!(text, ";t={}", seconds(reset));
            }
            if let Some(alone) = alone {
                let _ = write!(text, ";away={}", alone.as_str());
            }
        }
        text
    }
}

/// An admitted request: what is left, and its places among the concurrent ones until this is dropped.
#[derive(Debug)]
pub struct Allowance {
    /// What is left, for the answer's headers. Boxed: a permit is handed from stage to stage.
    pub left: Box<Left>,
    _slots: [Option<Slot>; 2],
}

impl Allowance {
    pub(crate) fn new(left: Left, slots: [Option<Slot>; 2]) -> Self {
        Allowance { left: Box::new(left), _slots: slots }
    }
}

/// A refused request: why, and what is left, which refusals also tell.
#[derive(Debug)]
pub struct Refused {
    /// Why, and when to come back.
    pub problem: Problem,
    /// What is left, for the answer's headers.
    pub left: Left,
}

impl From<Box<Refused>> for Problem {
    fn from(refused: Box<Refused>) -> Self {
        refused.problem
    }
}
