use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, Utc};

use super::*;
use crate::strange::strange_targets;
use crate::tenant::{Role, Tenant};

const BASE: &str = "http://127.0.0.1:1";

fn now() -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(2026, 11, 2).unwrap().and_hms_opt(9, 0, 0).unwrap().and_utc()
}

fn account(tenant: Tenant) -> Stripe {
    let estate = Estate::new(tenant, now().date_naive());
    Stripe::new(Arc::new(estate), Arc::new(Credentials::of(tenant, Role::Billing)))
}

fn call(stripe: &Stripe, target: &str) -> Call {
    let mut call = Call::new(Method::GET, target, BASE, now());
    call.headers.insert("authorization", format!("Bearer {}", stripe.credentials.api_key).parse().unwrap());
    call
}

fn get(stripe: &Stripe, target: &str) -> (u16, Value) {
    answer(stripe, &call(stripe, target))
}

fn answer(stripe: &Stripe, call: &Call) -> (u16, Value) {
    let reply = stripe.answer(call);
    (reply.status.as_u16(), serde_json::from_slice(&reply.body).unwrap())
}

fn found(stripe: &Stripe, query: &str) -> (u16, Value) {
    let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
    get(stripe, &format!("/v1/customers/search?query={query}&limit=100"))
}

fn customer(stripe: &Stripe, number: &str) -> Value {
    found(stripe, &format!("metadata['erp_id']:'{number}'")).1["data"][0].clone()
}

fn id(stripe: &Stripe, number: &str) -> String {
    customer(stripe, number)["id"].as_str().unwrap().to_owned()
}

