//! `apis/<name>/<version>/api.yaml`.

use portico_contracts::tenancy::{Role, Tier};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{AllowanceSection, words};
use crate::settings::read::At;
use crate::settings::units::Day;

/// apis/<name>/<version>/api.yaml: one version of an API. The operations beside it are *.graphql files.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiFile {
    /// For people. Default: the API's name.
    pub(crate) title: Option<String>,
    /// For people.
    pub(crate) description: Option<String>,
    /// Where it stands in its life.
    pub(crate) state: At<StateWord>,
    /// The day on which it was deprecated.
    pub(crate) deprecated_on: Option<At<Day>>,
    /// The day on which it will be gone, or is.
    pub(crate) sunset_on: Option<At<Day>>,
    /// The version to use instead.
    pub(crate) successor: Option<At<String>>,
    /// The address of a page about it.
    pub(crate) documentation: Option<At<String>>,
    /// What a caller must hold to use anything of it, for example `api:partner`.
    pub(crate) scope: Option<At<String>>,
    /// A condition beside the scope, in the Common Expression Language, over `principal` and `route`.
    pub(crate) condition: Option<At<String>>,
    /// Requests of one consumer, of anything of it, beside what its plan allows. Default: no limit of its own.
    pub(crate) rate: Option<At<AllowanceSection>>,
    /// How much its requests matter: critical, standard, best_effort. Default: as the consumer.
    #[schemars(schema_with = "words::tier")]
    #[serde(default)]
    pub(crate) tier: Option<Tier>,
    /// Paths whose requests go to a tenant's system.
    #[serde(default)]
    pub(crate) routes: Vec<At<RouteSection>>,
}

/// Where a version stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StateWord {
    /// May still change.
    Preview,
    /// A promise.
    Active,
    /// Still kept, not for long.
    Deprecated,
    /// Gone: 410.
    Retired,
}

/// A path whose requests go to a tenant's system.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RouteSection {
    /// Below `/<api>/<version>`: `/orders/{number}`, or `/data/**` for everything below.
    pub(crate) path: At<String>,
    /// What may be done. Default GET.
    pub(crate) methods: Option<At<Vec<At<String>>>>,
    /// To the tenant's system of this role: erp, crm, billing, support.
    #[schemars(schema_with = "words::role")]
    pub(crate) role: Role,
    /// To which of them, by its name, where a tenant has several of this role. Default: the only one, or the primary one.
    pub(crate) system: Option<At<String>>,
    /// The path at the system, with the same parameters. Default: the same path.
    pub(crate) upstream: Option<At<String>>,
    /// A scope beside the version's.
    pub(crate) scope: Option<At<String>>,
    /// A condition beside that, over `principal`, `route` and the path's parameters as `arguments`.
    pub(crate) condition: Option<At<String>>,
    /// Requests of one consumer, beside what its plan and the version allow. Default: no limit of its own.
    pub(crate) rate: Option<At<AllowanceSection>>,
}
