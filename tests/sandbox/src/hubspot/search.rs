//! Searches: groups of filters, any group with all of its filters.

mod filter;

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::batch::{body, text, texts};
use super::errors::Refusal;
use super::objects::{Object, Property, searched};
use super::reads::limit;
use crate::vendor::Call;
use crate::world::World;
use filter::Filter;

/// What a search may hold.
const MOST_GROUPS: usize = 5;
const MOST_IN_GROUP: usize = 6;
const MOST_FILTERS: usize = 18;
/// The largest page, and how far pages reach.
const LARGEST_PAGE: usize = 200;
const DEEPEST: usize = 10_000;

/// `POST /crm/v3/objects/{type}/search`.
pub(crate) fn search(world: &World, object: &Object, call: &Call) -> Result<Value, Refusal> {
    let body = body(call)?;
    let groups = groups(object, &body)?;
    let sort = sort(object, &body["sorts"])?;
    let limit = limit(text(&body["limit"]).as_deref(), LARGEST_PAGE)?;
    let start = start(&body["after"], limit)?;
    let words = text(&body["query"]).unwrap_or_default().to_lowercase();
    let is_found = |number: &usize| {
        let fits = groups.is_empty() || groups.iter().any(|group| group.iter().all(|one| one.holds(world, *number)));
        fits && says(world, object, *number, &words)
    };
    let mut found: Vec<usize> = object.all(world).into_iter().filter(is_found).collect();
    if let Some((property, is_descending)) = sort {
        let meaning = |number: usize| property.of(world, number).and_then(|value| property.kind.understand(&value));
        let mut keyed: Vec<_> = found.into_iter().map(|number| (meaning(number), number)).collect();
        keyed.sort_by(|(one, _), (two, _)| {
            let order = match (one, two) {
                (Some(one), Some(two)) => one.order(two).unwrap_or(Ordering::Equal),
                // What has no value comes last.
                _ => return two.is_some().cmp(&one.is_some()),
            };
            if is_descending { order.reverse() } else { order }
        });
        found = keyed.into_iter().map(|(_, number)| number).collect();
    }
    let properties = texts(&body["properties"]);
    let end = start.saturating_add(limit).min(found.len());
    let shown = found.get(start.min(end)..end).unwrap_or_default();
    let results: Vec<Value> = shown.iter().map(|n| Value::Object(object.shape(world, *n, &properties))).collect();
    let mut answer = json!({ "total": found.len(), "results": results });
    if end < found.len() {
        answer["paging"] = json!({ "next": { "after": end.to_string() } });
    }
    Ok(answer)
}

fn groups(object: &Object, body: &Value) -> Result<Vec<Vec<Filter>>, Refusal> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut groups = Vec::new();
    // Filters without a group are a group.
    let lone = list(&body["filters"]);
    let lone = (!lone.is_empty()).then_some(lone).into_iter();
    for group in list(&body["filterGroups"]).iter().map(|group| list(&group["filters"])).chain(lone) {
        let filters = group.iter().map(|one| Filter::read(object, one)).collect::<Result<Vec<_>, _>>()?;
        if filters.len() > MOST_IN_GROUP {
            return Err(Refusal::invalid(format!("A group may have no more than {MOST_IN_GROUP} filters")));
        }
        groups.push(filters);
    }
    if groups.len() > MOST_GROUPS || groups.iter().map(Vec::len).sum::<usize>() > MOST_FILTERS {
        let limits = format!("No more than {MOST_GROUPS} groups and {MOST_FILTERS} filters are allowed");
        return Err(Refusal::invalid(limits));
    }
    Ok(groups)
}

/// One sort at most: a name, or a name with a direction.
fn sort(object: &Object, sorts: &Value) -> Result<Option<(&'static Property, bool)>, Refusal> {
    let sort = match sorts.as_array().map(Vec::as_slice) {
        None | Some([]) => return Ok(None),
        Some([sort]) => sort,
        Some(_) => return Err(Refusal::invalid("Only one sort is allowed")),
    };
    // In short a name, with a minus before it for what is greatest first.
    let (name, is_descending) = match sort.as_str() {
        Some(short) => (short.trim_start_matches('-'), short.starts_with('-')),
        None => (sort["propertyName"].as_str().unwrap_or_default(), false),
    };
    let property = object.property(name).ok_or_else(|| unknown(name))?;
    match sort["direction"].as_str() {
        None => Ok(Some((property, is_descending))),
        Some("ASCENDING") => Ok(Some((property, false))),
        Some("DESCENDING") => Ok(Some((property, true))),
        Some(other) => Err(Refusal::invalid(format!("Invalid sort direction: {other}"))),
    }
}

fn start(after: &Value, limit: usize) -> Result<usize, Refusal> {
    let start: usize = match text(after).as_deref() {
        None | Some("") => 0,
        Some(text) => text.parse().map_err(|_| Refusal::invalid(format!("Invalid paging offset: {text}")))?,
    };
    if start.saturating_add(limit) > DEEPEST {
        return Err(Refusal::invalid(format!("Only the first {DEEPEST} results can be reached")));
    }
    Ok(start)
}

/// Whether every word occurs somewhere.
fn says(world: &World, object: &Object, number: usize, words: &str) -> bool {
    let mut words = words.split_whitespace().peekable();
    if words.peek().is_none() {
        return true;
    }
    let said: Vec<String> =
        searched(object).filter_map(|property| property.of(world, number)).map(|text| text.to_lowercase()).collect();
    words.all(|word| said.iter().any(|text| text.contains(word)))
}

/// A property that is filtered or sorted by must exist.
pub(crate) fn unknown(name: &str) -> Refusal {
    Refusal::invalid(format!("There was a problem with the request: property {name} does not exist"))
}
