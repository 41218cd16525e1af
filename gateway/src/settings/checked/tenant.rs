//! `tenants/<id>.yaml`, checked: systems, owners, consumers, limits, rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use portico_composites::connect::system::SystemSettings;
use portico_composites::fresh::FreshnessTable;
use portico_contracts::model::Model;
use portico_contracts::packs::Pack;
use portico_contracts::rules::Rules;
use portico_contracts::tenancy::{ConsumerId, Role, Scopes, SystemId, TenantId, Tier};
use portico_policies::authenticate::KeyHash;
use portico_policies::notices::Seal;
use portico_policies::throttle::TenantPlan;

use super::Plan;

/// The company or business unit whose data is isolated from every other's.
#[derive(Debug)]
pub struct Tenant {
    /// Its name: the name of its file.
    pub id: TenantId,
    /// Its upstreams.
    pub systems: BTreeMap<SystemId, Arc<SystemSettings>>,
    /// How notices of its systems are believed and read.
    pub hooks: BTreeMap<SystemId, Arc<Hook>>,
    /// The system that owns an entity, where that is not the one of the entity's role.
    pub owners: BTreeMap<&'static str, SystemId>,
    /// The applications that call on its behalf.
    pub consumers: BTreeMap<ConsumerId, Arc<Consumer>>,
    /// What all its consumers may ask together.
    pub limits: TenantPlan,
    /// How old its data may be.
    pub freshness: Arc<FreshnessTable>,
    /// Of credit checks, warranties, entitlements.
    pub rules: Arc<Rules>,
}

impl Tenant {
    /// The systems that are bound to a role, in the order of their names.
    pub fn bound_to(&self, role: Role) -> impl Iterator<Item = &Arc<SystemSettings>> {
        self.systems.values().filter(move |system| system.role == role)
    }

    /// The system that owns an entity: the one that is named, else the one of the entity's role whose pack knows it.
    /// `None` where the tenant has no such system, or the entity does not exist.
    pub fn owner(&self, entity: &str) -> Option<&Arc<SystemSettings>> {
        if let Some(named) = self.owners.get(entity) {
            return self.systems.get(named);
        }
        let entity = Model::get().entity(entity)?;
        let role = entity.entity.as_ref()?.role;
        self.bound_to(role).find(|system| system.pack.entities.contains_key(entity.name))
    }
}

/// Where one system tells that something changed.
#[derive(Debug)]
pub struct Hook {
    /// What its notices must prove.
    pub seal: Seal,
    /// How they are read: its pack, with the tenant's settings in it.
    pub pack: Pack,
    /// What it is for the tenant.
    pub role: Role,
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
