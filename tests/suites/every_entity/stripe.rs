//! Stripe as the owner of products.

use http::StatusCode;
use portico_tests::{Role, Scene, Tenant, Upstream};
use serde_json::{Value, json};

use super::{Place, asked, own, owning, targets, told};

const BILLING: Place = (Tenant::Acme, Role::Billing);
const ERP: Place = (Tenant::Acme, Role::Erp);
const JSON: (&str, &str) = ("content-type", "application/json");

const PRODUCT: &str = r#"{ product(sku: "premium-care") {
    sku name description unit listPrice { amount currency } warrantyMonths source { system role } } }"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_product_is_answered_with_its_price_and_the_erp_is_not_asked() {
    let scene = owning(BILLING, &["Product"]).await;
    let reply = asked(&scene, BILLING.0, PRODUCT).await;
    insta::assert_snapshot!(format!("{} {}", reply.data(), reply.errors().join(", ")), @r#"{"product":{"sku":"premium-care","name":"Premium Care","description":null,"unit":"seat","listPrice":{"amount":"199.00","currency":"EUR"},"warrantyMonths":null,"source":{"system":"acme-billing","role":"BILLING"}}}"#);
    insta::assert_snapshot!(reply.json()["extensions"]["notProvided"], @r#"["product.warrantyMonths"]"#);
    assert_eq!(scene.sandbox().calls_to(ERP.0, ERP.1), 0);
    let none = told(&scene, BILLING.0, r#"{ product(sku: "AC-100") { sku } }"#).await;
    assert_eq!(none, r#"{"product":null} product not_found acme-billing"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ordered_is_looked_up_in_one_search_and_stock_stays_the_erps() {
    let scene = owning(BILLING, &["Product"]).await;
    let query = r#"{ orderCheck(order: { customer: { number: "C-1001" }, currency: "EUR", lines: [
        { sku: "premium-care", quantity: "1" }, { sku: "x' OR active:'true", quantity: "1" } ] })
        { acceptable exceptions { code } lines { sku listPrice { amount } available product { name } exceptions { code } } } }"#;
    let reply = scene.graphql(query).of(BILLING.0, "crm").send().await;
    insta::assert_snapshot!(format!("{} {}", reply.data(), reply.errors().join(", ")), @r#"{"orderCheck":{"acceptable":false,"exceptions":[{"code":"credit_not_checked"},{"code":"total_unknown"}],"lines":[{"sku":"premium-care","listPrice":{"amount":"199.00"},"available":null,"product":{"name":"Premium Care"},"exceptions":[]},{"sku":"x' OR active:'true","listPrice":null,"available":null,"product":null,"exceptions":[{"code":"product_unknown"}]}]}} orderCheck.lines.1.product not_found acme-billing"#);
    insta::assert_snapshot!(targets(&scene, BILLING).join("\n"), @r"/v1/products/search?query=metadata['sku']:'premium-care' OR metadata['sku']:'x\' OR active:\'true'&limit=100&expand[]=data.default_price");
}

fn found(sku: &str, price: &Value) -> String {
    let product = json!({ "id": "prod_1", "object": "product", "active": true, "name": "Anything", "description": null,
                          "unit_label": null, "metadata": { "sku": sku }, "default_price": price });
    json!({ "object": "search_result", "data": [product], "has_more": false, "next_page": null }).to_string()
}

/// The index lags behind: it finds a product by the number that it had, and a new one not at all.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_search_finds_by_an_old_number_is_not_the_product_that_was_asked_for() {
    let upstream = Upstream::start().await;
    let scene = Scene::with(|settings| {
        upstream.as_system(BILLING.0, BILLING.1)(settings);
        own(settings, BILLING, &["Product"]);
    })
    .await;
    let query = r#"{ product(sku: "SRV-9") { sku name listPrice { amount currency } } }"#;
    upstream.answer(StatusCode::OK, &[JSON], &found("SRV-10", &Value::Null));
    let reply = asked(&scene, BILLING.0, query).await;
    assert_eq!(
        (reply.errors(), reply.data()["product"].clone()),
        (vec!["product not_found acme-billing".into()], Value::Null)
    );
    assert!(!reply.text().contains("Anything"));
    let price = json!({ "id": "price_1", "currency": "eur", "unit_amount": 124_950, "billing_scheme": "per_unit" });
    upstream.answer(StatusCode::OK, &[JSON], &found("SRV-9", &price));
    let insists = scene.graphql(query).of(BILLING.0, "support-console").header("cache-control", "no-cache");
    let reply = insists.send().await;
    assert_eq!(reply.data()["product"]["listPrice"], json!({ "amount": "1249.50", "currency": "EUR" }));
    // One price for each quantity is no list price.
    let tiers = json!({ "id": "price_2", "currency": "eur", "unit_amount": null, "billing_scheme": "tiered" });
    upstream.answer(StatusCode::OK, &[JSON], &found("SRV-T", &tiers));
    let reply = asked(&scene, BILLING.0, &query.replace("SRV-9", "SRV-T")).await;
    assert_eq!((reply.errors(), reply.data()["product"]["listPrice"].clone()), (Vec::new(), Value::Null));
}
