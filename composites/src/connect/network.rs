//! Which addresses may be connected to, decided after the name was resolved, so that no name can lead inside.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::client::legacy::connect::dns::Name;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tower_service::Service;

/// Which addresses a system, an issuer or a token endpoint may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Network {
    /// Only what the whole internet can reach.
    #[default]
    Public,
    /// Loopback, link-local and private networks too.
    Private,
}

impl Network {
    /// Whether an address may be connected to.
    pub fn allows(self, address: IpAddr) -> bool {
        match self {
            Network::Private => !address.is_unspecified() && !address.is_multicast(),
            Network::Public => is_public(address),
        }
    }

    /// Whether the host of an address may be connected to as far as that can be told without resolving it.
    pub fn allows_host(self, host: &str) -> bool {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        bare.parse().map_or(true, |address| self.allows(address))
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// The registry of special addresses (RFC 6890 and its successors), without those that are globally reachable.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127 | 224.., _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18..=19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    )
}

/// Global unicast without documentation ranges; an address that carries an IPv4 address is as public as that one.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let groups = address.segments();
    let v4_in = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match groups {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => is_public_v4(v4_in(high, low)),
        [0x2002, high, low, ..] => is_public_v4(v4_in(high, low)),
        [0x2001, 0..=0x01ff, ..] | [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

/// How long a name's addresses are kept.
const KEPT: Duration = Duration::from_secs(30);
/// A client talks to a system and its token endpoint; more names than this are not kept.
const NAMES: usize = 16;

/// Resolves names to addresses that may be connected to.
#[derive(Debug, Clone)]
pub struct Resolver {
    network: Network,
    known: Arc<Mutex<HashMap<String, Known>>>,
}

#[derive(Debug)]
struct Known {
    addresses: Vec<SocketAddr>,
    until: Instant,
}

impl Resolver {
    /// A resolver that knows no name yet.
    pub fn new(network: Network) -> Self {
        Resolver { network, known: Arc::default() }
    }

    /// The addresses of a host, with port 0. One question at a time: a name server that hangs holds up one thread, not
    /// one for each request.
    pub async fn resolve(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        let mut known = self.known.lock().await;
        let now = Instant::now();
        if let Some(kept) = known.get(host).filter(|kept| now < kept.until) {
            return Ok(kept.addresses.clone());
        }
        let found: Vec<SocketAddr> = tokio::net::lookup_host((host, 0)).await?.collect();
        let addresses: Vec<SocketAddr> = found.into_iter().filter(|found| self.network.allows(found.ip())).collect();
        if addresses.is_empty() {
            return Err(not_allowed());
        }
        if known.len() >= NAMES {
            known.clear();
        }
        known.insert(host.to_owned(), Known { addresses: addresses.clone(), until: now + KEPT });
        Ok(addresses)
    }
}

/// The error where a host has only addresses that may not be connected to.
pub(super) fn not_allowed() -> io::Error {
    io::Error::new(
        io::ErrorKind::PermissionDenied,
        "its address is on a private network, and `network: private` is not set",
    )
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let resolver = self.clone();
        Box::pin(async move { Ok(resolver.resolve(name.as_str()).await?.into_iter()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inside_is_not_public() {
        for inside in [
            "127.0.0.1",
            "127.8.8.8",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "198.18.0.1",
            "192.0.2.1",
            "240.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "fec0::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "::127.0.0.1",
        ] {
            assert!(!Network::Public.allows(inside.parse().unwrap()), "{inside}");
        }
        for outside in
            ["1.1.1.1", "172.32.0.1", "100.128.0.1", "192.0.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "2a00::1"]
        {
            assert!(Network::Public.allows(outside.parse().unwrap()), "{outside}");
        }
        assert!(Network::Private.allows("127.0.0.1".parse().unwrap()));
        assert!(!Network::Private.allows("0.0.0.0".parse().unwrap()));
        assert!(!Network::Public.allows_host("[::1]") && Network::Public.allows_host("example.com"));
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused() {
        let refused = Resolver::new(Network::Public).resolve("localhost").await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        assert!(!Resolver::new(Network::Private).resolve("localhost").await.unwrap().is_empty());
    }
}
