//! Stops asking a system that fails too often, and finds out with one call at a time whether it is back.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// When the breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerSettings {
    /// Failures are counted over this time.
    pub window: Duration,
    /// Fewer calls than this within the window say nothing.
    pub volume: u32,
    /// From this share of failures on it opens.
    pub failure_percent: u32,
    /// So long nobody asks; then one call tries.
    pub open_for: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        BreakerSettings {
            window: Duration::from_secs(10),
            volume: 10,
            failure_percent: 50,
            open_for: Duration::from_secs(5),
        }
    }
}

/// What the breaker allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls go through.
    Closed,
    /// None does.
    Open,
    /// One does, to try.
    HalfOpen,
}

impl BreakerState {
    /// As metrics spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            BreakerState::Closed => "closed",
            BreakerState::Open => "open",
            BreakerState::HalfOpen => "half_open",
        }
    }
}

/// What a call said about the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    Good,
    Bad,
    Unknown,
}

/// The breaker of one system. Pure: time is an argument.
#[derive(Debug)]
pub(super) struct Breaker {
    settings: BreakerSettings,
    state: State,
    /// Grows with every change of state, so that calls begun in an earlier one have no say in this one.
    term: u64,
}

#[derive(Debug)]
enum State {
    Closed(Window),
    Open { until: Instant },
    HalfOpen { trying: bool },
}

/// The right to make one call.
#[derive(Debug, Clone, Copy)]
struct Ticket {
    term: u64,
}

const SLICES: usize = 10;

/// Good and bad calls of the last while, in slices of time.
#[derive(Debug)]
struct Window {
    slices: [(u32, u32); SLICES],
    slice: Duration,
    at: usize,
    began: Instant,
}

impl Breaker {
    pub(super) fn new(settings: BreakerSettings) -> Self {
        let state = State::Closed(Window::new(settings.window, Instant::now()));
        Breaker { settings, state, term: 0 }
    }

    pub(super) fn state(&self, now: Instant) -> BreakerState {
        match self.state {
            State::Closed(_) => BreakerState::Closed,
            State::Open { until } if now < until => BreakerState::Open,
            State::Open { .. } | State::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    /// Whether a call would be admitted; if not, when to come back.
    pub(super) fn would_admit(&self, now: Instant) -> Result<(), Duration> {
        match self.state {
            State::Open { until } if now < until => Err(until - now),
            State::HalfOpen { trying: true } => Err(self.settings.open_for.min(Duration::from_secs(1))),
            _ => Ok(()),
        }
    }

    fn admit(&mut self, now: Instant) -> Result<Ticket, Duration> {
        self.would_admit(now)?;
        if !matches!(self.state, State::Closed(_)) {
            self.become_state(State::HalfOpen { trying: true });
        }
        Ok(Ticket { term: self.term })
    }

    fn record(&mut self, ticket: Ticket, health: Health, now: Instant) {
        if ticket.term != self.term {
            return;
        }
        match (&mut self.state, health) {
            (State::HalfOpen { .. }, Health::Good) => {
                self.become_state(State::Closed(Window::new(self.settings.window, now)));
            }
            (State::HalfOpen { .. }, Health::Bad) => self.open(now),
            (State::HalfOpen { trying }, Health::Unknown) => *trying = false,
            (State::Closed(window), Health::Good) => window.slice_at(now).0 += 1,
            (State::Closed(window), Health::Bad) => {
                window.slice_at(now).1 += 1;
                if window.is_bad(&self.settings) {
                    self.open(now);
                }
            }
            (State::Closed(_), Health::Unknown) | (State::Open { .. }, _) => {}
        }
    }

    fn open(&mut self, now: Instant) {
        self.become_state(State::Open { until: now + self.settings.open_for });
    }

    fn become_state(&mut self, state: State) {
        self.state = state;
        self.term += 1;
    }
}

impl Window {
    fn new(window: Duration, now: Instant) -> Self {
        let slice = (window / 10).max(Duration::from_millis(1));
        Window { slices: [(0, 0); SLICES], slice, at: 0, began: now }
    }

    /// The slice of this moment; those that are too old are emptied on the way.
    fn slice_at(&mut self, now: Instant) -> &mut (u32, u32) {
        let passed = now.saturating_duration_since(self.began).as_nanos() / self.slice.as_nanos();
        for _ in 0..passed.min(SLICES as u128) {
            self.at = (self.at + 1) % SLICES;
            self.slices[self.at] = (0, 0);
        }
        self.began += self.slice.saturating_mul(u32::try_from(passed).unwrap_or(u32::MAX));
        &mut self.slices[self.at]
    }

    fn is_bad(&self, settings: &BreakerSettings) -> bool {
        let good: u64 = self.slices.iter().map(|slice| u64::from(slice.0)).sum();
        let bad: u64 = self.slices.iter().map(|slice| u64::from(slice.1)).sum();
        let all = good + bad;
        all >= u64::from(settings.volume) && bad * 100 >= all * u64::from(settings.failure_percent)
    }
}

/// A call that the breaker admitted. If it ends without telling, for example because its caller left, it says nothing
/// about the system, and a trial may be made by another.
#[derive(Debug)]
pub(super) struct Admission<'a> {
    breaker: &'a Mutex<Breaker>,
    ticket: Option<Ticket>,
}

impl<'a> Admission<'a> {
    pub(super) fn ask(breaker: &'a Mutex<Breaker>, now: Instant) -> Result<Self, Duration> {
        let ticket = breaker.lock().admit(now)?;
        Ok(Admission { breaker, ticket: Some(ticket) })
    }

