//! An answer with its figures, and how GraphQL spells it.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use portico_contracts::canonical::CacheState;
use portico_contracts::tenancy::SystemId;
use serde_json::{Value, json};

use crate::answer::{AnswerError, Written};
use crate::ask::{Call, Outcome};
use crate::gather::{Gathered, from_cache};
use crate::plan::{Plan, Price};

/// How fresh the whole answer is, for `Age` and `Cache-Status`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Freshest {
    /// The age of its oldest value.
    pub age: Duration,
    /// Whether every value was kept from before.
    pub all_cached: bool,
    /// Whether some value was older than its time to live.
    pub stale: bool,
}

/// So many bytes of an answer cost as much as a call.
const BYTES_OF_A_POINT: usize = 64 * 1024;

/// What came of a question.
#[derive(Debug)]
pub struct Answered {
    /// The data: a JSON object, or `null`.
    pub data: Vec<u8>,
    /// Why fields are null.
    pub errors: Vec<AnswerError>,
    /// Errors beyond those listed.
    pub omitted: usize,
    /// What it may at most have cost.
    pub price: Price,
    /// Calls that it really cost.
    pub calls: u64,
    /// How fresh it is.
    pub freshest: Freshest,
    /// Credit decisions that were made: id and outcome.
    pub decisions: Vec<(String, &'static str)>,
    bytes: usize,
    by_system: Vec<Value>,
    sources: Vec<Value>,
    not_provided: Vec<String>,
    unknown_to: Option<Value>,
    budget: Duration,
    used: Duration,
}

impl Answered {
    pub(super) fn new(
        written: Written,
        plan: &Plan,
        gathered: &Gathered,
        call: &Call,
        price: Price,
        (budget, used): (Duration, Duration),
        now: DateTime<Utc>,
    ) -> Self {
        let costs = call.tally.so_far();
        let states = states(plan, gathered);
        let source = |(system, state): (&SystemId, &&str)| {
            let cost = costs.get(system).copied().unwrap_or_default();
            json!({ "system": system.as_str(), "calls": cost.calls, "cacheHits": cost.cache_hits, "state": state })
        };
        let priced = |(system, requested): (&SystemId, &u64)| {
            let actual = costs.get(system).map_or(0, |cost| cost.calls);
            json!({ "system": system.as_str(), "requested": requested, "actual": actual })
        };
        Answered {
            by_system: plan.calls_by_system().iter().map(priced).collect(),
            data: written.data,
            errors: written.errors,
            omitted: written.omitted,
            price,
            calls: costs.values().map(|cost| u64::from(cost.calls)).sum(),
            freshest: freshest(plan, gathered, now),
            decisions: written.decisions,
            bytes: written.bytes,
            sources: states.iter().map(source).collect(),
            not_provided: plan.not_provided.clone(),
            unknown_to: written.unknown_to.into_json(),
            budget,
            used,
        }
    }

    /// What is charged in the end: what it really cost, never more than the price. Writing a large answer costs too,
    /// also where no system had to be called for it.
    pub fn charged(&self) -> u64 {
        let written = u64::try_from(self.bytes / BYTES_OF_A_POINT).unwrap_or(u64::MAX);
        self.calls.saturating_add(written).clamp(1, self.price.points())
    }

    /// The response body (October 2021 edition, section 7). `remaining` is what is left of the caller's budget.
    pub fn graphql(&self, request_id: &str, remaining: Option<u64>) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.data.len() + 512);
        body.extend_from_slice(b"{\"data\":");
        body.extend_from_slice(&self.data);
        if !self.errors.is_empty() {
            let errors: Vec<Value> = self.errors.iter().map(|error| error.graphql(request_id)).collect();
            body.extend_from_slice(b",\"errors\":");
            body.extend_from_slice(Value::Array(errors).to_string().as_bytes());
        }
        body.extend_from_slice(b",\"extensions\":");
        body.extend_from_slice(self.extensions(remaining).to_string().as_bytes());
        body.push(b'}');
        body
    }

    fn extensions(&self, remaining: Option<u64>) -> Value {
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let mut extensions = json!({
            "cost": {
                "requested": self.price.points(),
                "actual": self.charged(),
                "remaining": remaining,
                "systems": self.by_system,
            },
            "sources": self.sources,
            "deadline": { "budgetMs": millis(self.budget), "usedMs": millis(self.used) },
        });
        if !self.not_provided.is_empty() {
            extensions["notProvided"] = json!(self.not_provided);
        }
        if let Some(unknown_to) = &self.unknown_to {
            extensions["unknownTo"] = unknown_to.clone();
        }
        if self.omitted > 0 {
            extensions["errorsOmitted"] = json!(self.omitted);
        }
        extensions
    }
}

/// For each system that was asked the least favourable state of its answers.
fn states(plan: &Plan, gathered: &Gathered) -> BTreeMap<SystemId, &'static str> {
    let rank = |state: &str| {
        ["HIT", "COALESCED", "FETCHED", "STALE", "STALE_IF_ERROR", "FAILED"].iter().position(|known| *known == state)
    };
    let mut states: BTreeMap<SystemId, &'static str> = BTreeMap::new();
    for (step, outcome) in gathered.all(plan) {
        let state = match outcome {
            Outcome::Found(_, from) | Outcome::Absent(from) => from.state.graphql(),
            Outcome::Failed(_) => "FAILED",
        };
        let worst = states.entry(step.upstream.id().clone()).or_insert(state);
        if rank(state) > rank(worst) {
            *worst = state;
        }
    }
    states
}

fn freshest(plan: &Plan, gathered: &Gathered, now: DateTime<Utc>) -> Freshest {
    let mut freshest = Freshest { all_cached: true, ..Freshest::default() };
    let mut any = false;
    for (_, outcome) in gathered.all(plan) {
        let (Outcome::Found(_, from) | Outcome::Absent(from)) = outcome else { continue };
        any = true;
        freshest.age = freshest.age.max((now - from.fetched_at).to_std().unwrap_or_default());
        freshest.all_cached &= from_cache(from.state);
        freshest.stale |= matches!(from.state, CacheState::Stale | CacheState::StaleIfError);
    }
    freshest.all_cached &= any;
    freshest
}
