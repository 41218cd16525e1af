use bytes::Bytes;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::json;

use super::*;
use crate::strange::strange_targets;
use crate::tenant::{Role, Tenant};

const BASE: &str = "http://127.0.0.1:1";

fn now() -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(2026, 11, 2).unwrap().and_hms_opt(9, 20, 0).unwrap().and_utc()
}

fn instance() -> ServiceNow {
    let estate = Estate::new(Tenant::Globex, now().date_naive());
    ServiceNow::new(Arc::new(estate), Arc::new(Credentials::of(Tenant::Globex, Role::Support)))
}

fn sign_in(instance: &ServiceNow, form: &str) -> (u16, Value) {
    let mut call = Call::new(Method::POST, token::PATH, BASE, now());
    call.body = Bytes::from(form.to_owned());
    let reply = instance.answer(&call);
    (reply.status.as_u16(), serde_json::from_slice(&reply.body).unwrap())
}

/// A call by somebody who is signed in; `target` may hold spaces and carets, as people write queries.
fn call(instance: &ServiceNow, target: &str) -> Call {
    let target = target.replace(' ', "%20").replace('^', "%5E");
    let mut call = Call::new(Method::GET, &target, BASE, now());
    call.headers.insert("x-sn-apikey", instance.credentials.api_key.parse().unwrap());
    call.headers.insert("accept", "application/json".parse().unwrap());
    call
}

fn get(instance: &ServiceNow, target: &str) -> (Reply, Value) {
    let reply = instance.answer(&call(instance, target));
    let body = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
    (reply, body)
}

fn rows(target: &str) -> Vec<Value> {
    let (reply, body) = get(&instance(), &format!("/api/now/table/{target}"));
    assert_eq!(reply.status, 200, "{target}: {body}");
    body["result"].as_array().unwrap().clone()
}

fn values(target: &str, field: &str) -> Vec<String> {
    rows(target).iter().map(|row| row[field].as_str().unwrap_or("none").to_owned()).collect()
}

fn header<'r>(reply: &'r Reply, name: &str) -> &'r str {
    reply.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[test]
fn a_token_is_handed_out_and_every_mistake_is_answered_alike() {
    let instance = instance();
    let client = "client_id=demo-globex-support-client&client_secret=demo-globex-support-secret";
    let (status, body) = sign_in(&instance, &format!("grant_type=client_credentials&{client}"));
    assert_eq!((status, &body["expires_in"], &body["scope"]), (200, &json!(1_799), &json!("useraccount")));
    let user = "username=demo-globex-support-client&password=demo-globex-support-secret";
    let (_, body) = sign_in(&instance, &format!("grant_type=password&{user}&{client}"));
    let refresh = body["refresh_token"].as_str().unwrap();
    assert_eq!(sign_in(&instance, &format!("grant_type=refresh_token&refresh_token={refresh}&{client}")).0, 200);
    for wrong in ["", "grant_type=client_credentials", "grant_type=implicit&client_id=x&client_secret=y"] {
        let refused = json!({ "error_description": "access_denied", "error": "server_error" });
        assert_eq!(sign_in(&instance, wrong), (401, refused), "{wrong}");
    }
    assert_eq!(sign_in(&instance, &format!("grant_type=implicit&{client}")).0, 401);
}

#[test]
fn an_old_token_and_none_are_refused_alike() {
    let instance = instance();
    let token = instance.credentials.tokens.issue(now(), 1_799);
    let mut fresh = Call::new(Method::GET, "/api/now/table/customer_account?sysparm_limit=1", BASE, now());
    fresh.headers.insert("accept", "application/json".parse().unwrap());
    let none = fresh.clone();
    fresh.headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    let mut late = fresh.clone();
    late.now += TimeDelta::hours(1);
    assert_eq!(instance.answer(&fresh).status, 200);
    for call in [none, late] {
        let reply = instance.answer(&call);
        assert_eq!(reply.status, 401);
        assert_eq!(header(&reply, "www-authenticate"), "BASIC realm=\"Service-now\"");
        assert_eq!(reply.body, instance.expired(&call).body);
    }
}

