//! Stage 10 for proxied routes: what pingora asks for while it carries a permitted request to a tenant's system.
//!
//! The request goes on in its canonical form, with our credential instead of the caller's. Of the answer, what belongs
//! to one hop, to the system's own users or to its innards stays here.

mod answer;
mod errand;
mod failure;

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Uri;
use http::header::{AUTHORIZATION, COOKIE, EXPECT, HOST, HeaderName, HeaderValue, ORIGIN, REFERER, VIA};
use pingora::http::RequestHeader;
use pingora::prelude::HttpPeer;
use pingora::proxy::Session;
use pingora::upstreams::peer::HttpUpstreamRequestPolicy;
use pingora::{Error, ErrorType, Result};
use portico_composites::ask::Call;
use portico_composites::connect::credentials::Authorization;
use portico_composites::connect::subject::Subject;
use portico_contracts::problem::{Code, Problem};

use crate::exchange::Exchange;
use crate::stages::identify::{Origin, REQUEST_ID, TRACEPARENT, TRACESTATE};
use crate::stages::prepare::{Held, Permit, Work};

pub(crate) use answer::{response, response_body};
pub(crate) use errand::Errand;
pub(crate) use failure::failed;

/// A permitted request on its way. It holds the request's place among the concurrent ones.
pub(crate) struct Forwarding {
    errand: Errand,
    call: Call,
    _held: Held,
    begun: Instant,
    sent: usize,
    informational: u32,
    refused: bool,
    fault: Option<Problem>,
}

/// The fault is in the exchange; pingora only needs to know that there is one.
const FAULT: ErrorType = ErrorType::Custom("portico");
/// Real systems send one interim answer, or two.
const INFORMATIONAL: u32 = 8;

impl Forwarding {
    /// Sets out. Only a permit to forward lets anybody.
    pub(crate) fn new(permit: Permit, origin: &Origin, subject: Option<Subject>) -> Option<Box<Self>> {
        let call = permit.call(origin, subject);
        let (Work::Forward(errand), held) = permit.into_work() else { return None };
        let begun = Instant::now();
        Some(Box::new(Forwarding {
            errand: *errand,
            call,
            _held: held,
            begun,
            sent: 0,
            informational: 0,
            refused: false,
            fault: None,
        }))
    }

    fn left(&self) -> Duration {
        self.call.deadline.saturating_duration_since(tokio::time::Instant::now())
    }

    fn fail(&mut self, problem: Problem) -> Box<Error> {
        self.fault = Some(problem);
        Error::new_in(FAULT)
    }
}

fn underway(exchange: &mut Exchange) -> Result<&mut Forwarding> {
    // Only a dispatched permit lets pingora get this far.
    exchange.forwarding.as_deref_mut().ok_or_else(|| Error::new_in(ErrorType::InternalError))
}

/// Where to connect to: an address that was resolved and checked, with every time-out set.
pub(crate) async fn peer(exchange: &mut Exchange) -> Result<Box<HttpPeer>> {
    let idle = exchange.snapshot.settings.limits.idle_timeout;
    let forwarding = underway(exchange)?;
    if let Err(problem) = forwarding.errand.take_place(&forwarding.call).await {
        return Err(forwarding.fail(problem));
    }
    let address = match forwarding.errand.address(&forwarding.call).await {
        Ok(address) => address,
        Err(problem) => return Err(forwarding.fail(problem)),
    };
    let left = forwarding.left();
    if left.is_zero() {
        return Err(forwarding.fail(Problem::new(Code::DeadlineExceeded, "The request's time is used up.")));
    }
    let errand = &forwarding.errand;
    // An empty name would turn certificate checks off; an `Errand` has none.
    let mut peer = HttpPeer::new(address, errand.is_tls(), errand.name().to_owned());
    peer.group_key = errand.way().group;
    let options = &mut peer.options;
    let connecting = errand.connect_timeout().min(left);
    options.connection_timeout = Some(connecting);
    options.total_connection_timeout = Some(connecting);
    options.read_timeout = Some(errand.timeout().min(left));
    options.write_timeout = Some(errand.timeout().min(left));
    options.idle_timeout = Some(idle);
    options.http_upstream_request_policy = HttpUpstreamRequestPolicy::deny_upgrades();
    options.ca.clone_from(&errand.way().authorities);
    Ok(Box::new(peer))
}

/// Rewrites the head for the system: its path, its host, our credential, our words about where the request comes from.
pub(crate) async fn request(session: &Session, request: &mut RequestHeader, exchange: &mut Exchange) -> Result<()> {
    let secure = session.digest().is_some_and(|digest| digest.ssl_digest.is_some());
    let origin = exchange.origin.clone();
    let forwarding = underway(exchange)?;
    for name in [AUTHORIZATION, COOKIE, REFERER, ORIGIN, EXPECT] {
        request.remove_header(&name);
    }
    match forwarding.errand.authorize(&forwarding.call).await {
        Ok(Authorization { header: Some((name, value)), .. }) => request.insert_header(name, value)?,
        Ok(_) => {}
        Err(problem) => return Err(forwarding.fail(problem)),
    }
    let Ok(target) = forwarding.errand.target().parse::<Uri>() else {
        return Err(forwarding.fail(Problem::new(Code::PathInvalid, "The path cannot be forwarded.")));
    };
    request.set_uri(target);
    let (host, named) = (forwarding.errand.authority(), forwarding.errand.named());
    request.insert_header(HOST, host)?;
    request.insert_header(VIA, HeaderValue::from_static("1.1 portico"))?;
    request.insert_header(HeaderName::from_static("x-forwarded-host"), named)?;
    request.insert_header(HeaderName::from_static("x-forwarded-proto"), if secure { "https" } else { "http" })?;
    if let Some(origin) = origin {
        request.insert_header(HeaderName::from_static("x-forwarded-for"), origin.address.to_string())?;
        request.insert_header(REQUEST_ID, &*origin.request_id)?;
        request.insert_header(TRACEPARENT, &*origin.trace.parent)?;
        request.remove_header(&TRACESTATE);
        if let Some(state) = &origin.trace.state {
            request.insert_header(TRACESTATE, &**state)?;
        }
    }
    let system = forwarding.errand.system().to_string();
    *exchange.audited.systems.entry(system).or_default() += 1;
    Ok(())
}

/// Counts the body as it streams.
pub(crate) fn request_body(bytes: Option<&Bytes>, exchange: &mut Exchange) -> Result<()> {
    let most = exchange.snapshot.settings.limits.body_bytes;
    let forwarding = underway(exchange)?;
    forwarding.sent += bytes.map_or(0, Bytes::len);
    if forwarding.sent > most {
        return Err(forwarding.fail(Problem::new(Code::BodyTooLarge, format!("The body may have {most} bytes."))));
    }
    Ok(())
}
