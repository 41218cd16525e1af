use std::collections::{BTreeMap, BTreeSet};

use super::super::Pack;
use super::*;

/// Uses every part of the format once, whether or not that makes sense.
const EVERY: &str = r#"
pack: every
title: Everything at once
driver: rest
settings: { one: { about: One. } }
auth: { token_body: form }
headers: { X-One: { base64url: { a: 1 } } }
paging: { cursor: { path: next, parameter: cursor } }
errors: [{ status: 500, means: retry }]
limits: { per_second: 1, reported: [{ window: day, limit: X-Limit }] }
notices: { secret: header, changes: [{ when: { a: b }, entities: { Case: { rows: { number: id } } } }] }
shapes: { fields: { path: "/fields/{shape}", rows: "results[]", name: name } }
entities:
  Case:
    rows: data[]
    fields:
      number: { path: id }
    open: { yes: a, no: b }
    statuses: { each: "{status}", join: "," }
    by:
      number:
        keys: { allow: any }
        paging: { after: { more: more, id: "data[].id", parameter: after } }
        request: { path: /cases, query: { ids: "{keys}", wrapped: { base64url: {} } } }
        links: { request: { path: /links, query: { ids: "{keys}" } }, rows: a, key: b, ids: c, then: { field: number } }
  Product:
    rows: data[]
    fields: { sku: { path: sku } }
    by:
      sku: { paging: { offset: { parameter: skip, limit: limit, more: more } }, request: { path: "/p/{key}" } }
"#;

/// Which part of the schema a place of a pack is.
fn part(at: &str) -> Option<&'static str> {
    let last = at.rsplit('.').next().unwrap_or_default();
    let depth = at.split('.').count();
    Some(match last {
        "" => "",
        "cursor" | "after" | "offset" if at.contains("paging") => match last {
            "cursor" => "cursor",
            "after" => "after",
            _ => "offset",
        },
        "auth" => "auth",
        "paging" => "paging",
        "errors" => "error",
        "shapes" => "shapes",
        "limits" => "limits",
        "reported" => "report",
        "notices" => "notices",
        "changes" => "change_rule",
        _ if at.starts_with("notices.changes.entities.") => "changed",
        "open" => "open",
        "statuses" => "statuses",
        "keys" => "keys",
        "request" => "request",
        "links" | "then" => "links",
        "fields" if at == "shapes.fields" => "field_list",
        _ if at.starts_with("settings.") => "setting",
        _ if at.contains(".fields.") => "read",
        _ if at.contains(".by.") && depth == 4 => "look_up",
        _ if at.starts_with("entities.") && depth == 2 => "entity",
        // JSON that is written as base64url: one member, said in place.
        _ if at.starts_with("headers.") || at.contains(".query.") => return None,
        _ => panic!("`{at}` is new: say here which part of the schema it is"),
    })
}

fn properties(schema: &Value) -> BTreeSet<String> {
    schema["properties"].as_object().expect("an object").keys().cloned().collect()
}

#[test]
fn the_schema_and_the_parser_know_the_same_members() {
    let schema = schema();
    let mut seen: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (at, allowed) in super::super::check::allowed(EVERY) {
        if let Some(part) = part(&at) {
            let known = seen.entry(part).or_insert_with(|| allowed.clone());
            assert_eq!(*known, allowed, "{at}");
        }
    }
    let whole = ("", properties(&schema));
    let parts = schema["$defs"].as_object().expect("definitions").iter();
    let parts = parts.filter(|(_, part)| part.get("properties").is_some());
    let said: BTreeMap<&str, BTreeSet<String>> =
        parts.map(|(name, part)| (name.as_str(), properties(part))).chain([whole]).collect();
    assert_eq!(seen, said);
}

#[test]
fn every_pack_that_is_shipped_is_valid_by_the_schema() {
    let validator = jsonschema::validator_for(&schema()).expect("a schema");
    for (name, yaml) in super::super::built_in::FILES {
        let pack: Value = serde_saphyr::from_str(yaml).expect("YAML");
        let wrong: Vec<String> =
            validator.iter_errors(&pack).map(|error| format!("{} {error}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:#?}");
    }
}

#[test]
fn the_schema_refuses_what_the_parser_refuses() {
    let validator = jsonschema::validator_for(&schema()).expect("a schema");
    let yaml = "pack: small\ntitle: Small\ndriver: rest\nentities:\n  Case:\n    rows: data[]\n    fields: { number: id }\n    \
                by: { number: { request: { path: '/{key}' } } }\n";
    let valid = |yaml: &str| validator.is_valid(&serde_saphyr::from_str::<Value>(yaml).expect("YAML"));
    assert!(valid(yaml) && Pack::parse("small", yaml).is_ok());
    for (from, to) in [
        ("driver: rest", "driver: soap"),
        ("title: Small", "titel: Small"),
        ("Case:", "Cases:"),
        ("number: id", "nmbr: id"),
        ("number: id", "number: id, status: { path: s, map: { a: OPENED } }"),
        ("by: { number:", "by: { nothing:"),
        ("request: { path", "request: { pfad"),
    ] {
        let changed = yaml.replace(from, to);
        assert!(!valid(&changed) && Pack::parse("small", &changed).is_err(), "{changed}");
    }
}
