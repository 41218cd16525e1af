//! The certificate of whoever calls: of the connection, or as a proxy of ours tells it (RFC 9440).
//!
//! Where proxies tell certificates, a connection from one of them is never the caller's own: its certificate says which
//! proxy it is. From everybody else the header is worth nothing, and is dropped with all others that claim an identity.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::HeaderName;
use pingora::proxy::Session;
use portico_contracts::problem::{Code, Problem};
use rustls_pki_types::CertificateDer;

use crate::certificates::Chain;
use crate::respond::Refusal;
use crate::settings::Settings;

const LEAF: HeaderName = HeaderName::from_static("client-cert");
const CHAIN: HeaderName = HeaderName::from_static("client-cert-chain");

/// The certificate that this request came with. A header of a proxy's that cannot be read refuses the request: without
/// it somebody would be taken for a stranger, and nobody would know why.
pub(crate) fn certificate(session: &Session, peer: IpAddr, settings: &Settings) -> Result<Option<Chain>, Refusal> {
    let Some(clients) = &settings.listen.client_certificates else { return Ok(None) };
    if clients.from_proxies && settings.limits.trusts(peer) {
        let told = told(&session.req_header().headers);
        return told.map_err(|says| Refusal::closing(Problem::new(Code::BadRequest, says)));
    }
    let shown = session.digest().and_then(|digest| digest.ssl_digest.as_ref());
    Ok(shown.and_then(|shown| shown.extension.get::<Chain>()).cloned())
}

/// `Client-Cert: :base64:`, and the rest of its chain beside it.
fn told(headers: &HeaderMap) -> Result<Option<Chain>, &'static str> {
    let leaf: Vec<_> = headers.get_all(&LEAF).iter().collect();
    let leaf = match leaf.as_slice() {
        [] => return Ok(None),
        [one] => one.to_str().ok().and_then(bytes).ok_or("The Client-Cert header is not one certificate.")?,
        _ => return Err("There is more than one Client-Cert header."),
    };
    let mut chain = vec![leaf];
    for value in headers.get_all(&CHAIN) {
        let text = value.to_str().map_err(|_| "The Client-Cert-Chain header cannot be read.")?;
        for item in text.split(',') {
            chain.push(bytes(item).ok_or("The Client-Cert-Chain header cannot be read.")?);
        }
    }
    Chain::new(chain).map(Some).ok_or("The chain of the client certificate is too long.")
}

/// A byte sequence (RFC 9651 §3.3.5).
fn bytes(item: &str) -> Option<CertificateDer<'static>> {
    let inner = item.trim_matches([' ', '\t']).strip_prefix(':')?.strip_suffix(':')?;
    let bytes = STANDARD.decode(inner).ok().filter(|bytes| !bytes.is_empty())?;
    Some(CertificateDer::from(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &[(&'static str, &str)]) -> Result<Option<Chain>, &'static str> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        told(&headers)
    }

    #[test]
    fn the_header_is_read_as_the_rfc_writes_it() {
        assert_eq!(read(&[]), Ok(None));
        let leaf = CertificateDer::from(b"leaf".to_vec());
        let (first, second) = (CertificateDer::from(b"first".to_vec()), CertificateDer::from(b"second".to_vec()));
        assert_eq!(read(&[("client-cert", ":bGVhZg==:")]), Ok(Chain::new(vec![leaf.clone()])));
        let whole = [("client-cert", ":bGVhZg==:"), ("client-cert-chain", ":Zmlyc3Q=:, :c2Vjb25k:")];
        assert_eq!(read(&whole), Ok(Chain::new(vec![leaf, first, second])));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for bad in
            ["", "bGVhZg==", ":bGVhZg==", "::", ":bGV hZg==:", ":bGVhZg==:, :bGVhZg==:", ":%%%:", ":bGVhZg==:;a=1"]
        {
            assert!(read(&[("client-cert", bad)]).is_err(), "{bad}");
        }
        assert!(read(&[("client-cert", ":bGVhZg==:"), ("client-cert", ":bGVhZg==:")]).is_err());
        assert!(read(&[("client-cert", ":bGVhZg==:"), ("client-cert-chain", "x")]).is_err());
        let long = [":bGVhZg==:"; 8].join(", ");
        assert!(read(&[("client-cert", ":bGVhZg==:"), ("client-cert-chain", &long)]).is_err());
    }
}
