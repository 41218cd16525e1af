use super::*;
use crate::credentials::Credentials;
use crate::tenant::{Role, Tenant};
use crate::world::Estate;
use crate::{Chargebee, Dynamics365, HubSpot, NetSuite, Salesforce, ServiceNow, Stripe, Zendesk};

fn vendors() -> Vec<Box<dyn Vendor>> {
    let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 2).unwrap();
    let estate = || Arc::new(Estate::new(Tenant::Acme, today));
    let credentials = |role| Arc::new(Credentials::of(Tenant::Acme, role));
    vec![
        Box::new(Salesforce::new(estate(), credentials(Role::Crm))),
        Box::new(HubSpot::new(estate(), credentials(Role::Crm))),
        Box::new(Dynamics365::new(estate(), credentials(Role::Erp))),
        Box::new(NetSuite::new(estate(), credentials(Role::Erp))),
        Box::new(Stripe::new(estate(), credentials(Role::Billing))),
        Box::new(Chargebee::new(estate(), credentials(Role::Billing))),
        Box::new(Zendesk::new(estate(), credentials(Role::Support))),
        Box::new(ServiceNow::new(estate(), credentials(Role::Support))),
    ]
}

fn now() -> DateTime<Utc> {
    "2026-11-02T10:40:15Z".parse().unwrap()
}

fn told(headers: &HeaderMap) -> String {
    let concerned = |name: &str| name.contains("limit") || name == "retry-after";
    let mut told: Vec<String> = headers
        .iter()
        .filter(|(name, _)| concerned(name.as_str()))
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    told.sort();
    told.join(", ")
}

#[tokio::test(start_paused = true)]
async fn every_vendor_says_in_its_own_way_what_is_left_and_that_it_is_too_much() {
    let mut shown = Vec::new();
    for vendor in vendors() {
        let meter = Meter::default();
        assert!(meter.admit(&*vendor, now()).is_none());
        meter.set(Some(Quota { per_day: Some(100), spent: 99, ..Quota::default() }));
        let admitted = meter.admit(&*vendor, now()).unwrap().ok().unwrap();
        let mut headers = HeaderMap::new();
        admitted.tell(&*vendor, now(), &mut headers);
        let refused = meter.admit(&*vendor, now()).unwrap().err().unwrap();
        assert_eq!(meter.metered(), Metered { answered: 1, refused: 1, most_at_once: 1 });
        let body: String = String::from_utf8_lossy(&refused.body).chars().take(90).collect();
        let status = refused.status.as_u16();
        shown.push(format!("{}\n  {}\n  {status} {}\n  {body}", vendor.name(), told(&headers), told(&refused.headers)));
    }
    insta::assert_snapshot!(shown.join("\n"), @"");
}

#[tokio::test(start_paused = true)]
async fn seconds_end_and_places_are_given_back() {
    let vendor = vendors().remove(2);
    let meter = Meter::default();
    meter.set(Some(Quota { at_once: Some(1), per_second: Some(2), ..Quota::default() }));
    let admit = || meter.admit(&*vendor, now()).unwrap();
    let first = admit().ok().unwrap();
    assert!(admit().is_err(), "one at once");
    drop(first);
    assert!(admit().is_ok() && admit().is_err(), "two in a second");
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(admit().is_ok());
}
