//! `portico explain`.

use std::process::ExitCode;

use clap::Args;

use super::Failure;

#[derive(Debug, Args)]
pub(super) struct Arguments {}

pub(super) fn run(_: Arguments) -> Result<ExitCode, Failure> {
    Err(Failure::new("`portico explain` is not built yet"))
}
