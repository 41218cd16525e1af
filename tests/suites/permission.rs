//! What callers may do beyond and short of their scopes: roles, conditions, trusted documents.

use std::collections::BTreeMap;

use portico_tests::{Role, Scene, Tenant};
use serde_json::json;

type Files = BTreeMap<String, String>;

/// Replaces a passage that stands in a file once.
fn edit(files: &mut Files, file: &str, from: &str, to: &str) {
    let text = files.get_mut(file).expect("the demo has the file");
    assert_eq!(text.matches(from).count(), 1, "{file} has one {from:?}");
    *text = text.replace(from, to);
}

const CREDIT: &str =
    r#"{ creditCheck(customer: { number: "C-1001" }, amount: { amount: "AMOUNT", currency: "EUR" }) { outcome } }"#;

fn conditions(files: &mut Files) {
    let gateway = files.get_mut("portico.yaml").expect("it is there");
    gateway.push_str(
        "
graphql:
  conditions:
    creditCheck: decimal(arguments.amount.amount, \"50000\") <= 0 && principal.tier == \"critical\"
",
    );
    edit(
        files,
        "apis/sales/v1/api.yaml",
        "scope: api:sales",
        "scope: api:sales\ncondition: principal.tenant == \"acme\"",
    );
    edit(
        files,
        "apis/erp/v1/api.yaml",
        "path: /**\n    methods: [GET]\n    role: erp\n    upstream: /data/**",
        "path: /{set}\n    methods: [GET]\n    role: erp\n    upstream: /data/{set}\n    condition: arguments.set in [\"CustomersV3\", \"Vendors\"]",
    );
    edit(
        files,
        "apis/partner/v2/orders.graphql",
        "# GET /orders",
        "# GET /orders\n# condition: arguments.first == null || arguments.first <= 50",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_hold_on_apis_routes_operations_and_root_fields() {
    let scene = Scene::written(conditions).await;
    // A root field: in GraphQL and behind an operation alike, and no system is asked.
    let ask = |amount: &str| scene.graphql(&CREDIT.replace("AMOUNT", amount)).as_consumer("crm").send();
    assert_eq!(ask("50000.00").await.data()["creditCheck"]["outcome"], "APPROVED");
    let asked = scene.sandbox().calls_to(Tenant::Acme, Role::Erp);
    insta::assert_snapshot!(ask("50000.01").await.shown(), @r#"403 {"errors":[{"message":"`creditCheck` is open under a condition that this request does not meet.","extensions":{"code":"condition_not_met","retryable":false,"requestId":"…"}}]}"#);
    let check = |amount: &str| {
        let body = json!({ "customer": { "number": "C-1001" }, "amount": { "amount": amount, "currency": "EUR" } });
        scene.post("/credit/v1/checks", &body).as_consumer("crm").send()
    };
    insta::assert_snapshot!(check("50000.01").await.shown(), @r#"403 {"type":"urn:portico:problem:condition_not_met","title":"A condition is not met","status":403,"detail":"`creditCheck` is open under a condition that this request does not meet.","instance":"…","code":"condition_not_met","advice":"Ask the operator under which condition this is open.","request_id":"…","retryable":false}"#);
    assert_eq!(scene.sandbox().calls_to(Tenant::Acme, Role::Erp), asked, "what is refused costs no call");
    assert_eq!(check("50000.00").await.status, 200);
    // Beside another field it is null, and the rest is answered.
    let both = CREDIT
        .replace("AMOUNT", "60000")
        .replace("{ creditCheck", r#"{ customer(by: { number: "C-1001" }) { name } creditCheck"#);
    let both = scene.graphql(&both).as_consumer("crm").send().await;
    assert_eq!(
        (both.data()["customer"]["name"].is_string(), both.errors()),
        (true, vec!["creditCheck condition_not_met".to_owned()])
    );
    // An operation's variables.
    let page = |first: u32| {
        scene.get(&format!("/partner/v2/orders?customer=C-1001&first={first}")).as_consumer("partner-one").send()
    };
    assert_eq!((page(50).await.status.as_u16(), page(51).await.code()), (200, "condition_not_met".to_owned()));
    assert_eq!(scene.get("/partner/v2/orders?customer=C-1001").as_consumer("partner-one").send().await.status, 200);
    // A proxied route's path.
    let read = |set: &str| scene.get(&format!("/erp/v1/{set}?$top=1")).as_consumer("crm").send();
    assert_eq!(read("CustomersV3").await.status, 200);
    for hidden in ["SalesOrderHeadersV2", "customersv3", "CustomersV3%20"] {
        assert_eq!(read(hidden).await.code(), "condition_not_met", "{hidden}");
    }
    // A whole API, for one tenant only.
    let of = |tenant: Tenant| scene.get("/sales/v1/openapi.json").of(tenant, "crm").send();
    assert_eq!(
        (of(Tenant::Acme).await.status.as_u16(), of(Tenant::Globex).await.code()),
        (200, "condition_not_met".to_owned())
    );
}

/// A list of two documents, one as a file and one in a compiler's manifest.
fn trusted(files: &mut Files) {
    let order = "query Order($number: String!) { order(number: $number) { number status } }";
    files.insert("documents/desk/order.graphql".to_owned(), order.to_owned());
    let manifest = json!({ "7f3a": "{ customer(by: { number: \"C-1001\" }) { name } }" });
    files.insert("documents/desk.json".to_owned(), manifest.to_string());
    edit(files, "tenants/acme.yaml", "    roles: [support]", "    roles: [support]\n    documents: desk");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_held_to_a_list_asks_nothing_else() {
    let scene = Scene::written(trusted).await;
    let ask = |body: &serde_json::Value| scene.post("/graphql", body).as_consumer("support-console").send();
    let number = json!({ "number": "SO-1042" });
    let order = "query Order($number: String!) { order(number: $number) { number status } }";
    for known in [
        json!({ "query": order, "variables": number }),
        json!({ "documentId": "order", "variables": number }),
        json!({ "documentId": portico_policies::authorize::documents::id_of(order), "variables": number }),
        json!({ "documentId": "order", "query": order, "variables": number }),
    ] {
        let reply = ask(&known).await;
        assert_eq!(reply.data()["order"]["number"], "SO-1042", "{known}: {}", reply.text());
    }
    assert_eq!(ask(&json!({ "documentId": "7f3a" })).await.data()["customer"]["name"], "Hanseatic Pumps GmbH");
    let get = scene.get("/graphql?documentId=7f3a").as_consumer("support-console").header("accept", "application/json");
    assert_eq!(get.send().await.data()["customer"]["name"], "Hanseatic Pumps GmbH");

    scene.sandbox().clear_calls();
    for other in [
        json!({ "query": "{ order(number: \"SO-1042\") { number status } }" }),
        json!({ "query": format!("{order} "), "variables": number }),
        json!({ "query": "{ __schema { types { name } } }" }),
        json!({ "documentId": "orders" }),
        json!({ "documentId": "order", "query": "{ __typename }" }),
        json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": "00" } } }),
    ] {
        let reply = ask(&other).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (403, "document_not_trusted".to_owned()), "{other}");
    }
    assert_eq!(scene.sandbox().calls().iter().map(|call| call.count).sum::<u64>(), 0);
    // Others are held to nothing, and have no names.
    let crm = scene.graphql("{ __typename }").as_consumer("crm").send().await;
    assert_eq!(crm.data()["__typename"], "Query");
    let named = scene.post("/graphql", &json!({ "documentId": "order" })).as_consumer("crm").send().await;
    assert_eq!((named.status.as_u16(), named.code()), (400, "parameter_invalid".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_loses_a_scope_takes_it_from_all_who_have_it() {
    let scene = Scene::start().await;
    let query = r#"{ order(number: "SO-1042") { number } }"#;
    assert_eq!(scene.graphql(query).as_consumer("support-console").send().await.data()["order"]["number"], "SO-1042");
    scene.rewrite(|files| edit(files, "portico.yaml", "  crm:\n", "  other: [order:read]\n  crm:\n")).expect("taken");
    scene
        .rewrite(|files| {
            let text = files.get_mut("portico.yaml").expect("it is there");
            *text = text.replacen("    - order:read\n", "", 1);
        })
        .expect("taken");
    for tenant in [Tenant::Acme, Tenant::Globex] {
        let reply = scene.graphql(query).of(tenant, "support-console").send().await;
        assert_eq!((reply.status.as_u16(), reply.code()), (403, "scope_missing".to_owned()), "{tenant:?}");
    }
}
