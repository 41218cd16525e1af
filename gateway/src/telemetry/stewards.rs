//! How it stands with what systems let us ask. Set anew whenever somebody reads the metrics.

use std::time::Duration;

use portico_composites::connect::meter::Place;
use portico_composites::endure::Lack;
use portico_composites::endure::steward::WindowStanding;
use portico_contracts::tenancy::{SystemId, TenantId, Tier};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::estates::Estates;

/// A system of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SystemLabels {
    tenant: String,
    system: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PlaceLabels {
    tenant: String,
    system: String,
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WaitingLabels {
    tenant: String,
    system: String,
    tier: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WindowLabels {
    tenant: String,
    system: String,
    window: &'static str,
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WithheldLabels {
    tenant: String,
    system: String,
    tier: &'static str,
    lacks: &'static str,
}

#[derive(Debug, Default)]
pub(super) struct Stewards {
    places: Family<PlaceLabels, Gauge>,
    waiting: Family<WaitingLabels, Gauge>,
    windows: Family<WindowLabels, Gauge>,
    cooling: Family<SystemLabels, Gauge>,
    withheld: Family<WithheldLabels, Counter>,
}

impl Stewards {
    pub(super) fn register(&self, r: &mut Registry) {
        r.register("upstream_places", "Calls at once: allowed, open, under way", self.places.clone());
        r.register("upstream_waiting", "Calls that wait for their turn", self.waiting.clone());
        r.register("upstream_window_calls", "Calls of a window: limit, used by us, remaining", self.windows.clone());
        r.register("upstream_cooling_seconds", "The rest of a pause that a system asked for", self.cooling.clone());
        r.register(
            "upstream_withheld",
            "Calls that were not made, by what there was too little of",
            self.withheld.clone(),
        );
    }

    pub(super) fn withheld(&self, at: Place<'_>, tier: Tier, lacks: Lack) {
        let (tenant, system) = names(at.tenant, at.system);
        let labels = WithheldLabels { tenant, system, tier: tier.as_str(), lacks: lacks.as_str() };
        self.withheld.get_or_create(&labels).inc();
    }

    /// Sets all gauges to what holds now. Systems that are not configured any more are gone.
    pub(super) fn stand(&self, estates: &Estates) {
        self.places.clear();
        self.waiting.clear();
        self.windows.clear();
        self.cooling.clear();
        for (tenant, system, of) in estates.systems() {
            let standing = of.steward().standing();
            for (state, calls) in [("limit", standing.places), ("open", standing.open), ("in_use", standing.in_use)] {
                let (tenant, system) = names(tenant, system);
                self.places.get_or_create(&PlaceLabels { tenant, system, state }).set(whole(calls as u64));
            }
            for (tier, waiting) in standing.waiting {
                let (tenant, system) = names(tenant, system);
                let labels = WaitingLabels { tenant, system, tier: tier.as_str() };
                self.waiting.get_or_create(&labels).set(whole(waiting as u64));
            }
            standing.windows.iter().for_each(|window| self.window(tenant, system, window));
            let (tenant, system) = names(tenant, system);
            let cooling = standing.cooling_for.unwrap_or(Duration::ZERO);
            self.cooling.get_or_create(&SystemLabels { tenant, system }).set(whole(cooling.as_secs()));
        }
    }

    fn window(&self, tenant: &TenantId, system: &SystemId, standing: &WindowStanding) {
        let WindowStanding { window, limit, used, remaining, .. } = *standing;
        for (state, calls) in [("limit", limit), ("used", Some(used)), ("remaining", remaining)] {
            // What is not known has no line.
            let Some(calls) = calls else { continue };
            let (tenant, system) = names(tenant, system);
            let labels = WindowLabels { tenant, system, window: window.as_str(), state };
            self.windows.get_or_create(&labels).set(whole(calls));
        }
    }
}

fn names(tenant: &TenantId, system: &SystemId) -> (String, String) {
    (tenant.to_string(), system.to_string())
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
