//! What a plan may at most cost, counted in calls to systems before any of them is asked.

use std::collections::BTreeMap;

use portico_contracts::tenancy::SystemId;

use super::Plan;

/// The price of one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Price {
    /// Calls that may be made if nothing is cached, each counted once for every page of keys that it needs.
    pub calls: u64,
    /// Rows that may be read.
    pub rows: u64,
}

impl Price {
    /// What is charged: a call is one point, and every hundred rows one more.
    pub fn points(self) -> u64 {
        self.calls.saturating_add(self.rows / 100).max(1)
    }
}

impl Plan {
    /// The price of this plan.
    pub fn price(&self) -> Price {
        let asked = self.steps.iter().filter(|step| step.several.is_none());
        asked.fold(Price::default(), |price, step| {
            let calls = step.calls();
            Price { calls: price.calls.saturating_add(calls), rows: price.rows.saturating_add(step.rows) }
        })
    }
}

impl Plan {
    /// What it may at most ask of each system.
    pub fn calls_by_system(&self) -> BTreeMap<SystemId, u64> {
        let mut calls = BTreeMap::new();
        for step in self.steps.iter().filter(|step| step.several.is_none()) {
            *calls.entry(step.upstream.id().clone()).or_insert(0) += step.calls();
        }
        calls
    }
}

impl super::Step {
    /// Calls that this step may at most make.
    pub(super) fn calls(&self) -> u64 {
        let batch = self.upstream.supports(self.ask.entity, self.ask.by).map_or(1, |support| support.batch.max(1));
        self.keys.div_ceil(u64::try_from(batch).unwrap_or(u64::MAX)).max(1)
    }
}
