//! What we have learned about one request so far: pingora's CTX.
//!
//! It holds the snapshot that the whole exchange is decided by, however often the configuration is reloaded meanwhile.
//! It ends in one access-log line, even if a panic or a lost client ends it first.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Method, Version};
use pingora::proxy::Session;
use portico_composites::connect::subject::Subject;
use portico_contracts::problem::{Code, Problem};
use portico_contracts::tenancy::TenantId;
use portico_policies::Caller;
use portico_policies::authenticate::Scheme;
use portico_policies::throttle::Left;

use crate::audit::{Audited, Entry};
use crate::respond::MediaType;
use crate::snapshot::Snapshot;
use crate::stages::authenticate::Kept;
use crate::stages::finish;
use crate::stages::forward::Forwarding;
use crate::stages::identify::{Origin, identify};
use crate::telemetry::Telemetry;

/// One request and its answer.
pub(crate) struct Exchange {
    /// The configuration that decides.
    pub(crate) snapshot: Arc<Snapshot>,
    /// The configuration in force, for what outlasts the one that decided.
    pub(crate) current: Arc<ArcSwap<Snapshot>>,
    /// Where the exchange is counted.
    pub(crate) telemetry: Arc<Telemetry>,
    /// When its head had arrived.
    pub(crate) started: Instant,
    /// Who is at the other end of the wire.
    pub(crate) origin: Option<Origin>,
    /// What is asked for, in words that are bounded: for logs and metrics.
    pub(crate) place: Place,
    /// Who asks.
    pub(crate) caller: Option<Arc<Caller>>,
    /// What the caller showed, kept only where it has to be looked at again.
    pub(crate) credential: Option<Kept>,
    /// How it showed that, for challenges.
    pub(crate) scheme: Scheme,
    /// What its next proof of possession must hold.
    pub(crate) nonce: Option<HeaderValue>,
    /// Whose system sent a notice, once that is proved.
    pub(crate) noticed: Option<TenantId>,
    /// The caller's token, where a system of its tenant exchanges it.
    pub(crate) subject: Option<Subject>,
    /// What is left of the caller's limits.
    pub(crate) left: Option<Left>,
    /// `Deprecation`, `Sunset`, `Link`.
    pub(crate) lifecycle: HeaderMap,
    /// What a refusal is written in.
    pub(crate) media: MediaType,
    /// A permitted request on its way to a system.
    pub(crate) forwarding: Option<Box<Forwarding>>,
    /// Why it was refused or failed.
    pub(crate) problem: Option<Problem>,
    /// What was answered; 0 while nothing was.
    pub(crate) status: u16,
    /// Spent waiting for systems.
    pub(crate) upstream_time: Duration,
    /// The price of the query.
    pub(crate) cost: Option<u64>,
    /// Calls of systems that it took.
    pub(crate) calls: Option<u64>,
    /// For the audit trail, where one is written.
    pub(crate) audited: Audited,
    /// An entry for which the trail had no room yet.
    pub(crate) unwritten: Option<Box<Entry>>,
    /// Its method, as it came.
    pub(crate) method: Method,
    /// The protocol that it came by.
    pub(crate) protocol: Version,
    /// Whether the client left before its answer.
    pub(crate) abandoned: bool,
    finished: bool,
}

/// What is asked for, named after the configuration and never after the request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    /// The API; `graphql`; `none` where no route was found.
    pub(crate) api: Arc<str>,
    /// Its version.
    pub(crate) version: Arc<str>,
    /// The path template.
    pub(crate) route: Arc<str>,
}

impl Exchange {
    /// An exchange of which nothing is known yet.
    pub(crate) fn new(current: &Arc<ArcSwap<Snapshot>>, telemetry: Arc<Telemetry>) -> Self {
        let snapshot = current.load_full();
        Exchange {
            current: Arc::clone(current),
            place: snapshot.nowhere.clone(),
            snapshot,
            telemetry,
            started: Instant::now(),
            origin: None,
            caller: None,
            credential: None,
            scheme: Scheme::default(),
            nonce: None,
            noticed: None,
            subject: None,
            left: None,
            lifecycle: HeaderMap::new(),
            media: MediaType::default(),
            forwarding: None,
            problem: None,
            status: 0,
            upstream_time: Duration::ZERO,
            cost: None,
            calls: None,
            audited: Audited::default(),
            unwritten: None,
            method: Method::default(),
            protocol: Version::default(),
            abandoned: false,
            finished: false,
        }
    }

    /// Names the request. Stage 2 does this; a refusal before it needs a name too.
    pub(crate) fn identified(&mut self, session: &Session) -> &Origin {
        let limits = &self.snapshot.settings.limits;
        self.origin.get_or_insert_with(|| identify(&session.req_header().headers, peer(session), limits))
    }

    /// The other end of the connection.
    pub(crate) fn peer(&self, session: &Session) -> std::net::IpAddr {
        peer(session)
    }

    /// The request's name.
    pub(crate) fn request_id(&self) -> &str {
        self.origin.as_ref().map_or("unidentified", |origin| &origin.request_id)
    }

    /// The headers that this exchange adds to its answer, whatever the answer is.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let lifecycle = self.lifecycle.iter().map(|(name, value)| (name.clone(), value.clone()));
        let nonce = self.nonce.iter().map(|nonce| (HeaderName::from_static("dpop-nonce"), nonce.clone()));
        lifecycle.chain(nonce).chain(self.left.iter().flat_map(Left::headers))
    }

    /// Keeps why the request was refused, for the log.
    pub(crate) fn note_refusal(&mut self, problem: Problem) {
        self.problem = Some(problem);
    }

    /// The code that the exchange ended with, if it did not end well.
    pub(crate) fn code(&self) -> Option<Code> {
        self.problem.as_ref().map(|problem| problem.code)
    }

    /// Logs and counts the exchange, once.
    pub(crate) fn finish(&mut self, session: Option<&Session>) {
        if !std::mem::replace(&mut self.finished, true) {
            finish::finish(self, session);
        }
    }
}

impl Drop for Exchange {
    /// A panic in a phase, or a connection that is cut off, ends the exchange without pingora's last phase.
    fn drop(&mut self) {
        if !self.finished {
            self.abandoned = true;
            self.finish(None);
        }
        // Nobody is left who could wait.
        if let (Some(_), Some(trail)) = (&self.unwritten, self.telemetry.trail()) {
            trail.lose();
        }
    }
}

/// The other end of the connection. Unix sockets have no address and are not listened on.
fn peer(session: &Session) -> std::net::IpAddr {
    let address = session.client_addr().and_then(|address| address.as_inet());
    address.map_or(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), |address| address.ip().to_canonical())
}
