//! `/api/status`: what is running, by which configuration, and how its issuers are.

mod limits;

use portico_policies::throttle::Counted;
use serde::Serialize;

use self::limits::SystemLimits;
use crate::snapshot::Snapshot;
use crate::telemetry::{DriftSummary, Telemetry};

#[derive(Serialize)]
struct Status<'s> {
    version: &'static str,
    generation: u64,
    tenants: Vec<TenantStatus<'s>>,
    apis: Vec<ApiStatus<'s>>,
    issuers: Vec<IssuerStatus<'s>>,
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit: Option<AuditStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<StoreStatus>,
}

/// The store through which several gateways count together.
#[derive(Serialize)]
struct StoreStatus {
    up: bool,
    gateways: u32,
    outages: u64,
    losses: u64,
    limits: Vec<LimitStatus>,
}

/// Checks of one limit: decided on a lease, after waiting for the store, without it.
#[derive(Serialize)]
struct LimitStatus {
    limit: &'static str,
    leased: u64,
    waited: u64,
    away: u64,
}

/// The newest entry on the disk. Whoever notes its seal elsewhere will see it if entries are cut off.
#[derive(Serialize)]
struct AuditStatus {
    entries: u64,
    seal: String,
}

#[derive(Serialize)]
struct TenantStatus<'s> {
    tenant: &'s str,
    systems: Vec<SystemStatus<'s>>,
    consumers: Vec<&'s str>,
}

#[derive(Serialize)]
struct SystemStatus<'s> {
    system: &'s str,
    role: &'static str,
    pack: &'s str,
    /// Where it differs from its pack; `/api/drift` tells which fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    drift: Option<DriftSummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<SystemLimits>,
}

#[derive(Serialize)]
struct ApiStatus<'s> {
    api: &'s str,
    version: &'s str,
    lifecycle: &'static str,
}

#[derive(Serialize)]
struct IssuerStatus<'s> {
    issuer: &'s str,
    keys: usize,
    failures: u32,
    last_error: Option<String>,
    /// How asking it about tokens goes, where it is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    introspection: Option<IntrospectionStatus>,
}

#[derive(Serialize)]
struct IntrospectionStatus {
    asked: u64,
    failures: u32,
    last_error: Option<String>,
}

impl LimitStatus {
    fn of(counted: &Counted) -> Self {
        let Counted { limit, leased, waited, alone } = *counted;
        LimitStatus { limit, leased, waited, away: alone.iter().map(|(_, count)| count).sum() }
    }
}

/// The status as JSON.
pub(super) fn json(snapshot: &Snapshot, telemetry: &Telemetry) -> Vec<u8> {
    let (drifts, trail) = (telemetry.drifts(), telemetry.trail());
    let settings = &snapshot.settings;
    let tenants = settings.tenants.values().map(|tenant| TenantStatus {
        tenant: tenant.id.as_str(),
        systems: tenant
            .systems
            .values()
            .map(|system| SystemStatus {
                system: system.id.as_str(),
                role: system.role.as_str(),
                pack: &system.pack.name,
                drift: drifts.of(&tenant.id, &system.id),
                limits: snapshot.estates.system(&tenant.id, &system.id).map(|system| SystemLimits::of(system)),
            })
            .collect(),
        consumers: tenant.consumers.keys().map(|consumer| consumer.as_str()).collect(),
    });
    let versions = settings.apis.values().flat_map(|api| api.versions.values());
    let apis = versions.map(|version| ApiStatus {
        api: version.api.as_str(),
        version: version.version.as_str(),
        lifecycle: version.lifecycle.as_str(),
    });
    let issuers = snapshot.authenticator.issuers().iter().map(|trusted| {
        let status = trusted.status();
        IssuerStatus {
            issuer: &trusted.issuer().url,
            keys: status.keys,
            failures: status.failures,
            last_error: status.last_error,
            introspection: trusted.introspection().map(|health| IntrospectionStatus {
                asked: health.asked,
                failures: health.failures,
                last_error: health.last_error,
            }),
        }
    });
    let status = Status {
        version: env!("CARGO_PKG_VERSION"),
        generation: snapshot.generation,
        tenants: tenants.collect(),
        apis: apis.collect(),
        issuers: issuers.collect(),
        warnings: settings.warnings.iter().map(ToString::to_string).collect(),
        audit: trail.map(|trail| {
            let newest = trail.newest();
            AuditStatus { entries: newest.number, seal: newest.seal.to_string() }
        }),
        store: snapshot.throttle.together().map(|(standing, counted)| StoreStatus {
            up: standing.up,
            gateways: standing.gateways,
            outages: standing.outages,
            losses: standing.losses,
            limits: counted.iter().map(LimitStatus::of).collect(),
        }),
    };
    // Strings and numbers can always be written.
    serde_json::to_vec(&status).unwrap_or_default()
}
