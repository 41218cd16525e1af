mod filtered;
mod hostile;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, Utc};

use super::*;
use crate::tenant::{Role, Tenant};

const BASE: &str = "http://127.0.0.1:1";

fn now() -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(2026, 11, 2).unwrap().and_hms_opt(9, 0, 0).unwrap().and_utc()
}

fn site(tenant: Tenant) -> Chargebee {
    let estate = Estate::new(tenant, now().date_naive());
    Chargebee::new(Arc::new(estate), Arc::new(Credentials::of(tenant, Role::Billing)))
}

fn call(chargebee: &Chargebee, target: &str) -> Call {
    let mut call = Call::new(Method::GET, &format!("/api/v2{target}"), BASE, now());
    let user = STANDARD.encode(format!("{}:", chargebee.credentials.api_key));
    call.headers.insert("authorization", format!("Basic {user}").parse().unwrap());
    call
}

fn answer(chargebee: &Chargebee, call: &Call) -> (u16, Value) {
    let reply = chargebee.answer(call);
    (reply.status.as_u16(), serde_json::from_slice(&reply.body).unwrap())
}

fn get(chargebee: &Chargebee, target: &str) -> (u16, Value) {
    answer(chargebee, &call(chargebee, target))
}

fn listed(chargebee: &Chargebee, kind: &str, filter: &str, value: &str) -> (u16, Value) {
    let value: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    get(chargebee, &format!("/{kind}?limit=100&{filter}={value}"))
}

