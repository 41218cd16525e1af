//! The tenants' systems as the composite layer sees them, built from the settings: one estate for each tenant.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use portico_composites::ask::Upstream;
use portico_composites::connect::credentials::Credentials;
use portico_composites::connect::meter::Meter;
use portico_composites::connect::system::{System, account_of};
use portico_composites::endure::Steward;
use portico_composites::estate::Estate;
use portico_composites::fresh::Clock;
use portico_contracts::tenancy::{SystemId, TenantId};

use crate::settings::{Settings, Tenant};
use crate::snapshot::Unservable;

/// Every tenant's estate.
pub(crate) struct Estates {
    tenants: HashMap<TenantId, TenantEstate>,
    stewards: Stewards,
}

/// Who says how much may be asked, by system and credential.
type Stewards = HashMap<[u8; 32], Arc<Steward>>;

struct TenantEstate {
    estate: Arc<Estate>,
    systems: BTreeMap<SystemId, Arc<System>>,
    /// Whether one of them exchanges callers' tokens.
    exchanges: bool,
}

impl Estates {
    /// Builds them all. Nothing is connected to yet. What previous estates asked of the same systems with the same
    /// credentials counts on.
    pub(crate) fn build(
        settings: &Settings,
        meter: &Arc<dyn Meter>,
        clock: &Arc<dyn Clock>,
        previous: Option<&Estates>,
    ) -> Result<Self, Unservable> {
        let stewards = previous.map(|previous| &previous.stewards);
        let mut found = Stewards::new();
        let mut estates = HashMap::new();
        for tenant in settings.tenants.values() {
            for system in tenant.systems.values() {
                let account = account_of(system);
                let known = stewards.and_then(|stewards| stewards.get(&account).cloned());
                let steward = known.unwrap_or_else(|| Steward::new(system.endure.limits.clone(), Arc::clone(clock)));
                found.insert(account, steward);
            }
            estates.insert(tenant.id.clone(), build(tenant, meter, &found)?);
        }
        Ok(Estates { tenants: estates, stewards: found })
    }

    /// From now on these are the estates in force: what is counted already goes on by their limits.
    pub(crate) fn take_over(&self, settings: &Settings) {
        for system in settings.tenants.values().flat_map(|tenant| tenant.systems.values()) {
            if let Some(steward) = self.stewards.get(&account_of(system)) {
                steward.adopt(system.endure.limits.clone());
            }
        }
    }

    /// Every system with its tenant.
    pub(crate) fn systems(&self) -> impl Iterator<Item = (&TenantId, &SystemId, &Arc<System>)> {
        let tenants = self.tenants.iter();
        tenants.flat_map(|(tenant, estate)| estate.systems.iter().map(move |(id, system)| (tenant, id, system)))
    }

    /// A tenant's estate.
    pub(crate) fn of(&self, tenant: &TenantId) -> Option<&Arc<Estate>> {
        self.tenants.get(tenant).map(|tenant| &tenant.estate)
    }

    /// Whether a system of the tenant is asked with callers' own tokens.
    pub(crate) fn exchanges(&self, tenant: &TenantId) -> bool {
        self.tenants.get(tenant).is_some_and(|tenant| tenant.exchanges)
    }

    /// One of a tenant's systems.
    pub(crate) fn system(&self, tenant: &TenantId, system: &SystemId) -> Option<&Arc<System>> {
        self.tenants.get(tenant)?.systems.get(system)
    }
}

fn build(tenant: &Tenant, meter: &Arc<dyn Meter>, stewards: &Stewards) -> Result<TenantEstate, Unservable> {
    let mut systems = BTreeMap::new();
    for (id, settings) in &tenant.systems {
        let built = match stewards.get(&account_of(settings)) {
            Some(steward) => System::with_steward((**settings).clone(), Arc::clone(meter), Arc::clone(steward)),
            None => System::new((**settings).clone(), Arc::clone(meter)),
        };
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
