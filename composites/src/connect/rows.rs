//! Walks an answer's JSON along a pack's paths, without copying it.

use portico_contracts::packs::{Condition, Path, Step};
use serde_json::Value as Json;

/// A row and the rows around it, outermost first.
pub(super) type Frames<'b> = Vec<&'b Json>;

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Found<'b> {
    /// A value.
    Value(&'b Json),
    /// Nothing, and that is usual.
    Null,
    /// A member that should be there is not.
    Missing,
    /// Something else stands on the way.
    Mismatch,
}

/// All rows of a body, each with what encloses it; `None` where the body has no such place.
pub(super) fn rows<'b>(body: &'b Json, path: &Path) -> Option<Vec<Frames<'b>>> {
    if !path.is_many() {
        return match find(path, &[body]) {
            Found::Value(row) if row.is_object() && path.steps.is_empty() => Some(vec![vec![row]]),
            Found::Value(row) if row.is_object() => Some(vec![vec![body, row]]),
            _ => None,
        };
    }
    let mut rows = Vec::new();
    descend(body, &path.steps, &mut Vec::new(), &mut rows, true).then_some(rows)
}

fn descend<'b>(
    at: &'b Json,
    steps: &[Step],
    frames: &mut Frames<'b>,
    rows: &mut Vec<Frames<'b>>,
    outermost: bool,
) -> bool {
    let Some(each) = steps.iter().position(|step| *step == Step::Each) else { return false };
    let list = match walk(at, &steps[..each], false) {
        Found::Value(list) => list.as_array(),
        // An empty list of children is often null or left out.
        Found::Null | Found::Missing | Found::Mismatch => None,
    };
    let Some(list) = list else { return !outermost };
    let rest = &steps[each + 1..];
    for item in list {
        frames.push(item);
        if rest.contains(&Step::Each) {
            descend(item, rest, frames, rows, false);
        } else if rest.is_empty() {
            rows.push(frames.clone());
        } else {
            // The row stands inside of the element; where it is not, its fields are found to be missing.
            let inner = if let Found::Value(inner) = walk(item, rest, true) { inner } else { &Json::Null };
            rows.push(frames.iter().copied().chain([inner]).collect());
        }
        frames.pop();
    }
    true
}

/// Names the members of a list's elements in lower case.
pub(super) fn in_lower_case(body: &mut Json, list: &str) {
    let items = body.get_mut(list).and_then(Json::as_array_mut).map_or(&mut [][..], Vec::as_mut_slice);
    for row in items.iter_mut().filter_map(Json::as_object_mut) {
        if row.keys().any(|name| name.bytes().any(|b| b.is_ascii_uppercase())) {
            *row = std::mem::take(row).into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        }
    }
}

/// What stands at a path that finds one value.
pub(super) fn find<'b>(path: &Path, frames: &[&'b Json]) -> Found<'b> {
    let Some(start) = frames.len().checked_sub(path.up + 1).and_then(|at| frames.get(at)) else { return Found::Null };
    let found = walk(start, &path.steps, path.optional);
    if path.optional && matches!(found, Found::Missing | Found::Mismatch) { Found::Null } else { found }
}

/// All values at a path with `[]` in it; the error is what went wrong on the way.
pub(super) fn find_all<'b>(path: &Path, frames: &[&'b Json]) -> Result<Vec<&'b Json>, Found<'b>> {
    let start = frames.len().checked_sub(path.up + 1).and_then(|at| frames.get(at));
    let mut values = Vec::new();
    match start {
        Some(start) => collect(start, &path.steps, path.optional, &mut values)?,
        None => return Ok(values),
    }
    Ok(values)
}

fn collect<'b>(at: &'b Json, steps: &[Step], optional: bool, values: &mut Vec<&'b Json>) -> Result<(), Found<'b>> {
    let each = steps.iter().position(|step| *step == Step::Each);
    let (before, after) = each.map_or((steps, None), |each| (&steps[..each], Some(&steps[each + 1..])));
    match (walk(at, before, optional), after) {
        (Found::Null, _) => Ok(()),
        (Found::Value(value), None) => {
            values.push(value);
            Ok(())
        }
        (Found::Value(list), Some(after)) => match list {
            Json::Array(items) => items.iter().try_for_each(|item| collect(item, after, optional, values)),
            Json::Null => Ok(()),
            _ => Err(Found::Mismatch),
        },
        (Found::Missing | Found::Mismatch, _) if optional => Ok(()),
        (wrong, _) => Err(wrong),
    }
}

fn walk<'b>(mut at: &'b Json, steps: &[Step], optional: bool) -> Found<'b> {
    for step in steps {
        let next = match (step, at) {
            (_, Json::Null) => return Found::Null,
            (Step::Member(name), Json::Object(members)) => members.get(name.as_str()),
            (Step::Index(index), Json::Array(items)) => match items.get(*index) {
                Some(item) => Some(item),
                None => return Found::Null,
            },
            (Step::Having(name, value), Json::Array(items)) => {
                let has = |item: &&Json| match item.get(name) {
                    None | Some(Json::Null) => value.is_empty(),
                    Some(member) => text_of(member).is_some_and(|text| text == value.as_str()),
                };
                match items.iter().find(has) {
                    Some(item) => Some(item),
                    None => return Found::Null,
                }
            }
            _ if optional => return Found::Null,
            _ => return Found::Mismatch,
        };
        match next {
            Some(next) => at = next,
            None => return Found::Missing,
        }
    }
    if at.is_null() { Found::Null } else { Found::Value(at) }
}

/// A scalar as the text that stands in the answer: numbers keep every digit.
pub(super) fn text_of(value: &Json) -> Option<&str> {
    match value {
        Json::String(text) => Some(text),
        Json::Number(number) => Some(number.as_str()),
        Json::Bool(true) => Some("true"),
        Json::Bool(false) => Some("false"),
        _ => None,
    }
}

/// Whether what a condition asks about is not in the row at all, though it should be.
pub(super) fn cannot_be_told(condition: &Condition, frames: &[&Json]) -> bool {
    !condition.path.is_many() && matches!(find(&condition.path, frames), Found::Missing | Found::Mismatch)
}

/// Whether a condition holds of a row. Systems compare without case, and so do we.
pub(super) fn holds(condition: &Condition, frames: &[&Json]) -> bool {
    let fits = |value: &Json| {
        let is = |text: &str| condition.values.iter().any(|wanted| wanted.eq_ignore_ascii_case(text));
        condition.values.is_empty() || text_of(value).is_some_and(is)
    };
    if condition.path.is_many() {
        return find_all(&condition.path, frames).is_ok_and(|all| all.into_iter().any(fits));
    }
    matches!(find(&condition.path, frames), Found::Value(value) if fits(value))
}
