//! Every entity that a vendor has, also those that another role has by default: a tenant of the sandbox names the vendor
//! as their owner, and asks. Met with the vendor's traps.

mod chargebee;
mod dynamics365;
mod hubspot;
mod netsuite;
mod salesforce;
mod servicenow;
mod stripe;
mod zendesk;

use std::sync::Arc;

use portico_contracts::tenancy::SystemId;
use portico_gateway::settings::{self, Settings, SystemSettings};
use portico_tests::{Reply, Role, Scene, Tenant};

/// One of the demo's systems.
type Place = (Tenant, Role);

/// What the demo calls it.
fn name((of, role): Place) -> String {
    format!("{}-{}", of.name(), role.name())
}

fn tenant(settings: &mut Settings, of: Tenant) -> &mut settings::Tenant {
    let found = settings.tenants.values_mut().find(|one| one.id.as_str() == of.name());
    found.and_then(Arc::get_mut).expect("nobody else holds settings that are being written")
}

fn system(settings: &mut Settings, place: Place) -> &mut SystemSettings {
    let bound = tenant(settings, place.0).systems.values_mut().find(|system| system.id.as_str() == name(place));
    Arc::make_mut(bound.expect("each tenant has a system of every role"))
}

/// Makes a system the one that these entities are had of, as `owners` in the tenant's file does.
fn own(settings: &mut Settings, place: Place, entities: &[&'static str]) {
    let system = SystemId::parse(&name(place)).expect("a system's name");
    for entity in entities {
        tenant(settings, place.0).owners.insert(entity, vec![system.clone()]);
    }
}

/// Gives a system its pack's settings.
fn give(settings: &mut Settings, place: Place, given: &[(&str, &str)]) {
    for (name, value) in given {
        system(settings, place).binding.settings.insert((*name).to_owned(), (*value).to_owned());
    }
}

/// Leaves the tenant nothing but this system, for another role.
fn alone_as(settings: &mut Settings, place: Place, role: portico_contracts::tenancy::Role) {
    system(settings, place).role = role;
    let tenant = tenant(settings, place.0);
    tenant.systems.retain(|id, _| id.as_str() == name(place));
    tenant.hooks.retain(|id, _| tenant.systems.contains_key(id));
    tenant.owners.clear();
    // Of routes to other systems there is none left.
    settings.apis.retain(|name, _| name.as_str() != "erp");
}

/// A gateway in front of the sandbox, where a system owns these entities.
async fn owning(place: Place, entities: &'static [&'static str]) -> Scene {
    Scene::with(move |settings| own(settings, place, entities)).await
}

async fn asked(scene: &Scene, of: Tenant, query: &str) -> Reply {
    scene.graphql(query).of(of, "support-console").send().await
}

/// Data on one line, and errors where there are any.
async fn told(scene: &Scene, of: Tenant, query: &str) -> String {
    let reply = asked(scene, of, query).await;
    format!("{} {}", reply.data(), reply.errors().join(", ")).trim_end().to_owned()
}

/// The same, laid out.
async fn laid_out(scene: &Scene, of: Tenant, query: &str) -> String {
    let reply = asked(scene, of, query).await;
    let data = serde_json::to_string_pretty(&reply.data()).expect("JSON");
    format!("{data}\n{}", reply.errors().join("\n")).trim_end().to_owned()
}

/// What a system was asked, but for tokens: decoded, and in an order that does not depend on who was faster.
fn targets(scene: &Scene, of: Place) -> Vec<String> {
    let calls = scene.sandbox().latest_calls().into_iter();
    let of_system = calls.filter(|call| call.system == name(of) && !call.target.contains("token"));
    let mut targets: Vec<String> = of_system.map(|call| decoded(&call.target)).collect();
    targets.sort_unstable();
    targets
}

fn decoded(target: &str) -> String {
    let decoded = |part: &str| match part.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
        Some(byte) => format!("{}{}", char::from(byte), &part[2..]),
        None => format!("%{part}"),
    };
    let mut parts = target.split('%');
    parts.next().unwrap_or_default().to_owned() + &parts.map(decoded).collect::<String>()
}
