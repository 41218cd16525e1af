//! A common store in this process, for tests: the rules of the real one's scripts, in Rust, by a clock that the test
//! turns, and with an ear that can be shut.

use std::collections::HashMap;

use parking_lot::Mutex;

use super::*;

/// What the store does with what it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// It hears and answers.
    Well,
    /// It is not there.
    Away,
    /// It hears, and its answer is lost.
    Mute,
}

#[derive(Debug)]
pub(crate) struct Memory(Mutex<State>);

#[derive(Debug)]
struct State {
    mood: Mood,
    /// Nanoseconds of the store's own clock, and the second since 1970 at which it began.
    now: u64,
    began: u64,
    epoch: u32,
    gateways: Vec<String>,
    rates: HashMap<Arc<str>, RateAccount>,
    quotas: HashMap<Arc<str>, QuotaAccount>,
    settled: usize,
}

#[derive(Debug, Clone, Default)]
struct RateAccount {
    paid: u64,
    heard: HashMap<String, u64>,
}

#[derive(Debug, Clone, Default)]
struct QuotaAccount {
    number: u32,
    sum: i64,
    known: i64,
    since: i64,
    run: u32,
    /// The number and the sum that each gateway said last, and in which run.
    of: HashMap<String, (u64, i64, u32)>,
}

/// What it knew once.
#[derive(Debug)]
pub(crate) struct Snapshot(HashMap<Arc<str>, RateAccount>, HashMap<Arc<str>, QuotaAccount>);

impl Memory {
    /// It began at this second since 1970.
    pub(crate) fn new(began: u64) -> Arc<Self> {
        Arc::new(Memory(Mutex::new(State {
            mood: Mood::Well,
            now: 0,
            began,
            epoch: 0,
            gateways: Vec::new(),
            rates: HashMap::new(),
            quotas: HashMap::new(),
            settled: 0,
        })))
    }

    pub(crate) fn is(&self, mood: Mood) {
        self.0.lock().mood = mood;
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.0.lock().now += nanos(by);
    }

    /// It forgets everything, as one that is started anew does.
    pub(crate) fn flush(&self) {
        let mut state = self.0.lock();
        state.epoch += 1;
        state.rates.clear();
        state.quotas.clear();
        state.gateways.clear();
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let state = self.0.lock();
        Snapshot(state.rates.clone(), state.quotas.clone())
    }

    /// It is started again and knows what it knew then, as one that lags behind does when it takes over.
    pub(crate) fn restore(&self, Snapshot(rates, quotas): Snapshot) {
        let mut state = self.0.lock();
        state.epoch += 1;
        (state.rates, state.quotas) = (rates, quotas);
    }

    /// What all gateways took of a quota, as far as it was told.
    pub(crate) fn total(&self, account: &str) -> i64 {
        self.0.lock().quotas.get(account).map_or(0, |account| account.sum.max(account.known + account.since))
    }

    /// The names of all accounts.
    pub(crate) fn accounts(&self) -> Vec<String> {
        let state = self.0.lock();
        let mut all: Vec<String> = state.rates.keys().chain(state.quotas.keys()).map(ToString::to_string).collect();
        all.sort();
        all
    }

    /// How many statements it heard.
    pub(crate) fn settled(&self) -> usize {
        self.0.lock().settled
    }

    fn answer<T>(&self, act: impl FnOnce(&mut State) -> T) -> Result<T, StoreError> {
        let mut state = self.0.lock();
        let silence = || StoreError("silence".to_owned());
        match state.mood {
            Mood::Away => Err(silence()),
            Mood::Mute => {
                act(&mut state);
                Err(silence())
            }
            Mood::Well => Ok(act(&mut state)),
        }
    }
}

#[async_trait]
impl Store for Memory {
    async fn connect(&self) -> Result<(), StoreError> {
        self.answer(|_| ())
    }

    fn disconnect(&self) {}

