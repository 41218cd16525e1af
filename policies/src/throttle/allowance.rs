//! What is left, in the words of the IETF draft on RateLimit header fields.
//!
//! `RateLimit-Policy: "rate";q=500;w=1` says what was agreed, `RateLimit: "rate";r=150;t=1` what is left of it.

use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use portico_contracts::problem::{Code, Problem};

use super::concurrency::Slot;
use super::limiter::Spend;
use super::{Plan, Rate, TenantPlan};

/// The limits that callers are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item {
    Rate,
    Day,
    Concurrent,
    Tenant,
    TenantConcurrent,
    Cost,
}

impl Item {
    const ALL: [Item; 6] = [Item::Rate, Item::Day, Item::Concurrent, Item::Tenant, Item::TenantConcurrent, Item::Cost];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Item::Rate => "rate",
            Item::Day => "day",
            Item::Concurrent => "concurrent",
            Item::Tenant => "tenant",
            Item::TenantConcurrent => "tenant-concurrent",
            Item::Cost => "cost",
        }
    }
}

/// One side's part of `RateLimit-Policy`, written when the configuration is read.
#[derive(Debug, Clone, Default)]
pub(crate) struct PolicyText(Arc<str>);

impl PolicyText {
    pub(crate) fn of_plan(plan: &Plan) -> Self {
        let mut parts = vec![windowed(Item::Rate, plan.rate, "")];
        parts.extend(plan.daily.map(|limit| format!("\"day\";q={limit};w=86400")));
        parts.push(at_once(Item::Concurrent, plan.concurrency));
        parts.push(windowed(Item::Cost, plan.cost, ";qu=\"cost\""));
        PolicyText(parts.join(", ").into())
    }

    pub(crate) fn of_tenant(plan: &TenantPlan) -> Self {
        let rate = plan.rate.map(|rate| windowed(Item::Tenant, rate, ""));
        let concurrency = plan.concurrency.map(|limit| at_once(Item::TenantConcurrent, limit));
        PolicyText(rate.into_iter().chain(concurrency).collect::<Vec<_>>().join(", ").into())
    }
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
    plan: PolicyText,
    tenant: Option<PolicyText>,
    items: [Option<(u64, Option<Duration>)>; 6],
}

impl Left {
    pub(crate) fn new(plan: &PolicyText, tenant: Option<&PolicyText>) -> Self {
        Left { plan: plan.clone(), tenant: tenant.cloned(), items: [None; 6] }
    }

    pub(crate) fn has(&mut self, item: Item, left: u64, reset: Option<Duration>) {
        self.items[item as usize] = Some((left, reset));
    }

    pub(crate) fn settle(&mut self, item: Item, verdict: Spend) -> Result<(), Box<Refused>> {
        let wait = match verdict {
            Spend::Allowed(remaining) => {
                self.has(item, remaining.left, Some(remaining.reset));
                return Ok(());
            }
            Spend::Refused { wait, .. } => wait,
            Spend::TooMuch => Duration::from_secs(1),
        };
        Err(self.refuse(item, super::refusal(Code::RateLimited, item.name(), wait)))
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
        self.items[Item::Cost as usize].map(|(left, _)| left)
    }

    /// `RateLimit-Policy` and `RateLimit`, for every answer, refusals included.
    pub fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> + use<> {
        let policy = [&*self.plan.0, self.tenant.as_ref().map_or("", |tenant| &*tenant.0)];
        let policy = policy.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
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
            let Some((left, reset)) = state else { continue };
            let comma = if text.is_empty() { "" } else { ", " };
            let name = item.name();
            // Writing to a String cannot fail.
            let _ = write!(text, "{comma}\"{name}\";r={left}");
            if let Some(reset) = reset {
                let _ = write!(text, ";t={}", seconds(reset));
            }
        }
        text
    }
}

/// An admitted request: what is left, and its places among the concurrent ones until this is dropped.
#[derive(Debug)]
pub struct Allowance {
    /// What is left, for the answer's headers.
    pub left: Left,
    _slots: [Option<Slot>; 2],
}

impl Allowance {
    pub(crate) fn new(left: Left, slots: [Option<Slot>; 2]) -> Self {
        Allowance { left, _slots: slots }
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
