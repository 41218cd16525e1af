//! What one connection may do to us: pingora's app with deadlines round it.
//!
//! pingora's time-outs are per read, so a head that trickles in, a missing HTTP/2 preface or a connection on which
//! nothing is ever asked would stay open for ever. Here the whole head has one deadline, and the first request too.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use pingora::apps::{HttpServerApp, HttpServerOptions, ReusedHttpStream, ServerApp};
use pingora::protocols::Stream;
use pingora::protocols::http::ServerSession;
use pingora::protocols::http::v2::server::H2Options;
use pingora::server::ShutdownWatch;
use tokio::sync::Notify;

tokio::task_local! {
    static HEAD_READ: Arc<Notify>;
}

/// Tells the connection's deadline that the head of a request is complete. Called by the first phase.
pub(crate) fn head_is_read() {
    // HTTP/2 streams arrive with their head complete and have nobody to tell.
    let _ = HEAD_READ.try_with(|read| read.notify_one());
}

/// How long a connection may keep us waiting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For the TLS handshake, and for the whole head of a request.
    pub(crate) head: Duration,
    /// Between requests.
    pub(crate) idle: Duration,
}

/// One connection's view of the app.
pub(super) struct Connection<A> {
    app: Arc<A>,
    patience: Patience,
    asked: Notify,
    used: AtomicBool,
}

impl<A: HttpServerApp + Send + Sync + 'static> Connection<A> {
    /// Serves the connection until it ends or wears out our patience.
    pub(super) async fn serve(app: Arc<A>, patience: Patience, stream: Stream, shutdown: &ShutdownWatch) {
        let connection = Arc::new(Connection { app, patience, asked: Notify::new(), used: AtomicBool::new(false) });
        let served = connection.process_new(stream, shutdown);
        tokio::pin!(served);
        tokio::select! {
            biased;
            _ = &mut served => return,
            () = connection.asked.notified() => {}
            () = tokio::time::sleep(patience.head) => return,
        }
        served.await;
    }
}

#[async_trait]
impl<A: HttpServerApp + Send + Sync + 'static> HttpServerApp for Connection<A> {
    async fn process_new_http(
        self: &Arc<Self>,
        session: ServerSession,
        shutdown: &ShutdownWatch,
    ) -> Option<ReusedHttpStream> {
        self.asked.notify_one();
        if session.is_http2() {
            return self.app.process_new_http(session, shutdown).await;
        }
        // On a connection that is used again the idle time comes first.
        let used = self.used.swap(true, Ordering::Relaxed);
        let deadline = if used { self.patience.idle + self.patience.head } else { self.patience.head };
        let read = Arc::new(Notify::new());
        let served = HEAD_READ.scope(Arc::clone(&read), self.app.process_new_http(session, shutdown));
        tokio::pin!(served);
        tokio::select! {
            biased;
            reusable = &mut served => return reusable,
            () = read.notified() => {}
            () = tokio::time::sleep(deadline) => return None,
        }
        served.await
    }

    fn h2_options(&self) -> Option<H2Options> {
        self.app.h2_options()
    }

    fn server_options(&self) -> Option<&HttpServerOptions> {
        self.app.server_options()
    }

    async fn http_cleanup(&self) {
        self.app.http_cleanup().await;
    }
}