#[test]
fn an_account_carries_the_customer_number_and_every_value_is_a_text() {
    let target = "/api/now/table/customer_account?sysparm_query=numberING-2001,G-0000&sysparm_fields=number,name,\
                  customer,primary_contact,account_parent,nonsense,primary_contact.email&sysparm_limit=10";
    let (reply, body) = get(&instance(), target);
    let account = &body["result"][0];
    assert_eq!(body["result"].as_array().unwrap().len(), 1);
    assert_eq!(account["number"], "G-2001");
    assert_eq!(account["customer"], "true");
    assert_eq!(account["account_parent"], "");
    assert!(account.get("nonsense").is_none());
    let contact = &account["primary_contact"];
    let sys_id = contact["value"].as_str().unwrap();
    assert_eq!(sys_id.len(), 32);
    assert_eq!(contact["link"], format!("{BASE}/api/now/table/customer_contact/{sys_id}"));
    assert_eq!(header(&reply, "x-total-count"), "1");
    assert_eq!(header(&reply, "content-type"), "application/json;charset=UTF-8");
    let found = values(&format!("customer_contact?sysparm_query=sys_id={sys_id}&sysparm_fields=email"), "email");
    assert_eq!(found, [account["primary_contact.email"].as_str().unwrap()]);
    let user = values(&format!("sys_user?sysparm_query=sys_idIN{sys_id}&sysparm_fields=email"), "email");
    assert_eq!(user, found);
}

#[test]
fn a_prospect_is_not_known_here() {
    let everyone = rows("customer_account?sysparm_fields=number");
    let prospects = instance().estate.read().customers.iter().filter(|customer| customer.is_prospect).count();
    assert_eq!(everyone.len() + prospects, instance().estate.read().customers.len());
    assert_eq!(rows("customer_contact?sysparm_query=email=prospect@example.com"), Vec::<Value>::new());
}

#[test]
fn a_term_that_means_nothing_is_dropped_and_everything_comes_back() {
    let all = rows("customer_account?sysparm_fields=number").len();
    for dropped in ["nmber=G-2001", "Number=G-2001", "numberEQUALSG-2001", "name.first=x", "number", "=G-2001"] {
        let target = format!("customer_account?sysparm_fields=number&sysparm_query={dropped}");
        assert_eq!(rows(&target).len(), all, "{dropped}");
    }
    let kept = "customer_account?sysparm_query=nmber=x^number=G-2001&sysparm_fields=number";
    assert_eq!(values(kept, "number"), ["G-2001"]);
}

#[test]
fn carets_separate_and_double_ones_do_not() {
    let numbers = |query: &str| {
        values(&format!("customer_account?sysparm_fields=number&sysparm_query={query}^ORDERBYnumber"), "number")
    };
    assert_eq!(numbers("number=G-2002^ORnumber=G-2001"), ["G-2001", "G-2002"]);
    assert_eq!(numbers("number=G-2001^ORnumber=G-2002^numberENDSWITH2"), ["G-2002"]);
    assert_eq!(numbers("number=G-2001^customer=false^NQnumber=G-2003"), ["G-2003"]);
    assert_eq!(numbers("number=G-2001^^ORnumber=G-2002"), Vec::<String>::new());
    assert_eq!(numbers("numberBETWEENG-2001@G-2003^number!=G-2002"), ["G-2001", "G-2003"]);
    assert_eq!(numbers("number=javascript:gs.getProperty('x')"), Vec::<String>::new());
    assert_eq!(numbers("number=g-2001"), Vec::<String>::new());
    assert_eq!(
        values("customer_account?sysparm_query=numberSTARTSWITHG-200^ORDERBYDESCnumber&sysparm_limit=2", "number"),
        ["G-2005", "G-2004"]
    );
}

#[test]
fn display_values_are_for_people() {
    let query = "sysparm_query=serial_number=GX-77&sysparm_fields=serial_number,model,model.name,account,\
                 account.number,warranty_expiration,install_status,install_date";
    let both = &rows(&format!("alm_asset?{query}&sysparm_display_value=all&sysparm_exclude_reference_link=true"))[0];
    assert_eq!(both["account.number"], json!({ "display_value": "G-2001", "value": "G-2001" }));
    assert_eq!(both["install_status"], json!({ "display_value": "In use", "value": "1" }));
    assert_eq!(both["model"]["display_value"], "GB Feed pump 100");
    assert_eq!(both["model.name"]["value"], "GB-100");
    let (seen, stored) = (&both["install_date"]["display_value"], &both["install_date"]["value"]);
    assert!(stored.as_str().unwrap().ends_with(" 09:00:00"));
    assert!(seen.as_str().unwrap().ends_with(" 02:00:00"));
    let shown = &rows(&format!("alm_asset?{query}&sysparm_display_value=true"))[0];
    assert_eq!(shown["install_status"], "In use");
    assert!(shown["account"]["link"].is_string());
    assert!(shown["account"]["display_value"].is_string());
    let never = &rows("alm_asset?sysparm_query=serial_number=GX-79&sysparm_fields=warranty_expiration,install_date")[0];
    assert_eq!(never, &json!({ "warranty_expiration": "", "install_date": "" }));
}

