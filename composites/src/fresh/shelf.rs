//! What is held for one tenant, and what is being fetched for it, under one lock.
//!
//! One lock makes "serve, join or fetch" one decision, and makes purges race-free: a fetch may keep its result only
//! while it is the one that is registered for the key. A purge takes the registrations away with the values, so what
//! was asked before the purge can neither be kept nor be joined after it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use parking_lot::Mutex;
use portico_contracts::canonical::{CacheState, Value};
use portico_contracts::model::Class;
use portico_contracts::tenancy::SystemId;
use tokio::time::Instant;

use super::change::Change;
use super::flight::{Asked, Flight, Landing};
use super::rules::{Freshness, Verdict, Wish};
use super::store::Store;
use crate::ask::{Ask, Key, Outcome, Page};

/// What is asked of whom, without the key. The tenant is the shelf's.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Lookup {
    pub(super) system: SystemId,
    pub(super) identity: Arc<str>,
    pub(super) ask: Ask,
    /// Whether rows were taken out of what is kept, because those who ask may not see them.
    pub(super) restricted: bool,
}

/// Where a value is found: compared by value, never by a digest alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Address {
    pub(super) lookup: Arc<Lookup>,
    pub(super) key: Key,
}

/// What a purge removes of one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purge {
    /// Everything.
    All,
    /// What came from one system.
    System(SystemId),
    /// One entity of one system, by the entity's name.
    Entity(SystemId, String),
    /// What was looked up by this key, and every answer with a row that holds it.
    Key(SystemId, String, Key),
    /// What may show a change of one system's rows.
    Change(SystemId, Change),
}

#[derive(Debug)]
struct Held {
    page: Option<Arc<Page>>,
    asked: Arc<Asked>,
    useless_at: Instant,
}

#[derive(Debug, Default)]
struct Contents {
    store: Store<Address, Held>,
    under_way: HashMap<Address, (Arc<Flight>, usize)>,
}

/// One tenant's part of the cache.
#[derive(Debug)]
pub(super) struct Shelf {
    contents: Mutex<Contents>,
    /// What this shelf holds, also part of `total`.
    held: AtomicUsize,
    /// What all shelves hold.
    total: Arc<AtomicUsize>,
    /// A value that weighs more is not kept.
    largest: usize,
}

/// How a batch of keys is to be had.
#[derive(Debug, Default)]
pub(super) struct Decisions {
    /// One for each key.
    pub(super) ways: Vec<Way>,
    /// The keys that the caller's own flight asks for: first those that are waited for, then those to be refreshed.
    pub(super) wanted: Vec<Address>,
}

/// How one key is to be had.
#[derive(Debug)]
pub(super) enum Way {
    /// It is here.
    Served(Outcome, CacheState),
    /// Somebody is asking for it.
    Join(Arc<Flight>, usize),
    /// The caller's own flight asks for it, at this place.
    Lead(usize),
    /// It is not here and must not be asked for.
    Missing,
}

impl Shelf {
    pub(super) fn new(total: Arc<AtomicUsize>, largest: usize) -> Self {
        Shelf { contents: Mutex::default(), held: AtomicUsize::new(0), total, largest }
    }

    pub(super) fn held(&self) -> usize {
        self.held.load(Relaxed)
    }

    /// Decides for every key, and registers `flight` for those that it has to ask for.
    pub(super) fn decide(&self, desk: &Desk<'_>, keys: &[Key], flight: &Arc<Flight>) -> Decisions {
        let mut contents = self.contents.lock();
        let mut refresh = Vec::new();
        let mut decisions = Decisions::default();
        for key in keys {
            let address = Address { lookup: desk.lookup.clone(), key: key.clone() };
            let way = match contents.served(&address, desk) {
                Some((outcome, verdict)) => {
                    let stale = verdict == Verdict::ServeAndRefresh;
                    if stale && !desk.wish.only_if_cached && !contents.under_way.contains_key(&address) {
                        refresh.push(address);
                    }
                    Way::Served(outcome, if stale { CacheState::Stale } else { CacheState::Hit })
                }
                None if desk.wish.only_if_cached => Way::Missing,
                None => contents.joined(&address, desk).unwrap_or_else(|| {
                    decisions.wanted.push(address);
                    Way::Lead(decisions.wanted.len() - 1)
                }),
            };
            decisions.ways.push(way);
        }
        decisions.wanted.append(&mut refresh);
        for (index, address) in decisions.wanted.iter().enumerate() {
            contents.under_way.insert(address.clone(), (flight.clone(), index));
        }
        decisions
    }

