//! What each vendor does that nobody would expect, met through the whole program: it never becomes a wrong answer.

mod acme;
mod globex;

use std::sync::Arc;

use portico_contracts::tenancy::SystemId;
use portico_gateway::settings::{self, Settings, SystemSettings};
use portico_tests::{Role, Tenant};

fn tenant(settings: &mut Settings, tenant: Tenant) -> &mut settings::Tenant {
    let found = settings.tenants.values_mut().find(|one| one.id.as_str() == tenant.name());
    found.and_then(Arc::get_mut).expect("nobody else holds settings that are being written")
}

/// A tenant's system, to be bound otherwise than the demo binds it.
fn system(settings: &mut Settings, of: Tenant, role: Role) -> &mut SystemSettings {
    let systems = &mut tenant(settings, of).systems;
    let bound = systems.values_mut().find(|system| system.role.as_str() == role.name());
    Arc::make_mut(bound.expect("each tenant has a system of every role"))
}

/// Gives a system's pack another setting.
fn set(settings: &mut Settings, (tenant, role): (Tenant, Role), name: &str, value: &str) {
    system(settings, tenant, role).binding.settings.insert(name.to_owned(), value.to_owned());
}

/// Lets a system own an entity that another one owns in the demo.
fn own(settings: &mut Settings, (of, role): (Tenant, Role), entity: &'static str) {
    let name = format!("{}-{}", of.name(), role.name());
    tenant(settings, of).owners.insert(entity, vec![SystemId::parse(&name).expect("a system's name")]);
}
