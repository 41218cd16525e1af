//! `apis/<name>/<version>/`, checked: lifecycles, operations, proxied routes.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use http::Method;
use portico_contracts::tenancy::{Role, Tier};
use portico_policies::authorize::condition::Condition;
use portico_policies::throttle::PlaceLimit;
use url::Url;

use crate::settings::path::PathTemplate;

macro_rules! segment_name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub(in crate::settings) Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

segment_name! {
    /// The name of an API: the first segment of its paths.
    ApiName
}
segment_name! {
    /// The name of a version: the second segment of its paths, for example `v2`.
    VersionName
}

/// A set of versions with one name.
#[derive(Debug)]
pub struct Api {
    /// Its name.
    pub name: ApiName,
    /// Its versions, in the order of their names (`v2` before `v10`).
    pub versions: BTreeMap<VersionName, Arc<ApiVersion>>,
}

/// One version of an API.
#[derive(Debug)]
pub struct ApiVersion {
    /// The API.
    pub api: ApiName,
    /// The version.
    pub version: VersionName,
    /// For people; the API's name where nothing is said.
    pub title: String,
    /// For people.
    pub description: Option<String>,
    /// Where it stands in its life.
    pub lifecycle: Lifecycle,
    /// A page about it, and about how to leave it.
    pub documentation: Option<Url>,
    /// What a caller must hold to use anything of it.
    pub scope: Option<Arc<str>>,
    /// What must hold beside that.
    pub condition: Option<Arc<Condition>>,
    /// What one consumer may ask of all of it.
    pub limit: Option<PlaceLimit>,
    /// How much its requests matter, where an operation does not say.
    pub tier: Option<Tier>,
    /// Published documents. Paths are relative to `/<api>/<version>`.
    pub operations: Vec<Arc<Operation>>,
    /// Governed pass-through. Paths are relative to `/<api>/<version>`.
    pub routes: Vec<Arc<ProxiedRoute>>,
}

impl ApiVersion {
    /// `/<api>/<version>`.
    pub fn base_path(&self) -> String {
        format!("/{}/{}", self.api, self.version)
    }

    /// The limits of the version, its operations and its routes.
    pub fn limits(&self) -> impl Iterator<Item = &PlaceLimit> {
        let of_operations = self.operations.iter().filter_map(|operation| operation.limit.as_ref());
        let of_routes = self.routes.iter().filter_map(|route| route.limit.as_ref());
        self.limit.iter().chain(of_operations).chain(of_routes)
    }
}

/// Where a version stands in its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lifecycle {
    /// May still change.
    Preview,
    /// A promise.
    Active,
    /// Still kept, not for long.
    Deprecated {
        /// Since when: `Deprecation`.
        since: DateTime<Utc>,
        /// Until when: `Sunset`.
        sunset: Option<DateTime<Utc>>,
        /// What to use instead.
        successor: Option<VersionName>,
    },
    /// Gone: 410.
    Retired {
        /// What to use instead.
        successor: Option<VersionName>,
    },
}

impl Lifecycle {
    /// As configuration, metrics and OpenAPI spell it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Lifecycle::Preview => "preview",
            Lifecycle::Active => "active",
            Lifecycle::Deprecated { .. } => "deprecated",
            Lifecycle::Retired { .. } => "retired",
        }
    }

    /// What to use instead, if that is named.
    pub fn successor(&self) -> Option<&VersionName> {
        match self {
            Lifecycle::Deprecated { successor, .. } | Lifecycle::Retired { successor } => successor.as_ref(),
            Lifecycle::Preview | Lifecycle::Active => None,
        }
    }
}

/// A GraphQL document that is published on a path. Its compilation is `composites`' business.
#[derive(Debug)]
pub struct Operation {
    /// The document's file, relative to the configuration's folder.
    pub file: String,
    /// `GET` or `POST`.
    pub method: Method,
    /// Its path, relative to `/<api>/<version>`. Parameters are variables of the document.
    pub path: PathTemplate,
    /// The whole text, placement comments included, so that its lines are the file's lines.
    pub document: Arc<str>,
    /// A scope beside the version's and those of the fields.
    pub scope: Option<Arc<str>>,
    /// What must hold of its variables beside that.
    pub condition: Option<Arc<Condition>>,
    /// What one consumer may ask of it.
    pub limit: Option<PlaceLimit>,
    /// How much it matters.
    pub tier: Option<Tier>,
    /// Roles without whose systems there is no answer: their failure makes it 502, 503 or 504.
    pub required: Vec<Role>,
    /// Objects of the answer whose members stand in their place, for versions with flat names.
    pub lift: Vec<Arc<str>>,
}

/// A path whose requests go to a tenant's system, governed.
#[derive(Debug)]
pub struct ProxiedRoute {
    /// Its path, relative to `/<api>/<version>`; may end in `/**`.
    pub path: PathTemplate,
    /// What may be done.
    pub methods: Vec<Method>,
    /// To which of the tenant's systems: the one that is bound to this role.
    pub role: Role,
    /// Which of them, where a tenant has several.
    pub system: Option<Arc<str>>,
    /// The path at the system, with the same parameters; where `path` ends in `/**`, what that matched is appended.
    pub upstream: PathTemplate,
    /// A scope beside the version's.
    pub scope: Option<Arc<str>>,
    /// What must hold of the path's parameters beside that.
    pub condition: Option<Arc<Condition>>,
    /// What one consumer may ask of it.
    pub limit: Option<PlaceLimit>,
}
