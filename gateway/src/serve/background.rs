//! Work that no request waits for.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use super::now;
use crate::snapshot::Snapshot;

const REFRESH_EVERY: Duration = Duration::from_secs(5);
const FORGET_EVERY: Duration = Duration::from_secs(30);

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
