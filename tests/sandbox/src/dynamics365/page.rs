//! Answers: a page of rows, one row, or how many there are.

use std::cmp::Ordering;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::cell::Cell;
use super::errors::Refusal;
use super::filter::Condition;
use super::query::Query;
use super::sets::{Company, Definition, Row};
use crate::vendor::{Call, Reply};

/// A page, with the address of the next one unless the caller's own `$top` ended it.
pub(super) fn list(
    call: &Call,
    definition: &Definition,
    query: &Query,
    companies: &[Company<'_>],
    most_rows: usize,
) -> Reply {
    let mut rows = matching(definition, companies, query.filter.as_ref());
    let total = rows.len();
    sort(&mut rows, &query.order);
    let wanted = rows.into_iter().skip(query.skip).take(query.top.unwrap_or(usize::MAX));
    let size = query.page_size.unwrap_or(most_rows).min(most_rows);
    let mut rest = wanted.skip(query.given);
    let page: Vec<Value> = rest.by_ref().take(size).map(|row| Value::Object(object(&row, definition, query))).collect();
    let mut body = Map::new();
    body.insert("@odata.context".to_owned(), context(call, definition, query, ""));
    if query.count {
        body.insert("@odata.count".to_owned(), Value::from(total));
    }
    let given = query.given + page.len();
    body.insert("value".to_owned(), Value::Array(page));
    if rest.next().is_some() {
        body.insert("@odata.nextLink".to_owned(), Value::String(next_link(call, given)));
    }
    answer(&Value::Object(body))
}

/// The row with that key; without a body when there is none.
pub(super) fn single(
    call: &Call,
    definition: &Definition,
    query: &Query,
    companies: &[Company<'_>],
    key: Condition,
) -> Result<Reply, Refusal> {
    let key = Some(key);
    let Some(row) = matching(definition, companies, key.as_ref()).into_iter().next() else {
        return Ok(Reply::empty(404));
    };
    let mut body = Map::new();
    body.insert("@odata.context".to_owned(), context(call, definition, query, "/$entity"));
    body.extend(object(&row, definition, query));
    Ok(answer(&Value::Object(body)))
}

/// `/$count`: digits.
pub(super) fn count(definition: &Definition, query: &Query, companies: &[Company<'_>]) -> Reply {
    Reply::text(200, matching(definition, companies, query.filter.as_ref()).len().to_string())
}

fn matching<'a>(definition: &Definition, companies: &[Company<'a>], filter: Option<&Condition>) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'a>> = companies.iter().flat_map(|company| definition.candidates(*company, filter)).collect();
    rows.retain(|row| filter.is_none_or(|condition| condition.is_met_by(row)));
    rows
}

fn sort(rows: &mut [Row<'_>], order: &[(&'static str, bool)]) {
    if order.is_empty() {
        return;
    }
    rows.sort_by(|left, right| {
        let by_column = order.iter().map(|(property, is_descending)| {
            let by_value = match (left.cell(property), right.cell(property)) {
                (Some(left), Some(right)) => compare(&left, &right),
                _ => Ordering::Equal,
            };
            if *is_descending { by_value.reverse() } else { by_value }
        });
        by_column.fold(Ordering::Equal, Ordering::then)
    });
}

fn compare(left: &Cell<'_>, right: &Cell<'_>) -> Ordering {
    match (left, right) {
        (Cell::Text(left), Cell::Text(right)) => left.cmp(right),
        (Cell::Number(left), Cell::Number(right)) => left.cmp(right),
        (Cell::Time(left), Cell::Time(right)) => left.cmp(right),
        (Cell::Symbol(_, left), Cell::Symbol(_, right)) => left.cmp(right),
        _ => Ordering::Equal,
    }
}

fn object(row: &Row<'_>, definition: &Definition, query: &Query) -> Map<String, Value> {
    let mut members = Map::new();
    let versions = format!("'1,{};0,0;{}'", 5_637_144_576_u64, row.version());
    members.insert("@odata.etag".to_owned(), Value::String(format!("W/\"{}\"", STANDARD.encode(versions))));
    let mut add = |name: &str| {
        if let Some(cell) = row.cell(name) {
            members.insert(name.to_owned(), cell.json());
        }
    };
    match &query.select {
        Some(names) => names.iter().for_each(|name| add(name)),
        None => definition.properties.iter().for_each(|(name, _)| add(name)),
    }
    members
}

fn context(call: &Call, definition: &Definition, query: &Query, suffix: &str) -> Value {
    let selected = query.select.as_ref().map_or(String::new(), |names| format!("({})", names.join(",")));
    Value::String(format!("{}/data/$metadata#{}{selected}{suffix}", call.base_url, definition.set))
}

/// The same query with a token that says how many rows were given.
fn next_link(call: &Call, given: usize) -> String {
    let kept = call.raw_query.split('&').filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        !name.is_empty() && name != "$skiptoken" && !name.eq_ignore_ascii_case("%24skiptoken")
    });
    let mut pairs: Vec<String> = kept.map(str::to_owned).collect();
    pairs.push(format!("$skiptoken={given}"));
    format!("{}{}?{}", call.base_url, call.path, pairs.join("&"))
}

fn answer(body: &Value) -> Reply {
    let reply = Reply::json(200, body);
    reply.with("content-type", "application/json; odata.metadata=minimal").with("odata-version", "4.0")
}
