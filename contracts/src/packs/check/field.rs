//! How the fields of an entity map. What a value becomes follows from the model; the pack says only where it stands
//! and what the system does differently.

use std::str::FromStr;

use indexmap::IndexMap;
use rust_decimal::Decimal;

use super::super::document::{Entry, Kind as Yaml, Node};
use super::super::reader::{Reader, Section, did_you_mean};
use super::super::{Condition, Format, Kind, Mapping, Read, Text, Times};
use crate::canonical::Value;
use crate::model::{EnumType, Field, Model, ObjectType, Relation};

const MEMBERS: [&str; 15] = [
    "path",
    "const",
    "map",
    "otherwise",
    "currency",
    "unit",
    "only_if",
    "else",
    "format",
    "times",
    "as",
    "join",
    "with",
    "object",
    "first_of",
];

/// Whether fields have a member of this name.
pub(super) fn is_member(name: &str) -> bool {
    MEMBERS.contains(&name)
}

/// What may be said about a value of a type, and how the type is called.
fn sayable(field: &Field) -> (&'static str, Vec<&'static str>) {
    let (kind, own): (_, &[&str]) = match field.type_name() {
        "ID" | "String" => ("text", &["as", "join", "with"]),
        "CurrencyCode" => ("a currency", &[]),
        "Int" => ("a whole number", &["times"]),
        "Decimal" => ("a number", &["times"]),
        "Money" => ("an amount", &["currency", "unit", "times"]),
        "Date" | "DateTime" => ("a day or a moment", &["format"]),
        _ => ("a value of words", &["map", "otherwise"]),
    };
    let common = ["path", "const", "only_if", "else", "first_of"];
    (kind, common.into_iter().chain(own.iter().copied()).collect())
}

/// What would be left out in silence: members of other types, a second way to have the value, words without their
/// condition.
fn makes_sense(reader: &mut Reader, section: &Section<'_>, field: &Field) {
    let (kind, fits) = sayable(field);
    super::capable::field_members(reader, section, kind, &fits);
    let ways: Vec<&str> =
        ["path", "join", "const", "first_of"].into_iter().filter(|way| section.get(way).is_some()).collect();
    if ways.len() > 1 {
        reader.mistake(section.line, &section.at, format!("only one of {} can be said", ways.join(", ")));
    }
    for (word, of) in [("else", "only_if"), ("with", "join"), ("unit", "path"), ("only_if", "path")] {
        let has = |name: &str| section.get(name).is_some() || (name == "path" && section.get("join").is_some());
        if has(word) && !has(of) {
            reader.mistake(section.line, &section.at(word), format!("`{word}` goes with `{of}`"));
        }
    }
}

/// Whether a field is stored, rather than looked up, decided or added by the gateway. One that is taken from another
/// entity may be stored as well, but for the customer's, who is joined from several systems.
pub(in crate::packs) fn is_stored(of: &ObjectType, field: &Field) -> bool {
    let ours = of.has_source && matches!(field.name, "source" | "extensions");
    let may_be = |relation: &Relation| relation.take.is_some() && of.name != "Customer";
    field.relation.as_ref().is_none_or(may_be) && field.composite.is_none() && !ours
}

pub(super) fn fields(
    reader: &mut Reader,
    node: &Node,
    at: &str,
    of: &'static ObjectType,
) -> Vec<(usize, &'static str, Mapping)> {
    let Some(section) = reader.map(node, at) else { return Vec::new() };
    let stored: Vec<&str> = of.fields.values().filter(|field| is_stored(of, field)).map(|field| field.name).collect();
    let mut fields = Vec::new();
    for entry in section.entries() {
        let at = section.at(&entry.key);
        match of.fields.get(entry.key.as_str()) {
            Some(field) if is_stored(of, field) => {
                if let Some(mapping) = mapping(reader, &entry.value, &at, field) {
                    fields.push((field.ordinal, field.name, mapping));
                }
            }
            Some(_) => reader.mistake(entry.line, &at, "this field is looked up or decided, not mapped"),
            None => {
                let near = did_you_mean(&entry.key, &stored);
                reader.mistake(entry.line, &at, format!("`{}` has no field `{}`{near}", of.name, entry.key));
            }
        }
    }
    fields
}

