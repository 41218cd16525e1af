use std::time::Duration;

use serde_json::json;

use super::*;
use crate::authenticate::samples::{ISSUER, Mood, Provider, SECOND, Signer, now};
use SigningAlgorithm::ES256;

fn source(provider: &Arc<Provider>) -> Arc<KeySource> {
    Arc::new(KeySource::new(ISSUER, Network::Public, provider.clone(), Calm::default()))
}

async fn find(source: &Arc<KeySource>, kid: &str, now: Now) -> Result<(), TokenError> {
    source.find(ES256, Some(kid), now).await.map(|_| ())
}

fn after(seconds: u64) -> Now {
    now().later(Duration::from_secs(seconds))
}

#[tokio::test]
async fn a_hundred_waiters_share_one_fetch() {
    let provider = Provider::with(vec![Signer::new("one", ES256).jwk()]);
    let source = source(&provider);
    let waiters: Vec<_> = (0..100)
        .map(|_| {
            let source = source.clone();
            tokio::spawn(async move { find(&source, "one", now()).await })
        })
        .collect();
    for waiter in waiters {
        assert_eq!(waiter.await.unwrap(), Ok(()));
    }
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn keys_that_land_between_a_callers_look_and_its_turn_are_found() {
    let provider = Provider::with(vec![Signer::new("one", ES256).jwk()]);
    let source = source(&provider);
    assert!(source.keys.load().find(ES256, Some("one")).is_none());
    source.refresh_if_due(now()).unwrap().landed().await;
    assert!(source.find_missing(ES256, Some("one"), now()).await.is_ok());
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn a_caller_who_hangs_up_takes_nobody_along() {
    let provider = Provider::with(vec![Signer::new("one", ES256).jwk()]);
    let source = source(&provider);
    let first = tokio::spawn({
        let source = source.clone();
        async move { find(&source, "one", now()).await }
    });
    tokio::task::yield_now().await;
    first.abort();
    assert_eq!(find(&source, "one", now()).await, Ok(()));
    assert_eq!(provider.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_unknown_keys_costs_one_fetch_per_cool_down() {
    let provider = Provider::with(vec![Signer::new("one", ES256).jwk()]);
    let source = source(&provider);
    assert_eq!(find(&source, "one", now()).await, Ok(()));
    for second in 1..=100 {
        for n in 0..50 {
            assert!(find(&source, &format!("{second}-{n}"), after(second)).await.is_err());
        }
        assert_eq!(find(&source, "one", after(second)).await, Ok(()));
    }
    assert_eq!(provider.asked(), 13, "one at first, two soon after, and one every ten seconds");
    assert!(source.state.lock().unknown.len() <= MAX_UNKNOWN);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_looked_for_in_vain_is_not_looked_for_again_soon() {
    let provider = Provider::with(vec![Signer::new("one", ES256).jwk()]);
    let source = source(&provider);
    for second in [0, 3, 6, 9] {
        assert_eq!(find(&source, "stranger", after(second)).await, Err(TokenError::KeyUnknown));
    }
    assert_eq!(provider.asked(), 1);
    assert_eq!(find(&source, "stranger", after(10)).await, Err(TokenError::KeyUnknown));
    assert_eq!(provider.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_first_token_of_a_new_key_does_not_wait_for_a_cool_down() {
    let (one, two) = (Signer::new("one", ES256).jwk(), Signer::new("two", ES256).jwk());
    let provider = Provider::with(vec![one.clone()]);
    let source = source(&provider);
    assert_eq!(find(&source, "one", now()).await, Ok(()));
    provider.publishes(vec![one, two]);
    let started = tokio::time::Instant::now();
    let waiters: Vec<_> = (0..100)
        .map(|_| {
            let source = source.clone();
            tokio::spawn(async move { find(&source, "two", now()).await })
        })
        .collect();
    for waiter in waiters {
        assert_eq!(waiter.await.unwrap(), Ok(()));
    }
    assert_eq!(started.elapsed(), SECOND, "the provider is left alone for a second");
    assert_eq!(provider.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn who_joins_a_fetch_of_before_the_rotation_looks_once_more() {
    let (one, two) = (Signer::new("one", ES256).jwk(), Signer::new("two", ES256).jwk());
    let provider = Provider::with(vec![one]);
    let source = source(&provider);
    let flight = source.refresh_if_due(now()).unwrap();
    let late = tokio::spawn({
        let source = source.clone();
        async move { find(&source, "two", now()).await }
    });
    flight.landed().await;
    provider.publishes(vec![two]);
    assert_eq!(late.await.unwrap(), Ok(()));
    assert_eq!(provider.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn while_nobody_can_tell_a_key_is_not_called_unknown() {
    let provider = Provider::with(vec![Signer::new("one", ES256).jwk()]);
    let source = source(&provider);
    for second in 0..3 {
        assert_eq!(find(&source, &format!("stranger-{second}"), after(second)).await, Err(TokenError::KeyUnknown));
    }
    let too_soon = Err(TokenError::Unavailable { retry_after: Duration::from_secs(7) });
    assert_eq!(find(&source, "perhaps-a-new-one", after(3)).await, too_soon, "what was spent comes back in time");
    assert_eq!(find(&source, "stranger-2", after(3)).await, Err(TokenError::KeyUnknown));
    assert_eq!(provider.asked(), 3);
}

#[tokio::test]
async fn a_rotation_is_noticed_with_the_first_token_of_the_new_key() {
    let (one, two) = (Signer::new("one", ES256).jwk(), Signer::new("two", ES256).jwk());
    let provider = Provider::with(vec![one.clone()]);
    let source = source(&provider);
    assert_eq!(find(&source, "one", now()).await, Ok(()));
    provider.publishes(vec![one, two.clone()]);
    assert_eq!(find(&source, "two", after(60)).await, Ok(()));
    assert_eq!(find(&source, "one", after(60)).await, Ok(()), "the old one overlaps");
    provider.publishes(vec![two]);
    source.refresh_if_due(after(360)).unwrap().landed().await;
    assert_eq!(find(&source, "one", after(360)).await, Err(TokenError::KeyUnknown), "until it is withdrawn");
}

#[tokio::test]
async fn keys_at_hand_outlive_their_provider() {
    let provider = Provider::with(vec![Signer::new("one", ES256).jwk()]);
    let source = source(&provider);
    assert_eq!(find(&source, "one", now()).await, Ok(()));
    provider.becomes(Mood::Down);
    source.refresh_if_due(after(300)).unwrap().landed().await;
    assert_eq!(find(&source, "one", after(300)).await, Ok(()));
    assert_eq!(source.status().failures, 1);
    assert!(matches!(find(&source, "two", after(301)).await, Err(TokenError::Unavailable { .. })), "it cannot be told");
    provider.becomes(Mood::Says { discovery: b"<html>".to_vec(), keys: vec![] });
    source.refresh_if_due(after(320)).unwrap().landed().await;
    assert_eq!(find(&source, "one", after(320)).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_down_is_asked_ever_less_often() {
    let provider = Provider::with(vec![Signer::new("one", ES256).jwk()]);
    let source = source(&provider);
    provider.becomes(Mood::Down);
    let unavailable = |seconds| Err(TokenError::Unavailable { retry_after: Duration::from_secs(seconds) });
    assert_eq!(find(&source, "one", now()).await, unavailable(1));
    assert_eq!(find(&source, "one", now()).await, unavailable(1), "too soon, so not asked");
    assert_eq!(find(&source, "one", after(1)).await, unavailable(2));
    assert_eq!(find(&source, "one", after(3)).await, unavailable(4));
    for second in 4..600 {
        assert!(find(&source, "one", after(second)).await.is_err());
    }
    assert_eq!(provider.asked(), 15);
    provider.becomes(Mood::Up);
    assert_eq!(find(&source, "one", after(700)).await, Ok(()));
    assert_eq!(source.status().failures, 0);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_hangs_is_given_up() {
    let provider = Provider::with(vec![]);
    let source = source(&provider);
    provider.becomes(Mood::Hangs);
    assert!(matches!(find(&source, "one", now()).await, Err(TokenError::Unavailable { .. })));
    assert_eq!(source.status().last_error.as_deref(), Some("no answer in time"));
}

#[tokio::test]
async fn documents_that_cannot_be_trusted_are_refused() {
    let keys = json!({"keys": [Signer::new("one", ES256).jwk()]}).to_string().into_bytes();
    let discovery = |issuer: &str, uri: &str| json!({"issuer": issuer, "jwks_uri": uri}).to_string().into_bytes();
    let good = discovery(ISSUER, "https://login.example/keys");
    let huge = vec![b' '; MAX_KEY_SET + 1];
    let cases = [
        (discovery("https://login.example/globex", "https://login.example/keys"), keys.clone()),
        (discovery("https://login.example/acme/", "https://login.example/keys"), keys.clone()),
        (discovery(ISSUER, "http://login.example/keys"), keys.clone()),
        (discovery(ISSUER, "file:///etc/passwd"), keys.clone()),
        (discovery(ISSUER, "keys"), keys.clone()),
        (json!({"issuer": ISSUER}).to_string().into_bytes(), keys.clone()),
        (b"[]".to_vec(), keys.clone()),
        (huge.clone(), keys),
        (good.clone(), b"<html>".to_vec()),
        (good.clone(), huge),
    ];
    let mut reasons = Vec::new();
    for (discovery, keys) in cases {
        let provider = Provider::with(vec![]);
        provider.becomes(Mood::Says { discovery, keys });
        let source = source(&provider);
        assert!(matches!(find(&source, "one", now()).await, Err(TokenError::Unavailable { .. })));
        reasons.push(source.status().last_error.unwrap());
    }
    insta::assert_snapshot!(reasons.join("\n"), @r"
    the discovery document is of another issuer
    the discovery document is of another issuer
    the discovery document names a `jwks_uri` that is not https
    the discovery document names a `jwks_uri` that is not https
    not a URL: relative URL without a base
    the discovery document names no `jwks_uri`
    the discovery document is not one JSON object
    the discovery document is too large
    the key set at https://login.example/keys: not a JSON Web Key Set
    the key set is too large
    ");
}

#[tokio::test]
async fn plain_http_is_for_private_networks() {
    let provider = Provider::with(vec![Signer::new("one", ES256).jwk()]);
    provider.keeps_keys_at("http://127.0.0.1:9000/keys");
    let private =
        Arc::new(KeySource::new("http://127.0.0.1:9000", Network::Private, provider.clone(), Calm::default()));
    assert_eq!(find(&private, "one", now()).await, Ok(()));
    assert!(find(&source(&provider), "one", now()).await.is_err());
}

#[tokio::test]
async fn keys_are_refreshed_on_schedule_and_not_before() {
    let provider = Provider::with(vec![Signer::new("one", ES256).jwk()]);
    let source = source(&provider);
    source.refresh_if_due(now()).unwrap().landed().await;
    assert!(source.refresh_if_due(after(299)).is_none());
    let flight = source.refresh_if_due(after(300)).unwrap();
    assert!(source.refresh_if_due(now().later(301 * SECOND)).is_none(), "one at a time");
    flight.landed().await;
    assert_eq!(provider.asked(), 2);
}
