//! Dynamics 365, Salesforce, Stripe, Zendesk.

use http::StatusCode;
use portico_tests::{Fault, Reply, Role, Scene, Tenant, Upstream};
use serde_json::{Value, json};

use super::{own, set};

const CRM: (Tenant, Role) = (Tenant::Acme, Role::Crm);
const ERP: (Tenant, Role) = (Tenant::Acme, Role::Erp);
const BILLING: (Tenant, Role) = (Tenant::Acme, Role::Billing);
const SUPPORT: (Tenant, Role) = (Tenant::Acme, Role::Support);

const JSON: (&str, &str) = ("content-type", "application/json");

async fn asked(scene: &Scene, query: &str) -> Reply {
    scene.graphql(query).of(Tenant::Acme, "support-console").send().await
}

/// Targets of one system's calls but for tokens, decoded.
fn targets(scene: &Scene, (tenant, role): (Tenant, Role)) -> Vec<String> {
    let name = format!("{}-{}", tenant.name(), role.name());
    let calls = scene.sandbox().latest_calls().into_iter();
    let of_system = calls.filter(|call| call.system == name && !call.target.contains("token"));
    let decoded = |target: String| target.replace("%20", " ").replace("%27", "'").replace("%24", "$");
    of_system.map(|call| decoded(call.target)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_companys_customer_is_not_taken_for_the_others_of_the_same_number() {
    let query = r#"{ customer(by: { number: "C-1001" }) { name invoices { edges { node { number } } } } }"#;
    let scene = Scene::start().await;
    let reply = asked(&scene, query).await;
    assert_eq!(reply.errors(), Vec::<String>::new());
    assert_eq!(reply.data()["customer"]["name"], "Hanseatic Pumps GmbH");
    // Without the first the service user's own company would answer, without the second every company.
    let targets = targets(&scene, ERP);
    assert!(!targets.is_empty());
    for target in targets {
        assert!(target.contains("cross-company=true") && target.contains("dataAreaId eq 'acmf'"), "{target}");
    }
    let branch = Scene::with(|settings| set(settings, ERP, "company", "acuk")).await;
    assert_eq!(asked(&branch, query).await.data()["customer"]["name"], "UK branch 1");
    // Known to the first company only.
    let order = asked(&branch, r#"{ order(number: "SO-1007") { number } }"#).await;
    assert_eq!(order.errors(), ["order not_found acme-erp"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_star_is_no_key_and_reaches_no_erp() {
    let scene = Scene::start().await;
    for number in ["*", "C-100*", "*1001", "C-1001*"] {
        let reply = asked(&scene, &format!(r#"{{ order(number: "{number}") {{ number }} }}"#)).await;
        assert_eq!((reply.data()["order"].clone(), reply.code()), (Value::Null, "key_refused".to_owned()), "{number}");
    }
    assert_eq!(targets(&scene, ERP), Vec::<String>::new());
}

/// An order as the ERP writes one, with this in the place of what is said otherwise.
fn order(otherwise: &[(&str, Value)]) -> String {
    let mut row = json!({
        "dataAreaId": "acmf", "SalesOrderNumber": "SO-1", "SalesOrderStatus": "Backorder", "CurrencyCode": "EUR",
        "OrderCreationDateTime": "2026-06-01T09:00:00Z", "RequestedShippingDate": "2026-06-20T12:00:00Z",
        "CustomersOrderReference": "", "OrderingCustomerAccountNumber": "C-1001",
        "OrderTotalAmount": 12.5, "AreTotalsCalculated": "Yes",
    });
    for (name, value) in otherwise {
        row[*name] = value.clone();
    }
    json!({ "value": [row] }).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_year_1900_is_no_date() {
    let upstream = Upstream::start().await;
    let none = [
        ("OrderCreationDateTime", json!("1900-01-01T00:00:00Z")),
        ("RequestedShippingDate", json!("1900-01-01T12:00:00Z")),
    ];
    upstream.answer(StatusCode::OK, &[JSON], &order(&none));
    let scene = Scene::with(upstream.as_erp()).await;
    let query = r#"{ order(number: "SO-1") { orderedAt requestedShipDate purchaseOrder total { amount } } }"#;
    let reply = asked(&scene, query).await;
    assert_eq!(reply.errors(), Vec::<String>::new());
    let expected =
        json!({ "orderedAt": null, "requestedShipDate": null, "purchaseOrder": null, "total": { "amount": "12.50" } });
    assert_eq!(reply.data()["order"], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_total_that_was_not_calculated_is_the_sum_of_the_lines_or_unknown_and_never_zero() {
    let query = r#"{ order(number: "SO-1042") { total { amount } } }"#;
    assert_eq!(asked(&Scene::start().await, query).await.data()["order"]["total"]["amount"], "5901.00");
    // The lines are not had: what comes in their place has none of their fields.
    let upstream = Upstream::start().await;
    let not_yet = [("OrderTotalAmount", json!(0)), ("AreTotalsCalculated", json!("No"))];
    upstream.answer(StatusCode::OK, &[JSON], &order(&not_yet));
    let scene = Scene::with(upstream.as_erp()).await;
    let reply = asked(&scene, r#"{ order(number: "SO-1") { number total { amount } } }"#).await;
    assert_eq!(reply.data()["order"], json!({ "number": "SO-1", "total": null }));
    assert!(!reply.errors().is_empty(), "{}", reply.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn organizations_that_zendesk_tells_by_name_are_told_apart_by_number() {
    let scene = Scene::start().await;
    let numbers = ["C-1004", "C-1002", "C-1003", "C-1001"];
    let parts = numbers.iter().enumerate();
    let parts: Vec<String> =
        parts.map(|(at, number)| format!(r#"c{at}: customer(by: {{ number: "{number}" }}) {{ supportId }}"#)).collect();
    let reply = asked(&scene, &format!("{{ {} }}", parts.join(" "))).await;
    assert_eq!(reply.errors(), Vec::<String>::new());
    assert_eq!(targets(&scene, SUPPORT).len(), 1, "one call for all of them");
    for (at, number) in numbers.iter().enumerate() {
        let alone = Scene::start().await;
        let query = format!(r#"{{ c{at}: customer(by: {{ number: "{number}" }}) {{ supportId }} }}"#);
        let alone = asked(&alone, &query).await.data();
        assert_eq!(reply.data()[format!("c{at}")], alone[format!("c{at}")], "{number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn zendesks_refusal_in_plain_text_is_a_limit_with_its_time() {
    let scene = Scene::start().await;
    scene.sandbox().set_fault(SUPPORT.0, SUPPORT.1, Fault::Throttled(Some(17))).await;
    let reply = asked(&scene, r#"{ case(number: "10011") { subject } }"#).await;
    assert_eq!(reply.errors(), ["case upstream_throttled acme-support"]);
    let wait = reply.json()["errors"][0]["extensions"]["retryAfterMs"].as_u64();
    assert!(wait.is_some_and(|wait| (15_000..=17_000).contains(&wait)), "{}", reply.text());
}

const SUBSCRIPTIONS: &str = r#"{ customer(by: { number: "C-1001" }) { subscriptions { id status } } }"#;

/// A page of Stripe's search with one customer and its subscription.
fn found(number: &str) -> String {
    let item = json!({ "quantity": 1, "current_period_end": 1_783_209_600, "price": {
        "id": "price_1", "nickname": "Care", "unit_amount": 100, "currency": "eur" } });
    let subscription = json!({ "id": "sub_1", "status": "active", "cancel_at_period_end": false, "customer": "cus_1",
                               "items": { "data": [item] } });
    let customer = json!({ "id": "cus_1", "object": "customer", "name": "Somebody", "email": null,
                           "metadata": { "erp_id": number },
                           "subscriptions": { "data": [subscription], "has_more": false } });
    json!({ "object": "search_result", "data": [customer], "has_more": false, "next_page": null }).to_string()
}

/// Stripe's index lags behind: it finds a customer by the number that it had, and a new one not at all.
#[tokio::test(flavor = "multi_thread")]
async fn what_stripes_search_finds_too_late_is_nobodys_and_what_it_finds_at_last_is_shown_to_who_insists() {
    let upstream = Upstream::start().await;
    let scene = Scene::with(upstream.as_system(BILLING.0, BILLING.1)).await;
    // Meanwhile this customer has another number.
    upstream.answer(StatusCode::OK, &[JSON], &found("C-1002"));
    let reply = asked(&scene, SUBSCRIPTIONS).await;
    assert_eq!(reply.data()["customer"]["subscriptions"], json!([]), "{}", reply.text());
    // New, and not in the index yet.
    let nothing = r#"{ "object": "search_result", "data": [], "has_more": false, "next_page": null }"#;
    upstream.answer(StatusCode::OK, &[JSON], nothing);
    let insists =
        || scene.graphql(SUBSCRIPTIONS).of(Tenant::Acme, "support-console").header("cache-control", "no-cache");
    assert_eq!(insists().send().await.data()["customer"]["subscriptions"], json!([]));
    upstream.answer(StatusCode::OK, &[JSON], &found("C-1001"));
    let reply = insists().send().await;
    assert_eq!(reply.data()["customer"]["subscriptions"], json!([{ "id": "sub_1", "status": "ACTIVE" }]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_is_locked_at_stripe_is_asked_for_again_and_is_no_limit() {
    let upstream = Upstream::start().await;
    let scene = Scene::with(upstream.as_system(BILLING.0, BILLING.1)).await;
    let locked = r#"{ "error": { "code": "lock_timeout", "message": "This object cannot be accessed right now.",
                                 "type": "invalid_request_error" } }"#;
    upstream.answer(StatusCode::TOO_MANY_REQUESTS, &[JSON, ("stripe-should-retry", "true")], locked);
    let reply = asked(&scene, SUBSCRIPTIONS).await;
    assert_eq!(reply.errors(), ["customer.subscriptions upstream_error acme-billing"]);
    let tries = upstream.seen().len();
    assert!(tries > 1, "{tries}");
    // Nobody waits for a limit that there is not.
    upstream.answer(StatusCode::OK, &[JSON], &found("C-1001"));
    assert_eq!(asked(&scene, SUBSCRIPTIONS).await.data()["customer"]["subscriptions"][0]["id"], "sub_1");
    // The same status with another code is one.
    let limited = r#"{ "error": { "code": "rate_limit", "message": "…", "type": "invalid_request_error" } }"#;
    upstream.answer(StatusCode::TOO_MANY_REQUESTS, &[JSON, ("stripe-rate-limited-reason", "global-rate")], limited);
    let other = asked(&scene, &SUBSCRIPTIONS.replace("C-1001", "C-1003")).await;
    assert_eq!(other.errors(), ["customer.subscriptions upstream_throttled acme-billing"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn salesforces_403_is_a_limit_and_no_lack_of_permission() {
    let scene = Scene::start().await;
    scene.sandbox().set_fault(CRM.0, CRM.1, Fault::Throttled(None)).await;
    let query = r#"{ customer(by: { number: "C-1001" }) { account { owner } } }"#;
    let reply = asked(&scene, query).await;
    assert_eq!(reply.errors(), ["customer.account upstream_throttled acme-crm"]);
    // No `Retry-After` comes with it: the pack says how long.
    let wait = reply.json()["errors"][0]["extensions"]["retryAfterMs"].as_u64();
    assert!(wait.is_some_and(|wait| (50_000..=60_000).contains(&wait)), "{}", reply.text());
    // Another 403 is what it looks like.
    let upstream = Upstream::start().await;
    let body =
        r#"[{"message":"The API is not enabled for this Organization or Partner","errorCode":"API_DISABLED_FOR_ORG"}]"#;
    upstream.answer(StatusCode::FORBIDDEN, &[JSON], body);
    let scene = Scene::with(upstream.as_system(CRM.0, CRM.1)).await;
    let reply = asked(&scene, query).await;
    assert_eq!(reply.errors(), ["customer.account upstream_refused acme-crm"]);
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn salesforces_offsets_without_a_colon_are_read_and_written_as_everybody_does() {
    let upstream = Upstream::start().await;
    let record = r#"{ "totalSize": 1, "done": true, "records": [ { "attributes": { "type": "Case" },
        "CaseNumber": "00001", "Subject": "Broken", "CreatedDate": "2026-05-01T07:25:37.000+0000",
        "LastModifiedDate": "2026-05-01T09:25:37.500+0200" } ] }"#;
    upstream.answer(StatusCode::OK, &[JSON], record);
    let scene = Scene::with(|settings| {
        upstream.as_system(CRM.0, CRM.1)(settings);
        own(settings, CRM, "Case");
    })
    .await;
    let reply = asked(&scene, r#"{ case(number: "00001") { subject openedAt updatedAt } }"#).await;
    assert_eq!(reply.errors(), Vec::<String>::new());
    let expected = json!({ "subject": "Broken", "openedAt": "2026-05-01T07:25:37Z", "updatedAt": "2026-05-01T09:25:37.500+02:00" });
    assert_eq!(reply.data()["case"], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifteen_letters_of_a_salesforce_id_are_the_same_id_and_their_case_matters() {
    let scene = Scene::start().await;
    let whole = asked(&scene, r#"{ customer(by: { number: "C-1001" }) { crmId } }"#).await;
    let id = whole.data()["customer"]["crmId"].as_str().expect("an id").to_owned();
    assert_eq!(id.len(), 18);
    let by = |id: &str| format!(r#"{{ customer(by: {{ crmId: "{id}" }}) {{ number crmId name }} }}"#);
    let (long, short) = (asked(&scene, &by(&id)).await, asked(&scene, &by(&id[..15])).await);
    assert_eq!(long.data()["customer"]["number"], "C-1001");
    assert_eq!(short.data(), long.data());
    // Another record's id, which differs in the case of letters only, and nobody has.
    let other: String = id[..15].chars().map(|c| if c == 'g' { 'G' } else { c }).collect();
    assert_ne!(other, id[..15]);
    assert_eq!(asked(&scene, &by(&other)).await.errors(), ["customer not_found acme-crm"]);
    for wrong in [&id[..14], &id[..16], "001' OR Id != '"] {
        assert_eq!(asked(&scene, &by(wrong)).await.code(), "key_refused", "{wrong}");
    }
}
