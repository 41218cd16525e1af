//! Headers that a caller may not send on: what only Portico may say, what belongs to one hop, what opens another door.

use std::borrow::Cow;

use http::HeaderMap;
use http::header::{CONNECTION, HeaderName};

/// Only Portico says these, so they are dropped from whatever comes in. Compared in lower case with `-` for `_`,
/// because many servers make no difference between the two.
const OURS: [&str; 9] = [
    "x-tenant",
    "x-user",
    "x-consumer",
    "x-portico",
    "x-forwarded",
    "x-authenticated",
    "x-client-cert",
    "x-ssl-",
    // RFC 9440; who may say it was listened to before.
    "client-cert",
];
const OURS_EXACTLY: [&str; 18] = [
    "forwarded",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "x-cluster-client-ip",
    "x-original-url",
    "x-rewrite-url",
    "x-original-host",
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
    "remote-user",
    // With these a system does for somebody else what our credential may do: Dataverse, Zendesk, Stripe.
    "mscrmcallerid",
    "callerobjectid",
    "x-on-behalf-of",
    "stripe-account",
    "stripe-context",
];

/// Between two neighbours only (RFC 9110 §7.6.1). `Transfer-Encoding` stays: pingora reads the body by it and drops
/// it itself.
const ONE_HOP: [&str; 8] = [
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "upgrade",
    "http2-settings",
];

/// Whoever names one of these in `Connection` wants us to drop a check, not a hop's detail.
const NEVER_NOMINATED: [&str; 15] = [
    "host",
    "authorization",
    "dpop",
    "x-api-key",
    "cookie",
    "content-length",
    "content-type",
    "content-encoding",
    "transfer-encoding",
    "accept",
    "cache-control",
    "traceparent",
    "tracestate",
    "x-request-id",
    "origin",
];

/// So many options a `Connection` header may have; real ones have three.
const NOMINATIONS: usize = 10;

/// A `Connection` header that is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the Connection header names what it may not name, or too much")]
pub(super) struct BadNomination;

/// Drops everything that a caller may not send on. After this the headers are the caller's own words.
pub(super) fn drop_from(remove: &mut impl FnMut(&HeaderName), headers: &HeaderMap) -> Result<(), BadNomination> {
    let nominated = nominated(headers)?;
    for name in headers.keys() {
        if nominated.contains(name) || name == CONNECTION || is_one_hop(name) || is_ours(name) || is_disguised(name) {
            remove(name);
        }
    }
    Ok(())
}

/// What `Connection` names, beside the options that are no headers.
fn nominated(headers: &HeaderMap) -> Result<Vec<HeaderName>, BadNomination> {
    let mut names = Vec::new();
    let options = headers.get_all(CONNECTION).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    for option in options.map(<[u8]>::trim_ascii).filter(|option| !option.is_empty()) {
        let name = HeaderName::from_bytes(option).map_err(|_| BadNomination)?;
        if NEVER_NOMINATED.contains(&name.as_str()) || is_ours(&name) || names.len() == NOMINATIONS {
            return Err(BadNomination);
        }
        names.push(name);
    }
    Ok(names)
}

fn is_one_hop(name: &HeaderName) -> bool {
    ONE_HOP.contains(&name.as_str())
}

/// Whether only Portico may say this.
pub(crate) fn is_ours(name: &HeaderName) -> bool {
    let name = spelled(name);
    OURS_EXACTLY.contains(&&*name) || OURS.iter().any(|prefix| name.starts_with(prefix))
}

/// `Content_Length` and the like: no check of ours reads it, and a server that takes `_` for `-` does.
fn is_disguised(name: &HeaderName) -> bool {
    let Cow::Owned(name) = spelled(name) else { return false };
    NEVER_NOMINATED.contains(&&*name) || ONE_HOP.contains(&&*name)
}

/// As a server reads it that makes no difference between `_` and `-`.
fn spelled(name: &HeaderName) -> Cow<'_, str> {
    match name.as_str() {
        name if name.contains('_') => Cow::Owned(name.replace('_', "-")),
        name => Cow::Borrowed(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(fields: &[(&'static str, &'static str)]) -> Result<Vec<String>, BadNomination> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        let mut kept = headers.clone();
        drop_from(&mut |name| drop(kept.remove(name)), &headers)?;
        Ok(kept.keys().map(ToString::to_string).collect())
    }

    #[test]
    fn identity_from_outside_is_dropped_in_every_spelling() {
        for name in [
            "X-Tenant-Id",
            "x_tenant_id",
            "X-Tenant",
            "X-User",
            "x-user_name",
            "X-Consumer-Groups",
            "X_CONSUMER_ID",
            "X-Portico-Tenant",
            "X-Forwarded-For",
            "x_forwarded-Host",
            "X-Forwarded-Client-Cert",
            "Forwarded",
            "X-Real-IP",
            "X-Original-URL",
            "X-HTTP-Method-Override",
            "X-HTTP-Method",
            "Client-Cert",
            "client_cert",
            "Client-Cert-Chain",
            "MSCRMCallerID",
            "CallerObjectId",
            "Stripe-Account",
        ] {
            assert_eq!(
                left(&[(name, "acme"), (name, "globex"), ("accept", "*/*")]),
                Ok(vec!["accept".into()]),
                "{name}"
            );
        }
    }

    #[test]
    fn what_belongs_to_one_hop_ends_here() {
        let fields = [
            ("connection", "close, X-Trick"),
            ("x-trick", "1"),
            ("te", "trailers"),
            ("keep-alive", "timeout=5"),
            ("upgrade", "h2c"),
            ("proxy-authorization", "Basic eA=="),
            ("x-custom", "stays"),
        ];
        assert_eq!(left(&fields), Ok(vec!["x-custom".into()]));
    }

    #[test]
    fn framing_and_credentials_have_one_spelling() {
        for name in ["Content_Length", "Transfer_Encoding", "content_type", "X_API_Key", "x_api-key", "Keep_Alive"] {
            assert_eq!(left(&[(name, "1"), ("x_custom", "stays")]), Ok(vec!["x_custom".into()]), "{name}");
        }
    }

    #[test]
    fn connection_may_not_name_what_checks_rest_on() {
        for option in [
            "Authorization",
            "close, host",
            "X-Forwarded-For",
            "x_tenant_id",
            "Content-Length",
            "\"x\"",
            "a b",
            ":path",
        ] {
            assert_eq!(left(&[("connection", option)]), Err(BadNomination), "{option}");
        }
        assert_eq!(left(&[("connection", "a,b,c,d,e,f,g,h,i,j,k")]), Err(BadNomination));
    }
}
