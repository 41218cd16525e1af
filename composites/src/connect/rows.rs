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

/// The rows of a body.
#[derive(Debug, Default)]
pub(super) struct FoundRows<'b> {
    /// Each with what encloses it.
    pub(super) rows: Vec<Frames<'b>>,
    /// Whether an element has no list of rows where it should have one: then there may be others.
    pub(super) lost: bool,
}

/// All rows of a body; `None` where the body has no such place.
pub(super) fn rows<'b>(body: &'b Json, path: &Path) -> Option<FoundRows<'b>> {
    let only = |frames: Frames<'b>| Some(FoundRows { rows: vec![frames], lost: false });
    if !path.is_many() {
        return match find(path, &[body]) {
            Found::Value(row) if row.is_object() && path.steps.is_empty() => only(vec![row]),
            Found::Value(row) if row.is_object() => only(vec![body, row]),
            _ => None,
        };
    }
    let mut found = FoundRows::default();
    descend(body, (&path.steps, path.optional), &mut Vec::new(), &mut found, true).then_some(found)
}

fn descend<'b>(
    at: &'b Json,
    (steps, optional): (&[Step], bool),
    frames: &mut Frames<'b>,
    found: &mut FoundRows<'b>,
    outermost: bool,
) -> bool {
    let Some(each) = steps.iter().position(|step| *step == Step::Each) else { return false };
    let inner = walk(at, &steps[..each]);
    let list = if let Found::Value(list) = inner { list.as_array() } else { None };
    let Some(list) = list else {
        // No children may be null; that their list is gone, or is none, is news.
        found.lost |= !(inner == Found::Null || (optional && inner == Found::Missing));
        return !outermost;
    };
    let rest = &steps[each + 1..];
    for item in list {
        frames.push(item);
        if rest.contains(&Step::Each) {
            descend(item, (rest, optional), frames, found, false);
        } else if rest.is_empty() {
            found.rows.push(frames.clone());
        } else {
            // The row stands inside of the element.
            match walk(item, rest) {
                Found::Value(inner) => found.rows.push(frames.iter().copied().chain([inner]).collect()),
                _ => found.lost = true,
            }
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
    let found = walk(start, &path.steps);
    match found {
        Found::Missing if path.optional => Found::Null,
        Found::Mismatch if path.lenient => Found::Null,
        found => found,
    }
}

/// All values at a path with `[]` in it; the error is what went wrong on the way.
pub(super) fn find_all<'b>(path: &Path, frames: &[&'b Json]) -> Result<Vec<&'b Json>, Found<'b>> {
    let start = frames.len().checked_sub(path.up + 1).and_then(|at| frames.get(at));
    let mut values = Vec::new();
    match start {
        Some(start) => collect(start, &path.steps, path, &mut values)?,
        None => return Ok(values),
    }
    Ok(values)
}

fn collect<'b>(at: &'b Json, steps: &[Step], path: &Path, values: &mut Vec<&'b Json>) -> Result<(), Found<'b>> {
    let each = steps.iter().position(|step| *step == Step::Each);
    let (before, after) = each.map_or((steps, None), |each| (&steps[..each], Some(&steps[each + 1..])));
    match (walk(at, before), after) {
        (Found::Null, _) => Ok(()),
        (Found::Value(value), None) => {
            values.push(value);
            Ok(())
        }
        (Found::Value(list), Some(after)) => match list {
            Json::Array(items) => items.iter().try_for_each(|item| collect(item, after, path, values)),
            Json::Null => Ok(()),
            _ if path.lenient => Ok(()),
            _ => Err(Found::Mismatch),
        },
        (Found::Missing, _) if path.optional => Ok(()),
        (Found::Mismatch, _) if path.lenient => Ok(()),
        (wrong, _) => Err(wrong),
    }
}

fn walk<'b>(mut at: &'b Json, steps: &[Step]) -> Found<'b> {
    for step in steps {
        let next = match (step, at) {
            (_, Json::Null) => return Found::Null,
            (Step::Member(name), Json::Object(members)) => members.get(name.as_str()),
            (Step::Index(index), Json::Array(items)) => match items.get(*index) {
                Some(item) => Some(item),
                None => return Found::Null,
            },
            (Step::Having(name, value), Json::Array(items)) => match having(items, name, value) {
                Found::Value(item) => Some(item),
                other => return other,
            },
            _ => return Found::Mismatch,
        };
        match next {
            Some(next) => at = next,
            None => return Found::Missing,
        }
    }
    if at.is_null() { Found::Null } else { Found::Value(at) }
}

/// The first element whose member has this text, or none where the text is empty. Where an element does not tell, which
/// is the right one is not known.
fn having<'b>(items: &'b [Json], name: &str, value: &str) -> Found<'b> {
    for item in items {
        let is_it = match item.get(name) {
            None => return Found::Mismatch,
            Some(Json::Null) => value.is_empty(),
            Some(Json::Bool(_)) if !matches!(value, "true" | "false") => return Found::Mismatch,
            Some(member) => match text_of(member) {
                Some(text) => text == value,
                None => return Found::Mismatch,
            },
        };
        if is_it {
            return Found::Value(item);
        }
    }
    Found::Null
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

/// Whether what a condition asks about is not in the row at all, though it should be, or is not a scalar.
pub(super) fn cannot_be_told(condition: &Condition, frames: &[&Json]) -> bool {
    if condition.path.is_many() {
        return false;
    }
    match find(&condition.path, frames) {
        Found::Missing | Found::Mismatch => true,
        Found::Value(value) => !condition.values.is_empty() && !is_of_their_kind(value, &condition.values),
        Found::Null => false,
    }
}

/// Whether a value may be one of these words at all: a truth value is no word for a state, nor is a number.
fn is_of_their_kind(value: &Json, words: &[String]) -> bool {
    match value {
        Json::Bool(_) => {
            words.iter().any(|word| word.eq_ignore_ascii_case("true") || word.eq_ignore_ascii_case("false"))
        }
        Json::Number(_) => {
            words.iter().any(|word| word.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit()))
        }
        Json::String(_) => true,
        _ => false,
    }
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
