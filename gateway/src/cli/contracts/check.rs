//! `portico contracts check`: what would break, and for whom.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use portico_contracts::compatibility::{Usage, Verdict};

use super::{Failure, compared, files, place, present, settings, words};

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The configuration's folder; the demo's configuration where not given.
    folder: Option<PathBuf>,
    /// What was published; contracts/published for the demo.
    #[arg(long)]
    published: Option<PathBuf>,
    /// Who uses what: a JSON array, or a JSON object a line, of consumer, tenant, api, version, operation, field, count
    /// and last.
    #[arg(long)]
    usage: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let folder = arguments.folder.as_deref();
    let published = files::read(&place(folder, arguments.published.as_ref(), "--published")?)?;
    let usage = usage(arguments)?;
    let differences = compared(&published, &present::contracts(&settings(folder)?)?)?;
    let text = if arguments.json { words::json(&differences, &usage)? } else { words::told(&differences, &usage) };
    super::super::print(&text)?;
    let breaking = differences.iter().any(|difference| difference.verdict == Verdict::Breaking);
    Ok(if breaking { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn usage(arguments: &Arguments) -> Result<Vec<Usage>, Failure> {
    let Some(path) = &arguments.usage else { return Ok(Vec::new()) };
    let named = |error: Failure| Failure::new(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| named(error.into()))?;
    Usage::read(&text).map_err(|error| named(error.into()))
}
