//! A YAML file as a tree that knows where each of its nodes stands.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::{Place, join};
use crate::settings::Mistake;

/// One value, where it stands, and a number that names it.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) id: usize,
    pub(super) place: Place,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Integer(i64),
    /// A number that no setting takes; its value is not kept.
    Float,
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Kind {
    /// What it is, in the words of a message. Never the value: it may be a secret in the wrong place.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Kind::Null => "nothing",
            Kind::Bool(_) => "true or false",
            Kind::Integer(_) | Kind::Float => "a number",
            Kind::Text(_) => "text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }
}

impl Node {
    /// The node of this number, here or below.
    pub(super) fn find(&self, id: usize) -> Option<&Node> {
        if self.id == id {
            return Some(self);
        }
        match &self.kind {
            Kind::List(items) => items.iter().find_map(|item| item.find(id)),
            Kind::Map(entries) => entries.iter().find_map(|(_, value)| value.find(id)),
            _ => None,
        }
    }
}

/// Parses a file. Duplicate keys are mistakes of which there can be several; bad syntax is one that ends it.
pub(super) fn parse(file: &str, text: &str) -> Result<(Node, Vec<Mistake>), Mistake> {
    let whole = Place::file(file);
    if text.len() > MOST_BYTES {
        return Err(whole.mistake(format!("the file is larger than {} KiB", MOST_BYTES / 1024)));
    }
    let raw: Option<Spanned<Raw>> = serde_saphyr::from_str_with_options(text, options()).map_err(|error| {
        let line = error.location().map_or(0, |location| lines(location.line()));
        Place { line, ..whole.clone() }.mistake(one_line(&error))
    })?;
    let mut planting = Planting { file: Arc::from(file), planted: 0, mistakes: Vec::new() };
    let root = match raw {
        Some(raw) => planting.plant(raw.value, 1, ""),
        None => planting.plant(Raw::Map(Vec::new()), 0, ""),
    };
    Ok((root, planting.mistakes))
}

const MOST_BYTES: usize = 1024 * 1024;

/// Small enough that no file can be a bomb: aliases may repeat a block, not multiply.
fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_documents: 1,
            max_depth: 32,
            max_nodes: 100_000,
            max_events: 300_000,
            max_aliases: 1_000,
            max_total_scalar_bytes: MOST_BYTES,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 20_000,
            max_replay_stack_depth: 4,
        },
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    }
}

fn lines(line: u64) -> usize {
    usize::try_from(line).unwrap_or_default()
}

/// The parser's own words without its location, which we say in our own way.
fn one_line(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().render();
    let first = text.lines().next().unwrap_or_default();
    let first = first.split(" at line ").next().unwrap_or(first);
    let first = first.strip_prefix("error: ").unwrap_or(first);
    format!("this is not YAML that can be read: {first}")
}

/// What the parser hands us, before it is numbered and placed.
enum Raw {
    Null,
    Bool(bool),
    Integer(i64),
    Float,
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

struct Planting {
    file: Arc<str>,
    planted: usize,
    mistakes: Vec<Mistake>,
}

impl Planting {
    fn plant(&mut self, raw: Raw, line: usize, path: &str) -> Node {
        let id = self.planted;
        self.planted += 1;
        let kind = match raw {
            Raw::Null => Kind::Null,
            Raw::Bool(value) => Kind::Bool(value),
            Raw::Integer(value) => Kind::Integer(value),
            Raw::Float => Kind::Float,
            Raw::Text(text) => Kind::Text(text),
            Raw::List(items) => {
                let plant = |(index, item): (usize, Spanned<Raw>)| {
                    let line = lines(item.referenced.line());
                    self.plant(item.value, line, &format!("{path}[{index}]"))
                };
                Kind::List(items.into_iter().enumerate().map(plant).collect())
            }
            Raw::Map(entries) => Kind::Map(self.plant_entries(entries, path)),
        };
        Node { id, place: Place { file: Arc::clone(&self.file), line, path: Arc::from(path) }, kind }
    }

    /// A value stands where its key does, which is where its author looks for it.
    fn plant_entries(&mut self, entries: Vec<(Spanned<String>, Spanned<Raw>)>, path: &str) -> Vec<(String, Node)> {
        let mut seen = BTreeSet::new();
        let mut planted = Vec::new();
        for (key, value) in entries {
            let (line, path) = (lines(key.referenced.line()), join(path, &key.value));
            if seen.insert(key.value.clone()) {
                planted.push((key.value, self.plant(value.value, line, &path)));
            } else {
                let place = Place { file: Arc::clone(&self.file), line, path: Arc::from(path) };
                self.mistakes.push(place.mistake("this key stands twice in the same mapping; keep one of them"));
            }
        }
        planted
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(i64::try_from(value).map_or(Raw::Float, Raw::Integer))
    }

    fn visit_i128<E>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::Float)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::Float)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Float)
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}
