//! Client certificates, from bytes to names: who vouches for one, and what it says whose it is.
//!
//! A chain comes from the listener's TLS, or from a proxy that is trusted to have seen it (RFC 9440). Either way it is
//! held here against each authority of the configuration in force, so that a reload that takes an authority away does so
//! for connections that are open, too. The key behind a certificate was proved by the handshake.

mod names;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use portico_policies::authenticate::{ClientCertificate, Thumbprint};
use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls_pki_types::{CertificateDer, UnixTime};

use crate::settings::ClientCertificates;

pub(crate) use names::spelled;

/// How long a check of a chain holds.
const CHECKED_FOR: Duration = Duration::from_secs(60);
const ROOM: u64 = 10_000;
/// The longest chain that is looked at, leaf included.
const LONGEST_CHAIN: usize = 8;

/// A certificate, leaf first, as it was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chain(Vec<CertificateDer<'static>>);

impl Chain {
    /// None where there is no leaf, or more than anybody needs.
    pub(crate) fn new(certificates: Vec<CertificateDer<'static>>) -> Option<Self> {
        (1..=LONGEST_CHAIN).contains(&certificates.len()).then_some(Chain(certificates))
    }

    /// What no other chain has.
    fn mark(&self) -> Thumbprint {
        let prints = self.0.iter().flat_map(|one| Thumbprint::of(one).bytes().to_owned());
        Thumbprint::of(&prints.collect::<Vec<_>>())
    }
}

/// Who may vouch for client certificates.
pub(crate) struct Authorities {
    verifiers: BTreeMap<Arc<str>, Arc<dyn ClientCertVerifier>>,
    checked: Cache<Thumbprint, Option<Arc<ClientCertificate>>>,
}

impl Authorities {
    /// Of this configuration; none vouch where it takes no certificates.
    pub(crate) fn new(settings: Option<&ClientCertificates>) -> Result<Self, String> {
        let each = settings.into_iter().flat_map(|settings| &settings.authorities);
        let verifiers = each.map(|(name, roots)| Ok((name.clone(), verifier(roots, false)?)));
        let checked = Cache::builder().max_capacity(ROOM).time_to_live(CHECKED_FOR).build();
        Ok(Authorities { verifiers: verifiers.collect::<Result<_, String>>()?, checked })
    }

    /// Whether certificates can stand for an authority at all.
    pub(crate) fn try_out(roots: &[CertificateDer<'static>]) -> Result<(), String> {
        verifier(roots, false).map(drop)
    }

    /// The certificate with its names, if anybody vouches for it.
    pub(crate) fn recognized(&self, chain: &Chain) -> Option<Arc<ClientCertificate>> {
        if self.verifiers.is_empty() {
            return None;
        }
        self.checked.get_with(chain.mark(), || self.check(chain).map(Arc::new))
    }

    fn check(&self, chain: &Chain) -> Option<ClientCertificate> {
        let (leaf, intermediates) = chain.0.split_first()?;
        let vouches = |verifier: &Arc<dyn ClientCertVerifier>| {
            verifier.verify_client_cert(leaf, intermediates, UnixTime::now()).is_ok()
        };
        let authorities = self.verifiers.iter().filter(|(_, verifier)| vouches(verifier));
        let authorities = authorities.map(|(name, _)| name.clone()).collect::<std::collections::BTreeSet<_>>();
        if authorities.is_empty() {
            return None;
        }
        let (names, expires) = names::of(leaf)?;
        Some(ClientCertificate { thumbprint: Thumbprint::of(leaf), names, authorities, expires })
    }
}

/// What the listener's handshake asks: any of the authorities will do.
pub(crate) fn of_listener(settings: &ClientCertificates) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let all: Vec<_> = settings.authorities.values().flatten().cloned().collect();
    verifier(&all, !settings.required)
}

fn verifier(roots: &[CertificateDer<'static>], optional: bool) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root.clone()).map_err(|error| format!("it cannot stand for an authority: {error}"))?;
    }
    let provider = CryptoProvider::get_default().cloned();
    let provider = provider.unwrap_or_else(|| Arc::new(rustls::crypto::ring::default_provider()));
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider);
    let builder = if optional { builder.allow_unauthenticated() } else { builder };
    builder.build().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
