//! What only the whole folder shows: scopes that nothing asks for, keys that two consumers share, things nobody uses.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use portico_contracts::scopes::Opens;
use portico_policies::authenticate::{CertificateMark, KeyHash};

use super::files::Files;
use super::gateway::whole;
use super::ledger::Ledger;
use crate::settings::mistake::suggestion;
use crate::settings::read::{At, Place};
use crate::settings::written::ConsumerSection;
use crate::settings::{Consumer, Settings};

pub(super) fn check(files: &Files, settings: &Settings, ledger: &mut Ledger<'_>) {
    if files.gateway.written.is_some() && files.tenants.is_empty() {
        ledger.wrong(&whole(), "there is no tenant: nothing in tenants/");
    }
    scopes(files, settings, ledger);
    shared_keys(settings, ledger);
    shared_certificates(settings, ledger);
    named_systems(files, settings, ledger);
    unused(files, settings, ledger);
}

fn consumers(files: &Files) -> impl Iterator<Item = &At<ConsumerSection>> {
    let tenants = files.tenants.values().filter_map(|tenant| tenant.written.as_ref());
    tenants.flat_map(|tenant| tenant.consumers.values())
}

fn scopes(files: &Files, settings: &Settings, ledger: &mut Ledger<'_>) {
    let of_roles = files.gateway.written.iter().flat_map(|gateway| gateway.roles.values());
    let of_roles = of_roles.flat_map(|role| role.iter());
    let of_consumers = consumers(files).flat_map(|consumer| consumer.scopes.iter());
    for scope in of_roles.chain(of_consumers) {
        if !settings.scopes.knows(scope) && !files.lost_scopes() {
            let near = suggestion(scope, settings.scopes.names());
            ledger.wrong(&scope.place, format!("nothing asks for the scope \"{}\"{near}", scope.value));
        }
    }
    let held = |scope: &str| {
        let mut all = settings.tenants.values().flat_map(|tenant| tenant.consumers.values());
        all.any(|consumer| consumer.scopes.has(scope))
    };
    let published = settings.scopes.iter().filter(|(_, opens)| opens.iter().any(is_published));
    for (scope, _) in published.filter(|(scope, _)| !held(scope)) {
        ledger.odd(&Place::file("apis"), format!("no consumer holds the scope \"{scope}\""));
    }
}

fn is_published(what: &Opens) -> bool {
    matches!(what, Opens::Version(..) | Opens::Path(_))
}

/// A key that two consumers share would be the key of the one that is looked at first.
fn shared_keys(settings: &Settings, ledger: &mut Ledger<'_>) {
    if !ledger.resolves() {
        return;
    }
    let mut seen: HashMap<KeyHash, String> = HashMap::new();
    for (tenant, consumer) in settings.tenants.values().flat_map(|t| t.consumers.values().map(move |c| (&t.id, c))) {
        for key in &consumer.keys {
            let place = Place::file(&format!("tenants/{tenant}.yaml")).below("consumers").below(consumer.id.as_str());
            if let Some(first) = seen.get(&key.hash) {
                ledger.wrong(&place, format!("the API key \"{}\" is also a key of {first}", key.name));
            }
            seen.entry(key.hash).or_insert_with(|| format!("{} of {tenant}", consumer.id));
        }
    }
}

/// The same of certificates.
fn shared_certificates(settings: &Settings, ledger: &mut Ledger<'_>) {
    let mut seen: HashMap<&CertificateMark, String> = HashMap::new();
    for (tenant, consumer) in settings.tenants.values().flat_map(|t| t.consumers.values().map(move |c| (&t.id, c))) {
        for certificate in &consumer.certificates {
            let place = Place::file(&format!("tenants/{tenant}.yaml")).below("consumers").below(consumer.id.as_str());
            if let Some(first) = seen.get(&certificate.mark) {
                let says = format!("the certificate \"{}\" is also one of {first}", certificate.name);
                ledger.wrong(&place, says);
            }
            seen.entry(&certificate.mark).or_insert_with(|| format!("{} of {tenant}", consumer.id));
        }
    }
}

