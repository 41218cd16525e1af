//! Conditions of the schema's root fields: the same for `/graphql` and for every operation.

use http::Method;
use portico_composites::engine::Arguments;
use portico_contracts::problem::Problem;
use portico_policies::Caller;
use portico_policies::authorize::condition::{Facts, RouteFacts};

use crate::exchange::Place;
use crate::snapshot::Snapshot;

/// What the configuration asks of a root field beside its scope.
pub(super) fn gate<'g>(
    snapshot: &'g Snapshot,
    caller: &'g Caller,
    place: &'g Place,
    method: &'g Method,
) -> impl Fn(&str, Arguments<'_>) -> Result<(), Problem> + 'g {
    let route = RouteFacts { api: &place.api, version: &place.version, path: &place.route, method: method.as_str() };
    move |field, arguments| match snapshot.settings.graphql.conditions.get(field) {
        Some(condition) => {
            let facts = Facts { caller, route, arguments: &arguments.json() };
            condition.require(&format!("`{field}`"), &facts)
        }
        None => Ok(()),
    }
}
