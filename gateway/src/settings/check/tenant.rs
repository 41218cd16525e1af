//! `tenants/<id>.yaml`: one tenant's systems, owners, consumers, limits, rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use portico_composites::fresh::FreshnessTable;
use portico_contracts::model::Model;
use portico_contracts::tenancy::{SystemId, TenantId};
use portico_policies::throttle::TenantPlan;

use super::files::Files;
use super::freshness::{self, Speaker};
use super::ledger::Ledger;
use super::{consumer, hook, rules, system};
use crate::settings::mistake::suggestion;
use crate::settings::read::{Place, Reading};
use crate::settings::written::TenantFile;
use crate::settings::{Plan, PlanName, SystemSettings, Tenant};

type Systems = BTreeMap<SystemId, Arc<SystemSettings>>;

pub(super) fn check_all(
    files: &Files,
    plans: &BTreeMap<PlanName, Arc<Plan>>,
    freshness: &FreshnessTable,
    ledger: &mut Ledger<'_>,
) -> BTreeMap<TenantId, Arc<Tenant>> {
    let mut tenants = BTreeMap::new();
    for (name, reading) in &files.tenants {
        let id = TenantId::parse(name);
        let Some(id) = ledger.take(&Place::file(&format!("tenants/{name}.yaml")), id) else { continue };
        let Some(written) = &reading.written else { continue };
        let freshness = Arc::new(freshness::check(&written.freshness, freshness, Speaker::Tenant, ledger));
        let owner = system::Owner { tenant: &id, freshness: &freshness, files };
        let systems = system::check_all(written, owner, ledger);
        let owners = owners(reading, written, &systems, ledger);
        divided_roles(&written.place, &systems, &owners, reading, ledger);
        let tenant = Tenant {
            id: id.clone(),
            hooks: hook::check_all(written, &systems, files, ledger),
            owners,
            consumers: consumer::check_all(written, files, plans, ledger),
            limits: limits(written, ledger),
            rules: Arc::new(rules::check(&written.rules, ledger)),
            freshness,
            systems,
        };
        tenants.insert(id, Arc::new(tenant));
    }
    tenants
}

fn limits(written: &TenantFile, ledger: &mut Ledger<'_>) -> TenantPlan {
    let section = &written.limits;
    if let (None, Some(burst)) = (&section.rate, &section.burst) {
        ledger.wrong(&burst.place, "a burst needs a rate beside it");
    }
    TenantPlan {
        rate: section.rate.as_ref().and_then(|rate| ledger.rate(&rate.place, rate, section.burst.as_ref())),
        concurrency: section.concurrency.as_ref().map(|at| ledger.count(Some(at), 1)),
    }
}

fn owners(
    reading: &Reading<TenantFile>,
    written: &TenantFile,
    systems: &Systems,
    ledger: &mut Ledger<'_>,
) -> BTreeMap<&'static str, SystemId> {
    let mut owners = BTreeMap::new();
    for (entity, owner) in &written.owners {
        let known = Model::get().entity(entity);
        if known.is_none() {
            let entities = Model::get().entities().map(|entity| entity.name);
            ledger.wrong(&owner.place, format!("there is no entity \"{entity}\"{}", suggestion(entity, entities)));
        }
        if !written.systems.contains_key(&owner.value) && !reading.may_have_had(&format!("systems.{}", owner.value)) {
            let names = written.systems.keys().map(String::as_str);
            let says = format!("this tenant has no system \"{}\"{}", owner.value, suggestion(owner, names));
            ledger.wrong(&owner.place, says);
        }
        let (Some(entity), Some(system)) = (known, named(&owner.value, systems)) else { continue };
        if !system.pack.entities.contains_key(entity.name) {
            let says = format!("the pack {} of {} does not know {}", system.pack.name, system.id, entity.name);
            ledger.wrong(&owner.place, says);
        }
        owners.insert(entity.name, system.id.clone());
    }
    owners
}

fn named<'s>(name: &str, systems: &'s Systems) -> Option<&'s Arc<SystemSettings>> {
    systems.values().find(|system| system.id.as_str() == name)
}

/// Where several systems of one role could own an entity, the tenant must say which does.
fn divided_roles(
    place: &Place,
    systems: &Systems,
    owners: &BTreeMap<&'static str, SystemId>,
    reading: &Reading<TenantFile>,
    ledger: &mut Ledger<'_>,
) {
    for entity in Model::get().entities().filter(|entity| !owners.contains_key(entity.name)) {
        let role = entity.entity.as_ref().map(|facts| facts.role);
        let able: Vec<&str> = systems
            .values()
            .filter(|system| Some(system.role) == role && system.pack.entities.contains_key(entity.name))
            .map(|system| system.id.as_str())
            .collect();
        if able.len() > 1 && !reading.may_have_had(&format!("owners.{}", entity.name)) {
            let says = format!("{} could come from {}: say which owns it", entity.name, able.join(" and from "));
            ledger.wrong(&place.below("owners"), says);
        }
    }
}
