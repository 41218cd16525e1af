//! One slow or failing system of one tenant costs its own callers as little as possible, and everybody else nothing.
//!
//! [`Endure::run`] carries one safe request through, attempt by attempt, inside the caller's deadline: it waits until the
//! [`Steward`] allows a call, asks the breaker, gives the attempt its time, and repeats what is worth repeating while the
//! budget for repetitions lasts. It knows nothing of HTTP; what an attempt is, its caller says.
//! Dropping the future at any point gives back all that it holds.

mod breaker;
mod budget;
mod cooldown;
pub mod limits;
pub mod steward;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use parking_lot::Mutex;
use portico_contracts::tenancy::Tier;
use tokio::time::{Instant, sleep, timeout_at};

use self::breaker::{Admission, Breaker, Health};
pub use self::breaker::{BreakerSettings, BreakerState};
use self::budget::Budget;
pub use self::limits::Limits;
pub use self::steward::{Lack, Steward, Withheld};
use self::steward::{Place, Ticket};
use crate::ask::Call;
use crate::connect::wire::Rejection;

/// How one system is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndureSettings {
    /// The time of one attempt.
    pub timeout: Duration,
    /// How much it may be asked.
    pub limits: Limits,
    /// How often a call is repeated at most.
    pub retries: u32,
    /// The pause before the first repetition is at most this long, before the next twice as long, and so on.
    pub backoff: Duration,
    /// How long all calls pause where the system limits them and does not say how long.
    pub pause: Duration,
    /// When calls are given up beforehand.
    pub breaker: BreakerSettings,
}

impl Default for EndureSettings {
    fn default() -> Self {
        EndureSettings {
            timeout: Duration::from_secs(5),
            limits: Limits::default(),
            retries: 2,
            backoff: Duration::from_millis(100),
            pause: Duration::from_secs(1),
            breaker: BreakerSettings::default(),
        }
    }
}

/// Why an attempt, or all of them, brought nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// There was no connection, or it broke.
    Unreachable(String),
    /// The system had all the time of an attempt.
    TimedOut,
    /// It answered that it would not.
    Rejected(Rejection),
    /// It sent us elsewhere, with this status; we do not go.
    Redirected(u16),
    /// It was not asked, because it failed too often; it may be asked again after this time.
    Paused(Duration),
    /// It was not asked, because what it allows is used up or kept for the more urgent.
    Withheld(Withheld),
    /// This caller's token could not be exchanged. It says nothing about the system, and nothing about other callers.
    Exchange(Box<Trouble>),
    /// The time of the request was used up.
    OutOfTime,
}

/// How it stands with one system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Attempts that are under way.
    pub in_flight: usize,
    /// Repetitions since the process began.
    pub retries: u64,
    /// Repetitions that were worth it and had no budget.
    pub retries_refused: u64,
    /// What the breaker allows.
    pub breaker: BreakerState,
    /// How long all calls pause, because the system limits them.
    pub cooling_for: Option<Duration>,
}

/// What one system of one tenant can take.
#[derive(Debug)]
pub struct Endure {
    settings: EndureSettings,
    steward: Arc<Steward>,
    breaker: Mutex<Breaker>,
    /// Repetitions of critical calls are paid from a budget of their own, which nobody else can empty.
    budgets: [Mutex<Budget>; 2],
    retries: AtomicU64,
    retries_refused: AtomicU64,
}

/// What an attempt has.
#[derive(Debug)]
pub struct Turn {
    /// Until when it has time.
    pub until: Instant,
    /// To whom its answers are told.
    pub ticket: Ticket,
}

/// Less time than this is not worth an attempt.
const SHORTEST: Duration = Duration::from_millis(10);

impl Endure {
    /// A system of which nothing is known yet but what its steward knows.
    pub fn new(settings: EndureSettings, steward: Arc<Steward>) -> Self {
        let now = Instant::now();
        Endure {
            steward,
            breaker: Mutex::new(Breaker::new(settings.breaker)),
            budgets: [Mutex::new(Budget::new(now)), Mutex::new(Budget::new(now))],
            retries: AtomicU64::new(0),
            retries_refused: AtomicU64::new(0),
            settings,
        }
    }

    /// Makes the attempt, and repeats it where that is worth it, before the call's deadline. The attempt is told until
    /// when it has time; it is dropped then. It must be safe to repeat.
    pub async fn run<T, F>(&self, call: &Call, mut attempt: impl FnMut(Turn) -> F) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, Trouble>>,
    {
        self.budget(call).lock().earn();
        let mut trouble = match self.once(call, &mut attempt).await {
            Ok(done) => return Ok(done),
            Err(trouble) => trouble,
        };
        for repetition in 0..self.settings.retries {
            let Some(pause) = self.pause_before(repetition, &trouble, call) else { break };
            self.retries.fetch_add(1, Relaxed);
            sleep(pause).await;
            trouble = match self.once(call, &mut attempt).await {
                Ok(done) => return Ok(done),
                // What the system itself did tells more than that we then had no time to ask it again.
                Err(Trouble::OutOfTime | Trouble::Paused(_) | Trouble::Withheld(_)) => return Err(trouble),
                Err(trouble) => trouble,
            };
        }
        Err(trouble)
    }