#[test]
fn hidden_rows_make_pages_short_and_totals_high() {
    let instance = instance();
    let target = "/api/now/table/sn_customerservice_case?sysparm_query=account.number=G-2001&sysparm_fields=number";
    let (reply, body) = get(&instance, &format!("{target}&sysparm_limit=1"));
    assert_eq!(body["result"], json!([]));
    assert_eq!(header(&reply, "x-total-count"), "3");
    assert!(header(&reply, "link").contains("sysparm_limit=1&sysparm_offset=1>;rel=\"next\""));
    assert!(header(&reply, "link").contains("sysparm_offset=2>;rel=\"last\""));
    let (reply, body) = get(&instance, &format!("{target}&sysparm_offset=1&sysparm_no_count=true"));
    assert_eq!(body["result"], json!([{ "number": "CS0020011" }, { "number": "CS0020012" }]));
    assert_eq!(header(&reply, "x-total-count"), "");
    let (reply, _) = get(&instance, &format!("{target}&sysparm_suppress_pagination_header=true"));
    assert_eq!(header(&reply, "link"), "");
    assert_eq!(get(&instance, &format!("{target}&sysparm_offset=-1")).0.status, 400);
}

#[test]
fn a_read_that_takes_too_long_says_so_after_its_rows() {
    let slow = instance().with_rows_in_time(2);
    let (reply, body) = get(&slow, "/api/now/table/customer_account?sysparm_fields=number&sysparm_limit=10");
    assert_eq!((reply.status.as_u16(), body["result"].as_array().unwrap().len()), (200, 2));
    assert_eq!(body["error"]["message"], "Transaction cancelled: maximum execution time exceeded");
    assert_eq!(body["status"], "failure");
    assert!(get(&slow, "/api/now/table/customer_account?sysparm_limit=2").1.get("error").is_none());
}

#[test]
fn contracts_entitlements_and_cases_lead_to_each_other() {
    let right = &rows(
        "service_entitlement?sysparm_query=account.number=G-2001&sysparm_fields=number,active,\
                       contract.number,contract.u_support_level,asset.serial_number,product.name",
    )[0];
    assert_eq!(
        right,
        &json!({ "number": "EN-20011", "active": "true", "contract.number": "SC-20011",
                 "contract.u_support_level": "premium", "asset.serial_number": "GX-77", "product.name": "GB-100" })
    );
    let contract = &rows("ast_contract?sysparm_query=account.numberING-2004&sysparm_fields=state,active,ends")[0];
    assert_eq!((&contract["state"], &contract["active"]), (&json!("expired"), &json!("false")));
    let covered = "clm_m2m_contract_asset?sysparm_query=asset.serial_number=GX-77&sysparm_fields=contract.number";
    assert_eq!(values(covered, "contract.number"), ["SC-20011"]);
    let case = &rows(
        "sn_customerservice_case?sysparm_query=number=CS0020011&sysparm_fields=account.number,\
                      contact.account.number,u_order_number,resolved_at,state,assigned_to.email",
    )[0];
    assert_eq!(
        case,
        &json!({ "account.number": "G-2001", "contact.account.number": "G-2001", "u_order_number": "SO-7042",
                 "resolved_at": "", "state": "10", "assigned_to.email": "agent@support.example" })
    );
    let sold = "sn_install_base_sold_product?sysparm_query=account.number=G-2001&sysparm_fields=serial_number";
    assert_eq!(values(sold, "serial_number"), ["GX-77", "GX-78"]);
}

#[test]
fn one_row_is_read_by_its_id_and_hidden_ones_are_not_found() {
    let instance = instance();
    let table = "/api/now/v2/table/sn_customerservice_case";
    let sys_id = values("sn_customerservice_case?sysparm_query=number=CS0020011", "sys_id").remove(0);
    let (reply, body) = get(&instance, &format!("{table}/{sys_id}?sysparm_fields=number"));
    assert_eq!((reply.status.as_u16(), body), (200, json!({ "result": { "number": "CS0020011" } })));
    let hidden = tables::readable("sn_customerservice_case").unwrap().sys_id(&instance.estate.read(), 0x1_0000_0000);
    let account = values("customer_account?sysparm_query=number=G-2001", "sys_id").remove(0);
    for absent in [hidden.as_str(), account.as_str(), "x", "é", "", "ffffffffffffffffffffffffffffffff"] {
        let encoded: String = url::form_urlencoded::byte_serialize(absent.as_bytes()).collect();
        let (reply, body) = get(&instance, &format!("{table}/{encoded}"));
        assert_eq!((reply.status.as_u16(), &body["error"]["message"]), (404, &json!("No Record found")), "{absent}");
    }
}

