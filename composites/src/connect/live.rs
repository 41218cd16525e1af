//! What a system says about itself, held against what its pack reads, before traffic finds out. Read-only, with the
//! system's own credential, one request after the other.

mod compare;
mod csdl;
mod described;
mod listed;
mod queried;

use std::collections::BTreeSet;

use http::Method;
use portico_contracts::packs::{EntityMapping, Hole, Language, Part, Shapes, Template};
use serde_json::Value as Json;

use self::compare::Comparison;
use super::driver::Driver;
use super::keys::encode;
use super::system::System;
use super::system::probe::in_words;
use super::wire::{Answer, Request};
use crate::ask::{Call, LINKS};

/// What came of asking one system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Entities that were compared.
    pub compared: usize,
    /// What the pack reads and the system does not have, or has with another type.
    pub differences: Vec<String>,
    /// What is worth knowing and costs no value: words that become the pack's fallback, entities that could not be
    /// compared.
    pub notes: Vec<String>,
    /// Why the system could not be asked.
    pub trouble: Option<String>,
    /// Whether the pack says no way to ask.
    pub silent: bool,
}

/// Why one description could not be had.
type Untold = String;

/// Asks one system for its shapes and compares those of the entities that it is asked for, and of what leads there: what a
/// pack maps beyond them the system need not have, nor its credentials open. Ends with `call.deadline`.
pub async fn compare(system: &System, is_asked_for: &(dyn Fn(&str) -> bool + Sync), call: &Call) -> Findings {
    let driver = system.driver();
    let meant = meant(driver, is_asked_for);
    let mut comparison = Comparison::default();
    let asked = match (&driver.pack.shapes, driver.pack.language) {
        (_, Language::Suiteql) => queried::compare(system, call, &meant, &mut comparison).await,
        (Some(Shapes::Metadata(path)), _) => described::metadata(system, call, path, &meant, &mut comparison).await,
        (Some(Shapes::Describe(path)), _) => described::objects(system, call, path, &meant, &mut comparison).await,
        (Some(Shapes::Fields(list)), _) => listed::fields(system, call, list, &meant, &mut comparison).await,
        (Some(Shapes::Row(path)), _) => listed::rows(system, call, path, &meant, &mut comparison).await,
        (None, _) => return Findings { silent: true, ..Findings::default() },
    };
    Findings { trouble: asked.err(), ..comparison.into_findings() }
}

/// A GET with the pack's headers, for JSON or for another type.
fn get(driver: &Driver, target: String, accept: Option<&'static str>) -> Request {
    let mut headers = driver.headers.clone();
    if let Some(accept) = accept {
        headers.insert(http::header::ACCEPT, http::HeaderValue::from_static(accept));
    }
    Request { method: Method::GET, target, headers, body: None, linked: None }
}

/// The address of one entity's description, or of a row with these members.
fn address(driver: &Driver, template: &Template, shape: &str, fields: &[String]) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Hole(Hole::Shape) => encode(shape),
        Part::Hole(Hole::Fields) => encode(&fields.join(",")),
        Part::Hole(_) => String::new(),
    };
    let mut target: String = template.parts.iter().map(part).collect();
    for (name, value) in &driver.pack.parameters {
        target.push(if target.contains('?') { '&' } else { '?' });
        target.push_str(&format!("{}={}", encode(name), encode(value)));
    }
    target
}

async fn fetch(system: &System, call: &Call, request: &Request) -> Result<Answer, Untold> {
    match found(system, call, request).await? {
        Some(answer) => Ok(answer),
        None => Err("did not describe itself (HTTP 404)".to_owned()),
    }
}

/// `None` where there is nothing of that name.
async fn found(system: &System, call: &Call, request: &Request) -> Result<Option<Answer>, Untold> {
    let answer = system.send(request, call).await.map_err(|trouble| in_words(&trouble))?;
    match answer.status.as_u16() {
        200..=299 => Ok(Some(answer)),
        404 => Ok(None),
        401 => Err("does not accept our credentials".to_owned()),
        403 => Err("does not allow us to read its description (HTTP 403)".to_owned()),
        status => Err(format!("did not describe itself (HTTP {status})")),
    }
}

async fn json(system: &System, call: &Call, request: &Request) -> Result<Json, Untold> {
    parsed(&fetch(system, call, request).await?)
}

/// The same, where there may be nothing of that name.
async fn described(system: &System, call: &Call, request: &Request) -> Result<Option<Json>, Untold> {
    found(system, call, request).await?.map(|answer| parsed(&answer)).transpose()
}

fn parsed(answer: &Answer) -> Result<Json, Untold> {
    serde_json::from_slice(&answer.body).map_err(|_| "described itself with something that is no JSON".to_owned())
}

/// The entities that are asked for, and those that lead there: by whose ids they are looked up where nothing else can
/// name the customer, and which a person found by e-mail address belongs to.
fn meant<'d>(driver: &'d Driver, is_asked_for: &dyn Fn(&str) -> bool) -> Vec<&'d EntityMapping> {
    let asked = || driver.pack.entities.values().filter(|mapping| is_asked_for(mapping.of.name));
    let needs_a_lead =
        |mapping: &EntityMapping| !mapping.by.contains_key("customerNumber") || mapping.by.contains_key("email");
    let by = |link: &str| asked().any(|mapping| mapping.by.contains_key(link) && needs_a_lead(mapping));
    let leads = LINKS.into_iter().filter(|(link, _)| by(link)).map(|(_, of)| of);
    let meant: BTreeSet<&str> = asked().map(|mapping| mapping.of.name).chain(leads).collect();
    driver.pack.entities.values().filter(|mapping| meant.contains(mapping.of.name)).collect()
}

#[cfg(test)]
mod tests;
