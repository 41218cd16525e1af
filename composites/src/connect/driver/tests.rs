//! The shipped packs against constructed answers in the vendors' shapes (`contracts/systems/<vendor>/shapes`).

use insta::{assert_debug_snapshot, assert_snapshot};
use percent_encoding::percent_decode_str;
use portico_contracts::canonical::Value;
use portico_contracts::model::Model;

use super::*;
use crate::ask::Narrow;
use crate::connect::wire::Drift;

mod chargebee;
mod drifting;
mod dynamics365;
mod hostile;
mod hubspot;
mod links;
mod netsuite;
mod salesforce;
mod servicenow;
mod stripe;
mod tryton;
mod zendesk;

fn driver(pack: &str, base: &str, settings: &[(&str, &str)]) -> Driver {
    let pack = Pack::built_in(pack).expect("a shipped pack");
    let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let of = Some((SystemId::parse("acme-x").expect("a name"), Role::Erp));
    let binding = Binding { settings, of, ..Binding::default() };
    Driver::new(&pack, &binding, &base.parse().expect("an address")).expect("bound")
}

fn ask(entity: &str, by: &'static str) -> Ask {
    Ask { entity: Model::get().entity(entity).expect("an entity"), by, narrow: Narrow::default() }
}

fn first(entity: &str, by: &'static str, first: u32) -> Ask {
    Ask { narrow: Narrow { first: Some(first), ..Narrow::default() }, ..ask(entity, by) }
}

fn keys(keys: &[&str]) -> Vec<Key> {
    keys.iter().map(|key| Arc::from(*key)).collect()
}

/// The only request for these keys.
fn request(driver: &Driver, ask: &Ask, wanted: &[&str]) -> Request {
    let mut questions = driver.requests(ask, &keys(wanted));
    assert!(questions.refused.is_empty(), "{:?}", questions.refused);
    assert_eq!(questions.chunks.len(), 1);
    questions.chunks.remove(0).request
}

/// A target as people read it.
fn readable(request: &Request) -> String {
    let laid_out = request.target.replace('&', "\n  &").replace('?', "\n  ?");
    format!("{} {}", request.method, percent_decode_str(&laid_out).decode_utf8().expect("UTF-8"))
}

fn answer(status: u16, body: &str) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    let status = http::StatusCode::from_u16(status).expect("a status");
    Answer { status, headers, body: Bytes::copy_from_slice(body.as_bytes()) }
}

fn rows(driver: &Driver, ask: &Ask, wanted: &[&str], body: &str) -> Rows {
    driver.read(ask, &request(driver, ask, wanted), &answer(200, body)).expect("rows")
}

/// The pages of the keys, as far as one answer tells them.
fn pages(driver: &Driver, ask: &Ask, wanted: &[&str], body: &str) -> (Vec<Vec<String>>, usize) {
    let rows = rows(driver, ask, wanted, body);
    let complete = rows.next.is_none() && !rows.partial;
    let sorted = driver.sort_out(ask, &keys(wanted), rows.records, complete);
    let of = |sorting: &Sorting| match sorting {
        Sorting::Page(page) => page.rows.iter().map(|row| shown(row)).collect(),
        Sorting::Unsure => vec!["unsure".to_owned()],
        Sorting::Failed(failure) => vec![format!("{}: {}", failure.code, failure.message)],
    };
    (sorted.keys.iter().map(of).collect(), sorted.strays + rows.strays)
}

/// A record's fields that are known.
fn shown(record: &Record) -> String {
    let field = |field: &portico_contracts::model::Field| match record.at(field.ordinal) {
        Value::Null => None,
        value => Some(format!("{}={}", field.name, value_shown(value))),
    };
    record.of.fields.values().filter_map(field).collect::<Vec<_>>().join(" ")
}

fn value_shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Text(text) => format!("{text:?}"),
        Value::Decimal(value) => value.to_string(),
        Value::Money(money) => format!("{} {}", money.amount, money.currency),
        Value::Date(day) => day.to_string(),
        Value::DateTime(at) => at.to_rfc3339(),
        Value::Enum(name) => (*name).to_owned(),
        Value::List(items) => format!("[{}]", items.iter().map(value_shown).collect::<Vec<_>>().join(", ")),
        Value::Object(record) => format!("({})", shown(record)),
        Value::Failed(failure) => format!("!{}", failure.message),
    }
}

macro_rules! shape {
    ($vendor:literal, $name:literal) => {
        include_str!(concat!("../../../../../contracts/systems/", $vendor, "/shapes/", $name, ".json"))
    };
}
use shape;
