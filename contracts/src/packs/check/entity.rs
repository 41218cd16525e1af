//! One entity of a pack.

use indexmap::IndexMap;

use super::super::document::{Kind, Node};
use super::super::reader::{Reader, Section, did_you_mean};
use super::super::template::Hole;
use super::super::{
    After, Combine, EntityMapping, KeyClass, KeyRules, Language, Links, LookUp, Mapping, Path, StatusFilter,
};
use super::{field, request};
use crate::model::{ObjectType, TypeRef};

const MEMBERS: [&str; 14] = [
    "from", "columns", "where", "filter", "fields", "by", "order", "skip_if", "combine", "open", "statuses", "rows",
    "shape", "needs",
];

const LOOK_UP: [&str; 9] = ["path", "from", "batch", "keys", "request", "links", "rows", "paging", "truncated"];

/// Whether entities or their look-ups have a member of this name.
pub(super) fn is_member(name: &str) -> bool {
    MEMBERS.contains(&name) || LOOK_UP.contains(&name)
}

pub(super) fn read(
    reader: &mut Reader,
    node: &Node,
    at: &str,
    of: &'static ObjectType,
    language: Language,
) -> Option<EntityMapping> {
    let section = reader.section(node, at, &MEMBERS)?;
    let from = from(reader, &section, language);
    if reader.given.is_some() && language != Language::Rest && from.is_empty() {
        // Where its rows stand is an optional setting that is not given: this system does not have it.
        return None;
    }
    let mut fields = match section.get("fields") {
        Some(node) => field::fields(reader, node, &section.at("fields"), of),
        None => Vec::new(),
    };
    let columns = columns(reader, &section, language);
    if language == Language::Suiteql {
        are_selected(reader, &section, &mut fields, &columns);
    }
    must_map(reader, &section, of, &fields);
    if !has_what_it_needs(reader, &section, &fields) && reader.given.is_some() {
        return None;
    }
    let rows = reader.path_at(&section, "rows");
    let by = look_ups(reader, &section, of, &fields, language, rows.as_ref());
    let order = match section.get("order") {
        Some(node) => reader.raw_text(node, at).and_then(|text| reader.name(&text, node.line, at)),
        None => None,
    };
    let shape = super::shapes::of_entity(reader, &section, language, &from);
    Some(EntityMapping {
        of,
        from,
        columns,
        filters: conditions_at(reader, &section, "where"),
        raw_filters: reader.texts(&section, "filter"),
        fields,
        by,
        order,
        skip: conditions_at(reader, &section, "skip_if"),
        combine: reader.choice(&section, "combine", &[("sum", Combine::Sum), ("first", Combine::First)]),
        open: open(reader, &section),
        statuses: statuses(reader, &section),
        shape,
        rows: rows.unwrap_or_else(|| default_rows(language)),
    })
}

fn from(reader: &mut Reader, section: &Section<'_>, language: Language) -> String {
    if language == Language::Rest {
        if let Some(node) = section.get("from") {
            reader.mistake(node.line, &section.at("from"), "a REST pack says `request` in its look-ups instead");
        }
        return String::new();
    }
    let Some(node) = section.get("from") else {
        reader.mistake(section.line, &section.at, "`from` is missing");
        return String::new();
    };
    // Several parts are joined; one with an optional setting that is not given is left out.
    let parts = reader.texts_of(node, &section.at("from"));
    let parts: Vec<String> =
        parts.iter().filter_map(|text| reader.fragment(text, node.line, &section.at("from"))).collect();
    parts.join(" ")
}

/// What is selected under which name. One with an optional setting that is not given is not there.
fn columns(reader: &mut Reader, section: &Section<'_>, language: Language) -> Vec<(String, String)> {
    let at = section.at("columns");
    let Some(map) = section.get("columns").and_then(|node| reader.map(node, &at)) else { return Vec::new() };
    if language != Language::Suiteql {
        reader.mistake(map.line, &at, "only SuiteQL packs name columns");
    }
    let mut columns = Vec::new();
    for entry in map.entries() {
        let at = map.at(&entry.key);
        if !entry.key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
            reader.mistake(entry.line, &at, "columns are named by lower-case letters, digits and `_`");
        }
        let text = reader.raw_text(&entry.value, &at);
        let filled = text.and_then(|text| reader.name(&text, entry.line, &at));
        columns.extend(filled.map(|text| (entry.key.clone(), text)));
    }
    columns
}

