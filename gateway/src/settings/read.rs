//! YAML → what an operator wrote, with the place of everything and every mistake at once.
//!
//! serde-saphyr reads the text into a tree ([`tree`]); a deserializer of our own ([`cursor`]) then fills the `written`
//! types from it. A deserializer stops at the first thing it does not like. So that one run reports them all, what was not
//! liked is noted, pruned from the tree, and the rest is read again.

mod cursor;
mod tree;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, SeqAccess, Visitor};

use super::Mistake;
use cursor::Cursor;

/// More mistakes than this in one file are not listed: something else is wrong then.
const ENOUGH: usize = 100;

/// Where something was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: Arc<str>,
    pub(crate) line: usize,
    pub(crate) path: Arc<str>,
}

impl Place {
    /// The file as a whole.
    pub(crate) fn file(file: &str) -> Self {
        Place { file: Arc::from(file), line: 0, path: Arc::from("") }
    }

    /// A place below this one, of which the line is not known.
    pub(crate) fn below(&self, key: &str) -> Self {
        Place { path: Arc::from(join(&self.path, key)), ..self.clone() }
    }

    /// What is wrong here.
    pub(crate) fn mistake(&self, says: impl Into<String>) -> Mistake {
        Mistake { file: self.file.to_string(), line: self.line, path: self.path.to_string(), says: says.into() }
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// A value, and where it was written.
#[derive(Debug, Clone)]
pub(crate) struct At<T> {
    pub(crate) place: Place,
    pub(crate) value: T,
}

impl<T> std::ops::Deref for At<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// By this name a [`Cursor`] knows that the place is asked for too.
const AT: &str = "$portico::At";

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(AT, AtVisitor(PhantomData))
    }
}

struct AtVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for AtVisitor<T> {
    type Value = At<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value with its place")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<At<T>, A::Error> {
        let incomplete = || serde::de::Error::custom("this can be read with its place only");
        let file: String = parts.next_element()?.ok_or_else(incomplete)?;
        let line: u64 = parts.next_element()?.ok_or_else(incomplete)?;
        let path: String = parts.next_element()?.ok_or_else(incomplete)?;
        let value = parts.next_element()?.ok_or_else(incomplete)?;
        let line = usize::try_from(line).unwrap_or_default();
        Ok(At { place: Place { file: Arc::from(file), line, path: Arc::from(path) }, value })
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// What was read of one file.
#[derive(Debug)]
pub(crate) struct Reading<T> {
    /// What was left after mistakes were pruned; `None` where nothing was.
    pub(crate) written: Option<At<T>>,
    /// Paths that were pruned.
    lost: BTreeSet<Arc<str>>,
    /// Every mistake.
    pub(crate) mistakes: Vec<Mistake>,
}

impl<T> Reading<T> {
    /// Nothing could be read.
    pub(crate) fn unreadable(why: Mistake) -> Self {
        Reading { written: None, lost: BTreeSet::new(), mistakes: vec![why] }
    }

    /// Whether something may have stood at this path and was lost to a mistake: then its absence is no mistake too.
    pub(crate) fn may_have_had(&self, path: &str) -> bool {
        let holds = |lost: &str| path.strip_prefix(lost).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.written.is_none() || self.lost.iter().any(|lost| holds(lost))
    }

    /// The names right below a path that were lost to mistakes.
    pub(crate) fn lost_below<'s>(&'s self, path: &'s str) -> impl Iterator<Item = &'s str> {
        let below = move |lost: &'s Arc<str>| lost.strip_prefix(path)?.strip_prefix('.')?.split('.').next();
        self.lost.iter().filter_map(below)
    }
}

/// Reads one file's text.
pub(crate) fn read<T: DeserializeOwned>(file: &str, text: &str) -> Reading<T> {
    let (root, mut mistakes) = match tree::parse(file, text) {
        Ok(parsed) => parsed,
        Err(mistake) => return Reading::unreadable(mistake),
    };
    let pruned = RefCell::new(BTreeSet::new());
    let noted = RefCell::new(Vec::new());
    let written = loop {
        match At::<T>::deserialize(Cursor { node: &root, pruned: &pruned, noted: &noted }) {
            Ok(written) => break Some(written),
            Err(fault) => {
                let at = fault.node.unwrap_or(root.id);
                noted.borrow_mut().extend(fault.mistake(&root, &pruned.borrow()));
                let is_new = pruned.borrow_mut().insert(at);
                if at == root.id || !is_new || noted.borrow().len() >= ENOUGH {
                    break None;
                }
            }
        }
    };
    mistakes.append(&mut noted.into_inner());
    let path_of = |id| root.find(id).map(|node| Arc::clone(&node.place.path));
    Reading { written, lost: pruned.into_inner().into_iter().filter_map(path_of).collect(), mistakes }
}
