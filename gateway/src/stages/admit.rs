//! Stage 1: hostile framing, unnamed hosts, oversized heads and paths with two readings get no further.

mod framing;
mod path;

use std::collections::BTreeSet;

use http::header::{ACCEPT, HOST};
use http::{HeaderMap, Method, Version};
use pingora::http::RequestHeader;
use pingora::proxy::Session;
use portico_contracts::problem::{Code, Problem};

use crate::respond::Refusal;
use crate::settings::{Limits, Settings};

pub(crate) use path::{CanonicalPath, decoded};

const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];

/// What later stages read of the request line and of `Host`.
#[derive(Debug)]
pub(crate) struct Head {
    /// What is to be done.
    pub(crate) method: Method,
    /// To what.
    pub(crate) path: CanonicalPath,
    /// What follows the `?`, as it came.
    pub(crate) query: Option<String>,
    /// The host as the caller named it, port included.
    pub(crate) authority: String,
    /// Which media types the caller takes.
    pub(crate) accept: Option<String>,
}

/// Admits a request or says what is wrong with it.
pub(crate) fn admit(session: &Session, settings: &Settings) -> Result<Head, Refusal> {
    let raw = session.as_http1().map(|session| session.get_headers_raw_bytes());
    admit_head(session.req_header(), raw.as_deref(), &settings.limits, settings.hosts.as_ref())
}

/// All `Accept` headers as one list (RFC 9110 §5.3). What is no text asks for nothing.
fn accept(headers: &HeaderMap) -> Option<String> {
    let values: Vec<&str> = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// `raw` is the head as it came, for HTTP/1.
fn admit_head(
    request: &RequestHeader,
    raw: Option<&[u8]>,
    limits: &Limits,
    hosts: Option<&BTreeSet<String>>,
) -> Result<Head, Refusal> {
    within_budget(request, raw, limits)?;
    framing::check(request.version, &request.headers, raw)
        .map_err(|fault| Refusal::closing(Problem::new(Code::BadRequest, fault.to_string())))?;
    let (target_authority, path, query) = split_target(request)?;
    let authority = host(request, target_authority, hosts)?;
    if !METHODS.contains(&request.method) {
        let known = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
        return Err(Problem::new(Code::MethodNotAllowed, "This method is never allowed.").allow(known).into());
    }
    if raw.is_some_and(has_fragment) {
        return Err(path_invalid("a request target has no fragment"));
    }
    let path = CanonicalPath::parse(path).map_err(|fault| path_invalid(fault.to_string()))?;
    let query = query.map(checked_query).transpose()?;
    Ok(Head { method: request.method.clone(), path, query, authority, accept: accept(&request.headers) })
}

fn within_budget(request: &RequestHeader, raw: Option<&[u8]>, limits: &Limits) -> Result<(), Refusal> {
    if request.raw_path().len() > limits.uri_bytes {
        let detail = format!("The request target may have {} bytes.", limits.uri_bytes);
        return Err(Refusal::closing(Problem::new(Code::UriTooLong, detail)));
    }
    let bytes = raw.map_or_else(|| decoded_size(request), <[u8]>::len);
    if bytes > limits.header_bytes {
        let detail = format!("The header section may have {} bytes.", limits.header_bytes);
        return Err(Refusal::closing(Problem::new(Code::HeaderTooLarge, detail)));
    }
    Ok(())
}

/// As HTTP/2 counts a header list (RFC 9113 §6.5.2), without its allowance for overhead.
fn decoded_size(request: &RequestHeader) -> usize {
    let fields: usize = request.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    request.raw_path().len() + fields
}

/// pingora drops a fragment without a word; who came before us may not have.
fn has_fragment(raw: &[u8]) -> bool {
    raw.iter().take_while(|byte| **byte != b'\r').any(|byte| *byte == b'#')
}

type Target<'r> = (Option<&'r [u8]>, &'r [u8], Option<&'r [u8]>);

/// Splits origin form and absolute form (RFC 9112 §3.2); all other forms are refused.
fn split_target(request: &RequestHeader) -> Result<Target<'_>, Refusal> {
    let raw = request.raw_path();
    let (authority, target) = match strip_scheme(raw) {
        Some(rest) => {
            let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
            (Some(&rest[..end]), if end == rest.len() { &b"/"[..] } else { &rest[end..] })
        }
        None => (request.uri.authority().map(|authority| authority.as_str().as_bytes()), raw),
    };
    match target.iter().position(|byte| *byte == b'?') {
        Some(at) => Ok((authority, &target[..at], Some(&target[at + 1..]))),
        None => Ok((authority, target, None)),
    }
}

fn strip_scheme(raw: &[u8]) -> Option<&[u8]> {
    ["http://", "https://"].iter().find_map(|scheme| {
        let (front, rest) = raw.split_at_checked(scheme.len())?;
        front.eq_ignore_ascii_case(scheme.as_bytes()).then_some(rest)
    })
}

fn host(request: &RequestHeader, target: Option<&[u8]>, hosts: Option<&BTreeSet<String>>) -> Result<String, Refusal> {
    let invalid = |detail: &'static str| Refusal::closing(Problem::new(Code::HostInvalid, detail));
    let mut fields = request.headers.get_all(HOST).iter().map(http::HeaderValue::as_bytes);
    let field = fields.next();
    if fields.next().is_some() {
        return Err(invalid("There is more than one Host header."));
    }
    // HTTP/2 names the host in `:authority`, and may repeat it.
    let named = match (field, target) {
        (Some(field), Some(target)) if !field.eq_ignore_ascii_case(target) => {
            return Err(invalid("The Host header and the request target name different hosts."));
        }
        (Some(host), _) => host,
        (None, Some(target)) if request.version == Version::HTTP_2 => target,
        (None, _) => return Err(invalid("There is no Host header.")),
    };
    let authority = std::str::from_utf8(named).ok().filter(|text| is_authority(text));
    let Some(authority) = authority else { return Err(invalid("The host is not well-formed.")) };
    let name = without_port(authority).to_ascii_lowercase();
    if hosts.is_some_and(|hosts| !hosts.contains(&name)) {
        return Err(invalid("This gateway does not answer for that host."));
    }
    Ok(authority.to_ascii_lowercase())
}

fn is_authority(text: &str) -> bool {
    let name = without_port(text);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':' | b'[' | b']');
    let port = text[name.len()..].strip_prefix(':');
    !name.is_empty()
        && text.bytes().all(plain)
        && text.parse::<http::uri::Authority>().is_ok()
        && port.is_none_or(|port| port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok())
}

/// The host of an authority, without its port; an IPv6 literal keeps its brackets.
pub(crate) fn without_port(authority: &str) -> &str {
    match authority.rfind(':') {
        Some(at) if !authority[at..].contains(']') => &authority[..at],
        _ => authority,
    }
}

fn checked_query(query: &[u8]) -> Result<String, Refusal> {
    // Anything printable may stand in a query; what is decoded from it is the business of who reads it.
    match std::str::from_utf8(query) {
        Ok(text) if text.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(text.to_owned()),
        _ => Err(path_invalid("the query has a character that must be percent-encoded")),
    }
}

fn path_invalid(fault: impl std::fmt::Display) -> Refusal {
    Problem::new(Code::PathInvalid, format!("The request target is refused: {fault}.")).into()
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod tests_support;
