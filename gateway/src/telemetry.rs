//! Every metric and every field of the access log, by name. Other modules count and log only through this one, so that
//! the list is complete and every label is bounded: by the configuration, the catalogue of problems or an enum, never
//! by what a caller sends.

mod access;
mod diagnostics;
mod drifts;
mod limits;
mod metrics;
mod stewards;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use portico_composites::connect::meter::{Meter, Place};
use portico_composites::connect::wire::Drift;
use portico_composites::endure::Lack;
use portico_contracts::tenancy::{Role, Tier};
use prometheus_client::registry::Registry;

use crate::audit::{AuditSettings, Trail, Untrailed};
use access::AccessLog;
pub use access::AccessSink;
pub(crate) use access::{AccessLine, network};
pub(crate) use diagnostics::start_diagnostics;
pub(crate) use drifts::{Drifts, Summary as DriftSummary};
use metrics::Metrics;
pub(crate) use metrics::RequestLabels;

use crate::snapshot::Snapshot;

/// One gateway's counters and its access log.
pub(crate) struct Telemetry {
    registry: Registry,
    metrics: Metrics,
    access: AccessLog,
    trail: Option<Trail>,
    drifts: Drifts,
    /// Held while the gauges are set that belong together.
    writing: Mutex<()>,
}

/// Counts a connection as open until it is dropped.
pub(crate) struct OpenConnection(Arc<Telemetry>);

/// Counts a subscription as open until it is dropped.
pub(crate) struct OpenSubscription(Arc<Telemetry>);

impl Telemetry {
    /// Fresh counters, an access log, and the audit trail where there is to be one.
    pub(crate) fn new(sink: AccessSink, audit: Option<&AuditSettings>) -> Result<Arc<Self>, Untrailed> {
        let mut registry = Registry::with_prefix("portico");
        let metrics = Metrics::registered(&mut registry);
        let access = AccessLog::start(sink, metrics.log_lines_dropped.clone());
        let trail = audit.map(|settings| Trail::open(settings, metrics.audit.clone())).transpose()?;
        let (drifts, writing) = (Drifts::default(), Mutex::default());
        Ok(Arc::new(Telemetry { registry, metrics, access, trail, drifts, writing }))
    }

    /// The audit trail, where one is written.
    pub(crate) fn trail(&self) -> Option<&Trail> {
        self.trail.as_ref()
    }

    /// The metrics as Prometheus reads them (OpenMetrics text), with how it stands with systems' limits and with ours.
    pub(crate) fn exposition(&self, snapshot: &Snapshot) -> Result<String, std::fmt::Error> {
        let _one_at_a_time = self.writing.lock();
        self.metrics.stewards.stand(&snapshot.estates);
        self.metrics.limits.stand(snapshot.throttle.together());
        let mut text = String::with_capacity(16 * 1024);
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }

    /// Where systems and packs disagree.
    pub(crate) fn drifts(&self) -> &Drifts {
        &self.drifts
    }

    /// Counts one finished exchange. `upstream` is the time that was spent waiting for systems.
    pub(crate) fn request_finished(&self, labels: &RequestLabels, took: Duration, upstream: Duration) {
        self.metrics.requests.get_or_create(labels).inc();
        let place = labels.place();
        self.metrics.request_duration.get_or_create(&place).observe(took.as_secs_f64());
        self.metrics.overhead.observe(took.saturating_sub(upstream).as_secs_f64());
    }

    /// Counts one refusal or failure by its code.
    pub(crate) fn problem(&self, code: portico_contracts::problem::Code) {
        self.metrics.problems.get_or_create(&metrics::ProblemLabels { code: code.as_str() }).inc();
    }

    /// Counts one call of a system, by role. A proxied one asks for no entity.
    pub(crate) fn upstream_called(&self, role: Role, entity: &'static str, outcome: &'static str, took: Duration) {
        let role = role.as_str();
        self.metrics.upstream_requests.get_or_create(&metrics::UpstreamLabels { role, entity, outcome }).inc();
        self.metrics.upstream_duration.get_or_create(&metrics::RoleLabels { role }).observe(took.as_secs_f64());
    }

