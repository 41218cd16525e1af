//! Chargebee as the owner of products: its item prices.

use portico_tests::{Fault, Role, Tenant, WrongRows};
use serde_json::Value;

use super::{Place, asked, owning, targets, told};

const BILLING: Place = (Tenant::Globex, Role::Billing);
const ERP: Place = (Tenant::Globex, Role::Erp);

const PRODUCT: &str = r#"{ product(sku: "premium-care-EUR-Monthly") {
    sku name description unit listPrice { amount currency } warrantyMonths source { system role } } }"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_product_is_answered_with_its_price_and_the_erp_is_not_asked() {
    let scene = owning(BILLING, &["Product"]).await;
    let reply = asked(&scene, BILLING.0, PRODUCT).await;
    insta::assert_snapshot!(format!("{} {}", reply.data(), reply.errors().join(", ")), @r#"{"product":{"sku":"premium-care-EUR-Monthly","name":"Premium Care","description":null,"unit":null,"listPrice":{"amount":"199.00","currency":"EUR"},"warrantyMonths":null,"source":{"system":"globex-billing","role":"BILLING"}}}"#);
    insta::assert_snapshot!(reply.json()["extensions"]["notProvided"], @r#"["product.unit","product.warrantyMonths"]"#);
    assert_eq!(scene.sandbox().calls_to(ERP.0, ERP.1), 0);
    // A subscription's plan is such a number.
    let plans = r#"{ customer(by: { number: "G-2001" }) { subscriptions { plan } } }"#;
    let plan = asked(&scene, BILLING.0, plans).await.data()["customer"]["subscriptions"][0]["plan"].clone();
    assert_eq!(plan, "premium-care-EUR-Monthly");
    let none = told(&scene, BILLING.0, r#"{ product(sku: "GB-100") { sku } }"#).await;
    assert_eq!(none, r#"{"product":null} product not_found globex-billing"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_products_are_one_list_and_no_number_ends_it() {
    let scene = owning(BILLING, &["Product"]).await;
    let query = r#"{ a: product(sku: "premium-care-EUR-Monthly") { name } b: product(sku: "nothing") { name }
                     c: product(sku: "x\",\"premium-care-EUR-Monthly") { name }
                     d: product(sku: "x\"]&id[is_present]=true") { name } }"#;
    insta::assert_snapshot!(told(&scene, BILLING.0, query).await, @r#"{"a":{"name":"Premium Care"},"b":null,"c":null,"d":null} b not_found globex-billing, c not_found globex-billing, d key_refused globex-billing"#);
    insta::assert_snapshot!(targets(&scene, BILLING).join("\n"), @r#"/api/v2/item_prices?id[in]=["premium-care-EUR-Monthly","nothing","x\",\"premium-care-EUR-Monthly"]&limit=100"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_rows_than_those_asked_for_reach_nobody() {
    let right = asked(&owning(BILLING, &["Product"]).await, BILLING.0, PRODUCT).await.data();
    for wrong in [WrongRows::InPlace, WrongRows::Added] {
        let scene = owning(BILLING, &["Product"]).await;
        scene.sandbox().set_fault(BILLING.0, BILLING.1, Fault::WrongRows(wrong)).await;
        let reply = asked(&scene, BILLING.0, PRODUCT).await;
        let found = reply.data()["product"].clone();
        assert!(found == right["product"] || found == Value::Null, "{}", reply.text());
    }
}
