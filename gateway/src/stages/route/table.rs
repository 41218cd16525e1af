//! The published paths, ordered so that the first that fits is the most specific.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use http::Method;
use portico_policies::version::{self, Stage, VersionNumber};

use crate::exchange::Place;
use crate::settings::path::{Matched, PathTemplate};
use crate::settings::{Api, ApiVersion, Lifecycle, Operation, ProxiedRoute, Settings, VersionName};
use crate::snapshot::Unservable;

/// Every path that is answered below `/<api>/<version>`.
#[derive(Debug)]
pub(crate) struct RouteTable {
    apis: HashMap<String, Arc<ApiRoutes>>,
}

/// The versions of one API.
#[derive(Debug)]
pub(crate) struct ApiRoutes {
    /// Which of them a request is for.
    pub(crate) versions: version::Api,
    routes: BTreeMap<VersionNumber, Arc<VersionRoutes>>,
}

/// The paths of one version.
#[derive(Debug)]
pub(crate) struct VersionRoutes {
    /// The version.
    pub(crate) version: Arc<ApiVersion>,
    /// What a request is logged as that no path of it fits.
    pub(crate) place: Place,
    entries: Vec<Entry>,
}

/// One published path with its methods.
#[derive(Debug)]
pub(crate) struct Entry {
    /// What it is logged as.
    pub(crate) place: Place,
    /// What answers.
    pub(crate) target: Target,
    template: PathTemplate,
    methods: Vec<Method>,
}

/// What a published path leads to.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// A GraphQL document.
    Operation(Arc<Operation>),
    /// A tenant's system.
    Proxied(Arc<ProxiedRoute>),
    /// The version's OpenAPI description.
    Description,
}

/// What was found below a version.
pub(crate) enum Found<'t, 'p> {
    /// A path, and what its parameters matched.
    Entry(&'t Entry, Matched<'p>),
    /// A path that takes other methods.
    OtherMethods(&'t Entry, String),
    /// Nothing.
    Nothing,
}

impl RouteTable {
    /// Orders what the settings publish.
    pub(crate) fn new(settings: &Settings) -> Result<Self, Unservable> {
        let apis = settings.apis.iter().map(|(name, api)| Ok((name.to_string(), Arc::new(ApiRoutes::new(api)?))));
        Ok(RouteTable { apis: apis.collect::<Result<_, _>>()? })
    }

    /// An API.
    pub(crate) fn api(&self, name: &str) -> Option<&Arc<ApiRoutes>> {
        self.apis.get(name)
    }
}

impl ApiRoutes {
    fn new(api: &Api) -> Result<Self, Unservable> {
        let mut routes = BTreeMap::new();
        let mut known = Vec::new();
        for (name, published) in &api.versions {
            let number = number(name)?;
            let scope = published.scope.as_deref().map(str::to_owned);
            known.push((number, scope, lifecycle(published)?));
            routes.insert(number, Arc::new(VersionRoutes::new(published)));
        }
        Ok(ApiRoutes { versions: version::Api::new(api.name.as_str(), known), routes })
    }

    /// The paths of a version.
    pub(crate) fn version(&self, number: VersionNumber) -> Option<&Arc<VersionRoutes>> {
        self.routes.get(&number)
    }
}

fn number(name: &VersionName) -> Result<VersionNumber, Unservable> {
    VersionNumber::parse(name.as_str())
        .ok_or_else(|| Unservable(format!("`{name}` is no version: use `v1`, `v2` and so on")))
}

fn lifecycle(published: &ApiVersion) -> Result<version::Lifecycle, Unservable> {
    let (declared, deprecated_at, sunset_at) = match &published.lifecycle {
        Lifecycle::Preview => (Stage::Preview, None, None),
        Lifecycle::Active => (Stage::Active, None, None),
        Lifecycle::Deprecated { since, sunset, .. } => (Stage::Deprecated, Some(*since), *sunset),
        Lifecycle::Retired { .. } => (Stage::Retired, None, None),
    };
    let unix = |date: DateTime<Utc>| u64::try_from(date.timestamp()).unwrap_or(0);
    Ok(version::Lifecycle {
        declared,
        deprecated_at: deprecated_at.map(unix),
        sunset_at: sunset_at.map(unix),
        successor: published.lifecycle.successor().map(number).transpose()?,
        more: published.documentation.as_ref().map(ToString::to_string),
    })
}

impl VersionRoutes {
    fn new(version: &Arc<ApiVersion>) -> Self {
        let place = |route: &str| Place {
            api: version.api.as_str().into(),
            version: version.version.as_str().into(),
            route: route.into(),
        };
        let entry = |template: &PathTemplate, methods: &[Method], target| Entry {
            place: place(&format!("{}{template}", version.base_path())),
            target,
            template: template.clone(),
            methods: methods.to_vec(),
        };
        let operations = version.operations.iter().map(|operation| {
            let method = std::slice::from_ref(&operation.method);
            entry(&operation.path, method, Target::Operation(operation.clone()))
        });
        let routes =
            version.routes.iter().map(|route| entry(&route.path, &route.methods, Target::Proxied(route.clone())));
        let description =
            PathTemplate::parse("/openapi.json").ok().map(|path| entry(&path, &[Method::GET], Target::Description));
        let mut entries: Vec<Entry> = operations.chain(routes).chain(description).collect();
        entries.sort_by_key(|entry| entry.template.precedence());
        VersionRoutes { version: version.clone(), place: place("none"), entries }
    }

    /// Whether it is gone.
    pub(crate) fn is_retired(&self) -> bool {
        matches!(self.version.lifecycle, Lifecycle::Retired { .. })
    }

    /// Looks for the most specific path; of two with one shape the one that takes the method.
    pub(crate) fn find<'p>(&self, method: &Method, path: &'p str) -> Found<'_, 'p> {
        let mut fitting =
            self.entries.iter().filter_map(|entry| Some((entry, entry.template.matches(path)?))).peekable();
        let Some((first, _)) = fitting.peek() else { return Found::Nothing };
        let first = *first;
        let shape = first.template.shape();
        let mut allowed: Vec<Method> = Vec::new();
        for (entry, matched) in fitting.filter(|(entry, _)| entry.template.shape() == shape) {
            if entry.takes(method) {
                return Found::Entry(entry, matched);
            }
            allowed.extend(entry.methods.iter().cloned());
        }
        if allowed.contains(&Method::GET) {
            allowed.push(Method::HEAD);
        }
        let mut names: Vec<&str> = allowed.iter().map(Method::as_str).collect();
        names.sort_unstable();
        names.dedup();
        Found::OtherMethods(first, names.join(", "))
    }
}

impl Entry {
    /// HEAD is answered wherever GET is (RFC 9110 §9.3.2).
    fn takes(&self, method: &Method) -> bool {
        self.methods.contains(method) || (method == Method::HEAD && self.methods.contains(&Method::GET))
    }
}
