//! The second listener: health and metrics for machines, status for the administrator. Loopback unless told otherwise.
//!
//! It is no part of the traffic path and shares nothing with it but the snapshot: a flood there must not hide the
//! health here. Everything but health and metrics needs the administrator's token, reads too, and a `Host` that no
//! other site's page can name.

mod change;
mod guard;
mod status;

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use portico_contracts::problem::{Code, Problem};
use portico_policies::authenticate::{Scheme, challenge};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::respond::{MediaType, problem_body};
use crate::serve::control::Control;
use crate::telemetry::network;
use change::Change;

const CONNECTIONS: usize = 128;
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// What the admin plane reads, and changes.
pub(crate) struct Admin {
    control: Arc<Control>,
    ready: Arc<AtomicBool>,
}

type Answer = Response<Full<Bytes>>;

/// Accepts until it is dropped.
pub(crate) async fn listen(listener: TcpListener, admin: Arc<Admin>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((tcp, peer)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let admin = Arc::clone(&admin);
        connections.spawn(async move {
            let _place = place;
            let service = service_fn(|request| {
                let admin = Arc::clone(&admin);
                async move { Ok::<_, Infallible>(admin.answer(request, peer.ip()).await) }
            });
            let mut http = hyper::server::conn::http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
            // The client's end of the connection is the client's business.
            let _ = http.serve_connection(TokioIo::new(tcp), service).await;
        });
    }
}

impl Admin {
    /// Over the running gateway.
    pub(crate) fn new(control: Arc<Control>, ready: Arc<AtomicBool>) -> Self {
        Admin { control, ready }
    }

    async fn answer(&self, request: Request<Incoming>, peer: IpAddr) -> Answer {
        match (Change::at(request.uri().path()), request.method()) {
            (Some(change), &Method::POST) => change::make(change, request, &network(peer), &self.control).await,
            (Some(_), _) => refused(&Problem::new(Code::MethodNotAllowed, "This path takes POST.").allow("POST")),
            (None, _) => self.read(&request),
        }
    }

    fn read(&self, request: &Request<Incoming>) -> Answer {
        if request.method() != Method::GET && request.method() != Method::HEAD {
            return refused(&Problem::new(Code::MethodNotAllowed, "This path takes GET, HEAD.").allow("GET, HEAD"));
        }
        match request.uri().path() {
            "/healthz" => text(StatusCode::OK, "ok\n"),
            "/readyz" if self.ready.load(Ordering::Relaxed) => text(StatusCode::OK, "ready\n"),
            "/readyz" => text(StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
            "/metrics" => self.metrics(),
            "/api/status" => self.for_administrator(request, || {
                status::json(&self.control.snapshot.load_full(), &self.control.telemetry)
            }),
            "/api/drift" => self.for_administrator(request, || self.control.telemetry.drifts().json()),
            _ => refused(&Problem::new(Code::RouteNotFound, "There is nothing at this path.")),
        }
    }

    fn for_administrator(&self, request: &Request<Incoming>, answer: impl FnOnce() -> Vec<u8>) -> Answer {
        let snapshot = self.control.snapshot.load();
        match guard::admits(request.headers(), snapshot.settings.admin.token.as_ref()) {
            Ok(()) => with(StatusCode::OK, "application/json", answer().into()),
            Err(problem) => refused(&problem),
        }
    }

    fn metrics(&self) -> Answer {
        const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        match self.control.telemetry.exposition(&self.control.snapshot.load()) {
            Ok(metrics) => with(StatusCode::OK, OPENMETRICS, metrics.into()),
            Err(_) => refused(&Problem::new(Code::Internal, "The metrics cannot be written.")),
        }
    }
}

fn text(status: StatusCode, words: &'static str) -> Answer {
    with(status, "text/plain; charset=utf-8", Bytes::from_static(words.as_bytes()))
}

fn refused(problem: &Problem) -> Answer {
    let request_id = uuid::Uuid::now_v7().to_string();
    let body = problem_body(problem, MediaType::ProblemJson, &request_id);
    let mut answer = with(problem.code.status(), MediaType::ProblemJson.as_str(), body);
    if let Some(allow) = problem.allow.as_ref().and_then(|methods| methods.parse().ok()) {
        answer.headers_mut().insert(ALLOW, allow);
    }
    if let Some(challenge) = challenge(problem, None, Scheme::Bearer) {
        answer.headers_mut().insert(http::header::WWW_AUTHENTICATE, challenge);
    }
    answer
}

fn with(status: StatusCode, kind: &'static str, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, http::HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
    headers.insert("x-content-type-options", http::HeaderValue::from_static("nosniff"));
    answer
}
