//! What we show a system, and for tokens: where they come from, how long they are used, and what a refusal means.
//!
//! A token is fetched once for all who need it, before the old one ends, and apart from the request that noticed it:
//! if its caller leaves, the others still get it. After a failure the token endpoint is left alone for a while.

mod assertion;
mod exchange;
mod token;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue};
use portico_contracts::packs::{Auth, TokenBody};
use portico_contracts::secret::Secret;
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use url::Url;

pub use self::assertion::{SignedAssertion, SigningAlgorithm, SigningKey, UnfitKey};
use self::exchange::Exchanger;
pub use self::exchange::{ACCESS_TOKEN, TokenExchange};
use self::token::{Counts, Grant, TokenSource};
use super::client::Client;
use super::subject::Subject;
use super::wire::Rejection;
use crate::endure::Trouble;

/// What we show a system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// Nothing.
    None,
    /// `Authorization: Bearer` with a token that does not change.
    Bearer(Secret),
    /// `Authorization: Basic`.
    Basic {
        /// The user.
        user: Secret,
        /// The password; may be empty.
        password: Secret,
    },
    /// A header of the system's own.
    Header {
        /// Its name.
        name: HeaderName,
        /// Its value.
        value: Secret,
    },
    /// A token that is fetched and kept until shortly before it ends (RFC 6749 §4.4).
    ClientCredentials(ClientCredentials),
    /// The same, where a signature stands for the secret (RFC 7523 §2.2).
    SignedAssertion(SignedAssertion),
    /// A token for each caller, which is had for the caller's own (RFC 8693).
    TokenExchange(TokenExchange),
}

/// How tokens are fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCredentials {
    /// Where.
    pub token_url: Url,
    /// Our name there.
    pub client_id: Secret,
    /// Our secret there.
    pub client_secret: Secret,
    /// What an account has granted us once, where the system wants that shown too (RFC 6749 §6). It must not change.
    pub refresh_token: Option<Secret>,
    /// What we ask for; stands above a parameter of that name.
    pub scope: Option<String>,
    /// Where name and secret go.
    pub body: TokenBody,
    /// Further parameters, for example `resource` or `audience`.
    pub parameters: Vec<(String, String)>,
    /// How long a token is used where the answer does not say.
    pub lifetime: Duration,
}

impl ClientCredentials {
    /// As the pack's kind of system wants it; what the binding knows better is set afterwards.
    pub fn new(auth: &Auth, token_url: Url, client_id: Secret, client_secret: Secret) -> Self {
        ClientCredentials {
            token_url,
            client_id,
            client_secret,
            refresh_token: None,
            scope: None,
            body: auth.token_body,
            parameters: auth.parameters.clone(),
            lifetime: auth.lifetime.unwrap_or(Duration::from_secs(15 * 60)),
        }
    }
}

impl Credentials {
    /// Adds all that makes two credentials different, secrets included, to a digest that never leaves the process.
    pub(super) fn digest_into(&self, digest: &mut Sha256) {
        let mut part = |text: &str| {
            digest.update(text.len().to_be_bytes());
            digest.update(text);
        };
        part(&format!("{self:?}"));
        match self {
            Credentials::None => {}
            Credentials::Bearer(one) | Credentials::Header { value: one, .. } => part(one.reveal()),
            Credentials::Basic { user: one, password: two } => {
                part(one.reveal());
                part(two.reveal());
            }
            Credentials::ClientCredentials(settings) => {
                part(settings.client_id.reveal());
                part(settings.client_secret.reveal());
                part(settings.refresh_token.as_ref().map_or("", Secret::reveal));
            }
            Credentials::SignedAssertion(SignedAssertion { client_id, key, .. }) => {
                part(client_id.reveal());
                part(key.pem().reveal());
            }
            Credentials::TokenExchange(settings) => {
                part(settings.client_id.reveal());
                part(settings.client_secret.reveal());
            }
        }
    }
}

/// A credential that cannot be put into a header.
#[derive(Debug, thiserror::Error)]
#[error("the credential holds characters that no header may hold")]
pub struct UnfitCredential;

/// What to send with one request.
#[derive(Clone)]
pub struct Authorization {
    /// The header; none where the system wants none.
    pub header: Option<(HeaderName, HeaderValue)>,
    serial: u64,
    /// Which caller's token it is, where each has one.
    of: Option<Arc<TokenSource>>,
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization").field("serial", &self.serial).finish_non_exhaustive()
    }
}

