//! A proxied route as an OpenAPI operation: the answers are the system's own, so little can be said of them.

use http::Method;
use serde_json::{Map, Value, json};

use super::{Route, Stage, VersionFacts, headers, info, paths, refusals};

/// The operation. `shown` is the path as the contract spells it; `tail` the parameter that stands for `/**`.
pub(super) fn operation(
    facts: &VersionFacts<'_>,
    route: &Route<'_>,
    method: &Method,
    shown: &str,
    tail: Option<&str>,
    id: &str,
) -> Value {
    let scopes: Vec<&str> = [facts.scope, route.scope].into_iter().flatten().collect();
    let system = route.role.graphql();
    let mut operation = json!({
        "operationId": id,
        "summary": format!("The {system} itself"),
        "description": format!("Goes to the tenant's {system} under its own credentials; the answer is the system's own."),
        "tags": [paths::tag(facts, route.path)],
        "parameters": paths::parameters(shown).map(|name| parameter(name, tail == Some(name))).collect::<Vec<_>>(),
    });
    if !method.is_safe() {
        operation["requestBody"] = json!({ "content": { "*/*": { "schema": {} } } });
    }
    operation["responses"] = responses(facts, method);
    operation["security"] = info::security(&scopes);
    if facts.life.stage >= Stage::Deprecated {
        operation["deprecated"] = true.into();
    }
    operation
}

fn parameter(name: &str, is_tail: bool) -> Value {
    let about = if is_tail { "Everything below, slashes included." } else { "One segment of the path." };
    json!({ "name": name, "in": "path", "required": true, "description": about, "schema": { "type": "string" } })
}

/// 404 and the like may be the system's as well as ours; what is always ours is named by its status.
fn responses(facts: &VersionFacts<'_>, method: &Method) -> Value {
    const OURS: [u16; 9] = [401, 410, 413, 414, 429, 431, 502, 503, 504];
    let problem = json!({ "schema": { "$ref": "#/components/schemas/Problem" } });
    let headers = headers::named(&facts.life, &[]);
    let mut responses = Map::new();
    responses.insert(
        "2XX".to_owned(),
        json!({ "description": "The system's own answer.", "headers": headers, "content": { "*/*": { "schema": {} } } }),
    );
    let refused = refusals::references(&refusals::of_route(method, &facts.life));
    let ours = refused.into_iter().filter(|(status, _)| OURS.contains(status));
    responses.extend(ours.map(|(status, reference)| (status.to_string(), reference)));
    responses.insert(
        "default".to_owned(),
        json!({
            "description": "The system's own answer, or a refusal of the gateway.",
            "headers": headers,
            "content": { "application/problem+json": problem, "*/*": { "schema": {} } },
        }),
    );
    responses.into()
}
