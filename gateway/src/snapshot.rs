//! What a request is decided by: the settings, and everything that is built from them. Immutable; a reload makes a
//! new one and swaps it in whole, while exchanges in flight keep theirs.

mod identities;
mod ways;

use std::sync::Arc;

use portico_composites::connect::meter::Meter;
use portico_composites::engine::Engine;
use portico_composites::fresh::{self, Cache, Clock};
use portico_contracts::tenancy::{SystemId, TenantId};
use portico_policies::Ticks;
use portico_policies::authenticate::{Authenticator, Fetch, Issuers};
use portico_policies::throttle::{Hub, HubSettings, Throttle};

use crate::certificates::Authorities;
use crate::estates::Estates;
use crate::exchange::Place;
use crate::live::Live;
use crate::published::Published;
use crate::settings::Settings;
use crate::stages::route::RouteTable;
use crate::store::RedisStore;

pub(crate) use ways::Way;
use ways::Ways;

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
    /// Who vouches for client certificates.
    pub(crate) authorities: Authorities,
    /// How much.
    pub(crate) throttle: Throttle,
    /// The composite layer.
    pub(crate) engine: Engine,
    /// The tenants' systems.
    pub(crate) estates: Estates,
    /// The published documents, compiled.
    pub(crate) published: Published,
    /// What a request is logged as that no route fits.
    pub(crate) nowhere: Place,
    /// What a GraphQL request is logged as.
    pub(crate) graphql: Place,
    /// What a subscription is logged as: it lasts.
    pub(crate) subscription: Place,
    /// What a system's notice is logged as.
    pub(crate) hooks: Place,
    /// News of changes, and who listens.
    pub(crate) live: Arc<Live>,
    ways: Ways,
}

/// What snapshots need and do not own.
pub(crate) struct Surroundings {
    /// Fetches issuers' documents.
    pub(crate) fetch: Arc<dyn Fetch>,
    /// Takes the connectors' reports.
    pub(crate) meter: Arc<dyn Meter>,
    /// Tells ages and days.
    pub(crate) clock: Arc<dyn Clock>,
    /// News of changes, and who listens.
    pub(crate) live: Arc<Live>,
}

/// Settings that passed their own check and still cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unservable(pub(crate) String);

impl Snapshot {
    /// Builds everything that the settings ask for. What the previous snapshot counted and fetched is carried over.
    pub(crate) fn build(
        settings: Arc<Settings>,
        surroundings: &Surroundings,
        previous: Option<&Snapshot>,
    ) -> Result<Self, Unservable> {
        let limits = identities::limits(&settings);
        let throttle = match previous {
            Some(previous) => previous.throttle.carry_over(&limits),
            None => {
                let ticks = Ticks::real();
                let hub = hub(&settings, &ticks)?;
                Throttle::new(&limits, ticks, hub)
            }
        };
        let known = previous.map(|previous| previous.authenticator.issuers());
        let issuers = identities::issuers(&settings);
        let issuers = Issuers::new(issuers, &surroundings.fetch, &Default::default(), known);
        let keys = identities::keys(&settings);
        let authenticator = Authenticator::new(issuers, identities::consumers(&settings), keys)
            .with_certificates(identities::certificates(&settings));
        let authenticator = match previous {
            Some(previous) => authenticator.after(&previous.authenticator),
            None => authenticator,
        };
        let authorities = Authorities::new(settings.listen.client_certificates.as_ref()).map_err(Unservable)?;
        let engine = engine(&settings, surroundings, previous);
        let published = Published::compile(&settings, &engine)
            .map_err(|mistakes| Unservable(mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))?;
        let (meter, clock) = (&surroundings.meter, &surroundings.clock);
        let estates = Estates::build(&settings, meter, clock, previous.map(|previous| &previous.estates))?;
        let routes = RouteTable::new(&settings)?;
        // Nothing can go wrong any more.
        estates.take_over(&settings);
        Ok(Snapshot {
            generation: previous.map_or(1, |previous| previous.generation + 1),
            routes,
            authenticator,
            authorities,
            throttle,
            estates,
            engine,
            published,
            nowhere: place("none", "none"),
            graphql: place("graphql", "/graphql"),
            subscription: place("graphql", "/graphql subscription"),
            hooks: place("hooks", "/hooks/{tenant}/{system}"),
            live: Arc::clone(&surroundings.live),
            ways: Ways::new(&settings),
            settings,
        })
    }

    /// How a system is connected to by the proxy.
    pub(crate) fn way(&self, tenant: &TenantId, system: &SystemId) -> Way {
        self.ways.to(tenant, system, self.generation)
    }
}

/// What asks the common store, where there is one. It outlives reloads: another store takes another start.
fn hub(settings: &Settings, ticks: &Ticks) -> Result<Option<Arc<Hub>>, Unservable> {
    let Some(store) = &settings.store else { return Ok(None) };
    let redis = RedisStore::new(store).map_err(|error| Unservable(format!("portico.yaml store: {error}")))?;
    let of_hub = HubSettings {
        gateway: uuid::Uuid::new_v4().simple().to_string().into(),
        timeout: store.timeout,
        lease_percent: store.lease,
        gateways: store.gateways,
    };
    Ok(Some(Hub::new(Arc::new(redis), of_hub, ticks.clone())))
}

/// The cache outlives reloads: what may be served from it is asked of each value anew.
fn engine(settings: &Settings, surroundings: &Surroundings, previous: Option<&Snapshot>) -> Engine {
    let (guard, most_points) = (settings.graphql.guard.clone(), u64::from(settings.graphql.max_cost));
    if let Some(previous) = previous {
        return previous.engine.with_limits(guard, most_points);
    }
    let limits = fresh::Limits {
        bytes: usize::try_from(settings.cache_bytes).unwrap_or(usize::MAX),
        ..fresh::Limits::default()
    };
    let clock = &surroundings.clock;
    Engine::new(guard, most_points, Cache::new(limits, Arc::clone(clock)), Arc::clone(clock))
}

fn place(api: &str, route: &str) -> Place {
    Place { api: api.into(), version: "none".into(), route: route.into() }
}
