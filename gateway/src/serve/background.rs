//! Work that no request waits for: named, and begun again should it ever panic.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::task::JoinHandle;

use super::now;
use crate::snapshot::Snapshot;

const REFRESH_EVERY: Duration = Duration::from_secs(5);
const FORGET_EVERY: Duration = Duration::from_secs(30);
const TEND_EVERY: Duration = Duration::from_secs(10);
const BEAT_EVERY: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_secs(1);

/// Keeps one kind of work going until the handle is aborted.
pub(super) fn start<W, F>(name: &'static str, snapshot: &Arc<ArcSwap<Snapshot>>, work: W) -> JoinHandle<()>
where
    W: Fn(Arc<ArcSwap<Snapshot>>) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let snapshot = Arc::clone(snapshot);
    tokio::spawn(async move {
        loop {
            // A set, so that aborting this task ends the work with it.
            let mut working = tokio::task::JoinSet::new();
            working.spawn(work(Arc::clone(&snapshot)));
            if let Some(Err(fault)) = working.join_next().await {
                tracing::error!(name, %fault, "background work failed and begins again");
            }
            tokio::time::sleep(PAUSE).await;
        }
    })
}

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

/// Asks the common store of limits for what will be needed; without one there is nothing to do.
pub(super) async fn ask_the_store(snapshot: Arc<ArcSwap<Snapshot>>) {
    let hub = snapshot.load_full().throttle.hub().cloned();
    match hub {
        Some(hub) => hub.serve().await,
        None => std::future::pending().await,
    }
}

/// Keeps in touch with the common store of limits, and settles what was counted without it.
pub(super) async fn keep_in_touch(snapshot: Arc<ArcSwap<Snapshot>>) {
    if snapshot.load().throttle.hub().is_none() {
        std::future::pending::<()>().await;
    }
    loop {
        snapshot.load_full().throttle.keep_in_touch().await;
        tokio::time::sleep(BEAT_EVERY).await;
    }
}

/// Frees what the cache holds and nobody can use any more.
pub(super) async fn tend_cache(snapshot: Arc<ArcSwap<Snapshot>>) {
    loop {
        tokio::time::sleep(TEND_EVERY).await;
        snapshot.load_full().engine.cache().tend();
    }
}
