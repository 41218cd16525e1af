//! Documents of token issuers: discovery and key sets.
//!
//! One connection a document, to an address that was checked (`addresses.rs`); no redirects, nothing but 200, so much
//! and no more, and not for long. Issuers' keys are asked for every few minutes, so nothing is pooled.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{ACCEPT, HOST, USER_AGENT};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::rt::TokioIo;
use pingora::tls::{RootCertStore, TlsConnector};
use portico_policies::authenticate::{Fetch, FetchError, Network};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use url::Url;

use crate::addresses::Addresses;
use crate::settings;

const PATIENCE: Duration = Duration::from_secs(5);

/// Fetches over HTTP(S).
pub(crate) struct HttpFetch {
    addresses: Addresses,
    tls: TlsConnector,
}

impl std::fmt::Debug for HttpFetch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpFetch").finish_non_exhaustive()
    }
}

impl HttpFetch {
    /// Trusts what the platform trusts.
    pub(crate) fn new(addresses: Addresses) -> Self {
        let mut roots = RootCertStore::empty();
        if let Err(error) = pingora::tls::load_platform_certs_incl_env_into_store(&mut roots) {
            tracing::warn!(%error, "no certificate authorities were found; issuers over https cannot be asked");
        }
        let config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        HttpFetch { addresses, tls: TlsConnector::from(Arc::new(config)) }
    }

    async fn get(&self, url: &Url, network: Network, limit: usize) -> Result<Vec<u8>, String> {
        let host = url.host_str().ok_or("the address has no host")?;
        let port = url.port_or_known_default().ok_or("the address has no port")?;
        let network = match network {
            Network::Public => settings::Network::Public,
            Network::Private => settings::Network::Private,
        };
        let addresses = self.addresses.of(host, port, network).await.map_err(|fault| fault.to_string())?;
        let tcp = TcpStream::connect(&*addresses).await.map_err(|error| error.to_string())?;
        match (url.scheme(), network) {
            ("https", _) => {
                let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
                let name = ServerName::try_from(name).map_err(|error| error.to_string())?;
                let tls = self.tls.connect(name, tcp).await.map_err(|error| error.to_string())?;
                ask(tls, url, limit).await
            }
            ("http", settings::Network::Private) => ask(tcp, url, limit).await,
            _ => Err("only https is fetched".to_owned()),
        }
    }
}

#[async_trait]
impl Fetch for HttpFetch {
    async fn fetch(&self, url: &Url, network: Network, limit: usize) -> Result<Vec<u8>, FetchError> {
        match tokio::time::timeout(PATIENCE, self.get(url, network, limit)).await {
            Ok(body) => body.map_err(FetchError),
            Err(_) => Err(FetchError("the issuer does not answer in time".to_owned())),
        }
    }
}

async fn ask<S>(stream: S, url: &Url, limit: usize) -> Result<Vec<u8>, String>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let says = |error: hyper::Error| error.to_string();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(says)?;
    let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let request = Request::get(&url[url::Position::BeforePath..url::Position::AfterQuery])
        .header(HOST, authority)
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, concat!("portico/", env!("CARGO_PKG_VERSION")))
        .body(Empty::<Bytes>::new())
        .map_err(|error| error.to_string())?;
    let answer = async {
        let answer = sender.send_request(request).await.map_err(says)?;
        if answer.status() != StatusCode::OK {
            return Err(format!("the issuer answers {}", answer.status().as_u16()));
        }
        let body = Limited::new(answer.into_body(), limit).collect().await.map_err(|error| error.to_string())?;
        Ok(body.to_bytes().to_vec())
    };
    // The connection is driven beside the request and ends with it.
    tokio::pin!(answer, connection);
    tokio::select! {
        body = &mut answer => body,
        ended = &mut connection => match ended {
            Ok(()) => answer.await,
            Err(error) => Err(says(error)),
        },
    }
}
