//! What a system tells of its own accord: bytes in, changes out. The pack says where things stand.
//!
//! Whoever calls this has made sure where the bytes come from. Nothing of them becomes data: they only say what is to
//! be asked again. What a notice leaves open widens the change, never narrows it.

mod soap;

use std::sync::Arc;

use portico_contracts::packs::{
    ChangeRule, Changed, Condition, KeyClass, NoticeFormat, Notices, Pack, Path, Step, Told,
};
use serde_json::Value as Json;

use super::keys;
use super::rows::{self, Found, find, text_of};
use crate::ask::Key;
use crate::fresh::{self, Change};

/// One delivery holds at most so many notices; vendors send up to a hundred.
const MOST: usize = 200;

/// One notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What its system calls it, where it does.
    pub id: Option<Arc<str>>,
    /// What changed; nothing where no rule of the pack fits.
    pub changes: Vec<Change>,
}

/// A body that is not what its system's notices look like. Repeats nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(String);

/// Reads the notices of one delivery with a pack that is bound to its tenant's settings.
pub fn read(pack: &Pack, notices: &Notices, body: &[u8]) -> Result<Vec<Notice>, Unreadable> {
    let text = std::str::from_utf8(body).map_err(|_| Unreadable("it is not UTF-8".to_owned()))?;
    let body = match notices.format {
        NoticeFormat::Json => serde_json::from_str(text)
            .map_err(|error| Unreadable(format!("it is no JSON: line {}, column {}", error.line(), error.column())))?,
        NoticeFormat::Soap => soap::body(text, &lists(&notices.each))?,
    };
    let found = frames(&body, &notices.each)?;
    if found.len() > MOST {
        return Err(Unreadable(format!("it holds more than {MOST} notices")));
    }
    Ok(found.into_iter().map(|frames| notice(pack, notices, &frames)).collect())
}

/// Each notice with what encloses it.
fn frames<'b>(body: &'b Json, each: &Path) -> Result<Vec<rows::Frames<'b>>, Unreadable> {
    if each.steps.is_empty() {
        return Ok(vec![vec![body]]);
    }
    let misplaced = || Unreadable("its notices are not where the pack says".to_owned());
    let found = rows::rows(body, each).ok_or_else(misplaced)?;
    let mut notices = found.rows;
    for frames in &mut notices {
        frames.insert(0, body);
    }
    // One that is not where it should be may be about anything: it must not be taken for none.
    if found.lost { Err(misplaced()) } else { Ok(notices) }
}

/// The elements that may occur several times, by name: XML does not tell one of many from one.
fn lists(each: &Path) -> Vec<&str> {
    let pairs = each.steps.windows(2);
    let named = pairs.filter_map(|pair| match pair {
        [Step::Member(name), Step::Each] => Some(name.as_str()),
        _ => None,
    });
    named.collect()
}

fn notice(pack: &Pack, notices: &Notices, frames: &[&Json]) -> Notice {
    let id = notices.id.as_ref().and_then(|path| match find(path, frames) {
        Found::Value(value) => text_of(value).filter(|id| !id.is_empty()).map(Arc::from),
        _ => None,
    });
    let ours = notices.ours.iter().all(|condition| fits(condition, frames));
    let rules = notices.changes.iter().filter(|rule| ours && is_meant(rule, frames));
    let changes = rules.flat_map(|rule| &rule.entities).filter_map(|changed| change(pack, changed, frames)).collect();
    Notice { id, changes }
}

fn is_meant(rule: &ChangeRule, frames: &[&Json]) -> bool {
    rule.when.iter().all(|condition| fits(condition, frames))
}

/// As a condition of rows, and `created.*` stands for all that begins with `created.`.
fn fits(condition: &Condition, frames: &[&Json]) -> bool {
    let Found::Value(value) = find(&condition.path, frames) else { return false };
    let Some(text) = text_of(value) else { return condition.values.is_empty() };
    let is = |wanted: &String| match wanted.strip_suffix('*') {
        Some(start) => text.get(..start.len()).is_some_and(|front| front.eq_ignore_ascii_case(start)),
        None => wanted.eq_ignore_ascii_case(text),
    };
    condition.values.is_empty() || condition.values.iter().any(is)
}

/// What changed of an entity; `None` where the notice says that no row of it did.
fn change(pack: &Pack, changed: &Changed, frames: &[&Json]) -> Option<Change> {
    let mut rows: Vec<fresh::Told> = Vec::new();
    for told in &changed.rows {
        rows.extend(values(pack, changed, told, frames).map(|keys| (told.field, keys)));
    }
    let none = !rows.is_empty() && rows.iter().all(|(_, keys)| keys.is_empty());
    rows.retain(|(_, keys)| !keys.is_empty());
    let lists = changed.lists.iter().filter_map(|told| Some((told.field, values(pack, changed, told, frames)?)));
    let change = Change { entity: changed.of.name, rows, lists: lists.collect(), keeps: changed.keeps };
    (!none).then_some(change)
}

/// The values of a field, in the forms in which it is asked for and answered; none at all where the notice says that
/// there is none, and `None` where it says nothing.
fn values(pack: &Pack, changed: &Changed, told: &Told, frames: &[&Json]) -> Option<Vec<Key>> {
    let first = told.paths.iter().find_map(|path| match find(path, frames) {
        Found::Value(value) => {
            text_of(value).map(|text| Some(text).filter(|text| !pack.nulls.iter().any(|n| n == text)))
        }
        Found::Null => Some(None),
        Found::Missing | Found::Mismatch => None,
    })?;
    Some(first.map(|text| forms(pack, changed, told.field, text)).unwrap_or_default())
}

fn forms(pack: &Pack, changed: &Changed, field: &str, text: &str) -> Vec<Key> {
    let mut forms: Vec<Key> = vec![Arc::from(text)];
    let Some(look_up) = pack.entities.get(changed.of.name).and_then(|mapping| mapping.by.get(field)) else {
        return forms;
    };
    forms.push(Arc::from(&*keys::normal(look_up, text)));
    if look_up.keys.allow == KeyClass::SalesforceId {
        // Callers may ask by the short form.
        forms.extend(text.get(..15).map(Arc::from));
    }
    forms.dedup();
    forms
}

#[cfg(test)]
mod tests;
