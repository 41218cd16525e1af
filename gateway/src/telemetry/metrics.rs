//! The metrics and their labels.

use std::sync::Arc;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use super::limits::Limits;
use super::stewards::Stewards;
use crate::audit::AuditCounters;
use crate::exchange::Place;

/// From half a millisecond to ten seconds: cache hits to best-effort deadlines.
const SECONDS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// What the gateway adds itself is shorter.
const OVERHEAD_SECONDS: [f64; 10] = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.1, 1.0];

/// One kind of answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct RequestLabels {
    pub(crate) api: Arc<str>,
    pub(crate) version: Arc<str>,
    pub(crate) route: Arc<str>,
    pub(crate) method: &'static str,
    pub(crate) status: u16,
}

/// One kind of request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct PlaceLabels {
    api: Arc<str>,
    version: Arc<str>,
    route: Arc<str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ProblemLabels {
    pub(super) code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct UpstreamLabels {
    pub(super) role: &'static str,
    pub(super) entity: &'static str,
    pub(super) outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct DriftLabels {
    pub(super) role: &'static str,
    pub(super) entity: &'static str,
    pub(super) field: &'static str,
    pub(super) kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct StrayLabels {
    pub(super) role: &'static str,
    pub(super) entity: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RoleLabels {
    pub(super) role: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct NoticeLabels {
    pub(super) role: &'static str,
    pub(super) outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct EventLabels {
    pub(super) outcome: &'static str,
}

impl RequestLabels {
    /// The labels of an answer.
    pub(crate) fn new(place: &Place, method: &'static str, status: u16) -> Self {
        let Place { api, version, route } = place.clone();
        RequestLabels { api, version, route, method, status }
    }

    /// The same without method and status, which would multiply a histogram's series.
    pub(super) fn place(&self) -> PlaceLabels {
        PlaceLabels { api: self.api.clone(), version: self.version.clone(), route: self.route.clone() }
    }
}

type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

/// Every metric.
pub(super) struct Metrics {
    pub(super) requests: Family<RequestLabels, Counter>,
    pub(super) request_duration: Histograms<PlaceLabels>,
    pub(super) overhead: Histogram,
    pub(super) problems: Family<ProblemLabels, Counter>,
    pub(super) upstream_requests: Family<UpstreamLabels, Counter>,
    pub(super) upstream_duration: Histograms<RoleLabels>,
    pub(super) drifts: Family<DriftLabels, Counter>,
    pub(super) strays: Family<StrayLabels, Counter>,
    pub(super) stewards: Stewards,
    pub(super) limits: Limits,
    pub(super) notices: Family<NoticeLabels, Counter>,
    pub(super) notice_values: Family<RoleLabels, Counter>,
    pub(super) subscriptions: Gauge,
    pub(super) subscription_events: Family<EventLabels, Counter>,
    pub(super) connections: Gauge,
    pub(super) connections_refused: Counter,
    pub(super) handshakes_failed: Counter,
    pub(super) log_lines_dropped: Counter,
    pub(super) audit: AuditCounters,
    pub(super) generation: Gauge,
    pub(super) applied_at: Gauge,
}

fn durations() -> Histogram {
    Histogram::new(SECONDS)
}

impl Metrics {
    /// All metrics, registered under their names. The prefix `portico_` and the suffix `_total` are added when written.
    pub(super) fn registered(registry: &mut Registry) -> Self {
        let metrics = Metrics {
            requests: Family::default(),
            request_duration: Family::new_with_constructor(durations),
            overhead: Histogram::new(OVERHEAD_SECONDS),
            problems: Family::default(),
            upstream_requests: Family::default(),
            upstream_duration: Family::new_with_constructor(durations),
            drifts: Family::default(),
            strays: Family::default(),
            stewards: Stewards::default(),
            limits: Limits::default(),
            notices: Family::default(),
            notice_values: Family::default(),
            subscriptions: Gauge::default(),
            subscription_events: Family::default(),
            connections: Gauge::default(),
            connections_refused: Counter::default(),
            handshakes_failed: Counter::default(),
            log_lines_dropped: Counter::default(),
            audit: AuditCounters::default(),
            generation: Gauge::default(),
            applied_at: Gauge::default(),
        };
        metrics.register(registry);
        metrics
    }

    fn register(&self, registry: &mut Registry) {
        let r = registry;
        r.register("http_requests", "Answers by place, method and status", self.requests.clone());
        r.register("http_request_duration_seconds", "From head to answer", self.request_duration.clone());
        r.register("gateway_overhead_seconds", "Duration without the time spent on systems", self.overhead.clone());
        r.register("problems", "Refusals and failures by code", self.problems.clone());
        r.register("upstream_requests", "Calls of systems by role, entity and outcome", self.upstream_requests.clone());
        r.register("upstream_drifts", "Values that a pack's contract does not allow", self.drifts.clone());
        r.register("upstream_rows_not_asked_for", "Rows that were dropped", self.strays.clone());
        self.stewards.register(r);
        self.limits.register(r);
        r.register("upstream_request_duration_seconds", "Calls of systems", self.upstream_duration.clone());
        r.register("notices", "Notices of changes by role and outcome", self.notices.clone());
        r.register("notice_values_removed", "Cached values that notices removed", self.notice_values.clone());
        r.register("subscriptions", "Open subscriptions", self.subscriptions.clone());
        r.register("subscription_events", "Changes told to subscriptions", self.subscription_events.clone());
        r.register("connections", "Open connections", self.connections.clone());
        r.register("connections_refused", "Connections without a place", self.connections_refused.clone());
        r.register("tls_handshakes_failed", "Handshakes that failed or timed out", self.handshakes_failed.clone());
        r.register("log_lines_dropped", "Access-log lines that could not be written", self.log_lines_dropped.clone());
        r.register("audit_entries", "Entries of the audit trail that are on the disk", self.audit.written.clone());
        r.register("audit_entries_lost", "Entries that could not be written", self.audit.lost.clone());
        r.register("audit_write_failures", "Attempts to write that failed", self.audit.failures.clone());
        r.register("config_generation", "How often a configuration was applied", self.generation.clone());
        r.register("config_applied_timestamp_seconds", "When the last one was", self.applied_at.clone());
        r.register("build", "What is running", Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]));
    }
}
