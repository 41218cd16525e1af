//! Which field of which system carries the customer's number is the binding's to say.

use std::sync::Arc;

use portico_composites::connect::system::SystemSettings;
use portico_gateway::settings::Settings;
use portico_tests::{Reply, Scene};

/// A setting of one of acme's systems, in place of the pack's usual.
fn with(system: &'static str, name: &'static str, value: &'static str) -> impl FnOnce(&mut Settings) {
    move |settings| {
        let acme = settings.tenants.values_mut().find(|tenant| tenant.id.as_str() == "acme").and_then(Arc::get_mut);
        let found = acme.and_then(|acme| acme.systems.values_mut().find(|one| one.id.as_str() == system));
        let found = found.expect("a system of the demo");
        let mut own = SystemSettings::clone(found);
        own.binding.settings.insert(name.to_owned(), value.to_owned());
        *found = Arc::new(own);
    }
}

async fn asked(scene: &Scene, query: &str) -> Reply {
    scene.graphql(query).as_consumer("support-console").send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_crm_may_carry_the_number_in_any_field_of_its_accounts() {
    // Here accounts are known to the ERP by their name.
    let scene = Scene::with(with("acme-crm", "customer_number_field", "Name")).await;
    let query = |number: &str| {
        format!(
            r#"{{ customer(by: {{ number: "{number}" }}) {{ number name crmId account {{ name owner }} contacts {{ name }} }} }}"#
        )
    };
    let by_name = asked(&scene, &query("Hanseatic Pumps GmbH")).await;
    insta::assert_snapshot!(format!("{} {}\n{}", by_name.data(), by_name.errors().join(", "), by_name.json()["extensions"]["unknownTo"]), @r#"
    {"customer":{"number":null,"name":"Hanseatic Pumps GmbH","crmId":"0015gAc00000000ABA","account":{"name":"Hanseatic Pumps GmbH","owner":"Erika Lindqvist"},"contacts":[{"name":"Jonas Keller"},{"name":"Anna Brandt"}]}} 
    [{"path":"customer","systems":["acme-erp"]}]
    "#);
    let by_number = asked(&scene, &query("C-1001")).await;
    insta::assert_snapshot!(format!("{} {}\n{}", by_number.data(), by_number.errors().join(", "), by_number.json()["extensions"]["unknownTo"]), @r#"
    {"customer":{"number":"C-1001","name":"Hanseatic Pumps GmbH","crmId":null,"account":null,"contacts":[]}} customer.account not_found acme-crm
    [{"path":"customer","systems":["acme-crm"]}]
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn billing_may_carry_the_number_under_any_key() {
    let query = |number: &str| {
        format!(r#"{{ customer(by: {{ number: "{number}" }}) {{ number name billingId subscriptions {{ plan }} }} }}"#)
    };
    let usual = Scene::start().await;
    let known = asked(&usual, &query("C-1001")).await.data()["customer"].clone();
    let scene = Scene::with(with("acme-billing", "customer_number_key", "account_code")).await;
    let without = asked(&scene, &query("C-1001")).await;
    insta::assert_snapshot!(format!("{} {}", without.data(), without.json()["extensions"]["unknownTo"]), @r#"{"customer":{"number":"C-1001","name":"Hanseatic Pumps GmbH","billingId":null,"subscriptions":[]}} [{"path":"customer","systems":["acme-billing"]}]"#);
    // Under that key billing keeps numbers of its own, by which the same customer is found.
    let by_id = format!(
        r#"{{ customer(by: {{ billingId: {} }}) {{ number name billingId subscriptions {{ plan }} }} }}"#,
        known["billingId"]
    );
    let by_id = asked(&scene, &by_id).await;
    insta::assert_snapshot!(format!("{} {}", by_id.data(), by_id.json()["extensions"]["unknownTo"]), @r#"{"customer":{"number":null,"name":"Hanseatic Pumps GmbH","billingId":"cus_Ac000000000000","subscriptions":[{"plan":"Premium Care"}]}} [{"path":"customer","systems":["acme-crm","acme-erp"]}]"#);
    let by_code = asked(&scene, r#"{ customer(by: { number: "K1001" }) { billingId subscriptions { plan } } }"#).await;
    assert_eq!(by_code.data()["customer"]["billingId"], known["billingId"], "{}", by_code.shown());
    assert_eq!(by_code.data()["customer"]["subscriptions"], known["subscriptions"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_that_only_some_systems_know_is_answered_and_they_are_named() {
    let scene = Scene::start().await;
    let query = |key: &str| {
        format!(
            r#"{{ customer(by: {{ {key} }}) {{ number crmId billingId supportId name receivables {{ onHold }} subscriptions {{ plan }} cases {{ number }} source {{ system }} }} }}"#
        )
    };
    let prospect = asked(&scene, &query(r#"email: "prospect@example.com""#)).await;
    insta::assert_snapshot!(format!("{} {}\n{}", prospect.data(), prospect.errors().join(", "), prospect.json()["extensions"]["unknownTo"]), @r#"
    {"customer":{"number":null,"crmId":"0015gAc00000005ABA","billingId":null,"supportId":null,"name":"Spree Startup UG","receivables":null,"subscriptions":null,"cases":null,"source":{"system":"acme-crm"}}} 
    [{"path":"customer","systems":["acme-billing","acme-erp","acme-support"]}]
    "#);
    let everywhere = asked(&scene, &query(r#"number: "C-1001""#)).await;
    assert!(everywhere.json()["extensions"]["unknownTo"].is_null(), "{}", everywhere.shown());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_that_one_system_knows_twice_is_ambiguous_and_the_system_is_named() {
    // A field that many accounts share is no number: whose it is cannot be told.
    let scene = Scene::with(with("acme-crm", "customer_number_field", "BillingCity")).await;
    let reply = asked(&scene, r#"{ customer(by: { number: "Hamburg" }) { name account { id } crmId } }"#).await;
    let message = reply.json()["errors"][0]["message"].as_str().unwrap_or_default().to_owned();
    insta::assert_snapshot!(format!("{} {}", reply.data(), reply.errors().join(", ")), @r#"{"customer":null} customer ambiguous acme-crm"#);
    assert!(message.starts_with("acme-crm has ") && message.contains(" accounts by this customerNumber"), "{message}");
}
