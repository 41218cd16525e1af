//! The certificate: loaded once, swapped by a reload, read by each handshake.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use pingora::listeners::tls::Acceptor;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::settings::Tls;

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsFault {
    /// The file is not there, or not PEM, or holds something else.
    #[error("{}: {why}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Certificate and key do not belong together, or are of no known kind.
    #[error("the certificate and its key cannot be used: {0}")]
    Pair(#[from] rustls::Error),
}

/// The certificate in force.
#[derive(Debug)]
pub(super) struct Certificate(ArcSwap<CertifiedKey>);

impl Certificate {
    /// Loads certificate and key.
    pub(super) fn load(tls: &Tls) -> Result<Arc<Self>, TlsFault> {
        Ok(Arc::new(Certificate(ArcSwap::from_pointee(read(tls)?))))
    }

    /// Loads them again; handshakes from now on use them. On a fault the old ones stay.
    pub(super) fn reload(&self, tls: &Tls) -> Result<(), TlsFault> {
        self.0.store(Arc::new(read(tls)?));
        Ok(())
    }

    /// What a listener shakes hands with: TLS 1.2 and 1.3, HTTP/2 first.
    pub(super) fn acceptor(self: &Arc<Self>) -> Arc<Acceptor> {
        let builder = ServerConfig::builder().with_no_client_auth();
        let mut config = builder.with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Arc::new(Acceptor::from_server_config(Arc::new(config)))
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

fn read(tls: &Tls) -> Result<CertifiedKey, TlsFault> {
    let fault = |path: &Path, why: String| TlsFault::File { path: path.to_owned(), why };
    let chain = CertificateDer::pem_file_iter(&tls.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| fault(&tls.certificate, error.to_string()))?;
    if chain.is_empty() {
        return Err(fault(&tls.certificate, "there is no certificate in it".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(&tls.key).map_err(|error| fault(&tls.key, error.to_string()))?;
    let ring = rustls::crypto::ring::default_provider();
    let provider = CryptoProvider::get_default().map_or(&ring, |provider| provider);
    Ok(CertifiedKey::from_der(chain, key, provider)?)
}
