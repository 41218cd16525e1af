//! The model's types as JSON Schema: what callers may send, and the leaves of what they get.

use std::collections::BTreeMap;

use portico_contracts::model::{self, BaseType, EnumType, Input, InputType, Model, TypeRef};
use serde_json::{Map, Value, json};

/// Digits with at most one point, as answers write decimals and requests may.
const DECIMAL: &str = r"^-?[0-9]+(\.[0-9]+)?$";
/// So many characters always fit into a decimal.
const DECIMAL_LENGTH: u32 = 28;
/// Integers beyond are changed by readers that hold JSON numbers as floats (RFC 8259 §6).
const EXACT_INTEGER: i64 = 9_007_199_254_740_991;
/// More rows than this are never asked for at once.
const MOST_ROWS: u32 = 100;
/// Longer keys are refused.
const KEY_LENGTH: u32 = 200;

/// Where a value is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Body,
}

/// What is known of a value beyond its type: the arguments and members that it is used for.
pub(super) type Uses = [&'static Input];

/// The schema of a value that callers send. In paths and queries there is no null, and everything is text.
pub(super) fn sent(ty: &TypeRef, uses: &Uses, place: Place) -> Value {
    let schema = match &ty.base {
        BaseType::List(item) => list(item, uses, place),
        BaseType::Named(name) => named(name, uses, place),
    };
    if ty.nullable && place == Place::Body { or_null(schema) } else { schema }
}

fn list(item: &TypeRef, uses: &Uses, place: Place) -> Value {
    let mut items = sent(item, uses, place);
    if place == Place::Body {
        return json!({ "type": "array", "items": items });
    }
    // A comma separates, and nothing at all would be one empty item.
    if items.get("enum").is_none() && items["type"] == "string" {
        items["pattern"] = json!(r"^[^,]+$");
    }
    json!({ "type": "array", "items": items, "minItems": 1 })
}

fn named(name: &str, uses: &Uses, place: Place) -> Value {
    let model = Model::get();
    if model.inputs.contains_key(name) {
        return json!({ "$ref": format!("#/components/schemas/{name}") });
    }
    if let Some(kind) = model.enums.get(name) {
        return choice(kind);
    }
    match name {
        "Decimal" if place == Place::Body => json!({
            "type": ["string", "integer"],
            "pattern": DECIMAL,
            "maxLength": DECIMAL_LENGTH,
            "minimum": -EXACT_INTEGER,
            "maximum": EXACT_INTEGER,
            "description": "An exact decimal: digits in a string, or a whole number. Fractions in JSON numbers are refused."
        }),
        "Decimal" => json!({ "type": "string", "pattern": DECIMAL, "maxLength": DECIMAL_LENGTH }),
        "Int" if uses.iter().any(|input| input.name == "first") => {
            json!({ "type": "integer", "format": "int32", "minimum": 1, "maximum": MOST_ROWS })
        }
        "Int" => json!({ "type": "integer", "format": "int32", "minimum": i32::MIN, "maximum": i32::MAX }),
        "String" | "ID" => text(uses, place),
        leaf => self::leaf(leaf),
    }
}

/// Text that names a thing is a key, and keys have rules; cursors have none that callers could know.
fn text(uses: &Uses, place: Place) -> Value {
    let is_key = !uses.is_empty() && uses.iter().all(|input| input.name != "after");
    match (place, is_key) {
        // Characters that a path cannot hold, however they are escaped.
        (Place::Path, _) => {
            json!({ "type": "string", "minLength": 1, "maxLength": KEY_LENGTH, "pattern": r"^[^/\\;\x00-\x1F\x7F-\x9F]+$" })
        }
        (_, true) => {
            json!({ "type": "string", "minLength": 1, "maxLength": KEY_LENGTH, "pattern": r"^[^\x00-\x1F\x7F-\x9F]+$" })
        }
        (_, false) => json!({ "type": "string" }),
    }
}

/// The schemas of input objects, with those that they are made of.
pub(super) fn inputs<'n>(names: impl IntoIterator<Item = &'n str>) -> BTreeMap<&'static str, Value> {
    let mut schemas = BTreeMap::new();
    let known = |name: &str| Model::get().inputs.get(name);
    let mut open: Vec<&'static InputType> = names.into_iter().filter_map(known).collect();
    while let Some(input) = open.pop() {
        if schemas.insert(input.name, object(input)).is_none() {
            open.extend(input.fields.values().filter_map(|field| known(model::named(&field.ty))));
        }
    }
    schemas
}

