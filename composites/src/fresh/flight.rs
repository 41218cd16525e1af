//! A fetch that is under way: started once, detached from whoever started it, watched by all who want its result.

use std::sync::Arc;

use portico_contracts::canonical::{CacheState, Failure, Provenance};
use portico_contracts::problem::Code;
use portico_contracts::tenancy::{Role, SystemId};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::clock::Clock;
use super::rules::Freshness;
use super::shelf::{Address, Shelf};
use crate::ask::{Page, Urgency};

/// What came of one key: rows, nothing, or a failure.
pub(super) type Landing = Result<Option<Arc<Page>>, Arc<Failure>>;

/// What came of all keys of a flight, once it has come.
type Landed = Option<Arc<[Landing]>>;

/// When a system was asked, and the provenances of what it answered then.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) at: Instant,
    fetched: Arc<Provenance>,
    coalesced: Arc<Provenance>,
    hit: Arc<Provenance>,
}

impl Asked {
    pub(super) fn now(clock: &dyn Clock, system: &SystemId, role: Role) -> Arc<Self> {
        let fetched_at = clock.wall();
        let provenance = |state| Arc::new(Provenance { system: system.clone(), role, state, fetched_at });
        Arc::new(Asked {
            at: clock.now(),
            fetched: provenance(CacheState::Fetched),
            coalesced: provenance(CacheState::Coalesced),
            hit: provenance(CacheState::Hit),
        })
    }

    pub(super) fn provenance(&self, state: CacheState) -> Arc<Provenance> {
        match state {
            CacheState::Fetched => self.fetched.clone(),
            CacheState::Coalesced => self.coalesced.clone(),
            CacheState::Hit => self.hit.clone(),
            CacheState::Stale | CacheState::StaleIfError => Arc::new(Provenance { state, ..(*self.hit).clone() }),
        }
    }
}

/// One call for some keys.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) asked: Arc<Asked>,
    landed: watch::Receiver<Landed>,
    /// Of those who wait for it.
    urgency: watch::Sender<Urgency>,
}

impl Flight {
    /// A flight, and the end that its pilot holds.
    pub(super) fn new(asked: Arc<Asked>, urgency: Urgency) -> (Arc<Self>, watch::Sender<Landed>) {
        let (sender, landed) = watch::channel(None);
        (Arc::new(Flight { asked, landed, urgency: watch::Sender::new(urgency) }), sender)
    }

    /// Somebody waits for it to whom it is this urgent. While it has not left yet, it leaves as soon as that one would.
    pub(super) fn hurry(&self, urgency: Urgency) {
        self.urgency.send_if_modified(|before| {
            let now = before.and(urgency);
            std::mem::replace(before, now) != now
        });
    }

    /// How urgent it is to the most urgent of those who wait for it.
    pub(super) fn urgency(&self) -> watch::Receiver<Urgency> {
        self.urgency.subscribe()
    }

    /// Waits for the result of one key; `None` where the deadline came first.
    pub(super) async fn landing(&self, index: usize, deadline: Instant) -> Option<Landing> {
        let mut landed = self.landed.clone();
        let seen = timeout_at(deadline, landed.wait_for(Option::is_some)).await.ok()?;
        let landing = seen.ok().and_then(|all| all.as_ref().and_then(|all| all.get(index).cloned()));
        Some(
            landing.unwrap_or_else(|| Err(Arc::new(Failure::new(Code::Internal, "The fetch ended without a result.")))),
        )
    }
}

/// Brings a flight home. However it ends, its keys are free afterwards.
#[derive(Debug)]
pub(super) struct Pilot {
    shelf: Arc<Shelf>,
    flight: Arc<Flight>,
    addresses: Vec<Address>,
    sender: watch::Sender<Landed>,
}

impl Pilot {
    pub(super) fn new(
        shelf: Arc<Shelf>,
        flight: Arc<Flight>,
        addresses: Vec<Address>,
        sender: watch::Sender<Landed>,
    ) -> Self {
        Pilot { shelf, flight, addresses, sender }
    }

    /// Keeps what may be kept, and then tells everybody.
    pub(super) fn land(self, landings: Vec<Landing>, freshness: &Freshness) {
        self.shelf.keep(&self.addresses, &self.flight, &landings, freshness);
        self.sender.send_replace(Some(landings.into()));
    }
}

impl Drop for Pilot {
    fn drop(&mut self) {
        self.shelf.release(&self.addresses, &self.flight);
    }
}