/// Makes the authorization for each request.
#[derive(Debug)]
pub(super) enum Authorizer {
    /// Always the same.
    Fixed(Authorization),
    /// A token.
    Tokens(Arc<TokenSource>),
    /// A token for each caller.
    Exchanged(Box<Exchanger>),
}

impl Authorizer {
    /// `patience` is the time that fetching a token may take.
    pub(super) fn new(credentials: Credentials, client: &Client, patience: Duration) -> Result<Self, UnfitCredential> {
        let header = match credentials {
            Credentials::None => None,
            Credentials::Bearer(token) => Some((AUTHORIZATION, sensitive(&format!("Bearer {}", token.reveal()))?)),
            Credentials::Basic { user, password } => Some((AUTHORIZATION, basic(user.reveal(), password.reveal())?)),
            Credentials::Header { name, value } => Some((name, sensitive(value.reveal())?)),
            Credentials::ClientCredentials(settings) => {
                return Ok(Authorizer::tokens(Grant::Secret(settings), client, patience));
            }
            Credentials::SignedAssertion(settings) => {
                return Ok(Authorizer::tokens(Grant::Assertion(settings), client, patience));
            }
            Credentials::TokenExchange(settings) => {
                return Ok(Authorizer::Exchanged(Box::new(Exchanger::new(settings, client, patience))));
            }
        };
        Ok(Authorizer::Fixed(Authorization { header, serial: 0, of: None }))
    }

    fn tokens(grant: Grant, client: &Client, patience: Duration) -> Self {
        Authorizer::Tokens(Arc::new(TokenSource::new(grant, client.clone(), patience)))
    }

    /// What to send now, on behalf of whom.
    pub(super) async fn authorization(
        &self,
        subject: Option<&Subject>,
        until: Instant,
    ) -> Result<Authorization, Trouble> {
        match self {
            Authorizer::Fixed(authorization) => Ok(authorization.clone()),
            Authorizer::Tokens(source) => source.authorization(until).await,
            Authorizer::Exchanged(exchanger) => {
                let Some(source) = exchanger.source(subject) else {
                    return Err(Trouble::Rejected(Rejection::Forbidden("the caller has no token".to_owned())));
                };
                let authorization = source.authorization(until).await?;
                Ok(Authorization { of: Some(source), ..authorization })
            }
        }
    }

    /// Whether each caller's token is exchanged.
    pub(super) fn exchanges(&self) -> bool {
        matches!(self, Authorizer::Exchanged(_))
    }

    /// Whether this caller can be served: one without a token cannot, where each caller's is exchanged.
    pub(super) fn serves(&self, subject: Option<&Subject>) -> bool {
        match self {
            Authorizer::Exchanged(exchanger) => exchanger.serves(subject),
            Authorizer::Fixed(_) | Authorizer::Tokens(_) => true,
        }
    }

    /// As whom the system is asked beside what all callers share: nobody of his own where all do.
    pub(super) fn caller<'s>(&self, subject: Option<&'s Subject>) -> Option<&'s str> {
        match self {
            Authorizer::Exchanged(_) => Some(subject.map_or("service", |subject| subject.digest())),
            Authorizer::Fixed(_) | Authorizer::Tokens(_) => None,
        }
    }

    /// The system did not accept it. Whether asking again may bring a better one.
    pub(super) fn rejected(&self, authorization: &Authorization) -> bool {
        match self {
            Authorizer::Fixed(_) => false,
            Authorizer::Tokens(source) => source.rejected(authorization.serial),
            Authorizer::Exchanged(_) => {
                authorization.of.as_ref().is_some_and(|source| source.rejected(authorization.serial))
            }
        }
    }

    /// Tokens fetched, and fetches that failed, since the process began.
    pub(super) fn minted(&self) -> (u64, u64) {
        match self {
            Authorizer::Fixed(_) => (0, 0),
            Authorizer::Tokens(source) => source.counts().so_far(),
            Authorizer::Exchanged(exchanger) => Counts::so_far(exchanger.counts()),
        }
    }
}

fn basic(user: &str, password: &str) -> Result<HeaderValue, UnfitCredential> {
    sensitive(&format!("Basic {}", BASE64.encode(format!("{user}:{password}"))))
}

/// A header value that neither logs nor HTTP/2's compression tables keep.
fn sensitive(text: &str) -> Result<HeaderValue, UnfitCredential> {
    let mut value = HeaderValue::from_str(text).map_err(|_| UnfitCredential)?;
    value.set_sensitive(true);
    Ok(value)
}

fn malformed(cause: &str) -> Trouble {
    Trouble::Rejected(Rejection::Malformed(cause.to_owned()))
}

#[cfg(test)]
mod tests;
