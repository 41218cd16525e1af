//! A schema as it is compared: references followed, null taken out, choices side by side.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// What a value may be.
pub(super) struct Shape<'a> {
    /// The name that its reference gives it.
    pub(super) name: Option<&'a str>,
    pub(super) nullable: bool,
    /// The schema behind its references.
    pub(super) schema: &'a Value,
    /// Whether the schema gives a choice; it may be of one.
    pub(super) is_choice: bool,
    /// By their names; the schema itself where there is no choice.
    pub(super) choices: Vec<(String, &'a Value)>,
}

impl<'a> Shape<'a> {
    pub(super) fn of(document: &'a Value, schema: &'a Value) -> Self {
        let (or_null, schema) = without_null(schema);
        let (name, schema) = resolve(document, schema);
        let Some(choices) = choices(schema) else {
            let (nullable, choices) = (or_null || has_null(schema), vec![(String::new(), schema)]);
            return Shape { name, nullable, schema, is_choice: false, choices };
        };
        let (null, choices): (Vec<_>, Vec<_>) = choices.iter().partition(|choice| choice["type"] == "null");
        let nullable =
            or_null || !null.is_empty() || choices.iter().any(|choice| has_null(resolve(document, choice).1));
        Shape { name, nullable, schema, is_choice: true, choices: told_apart(&choices) }
    }
}

fn choices(schema: &Value) -> Option<&Vec<Value>> {
    ["oneOf", "anyOf"].into_iter().find_map(|word| schema.get(word)?.as_array())
}

/// `X or null` is X.
fn without_null(schema: &Value) -> (bool, &Value) {
    match choices(schema).map(Vec::as_slice) {
        Some([one, null] | [null, one]) if null["type"] == "null" => (true, one),
        _ => (false, schema),
    }
}

/// Follows references inside the document, to the schema and its last name. One that leads nowhere, or round and
/// round, stands for itself.
fn resolve<'a>(document: &'a Value, schema: &'a Value) -> (Option<&'a str>, &'a Value) {
    const FAR: usize = 32;
    let mut found = (None, schema);
    for _ in 0..FAR {
        let pointer = found.1.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix('#'));
        let Some((pointer, target)) = pointer.and_then(|pointer| Some((pointer, document.pointer(pointer)?))) else {
            break;
        };
        found = (pointer.rsplit('/').next(), target);
    }
    found
}

fn has_null(schema: &Value) -> bool {
    schema["type"].as_array().is_some_and(|types| types.iter().any(|one| one == "null"))
}

/// Each choice under a name that stands once.
fn told_apart<'a>(choices: &[&'a Value]) -> Vec<(String, &'a Value)> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut told = Vec::with_capacity(choices.len());
    for choice in choices {
        let name = name(choice);
        let times = seen.entry(name.clone()).or_default();
        *times += 1;
        told.push((if *times == 1 { name } else { format!("{name} ({times})") }, *choice));
    }
    told
}

/// What a choice is told apart by: its title, what it refers to, its members, its value or its type.
fn name(choice: &Value) -> String {
    let text = |key: &str| choice.get(key).and_then(Value::as_str).map(str::to_owned);
    let referred = || text("$ref").map(|pointer| pointer.rsplit('/').next().unwrap_or_default().to_owned());
    let members = || {
        let names = choice.get("properties")?.as_object()?.keys().map(String::as_str);
        Some(names.collect::<Vec<_>>().join(" "))
    };
    let values = || values(choice).map(|values| values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
    let kind = || type_words(&types(choice));
    text("title").or_else(referred).or_else(members).or_else(values).unwrap_or_else(kind)
}

/// The types without null; none where anything goes.
pub(super) fn types(schema: &Value) -> BTreeSet<&str> {
    let named = match schema.get("type") {
        Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => BTreeSet::from([one.as_str()]),
        _ => BTreeSet::new(),
    };
    named.into_iter().filter(|name| *name != "null").collect()
}

pub(super) fn type_words(types: &BTreeSet<&str>) -> String {
    if types.is_empty() {
        return "anything".to_owned();
    }
    types.iter().copied().collect::<Vec<_>>().join(" or ")
}

/// Whether every value of `part` is one of `whole`.
pub(super) fn covers(whole: &BTreeSet<&str>, part: &BTreeSet<&str>) -> bool {
    let has = |name: &&str| whole.contains(name) || (*name == "integer" && whole.contains("number"));
    whole.is_empty() || (!part.is_empty() && part.iter().all(has))
}

/// `enum`, or `const` as an enumeration of one; without null, which is told as such.
pub(super) fn values(schema: &Value) -> Option<Vec<&Value>> {
    let listed = schema.get("enum").and_then(Value::as_array).map(|values| values.iter().collect::<Vec<_>>());
    let values = listed.or_else(|| schema.get("const").map(|one| vec![one]))?;
    Some(values.into_iter().filter(|value| !value.is_null()).collect())
}

pub(super) fn required(schema: &Value) -> BTreeSet<&str> {
    let names = schema.get("required").and_then(Value::as_array);
    names.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Whether the comparison looks at the word, or it says nothing about values.
pub(super) fn is_known(word: &str) -> bool {
    const COMPARED: [&str; 11] = [
        "type",
        "enum",
        "const",
        "oneOf",
        "anyOf",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "allOf",
        "propertyNames",
    ];
    const ANNOTATIONS: [&str; 11] = [
        "default",
        "title",
        "description",
        "examples",
        "example",
        "deprecated",
        "$schema",
        "$id",
        "$defs",
        "$comment",
        "definitions",
    ];
    COMPARED.contains(&word) || ANNOTATIONS.contains(&word) || super::bounds::is_bound(word)
}
