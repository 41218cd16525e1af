//! Rows that do not say whose they are: an earlier request has told which ids belong to which key.

use std::collections::{HashMap, HashSet};

use portico_contracts::canonical::{Record, Value};

use crate::ask::Key;

/// Each id once, in their order.
pub(super) fn each_once<'k>(ids: impl Iterator<Item = &'k Key>) -> Vec<Key> {
    let mut known = HashSet::new();
    ids.filter(|id| known.insert(*id)).cloned().collect()
}

/// Keys with ids, led on by what these ids are linked with. A link of an id that nobody asked about leads nowhere.
pub(super) fn led_on(pairs: &[(Key, Key)], links: &[(Key, Key)], onward: &mut Vec<(Key, Key)>) {
    let mut from: HashMap<&Key, Vec<&Key>> = HashMap::with_capacity(pairs.len());
    for (key, id) in pairs {
        from.entry(id).or_default().push(key);
    }
    for (id, next) in links {
        let keys = from.get(id).into_iter().flatten();
        onward.extend(keys.map(|key| ((*key).clone(), next.clone())));
    }
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
