//! `portico pack`: for who writes a pack.

mod check;
mod coverage;
mod try_out;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Subcommand;
use portico_contracts::packs::Pack;

use super::Failure;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check packs: every mistake with its line, what they cover, and what would be asked key by key. Asks no system.
    Check(check::Arguments),
    /// Look one key up in a live system: what was asked, what came back, what each field was made of.
    Try(Box<try_out::Arguments>),
    /// Print which fields of the model each shipped pack maps, as the page docs/coverage.md.
    Coverage(coverage::Arguments),
}

pub(super) fn run(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Check(arguments) => check::run(arguments),
        Command::Try(arguments) => try_out::run(arguments),
        Command::Coverage(arguments) => coverage::run(arguments),
    }
}

/// Reads a pack from a file, or takes the shipped one of that name. Mistakes are one a line.
fn read(named: &str) -> Result<Arc<Pack>, Failure> {
    let path = std::path::Path::new(named);
    if !path.is_file() {
        let known: Vec<&str> = Pack::built_in_names().collect();
        return Pack::built_in(named).ok_or_else(|| {
            Failure::new(format!(
                "{named}: there is no such file, and no shipped pack of that name: {}",
                known.join(", ")
            ))
        });
    }
    let text = std::fs::read_to_string(path).map_err(|error| Failure::new(format!("{named}: {error}")))?;
    // A shipped pack stands in a folder of its name.
    let stem = |path: &std::path::Path| path.file_stem().map(|name| name.to_string_lossy().into_owned());
    let own = stem(path).unwrap_or_default();
    let folder = path.canonicalize().ok().and_then(|path| path.parent().and_then(stem));
    let name = if own == "pack" { folder.unwrap_or(own) } else { own };
    Pack::parse(&name, &text).map(Arc::new).map_err(|mistakes| {
        let line = |mistake: &portico_contracts::packs::Mistake| {
            let at = if mistake.at.is_empty() { String::new() } else { format!(" {}", mistake.at) };
            format!("{named}:{}{at}: {}", mistake.line, mistake.says)
        };
        Failure::new(mistakes.iter().map(line).collect::<Vec<_>>().join("\n"))
    })
}