fn mapping(reader: &mut Reader, node: &Node, at: &str, field: &Field) -> Option<Mapping> {
    match &node.kind {
        Yaml::List(items) => first_of(reader, items, at, field),
        Yaml::Map(_) => section(reader, node, at, field),
        _ => {
            let path = reader.path(node, at)?;
            let kind = plain_kind(reader, node, at, field)?;
            let list = field.is_list();
            if path.is_many() && !list {
                reader.mistake(node.line, at, "the path finds several values, but the field holds one");
            }
            let (only_if, otherwise, times) = (Vec::new(), None, None);
            Some(Mapping::Read(Box::new(Read { paths: vec![path], kind, list, only_if, otherwise, times })))
        }
    }
}

fn first_of(reader: &mut Reader, items: &[Node], at: &str, field: &Field) -> Option<Mapping> {
    let all: Vec<Mapping> = items.iter().filter_map(|item| mapping(reader, item, at, field)).collect();
    (!all.is_empty()).then_some(Mapping::FirstOf(all))
}

/// What a plain path becomes, by the field's type.
fn plain_kind(reader: &mut Reader, node: &Node, at: &str, field: &Field) -> Option<Kind> {
    let name = field.type_name();
    Some(match name {
        "ID" | "String" => Kind::Text(Text::Plain),
        "CurrencyCode" => Kind::Text(Text::Currency),
        "Int" => Kind::Int(1),
        "Boolean" => Kind::Bool { map: IndexMap::new(), otherwise: None },
        "Decimal" => Kind::Decimal,
        "Date" => Kind::Date(Format::Iso),
        "DateTime" => Kind::DateTime(Format::Iso),
        "Money" => {
            reader.mistake(node.line, at, "an amount needs its currency: `{path: …, currency: …}`");
            return None;
        }
        other => match Model::get().enums.get(other) {
            Some(of) => Kind::Enum { of, map: IndexMap::new(), otherwise: None },
            None => {
                reader.mistake(node.line, at, format!("`{other}` is an object: `{{object: {{…}}}}`"));
                return None;
            }
        },
    })
}

fn section(reader: &mut Reader, node: &Node, at: &str, field: &Field) -> Option<Mapping> {
    let section = reader.section(node, at, &MEMBERS)?;
    if let Some(inner) = section.get("object") {
        return object(reader, inner, at, field);
    }
    makes_sense(reader, &section, field);
    if let Some(Node { kind: Yaml::List(items), .. }) = section.get("first_of") {
        return first_of(reader, items, at, field);
    }
    if let Some(inner) = section.get("const") {
        let text = reader.raw_text(inner, at)?;
        let text = reader.literal(&text, inner.line, at);
        return Some(Mapping::Constant(match text {
            Some(text) => constant(reader, &text, inner.line, at, field)?,
            None => Value::Null,
        }));
    }
    let kind = kind(reader, &section, field)?;
    let paths = paths(reader, &section);
    if paths.is_empty() {
        // A path with an optional setting that is not given is not there.
        if section.get("path").is_some() || section.get("join").is_some() {
            return None;
        }
        reader.mistake(section.line, at, "say where the value stands: `path`, `join`, `const`, `object` or `first_of`");
        return None;
    }
    if !field.is_list() && paths.iter().any(super::super::Path::is_many) {
        reader.mistake(section.line, at, "the path finds several values, but the field holds one");
    }
    let only_if = section.get("only_if").map(|inner| conditions(reader, inner, &section.at("only_if")));
    let otherwise = match section.get("else") {
        Some(inner) => reader.raw_text(inner, at).and_then(|text| constant(reader, &text, inner.line, at, field)),
        None => None,
    };
    let only_if = only_if.unwrap_or_default();
    let times = times(reader, &section, &kind);
    Some(Mapping::Read(Box::new(Read { paths, kind, list: field.is_list(), only_if, otherwise, times })))
}

