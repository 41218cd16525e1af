//! Work that no request waits for.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use super::now;
use crate::snapshot::Snapshot;

const REFRESH_EVERY: Duration = Duration::from_secs(5);
const FORGET_EVERY: Duration = Duration::from_secs(30);
const TEND_EVERY: Duration = Duration::from_secs(10);

/// Fetches issuers' keys before requests miss them.
pub(super) async fn refresh_keys(snapshot: Arc<ArcSwap<Snapshot>>) {
    loop {
        let current = snapshot.load_full();
        current.authenticator.issuers().refresh_due(now()).await;
        tokio::time::sleep(REFRESH_EVERY).await;
    }
}

/// Frees the counters of whoever is back at a full budget.
pub(super) async fn forget_idle_budgets(snapshot: Arc<ArcSwap<Snapshot>>) {
    loop {
        tokio::time::sleep(FORGET_EVERY).await;
        snapshot.load_full().throttle.prune(now());
    }
}

/// Frees what the cache holds and nobody can use any more.
pub(super) async fn tend_cache(snapshot: Arc<ArcSwap<Snapshot>>) {
    loop {
        tokio::time::sleep(TEND_EVERY).await;
        snapshot.load_full().engine.cache().tend();
    }
}
