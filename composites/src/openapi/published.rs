//! A published document as an OpenAPI operation.

use std::collections::BTreeMap;

use async_graphql::Positioned;
use async_graphql::parser::types::VariableDefinition;
use http::Method;
use portico_contracts::model::{BaseType, Model, TypeRef, named};
use serde_json::{Map, Value, json};

use super::answers::{self, Answer};
use super::arguments::Arguments;
use super::types::{self, Place};
use super::{Endpoint, Stage, VersionFacts, headers, info, paths, refusals};

/// The operation. `names` are the path's parameters: what it calls them, and what the document does.
pub(super) fn operation(
    facts: &VersionFacts<'_>,
    endpoint: &Endpoint<'_>,
    id: &str,
    names: &BTreeMap<&str, &str>,
) -> Value {
    let mut answer = answers::answer(endpoint.operation.document());
    lift(&mut answer.schema, endpoint);
    let sent = Sent::new(endpoint, names);
    let root_scope = answer.root.and_then(answers::scope);
    let scopes: Vec<&str> = [facts.scope, endpoint.scope, root_scope].into_iter().flatten().collect();
    let mut operation = json!({
        "operationId": id,
        "summary": endpoint.summary.map_or_else(|| paths::words(id), str::to_owned),
        "description": description(endpoint, &answer, &scopes),
        "tags": [paths::tag(facts, endpoint.path)],
        "parameters": sent.parameters(),
    });
    if endpoint.method == Method::POST {
        operation["requestBody"] = sent.body();
    }
    operation["responses"] = responses(facts, endpoint, answer);
    operation["security"] = info::security(&scopes);
    if facts.life.stage >= Stage::Deprecated {
        operation["deprecated"] = true.into();
    }
    operation
}

/// Members of a lifted object stand in its place; each may be null where the object may.
fn lift(schema: &mut Value, endpoint: &Endpoint<'_>) {
    for lift in endpoint.operation.lifts() {
        let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
        let mut shaped = Map::new();
        let mut lifted = Vec::new();
        for (name, property) in std::mem::take(properties) {
            match property.get("properties") {
                Some(Value::Object(inside)) if name == lift.member() => {
                    lifted = inside.keys().cloned().collect();
                    shaped.extend(inside.iter().map(|(name, schema)| (name.clone(), or_null(schema.clone()))));
                }
                _ => {
                    shaped.insert(name, property);
                }
            }
        }
        *properties = shaped;
        if let Some(Value::Array(required)) = schema.get_mut("required") {
            required.retain(|name| name != lift.member());
            required.extend(lifted.into_iter().map(Value::from));
        }
    }
}

fn or_null(mut schema: Value) -> Value {
    if let Some(Value::String(kind)) = schema.get("type").cloned() {
        schema["type"] = json!([kind, "null"]);
    }
    schema
}

fn description(endpoint: &Endpoint<'_>, answer: &Answer, scopes: &[&str]) -> String {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(answer.root.and_then(|root| root.description).map(str::to_owned));
    let required: Vec<&str> = endpoint.operation.required().iter().map(|role| role.graphql()).collect();
    if !required.is_empty() {
        parts.push(format!("Without these systems there is no answer (502, 503 or 504): {}.", required.join(", ")));
    }
    if !scopes.is_empty() {
        parts.push(format!("Needs {}.", quoted("the scope", "the scopes", scopes)));
    }
    let of_fields: Vec<&str> = answer.scopes.iter().copied().filter(|scope| !scopes.contains(scope)).collect();
    if !of_fields.is_empty() {
        let scopes = quoted("the scope", "the scopes", &of_fields);
        parts.push(format!("Parts need {scopes}; without that they are null and listed in `problems`."));
    }
    parts.join("\n\n")
}

fn quoted(one: &str, many: &str, scopes: &[&str]) -> String {
    let names: Vec<String> = scopes.iter().map(|scope| format!("`{scope}`")).collect();
    format!("{} {}", if names.len() == 1 { one } else { many }, names.join(", "))
}

/// What a caller sends: the document's variables, by where they go.
struct Sent<'a> {
    method: &'a Method,
    variables: &'a [Positioned<VariableDefinition>],
    arguments: Arguments,
    /// The document's name → the path's.
    in_path: BTreeMap<&'a str, &'a str>,
}

impl<'a> Sent<'a> {
    fn new(endpoint: &'a Endpoint<'_>, names: &BTreeMap<&'a str, &'a str>) -> Self {
        let document = endpoint.operation.document();
        Sent {
            method: &endpoint.method,
            variables: &document.operation().variable_definitions,
            arguments: Arguments::of(document),
            in_path: names.iter().map(|(shown, own)| (*own, *shown)).collect(),
        }
    }

