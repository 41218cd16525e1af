//! `portico check DIR`: every mistake at once.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::Failure;
use crate::settings::{Environment, FormOnly, Mistake, Secrets, Settings};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration's folder.
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Check the form of references to secrets only; look none up.
    #[arg(long)]
    no_secrets: bool,
    /// Ask each system for its shapes, with its own credentials and without changing anything, and say where it differs
    /// from what its pack reads.
    #[arg(long, conflicts_with = "no_secrets")]
    live: bool,
    /// With --live: only this tenant's systems.
    #[arg(long, requires = "live")]
    tenant: Option<String>,
    /// With --live: how long one system may take in all, in seconds.
    #[arg(long, requires = "live", default_value_t = 60)]
    seconds: u64,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let secrets: &dyn Secrets = if arguments.no_secrets { &FormOnly } else { &Environment };
    match Settings::check(&arguments.folder, secrets) {
        Ok(settings) => {
            eprint!("{}", lines("warning: ", &settings.warnings));
            println!("{}: in order: {}", arguments.folder.display(), summary(&settings));
            if arguments.live {
                return super::live::run(&settings, arguments.tenant.as_deref(), arguments.seconds);
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(mistakes) => {
            eprint!("{}", lines("", &mistakes));
            Err(Failure::new(count(mistakes.len(), "mistake")))
        }
    }
}

/// One a line.
pub(super) fn lines(prefix: &str, mistakes: &[Mistake]) -> String {
    mistakes.iter().fold(String::new(), |mut text, mistake| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{prefix}{mistake}");
        text
    })
}

fn summary(settings: &Settings) -> String {
    let systems = settings.tenants.values().map(|tenant| tenant.systems.len()).sum();
    let versions = settings.apis.values().map(|api| api.versions.len()).sum();
    let parts = [
        count(settings.tenants.len(), "tenant"),
        count(systems, "system"),
        count(settings.apis.len(), "API"),
        count(versions, "version"),
    ];
    parts.join(", ")
}

pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
