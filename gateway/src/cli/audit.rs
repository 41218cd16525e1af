//! `portico audit verify`: whether an audit trail is what was written. `portico audit digest`: how a record's key stands
//! in it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use portico_contracts::secret::Secret;
use portico_contracts::tenancy::TenantId;
use portico_policies::audit::{Inspector, KeyDigests, Seal, Sealer};

use super::Failure;
use crate::audit::put_aside;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Find entries that were edited, removed or moved.
    Verify(Verify),
    /// Print how a record's key stands in the trail, to search for it.
    Digest(Digest),
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The trail's newest file; those that were put aside beside it are read first. Or several files, oldest first.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    key: Key,
    /// A seal that was noted elsewhere and must occur: without it nobody sees that the newest entries were cut off.
    #[arg(long, value_name = "SEAL")]
    expect: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Digest {
    /// Whose record it is.
    #[arg(long)]
    tenant: String,
    /// Which kind, and by which of its fields it is known, for example `Customer.number`.
    field: String,
    /// The key.
    value: String,
    #[command(flatten)]
    key: Key,
}

/// The key of `audit.key`.
#[derive(Debug, Args)]
struct Key {
    /// The environment variable that holds the trail's key, where it has one.
    #[arg(long, value_name = "NAME")]
    key_env: Option<String>,
}

impl Key {
    fn read(&self) -> Result<Option<Secret>, Failure> {
        let Some(name) = &self.key_env else { return Ok(None) };
        match std::env::var(name) {
            Ok(value) if !value.is_empty() => Ok(Some(Secret::new(value))),
            _ => Err(Failure::new(format!("the environment has no {name}"))),
        }
    }
}

pub(super) fn run(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Verify(arguments) => verify(arguments),
        Command::Digest(arguments) => digest(arguments),
    }
}

fn verify(arguments: &Verify) -> Result<ExitCode, Failure> {
    let awaited = arguments.expect.as_deref().map(|text| {
        Seal::parse(text).ok_or_else(|| Failure::new("--expect takes a seal: 64 hexadecimal digits in small letters"))
    });
    let mut inspector = Inspector::new(Sealer::new(arguments.key.read()?.as_ref()), awaited.transpose()?);
    let files = match arguments.files.as_slice() {
        [newest] => put_aside(newest)?.into_iter().chain([newest.clone()]).collect(),
        several => several.to_vec(),
    };
    for file in &files {
        follow(file, &mut inspector)?;
    }
    let found = inspector.finish().map_err(|broken| Failure::new(broken.to_string()))?;
    let (first, newest) = (found.first, found.newest);
    let before = if first > 1 { " What came before was not shown." } else { "" };
    super::print(&format!(
        "Entries {first} to {} are as they were written.{before}\nThe newest has the seal {}.\n",
        newest.number, newest.seal
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn follow(path: &Path, inspector: &mut Inspector) -> Result<(), Failure> {
    let unread = |error: std::io::Error| Failure::new(format!("{} cannot be read: {error}", path.display()));
    for (at, line) in BufReader::new(File::open(path).map_err(unread)?).lines().enumerate() {
        let line = line.map_err(unread)?;
        inspector.line(&line).map_err(|broken| Failure::new(format!("{}:{}: {broken}", path.display(), at + 1)))?;
    }
    Ok(())
}

fn digest(arguments: &Digest) -> Result<ExitCode, Failure> {
    let tenant = TenantId::parse(&arguments.tenant)?;
    let (entity, by) = arguments.field.split_once('.').ok_or_else(|| {
        Failure::new(format!("\"{}\" is no field; write for example Customer.number", arguments.field))
    })?;
    let digests = KeyDigests::new(arguments.key.read()?.as_ref());
    let digest = digests.of(&tenant, entity, by, &arguments.value);
    super::print(&format!("{entity}.{by}:{digest}\n"))?;
    Ok(ExitCode::SUCCESS)
}
