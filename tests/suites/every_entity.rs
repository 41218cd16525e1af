//! Every entity that a vendor has, answered from it where a tenant lets it own that entity, and met with its traps.

mod dynamics365;
mod netsuite;

use std::sync::Arc;

use portico_contracts::tenancy::SystemId;
use portico_gateway::settings::{Settings, SystemSettings};
use portico_tests::{Role, Tenant};

/// A system of the demo.
type Of = (Tenant, Role);

/// What the demo calls it.
fn name((tenant, role): Of) -> String {
    format!("{}-{}", tenant.name(), role.name())
}

/// Lets a system own these entities, and gives its pack these settings.
fn owning(settings: &mut Settings, of: Of, entities: &[&'static str], given: &[(&str, &str)]) {
    let found = settings.tenants.values_mut().find(|one| one.id.as_str() == of.0.name());
    let tenant = found.and_then(Arc::get_mut).expect("nobody else holds settings that are being written");
    for entity in entities {
        tenant.owners.insert(entity, vec![SystemId::parse(&name(of)).expect("a system's name")]);
    }
    let bound = tenant.systems.values_mut().find(|system| system.role.as_str() == of.1.name());
    let system: &mut SystemSettings = Arc::make_mut(bound.expect("each tenant has a system of every role"));
    for (name, value) in given {
        system.binding.settings.insert((*name).to_owned(), (*value).to_owned());
    }
}
