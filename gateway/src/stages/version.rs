//! Stage 6: which version of the API. Retired ones end here; ageing ones say so on every answer.

use std::sync::Arc;

use http::HeaderMap;
use portico_policies::version::NoVersion;
use portico_policies::{Caller, Now};

use crate::exchange::Exchange;
use crate::respond::Refusal;
use crate::settings::ApiVersion;
use crate::stages::admit::Head;
use crate::stages::route::{ApiRoute, Route, Wanted, find};

/// What is wanted, of a version that exists.
#[derive(Debug)]
pub(crate) struct Versioned {
    /// The version; none for `/graphql`, which has but one.
    pub(crate) version: Option<Arc<ApiVersion>>,
    /// What is wanted of it.
    pub(crate) wanted: Wanted,
}

/// Finds the version. 400, 403, 404, 410.
pub(crate) fn version(
    route: Route,
    head: &Head,
    headers: &HeaderMap,
    caller: &Caller,
    exchange: &mut Exchange,
    now: Now,
) -> Result<Versioned, Refusal> {
    match route {
        Route::Graphql => Ok(Versioned { version: None, wanted: Wanted::Graphql }),
        Route::Api(route) => of_api(route, head, headers, caller, exchange, now),
        // It is heard before anybody asks who calls.
        Route::Hook(_) => Err(crate::stages::route::nothing_there()),
    }
}

fn of_api(
    route: ApiRoute,
    head: &Head,
    headers: &HeaderMap,
    caller: &Caller,
    exchange: &mut Exchange,
    now: Now,
) -> Result<Versioned, Refusal> {
    let ApiRoute { api, version, wanted, below } = route;
    let selected = api.versions.select(version, headers, None, &caller.principal.scopes, now);
    let selected = selected.map_err(|none| no_version(*none, exchange))?;
    exchange.lifecycle.extend(selected.notices().iter().cloned());
    let Some(routes) = api.version(selected.version.number) else {
        return Err(crate::stages::route::nothing_there());
    };
    let wanted = match wanted {
        Some(wanted) => wanted,
        None => find(routes, &head.method, &below, exchange)?,
    };
    Ok(Versioned { version: Some(Arc::clone(&routes.version)), wanted })
}

fn no_version(none: NoVersion, exchange: &mut Exchange) -> Refusal {
    exchange.lifecycle.extend(none.notices.iter().cloned());
    none.problem.into()
}