    /// A value that may be served because the system failed.
    pub(super) fn stand_in(&self, key: &Key, desk: &Desk<'_>) -> Option<Outcome> {
        let address = Address { lookup: desk.lookup.clone(), key: key.clone() };
        let mut contents = self.contents.lock();
        let held = contents.store.get(&address)?;
        let page = held.page.clone()?;
        let age = desk.now.saturating_duration_since(held.asked.at);
        desk.freshness
            .may_stand_in(age, desk.wish)
            .then(|| Outcome::Found(page, held.asked.provenance(CacheState::StaleIfError)))
    }

    /// Keeps what a flight brought, where it is still the one that is registered.
    pub(super) fn keep(
        &self,
        addresses: &[Address],
        flight: &Arc<Flight>,
        landings: &[Landing],
        freshness: &Freshness,
    ) {
        let mut contents = self.contents.lock();
        for (address, landing) in addresses.iter().zip(landings) {
            if !contents.take_off(address, flight) {
                continue;
            }
            if let Ok(page) = landing {
                let lasts = freshness.useless_at(page.is_none());
                let weight = weigh(address, page.as_deref());
                if !lasts.is_zero() && weight <= self.largest {
                    let held =
                        Held { page: page.clone(), asked: flight.asked.clone(), useless_at: flight.asked.at + lasts };
                    contents.store.put(address.clone(), held, weight);
                } else {
                    contents.store.remove(address);
                }
            }
        }
        self.book(&contents);
    }

    /// Frees the keys of a flight that ended, however it ended.
    pub(super) fn release(&self, addresses: &[Address], flight: &Arc<Flight>) {
        let mut contents = self.contents.lock();
        for address in addresses {
            contents.take_off(address, flight);
        }
    }

    /// Removes values, and the right of the fetches under way to keep or share theirs. Says how many values went.
    pub(super) fn purge(&self, purge: &Purge) -> usize {
        let mut contents = self.contents.lock();
        contents.under_way.retain(|address, _| !purge.reaches(address));
        let gone = contents.store.retain(|address, held| !purge.hits(address, held.page.as_deref()));
        self.book(&contents);
        gone
    }

    /// Removes what is of no use to anybody any more.
    pub(super) fn tend(&self, now: Instant) -> usize {
        let mut contents = self.contents.lock();
        let gone = contents.store.retain(|_, held| now < held.useless_at);
        if contents.under_way.is_empty() {
            contents.under_way.shrink_to_fit();
        }
        self.book(&contents);
        gone
    }

    /// Removes what was not used for longest until no more than this is held; says how many values went.
    pub(super) fn shrink_to(&self, bytes: usize) -> usize {
        let mut contents = self.contents.lock();
        let gone = contents.store.shrink_to(bytes);
        self.book(&contents);
        gone
    }

    /// How many values are held, and the age of the oldest by class.
    pub(super) fn survey(&self, now: Instant, oldest: &mut std::collections::BTreeMap<Class, Duration>) -> usize {
        let contents = self.contents.lock();
        let mut values = 0;
        for (address, held) in contents.store.iter() {
            values += 1;
            if let Some(facts) = &address.lookup.ask.entity.entity {
                let age = now.saturating_duration_since(held.asked.at);
                let known = oldest.entry(facts.class).or_default();
                *known = age.max(*known);
            }
        }
        values
    }