fn ids(body: &Value) -> Vec<String> {
    body["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn customers_are_found_by_their_number_in_the_erp() {
    let stripe = account(Tenant::Acme);
    let (status, body) = found(&stripe, "metadata['erp_id']:'C-1001' OR metadata[\"erp_id\"]:\"C-1004\"");
    assert_eq!((status, body["object"].as_str()), (200, Some("search_result")));
    assert_eq!((&body["has_more"], &body["next_page"]), (&json!(false), &Value::Null));
    let mut numbers: Vec<&str> =
        body["data"].as_array().unwrap().iter().map(|row| row["metadata"]["erp_id"].as_str().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, ["C-1001", "C-1004"]);
    let late = customer(&stripe, "C-1004");
    assert_eq!((&late["delinquent"], &late["balance"], &late["currency"]), (&json!(true), &json!(0), &json!("eur")));
    assert!(late.get("subscriptions").is_none());
    assert_eq!(customer(&stripe, "PROSPECT-1"), Value::Null);
}

#[test]
fn hostile_values_find_nothing() {
    let stripe = account(Tenant::Acme);
    for value in ["' OR name~'GmbH", r"\", r"\' OR created>0 OR name:\'", "\"", "%", "😀"] {
        let escaped = value.replace('\\', r"\\").replace('\'', r"\'");
        let (status, body) = found(&stripe, &format!("metadata['erp_id']:'{escaped}'"));
        assert_eq!((status, body["data"].as_array().map(Vec::len)), (200, Some(0)), "{value}");
    }
}

#[test]
fn searches_that_the_vendor_does_not_run_are_refused() {
    let stripe = account(Tenant::Acme);
    for wrong in ["", "x", "nope:'a'", "email>'a'", "created:'a'", "name~'ab'", "name:'a' AND name:'b' OR name:'c'"] {
        let (status, body) = found(&stripe, wrong);
        assert_eq!((status, body["error"]["param"].as_str()), (400, Some("query")), "{wrong}: {body}");
    }
    let eleven = ["name:'a'"; 11].join(" OR ");
    assert_eq!(found(&stripe, &eleven).0, 400);
    assert_eq!(get(&stripe, "/v1/customers/search").1["error"]["code"], "parameter_missing");
    assert_eq!(get(&stripe, "/v1/customers/search?query=name:'a'&page=x").0, 400);
}

#[test]
fn searches_and_lists_have_pages() {
    let stripe = account(Tenant::Acme);
    let first = get(&stripe, "/v1/customers/search?query=created%3E0&limit=100&expand[]=total_count").1;
    let total = first["total_count"].as_u64().unwrap();
    let (mut page, mut seen) = (first, Vec::new());
    loop {
        seen.extend(ids(&page));
        let Some(next) = page["next_page"].as_str().map(str::to_owned) else { break };
        page = get(&stripe, &format!("/v1/customers/search?query=created%3E0&limit=100&page={next}")).1;
    }
    assert_eq!(seen.len() as u64, total);
    let mut page = get(&stripe, "/v1/customers?limit=100").1;
    let mut listed = ids(&page);
    while page["has_more"] == true {
        page = get(&stripe, &format!("/v1/customers?limit=100&starting_after={}", listed.last().unwrap())).1;
        listed.extend(ids(&page));
    }
    assert_eq!(listed, seen);
    let before = get(&stripe, &format!("/v1/customers?limit=3&ending_before={}", listed[5])).1;
    assert_eq!(ids(&before), &listed[2..5]);
    assert_eq!(ids(&get(&stripe, "/v1/customers").1).len(), 10);
    let dead = get(&stripe, "/v1/customers?starting_after=cus_nope");
    assert_eq!((dead.0, dead.1["error"]["param"].as_str()), (404, Some("starting_after")));
}

#[test]
fn lists_are_newest_first_and_filtered() {
    let stripe = account(Tenant::Acme);
    let page = get(&stripe, "/v1/customers?limit=100").1;
    let created: Vec<i64> =
        page["data"].as_array().unwrap().iter().map(|row| row["created"].as_i64().unwrap()).collect();
    assert!(created.is_sorted_by(|one, two| one >= two));
    let email = customer(&stripe, "C-1002")["email"].as_str().unwrap().to_owned();
    let by_mail = get(&stripe, &format!("/v1/customers?email={email}")).1;
    assert_eq!(by_mail["data"][0]["metadata"]["erp_id"], "C-1002");
    assert_eq!(ids(&get(&stripe, &format!("/v1/customers?email={}", email.to_uppercase())).1).len(), 0);
    assert_eq!(ids(&get(&stripe, "/v1/customers?created[gt]=99999999999").1).len(), 0);
}

#[test]
fn subscriptions_show_their_period_on_the_item_and_hide_what_is_over() {
    let stripe = account(Tenant::Acme);
    let of =
        |number: &str, more: &str| get(&stripe, &format!("/v1/subscriptions?customer={}{more}", id(&stripe, number))).1;
    let running = &of("C-1001", "")["data"][0];
    assert_eq!(running["status"], "active");
    assert!(running.get("current_period_end").is_none());
    assert!(running["items"]["data"][0]["current_period_end"].as_i64().unwrap() > now().timestamp());
    assert_eq!(running["items"]["data"][0]["price"]["unit_amount"], 19_900);
    assert_eq!(ids(&of("C-1003", "")).len(), 0);
    assert_eq!(of("C-1003", "&status=all")["data"][0]["status"], "canceled");
    assert_eq!(ids(&of("C-1003", "&status=ended")).len(), 1);
    assert_eq!(ids(&of("C-1004", "&status=past_due")).len(), 1);
    let one = running["id"].as_str().unwrap();
    assert_eq!(get(&stripe, &format!("/v1/subscriptions/{one}")).1, *running);
    assert_eq!(get(&stripe, "/v1/subscriptions?status=nope").0, 400);
    assert_eq!(get(&stripe, "/v1/subscriptions?customer=cus_nope").1["error"]["code"], "resource_missing");
}

#[test]
fn open_invoices_say_what_is_left_to_pay() {
    let stripe = account(Tenant::Acme);
    let owner = id(&stripe, "C-1004");
    let open = get(&stripe, &format!("/v1/invoices?customer={owner}&status=open")).1;
    assert_eq!(ids(&open).len(), 1);
    let invoice = &open["data"][0];
    assert_eq!((&invoice["amount_remaining"], &invoice["amount_paid"]), (&json!(4_900), &json!(0)));
    assert_eq!(get(&stripe, &format!("/v1/invoices/{}", invoice["id"].as_str().unwrap())).1, *invoice);
    let searched = get(&stripe, &format!("/v1/invoices/search?query=customer:'{owner}'%20status:'open'")).1;
    assert_eq!(searched["data"][0], *invoice);
    let all = get(&stripe, &format!("/v1/invoices?customer={owner}")).1;
    assert!(ids(&all).len() > 1);
}

#[test]
fn ids_are_expanded_on_request_and_not_too_deep() {
    let stripe = account(Tenant::Acme);
    let owner = id(&stripe, "C-1001");
    let with = |path: &str| get(&stripe, &format!("/v1/customers/{owner}?expand[]={path}"));
    assert_eq!(with("subscriptions").1["subscriptions"]["data"][0]["object"], "subscription");
    let deep = with("subscriptions.data.latest_invoice").1;
    assert_eq!(deep["subscriptions"]["data"][0]["latest_invoice"]["object"], "invoice");
    let listed = get(&stripe, "/v1/subscriptions?limit=3&expand[]=data.customer&expand[]=data.latest_invoice").1;
    assert_eq!(listed["data"][2]["customer"]["object"], "customer");
    for wrong in ["nope", "name", "subscriptions.nope", "a.b.c.d.e", "", "."] {
        assert_eq!(with(wrong).0, 400, "{wrong}");
    }
    let product = get(&stripe, "/v1/subscriptions?limit=1").1["data"][0]["id"].as_str().unwrap().to_owned();
    let product = get(&stripe, &format!("/v1/subscriptions/{product}?expand[]=items.data.price.product")).1;
    assert_eq!(product["items"]["data"][0]["price"]["product"]["object"], "product");
}

#[test]
fn keys_are_checked_and_hidden() {
    let stripe = account(Tenant::Acme);
    let other = account(Tenant::Globex);
    let none = Call::new(Method::GET, "/v1/customers", BASE, now());
    let (status, body) = answer(&stripe, &none);
    assert_eq!(status, 401);
    assert!(body["error"]["message"].as_str().unwrap().starts_with("You did not provide an API key."));
    let (status, body) = answer(&stripe, &call(&other, "/v1/customers"));
    assert_eq!(status, 401);
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("Invalid API Key provided: sk_test_*") && message.ends_with("ling"), "{message}");
    let mut basic = none;
    let user = STANDARD.encode(format!("{}:", stripe.credentials.api_key));
    basic.headers.insert("authorization", format!("Basic {user}").parse().unwrap());
    assert_eq!(answer(&stripe, &basic).0, 200);
    assert_eq!(stripe.expired(&basic).status, 401);
}

