//! One look-up, step by step, for who writes a pack: what was asked, what came back, and what each field was made of.
//!
//! Credentials are never part of it: they are put in behind what is shown here.

use std::time::Duration;

use bytes::Bytes;
use portico_contracts::canonical::{Record, Value};
use portico_contracts::packs::{Mapping, Reading as Read};
use serde_json::Value as Json;
use tokio::time::Instant;

use super::driver::Sorting;
use super::map::Mapper;
use super::rows::{Found, find, find_all, rows};
use super::system::System;
use super::system::probe::in_words;
use super::wire::{Answer, Request};
use crate::ask::{Ask, Call, Key};

/// So many requests are sent at most: two steps and the pages of the second.
const MOST_REQUESTS: usize = 6;

/// What one look-up came to.
#[derive(Debug)]
pub struct Trial {
    /// The requests in their order.
    pub exchanges: Vec<Exchange>,
    /// What came of the key; a sentence where nothing did.
    pub outcome: Result<usize, String>,
    /// Rows that were not asked for.
    pub strays: usize,
}

/// One request and its answer.
#[derive(Debug)]
pub struct Exchange {
    /// Method and target, below the system's address.
    pub asked: String,
    /// The body that was sent.
    pub sent: Option<Bytes>,
    /// What came back; a sentence where nothing did.
    pub answer: Result<Answered, String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// How long it took.
    pub took: Duration,
    /// The body: customers' data.
    pub body: Bytes,
    /// What the pack makes of it: rows, or why it is none.
    pub rows: Result<Vec<Row>, String>,
    /// Fields that are not what the pack expects: `Order.total missing`.
    pub drifts: Vec<String>,
}

/// One row.
#[derive(Debug)]
pub struct Row {
    /// Its mapped fields.
    pub fields: Vec<Told>,
    /// Why it would be left out, where it would.
    pub left_out: Option<String>,
}

/// One field of a row.
#[derive(Debug)]
pub struct Told {
    /// The model's field.
    pub field: &'static str,
    /// Where it is read, with what stands there (customers' data); absent where nothing does.
    pub read: Vec<(String, Option<String>)>,
    /// What it became; `None` where that is null.
    pub value: Option<String>,
    /// Why there is no value.
    pub why: Option<String>,
}

/// Looks one key up.
pub async fn look_up(system: &System, ask: &Ask, key: &Key, call: &Call) -> Trial {
    let mut trial = Trial { exchanges: Vec::new(), outcome: Ok(0), strays: 0 };
    let mut questions = system.driver().requests(ask, std::slice::from_ref(key));
    if let Some((_, failure)) = questions.refused.pop() {
        trial.outcome = Err(failure.message);
        return trial;
    }
    let mut next = questions.chunks.pop().map(|chunk| chunk.request);
    let mut records = Vec::new();
    let most = system.driver().pages(ask).min(MOST_REQUESTS);
    while let Some(asked) = next.take() {
        if trial.exchanges.len() >= most.max(2) {
            trial.outcome = Err(format!("there are more pages than the {most} that are read here"));
            return trial;
        }
        let began = Instant::now();
        let answer = system.send(&asked, call).await;
        let took = began.elapsed();
        let shown = Exchange {
            asked: format!("{} {}", asked.method, asked.target),
            sent: asked.body.clone(),
            answer: Err(String::new()),
        };
        let (told, read) = match answer {
            Ok(answer) => {
                let (told, read) = read(system, ask, &asked, &answer, took);
                (Ok(told), read)
            }
            Err(trouble) => (Err(in_words(&trouble)), Err(in_words(&trouble))),
        };
        trial.exchanges.push(Exchange { answer: told, ..shown });
        match read {
            Ok(rows) => {
                trial.strays += rows.strays;
                records.extend(rows.records);
                next = rows.next;
            }
            Err(says) => {
                trial.outcome = Err(says);
                return trial;
            }
        }
    }
    let mut sorted = system.driver().sort_out(ask, std::slice::from_ref(key), records, true);
    trial.strays += sorted.strays;
    trial.outcome = match sorted.keys.pop() {
        Some(Sorting::Page(page)) => Ok(page.rows.len()),
        Some(Sorting::Failed(failure)) => Err(failure.message),
        Some(Sorting::Unsure) | None => Err("the rows could not be told apart".to_owned()),
    };
    trial
}

type ReadRows = Result<super::wire::Rows, String>;

