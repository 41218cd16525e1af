//! Who may see more than health and metrics.

use std::net::IpAddr;

use http::HeaderMap;
use http::header::{AUTHORIZATION, HOST};
use portico_contracts::problem::{Code, Problem};
use portico_contracts::secret::Secret;
use subtle::ConstantTimeEq;

use crate::stages::admit::without_port;

/// Admits the administrator, named by token, at a host that no foreign page can name. There is no default token: where
/// none is configured there is nothing to see.
pub(super) fn admits(headers: &HeaderMap, token: Option<&Secret>) -> Result<(), Problem> {
    let Some(token) = token else {
        return Err(Problem::new(
            Code::RouteNotFound,
            "There is nothing at this path: no administrator's token is configured.",
        ));
    };
    if !names_no_site(headers) {
        return Err(Problem::new(Code::HostInvalid, "Call the admin listener by its address or as `localhost`."));
    }
    let mut sent = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (sent.next(), sent.next()) else {
        return Err(Problem::new(
            Code::CredentialsMissing,
            "Send `Authorization: Bearer` with the administrator's token.",
        ));
    };
    let presented = value.as_bytes().strip_prefix(b"Bearer ").unwrap_or_default();
    if bool::from(presented.ct_eq(token.reveal().as_bytes())) {
        return Ok(());
    }
    Err(Problem::new(Code::KeyInvalid, "This is not the administrator's token."))
}

/// A page of another site reaches us by a name of its own that it points at our address (DNS rebinding). Addresses and
/// `localhost` cannot be pointed anywhere.
fn names_no_site(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let Ok(host) = host.to_str() else { return false };
    let name = without_port(host);
    name.eq_ignore_ascii_case("localhost")
        || name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(fields: &[(&'static str, &'static str)], token: Option<&str>) -> Option<Code> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, http::HeaderValue::from_static(value));
        }
        admits(&headers, token.map(Secret::new).as_ref()).err().map(|problem| problem.code)
    }

    #[test]
    fn only_the_administrator_is_admitted() {
        let here = ("host", "127.0.0.1:9900");
        assert_eq!(code(&[here, ("authorization", "Bearer t")], Some("t")), None);
        assert_eq!(code(&[("host", "[::1]:9900"), ("authorization", "Bearer t")], Some("t")), None);
        assert_eq!(code(&[here], Some("t")), Some(Code::CredentialsMissing));
        assert_eq!(code(&[here, ("authorization", "Bearer x")], Some("t")), Some(Code::KeyInvalid));
        assert_eq!(code(&[here, ("authorization", "t")], Some("t")), Some(Code::KeyInvalid));
        assert_eq!(code(&[here, ("authorization", "Bearer t")], None), Some(Code::RouteNotFound));
    }

    #[test]
    fn a_name_of_another_site_is_refused() {
        for host in ["evil.example", "localhost.evil.example:9900", "127.0.0.1.evil.example", ""] {
            assert_eq!(
                code(&[("host", host), ("authorization", "Bearer t")], Some("t")),
                Some(Code::HostInvalid),
                "{host}"
            );
        }
        assert_eq!(code(&[("authorization", "Bearer t")], Some("t")), Some(Code::HostInvalid));
    }
}
