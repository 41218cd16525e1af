//! A tenant's consumers: plan, tier, scopes, customers, API keys.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveTime;
use portico_contracts::tenancy::{ConsumerId, Customers, Scopes};
use portico_policies::authenticate::KeyHash;

use super::certificate;
use super::files::Files;
use super::ledger::Ledger;
use crate::settings::mistake::suggestion;
use crate::settings::read::At;
use crate::settings::written::{ConsumerSection, KeySection, TenantFile};
use crate::settings::{ApiKey, Consumer, Plan, PlanName};

pub(super) fn check_all(
    written: &TenantFile,
    files: &Files,
    plans: &BTreeMap<PlanName, Arc<Plan>>,
    ledger: &mut Ledger<'_>,
) -> BTreeMap<ConsumerId, Arc<Consumer>> {
    let mut consumers = BTreeMap::new();
    for (name, section) in &written.consumers {
        let id = ConsumerId::parse(name);
        let id = ledger.take(&section.place, id);
        let plan = plan(&section.plan, files, plans, ledger);
        let scopes = Arc::new(scopes(section, files, ledger));
        let customers = section.customers.as_ref().map(|customers| Arc::new(customer_numbers(customers, ledger)));
        let documents = section.documents.as_ref().and_then(|name| files.documents.find(name, ledger));
        let certificates = certificate::of_consumer(section, files, ledger);
        let keys = section.keys.iter().filter_map(|key| api_key(key, ledger)).collect();
        let (Some(id), Some(plan)) = (id, plan) else { continue };
        let consumer =
            Consumer { id: id.clone(), plan, tier: section.tier, scopes, customers, documents, keys, certificates };
        consumers.insert(id, Arc::new(consumer));
    }
    consumers
}

fn plan(
    name: &At<String>,
    files: &Files,
    plans: &BTreeMap<PlanName, Arc<Plan>>,
    ledger: &mut Ledger<'_>,
) -> Option<Arc<Plan>> {
    let written = files.gateway.written.as_ref().map(|gateway| &gateway.plans);
    let is_known = written.is_some_and(|plans| plans.contains_key(&name.value));
    if !is_known && !files.gateway.may_have_had(&format!("plans.{}", name.value)) {
        let known = written.into_iter().flat_map(|plans| plans.keys().map(String::as_str));
        let known = known.chain(files.gateway.lost_below("plans"));
        let says = format!("no plan is named \"{}\" in portico.yaml{}", name.value, suggestion(name, known));
        ledger.wrong(&name.place, says);
    }
    plans.get(name.value.as_str()).cloned()
}

/// What its roles hold, and what it holds beside them.
fn scopes(section: &At<ConsumerSection>, files: &Files, ledger: &mut Ledger<'_>) -> Scopes {
    if section.roles.is_empty() && section.scopes.is_empty() {
        ledger.wrong(&section.place, "say what it may do, by `roles`, by `scopes` or by both");
    }
    let written = files.gateway.written.as_ref().map(|gateway| &gateway.roles);
    let mut held: Vec<&str> = section.scopes.iter().map(|scope| scope.as_str()).collect();
    for name in &section.roles {
        match written.and_then(|roles| roles.get(&name.value)) {
            Some(role) => held.extend(role.iter().map(|scope| scope.as_str())),
            None if files.gateway.may_have_had(&format!("roles.{}", name.value)) => {}
            None => {
                let known = written.into_iter().flat_map(|roles| roles.keys().map(String::as_str));
                let near = suggestion(name, known.chain(files.gateway.lost_below("roles")));
                ledger.wrong(&name.place, format!("no role is named \"{}\" in portico.yaml{near}", name.value));
            }
        }
    }
    held.into_iter().collect()
}

fn customer_numbers(customers: &At<Vec<At<String>>>, ledger: &mut Ledger<'_>) -> Customers {
    if customers.is_empty() {
        ledger.wrong(&customers.place, "a consumer that sees no customer is of no use; leave the setting out for all");
    }
    for number in customers.iter().filter(|number| number.trim().is_empty()) {
        ledger.wrong(&number.place, "this is empty");
    }
    customers.iter().map(|number| number.as_str()).collect()
}

fn api_key(section: &At<KeySection>, ledger: &mut Ledger<'_>) -> Option<ApiKey> {
    let hash = match ledger.text(&section.hash) {
        Some(text) => KeyHash::parse(&text),
        None if ledger.resolves() => return None,
        None => Ok(KeyHash::of("")),
    };
    let hash = ledger.take(&section.hash.place, hash);
    let is_id = |id: &str| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let Some(id) = section.id.as_ref().filter(|id| !is_id(id)) {
        ledger.wrong(&id.place, "a key's id is the 12 hexadecimal digits between `pk_` and `_`");
    }
    let expires = section.expires.as_ref().map(|day| day.0.and_time(NaiveTime::MIN).and_utc());
    Some(ApiKey { name: Arc::from(section.name.as_str()), hash: hash?, expires })
}
