//! `portico serve DIR`: runs the gateway.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::Failure;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration's folder.
    #[arg(default_value = ".")]
    folder: PathBuf,
}

pub(super) fn run(_: Arguments) -> Result<ExitCode, Failure> {
    Err(Failure::new("`portico serve` is not built yet"))
}
