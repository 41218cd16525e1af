//! API keys: two at once while one replaces the other, an end that was set, and one that is taken away.

use std::sync::Arc;

use chrono::{Duration, Utc};
use portico_gateway::settings::{ApiKey, Settings};
use portico_policies::authenticate::{KeyHash, NewKey, new_key};
use portico_tests::Scene;

use super::outcome;

const PATH: &str = "/partner/v2/orders/SO-1042";

/// One more key of acme's partner-one.
fn with_key(settings: &mut Settings, key: &NewKey, days: Option<i64>) {
    let tenant = settings.tenants.values_mut().find(|tenant| tenant.id.as_str() == "acme").expect("acme is there");
    let tenant = Arc::get_mut(tenant).expect("nobody else holds it yet");
    let consumer = tenant.consumers.values_mut().find(|one| one.id.as_str() == "partner-one").expect("it is there");
    let expires = days.map(|days| Utc::now() + Duration::days(days));
    let key = ApiKey { name: "second".into(), hash: KeyHash::of(&key.plaintext), expires };
    Arc::get_mut(consumer).expect("nobody else holds it yet").keys.push(key);
}

async fn shown(scene: &Scene, key: &str) -> String {
    outcome(&scene.get(PATH).header("x-api-key", key).send().await)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_keys_overlap_and_a_revoked_one_stops_with_the_reload() {
    let second = new_key().expect("a key");
    let scene = Scene::with(|settings| with_key(settings, &second, None)).await;
    let first = scene.environment("KEY_PARTNER");
    for _ in 0..2 {
        assert_eq!(
            (shown(&scene, &first).await.as_str(), shown(&scene, &second.plaintext).await.as_str()),
            ("200", "200")
        );
    }
    scene.reload_with(|_| {});
    assert_eq!(shown(&scene, &second.plaintext).await, "401 key_invalid");
    assert_eq!(shown(&scene, &first).await, "200", "the other goes on");
    scene.reload_with(|settings| with_key(settings, &second, Some(-1)));
    assert_eq!(shown(&scene, &second.plaintext).await, "401 key_invalid", "it ended yesterday");
    scene.reload_with(|settings| with_key(settings, &second, Some(1)));
    assert_eq!(shown(&scene, &second.plaintext).await, "200", "it ends tomorrow");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_taken_from_its_header_only_and_for_its_own_tenant_only() {
    let scene = Scene::start().await;
    let (acme, globex) = (scene.environment("KEY_PARTNER"), scene.environment("KEY_PARTNER_2"));
    for name in ["api_key", "key", "x-api-key", "access_token"] {
        let reply = scene.get(&format!("{PATH}?{name}={acme}")).send().await;
        assert_eq!(outcome(&reply), "401 credentials_missing", "{name}");
        assert!(!reply.text().contains(&acme), "and it is not repeated");
    }
    assert_eq!(outcome(&scene.get(PATH).bearer(&acme).send().await), "401 token_malformed");
    // The same number, each in its own estate: a key cannot be turned to another tenant by anything that is sent.
    let asked = async |key: &str, tenant: &str| {
        let ask = scene.get("/partner/v2/orders/SO-9999").header("x-api-key", key).header("x-tenant-id", tenant);
        ask.header("host", format!("{tenant}.example")).send().await.text()
    };
    let (own, other) = (asked(&acme, "globex").await, asked(&globex, "acme").await);
    assert!(own.contains("acme") && !own.contains("globex"), "{own}");
    assert!(other.contains("globex") && !other.contains("acme"), "{other}");
}