/// What is read of a row must be among its columns. Where the column lacks for want of a setting, so does the field.
fn are_selected(
    reader: &mut Reader,
    section: &Section<'_>,
    fields: &mut Vec<(usize, &'static str, Mapping)>,
    columns: &[(String, String)],
) {
    let known: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let read = |mapping: &Mapping| first_path(mapping).map(|path| path.members().join("."));
    let lacks = |mapping: &Mapping| read(mapping).filter(|name| !known.contains(&name.as_str()));
    if reader.given.is_some() {
        fields.retain(|(.., mapping)| lacks(mapping).is_none());
        return;
    }
    for (_, field, mapping) in fields.iter() {
        if let Some(name) = lacks(mapping) {
            let says = format!("there is no column `{name}`{}", did_you_mean(&name, &known));
            reader.mistake(section.line, &format!("{}.{field}", section.at("fields")), says);
        }
    }
}

fn conditions_at(reader: &mut Reader, section: &Section<'_>, key: &str) -> Vec<super::super::Condition> {
    section.get(key).map(|node| field::conditions(reader, node, &section.at(key))).unwrap_or_default()
}

/// What the schema promises, and what keys are re-checked by, has to come from somewhere.
fn must_map(
    reader: &mut Reader,
    section: &Section<'_>,
    of: &'static ObjectType,
    fields: &[(usize, &'static str, Mapping)],
) {
    for wanted in of.fields.values().filter(|field| field::is_stored(of, field) && is_required(&field.ty)) {
        if !fields.iter().any(|(ordinal, ..)| *ordinal == wanted.ordinal) {
            let says = format!("`{}` is promised by the model and must be mapped", wanted.name);
            reader.mistake(section.line, &section.at("fields"), says);
        }
    }
}

/// Whether the fields are mapped without which rows would mislead. Where an optional setting that is not given takes one
/// away, this system does not have the entity.
fn has_what_it_needs(reader: &mut Reader, section: &Section<'_>, fields: &[(usize, &'static str, Mapping)]) -> bool {
    let needs = reader.texts(section, "needs");
    let lacks = needs.iter().find(|needed| !fields.iter().any(|(_, name, _)| name == needed));
    if let Some(lacks) = lacks.filter(|_| reader.given.is_none()) {
        reader.mistake(section.line, &section.at("needs"), format!("`{lacks}` is not mapped"));
    }
    lacks.is_none()
}

fn is_required(ty: &TypeRef) -> bool {
    !ty.nullable
}

fn open(reader: &mut Reader, section: &Section<'_>) -> Option<(String, String)> {
    let node = section.get("open")?;
    let inner = reader.section(node, &section.at("open"), &["yes", "no"])?;
    Some((reader.required(&inner, "yes")?, reader.required(&inner, "no")?))
}

fn statuses(reader: &mut Reader, section: &Section<'_>) -> Option<StatusFilter> {
    let node = section.get("statuses")?;
    let inner = reader.section(node, &section.at("statuses"), &["enum", "each", "join"])?;
    Some(StatusFilter {
        enum_type: reader.raw(&inner, "enum"),
        each: reader.raw(&inner, "each").unwrap_or_default(),
        join: reader.raw(&inner, "join").unwrap_or_default(),
    })
}

fn look_ups(
    reader: &mut Reader,
    section: &Section<'_>,
    of: &'static ObjectType,
    fields: &[(usize, &'static str, Mapping)],
    language: Language,
    rows: Option<&Path>,
) -> IndexMap<&'static str, LookUp> {
    let mut look_ups = IndexMap::new();
    let Some(by) = section.get("by").and_then(|node| reader.map(node, &section.at("by"))) else {
        reader.mistake(section.line, &section.at, "`by` must say by which fields the entity can be looked up");
        return look_ups;
    };
    for entry in by.entries() {
        let at = by.at(&entry.key);
        let Some(mapping) = fields.iter().find(|(_, name, _)| *name == entry.key) else {
            if reader.given.is_some() && of.fields.contains_key(entry.key.as_str()) {
                // The field is an optional setting's that is not given, and so is looking up by it.
                continue;
            }
            let known: Vec<&str> = fields.iter().map(|(_, name, _)| *name).collect();
            let near = did_you_mean(&entry.key, &known);
            let says = format!("`{}` is not mapped, so that rows could not be told apart by it{near}", entry.key);
            reader.mistake(entry.line, &at, says);
            continue;
        };
        let field = of.fields.get(mapping.1);
        if field.is_some_and(|field| field.is_list() && language != Language::Rest) {
            reader.mistake(entry.line, &at, "a list cannot be filtered by in this language");
        }
        if let Some(look_up) = look_up(reader, &entry.value, &at, (of, mapping), language, rows) {
            look_ups.insert(mapping.1, look_up);
        }
    }
    look_ups
}

fn look_up(
    reader: &mut Reader,
    node: &Node,
    at: &str,
    (of, mapping): (&'static ObjectType, &(usize, &'static str, Mapping)),
    language: Language,
    rows: Option<&Path>,
) -> Option<LookUp> {
    let empty = Node { line: node.line, kind: Kind::Map(Vec::new()) };
    let node = if matches!(node.kind, Kind::Null) { &empty } else { node };
    let section = reader.section(node, at, &LOOK_UP)?;
    let path = reader.path_at(&section, "path").or_else(|| first_path(&mapping.2));
    if path.is_none() && language != Language::Rest {
        reader.mistake(section.line, at, "say `path`: the field is not read from one place");
    }
    let request = match section.get("request") {
        Some(inner) if language == Language::Rest => request::read(reader, inner, &section.at("request")),
        Some(inner) => {
            reader.mistake(inner.line, &section.at("request"), "only REST packs say requests");
            None
        }
        None => {
            if language == Language::Rest {
                reader.mistake(section.line, at, "`request` is missing");
            }
            None
        }
    };
    let batch = reader.number(&section, "batch").unwrap_or(if language == Language::Rest { 1 } else { 50 }).max(1);
    let single = request.as_ref().is_some_and(|request| request.has(Hole::Key));
    if single && batch > 1 {
        reader.mistake(section.line, at, "a request with `{key}` carries one key; use `{keys}` for several");
    }
    let own_rows = reader.path_at(&section, "rows").or_else(|| rows.cloned());
    let from = section.get("from").and_then(|inner| reader.raw_text(inner, at));
    if from.is_some() && language != Language::Suiteql {
        reader.mistake(section.line, at, "only in SuiteQL packs a look-up has tables of its own");
    }
    if section.get("links").is_some() && language != Language::Rest {
        reader.mistake(section.line, &section.at("links"), "only REST packs say links");
    }
    let links = section.get("links").and_then(|inner| links(reader, inner, &section.at("links"), of));
    Some(LookUp {
        by: mapping.1,
        path: path.unwrap_or_default(),
        from: from.and_then(|text| reader.name(&text, section.line, at)),
        links,
        batch: batch as usize,
        keys: key_rules(reader, &section),
        request,
        rows: own_rows.unwrap_or_else(|| default_rows(language)),
        paging: section.get("paging").and_then(|node| super::paging(reader, node, &section.at("paging"))),
        truncated: conditions_at(reader, &section, "truncated"),
    })
}

fn default_rows(language: Language) -> Path {
    let text = match language {
        Language::Odata => "value[]",
        Language::Soql => "records[]",
        Language::Suiteql => "items[]",
        Language::Rest => "$",
    };
    Path::parse(text).unwrap_or_default()
}

fn links(reader: &mut Reader, node: &Node, at: &str, of: &'static ObjectType) -> Option<Links> {
    let section = reader.section(node, at, &["request", "rows", "key", "ids", "field", "id", "batch", "then"])?;
    for name in ["request", "rows", "key", "ids"] {
        if section.get(name).is_none() {
            reader.mistake(section.line, at, format!("`{name}` is missing"));
        }
    }
    let after = after(reader, &section, of);
    Some(Links {
        request: request::read(reader, section.get("request")?, &section.at("request"))?,
        rows: reader.path_at(&section, "rows")?,
        key: reader.path_at(&section, "key")?,
        ids: reader.path_at(&section, "ids")?,
        batch: reader.number(&section, "batch").unwrap_or(50).max(1) as usize,
        after: after?,
    })
}

/// What the ids of links are of: the rows themselves, which tell them in one of two ways, or further links.
fn after(reader: &mut Reader, section: &Section<'_>, of: &'static ObjectType) -> Option<After> {
    let ways: Vec<&str> = ["field", "id", "then"].into_iter().filter(|way| section.get(way).is_some()).collect();
    match ways.as_slice() {
        ["then"] => {
            links(reader, section.get("then")?, &section.at("then"), of).map(|links| After::Links(Box::new(links)))
        }
        ["id"] => reader.path_at(section, "id").map(After::RowsWithIdAt),
        ["field"] => {
            let named = reader.raw(section, "field")?;
            let field = of.fields.get(named.as_str());
            if field.is_none() {
                reader.mistake(section.line, &section.at("field"), format!("`{}` has no field `{named}`", of.name));
            }
            field.map(|field| After::RowsWithIdIn(field.name))
        }
        _ => {
            let says = "say one of `field`, `id` (where the rows hold the ids) and `then` (what they lead to)";
            reader.mistake(section.line, &section.at, says);
            None
        }
    }
}

fn first_path(mapping: &Mapping) -> Option<Path> {
    match mapping {
        Mapping::Read(read) => read.paths.first().cloned(),
        Mapping::FirstOf(all) => all.first().and_then(first_path),
        Mapping::Constant(_) | Mapping::Object(..) => None,
    }
}

fn key_rules(reader: &mut Reader, section: &Section<'_>) -> KeyRules {
    let at = section.at("keys");
    let allowed = ["allow", "refuse", "variants"];
    let Some(inner) = section.get("keys").and_then(|node| reader.section(node, &at, &allowed)) else {
        return KeyRules::default();
    };
    let words = [
        ("any", KeyClass::Any),
        ("digits", KeyClass::Digits),
        ("digits_as_text", KeyClass::DigitsAsText),
        ("word", KeyClass::Word),
        ("salesforce_id", KeyClass::SalesforceId),
    ];
    let variants = reader.texts(&inner, "variants");
    KeyRules {
        allow: reader.choice(&inner, "allow", &words).unwrap_or_default(),
        refuse: reader.raw(&inner, "refuse").unwrap_or_default(),
        variants: variants.iter().filter_map(|text| reader.template(text, inner.line, &at, &[Hole::Key])).collect(),
    }
}
