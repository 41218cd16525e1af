//! Lists: filtered, the newest first unless told otherwise, a page at a time.

use serde_json::{Value, json};

use super::errors::Refusal;
use super::fields::{Cell, Field, fields};
use super::filters::{GENERAL, filters};
use super::kinds::Kind;
use super::shapes::entry;
use crate::vendor::Call;
use crate::world::World;

/// A page has so many records without a wish, and at most.
const PAGE: usize = 10;
const LARGEST_PAGE: usize = 100;
/// What records are called in offsets begins here.
const FIRST_RECORD: usize = 230_000_000_000;
/// The offset of the first page, which the vendor itself never names.
pub(crate) const BEGINNING: &str = r#"["0","0"]"#;

/// A page of a kind of record.
pub(crate) fn list(world: &World, kind: Kind, call: &Call) -> Result<Value, Refusal> {
    let filters = filters(kind, &call.query)?;
    let (field, ascending) = sort(kind, call)?;
    let is_wanted = |number: &usize| filters.iter().all(|filter| filter.holds(world, *number));
    let mut found: Vec<(i64, usize)> =
        kind.all(world).into_iter().filter(is_wanted).map(|number| (moment(world, field, number), number)).collect();
    found.sort_unstable();
    if !ascending {
        found.reverse();
    }
    page(&found, call, |(moment, number)| (*moment, *number), |(_, number)| entry(world, kind, *number))
}

/// A page of a list that is never filtered or sorted.
pub(crate) fn short(entries: Vec<Value>, call: &Call) -> Result<Value, Refusal> {
    if let Some((name, _)) = call.query.iter().find(|(name, _)| !GENERAL[..3].contains(&name.as_str())) {
        return Err(Refusal::wrong(name, "unknown parameter or operator"));
    }
    let all: Vec<(usize, Value)> = entries.into_iter().enumerate().collect();
    page(&all, call, |(at, _)| (0, *at), |(_, entry)| entry.clone())
}

fn page<T>(
    all: &[T],
    call: &Call,
    place: impl Fn(&T) -> (i64, usize),
    entry: impl Fn(&T) -> Value,
) -> Result<Value, Refusal> {
    let limit = limit(call)?;
    let wrong = || Refusal::wrong("offset", "invalid value");
    let start = match call.param("offset") {
        None | Some("" | BEGINNING) => 0,
        Some(offset) => {
            let number = record(offset).ok_or_else(wrong)?;
            all.iter().position(|one| place(one).1 == number).ok_or_else(wrong)?
        }
    };
    let end = start.saturating_add(limit).min(all.len());
    let shown = all.get(start..end).unwrap_or_default();
    let mut body = json!({ "list": shown.iter().map(entry).collect::<Vec<_>>() });
    if let Some(next) = all.get(end) {
        let (moment, number) = place(next);
        let offset = json!([moment.saturating_mul(1_000).to_string(), (FIRST_RECORD + number).to_string()]);
        body["next_offset"] = Value::from(offset.to_string());
    }
    Ok(body)
}

/// The record an offset names: the first one of its page.
fn record(offset: &str) -> Option<usize> {
    let parts: [String; 2] = serde_json::from_str(offset).ok()?;
    parts[1].parse::<usize>().ok()?.checked_sub(FIRST_RECORD)
}

fn limit(call: &Call) -> Result<usize, Refusal> {
    let Some(wish) = call.param("limit") else { return Ok(PAGE) };
    let limit = wish.parse().ok().filter(|limit| (1..=LARGEST_PAGE).contains(limit));
    limit.ok_or_else(|| Refusal::wrong("limit", "must be between 1 and 100"))
}

/// What to sort by, and whether the earliest comes first.
fn sort(kind: Kind, call: &Call) -> Result<(&'static Field, bool), Refusal> {
    let wish = [("sort_by[asc]", true), ("sort_by[desc]", false)];
    let wish = wish.into_iter().find_map(|(param, ascending)| Some((param, call.param(param)?, ascending)));
    let (param, name, ascending) = match wish {
        Some((param, name, ascending)) => (param, Some(name), ascending),
        None => ("sort_by", None, false),
    };
    let mut sorting = fields(kind).iter().filter(|field| field.sorts);
    let field = sorting.find(|field| name.is_none_or(|name| field.name == name));
    field.map(|field| (field, ascending)).ok_or_else(|| Refusal::wrong(param, "cannot be sorted by"))
}

fn moment(world: &World, field: &Field, number: usize) -> i64 {
    match field.of(world, number) {
        Some(Cell::Number(moment)) => moment,
        _ => 0,
    }
}
