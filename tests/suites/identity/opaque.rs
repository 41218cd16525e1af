//! Tokens that say nothing themselves (RFC 7662).

use portico_contracts::tenancy::TenantId;
use portico_tests::Scene;
use serde_json::json;

use super::provider::{Counts, Mood, Provider};
use super::{all_at_once, asked, outcome};

/// Acme's provider and globex's, each asked about its own tokens.
async fn scene(acme: &Provider, globex: &Provider) -> Scene {
    let mut other = globex.asked_issuer("globex_at_");
    other.tenants = [TenantId::parse("globex").expect("a tenant")].into();
    let own = acme.asked_issuer("acme_at_");
    Scene::with(move |settings| settings.issuers.extend([own, other])).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_is_asked_once_for_many_callers_with_one_token() {
    let (acme, globex) = (Provider::start().await, Provider::start().await);
    let mut answer = acme.claims(&json!({ "token_type": "Bearer" }));
    answer["active"] = json!(true);
    acme.says_of_tokens(answer);
    let scene = scene(&acme, &globex).await;
    let tokens = vec!["acme_at_7f3a".to_owned(); 100];
    assert_eq!(all_at_once(&scene, &tokens).await, "200 × 100");
    assert_eq!(acme.counts(), Counts { discovery: 0, keys: 0, tokens: 1 });
    let (form, credentials) = acme.asked().remove(0);
    assert_eq!(form, "token=acme_at_7f3a&token_type_hint=access_token");
    assert_eq!(credentials, "Basic cG9ydGljbzp0aGUtZ2F0ZXdheXMtc2VjcmV0");
    assert_eq!(globex.counts(), Counts::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_one_dead_token_is_one_question_and_each_token_meets_its_own_issuer_only() {
    let (acme, globex) = (Provider::start().await, Provider::start().await);
    let scene = scene(&acme, &globex).await;
    for _ in 0..3 {
        let tokens = vec!["acme_at_dead".to_owned(); 50];
        assert_eq!(all_at_once(&scene, &tokens).await, "401 token_inactive × 50");
    }
    assert_eq!((acme.counts().tokens, globex.counts().tokens), (1, 0));
    let key = scene.environment("KEY_PARTNER");
    let nobodys = ["some-opaque-token", "initech_at_1", "ACME_AT_1", key.as_str()].map(str::to_owned);
    assert_eq!(all_at_once(&scene, &nobodys).await, "401 token_malformed × 4");
    // Globex's issuer speaks for acme: that is not its to say.
    let mut lie = globex.claims(&json!({ "tenant": "acme" }));
    lie["active"] = json!(true);
    globex.says_of_tokens(lie);
    assert_eq!(outcome(&asked(&scene, "globex_at_1").await), "401 tenant_not_allowed");
    assert_eq!((acme.counts().tokens, globex.counts().tokens), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_cannot_be_asked_opens_nothing_and_is_left_in_peace() {
    let (acme, globex) = (Provider::start().await, Provider::start().await);
    let scene = scene(&acme, &globex).await;
    for mood in [Mood::Down, Mood::Html] {
        acme.becomes(mood);
        for n in 0..20 {
            let reply = asked(&scene, &format!("acme_at_{n}")).await;
            assert_eq!(outcome(&reply), "503 identity_provider_unavailable");
            assert!(!reply.header("retry-after").is_empty());
        }
    }
    assert!((3..=5).contains(&acme.counts().tokens), "{:?}: three failures, and then a pause", acme.counts());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_asks_anew() {
    let (acme, globex) = (Provider::start().await, Provider::start().await);
    let mut answer = acme.claims(&json!({}));
    answer["active"] = json!(true);
    acme.says_of_tokens(answer);
    let scene = scene(&acme, &globex).await;
    assert_eq!(outcome(&asked(&scene, "acme_at_1").await), "200");
    acme.says_of_tokens(json!({ "active": false }));
    assert_eq!(outcome(&asked(&scene, "acme_at_1").await), "200", "for seconds, as configured");
    let own = acme.asked_issuer("acme_at_");
    scene.reload_with(|settings| settings.issuers.push(own));
    assert_eq!(outcome(&asked(&scene, "acme_at_1").await), "401 token_inactive");
}
