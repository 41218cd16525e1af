//! `portico scopes`: every scope, what it opens, and who holds it.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use portico_contracts::scopes::Opens;
use serde_json::json;

use super::Failure;
use crate::settings::Settings;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration's folder.
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// List the demo's instead of a folder's.
    #[arg(long)]
    demo: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let settings = super::settings(&arguments.folder, arguments.demo)?;
    let text = if arguments.json { in_json(&settings)? } else { in_words(&settings) };
    super::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Consumers that hold a scope, as `tenant/consumer`.
fn holders(settings: &Settings, scope: &str) -> Vec<String> {
    let of_tenants =
        settings.tenants.values().flat_map(|tenant| tenant.consumers.values().map(move |one| (tenant, one)));
    let holding = of_tenants.filter(|(_, consumer)| consumer.scopes.has(scope));
    holding.map(|(tenant, consumer)| format!("{}/{}", tenant.id, consumer.id)).collect()
}

fn in_words(settings: &Settings) -> String {
    let mut text = String::new();
    for (scope, opens) in settings.scopes.iter() {
        let opens: Vec<String> = opens.iter().map(Opens::to_string).collect();
        let held = holders(settings, scope);
        let held = if held.is_empty() { "nobody".to_owned() } else { held.join(", ") };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{scope}\n  opens    {}\n  held by  {held}", opens.join(", "));
    }
    text
}

fn in_json(settings: &Settings) -> Result<String, Failure> {
    let scopes: Vec<_> = settings
        .scopes
        .iter()
        .map(|(scope, opens)| {
            let opens: Vec<String> = opens.iter().map(Opens::to_string).collect();
            json!({ "scope": scope, "opens": opens, "heldBy": holders(settings, scope) })
        })
        .collect();
    Ok(format!("{}\n", serde_json::to_string_pretty(&scopes)?))
}
