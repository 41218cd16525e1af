//! HubSpot and Chargebee as a tenant's systems, through what every vendor is.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{NaiveDate, NaiveTime};
use http::Method;
use portico_sandbox::world::Estate;
use portico_sandbox::{Call, Chargebee, Credentials, HubSpot, Reply, Role, Tenant, Vendor};
use serde_json::Value;

const BASE: &str = "http://127.0.0.1:1";

fn vendor(tenant: Tenant, role: Role) -> Box<dyn Vendor> {
    let today = NaiveDate::from_ymd_opt(2026, 11, 21).expect("a day");
    let estate = Arc::new(Estate::new(tenant, today));
    let credentials = Arc::new(Credentials::of(tenant, role));
    match role {
        Role::Crm => Box::new(HubSpot::new(estate, credentials)),
        _ => Box::new(Chargebee::new(estate, credentials)),
    }
}

/// A page of ten at a system, with the credentials of one.
fn page(vendor: &dyn Vendor, whose: &dyn Vendor) -> Call {
    let now = NaiveDate::from_ymd_opt(2026, 11, 21).expect("a day").and_time(NaiveTime::MIN).and_utc();
    let key = whose.access(BASE).api_key.unwrap_or_default();
    let (target, authorization) = match vendor.name() {
        "HubSpot" => ("/crm/v3/objects/companies?properties=erp_customer_number", format!("Bearer {key}")),
        _ => ("/api/v2/customers", format!("Basic {}", STANDARD.encode(format!("{key}:")))),
    };
    let mut call = Call::new(Method::GET, target, BASE, now);
    call.headers.insert("authorization", authorization.parse().expect("a header field"));
    call
}

fn body(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).expect("JSON")
}

const ROLES: [Role; 2] = [Role::Crm, Role::Billing];

#[test]
fn each_lets_in_its_own_clients_only() {
    for role in ROLES {
        let (acme, globex) = (vendor(Tenant::Acme, role), vendor(Tenant::Globex, role));
        let status = |at: &dyn Vendor, whose: &dyn Vendor| at.answer(&page(at, whose)).status.as_u16();
        assert_eq!(status(&*globex, &*globex), 200, "{}", globex.name());
        assert_eq!(status(&*globex, &*acme), 401, "{}", globex.name());
    }
}

#[test]
fn nothing_of_one_tenant_shows_at_the_other() {
    for role in ROLES {
        for (tenant, other) in [(Tenant::Acme, "globex"), (Tenant::Globex, "acme")] {
            let vendor = vendor(tenant, role);
            let reply = vendor.answer(&page(&*vendor, &*vendor));
            let text = String::from_utf8_lossy(&reply.body).into_owned();
            assert!(!text.contains(other), "{}: {text}", vendor.name());
        }
    }
}

#[test]
fn each_has_its_own_words_for_expiry_and_for_too_many_calls() {
    for role in ROLES {
        let vendor = vendor(Tenant::Globex, role);
        let call = page(&*vendor, &*vendor);
        assert!(!vendor.is_token_call(&call));
        let expired = vendor.expired(&call);
        assert_eq!(expired.status, 401, "{}", vendor.name());
        assert!(body(&expired)["message"].is_string(), "{}", vendor.name());
        let throttled = vendor.throttled(Some(3));
        assert_eq!(
            (throttled.status.as_u16(), &throttled.headers["retry-after"]),
            (429, &"3".parse().expect("a value"))
        );
        assert!(body(&throttled)["message"].is_string(), "{}", vendor.name());
    }
}

#[test]
fn a_page_that_points_at_itself_is_the_same_page_again() {
    for role in ROLES {
        let vendor = vendor(Tenant::Globex, role);
        let call = page(&*vendor, &*vendor);
        let first = body(&vendor.answer(&call));
        let mut looped = first.clone();
        vendor.continue_at(&mut looped, &call.url());
        let (name, next) = match role {
            Role::Crm => ("after", &looped["paging"]["next"]["after"]),
            _ => ("offset", &looped["next_offset"]),
        };
        let mut again = call.clone();
        again.query.push((name.to_owned(), next.as_str().expect("a text").to_owned()));
        let mut second = body(&vendor.answer(&again));
        let mut first = first;
        // The link repeats the query, the offset in it included.
        for body in [&mut first, &mut second] {
            body.as_object_mut().expect("an object").retain(|name, _| name != "paging");
        }
        assert_eq!(second, first, "{}", vendor.name());
    }
}

#[test]
fn what_identifies_a_row_is_in_every_row() {
    for role in ROLES {
        let vendor = vendor(Tenant::Globex, role);
        let text = String::from_utf8_lossy(&vendor.answer(&page(&*vendor, &*vendor)).body).into_owned();
        let shown = vendor.key_fields().iter().filter(|name| text.contains(&format!("\"{name}\":")));
        assert!(shown.count() >= 3, "{}: {text}", vendor.name());
    }
}
