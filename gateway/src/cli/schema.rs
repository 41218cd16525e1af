//! `portico schema`: what editors need to help with the configuration.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::Failure;
use crate::settings::{self, Document};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Which kind of file.
    #[arg(value_enum, default_value_t = Kind::Gateway)]
    kind: Kind,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// portico.yaml
    Gateway,
    /// tenants/<name>.yaml
    Tenant,
    /// apis/<api>/<version>/api.yaml
    Api,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let document = match arguments.kind {
        Kind::Gateway => Document::Gateway,
        Kind::Tenant => Document::Tenant,
        Kind::Api => Document::Api,
    };
    super::print(&format!("{}\n", serde_json::to_string_pretty(&settings::schema(document))?))?;
    Ok(ExitCode::SUCCESS)
}
