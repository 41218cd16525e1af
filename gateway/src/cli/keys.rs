//! `portico keys new`: an API key, shown once, and what the configuration holds of it. `portico keys revoke`: out of it.

use std::path::PathBuf;
use std::process::ExitCode;

use chrono::NaiveDate;
use clap::{ArgGroup, Args, Subcommand};
use portico_contracts::tenancy::ConsumerId;
use portico_policies::authenticate::{NewKey, new_key};

use super::Failure;
use crate::settings::keys::{WhichKey, revoke};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a key, print it once, and print what to write into the configuration.
    New(New),
    /// Take a key out of its tenant's file, which otherwise stays as it is.
    Revoke(Revoke),
}

#[derive(Debug, Args)]
pub(super) struct New {
    /// What you call the key: lower-case letters, digits and `-`.
    #[arg(long, default_value = "new")]
    name: String,
    /// The first day (UTC) on which it is not accepted any more, for example 2027-01-31.
    #[arg(long)]
    expires: Option<NaiveDate>,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).multiple(true).args(["id", "name"]))]
pub(super) struct Revoke {
    /// The configuration's folder.
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// What stands in the key between `pk_` and `_`.
    #[arg(long)]
    id: Option<String>,
    /// What you call the key.
    #[arg(long)]
    name: Option<String>,
    /// Whose consumer has it.
    #[arg(long)]
    tenant: Option<String>,
    /// Who has it.
    #[arg(long)]
    consumer: Option<String>,
}

pub(super) fn run(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::New(arguments) => {
            ConsumerId::parse(&arguments.name)?;
            super::print(&text(&arguments.name, arguments.expires, &new_key()?))?;
        }
        Command::Revoke(Revoke { folder, id, name, tenant, consumer }) => {
            let (id, name) = (id.clone(), name.clone());
            let which = WhichKey { id, name, tenant: tenant.clone(), consumer: consumer.clone() };
            let place = revoke(folder, &which)?;
            super::print(&format!("Revoked: {place}.\nA running gateway refuses it from its next reload on.\n"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn text(name: &str, expires: Option<NaiveDate>, key: &NewKey) -> String {
    let NewKey { plaintext, hash } = key;
    let id = key.id();
    let expires = expires.map_or_else(String::new, |day| format!(", expires: {day}"));
    format!(
        "The key, for its owner; it is not shown again:\n  {plaintext}\n\n\
         Below the consumer's `keys` in its tenant's file:\n  - {{ name: {name}, id: \"{id}\", hash: \"{hash}\"{expires} }}\n"
    )
}

#[cfg(test)]
mod tests {
    use portico_policies::authenticate::KeyHash;

    use super::*;

    #[test]
    fn what_is_printed_for_the_configuration_is_the_keys_id_and_hash() {
        let day = NaiveDate::from_ymd_opt(2027, 1, 31);
        let text = text("laptop", day, &new_key().unwrap());
        let key = text.lines().nth(1).unwrap().trim();
        let (id, hash) = (&key[3..15], KeyHash::of(key));
        let line = format!("- {{ name: laptop, id: \"{id}\", hash: \"{hash}\", expires: 2027-01-31 }}\n");
        assert!(text.ends_with(&line), "{text}");
    }
}
