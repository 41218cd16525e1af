//! A system that wants to know on whose behalf it is asked: callers' tokens are exchanged (RFC 8693), and nothing that
//! one caller was shown is shown to another.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use portico_composites::connect::credentials::{ACCESS_TOKEN, Credentials, TokenExchange};
use portico_composites::connect::system::SystemSettings;
use portico_contracts::packs::TokenBody;
use portico_gateway::settings::Settings;
use portico_tests::{Reply, Role, Scene, Tenant, TokenRequest};
use serde_json::json;

/// Acme's ERP with exchange in place of its service account.
fn exchanging(service_account: bool) -> impl FnOnce(&mut Settings) {
    move |settings| {
        let issuer = settings.issuers.first().expect("the demo has an issuer").url.to_string();
        let acme = settings.tenants.values_mut().find(|tenant| tenant.id.as_str() == "acme").and_then(Arc::get_mut);
        let erp = acme.and_then(|acme| acme.systems.values_mut().find(|system| system.id.as_str() == "acme-erp"));
        let erp = erp.expect("acme has an ERP");
        let own = if let Credentials::ClientCredentials(own) = &erp.credentials { Some(own.clone()) } else { None };
        let own = own.expect("the ERP hands out tokens");
        let exchange = TokenExchange {
            token_url: format!("{}/token", issuer.trim_end_matches('/')).parse().expect("an address"),
            client_id: own.client_id,
            client_secret: own.client_secret,
            body: TokenBody::Form,
            audience: Some("acme-erp".to_owned()),
            resource: None,
            scope: None,
            subject_token_type: ACCESS_TOKEN.to_owned(),
            requested_token_type: None,
            parameters: Vec::new(),
            lifetime: Duration::from_secs(600),
            service_account,
        };
        *erp = Arc::new(SystemSettings {
            credentials: Credentials::TokenExchange(exchange),
            ..SystemSettings::clone(erp)
        });
    }
}

async fn scene(service_account: bool) -> Scene {
    let scene = Scene::with(exchanging(service_account)).await;
    scene.sandbox().demand_callers(Tenant::Acme, Role::Erp, !service_account);
    scene
}

/// A token of a person who works with the support team's tool.
fn person(scene: &Scene, name: &str) -> String {
    let request = TokenRequest::new(Tenant::Acme, "support-console").claim("sub", name);
    scene.sandbox().mint(&request)
}

const ORDER: &str =
    r#"{ order(number: "SO-1042") { number status source { state } customer { name account { owner } } } }"#;

async fn asked(scene: &Scene, token: &str) -> Reply {
    scene.graphql(ORDER).bearer(token).send().await
}

