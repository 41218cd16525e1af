//! From the file as it is written to a [`Pack`]: everything is looked at, every mistake is kept.

mod capable;
mod entity;
mod field;
mod request;
mod shapes;

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use indexmap::IndexMap;

use super::document::{Kind, Node};
use super::reader::{Reader, Section, did_you_mean};
use super::{
    Auth, EntityMapping, ErrorRule, Language, LastPage, Meaning, Mistake, Pack, Paging, PagingStyle, Setting, TokenBody,
};
use crate::model::Model;

const MEMBERS: [&str; 15] = [
    "pack",
    "title",
    "driver",
    "settings",
    "auth",
    "headers",
    "parameters",
    "path",
    "nulls",
    "tag",
    "paging",
    "longest_target",
    "errors",
    "shapes",
    "entities",
];

pub(super) use self::field::is_stored;

pub(super) fn parse(name: &str, yaml: &str) -> Result<Pack, Vec<Mistake>> {
    let root = Node::parse(yaml).map_err(|(line, says)| vec![Mistake { line, at: String::new(), says }])?;
    let mut reader = Reader::default();
    let pack = whole(&mut reader, name, &Arc::new(root));
    match pack {
        Some(pack) if reader.mistakes.is_empty() => Ok(pack),
        _ => {
            reader.mistakes.sort_by_key(|mistake| mistake.line);
            reader.mistakes.dedup();
            Err(reader.mistakes)
        }
    }
}

/// Which members each place of a file may have, whatever else is wrong with it.
#[cfg(test)]
pub(super) fn allowed(yaml: &str) -> BTreeMap<String, std::collections::BTreeSet<String>> {
    let mut reader = Reader::default();
    let root = Node::parse(yaml).expect("YAML");
    whole(&mut reader, "every", &Arc::new(root));
    reader.allowed
}

