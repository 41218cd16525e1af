//! What outlives configurations and is shared by all requests: news of changes, who listens to them, which notices came
//! before. A reload changes none of it.

mod places;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use parking_lot::Mutex;
use portico_composites::news::News;
use portico_contracts::tenancy::{SystemId, TenantId};
use portico_policies::ConsumerKey;
use portico_policies::notices::{Fingerprint, Repeats};
use portico_policies::throttle::AddressKey;
use tokio::sync::watch;

use crate::settings::Hook;

pub(crate) use places::{Full, Place, Places};

/// Notices that are read at once. Their bodies are held before anybody knows whose they are.
const EARS: usize = 256;

/// So many of them from one address: one stranger's slow bodies leave room for the systems that have something to tell.
const EARS_OF_ONE: usize = 64;

/// One gateway's news and whoever listens to them.
#[derive(Debug)]
pub(crate) struct Live {
    /// Who waits to hear of what.
    pub(crate) news: News,
    /// Subscriptions that are open.
    pub(crate) places: Places<ConsumerKey>,
    /// Notices that are being read.
    ears: Places<AddressKey>,
    /// The generation of the configuration in force.
    applied: watch::Sender<u64>,
    /// Whether the gateway ends.
    stopping: OnceLock<watch::Receiver<bool>>,
    /// Notices that came lately, by system. Only those of configured systems are kept.
    known: Mutex<HashMap<(TenantId, SystemId), Arc<Repeats>>>,
}

impl Live {
    /// Nothing has happened yet.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Live {
            news: News::default(),
            places: Places::default(),
            ears: Places::default(),
            applied: watch::channel(0).0,
            stopping: OnceLock::new(),
            known: Mutex::default(),
        })
    }

    /// Another configuration is in force.
    pub(crate) fn applied(&self, generation: u64) {
        self.applied.send_replace(generation);
    }

    /// Tells whenever another configuration is in force.
    pub(crate) fn configurations(&self) -> watch::Receiver<u64> {
        self.applied.subscribe()
    }

    /// Takes what tells that the gateway ends; once.
    pub(crate) fn ends_with(&self, stopping: watch::Receiver<bool>) {
        // A gateway begins once.
        let _ = self.stopping.set(stopping);
    }

    /// Waits until the gateway ends.
    pub(crate) async fn ends(&self) {
        let stopping = self.stopping.get().cloned();
        let ended = match stopping {
            Some(mut stopping) => stopping.wait_for(|stop| *stop).await.is_ok(),
            None => false,
        };
        if !ended {
            std::future::pending::<()>().await;
        }
    }

    /// Room to read one notice that comes from this address, if there is any.
    pub(crate) fn ear(&self, address: IpAddr) -> Option<Place<AddressKey>> {
        self.ears.take(&address.into(), EARS_OF_ONE, EARS).ok()
    }

    /// Whether a notice of a system is the first of its kind.
    pub(crate) fn is_first(
        &self,
        (tenant, system): (&TenantId, &SystemId),
        hook: &Hook,
        fingerprint: Fingerprint,
        now: Instant,
    ) -> bool {
        let repeats = Arc::clone(self.known.lock().entry((tenant.clone(), system.clone())).or_default());
        repeats.is_first(fingerprint, hook.seal.window, now)
    }
}
