//! The certificate, and which client certificates are asked for: loaded once, swapped by a reload, read by each
//! handshake.

use std::any::Any;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use pingora::listeners::TlsAccept;
use pingora::listeners::tls::{Acceptor, TlsSettings};
use pingora::protocols::tls::TlsRef;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::certificates::{self, Chain};
use crate::settings::{ClientCertificates, Listen, Tls};

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
    /// The authorities of client certificates.
    #[error("client certificates cannot be asked for: {0}")]
    Clients(String),
}

/// The certificate in force.
#[derive(Debug)]
struct Certificate(ArcSwap<CertifiedKey>);

impl Certificate {
    /// Loads certificate and key.
    fn load(tls: &Tls) -> Result<Arc<Self>, TlsFault> {
        Ok(Arc::new(Certificate(ArcSwap::from_pointee(read(tls)?))))
    }

    /// Loads them again; handshakes from now on use them. On a fault the old ones stay.
    fn reload(&self, tls: &Tls) -> Result<(), TlsFault> {
        self.0.store(Arc::new(read(tls)?));
        Ok(())
    }
}

/// What the listener shakes hands with. A reload puts another in its place, and with it goes what was remembered of
/// earlier connections: a client certificate that is not taken any more cannot come back with a resumed session.
pub(super) struct Handshake {
    certificate: Arc<Certificate>,
    acceptor: Arc<ArcSwap<Acceptor>>,
}

impl Handshake {
    /// Of these settings; none where the listener speaks no TLS.
    pub(super) fn of(listen: &Listen) -> Result<Option<Self>, TlsFault> {
        let Some(tls) = &listen.tls else { return Ok(None) };
        let certificate = Certificate::load(tls)?;
        let acceptor = acceptor(&certificate, listen.client_certificates.as_ref())?;
        Ok(Some(Handshake { certificate, acceptor: Arc::new(ArcSwap::from_pointee(acceptor)) }))
    }

    /// Where the listener finds what is in force.
    pub(super) fn acceptor(&self) -> Arc<ArcSwap<Acceptor>> {
        Arc::clone(&self.acceptor)
    }

    /// Takes over changed settings. On a fault everything stays.
    pub(super) fn reload(&self, listen: &Listen) -> Result<(), TlsFault> {
        let Some(tls) = &listen.tls else { return Ok(()) };
        let acceptor = acceptor(&self.certificate, listen.client_certificates.as_ref())?;
        self.certificate.reload(tls)?;
        self.acceptor.store(Arc::new(acceptor));
        Ok(())
    }
}

/// TLS 1.2 and 1.3, HTTP/2 first.
fn acceptor(certificate: &Arc<Certificate>, clients: Option<&ClientCertificates>) -> Result<Acceptor, TlsFault> {
    // pingora hands on what a connection showed through its callbacks only.
    let mut settings =
        TlsSettings::with_callbacks(Box::new(Shown)).map_err(|error| TlsFault::Clients(error.to_string()))?;
    settings.set_cert_resolver(Arc::clone(certificate) as Arc<dyn ResolvesServerCert>);
    settings.enable_h2();
    if let Some(clients) = clients {
        settings.set_client_cert_verifier(certificates::of_listener(clients).map_err(TlsFault::Clients)?);
    }
    Ok(settings.build())
}

/// Keeps the client's certificate for the requests of its connection.
struct Shown;

#[async_trait]
impl TlsAccept for Shown {
    async fn handshake_complete_callback(&self, tls: &TlsRef) -> Option<Arc<dyn Any + Send + Sync>> {
        let chain = tls.peer_cert_chain_der()?.iter().map(|one| one.clone().into_owned()).collect();
        Some(Arc::new(Chain::new(chain)?))
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
