//! One method of one path, as it was and as it is: what is sent, what is answered, what a caller must hold.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::super::schema::{At, Comparison, Made};
use super::super::verdict::{Finding, Verdict};

/// The same operation in two documents.
pub(super) struct Pair<'a> {
    pub(super) before: &'a Value,
    pub(super) now: &'a Value,
    pub(super) old: &'a Value,
    pub(super) new: &'a Value,
    /// The path as it was and is spelled.
    pub(super) paths: (&'a str, &'a str),
}

impl<'a> Pair<'a> {
    pub(super) fn compare(&self) -> Vec<Finding> {
        let mut found = self.names();
        found.extend(self.parameters());
        found.extend(self.body());
        found.extend(self.responses());
        found.extend(self.security());
        found
    }

    /// Requests stay the same, and programs that were generated from the document do not.
    fn names(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        let id = |operation: &Value| operation["operationId"].as_str().unwrap_or_default().to_owned();
        let (was, is) = (id(self.old), id(self.new));
        if was != is {
            found.push(Finding::new(Verdict::Dangerous, "operationId", format!("was `{was}` and is `{is}`")));
        }
        if self.paths.0 != self.paths.1 {
            found.push(Finding::new(Verdict::Dangerous, "", format!("the path is spelled {} now", self.paths.1)));
        }
        found
    }

    fn parameters(&self) -> Vec<Finding> {
        let old = parameters(self.before, self.old, self.paths.0);
        let new = parameters(self.now, self.new, self.paths.1);
        let mut found = Vec::new();
        for (key, parameter) in &old {
            let at = format!("parameter {}", parameter["name"].as_str().unwrap_or_default());
            match new.get(key) {
                Some(same) => found.extend(self.parameter(parameter, same, &at)),
                // What callers still send for it is no longer understood.
                None => found.push(Finding::new(Verdict::Breaking, at, "is no longer there")),
            }
        }
        for (_, parameter) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
            let at = format!("parameter {}", parameter["name"].as_str().unwrap_or_default());
            let (verdict, says) = if is_required(parameter) {
                (Verdict::Breaking, "is new and required")
            } else {
                (Verdict::Safe, "is new")
            };
            found.push(Finding::new(verdict, at, says));
        }
        found
    }

    fn parameter(&self, old: &'a Value, new: &'a Value, at: &str) -> Vec<Finding> {
        let mut comparison = Comparison::new(self.before, self.now, Made::Sent);
        comparison.schemas(&old["schema"], &new["schema"], &At::inside(at));
        let mut found = comparison.found();
        found.extend(requirement(is_required(old), is_required(new), at));
        if old["style"] != new["style"] || old["explode"] != new["explode"] {
            found.push(Finding::new(Verdict::Breaking, at, "is written in another style"));
        }
        found
    }

    fn body(&self) -> Vec<Finding> {
        let body =
            |document: &'a Value, operation: &'a Value| operation.get("requestBody").map(|body| behind(document, body));
        match (body(self.before, self.old), body(self.now, self.new)) {
            (Some(old), Some(new)) => {
                let mut found = requirement(is_required(old), is_required(new), "body");
                found.extend(self.content(old, new, "body", Made::Sent));
                found
            }
            (Some(_), None) => vec![Finding::new(Verdict::Breaking, "body", "is no longer taken")],
            (None, Some(new)) if is_required(new) => {
                vec![Finding::new(Verdict::Breaking, "body", "is new and required")]
            }
            (None, Some(_)) => vec![Finding::new(Verdict::Safe, "body", "is new")],
            (None, None) => Vec::new(),
        }
    }

    fn responses(&self) -> Vec<Finding> {
        let none = Map::new();
        let of = |operation: &'a Value| operation["responses"].as_object();
        let (old, new) = (of(self.old), of(self.new));
        let mut found = Vec::new();
        for (status, response) in old.into_iter().flatten() {
            let Some(same) = new.and_then(|new| new.get(status)) else {
                let verdict = if is_refusal(status) { Verdict::Dangerous } else { Verdict::Breaking };
                found.push(Finding::new(verdict, status, "is no longer answered"));
                continue;
            };
            let made = if is_refusal(status) { Made::Refused } else { Made::Answered };
            let (old, new) = (behind(self.before, response), behind(self.now, same));
            found.extend(self.content(old, new, status, made));
            found.extend(headers(old, new, status));
        }
        for status in new.unwrap_or(&none).keys().filter(|status| !old.is_some_and(|old| old.contains_key(*status))) {
            let verdict = if is_refusal(status) { Verdict::Safe } else { Verdict::Dangerous };
            found.push(Finding::new(verdict, status, "may be answered now"));
        }
        found
    }

    fn content(&self, old: &'a Value, new: &'a Value, at: &str, made: Made) -> Vec<Finding> {
        let mut found = Vec::new();
        for (kind, media) in old["content"].as_object().into_iter().flatten() {
            match new["content"].get(kind) {
                Some(same) => {
                    let mut comparison = Comparison::new(self.before, self.now, made);
                    comparison.schemas(&media["schema"], &same["schema"], &At::inside(at));
                    found.extend(comparison.found());
                }
                None => found.push(Finding::new(Verdict::Breaking, at, format!("is no longer {kind}"))),
            }
        }
        for kind in
            new["content"].as_object().into_iter().flat_map(Map::keys).filter(|kind| old["content"].get(kind).is_none())
        {
            found.push(Finding::new(Verdict::Safe, at, format!("may be {kind} now")));
        }
        found
    }

    /// Scopes that every caller must hold, by each way to say who it is.
    fn security(&self) -> Vec<Finding> {
        let (old, new) = (security(self.before, self.old), security(self.now, self.new));
        let mut found = Vec::new();
        let mut more: BTreeSet<&str> = BTreeSet::new();
        let mut fewer: BTreeSet<&str> = BTreeSet::new();
        for (scheme, scopes) in &old {
            let Some(needed) = new.get(scheme) else {
                found.push(Finding::new(Verdict::Breaking, "security", format!("`{scheme}` is no longer accepted")));
                continue;
            };
            more.extend(needed.difference(scopes));
            fewer.extend(scopes.difference(needed));
        }
        found
            .extend(more.iter().map(|scope| {
                Finding::new(Verdict::Breaking, "security", format!("the scope `{scope}` is needed now"))
            }));
        found.extend(
            fewer.iter().map(|scope| {
                Finding::new(Verdict::Safe, "security", format!("the scope `{scope}` is no longer needed"))
            }),
        );
        found
    }
}

