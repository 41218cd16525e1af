//! GraphQL over server-sent events, one connection a subscription: `next` with each answer, `complete` at the end, and
//! a comment now and then so that whoever stands between knows that it lives.
//!
//! It ends with the caller's right to ask, with the gateway, and with the client. A client that reads slowly is told the
//! latest: changes that come while an answer is made or written are one.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, TRANSFER_ENCODING};
use http::{StatusCode, Version};
use pingora::Result;
use pingora::http::ResponseHeader;
use pingora::proxy::Session;
use portico_composites::ask::{Call, Tally};
use portico_composites::engine::Answered;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::exchange::Exchange;
use crate::respond::{self, COMPLETE, MediaType, NEXT};
use crate::snapshot::Snapshot;
use crate::stages::identify::Origin;
use crate::stages::prepare::{Ended, Refreshed};
use crate::stages::prepare::{Permit, Subscription, Work};

/// A comment: what readers of events skip.
const HEARTBEAT: &[u8] = b":\n\n";

/// What became of one change.
enum Told {
    /// An answer to send.
    Event { bytes: Bytes, charged: u64, calls: u64, asked: Arc<Tally> },
    /// It is none of the caller's business.
    Silence,
    /// Something to send where there is any, and then no more.
    Last(Option<Bytes>),
}

/// How a stream ends.
enum End {
    /// The client has left; or it does not read.
    Gone(Result<()>),
    /// It is told so.
    Over,
}

/// Streams until somebody ends it.
pub(super) async fn stream(permit: Permit, session: &mut Session, exchange: &mut Exchange) -> Result<()> {
    let origin = exchange.identified(session).clone();
    let (Work::Subscribe(subscription), held) = permit.into_work() else { return Ok(()) };
    // It has a place of its own; the one among the requests at once is for requests.
    drop(held);
    exchange.place = exchange.snapshot.subscription.clone();
    let telemetry = Arc::clone(&exchange.telemetry);
    let _open = telemetry.subscription_opened();
    begin(session, exchange).await?;
    let end = listen(*subscription, &origin, session, exchange).await;
    // That it lasted says nothing about what we add to a request.
    exchange.upstream_time = exchange.started.elapsed();
    match end {
        End::Over => session.write_response_body(Some(Bytes::from_static(COMPLETE)), true).await,
        End::Gone(how) => {
            exchange.abandoned = true;
            how
        }
    }
}

async fn begin(session: &mut Session, exchange: &mut Exchange) -> Result<()> {
    let mut header = ResponseHeader::build(StatusCode::OK, Some(12))?;
    header.insert_header(CONTENT_TYPE, MediaType::EventStream.as_str())?;
    header.insert_header(CACHE_CONTROL, "no-store")?;
    // Proxies that gather answers before they pass them on would pass on nothing.
    header.insert_header(HeaderName::from_static("x-accel-buffering"), "no")?;
    respond::add_common(&mut header, exchange)?;
    if session.req_header().version == Version::HTTP_11 {
        header.insert_header(TRANSFER_ENCODING, "chunked")?;
    }
    exchange.status = StatusCode::OK.as_u16();
    session.write_response_header(Box::new(header), false).await?;
    // So that the client knows at once that it is listened for.
    session.write_response_body(Some(Bytes::from_static(HEARTBEAT)), false).await
}

async fn listen(
    mut subscription: Subscription,
    origin: &Origin,
    session: &mut Session,
    exchange: &mut Exchange,
) -> End {
    let Some(mut listener) = subscription.listener() else { return End::Over };
    let live = Arc::clone(&exchange.snapshot.live);
    let mut configurations = live.configurations();
    let beat = exchange.snapshot.settings.graphql.heartbeat;
    let mut heart = interval_at(Instant::now() + beat, beat);
    heart.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let changed = tokio::select! {
            biased;
            gone = session.read_body_or_idle(true) => return End::Gone(gone.map(drop)),
            () = live.ends() => return End::Over,
            _ = configurations.changed() => false,
            _ = heart.tick() => false,
            () = listener.next() => true,
        };
        let current = exchange.current.load_full();
        let told = tokio::select! {
            biased;
            gone = session.read_body_or_idle(true) => return End::Gone(gone.map(drop)),
            () = live.ends() => return End::Over,
            told = tell(changed, &subscription, origin, &current) => told,
        };
        let (bytes, last) = match told {
            Told::Event { bytes, charged, calls, asked } => {
                for (system, cost) in asked.so_far() {
                    *exchange.audited.systems.entry(system.to_string()).or_default() += cost.calls;
                }
                exchange.telemetry.subscription_event("sent");
                exchange.cost = Some(exchange.cost.unwrap_or_default().saturating_add(charged));
                exchange.calls = Some(exchange.calls.unwrap_or_default().saturating_add(calls));
                (Some(bytes), false)
            }
            Told::Silence if changed => {
                exchange.telemetry.subscription_event("withheld");
                continue;
            }
            Told::Silence => (Some(Bytes::from_static(HEARTBEAT)), false),
            Told::Last(bytes) => (bytes, true),
        };
        if let Some(bytes) = bytes
            && let Err(error) = session.write_response_body(Some(bytes), false).await
        {
            return End::Gone(Err(error));
        }
        if last {
            return End::Over;
        }
    }
}

/// Answers a change; without one it only looks whether the caller may still listen.
async fn tell(changed: bool, subscription: &Subscription, origin: &Origin, snapshot: &Snapshot) -> Told {
    if !changed {
        let may = subscription.caller(snapshot).await.is_some();
        return if may { Told::Silence } else { Told::Last(None) };
    }
    match subscription.refresh(snapshot).await {
        Ok(refreshed) => answer(refreshed, origin, snapshot).await,
        Err(Ended::Caller) => Told::Last(None),
        Err(Ended::Question(refused)) => {
            let errors = serde_json::json!({ "errors": refused.graphql(&origin.request_id) });
            Told::Last(Some(event(errors.to_string().as_bytes())))
        }
    }
}

async fn answer(refreshed: Refreshed, origin: &Origin, snapshot: &Snapshot) -> Told {
    let Refreshed { prepared, caller, subject, remaining, deadline } = refreshed;
    let principal = &caller.principal;
    let call = Call {
        tenant: principal.tenant.clone(),
        consumer: principal.consumer.clone(),
        tier: caller.tier,
        deadline,
        request_id: origin.request_id.clone(),
        traceparent: origin.trace.parent.clone(),
        tally: Arc::default(),
        urgency: None,
        subject,
    };
    let begun = Instant::now();
    let answered = snapshot.engine.answer(prepared, &call).await;
    let price = answered.price.points();
    // Who sees some customers only is not told that there was anything about the others, not even by what it costs.
    let withheld = principal.customers.is_some() && is_nothing(&answered);
    let charged = if withheld { 0 } else { answered.charged() };
    snapshot.throttle.refund(&caller, price.saturating_sub(charged), begun.elapsed());
    if withheld {
        return Told::Silence;
    }
    Told::Event {
        bytes: event(&answered.graphql(&origin.request_id, remaining)),
        charged,
        calls: answered.calls,
        asked: call.tally,
    }
}

/// Whether the one root field is null. Why does not matter: that a system failed over it would tell that there was a
/// change, as much as its answer would.
fn is_nothing(answered: &Answered) -> bool {
    match serde_json::from_slice::<serde_json::Value>(&answered.data) {
        Ok(serde_json::Value::Object(members)) => members.values().all(serde_json::Value::is_null),
        _ => true,
    }
}

fn event(answer: &[u8]) -> Bytes {
    Bytes::from([NEXT, answer, b"\n\n"].concat())
}