    fn parameters(&self) -> Vec<Value> {
        let of_path = self.variables.iter().filter_map(|variable| {
            let shown = self.in_path.get(variable.node.name.node.as_str())?;
            Some(self.parameter(shown, &variable.node, Place::Path))
        });
        let in_query = |variable: &&Positioned<VariableDefinition>| {
            let name = variable.node.name.node.as_str();
            // Objects have no form in a query; the gateway refuses them there.
            *self.method != Method::POST && !self.in_path.contains_key(name) && !is_object(&variable.node.var_type.node)
        };
        let of_query = self.variables.iter().filter(in_query);
        let of_query = of_query.map(|variable| self.parameter(&variable.node.name.node, &variable.node, Place::Query));
        of_path.chain(of_query).collect()
    }

    fn parameter(&self, shown: &str, variable: &VariableDefinition, place: Place) -> Value {
        let name = &variable.name.node;
        let ty = &variable.var_type.node;
        let mut schema = types::sent(ty, self.arguments.uses(name), place);
        let required = place == Place::Path || is_required(variable);
        if let Some(default) = self.default(variable).filter(|_| !required) {
            schema["default"] = default;
        }
        let mut parameter = json!({
            "name": shown,
            "in": if place == Place::Path { "path" } else { "query" },
            "required": required,
        });
        if let Some(description) = self.arguments.description(name) {
            parameter["description"] = description.into();
        }
        if matches!(ty.base, BaseType::List(_)) {
            // Separated by commas, in paths and in queries.
            parameter["style"] = if place == Place::Path { "simple" } else { "form" }.into();
            parameter["explode"] = false.into();
        }
        parameter["schema"] = schema;
        parameter
    }

    fn body(&self) -> Value {
        let of_body = self.variables.iter().map(|variable| &variable.node);
        let of_body: Vec<_> =
            of_body.filter(|variable| !self.in_path.contains_key(variable.name.node.as_str())).collect();
        let required: Vec<&str> = of_body
            .iter()
            .filter(|variable| is_required(variable))
            .map(|variable| variable.name.node.as_str())
            .collect();
        let properties: Map<_, _> =
            of_body.iter().map(|variable| (variable.name.node.to_string(), self.member(variable))).collect();
        let schema = types::closed(&properties, &required);
        json!({ "required": true, "content": { "application/json": { "schema": schema } } })
    }

    fn member(&self, variable: &VariableDefinition) -> Value {
        let name = &variable.name.node;
        let schema = types::sent(&variable.var_type.node, self.arguments.uses(name), Place::Body);
        let mut schema = types::described(schema, self.arguments.description(name));
        if let Some(default) = self.default(variable) {
            schema["default"] = default;
        }
        schema
    }

    fn default(&self, variable: &VariableDefinition) -> Option<Value> {
        let of_document = variable.default_value.as_ref().map(|value| &value.node);
        let value = of_document.or_else(|| self.arguments.left_out(&variable.name.node))?;
        value.clone().into_json().ok()
    }
}

fn is_required(variable: &VariableDefinition) -> bool {
    !variable.var_type.node.nullable && variable.default_value.is_none()
}

fn is_object(ty: &TypeRef) -> bool {
    Model::get().inputs.contains_key(named(ty))
}

fn responses(facts: &VersionFacts<'_>, endpoint: &Endpoint<'_>, answer: Answer) -> Value {
    let fresh: &[&str] =
        if endpoint.method == Method::GET { &["ETag", "Age", "Cache-Status"] } else { &["Age", "Cache-Status"] };
    let answered = json!({
        "description": "The answer.",
        "headers": headers::named(&facts.life, fresh),
        "content": { "application/json": { "schema": with_problems(answer.schema) } },
    });
    let mut responses = Map::from_iter([("200".to_owned(), answered)]);
    let refused = refusals::references(&refusals::of_endpoint(&endpoint.method, &facts.life));
    responses.extend(refused.into_iter().map(|(status, reference)| (status.to_string(), reference)));
    responses.into()
}

/// What is missing because a system failed is null and listed here; the member is there only then.
fn with_problems(mut schema: Value) -> Value {
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        let list = json!({
            "type": "array",
            "items": { "$ref": "#/components/schemas/PartialFailure" },
            "description": "Why values of this answer are null. Only there where some are for a reason.",
        });
        properties.entry("problems").or_insert(list);
    }
    schema
}
