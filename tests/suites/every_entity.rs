//! Entities that a tenant has elsewhere than usual: each vendor, asked for all that its pack maps.

mod hubspot;
mod salesforce;

use std::sync::Arc;

use portico_contracts::model::Model;
use portico_gateway::settings::{Settings, SystemSettings, Tenant as TenantSettings};
use portico_tests::{Reply, Role, Scene, Tenant};

/// One of the demo's systems.
type Place = (Tenant, Role);

fn tenant(settings: &mut Settings, (of, _): Place) -> &mut TenantSettings {
    let found = settings.tenants.values_mut().find(|tenant| tenant.id.as_str() == of.name());
    Arc::get_mut(found.expect("a tenant of the demo")).expect("nobody else has it yet")
}

/// Changes one system.
fn change(settings: &mut Settings, place: Place, change: impl FnOnce(&mut SystemSettings)) {
    let mut systems = tenant(settings, place).systems.values_mut();
    let system = systems.find(|system| system.role.as_str() == place.1.name()).expect("each role has a system");
    let mut own = SystemSettings::clone(system);
    change(&mut own);
    *system = Arc::new(own);
}

/// Gives a system its pack's settings.
fn give(settings: &mut Settings, place: Place, given: &[(&str, &str)]) {
    change(settings, place, |system| {
        system.binding.settings.extend(given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    });
}

/// Makes a system the one that these entities are had of, as `owners` in the tenant's file does.
fn own(settings: &mut Settings, place: Place, entities: &[&str]) {
    let tenant = tenant(settings, place);
    let system = tenant.systems.values().find(|system| system.role.as_str() == place.1.name());
    let id = system.expect("each role has a system").id.clone();
    for entity in entities {
        let entity = Model::get().entity(entity).expect("an entity of the model");
        tenant.owners.insert(entity.name, vec![id.clone()]);
    }
}

/// Leaves the tenant nothing but this system, for another role.
fn alone_as(settings: &mut Settings, place: Place, role: portico_contracts::tenancy::Role) {
    let tenant = tenant(settings, place);
    tenant.systems.retain(|_, system| system.role.as_str() == place.1.name());
    tenant.hooks.retain(|id, _| tenant.systems.contains_key(id));
    tenant.owners.clear();
    change(settings, place, |system| system.role = role);
    // Of routes to other systems there is none left.
    settings.apis.retain(|name, _| name.as_str() != "erp");
}

async fn asked(scene: &Scene, of: Tenant, query: &str) -> Reply {
    scene.graphql(query).of(of, "support-console").send().await
}

/// The answer, laid out, and its errors.
async fn told(scene: &Scene, of: Tenant, query: &str) -> String {
    let reply = asked(scene, of, query).await;
    let data = serde_json::to_string_pretty(&reply.data()).expect("JSON");
    format!("{data}\n{}", reply.errors().join("\n")).trim_end().to_owned()
}
