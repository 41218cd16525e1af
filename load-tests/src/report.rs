//! Numbers for people and for machines: a table, and the same as JSON to be committed in `results/`.

mod machine;
mod table;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

pub(crate) use machine::Machine;

use crate::measure::Used;
use crate::scenario::Upstream;
use crate::tally::{Latency, Tally, per_second};

/// Everything that was measured at one go.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    #[serde(flatten)]
    pub(crate) machine: Machine,
    pub(crate) runs: Vec<Run>,
}

/// What one run was.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Setting {
    pub(crate) scenario: String,
    pub(crate) upstream: Upstream,
    /// Whether gateway and simulated systems were one process, so that the CPU is of both.
    pub(crate) one_process: bool,
    /// Requests a second of an open loop; none of a closed one.
    pub(crate) rate: Option<u64>,
    pub(crate) connections: usize,
    /// Different tokens.
    pub(crate) callers: usize,
}

/// What one run gave. Whole numbers only: a digit more would be noise.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Run {
    #[serde(flatten)]
    pub(crate) setting: Setting,
    pub(crate) milliseconds: u64,
    pub(crate) requests: u64,
    /// Answers as the scenario expects them; all rates and latencies are of these.
    pub(crate) right_answers: u64,
    pub(crate) requests_per_second: u64,
    pub(crate) latency_us: Latency,
    /// Of the gateway's process, all answers counted.
    pub(crate) cpu_us_per_request: Option<u64>,
    /// What one core would do at that price.
    pub(crate) requests_per_core_second: Option<u64>,
    /// Of one core: 200 is two cores.
    pub(crate) gateway_cpu_percent: Option<u64>,
    /// The load generator's, with the plain upstream in it. Near 100 a core it is what limits the run.
    pub(crate) load_cpu_percent: u64,
    pub(crate) peak_memory_mib: Option<u64>,
    pub(crate) upstream_calls_per_1000_requests: u64,
    pub(crate) upstream_calls: BTreeMap<String, u64>,
    pub(crate) statuses: BTreeMap<u16, u64>,
    pub(crate) failures: BTreeMap<&'static str, u64>,
    pub(crate) unexpected: u64,
    pub(crate) unsent: u64,
    /// The first answer that was not as expected.
    pub(crate) sample: Option<String>,
}

impl Run {
    pub(crate) fn new(setting: Setting, tally: &Tally, used: Used) -> Self {
        let answers = tally.answers();
        let calls: u64 = used.upstream_calls.values().sum();
        let each = |cpu: Duration| micros(cpu).checked_div(answers);
        let of_a_core = |cpu: Duration| micros(cpu) * 100 / micros(used.took).max(1);
        Self {
            setting,
            milliseconds: micros(used.took) / 1_000,
            requests: tally.requests(),
            right_answers: tally.right_answers(),
            requests_per_second: per_second(tally.right_answers(), used.took),
            latency_us: tally.latency(),
            cpu_us_per_request: used.gateway_cpu.and_then(each),
            requests_per_core_second: used.gateway_cpu.map(|cpu| per_second(answers, cpu)),
            gateway_cpu_percent: used.gateway_cpu.map(of_a_core),
            load_cpu_percent: of_a_core(used.load_cpu),
            peak_memory_mib: used.peak_memory_mib,
            upstream_calls_per_1000_requests: (calls * 1_000).checked_div(answers).unwrap_or_default(),
            upstream_calls: used.upstream_calls,
            statuses: tally.statuses.clone(),
            failures: tally.failures.clone(),
            unexpected: tally.unexpected,
            unsent: tally.unsent,
            sample: tally.sample.clone(),
        }
    }

    /// Requests without a right answer.
    pub(crate) fn wrong(&self) -> u64 {
        self.requests - self.right_answers
    }

    /// Whether its numbers mean anything: at most one request in a hundred went wrong, and some were answered.
    pub(crate) fn is_sound(&self) -> bool {
        self.right_answers > 0 && self.wrong() * 100 <= self.requests
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
