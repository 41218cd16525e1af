//! `tenants/<id>.yaml`, checked: systems, owners, consumers, limits, rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use portico_composites::connect::system::SystemSettings;
use portico_composites::fresh::FreshnessTable;
use portico_contracts::model::Model;
use portico_contracts::packs::Pack;
use portico_contracts::rules::Rules;
use portico_contracts::tenancy::{ConsumerId, Customers, Role, Scopes, SystemId, TenantId, Tier};
use portico_policies::authenticate::{CertificateMark, KeyHash};
use portico_policies::authorize::documents::TrustedDocuments;
use portico_policies::notices::Seal;
use portico_policies::throttle::TenantPlan;

use super::{Plan, ProxiedRoute};

/// A company, or a part of one, with everything that is its own.
#[derive(Debug)]
pub struct Tenant {
    /// Its name: the name of its file.
    pub id: TenantId,
    /// Its upstreams.
    pub systems: BTreeMap<SystemId, Arc<SystemSettings>>,
    /// How notices of its systems are believed and read.
    pub hooks: BTreeMap<SystemId, Arc<Hook>>,
    /// The systems that have an entity, where those are not the ones of the entity's role.
    pub owners: BTreeMap<&'static str, Vec<SystemId>>,
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

    /// The systems that have an entity: those that are named, else those of the entity's role whose pack knows it.
    /// None where the tenant has no such system, or the entity does not exist.
    pub fn owners_of(&self, entity: &str) -> Vec<&Arc<SystemSettings>> {
        if let Some(named) = self.owners.get(entity) {
            return named.iter().filter_map(|system| self.systems.get(system)).collect();
        }
        let role = Model::get().entity(entity).and_then(|entity| entity.entity.as_ref()).map(|facts| facts.role);
        let of_role = role.into_iter().flat_map(|role| self.bound_to(role));
        of_role.filter(|system| system.pack.entities.contains_key(entity)).collect()
    }

    /// The system behind a proxied route: the one that the route names, where the tenant has it; else the only one of
    /// the route's role, or the primary one. `None` where there is none, or nobody says which.
    pub fn behind(&self, route: &ProxiedRoute) -> Option<&Arc<SystemSettings>> {
        let named = route.system.as_ref().and_then(|name| self.systems.values().find(|one| one.id.as_str() == &**name));
        if let Some(named) = named.filter(|system| system.role == route.role) {
            return Some(named);
        }
        let mut bound = self.bound_to(route.role);
        match (bound.next(), bound.next()) {
            (only, None) => only,
            _ => self.bound_to(route.role).find(|system| system.share.primary),
        }
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

/// A calling application.
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
    pub customers: Option<Arc<Customers>>,
    /// Where set, the only GraphQL documents that it may send.
    pub documents: Option<Arc<TrustedDocuments>>,
    /// Its API keys.
    pub keys: Vec<ApiKey>,
    /// Its client certificates.
    pub certificates: Vec<Certificate>,
}

/// A client certificate, as what tells it from all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// What operators call it; the subject of what is done with it.
    pub name: Arc<str>,
    /// How it is known.
    pub mark: CertificateMark,
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
