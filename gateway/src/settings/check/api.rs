//! `apis/<name>/<version>/`: one version's file and its operations.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::Method;
use portico_policies::version::VersionNumber;
use url::Url;

use super::compile::Compiler;
use super::files::{Files, VersionFolder};
use super::ledger::Ledger;
use super::{condition, lifecycle, operation, route};
use crate::settings::path::PathTemplate;
use crate::settings::read::{At, Place};
use crate::settings::written::{ApiFile, StateWord};
use crate::settings::{Api, ApiName, ApiVersion, VersionName};

/// First segments that are Portico's own.
const TAKEN: [&str; 3] = ["graphql", "docs", "hooks"];

pub(super) fn check_all(files: &Files, ledger: &mut Ledger<'_>) -> BTreeMap<ApiName, Arc<Api>> {
    let compiler = Compiler::new();
    let mut apis: BTreeMap<ApiName, Api> = BTreeMap::new();
    for ((api, version), folder) in &files.apis {
        let place = Place::file(&folder.path);
        let well_named = check_names(api, version, &place, ledger);
        let (api, version) = (ApiName(Arc::from(api.as_str())), VersionName(Arc::from(version.as_str())));
        let Some(written) = &folder.api.written else { continue };
        let checked = check(&api, &version, written, Sources { files, folder, compiler: &compiler }, ledger);
        if let Some(checked) = checked.filter(|_| well_named) {
            let versions =
                &mut apis.entry(api.clone()).or_insert(Api { name: api, versions: BTreeMap::new() }).versions;
            versions.insert(version, Arc::new(checked));
        }
    }
    apis.into_iter().map(|(name, api)| (name, Arc::new(api))).collect()
}

fn check_names(api: &str, version: &str, place: &Place, ledger: &mut Ledger<'_>) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let named = api.len() <= 63 && api.starts_with(|c: char| c.is_ascii_lowercase()) && api.bytes().all(letter);
    if !named {
        let says =
            format!("\"{api}\" cannot name an API: use lower-case letters, digits and `-`, starting with a letter");
        ledger.wrong(place, says);
    }
    let numbered = version.starts_with('v') && VersionNumber::parse(version).is_some();
    if !numbered {
        ledger.wrong(place, format!("\"{version}\" cannot name a version: use `v` and a number, for example v2"));
    }
    if TAKEN.contains(&api) {
        ledger.wrong(place, format!("/{api} is a path of Portico's own; call the API something else"));
    }
    named && numbered && !TAKEN.contains(&api)
}

/// Where a version is read from, and what reads its documents.
struct Sources<'s> {
    files: &'s Files,
    folder: &'s VersionFolder,
    compiler: &'s Compiler,
}

fn check(
    api: &ApiName,
    version: &VersionName,
    written: &At<ApiFile>,
    Sources { files, folder, compiler }: Sources<'_>,
    ledger: &mut Ledger<'_>,
) -> Option<ApiVersion> {
    let lifecycle = lifecycle::check(api, version, written, files, ledger);
    if written.scope.is_none() && written.state.value != StateWord::Retired && !folder.api.may_have_had("scope") {
        let says =
            "say which scope opens this version, for example `scope: api:partner`; without one it would be closed";
        ledger.wrong(&written.place.below("scope"), says);
    }
    let base = format!("{api}/{version}");
    let operations: Vec<_> = folder
        .documents
        .iter()
        .filter_map(|(file, text)| operation::check(file, text, &base, compiler, ledger))
        .map(Arc::new)
        .collect();
    let routes: Vec<_> =
        written.routes.iter().filter_map(|at| Some((at, Arc::new(route::check(at, &base, ledger)?)))).collect();
    let mut paths = Paths::default();
    for operation in &operations {
        paths.take(&operation.method, &operation.path, &Place::file(&operation.file), ledger);
    }
    for (at, route) in &routes {
        route.methods.iter().for_each(|method| paths.take(method, &route.path, &at.place, ledger));
    }
    let documentation = written.documentation.as_ref().and_then(|at| {
        let url = Url::parse(at).map_err(|_| "expected the address of a page");
        ledger.take(&at.place, url)
    });
    Some(ApiVersion {
        api: api.clone(),
        version: version.clone(),
        title: written.title.clone().unwrap_or_else(|| api.to_string()),
        description: written.description.clone(),
        lifecycle: lifecycle?,
        documentation,
        scope: written.scope.as_ref().map(|scope| Arc::from(scope.as_str())),
        condition: condition::of_version(written.condition.as_ref(), ledger),
        limit: written.rate.as_ref().and_then(|at| ledger.place_limit(at, base)),
        tier: written.tier,
        operations,
        routes: routes.into_iter().map(|(_, route)| route).collect(),
    })
}

/// What stands on which path of one version.
#[derive(Default)]
struct Paths {
    /// Method and shape → who has it.
    taken: BTreeMap<(String, String), String>,
}

impl Paths {
    fn take(&mut self, method: &Method, path: &PathTemplate, place: &Place, ledger: &mut Ledger<'_>) {
        if path.to_string() == "/openapi.json" {
            ledger.wrong(place, "/openapi.json is where the version's contract is found; use another path");
        }
        let who = if place.path.is_empty() { place.file.to_string() } else { format!("{} {}", place.file, place.path) };
        match self.taken.get(&(method.to_string(), path.shape())) {
            Some(first) => ledger.wrong(place, format!("{method} {path} is taken already, by {first}")),
            None => {
                self.taken.insert((method.to_string(), path.shape()), who);
            }
        }
    }
}
