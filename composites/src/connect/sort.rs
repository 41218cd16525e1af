//! Which row belongs to which key. A row that nobody asked for goes no further than here.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portico_contracts::canonical::{Failure, Record, Value};
use portico_contracts::packs::{Combine, EntityMapping, LookUp};
use portico_contracts::problem::Code;
use portico_contracts::tenancy::{Role, SystemId};

use super::driver::{Pushed, Sorted, Sorting};
use super::keys;
use crate::ask::{Ask, Key, Page};
use crate::newest;

/// What is needed to assign the rows of one chunk.
#[derive(Debug)]
pub(super) struct Sort<'d> {
    pub(super) ask: &'d Ask,
    pub(super) keys: &'d [Key],
    pub(super) mapping: &'d EntityMapping,
    pub(super) look_up: &'d LookUp,
    pub(super) pushed: &'d Pushed,
    /// Whether the system answers exactly what is asked; a search may bring what is merely alike.
    pub(super) exact: bool,
    pub(super) of: Option<&'d (SystemId, Role)>,
}

impl Sort<'_> {
    pub(super) fn sort(&self, records: Vec<Record>, complete: bool) -> Sorted {
        let mut places: HashMap<String, Vec<usize>> = HashMap::with_capacity(self.keys.len());
        for (place, key) in self.keys.iter().enumerate() {
            places.entry(keys::normal(self.look_up, key).to_ascii_lowercase()).or_default().push(place);
        }
        let mut rows: Vec<Vec<Arc<Record>>> = vec![Vec::new(); self.keys.len()];
        let mut strays = 0;
        let mut unreadable = None;
        let mut foreign = false;
        for record in records {
            let mut of = Vec::new();
            owners(record.get(self.ask.by), &places, &mut of);
            if of.is_empty() {
                if let Value::Failed(failure) = record.get(self.ask.by) {
                    unreadable.get_or_insert_with(|| Arc::clone(failure));
                }
                foreign |= self.exact && !self.is_nearly_asked(record.get(self.ask.by));
                strays += 1;
                continue;
            }
            let record = Arc::new(record);
            for place in of {
                if let Some(rows) = rows.get_mut(place) {
                    rows.push(Arc::clone(&record));
                }
            }
        }
        let told = rows.into_iter().map(|rows| match &unreadable {
            // The rows that cannot be assigned may be this key's: then neither "nothing" nor a sum is the truth.
            Some(failure) if rows.is_empty() || self.mapping.combine.is_some() => Sorting::Failed((**failure).clone()),
            // A system that answers with other rows than those asked for has not said that there are none.
            None if foreign && rows.is_empty() => Sorting::Failed(self.mismatch()),
            _ => match (self.one(rows, complete), &unreadable) {
                // Also where what is left of the rows is nothing.
                (Sorting::Page(page), Some(failure)) if page.rows.is_empty() => Sorting::Failed((**failure).clone()),
                (Sorting::Page(page), _) => Sorting::Page(Page { unread: unreadable.clone(), ..page }),
                (other, _) => other,
            },
        });
        Sorted { keys: told.collect(), strays }
    }

    /// Systems of record ignore spaces at the end of a key, and we do not.
    fn is_nearly_asked(&self, value: &Value) -> bool {
        let named = value.as_text().map(str::trim_end);
        named.is_some_and(|named| self.keys.iter().any(|key| key.trim_end().eq_ignore_ascii_case(named)))
    }

    fn mismatch(&self) -> Failure {
        let says = format!("rows of {} came that were not asked for, and none that were", self.ask.entity.name);
        self.named(Failure::new(Code::UpstreamMismatch, says))
    }

    fn named(&self, failure: Failure) -> Failure {
        match self.of {
            Some((system, role)) => failure.of_system(system, *role),
            None => failure,
        }
    }

    /// The rows of one key, narrowed as far as the system has not done it.
    fn one(&self, mut rows: Vec<Arc<Record>>, complete: bool) -> Sorting {
        let narrow = &self.ask.narrow;
        rows.retain(|row| {
            has_status(row, &narrow.statuses) && narrow.open.is_none_or(|open| is_open(row) != Some(!open))
        });
        match self.mapping.combine {
            Some(Combine::Sum) if rows.len() > 1 => rows = combined(&rows).map(Arc::new).into_iter().collect(),
            Some(Combine::First) => rows = first_of_each(rows),
            _ => {}
        }
        if self.look_up.links.is_some() {
            // They were asked for by their ids, which says nothing of their order.
            newest::sort(&mut rows);
        }
        let mut before = self.pushed.skip as usize;
        if let Some((position, identity)) = narrow.after.as_deref().and_then(parts) {
            let own = rows.iter().position(|row| identity_of(row) == Some(identity.as_str()));
            // Where the row itself is gone, its place still tells.
            let behind = own.map_or((position as usize).saturating_sub(before), |own| own + 1).min(rows.len());
            rows.drain(..behind);
            before += behind;
        }
        let enough = narrow.first.is_some_and(|first| rows.len() > first as usize);
        if !complete && !enough {
            return if self.keys.len() > 1 { Sorting::Unsure } else { Sorting::Failed(self.too_many()) };
        }
        if let Some(first) = narrow.first {
            rows.truncate(first as usize);
        }
        let pages = narrow.first.is_some() || narrow.after.is_some();
        let cursor = |(place, row): (usize, &Arc<Record>)| cursor(before + place + 1, identity_of(row));
        let cursors = if pages { rows.iter().enumerate().map(cursor).collect() } else { Vec::new() };
        Sorting::Page(Page { rows, cursors, more: enough, ..Page::default() })
    }

    fn too_many(&self) -> Failure {
        let says = format!("there are more rows of {} than one answer may read", self.ask.entity.name);
        self.named(Failure::new(Code::TooManyRows, says))
    }
}

