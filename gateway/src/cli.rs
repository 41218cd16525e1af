//! The command line: arguments → settings → what was asked for.

mod administer;
mod audit;
mod check;
mod completions;
mod contracts;
mod demo;
mod explain;
mod init;
mod keys;
mod live;
mod pack;
mod running;
mod sandbox;
mod schema;
mod scopes;
mod serve;

use std::fmt;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::settings::{FormOnly, Settings};
use crate::templates;

/// One governed front for the systems a company already runs.
#[derive(Debug, Parser)]
#[command(name = "portico", version, arg_required_else_help = true)]
struct Portico {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the simulated estate and a gateway in front of it, and print tokens and first calls.
    Demo(demo::Arguments),
    /// Write a small, commented configuration to start from.
    Init(init::Arguments),
    /// Check a configuration: every mistake at once, with file and line.
    Check(check::Arguments),
    /// Run the gateway.
    Serve(serve::Arguments),
    /// Apply the changed configuration of a running gateway.
    Reload(administer::Reload),
    /// What a running gateway keeps in memory.
    #[command(subcommand)]
    Cache(administer::Cache),
    /// Say what a query would cost, which scopes it needs and which systems it would ask; asks none.
    Explain(explain::Arguments),
    /// Start the simulated systems alone.
    Sandbox(sandbox::Arguments),
    /// List every scope: what it opens, and who holds it.
    Scopes(scopes::Arguments),
    /// API keys.
    #[command(subcommand)]
    Keys(keys::Command),
    /// The audit trail.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Packs: check one, try one against a system, see what they cover.
    #[command(subcommand)]
    Pack(pack::Command),
    /// What outsiders rely on: publish it, and compare with what is published.
    #[command(subcommand)]
    Contracts(contracts::Command),
    /// Print the JSON Schema of the configuration, for editors.
    Schema(schema::Arguments),
    /// Print completions for a shell.
    Completions(completions::Arguments),
}

/// Why a command failed, in words for whoever typed it. Any error becomes one, with its causes.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// A failure in these words.
    pub fn new(says: impl Into<String>) -> Self {
        Failure(says.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut says = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            says = format!("{says}: {error}");
            cause = error.source();
        }
        Failure(says)
    }
}

/// Does what the arguments of this process ask for.
pub fn run() -> ExitCode {
    match Portico::parse().command.run() {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("portico: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Prints to standard output. A reader that has seen enough (`| head`) is no failure.
fn print(text: &str) -> Result<(), Failure> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// A configuration that is only looked at, not served: the demo's, or a folder's.
fn settings(folder: &Path, demo: bool) -> Result<Settings, Failure> {
    let checked =
        if demo { Settings::check_files(templates::DEMO, &FormOnly) } else { Settings::check(folder, &FormOnly) };
    checked.map_err(|mistakes| {
        let lines = mistakes.iter().map(|mistake| format!("\n  {mistake}"));
        Failure::new(format!("the configuration is not in order:{}", lines.collect::<String>()))
    })
}

impl Command {
    fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Command::Demo(arguments) => demo::run(&arguments),
            Command::Init(arguments) => init::run(&arguments),
            Command::Check(arguments) => check::run(&arguments),
            Command::Serve(arguments) => serve::run(&arguments),
            Command::Reload(arguments) => administer::reload(&arguments),
            Command::Cache(command) => administer::cache(&command),
            Command::Explain(arguments) => explain::run(&arguments),
            Command::Sandbox(arguments) => sandbox::run(&arguments),
            Command::Scopes(arguments) => scopes::run(&arguments),
            Command::Keys(command) => keys::run(&command),
            Command::Audit(command) => audit::run(&command),
            Command::Pack(command) => pack::run(&command),
            Command::Contracts(command) => contracts::run(&command),
            Command::Schema(arguments) => schema::run(&arguments),
            Command::Completions(arguments) => completions::run(&arguments),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Portico::command().debug_assert();
    }
}