#[test]
fn refusals_have_the_vendors_form() {
    let stripe = account(Tenant::Acme);
    let of = |target: &str| {
        let (status, body) = get(&stripe, target);
        (status, body["error"]["code"].as_str().unwrap_or("none").to_owned(), body["error"]["param"].clone())
    };
    assert_eq!(of("/v1/customers/cus_nope"), (404, "resource_missing".into(), json!("id")));
    assert_eq!(of("/v1/customers/%00'%20OR"), (404, "resource_missing".into(), json!("id")));
    assert_eq!(of("/v1/customers?bogus=1"), (400, "parameter_unknown".into(), json!("bogus")));
    assert_eq!(of("/v1/customers?limit=101"), (400, "parameter_invalid_integer".into(), json!("limit")));
    assert_eq!(of("/v1/customers?limit=x").0, 400);
    assert_eq!(of("/v1/nope"), (404, "none".into(), Value::Null));
    assert_eq!(of("/nope").0, 404);
    let message = get(&stripe, "/v1/customers/cus_nope").1["error"]["message"].clone();
    assert_eq!(message, "No such customer: 'cus_nope'");
    let mut wrong = call(&stripe, "/v1/customers");
    wrong.headers.insert("stripe-version", "nope".parse().unwrap());
    assert_eq!(answer(&stripe, &wrong).0, 400);
}

#[test]
fn every_answer_names_itself_and_its_version() {
    let stripe = account(Tenant::Acme);
    let mut call = call(&stripe, "/v1/balance");
    assert_eq!(stripe.answer(&call).headers["stripe-version"], DEFAULT_VERSION);
    call.headers.insert("stripe-version", "2025-03-31.basil".parse().unwrap());
    let reply = stripe.answer(&call);
    assert_eq!(reply.headers["stripe-version"], "2025-03-31.basil");
    assert!(reply.headers["request-id"].to_str().unwrap().starts_with("req_"));
}