    /// Counts notices by what became of them; the role where the system is known.
    pub(crate) fn notices(&self, role: Option<Role>, outcome: &'static str, count: u64) {
        if count > 0 {
            let role = role.map_or("none", Role::as_str);
            self.metrics.notices.get_or_create(&metrics::NoticeLabels { role, outcome }).inc_by(count);
        }
    }

    /// Counts values that notices removed from the cache.
    pub(crate) fn forgotten(&self, role: Role, values: usize) {
        let labels = metrics::RoleLabels { role: role.as_str() };
        self.metrics.notice_values.get_or_create(&labels).inc_by(u64::try_from(values).unwrap_or(u64::MAX));
    }

    /// Counts a subscription while it is open.
    pub(crate) fn subscription_opened(self: &Arc<Self>) -> OpenSubscription {
        self.metrics.subscriptions.inc();
        OpenSubscription(Arc::clone(self))
    }

    /// Counts one change by what became of it for one subscription.
    pub(crate) fn subscription_event(&self, outcome: &'static str) {
        self.metrics.subscription_events.get_or_create(&metrics::EventLabels { outcome }).inc();
    }

    /// Counts a connection while it is open.
    pub(crate) fn connection_opened(self: &Arc<Self>) -> OpenConnection {
        self.metrics.connections.inc();
        OpenConnection(Arc::clone(self))
    }

    /// Counts a connection for which there was no place.
    pub(crate) fn connection_refused(&self) {
        self.metrics.connections_refused.inc();
    }

    /// Counts a TLS handshake that failed or took too long.
    pub(crate) fn handshake_failed(&self) {
        self.metrics.handshakes_failed.inc();
    }

    /// Says which configuration is in force.
    pub(crate) fn configured(&self, generation: u64) {
        self.metrics.generation.set(i64::try_from(generation).unwrap_or(i64::MAX));
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        self.metrics.applied_at.set(i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
    }

    /// Waits until every line that was logged so far is written, within reason.
    pub(crate) fn flush(&self) {
        self.access.flush();
    }

    /// Writes one access-log line.
    pub(crate) fn access(&self, line: &AccessLine<'_>) {
        self.access.write(line);
    }
}

impl Drop for OpenSubscription {
    fn drop(&mut self) {
        self.0.metrics.subscriptions.dec();
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.metrics.connections.dec();
    }
}

impl std::fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Telemetry").finish_non_exhaustive()
    }
}

/// What the connectors report.
impl Meter for Telemetry {
    fn called(&self, at: Place<'_>, entity: &'static str, outcome: &'static str, took: Duration) {
        self.upstream_called(at.role, entity, outcome, took);
    }

    fn drifted(&self, at: Place<'_>, drift: &Drift) {
        let Drift { entity, field, kind } = *drift;
        let labels = metrics::DriftLabels { role: at.role.as_str(), entity, field, kind };
        self.metrics.drifts.get_or_create(&labels).inc();
        self.drifts.note(at, drift, chrono::Utc::now());
        tracing::warn!(tenant = %at.tenant, system = %at.system, entity, field, kind, "a value is not what its contract expects");
    }

    fn withheld(&self, at: Place<'_>, tier: Tier, lacks: Lack) {
        self.metrics.stewards.withheld(at, tier, lacks);
    }

    fn strayed(&self, at: Place<'_>, entity: &'static str, rows: usize) {
        let labels = metrics::StrayLabels { role: at.role.as_str(), entity };
        self.metrics.strays.get_or_create(&labels).inc_by(u64::try_from(rows).unwrap_or(u64::MAX));
        tracing::warn!(tenant = %at.tenant, system = %at.system, entity, rows, "rows came that were not asked for");
    }
}