    pub(super) fn tell(mut self, health: Health, now: Instant) {
        if let Some(ticket) = self.ticket.take() {
            self.breaker.lock().record(ticket, health, now);
        }
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.breaker.lock().record(ticket, Health::Unknown, Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn tell(breaker: &mut Breaker, health: Health, times: u32, now: Instant) {
        for _ in 0..times {
            let ticket = breaker.admit(now).unwrap();
            breaker.record(ticket, health, now);
        }
    }

    #[test]
    fn it_opens_at_half_failures_once_enough_calls_were_made() {
        let now = Instant::now();
        let mut breaker = Breaker::new(BreakerSettings::default());
        tell(&mut breaker, Health::Bad, 4, now);
        tell(&mut breaker, Health::Good, 5, now);
        assert_eq!(breaker.state(now), BreakerState::Closed);
        tell(&mut breaker, Health::Bad, 1, now);
        assert_eq!(breaker.state(now), BreakerState::Open);
        assert_eq!(breaker.would_admit(now + SECOND), Err(4 * SECOND));
    }

    #[test]
    fn what_is_long_ago_is_forgotten() {
        let now = Instant::now();
        let mut breaker = Breaker::new(BreakerSettings::default());
        tell(&mut breaker, Health::Bad, 9, now);
        tell(&mut breaker, Health::Bad, 5, now + 12 * SECOND);
        assert_eq!(breaker.state(now + 12 * SECOND), BreakerState::Closed);
        tell(&mut breaker, Health::Bad, 5, now + 20 * SECOND);
        assert_eq!(breaker.state(now + 20 * SECOND), BreakerState::Open);
    }

    #[test]
    fn one_call_at_a_time_tries_whether_it_is_back() {
        let now = Instant::now();
        let mut breaker = Breaker::new(BreakerSettings::default());
        let before = breaker.admit(now).unwrap();
        tell(&mut breaker, Health::Bad, 10, now);
        let later = now + 6 * SECOND;
        let trial = breaker.admit(later).unwrap();
        assert!(breaker.admit(later).is_err());
        breaker.record(before, Health::Good, later);
        assert_eq!(breaker.state(later), BreakerState::HalfOpen, "what began before has no say");
        breaker.record(trial, Health::Unknown, later);
        let trial = breaker.admit(later).unwrap();
        breaker.record(trial, Health::Bad, later);
        assert_eq!(breaker.state(later + SECOND), BreakerState::Open);
        let trial = breaker.admit(later + 5 * SECOND).unwrap();
        breaker.record(trial, Health::Good, later + 5 * SECOND);
        assert_eq!(breaker.state(later + 5 * SECOND), BreakerState::Closed);
    }
}
