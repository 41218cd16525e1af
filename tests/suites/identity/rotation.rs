//! Keys that change, keys that nobody knows, and a provider that is away: who is refused, and what the provider is asked.

use portico_tests::{Scene, Upstream};
use serde_json::json;

use super::provider::{Counts, Mood, Provider};
use super::{all_at_once, asked, outcome};

async fn scene(provider: &Provider) -> Scene {
    Scene::with(Provider::beside(provider.issuer())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn rotations_refuse_no_good_token_and_cost_one_fetch_each() {
    let provider = Provider::start().await;
    let scene = scene(&provider).await;
    assert_eq!(all_at_once(&scene, &provider.mints(100)).await, "200 × 100");
    assert_eq!(provider.counts(), Counts { discovery: 1, keys: 1, tokens: 0 });
    // The first with the old key still published, the second without: nobody was told of either.
    for (rotation, keeps_old) in [(1, true), (2, false)] {
        provider.rotates(keeps_old);
        assert_eq!(all_at_once(&scene, &provider.mints(100)).await, "200 × 100", "rotation {rotation}");
        assert_eq!(provider.counts().keys, 1 + rotation, "one fetch for a hundred callers");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_unknown_keys_costs_the_provider_three_fetches_and_no_good_caller_anything() {
    let provider = Provider::start().await;
    let scene = scene(&provider).await;
    assert_eq!(outcome(&asked(&scene, &provider.mint(&json!({}))).await), "200");
    let mut refused = 0;
    for round in 0..5 {
        let mut tokens: Vec<String> = (0..90).map(|n| provider.forged(&format!("stranger-{round}-{n}"))).collect();
        tokens.extend(provider.mints(10));
        let outcomes = all_at_once(&scene, &tokens).await;
        assert!(outcomes.contains("200 × 10"), "{outcomes}");
        assert_eq!(outcomes.split(", ").count(), 2, "all strangers of a round are told the same: {outcomes}");
        refused += 90;
    }
    assert_eq!((refused, provider.counts()), (450, Counts { discovery: 3, keys: 3, tokens: 0 }));
    // What could not be looked for is not called wrong: it may be signed with a key of a moment ago.
    let untold = asked(&scene, &provider.forged("perhaps")).await;
    assert_eq!(outcome(&untold), "503 identity_provider_unavailable");
    assert!((1..=10).contains(&untold.header("retry-after").parse::<u64>().expect("seconds")));
    let known = asked(&scene, &provider.forged("stranger-0-0")).await;
    assert_eq!(outcome(&known), "401 token_signature_invalid", "what was looked for in vain is");
    assert_eq!(provider.counts().keys, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_at_hand_outlive_their_provider_which_is_left_in_peace() {
    let provider = Provider::start().await;
    let scene = scene(&provider).await;
    assert_eq!(outcome(&asked(&scene, &provider.mint(&json!({}))).await), "200");
    provider.becomes(Mood::Down);
    assert_eq!(all_at_once(&scene, &provider.mints(100)).await, "200 × 100");
    let strangers: Vec<String> = (0..100).map(|n| provider.forged(&format!("stranger-{n}"))).collect();
    assert_eq!(all_at_once(&scene, &strangers).await, "503 identity_provider_unavailable × 100");
    assert_eq!(all_at_once(&scene, &provider.mints(100)).await, "200 × 100", "and still");
    let counts = provider.counts();
    assert_eq!(counts, Counts { discovery: 2, keys: 1, tokens: 0 }, "one attempt for a hundred strangers");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_keys_nobody_is_believed_and_nobody_is_called_wrong() {
    let inside = Upstream::start().await;
    let elsewhere = format!("{}/keys", inside.url());
    let moods = [
        Mood::Down,
        Mood::Html,
        Mood::Huge,
        Mood::Silent,
        Mood::Redirecting(elsewhere.clone()),
        Mood::Elsewhere("http://169.254.169.254.invalid/keys".to_owned()),
        Mood::Elsewhere("file:///etc/passwd".to_owned()),
    ];
    for mood in moods {
        let provider = Provider::start().await;
        provider.becomes(mood.clone());
        let scene = scene(&provider).await;
        let outcomes = all_at_once(&scene, &provider.mints(50)).await;
        assert_eq!(outcomes, "503 identity_provider_unavailable × 50", "{mood:?}");
        let Counts { discovery, keys, tokens } = provider.counts();
        assert!((1..=3).contains(&discovery) && keys <= discovery && tokens == 0, "{mood:?}: {:?}", provider.counts());
    }
    assert_eq!(inside.seen().len(), 0, "nobody is sent anywhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_issuer_cannot_send_us_inside() {
    let provider = Provider::start().await;
    let mut issuer = provider.issuer();
    issuer.network = portico_policies::authenticate::Network::Public;
    let scene = Scene::with(Provider::beside(issuer)).await;
    let reply = asked(&scene, &provider.mint(&json!({}))).await;
    assert_eq!(outcome(&reply), "503 identity_provider_unavailable");
    assert_eq!(provider.counts(), Counts::default());
}
