//! Before an order is booked: customer, credit, products, stock and prices; and where systems disagree about a customer.

use portico_tests::{Fault, Role, Scene, Tenant};
use serde_json::{Value, json};

async fn check(scene: &Scene, customer: &str, lines: Value) -> String {
    let order = json!({ "customer": { "number": customer }, "currency": "EUR", "lines": lines });
    scene.post("/sales/v1/order-checks", &order).as_consumer("crm").send().await.shown()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_can_be_booked_is_acceptable() {
    let scene = Scene::start().await;
    insta::assert_snapshot!(check(&scene, "C-1001", json!([{ "sku": "AC-100", "quantity": 2 }, { "sku": "AC-300", "quantity": "1" }])).await, @r#"200 {"acceptable":true,"exceptions":[],"credit":{"outcome":"APPROVED","reasons":[{"code":"within_limit","message":"The exposure stays within the limit, nothing is overdue too long and there is no hold.","system":null}],"requested":{"amount":"2589.00","currency":"EUR"},"available":{"amount":"81699.00","currency":"EUR"},"decisionId":"…"},"lines":[{"sku":"AC-100","available":"40","listPrice":{"amount":"1250.00","currency":"EUR"},"exceptions":[]},{"sku":"AC-300","available":"40","listPrice":{"amount":"89.00","currency":"EUR"},"exceptions":[]}]}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_speaks_against_an_order_is_told() {
    let scene = Scene::start().await;
    insta::assert_snapshot!(check(&scene, "C-1002", json!([{ "sku": "AC-100", "quantity": 2_000, "unitPrice": "1.00" }, { "sku": "AC-200", "quantity": 1 }])).await, @r#"200 {"acceptable":false,"exceptions":[{"code":"credit_declined","message":"There is not enough credit.","system":null}],"credit":{"outcome":"DECLINED","reasons":[{"code":"on_hold","message":"The customer is on hold.","system":null}],"requested":{"amount":"5400.00","currency":"EUR"},"available":{"amount":"47000.00","currency":"EUR"},"decisionId":"…"},"lines":[{"sku":"AC-100","available":"40","listPrice":{"amount":"1250.00","currency":"EUR"},"exceptions":[{"code":"price_below_list","message":"The price is below the list price.","system":null},{"code":"not_available","message":"40 are available, 2000 are ordered.","system":null}]},{"sku":"AC-200","available":"40","listPrice":{"amount":"3400.00","currency":"EUR"},"exceptions":[]}]}"#);
    insta::assert_snapshot!(check(&scene, "C-1001", json!([{ "sku": "NO-1", "quantity": 1 }])).await, @r#"200 {"acceptable":false,"exceptions":[{"code":"credit_not_checked","message":"Without a total there is nothing to check credit for.","system":null},{"code":"total_unknown","message":"What the order comes to is not known.","system":null}],"credit":null,"lines":[{"sku":"NO-1","available":null,"listPrice":null,"exceptions":[{"code":"product_unknown","message":"There is no such product.","system":null}]}]}"#);
    insta::assert_snapshot!(check(&scene, "C-0", json!([{ "sku": "AC-100", "quantity": 1 }])).await, @r#"200 {"acceptable":false,"exceptions":[{"code":"customer_unknown","message":"acme-erp knows no customer by this key.","system":"acme-erp"}],"credit":null,"lines":[{"sku":"AC-100","available":"40","listPrice":{"amount":"1250.00","currency":"EUR"},"exceptions":[]}]}"#);
    insta::assert_snapshot!(check(&scene, "C-1001", json!([])).await, @r#"400 {"type":"urn:portico:problem:argument_invalid","title":"An argument's value is not acceptable","status":400,"detail":"`order.lines` must have between 1 and 100 lines.","instance":"…","code":"argument_invalid","advice":"Correct the argument that the message names.","request_id":"…","retryable":false}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_cannot_be_checked_is_not_acceptable() {
    let scene = Scene::start().await;
    scene.sandbox().set_fault(Tenant::Acme, Role::Erp, Fault::Down).await;
    insta::assert_snapshot!(check(&scene, "C-1001", json!([{ "sku": "AC-100", "quantity": 1 }])).await, @r#"200 {"acceptable":false,"exceptions":[{"code":"credit_not_checked","message":"Without a total there is nothing to check credit for.","system":null},{"code":"total_unknown","message":"What the order comes to is not known.","system":null}],"credit":null,"lines":[{"sku":"AC-100","available":null,"listPrice":null,"exceptions":[{"code":"upstream_unavailable","message":"acme-erp cannot be reached.","system":"acme-erp"}]}]}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_may_checks_orders() {
    let scene = Scene::start().await;
    let order =
        json!({ "customer": { "number": "C-1001" }, "currency": "EUR", "lines": [{ "sku": "AC-100", "quantity": 1 }] });
    let reply = scene.post("/sales/v1/order-checks", &order).as_consumer("support-console").send().await;
    assert_eq!((reply.status.as_u16(), reply.code()), (403, "forbidden".to_owned()));
    assert_eq!(scene.sandbox().calls(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_systems_disagree_about_a_customer_is_told() {
    let scene = Scene::start().await;
    let query = r#"{ a: customer(by: { number: "C-1005" }) { discrepancies { field values { value source { system } } } } b: customer(by: { number: "C-1001" }) { discrepancies { field } } }"#;
    insta::assert_snapshot!(scene.graphql(query).as_consumer("crm").send().await.data(), @r#"{"a":{"discrepancies":[{"field":"name","values":[{"value":"Nordwind Logistik GmbH","source":{"system":"acme-erp"}},{"value":"Nordwind Logistics GmbH & Co. KG","source":{"system":"acme-crm"}},{"value":"Nordwind Ltd","source":{"system":"acme-billing"}},{"value":"Nordwind","source":{"system":"acme-support"}}]}]},"b":{"discrepancies":[]}}"#);
}