/// What an exact number or an amount is multiplied by.
fn times(reader: &mut Reader, section: &Section<'_>, kind: &Kind) -> Option<Times> {
    if !matches!(kind, Kind::Decimal | Kind::Money { .. }) {
        return None;
    }
    match section.get("times")?.kind {
        Yaml::Int(number) => i32::try_from(number).ok().map(Times::Number),
        _ => reader.path_at(section, "times").map(Times::Value),
    }
}

fn paths(reader: &mut Reader, section: &Section<'_>) -> Vec<super::super::Path> {
    let key = if section.get("join").is_some() { "join" } else { "path" };
    let Some(node) = section.get(key) else { return Vec::new() };
    match &node.kind {
        Yaml::List(items) => items.iter().filter_map(|item| reader.path(item, &section.at(key))).collect(),
        _ => reader.path(node, &section.at(key)).into_iter().collect(),
    }
}

fn object(reader: &mut Reader, node: &Node, at: &str, field: &Field) -> Option<Mapping> {
    let Some(of) = Model::get().object(field.type_name()) else {
        reader.mistake(node.line, at, format!("`{}` is no object", field.type_name()));
        return None;
    };
    Some(Mapping::Object(of, fields(reader, node, at, of)))
}

fn kind(reader: &mut Reader, section: &Section<'_>, field: &Field) -> Option<Kind> {
    let name = field.type_name();
    Some(match name {
        "ID" | "String" => Kind::Text(text(reader, section)),
        "CurrencyCode" => Kind::Text(Text::Currency),
        "Int" => Kind::Int(reader.number(section, "times").and_then(|n| i32::try_from(n).ok()).unwrap_or(1)),
        "Boolean" => bool_kind(reader, section),
        "Decimal" => Kind::Decimal,
        "Date" => Kind::Date(format(reader, section)),
        "DateTime" => Kind::DateTime(format(reader, section)),
        "Money" => Kind::Money {
            currency: currency(reader, section)?,
            minor: reader.choice(section, "unit", &[("minor", true), ("major", false)]).unwrap_or(false),
        },
        other => match Model::get().enums.get(other) {
            Some(of) => enum_kind(reader, section, of),
            None => {
                reader.mistake(section.line, &section.at, format!("`{other}` is an object: `{{object: {{…}}}}`"));
                return None;
            }
        },
    })
}

fn text(reader: &mut Reader, section: &Section<'_>) -> Text {
    if section.get("join").is_some() {
        return Text::Joined(reader.raw(section, "with").unwrap_or_else(|| ", ".to_owned()));
    }
    match reader.choice(section, "as", &[("text", false), ("domain", true)]) {
        Some(true) => Text::Domain,
        _ => Text::Plain,
    }
}

fn format(reader: &mut Reader, section: &Section<'_>) -> Format {
    let words = [
        ("iso", Format::Iso),
        ("utc", Format::Utc),
        ("day", Format::Day),
        ("unix", Format::Unix),
        ("unix_millis", Format::UnixMillis),
    ];
    reader.choice(section, "format", &words).unwrap_or_default()
}

fn currency(reader: &mut Reader, section: &Section<'_>) -> Option<Vec<Mapping>> {
    let Some(node) = section.get("currency") else {
        reader.mistake(section.line, &section.at, "an amount needs its `currency`: a path, or `{const: EUR}`");
        return None;
    };
    let field = Model::get().object("Money")?.fields.get("currency")?;
    let at = section.at("currency");
    let mut places: Vec<Mapping> = match &node.kind {
        Yaml::List(items) => items.iter().filter_map(|item| mapping(reader, item, &at, field)).collect(),
        _ => vec![mapping(reader, node, &at, field)?],
    };
    if reader.given.is_some() {
        // An amount without any currency is none: without the setting that names it, the field is not there.
        places.retain(|place| !matches!(place, Mapping::Constant(Value::Null)));
        return (!places.is_empty()).then_some(places);
    }
    Some(places)
}

