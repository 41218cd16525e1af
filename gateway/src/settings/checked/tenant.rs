//! `tenants/<id>.yaml`, checked: systems, owners, consumers, limits, rules.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use portico_composites::fresh::FreshnessTable;
use portico_contracts::model::Model;
use portico_contracts::packs::Pack;
use portico_contracts::rules::Rules;
use portico_contracts::secret::Secret;
use portico_contracts::tenancy::{ConsumerId, Role, Scopes, SystemId, TenantId, Tier};
use portico_policies::authenticate::KeyHash;
use portico_policies::throttle::TenantPlan;
use url::Url;

use super::Plan;

/// The company or business unit whose data is isolated from every other's.
#[derive(Debug)]
pub struct Tenant {
    /// Its name: the name of its file.
    pub id: TenantId,
    /// Its upstreams.
    pub systems: BTreeMap<SystemId, Arc<System>>,
    /// The system that owns an entity, where that is not the one of the entity's role.
    pub owners: BTreeMap<&'static str, SystemId>,
    /// The applications that call on its behalf.
    pub consumers: BTreeMap<ConsumerId, Arc<Consumer>>,
    /// What all its consumers may ask together.
    pub limits: TenantPlan,
    /// How old its data may be.
    pub freshness: FreshnessTable,
    /// Of credit checks, warranties, entitlements.
    pub rules: Arc<Rules>,
}

impl Tenant {
    /// The systems that are bound to a role, in the order of their names.
    pub fn bound_to(&self, role: Role) -> impl Iterator<Item = &Arc<System>> {
        self.systems.values().filter(move |system| system.role == role)
    }

    /// The system that owns an entity: the one that is named, else the only one of the entity's role.
    /// `None` where the tenant has no such system, or the entity does not exist.
    pub fn owner(&self, entity: &str) -> Option<&Arc<System>> {
        if let Some(named) = self.owners.get(entity) {
            return self.systems.get(named);
        }
        let role = Model::get().entity(entity)?.entity.as_ref()?.role;
        self.bound_to(role).next()
    }
}

/// Which addresses a system or issuer may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Network {
    /// Only what the whole internet can reach; checked again after each name resolution.
    #[default]
    Public,
    /// Loopback, link-local and private networks too.
    Private,
}

/// A tenant's upstream.
#[derive(Debug)]
pub struct System {
    /// Its name, for example `acme-erp`.
    pub id: SystemId,
    /// What it is for the tenant.
    pub role: Role,
    /// The contract with its kind, with `settings` put in.
    pub pack: Arc<Pack>,
    /// Where it is; never with credentials, query or fragment.
    pub url: Url,
    /// Whether its address may be a private one.
    pub network: Network,
    /// What we show it.
    pub credentials: Credentials,
    /// What its pack asks for, for example a company code.
    pub settings: BTreeMap<String, String>,
    /// Entity → name in `extensions` → the system's own field.
    pub extensions: BTreeMap<&'static str, BTreeMap<String, String>>,
    /// Of one call.
    pub timeout: Duration,
    /// Calls at once.
    pub concurrency: NonZeroU32,
}

/// How a client shows itself to a token endpoint (RFC 6749 §2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientAuth {
    /// `Authorization: Basic`.
    #[default]
    Basic,
    /// `client_id` and `client_secret` in the form.
    Form,
}

/// What we show a system.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// Nothing.
    None,
    /// A token that is fetched and kept until it expires (RFC 6749 §4.4).
    OauthClientCredentials {
        /// Where it is fetched.
        token_url: Url,
        /// Our name there.
        client_id: Secret,
        /// Our secret there.
        client_secret: Secret,
        /// What we ask for.
        scope: Option<String>,
        /// How we show ourselves.
        client_auth: ClientAuth,
        /// Further form fields, for example `resource` or `audience`.
        parameters: BTreeMap<String, String>,
    },
    /// `Authorization: Bearer` with a token that does not change.
    Bearer {
        /// The token.
        token: Secret,
    },
    /// `Authorization: Basic`.
    Basic {
        /// The user.
        user: Secret,
        /// The password; may be empty.
        password: Secret,
    },
    /// A header of the system's own.
    Header {
        /// Its name.
        name: http::HeaderName,
        /// Its value.
        value: Secret,
    },
}

/// An application that calls on behalf of a tenant.
#[derive(Debug)]
pub struct Consumer {
    /// Its name; unique within its tenant.
    pub id: ConsumerId,
    /// What it bought.
    pub plan: Arc<Plan>,
    /// How much its requests matter, where the operation does not say.
    pub tier: Tier,
    /// What it may do at most.
    pub scopes: Arc<Scopes>,
    /// Where set, the only customers that it sees.
    pub customers: Option<Arc<BTreeSet<Arc<str>>>>,
    /// Its API keys.
    pub keys: Vec<ApiKey>,
}

/// An API key, as its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// What operators call it; the subject of what is done with it.
    pub name: Arc<str>,
    /// Of the whole key.
    pub hash: KeyHash,
    /// When it ends.
    pub expires: Option<DateTime<Utc>>,
}