/// Which keys a value answers: as [`Value::answers_key`], for all keys at once.
fn owners(value: &Value, places: &HashMap<String, Vec<usize>>, of: &mut Vec<usize>) {
    let named = match value {
        Value::Text(text) => Some(text.to_ascii_lowercase()),
        Value::Enum(name) => Some(name.to_ascii_lowercase()),
        Value::Int(number) => Some(number.to_string()),
        Value::List(items) => {
            items.iter().for_each(|item| owners(item, places, of));
            None
        }
        _ => None,
    };
    for place in named.and_then(|key| places.get(&key)).into_iter().flatten() {
        if !of.contains(place) {
            of.push(*place);
        }
    }
}

/// A row whose status cannot be told stays: it may count.
fn has_status(row: &Record, wanted: &[&'static str]) -> bool {
    match told(row, "status") {
        Some(Value::Enum(status)) => wanted.is_empty() || wanted.contains(status),
        _ => true,
    }
}

/// Whether it is still open; `None` where the system does not tell.
fn is_open(row: &Record) -> Option<bool> {
    if let Some(Value::Money(open)) = told(row, "openAmount") {
        return Some(!open.amount.is_zero());
    }
    match told(row, "status") {
        Some(Value::Enum(status)) if *status != "UNKNOWN" => {
            Some(!matches!(*status, "SOLVED" | "CLOSED" | "PAID" | "VOID" | "CANCELLED" | "INVOICED" | "DRAFT"))
        }
        _ => None,
    }
}

/// The value of a field that not every entity has.
fn told<'r>(row: &'r Record, field: &str) -> Option<&'r Value> {
    row.of.ordinal(field).map(|ordinal| row.at(ordinal))
}

/// Several rows as one: numbers and amounts are added up, of the rest the first that is known counts.
fn combined(rows: &[Arc<Record>]) -> Option<Record> {
    let (first, others) = rows.split_first()?;
    let mut sum = first.to_owned_record();
    for row in others {
        for ordinal in 0..sum.of.fields.len() {
            let both = added(sum.at(ordinal), row.at(ordinal));
            sum.put(ordinal, both);
        }
    }
    Some(sum)
}

/// Of rows that name the same thing the first one.
fn first_of_each(rows: Vec<Arc<Record>>) -> Vec<Arc<Record>> {
    let mut known = HashSet::new();
    rows.into_iter().filter(|row| identity_of(row).is_none_or(|own| known.insert(own.to_owned()))).collect()
}

fn added(left: &Value, right: &Value) -> Value {
    match (left, right) {
        (Value::Failed(_), _) | (_, Value::Null) => left.clone(),
        (_, Value::Failed(_)) | (Value::Null, _) => right.clone(),
        (Value::Decimal(a), Value::Decimal(b)) => a.checked_add(*b).map_or(Value::Null, Value::Decimal),
        (Value::Int(a), Value::Int(b)) => a.checked_add(*b).map_or(Value::Null, Value::Int),
        (Value::Money(a), Value::Money(b)) => a.plus(*b).map_or(Value::Null, Value::Money),
        (Value::Date(a), Value::Date(b)) => Value::Date(*a.min(b)),
        _ => left.clone(),
    }
}

/// What names a row among those of its key: the first field that the model promises.
fn identity_of(row: &Record) -> Option<&str> {
    let own = row.of.fields.values().find(|field| !field.ty.nullable && field.relation.is_none());
    own.and_then(|field| row.at(field.ordinal).as_text())
}

/// A position to continue behind: how many rows there are up to and with this one, and which one it is, so that rows
/// which come before it in the meantime do not shift what is answered next.
fn cursor(position: usize, identity: Option<&str>) -> Arc<str> {
    URL_SAFE_NO_PAD.encode(format!("{position}.{}", identity.unwrap_or_default())).into()
}

/// The position of a cursor of ours.
pub(super) fn position(cursor: &str) -> Option<u32> {
    parts(cursor).map(|(position, _)| position)
}

fn parts(cursor: &str) -> Option<(u32, String)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (position, identity) = text.split_once('.')?;
    let position = position.parse().ok().filter(|position| *position > 0)?;
    Some((position, identity.to_owned()))
}
