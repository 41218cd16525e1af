//! When the next request is due.
//!
//! Closed loop: as soon as the last one is answered; it shows how much can be done. Open loop: by the clock, answered or
//! not; it shows how long callers wait at a load that does not slow down because we do.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// How a run is driven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Each connection asks again as soon as it is answered.
    Closed,
    /// So many requests a second over all connections.
    Open(u64),
}

/// One connection's turns.
#[derive(Debug)]
pub(crate) struct Pace {
    mode: Mode,
    start: Instant,
    until: Instant,
    connections: u64,
    turn: u64,
}

/// How long an open loop goes on sending what is overdue once its time is up.
const GRACE: Duration = Duration::from_secs(2);

impl Pace {
    /// The turns of connection number `index` of `connections`.
    pub(crate) fn new(mode: Mode, start: Instant, lasts: Duration, index: u64, connections: u64) -> Self {
        Self { mode, start, until: start + lasts, connections, turn: index }
    }

    /// Waits for the next turn and says from when the answer's latency counts; `None` once the time is up.
    ///
    /// A request that is sent late because the answer before it was late counts from when it was due: callers of the
    /// real world would have waited too. One that is late because our own timer is coarse counts from when it was sent.
    pub(crate) async fn next(&mut self) -> Option<Instant> {
        let Mode::Open(rate) = self.mode else {
            return Some(Instant::now()).filter(|now| *now < self.until);
        };
        let due = self.start + after(self.turn, rate);
        let now = Instant::now();
        if due >= self.until || now >= self.until + GRACE {
            return None;
        }
        self.turn += self.connections;
        if now >= due {
            return Some(due);
        }
        sleep_until(due).await;
        Some(Instant::now())
    }

    /// Turns that were due before the end and not taken.
    pub(crate) fn unsent(&self) -> u64 {
        let Mode::Open(rate) = self.mode else { return 0 };
        let lasts = self.until.duration_since(self.start);
        let due = |turn: &u64| after(*turn, rate) < lasts;
        let mut turns = (0..).map(|ahead: u64| self.turn + ahead * self.connections);
        u64::try_from(turns.by_ref().take_while(due).count()).unwrap_or(u64::MAX)
    }
}

/// When a turn is due, from the start.
fn after(turn: u64, rate: u64) -> Duration {
    let nanos = u128::from(turn) * 1_000_000_000 / u128::from(rate.max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_closed_loop_asks_at_once_until_the_time_is_up() {
        let start = Instant::now();
        let mut pace = Pace::new(Mode::Closed, start, SECOND, 0, 4);
        assert_eq!(pace.next().await, Some(start));
        tokio::time::advance(SECOND).await;
        assert_eq!((pace.next().await, pace.unsent()), (None, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn an_open_loop_shares_its_rate_among_connections() {
        let start = Instant::now();
        let mut pace = Pace::new(Mode::Open(10), start, SECOND, 1, 5);
        let mut sent = Vec::new();
        while let Some(at) = pace.next().await {
            sent.push(at.duration_since(start).as_millis());
        }
        assert_eq!((sent, pace.unsent()), (vec![100, 600], 0));
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_behind_a_late_answer_counts() {
        let start = Instant::now();
        let mut pace = Pace::new(Mode::Open(10), start, SECOND, 0, 1);
        pace.next().await;
        tokio::time::advance(Duration::from_millis(550)).await;
        let counts_from = pace.next().await.map(|at| at.duration_since(start).as_millis());
        assert_eq!(counts_from, Some(100));
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_stalled_gateway_never_let_us_send_is_counted() {
        let start = Instant::now();
        let mut pace = Pace::new(Mode::Open(10), start, SECOND, 0, 1);
        pace.next().await;
        tokio::time::advance(SECOND + GRACE).await;
        assert_eq!((pace.next().await, pace.unsent()), (None, 9));
    }
}