/// An input object. Unknown members are refused, so the schema is closed.
fn object(input: &'static InputType) -> Value {
    let mut schema = if input.one_of { one_of(input) } else { all_of(input) };
    if let Some(description) = input.description {
        schema["description"] = description.into();
    }
    schema
}

fn all_of(input: &'static InputType) -> Value {
    let required: Vec<&str> =
        input.fields.values().filter(|field| !field.ty.nullable && field.default.is_none()).map(|f| f.name).collect();
    let properties: Map<_, _> = input.fields.values().map(|field| (field.name.to_owned(), member(field))).collect();
    closed(&properties, &required)
}

/// Exactly one member: one closed object for each, so that generated clients get a union.
fn one_of(input: &'static InputType) -> Value {
    let choice = |field: &'static Input| {
        let mut ty = field.ty.clone();
        ty.nullable = false;
        let mut schema = described(sent(&ty, &[field], Place::Body), field.description);
        let about = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        let properties = Map::from_iter([(field.name.to_owned(), schema)]);
        let mut schema = closed(&properties, &[field.name]);
        schema["title"] = field.name.into();
        if let Some(about) = about {
            schema["description"] = about;
        }
        schema
    };
    json!({ "oneOf": input.fields.values().map(choice).collect::<Vec<_>>() })
}

fn member(field: &'static Input) -> Value {
    let mut schema = described(sent(&field.ty, &[field], Place::Body), field.description);
    if let Some(default) = field.default.clone().and_then(|value| value.into_json().ok()) {
        schema["default"] = default;
    }
    schema
}

/// An object that takes these members and no others.
pub(super) fn closed(properties: &Map<String, Value>, required: &[&str]) -> Value {
    let mut schema = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema["additionalProperties"] = false.into();
    schema
}

pub(super) fn choice(kind: &EnumType) -> Value {
    let values: Vec<&str> = kind.values.keys().copied().collect();
    let mut schema = json!({ "type": "string", "enum": values });
    let about: Vec<String> =
        kind.values.iter().filter_map(|(name, about)| Some(format!("- `{name}`: {}", (*about)?))).collect();
    let words = kind.description.map(str::to_owned).into_iter().chain((!about.is_empty()).then(|| about.join("\n")));
    let words = words.collect::<Vec<_>>().join("\n\n");
    if !words.is_empty() {
        schema["description"] = words.into();
    }
    schema
}

/// A scalar as answers write it.
pub(super) fn leaf(name: &str) -> Value {
    let mut schema = match name {
        "Int" => json!({ "type": "integer", "format": "int32" }),
        "Float" => json!({ "type": "number" }),
        "Boolean" => json!({ "type": "boolean" }),
        "Decimal" => json!({ "type": "string", "pattern": DECIMAL }),
        "DateTime" => json!({ "type": "string", "format": "date-time" }),
        "Date" => json!({ "type": "string", "format": "date" }),
        "CurrencyCode" => json!({ "type": "string", "pattern": "^[A-Z]{3}$" }),
        "JSON" => json!({}),
        _ => json!({ "type": "string" }),
    };
    let about = Model::get().scalars.get(name).and_then(|scalar| scalar.description);
    // What follows the first sentence is about GraphQL's literals.
    if let Some(first) = about.and_then(|about| about.split_inclusive(". ").next()) {
        schema["description"] = first.trim_end().into();
    }
    schema
}

/// The same, or null.
pub(super) fn or_null(mut schema: Value) -> Value {
    if schema.get("$ref").is_some() {
        return json!({ "anyOf": [schema, { "type": "null" }] });
    }
    match schema.get_mut("type") {
        Some(Value::Array(types)) => types.push("null".into()),
        Some(one) => *one = json!([one.take(), "null"]),
        // Without a type everything is allowed, null too.
        None => return schema,
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.push(Value::Null);
    }
    schema
}

/// What the place says goes before what the type says.
pub(super) fn described(mut schema: Value, description: Option<&str>) -> Value {
    if let Some(description) = description {
        schema["description"] = description.into();
    }
    schema
}
