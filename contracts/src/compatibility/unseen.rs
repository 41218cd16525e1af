//! A net below the comparisons: documents in which nothing was found and which are not the same all the same.

use serde_json::{Map, Value};

use super::verdict::{Finding, Verdict};

/// What was found; where that is nothing and the documents differ in more than words for people, that they do.
pub(super) fn added(mut found: Vec<Finding>, before: &Value, now: &Value) -> Vec<Finding> {
    if found.is_empty() && bare(before) != bare(now) {
        found.push(Finding::new(
            Verdict::Dangerous,
            "",
            "it differs in what is not compared: look at the two documents",
        ));
    }
    found
}

/// Without words for people, and lists of words in one order.
fn bare(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(name, value)| !is_for_people(name, value));
            Value::Object(kept.map(|(name, value)| (name.clone(), bare(value))).collect::<Map<_, _>>())
        }
        Value::Array(items) if items.iter().all(Value::is_string) => {
            let mut words: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            words.sort_unstable();
            words.into()
        }
        Value::Array(items) => items.iter().map(bare).collect(),
        other => other.clone(),
    }
}

/// A member may be called `title`; its schema is no text.
fn is_for_people(name: &str, value: &Value) -> bool {
    let text = ["description", "title", "summary", "$comment", "$schema", "$id"].contains(&name) && value.is_string();
    let list = ["tags", "examples"].contains(&name) && value.is_array();
    text || list || name == "externalDocs"
}
