//! The tenants' systems as the composite layer sees them, built from the settings: one estate for each tenant.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use portico_composites::ask::Upstream;
use portico_composites::connect::credentials::Credentials;
use portico_composites::connect::meter::Meter;
use portico_composites::connect::system::System;
use portico_composites::estate::Estate;
use portico_contracts::tenancy::{SystemId, TenantId};

use crate::settings::{Settings, Tenant};
use crate::snapshot::Unservable;

/// Every tenant's estate.
pub(crate) struct Estates(HashMap<TenantId, TenantEstate>);

struct TenantEstate {
    estate: Arc<Estate>,
    systems: BTreeMap<SystemId, Arc<System>>,
    /// Whether one of them exchanges callers' tokens.
    exchanges: bool,
}

impl Estates {
    /// Builds them all. Nothing is connected to yet.
    pub(crate) fn build(settings: &Settings, meter: &Arc<dyn Meter>) -> Result<Self, Unservable> {
        let built = settings.tenants.values().map(|tenant| Ok((tenant.id.clone(), build(tenant, meter)?)));
        built.collect::<Result<_, Unservable>>().map(Estates)
    }

    /// A tenant's estate.
    pub(crate) fn of(&self, tenant: &TenantId) -> Option<&Arc<Estate>> {
        self.0.get(tenant).map(|tenant| &tenant.estate)
    }

    /// Whether a system of the tenant is asked with callers' own tokens.
    pub(crate) fn exchanges(&self, tenant: &TenantId) -> bool {
        self.0.get(tenant).is_some_and(|tenant| tenant.exchanges)
    }

    /// One of a tenant's systems.
    pub(crate) fn system(&self, tenant: &TenantId, system: &SystemId) -> Option<&Arc<System>> {
        self.0.get(tenant)?.systems.get(system)
    }
}

fn build(tenant: &Tenant, meter: &Arc<dyn Meter>) -> Result<TenantEstate, Unservable> {
    let mut systems = BTreeMap::new();
    for (id, settings) in &tenant.systems {
        let built = System::new((**settings).clone(), Arc::clone(meter));
        let system = built.map_err(|error| Unservable(format!("tenants/{}.yaml systems.{id}: {error}", tenant.id)))?;
        systems.insert(id.clone(), Arc::new(system));
    }
    let upstreams = systems.values().map(|system| Arc::clone(system) as Arc<dyn Upstream>).collect();
    let owners: HashMap<String, Vec<SystemId>> =
        tenant.owners.iter().map(|(entity, systems)| ((*entity).to_owned(), systems.clone())).collect();
    let estate = Estate::new(tenant.id.clone(), upstreams, &owners, (*tenant.rules).clone())
        .map_err(|error| Unservable(format!("tenants/{}.yaml owners: {error}", tenant.id)))?;
    let exchanges = tenant.systems.values().any(|system| matches!(system.credentials, Credentials::TokenExchange(_)));
    Ok(TenantEstate { estate: Arc::new(estate), systems, exchanges })
}
