//! What came back: how fast, how often, how wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use hdrhistogram::Histogram;

/// A minute: whoever waits longer has long been given up on.
const LONGEST_US: u64 = 60_000_000;
/// As much of a wrong answer as a person needs to see what is wrong.
const SAMPLE_BYTES: usize = 400;

/// The answers of one connection, or of all.
#[derive(Debug)]
pub(crate) struct Tally {
    latency: Histogram<u64>,
    /// Answers by status, right ones and wrong ones.
    pub(crate) statuses: BTreeMap<u16, u64>,
    /// Requests without an answer, by what went wrong.
    pub(crate) failures: BTreeMap<&'static str, u64>,
    /// Answers that were not what the scenario expects.
    pub(crate) unexpected: u64,
    /// Requests of an open loop that were due and never sent, for want of a free connection.
    pub(crate) unsent: u64,
    /// The first wrong answer.
    pub(crate) sample: Option<String>,
}

/// Latencies of right answers, in microseconds.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Latency {
    pub(crate) p50: u64,
    pub(crate) p90: u64,
    pub(crate) p99: u64,
    pub(crate) max: u64,
}

impl Tally {
    pub(crate) fn new() -> Self {
        let latency =
            Histogram::new_with_bounds(1, LONGEST_US, 3).expect("1 to a minute with 3 digits is a valid range");
        Self { latency, statuses: BTreeMap::new(), failures: BTreeMap::new(), unexpected: 0, unsent: 0, sample: None }
    }

    /// A right answer.
    pub(crate) fn right(&mut self, status: u16, took: Duration) {
        *self.statuses.entry(status).or_default() += 1;
        self.latency.saturating_record(u64::try_from(took.as_micros()).unwrap_or(LONGEST_US).max(1));
    }

    /// Any other answer. Its latency does not count: a quick refusal must not make us look fast.
    pub(crate) fn wrong(&mut self, status: u16, body: &Bytes) {
        *self.statuses.entry(status).or_default() += 1;
        self.unexpected += 1;
        self.sample.get_or_insert_with(|| {
            let shown = &body[..body.len().min(SAMPLE_BYTES)];
            format!("{status} {}", String::from_utf8_lossy(shown))
        });
    }

    /// No answer.
    pub(crate) fn failed(&mut self, why: &'static str) {
        *self.failures.entry(why).or_default() += 1;
    }

    /// Takes in another connection's answers.
    pub(crate) fn add(&mut self, other: Self) {
        self.latency.add(&other.latency).expect("all histograms have the same range");
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        for (why, count) in other.failures {
            *self.failures.entry(why).or_default() += count;
        }
        self.unexpected += other.unexpected;
        self.unsent += other.unsent;
        self.sample = self.sample.take().or(other.sample);
    }

    /// Requests that were answered somehow.
    pub(crate) fn answers(&self) -> u64 {
        self.statuses.values().sum()
    }

    /// Requests that were answered rightly.
    pub(crate) fn right_answers(&self) -> u64 {
        self.latency.len()
    }

    /// Requests that were sent or should have been.
    pub(crate) fn requests(&self) -> u64 {
        self.answers() + self.failures.values().sum::<u64>() + self.unsent
    }

    pub(crate) fn latency(&self) -> Latency {
        let at = |quantile| self.latency.value_at_quantile(quantile);
        Latency { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: self.latency.max() }
    }
}

/// How many in a second, in whole numbers.
pub(crate) fn per_second(count: u64, took: Duration) -> u64 {
    let nanos = took.as_nanos().max(1);
    let rate = u128::from(count) * 1_000_000_000 / nanos;
    u64::try_from(rate).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_right_answers_only() {
        let mut tally = Tally::new();
        for micros in 1..=1_000 {
            tally.right(200, Duration::from_micros(micros));
        }
        for _ in 0..5_000 {
            tally.wrong(429, &Bytes::from_static(b"slow down"));
        }
        assert_eq!(tally.latency(), Latency { p50: 500, p90: 900, p99: 990, max: 1_000 });
        assert_eq!((tally.answers(), tally.right_answers(), tally.unexpected), (6_000, 1_000, 5_000));
        assert_eq!(tally.sample.as_deref(), Some("429 slow down"));
    }

    #[test]
    fn connections_add_up() {
        let (mut one, mut two) = (Tally::new(), Tally::new());
        one.right(200, Duration::from_micros(10));
        two.right(200, Duration::from_micros(30));
        two.failed("connection lost");
        two.unsent = 2;
        one.add(two);
        assert_eq!((one.requests(), one.right_answers(), one.latency().max), (5, 2, 30));
        assert_eq!(one.failures, BTreeMap::from([("connection lost", 1)]));
    }

    #[test]
    fn what_takes_for_ever_counts_as_a_minute() {
        let mut tally = Tally::new();
        tally.right(200, Duration::from_hours(1));
        assert!(tally.latency().max >= LONGEST_US);
    }

    #[test]
    fn rates_are_whole_and_never_divide_by_nothing() {
        assert_eq!(per_second(1_500, Duration::from_millis(500)), 3_000);
        assert_eq!(per_second(10, Duration::from_secs(3)), 3);
        assert_eq!(per_second(1, Duration::ZERO), 1_000_000_000);
        assert_eq!(per_second(0, Duration::from_secs(1)), 0);
    }
}
