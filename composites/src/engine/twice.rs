//! One key, several things in one system: nobody picks one.

use std::collections::HashMap;
use std::sync::Arc;

use portico_contracts::canonical::Value;
use portico_contracts::rules::Rules;
use portico_contracts::tenancy::{Role, TenantId};

use super::fake::Fake;
use super::tests::{Scene, eur};
use crate::ask::Upstream;
use crate::estate::Estate;

fn t(text: &str) -> Value {
    Value::text(text)
}

/// An ERP and a CRM that know some customers twice.
fn scene() -> Scene {
    let receivables = [("customerNumber", t("C-1")), ("creditLimit", eur("500")), ("onHold", Value::Bool(false))];
    let erp = Fake::new("acme", "erp", Role::Erp)
        .with("Customer", &[("number", t("C-1")), ("name", t("One"))])
        .with("Customer", &[("number", t("C-1")), ("name", t("The other one"))])
        .with("Customer", &[("number", t("C-2")), ("name", t("Two"))])
        .with("Receivables", &receivables)
        .with("Receivables", &receivables)
        .with("Order", &[("number", t("O-1")), ("customerNumber", t("C-1"))])
        .with("Order", &[("number", t("O-1")), ("customerNumber", t("C-2"))]);
    let account = |id: &str, number: &str, domain: &str| {
        [("id", t(id)), ("customerNumber", t(number)), ("domain", t(domain)), ("name", t(id))]
    };
    let contact =
        |id: &str, account: &str, email: &str| [("id", t(id)), ("accountId", t(account)), ("email", t(email))];
    let crm = Fake::new("acme", "crm", Role::Crm)
        .with("Account", &account("A-2", "C-2", "two.example"))
        .with("Account", &account("A-3", "C-2", "two.example"))
        .with("Account", &account("A-4", "C-4", "four.example"))
        .with("Contact", &contact("K-1", "A-4", "office@four.example"))
        .with("Contact", &contact("K-2", "A-4", "office@four.example"))
        .with("Contact", &contact("K-3", "A-4", "shared@example.com"))
        .with("Contact", &contact("K-4", "A-2", "shared@example.com"));
    let upstreams: Vec<Arc<dyn Upstream>> = vec![Arc::new(erp), Arc::new(crm)];
    let tenant = TenantId::parse("acme").expect("a name");
    let estate = Estate::new(tenant, upstreams, &HashMap::new(), Rules::default()).expect("binds");
    let mut scene = Scene::roomy();
    scene.estate = Arc::new(estate);
    scene
}

#[tokio::test]
async fn a_key_that_one_system_has_twice_is_ambiguous() {
    let scene = scene();
    let mut told = Vec::new();
    for query in [
        r#"{ customer(by: { number: "C-1" }) { name } }"#,
        r#"{ customer(by: { domain: "two.example" }) { name } }"#,
        r#"{ customer(by: { email: "shared@example.com" }) { name } }"#,
        r#"{ customer(by: { number: "C-2" }) { name account { id } crmId } }"#,
        r#"{ order(number: "O-1") { number } }"#,
        r#"{ customer(by: { number: "C-2" }) { discrepancies { field } } }"#,
        r#"{ creditCheck(customer: { number: "C-1" }, amount: { amount: 1, currency: "EUR" }) { outcome reasons { code system } } }"#,
    ] {
        let answer = scene.ask(query).await;
        told.push(format!("{} {}", answer["data"], answer["errors"][0]["message"]));
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    {"customer":null} "erp has 2 customers by this number; a key that is unique tells which is meant."
    {"customer":null} "crm has 2 accounts by this domain; a key that is unique tells which is meant."
    {"customer":null} "crm knows 2 customers by this key."
    {"customer":{"name":"Two","account":null,"crmId":null}} "crm has 2 accounts by this customerNumber; a key that is unique tells which is meant."
    {"order":null} "erp has 2 orders by this number; a key that is unique tells which is meant."
    {"customer":{"discrepancies":null}} "crm has 2 accounts by this customerNumber; a key that is unique tells which is meant."
    {"creditCheck":{"outcome":"REVIEW","reasons":[{"code":"ambiguous","system":"erp"},{"code":"order_value_unknown","system":null}]}} null
    "#);
}

#[tokio::test]
async fn people_of_one_customer_may_share_an_address() {
    let scene = scene();
    insta::assert_snapshot!(scene.told(r#"{ customer(by: { email: "office@four.example" }) { number crmId account { id } } }"#).await, @r#"{"data":{"customer":{"number":null,"crmId":"A-4","account":{"id":"A-4"}}}}"#);
}