#[test]
fn entitlements_belong_to_running_subscriptions() {
    let stripe = account(Tenant::Acme);
    let of = |number: &str| {
        get(&stripe, &format!("/v1/entitlements/active_entitlements?customer={}", id(&stripe, number))).1
    };
    assert_eq!(of("C-1001")["data"][0]["lookup_key"], "premium-care");
    assert_eq!(of("C-1003")["data"], json!([]));
    assert_eq!(get(&stripe, "/v1/entitlements/active_entitlements").1["error"]["code"], "parameter_missing");
}

#[test]
fn a_customer_whom_billing_never_knew_looks_deleted() {
    let stripe = account(Tenant::Acme);
    let at = stripe.estate.read().customers.position("PROSPECT-1").unwrap();
    let id = Kind::Customer.id(Tenant::Acme, at);
    let (status, body) = get(&stripe, &format!("/v1/customers/{id}"));
    assert_eq!((status, body), (200, json!({ "id": id, "object": "customer", "deleted": true })));
}

#[test]
fn faults_speak_the_vendors_language() {
    let stripe = account(Tenant::Acme);
    let throttled = stripe.throttled(None);
    assert_eq!(throttled.headers["stripe-rate-limited-reason"], "global-rate");
    assert!(!throttled.headers.contains_key("retry-after"));
    assert_eq!(stripe.throttled(Some(7)).headers["retry-after"], "7");
    assert!(!stripe.locked().headers.contains_key("stripe-rate-limited-reason"));
    let mut page = get(&stripe, "/v1/customers?limit=1").1;
    page["has_more"] = json!(false);
    stripe.continue_at(&mut page, "http://elsewhere.example");
    assert_eq!(page["has_more"], true);
}

#[test]
fn no_address_makes_it_panic() {
    let stripe = account(Tenant::Acme);
    let parts = [
        "/v1",
        "/customers",
        "/subscriptions",
        "/invoices",
        "/search",
        "/entitlements/active_entitlements",
        "/balance",
        "?",
        "&",
        "limit=",
        "-1",
        "99999999999999999999",
        "starting_after=",
        "ending_before=",
        "cus_Ac000000000000",
        "in_Ac999999999999",
        "query=",
        "metadata['erp_id']:'C-1001'",
        "%20OR%20",
        "expand[]=",
        "data.",
        "customer",
        "created[gt]=",
        "created[x]=1",
        "page=ZnJvbTox",
        "page=ZnJvbToxODQ0Njc0NDA3MzcwOTU1MTYxNQ",
        "%00",
        "%ff",
        "é",
        "'",
        "/",
        "status=all",
        "customer=",
    ];
    for target in strange_targets(&parts).take(4_000) {
        assert!(get(&stripe, &target).0 < 500, "{target}");
    }
}

#[test]
fn products_are_found_by_their_number_and_listed_newest_first() {
    let stripe = account(Tenant::Acme);
    let query = "/v1/products/search?query=metadata%5B%27sku%27%5D%3A%27premium-care%27&expand[]=data.default_price";
    let (status, body) = get(&stripe, query);
    assert_eq!((status, ids(&body).len()), (200, 1));
    let product = &body["data"][0];
    assert_eq!((&product["object"], &product["name"]), (&json!("product"), &json!("Premium Care")));
    assert_eq!((&product["default_price"]["unit_amount"], &product["unit_label"]), (&json!(19_900), &json!("seat")));
    let id = product["id"].as_str().unwrap();
    assert_eq!(get(&stripe, &format!("/v1/products/{id}")).1["metadata"]["sku"], "premium-care");
    let listed = get(&stripe, "/v1/products?limit=100&active=true").1;
    assert!(ids(&listed).contains(&id.to_owned()) && ids(&listed).len() > 1, "{listed}");
    let created: Vec<i64> =
        listed["data"].as_array().unwrap().iter().map(|row| row["created"].as_i64().unwrap()).collect();
    assert!(created.is_sorted_by(|one, two| one >= two), "{created:?}");
    for wrong in ["/v1/products/search?query=price%3A%27x%27", "/v1/products?customer=cus_1"] {
        assert_eq!(get(&stripe, wrong).0, 400, "{wrong}");
    }
    assert_eq!(get(&account(Tenant::Globex), &format!("/v1/products/{id}")).0, 404);
}
