//! From what was written to what is meant, with every mistake on the way.

mod api;
mod certificate;
mod compile;
mod condition;
mod consumer;
mod credentials;
mod cross;
mod documents;
mod files;
mod freshness;
mod gateway;
mod hook;
mod introspection;
mod issuer;
mod ledger;
mod lifecycle;
mod limits;
mod operation;
mod route;
mod rules;
mod scopes;
mod shared;
mod store;
mod system;
mod tenant;

use std::path::Path;

use super::folder::Folder;
use super::{Mistake, Secrets, Settings};
use ledger::Ledger;

impl Settings {
    /// Reads and checks the configuration in a folder. All mistakes are reported, in the order of files and lines.
    pub fn check(folder: &Path, secrets: &dyn Secrets) -> Result<Settings, Vec<Mistake>> {
        let folder = Folder::open(folder).map_err(|mistake| vec![mistake])?;
        check(&folder, secrets)
    }

    /// The same for files that the program brings along: name → text.
    pub fn check_files(files: &[(&str, &str)], secrets: &dyn Secrets) -> Result<Settings, Vec<Mistake>> {
        check(&Folder::of(files), secrets)
    }
}

fn check(folder: &Folder, secrets: &dyn Secrets) -> Result<Settings, Vec<Mistake>> {
    let mut ledger = Ledger::new(folder, secrets);
    let files = files::read(&mut ledger);
    let settings = gateway::check(&files, &mut ledger);
    cross::check(&files, &settings, &mut ledger);
    ledger.close(settings)
}