/// By place and name; those of the path by their order there, as callers do not see their names.
fn parameters<'a>(document: &'a Value, operation: &'a Value, path: &str) -> BTreeMap<(String, String), &'a Value> {
    let named: Vec<&str> = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')).collect();
    let listed = operation["parameters"].as_array().into_iter().flatten();
    let key = |parameter: &Value| {
        let text = |key: &str| parameter[key].as_str().unwrap_or_default().to_owned();
        let (place, name) = (text("in"), text("name"));
        let order = named.iter().position(|one| place == "path" && *one == name);
        (place, order.map_or(name, |order| order.to_string()))
    };
    listed.map(|parameter| behind(document, parameter)).map(|parameter| (key(parameter), parameter)).collect()
}

/// What a reference leads to.
fn behind<'a>(document: &'a Value, part: &'a Value) -> &'a Value {
    let pointer = part.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix('#'));
    pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(part)
}

fn is_required(part: &Value) -> bool {
    part["required"] == true
}

fn requirement(was: bool, is: bool, at: &str) -> Vec<Finding> {
    match (was, is) {
        (false, true) => vec![Finding::new(Verdict::Breaking, at, "is required now")],
        (true, false) => vec![Finding::new(Verdict::Safe, at, "is no longer required")],
        _ => Vec::new(),
    }
}

/// 4XX, 5XX and what is not told apart.
fn is_refusal(status: &str) -> bool {
    status.starts_with(['4', '5']) || status == "default"
}

fn headers(old: &Value, new: &Value, status: &str) -> Vec<Finding> {
    let names = |response: &Value| {
        let names = response["headers"].as_object().into_iter().flat_map(Map::keys);
        names.map(|name| name.to_ascii_lowercase()).collect::<BTreeSet<_>>()
    };
    let (old, new) = (names(old), names(new));
    let gone = old.difference(&new).map(|name| (Verdict::Dangerous, format!("the header `{name}` is no longer there")));
    let more = new.difference(&old).map(|name| (Verdict::Safe, format!("the header `{name}` is new")));
    gone.chain(more).map(|(verdict, says)| Finding::new(verdict, status, says)).collect()
}

/// Scheme → the scopes that go with it. Each entry is one way, of one scheme, as our documents are written.
fn security<'a>(document: &'a Value, operation: &'a Value) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let ways = operation.get("security").unwrap_or(&document["security"]);
    let ways = ways.as_array().into_iter().flatten().filter_map(Value::as_object).flatten();
    let scopes = |scopes: &'a Value| scopes.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    ways.map(|(scheme, needed)| (scheme.as_str(), scopes(needed))).collect()
}
