//! Which systems do not know a customer that others know: said beside the answer, so that a null is no riddle.

use std::collections::{BTreeMap, BTreeSet};

use portico_contracts::tenancy::SystemId;

use super::error::{Segment, dotted};
use crate::plan::{Plan, StepId};

/// More customers than this are not told apart.
const MOST: usize = 100;

/// For each customer of the answer, by its path, the systems that do not know it.
#[derive(Debug, Default)]
pub(crate) struct UnknownTo(BTreeMap<String, BTreeSet<SystemId>>);

impl UnknownTo {
    /// None of a step's systems knows the customer at this path.
    pub(super) fn note(&mut self, plan: &Plan, step: StepId, customer: &[Segment]) {
        let path = dotted(customer);
        if self.0.len() >= MOST && !self.0.contains_key(&path) {
            return;
        }
        let systems = self.0.entry(path).or_default();
        let asked = &plan.steps[step];
        match &asked.several {
            Some(several) => systems.extend(several.parts.iter().map(|part| plan.steps[*part].upstream.id().clone())),
            None => drop(systems.insert(asked.upstream.id().clone())),
        }
    }

    /// As `extensions.unknownTo`; nothing where every system that was asked knows every customer.
    pub(crate) fn into_json(self) -> Option<serde_json::Value> {
        let one = |(path, systems): (String, BTreeSet<SystemId>)| {
            let systems: Vec<&str> = systems.iter().map(SystemId::as_str).collect();
            serde_json::json!({ "path": path, "systems": systems })
        };
        let all: Vec<_> = self.0.into_iter().map(one).collect();
        (!all.is_empty()).then_some(serde_json::Value::Array(all))
    }
}

/// Whether a step asks for what belongs to a customer, by whatever names it there: without that name the system does
/// not know the customer.
pub(super) fn is_of_customer(plan: &Plan, step: StepId) -> bool {
    matches!(plan.steps[step].ask.by, "customerNumber" | "accountId" | "billingId" | "supportId")
}
