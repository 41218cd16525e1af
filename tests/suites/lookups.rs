//! A support agent's tool looks things up: one query, every system, and an answer when one of them is down.

use portico_tests::{Fault, Role, Scene, Tenant};

const ORDER: &str = r#"{ order(number: "SO-1042") {
    number status total { amount currency }
    customer { name account { owner } cases(open: true) { subject } }
    lines { lineNumber sku quantity product { name } }
    shipments { number trackingNumber }
    source { system role state }
} }"#;

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_answered_from_every_system() {
    let scene = Scene::start().await;
    let reply = scene.graphql(ORDER).as_consumer("support-console").send().await;
    insta::assert_snapshot!(reply.shown(), @"");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_answered_without_the_crm() {
    let scene = Scene::start().await;
    scene.sandbox().set_fault(Tenant::Acme, Role::Crm, Fault::Down).await;
    let reply = scene.graphql(ORDER).as_consumer("support-console").send().await;
    insta::assert_snapshot!(reply.errors().join("\n"), @"");
    assert_eq!(reply.data()["order"]["customer"]["name"], "Hanseatic Pumps GmbH");
}