fn ids(body: &Value, name: &str) -> Vec<String> {
    let rows = body["list"].as_array().unwrap();
    rows.iter().map(|row| row[name]["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_customer_has_the_erps_number_as_id_and_in_a_field_of_its_own() {
    let chargebee = site(Tenant::Globex);
    let (status, body) = get(&chargebee, "/customers/G-2005");
    assert_eq!(status, 200);
    insta::assert_snapshot!(body, @r#"{"customer":{"id":"G-2005","first_name":"Sofia","last_name":"Gruber","email":"accounts@westwind.example","phone":"+49 30 5550100","company":"Westwind Ltd","vat_number":"DE2005","auto_collection":"on","net_term_days":0,"allow_direct_debit":false,"created_at":1620777600,"taxability":"taxable","updated_at":1793318400,"pii_cleared":"active","channel":"web","resource_version":1793318400123,"deleted":false,"object":"customer","billing_address":{"first_name":"Sofia","last_name":"Gruber","company":"Westwind Ltd","line1":"Hafenstrasse 1","city":"Hamburg","zip":"20095","country":"DE","validation_status":"not_validated","object":"billing_address"},"card_status":"valid","promotional_credits":0,"refundable_credits":0,"excess_payments":0,"unbilled_charges":0,"preferred_currency_code":"EUR","cf_erp_id":"G-2005"}}"#);
    assert_eq!(get(&chargebee, "/customers/PROSPECT-1").0, 404);
}

#[test]
fn what_is_not_set_is_left_out() {
    let chargebee = site(Tenant::Globex);
    for path in ["/customers/G-2001", "/subscriptions/SUB-2001", "/invoices?limit=100", "/subscriptions?limit=100"] {
        let text = get(&chargebee, path).1.to_string();
        assert!(!text.contains(":null") && !text.contains(":\"\""), "{text}");
    }
}

#[test]
fn amounts_are_in_cents_and_moments_in_seconds() {
    let chargebee = site(Tenant::Globex);
    let body = get(&chargebee, "/subscriptions/SUB-2001").1;
    let subscription = &body["subscription"];
    assert_eq!((&subscription["status"], &subscription["mrr"]), (&json!("active"), &json!(19_900)));
    let item = &subscription["subscription_items"][0];
    assert_eq!((&item["item_price_id"], &item["amount"]), (&json!("premium-care-EUR-Monthly"), &json!(19_900)));
    let until = now().date_naive().checked_add_days(chrono::Days::new(20)).unwrap();
    assert_eq!(subscription["current_term_end"], kinds::seconds(until));
    assert_eq!(body["customer"]["id"], "G-2001");
    let price = get(&chargebee, "/item_prices/premium-care-EUR-Monthly").1;
    assert_eq!(
        (&price["item_price"]["external_name"], &price["item_price"]["price"]),
        (&json!("Premium Care"), &json!(19_900))
    );
    assert_eq!(get(&chargebee, "/items/premium-care").1["item"]["name"], "Premium Care");
}

#[test]
fn a_subscription_that_is_behind_is_active_and_says_what_it_owes() {
    let chargebee = site(Tenant::Globex);
    let of = |number: &str| get(&chargebee, &format!("/subscriptions/{number}")).1["subscription"].clone();
    let late = of("SUB-2004");
    assert_eq!((&late["status"], &late["due_invoices_count"]), (&json!("active"), &json!(1)));
    assert_eq!((&late["total_dues"], late["due_since"].is_i64()), (&json!(4_900), true));
    assert_eq!(of("SUB-2001").get("total_dues"), None);
    let over = of("SUB-2003");
    assert_eq!((&over["status"], over.get("next_billing_at")), (&json!("cancelled"), None));
    assert!(over["cancelled_at"].is_i64());
    let trial = of("SUB-2005");
    assert_eq!((&trial["status"], &trial["trial_end"]), (&json!("in_trial"), &trial["next_billing_at"]));
}

#[test]
fn open_invoices_say_what_is_left_to_pay() {
    let chargebee = site(Tenant::Globex);
    let open = get(&chargebee, "/invoices?customer_id[is]=G-2004&amount_due[gt]=0").1;
    let invoice = &open["list"][0]["invoice"];
    assert_eq!(open["list"].as_array().map(Vec::len), Some(1));
    assert_eq!((&invoice["status"], &invoice["dunning_status"]), (&json!("payment_due"), &json!("in_progress")));
    assert_eq!((&invoice["amount_due"], &invoice["amount_paid"]), (&json!(4_900), &json!(0)));
    let again = get(&chargebee, &format!("/invoices/{}", invoice["id"].as_str().unwrap())).1;
    assert_eq!(again["invoice"], *invoice);
    let all = get(&chargebee, "/invoices?customer_id[is]=G-2004").1;
    assert_eq!(all["list"].as_array().map(Vec::len), Some(4));
    assert_eq!(all["list"][3]["invoice"]["status"], "paid");
    assert_eq!(get(&chargebee, "/invoices?customer_id[is]=G-2005").1["list"], json!([]));
}

#[test]
fn lists_have_pages_and_the_last_one_says_nothing() {
    let chargebee = site(Tenant::Globex);
    let mut page = get(&chargebee, "/customers?limit=100").1;
    let mut seen = ids(&page, "customer");
    while let Some(offset) = page["next_offset"].as_str().map(str::to_owned) {
        assert!(serde_json::from_str::<[String; 2]>(&offset).is_ok(), "{offset}");
        let offset: String = url::form_urlencoded::byte_serialize(offset.as_bytes()).collect();
        page = get(&chargebee, &format!("/customers?limit=100&offset={offset}")).1;
        seen.extend(ids(&page, "customer"));
    }
    assert_eq!((seen.len(), page.get("next_offset")), (chargebee.estate.read().customers.len() - 1, None));
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), chargebee.estate.read().customers.len() - 1);
    assert_eq!(ids(&get(&chargebee, "/customers").1, "customer").len(), 10);
    for wrong in
        ["/customers?limit=0", "/customers?limit=101", "/customers?offset=x", "/customers?offset=%5B%221%22%5D"]
    {
        let (status, refusal) = get(&chargebee, wrong);
        assert_eq!((status, refusal["api_error_code"].as_str()), (400, Some("param_wrong_value")), "{wrong}");
    }
}

#[test]
fn lists_are_newest_first_unless_told_otherwise() {
    let chargebee = site(Tenant::Globex);
    let dates = |target: &str| -> Vec<i64> {
        let body = get(&chargebee, target).1;
        body["list"].as_array().unwrap().iter().map(|row| row["invoice"]["date"].as_i64().unwrap()).collect()
    };
    assert!(dates("/invoices?limit=100").is_sorted_by(|one, two| one >= two));
    assert!(dates("/invoices?limit=100&sort_by[asc]=date").is_sorted());
    assert_eq!(get(&chargebee, "/invoices?sort_by[asc]=total").0, 400);
    assert_eq!(get(&chargebee, "/invoices?sort_by[up]=date").0, 400);
}

#[test]
fn entitlements_belong_to_running_subscriptions() {
    let chargebee = site(Tenant::Globex);
    let one = get(&chargebee, "/subscriptions/SUB-2001/subscription_entitlements").1;
    assert_eq!(one["list"][0]["subscription_entitlement"]["feature_id"], "premium-care");
    assert_eq!(get(&chargebee, "/subscriptions/SUB-2003/subscription_entitlements").1, json!({ "list": [] }));
    let of_customer = get(&chargebee, "/customers/G-2001/customer_entitlements").1;
    assert_eq!(of_customer["list"][0]["customer_entitlement"]["subscription_id"], "SUB-2001");
    assert_eq!(get(&chargebee, "/subscriptions/SUB-2001/contract_terms").1, json!({ "list": [] }));
    assert_eq!(get(&chargebee, "/subscriptions/nope/contract_terms").0, 404);
}

#[test]
fn refusals_have_the_vendors_form() {
    let chargebee = site(Tenant::Globex);
    let (status, body) = get(&chargebee, "/customers/C-9");
    assert_eq!(status, 404);
    insta::assert_snapshot!(body, @r#"{"message":"C-9 not found","type":"invalid_request","api_error_code":"resource_not_found","param":"customer_id","error_code":"resource_not_found","error_msg":"C-9 not found","http_status_code":404}"#);
    assert_eq!(get(&chargebee, "/nope").1["api_error_code"], "resource_not_found");
    let mut written = call(&chargebee, "/customers");
    written.method = Method::POST;
    assert_eq!(answer(&chargebee, &written).0, 405);
}

#[test]
fn only_its_own_key_is_accepted_and_only_as_a_user() {
    let (chargebee, other) = (site(Tenant::Globex), site(Tenant::Acme));
    let (status, body) = answer(&chargebee, &call(&other, "/customers"));
    assert_eq!((status, body["api_error_code"].as_str()), (401, Some("api_authentication_failed")));
    assert_eq!(body.get("type"), None);
    let mut bearer = call(&chargebee, "/customers");
    let token = format!("Bearer {}", chargebee.credentials.api_key);
    bearer.headers.insert("authorization", token.parse().unwrap());
    assert_eq!(answer(&chargebee, &bearer).0, 401);
    assert_eq!(chargebee.expired(&bearer).status, 401);
}

#[test]
fn faults_speak_the_vendors_language() {
    let chargebee = site(Tenant::Globex);
    let throttled = chargebee.throttled(Some(7));
    let body: Value = serde_json::from_slice(&throttled.body).unwrap();
    assert_eq!((throttled.status.as_u16(), &body["api_error_code"]), (429, &json!("api_request_limit_exceeded")));
    assert_eq!(throttled.headers["retry-after"], "7");
    assert!(!chargebee.throttled(None).headers.contains_key("retry-after"));
    assert!(serde_json::from_slice::<Value>(&chargebee.unavailable().body).is_err());
    let first = get(&chargebee, "/customers?limit=2").1;
    let mut page = first.clone();
    chargebee.continue_at(&mut page, &call(&chargebee, "/customers?limit=2").url());
    let offset: String =
        url::form_urlencoded::byte_serialize(page["next_offset"].as_str().unwrap().as_bytes()).collect();
    assert_eq!(get(&chargebee, &format!("/customers?limit=2&offset={offset}")).1, first);
    let mut one = get(&chargebee, "/customers/G-2001").1;
    chargebee.continue_at(&mut one, "http://elsewhere.example");
    assert_eq!(one.get("next_offset"), None);
}
