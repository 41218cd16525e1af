mod hostile;
mod linked;
mod searched;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::*;
use crate::tenant::{Role, Tenant};

const BASE: &str = "http://127.0.0.1:1";
const COMPANIES: &str = "/crm/v3/objects/companies";

fn now() -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(2026, 11, 2).unwrap().and_hms_opt(9, 0, 0).unwrap().and_utc()
}

fn account(tenant: Tenant) -> HubSpot {
    let estate = Estate::new(tenant, now().date_naive());
    HubSpot::new(Arc::new(estate), Arc::new(Credentials::of(tenant, Role::Crm)))
}

fn call(hubspot: &HubSpot, method: Method, target: &str) -> Call {
    let mut call = Call::new(method, target, BASE, now());
    call.headers.insert("authorization", format!("Bearer {}", hubspot.credentials.api_key).parse().unwrap());
    call
}

fn answer(hubspot: &HubSpot, call: &Call) -> (u16, Value) {
    let reply = hubspot.answer(call);
    (reply.status.as_u16(), serde_json::from_slice(&reply.body).unwrap())
}

fn get(hubspot: &HubSpot, target: &str) -> (u16, Value) {
    answer(hubspot, &call(hubspot, Method::GET, target))
}

fn post(hubspot: &HubSpot, target: &str, body: &Value) -> (u16, Value) {
    let mut call = call(hubspot, Method::POST, target);
    call.body = body.to_string().into();
    answer(hubspot, &call)
}

fn batch(hubspot: &HubSpot, numbers: &[&str]) -> (u16, Value) {
    let inputs: Vec<Value> = numbers.iter().map(|number| json!({ "id": number })).collect();
    let body = json!({ "idProperty": "erp_customer_number", "properties": ["name", "erp_customer_number"],
                       "inputs": inputs });
    post(hubspot, &format!("{COMPANIES}/batch/read"), &body)
}

fn id(hubspot: &HubSpot, number: &str) -> String {
    batch(hubspot, &[number]).1["results"][0]["id"].as_str().unwrap().to_owned()
}

fn column(body: &Value, name: &str) -> Vec<String> {
    let rows = body["results"].as_array().unwrap();
    rows.iter().map(|row| row["properties"][name].as_str().unwrap_or("null").to_owned()).collect()
}

