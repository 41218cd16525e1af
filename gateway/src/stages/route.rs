//! Stage 4: path and method → an API, and what is wanted of it.
//!
//! Where the path names the version, the path below it is looked up here. Where it does not, the version is found
//! first (stage 6), and the path then.

mod table;

use std::sync::Arc;

use http::Method;
use portico_contracts::problem::{Code, Problem};
use portico_policies::version::VersionNumber;

use crate::exchange::{Exchange, Place};
use crate::respond::{MediaType, Refusal};
use crate::settings::path::Matched;
use crate::settings::{Operation, ProxiedRoute};
use crate::stages::admit::{Head, decoded};
use crate::stages::prepare::accept;

pub(crate) use table::{ApiRoutes, RouteTable, VersionRoutes};
use table::{Entry, Found, Target};

/// Where a request goes.
#[derive(Debug)]
pub(crate) enum Route {
    /// To the composite layer.
    Graphql,
    /// To an API.
    Api(ApiRoute),
    /// To where a system tells that something changed.
    Hook(Door),
}

/// Whose system a notice claims to come from. Only words until that is proved.
#[derive(Debug)]
pub(crate) struct Door {
    /// The tenant's name, as it stands in the path.
    pub(crate) tenant: String,
    /// The system's name, as it stands in the path.
    pub(crate) system: String,
}

/// Below which API, and what is wanted of it.
#[derive(Debug)]
pub(crate) struct ApiRoute {
    /// The API.
    pub(crate) api: Arc<ApiRoutes>,
    /// The version that the path names.
    pub(crate) version: Option<VersionNumber>,
    /// What is wanted, if the path's version is known and there.
    pub(crate) wanted: Option<Wanted>,
    /// What follows the API and its version; at least `/`.
    pub(crate) below: String,
}

/// What is wanted.
#[derive(Debug)]
pub(crate) enum Wanted {
    /// The composite layer.
    Graphql,
    /// A published document, with what its path's parameters say.
    Operation(Arc<Operation>, Vec<(String, String)>),
    /// A tenant's system, the path there, and what the path's parameters say where a condition asks for them.
    Proxied(Arc<ProxiedRoute>, String, Vec<(String, String)>),
    /// The OpenAPI description.
    Description,
}

/// Finds what a request wants. 404, 405.
pub(crate) fn route(head: &Head, exchange: &mut Exchange) -> Result<Route, Refusal> {
    let path = head.path.as_str();
    if path == "/graphql" {
        return graphql(head, exchange);
    }
    let mut segments = head.path.segments();
    if let Some(below) = path.strip_prefix("/hooks/") {
        return hook(head, below, exchange);
    }
    let name = segments.next().unwrap_or_default();
    let api = exchange.snapshot.routes.api(name).cloned().ok_or_else(nothing_there)?;
    exchange.place = Place { api: name.into(), ..exchange.snapshot.nowhere.clone() };
    let version = segments.next().and_then(|segment| Some((VersionNumber::parse(segment)?, segment)));
    let below = below(path, name.len() + version.map_or(0, |(_, segment)| segment.len() + 1) + 1);
    let version = version.map(|(number, _)| number);
    let mut wanted = None;
    if let Some(routes) = version.and_then(|number| api.version(number)).filter(|routes| !routes.is_retired()) {
        wanted = Some(find(routes, &head.method, below, exchange)?);
    }
    Ok(Route::Api(ApiRoute { version, wanted, below: below.to_owned(), api }))
}

/// Looks a path up below a version.
pub(crate) fn find(
    routes: &VersionRoutes,
    method: &Method,
    below: &str,
    exchange: &mut Exchange,
) -> Result<Wanted, Refusal> {
    exchange.place = routes.place.clone();
    match routes.find(method, below) {
        Found::Nothing => Err(nothing_there()),
        Found::OtherMethods(entry, allowed) => {
            exchange.place = entry.place.clone();
            Err(other_methods(allowed))
        }
        Found::Entry(entry, matched) => {
            exchange.place = entry.place.clone();
            Ok(wanted(entry, &matched))
        }
    }
}

fn graphql(head: &Head, exchange: &mut Exchange) -> Result<Route, Refusal> {
    exchange.place = exchange.snapshot.graphql.clone();
    exchange.media = accept::graphql(head.accept.as_deref()).unwrap_or(MediaType::Json);
    match head.method {
        Method::GET | Method::POST | Method::HEAD => Ok(Route::Graphql),
        _ => Err(other_methods("GET, HEAD, POST".to_owned())),
    }
}

/// Where there is such a path is not said to depend on whose it is.
fn hook(head: &Head, below: &str, exchange: &mut Exchange) -> Result<Route, Refusal> {
    let (tenant, system) = below.split_once('/').ok_or_else(nothing_there)?;
    if tenant.is_empty() || system.is_empty() || system.contains('/') {
        return Err(nothing_there());
    }
    exchange.place = exchange.snapshot.hooks.clone();
    match head.method {
        Method::POST => Ok(Route::Hook(Door { tenant: tenant.to_owned(), system: system.to_owned() })),
        _ => Err(other_methods("POST".to_owned())),
    }
}

fn below(path: &str, from: usize) -> &str {
    match path.get(from..) {
        None | Some("") => "/",
        Some(rest) => rest,
    }
}

fn wanted(entry: &Entry, matched: &Matched<'_>) -> Wanted {
    match &entry.target {
        Target::Description => Wanted::Description,
        Target::Proxied(route) => {
            let asked = if route.condition.is_some() { said(matched) } else { Vec::new() };
            Wanted::Proxied(route.clone(), route.upstream.fill(matched), asked)
        }
        Target::Operation(operation) => Wanted::Operation(operation.clone(), said(matched)),
    }
}

/// What the path's parameters say.
fn said(matched: &Matched<'_>) -> Vec<(String, String)> {
    matched.parameters.iter().map(|(name, value)| (name.clone(), decoded(value).into_owned())).collect()
}

/// 404, in the same words for everything that is not there.
pub(crate) fn nothing_there() -> Refusal {
    Problem::new(Code::RouteNotFound, "There is nothing at this path.").into()
}

fn other_methods(allowed: String) -> Refusal {
    Problem::new(Code::MethodNotAllowed, format!("This path takes {allowed}.")).allow(allowed).into()
}
