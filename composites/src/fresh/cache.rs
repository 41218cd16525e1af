//! The way in: what is here is served, what somebody is asking for is joined, the rest is asked for in one call.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use moka::sync::Cache as Shelves;
use parking_lot::Mutex;
use portico_contracts::canonical::{CacheState, Failure};
use portico_contracts::model::Class;
use portico_contracts::problem::Code;
use portico_contracts::tenancy::{TenantId, Tier};
use tracing::Instrument;

use super::budget::{Limits, level};
use super::clock::Clock;
use super::flight::{Asked, Flight, Landing, Pilot};
use super::rules::{Freshness, Wish};
use super::shelf::{Address, Desk, Lookup, Purge, Shelf, Way};
use crate::ask::{Ask, Call, Key, Outcome, Page, Upstream, Urgency};

/// The cache of one process.
#[derive(Debug, Clone)]
pub struct Cache(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    shelves: Shelves<TenantId, Arc<Shelf>>,
    total: Arc<AtomicUsize>,
    limits: Limits,
    clock: Arc<dyn Clock>,
    counts: Counts,
    making_room: Mutex<()>,
}

#[derive(Debug, Default)]
struct Counts {
    by_state: [AtomicU64; 5],
    evicted: AtomicU64,
    purged: AtomicU64,
}

/// What the cache did since the process began, and what it holds now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// Bytes that all values weigh, roughly.
    pub bytes: usize,
    /// Values.
    pub values: usize,
    /// Tenants that hold something or did lately.
    pub tenants: u64,
    /// Keys answered from memory.
    pub hits: u64,
    /// Keys asked of a system.
    pub fetched: u64,
    /// Keys answered by another request's call.
    pub coalesced: u64,
    /// Keys answered with an older value that was being fetched again.
    pub stale: u64,
    /// Keys answered with an older value because the system failed.
    pub stale_if_error: u64,
    /// Values that had to go for others.
    pub evicted: u64,
    /// Values that were removed by a purge.
    pub purged: u64,
    /// The age of the oldest value held, by class.
    pub oldest: BTreeMap<Class, Duration>,
}

impl Cache {
    /// An empty cache.
    pub fn new(limits: Limits, clock: Arc<dyn Clock>) -> Self {
        Cache(Arc::new(Inner {
            shelves: Shelves::builder().time_to_idle(limits.idle).build(),
            total: Arc::default(),
            limits,
            clock,
            counts: Counts::default(),
            making_room: Mutex::default(),
        }))
    }

    /// One outcome for each key, in the order of the keys, before `call.deadline`.
    pub async fn get(
        &self,
        upstream: &Arc<dyn Upstream>,
        ask: &Ask,
        keys: &[Key],
        wish: &Wish,
        call: &Call,
    ) -> Vec<Outcome> {
        let Some(class) = ask.entity.entity.as_ref().map(|facts| facts.class) else {
            return refused(keys.len(), &format!("{} is no entity", ask.entity.name));
        };
        if *upstream.tenant() != call.tenant {
            return refused(keys.len(), "a call of one tenant came with a system of another");
        }
        let identity = upstream.identity(call);
        if identity.is_empty() {
            return refused(keys.len(), "an identity that is nobody's must not become everybody's");
        }
        let errand = Errand {
            cache: self,
            shelf: self.shelf(&call.tenant),
            upstream,
            call,
            freshness: upstream.freshness(class),
            lookup: Arc::new(Lookup {
                system: upstream.id().clone(),
                identity,
                ask: ask.clone(),
                restricted: upstream.is_restricted(),
            }),
        };
        let (unique, order) = distinct(keys);
        let outcomes = errand.run(&unique, wish).await;
        order.into_iter().filter_map(|at| outcomes.get(at).cloned()).collect()
    }

    /// Removes what changed. What is being fetched meanwhile is neither kept nor shared. Says how many values went.
    pub fn purge(&self, tenant: &TenantId, purge: &Purge) -> usize {
        let gone = self.0.shelves.get(tenant).map_or(0, |shelf| shelf.purge(purge));
        self.0.counts.purged.fetch_add(gone as u64, Relaxed);
        gone
    }

    /// Lets go of what is too old to be of use, and of idle tenants. For a background service, every few seconds.
    pub fn tend(&self) {
        let now = self.0.clock.now();
        self.0.shelves.run_pending_tasks();
        for (_, shelf) in &self.0.shelves {
            shelf.tend(now);
        }
    }

    /// What it did and what it holds. Walks over everything: for people and metrics, not for requests.
    pub fn figures(&self) -> Figures {
        let now = self.0.clock.now();
        let counts = &self.0.counts;
        let of = |state| counts.by_state[place_of(state)].load(Relaxed);
        let mut oldest = BTreeMap::new();
        let values = self.0.shelves.iter().map(|(_, shelf)| shelf.survey(now, &mut oldest)).sum();
        Figures {
            bytes: self.0.total.load(Relaxed),
            values,
            tenants: self.0.shelves.entry_count(),
            hits: of(CacheState::Hit),
            fetched: of(CacheState::Fetched),
            coalesced: of(CacheState::Coalesced),
            stale: of(CacheState::Stale),
            stale_if_error: of(CacheState::StaleIfError),
            evicted: counts.evicted.load(Relaxed),
            purged: counts.purged.load(Relaxed),
            oldest,
        }
    }

