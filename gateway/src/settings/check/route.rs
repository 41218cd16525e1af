//! Proxied routes: which path goes where.

use std::sync::Arc;

use http::Method;

use super::condition;
use super::ledger::Ledger;
use crate::settings::ProxiedRoute;
use crate::settings::mistake::suggestion;
use crate::settings::path::PathTemplate;
use crate::settings::read::At;
use crate::settings::written::RouteSection;

/// CONNECT and TRACE are never forwarded, and OPTIONS is answered by the gateway.
const METHODS: [Method; 6] = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// `base` is the version's name: `partner/v1`.
pub(super) fn check(section: &At<RouteSection>, base: &str, ledger: &mut Ledger<'_>) -> Option<ProxiedRoute> {
    let methods = methods(section, ledger);
    let path = template(&section.path, ledger);
    let upstream = match &section.upstream {
        Some(upstream) => template(upstream, ledger),
        None => path.clone(),
    };
    let (path, upstream) = (path?, upstream?);
    if let Some(at) = &section.upstream {
        for parameter in upstream.parameters().filter(|name| !path.parameters().any(|known| known == *name)) {
            let says = format!("the path has no `{{{parameter}}}`{}", suggestion(parameter, path.parameters()));
            ledger.wrong(&at.place, says);
        }
        match (path.has_tail(), upstream.has_tail()) {
            (true, false) => ledger.wrong(&at.place, "the path ends in `/**`, so this must end in it too"),
            (false, true) => ledger.wrong(&at.place, "the path does not end in `/**`, so there is nothing to append"),
            _ => {}
        }
    }
    let scope = section.scope.as_ref().map(|scope| Arc::from(scope.as_str()));
    let system = section.system.as_ref().map(|system| Arc::from(system.as_str()));
    let condition = condition::of_route(section.condition.as_ref(), &path, ledger);
    let limit = section.rate.as_ref().and_then(|at| {
        let methods: Vec<&str> = methods.iter().map(Method::as_str).collect();
        ledger.place_limit(at, format!("{base} {} {path}", methods.join(",")))
    });
    Some(ProxiedRoute { path, methods, role: section.role, system, upstream, scope, condition, limit })
}

pub(super) fn template(at: &At<String>, ledger: &mut Ledger<'_>) -> Option<PathTemplate> {
    ledger.take(&at.place, PathTemplate::parse(at))
}

fn methods(section: &At<RouteSection>, ledger: &mut Ledger<'_>) -> Vec<Method> {
    let Some(words) = &section.methods else { return vec![Method::GET] };
    if words.is_empty() {
        ledger.wrong(&words.place, "name at least one method, or leave the setting out for GET");
    }
    let mut methods = Vec::new();
    for word in words.iter() {
        match METHODS.into_iter().find(|method| method.as_str() == word.value) {
            Some(method) if methods.contains(&method) => ledger.wrong(&word.place, "this method stands twice"),
            Some(method) => methods.push(method),
            None => {
                let known = METHODS.iter().map(Method::as_str);
                ledger.wrong(&word.place, format!("\"{}\" cannot be forwarded{}", word.value, suggestion(word, known)));
            }
        }
    }
    methods
}
