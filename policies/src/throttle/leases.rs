//! Limits that several gateways count together: each spends from small leases that it was granted ahead of need.
//!
//! A request takes from what is held ready and waits for nobody. When half of a lease is spent, the next one is asked for
//! in the background; only where nothing is held does a request wait, and never longer than [`HubSettings::timeout`].
//! Why, and by how much all together may exceed a limit: docs/decisions/leases-from-a-common-store.md.

mod account;
mod cells;
mod hub;
mod units;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;
use portico_contracts::tenancy::TenantId;

use super::budget::{At, Denied, Terms};
use super::limiter::{Key, Remaining};
use super::{PlaceKey, WhenAway};
use crate::ConsumerKey;
use account::Account;
pub use hub::{Hub, HubSettings, Standing};

/// A key that has a name in the common store.
pub(crate) trait Leasable: Key {
    /// Writes it so that no two keys are written alike: every part behind its length.
    fn spell(&self, into: &mut String);
}

impl Leasable for TenantId {
    fn spell(&self, into: &mut String) {
        part(self.as_str(), into);
    }
}

impl Leasable for ConsumerKey {
    fn spell(&self, into: &mut String) {
        part(self.tenant.as_str(), into);
        part(self.consumer.as_str(), into);
    }
}

impl Leasable for PlaceKey {
    fn spell(&self, into: &mut String) {
        self.consumer.spell(into);
        part(&self.place, into);
    }
}

fn part(text: &str, into: &mut String) {
    into.push(':');
    into.push_str(&text.len().to_string());
    into.push(':');
    into.push_str(text);
}

/// One limit's accounts, one for each key. There are no more of them than the configuration has names.
#[derive(Debug)]
pub(crate) struct Leases<K: Leasable> {
    limit: &'static str,
    accounts: DashMap<K, Arc<Account>>,
    hub: Arc<Hub>,
    counts: Counts,
}

/// How takings went.
#[derive(Debug, Default)]
struct Counts {
    leased: AtomicU64,
    waited: AtomicU64,
    alone: [AtomicU64; 3],
}

/// How takings of one limit went since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// The limit's name.
    pub limit: &'static str,
    /// Decided on what was held ready or known.
    pub leased: u64,
    /// Waited for the store.
    pub waited: u64,
    /// Decided without the store, by what was done instead.
    pub alone: [(WhenAway, u64); 3],
}

impl<K: Leasable> Leases<K> {
    pub(crate) fn new(limit: &'static str, hub: &Arc<Hub>) -> Arc<Self> {
        let (accounts, counts) = (DashMap::new(), Counts::default());
        Arc::new(Leases { limit, accounts, hub: Arc::clone(hub), counts })
    }

    /// Takes some if all of them are there.
    pub(crate) async fn take(
        &self,
        key: &K,
        n: u32,
        terms: Terms,
        away: WhenAway,
        at: At,
    ) -> Result<Remaining, Denied> {
        let account = self.account(key);
        let (verdict, waited) = self.hub.take(&account, n.into(), terms, away, at).await;
        let alone = match &verdict {
            Ok(remaining) => remaining.alone,
            Err(Denied::UsedUp { alone, .. }) => *alone,
            Err(Denied::Away) => Some(WhenAway::Deny),
            Err(Denied::TooMuch) => None,
        };
        let counter = match alone {
            Some(away) => &self.counts.alone[away as usize],
            None if waited => &self.counts.waited,
            None => &self.counts.leased,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        verdict
    }

    /// Returns what was taken for nothing. An account that was forgotten has been paid for.
    pub(crate) fn give_back(&self, key: &K, n: u32, terms: Terms) {
        let Some(account) = self.accounts.get(key).map(|known| Arc::clone(&known)) else { return };
        if account.give_back(n.into(), terms) {
            self.hub.enqueue(&account);
        }
    }

    fn account(&self, key: &K) -> Arc<Account> {
        if let Some(known) = self.accounts.get(key) {
            return Arc::clone(&known);
        }
        let mut name = String::with_capacity(64);
        name.push_str(self.limit);
        key.spell(&mut name);
        let account = self.accounts.entry(key.clone()).or_insert_with(|| Arc::new(Account::new(name.into())));
        Arc::clone(&account)
    }

    /// Says what was not said yet, returns what nobody needs, and forgets whom there is nothing to remember of.
    /// `remind` where the store has lost what was counted.
    pub(crate) fn tend(&self, remind: bool) {
        let now = self.hub.ticks();
        self.accounts.retain(|_, account| {
            if account.tend(remind, now) {
                self.hub.enqueue(account);
            }
            Arc::strong_count(account) > 1 || !account.is_forgettable(now)
        });
        self.accounts.shrink_to_fit();
    }

    /// Everything goes back: this gateway ends.
    pub(crate) fn close(&self) {
        for account in &self.accounts {
            account.close();
            self.hub.enqueue(&account);
        }
    }

    /// Whether the store knows everything that is to be said.
    pub(crate) fn is_settled(&self) -> bool {
        self.accounts.iter().all(|account| account.is_settled(self.hub.ticks()))
    }

    pub(crate) fn counted(&self) -> Counted {
        let alone = |away: WhenAway| (away, self.counts.alone[away as usize].load(Ordering::Relaxed));
        Counted {
            limit: self.limit,
            leased: self.counts.leased.load(Ordering::Relaxed),
            waited: self.counts.waited.load(Ordering::Relaxed),
            alone: [alone(WhenAway::Deny), alone(WhenAway::Allow), alone(WhenAway::Share)],
        }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.accounts.len()
    }
}

#[cfg(test)]
mod tests;
