//! A serde deserializer over the tree: it knows the place of what it reads, and notes unknown keys instead of stopping.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};

use super::AT;
use super::tree::{Kind, Node};
use crate::settings::Mistake;
use crate::settings::mistake::{nearest, suggestion};

/// What was not liked, and where.
#[derive(Debug)]
pub(super) struct Fault {
    says: String,
    missing: Option<&'static str>,
    /// It follows from a mistake that was noted and pruned.
    follows: bool,
    pub(super) node: Option<usize>,
}

impl Fault {
    fn new(says: impl fmt::Display) -> Self {
        Fault { says: says.to_string(), missing: None, follows: false, node: None }
    }

    /// The innermost node that sees the fault is where it is.
    fn at(mut self, node: &Node) -> Self {
        self.node.get_or_insert(node.id);
        self
    }

    /// The mistake that this is; none where something is missing because a mistake was pruned there.
    pub(super) fn mistake(&self, root: &Node, pruned: &BTreeSet<usize>) -> Option<Mistake> {
        if self.follows {
            return None;
        }
        let node = root.find(self.node.unwrap_or(root.id)).unwrap_or(root);
        if let (Some(missing), Kind::Map(entries)) = (self.missing, &node.kind)
            && entries.iter().any(|(key, value)| key == missing && pruned.contains(&value.id))
        {
            return None;
        }
        Some(node.place.mistake(self.says.clone()))
    }
}

/// Shows the word where it is a slip of a known one; any other may be a secret in the wrong place.
fn unknown_word(word: &str, known: &[&str]) -> Fault {
    match nearest(word, known.iter().copied()) {
        Some(near) => Fault::new(format_args!("\"{word}\" is not known here; did you mean \"{near}\"?")),
        None => Fault::new(format_args!("expected one of: {}", known.join(", "))),
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.says)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(says: T) -> Self {
        Fault::new(says)
    }

    /// Without the value that serde would quote: it may be a secret in the wrong place.
    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Fault::new(format_args!("expected {expected}"))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Fault::new(format_args!("expected {expected}"))
    }

    fn missing_field(field: &'static str) -> Self {
        Fault { missing: Some(field), ..Fault::new(format_args!("\"{field}\" is missing here")) }
    }
}

/// One node, about to be read.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'t> {
    pub(super) node: &'t Node,
    /// Nodes that were found wrong: they count as not there.
    pub(super) pruned: &'t RefCell<BTreeSet<usize>>,
    /// Mistakes that need not stop the reading.
    pub(super) noted: &'t RefCell<Vec<Mistake>>,
}

impl<'t> Cursor<'t> {
    fn to(self, node: &'t Node) -> Self {
        Cursor { node, ..self }
    }

    fn is_pruned(&self, node: &Node) -> bool {
        self.pruned.borrow().contains(&node.id)
    }

    fn entries(self) -> Option<Vec<(&'t str, &'t Node)>> {
        let Kind::Map(entries) = &self.node.kind else { return None };
        Some(
            entries
                .iter()
                .filter(|(_, value)| !self.is_pruned(value))
                .map(|(key, value)| (key.as_str(), value))
                .collect(),
        )
    }

    fn has_lost_an_entry(&self) -> bool {
        matches!(&self.node.kind, Kind::Map(entries) if entries.iter().any(|(_, value)| self.is_pruned(value)))
    }

    fn found(&self, expected: &dyn Expected) -> Fault {
        Fault::new(format_args!("expected {expected}, found {}", self.node.kind.word()))
    }

    /// Notes the keys that a mapping of these fields does not have, and leaves them out.
    fn known_entries(self, fields: &'static [&'static str]) -> Option<Vec<(&'t str, &'t Node)>> {
        let (known, unknown): (Vec<_>, Vec<_>) = self.entries()?.into_iter().partition(|(key, _)| fields.contains(key));
        for (key, node) in unknown {
            self.noted.borrow_mut().push(self.unknown_key(key, node, fields));
            self.pruned.borrow_mut().insert(node.id);
        }
        Some(known)
    }

    /// A lone word in braces is no key but a value that lacks one: it may be a secret, and is not shown.
    fn unknown_key(self, key: &str, node: &Node, fields: &[&str]) -> Mistake {
        let lone = matches!(node.kind, Kind::Null) && nearest(key, fields.iter().copied()).is_none();
        if lone {
            let says = format!("a word stands here that is no setting; there is: {}", fields.join(", "));
            return Mistake { line: node.place.line, ..self.node.place.mistake(says) };
        }
        node.place.mistake(format!("there is no setting \"{key}\" here{}", suggestion(key, fields.iter().copied())))
    }

    fn visit<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.kind {
            Kind::Null => visitor.visit_unit(),
            Kind::Bool(value) => visitor.visit_bool(*value),
            Kind::Integer(value) => {
                u64::try_from(*value).map_or_else(|_| self.no_negative(), |value| visitor.visit_u64(value))
            }
            Kind::Float => Err(self.found(&"another value")),
            Kind::Text(text) => visitor.visit_borrowed_str(text),
            Kind::List(items) => {
                let items: Vec<&Node> = items.iter().filter(|item| !self.is_pruned(item)).collect();
                visitor.visit_seq(Items { cursor: self, items: items.into_iter() })
            }
            Kind::Map(_) => {
                let entries = self.entries().unwrap_or_default();
                visitor.visit_map(Entries { cursor: self, entries: entries.into_iter(), value: None })
            }
        }
    }

    /// No setting is negative.
    fn no_negative<T>(self) -> Result<T, Fault> {
        Err(Fault::new("a negative number makes no sense here"))
    }
}

