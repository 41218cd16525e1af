//! The command line.

use std::path::PathBuf;

use clap::Parser;

use crate::scenario::Upstream;

/// What a request through Portico costs: requests per second, latency, CPU and upstream calls per request.
///
/// Starts the real `portico` (build it first: cargo build --profile dist -p portico-gateway), the simulated systems in a
/// process of their own, and drives each scenario for some seconds. See load-tests/README.md for how to read the numbers.
#[derive(Debug, Parser)]
#[command(name = "portico-load-tests", version)]
pub(crate) struct Arguments {
    /// Scenarios by name (load-tests/scenarios), or files of your own; all when none is named.
    pub(crate) scenarios: Vec<String>,
    /// The binary to measure [default: the newest kind built: target/dist, else target/release].
    #[arg(long, value_name = "PATH")]
    pub(crate) portico: Option<PathBuf>,
    /// Requests a second, sent by the clock (open loop); 0: as many as are answered (closed loop)
    /// [default: 0, and 100 with --demo or --env-file, whose plans allow 500].
    #[arg(long)]
    pub(crate) rate: Option<u64>,
    /// Connections, instead of the scenario's.
    #[arg(long, value_parser = at_least_one)]
    pub(crate) connections: Option<usize>,
    /// Different tokens, instead of the scenario's.
    #[arg(long, value_parser = at_least_one)]
    pub(crate) callers: Option<usize>,
    /// Seconds that are measured.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) duration: u64,
    /// Seconds before them.
    #[arg(long, value_name = "SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u64).range(0..=600))]
    pub(crate) warm_up: u64,
    /// What stands behind the gateway, instead of the scenario's.
    #[arg(long, value_enum)]
    pub(crate) upstream: Option<Upstream>,
    /// Drive `portico demo`: gateway and simulated systems in one process, whose CPU is then of both.
    #[arg(long, conflicts_with_all = ["env_file", "upstream"])]
    pub(crate) demo: bool,
    /// Drive a demo that is running already, by what it wrote with its own --env-file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["portico", "upstream"])]
    pub(crate) env_file: Option<PathBuf>,
    /// The process whose CPU is counted, with --env-file [default: whoever listens at PORTICO_URL's port].
    #[arg(long, requires = "env_file")]
    pub(crate) pid: Option<u32>,
    /// Measure what the checks of one request cost by themselves: CPU time of the policies, without sockets.
    #[arg(long, conflicts_with_all = ["demo", "env_file", "portico", "upstream", "rate"])]
    pub(crate) policies: bool,
    /// Write the results here too.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Cores of the gateway, for example 0-1 [default: the first half].
    #[arg(long, value_name = "LIST")]
    pub(crate) gateway_cores: Option<String>,
    /// Cores of everything else [default: the other half].
    #[arg(long, value_name = "LIST")]
    pub(crate) load_cores: Option<String>,
    /// Let the scheduler choose cores.
    #[arg(long, conflicts_with_all = ["gateway_cores", "load_cores"])]
    pub(crate) no_pinning: bool,
}

impl Arguments {
    /// Whether a demo is driven, with its plans and its systems.
    pub(crate) fn drives_a_demo(&self) -> bool {
        self.demo || self.env_file.is_some()
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "at least 1".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_makes_sense() {
        Arguments::command().debug_assert();
    }
}
