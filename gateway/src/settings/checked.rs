//! The configuration as it is meant: parsed, cross-checked, immutable. Only `Settings::check` makes it.
//!
//! Each part of the program holds its own section; nobody holds the whole but the snapshot that a reload swaps.

mod api;
mod server;
mod tenant;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use portico_composites::fresh::FreshnessTable;
use portico_contracts::scopes::ScopeTable;
use portico_contracts::tenancy::{TenantId, Tier};
use portico_policies::authenticate::Issuer;

pub use api::{Api, ApiName, ApiVersion, Lifecycle, Operation, ProxiedRoute, VersionName};
pub use portico_composites::connect::network::Network;
pub use portico_composites::connect::system::SystemSettings;
pub use server::{
    Admin, ClientCertificates, Graphql, HttpProfile, Limits, Listen, Log, LogFormat, Plan, PlanName, Store, Tiers, Tls,
};
pub use tenant::{ApiKey, Certificate, Consumer, Hook, Tenant};

use super::Mistake;
use crate::audit::AuditSettings;

/// One snapshot of the whole configuration.
#[derive(Debug)]
pub struct Settings {
    /// Where traffic comes in.
    pub listen: Listen,
    /// The second listener: health, metrics, console.
    pub admin: Admin,
    /// What one connection and one request may take.
    pub limits: Limits,
    /// Host names that are answered, in lower case and without port; `None` answers any.
    pub hosts: Option<BTreeSet<String>>,
    /// Who may issue tokens.
    pub issuers: Vec<Issuer>,
    /// What consumers can buy.
    pub plans: BTreeMap<PlanName, Arc<Plan>>,
    /// Where several gateways count together, if they do.
    pub store: Option<Store>,
    /// How long a request may take, by how much it matters.
    pub tiers: Tiers,
    /// What one GraphQL document may take.
    pub graphql: Graphql,
    /// How old a datum may be, where a tenant says nothing else.
    pub freshness: FreshnessTable,
    /// What the cache may hold, in bytes, over all tenants.
    pub cache_bytes: u64,
    /// What is logged, and how.
    pub log: Log,
    /// Where the audit trail is written, if it is.
    pub audit: Option<AuditSettings>,
    /// How long a stop waits for requests in flight.
    pub grace: std::time::Duration,
    /// Whose data it is.
    pub tenants: BTreeMap<TenantId, Arc<Tenant>>,
    /// What is published.
    pub apis: BTreeMap<ApiName, Arc<Api>>,
    /// Every scope, and what it opens.
    pub scopes: ScopeTable,
    /// What is odd but not wrong: things that nobody uses.
    pub warnings: Vec<Mistake>,
}

impl Settings {
    /// The version of an API, if both exist.
    pub fn api_version(&self, api: &str, version: &str) -> Option<&Arc<ApiVersion>> {
        self.apis.get(api)?.versions.get(version)
    }

    /// How long a request of this tier may take under this plan.
    pub fn deadline(&self, tier: Tier, plan: &Plan) -> std::time::Duration {
        let of_tier = self.tiers.deadline(tier);
        plan.deadline.map_or(of_tier, |cap| cap.min(of_tier))
    }
}
