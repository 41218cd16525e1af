//! What a notice says has changed, and which of what is held may show it.
//!
//! A row that changed may stand in a value in two ways: the value was looked up by one of the row's own fields, or it
//! is a list that holds the row, held it, or would hold it now. Where a notice does not say by which key a list would
//! be asked for, every list that is asked for in that way may be meant.

use portico_contracts::canonical::{Record, Value};

use super::shelf::Lookup;
use crate::ask::{Key, Narrow, Page};

/// A field of the model and the values that a notice gives it; none means that it said that there is none.
pub type Told = (&'static str, Vec<Key>);

/// What changed of one entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The entity, by name.
    pub entity: &'static str,
    /// The rows that changed have one of these values in one of these fields. Empty where every row may have changed.
    pub rows: Vec<Told>,
    /// By which keys lists may show them now.
    pub lists: Vec<Told>,
    /// The rows were there before, and stay in the lists that are not told.
    pub keeps: bool,
}

impl Change {
    /// Whether an answer that is on its way may be older than the change. What it will hold nobody knows yet.
    pub(super) fn may_reach(&self, lookup: &Lookup, key: &Key) -> bool {
        // A row has one value in a field of its own, so asked by another one it cannot come.
        told(&self.rows, lookup.ask.by).is_none_or(|keys| names(keys, key))
    }

    /// Whether a value that is held may show what was before.
    pub(super) fn shows(&self, lookup: &Lookup, key: &Key, page: Option<&Page>) -> bool {
        if self.rows.is_empty() || page.is_some_and(|page| page.rows.iter().any(|row| self.is_of(row))) {
            return true;
        }
        let by = lookup.ask.by;
        let named = [&self.rows, &self.lists].map(|all| told(all, by));
        if named.iter().any(Option::is_some) {
            return named.into_iter().flatten().any(|keys| names(keys, key));
        }
        // Rows that stay where they are enter a list only if it was narrowed to what they were not.
        !self.keeps || page.is_none() || lookup.ask.narrow != plain(&lookup.ask.narrow)
    }

    /// Whether a row is one of those that changed. One that does not say may be.
    fn is_of(&self, row: &Record) -> bool {
        let values = self.rows.iter().map(|(field, keys)| (row.get(field), keys));
        let mut silent = true;
        for (value, keys) in values {
            match value {
                Value::Null => {}
                Value::Text(text) => {
                    silent = false;
                    if names(keys, text) {
                        return true;
                    }
                }
                // What is no text is compared with none: it may be.
                _ => return true,
            }
        }
        silent
    }
}

/// The same without what narrows it to some of its rows.
fn plain(narrow: &Narrow) -> Narrow {
    Narrow { statuses: Vec::new(), open: None, ..narrow.clone() }
}

fn told<'t>(all: &'t [Told], field: &str) -> Option<&'t [Key]> {
    all.iter().find(|(name, _)| *name == field).map(|(_, keys)| keys.as_slice())
}

/// Systems tell keys apart without regard to case, and callers write them as they like.
fn names(keys: &[Key], key: &str) -> bool {
    keys.iter().any(|named| named.eq_ignore_ascii_case(key))
}

#[cfg(test)]
mod tests;
