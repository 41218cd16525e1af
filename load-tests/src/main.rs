//! What a request through Portico costs.
//!
//! Reads scenarios, starts the real gateway with what it needs behind it, drives it over kept-alive connections and
//! reports. It changes nothing and builds nothing. See `README.md` for how to read its numbers.

mod arguments;
mod ask;
mod binary;
mod cores;
mod drive;
mod env_file;
mod front;
mod measure;
mod pace;
mod plain;
mod policies;
mod process;
mod report;
mod sandbox;
mod scenario;
mod tally;
mod traffic;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread::available_parallelism;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;

use arguments::Arguments;
use cores::Cores;
use front::Front;
use measure::{Around, Drive, measure, wants_plain};
use pace::Mode;
use plain::Plain;
use report::{Machine, Report, Run};
use sandbox::Sandbox;
use scenario::Scenario;

/// Of a demo, where nothing else is asked for: well below what its plans allow.
const DEMO_RATE: u64 = 100;

fn main() -> ExitCode {
    run(Arguments::parse()).unwrap_or_else(|error| {
        eprintln!("portico-load-tests: {error:#}");
        ExitCode::FAILURE
    })
}

fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    if arguments.policies {
        return checks(&arguments);
    }
    let scenarios = chosen(&arguments)?;
    let binary = if arguments.env_file.is_some() { None } else { Some(binary::find(arguments.portico.as_deref())?) };
    let all_cores = available_parallelism().map_or(1, usize::from);
    let cores = shared_cores(&arguments)?;
    let machine = Machine::here(binary.as_deref(), all_cores, cores.as_ref());
    let threads = cores.as_ref().map_or(all_cores, |cores| cores.load_count);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
    let bench = Bench { arguments, binary, cores };
    let report = runtime.block_on(async {
        tokio::select! {
            runs = bench.run(&scenarios) => Ok(Report { machine, runs: runs? }),
            // Whatever was started is killed when its handle is dropped on the way out.
            _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
        }
    })?;
    println!("{report}");
    if let Some(path) = &bench.arguments.json {
        write(path, &report)?;
    }
    let are_sound = report.runs.iter().all(Run::is_sound);
    Ok(if are_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the checks of a request cost by themselves. It is told, and missed goals are not failures: machines differ.
fn checks(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let costs = policies::measure()?;
    println!("{costs}");
    if let Some(path) = &arguments.json {
        write(path, &costs)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The scenarios, with what the command line changes in them.
fn chosen(arguments: &Arguments) -> anyhow::Result<Vec<Scenario>> {
    let mut scenarios = scenario::chosen(&folder("scenarios"), &arguments.scenarios)?;
    for scenario in &mut scenarios {
        scenario.connections = arguments.connections.unwrap_or(scenario.connections);
        scenario.callers = arguments.callers.unwrap_or(scenario.callers);
        scenario.upstream = arguments.upstream.unwrap_or(scenario.upstream);
    }
    Ok(scenarios)
}

/// Shares the cores out and leaves the gateway's at once: threads started later stay where we are.
fn shared_cores(arguments: &Arguments) -> anyhow::Result<Option<Cores>> {
    // A gateway that somebody else started runs where it likes.
    if arguments.no_pinning || arguments.env_file.is_some() {
        return Ok(None);
    }
    let cores = Cores::share(arguments.gateway_cores.as_deref(), arguments.load_cores.as_deref())?;
    match &cores {
        Some(cores) => cores.pin_self()?,
        None => eprintln!("one core only, or no taskset: gateway and load share what there is"),
    }
    Ok(cores)
}

/// A folder of this crate's.
fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn write(path: &Path, report: &impl serde::Serialize) -> anyhow::Result<()> {
    let text = format!("{}\n", serde_json::to_string_pretty(report)?);
    std::fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}

/// What all scenarios share.
struct Bench {
    arguments: Arguments,
    binary: Option<PathBuf>,
    cores: Option<Cores>,
}

impl Bench {
    async fn run(&self, scenarios: &[Scenario]) -> anyhow::Result<Vec<Run>> {
        if self.arguments.drives_a_demo() {
            return self.against_a_demo(scenarios).await;
        }
        let (sandbox, _process) = front::sandbox(self.binary()?).await?;
        let mut runs = Vec::new();
        for scenario in scenarios {
            runs.push(self.on_its_own(scenario, &sandbox).await?);
        }
        Ok(runs)
    }

    async fn against_a_demo(&self, scenarios: &[Scenario]) -> anyhow::Result<Vec<Run>> {
        let (front, sandbox) = match &self.arguments.env_file {
            Some(file) => front::running(file, self.arguments.pid)?,
            None => front::demo(self.binary()?, self.gateway_cores()).await?,
        };
        let mut runs = Vec::new();
        for scenario in scenarios {
            announce(scenario);
            let around = Around { front: &front, sandbox: &sandbox, plain: None, is_demo: true };
            runs.push(measure(scenario, &around, self.drive()).await?);
        }
        Ok(runs)
    }

    async fn on_its_own(&self, scenario: &Scenario, sandbox: &Sandbox) -> anyhow::Result<Run> {
        announce(scenario);
        let plain = if wants_plain(scenario, false) { Some(Plain::start().await?) } else { None };
        let configuration = folder("configuration");
        let front: Front =
            front::serve(self.binary()?, self.gateway_cores(), &configuration, sandbox, plain.as_ref()).await?;
        let around = Around { front: &front, sandbox, plain: plain.as_ref(), is_demo: false };
        measure(scenario, &around, self.drive()).await
    }

    fn binary(&self) -> anyhow::Result<&Path> {
        self.binary.as_deref().context("no binary was looked for")
    }

    fn gateway_cores(&self) -> Option<&str> {
        self.cores.as_ref().map(|cores| cores.gateway.as_str())
    }

    fn drive(&self) -> Drive {
        let usual = if self.arguments.drives_a_demo() { DEMO_RATE } else { 0 };
        let mode = match self.arguments.rate.unwrap_or(usual) {
            0 => Mode::Closed,
            rate => Mode::Open(rate),
        };
        let seconds = Duration::from_secs;
        Drive { mode, warm_up: seconds(self.arguments.warm_up), lasts: seconds(self.arguments.duration) }
    }
}

fn announce(scenario: &Scenario) {
    eprintln!("{}: {}", scenario.name, scenario.about);
}
