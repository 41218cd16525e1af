//! How limits go that several gateways count together. Set anew whenever somebody reads the metrics.

use std::sync::atomic::{AtomicU64, Ordering};

use portico_policies::throttle::{Counted, Standing, WhenAway};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// A limit's name is one of a fixed list.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WayLabels {
    limit: &'static str,
    way: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ModeLabels {
    limit: &'static str,
    mode: &'static str,
}

#[derive(Debug, Default)]
pub(super) struct Limits {
    up: Gauge,
    gateways: Gauge,
    outages: Counter,
    losses: Counter,
    checks: Family<WayLabels, Counter>,
    degraded: Family<ModeLabels, Counter>,
}

impl Limits {
    pub(super) fn register(&self, r: &mut Registry) {
        r.register("limits_store_up", "Whether the common store of limits answers", self.up.clone());
        r.register("limits_gateways", "Gateways that count together", self.gateways.clone());
        r.register("limits_store_outages", "How often the store fell silent", self.outages.clone());
        r.register("limits_store_losses", "How often the store had lost what was counted", self.losses.clone());
        r.register("limits_checks", "Checks of common limits, by whether they waited", self.checks.clone());
        r.register("limits_degraded", "Checks without the store, by what was done instead", self.degraded.clone());
    }

    /// Sets everything to what holds now. Without a common store there is nothing to tell.
    pub(super) fn stand(&self, together: Option<(Standing, Vec<Counted>)>) {
        let Some((standing, counted)) = together else { return };
        self.up.set(standing.up.into());
        self.gateways.set(standing.gateways.into());
        raise(&self.outages, standing.outages);
        raise(&self.losses, standing.losses);
        for Counted { limit, leased, waited, alone } in counted {
            for (way, count) in [("leased", leased), ("waited", waited)] {
                raise(&self.checks.get_or_create(&WayLabels { limit, way }), count);
            }
            for (mode, count) in alone {
                raise(&self.degraded.get_or_create(&ModeLabels { limit, mode: WhenAway::as_str(mode) }), count);
            }
        }
    }
}

/// A counter that somebody else counts.
fn raise(counter: &Counter, to: u64) {
    let inner: &AtomicU64 = counter.inner();
    inner.fetch_max(to, Ordering::Relaxed);
}
