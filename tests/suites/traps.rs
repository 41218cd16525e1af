//! What each vendor does that nobody would expect, met through the whole program: it never becomes a wrong answer.

mod globex;

use std::sync::Arc;

use portico_gateway::settings::{Settings, SystemSettings};
use portico_tests::{Role, Tenant};

/// A tenant's system, to be bound otherwise than the demo binds it.
fn system(settings: &mut Settings, tenant: Tenant, role: Role) -> &mut SystemSettings {
    let of_tenant = settings.tenants.values_mut().find(|one| one.id.as_str() == tenant.name());
    let of_tenant = of_tenant.and_then(Arc::get_mut).expect("nobody else holds settings that are being written");
    let bound = of_tenant.systems.values_mut().find(|system| system.role.as_str() == role.name());
    Arc::make_mut(bound.expect("each tenant has a system of every role"))
}

/// Gives a system's pack another setting.
fn set(settings: &mut Settings, (tenant, role): (Tenant, Role), name: &str, value: &str) {
    system(settings, tenant, role).binding.settings.insert(name.to_owned(), value.to_owned());
}
