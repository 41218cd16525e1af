//! Running a query: which records, in which order, and how a page of them looks.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use super::errors::Refusal;
use super::objects::{Object, object};
use super::plan::{Column, Output, Plan, plan};
use crate::world::World;

/// The largest page, and the one given without a wish.
pub(crate) const PAGE: usize = 2_000;
/// The smallest page a wish can ask for.
const SMALLEST_PAGE: usize = 200;
/// Queries that can still be continued; beyond it all earlier ones are forgotten.
const MOST_CURSORS: usize = 1_000;

/// The queries of which pages are left.
#[derive(Debug, Default)]
pub(crate) struct Cursors(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    count: usize,
    cursors: HashMap<String, Arc<Cursor>>,
}

/// The answer to a query as it stood when it was asked.
#[derive(Debug)]
struct Cursor {
    plan: Plan,
    records: Vec<usize>,
    page: usize,
}

/// The first page of a query's answer.
pub(crate) fn first(world: &World, text: &str, version: &str, page: usize, open: &Cursors) -> Result<Value, Refusal> {
    let plan = plan(text)?;
    let records = found(world, &plan, (plan.object.records)(world));
    if plan.counts {
        return Ok(json!({ "totalSize": records.len(), "done": true, "records": [] }));
    }
    let cursor = Cursor { plan, records, page: page.clamp(SMALLEST_PAGE, PAGE) };
    if cursor.records.len() <= cursor.page {
        return Ok(cursor.page_at(world, 0, version, ""));
    }
    let cursor = Arc::new(cursor);
    let locator = open.keep(&cursor);
    Ok(cursor.page_at(world, 0, version, &locator))
}

/// The page that a locator stands for.
pub(crate) fn next(world: &World, locator: &str, version: &str, open: &Cursors) -> Result<Value, Refusal> {
    let dead = || Refusal::bad("INVALID_QUERY_LOCATOR", "invalid query locator");
    let (name, from) = locator.rsplit_once('-').ok_or_else(dead)?;
    let from: usize = from.parse().map_err(|_| dead())?;
    let cursor = open.0.lock().cursors.get(name).cloned().ok_or_else(dead)?;
    if from >= cursor.records.len() {
        return Err(dead());
    }
    Ok(cursor.page_at(world, from, version, name))
}

impl Cursors {
    fn keep(&self, cursor: &Arc<Cursor>) -> String {
        let mut open = self.0.lock();
        if open.cursors.len() >= MOST_CURSORS {
            open.cursors.clear();
        }
        open.count += 1;
        let locator = format!("0r8xx{:013}", open.count);
        open.cursors.insert(locator.clone(), Arc::clone(cursor));
        locator
    }
}

impl Cursor {
    fn page_at(&self, world: &World, from: usize, version: &str, locator: &str) -> Value {
        let total = self.records.len();
        let until = total.min(from.saturating_add(self.page));
        let records = self.records.get(from..until).unwrap_or_default();
        let shown: Vec<Value> = records.iter().map(|at| shown(world, &self.plan, *at, version)).collect();
        let mut body = json!({ "totalSize": total, "done": until == total });
        if until < total {
            body["nextRecordsUrl"] = Value::from(format!("/services/data/{version}/query/{locator}-{until}"));
        }
        body["records"] = Value::Array(shown);
        body
    }
}

/// The records that pass, sorted and cut.
fn found(world: &World, plan: &Plan, mut records: Vec<usize>) -> Vec<usize> {
    if let Some(test) = &plan.test {
        records.retain(|at| test.holds(world, *at));
    }
    if !plan.order.is_empty() {
        records.sort_by(|one, two| ordered(world, &plan.order, *one, *two));
    }
    records.into_iter().skip(plan.offset).take(plan.limit).collect()
}

fn ordered(world: &World, order: &[(Column, bool, bool)], one: usize, two: usize) -> Ordering {
    for (column, descending, nulls_last) in order {
        let (one, two) = (column.cell(world, one), column.cell(world, two));
        let absent = |cell| matches!(cell, &super::cells::Cell::Null);
        let by_presence = match (absent(&one), absent(&two)) {
            (true, true) => continue,
            (true, false) if *nulls_last => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, true) if *nulls_last => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => Ordering::Equal,
        };
        let by_value = if *descending { two.order(&one) } else { one.order(&two) };
        let decided = by_presence.then(if by_presence == Ordering::Equal { by_value } else { Ordering::Equal });
        if decided != Ordering::Equal {
            return decided;
        }
    }
    Ordering::Equal
}

/// A record as a query shows it.
fn shown(world: &World, plan: &Plan, at: usize, version: &str) -> Value {
    let mut record = Map::new();
    record.insert("attributes".to_owned(), plan.object.attributes(world, at, version));
    for output in &plan.outputs {
        match output {
            Output::Value(column) => put(&mut record, world, column, at, version),
            Output::Children(children, inner) => {
                let records = found(world, inner, (children.records)(world, at));
                let list: Vec<Value> = records.iter().map(|child| shown(world, inner, *child, version)).collect();
                let list = match list.len() {
                    // No children are nothing, and not an empty list.
                    0 => Value::Null,
                    size => json!({ "totalSize": size, "done": true, "records": list }),
                };
                record.insert(children.name.to_owned(), list);
            }
        }
    }
    Value::Object(record)
}

/// Writes a value into a record, its parents nested round it; columns of the same parent share one.
fn put(record: &mut Map<String, Value>, world: &World, column: &Column, at: usize, version: &str) {
    let (mut record, mut at) = (record, at);
    for parent in &column.parents {
        let found = (parent.record)(world, at).zip(object(parent.object));
        let Some((next, object)) = found else {
            record.insert(parent.name.to_owned(), Value::Null);
            return;
        };
        let nested = record.entry(parent.name).or_insert_with(|| attributed(world, object, next, version));
        let Value::Object(inside) = nested else { return };
        (record, at) = (inside, next);
    }
    record.insert(column.field.name.to_owned(), (column.field.value)(world, at).json());
}

fn attributed(world: &World, object: &Object, at: usize, version: &str) -> Value {
    json!({ "attributes": object.attributes(world, at, version) })
}
