//! `portico contracts publish`: releases what is there now.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use portico_contracts::compatibility::Verdict;

use super::{Failure, compared, files, place, present, settings, words};

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The configuration's folder; the demo's configuration where not given.
    folder: Option<PathBuf>,
    /// Where to write; contracts/published for the demo.
    #[arg(long)]
    output: Option<PathBuf>,
    /// Publish although callers break. Without it nothing is written then.
    #[arg(long)]
    accept_breaking: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let folder = arguments.folder.as_deref();
    let output = place(folder, arguments.output.as_ref(), "--output")?;
    let present = present::contracts(&settings(folder)?)?;
    if files::are_in(&output) {
        let differences = compared(&files::read(&output)?, &present)?;
        let breaking = differences.iter().any(|difference| difference.verdict == Verdict::Breaking);
        super::super::print(&words::told(&differences, &[]))?;
        if breaking && !arguments.accept_breaking {
            return Err(Failure::new("nothing was published; --accept-breaking does it all the same"));
        }
    }
    files::write(&output, &present)?;
    let versions = super::super::check::count(present.versions.len(), "version");
    super::super::print(&format!("published in {}: GraphQL, {versions}\n", output.display()))?;
    Ok(ExitCode::SUCCESS)
}