    async fn beat(&self, gateway: &str) -> Result<Beat, StoreError> {
        self.answer(|state| {
            if !state.gateways.iter().any(|known| known == gateway) {
                state.gateways.push(gateway.to_owned());
            }
            let gateways = u32::try_from(state.gateways.len()).unwrap_or(u32::MAX);
            Beat { gateways, epoch: state.epoch.to_string() }
        })
    }

    async fn settle(&self, gateway: &str, gateways: u32, asks: &[Ask]) -> Result<Vec<Answer>, StoreError> {
        // Somebody else may come in between.
        tokio::task::yield_now().await;
        self.answer(|state| {
            state.settled += asks.len();
            asks.iter().map(|ask| state.settle(gateway, gateways, ask)).collect()
        })
    }

    async fn leave(&self, gateway: &str) -> Result<(), StoreError> {
        self.answer(|state| state.gateways.retain(|known| known != gateway))
    }
}

impl State {
    fn settle(&mut self, gateway: &str, gateways: u32, ask: &Ask) -> Answer {
        let (now, run, unix) = (self.now, self.epoch, self.began + self.now / 1_000_000_000);
        match ask.says {
            Statement::Rate { cell, burst, known, remind, owed, back } => {
                let cell = nanos(cell);
                let full = now + u64::from(burst) * cell;
                let forgotten = !self.rates.contains_key(&ask.account);
                let account = self.rates.entry(Arc::clone(&ask.account)).or_default();
                let mut paid = account.paid.max(now);
                if forgotten || remind {
                    paid = paid.max(now + nanos(known));
                }
                let heard = account.heard.entry(gateway.to_owned()).or_default();
                if (!owed.is_zero() || back > 0) && ask.sequence > *heard {
                    *heard = ask.sequence;
                    paid = (paid + nanos(owed)).saturating_sub(back * cell).max(now);
                }
                paid = paid.min(full);
                let free = (full - paid) / cell;
                let granted = if ask.want > 0 && free >= ask.need { free.min(ask.want) } else { 0 };
                account.paid = paid + granted * cell;
                Answer::Rate { granted, debt: Duration::from_nanos(account.paid - now) }
            }
            Statement::Quota { period, limit, number, taken, unsaid, known } => {
                let turn = period.at(unix);
                let account = self.quotas.entry(Arc::clone(&ask.account)).or_default();
                if account.number != turn.number {
                    *account = QuotaAccount { number: turn.number, ..QuotaAccount::default() };
                }
                if account.run != run {
                    account.known = account.sum.max(account.known + account.since).max(0);
                    (account.since, account.run) = (0, run);
                }
                let taken = i64::try_from(taken).unwrap_or(i64::MAX);
                let known = i64::try_from(known).unwrap_or(i64::MAX);
                let before = account.of.get(gateway).copied();
                let mut mine = 0;
                match before {
                    Some((heard, ..)) if number < turn.number || ask.sequence <= heard => return Answer::Late,
                    Some((_, before, heard_in)) => {
                        mine = taken;
                        account.sum += taken - before;
                        if heard_in == run {
                            account.since += taken - before;
                        } else {
                            account.since += unsaid;
                            account.known = account.known.max(known);
                        }
                    }
                    None if number >= turn.number => {
                        mine = taken;
                        account.sum += taken;
                        account.since += unsaid;
                        account.known = account.known.max(known);
                    }
                    None => {}
                }
                let total = account.sum.max(account.known + account.since).max(0);
                let left = (i64::from(limit) - total).max(0).unsigned_abs();
                let mut granted = 0;
                if ask.want > 0 && left >= ask.need {
                    granted = ask.want.min(ask.need.max(left / (2 * u64::from(gateways.max(1)))));
                }
                let more = i64::try_from(granted).unwrap_or(i64::MAX);
                account.sum += more;
                account.since += more;
                account.of.insert(gateway.to_owned(), (ask.sequence, mine + more, run));
                let total = (total + more).unsigned_abs();
                Answer::Quota { granted, total, number: turn.number, ends_in: turn.ends_in }
            }
        }
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
