//! A YAML file as it stands, with lines: the pack checker walks it and can say where each mistake is.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

/// A value and the line it begins on.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) line: u64,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Int(i64),
    /// A number with a fraction: never taken, because binary fractions are not what was written.
    Float,
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A member of a map.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) line: u64,
    pub(super) value: Node,
}

impl Node {
    /// Reads a document. The error has its line where the parser knows it.
    pub(super) fn parse(yaml: &str) -> Result<Node, (u64, String)> {
        serde_saphyr::from_str::<Spanned<Kind>>(yaml).map(Node::from).map_err(|error| {
            let line = error.location().map_or(1, |location| location.line());
            (line, error.to_string().lines().next().unwrap_or("the file is not valid YAML").to_owned())
        })
    }

    /// What it is, in words.
    pub(super) fn is(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "true or false",
            Kind::Int(_) => "a whole number",
            Kind::Float => "a number with a fraction",
            Kind::Text(_) => "text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
        }
    }

    /// A scalar as the text that it stands for.
    pub(super) fn scalar(&self) -> Option<String> {
        match &self.kind {
            Kind::Bool(value) => Some(value.to_string()),
            Kind::Int(value) => Some(value.to_string()),
            Kind::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl From<Spanned<Kind>> for Node {
    fn from(spanned: Spanned<Kind>) -> Self {
        Node { line: spanned.referenced.line(), kind: spanned.value }
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KindVisitor)
    }
}

struct KindVisitor;

impl<'de> Visitor<'de> for KindVisitor {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Kind, E> {
        Ok(Kind::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Kind, E> {
        Ok(Kind::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Kind, E> {
        Ok(i64::try_from(value).map_or(Kind::Float, Kind::Int))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Kind, E> {
        Ok(Kind::Float)
    }

    fn visit_str<E>(self, text: &str) -> Result<Kind, E> {
        Ok(Kind::Text(text.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_none<E>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
        Kind::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Kind, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element::<Spanned<Kind>>()? {
            items.push(item.into());
        }
        Ok(Kind::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kind, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let line = key.referenced.line();
            entries.push(Entry { key: key.value, line, value: map.next_value::<Spanned<Kind>>()?.into() });
        }
        Ok(Kind::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_knows_its_line() {
        let node = Node::parse("a: 1\nb:\n  c: [x, {d: No}]\n  e:\n").expect("valid YAML");
        let Kind::Map(entries) = node.kind else { panic!("a map") };
        let Kind::Map(inner) = &entries[1].value.kind else { panic!("a map") };
        assert_eq!((inner[0].key.as_str(), inner[0].line), ("c", 3));
        assert!(matches!(inner[1].value.kind, Kind::Null));
        let Kind::List(items) = &inner[0].value.kind else { panic!("a list") };
        let Kind::Map(last) = &items[1].kind else { panic!("a map") };
        assert_eq!(last[0].line, 3);
        assert!(
            matches!(&last[0].value.kind, Kind::Text(text) if text == "No")
                || matches!(last[0].value.kind, Kind::Bool(false))
        );
    }

    #[test]
    fn the_same_key_twice_is_a_mistake() {
        let (line, says) = Node::parse("a: 1\na: 2\n").expect_err("twice");
        assert_eq!(line, 2);
        assert!(says.contains("duplicate"), "{says}");
    }
}
