//! What differs between what is published and what would be served now, and for whom that is bad.
//!
//! A comparison takes documents and gives differences: it reads no file and no clock. Documents are what outsiders see:
//! the GraphQL schema as SDL, each API version's OpenAPI document, the JSON Schemas of the configuration.
//! `portico contracts` reads and writes the files.

mod graphql;
mod openapi;
mod schema;
#[cfg(test)]
mod tests;
mod unseen;
mod usage;
mod verdict;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::Value;

pub use usage::{Usage, UsageUnreadable};
pub use verdict::{Difference, Surface, Verdict};

use verdict::Finding;

/// Everything that is agreed with outsiders at one time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contracts {
    /// The GraphQL schema as SDL.
    pub graphql: String,
    /// (API, version) → its OpenAPI document.
    pub versions: BTreeMap<(String, String), Value>,
    /// Kind of configuration file → its JSON Schema.
    pub configuration: BTreeMap<String, Value>,
}

/// SDL that is none.
#[derive(Debug, thiserror::Error)]
#[error("the {whose} GraphQL schema cannot be read")]
pub struct Unreadable {
    whose: &'static str,
    #[source]
    source: async_graphql_parser::Error,
}

/// Every difference, the worst first. `today` decides whether a sunset that was announced has come.
pub fn compare(published: &Contracts, present: &Contracts, today: NaiveDate) -> Result<Vec<Difference>, Unreadable> {
    let mut differences =
        graphql::compare(&parsed("published", &published.graphql)?, &parsed("present", &present.graphql)?);
    differences.extend(versions(published, present, today));
    differences.extend(configuration(published, present));
    Ok(verdict::in_order(differences))
}

fn parsed(whose: &'static str, sdl: &str) -> Result<graphql::Sdl, Unreadable> {
    graphql::Sdl::parse(sdl).map_err(|source| Unreadable { whose, source })
}

fn versions(published: &Contracts, present: &Contracts, today: NaiveDate) -> Vec<Difference> {
    let mut differences = Vec::new();
    for (name, before) in &published.versions {
        let findings = openapi::compare(before, present.versions.get(name), today);
        let surface = Surface::Version { api: name.0.clone(), version: name.1.clone() };
        differences.extend(findings.into_iter().map(|finding| finding.of(surface.clone())));
    }
    for (api, version) in present.versions.keys().filter(|name| !published.versions.contains_key(*name)) {
        let surface = Surface::Version { api: api.clone(), version: version.clone() };
        differences.push(Finding::new(Verdict::Safe, "", "this version is new").of(surface));
    }
    differences
}

/// An operator's file that was in order must stay so.
fn configuration(published: &Contracts, present: &Contracts) -> Vec<Difference> {
    let mut differences = Vec::new();
    for (file, before) in &published.configuration {
        let findings = match present.configuration.get(file) {
            Some(now) => schema::whole(before, now),
            None => vec![Finding::new(Verdict::Breaking, "", "this kind of file is no longer there")],
        };
        let surface = Surface::Configuration { file: file.clone() };
        differences.extend(findings.into_iter().map(|finding| finding.of(surface.clone())));
    }
    differences
}