/// Who the ERP was asked for, in order.
fn on_behalf_of(scene: &Scene) -> Vec<String> {
    let calls = scene.sandbox().latest_calls().into_iter().filter(|call| call.system == "acme-erp");
    calls.map(|call| call.on_behalf_of.unwrap_or_else(|| "nobody".to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_system_is_asked_as_each_caller_and_answers_are_not_shared() {
    let scene = scene(false).await;
    let (anna, ben) = (person(&scene, "anna"), person(&scene, "ben"));
    let state = async |token: &str| {
        let reply = asked(&scene, token).await;
        assert_eq!(reply.errors(), Vec::<String>::new());
        reply.data()["order"]["source"]["state"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(state(&anna).await, "FETCHED");
    assert_eq!(BTreeSet::from_iter(on_behalf_of(&scene)), BTreeSet::from(["anna".to_owned()]));
    scene.sandbox().clear_calls();
    // The same question, the same consumer, another person: asked again, as that person.
    assert_eq!(state(&ben).await, "FETCHED");
    assert_eq!(BTreeSet::from_iter(on_behalf_of(&scene)), BTreeSet::from(["ben".to_owned()]));
    scene.sandbox().clear_calls();
    assert_eq!((state(&anna).await, state(&ben).await), ("HIT".to_owned(), "HIT".to_owned()));
    assert_eq!(on_behalf_of(&scene), Vec::<String>::new());
    assert_eq!(scene.sandbox().issuer().exchanges(), 2);
    // Systems that do not exchange share as before.
    let crm = scene.sandbox().calls_to(Tenant::Acme, Role::Crm);
    assert_eq!(crm, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_at_once_are_kept_apart_and_cost_one_exchange_each() {
    let scene = scene(false).await;
    let tokens: Vec<String> = ["anna", "ben", "cleo"].iter().map(|name| person(&scene, name)).collect();
    let query = r#"{ order(number: "SO-1042") @freshness(maxAge: 0) { number } }"#;
    let replies = join_all((0..30).map(|at| scene.graphql(query).bearer(&tokens[at % 3]).send())).await;
    assert!(replies.iter().all(|reply| reply.data()["order"]["number"] == "SO-1042"));
    assert_eq!(scene.sandbox().issuer().exchanges(), 3);
    let seen = BTreeSet::from_iter(on_behalf_of(&scene));
    assert_eq!(seen, ["anna", "ben", "cleo"].map(str::to_owned).into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_by_api_key_has_no_token_to_exchange() {
    let scene = scene(false).await;
    let key = scene.environment("KEY_PARTNER");
    let reply = scene.get("/partner/v2/orders/SO-1042").header("x-api-key", &key).send().await;
    insta::assert_snapshot!(reply.shown(), @r#"403 {"type":"urn:portico:problem:caller_token_required","title":"A system of record is asked with the caller's own token","status":403,"detail":"acme-erp is asked with the caller's own token, and this caller has none.","instance":"…","code":"caller_token_required","advice":"Call with an access token instead of an API key.","request_id":"…","retryable":false}"#);
    assert_eq!(scene.sandbox().calls_to(Tenant::Acme, Role::Erp), 0);
    let by_token = scene.get("/partner/v2/orders/SO-1042").as_consumer("partner-one").send().await;
    assert_eq!(by_token.json()["number"], "SO-1042");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_account_serves_them_where_the_binding_says_so() {
    let scene = scene(true).await;
    let key = scene.environment("KEY_PARTNER");
    let reply = scene.get("/partner/v2/orders/SO-1042").header("x-api-key", &key).send().await;
    assert_eq!(reply.json()["number"], "SO-1042");
    assert_eq!(BTreeSet::from_iter(on_behalf_of(&scene)), BTreeSet::from(["nobody".to_owned()]));
    scene.sandbox().clear_calls();
    // What the service account was shown is not shown to a person.
    let reply = asked(&scene, &person(&scene, "anna")).await;
    assert_eq!(reply.data()["order"]["source"]["state"], "FETCHED");
    assert_eq!(BTreeSet::from_iter(on_behalf_of(&scene)), BTreeSet::from(["anna".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn proxied_requests_carry_the_callers_exchanged_token() {
    let scene = scene(false).await;
    let crm = scene.sandbox().mint(&TokenRequest::new(Tenant::Acme, "crm").claim("sub", "dora"));
    let path = "/erp/v1/CustomersV3?$top=1";
    let reply = scene.get(path).bearer(&crm).send().await;
    assert_eq!(reply.status.as_u16(), 200, "{}", reply.text());
    assert_eq!(on_behalf_of(&scene), ["dora"]);
    let other = scene.sandbox().mint(&TokenRequest::new(Tenant::Acme, "crm").claim("sub", "emil"));
    scene.get(path).bearer(&other).send().await;
    assert_eq!(on_behalf_of(&scene), ["dora", "emil"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_exchange_nothing_is_decided_and_the_rest_stands() {
    let scene = scene(false).await;
    let token = person(&scene, "anna");
    // The endpoint refuses: what it refuses is the ERP's part only.
    scene.sandbox().issuer().rotate(false).await.expect("new keys");
    let reply = asked(&scene, &token).await;
    insta::assert_snapshot!(reply.errors().join("\n"), @"order upstream_refused acme-erp");
    let crm = scene.sandbox().mint(&TokenRequest::new(Tenant::Acme, "crm").claim("sub", "dora"));
    scene.sandbox().issuer().set_available(false);
    let check = json!({ "customer": { "number": "C-1001" }, "amount": { "amount": "1.00", "currency": "EUR" } });
    let reply = scene.post("/credit/v1/checks", &check).bearer(&crm).send().await;
    assert_ne!(reply.json()["outcome"], "APPROVED", "{}", reply.shown());
}

/// Whose token cannot be exchanged is no sign that the system is ill: the next caller is served at once.
#[tokio::test(flavor = "multi_thread")]
async fn callers_without_an_exchange_close_the_system_for_nobody() {
    let scene = scene(false).await;
    assert!(asked(&scene, &person(&scene, "anna")).await.errors().is_empty());
    scene.sandbox().issuer().set_available(false);
    for n in 0..40 {
        let reply = asked(&scene, &person(&scene, &format!("caller-{n}"))).await;
        let errors = reply.errors().join("\n");
        assert!(errors.contains("acme-erp") && !errors.contains("breaker_open"), "{errors}");
    }
    scene.sandbox().issuer().set_available(true);
    assert!(asked(&scene, &person(&scene, "nora")).await.errors().is_empty());
}
