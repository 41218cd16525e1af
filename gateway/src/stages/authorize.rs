//! Stage 7: the scopes of API, route and operation; deny by default. Fields are checked where the plan is made.

use std::sync::Arc;

use portico_policies::Caller;
use portico_policies::authorize::{self, Grant, Need};

use crate::respond::Refusal;
use crate::stages::route::Wanted;
use crate::stages::version::Versioned;

/// The scope that opens `/graphql`; its fields have scopes of their own.
const GRAPHQL: &str = "graphql";

/// Grants what is wanted, or names the scope that is missing.
pub(crate) fn authorize(caller: &Arc<Caller>, wanted: &Versioned) -> Result<Grant, Refusal> {
    let of_path = match &wanted.wanted {
        Wanted::Operation(operation, _) => operation.scope.as_deref(),
        Wanted::Proxied(route, _) => route.scope.as_deref(),
        Wanted::Graphql => Some(GRAPHQL),
        Wanted::Description => None,
    };
    let api = wanted.version.as_ref().map(|version| format!("the API `{}`", version.api)).unwrap_or_default();
    let of_api = wanted.version.as_ref().and_then(|version| version.scope.as_deref());
    let needs = [Need { place: &api, scope: of_api }, Need { place: "this path", scope: of_path }];
    let named: Vec<Need<'_>> = needs.into_iter().filter(|need| need.scope.is_some()).collect();
    // With no scope named at all the place is closed.
    authorize::authorize(caller, &named).map_err(Refusal::from)
}
