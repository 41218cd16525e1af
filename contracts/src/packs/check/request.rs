//! The request of a REST look-up.

use http::Method;

use super::super::document::{Kind, Node};
use super::super::reader::{Reader, Section};
use super::super::template::{Hole, Part, Template};
use super::super::{Escape, QueryValue, RequestTemplate};

const IN_PATH: [Hole; 2] = [Hole::Keys, Hole::Key];
const IN_QUERY: [Hole; 8] =
    [Hole::Keys, Hole::Key, Hole::Fields, Hole::Limit, Hole::Offset, Hole::Open, Hole::Statuses, Hole::Marks];

pub(super) fn read(reader: &mut Reader, node: &Node, at: &str) -> Option<RequestTemplate> {
    let allowed = ["method", "path", "query", "body", "each", "join", "escape"];
    let section = reader.section(node, at, &allowed)?;
    let methods = [("GET", false), ("POST", true)];
    let post = reader.choice(&section, "method", &methods).unwrap_or(false);
    let path = reader.required(&section, "path")?;
    if !path.starts_with('/') {
        reader.mistake(section.line, &section.at("path"), "a path begins with `/`");
    }
    let escapes = [("none", Escape::None), ("backslash", Escape::Backslash), ("json", Escape::Json)];
    let each = reader.raw(&section, "each");
    let each = match each {
        Some(text) => reader.template(&text, section.line, &section.at("each"), &[Hole::Key])?,
        None => Template { parts: vec![Part::Hole(Hole::Key)] },
    };
    let request = RequestTemplate {
        method: if post { Method::POST } else { Method::GET },
        path: reader.template(&path, section.line, &section.at("path"), &IN_PATH)?,
        query: query(reader, &section),
        body: section.get("body").and_then(|node| reader.json(node, &section.at("body"), &IN_QUERY)),
        each,
        join: reader.raw(&section, "join").unwrap_or_else(|| ",".to_owned()),
        escape: reader.choice(&section, "escape", &escapes).unwrap_or_default(),
    };
    if !request.has(Hole::Keys) && !request.has(Hole::Key) {
        reader.mistake(section.line, at, "the request does not say which keys it asks for: `{key}` or `{keys}`");
    }
    if request.body.is_some() && request.method == Method::GET {
        reader.mistake(section.line, at, "a GET request has no body; say `method: POST`");
    }
    Some(request)
}

fn query(reader: &mut Reader, section: &Section<'_>) -> Vec<(String, QueryValue)> {
    let at = section.at("query");
    let Some(map) = section.get("query").and_then(|node| reader.map(node, &at)) else { return Vec::new() };
    let mut query = Vec::new();
    for entry in map.entries() {
        let at = map.at(&entry.key);
        let Some(name) = reader.name(&entry.key, entry.line, &at) else { continue };
        match &entry.value.kind {
            Kind::Map(_) => {
                let inner = reader.section(&entry.value, &at, &["base64url"]);
                let node = inner.as_ref().and_then(|inner| inner.get("base64url"));
                let json = node.and_then(|node| reader.json(node, &at, &IN_QUERY));
                query.extend(json.map(|json| (name.clone(), QueryValue::Base64(json))));
            }
            _ => {
                for text in reader.texts_of(&entry.value, &at) {
                    let template = reader.template(&text, entry.line, &at, &IN_QUERY);
                    query.extend(template.map(|text| (name.clone(), QueryValue::Text(text))));
                }
            }
        }
    }
    query
}
