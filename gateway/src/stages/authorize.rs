//! Stage 7: the scopes and conditions of API and route, the scopes of operations; deny by default. What an operation's
//! condition says of its variables is looked at where those are read, and fields are checked where the plan is made.

use std::sync::Arc;

use portico_contracts::scopes::GRAPHQL;
use portico_policies::Caller;
use portico_policies::authorize::condition::{Condition, Facts, RouteFacts};
use portico_policies::authorize::{self, Grant, Need};
use serde_json::{Map, Value};

use crate::exchange::Place;
use crate::respond::Refusal;
use crate::stages::route::Wanted;
use crate::stages::version::Versioned;

/// Grants what is wanted, or names the scope that is missing.
pub(crate) fn authorize(
    caller: &Arc<Caller>,
    wanted: &Versioned,
    place: &Place,
    method: &http::Method,
) -> Result<Grant, Refusal> {
    let of_path = match &wanted.wanted {
        Wanted::Operation(operation, _) => operation.scope.as_deref(),
        Wanted::Proxied(route, ..) => route.scope.as_deref(),
        Wanted::Graphql => Some(GRAPHQL),
        Wanted::Description => None,
    };
    let api = wanted.version.as_ref().map(|version| format!("the API `{}`", version.api)).unwrap_or_default();
    let of_api = wanted.version.as_ref().and_then(|version| version.scope.as_deref());
    let needs = [Need { place: &api, scope: of_api }, Need { place: "this path", scope: of_path }];
    let named: Vec<Need<'_>> = needs.into_iter().filter(|need| need.scope.is_some()).collect();
    // With no scope named at all the place is closed.
    let grant = authorize::authorize(caller, &named)?;
    if let Some(condition) = wanted.version.as_ref().and_then(|version| version.condition.as_ref()) {
        require(condition, "This API", caller, (place, method), &Map::new())?;
    }
    if let Wanted::Proxied(route, _, parameters) = &wanted.wanted
        && let Some(condition) = &route.condition
    {
        let arguments = parameters.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        require(condition, "This path", caller, (place, method), &arguments.collect())?;
    }
    Ok(grant)
}

/// Refuses unless a condition holds.
pub(crate) fn require(
    condition: &Condition,
    what: &str,
    caller: &Caller,
    (place, method): (&Place, &http::Method),
    arguments: &Map<String, Value>,
) -> Result<(), Refusal> {
    let route = RouteFacts { api: &place.api, version: &place.version, path: &place.route, method: method.as_str() };
    condition.require(what, &Facts { caller, route, arguments }).map_err(Refusal::from)
}
