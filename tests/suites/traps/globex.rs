//! HubSpot, NetSuite, ServiceNow, Chargebee.

use std::sync::Arc;

use http::StatusCode;
use portico_composites::connect::credentials::{ClientCredentials, Credentials};
use portico_contracts::packs::Pack;
use portico_contracts::secret::Secret;
use portico_tests::{Fault, Reply, Role, Scene, Tenant, Upstream, WrongRows};
use serde_json::{Value, json};

use super::{own, set, system};

const CRM: (Tenant, Role) = (Tenant::Globex, Role::Crm);
const ERP: (Tenant, Role) = (Tenant::Globex, Role::Erp);
const SUPPORT: (Tenant, Role) = (Tenant::Globex, Role::Support);

async fn asked(scene: &Scene, query: &str) -> Reply {
    scene.graphql(query).of(Tenant::Globex, "support-console").send().await
}

/// Calls of one system but for tokens, as `METHOD path`.
fn calls(scene: &Scene, (tenant, role): (Tenant, Role)) -> Vec<String> {
    let name = format!("{}-{}", tenant.name(), role.name());
    let calls = scene.sandbox().calls().into_iter();
    let of_system = calls.filter(|call| call.system == name && !call.path.contains("token"));
    of_system.map(|call| format!("{} {} {}", call.count, call.method, call.path)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_batch_of_hubspots_costs_the_missing_half_only() {
    let scene = Scene::start().await;
    // Both are asked for in one batch, which is answered 207 because HubSpot does not know the second.
    let reply = asked(
        &scene,
        r#"{ known: customer(by: { number: "G-2001" }) { account { name } }
             unknown: customer(by: { number: "G-0000" }) { account { name } } }"#,
    )
    .await;
    assert_eq!(reply.data()["known"]["account"]["name"], "Alpine Instruments AG");
    assert_eq!(reply.errors(), ["unknown not_found globex-erp"]);
    assert_eq!(calls(&scene, CRM), ["1 POST /crm/v3/objects/companies/batch/read"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_property_that_hubspot_ignores_is_an_error_of_its_field_alone() {
    let scene = Scene::with(|settings| set(settings, CRM, "segment_property", "no_such_property")).await;
    let reply = asked(&scene, r#"{ customer(by: { number: "G-2001" }) { account { name segment } } }"#).await;
    assert_eq!(reply.data()["customer"]["account"], json!({ "name": "Alpine Instruments AG", "segment": null }));
    assert_eq!(reply.errors(), ["customer.account.segment upstream_drift globex-crm"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn hubspots_tokens_of_half_an_hour_are_renewed_without_anybody_noticing() {
    let scene = Scene::with(|settings| {
        let crm = system(settings, CRM.0, CRM.1);
        let token_url = crm.url.join("/oauth/v1/token").expect("a path");
        let (name, secret) = (Secret::new("demo-globex-crm-client"), Secret::new("demo-globex-crm-secret"));
        crm.credentials = Credentials::ClientCredentials(ClientCredentials {
            refresh_token: Some(Secret::new("demo-globex-crm-refresh")),
            ..ClientCredentials::new(&crm.pack.auth, token_url, name, secret)
        });
    })
    .await;
    let name = |number: u8| format!(r#"{{ customer(by: {{ number: "G-200{number}" }}) {{ account {{ name }} }} }}"#);
    // The sandbox's own time moves, so that the caller's token is made before.
    let token = scene.sandbox().token(Tenant::Globex, "support-console");
    let first = scene.graphql(&name(1)).bearer(&token).send().await;
    assert_eq!(first.errors(), Vec::<String>::new(), "{}", first.text());
    scene.sandbox().clock().advance(31 * 60);
    let second = scene.graphql(&name(2)).bearer(&token).send().await;
    assert_eq!(second.errors(), Vec::<String>::new());
    let minted: u64 =
        scene.sandbox().calls().iter().filter(|call| call.path == "/oauth/v1/token").map(|c| c.count).sum();
    assert_eq!(minted, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn netsuites_texts_become_numbers_and_its_days_are_nobodys_custom() {
    let scene = Scene::start().await;
    // On the wire it is `"6/24/2026"` unless a format is asked for, and `"12400"` for an amount.
    let reply = asked(
        &scene,
        r#"{ order(number: "SO-7042") { requestedShipDate lines { lineNumber quantity lineTotal { amount } } }
             invoice(number: "INV-7051") { issuedOn dueOn total { amount currency } openAmount { amount } } }"#,
    )
    .await;
    insta::assert_snapshot!(reply.data(), @r#"{"order":{"requestedShipDate":"2026-06-24","lines":[{"lineNumber":1,"quantity":"2","lineTotal":{"amount":"2501.00"}},{"lineNumber":2,"quantity":"1","lineTotal":{"amount":"3400.00"}}]},"invoice":{"issuedOn":"2026-06-05","dueOn":"2026-07-05","total":{"amount":"12400.00","currency":"EUR"},"openAmount":{"amount":"12400.00"}}}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn netsuites_pages_begin_at_multiples_and_no_order_is_lost_between_them() {
    let scene = Scene::start().await;
    let numbers = |reply: &Reply| -> Vec<String> {
        let edges = reply.data()["customer"]["orders"]["edges"].as_array().cloned().unwrap_or_default();
        edges.iter().filter_map(|edge| edge["node"]["number"].as_str().map(str::to_owned)).collect()
    };
    let page = |first: u32, after: &str| {
        let after = if after.is_empty() { String::new() } else { format!(r#", after: "{after}""#) };
        format!(
            r#"{{ customer(by: {{ number: "G-2001" }}) {{ orders(first: {first}{after}) {{
                edges {{ node {{ number }} }} pageInfo {{ hasNextPage endCursor }} }} }} }}"#
        )
    };
    let all = numbers(&asked(&scene, &page(100, "")).await);
    for length in [1, 3, 7] {
        let (mut read, mut after) = (Vec::new(), String::new());
        loop {
            let reply = asked(&scene, &page(length, &after)).await;
            assert_eq!(reply.errors(), Vec::<String>::new());
            read.extend(numbers(&reply));
            let info = reply.data()["customer"]["orders"]["pageInfo"].clone();
            if info["hasNextPage"] != true {
                break;
            }
            info["endCursor"].as_str().unwrap_or_default().clone_into(&mut after);
        }
        assert_eq!(read, all, "in pages of {length}");
    }
    assert!(all.len() > 7, "{all:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_that_servicenow_drops_brings_nobody_elses_rows() {
    let scene = Scene::with(|settings| set(settings, SUPPORT, "order_number_field", "u_no_such_field")).await;
    let reply = asked(&scene, r#"{ order(number: "SO-7042") { number cases { number subject } } }"#).await;
    assert_eq!(reply.data()["order"]["cases"], json!(null), "{}", reply.text());
    assert_eq!(reply.errors(), ["order.cases upstream_drift globex-support"]);
    // Instead of one order's cases those of everybody came.
    assert!(scene.sandbox().calls_to(SUPPORT.0, SUPPORT.1) <= 11, "{:?}", calls(&scene, SUPPORT));
}

#[tokio::test(flavor = "multi_thread")]
async fn servicenows_short_pages_are_not_taken_for_the_last() {
    const CASES: &str = r#"{ customer(by: { number: "G-2001" }) { cases { number } } }"#;
    let whole = asked(&Scene::start().await, CASES).await;
    // Two rows a page; those that may not be seen are taken off a page after it was cut.
    let scene = Scene::with(|settings| {
        let yaml = include_str!("../../../contracts/systems/servicenow/pack.yaml");
        let small = yaml.replace("size: 200, pages: 10", "size: 2, pages: 50");
        assert_ne!(yaml, small);
        system(settings, SUPPORT.0, SUPPORT.1).pack =
            Arc::new(Pack::parse("servicenow", &small).expect("the pack is sound"));
    })
    .await;
    let paged = asked(&scene, CASES).await;
    assert_eq!(paged.errors(), Vec::<String>::new());
    assert_eq!(paged.data(), whole.data());
    assert!(whole.data()["customer"]["cases"].as_array().is_some_and(|cases| cases.len() > 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn servicenows_rows_with_an_error_behind_them_are_no_answer() {
    let upstream = Upstream::start().await;
    upstream.answer(
        StatusCode::OK,
        &[("content-type", "application/json"), ("x-total-count", "1")],
        r#"{"result":[{"sys_id":"1","number":"CS1","short_description":"half the truth","state":"10","priority":"1",
            "opened_at":"2026-06-13 09:00:00","sys_updated_on":"2026-06-13 09:00:00","contact":"","account":"",
            "account.number":"G-2001","u_order_number":""}],
           "error":{"message":"Transaction cancelled: maximum execution time exceeded","detail":""},"status":"failure"}"#,
    );
    let scene = Scene::with(upstream.as_system(SUPPORT.0, SUPPORT.1)).await;
    let reply = asked(&scene, r#"{ case(number: "CS1") { subject } }"#).await;
    assert_eq!(reply.data()["case"], json!(null));
    assert_eq!(reply.errors(), ["case upstream_error globex-support"]);
    assert!(!reply.text().contains("half the truth"));
}

#[tokio::test(flavor = "multi_thread")]
async fn chargebees_lists_of_ids_are_one_call_and_no_id_ends_the_list() {
    let scene = Scene::start().await;
    let reply = asked(
        &scene,
        r#"{ a: customer(by: { billingId: "G-2001" }) { name } b: customer(by: { billingId: "G-2003" }) { name } }"#,
    )
    .await;
    assert_eq!(reply.errors(), Vec::<String>::new());
    assert_eq!(calls(&scene, (Tenant::Globex, Role::Billing)), ["1 GET /api/v2/customers"]);
    for hostile in [r#"x\"]&id[is]=G-2001"#, r#"\",\"G-2001"#, "G-2001,G-2003", "[G-2001]"] {
        let query = format!(r#"{{ customer(by: {{ billingId: "{hostile}" }}) {{ name billingId }} }}"#);
        let reply = asked(&scene, &query).await;
        assert_eq!(reply.data()["customer"], json!(null), "{hostile}: {}", reply.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn netsuite_is_never_asked_with_a_key_that_ends_its_literal() {
    let scene = Scene::start().await;
    for hostile in ["x' OR '1'='1", "SO-7042' --", "' UNION SELECT entityid FROM customer --", "SO-704_", "SO-70%"] {
        let reply = asked(&scene, &format!(r#"{{ order(number: "{hostile}") {{ number }} }}"#)).await;
        assert_eq!(reply.errors(), ["order not_found globex-erp"], "{hostile}");
    }
    assert!(calls(&scene, ERP).iter().all(|call| call.contains("POST /services/rest/query/v1/suiteql")));
}

#[tokio::test(flavor = "multi_thread")]
async fn hubspots_numbers_are_texts_and_become_exact_numbers() {
    let upstream = Upstream::start().await;
    let answer = |price: &str, months: &str| {
        let body = format!(
            r#"{{"status":"COMPLETE","results":[{{"id":"1","properties":{{"hs_object_id":"1","hs_sku":"P-1","name":"Pump",
            "price":{price},"warranty_months":{months}}}}}]}}"#
        );
        upstream.answer(StatusCode::OK, &[("content-type", "application/json")], &body);
    };
    let scene = Scene::with(|settings| {
        set(settings, CRM, "currency", "EUR");
        set(settings, CRM, "warranty_months_property", "warranty_months");
        own(settings, CRM, "Product");
        upstream.as_system(CRM.0, CRM.1)(settings);
    })
    .await;
    let query = r#"{ product(sku: "P-1") { name listPrice { amount currency } warrantyMonths } }"#;
    let ask = || scene.graphql(query).of(Tenant::Globex, "support-console").header("cache-control", "no-cache").send();
    answer(r#""1250.10""#, r#""24""#);
    assert_eq!(
        ask().await.data()["product"],
        json!({ "name": "Pump", "listPrice": { "amount": "1250.10", "currency": "EUR" }, "warrantyMonths": 24 })
    );
    // An empty text is no number, and no nought.
    answer(r#""""#, r#""""#);
    let empty = ask().await;
    assert_eq!((empty.data()["product"]["listPrice"].clone(), empty.errors()), (json!(null), Vec::<String>::new()));
    answer(r#""about 1250""#, r#""two years""#);
    let odd = ask().await;
    assert_eq!(odd.data()["product"], json!({ "name": "Pump", "listPrice": null, "warrantyMonths": null }));
    assert_eq!(
        odd.errors(),
        ["product.listPrice upstream_drift globex-crm", "product.warrantyMonths upstream_drift globex-crm"]
    );
}

/// Every text and number of an answer.
fn leaves(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.values().for_each(|member| leaves(member, found)),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, found)),
        Value::Null => {}
        leaf => found.push(leaf.to_string()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_nobody_asked_for_never_reach_an_answer() {
    const VIEW: &str = r#"{
        order(number: "SO-7042") { number purchaseOrder customer { number name } lines { sku } shipments { number } cases { number } }
        customer(by: { number: "G-2001" }) {
            number name crmId billingId supportId account { name } contacts { name } receivables { openBalance { amount } }
            orders(first: 3) { edges { node { number } } } invoices(first: 3) { edges { node { number } } }
            subscriptions { id } contracts { number coversSerialNumbers } assets { serialNumber } cases { number }
        }
        product(sku: "GB-100") { sku name availability { onHand } }
    }"#;
    let mut known = Vec::new();
    leaves(&asked(&Scene::start().await, VIEW).await.data(), &mut known);
    for role in Role::ALL {
        for how in [WrongRows::Added, WrongRows::InPlace] {
            let scene = Scene::start().await;
            scene.sandbox().set_fault(Tenant::Globex, role, Fault::WrongRows(how)).await;
            let reply = asked(&scene, VIEW).await;
            let mut told = Vec::new();
            leaves(&reply.data(), &mut told);
            let strange: Vec<&String> = told.iter().filter(|leaf| !known.contains(leaf)).collect();
            assert!(strange.is_empty(), "{} {how:?}: {strange:?}", role.name());
            assert!(told.len() < known.len() || how == WrongRows::Added, "{} {how:?}: nothing was wrong", role.name());
        }
    }
}
