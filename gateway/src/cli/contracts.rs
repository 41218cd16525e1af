//! `portico contracts`: what outsiders rely on, written down when it is released and compared ever after.

mod check;
mod files;
mod present;
mod publish;
mod words;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use portico_contracts::compatibility::{Contracts, Difference, compare};

use super::Failure;
use crate::settings::Settings;

/// Where the demo's contracts are published in the repository.
const OF_DEMO: &str = "contracts/published";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Compare a configuration with what is published: what would break, for whom. Fails where something would.
    Check(check::Arguments),
    /// Write the GraphQL schema, each version's OpenAPI document and the configuration's JSON Schemas.
    Publish(publish::Arguments),
}

pub(super) fn run(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Check(arguments) => check::run(arguments),
        Command::Publish(arguments) => publish::run(arguments),
    }
}

/// The configuration in a folder, or the demo's.
fn settings(folder: Option<&Path>) -> Result<Settings, Failure> {
    super::settings(folder.unwrap_or(Path::new(".")), folder.is_none())
}

/// Where the published contracts of a configuration are: a folder's own nobody can guess.
fn place(folder: Option<&Path>, named: Option<&PathBuf>, option: &str) -> Result<PathBuf, Failure> {
    match (named, folder) {
        (Some(named), _) => Ok(named.clone()),
        (None, None) => Ok(PathBuf::from(OF_DEMO)),
        (None, Some(folder)) => {
            let says = format!("where are the published contracts of {}? Say {option} FOLDER", folder.display());
            Err(Failure::new(says))
        }
    }
}

fn compared(published: &Contracts, present: &Contracts) -> Result<Vec<Difference>, Failure> {
    Ok(compare(published, present, chrono::Utc::now().date_naive())?)
}
