//! The simulated systems, asked with keys that are nobody's.

use std::sync::Arc;

use anyhow::bail;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, Utc};
use http::{HeaderValue, Method};
use portico_composites::ask::{Ask, Key};
use portico_composites::connect::driver::Driver;
use portico_composites::connect::wire::{Answer, Rejection, Request};
use portico_contracts::packs::{KeyClass, Language, Pack};
use portico_sandbox::world::Estate;
use portico_sandbox::{
    Call, Chargebee, Credentials, Dynamics365, HubSpot, NetSuite, Role, Salesforce, ServiceNow, Stripe, Tenant, Vendor,
    Zendesk,
};

use super::{BASE, ask, driver, keys};

/// A system and how a client of it signs in.
struct System {
    vendor: Box<dyn Vendor>,
    authorization: String,
    now: DateTime<Utc>,
}

impl System {
    fn of<V: Vendor + 'static>(
        (tenant, role): (Tenant, Role),
        make: impl FnOnce(Arc<Estate>, Arc<Credentials>) -> V,
        sign_in: impl FnOnce(&Credentials, DateTime<Utc>) -> String,
    ) -> System {
        let today = NaiveDate::from_ymd_opt(2026, 6, 15).expect("a day");
        let now = today.and_hms_opt(12, 0, 0).expect("a moment").and_utc();
        let credentials = Arc::new(Credentials::of(tenant, role));
        let authorization = sign_in(&credentials, now);
        System { vendor: Box::new(make(Arc::new(Estate::new(tenant, today)), credentials)), authorization, now }
    }

    fn answer(&self, request: &Request) -> Answer {
        let mut call = Call::new(request.method.clone(), &request.target, BASE, self.now);
        call.headers = request.headers.clone();
        call.headers.insert("authorization", HeaderValue::from_str(&self.authorization).expect("a header's value"));
        if request.method == Method::POST {
            call.headers.insert("content-type", HeaderValue::from_static("application/json"));
            call.headers.insert("prefer", HeaderValue::from_static("transient"));
        }
        call.body = request.body.clone().unwrap_or_default();
        let reply = self.vendor.answer(&call);
        Answer { status: reply.status, headers: reply.headers, body: reply.body }
    }
}

fn token(credentials: &Credentials, now: DateTime<Utc>) -> String {
    format!("Bearer {}", credentials.tokens.issue(now, 3_600))
}

fn key(credentials: &Credentials, _: DateTime<Utc>) -> String {
    format!("Bearer {}", credentials.api_key)
}

#[test]
fn nobodys_key_finds_nothing_at_salesforce() {
    let system = System::of((Tenant::Acme, Role::Crm), Salesforce::new, token);
    finds_nothing(&system, "salesforce", &[], "C-1001", ("Account", "customerNumber"));
}

#[test]
fn nobodys_key_finds_nothing_at_dynamics_365() {
    let system = System::of((Tenant::Acme, Role::Erp), Dynamics365::new, token);
    let settings = [("company", "acmf"), ("currency", "EUR")];
    finds_nothing(&system, "dynamics365", &settings, "C-1001", ("Customer", "number"));
}

#[test]
fn nobodys_key_finds_nothing_at_stripe() {
    let system = System::of((Tenant::Acme, Role::Billing), Stripe::new, key);
    finds_nothing(&system, "stripe", &[], "C-1001", ("BillingCustomer", "customerNumber"));
}

#[test]
fn nobodys_key_finds_nothing_at_zendesk() {
    let system = System::of((Tenant::Acme, Role::Support), Zendesk::new, token);
    finds_nothing(&system, "zendesk", &[], "C-1001", ("SupportOrganization", "customerNumber"));
}

#[test]
fn nobodys_key_finds_nothing_at_hubspot() {
    let system = System::of((Tenant::Globex, Role::Crm), HubSpot::new, key);
    finds_nothing(&system, "hubspot", &[], "G-2001", ("Account", "customerNumber"));
}

#[test]
fn nobodys_key_finds_nothing_at_netsuite() {
    let system = System::of((Tenant::Globex, Role::Erp), NetSuite::new, token);
    finds_nothing(&system, "netsuite", &[], "G-2001", ("Customer", "number"));
}

#[test]
fn nobodys_key_finds_nothing_at_chargebee() {
    let system = System::of((Tenant::Globex, Role::Billing), Chargebee::new, |credentials, _| {
        format!("Basic {}", STANDARD.encode(format!("{}:", credentials.api_key)))
    });
    let settings = [("customer_number_field", "id")];
    finds_nothing(&system, "chargebee", &settings, "G-2001", ("BillingCustomer", "customerNumber"));
}

#[test]
fn nobodys_key_finds_nothing_at_servicenow() {
    let system = System::of((Tenant::Globex, Role::Support), ServiceNow::new, token);
    let settings = [("customer_number_field", "number"), ("order_number_field", "u_order_number")];
    finds_nothing(&system, "servicenow", &settings, "G-2001", ("SupportOrganization", "customerNumber"));
}

/// Asks by every look-up that takes text. `somebody` is a key that finds something, so that finding nothing means
/// something.
fn finds_nothing(
    system: &System,
    pack: &str,
    settings: &[(&str, &str)],
    somebody: &str,
    (entity, by): (&str, &'static str),
) {
    let pack = Pack::built_in(pack).expect("a shipped pack");
    let driver = driver(&pack, settings);
    let known = rows(system, &driver, &ask(entity, by), &Key::from(somebody)).expect("an answer");
    assert_eq!(known, Some(1), "{somebody} is known");
    // Joined tables are slow here, and slower without optimisation.
    let count = if pack.language == Language::Suiteql { 12 } else { 120 };
    let mut look_ups = 0;
    for mapping in pack.entities.values() {
        let by_text = mapping.by.values().filter(|look_up| look_up.keys.allow == KeyClass::Any);
        for look_up in by_text {
            let ask = ask(mapping.of.name, look_up.by);
            look_ups += 1;
            // A mark that no number, mail address or domain of the estate has.
            for key in keys(look_ups, count).iter().map(|key| Key::from(format!("zzq{key}"))) {
                let found = rows(system, &driver, &ask, &key).expect("an answer");
                assert!(found.is_none_or(|rows| rows == 0), "{} by {}: {key:?}", mapping.of.name, look_up.by);
            }
        }
    }
    println!("{look_ups} look-ups");
}

/// How many rows come back; none where the key is refused before anybody is asked.
fn rows(system: &System, driver: &Driver, ask: &Ask, key: &Key) -> anyhow::Result<Option<usize>> {
    let mut questions = driver.requests(ask, std::slice::from_ref(key));
    let Some(chunk) = questions.chunks.pop() else { return Ok(None) };
    let mut next = Some(chunk.request);
    let mut count = 0;
    while let Some(request) = next {
        let answer = system.answer(&request);
        let status = answer.status;
        match driver.read(ask, &request, &answer) {
            Ok(rows) => {
                count += rows.records.len() + rows.strays;
                next = rows.next;
            }
            Err(Rejection::NotFound) => return Ok(Some(count)),
            Err(other) => {
                let said = String::from_utf8_lossy(&answer.body).into_owned();
                bail!("{} by {}: {key:?} made {}: {status} {other:?}: {said}", ask.entity.name, ask.by, request.target);
            }
        }
    }
    Ok(Some(count))
}
