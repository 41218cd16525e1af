//! What a request is decided by: the settings, and everything that is built from them. Immutable; a reload makes a
//! new one and swaps it in whole, while exchanges in flight keep theirs.

mod identities;

use std::collections::HashMap;
use std::sync::Arc;

use portico_contracts::tenancy::{SystemId, TenantId};
use portico_policies::authenticate::{Authenticator, Fetch, Issuers};
use portico_policies::throttle::Throttle;
use portico_policies::Ticks;

use crate::addresses::Addresses;
use crate::exchange::Place;
use crate::settings::Settings;
use crate::stages::route::RouteTable;

/// One configuration, ready to serve.
pub(crate) struct Snapshot {
    /// How often a configuration was applied before and with this one.
    pub(crate) generation: u64,
    /// The checked configuration.
    pub(crate) settings: Arc<Settings>,
    /// The published paths.
    pub(crate) routes: RouteTable,
    /// Who may ask.
    pub(crate) authenticator: Authenticator,
    /// How much.
    pub(crate) throttle: Throttle,
    /// Names that were resolved and checked.
    pub(crate) addresses: Addresses,
    /// What a request is logged as that no route fits.
    pub(crate) nowhere: Place,
    /// What a GraphQL request is logged as.
    pub(crate) graphql: Place,
    groups: HashMap<(TenantId, SystemId), u32>,
}

/// Settings that passed their own check and still cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unservable(pub(crate) String);

impl Snapshot {
    /// Builds everything that the settings ask for. What the previous snapshot counted and fetched is carried over.
    pub(crate) fn build(
        settings: Arc<Settings>,
        fetch: &Arc<dyn Fetch>,
        previous: Option<&Snapshot>,
    ) -> Result<Self, Unservable> {
        let limits = identities::limits(&settings);
        let throttle = match previous {
            Some(previous) => previous.throttle.carry_over(&limits),
            None => Throttle::new(&limits, Ticks::real()),
        };
        let known = previous.map(|previous| previous.authenticator.issuers());
        let issuers = Issuers::new(identities::issuers(&settings), fetch, &Default::default(), known);
        let keys = identities::keys(&settings);
        Ok(Snapshot {
            generation: previous.map_or(1, |previous| previous.generation + 1),
            routes: RouteTable::new(&settings)?,
            authenticator: Authenticator::new(issuers, identities::consumers(&settings), keys),
            throttle,
            addresses: previous.map(|previous| previous.addresses.clone()).unwrap_or_default(),
            groups: groups(&settings),
            nowhere: place("none", "none"),
            graphql: place("graphql", "/graphql"),
            settings,
        })
    }

    /// A number that no other system has: its connections are never another's, nor those of an earlier configuration.
    pub(crate) fn group(&self, tenant: &TenantId, system: &SystemId) -> u64 {
        let number = self.groups.get(&(tenant.clone(), system.clone())).copied().unwrap_or_default();
        self.generation << 32 | u64::from(number)
    }
}

/// Numbers the systems, so that each has connections of its own.
fn groups(settings: &Settings) -> HashMap<(TenantId, SystemId), u32> {
    let tenants = settings.tenants.values();
    let systems = tenants.flat_map(|tenant| tenant.systems.keys().map(|system| (tenant.id.clone(), system.clone())));
    systems.zip(1..).collect()
}

fn place(api: &str, route: &str) -> Place {
    Place { api: api.into(), version: "none".into(), route: route.into() }
}
