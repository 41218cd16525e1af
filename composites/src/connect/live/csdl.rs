//! The part of OData's metadata document (CSDL 4.0, XML) that says which sets there are and what their rows hold.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::compare::{FieldShape, Holds};

/// What a metadata document declares.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Metadata {
    /// The type of each entity set.
    pub(super) sets: BTreeMap<String, String>,
    /// Entity types and complex types by their qualified name.
    types: BTreeMap<String, Type>,
    /// The members of each enum type.
    enums: BTreeMap<String, Vec<String>>,
    /// Qualified names by alias.
    aliases: BTreeMap<String, String>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Type {
    base: Option<String>,
    properties: BTreeMap<String, String>,
}

/// What encloses the element that is being read.
#[derive(Default)]
struct Inside {
    namespace: String,
    of_type: Option<String>,
    of_enum: Option<String>,
}

impl Metadata {
    /// Reads a document; `None` where it is no XML.
    pub(super) fn read(document: &[u8]) -> Option<Metadata> {
        let mut reader = Reader::from_reader(document);
        let mut metadata = Metadata::default();
        let mut inside = Inside::default();
        let mut any = false;
        loop {
            match reader.read_event().ok()? {
                Event::Start(element) | Event::Empty(element) => {
                    any = true;
                    metadata.element(&element, &mut inside);
                }
                Event::Eof => return any.then_some(metadata),
                _ => {}
            }
        }
    }

    fn element(&mut self, element: &BytesStart<'_>, inside: &mut Inside) {
        let named = |name: &str| attribute(element, name);
        match element.local_name().as_ref() {
            b"Schema" => {
                inside.namespace = named("Namespace").unwrap_or_default();
                if let Some(alias) = named("Alias") {
                    self.aliases.insert(alias, inside.namespace.clone());
                }
            }
            b"EntityType" | b"ComplexType" => {
                let name = format!("{}.{}", inside.namespace, named("Name").unwrap_or_default());
                self.types.insert(name.clone(), Type { base: named("BaseType"), ..Type::default() });
                inside.of_type = Some(name);
            }
            b"EnumType" => {
                let name = format!("{}.{}", inside.namespace, named("Name").unwrap_or_default());
                self.enums.insert(name.clone(), Vec::new());
                inside.of_enum = Some(name);
            }
            b"Member" => {
                let of = inside.of_enum.as_ref().and_then(|name| self.enums.get_mut(name));
                if let (Some(members), Some(member)) = (of, named("Name")) {
                    members.push(member);
                }
            }
            b"Property" => {
                let of = inside.of_type.as_ref().and_then(|name| self.types.get_mut(name));
                if let (Some(of), Some(name)) = (of, named("Name")) {
                    of.properties.insert(name, named("Type").unwrap_or_else(|| "Edm.String".to_owned()));
                }
            }
            b"EntitySet" => {
                if let (Some(set), Some(of)) = (named("Name"), named("EntityType")) {
                    self.sets.insert(set, of);
                }
            }
            _ => {}
        }
    }

    /// The properties of a type with their types, those of its bases among them.
    pub(super) fn properties(&self, of: &str) -> BTreeMap<&str, &str> {
        let mut all = BTreeMap::new();
        let mut next = Some(of.to_owned());
        // A chain of bases has an end, or the document is none.
        for _ in 0..16 {
            let Some(found) = next.and_then(|name| self.types.get(&self.qualified(&name))) else { break };
            for (name, kind) in &found.properties {
                all.entry(name.as_str()).or_insert(kind.as_str());
            }
            next = found.base.clone();
        }
        all
    }

    fn qualified(&self, name: &str) -> String {
        match name.split_once('.') {
            Some((first, rest)) if self.aliases.contains_key(first) => format!("{}.{rest}", self.aliases[first]),
            _ => name.to_owned(),
        }
    }

    /// Whether a type has members of its own.
    pub(super) fn is_complex(&self, kind: &str) -> bool {
        self.types.contains_key(&self.qualified(kind))
    }

    /// What a property of this type holds.
    pub(super) fn shape(&self, kind: &str) -> FieldShape {
        let name = self.qualified(kind);
        let holds = match name.as_str() {
            "Edm.String" | "Edm.Guid" => Some(Holds::Text),
            "Edm.Boolean" => Some(Holds::Truth),
            "Edm.Byte" | "Edm.SByte" | "Edm.Int16" | "Edm.Int32" | "Edm.Int64" | "Edm.Decimal" | "Edm.Double"
            | "Edm.Single" => Some(Holds::Number),
            "Edm.Date" | "Edm.DateTimeOffset" => Some(Holds::Moment),
            name if name.starts_with("Collection(") || self.types.contains_key(name) => Some(Holds::Structure),
            name if self.enums.contains_key(name) => Some(Holds::Text),
            _ => None,
        };
        FieldShape { holds, words: self.enums.get(&name).cloned().unwrap_or_default(), called: name }
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.try_get_attribute(name).ok()??;
    found.unescape_value().ok().map(|value| value.into_owned())
}
