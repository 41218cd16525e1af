//! Records by id, by external id and by many ids, and what an object looks like.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::errors::{Refusal, reply};
use super::ids;
use super::objects::{Field, OBJECTS, Object, object};
use super::plan::no_such_column;
use crate::vendor::{Call, Reply};
use crate::world::World;

/// The vendor's cap on ids in one call.
const MOST_IDS: usize = 2_000;

/// One record.
pub(super) fn by_id(world: &World, call: &Call, name: &str, id: &str, version: &str) -> Result<Reply, Refusal> {
    let object = object(name).ok_or_else(Refusal::not_found)?;
    if !ids::well_formed(id) {
        return Err(Refusal::bad("MALFORMED_ID", format!("{}: id value of incorrect type: {id}", object.name)));
    }
    let record = object.record(world, id).ok_or_else(Refusal::not_found)?;
    one(world, call, object, record, version)
}

/// The record with a value in a field that is an external id.
pub(super) fn by_external_id(
    world: &World,
    call: &Call,
    name: &str,
    (field, value): (&str, &str),
    version: &str,
) -> Result<Reply, Refusal> {
    let object = object(name).ok_or_else(Refusal::not_found)?;
    if field.eq_ignore_ascii_case("Id") {
        return by_id(world, call, name, value, version);
    }
    let unusable = || {
        let message = format!("Provided external ID field does not exist or is not accessible: {field}");
        Refusal::new(404, "NOT_FOUND", message)
    };
    let field = object.field(field).filter(|field| field.is_external_id).ok_or_else(unusable)?;
    let same = |at: &usize| (field.value)(world, *at).json().as_str().is_some_and(|v| v.eq_ignore_ascii_case(value));
    let found: Vec<usize> = (object.records)(world).into_iter().filter(same).collect();
    match found.as_slice() {
        [] => Err(Refusal::not_found()),
        [record] => one(world, call, object, *record, version),
        several => {
            let url =
                |at: &usize| format!("/services/data/{version}/sobjects/{}/{}", object.name, object.id(world, *at));
            Ok(reply(300, &several.iter().map(url).collect()))
        }
    }
}

fn one(world: &World, call: &Call, object: &Object, record: usize, version: &str) -> Result<Reply, Refusal> {
    let fields = match call.param("fields") {
        Some(names) => named(object, names.split(','))?,
        None => object.fields.iter().collect(),
    };
    let body = shown(world, object, &fields, record, version);
    if object.name != "Account" {
        return Ok(reply(200, &body));
    }
    // Accounts are the only records with a validator.
    let tag = format!("\"{}--gzip\"", STANDARD.encode(Sha256::digest(body.to_string())));
    let known = call.header("if-none-match").is_some_and(|tags| tags.split(',').any(|known| known.trim() == tag));
    let answer = if known { Reply::empty(304) } else { reply(200, &body) };
    Ok(answer.with("etag", tag))
}

/// Records of many ids, in their order, `null` where there is none.
pub(super) fn collection(world: &World, call: &Call, name: &str, version: &str) -> Result<Reply, Refusal> {
    let object = object(name).ok_or_else(Refusal::not_found)?;
    let (wanted, fields) = match call.method {
        http::Method::POST => {
            let body = call.json().ok_or_else(|| Refusal::bad("JSON_PARSER_ERROR", "Unexpected end of JSON input"))?;
            (texts(&body["ids"], "ids")?, texts(&body["fields"], "fields")?)
        }
        http::Method::GET => {
            let list = |name| call.param(name).unwrap_or_default().split(',').map(str::to_owned).collect();
            (list("ids"), list("fields"))
        }
        _ => return Err(Refusal::method(&call.method, "GET,POST")),
    };
    if wanted.len() > MOST_IDS {
        let message = format!("The request exceeded the limit of {MOST_IDS} records");
        return Err(Refusal::bad("EXCEEDED_ID_LIMIT", message));
    }
    let fields = named(object, fields.iter().map(String::as_str))?;
    let records = (object.records)(world);
    let found = wanted.iter().map(|id| {
        let at = object.number(world, id).filter(|at| records.binary_search(at).is_ok());
        at.map_or(Value::Null, |at| shown(world, object, &fields, at, version))
    });
    Ok(reply(200, &Value::Array(found.collect())))
}