    fn book(&self, contents: &Contents) {
        let now = contents.store.held();
        let before = self.held.swap(now, Relaxed);
        if now >= before {
            self.total.fetch_add(now - before, Relaxed);
        } else {
            self.total.fetch_sub(before - now, Relaxed);
        }
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        self.total.fetch_sub(self.held(), Relaxed);
    }
}

/// What is the same for all keys of one request to the cache.
#[derive(Debug)]
pub(super) struct Desk<'a> {
    pub(super) lookup: Arc<Lookup>,
    pub(super) freshness: Freshness,
    pub(super) wish: &'a Wish,
    pub(super) now: Instant,
}

impl Contents {
    fn served(&mut self, address: &Address, desk: &Desk<'_>) -> Option<(Outcome, Verdict)> {
        let held = self.store.get(address)?;
        let age = desk.now.saturating_duration_since(held.asked.at);
        let verdict = desk.freshness.judge(age, held.page.is_none(), desk.wish);
        let state = match verdict {
            Verdict::Serve => CacheState::Hit,
            Verdict::ServeAndRefresh => CacheState::Stale,
            Verdict::Fetch => return None,
        };
        let provenance = held.asked.provenance(state);
        let outcome = match &held.page {
            Some(page) => Outcome::Found(page.clone(), provenance),
            None => Outcome::Absent(provenance),
        };
        Some((outcome, verdict))
    }

    fn joined(&self, address: &Address, desk: &Desk<'_>) -> Option<Way> {
        let (flight, index) = self.under_way.get(address)?;
        let age = desk.now.saturating_duration_since(flight.asked.at);
        desk.freshness.may_be_served(age, desk.wish).then(|| Way::Join(flight.clone(), *index))
    }

    /// Whether the flight was still the registered one; it no longer is.
    fn take_off(&mut self, address: &Address, flight: &Arc<Flight>) -> bool {
        match self.under_way.entry(address.clone()) {
            Entry::Occupied(registered) if Arc::ptr_eq(&registered.get().0, flight) => {
                registered.remove();
                true
            }
            _ => false,
        }
    }
}

impl Purge {
    /// Whether a fetch that is under way may bring what is to be removed.
    fn reaches(&self, address: &Address) -> bool {
        self.concerns(&address.lookup)
            && match self {
                Purge::Change(_, change) => change.may_reach(&address.lookup, &address.key),
                _ => true,
            }
    }

    /// Whether it is about this look-up's system and entity.
    fn concerns(&self, lookup: &Lookup) -> bool {
        match self {
            Purge::All => true,
            Purge::System(system) => lookup.system == *system,
            Purge::Entity(system, entity) | Purge::Key(system, entity, _) => {
                lookup.system == *system && lookup.ask.entity.name == entity
            }
            Purge::Change(system, change) => lookup.system == *system && lookup.ask.entity.name == change.entity,
        }
    }

    fn hits(&self, address: &Address, page: Option<&Page>) -> bool {
        let by_key = |key: &Key| address.key == *key || page.is_some_and(|page| holds(page, key));
        self.concerns(&address.lookup)
            && match self {
                Purge::Key(_, _, key) => by_key(key),
                // That there is nothing to be seen lives as long for what is hidden as for what does not exist: a notice
                // of a hidden row must not show.
                Purge::Change(..) if address.lookup.restricted && page.is_none() => false,
                Purge::Change(_, change) => change.shows(&address.lookup, &address.key, page),
                _ => true,
            }
    }
}

fn holds(page: &Page, key: &Key) -> bool {
    page.rows.iter().any(|row| {
        (0..row.of.fields.len()).any(|ordinal| matches!(row.at(ordinal), Value::Text(text) if **text == **key))
    })
}

fn weigh(address: &Address, page: Option<&Page>) -> usize {
    let of_page = page.map_or(0, |page| {
        let rows: usize = page.rows.iter().map(|row| row.weight()).sum();
        let cursors: usize = page.cursors.iter().map(|cursor| cursor.len() + 16).sum();
        64 + rows + cursors
    });
    256 + address.key.len() + of_page
}