    /// The right to a call that is not run from here.
    pub async fn place(&self, call: &Call) -> Result<Place, Trouble> {
        self.steward.place(call).await.map_err(Trouble::Withheld)
    }

    /// A call was told that there are too many. The system counts all of them together.
    pub fn throttled(&self, wait: Option<Duration>) {
        self.steward.pause(wait.unwrap_or(self.settings.pause));
    }

    /// Who says how much may be asked.
    pub fn steward(&self) -> &Arc<Steward> {
        &self.steward
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        let now = Instant::now();
        Standing {
            in_flight: self.steward.in_use(),
            retries: self.retries.load(Relaxed),
            retries_refused: self.retries_refused.load(Relaxed),
            breaker: self.breaker.lock().state(now),
            cooling_for: self.steward.cooling_for(),
        }
    }

    async fn once<T, F>(&self, call: &Call, attempt: &mut impl FnMut(Turn) -> F) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, Trouble>>,
    {
        // Before waiting for a place, so that those who cannot succeed do not queue; and after, for what happened meanwhile.
        in_time(call.deadline)?;
        self.breaker.lock().would_admit(Instant::now()).map_err(Trouble::Paused)?;
        let mut place = self.place(call).await?;
        let began = in_time(call.deadline)?;
        let admission = Admission::ask(&self.breaker, began).map_err(Trouble::Paused)?;
        let until = call.deadline.min(began + self.settings.timeout);
        let result = match timeout_at(until, attempt(Turn { until, ticket: place.begin() })).await {
            Ok(result) => result,
            Err(_) if until < call.deadline => Err(Trouble::TimedOut),
            Err(_) => Err(Trouble::OutOfTime),
        };
        if let Err(Trouble::Rejected(Rejection::Throttled(wait))) = &result {
            self.throttled(*wait);
        }
        admission.tell(self.health(&result, began), Instant::now());
        result
    }

    fn budget(&self, call: &Call) -> &Mutex<Budget> {
        &self.budgets[usize::from(call.urgency().tier == Tier::Critical)]
    }

    /// What a result says about the system. That it refuses us says that it lives; that a hasty caller left says nothing.
    fn health<T>(&self, result: &Result<T, Trouble>, began: Instant) -> Health {
        match result {
            Err(Trouble::OutOfTime) if began.elapsed() < self.settings.timeout / 2 => Health::Unknown,
            Err(
                Trouble::Rejected(Rejection::Throttled(_))
                | Trouble::Paused(_)
                | Trouble::Withheld(_)
                | Trouble::Exchange(_),
            ) => Health::Unknown,
            Err(Trouble::Unreachable(_) | Trouble::TimedOut | Trouble::OutOfTime) => Health::Bad,
            Err(Trouble::Rejected(Rejection::Failed { retryable: true, .. } | Rejection::Malformed(_))) => Health::Bad,
            Ok(_) | Err(Trouble::Rejected(_) | Trouble::Redirected(_)) => Health::Good,
        }
    }

    /// How long to wait before the call is repeated; `None` where that is of no use, or not affordable.
    fn pause_before(&self, repetition: u32, trouble: &Trouble, call: &Call) -> Option<Duration> {
        let now = Instant::now();
        let jitter = at_random(self.settings.backoff.saturating_mul(1 << repetition.min(6)));
        let pause = match trouble {
            Trouble::Unreachable(_) | Trouble::TimedOut => jitter,
            Trouble::Rejected(Rejection::Failed { retryable: true, .. }) => jitter,
            // Whole, as the system said, and then not all at the same moment.
            Trouble::Rejected(Rejection::Throttled(_)) => self.steward.cooling_for().unwrap_or_default() + jitter,
            _ => return None,
        };
        // Whoever waits for it is told in time what happened.
        if now.checked_add(pause)? + SHORTEST >= call.deadline.min(call.urgency().until) {
            return None;
        }
        let affordable = self.budget(call).lock().spend(now);
        if !affordable {
            self.retries_refused.fetch_add(1, Relaxed);
        }
        affordable.then_some(pause)
    }
}

fn in_time(deadline: Instant) -> Result<Instant, Trouble> {
    let now = Instant::now();
    if now >= deadline { Err(Trouble::OutOfTime) } else { Ok(now) }
}

/// Full jitter: anything from nothing to the whole, so that those who failed together do not return together.
fn at_random(most: Duration) -> Duration {
    let micros = u64::try_from(most.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(rand::random_range(0..=micros))
}

#[cfg(test)]
mod tests;
