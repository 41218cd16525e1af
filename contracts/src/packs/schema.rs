//! The JSON Schema of pack files, for editors: the members from a file beside this one, the entities, fields and words
//! from the model.

use serde_json::{Map, Value, json};

use super::coverage::stored;
use crate::model::{Field, Model, ObjectType};

const MEMBERS: &str = include_str!("pack.schema.json");

/// The schema (JSON Schema, draft 2020-12).
pub fn schema() -> Value {
    // The file is part of the program, and a test reads it.
    let mut schema: Value = serde_json::from_str(MEMBERS).unwrap_or_default();
    let entities: Map<String, Value> =
        Model::get().entities().map(|entity| (entity.name.to_owned(), entity_schema(entity))).collect();
    schema["properties"]["entities"] = json!({
        "description": "The entities by the model's names, hidden ones included.",
        "type": "object",
        "minProperties": 1,
        "additionalProperties": false,
        "properties": entities,
    });
    schema
}

fn entity_schema(entity: &'static ObjectType) -> Value {
    let names: Vec<&str> = stored(entity).map(|field| field.name).collect();
    json!({
        "description": entity.description.unwrap_or_default(),
        "allOf": [{ "$ref": "#/$defs/entity" }],
        "properties": {
            "fields": fields_schema(entity),
            "by": { "propertyNames": { "enum": names } },
        },
    })
}

fn fields_schema(of: &'static ObjectType) -> Value {
    let fields: Map<String, Value> = stored(of).map(|field| (field.name.to_owned(), field_schema(field))).collect();
    json!({ "type": "object", "additionalProperties": false, "properties": fields })
}

fn field_schema(field: &'static Field) -> Value {
    let about = format!("{} {}", field.ty, field.description.unwrap_or_default());
    let mut schema = json!({ "description": about.trim(), "allOf": [{ "$ref": "#/$defs/mapping" }] });
    if let Some(words) = Model::get().enums.get(field.type_name()) {
        let words: Vec<&str> = words.values.keys().copied().collect();
        schema["properties"] = json!({
            "map": { "additionalProperties": { "enum": words } },
            "otherwise": { "enum": words },
        });
    } else if field.type_name() == "Boolean" {
        schema["properties"] = json!({
            "map": { "additionalProperties": { "type": "boolean" } },
            "otherwise": { "type": "boolean" },
        });
    } else if let Some(of) = Model::get().object(field.type_name()).filter(|of| of.name != "Money") {
        schema["properties"] = json!({ "object": fields_schema(of) });
    }
    schema
}

#[cfg(test)]
mod tests;
