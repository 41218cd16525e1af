//! `portico keys new`: an API key, shown once, and the hash that the configuration holds.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use portico_contracts::tenancy::ConsumerId;
use portico_policies::authenticate::{NewKey, new_key};

use super::Failure;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a key, print it once, and print what to write into the configuration.
    New(New),
}

#[derive(Debug, Args)]
pub(super) struct New {
    /// What you call the key: lower-case letters, digits and `-`.
    #[arg(long, default_value = "new")]
    name: String,
}

pub(super) fn run(command: &Command) -> Result<ExitCode, Failure> {
    let Command::New(arguments) = command;
    ConsumerId::parse(&arguments.name)?;
    print!("{}", text(&arguments.name, &new_key()?));
    Ok(ExitCode::SUCCESS)
}

fn text(name: &str, key: &NewKey) -> String {
    let NewKey { plaintext, hash } = key;
    format!(
        "The key, for its owner; it is not shown again:\n  {plaintext}\n\n\
         Below the consumer's `keys` in its tenant's file:\n  - {{ name: {name}, hash: \"{hash}\" }}\n"
    )
}

#[cfg(test)]
mod tests {
    use portico_policies::authenticate::KeyHash;

    use super::*;

    #[test]
    fn what_is_printed_for_the_configuration_is_the_keys_hash() {
        let text = text("laptop", &new_key().unwrap());
        let key = text.lines().nth(1).unwrap().trim();
        assert!(text.ends_with(&format!("- {{ name: laptop, hash: \"{}\" }}\n", KeyHash::of(key))), "{text}");
    }
}
