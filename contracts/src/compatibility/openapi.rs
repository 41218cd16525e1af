//! Two OpenAPI documents of one API version.
//!
//! A version that was published as a preview has promised nothing: what changes in it is dangerous at most.

mod life;
mod operation;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::unseen;
use super::verdict::{Finding, Verdict};
use life::{Life, Stage};

/// What differs; `now` is none where the version is gone from the configuration.
pub(super) fn compare(before: &Value, now: Option<&Value>, today: NaiveDate) -> Vec<Finding> {
    let published = Life::of(before);
    let mut found = match now {
        Some(now) => compared(before, now, &published, today),
        None if published.stage == Some(Stage::Retired) => {
            vec![Finding::new(Verdict::Safe, "", "this version was retired and is gone now")]
        }
        None => vec![Finding::new(Verdict::Breaking, "", "this version is gone and never was retired")],
    };
    if published.stage == Some(Stage::Preview) {
        found.iter_mut().for_each(|finding| finding.verdict = finding.verdict.softened());
    }
    found
}

fn compared(before: &Value, now: &Value, published: &Life, today: NaiveDate) -> Vec<Finding> {
    let present = Life::of(now);
    let mut found = life::compare(published, &present, today);
    // One that ended serves nothing, and that is told already.
    if present.stage == Some(Stage::Retired) {
        return found;
    }
    found.extend(paths(before, now));
    unseen::added(found, before, now)
}

/// Path without the names of its parameters, and method → the operation and the path as it is spelled.
type Operations<'a> = BTreeMap<(String, &'a str), (&'a str, &'a Value)>;

fn paths(before: &Value, now: &Value) -> Vec<Finding> {
    let (old, new) = (operations(before), operations(now));
    let mut found = Vec::new();
    for (place, (path, operation)) in &old {
        let named = format!("{} {path}", place.1.to_ascii_uppercase());
        let findings = match new.get(place) {
            Some((other, same)) => {
                operation::Pair { before, now, old: operation, new: same, paths: (path, other) }.compare()
            }
            None => vec![Finding::new(Verdict::Breaking, "", gone(place, &new))],
        };
        found.extend(findings.into_iter().map(|finding| Finding { operation: Some(named.clone()), ..finding }));
    }
    for ((_, method), (path, _)) in new.iter().filter(|(place, _)| !old.contains_key(*place)) {
        let named = format!("{} {path}", method.to_ascii_uppercase());
        found.push(Finding { operation: Some(named), ..Finding::new(Verdict::Safe, "", "this operation is new") });
    }
    found
}

fn gone(place: &(String, &str), new: &Operations<'_>) -> &'static str {
    let path_stays = new.keys().any(|(path, _)| *path == place.0);
    if path_stays { "this method is no longer there" } else { "this path is no longer there" }
}

fn operations(document: &Value) -> Operations<'_> {
    let mut operations = Operations::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flat_map(Map::iter).filter(|(key, _)| is_method(key)) {
            operations.insert((shape(path), method.as_str()), (path.as_str(), operation));
        }
    }
    operations
}

/// OpenAPI 3.1 §4.8.9.1.
fn is_method(key: &str) -> bool {
    ["get", "put", "post", "delete", "options", "head", "patch", "trace"].contains(&key)
}

/// Callers do not see what a parameter of a path is called.
fn shape(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}
