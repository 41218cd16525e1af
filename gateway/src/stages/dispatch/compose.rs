//! Answers from the composite layer: GraphQL's shape, or the bare object of an operation.
//!
//! A client that leaves takes its own waiting with it, and nobody else's: fetches that others joined go on by themselves.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::header::{AGE, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, VARY};
use http::{Method, StatusCode};
use pingora::Result;
use pingora::proxy::Session;
use portico_composites::ask::Call;
use portico_composites::engine::Answered;
use portico_composites::operations::{Operation, Rendered};
use portico_policies::Caller;
use sha2::{Digest, Sha256};

use crate::audit::Decided;
use crate::exchange::Exchange;
use crate::respond::{self, MediaType, Refusal, Reply};
use crate::settings::HttpProfile;
use crate::stages::prepare::{Permit, Work};

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");
/// "Partial success" of the draft of 2026.
const PARTIAL: u16 = 294;

/// Asks, writes, and settles the price.
pub(super) async fn answer(permit: Permit, session: &mut Session, exchange: &mut Exchange) -> Result<()> {
    let subject = exchange.subject.take();
    let call = permit.call(exchange.identified(session), subject);
    let (Work::Compose(composition), held) = permit.into_work() else { return Ok(()) };
    let price = composition.prepared.price().points();
    let (engine, begun) = (exchange.snapshot.engine.clone(), Instant::now());
    let answered = tokio::select! {
        biased;
        answered = engine.answer(composition.prepared, &call) => answered,
        gone = session.read_body_or_idle(true) => {
            exchange.abandoned = true;
            told(None, &call, exchange);
            settle_abandoned(price, begun, call.clone(), held.shared_caller(), exchange);
            return gone.map(drop);
        }
    };
    exchange.upstream_time = begun.elapsed();
    told(Some(&answered), &call, exchange);
    exchange.calls = Some(answered.calls);
    settle(&answered, held.caller(), exchange);
    match composition.operation {
        None => respond::write(session, exchange, graphql(&answered, exchange)).await,
        Some(operation) => match rest(&operation, &answered, session) {
            Ok(reply) => respond::write(session, exchange, reply).await,
            Err(refusal) => respond::refuse(session, exchange, refusal).await,
        },
    }
}

/// For the audit trail: who was asked, and what was decided.
fn told(answered: Option<&Answered>, call: &Call, exchange: &mut Exchange) {
    if exchange.telemetry.trail().is_none() {
        return;
    }
    let systems = call.tally.so_far();
    exchange.audited.systems = systems.into_iter().map(|(system, cost)| (system.to_string(), cost.calls)).collect();
    let decided = |(id, outcome): &(String, &'static str)| Decided { id: id.clone(), outcome };
    let Some(answered) = answered else { return };
    exchange.audited.decisions = answered.decisions.iter().map(decided).collect();
    for error in &answered.errors {
        *exchange.audited.nulls.entry(error.failure.code.as_str()).or_default() += 1;
    }
}

fn settle(answered: &Answered, caller: &Caller, exchange: &mut Exchange) {
    let unused = answered.price.points().saturating_sub(answered.charged());
    if unused > 0 {
        exchange.snapshot.throttle.refund(caller, unused, exchange.upstream_time);
    }
}

/// Who left is given back what was not needed once that is known: what others joined goes on until the deadline, and
/// is paid for by whoever began it.
fn settle_abandoned(price: u64, begun: Instant, call: Call, caller: Arc<Caller>, exchange: &mut Exchange) {
    let calls = |call: &Call| call.tally.so_far().values().map(|cost| u64::from(cost.calls)).sum::<u64>();
    exchange.calls = Some(calls(&call));
    let snapshot = Arc::clone(&exchange.snapshot);
    tokio::spawn(async move {
        tokio::time::sleep_until(call.deadline).await;
        snapshot.throttle.refund(&caller, price.saturating_sub(calls(&call).max(1)), begun.elapsed());
    });
}

fn graphql(answered: &Answered, exchange: &Exchange) -> Reply {
    let partial = !answered.errors.is_empty();
    let draft = exchange.snapshot.settings.graphql.profile == HttpProfile::Draft2026;
    let status = StatusCode::from_u16(PARTIAL).ok().filter(|_| partial && draft).unwrap_or(StatusCode::OK);
    let remaining = exchange.left.as_ref().and_then(portico_policies::throttle::Left::cost);
    let mut headers = HeaderMap::with_capacity(4);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(exchange.media.as_str()));
    add_freshness(&mut headers, answered);
    let body = answered.graphql(exchange.request_id(), remaining);
    if exchange.media == MediaType::EventStream {
        return Reply { status: StatusCode::OK, headers, body: respond::only_event(&body) };
    }
    Reply { status, headers, body: body.into() }
}

fn rest(operation: &Operation, answered: &Answered, session: &Session) -> std::result::Result<Reply, Refusal> {
    let body = match operation.render(answered) {
        Rendered::Body(body) => Bytes::from(body),
        Rendered::Problem(problem) => return Err(problem.into()),
    };
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    add_freshness(&mut headers, answered);
    let request = session.req_header();
    if matches!(request.method, Method::GET | Method::HEAD) && answered.errors.is_empty() {
        let tag = entity_tag(&body);
        let known = request.headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let unchanged =
            known.flat_map(|tags| tags.split(',')).any(|known| matches!(known.trim(), "*") || known.trim() == tag);
        headers.extend(HeaderValue::try_from(tag).ok().map(|tag| (ETAG, tag)));
        if unchanged {
            headers.remove(CONTENT_TYPE);
            return Ok(Reply { status: StatusCode::NOT_MODIFIED, headers, body: Bytes::new() });
        }
    }
    Ok(Reply { status: StatusCode::OK, headers, body })
}

/// Weak, because two answers with the same meaning may differ in their bytes.
fn entity_tag(body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    let hex: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("W/\"{hex}\"")
}

/// `Age`, `Cache-Status` (RFC 9211), and who may keep it: nobody but the caller, and not if something is missing.
fn add_freshness(headers: &mut HeaderMap, answered: &Answered) {
    let freshest = answered.freshest;
    let keep = if answered.errors.is_empty() { "private" } else { "no-store" };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    headers.insert(VARY, HeaderValue::from_static("Authorization, Accept"));
    headers.insert(AGE, HeaderValue::from(freshest.age.as_secs()));
    let status = match (freshest.all_cached, freshest.stale) {
        (true, false) => "portico; hit",
        (true, true) => "portico; hit; detail=stale",
        (false, _) => "portico; fwd=miss",
    };
    headers.insert(CACHE_STATUS, HeaderValue::from_static(status));
}