fn read(system: &System, ask: &Ask, asked: &Request, answer: &Answer, took: Duration) -> (Answered, ReadRows) {
    let read = system.driver().read(ask, asked, answer);
    let read = read.map_err(|rejection| in_words(&crate::endure::Trouble::Rejected(rejection)));
    let drifts = read.as_ref().map(|rows| &rows.drifts[..]).unwrap_or_default();
    let hops = asked.linked.as_ref().map_or(0, |linked| linked.hops);
    let links = system
        .driver()
        .reading(ask)
        .is_some_and(|reading| reading.look_up.links.as_ref().is_some_and(|links| links.after(hops).is_some()));
    let told = Answered {
        status: answer.status.as_u16(),
        took,
        body: answer.body.clone(),
        rows: match &read {
            // These requests only tell ids.
            Ok(_) if links => Ok(Vec::new()),
            Ok(_) => Ok(told_rows(system, ask, answer)),
            Err(says) => Err(says.clone()),
        },
        drifts: drifts.iter().map(|drift| format!("{}.{} {}", drift.entity, drift.field, drift.kind)).collect(),
    };
    (told, read)
}

fn told_rows(system: &System, ask: &Ask, answer: &Answer) -> Vec<Row> {
    let Some(reading) = system.driver().reading(ask) else { return Vec::new() };
    let Ok(body) = reading.body(answer) else { return Vec::new() };
    let Some(found) = rows(&body, &reading.look_up.rows) else { return Vec::new() };
    let mut mapper = Mapper::new(reading.pack, reading.mapping, reading.of);
    let row = |frames: &Vec<&Json>, mapper: &mut Mapper<'_>| {
        let record = mapper.fields(reading.mapping.of, &reading.mapping.fields, frames);
        let left_out = mapper.record(frames, &[]).err().map(|failure| failure.message.clone());
        let fields = reading.mapping.fields.iter();
        Row { fields: fields.map(|(_, name, mapping)| told(name, mapping, &record, frames)).collect(), left_out }
    };
    found.rows.iter().map(|frames| row(frames, &mut mapper)).collect()
}

fn told(field: &'static str, mapping: &Mapping, record: &Record, frames: &[&Json]) -> Told {
    let mut read: Vec<(String, Option<String>)> = Vec::new();
    for Read { path, .. } in mapping.reads() {
        let name = path.to_string();
        // A condition may be about the very place that the value is read from.
        if !read.iter().any(|(known, _)| *known == name) {
            read.push((name, standing(path, frames)));
        }
    }
    let (value, why) = match record.get(field) {
        Value::Failed(failure) => (None, Some(failure.message.clone())),
        Value::Null => (None, Some(why_null(mapping, frames).to_owned())),
        value => (Some(shown(value)), None),
    };
    Told { field, read, value, why }
}

/// What stands at a path, as JSON.
fn standing(path: &portico_contracts::packs::Path, frames: &[&Json]) -> Option<String> {
    if path.is_many() {
        let all = find_all(path, frames).ok()?;
        return Some(format!("[{}]", all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")));
    }
    match find(path, frames) {
        Found::Value(value) => Some(value.to_string()),
        Found::Null => Some("null".to_owned()),
        Found::Missing | Found::Mismatch => None,
    }
}

fn why_null(mapping: &Mapping, frames: &[&Json]) -> &'static str {
    let conditional =
        matches!(mapping, Mapping::Read(read) if !read.only_if.iter().all(|one| super::rows::holds(one, frames)));
    if conditional { "it does not count here (`only_if`)" } else { "the system has no value" }
}

/// A value as people read it.
fn shown(value: &Value) -> String {
    match value {
        Value::Null | Value::Failed(_) => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Text(text) => format!("{text:?}"),
        Value::Decimal(value) => value.to_string(),
        Value::Money(money) => format!("{} {}", money.amount, money.currency),
        Value::Date(day) => day.to_string(),
        Value::DateTime(at) => at.to_rfc3339(),
        Value::Enum(name) => (*name).to_owned(),
        Value::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Object(record) => {
            let of = |field: &portico_contracts::model::Field| match record.at(field.ordinal) {
                Value::Null => None,
                value => Some(format!("{}: {}", field.name, shown(value))),
            };
            format!("{{ {} }}", record.of.fields.values().filter_map(of).collect::<Vec<_>>().join(", "))
        }
    }
}
