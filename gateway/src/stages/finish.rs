//! Stage 11: the access-log line, the counters and the audit entry. Runs for every exchange: also after a refusal, a panic or a lost client.

use std::sync::Arc;
use std::time::Duration;

use http::{Method, Version};
use pingora::proxy::Session;

use crate::audit::{self, Entry};
use crate::exchange::Exchange;
use crate::telemetry::{AccessLine, RequestLabels, network};

/// What a client that left before its answer is logged as, after nginx's habit.
const CLIENT_LEFT: u16 = 499;

/// Logs and counts a finished exchange.
pub(crate) fn finish(exchange: &mut Exchange, session: Option<&Session>) {
    let status = match exchange.status {
        0 => CLIENT_LEFT,
        status => status,
    };
    let took = exchange.started.elapsed();
    let labels = RequestLabels::new(&exchange.place, method_label(&exchange.method), status);
    exchange.telemetry.request_finished(&labels, took, exchange.upstream_time);
    if let Some(code) = exchange.code() {
        exchange.telemetry.problem(code);
    }
    let origin = exchange.origin.as_ref();
    let principal = exchange.caller.as_ref().map(|caller| &caller.principal);
    exchange.telemetry.access(&AccessLine {
        time: chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        kind: "access",
        request_id: exchange.request_id(),
        trace_id: origin.map_or("", |origin| origin.trace.id()),
        network: origin.map(|origin| network(origin.address)).unwrap_or_default(),
        tenant: principal.map(|principal| principal.tenant.as_str()),
        consumer: principal.map(|principal| principal.consumer.as_str()),
        api: &exchange.place.api,
        version: &exchange.place.version,
        route: &exchange.place.route,
        method: method_label(&exchange.method),
        protocol: protocol(exchange.protocol),
        status,
        code: exchange.code().map(|code| code.as_str()),
        cause: exchange.problem.as_ref().and_then(|problem| problem.cause.as_deref()),
        abandoned: exchange.abandoned,
        duration_us: took.as_micros(),
        upstream_us: exchange.upstream_time.as_micros(),
        cost: exchange.cost,
        calls: exchange.calls,
        bytes_in: session.map_or(0, |session| session.body_bytes_read()),
        bytes_out: session.map_or(0, |session| session.body_bytes_sent()),
    });
    audit(exchange, status);
}

/// Hands the entry to the audit trail. What it has no room for now waits where waiting is possible.
fn audit(exchange: &mut Exchange, status: u16) {
    let telemetry = Arc::clone(&exchange.telemetry);
    let Some(trail) = telemetry.trail() else { return };
    let principal = exchange.caller.as_ref().map(|caller| &caller.principal);
    let origin = exchange.origin.as_ref();
    let asked = !exchange.audited.systems.is_empty() || exchange.upstream_time > Duration::ZERO;
    let request = audit::Request {
        request_id: exchange.request_id().to_owned(),
        network: origin.map(|origin| network(origin.address)).unwrap_or_default(),
        tenant: principal.map(|principal| principal.tenant.to_string()),
        consumer: principal.map(|principal| principal.consumer.to_string()),
        subject: principal.map(|principal| Arc::clone(&principal.subject)),
        api: Arc::clone(&exchange.place.api),
        version: Arc::clone(&exchange.place.version),
        route: Arc::clone(&exchange.place.route),
        method: method_label(&exchange.method),
        status,
        decision: match exchange.code() {
            None => "allowed",
            Some(_) if asked => "failed",
            Some(_) => "refused",
        },
        rule: exchange.code().map(|code| code.as_str()),
        abandoned: exchange.abandoned,
        audited: std::mem::take(&mut exchange.audited),
    };
    exchange.unwritten = trail.offer(Box::new(Entry::request(request)));
}

/// Callers may invent methods; labels may not.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

fn protocol(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "1.0",
        Version::HTTP_11 => "1.1",
        Version::HTTP_2 => "2",
        _ => "?",
    }
}