#[test]
fn a_company_is_found_by_its_number_in_the_erp_and_shows_texts_only() {
    let hubspot = account(Tenant::Globex);
    let target = format!("{COMPANIES}/G-2001?idProperty=erp_customer_number&properties=name,hs_num_child_companies");
    let (status, body) = get(&hubspot, &target);
    assert_eq!(status, 200);
    insta::assert_snapshot!(body, @r#"{"id":"407260000000","properties":{"createdate":"2021-05-12T00:00:00.000Z","hs_lastmodifieddate":"2026-10-30T00:00:00.000Z","hs_num_child_companies":"0","hs_object_id":"407260000000","name":"Alpine Instruments AG"},"createdAt":"2021-05-12T00:00:00.000Z","updatedAt":"2026-10-30T00:00:00.000Z","archived":false,"url":"https://app-eu1.hubspot.com/contacts/148003517/record/0-2/407260000000"}"#);
    let unknown = get(&hubspot, &format!("{COMPANIES}/G-1?idProperty=erp_customer_number"));
    assert_eq!((unknown.0, unknown.1["category"].as_str()), (404, Some("OBJECT_NOT_FOUND")));
    assert_eq!(get(&hubspot, &format!("{COMPANIES}/x?idProperty=name")).0, 400);
    let again = get(&hubspot, &format!("{COMPANIES}/{}", id(&hubspot, "G-2001"))).1;
    assert_eq!(again["id"], body["id"]);
}

#[test]
fn unknown_properties_are_passed_over_in_silence_and_empty_ones_are_null() {
    let hubspot = account(Tenant::Globex);
    let one = id(&hubspot, "G-2001");
    let target = format!("{COMPANIES}/{one}?properties=nosuchprop,state,customer_segment");
    let properties = get(&hubspot, &target).1["properties"].clone();
    assert_eq!(properties.get("nosuchprop"), None);
    assert_eq!((&properties["state"], &properties["customer_segment"]), (&Value::Null, &json!("Enterprise")));
    let names: Vec<&String> = properties.as_object().unwrap().keys().collect();
    assert_eq!(names, ["createdate", "customer_segment", "hs_lastmodifieddate", "hs_object_id", "state"]);
    let plain = get(&hubspot, &format!("{COMPANIES}/{one}")).1["properties"].clone();
    let names: Vec<&String> = plain.as_object().unwrap().keys().collect();
    assert_eq!(names, ["createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"]);
}

#[test]
fn a_batch_finds_some_and_says_which_are_missing() {
    let hubspot = account(Tenant::Globex);
    let (status, body) = batch(&hubspot, &["G-2002", "G-404", "G-2001", "G-2001"]);
    assert_eq!((status, &body["numErrors"]), (207, &json!(1)));
    assert_eq!(column(&body, "erp_customer_number"), ["G-2001", "G-2002"]);
    assert_eq!(body["errors"][0]["context"]["ids"], json!(["G-404"]));
    let (status, body) = batch(&hubspot, &["G-2001", "G-2005"]);
    assert_eq!((status, body.get("errors")), (200, None));
    assert_eq!(column(&body, "name"), ["Alpine Instruments AG", "Westwind Logistics GmbH & Co. KG"]);
    let (status, body) = batch(&hubspot, &["G-404", "PROSPECT-1", "C-1001"]);
    assert_eq!((status, &body["context"]["ids"]), (404, &json!(["G-404", "PROSPECT-1", "C-1001"])));
    assert_eq!(batch(&hubspot, &[]).0, 200);
    assert_eq!(batch(&hubspot, &["G-2001"; 101]).0, 400);
}

#[test]
fn batches_that_make_no_sense_are_refused() {
    let hubspot = account(Tenant::Globex);
    let target = format!("{COMPANIES}/batch/read");
    for body in [json!({}), json!([]), json!(7), json!({ "inputs": [{}] }), json!({ "inputs": ["x"] })] {
        let (status, refusal) = post(&hubspot, &target, &body);
        assert_eq!((status, refusal.get("category")), (400, None), "{body}");
        assert!(refusal["message"].as_str().unwrap().starts_with("Invalid input JSON on line 1, column "));
    }
    let not_unique = json!({ "idProperty": "domain", "inputs": [{ "id": "x" }] });
    assert_eq!(post(&hubspot, &target, &not_unique).1["category"], "VALIDATION_ERROR");
    let mut broken = call(&hubspot, Method::POST, &target);
    broken.body = "{\"inputs\":\n[".into();
    assert_eq!(answer(&hubspot, &broken).1["message"], "Invalid input JSON on line 2, column 1: not valid JSON");
}

#[test]
fn contacts_are_found_by_mail_and_call_their_last_change_otherwise() {
    let hubspot = account(Tenant::Globex);
    let target = "/crm/v3/objects/contacts/Prospect@Example.com?idProperty=email&properties=jobtitle,company";
    let (status, body) = get(&hubspot, target);
    assert_eq!((status, &body["properties"]["company"]), (200, &json!("Inn Ventures UG")));
    assert_eq!(body["properties"].get("hs_lastmodifieddate"), None);
    assert!(body["properties"]["lastmodifieddate"].is_string());
    let company = get(&hubspot, &format!("{COMPANIES}?limit=100")).1;
    assert!(company["paging"]["next"]["after"].is_string());
    let prospect = &batch(&hubspot, &["PROSPECT-1"]).1;
    assert_eq!(prospect["category"], "OBJECT_NOT_FOUND");
}

#[test]
fn lists_have_pages_and_the_last_one_says_nothing() {
    let hubspot = account(Tenant::Globex);
    let mut page = get(&hubspot, &format!("{COMPANIES}?limit=100&properties=name")).1;
    let mut seen = column(&page, "hs_object_id");
    while let Some(after) = page["paging"]["next"]["after"].as_str().map(str::to_owned) {
        assert!(page["paging"]["next"]["link"].as_str().unwrap().starts_with(BASE));
        page = get(&hubspot, &format!("{COMPANIES}?limit=100&properties=name&after={after}")).1;
        seen.extend(column(&page, "hs_object_id"));
    }
    assert_eq!((seen.len(), page.get("paging")), (hubspot.estate.read().customers.len(), None));
    assert!(seen.is_sorted());
    assert_eq!(column(&get(&hubspot, COMPANIES).1, "name").len(), 10);
    assert_eq!(get(&hubspot, &format!("{COMPANIES}?limit=101")).0, 400);
    assert_eq!(get(&hubspot, &format!("{COMPANIES}?archived=true")).1, json!({ "results": [] }));
}

#[test]
fn properties_tell_which_of_them_are_the_estates_own() {
    let hubspot = account(Tenant::Globex);
    let all = get(&hubspot, "/crm/v3/properties/companies").1;
    let own: Vec<&Value> = all["results"].as_array().unwrap().iter().filter(|p| p["hubspotDefined"] == false).collect();
    let names: Vec<&str> = own.iter().map(|property| property["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["credit_limit", "customer_segment", "deliveries_stopped", "erp_customer_number", "payment_terms"]
    );
    let one = get(&hubspot, "/crm/v3/properties/0-2/erp_customer_number").1;
    assert_eq!((&one["hasUniqueValue"], &one["type"]), (&json!(true), &json!("string")));
    assert_eq!(get(&hubspot, "/crm/v3/properties/companies/nope").0, 404);
}

#[test]
fn every_style_of_version_leads_to_the_same_record_and_removed_ones_nowhere() {
    let hubspot = account(Tenant::Globex);
    let one = id(&hubspot, "G-2001");
    let status = |target: &str| get(&hubspot, &format!("{target}/{one}")).0;
    assert_eq!(status("/crm/v3/objects/company"), 200);
    assert_eq!(status("/crm/v3/objects/0-2"), 200);
    assert_eq!(status("/crm/objects/2026-03/companies"), 200);
    assert_eq!(status("/crm/objects/2024-03/companies"), 404);
    assert_eq!(status("/crm/v1/objects/companies"), 404);
    assert_eq!(status("/crm/v3/objects/foo"), 400);
    assert_eq!(post(&hubspot, COMPANIES, &json!({})).0, 405);
}

#[test]
fn short_tokens_are_long_and_end_after_half_an_hour() {
    let hubspot = account(Tenant::Globex);
    let secret = hubspot.credentials.client_secret.clone();
    let ask = |path: &str, refresh: &str| {
        let mut call = Call::new(Method::POST, path, BASE, now());
        let form = format!(
            "grant_type=refresh_token&client_id={}&client_secret={secret}&refresh_token={refresh}",
            hubspot.credentials.client_id
        );
        call.body = form.into();
        answer(&hubspot, &call)
    };
    let (status, granted) = ask("/oauth/v3/token", &hubspot.refresh_token());
    assert_eq!((status, &granted["expires_in"], &granted["token_type"]), (200, &json!(1800), &json!("bearer")));
    let token = granted["access_token"].as_str().unwrap().to_owned();
    assert!(token.len() > 300);
    let mut with = Call::new(Method::GET, COMPANIES, BASE, now());
    with.headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    let reply = hubspot.answer(&with);
    assert_eq!((reply.status.as_u16(), reply.headers.contains_key("x-hubspot-ratelimit-daily")), (200, false));
    with.now += TimeDelta::seconds(1_800);
    let (status, refusal) = answer(&hubspot, &with);
    assert_eq!((status, refusal["category"].as_str()), (401, Some("EXPIRED_AUTHENTICATION")));
    assert_eq!(ask("/oauth/v1/token", "nope").1["status"], "BAD_REFRESH_TOKEN");
    let body = format!("grant_type=client_credentials&client_id={}", hubspot.credentials.client_id);
    let mut foreign = Call::new(Method::POST, "/oauth/v3/token", BASE, now());
    foreign.body = body.into();
    assert_eq!(answer(&hubspot, &foreign).1["status"], "BAD_CLIENT_ID");
}

#[test]
fn only_its_own_tokens_are_accepted() {
    let (hubspot, other) = (account(Tenant::Globex), account(Tenant::Acme));
    let (status, body) = answer(&hubspot, &call(&other, Method::GET, COMPANIES));
    assert_eq!((status, body["category"].as_str()), (401, Some("INVALID_AUTHENTICATION")));
    assert_eq!(answer(&hubspot, &Call::new(Method::GET, COMPANIES, BASE, now())).0, 401);
}

#[test]
fn limits_are_told_and_refusals_name_the_policy() {
    let hubspot = account(Tenant::Globex);
    let reply = hubspot.answer(&call(&hubspot, Method::GET, COMPANIES));
    assert_eq!(reply.headers["x-hubspot-ratelimit-max"], "190");
    assert_eq!(reply.headers["x-hubspot-ratelimit-daily"], "650000");
    let policy = |reply: &Reply| -> Value {
        assert_eq!(reply.status.as_u16(), 429);
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        body["policyName"].clone()
    };
    let throttled = hubspot.throttled(Some(3));
    assert_eq!((policy(&throttled), &throttled.headers["retry-after"]), (json!("SECONDLY"), &"3".parse().unwrap()));
    assert_eq!(policy(&hubspot.throttled(None)), "TEN_SECONDLY_ROLLING");
    assert_eq!(policy(&hubspot.exhausted()), "DAILY");
}

#[test]
fn faults_continue_lists_but_not_batches() {
    let hubspot = account(Tenant::Globex);
    let mut page = get(&hubspot, COMPANIES).1;
    hubspot.continue_at(&mut page, "http://elsewhere.example/x?limit=1&after=12");
    assert_eq!(page["paging"]["next"]["after"], "12");
    let mut many = batch(&hubspot, &["G-2001"]).1;
    hubspot.continue_at(&mut many, "http://elsewhere.example/x");
    assert_eq!(many.get("paging"), None);
}
