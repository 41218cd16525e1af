//! One page of a query's rows, and the links to the others.

use serde_json::{Value, json};

use super::cell::Cell;
use super::errors::{Refusal, collection};
use super::suiteql;
use crate::vendor::{Call, Reply};
use crate::world::World;

/// The most rows of a page, and how many come when nobody says.
const MOST: usize = 1_000;

/// Answers a query.
pub(super) fn answer(call: &Call, world: &World) -> Result<Reply, Refusal> {
    let wishes = call.headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    if !wishes.flat_map(|value| value.split(',')).any(|wish| wish.trim().eq_ignore_ascii_case("transient")) {
        return Err(Refusal::not_transient());
    }
    let (limit, offset) = window(call)?;
    let body = call.json().ok_or_else(Refusal::body)?;
    let text = body["q"].as_str().ok_or_else(Refusal::body)?;
    let query = suiteql::query(text, parameters(&body["params"])?)?;
    let (rows, total) = suiteql::run(&query, world, offset, limit)?;
    Ok(collection(&json!({
        "links": links(call, limit, offset, total),
        "count": rows.len(),
        "hasMore": offset.saturating_add(rows.len()) < total,
        "items": rows,
        "offset": offset,
        "totalResults": total,
    })))
}

fn parameters(given: &Value) -> Result<Vec<Cell<'static>>, Refusal> {
    let list = match given {
        Value::Null => return Ok(Vec::new()),
        Value::Array(list) => list,
        _ => return Err(Refusal::body()),
    };
    let one = |value: &Value| match value {
        Value::String(text) => Ok(Cell::owned(text.clone())),
        Value::Number(number) => number.to_string().parse().map(Cell::Number).map_err(|_| Refusal::body()),
        Value::Bool(truth) => Ok(Cell::truth(*truth)),
        Value::Null => Ok(Cell::Null),
        _ => Err(Refusal::body()),
    };
    list.iter().map(one).collect()
}

/// Pages do not overlap: the offset is a multiple of the limit.
fn window(call: &Call) -> Result<(usize, usize), Refusal> {
    let number = |name, default| match call.param(name) {
        Some(text) => {
            text.parse().map_err(|_| Refusal::window(name, "The value has to be a number that is not negative."))
        }
        None => Ok(default),
    };
    let (limit, offset): (usize, usize) = (number("limit", MOST)?, number("offset", 0)?);
    if !(1..=MOST).contains(&limit) {
        return Err(Refusal::window("limit", "The limit has to be between 1 and 1000."));
    }
    if !offset.is_multiple_of(limit) {
        return Err(Refusal::window("offset", "The offset has to be divisible by the limit."));
    }
    if offset >= suiteql::MOST_ROWS {
        return Err(Refusal::window("offset", "A query gives no more than 100000 rows."));
    }
    Ok((limit, offset))
}

fn links(call: &Call, limit: usize, offset: usize, total: usize) -> Vec<Value> {
    let last = total.saturating_sub(1) / limit * limit;
    let mut links = Vec::new();
    if offset > 0 {
        links.extend([("prev", offset - limit), ("first", 0)]);
    }
    if offset + limit < total {
        links.extend([("next", offset + limit), ("last", last)]);
    }
    links.push(("self", offset));
    let one = |(rel, offset)| {
        let href = format!("{}{}?limit={limit}&offset={offset}", call.base_url, call.path);
        json!({ "rel": rel, "href": href })
    };
    links.into_iter().map(one).collect()
}
