//! Carries one request to a system and brings back the whole answer, within size limits.
//!
//! One [`Client`] for each system of each tenant: two identities never share a connection. It follows no redirects and
//! accepts no compression (an answer's size is then what it says); time limits are its caller's, who drops the future.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::client::Resumption;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

use super::network::{Network, Resolver, not_allowed};
use super::wire::Answer;

/// What a client may do.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// Which addresses it may connect to.
    pub network: Network,
    /// The time for a connection, TLS not included.
    pub connect_timeout: Duration,
    /// The largest answer that is read.
    pub largest_answer: usize,
    /// Idle connections that are kept.
    pub idle_connections: usize,
    /// Certificates of private authorities that are trusted beside the machine's.
    pub authorities: Vec<CertificateDer<'static>>,
}

impl Default for ClientSettings {
    fn default() -> Self {
        ClientSettings {
            network: Network::Public,
            connect_timeout: Duration::from_secs(3),
            largest_answer: 8 << 20,
            idle_connections: 16,
            authorities: Vec::new(),
        }
    }
}

/// Why there is no answer. The texts are for the log.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// There was no connection, or it broke.
    #[error("{0}")]
    Broken(String),
    /// The answer is larger than allowed.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The answer is compressed though that was excluded.
    #[error("the answer is encoded")]
    Encoded,
}

/// A client that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
}

/// Connections to one system and to its token endpoint.
#[derive(Clone)]
pub struct Client {
    pool: Pool<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>,
    resolver: Resolver,
    network: Network,
    largest_answer: usize,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("network", &self.network).finish_non_exhaustive()
    }
}

/// Idle connections are closed before most servers close theirs.
const IDLE: Duration = Duration::from_secs(30);
const AGENT: &str = concat!("portico/", env!("CARGO_PKG_VERSION"));

impl Client {
    /// A client without connections.
    pub fn new(settings: &ClientSettings) -> Result<Self, ClientError> {
        let resolver = Resolver::new(settings.network);
        let mut tcp = HttpConnector::new_with_resolver(resolver.clone());
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(settings.connect_timeout));
        tcp.enforce_http(false);
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls(&settings.authorities)?)
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(tcp);
        let pool = Pool::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(settings.idle_connections)
            .build(connector);
        Ok(Client { pool, resolver, network: settings.network, largest_answer: settings.largest_answer })
    }

    /// Resolves names as this client does, for those who connect by themselves.
    pub fn resolver(&self) -> &Resolver {
        &self.resolver
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&self, mut request: Request<Full<Bytes>>) -> Result<Answer, SendError> {
        // The connector does not ask the resolver for a host that is an address already.
        if !request.uri().host().is_some_and(|host| self.network.allows_host(host)) {
            return Err(SendError::Broken(not_allowed().to_string()));
        }
        request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(AGENT));
        let response = self.pool.request(request).await.map_err(|error| broken(&error))?;
        let (head, body) = response.into_parts();
        if is_encoded(&head.headers) {
            return Err(SendError::Encoded);
        }
        if promised(&head.headers).is_some_and(|length| length > self.largest_answer) {
            return Err(SendError::TooLarge(self.largest_answer));
        }
        let read = Limited::new(body, self.largest_answer).collect().await;
        let body = read.map_err(|error| match error.downcast_ref::<LengthLimitError>() {
            Some(_) => SendError::TooLarge(self.largest_answer),
            None => broken(&*error),
        })?;
        Ok(Answer { status: head.status, headers: head.headers, body: body.to_bytes() })
    }
}

fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_ENCODING).iter().any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

fn promised(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// An error with its sources, the innermost of which says what happened.
fn broken(error: &(dyn std::error::Error + 'static)) -> SendError {
    let chain = std::iter::successors(Some(error), |error| error.source());
    SendError::Broken(chain.map(ToString::to_string).collect::<Vec<_>>().join(": "))
}

/// Each client has a configuration of its own, because resumed sessions belong to one identity; the authorities are
/// read from the machine once.
fn tls(own: &[CertificateDer<'static>]) -> Result<ClientConfig, rustls::Error> {
    static OF_THE_MACHINE: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let machine = OF_THE_MACHINE.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Arc::new(roots)
    });
    let roots = if own.is_empty() {
        machine.clone()
    } else {
        let mut roots = (**machine).clone();
        for authority in own {
            roots.add(authority.clone())?;
        }
        Arc::new(roots)
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    // A client talks to one system and its token endpoint.
    config.resumption = Resumption::in_memory_sessions(8);
    Ok(config)
}

#[cfg(test)]
mod tests;
