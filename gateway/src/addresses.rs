//! Which addresses we may call: names are resolved here, before anyone connects, and each address is looked at.
//!
//! A name that resolves to a private address would let a stranger's configuration, or a stranger's DNS, reach what only
//! we can reach. So private addresses are refused unless the system or issuer says `network: private`, and what was
//! checked is what is connected to: there is no second look-up. pingora never sees a name, because it would resolve it
//! blocking, and panic where that fails.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use moka::future::Cache;

use crate::settings::Network;

/// How long a resolved name is believed.
const BELIEVED: Duration = Duration::from_secs(30);
const PATIENCE: Duration = Duration::from_secs(5);
const NAMES: u64 = 10_000;

/// Resolves names, checks addresses, remembers both for a while.
#[derive(Debug, Clone)]
pub(crate) struct Addresses(Cache<(String, u16), Vec<SocketAddr>>);

/// Why there is no address to call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoAddress {
    /// The name does not resolve.
    #[error("{0} does not resolve")]
    Unresolved(String),
    /// It resolves to addresses that may not be called.
    #[error("{0} resolves to a private address; `network: private` would allow it")]
    Private(String),
}

impl Default for Addresses {
    fn default() -> Self {
        Addresses(Cache::builder().max_capacity(NAMES).time_to_live(BELIEVED).build())
    }
}

impl Addresses {
    /// The addresses of a host that may be called.
    pub(crate) async fn of(&self, host: &str, port: u16, network: Network) -> Result<Vec<SocketAddr>, NoAddress> {
        let unresolved = || NoAddress::Unresolved(host.to_owned());
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let all = match bare.parse::<IpAddr>() {
            Ok(literal) => vec![SocketAddr::new(literal, port)],
            Err(_) => {
                let found = self.0.try_get_with((host.to_ascii_lowercase(), port), resolve(host, port)).await;
                found.map_err(|_| unresolved())?
            }
        };
        if all.is_empty() {
            return Err(unresolved());
        }
        // One private address among public ones is how a check is outrun, so it spoils them all.
        let allowed = network == Network::Private || all.iter().all(|address| is_public(address.ip()));
        if allowed { Ok(all) } else { Err(NoAddress::Private(host.to_owned())) }
    }
}

async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, std::io::Error> {
    let found = tokio::time::timeout(PATIENCE, tokio::net::lookup_host((host, port))).await;
    Ok(found.map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))??.collect())
}

/// Whether anyone on the internet can reach this address (IANA's special-purpose registries).
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => match embedded_v4(v6) {
            Some(v4) => is_public_v4(v4),
            None => is_public_v6(v6),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b));
    !special
}

/// Of IPv6, only what is given out for global unicast.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let global = segments[0] & 0xe000 == 0x2000;
    let special = segments[0] == 0x2001 && (segments[1] < 0x0200 || segments[1] == 0x0db8)
        || segments[0] == 0x3fff && segments[1] < 0x1000;
    global && !special
}

/// IPv4 in IPv6 clothes: mapped, NAT64, 6to4.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = address.segments();
    let pair = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match s {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x0064, 0xff9b, 0, 0, 0, 0, high, low] => Some(pair(high, low)),
        [0x2002, high, low, ..] => Some(pair(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_everyone_can_reach_is_public() {
        for private in [
            "127.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "::127.0.0.1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in ["1.1.1.1", "100.63.0.1", "172.32.0.1", "2606:4700::1111", "::ffff:1.1.1.1"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[tokio::test]
    async fn private_addresses_need_leave() {
        let addresses = Addresses::default();
        assert!(addresses.of("127.0.0.1", 80, Network::Private).await.is_ok());
        assert_eq!(addresses.of("127.0.0.1", 80, Network::Public).await, Err(NoAddress::Private("127.0.0.1".into())));
        assert!(addresses.of("[::1]", 80, Network::Public).await.is_err());
        assert!(addresses.of("localhost", 80, Network::Private).await.is_ok());
        assert!(addresses.of("localhost", 80, Network::Public).await.is_err());
    }
}
