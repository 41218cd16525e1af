//! Many issuers, added while the gateway runs.

use futures_util::future::join_all;
use portico_tests::Scene;
use serde_json::json;

use super::provider::{Counts, Provider};
use super::{asked, outcome};

#[tokio::test(flavor = "multi_thread")]
async fn issuers_that_a_reload_adds_work_at_once_and_the_others_keep_their_keys() {
    let providers = join_all((0..40).map(|_| Provider::start())).await;
    let issuers: Vec<_> = providers.iter().map(Provider::issuer).collect();
    let scene = Scene::with({
        let first = issuers[..20].to_vec();
        move |settings| settings.issuers.extend(first)
    })
    .await;
    let outcomes = async |range: std::ops::Range<usize>| {
        let tokens: Vec<_> = providers[range].iter().map(|provider| provider.mint(&json!({}))).collect();
        let replies = join_all(tokens.iter().map(|token| asked(&scene, token))).await;
        super::counted(replies.iter().map(outcome))
    };
    assert_eq!(outcomes(0..20).await, "200 × 20");
    assert_eq!(outcomes(20..40).await, "401 issuer_unknown × 20");
    scene.reload_with(|settings| settings.issuers.extend(issuers.clone()));
    assert_eq!(outcomes(0..40).await, "200 × 40");
    let once = Counts { discovery: 1, keys: 1, tokens: 0 };
    assert!(providers.iter().all(|provider| provider.counts() == once), "nobody was asked twice");
    scene.reload_with(|settings| settings.issuers.extend(issuers[..39].to_vec()));
    assert_eq!(outcomes(38..40).await, "200 × 1, 401 issuer_unknown × 1");
}
