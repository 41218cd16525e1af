//! Rows that do not say whose they are: an earlier request has told which ids belong to which key.

use std::collections::HashSet;

use portico_contracts::canonical::{Record, Value};

use crate::ask::Key;

/// Each id once, in their order.
pub(super) fn each_once<'k>(ids: impl Iterator<Item = &'k Key>) -> Vec<Key> {
    let mut known = HashSet::new();
    ids.filter(|id| known.insert(*id)).cloned().collect()
}

/// The rows with the keys that they belong to: one that belongs to several comes once for each, one of none stays as
/// it is, and is dropped as what nobody asked for.
pub(super) fn told_apart(records: Vec<Record>, by: &str, field: &str, pairs: &[(Key, Key)]) -> Vec<Record> {
    let mut told = Vec::with_capacity(records.len());
    for mut record in records {
        let Some(ordinal) = record.of.ordinal(by) else { continue };
        // Read first: it may be the very field that the key is put into.
        let keys: Vec<&Key> = match record.get(field).as_text() {
            Some(own) => pairs.iter().filter(|(_, id)| **id == *own).map(|(key, _)| key).collect(),
            None => Vec::new(),
        };
        record.put(ordinal, Value::Null);
        for key in &keys {
            let mut copy = record.to_owned_record();
            copy.put(ordinal, Value::Text((*key).clone()));
            told.push(copy);
        }
        if keys.is_empty() {
            told.push(record);
        }
    }
    told
}
