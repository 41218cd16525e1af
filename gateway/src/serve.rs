//! Settings → a running gateway, on the runtime that it is called from. Several may run in one process.
//!
//! What outlives a request is started here and ends with [`Running::stop`]: listeners, the admin plane, background work.

mod background;
pub(crate) mod control;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use pingora::apps::{HttpServerApp, HttpServerOptions};
use pingora::protocols::http::v2::server::{H2Options, default_h2_options};
use pingora::proxy::HttpProxy;
use pingora::server::configuration::ServerConf;
use portico_composites::connect::meter::Meter;
use portico_composites::fresh::{Clock, SystemClock};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use crate::admin::{self, Admin};
use crate::audit::{Actor, Event, Untrailed};
use crate::fetch::HttpFetch;
use crate::listen::{Door, Listener, Patience};
use crate::live::Live;
use crate::proxy::Proxy;
use crate::settings::{Limits, Settings};
use crate::snapshot::{Snapshot, Surroundings, Unservable};
use crate::telemetry::{AccessSink, Telemetry};

use control::Control;
pub use control::{NotApplied, Source};
pub use tls::TlsFault;

/// For what is held of common limits to go back at a stop.
const LEAVING: Duration = Duration::from_secs(1);

/// The gateway.
#[derive(Debug)]
pub struct Gateway;

/// A gateway that answers. Dropping it cuts everything off; [`Running::stop`] lets requests in flight finish.
pub struct Running {
    traffic: SocketAddr,
    admin: SocketAddr,
    proxy: Arc<HttpProxy<Proxy>>,
    control: Arc<Control>,
    ready: Arc<AtomicBool>,
    shutdown: watch::Sender<bool>,
    listening: JoinHandle<()>,
    others: Vec<JoinHandle<()>>,
}