fn texts(value: &Value, name: &str) -> Result<Vec<String>, Refusal> {
    let missing = || Refusal::bad("JSON_PARSER_ERROR", format!("Required field is missing: {name}"));
    let items = value.as_array().filter(|items| !items.is_empty()).ok_or_else(missing)?;
    items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(missing)).collect()
}

fn named<'n>(object: &Object, names: impl Iterator<Item = &'n str>) -> Result<Vec<&'static Field>, Refusal> {
    let find = |name: &str| object.field(name.trim()).ok_or_else(|| unknown_field(object, name.trim()));
    names.filter(|name| !name.trim().is_empty()).map(find).collect()
}

fn unknown_field(object: &Object, name: &str) -> Refusal {
    Refusal::bad("INVALID_FIELD", no_such_column(object, name))
}

fn shown(world: &World, object: &Object, fields: &[&Field], record: usize, version: &str) -> Value {
    let mut body = Map::new();
    body.insert("attributes".to_owned(), object.attributes(world, record, version));
    for field in fields {
        body.insert(field.name.to_owned(), (field.value)(world, record).json());
    }
    body.entry("Id").or_insert_with(|| Value::from(object.id(world, record)));
    Value::Object(body)
}

/// Every object, briefly.
pub(super) fn describe_all(version: &str) -> Value {
    let all: Vec<Value> = OBJECTS.into_iter().map(|object| brief(object, version)).collect();
    json!({ "encoding": "UTF-8", "maxBatchSize": 200, "sobjects": all })
}

/// One object, briefly.
pub(super) fn describe_basic(name: &str, version: &str) -> Result<Value, Refusal> {
    let object = object(name).ok_or_else(Refusal::not_found)?;
    Ok(json!({ "objectDescribe": brief(object, version), "recentItems": [] }))
}

/// One object with its fields and relations.
pub(super) fn describe(name: &str, version: &str) -> Result<Value, Refusal> {
    let object = object(name).ok_or_else(Refusal::not_found)?;
    let mut body = brief(object, version);
    body["fields"] = object.fields.iter().map(|field| described(object, field)).collect();
    let relation = |children: &super::objects::Children| json!({ "childSObject": children.object, "field": format!("{}Id", object.name), "relationshipName": children.name });
    body["childRelationships"] = object.children.iter().map(relation).collect();
    Ok(body)
}

fn brief(object: &Object, version: &str) -> Value {
    let url = format!("/services/data/{version}/sobjects/{}", object.name);
    json!({
        "name": object.name,
        "label": object.name,
        "keyPrefix": object.prefix,
        "custom": false,
        "queryable": true,
        "retrieveable": true,
        "createable": false,
        "updateable": false,
        "urls": {
            "sobject": url,
            "describe": format!("{url}/describe"),
            "rowTemplate": format!("{url}/{{ID}}"),
        },
    })
}

fn described(object: &Object, field: &Field) -> Value {
    let relation = field.name.strip_suffix("Id").and_then(|name| object.parent(name));
    json!({
        "name": field.name,
        "label": field.name,
        "type": if field.name == "Id" { "id" } else { field.kind.described() },
        "custom": field.name.ends_with("__c"),
        "externalId": field.is_external_id,
        "idLookup": field.name == "Id" || field.is_external_id,
        "nillable": field.name != "Id",
        "filterable": field.kind != super::cells::Kind::Address,
        "relationshipName": relation.map(|parent| parent.name),
        "referenceTo": relation.map(|parent| parent.object).into_iter().collect::<Vec<_>>(),
    })
}
