//! pingora's phases, a line or two each. Read this first: a request's whole path is [`Proxy::decide`].

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::FutureExt;
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::modules::http::HttpModules;
use pingora::prelude::HttpPeer;
use pingora::proxy::{FailToProxy, ProxyHttp, Session};
use pingora::{Error, Result};
use portico_contracts::problem::{Code, Problem};
use portico_policies::Now;

use crate::exchange::Exchange;
use crate::listen::head_is_read;
use crate::respond::{self, Refusal};
use crate::snapshot::Snapshot;
use crate::stages::admit::admit;
use crate::stages::authenticate::authenticate;
use crate::stages::authorize::authorize;
use crate::stages::dispatch;
use crate::stages::hear::{Heard, hear};
use crate::stages::identify::{certificate, forget_claims};
use crate::stages::prepare::{Permit, prepare};
use crate::stages::route::{Route, route};
use crate::stages::shed::shed;
use crate::stages::throttle::throttle;
use crate::stages::version::version;
use crate::stages::{connection, forward};
use crate::telemetry::Telemetry;

/// The gateway as pingora sees it.
pub(crate) struct Proxy {
    /// The configuration in force; a reload swaps it.
    pub(crate) snapshot: Arc<ArcSwap<Snapshot>>,
    /// Where everything is counted.
    pub(crate) telemetry: Arc<Telemetry>,
}

/// What became of the checks.
enum Decided {
    /// A caller may have what it asks for.
    Permitted(Permit),
    /// A system told of changes, and is believed.
    Heard(Heard),
}

impl Proxy {
    /// Every check, in the order in which a request meets them. A stage either adds to what is known or refuses.
    async fn decide(&self, session: &mut Session, exchange: &mut Exchange) -> std::result::Result<Decided, Refusal> {
        let snapshot = Arc::clone(&exchange.snapshot);
        let now = Now::new(SystemTime::now(), Instant::now());
        let head = admit(session, &snapshot.settings)?; // 400 405 414 431
        let address = exchange.identified(session).address;
        let certificate = certificate(session, exchange.peer(session), &snapshot.settings)?; // 400
        forget_claims(session.req_header_mut())?; // 400
        shed(address, &snapshot.throttle)?; // 429
        let route = match route(&head, exchange)? {
            // Systems that tell of a change have a proof of their own: no caller, no permit, and nothing is asked.
            Route::Hook(door) => return hear(session, exchange, &head, &door, now).await.map(Decided::Heard), // 400 401 408 413 503
            route => route,                                                                                   // 404 405
        };
        let caller = authenticate(session.req_header_mut(), &head, certificate.as_ref(), exchange, now).await?; // 401 503
        let wanted = version(route, &head, &session.req_header().headers, &caller, exchange, now)?; // 400 403 404 410
        let grant = authorize(&caller, &wanted, &exchange.place, &head.method)?; // 403
        let allowance = throttle(&grant, &wanted, &snapshot.throttle, exchange, now).await?; // 429 503
        prepare(session, exchange, head, wanted, grant, allowance).await.map(Decided::Permitted) // 400 403 405 406 413 415 429 → Permit
    }

    async fn serve(&self, session: &mut Session, exchange: &mut Exchange) -> Result<bool> {
        match self.decide(session, exchange).await {
            Ok(Decided::Permitted(permit)) => dispatch::dispatch(permit, session, exchange).await,
            Ok(Decided::Heard(heard)) => dispatch::forget(heard, session, exchange).await.map(|()| true),
            Err(refusal) => respond::refuse(session, exchange, refusal).await.map(|()| true),
        }
    }
}

#[async_trait]
impl ProxyHttp for Proxy {
    type CTX = Exchange;

    fn new_ctx(&self) -> Exchange {
        Exchange::new(&self.snapshot, Arc::clone(&self.telemetry))
    }

    /// None: pingora's default would look at each answer whether to compress it.
    fn init_downstream_modules(&self, _: &mut HttpModules) {}

    async fn early_request_filter(&self, session: &mut Session, exchange: &mut Exchange) -> Result<()> {
        head_is_read();
        connection::prepare(session, exchange);
        Ok(())
    }

    async fn request_filter(&self, session: &mut Session, exchange: &mut Exchange) -> Result<bool> {
        let served = AssertUnwindSafe(self.serve(session, exchange)).catch_unwind().await;
        match served {
            Ok(served) => served.map_err(|error| error.into_down()),
            Err(panic) => respond::refuse(session, exchange, fault(&panic)).await.map(|()| true),
        }
    }

    async fn upstream_peer(&self, _: &mut Session, exchange: &mut Exchange) -> Result<Box<HttpPeer>> {
        forward::peer(exchange).await
    }

    async fn upstream_request_filter(
        &self,
        session: &mut Session,
        request: &mut RequestHeader,
        exchange: &mut Exchange,
    ) -> Result<()> {
        forward::request(session, request, exchange).await
    }

    async fn request_body_filter(
        &self,
        _: &mut Session,
        body: &mut Option<Bytes>,
        _end: bool,
        exchange: &mut Exchange,
    ) -> Result<()> {
        forward::request_body(body.as_ref(), exchange)
    }

    async fn upstream_response_filter(
        &self,
        _: &mut Session,
        response: &mut ResponseHeader,
        exchange: &mut Exchange,
    ) -> Result<()> {
        forward::response(response, exchange)
    }

    fn upstream_response_body_filter(
        &self,
        _: &mut Session,
        body: &mut Option<Bytes>,
        _end: bool,
        exchange: &mut Exchange,
    ) -> Result<Option<std::time::Duration>> {
        forward::response_body(body.as_ref(), exchange).map(|()| None)
    }

    /// Fields behind a body would pass every check on heads.
    fn upstream_response_trailer_filter(
        &self,
        _: &mut Session,
        trailers: &mut http::HeaderMap,
        _: &mut Exchange,
    ) -> Result<()> {
        trailers.clear();
        Ok(())
    }

    async fn fail_to_proxy(&self, session: &mut Session, error: &Error, exchange: &mut Exchange) -> FailToProxy {
        forward::failed(session, error, exchange).await
    }

    async fn logging(&self, session: &mut Session, _: Option<&Error>, exchange: &mut Exchange) {
        exchange.finish(Some(session));
        if let (Some(entry), Some(trail)) = (exchange.unwritten.take(), exchange.telemetry.trail()) {
            trail.insist(entry).await;
        }
    }

    /// Our access log says it, without the path and host that pingora would log.
    fn suppress_error_log(&self, _: &Session, _: &Exchange, _: &Error) -> bool {
        true
    }

    /// What pingora logs of its own accord names the request and nothing else of it.
    fn request_summary(&self, _: &Session, exchange: &Exchange) -> String {
        exchange.request_id().to_owned()
    }
}

/// A bug of ours costs one request, and shows.
fn fault(panic: &(dyn Any + Send)) -> Refusal {
    let words = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let cause = format!("panic: {}", words.unwrap_or("without a message"));
    tracing::error!(cause, "a request made the gateway panic");
    Refusal::closing(Problem::new(Code::Internal, "The gateway failed on this request.").because(cause))
}