pub(super) fn bind(pack: &Pack, given: &BTreeMap<String, String>) -> Result<Pack, Vec<String>> {
    let mut wrong = Vec::new();
    let known: Vec<&str> = pack.settings.keys().map(String::as_str).collect();
    for name in given.keys().filter(|name| !pack.settings.contains_key(*name)) {
        wrong.push(format!("pack `{}` has no setting `{name}`{}", pack.name, did_you_mean(name, &known)));
    }
    for (name, setting) in &pack.settings {
        if setting.default.is_none() && !setting.optional && !given.contains_key(name) {
            wrong.push(format!("pack `{}` needs the setting `{name}`: {}", pack.name, setting.about));
        }
        if setting.number && given.get(name).is_some_and(|value| value.parse::<u32>().is_err()) {
            wrong.push(format!("the setting `{name}` of pack `{}` is a whole number, 0 or more", pack.name));
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let mut reader = Reader { given: Some(given.clone()), ..Reader::default() };
    match whole(&mut reader, &pack.name, &pack.source) {
        Some(bound) if reader.mistakes.is_empty() => Ok(bound),
        _ => Err(reader.mistakes.into_iter().map(|mistake| format!("{}: {}", mistake.at, mistake.says)).collect()),
    }
}

fn whole(reader: &mut Reader, name: &str, root: &Arc<Node>) -> Option<Pack> {
    let top = reader.section(root, "", &MEMBERS)?;
    if let Some(says) = reader.required(&top, "pack").filter(|given| given != name) {
        reader.mistake(1, "pack", format!("the pack calls itself `{says}`, but its file is that of `{name}`"));
    }
    reader.settings = settings(reader, &top);
    let title = reader.required(&top, "title");
    let words = [
        ("odata", Language::Odata),
        ("soql", Language::Soql),
        ("suiteql", Language::Suiteql),
        ("rest", Language::Rest),
    ];
    reader.required(&top, "driver");
    let language = reader.choice(&top, "driver", &words)?;
    // Rows leave out columns that are null; one that does not exist is refused.
    reader.absent_is_null = language == Language::Suiteql;
    let path = text_with_settings(reader, &top, "path").unwrap_or_default();
    if language != Language::Rest && !path.starts_with('/') {
        reader.mistake(top.line, "path", "where queries go must be said, beginning with `/`");
    }
    let nulls = reader.texts(&top, "nulls");
    let tag = reader.raw(&top, "tag");
    let paging = top.get("paging").and_then(|node| paging(reader, node, "paging"));
    let entities = entities(reader, &top, language);
    let shapes = shapes::read(reader, &top, language);
    if reader.given.is_none() {
        capable::check(reader, &top, language, paging.as_ref(), &entities);
    }
    Some(Pack {
        name: name.to_owned(),
        title: title.unwrap_or_default(),
        language,
        auth: auth(reader, &top),
        headers: pairs(reader, &top, "headers"),
        parameters: pairs(reader, &top, "parameters"),
        path,
        nulls,
        tag,
        paging: paging.unwrap_or(Paging { style: PagingStyle::None, size: 100, pages: 1 }),
        longest_target: reader.number(&top, "longest_target").unwrap_or(4_000) as usize,
        errors: errors(reader, &top),
        shapes,
        entities,
        settings: std::mem::take(&mut reader.settings),
        source: Arc::clone(root),
    })
}

fn settings(reader: &mut Reader, top: &Section<'_>) -> IndexMap<String, Setting> {
    let mut settings = IndexMap::new();
    let Some(section) = top.get("settings").and_then(|node| reader.map(node, "settings")) else { return settings };
    for entry in section.entries() {
        let at = section.at(&entry.key);
        let Some(one) = reader.section(&entry.value, &at, &["about", "default", "optional", "number"]) else {
            continue;
        };
        let about = reader.required(&one, "about").unwrap_or_default();
        let default = reader.raw(&one, "default");
        let optional = reader.flag(&one, "optional");
        let number = reader.flag(&one, "number");
        if number && default.as_ref().is_some_and(|default| default.parse::<u32>().is_err()) {
            reader.mistake(one.line, &one.at("default"), "expected a whole number, 0 or more");
        }
        settings.insert(entry.key.clone(), Setting { about, default, optional, number });
    }
    settings
}

fn auth(reader: &mut Reader, top: &Section<'_>) -> Auth {
    let allowed = ["token_body", "token_path", "lifetime", "parameters", "scope_in"];
    let Some(section) = top.get("auth").and_then(|node| reader.section(node, "auth", &allowed)) else {
        return Auth::default();
    };
    let words = [("form", TokenBody::Form), ("basic", TokenBody::Basic), ("json", TokenBody::Json)];
    Auth {
        token_body: reader.choice(&section, "token_body", &words).unwrap_or_default(),
        token_path: text_with_settings(reader, &section, "token_path"),
        lifetime: reader.duration(&section, "lifetime"),
        parameters: pairs(reader, &section, "parameters"),
        scope_in_assertion: reader
            .choice(&section, "scope_in", &[("form", false), ("assertion", true)])
            .unwrap_or_default(),
    }
}

fn text_with_settings(reader: &mut Reader, section: &Section<'_>, key: &str) -> Option<String> {
    let text = reader.raw(section, key)?;
    let line = section.get(key).map_or(section.line, |node| node.line);
    reader.name(&text, line, &section.at(key))
}

fn pairs(reader: &mut Reader, section: &Section<'_>, key: &str) -> Vec<(String, String)> {
    let at = section.at(key);
    let Some(map) = section.get(key).and_then(|node| reader.map(node, &at)) else { return Vec::new() };
    let mut pairs = Vec::new();
    for entry in map.entries() {
        let at = map.at(&entry.key);
        let value = match &entry.value.kind {
            Kind::Map(_) if key == "headers" => base64url(reader, &entry.value, &at),
            _ => reader.raw_text(&entry.value, &at).and_then(|text| reader.literal(&text, entry.line, &at)),
        };
        let Some(value) = value else { continue };
        if key == "headers" && !is_header(&entry.key, &value) {
            reader.mistake(entry.line, &at, "this cannot be sent as a header");
        }
        pairs.push((entry.key.clone(), value));
    }
    pairs
}

/// JSON with settings in it, in letters that a header can hold.
fn base64url(reader: &mut Reader, node: &Node, at: &str) -> Option<String> {
    let section = reader.section(node, at, &["base64url"])?;
    let json = reader.json(section.get("base64url")?, at, &[])?.plain()?;
    Some(URL_SAFE.encode(json.to_string()))
}

fn is_header(name: &str, value: &str) -> bool {
    name.parse::<http::HeaderName>().is_ok() && value.parse::<http::HeaderValue>().is_ok()
}

fn paging(reader: &mut Reader, node: &Node, at: &str) -> Option<Paging> {
    let section = reader.section(node, at, &["link", "cursor", "after", "offset", "size", "pages"])?;
    let size = reader.number(&section, "size").unwrap_or(100).max(1);
    let pages = reader.number(&section, "pages").unwrap_or(10).max(1) as usize;
    let styles: Vec<&str> =
        ["link", "cursor", "after", "offset"].into_iter().filter(|style| section.get(style).is_some()).collect();
    if styles.len() > 1 {
        reader.mistake(section.line, at, format!("only one of {} can be said", styles.join(", ")));
    }
    let style = match styles.first().copied() {
        Some("link") => PagingStyle::Link(reader.path_at(&section, "link")?),
        Some("offset") => offset(reader, &section)?,
        Some("cursor") => {
            let inner = section_at(reader, &section, "cursor", &["path", "parameter", "in"])?;
            let parameter = reader.required(&inner, "parameter")?;
            let in_body = reader.choice(&inner, "in", &[("query", false), ("body", true)]).unwrap_or_default();
            PagingStyle::Cursor { path: reader.path_at(&inner, "path")?, parameter, in_body }
        }
        Some(_) => {
            let inner = section_at(reader, &section, "after", &["more", "id", "parameter"])?;
            let parameter = reader.required(&inner, "parameter")?;
            PagingStyle::After { more: reader.path_at(&inner, "more")?, id: reader.path_at(&inner, "id")?, parameter }
        }
        None => PagingStyle::None,
    };
    Some(Paging { style, size, pages })
}

/// The parameter alone, or with what tells the last page.
fn offset(reader: &mut Reader, paging: &Section<'_>) -> Option<PagingStyle> {
    if !matches!(paging.get("offset")?.kind, Kind::Map(_)) {
        return Some(PagingStyle::Offset { parameter: reader.raw(paging, "offset")?, last: LastPage::Short });
    }
    let inner = section_at(reader, paging, "offset", &["parameter", "limit", "more", "total"])?;
    let parameter = reader.required(&inner, "parameter")?;
    let limit = reader.required(&inner, "limit")?;
    let last = match (reader.path_at(&inner, "more"), reader.raw(&inner, "total")) {
        (Some(more), None) => LastPage::Said { more, limit },
        (None, Some(header)) => LastPage::Counted { header, limit },
        _ => {
            reader.mistake(inner.line, &inner.at, "say either `more` or `total`: what tells the last page");
            return None;
        }
    };
    Some(PagingStyle::Offset { parameter, last })
}

fn section_at<'n>(reader: &mut Reader, section: &Section<'n>, key: &str, allowed: &[&str]) -> Option<Section<'n>> {
    let node = section.get(key)?;
    reader.section(node, &section.at(key), allowed)
}

