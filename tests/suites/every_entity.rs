//! Every entity that a vendor has, also those that another role has by default: a tenant of the sandbox names the vendor
//! as their owner, and asks.

mod chargebee;
mod servicenow;
mod stripe;
mod zendesk;

use std::sync::Arc;

use portico_contracts::tenancy::SystemId;
use portico_gateway::settings::{self, Settings, SystemSettings};
use portico_tests::{Reply, Role, Scene, Tenant};

/// A tenant's system.
type Bound = (Tenant, Role);

fn name((of, role): Bound) -> String {
    format!("{}-{}", of.name(), role.name())
}

fn tenant(settings: &mut Settings, of: Tenant) -> &mut settings::Tenant {
    let found = settings.tenants.values_mut().find(|one| one.id.as_str() == of.name());
    found.and_then(Arc::get_mut).expect("nobody else holds settings that are being written")
}

fn system(settings: &mut Settings, of: Bound) -> &mut SystemSettings {
    let bound = tenant(settings, of.0).systems.values_mut().find(|system| system.id.as_str() == name(of));
    Arc::make_mut(bound.expect("each tenant has a system of every role"))
}

/// Lets a system own entities that others own in the demo.
fn own(settings: &mut Settings, of: Bound, entities: &[&'static str]) {
    let system = SystemId::parse(&name(of)).expect("a system's name");
    for entity in entities {
        tenant(settings, of.0).owners.insert(entity, vec![system.clone()]);
    }
}

/// Gives a system's pack other settings.
fn set(settings: &mut Settings, of: Bound, given: &[(&str, &str)]) {
    for (name, value) in given {
        system(settings, of).binding.settings.insert((*name).to_owned(), (*value).to_owned());
    }
}

/// A gateway in front of the sandbox, where a system owns these entities.
async fn owning(of: Bound, entities: &'static [&'static str]) -> Scene {
    Scene::with(move |settings| own(settings, of, entities)).await
}

async fn asked(scene: &Scene, of: Tenant, query: &str) -> Reply {
    scene.graphql(query).of(of, "support-console").send().await
}

/// Data, and errors where there are any.
async fn told(scene: &Scene, of: Tenant, query: &str) -> String {
    let reply = asked(scene, of, query).await;
    format!("{} {}", reply.data(), reply.errors().join(", ")).trim_end().to_owned()
}

/// What a system was asked, but for tokens: decoded, and in an order that does not depend on who was faster.
fn targets(scene: &Scene, of: Bound) -> Vec<String> {
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
