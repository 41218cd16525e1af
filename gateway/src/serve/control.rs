//! What operators do to a running gateway: apply a changed configuration, take cached values away. Every change is in
//! the audit trail, with who made it and what came of it.

use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use portico_composites::fresh::Purge;
use portico_contracts::tenancy::TenantId;

use super::StartError;
use super::tls::Handshake;
use crate::audit::{Actor, Event};
use crate::settings::{Mistake, Settings};
use crate::snapshot::{Snapshot, Surroundings};
use crate::telemetry::Telemetry;

/// Where a reload takes the configuration from.
pub type Source = Box<dyn Fn() -> Result<Settings, Vec<Mistake>> + Send + Sync>;

/// The levers of one gateway.
pub(crate) struct Control {
    pub(crate) snapshot: Arc<ArcSwap<Snapshot>>,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(super) surroundings: Surroundings,
    pub(super) handshake: Option<Handshake>,
    source: OnceLock<Source>,
    /// Two changes at once would be two successors of one configuration.
    one_at_a_time: Mutex<()>,
}

/// Why a configuration was not applied; the one before stays.
#[derive(Debug, thiserror::Error)]
pub enum NotApplied {
    /// It does not check.
    #[error("the configuration has {} mistakes", .0.len())]
    Mistaken(Vec<Mistake>),
    /// It checks and cannot be served.
    #[error(transparent)]
    Unservable(#[from] StartError),
    /// Nobody said where it comes from.
    #[error("this gateway was not started from a configuration that can be read again")]
    NoSource,
}

impl Control {
    pub(super) fn new(
        snapshot: Arc<ArcSwap<Snapshot>>,
        telemetry: Arc<Telemetry>,
        surroundings: Surroundings,
        handshake: Option<Handshake>,
    ) -> Self {
        let (source, one_at_a_time) = (OnceLock::new(), Mutex::default());
        Control { snapshot, telemetry, surroundings, handshake, source, one_at_a_time }
    }

    /// Says where reloads take the configuration from; once.
    pub(super) fn reloads_from(&self, source: Source) {
        // A second source is a mistake of ours that changes nothing.
        let _ = self.source.set(source);
    }

    /// Reads the configuration again and applies it. Reads files and compiles documents: not for a thread that answers.
    pub(crate) fn reload(&self, by: &Actor) -> Result<u64, NotApplied> {
        let source = self.source.get().ok_or(NotApplied::NoSource)?;
        // From the reading on: what was read before another change was applied must not be applied after it.
        let _alone = self.one_at_a_time.lock();
        match source() {
            Ok(settings) => self.apply_alone(settings, by).map_err(NotApplied::from),
            Err(mistakes) => {
                self.note(Event::ConfigurationRefused { mistakes: mistakes.len(), by: by.clone() });
                Err(NotApplied::Mistaken(mistakes))
            }
        }
    }

    /// Applies settings to requests from now on; those in flight keep theirs.
    pub(super) fn apply(&self, settings: Settings, by: &Actor) -> Result<u64, StartError> {
        let _alone = self.one_at_a_time.lock();
        self.apply_alone(settings, by)
    }

    fn apply_alone(&self, settings: Settings, by: &Actor) -> Result<u64, StartError> {
        let applied = self.swap(settings);
        match &applied {
            Ok(generation) => self.note(Event::ConfigurationApplied { generation: *generation, by: by.clone() }),
            Err(_) => self.note(Event::ConfigurationRefused { mistakes: 1, by: by.clone() }),
        }
        applied
    }

    fn swap(&self, settings: Settings) -> Result<u64, StartError> {
        let settings = Arc::new(settings);
        let next = Snapshot::build(Arc::clone(&settings), &self.surroundings, Some(&self.snapshot.load()))?;
        if let Some(handshake) = &self.handshake {
            handshake.reload(&settings.listen)?;
        }
        let generation = next.generation;
        self.snapshot.store(Arc::new(next));
        self.telemetry.configured(generation);
        self.surroundings.live.applied(generation);
        Ok(generation)
    }

    /// Takes values of a tenant out of the cache. Says how many went.
    pub(crate) fn purge(&self, tenant: &TenantId, purge: &Purge, by: &Actor) -> usize {
        let values = self.snapshot.load().engine.cache().purge(tenant, purge);
        let digest = |entity: &str, key: &str| {
            self.telemetry
                .trail()
                .map(|trail| format!("{entity}.key:{}", trail.digests().of(tenant, entity, "key", key)))
        };
        let (system, entity, key) = match purge {
            Purge::All => (None, None, None),
            Purge::System(system) => (Some(system), None, None),
            Purge::Entity(system, entity) => (Some(system), Some(entity.as_str()), None),
            Purge::Key(system, entity, key) => (Some(system), Some(entity.as_str()), digest(entity, key)),
            Purge::Change(system, change) => (Some(system), Some(change.entity), None),
        };
        self.note(Event::CachePurged {
            tenant: tenant.to_string(),
            system: system.map(ToString::to_string),
            entity: entity.map(ToString::to_string),
            key,
            values,
            by: by.clone(),
        });
        values
    }

    /// Writes down what happened to the gateway.
    pub(crate) fn note(&self, event: Event) {
        if let Some(trail) = self.telemetry.trail() {
            trail.note(event);
        }
    }
}
