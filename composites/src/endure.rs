//! One slow or failing system of one tenant costs its own callers as little as possible, and everybody else nothing.
//!
//! [`Endure::run`] carries one safe request through, attempt by attempt, inside the caller's deadline: it waits for a
//! free place (bulkhead), asks the breaker, gives the attempt its time, and repeats what is worth repeating while the
//! budget for repetitions lasts. It knows nothing of HTTP; what an attempt is, its caller says.
//! Dropping the future at any point gives back all that it holds.

mod breaker;
mod budget;
mod cooldown;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout_at};

use self::breaker::{Admission, Breaker, Health};
pub use self::breaker::{BreakerSettings, BreakerState};
use self::budget::Budget;
use self::cooldown::Cooldown;
use crate::connect::wire::Rejection;

/// How one system is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndureSettings {
    /// The time of one attempt.
    pub timeout: Duration,
    /// Attempts at once; more wait.
    pub concurrency: usize,
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
            concurrency: 32,
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
    places: Semaphore,
    breaker: Mutex<Breaker>,
    budget: Mutex<Budget>,
    cooldown: Cooldown,
    retries: AtomicU64,
    retries_refused: AtomicU64,
}

/// Less time than this is not worth an attempt.
const SHORTEST: Duration = Duration::from_millis(10);

impl Endure {
    /// A system of which nothing is known yet.
    pub fn new(settings: EndureSettings) -> Self {
        Endure {
            places: Semaphore::new(settings.concurrency.max(1)),
            breaker: Mutex::new(Breaker::new(settings.breaker)),
            budget: Mutex::new(Budget::new(Instant::now())),
            cooldown: Cooldown::default(),
            retries: AtomicU64::new(0),
            retries_refused: AtomicU64::new(0),
            settings,
        }
    }

    /// Makes the attempt, and repeats it where that is worth it. The attempt is told until when it has time; it is
    /// dropped then. It must be safe to repeat.
    pub async fn run<T, F>(&self, deadline: Instant, mut attempt: impl FnMut(Instant) -> F) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, Trouble>>,
    {
        self.budget.lock().earn();
        let mut trouble = match self.once(deadline, &mut attempt).await {
            Ok(done) => return Ok(done),
            Err(trouble) => trouble,
        };
        for repetition in 0..self.settings.retries {
            let Some(pause) = self.pause_before(repetition, &trouble, deadline) else { break };
            self.retries.fetch_add(1, Relaxed);
            sleep(pause).await;
            trouble = match self.once(deadline, &mut attempt).await {
                Ok(done) => return Ok(done),
                // What the system itself did tells more than that we then had no time to ask it again.
                Err(Trouble::OutOfTime | Trouble::Paused(_)) => return Err(trouble),
                Err(trouble) => trouble,
            };
        }
        Err(trouble)
    }

    /// Whether a call that is not run from here may be sent now, as far as the pause goes that the system asked for.
    pub fn may_be_sent(&self) -> Result<(), Trouble> {
        match self.cooldown.left(Instant::now()) {
            Some(left) => Err(Trouble::Rejected(Rejection::Throttled(Some(left)))),
            None => Ok(()),
        }
    }

    /// A call that was not run from here was told that there are too many. The system counts all of them together.
    pub fn throttled(&self, wait: Option<Duration>) {
        self.cooldown.extend(wait.unwrap_or(self.settings.pause), Instant::now());
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        let now = Instant::now();
        Standing {
            in_flight: self.settings.concurrency.max(1) - self.places.available_permits(),
            retries: self.retries.load(Relaxed),
            retries_refused: self.retries_refused.load(Relaxed),
            breaker: self.breaker.lock().state(now),
            cooling_for: self.cooldown.left(now),
        }
    }

    async fn once<T, F>(&self, deadline: Instant, attempt: &mut impl FnMut(Instant) -> F) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, Trouble>>,
    {
        // Before waiting for a place, so that those who cannot succeed do not queue; and after, for what happened meanwhile.
        self.may_start(deadline)?;
        self.breaker.lock().would_admit(Instant::now()).map_err(Trouble::Paused)?;
        let waited = timeout_at(deadline, self.places.acquire()).await;
        let _place = waited.map_err(|_| Trouble::OutOfTime)?.map_err(|_| Trouble::OutOfTime)?;
        let began = self.may_start(deadline)?;
        let admission = Admission::ask(&self.breaker, began).map_err(Trouble::Paused)?;
        let until = deadline.min(began + self.settings.timeout);
        let result = match timeout_at(until, attempt(until)).await {
            Ok(result) => result,
            Err(_) if until < deadline => Err(Trouble::TimedOut),
            Err(_) => Err(Trouble::OutOfTime),
        };
        if let Err(Trouble::Rejected(Rejection::Throttled(wait))) = &result {
            self.throttled(*wait);
        }
        admission.tell(self.health(&result, began), Instant::now());
        result
    }

    fn may_start(&self, deadline: Instant) -> Result<Instant, Trouble> {
        self.may_be_sent()?;
        let now = Instant::now();
        if now >= deadline { Err(Trouble::OutOfTime) } else { Ok(now) }
    }

    /// What a result says about the system. That it refuses us says that it lives; that a hasty caller left says nothing.
    fn health<T>(&self, result: &Result<T, Trouble>, began: Instant) -> Health {
        match result {
            Err(Trouble::OutOfTime) if began.elapsed() < self.settings.timeout / 2 => Health::Unknown,
            Err(Trouble::Rejected(Rejection::Throttled(_)) | Trouble::Paused(_)) => Health::Unknown,
            Err(Trouble::Unreachable(_) | Trouble::TimedOut | Trouble::OutOfTime) => Health::Bad,
            Err(Trouble::Rejected(Rejection::Failed { retryable: true, .. } | Rejection::Malformed(_))) => Health::Bad,
            Ok(_) | Err(Trouble::Rejected(_) | Trouble::Redirected(_)) => Health::Good,
        }
    }

    /// How long to wait before the call is repeated; `None` where that is of no use, or not affordable.
    fn pause_before(&self, repetition: u32, trouble: &Trouble, deadline: Instant) -> Option<Duration> {
        let now = Instant::now();
        let jitter = at_random(self.settings.backoff.saturating_mul(1 << repetition.min(6)));
        let pause = match trouble {
            Trouble::Unreachable(_) | Trouble::TimedOut => jitter,
            Trouble::Rejected(Rejection::Failed { retryable: true, .. }) => jitter,
            // Whole, as the system said, and then not all at the same moment.
            Trouble::Rejected(Rejection::Throttled(_)) => self.cooldown.left(now).unwrap_or_default() + jitter,
            _ => return None,
        };
        if now.checked_add(pause)? + SHORTEST >= deadline {
            return None;
        }
        let affordable = self.budget.lock().spend(now);
        if !affordable {
            self.retries_refused.fetch_add(1, Relaxed);
        }
        affordable.then_some(pause)
    }
}

/// Full jitter: anything from nothing to the whole, so that those who failed together do not return together.
fn at_random(most: Duration) -> Duration {
    let micros = u64::try_from(most.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(rand::random_range(0..=micros))
}

#[cfg(test)]
mod tests;