fn unused(files: &Files, settings: &Settings, ledger: &mut Ledger<'_>) {
    let bought: BTreeSet<&str> = consumers(files).map(|consumer| consumer.plan.as_str()).collect();
    let plans = files.gateway.written.iter().flat_map(|gateway| &gateway.plans);
    for (name, plan) in plans.filter(|(name, _)| !bought.contains(name.as_str())) {
        ledger.odd(&plan.place, format!("no consumer has the plan {name}"));
    }
    let given: BTreeSet<&str> =
        consumers(files).flat_map(|consumer| consumer.roles.iter().map(|r| r.as_str())).collect();
    let roles = files.gateway.written.iter().flat_map(|gateway| &gateway.roles);
    for (name, role) in roles.filter(|(name, _)| !given.contains(name.as_str())) {
        ledger.odd(&role.place, format!("no consumer has the role {name}"));
    }
    for name in files.documents.unused() {
        ledger.odd(&Place::file(&format!("documents/{name}")), "no consumer is held to this list");
    }
    for file in files.packs.unused() {
        ledger.odd(&Place::file(&file), "no system uses this pack");
    }
    for tenant in settings.tenants.values() {
        let place = Place::file(&format!("tenants/{}.yaml", tenant.id));
        let named = settings.issuers.iter().any(|issuer| issuer.tenants.contains(&tenant.id));
        let keyless = |consumer: &Arc<Consumer>| consumer.keys.is_empty() && consumer.certificates.is_empty();
        if !named && tenant.consumers.values().all(keyless) {
            let says =
                "no issuer names this tenant and no consumer of it has an API key or a certificate: nobody can call";
            ledger.odd(&place, says);
        }
        unbound_routes(settings, tenant, &place, ledger);
    }
}

/// A route must lead to one system of each tenant: who does not say to which would be answered by any.
fn unbound_routes(settings: &Settings, tenant: &crate::settings::Tenant, place: &Place, ledger: &mut Ledger<'_>) {
    let versions = settings.apis.values().flat_map(|api| api.versions.values());
    let routes: BTreeMap<_, _> = versions
        .flat_map(|version| {
            version.routes.iter().map(|route| ((route.role, &route.system, version.base_path()), route))
        })
        .collect();
    for ((role, named, path), route) in routes {
        let name = named.as_deref();
        let other = tenant.systems.values().find(|system| Some(system.id.as_str()) == name && system.role != role);
        if let Some(other) = other {
            let says = format!(
                "{path} goes to the {} system {}, which is {} here",
                role.as_str(),
                other.id,
                other.role.as_str()
            );
            ledger.wrong(place, says);
        }
        match (tenant.behind(route), tenant.bound_to(role).count()) {
            (Some(_), _) => {}
            (None, 0) => ledger
                .odd(place, format!("{path} goes to the {} system, which this tenant does not have", role.as_str())),
            (None, _) => {
                let says = "of which this tenant has several: name one as the route's `system`, or make one `primary`";
                ledger.wrong(place, format!("{path} goes to the {} system, {says}", role.as_str()));
            }
        }
    }
}

/// A system that a route names must be somebody's.
fn named_systems(files: &Files, settings: &Settings, ledger: &mut Ledger<'_>) {
    let all: BTreeSet<&str> =
        settings.tenants.values().flat_map(|tenant| tenant.systems.keys().map(|system| system.as_str())).collect();
    let versions = files.apis.values().filter_map(|folder| folder.api.written.as_ref());
    for at in versions.flat_map(|version| version.routes.iter().filter_map(|route| route.system.as_ref())) {
        if !all.is_empty() && !all.contains(at.as_str()) {
            let near = suggestion(at, all.iter().copied());
            ledger.wrong(&at.place, format!("no tenant has a system \"{}\"{near}", at.value));
        }
    }
}
