//! The only place where a refusal becomes bytes, and where an answer of our own is written to the wire.
//!
//! On `/graphql` a refusal is a GraphQL error, elsewhere problem details (RFC 9457). Callers see the catalogue's words
//! and the detail; the cause goes to our log only.

mod body;

use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::{HeaderMap, Method, StatusCode};
use pingora::http::ResponseHeader;
use pingora::proxy::Session;
use portico_contracts::problem::{Code, Problem};

use crate::exchange::Exchange;
use crate::stages::identify::REQUEST_ID;

pub(crate) use body::{COMPLETE, MediaType, NEXT, only_event, problem as problem_body};

/// A refused request: why, and whether its connection can be trusted with another.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// Why, in two voices. Boxed, because most requests are not refused.
    pub(crate) problem: Box<Problem>,
    /// Set where what follows on the connection may not be what it seems.
    pub(crate) close: bool,
    /// What is wrong with a GraphQL document, and the status that its caller expects for it.
    errors: Option<(StatusCode, Vec<serde_json::Value>)>,
}

impl Refusal {
    /// A refusal after which the connection is closed.
    pub(crate) fn closing(problem: Problem) -> Self {
        Refusal { problem: Box::new(problem), close: true, errors: None }
    }
}

impl Refusal {
    /// With every mistake of a GraphQL document instead of the problem alone.
    pub(crate) fn with_errors(mut self, status: StatusCode, errors: Vec<serde_json::Value>) -> Self {
        self.errors = Some((status, errors));
        self
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Refusal { problem: Box::new(problem), close: false, errors: None }
    }
}

/// An answer made in this process.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    /// Its status.
    pub(crate) status: StatusCode,
    /// Its own headers; those of every answer are added.
    pub(crate) headers: HeaderMap,
    /// Its body.
    pub(crate) body: Bytes,
}

/// A JSON document as an answer.
pub(crate) fn json(body: Bytes) -> Reply {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    Reply { status: StatusCode::OK, headers, body }
}

/// What is read of a body that nobody wants, so that the client gets to see the answer.
const DRAIN_BYTES: usize = 64 * 1024;
const DRAIN_TIME: Duration = Duration::from_millis(250);
/// What is read of it once the answer is on its way.
const LINGER_BYTES: usize = 4 * 1024 * 1024;
const LINGER_TIME: Duration = Duration::from_secs(1);

/// Refuses the request. An error means that the client is gone.
pub(crate) async fn refuse(session: &mut Session, exchange: &mut Exchange, refusal: Refusal) -> pingora::Result<()> {
    let problem = *refusal.problem;
    // Who is refused at the first stage has a name too.
    exchange.identified(session);
    let mut reply = problem_reply(&problem, exchange);
    if let Some((status, errors)) = refusal.errors {
        reply.status = status;
        reply.body = body::errors(&errors);
        let of_document = matches!(status.as_u16(), 200 | 400 | 422);
        if of_document && exchange.media == MediaType::EventStream {
            // A browser shows its page nothing of a stream that is not 200, and tries again for ever.
            reply.status = StatusCode::OK;
            reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static(MediaType::EventStream.as_str()));
            reply.body = only_event(&reply.body);
        }
    }
    exchange.note_refusal(problem);
    if refusal.close {
        session.set_keepalive(None);
        return write(session, exchange, reply).await;
    }
    drain(session, DRAIN_BYTES, DRAIN_TIME).await;
    write(session, exchange, reply).await?;
    // Whoever still sends would be answered with a reset, and might lose the answer over it.
    drain(session, LINGER_BYTES, LINGER_TIME).await;
    Ok(())
}

fn problem_reply(problem: &Problem, exchange: &Exchange) -> Reply {
    let mut headers = HeaderMap::with_capacity(8);
    let media = if exchange.media == MediaType::EventStream { MediaType::Json } else { exchange.media };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media.as_str()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(methods) = problem.allow.as_ref().and_then(|methods| HeaderValue::from_str(methods).ok()) {
        headers.insert(ALLOW, methods);
    }
    if let Some(wait) = problem.retry_after.or_else(|| default_wait(problem.code)) {
        headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
    }
    if let Some(challenge) = portico_policies::authenticate::challenge(problem, None, exchange.scheme) {
        headers.insert(WWW_AUTHENTICATE, challenge);
    }
    Reply { status: problem.code.status(), headers, body: body::problem(problem, media, exchange.request_id()) }
}

/// 429 and 503 always say when to come back.
fn default_wait(code: Code) -> Option<Duration> {
    matches!(code.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
        .then_some(Duration::from_secs(1))
}

/// Rounded up: a moment late is right, a moment early is refused again.
fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

/// Writes an answer of ours, with the headers that every answer has.
pub(crate) async fn write(session: &mut Session, exchange: &mut Exchange, reply: Reply) -> pingora::Result<()> {
    let mut header = ResponseHeader::build(reply.status, Some(reply.headers.len() + 8))?;
    for (name, value) in &reply.headers {
        header.append_header(name, value)?;
    }
    add_common(&mut header, exchange)?;
    header.insert_header(CONTENT_LENGTH, reply.body.len())?;
    exchange.status = reply.status.as_u16();
    let bodiless = session.req_header().method == Method::HEAD
        || matches!(reply.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
        || reply.body.is_empty();
    session.write_response_header(Box::new(header), bodiless).await?;
    if !bodiless {
        session.write_response_body(Some(reply.body), true).await?;
    }
    Ok(())
}

/// The headers of every answer, proxied ones included.
pub(crate) fn add_common(header: &mut ResponseHeader, exchange: &Exchange) -> pingora::Result<()> {
    header.insert_header(REQUEST_ID, exchange.request_id())?;
    header.insert_header(HeaderName::from_static("x-content-type-options"), "nosniff")?;
    for (name, value) in exchange.headers() {
        header.append_header(name, value)?;
    }
    Ok(())
}

/// Reads a little of what nobody wants: an answer that overtakes its request's body is often lost on the way, and a
/// connection whose body was read can be used again.
async fn drain(session: &mut Session, most: usize, patience: Duration) {
    // Whoever waits for our `100 Continue` sends nothing.
    if session.is_body_done() || session.get_header(http::header::EXPECT).is_some() {
        return;
    }
    let reading = async {
        let mut left = most;
        while let Ok(Some(bytes)) = session.read_request_body().await {
            match left.checked_sub(bytes.len()) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    // Beyond that the connection is closed instead.
    let _ = tokio::time::timeout(patience, reading).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_rounded_up() {
        for (millis, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (59_999, 60)] {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), seconds, "{millis}");
        }
    }
}
