//! A plan in words: what would be asked of whom, without asking anybody.

use std::collections::BTreeMap;

use portico_contracts::packs::limits::Window;
use portico_contracts::tenancy::{SystemId, Tier};
use serde::Serialize;

use super::{KeyExpr, Plan, Step, StepId};
use crate::endure::limits::{Calls, Limits};

/// What an operation would do.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explained {
    /// Points that are charged for it.
    pub cost: u64,
    /// Calls that it may at most make.
    pub calls: u64,
    /// Scopes that it needs.
    pub scopes: Vec<&'static str>,
    /// Its questions, in the order in which they can be asked.
    pub steps: Vec<ExplainedStep>,
    /// The systems that it asks, with what they let us ask.
    pub systems: Vec<ExplainedSystem>,
    /// Paths that no system of the tenant has.
    pub not_provided: Vec<String>,
}

/// One system, and what it lets us ask as far as that is known before anybody asks.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedSystem {
    /// Which.
    pub system: String,
    /// Calls that the operation may at most make of it.
    pub calls: u64,
    /// What it lets everybody ask together.
    pub limits: ExplainedLimits,
}

/// What a system lets us ask.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedLimits {
    /// At once.
    pub concurrency: ExplainedCalls,
    /// In lengths of time.
    pub windows: Vec<ExplainedWindow>,
}

/// What a system lets us ask in a length of time.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedWindow {
    /// Which.
    pub window: &'static str,
    /// How much; absent where only the running system reports it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<ExplainedCalls>,
}

/// Calls that a limit allows, and up to which of them who is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedCalls {
    /// All of them.
    pub critical: u64,
    /// Without the share that is kept for the critical.
    pub standard: u64,
    /// Without as much again.
    pub best_effort: u64,
}

/// One question.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedStep {
    /// Steps of one wave are asked at once.
    pub wave: usize,
    /// Which system is asked.
    pub system: String,
    /// Its role.
    pub role: &'static str,
    /// For which entity.
    pub entity: &'static str,
    /// By which of its fields.
    pub by: &'static str,
    /// Where the keys come from.
    pub keys: String,
    /// Calls that it may at most make.
    pub calls: u64,
    /// The class of freshness.
    pub class: &'static str,
    /// Whether a cached answer may serve.
    pub cached: bool,
    /// Asked only where another question found nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_if_missing: Option<&'static str>,
}

impl Plan {
    /// Explains the plan. Keys that the caller gave are not repeated.
    pub fn explain(&self) -> Explained {
        let price = self.price();
        let mut steps: Vec<ExplainedStep> = self.asked().map(|id| self.explain_step(id)).collect();
        steps.sort_by_key(|step| step.wave);
        Explained {
            cost: price.points(),
            calls: price.calls,
            scopes: self.scopes.iter().copied().collect(),
            steps,
            systems: self.explain_systems(),
            not_provided: self.not_provided.clone(),
        }
    }

    fn explain_systems(&self) -> Vec<ExplainedSystem> {
        let mut calls: BTreeMap<&SystemId, (u64, &Limits)> = BTreeMap::new();
        for step in self.asked().map(|id| &self.steps[id]) {
            if let Some(limits) = step.upstream.limits() {
                calls.entry(step.upstream.id()).or_insert((0, limits)).0 += step.calls();
            }
        }
        let explained = |(system, (calls, limits)): (&SystemId, (u64, &Limits))| ExplainedSystem {
            system: system.to_string(),
            calls,
            limits: ExplainedLimits::of(limits),
        };
        calls.into_iter().map(explained).collect()
    }

    /// The steps that ask a system.
    fn asked(&self) -> impl Iterator<Item = StepId> {
        (0..self.steps.len()).filter(|id| self.steps[*id].several.is_none())
    }

    fn explain_step(&self, id: StepId) -> ExplainedStep {
        let step = &self.steps[id];
        ExplainedStep {
            wave: self.wave(id),
            system: step.upstream.id().to_string(),
            role: step.upstream.role().as_str(),
            entity: step.ask.entity.name,
            by: step.ask.by,
            keys: self.keys_in_words(step),
            calls: step.calls(),
            class: step.ask.entity.entity.as_ref().map_or("", |facts| facts.class.as_str()),
            cached: !step.wish.fresh,
            only_if_missing: step.unless.map(|other| self.steps[other].ask.entity.name),
        }
    }

    fn keys_in_words(&self, step: &Step) -> String {
        let field = |source: StepId, ordinal: usize| {
            let entity = self.steps[source].ask.entity;
            let name = entity.fields.get_index(ordinal).map_or("", |(name, _)| *name);
            format!("{}.{name}", entity.name)
        };
        match (&step.key, step.within) {
            (KeyExpr::Given(_) | KeyExpr::OneOf(..), _) => "from the arguments".to_owned(),
            (KeyExpr::Via(source, ordinal), _) => field(*source, *ordinal),
            (KeyExpr::Parent(ordinal), Some(source)) => field(source, *ordinal),
            (KeyExpr::Parent(_), None) => "from the answer".to_owned(),
        }
    }

    /// One more than the latest step that it waits for. Steps only wait for earlier ones, so this ends.
    fn wave(&self, id: StepId) -> usize {
        let step = &self.steps[id];
        let latest = step.waits_for().map(|source| self.wave(source)).max().unwrap_or(0);
        // What only joins others is done when they are.
        if step.several.is_some() { latest } else { latest + 1 }
    }
}

impl ExplainedLimits {
    fn of(limits: &Limits) -> Self {
        let calls = |all: u64| {
            let open = |tier| all - limits.kept_from(tier, all);
            ExplainedCalls { critical: all, standard: open(Tier::Standard), best_effort: open(Tier::BestEffort) }
        };
        let window = |(window, of): (&Window, &Calls)| ExplainedWindow {
            window: window.as_str(),
            calls: of.allowed().map(|all| calls(all.into())),
        };
        ExplainedLimits {
            concurrency: calls(limits.concurrency as u64),
            windows: limits.windows.iter().map(window).collect(),
        }
    }
}

impl Step {
    /// The steps that must be done before this one can be asked.
    pub(crate) fn waits_for(&self) -> impl Iterator<Item = StepId> {
        let parts = self.several.as_ref().map_or(&[][..], |several| &several.parts);
        let source = match self.key {
            _ if self.several.is_some() => None,
            KeyExpr::Via(source, _) => Some(source),
            KeyExpr::Parent(_) => self.within,
            KeyExpr::Given(_) | KeyExpr::OneOf(..) => None,
        };
        source.into_iter().chain(self.unless).chain(parts.iter().copied())
    }
}
