//! GCRA by governor, over a table of our own: bounded under a flood of keys, and able to give back.

use std::fmt::Debug;
use std::hash::{BuildHasher, Hash, RandomState};
use std::num::{NonZeroU32, NonZeroU64};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use dashmap::DashMap;
use governor::clock::Clock;
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;
use governor::{NotUntil, RateLimiter};

use super::WhenAway;
use super::rate::Rate;
use crate::Ticks;

/// What limits may go by. No implementation has an empty value, so nobody falls through to "unlimited".
pub(crate) trait Key: Hash + Eq + Clone + Debug + Send + Sync {}
impl Key for crate::ConsumerKey {}
impl Key for portico_contracts::tenancy::TenantId {}
impl Key for super::address::AddressKey {}
impl Key for super::PlaceKey {}

/// What is left after a cell was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Remaining {
    /// How many more may be taken now.
    pub(crate) left: u64,
    /// Until all is back.
    pub(crate) reset: Duration,
    /// Decided without the common store, and how.
    pub(crate) alone: Option<WhenAway>,
}

impl Remaining {
    /// A burst may exceed what one period brings; callers are told of a period's worth at most.
    pub(crate) fn of(rate: Rate, free: u32) -> Self {
        let left = free.min(rate.count().get());
        Remaining { left: left.into(), reset: rate.cell() * (rate.count().get() - left), alone: None }
    }
}

/// The verdict on taking some cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spend {
    Allowed(Remaining),
    Refused { wait: Duration, left: u64 },
    TooMuch,
}

/// One rate, counted for each key apart.
#[derive(Debug)]
pub(crate) struct Limiter<K: Key> {
    rate: Rate,
    cells: Cells<K>,
    ticks: Ticks,
    start: Nanos,
    gcra: RateLimiter<K, Cells<K>, Ticks, StateInformationMiddleware>,
}

impl<K: Key> Limiter<K> {
    /// Tells `room` keys apart; beyond, new keys share.
    pub(crate) fn new(rate: Rate, room: usize, ticks: Ticks) -> Self {
        let cells = Cells(Arc::new(Table::new(room)));
        let start = ticks.now();
        let gcra = RateLimiter::new(rate.quota(), cells.clone(), ticks.clone());
        Limiter { rate, cells, ticks, start, gcra }
    }

    pub(crate) fn rate(&self) -> Rate {
        self.rate
    }

    pub(crate) fn room(&self) -> usize {
        self.cells.0.room
    }

    pub(crate) fn len(&self) -> usize {
        self.cells.0.known.len()
    }

    /// Takes `n` cells if all of them are there. A refusal takes none.
    pub(crate) fn spend(&self, key: &K, n: NonZeroU32) -> Spend {
        // governor multiplies before it compares; what exceeds the burst must not get that far.
        if n > self.rate.burst() {
            return Spend::TooMuch;
        }
        match self.gcra.check_key_n(key, n) {
            Ok(Ok(state)) => Spend::Allowed(Remaining::of(self.rate, state.remaining_burst_capacity())),
            Ok(Err(refused)) => {
                Spend::Refused { wait: self.wait(&refused), left: self.free(key).min(n.get() - 1).into() }
            }
            Err(_) => Spend::TooMuch,
        }
    }

    fn wait(&self, refused: &NotUntil<Nanos>) -> Duration {
        refused.wait_time_from(self.ticks.now())
    }

    /// How many cells are there, for a caller who wanted more of them.
    fn free(&self, key: &K) -> u32 {
        let since_start = self.ticks.now().as_u64().saturating_sub(self.start.as_u64());
        let debt = self.cells.0.with(key, |paid_until| paid_until.load(Ordering::Acquire)).saturating_sub(since_start);
        let taken = u128::from(debt).div_ceil(self.rate.cell().as_nanos());
        self.rate.burst().get().saturating_sub(u32::try_from(taken).unwrap_or(u32::MAX))
    }

    /// Returns cells that were taken for nothing.
    pub(crate) fn give_back(&self, key: &K, n: NonZeroU32) {
        let nanos = self.rate.cell().as_nanos().saturating_mul(n.get().into());
        self.cells.0.give_back(key, u64::try_from(nanos).unwrap_or(u64::MAX));
    }

    /// Forgets keys that are back at a full budget, and returns their memory.
    pub(crate) fn prune(&self) {
        self.gcra.retain_recent();
        self.gcra.shrink_to_fit();
    }
}

/// One handle for governor and one for us.
#[derive(Debug)]
struct Cells<K: Key>(Arc<Table<K>>);

impl<K: Key> Clone for Cells<K> {
    fn clone(&self) -> Self {
        Cells(self.0.clone())
    }
}

/// When each key will have paid for what it took (GCRA's theoretical arrival time, 0 for never seen).
#[derive(Debug)]
struct Table<K: Key> {
    known: DashMap<K, AtomicU64>,
    count: AtomicUsize,
    room: usize,
    shared: Box<[AtomicU64]>,
    seed: RandomState,
}

/// Cells that keys share once there is no room: few enough to cost nothing, enough that one flood does not stop all.
const SHARED: usize = 1024;

impl<K: Key> Table<K> {
    fn new(room: usize) -> Self {
        Table {
            known: DashMap::new(),
            count: AtomicUsize::new(0),
            room,
            shared: (0..SHARED).map(|_| AtomicU64::new(0)).collect(),
            seed: RandomState::new(),
        }
    }

    fn with<T>(&self, key: &K, act: impl FnOnce(&AtomicU64) -> T) -> T {
        if let Some(cell) = self.known.get(key) {
            return act(&cell);
        }
        if self.count.load(Ordering::Relaxed) >= self.room {
            return act(self.shared_cell(key));
        }
        let cell = self.known.entry(key.clone()).or_insert_with(|| {
            self.count.fetch_add(1, Ordering::Relaxed);
            AtomicU64::new(0)
        });
        act(&cell)
    }

    /// Seeded, so that nobody can choose whom to share with.
    fn shared_cell(&self, key: &K) -> &AtomicU64 {
        let place = self.seed.hash_one(key) % SHARED as u64;
        &self.shared[usize::try_from(place).unwrap_or(0)]
    }

    fn give_back(&self, key: &K, nanos: u64) {
        if let Some(cell) = self.known.get(key) {
            let lower = |paid_until: u64| Some(paid_until.saturating_sub(nanos));
            cell.fetch_update(Ordering::AcqRel, Ordering::Acquire, lower).ok();
        }
    }
}

impl<K: Key> StateStore for Cells<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        self.0.with(key, |cell| {
            let mut seen = cell.load(Ordering::Acquire);
            loop {
                let (verdict, next) = decide(NonZeroU64::new(seen).map(|paid_until| paid_until.get().into()))?;
                match cell.compare_exchange_weak(seen, next.into(), Ordering::AcqRel, Ordering::Acquire) {
                    Ok(_) => return Ok(verdict),
                    Err(other) => seen = other,
                }
            }
        })
    }
}

impl<K: Key> ShrinkableKeyedStateStore<K> for Cells<K> {
    fn retain_recent(&self, drop_below: Nanos) {
        self.0.known.retain(|_, paid_until| {
            let keep = *paid_until.get_mut() > drop_below.as_u64();
            if !keep {
                self.0.count.fetch_sub(1, Ordering::Relaxed);
            }
            keep
        });
    }

    fn shrink_to_fit(&self) {
        self.0.known.shrink_to_fit();
    }

    fn len(&self) -> usize {
        self.0.known.len()
    }

    fn is_empty(&self) -> bool {
        self.0.known.is_empty()
    }
}