fn errors(reader: &mut Reader, top: &Section<'_>) -> Vec<ErrorRule> {
    let Some(node) = top.get("errors") else { return Vec::new() };
    let Kind::List(items) = &node.kind else {
        reader.mistake(node.line, "errors", format!("expected a list, found {}", node.is()));
        return Vec::new();
    };
    items.iter().filter_map(|item| error_rule(reader, item)).collect()
}

fn error_rule(reader: &mut Reader, node: &Node) -> Option<ErrorRule> {
    let section = reader.section(node, "errors", &["status", "at", "is", "except", "means", "wait"])?;
    let mut status = Vec::new();
    for text in reader.texts(&section, "status") {
        match text.parse() {
            Ok(code @ 100..=599) => status.push(code),
            _ => reader.mistake(section.line, "errors.status", format!("`{text}` is not an HTTP status")),
        }
    }
    let words = [
        ("throttled", Meaning::Throttled),
        ("unauthorized", Meaning::Unauthorized),
        ("forbidden", Meaning::Forbidden),
        ("not_found", Meaning::NotFound),
        ("retry", Meaning::Retry),
        ("failed", Meaning::Failed),
    ];
    reader.required(&section, "means");
    let means = reader.choice(&section, "means", &words)?;
    let at = reader.path_at(&section, "at");
    let (is, except) = (reader.texts(&section, "is"), reader.texts(&section, "except"));
    if !except.is_empty() && (at.is_none() || !is.is_empty()) {
        reader.mistake(section.line, "errors.except", "`except` goes with `at`, and not with `is`");
    }
    if status.is_empty() && at.is_none() && is.is_empty() {
        reader.mistake(section.line, "errors", "this rule would fit every answer; say `status`, `at` or `is`");
    }
    Some(ErrorRule { status, at, is, except, means, wait: reader.duration(&section, "wait") })
}

fn entities(reader: &mut Reader, top: &Section<'_>, language: Language) -> IndexMap<&'static str, EntityMapping> {
    let mut entities = IndexMap::new();
    let Some(section) = top.get("entities").and_then(|node| reader.map(node, "entities")) else {
        reader.mistake(top.line, "entities", "a pack maps at least one entity");
        return entities;
    };
    for entry in section.entries() {
        let at = section.at(&entry.key);
        let Some(of) = Model::get().entity(&entry.key) else {
            let known: Vec<&str> = Model::get().entities().map(|entity| entity.name).collect();
            let says = format!("the model has no entity `{}`{}", entry.key, did_you_mean(&entry.key, &known));
            reader.mistake(entry.line, &at, says);
            continue;
        };
        if let Some(mapping) = entity::read(reader, &entry.value, &at, of, language) {
            entities.insert(of.name, mapping);
        }
    }
    entities
}

#[cfg(test)]
mod tests;