    fn shelf(&self, tenant: &TenantId) -> Arc<Shelf> {
        let inner = &self.0;
        inner.shelves.get_with_by_ref(tenant, || Arc::new(Shelf::new(inner.total.clone(), inner.limits.largest())))
    }

    fn count(&self, state: CacheState) {
        self.0.counts.by_state[place_of(state)].fetch_add(1, Relaxed);
    }

    /// Brings everybody down to a level at which the budget holds, if it does not.
    fn make_room(&self) {
        let inner = &self.0;
        if inner.total.load(Relaxed) <= inner.limits.bytes {
            return;
        }
        let Some(_one_at_a_time) = inner.making_room.try_lock() else { return };
        inner.shelves.run_pending_tasks();
        let shelves: Vec<Arc<Shelf>> = inner.shelves.iter().map(|(_, shelf)| shelf).collect();
        let level = level(shelves.iter().map(|shelf| shelf.held()).collect(), inner.limits.comfortable());
        let above = shelves.iter().filter(|shelf| shelf.held() > level);
        let gone: usize = above.map(|shelf| shelf.shrink_to(level)).sum();
        inner.counts.evicted.fetch_add(gone as u64, Relaxed);
    }
}

/// One request's keys of one look-up.
struct Errand<'a> {
    cache: &'a Cache,
    shelf: Arc<Shelf>,
    upstream: &'a Arc<dyn Upstream>,
    call: &'a Call,
    freshness: Freshness,
    lookup: Arc<Lookup>,
}

impl Errand<'_> {
    async fn run(&self, keys: &[Key], wish: &Wish) -> Vec<Outcome> {
        let mut outcomes = self.round(keys, wish).await;
        let late: Vec<usize> = (0..outcomes.len()).filter(|&at| outcomes[at].is_none()).collect();
        if !late.is_empty() {
            let again: Vec<Key> = late.iter().map(|&at| keys[at].clone()).collect();
            let mut second = self.round(&again, &wish.and(Wish::FRESH)).await;
            for (at, outcome) in late.into_iter().zip(second.drain(..)) {
                outcomes[at] = outcome;
            }
        }
        outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(|| Outcome::Failed(self.too_late()))).collect()
    }

    /// `None` where a joined fetch came home so late that its value may not be served any more.
    async fn round(&self, keys: &[Key], wish: &Wish) -> Vec<Option<Outcome>> {
        let clock = &*self.cache.0.clock;
        let asked = Asked::now(clock, self.upstream.id(), self.upstream.role());
        let deadline = self.call.deadline.max(asked.at + self.cache.0.limits.patience);
        // What nobody waits for takes nothing from those who do.
        let idle = |until| Urgency { tier: Tier::BestEffort, until };
        let (flight, sender) = Flight::new(asked.clone(), idle(asked.at));
        let decisions = self.shelf.decide(&self.desk(wish), keys, &flight);
        for way in &decisions.ways {
            match way {
                Way::Join(joined, _) => joined.hurry(self.urgency()),
                Way::Lead(_) => flight.hurry(self.urgency()),
                Way::Served(..) | Way::Missing => {}
            }
        }
        if !decisions.wanted.is_empty() {
            if !decisions.ways.iter().any(|way| matches!(way, Way::Lead(_))) {
                flight.hurry(idle(deadline));
            }
            let call = Call { deadline, urgency: Some(flight.urgency()), ..self.call.clone() };
            let pilot = Pilot::new(self.shelf.clone(), flight.clone(), decisions.wanted.clone(), sender);
            self.depart(pilot, decisions.wanted, call);
        }
        let mut outcomes = Vec::with_capacity(keys.len());
        for (way, key) in decisions.ways.into_iter().zip(keys) {
            outcomes.push(self.outcome(way, key, wish, &flight).await);
        }
        outcomes
    }

    /// How urgent it is to this request.
    fn urgency(&self) -> Urgency {
        Urgency { tier: self.call.tier, until: self.call.deadline }
    }

    fn desk<'w>(&self, wish: &'w Wish) -> Desk<'w> {
        Desk { lookup: self.lookup.clone(), freshness: self.freshness, wish, now: self.cache.0.clock.now() }
    }

    /// Starts the flight. It belongs to nobody: whoever began it may leave without costing the others its result.
    fn depart(&self, pilot: Pilot, wanted: Vec<Address>, call: Call) {
        let (cache, upstream) = (self.cache.clone(), self.upstream.clone());
        let (lookup, freshness) = (self.lookup.clone(), self.freshness);
        let flown = async move {
            let keys: Vec<Key> = wanted.into_iter().map(|address| address.key).collect();
            let results = upstream.look_up(&lookup.ask, &keys, &call).await;
            pilot.land(landings(results, keys.len()), &freshness);
            cache.make_room();
        };
        drop(tokio::spawn(flown.instrument(tracing::Span::current())));
    }

    async fn outcome(&self, way: Way, key: &Key, wish: &Wish, own: &Arc<Flight>) -> Option<Outcome> {
        let (state, flight, index) = match way {
            Way::Served(outcome, state) => return Some(self.noted(outcome, state)),
            Way::Missing => return Some(Outcome::Failed(self.not_cached())),
            Way::Join(flight, index) => (CacheState::Coalesced, flight, index),
            Way::Lead(index) => (CacheState::Fetched, own.clone(), index),
        };
        let landing = flight.landing(index, self.call.deadline).await.unwrap_or_else(|| Err(self.too_late()));
        match landing {
            Ok(_) if state == CacheState::Coalesced && self.age(&flight) >= self.freshness.ceiling => None,
            Ok(Some(page)) => Some(self.noted(Outcome::Found(page, flight.asked.provenance(state)), state)),
            Ok(None) => Some(self.noted(Outcome::Absent(flight.asked.provenance(state)), state)),
            Err(failure) => Some(self.instead(key, wish, failure)),
        }
    }

    /// What is served where the system failed: an older value where that is allowed, or the failure.
    fn instead(&self, key: &Key, wish: &Wish, failure: Arc<Failure>) -> Outcome {
        let held = excusable(failure.code).then(|| self.shelf.stand_in(key, &self.desk(wish))).flatten();
        match held {
            Some(outcome) => self.noted(outcome, CacheState::StaleIfError),
            None => Outcome::Failed(failure),
        }
    }

    fn noted(&self, outcome: Outcome, state: CacheState) -> Outcome {
        self.cache.count(state);
        if state != CacheState::Fetched {
            self.call.tally.spared(self.upstream.id(), 1);
        }
        outcome
    }

    fn age(&self, flight: &Flight) -> Duration {
        self.cache.0.clock.now().saturating_duration_since(flight.asked.at)
    }

    fn too_late(&self) -> Arc<Failure> {
        let message = format!("{} did not answer within the time of this request.", self.upstream.id());
        self.failure(Code::DeadlineExceeded, message)
    }

    fn not_cached(&self) -> Arc<Failure> {
        let message = format!("Nothing fresh enough from {} is held.", self.upstream.id());
        self.failure(Code::NotCached, message)
    }

    fn failure(&self, code: Code, message: String) -> Arc<Failure> {
        Arc::new(Failure::new(code, message).of_system(self.upstream.id(), self.upstream.role()))
    }
}

