//! Tokens that say nothing themselves.

use std::time::Duration;

use portico_contracts::secret::Secret;
use serde_json::{Value, json};

use super::super::samples::*;
use super::super::*;
use super::{GOOD, Scene};

fn introspection(prefix: &str) -> Introspection {
    Introspection {
        endpoint: "https://login.example/introspect".parse().unwrap(),
        client_id: Secret::new("portico"),
        client_secret: Secret::new("secret"),
        client_auth: ClientAuth::Basic,
        prefix: Some(prefix.to_owned()),
        always: false,
        believed: Duration::from_secs(10),
    }
}

/// The issuers of acme and globex are asked about tokens that begin with `<tenant>_`.
fn scene() -> Scene {
    Scene::with_each(SigningAlgorithm::ES256, |issuer| {
        let tenant = issuer.tenants.first().map_or_else(String::new, ToString::to_string);
        issuer.introspection = Some(introspection(&format!("{tenant}_")));
    })
}

fn active(changes: Value) -> Value {
    let mut answer = claims_with(changes);
    answer["active"].is_null().then(|| answer["active"] = json!(true));
    answer
}

#[tokio::test]
async fn an_issuer_is_asked_once_for_seconds_and_never_past_exp() {
    let scene = scene();
    scene.provider.says_of_tokens(active(json!({ "exp": now().unix + 15, "scope": "order:read" })));
    let at = |seconds| now().later(Duration::from_secs(seconds));
    for second in [0, 1, 9] {
        assert_eq!(scene.shows_at("acme_1", at(second)).await, "acme/support jane [order:read]");
    }
    assert_eq!(scene.provider.questions().len(), 1);
    assert_eq!(scene.shows_at("acme_1", at(10)).await, "acme/support jane [order:read]");
    assert_eq!(scene.provider.questions().len(), 2);
    scene.provider.says_of_tokens(json!({ "active": false }));
    assert!(scene.shows_at("acme_1", at(14)).await.starts_with("acme/"), "believed a moment ago");
    assert!(scene.shows_at("acme_1", at(15)).await.starts_with("token_inactive"), "but not past `exp`");
    assert_eq!(scene.provider.questions().len(), 3);
    assert_eq!(scene.provider.asked(), 0, "keys are of no use here");
}

#[tokio::test]
async fn the_answer_is_checked_like_a_tokens_claims() {
    let scene = scene();
    let cases = [
        json!({}),
        json!({ "active": false }),
        json!({ "iss": null }),
        json!({ "iss": "https://login.example/globex" }),
        json!({ "aud": null }),
        json!({ "aud": ["other"] }),
        json!({ "exp": null }),
        json!({ "exp": now().unix - 60 }),
        json!({ "exp": "tomorrow" }),
        json!({ "nbf": now().unix + 61 }),
        json!({ "scope": "case:read" }),
        json!({ "scope": 1 }),
        json!({ "client_id": null }),
        json!({ "client_id": "stranger" }),
        json!({ "tenant": null }),
        json!({ "tenant": "globex" }),
        json!({ "token_type": "bearer" }),
        json!({ "token_type": "DPoP" }),
        json!({ "token_type": "refresh_token" }),
        json!({ "cnf": { "kid": "x" } }),
        json!({ "cnf": { "jkt": b64([7; 32]) }, "token_type": "DPoP" }),
        json!({ "cnf": { "x5t#S256": b64([7; 32]) } }),
        json!({ "typ": "ID" }),
        json!({ "sub": "jane\r\n" }),
    ];
    let mut answers = Vec::new();
    for (n, changes) in cases.into_iter().enumerate() {
        let shown = format!("{:.50}", changes.to_string());
        scene.provider.says_of_tokens(active(changes));
        answers.push(format!("{shown} → {}", scene.shows(&format!("acme_{n}")).await));
    }
    insta::assert_snapshot!(answers.join("\n"));
}

#[tokio::test]
async fn a_token_is_shown_to_no_other_tenants_issuer() {
    let scene = scene();
    scene.provider.says_of_tokens(active(json!({})));
    for nobodys in ["opaque", "initech_1", "ACME_1", "acme", "a.b.c", "a.b", "pk_0123456789ab_00"] {
        assert!(scene.shows(nobodys).await.starts_with("token_malformed"), "{nobodys}");
    }
    assert_eq!(scene.provider.questions().len(), 0);
    assert_eq!(scene.shows("acme_1").await, GOOD);
    let other = scene.shows("globex_1").await;
    assert!(other.starts_with("issuer_unknown"), "acme's answer to globex's question: {other}");
}

#[tokio::test]
async fn where_two_issuers_would_take_a_token_none_gets_it() {
    let scene = Scene::with_each(SigningAlgorithm::ES256, |issuer| {
        issuer.introspection = Some(Introspection { prefix: None, ..introspection("") });
    });
    scene.provider.says_of_tokens(active(json!({})));
    assert!(scene.shows("opaque").await.starts_with("token_malformed"));
    assert_eq!(scene.provider.questions().len(), 0);
}

#[tokio::test]
async fn an_issuer_that_cannot_be_asked_is_nobodys_word() {
    let scene = scene();
    scene.provider.becomes(Mood::Down);
    let answer = scene.shows("acme_1").await;
    assert_eq!(answer, "identity_provider_unavailable: The token's issuer cannot be asked now.");
    scene.provider.becomes(Mood::Up);
    scene.provider.says_of_tokens(active(json!({})));
    assert_eq!(scene.shows("acme_1").await, GOOD, "and that is not remembered");
}

#[tokio::test]
async fn an_issuer_may_be_asked_about_tokens_that_could_be_checked_here() {
    let scene = Scene::with(SigningAlgorithm::ES256, |issuer| {
        issuer.introspection = Some(Introspection { always: true, ..introspection("acme_") });
    });
    let token = scene.signer.token(&claims());
    assert!(scene.shows(&token).await.starts_with("token_inactive"), "withdrawn");
    scene.provider.says_of_tokens(active(json!({})));
    let another = scene.signer.token(&claims_with(json!({ "jti": "another" })));
    assert_eq!(scene.shows(&another).await, GOOD);
    assert_eq!((scene.provider.questions().len(), scene.provider.asked()), (2, 0));
    scene.authenticator.issuers().refresh_due(now()).await;
    assert_eq!(scene.provider.asked(), 1, "globex's issuer has keys; acme's need not");
}
