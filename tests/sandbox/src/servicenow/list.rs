//! Lists: a window of the rows that a query finds, from which the hidden ones are then left out.

use serde_json::json;

use super::errors::{Refusal, cancelled, reply};
use super::query::Query;
use super::rows::Shape;
use super::tables::Table;
use crate::vendor::{Call, Reply};
use crate::world::World;

/// How many rows come when nobody says.
const LIMIT: usize = 10_000;

/// A page; after `rows_in_time` rows the read is cancelled.
pub(super) fn page(call: &Call, world: &World, table: &'static Table, rows_in_time: usize) -> Result<Reply, Refusal> {
    let limit = number(call, "sysparm_limit")?.unwrap_or(LIMIT);
    let offset = number(call, "sysparm_offset")?.unwrap_or(0);
    let mut query = Query::read(call.param("sysparm_query").unwrap_or_default(), table, world);
    for (name, value) in call.query.iter().filter(|(name, _)| !name.starts_with("sysparm_")) {
        query.require(name, value, table);
    }
    let mut found: Vec<usize> = (table.rows)(world).into_iter().filter(|row| query.holds(world, *row)).collect();
    query.sort(world, &mut found);
    let shape = Shape::read(call, table);
    // The window is cut first; what the user may not see is taken out of it afterwards.
    let window = found.iter().skip(offset).take(limit);
    let visible: Vec<usize> = window.copied().filter(|row| !(table.is_hidden)(world, *row)).collect();
    let rows: Vec<_> = visible.iter().take(rows_in_time).map(|row| shape.row(world, *row)).collect();
    let mut body = json!({ "result": rows });
    if visible.len() > rows_in_time {
        cancelled(&mut body);
    }
    let mut page = reply(200, &body);
    if call.param("sysparm_no_count") != Some("true") {
        page = page.with("x-total-count", found.len().to_string());
    }
    if call.param("sysparm_suppress_pagination_header") != Some("true") {
        page = page.with("link", links(call, limit, offset, found.len()));
    }
    Ok(page)
}

fn number(call: &Call, name: &str) -> Result<Option<usize>, Refusal> {
    call.param(name).map(|text| text.trim().parse().map_err(|_| Refusal::parameter(name))).transpose()
}

/// The pages around this one, each by its offset.
fn links(call: &Call, limit: usize, offset: usize, total: usize) -> String {
    let size = limit.max(1);
    let last = total.saturating_sub(1) / size * size;
    let mut links = vec![("first", 0)];
    if offset > 0 {
        links.push(("prev", offset.saturating_sub(size)));
    }
    if offset.saturating_add(size) < total {
        links.push(("next", offset.saturating_add(size)));
    }
    links.push(("last", last));
    let one = |(rel, offset): &(&str, usize)| format!("<{}>;rel=\"{rel}\"", at_offset(call, limit, *offset));
    links.iter().map(one).collect::<Vec<_>>().join(",")
}

fn at_offset(call: &Call, limit: usize, offset: usize) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let others = call.query.iter().filter(|(name, _)| name != "sysparm_limit" && name != "sysparm_offset");
    query.extend_pairs(others);
    query.append_pair("sysparm_limit", &limit.to_string());
    query.append_pair("sysparm_offset", &offset.to_string());
    format!("{}{}?{}", call.base_url, call.path, query.finish())
}
