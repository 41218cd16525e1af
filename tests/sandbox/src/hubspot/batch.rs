//! Many records at once: what is found, and in the same answer what is not.

use serde_json::{Value, json};

use super::errors::{Refusal, missing_records};
use super::objects::Object;
use super::value::moment;
use crate::vendor::{Call, Reply};
use crate::world::World;

/// At most so many records in one call.
const MOST: usize = 100;

/// `POST /crm/v3/objects/{type}/batch/read`: all found is 200, some 207, none 404.
pub(crate) fn read(world: &World, object: &Object, call: &Call) -> Result<Reply, Refusal> {
    let body = body(call)?;
    let wanted = ids(&body)?;
    if wanted.len() > MOST {
        return Err(Refusal::invalid(format!("No more than {MOST} inputs are allowed, there were {}", wanted.len())));
    }
    let found = object.found_by(world, body["idProperty"].as_str(), &wanted)?;
    let is_archived = call.param("archived") == Some("true");
    let place = |at: usize| found.get(at).copied().flatten().filter(|_| !is_archived);
    let mut missing = Vec::new();
    let mut numbers = Vec::new();
    for (at, id) in wanted.iter().enumerate() {
        match place(at) {
            Some(number) => numbers.push(number),
            None => missing.push(id.clone()),
        }
    }
    if numbers.is_empty() && !missing.is_empty() {
        return Err(Refusal::none_found(object, &missing));
    }
    // Not in the order they were asked for, and each of them once.
    numbers.sort_unstable();
    numbers.dedup();
    let properties = texts(&body["properties"]);
    let results: Vec<Value> =
        numbers.into_iter().map(|number| Value::Object(object.shape(world, number, &properties))).collect();
    let errors = match missing.as_slice() {
        [] => Vec::new(),
        missing => vec![json!({
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "message": missing_records(object),
            "context": { "ids": missing },
        })],
    };
    Ok(completed(call, &results, &errors))
}

/// The answer of a batch: with errors it is a 207.
pub(crate) fn completed(call: &Call, results: &[Value], errors: &[Value]) -> Reply {
    let at = moment(call.now);
    let mut body = json!({ "status": "COMPLETE", "results": results });
    if !errors.is_empty() {
        body["numErrors"] = Value::from(errors.len());
        body["errors"] = Value::from(errors);
    }
    body["startedAt"] = Value::from(at.as_str());
    body["completedAt"] = Value::from(at);
    Reply::json(if errors.is_empty() { 200 } else { 207 }, &body)
}

/// The body, which must be an object.
pub(crate) fn body(call: &Call) -> Result<Value, Refusal> {
    let parsed: Result<Value, _> = serde_json::from_slice(&call.body);
    match parsed {
        Ok(body) if body.is_object() => Ok(body),
        Ok(_) => Err(Refusal::body(1, 1, "expected an object")),
        Err(wrong) => Err(Refusal::body(wrong.line(), wrong.column(), "not valid JSON")),
    }
}

/// The ids of the inputs; a number is taken for its digits.
pub(crate) fn ids(body: &Value) -> Result<Vec<String>, Refusal> {
    let without = |what: &str| {
        let why = format!("Cannot build {what}, some of required attributes are not set");
        Refusal::body(1, 1, &why)
    };
    let inputs = body["inputs"].as_array().ok_or_else(|| without("BatchReadInput"))?;
    let id = |input: &Value| text(&input["id"]).ok_or_else(|| without("ObjectId"));
    inputs.iter().map(id).collect()
}

/// A text, or a number's or a truth's text.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// The texts of a list.
pub(crate) fn texts(value: &Value) -> Vec<String> {
    value.as_array().map(Vec::as_slice).unwrap_or_default().iter().filter_map(text).collect()
}
