//! Between the accounts of this gateway and the common store: asks in the background, in batches, and knows whether the
//! store is there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::super::WhenAway;
use super::super::budget::{At, Denied, Terms};
use super::super::limiter::Remaining;
use super::super::store::{Ask, Beat, Store, StoreError};
use super::account::{Account, Moment, Verdict};
use crate::{Now, Ticks};

/// Accounts that wait to be asked for. Each stands in line once, so that this is a bound on accounts, not on requests.
const LINE: usize = 65_536;
/// Asked for at once.
const BATCH: usize = 256;
/// Time for a connection, which nobody waits for.
const CONNECTING: Duration = Duration::from_secs(2);

/// How this gateway uses the common store.
#[derive(Debug, Clone)]
pub struct HubSettings {
    /// This gateway's name among all; another one with each start.
    pub gateway: Arc<str>,
    /// The longest that a request waits for the store.
    pub timeout: Duration,
    /// Percent of a burst or quota that one gateway may hold ready.
    pub lease_percent: u32,
    /// How many gateways are assumed until the store has said it.
    pub gateways: u32,
}

/// How it stands with the common store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Whether it answers.
    pub up: bool,
    /// Gateways that are known.
    pub gateways: u32,
    /// How often it had lost what was counted.
    pub losses: u64,
    /// How often it fell silent.
    pub outages: u64,
}

/// One gateway's side of the common store.
#[derive(Debug)]
pub struct Hub {
    store: Arc<dyn Store>,
    settings: HubSettings,
    ticks: Ticks,
    up: AtomicBool,
    gateways: AtomicU32,
    epoch: Mutex<Option<String>>,
    losses: AtomicU64,
    outages: AtomicU64,
    line: mpsc::Sender<Arc<Account>>,
    waiting: tokio::sync::Mutex<mpsc::Receiver<Arc<Account>>>,
}

impl Hub {
    /// Not connected yet: the first heartbeat does that.
    pub fn new(store: Arc<dyn Store>, settings: HubSettings, ticks: Ticks) -> Arc<Self> {
        let (line, waiting) = mpsc::channel(LINE);
        Arc::new(Hub {
            store,
            ticks,
            up: AtomicBool::new(false),
            gateways: AtomicU32::new(settings.gateways.max(1)),
            epoch: Mutex::new(None),
            losses: AtomicU64::new(0),
            outages: AtomicU64::new(0),
            line,
            waiting: tokio::sync::Mutex::new(waiting),
            settings,
        })
    }

    /// How it stands with the store.
    pub fn standing(&self) -> Standing {
        Standing {
            up: self.is_up(),
            gateways: self.gateways.load(Ordering::Relaxed),
            losses: self.losses.load(Ordering::Relaxed),
            outages: self.outages.load(Ordering::Relaxed),
        }
    }

    /// Asks for whoever stands in line, for ever. A background service.
    pub async fn serve(&self) {
        // Four, so that a slow answer does not hold up the next question.
        tokio::join!(self.work(), self.work(), self.work(), self.work());
    }

