//! The contract of one version as OpenAPI 3.1: generated from what is served, so that it cannot say anything else.
//!
//! Parameters and bodies come from the documents' variables, answers from their selections, words from the model, and
//! refusals from the catalogue. [`document`] takes plain facts, so that the gateway, `portico contracts` and tests
//! can all call it; where it is served is the gateway's business.

mod answers;
mod arguments;
mod headers;
mod info;
mod paths;
mod published;
mod refusals;
mod routes;
mod types;

#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use http::Method;
use portico_contracts::tenancy::Role;
use serde_json::{Value, json};

use crate::operations::Operation;
use refusals::Refusals;

/// What there is to say about a version besides its paths.
#[derive(Debug, Clone)]
pub struct VersionFacts<'a> {
    /// The API's name.
    pub api: &'a str,
    /// The version's name, for example `v2`.
    pub version: &'a str,
    /// For people.
    pub title: &'a str,
    /// For people.
    pub description: Option<&'a str>,
    /// A page about it.
    pub documentation: Option<&'a str>,
    /// Where its paths begin: `/<api>/<version>`.
    pub base_path: &'a str,
    /// What a caller must hold to use anything of it.
    pub scope: Option<&'a str>,
    /// Where it stands in its life.
    pub life: Life<'a>,
}

/// Where a version stands in its life on the day of writing, and what is planned.
#[derive(Debug, Clone)]
pub struct Life<'a> {
    /// On the day of writing.
    pub stage: Stage,
    /// From when it is deprecated.
    pub deprecated_on: Option<DateTime<Utc>>,
    /// From when it is gone.
    pub sunset_on: Option<DateTime<Utc>>,
    /// The version to use instead.
    pub successor: Option<&'a str>,
}

impl Life<'_> {
    /// A stage with no dates.
    pub fn undated(stage: Stage) -> Self {
        Life { stage, deprecated_on: None, sunset_on: None, successor: None }
    }

    /// Whether its answers speak of its end.
    fn is_ending(&self) -> bool {
        self.stage >= Stage::Deprecated || self.deprecated_on.is_some() || self.sunset_on.is_some()
    }
}

/// A version's stages, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// May still change.
    Preview,
    /// A promise.
    Active,
    /// Still kept, not for long.
    Deprecated,
    /// Gone.
    Retired,
}

/// A published document and where it stands.
#[derive(Debug, Clone)]
pub struct Endpoint<'a> {
    /// `GET` or `POST`.
    pub method: Method,
    /// Its path below the version's, with `{names}` of the document's variables.
    pub path: &'a str,
    /// The compiled document.
    pub operation: &'a Operation,
    /// A line for people; made from the operation's name where nothing is said.
    pub summary: Option<&'a str>,
    /// A scope beside the version's.
    pub scope: Option<&'a str>,
}

/// A path whose requests go to a system.
#[derive(Debug, Clone)]
pub struct Route<'a> {
    /// What may be done.
    pub methods: &'a [Method],
    /// Its path below the version's; may end in `/**`.
    pub path: &'a str,
    /// To which system.
    pub role: Role,
    /// A scope beside the version's.
    pub scope: Option<&'a str>,
}

/// Writes the contract. The same facts give the same document, whatever their order.
pub fn document(facts: &VersionFacts<'_>, endpoints: &[Endpoint<'_>], routes: &[Route<'_>]) -> Value {
    let refusals = Refusals::of(facts, endpoints, routes);
    let (paths, tags) = paths::paths(facts, endpoints, routes);
    let mut document = json!({
        "openapi": "3.1.1",
        "info": info::info(facts),
        "servers": [{ "url": facts.base_path }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": refusals.schemas(endpoints),
            "responses": refusals.responses(&facts.life),
            "headers": headers::components(facts),
            "securitySchemes": info::security_schemes(),
        },
    });
    if let Some(page) = facts.documentation {
        document["externalDocs"] = json!({ "url": page });
    }
    document
}
