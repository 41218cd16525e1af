//! Stage 2: who is at the other end of the wire, which request this is, and which trace it belongs to.
//! Headers that only Portico may set are removed from what came in.

mod certificate;
mod forbidden;
mod trace;

use std::net::IpAddr;
use std::sync::Arc;

use http::HeaderMap;
use http::header::HeaderName;
use pingora::http::RequestHeader;
use portico_contracts::problem::{Code, Problem};

use crate::respond::Refusal;
use crate::settings::Limits;

pub(crate) use certificate::certificate;
pub(crate) use forbidden::is_ours;
pub(crate) use trace::Trace;

/// Our own name of a request.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// W3C trace context.
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// W3C trace context, the vendor's part.
pub(crate) const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Where a request comes from.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// The caller's name for this request where it is well-formed, else ours.
    pub(crate) request_id: Arc<str>,
    /// Its place in a trace.
    pub(crate) trace: Trace,
    /// The caller's address, behind proxies of ours.
    pub(crate) address: IpAddr,
}

/// Names the request, before anything can go wrong with it: refusals carry the name too.
pub(crate) fn identify(headers: &HeaderMap, peer: IpAddr, limits: &Limits) -> Origin {
    let text = |name: &HeaderName| {
        let mut values = headers.get_all(name).iter();
        let value = values.next().and_then(|value| value.to_str().ok());
        value.filter(|_| values.next().is_none())
    };
    let request_id = text(&REQUEST_ID).filter(|id| is_request_id(id));
    Origin {
        request_id: request_id.map_or_else(|| uuid::Uuid::now_v7().to_string().into(), Arc::from),
        trace: Trace::continued(text(&TRACEPARENT), text(&TRACESTATE)),
        address: caller(headers, peer, limits),
    }
}

/// Drops what the caller may not say. Afterwards no stage, and no upstream, can mistake its words for ours.
pub(crate) fn forget_claims(request: &mut RequestHeader) -> Result<(), Refusal> {
    let mut doomed = Vec::new();
    forbidden::drop_from(&mut |name| doomed.push(name.clone()), &request.headers).map_err(|fault| {
        Refusal::closing(Problem::new(Code::BadRequest, format!("The request is refused: {fault}.")))
    })?;
    for name in doomed {
        request.remove_header(&name);
    }
    Ok(())
}

/// The last address that was not added by a proxy of ours. Whoever is not our proxy is the caller, whatever it says.
fn caller(headers: &HeaderMap, peer: IpAddr, limits: &Limits) -> IpAddr {
    let mut address = peer;
    let values: Vec<&str> = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok()).collect();
    let mut hops = values.iter().rev().flat_map(|value| value.rsplit(','));
    while limits.trusts(address) {
        match hops.next().and_then(|hop| hop.trim().parse().ok()) {
            Some(before) => address = before,
            None => break,
        }
    }
    address
}

fn is_request_id(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::admit::tests_support::limits;

    fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_request_id_is_kept_only_if_it_is_well_formed() {
        let peer = IpAddr::from([192, 0, 2, 1]);
        let id = |value: &str| identify(&headers(&[("x-request-id", value)]), peer, &limits()).request_id;
        assert_eq!(&*id("order-42_a.b"), "order-42_a.b");
        for bad in ["", "a b", "a,b", "a\"b", &"a".repeat(129)] {
            assert_eq!(id(bad).len(), 36, "{bad}");
        }
        let twice = identify(&headers(&[("x-request-id", "a"), ("x-request-id", "b")]), peer, &limits());
        assert_eq!(twice.request_id.len(), 36);
    }

    #[test]
    fn only_proxies_of_ours_are_believed_about_the_address() {
        let mut limits = limits();
        limits.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
        let forwarded = headers(&[("x-forwarded-for", "1.1.1.1, 203.0.113.9"), ("x-forwarded-for", "10.0.0.2")]);
        let seen = |peer: [u8; 4]| identify(&forwarded, IpAddr::from(peer), &limits).address;
        assert_eq!(seen([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 1]));
        assert_eq!(seen([10, 0, 0, 1]), IpAddr::from([203, 0, 113, 9]));
    }
}