/// Reads a kind that is there, else says what was expected and what was found.
macro_rules! only {
    ($($method:ident => $kind:ident;)*) => {$(
        fn $method<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Fault> {
            let result = match &self.node.kind {
                Kind::$kind { .. } => self.visit(visitor),
                _ => Err(self.found(&visitor as &dyn Expected)),
            };
            result.map_err(|fault| fault.at(self.node))
        }
    )*};
}

impl<'t> Deserializer<'t> for Cursor<'t> {
    type Error = Fault;

    only! {
        deserialize_bool => Bool;
        deserialize_i8 => Integer;
        deserialize_i16 => Integer;
        deserialize_i32 => Integer;
        deserialize_i64 => Integer;
        deserialize_u8 => Integer;
        deserialize_u16 => Integer;
        deserialize_u32 => Integer;
        deserialize_u64 => Integer;
        deserialize_f32 => Integer;
        deserialize_f64 => Integer;
        deserialize_char => Text;
        deserialize_str => Text;
        deserialize_string => Text;
        deserialize_bytes => Text;
        deserialize_byte_buf => Text;
        deserialize_unit => Null;
        deserialize_seq => List;
        deserialize_map => Map;
    }

    fn deserialize_any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.visit(visitor).map_err(|fault| fault.at(self.node))
    }

    /// A key without a value counts as not written.
    fn deserialize_option<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Fault> {
        if matches!(self.node.kind, Kind::Null) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'t>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        if name == AT {
            visitor.visit_seq(Placed { cursor: self, told: 0 })
        } else {
            visitor.visit_newtype_struct(self)
        }
    }

    fn deserialize_struct<V: Visitor<'t>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let entries = match (&self.node.kind, self.known_entries(fields)) {
            (_, Some(entries)) => entries,
            (Kind::Null, None) => Vec::new(),
            (_, None) => return Err(self.found(&"a mapping")).map_err(|fault| fault.at(self.node)),
        };
        let entries = Entries { cursor: self, entries: entries.into_iter(), value: None };
        visitor.visit_map(entries).map_err(|fault| fault.at(self.node))
    }

    fn deserialize_enum<V: Visitor<'t>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let entries = self.entries();
        let (word, content) = match (&self.node.kind, entries.as_deref()) {
            (Kind::Text(word), _) => (word.as_str(), None),
            (_, Some([(key, value)])) => (*key, Some(self.to(value))),
            _ => {
                let fault = unknown_word("", variants).at(self.node);
                return Err(Fault { follows: self.has_lost_an_entry(), ..fault });
            }
        };
        if !variants.contains(&word) {
            return Err(unknown_word(word, variants).at(self.node));
        }
        visitor.visit_enum(Choice { word, content }).map_err(|fault| fault.at(self.node))
    }

    fn deserialize_identifier<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { <V: Visitor<'t>> unit_struct tuple tuple_struct }
}

struct Items<'t, I> {
    cursor: Cursor<'t>,
    items: I,
}

impl<'t, I: Iterator<Item = &'t Node>> SeqAccess<'t> for Items<'t, I> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'t>>(&mut self, seed: S) -> Result<Option<S::Value>, Fault> {
        self.items.next().map(|item| seed.deserialize(self.cursor.to(item))).transpose()
    }
}

struct Entries<'t, I> {
    cursor: Cursor<'t>,
    entries: I,
    value: Option<&'t Node>,
}

impl<'t, I: Iterator<Item = (&'t str, &'t Node)>> MapAccess<'t> for Entries<'t, I> {
    type Error = Fault;

    fn next_key_seed<S: DeserializeSeed<'t>>(&mut self, seed: S) -> Result<Option<S::Value>, Fault> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(key.into_deserializer()).map(Some).map_err(|fault: Fault| fault.at(value))
    }

    fn next_value_seed<S: DeserializeSeed<'t>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        let value = self.value.take().ok_or_else(|| Fault::new("a value was asked for before its key"))?;
        seed.deserialize(self.cursor.to(value))
    }
}

/// Tells file, line and path, then the value.
struct Placed<'t> {
    cursor: Cursor<'t>,
    told: u8,
}

impl<'t> SeqAccess<'t> for Placed<'t> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'t>>(&mut self, seed: S) -> Result<Option<S::Value>, Fault> {
        let place = &self.cursor.node.place;
        self.told += 1;
        match self.told {
            1 => seed.deserialize((&*place.file).into_deserializer()),
            2 => seed.deserialize((place.line as u64).into_deserializer()),
            3 => seed.deserialize((&*place.path).into_deserializer()),
            _ => seed.deserialize(self.cursor),
        }
        .map(Some)
    }
}

struct Choice<'t> {
    word: &'t str,
    content: Option<Cursor<'t>>,
}

impl<'t> EnumAccess<'t> for Choice<'t> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'t>>(self, seed: S) -> Result<(S::Value, Self), Fault> {
        let word: StrDeserializer<'t, Fault> = self.word.into_deserializer();
        Ok((seed.deserialize(word)?, self))
    }
}

impl<'t> VariantAccess<'t> for Choice<'t> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        match self.content {
            None => Ok(()),
            Some(_) => Err(Fault::new(format_args!("\"{}\" takes no settings", self.word))),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'t>>(self, seed: S) -> Result<S::Value, Fault> {
        match self.content {
            Some(content) => seed.deserialize(content),
            None => Err(Fault::new(format_args!("\"{}\" needs its settings below it", self.word))),
        }
    }

    fn tuple_variant<V: Visitor<'t>>(self, _: usize, _: V) -> Result<V::Value, Fault> {
        Err(Fault::new("this kind of choice is not read"))
    }

    fn struct_variant<V: Visitor<'t>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        match self.content {
            Some(content) => content.deserialize_struct("", fields, visitor),
            None => Err(Fault::new(format_args!("\"{}\" needs its settings below it", self.word))),
        }
    }
}
