//! What becomes of a system's answer on its way to the caller.

use bytes::Bytes;
use http::StatusCode;
use http::header::{
    ALT_SVC, CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE, HeaderName, LOCATION, REFRESH,
    RETRY_AFTER, SERVER, SET_COOKIE, STRICT_TRANSPORT_SECURITY, TRAILER, TRANSFER_ENCODING, UPGRADE, VIA,
    WWW_AUTHENTICATE,
};
use pingora::Result;
use pingora::http::ResponseHeader;
use portico_contracts::problem::{Code, Problem};

use super::{INFORMATIONAL, underway};
use crate::exchange::Exchange;
use crate::respond::add_common;
use crate::stages::identify::is_ours;

/// For one hop, for the system's own users, or about its innards. Redirects would lead past us.
const KEPT: [HeaderName; 14] = [
    CONNECTION,
    TRAILER,
    UPGRADE,
    VIA,
    SERVER,
    SET_COOKIE,
    WWW_AUTHENTICATE,
    STRICT_TRANSPORT_SECURITY,
    ALT_SVC,
    LOCATION,
    CONTENT_LOCATION,
    REFRESH,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];
const KEPT_BY_PREFIX: [&str; 4] = ["proxy-", "access-control-", "x-powered-by", "x-aspnet"];

/// Looks at the head of an answer. Interim ones end here; failures become problems of ours.
pub(crate) fn response(response: &mut ResponseHeader, exchange: &mut Exchange) -> Result<()> {
    let forwarding = underway(exchange)?;
    let malformed =
        || Problem::new(Code::UpstreamMalformed, "The system of record sent an answer that cannot be read.");
    if response.status.is_informational() {
        forwarding.informational += 1;
        let unasked = response.status == StatusCode::SWITCHING_PROTOCOLS || forwarding.informational > INFORMATIONAL;
        return if unasked { Err(forwarding.fail(malformed())) } else { Ok(()) };
    }
    if !is_plainly_coded(response) {
        return Err(forwarding.fail(malformed().because("a Transfer-Encoding other than chunked")));
    }
    let took = forwarding.begun.elapsed();
    let role = forwarding.errand.role();
    let pause = forwarding.errand.answered(response.status, &response.headers);
    let wait = || response.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    if let Some(problem) = failure(response.status, pause.map(|pause| pause.as_secs()).or_else(wait)) {
        // Our credential may have ended early: with another the request is sent again, once, if it is safe to.
        let again = problem.code == Code::UpstreamRefused && !forwarding.refused && forwarding.errand.refused();
        forwarding.refused |= again;
        let mut error = forwarding.fail(problem);
        error.set_retry(again);
        exchange.upstream_time = took;
        exchange.telemetry.upstream_called(role, "proxied", "refused", took);
        return Err(error);
    }
    exchange.upstream_time = took;
    exchange.status = response.status.as_u16();
    exchange.telemetry.upstream_called(role, "proxied", "ok", took);
    keep_back(response);
    if !response.headers.contains_key(CACHE_CONTROL) {
        response.insert_header(CACHE_CONTROL, "no-store")?;
    }
    add_common(response, exchange)
}

/// pingora reads a body of any other coding until the end of the connection, and would send its name on (RFC 9112 §6.1).
fn is_plainly_coded(response: &ResponseHeader) -> bool {
    let mut codings = response.headers.get_all(TRANSFER_ENCODING).iter();
    codings.next().is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"chunked")) && codings.next().is_none()
}

/// A system's failure is told in our words: its own may tell strangers about its innards, or about our credential.
fn failure(status: StatusCode, wait: Option<u64>) -> Option<Problem> {
    let (code, says) = match status {
        StatusCode::UNAUTHORIZED | StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            (Code::UpstreamRefused, "The system of record refuses our credentials.")
        }
        StatusCode::TOO_MANY_REQUESTS => (Code::UpstreamThrottled, "The system of record limits our calls."),
        StatusCode::GATEWAY_TIMEOUT => (Code::UpstreamTimeout, "The system of record did not answer in time."),
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE => {
            (Code::UpstreamUnavailable, "The system of record cannot be reached.")
        }
        _ if status.is_server_error() => (Code::UpstreamError, "The system of record failed."),
        // It would lead past us, and there is nothing else in it.
        _ if status.is_redirection() && status != StatusCode::NOT_MODIFIED => {
            (Code::UpstreamError, "The system of record points elsewhere, and is not followed there.")
        }
        _ => return None,
    };
    let problem = Problem::new(code, says).because(format!("status {}", status.as_u16()));
    // A day at most: what asks for longer means something else.
    Some(match wait {
        Some(seconds @ 1..=86_400) => problem.retry_after(std::time::Duration::from_secs(seconds)),
        _ => problem,
    })
}

/// Removes what does not go on. Framing stays: pingora writes the body by it.
fn keep_back(response: &mut ResponseHeader) {
    let nominated: Vec<HeaderName> = response
        .headers
        .get_all(CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .filter_map(|option| HeaderName::from_bytes(option.trim_ascii()).ok())
        .filter(|name| ![TRANSFER_ENCODING, CONTENT_LENGTH, CONTENT_TYPE].contains(name))
        .collect();
    let stays = |name: &HeaderName| {
        nominated.contains(name)
            || KEPT.contains(name)
            || KEPT_BY_PREFIX.iter().any(|prefix| name.as_str().starts_with(prefix))
            || is_ours(name)
    };
    let doomed: Vec<HeaderName> = response.headers.keys().filter(|name| stays(name)).cloned().collect();
    for name in doomed {
        response.remove_header(&name);
    }
}

/// The deadline holds for the whole answer, however slowly it trickles.
pub(crate) fn response_body(_: Option<&Bytes>, exchange: &mut Exchange) -> Result<()> {
    let forwarding = underway(exchange)?;
    if forwarding.left().is_zero() {
        return Err(forwarding.fail(Problem::new(Code::DeadlineExceeded, "The request's time is used up.")));
    }
    Ok(())
}