fn bool_kind(reader: &mut Reader, section: &Section<'_>) -> Kind {
    let mut map = IndexMap::new();
    for entry in map_entries(reader, section) {
        match entry.value.kind {
            Yaml::Bool(value) => drop(map.insert(entry.key.clone(), value)),
            _ => reader.mistake(entry.line, &section.at("map"), format!("`{}`: expected true or false", entry.key)),
        }
    }
    let otherwise = section.get("otherwise").map(|_| reader.flag(section, "otherwise"));
    Kind::Bool { map, otherwise }
}

fn enum_kind(reader: &mut Reader, section: &Section<'_>, of: &'static EnumType) -> Kind {
    let mut map = IndexMap::new();
    for entry in map_entries(reader, section) {
        let word = entry.value.scalar().unwrap_or_default();
        if let Some(value) = enum_value(reader, &word, entry.line, &section.at("map"), of) {
            map.insert(entry.key.clone(), value);
        }
    }
    let otherwise = reader.raw(section, "otherwise");
    let otherwise = otherwise.and_then(|word| enum_value(reader, &word, section.line, &section.at("otherwise"), of));
    Kind::Enum { of, map, otherwise }
}

fn map_entries<'n>(reader: &mut Reader, section: &Section<'n>) -> &'n [Entry] {
    let at = section.at("map");
    section.get("map").and_then(|node| reader.map(node, &at)).map_or(&[], |map| map.entries())
}

fn enum_value(reader: &mut Reader, word: &str, line: u64, at: &str, of: &'static EnumType) -> Option<&'static str> {
    let value = of.value(word);
    if value.is_none() {
        let known: Vec<&str> = of.values.keys().copied().collect();
        reader.mistake(line, at, format!("`{}` has no value `{word}`{}", of.name, did_you_mean(word, &known)));
    }
    value
}

/// A constant of the field's type. For money it is the amount; its currency is the row's.
fn constant(reader: &mut Reader, text: &str, line: u64, at: &str, field: &Field) -> Option<Value> {
    let value = match field.type_name() {
        "ID" | "String" => Some(Value::text(text)),
        "CurrencyCode" => {
            let in_check_only = reader.given.is_none() && reader.settings.contains_key(text);
            let code = crate::canonical::Currency::parse(text);
            code.map(|code| Value::text(code.as_str())).or(in_check_only.then_some(Value::Null))
        }
        "Int" => text.parse().ok().map(Value::Int),
        "Boolean" => text.parse().ok().map(Value::Bool),
        "Decimal" | "Money" => Decimal::from_str(text).ok().map(Value::Decimal),
        other => {
            let of = Model::get().enums.get(other)?;
            return enum_value(reader, text, line, at, of).map(Value::Enum);
        }
    };
    if value.is_none() {
        reader.mistake(line, at, format!("`{text}` is no {}", field.type_name()));
    }
    value
}

/// `{path: value}` or `{path: [value, value]}`; an empty list means any value.
pub(super) fn conditions(reader: &mut Reader, node: &Node, at: &str) -> Vec<Condition> {
    let Some(section) = reader.map(node, at) else { return Vec::new() };
    let mut conditions = Vec::new();
    for entry in section.entries() {
        let key = Node { line: entry.line, kind: Yaml::Text(entry.key.clone()) };
        let path = reader.path(&key, at);
        let written = reader.texts_of(&entry.value, at);
        let values = written.iter().filter_map(|text| reader.literal(text, entry.line, at)).collect();
        let bare = match &entry.value.kind {
            Yaml::List(items) => items.iter().all(is_bare) && !items.is_empty(),
            _ => is_bare(&entry.value),
        };
        conditions.extend(path.map(|path| Condition { path, values, bare }));
    }
    conditions
}

fn is_bare(node: &Node) -> bool {
    matches!(node.kind, Yaml::Bool(_) | Yaml::Int(_))
}