/// Whether a failure means that the system is away, rather than that it refuses or contradicts us: only then may an
/// older value stand in.
fn excusable(code: Code) -> bool {
    matches!(
        code,
        Code::UpstreamUnavailable
            | Code::UpstreamTimeout
            | Code::UpstreamThrottled
            | Code::UpstreamError
            | Code::UpstreamMalformed
            | Code::BreakerOpen
            | Code::DeadlineExceeded
            | Code::Overloaded
    )
}

fn landings(results: Vec<Result<Page, Arc<Failure>>>, wanted: usize) -> Vec<Landing> {
    let landing = |result: Result<Page, Arc<Failure>>| match result?.told()? {
        page if page.rows.is_empty() => Ok(None),
        page => Ok(Some(Arc::new(page))),
    };
    let mut landings: Vec<Landing> = results.into_iter().map(landing).collect();
    debug_assert_eq!(landings.len(), wanted, "one result for each key");
    landings.resize_with(wanted, || Err(Arc::new(Failure::new(Code::Internal, "The system's answer was lost."))));
    landings
}

/// Each key once, and where each of the given keys is found among them.
fn distinct(keys: &[Key]) -> (Vec<Key>, Vec<usize>) {
    let mut places: HashMap<&Key, usize> = HashMap::with_capacity(keys.len());
    let mut unique = Vec::with_capacity(keys.len());
    let order = keys
        .iter()
        .map(|key| {
            *places.entry(key).or_insert_with(|| {
                unique.push(key.clone());
                unique.len() - 1
            })
        })
        .collect();
    (unique, order)
}

fn refused(keys: usize, cause: &str) -> Vec<Outcome> {
    let failure = Failure::new(Code::Internal, "The gateway failed.").because(cause);
    vec![Outcome::Failed(Arc::new(failure)); keys]
}

fn place_of(state: CacheState) -> usize {
    match state {
        CacheState::Fetched => 0,
        CacheState::Hit => 1,
        CacheState::Coalesced => 2,
        CacheState::Stale => 3,
        CacheState::StaleIfError => 4,
    }
}

#[cfg(test)]
mod tests;