#[test]
fn refusals_share_an_envelope() {
    let instance = instance();
    for (target, status, message, detail) in [
        ("/api/now/table/foo", 400, "Invalid table foo", json!("Table foo does not exist")),
        ("/api/now/tables", 400, "Requested URI does not represent any resource", Value::Null),
        ("/", 400, "Requested URI does not represent any resource", Value::Null),
        ("/api/now/table/sn_pss_core_service_contract", 403, "Insufficient rights to query records", Value::Null),
    ] {
        let (reply, body) = get(&instance, target);
        let expected = json!({ "error": { "message": message, "detail": detail }, "status": "failure" });
        assert_eq!((reply.status.as_u16(), body), (status, expected));
    }
    let mut write = call(&instance, "/api/now/table/customer_account");
    write.method = Method::POST;
    assert_eq!(instance.answer(&write).status, 403);
    let mut silent = call(&instance, "/api/now/table/customer_account");
    silent.headers.remove("accept");
    assert_eq!(instance.answer(&silent).status, 400);
}

#[test]
fn calls_are_counted_by_the_hour() {
    let instance = instance().with_hourly_calls(2);
    let target = "/api/now/table/customer_account?sysparm_limit=1";
    assert_eq!(header(&get(&instance, target).0, "x-ratelimit-limit"), "2");
    assert_eq!(get(&instance, target).0.status, 200);
    let (reply, body) = get(&instance, target);
    assert_eq!((reply.status.as_u16(), header(&reply, "retry-after")), (429, "2400"));
    assert_eq!(body["error"]["detail"], "Rate limit of 2 requests per hour for Table API exceeded");
    let mut later = call(&instance, target);
    later.now += TimeDelta::hours(1);
    assert_eq!(instance.answer(&later).status, 200);
    assert_eq!(header(&instance.throttled(None), "retry-after"), "");
}

#[test]
fn a_batch_answers_each_call_in_base_64() {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let instance = instance();
    let mut batch = call(&instance, "/api/now/v1/batch");
    batch.method = Method::POST;
    let target = "/api/now/table/customer_account?sysparm_query=number=G-2001&sysparm_fields=number";
    batch.body = Bytes::from(
        json!({ "batch_request_id": "1", "rest_requests": [
            { "id": "a", "method": "GET", "url": target }, { "id": "b", "method": "POST", "url": "/api/now/v1/batch" } ] })
        .to_string(),
    );
    let reply = instance.answer(&batch);
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    let (first, second) = (&body["serviced_requests"][0], &body["serviced_requests"][1]);
    let inner = STANDARD.decode(first["body"].as_str().unwrap()).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&inner).unwrap(), json!({ "result": [{ "number": "G-2001" }] }));
    assert_eq!((&first["status_code"], &second["status_code"]), (&json!(200), &json!(400)));
    batch.body = Bytes::from_static(b"[]");
    assert_eq!(instance.answer(&batch).status, 400);
}

#[test]
fn wrong_rows_reach_values_of_either_kind() {
    let instance = instance();
    let target = "/api/now/table/customer_account?sysparm_query=number=G-2001&sysparm_fields=number";
    for (suffix, row) in [
        ("", json!({ "number": "G-2002" })),
        ("&sysparm_display_value=all", json!({ "number": { "display_value": "G-2001", "value": "G-2002" } })),
    ] {
        let (_, mut body) = get(&instance, &format!("{target}{suffix}"));
        crate::fault::json::wrong_rows(&mut body, crate::WrongRows::InPlace, instance.key_fields());
        assert_eq!(body, json!({ "result": [row] }));
    }
}

#[test]
fn nothing_makes_it_panic() {
    let instance = instance();
    let fragments = [
        "/api/now/table/",
        "/api/now/v2/table/",
        "sn_customerservice_case",
        "customer_account",
        "/",
        "?",
        "&",
        "sysparm_query=",
        "sysparm_fields=",
        "sysparm_limit=",
        "sysparm_offset=",
        "18446744073709551615",
        "-1",
        "0",
        "sysparm_display_value=all",
        "account.number",
        "account.",
        "..",
        "number",
        "IN",
        "LIKE",
        "=",
        "%5E",
        "%5E%5E",
        "OR",
        "NQ",
        "ORDERBY",
        "BETWEEN",
        "@",
        "%FF",
        "%",
        "é",
        ",",
        "javascript:",
        "sys_id",
        "%00",
        "/x",
    ];
    for target in strange_targets(&fragments).take(1_500) {
        let mut call = call(&instance, "/");
        let parts = Call::new(Method::GET, &target, BASE, now());
        (call.path, call.raw_query, call.query) = (parts.path, parts.raw_query, parts.query);
        assert!(instance.answer(&call).status.as_u16() < 500, "{target}");
    }
}
