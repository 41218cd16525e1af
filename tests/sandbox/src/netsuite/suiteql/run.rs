//! Reads the rows that a query asks for.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::expression::{Comparison, Condition, Expression};
use super::{Join, Query, Source};
use crate::netsuite::cell::Cell;
use crate::netsuite::errors::Refusal;
use crate::world::World;

/// No query gives more rows.
pub(in crate::netsuite) const MOST_ROWS: usize = 100_000;
/// More combinations than this are not tried.
const MOST_COMBINATIONS: usize = 1_000_000;

/// One row of each source.
type Combination = Vec<Option<usize>>;

/// The rows between `offset` and `offset + limit`, and how many there are in all.
pub(in crate::netsuite) fn run(
    query: &Query,
    world: &World,
    offset: usize,
    limit: usize,
) -> Result<(Vec<Value>, usize), Refusal> {
    let mut found = combinations(query, world)?;
    sort(query, world, &mut found);
    found.truncate(query.first.unwrap_or(MOST_ROWS).min(MOST_ROWS));
    let window = found.iter().skip(offset).take(limit);
    Ok((window.map(|rows| shown(query, world, rows)).collect(), found.len()))
}

fn combinations(query: &Query, world: &World) -> Result<Vec<Combination>, Refusal> {
    let (first, joined) = query.sources.split_first().ok_or_else(Refusal::syntax)?;
    let conditions = query.filter.as_ref().map(Condition::conjuncts).unwrap_or_default();
    let (early, late): (Vec<&Condition>, Vec<&Condition>) =
        conditions.iter().partition(|condition| condition.needs_only(0));
    let candidates = candidates(first, &early, world).into_iter().map(|row| vec![Some(row)]);
    let holds = |rows: &Combination, condition: &Condition| condition.holds(world, rows) == Some(true);
    let mut found: Vec<Combination> =
        candidates.filter(|rows| early.iter().all(|condition| holds(rows, condition))).collect();
    for source in joined {
        let Some(join) = &source.join else { continue };
        found = join_to(found, source, join, world)?;
    }
    found.retain(|rows| late.iter().all(|condition| holds(rows, condition)));
    Ok(found)
}

/// The rows of the first table, or only those that a condition on a key leaves.
fn candidates(source: &Source, conditions: &[&Condition], world: &World) -> Vec<usize> {
    let by_key = conditions.iter().find_map(|condition| match condition {
        Condition::Compare(Expression::Column(_, column), Comparison::Equal, Expression::Literal(value)) => {
            Some((column.find?, vec![value]))
        }
        Condition::Within(Expression::Column(_, column), list) => {
            Some((column.find?, list.values.iter().map(literal).collect::<Option<Vec<_>>>()?))
        }
        _ => None,
    });
    let Some((find, values)) = by_key else { return (source.table.rows)(world) };
    let mut seen = HashSet::new();
    let rows = values.into_iter().filter_map(Cell::written).flat_map(|value| find(world, &value));
    rows.filter(|row| seen.insert(*row)).collect()
}

fn literal(value: &Expression) -> Option<&Cell<'static>> {
    if let Expression::Literal(cell) = value { Some(cell) } else { None }
}

fn join_to(found: Vec<Combination>, source: &Source, join: &Join, world: &World) -> Result<Vec<Combination>, Refusal> {
    let index = if join.column.find.is_none() { index(source, join, world) } else { HashMap::new() };
    let mut joined = Vec::new();
    for rows in found {
        let value = join.equals.cell(world, &rows).written();
        let partners = match (&value, join.column.find) {
            (None, _) => Cow::Borrowed(&[][..]),
            (Some(value), Some(find)) => Cow::Owned(find(world, value)),
            (Some(value), None) => Cow::Borrowed(index.get(value).map(Vec::as_slice).unwrap_or_default()),
        };
        let before = joined.len();
        for partner in partners.iter() {
            let mut pair = rows.clone();
            pair.push(Some(*partner));
            if join.on.holds(world, &pair) == Some(true) {
                joined.push(pair);
            }
        }
        if join.keeps_lonely && joined.len() == before {
            let mut lonely = rows;
            lonely.push(None);
            joined.push(lonely);
        }
        if joined.len() > MOST_COMBINATIONS {
            return Err(Refusal::syntax());
        }
    }
    Ok(joined)
}

/// The rows of a table by the column it is joined on.
fn index(source: &Source, join: &Join, world: &World) -> HashMap<String, Vec<usize>> {
    let mut index: HashMap<String, Vec<usize>> = HashMap::new();
    for row in (source.table.rows)(world) {
        if let Some(value) = (join.column.value)(world, row).written() {
            index.entry(value).or_default().push(row);
        }
    }
    index
}

fn sort(query: &Query, world: &World, found: &mut Vec<Combination>) {
    if query.order.is_empty() {
        return;
    }
    let keys = |rows: &Combination| query.order.iter().map(|(value, _)| value.cell(world, rows)).collect::<Vec<_>>();
    let mut keyed: Vec<(Vec<Cell<'_>>, Combination)> = found.drain(..).map(|rows| (keys(&rows), rows)).collect();
    keyed.sort_by(|(one, _), (two, _)| {
        let pairs = one.iter().zip(two).zip(&query.order);
        let orders = pairs.map(|((one, two), (_, descends))| {
            let order = present_first(one, two);
            if *descends { order.reverse() } else { order }
        });
        orders.fold(Ordering::Equal, Ordering::then)
    });
    found.extend(keyed.into_iter().map(|(_, rows)| rows));
}

/// Absent values are greater than all others.
fn present_first(one: &Cell<'_>, two: &Cell<'_>) -> Ordering {
    one.order(two).unwrap_or_else(|| (*one == Cell::Null).cmp(&(*two == Cell::Null)))
}

/// Every value is a text, and absent ones are absent.
fn shown(query: &Query, world: &World, rows: &Combination) -> Value {
    let mut row = Map::new();
    row.insert("links".to_owned(), Value::Array(Vec::new()));
    for (name, value) in &query.select {
        if let Some(text) = value.cell(world, rows).written() {
            row.insert(name.clone(), Value::String(text));
        }
    }
    Value::Object(row)
}
