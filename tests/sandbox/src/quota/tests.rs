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
    insta::assert_snapshot!(shown.join("\n"), @r#"
    Salesforce
      sforce-limit-info: api-usage=100/100
      403 sforce-limit-info: api-usage=100/100
      [{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]
    HubSpot
      x-hubspot-ratelimit-daily-remaining: 0, x-hubspot-ratelimit-daily: 100
      429 x-hubspot-ratelimit-daily-remaining: 0, x-hubspot-ratelimit-daily: 100
      {"status":"error","message":"You have reached your daily limit.","errorType":"RATE_LIMIT",
    Dynamics 365
      
      429 retry-after: 1
      {"error":{"code":"","message":"This request could not be processed at this time due to sys
    NetSuite
      
      429 
      {"type":"https://www.rfc-editor.org/rfc/rfc6585.html#section-4","title":"Too Many Requests
    Stripe
      
      429 stripe-rate-limited-reason: global-rate
      {"error":{"message":"Request rate limit exceeded. Learn more about rate limits here https:
    Chargebee
      
      429 
      {"message":"Sorry, access has been blocked temporarily due to request count exceeding acce
    Zendesk
      ratelimit-limit: 100, ratelimit-remaining: 0, ratelimit-reset: 45, x-rate-limit-remaining: 0, x-rate-limit: 100
      429 ratelimit-limit: 100, ratelimit-remaining: 0, ratelimit-reset: 45, retry-after: 60, x-rate-limit-remaining: 0, x-rate-limit: 100
      Number of allowed API requests per minute exceeded
    ServiceNow
      x-ratelimit-limit: 100, x-ratelimit-reset: 1793617200
      429 retry-after: 60, x-ratelimit-limit: 100, x-ratelimit-reset: 1793617200
      {"error":{"message":"Rate limit exceeded","detail":"Rate limit of 1000000 requests per hou
    "#);
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
