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
    /// packs/<name>.yaml
    Pack,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let schema = match arguments.kind {
        Kind::Gateway => settings::schema(Document::Gateway).to_value(),
        Kind::Tenant => settings::schema(Document::Tenant).to_value(),
        Kind::Api => settings::schema(Document::Api).to_value(),
        Kind::Pack => portico_contracts::packs::schema(),
    };
    super::print(&format!("{}\n", serde_json::to_string_pretty(&schema)?))?;
    Ok(ExitCode::SUCCESS)
}
