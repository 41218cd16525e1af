//! What a pack says about notices.

use indexmap::IndexMap;

use super::super::document::{Kind, Node};
use super::super::notices::{ChangeRule, Changed, NoticeFormat, Notices, Proof, SecretPlace, Told};
use super::super::reader::{Reader, Section, did_you_mean};
use super::super::{EntityMapping, Path};
use super::field;
use crate::model::Model;

type Entities = IndexMap<&'static str, EntityMapping>;

pub(super) fn read(reader: &mut Reader, top: &Section<'_>, entities: &Entities) -> Option<Notices> {
    let members = ["signed", "secret", "format", "each", "id", "ours", "changes"];
    let section = reader.section(top.get("notices")?, "notices", &members)?;
    let words = [("json", NoticeFormat::Json), ("soap", NoticeFormat::Soap)];
    let format = reader.choice(&section, "format", &words).unwrap_or_default();
    let ours = section.get("ours").map(|node| field::conditions(reader, node, &section.at("ours")));
    Some(Notices {
        proof: proof(reader, &section)?,
        format,
        each: reader.path_at(&section, "each").unwrap_or_default(),
        id: reader.path_at(&section, "id"),
        ours: ours.unwrap_or_default(),
        changes: changes(reader, &section, entities),
    })
}

fn proof(reader: &mut Reader, section: &Section<'_>) -> Option<Proof> {
    let signed = [("stripe", 0), ("zendesk", 1), ("hubspot", 2)];
    match (section.get("signed"), section.get("secret")) {
        (Some(_), None) => Some(match reader.choice(section, "signed", &signed)? {
            0 => Proof::Stripe,
            1 => Proof::Zendesk,
            _ => Proof::Hubspot,
        }),
        (None, Some(node)) => {
            let at = section.at("secret");
            let places = reader.texts_of(node, &at);
            let place = |word: &String| match word.as_str() {
                "header" => Some(SecretPlace::Header),
                "basic" => Some(SecretPlace::Basic),
                "query" => Some(SecretPlace::Query),
                _ => None,
            };
            let known: Vec<SecretPlace> = places.iter().filter_map(place).collect();
            if known.len() != places.len() || known.is_empty() {
                reader.mistake(node.line, &at, "say where the secret is shown: header, basic or query");
                return None;
            }
            Some(Proof::Shown(known))
        }
        _ => {
            reader.mistake(section.line, &section.at, "say either `signed`, by whom, or `secret`, where it is shown");
            None
        }
    }
}

fn changes(reader: &mut Reader, section: &Section<'_>, entities: &Entities) -> Vec<ChangeRule> {
    let at = section.at("changes");
    let Some(Kind::List(rules)) = section.get("changes").map(|node| &node.kind) else {
        reader.mistake(section.line, &at, "a list of rules says what notices mean");
        return Vec::new();
    };
    rules.iter().filter_map(|node| rule(reader, node, &at, entities)).collect()
}

fn rule(reader: &mut Reader, node: &Node, at: &str, entities: &Entities) -> Option<ChangeRule> {
    let section = reader.section(node, at, &["when", "entities"])?;
    let when = section.get("when").map(|node| field::conditions(reader, node, &section.at("when")));
    let at = section.at("entities");
    let Some(named) = section.get("entities").and_then(|node| reader.map(node, &at)) else {
        reader.mistake(section.line, &at, "say which entities changed");
        return None;
    };
    let mut changed = Vec::new();
    for entry in named.entries() {
        let at = named.at(&entry.key);
        let Some(mapping) = entities.get(entry.key.as_str()) else {
            if reader.given.is_some() && Model::get().entity(&entry.key).is_some() {
                // It lacks for want of an optional setting.
                continue;
            }
            let known: Vec<&str> = entities.keys().copied().collect();
            let says = format!("this pack maps no entity `{}`{}", entry.key, did_you_mean(&entry.key, &known));
            reader.mistake(entry.line, &at, says);
            continue;
        };
        changed.extend(entity(reader, &entry.value, &at, mapping));
    }
    Some(ChangeRule { when: when.unwrap_or_default(), entities: changed })
}

fn entity(reader: &mut Reader, node: &Node, at: &str, mapping: &EntityMapping) -> Option<Changed> {
    let section = reader.section(node, at, &["rows", "lists", "keeps"])?;
    let mapped: Vec<&'static str> = mapping.fields.iter().map(|(_, name, _)| *name).collect();
    let asked: Vec<&'static str> = mapping.by.keys().copied().collect();
    Some(Changed {
        of: mapping.of,
        rows: told(reader, &section, "rows", (mapping, &mapped), "is not mapped by this pack"),
        lists: told(reader, &section, "lists", (mapping, &asked), "is no field that this pack looks up by"),
        keeps: reader.flag(&section, "keeps"),
    })
}

/// Fields with the places of their values. What lacks only for want of an optional setting is left out.
fn told(
    reader: &mut Reader,
    section: &Section<'_>,
    key: &str,
    (mapping, known): (&EntityMapping, &[&'static str]),
    otherwise: &str,
) -> Vec<Told> {
    let at = section.at(key);
    let Some(map) = section.get(key).and_then(|node| reader.map(node, &at)) else { return Vec::new() };
    let mut told = Vec::new();
    for entry in map.entries() {
        let at = map.at(&entry.key);
        let Some(field) = known.iter().copied().find(|name| *name == entry.key) else {
            if reader.given.is_none() || !mapping.of.fields.contains_key(entry.key.as_str()) {
                let near = did_you_mean(&entry.key, known);
                reader.mistake(entry.line, &at, format!("`{}` {otherwise}{near}", entry.key));
            }
            continue;
        };
        let paths: Vec<Path> = match &entry.value.kind {
            Kind::List(items) => items.iter().filter_map(|item| reader.path(item, &at)).collect(),
            _ => reader.path(&entry.value, &at).into_iter().collect(),
        };
        if !paths.is_empty() {
            told.push(Told { field, paths });
        }
    }
    told
}
