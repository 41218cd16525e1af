//! One record, and pages of records.

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::associations;
use super::errors::Refusal;
use super::objects::Object;
use crate::vendor::Call;
use crate::world::World;

/// A page has so many records without a wish, and at most.
const PAGE: usize = 10;
const LARGEST_PAGE: usize = 100;

/// `GET /crm/v3/objects/{type}/{id}`.
pub(crate) fn one(world: &World, object: &Object, id: &str, call: &Call) -> Result<Value, Refusal> {
    let found = object.found_by(world, call.param("idProperty"), &[id.to_owned()])?;
    let number = found.into_iter().flatten().next().filter(|_| !archived(call)).ok_or_else(Refusal::no_record)?;
    Ok(Value::Object(shape(world, object, number, call)?))
}

/// `GET /crm/v3/objects/{type}`: by ascending id.
pub(crate) fn list(world: &World, object: &Object, call: &Call) -> Result<Value, Refusal> {
    let all = if archived(call) { Vec::new() } else { object.all(world) };
    associations::wanted(call)?;
    page(
        &all,
        call,
        |number| object.id(world, *number),
        |number| shape(world, object, *number, call).map_or(Value::Null, Value::Object),
    )
}

/// A page of what is sorted by id. It goes on after the last id shown; on the last page nothing is said about it.
pub(crate) fn page<T>(
    all: &[T],
    call: &Call,
    id: impl Fn(&T) -> u64,
    shape: impl Fn(&T) -> Value,
) -> Result<Value, Refusal> {
    let limit = limit(call.param("limit"), LARGEST_PAGE)?;
    let after: u64 = match call.param("after") {
        None | Some("") => 0,
        Some(text) => text.parse().map_err(|_| Refusal::invalid(format!("Invalid paging token: {text}")))?,
    };
    let rest = all.get(all.partition_point(|one| id(one) < after)..).unwrap_or_default();
    let shown = rest.get(..limit.min(rest.len())).unwrap_or_default();
    let mut body = json!({ "results": shown.iter().map(shape).collect::<Vec<_>>() });
    if let (Some(last), true) = (shown.last(), rest.len() > shown.len()) {
        let next = id(last).saturating_add(1).to_string();
        body["paging"] = json!({ "next": { "after": next, "link": link(call, &call.path, &next) } });
    }
    Ok(body)
}

/// How many are wanted.
pub(crate) fn limit(wish: Option<&str>, most: usize) -> Result<usize, Refusal> {
    let Some(text) = wish else { return Ok(PAGE) };
    let limit = text.parse().ok().filter(|limit| (1..=most).contains(limit));
    limit.ok_or_else(|| Refusal::invalid(format!("limit must be between 1 and {most}, was {text}")))
}

/// The address of a next page, which clients had better not follow.
pub(crate) fn link(call: &Call, path: &str, after: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(call.query.iter().filter(|(name, _)| name != "after")).append_pair("after", after);
    format!("{}{path}?{}", call.base_url, query.finish())
}

fn shape(world: &World, object: &Object, number: usize, call: &Call) -> Result<Map<String, Value>, Refusal> {
    let mut shape = object.shape(world, number, &names(call, "properties"));
    let linked = associations::brought_along(world, object, number, call)?;
    if !linked.is_empty() {
        shape.insert("associations".to_owned(), Value::Object(linked));
    }
    Ok(shape)
}

fn archived(call: &Call) -> bool {
    call.param("archived") == Some("true")
}

/// Names with commas between them, in one parameter or in several of the name.
pub(crate) fn names(call: &Call, parameter: &str) -> Vec<String> {
    let all = call.params(parameter).flat_map(|text| text.split(','));
    all.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}