    async fn work(&self) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let received = self.waiting.lock().await.recv_many(&mut batch, BATCH).await;
            if received == 0 {
                return;
            }
            self.ask(std::mem::take(&mut batch)).await;
        }
    }

    async fn ask(&self, accounts: Vec<Arc<Account>>) {
        let now = self.ticks();
        let of = |account: Arc<Account>| Some((account.ask(self.settings.lease_percent, now)?, account));
        let (asks, accounts): (Vec<Ask>, Vec<Arc<Account>>) = accounts.into_iter().filter_map(of).unzip();
        if asks.is_empty() {
            return;
        }
        // A server that was started again is met before it is asked.
        if !self.is_up() {
            accounts.iter().for_each(|account| account.unanswered());
            return;
        }
        let (gateway, gateways) = (&self.settings.gateway, self.gateways.load(Ordering::Relaxed));
        let answers = tokio::time::timeout(self.settings.timeout, self.store.settle(gateway, gateways, &asks)).await;
        match in_time(answers).and_then(|answers| {
            let all = answers.len() == asks.len();
            all.then_some(answers).ok_or_else(|| StoreError("answers are missing".to_owned()))
        }) {
            Ok(answers) => {
                let now = self.ticks();
                for ((account, ask), answer) in accounts.iter().zip(&asks).zip(answers) {
                    account.answered(ask, answer, now);
                }
            }
            Err(error) => {
                self.silent(&error);
                accounts.iter().for_each(|account| account.unanswered());
            }
        }
    }

    /// One heartbeat: finds out whether the store is there, and says whether it has lost what was counted.
    pub(crate) async fn meet(&self) -> bool {
        let connected = tokio::time::timeout(CONNECTING, self.store.connect()).await;
        if let Err(error) = in_time(connected) {
            self.silent(&error);
            return false;
        }
        let beat = tokio::time::timeout(self.settings.timeout, self.store.beat(&self.settings.gateway)).await;
        match in_time(beat) {
            Ok(beat) => self.met(&beat),
            Err(error) => {
                self.silent(&error);
                self.store.disconnect();
                false
            }
        }
    }

    fn met(&self, beat: &Beat) -> bool {
        self.gateways.store(beat.gateways.max(1), Ordering::Relaxed);
        let before = self.epoch.lock().replace(beat.epoch.clone());
        if !self.up.swap(true, Ordering::AcqRel) {
            tracing::info!(gateways = beat.gateways, "the common store of limits answers");
        }
        let lost = before.is_some_and(|before| before != beat.epoch);
        if lost {
            self.losses.fetch_add(1, Ordering::Relaxed);
            tracing::warn!("the common store had lost what was counted; this gateway says again what it knows");
        }
        lost
    }

    fn silent(&self, error: &StoreError) {
        if self.up.swap(false, Ordering::AcqRel) {
            self.outages.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(%error, "the common store of limits does not answer; each limit does what its plan says");
        }
    }

    /// Says that this gateway ends.
    pub(crate) async fn leave(&self) {
        let left = tokio::time::timeout(self.settings.timeout, self.store.leave(&self.settings.gateway)).await;
        if let Err(error) = in_time(left) {
            tracing::debug!(%error, "the common store did not hear that this gateway ends");
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.up.load(Ordering::Acquire)
    }

    pub(super) fn ticks(&self) -> u64 {
        self.ticks.now().as_u64()
    }

    /// Puts an account in line where it does not stand there.
    pub(super) fn enqueue(&self, account: &Arc<Account>) {
        if self.is_up() && account.mark_asked(self.ticks()) && self.line.try_send(Arc::clone(account)).is_err() {
            account.not_asked();
        }
    }

    /// Until when a request that comes now may wait.
    pub(crate) fn patience(&self) -> tokio::time::Instant {
        tokio::time::Instant::now() + self.settings.timeout
    }

    /// Takes of an account; says whether that had to wait for the store.
    pub(super) async fn take(
        &self,
        account: &Arc<Account>,
        n: u64,
        terms: Terms,
        away: WhenAway,
        at: At,
    ) -> (Result<Remaining, Denied>, bool) {
        let At { now, latest } = at;
        if let Some(verdict) = self.at_once(account, n, terms, now) {
            return (verdict, false);
        }
        let waiting = account.wait(n);
        while self.is_up() {
            let changed = account.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            self.enqueue(account);
            let answered = tokio::time::timeout_at(latest, changed).await;
            if let Some(verdict) = self.at_once(account, n, terms, now) {
                return (verdict, true);
            }
            if answered.is_err() {
                break;
            }
        }
        drop(waiting);
        let gateways = self.gateways.load(Ordering::Relaxed).into();
        (account.take_alone(n, terms, away, gateways, self.moment(now)), false)
    }

    fn at_once(&self, account: &Arc<Account>, n: u64, terms: Terms, now: Now) -> Option<Result<Remaining, Denied>> {
        let (verdict, ask) = match account.take(n, terms, self.moment(now)) {
            Verdict::Taken(remaining, ask) => (Ok(remaining), ask),
            // What is known of a store that is away is old: then the limit does what was chosen for that.
            Verdict::Denied(Denied::UsedUp { .. }, _) if !self.is_up() => return None,
            Verdict::Denied(denied, ask) => (Err(denied), ask),
            Verdict::Lacking => return None,
        };
        if ask {
            self.enqueue(account);
        }
        Some(verdict)
    }

    fn moment(&self, now: Now) -> Moment {
        Moment { ticks: self.ticks(), unix: now.unix }
    }
}

fn in_time<T>(answer: Result<Result<T, StoreError>, tokio::time::error::Elapsed>) -> Result<T, StoreError> {
    answer.unwrap_or_else(|_| Err(StoreError("no answer in time".to_owned())))
}
