//! `portico pack coverage`: the page docs/coverage.md.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use portico_contracts::packs::{Pack, coverage};

use super::{Failure, read};

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// Packs of your own beside the shipped ones.
    packs: Vec<String>,
    /// Write the page here instead of printing it.
    #[arg(long)]
    output: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut packs: Vec<Arc<Pack>> = Pack::built_in_names().filter_map(Pack::built_in).collect();
    for named in &arguments.packs {
        packs.push(read(named)?);
    }
    let page = coverage::page(&packs.iter().map(Arc::as_ref).collect::<Vec<_>>());
    match &arguments.output {
        Some(path) => {
            std::fs::write(path, page).map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
        }
        None => super::super::print(&page)?,
    }
    Ok(ExitCode::SUCCESS)
}