/// Why a gateway does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port that is taken, or an address that is not ours.
    #[error("{address} cannot be listened on: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// The certificate or its key.
    #[error(transparent)]
    Tls(#[from] TlsFault),
    /// The audit trail.
    #[error(transparent)]
    Audit(#[from] Untrailed),
    /// Settings that passed their own check and still cannot be served.
    #[error(transparent)]
    Settings(#[from] Unservable),
}

impl Gateway {
    /// Starts to listen and answer. Every socket is bound before this returns.
    pub async fn start(settings: Settings, access: AccessSink) -> Result<Running, StartError> {
        Self::start_with_clock(settings, access, Arc::new(SystemClock)).await
    }

    /// The same by another clock for ages and days; deadlines and tokens keep the machine's.
    pub async fn start_with_clock(
        settings: Settings,
        access: AccessSink,
        clock: Arc<dyn Clock>,
    ) -> Result<Running, StartError> {
        // Somebody may have chosen a provider before us; then there is nothing to do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let settings = Arc::new(settings);
        let handshake = tls::Handshake::of(&settings.listen)?;
        let traffic = bind(settings.listen.address).await?;
        let admin = bind(settings.admin.listen).await?;
        let telemetry = Telemetry::new(access, settings.audit.as_ref())?;
        let fetch = HttpFetch::new().map_err(|error| Unservable(error.to_string()))?;
        let meter = Arc::clone(&telemetry) as Arc<dyn Meter>;
        let surroundings = Surroundings { fetch: Arc::new(fetch), meter, clock, live: Live::new() };
        let snapshot = Arc::new(ArcSwap::from_pointee(Snapshot::build(settings, &surroundings, None)?));
        telemetry.configured(snapshot.load().generation);
        Ok(Running::begin(traffic, admin, Control::new(snapshot, telemetry, surroundings, handshake)))
    }
}

impl Running {
    fn begin(traffic: TcpListener, admin: TcpListener, control: Control) -> Self {
        let (snapshot, telemetry) = (&control.snapshot, &control.telemetry);
        let settings = Arc::clone(&snapshot.load().settings);
        let (shutdown, stopping) = watch::channel(false);
        control.surroundings.live.ends_with(stopping.clone());
        let ready = Arc::new(AtomicBool::new(true));
        let address = |listener: &TcpListener, otherwise| listener.local_addr().unwrap_or(otherwise);
        let (traffic_at, admin_at) =
            (address(&traffic, settings.listen.address), address(&admin, settings.admin.listen));
        let proxy = Arc::new(app(&settings, snapshot, telemetry));
        let door = Arc::new(Door {
            app: Arc::clone(&proxy),
            patience: Patience { head: settings.limits.head_timeout, idle: settings.limits.idle_timeout },
            places: Arc::new(Semaphore::new(settings.limits.connections)),
            shutdown: stopping,
            telemetry: Arc::clone(telemetry),
        });
        let listener = Listener { socket: traffic, tls: control.handshake.as_ref().map(tls::Handshake::acceptor) };
        let control = Arc::new(control);
        let snapshot = &control.snapshot;
        let plane = Admin::new(Arc::clone(&control), Arc::clone(&ready));
        Running {
            traffic: traffic_at,
            admin: admin_at,
            listening: tokio::spawn(door.attend(listener)),
            others: vec![
                tokio::spawn(admin::listen(admin, Arc::new(plane))),
                background::start("refresh issuers' keys", snapshot, background::refresh_keys),
                background::start("forget idle budgets", snapshot, background::forget_idle_budgets),
                background::start("ask the store", snapshot, background::ask_the_store),
                background::start("keep in touch", snapshot, background::keep_in_touch),
                background::start("tend the cache", snapshot, background::tend_cache),
            ],
            proxy,
            control,
            ready,
            shutdown,
        }
    }

    /// Where traffic is answered.
    pub fn traffic(&self) -> SocketAddr {
        self.traffic
    }

    /// Where health, metrics and the administrator are answered.
    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// Applies changed settings to requests from now on; those in flight keep theirs. Listeners stay as they are.
    pub fn apply(&self, settings: Settings) -> Result<u64, StartError> {
        self.control.apply(settings, &Actor::Program)
    }

    /// Says where reloads take the configuration from; once.
    pub fn reloads_from(&self, source: Source) {
        self.control.reloads_from(source);
    }

    /// Reads the configuration again and applies it, because a signal asked for it. What does not check changes nothing.
    pub async fn reload(&self) -> Result<u64, NotApplied> {
        let control = Arc::clone(&self.control);
        let reloaded = tokio::task::spawn_blocking(move || control.reload(&Actor::Signal)).await;
        reloaded.unwrap_or_else(|fault| Err(StartError::from(Unservable(fault.to_string())).into()))
    }

    /// Stops: not ready first, then no new connections, then up to the grace period for requests in flight.
    pub async fn stop(self) {
        let grace = self.control.snapshot.load().settings.grace;
        self.stop_within(grace).await;
    }

    /// Stops, with a grace period of the caller's.
    pub async fn stop_within(mut self, grace: Duration) {
        self.ready.store(false, Ordering::Relaxed);
        let _ = self.shutdown.send(true);
        // Connections on which nothing is asked end at once.
        self.proxy.http_cleanup().await;
        if tokio::time::timeout(grace, &mut self.listening).await.is_err() {
            tracing::warn!("the grace period is over; requests in flight are cut off");
        }
        self.control.snapshot.load_full().throttle.leave(LEAVING).await;
        self.control.note(Event::Stopped);
        if let Some(trail) = self.control.telemetry.trail() {
            trail.flush().await;
        }
        self.control.telemetry.flush();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.listening.abort();
        self.others.iter().for_each(JoinHandle::abort);
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("traffic", &self.traffic).field("admin", &self.admin).finish_non_exhaustive()
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}

fn app(settings: &Settings, snapshot: &Arc<ArcSwap<Snapshot>>, telemetry: &Arc<Telemetry>) -> HttpProxy<Proxy> {
    let proxy = Proxy { snapshot: Arc::clone(snapshot), telemetry: Arc::clone(telemetry) };
    // A second attempt is made only where a kept connection turns out to be closed, before anything was answered.
    let conf = ServerConf { max_retries: 2, ..ServerConf::default() };
    let mut app = HttpProxy::new(proxy, Arc::new(conf));
    app.handle_init_modules();
    let mut options = HttpServerOptions::default();
    options.h2c = settings.listen.h2c;
    options.h2_idle_timeout = Some(settings.limits.idle_timeout);
    app.server_options = Some(options);
    app.h2_options = Some(h2_options(&settings.limits));
    app
}

/// Begun from pingora's bounded defaults: a fresh set would have no bounds.
fn h2_options(limits: &Limits) -> H2Options {
    let mut options = default_h2_options();
    options.max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX));
    options
}

/// This moment, for policies.
pub(crate) fn now() -> portico_policies::Now {
    portico_policies::Now::new(std::time::SystemTime::now(), Instant::now())
}
