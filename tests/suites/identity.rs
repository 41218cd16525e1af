//! Who asks, through real sockets: rotation and outage of providers with counts of what they are asked, tokens that
//! only their issuer can tell, and credentials that are worth nothing without a certificate or a key.

mod certificates;
mod client;
mod keys;
mod many;
mod opaque;
mod possession;
mod provider;
mod rotation;

use futures_util::future::join_all;
use portico_tests::{Reply, Scene};

/// A query that any consumer of the support team's tool may ask, and that asks no system: what is tested is who asks.
const QUERY: &str = "{ __typename }";

async fn asked(scene: &Scene, token: &str) -> Reply {
    scene.graphql(QUERY).bearer(token).send().await
}

/// All at once; the outcomes with their counts: `200 × 3, 401 token_expired × 1`.
async fn all_at_once(scene: &Scene, tokens: &[String]) -> String {
    let replies = join_all(tokens.iter().map(|token| asked(scene, token))).await;
    counted(replies.iter().map(outcome))
}

fn outcome(reply: &Reply) -> String {
    format!("{} {}", reply.status.as_u16(), reply.code()).trim_end().to_owned()
}

fn counted(outcomes: impl Iterator<Item = String>) -> String {
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for outcome in outcomes {
        *counts.entry(outcome).or_default() += 1;
    }
    counts.iter().map(|(outcome, count)| format!("{outcome} × {count}")).collect::<Vec<_>>().join(", ")
}
