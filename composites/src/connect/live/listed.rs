//! Systems that list the fields of an object, and systems of which one row has to do.

use std::collections::BTreeMap;

use portico_contracts::packs::{EntityMapping, FieldList, Template};
use serde_json::Value as Json;

use super::compare::{Comparison, FieldShape, Holds, There, nearest, wanted};
use super::{Untold, address, get, json};
use crate::ask::Call;
use crate::connect::map::Mapper;
use crate::connect::rows::{self, Found, find, find_all, text_of};
use crate::connect::system::System;

/// One list for each entity that says how it is called.
pub(super) async fn fields(
    system: &System,
    call: &Call,
    list: &FieldList,
    into: &mut Comparison,
) -> Result<(), Untold> {
    let driver = system.driver();
    for mapping in into.entities(driver) {
        let Some(shape) = said(mapping, into) else { continue };
        let body = json(system, call, &get(driver, address(driver, &list.path, shape, &[]), None)).await?;
        let Some(known) = known(&body, list) else {
            into.difference(format!("{}: the list of `{shape}` has no fields where the pack says", mapping.of.name));
            continue;
        };
        into.compared();
        for one in wanted(driver, mapping) {
            // What encloses a row is not in the list, and of a field only its name is.
            let Some(name) = one.path.members().first().copied().filter(|_| one.path.up == 0) else { continue };
            let there = match known.get(name) {
                Some(shape) if one.path.steps.len() == 1 => There::Field(shape.clone()),
                Some(_) => There::Field(FieldShape::default()),
                None => There::Nothing(nearest(name, known.keys().map(String::as_str))),
            };
            into.hold(mapping.of.name, shape, one, &there);
        }
    }
    Ok(())
}

fn said<'m>(mapping: &'m EntityMapping, into: &mut Comparison) -> Option<&'m str> {
    if mapping.shape.is_none() {
        into.note(format!("{} was not compared: the pack does not say its `shape`", mapping.of.name));
    }
    mapping.shape.as_deref()
}

fn known(body: &Json, list: &FieldList) -> Option<BTreeMap<String, FieldShape>> {
    let text = |path, frames: &[&Json]| match find(path, frames) {
        Found::Value(value) => text_of(value).map(str::to_owned),
        _ => None,
    };
    let found = rows::rows(body, &list.rows)?;
    let mut known = BTreeMap::new();
    for frames in &found.rows {
        let Some(name) = text(&list.name, frames) else { continue };
        let called = list.kind.as_ref().and_then(|path| text(path, frames)).unwrap_or_default();
        let words = list.words.as_ref().and_then(|path| find_all(path, frames).ok()).unwrap_or_default();
        let words = words.into_iter().filter_map(|word| text_of(word).map(str::to_owned)).collect();
        known.insert(name, FieldShape { holds: holds(&called), called, words });
    }
    (!known.is_empty()).then_some(known)
}

/// The words that such systems use for types.
fn holds(called: &str) -> Option<Holds> {
    Some(match called.to_ascii_lowercase().as_str() {
        "string" | "text" | "enumeration" | "phone_number" | "email" | "url" => Holds::Text,
        "number" | "integer" | "decimal" | "currency" | "float" => Holds::Number,
        "bool" | "boolean" => Holds::Truth,
        "date" | "datetime" | "glide_date" | "glide_date_time" => Holds::Moment,
        _ => return None,
    })
}

/// One row of each entity, mapped as traffic would.
pub(super) async fn rows(system: &System, call: &Call, path: &Template, into: &mut Comparison) -> Result<(), Untold> {
    let driver = system.driver();
    for mapping in into.entities(driver) {
        let Some(shape) = said(mapping, into) else { continue };
        let body =
            json(system, call, &get(driver, address(driver, path, shape, driver.selected(mapping)), None)).await?;
        let Some(found) = rows::rows(&body, &mapping.rows) else {
            into.difference(format!("{}: its rows are not at `{}`", mapping.of.name, mapping.rows));
            continue;
        };
        let Some(frames) = found.rows.first() else {
            into.note(format!("{} was not compared: there is no row to look at", mapping.of.name));
            continue;
        };
        into.compared();
        let mut mapper = Mapper::new(&driver.pack, mapping, None);
        // Only what the row tells about its shape is wanted here.
        let _ = mapper.record(frames, &[]);
        for drift in mapper.into_drifts() {
            let says = match drift.kind {
                "missing" => "is missing from a row",
                "retyped" => "has another type in a row",
                _ => "has a word in a row that the pack does not know",
            };
            into.difference(format!("{}.{} {says} of `{shape}`", drift.entity, drift.field));
        }
    }
    Ok(())
}
