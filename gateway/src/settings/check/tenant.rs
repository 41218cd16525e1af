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
use super::limits::away;
use super::{consumer, hook, rules, shared, system};
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
        shared::check(written, &systems, &owners, ledger);
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
        daily: section.quota_per_day.as_ref().map(|at| ledger.count(Some(at), 1)),
        monthly: section.quota_per_month.as_ref().map(|at| ledger.count(Some(at), 1)),
        away: away(section.when_away),
        concurrency: section.concurrency.as_ref().map(|at| ledger.count(Some(at), 1)),
    }
}

fn owners(
    reading: &Reading<TenantFile>,
    written: &TenantFile,
    systems: &Systems,
    ledger: &mut Ledger<'_>,
) -> BTreeMap<&'static str, Vec<SystemId>> {
    let mut owners = BTreeMap::new();
    for (entity, owner) in &written.owners {
        let known = Model::get().entity(entity);
        if known.is_none() {
            let entities = Model::get().entities().map(|entity| entity.name);
            ledger.wrong(&owner.place, format!("there is no entity \"{entity}\"{}", suggestion(entity, entities)));
        }
        if owner.names().is_empty() {
            ledger.wrong(&owner.place, "name at least one system, or leave the entity out");
        }
        let mut having: Vec<SystemId> = Vec::new();
        for name in owner.names() {
            if !written.systems.contains_key(name) && !reading.may_have_had(&format!("systems.{name}")) {
                let names = written.systems.keys().map(String::as_str);
                let says = format!("this tenant has no system \"{name}\"{}", suggestion(name, names));
                ledger.wrong(&owner.place, says);
            }
            let (Some(entity), Some(system)) = (known, named(name, systems)) else { continue };
            if !system.pack.entities.contains_key(entity.name) {
                let says = format!("the pack {} of {} does not know {}", system.pack.name, system.id, entity.name);
                ledger.wrong(&owner.place, says);
            } else if lacks_a_setting(system, entity.name) {
                let says = format!(
                    "{} says nothing of {}: the pack {} has it where a setting says where it stands",
                    system.id, entity.name, system.pack.name
                );
                ledger.wrong(&owner.place, says);
            }
            if having.contains(&system.id) {
                ledger.wrong(&owner.place, format!("{name} stands twice"));
            } else {
                having.push(system.id.clone());
            }
        }
        if let (Some(entity), false) = (known, having.is_empty()) {
            owners.insert(entity.name, having);
        }
    }
    owners
}

/// Whether the pack maps the entity, but not with what this system's settings say. What is wrong with them is said elsewhere.
fn lacks_a_setting(system: &SystemSettings, entity: &str) -> bool {
    system.pack.bind(&system.binding.settings).is_ok_and(|bound| !bound.entities.contains_key(entity))
}

fn named<'s>(name: &str, systems: &'s Systems) -> Option<&'s Arc<SystemSettings>> {
    systems.values().find(|system| system.id.as_str() == name)
}
