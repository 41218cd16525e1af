//! Accepting connections: one loop a listener, a cap on all of them together, deadlines on each.
//!
//! pingora's `Server` owns the process: it installs signal handlers, makes a runtime a service, sleeps the whole
//! grace period, and stays alive without a listener when a port is taken. So Portico binds its sockets itself, before
//! anything else starts, and runs pingora's HTTP app on the runtime it is called from. That is what lets tests and the
//! demo start several gateways in one process, on port 0. We gave up pingora's hand-over of sockets between processes.

mod connection;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use pingora::apps::HttpServerApp;
use pingora::listeners::tls::Acceptor;
use pingora::protocols::Stream;
use pingora::server::ShutdownWatch;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

pub(crate) use connection::{Patience, head_is_read};

use crate::telemetry::Telemetry;
use connection::Connection;
use wire::Wire;

/// Where traffic comes in.
pub(crate) struct Listener {
    /// The bound socket.
    pub(crate) socket: TcpListener,
    /// Set where the listener speaks TLS.
    pub(crate) tls: Option<Arc<ArcSwap<Acceptor>>>,
}

/// What all listeners share.
pub(crate) struct Door<A> {
    /// Who answers.
    pub(crate) app: Arc<A>,
    /// Deadlines of a connection.
    pub(crate) patience: Patience,
    /// One permit a connection.
    pub(crate) places: Arc<Semaphore>,
    /// Turns true when the gateway stops.
    pub(crate) shutdown: ShutdownWatch,
    /// Counts connections.
    pub(crate) telemetry: Arc<Telemetry>,
}

impl<A: HttpServerApp + Send + Sync + 'static> Door<A> {
    /// Accepts until the gateway stops; then waits for the connections that are left. Dropping the future cuts them off.
    pub(crate) async fn attend(self: Arc<Self>, listener: Listener) {
        let mut connections = JoinSet::new();
        let mut shutdown = self.shutdown.clone();
        loop {
            let accepted = tokio::select! {
                biased;
                _ = shutdown.wait_for(|stopping| *stopping) => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => continue,
                accepted = listener.socket.accept() => accepted,
            };
            match accepted {
                Ok((tcp, peer)) => {
                    if let Some(place) = self.place() {
                        connections.spawn(Arc::clone(&self).greet(
                            tcp,
                            peer,
                            listener.tls.as_ref().map(|tls| tls.load_full()),
                            place,
                        ));
                    }
                }
                // Usually too many open files: pausing lets connections end, spinning would not.
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
        drop(listener);
        while connections.join_next().await.is_some() {}
    }

    fn place(&self) -> Option<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok();
        if place.is_none() {
            self.telemetry.connection_refused();
        }
        place
    }

    async fn greet(
        self: Arc<Self>,
        tcp: TcpStream,
        peer: SocketAddr,
        tls: Option<Arc<Acceptor>>,
        _place: OwnedSemaphorePermit,
    ) {
        let _counted = self.telemetry.connection_opened();
        // Fails only where the peer is gone already, which the first read will tell.
        let _ = tcp.set_nodelay(true);
        let wire = Wire::new(tcp, peer);
        let stream: Stream = match tls {
            None => Box::new(wire),
            Some(acceptor) => match tokio::time::timeout(self.patience.head, acceptor.tls_handshake(wire)).await {
                Ok(Ok(stream)) => Box::new(stream),
                _ => return self.telemetry.handshake_failed(),
            },
        };
        Connection::serve(Arc::clone(&self.app), self.patience, stream, &self.shutdown).await;
    }
}
