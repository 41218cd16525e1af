//! Who asks: exactly one credential, turned into a [`Caller`] or refused.
//!
//! A token is believed only if its issuer is configured by that exact name, signed it with a key that the issuer
//! publishes and an algorithm that the operator pinned, for this audience and this moment, and names a tenant that
//! this issuer may speak for. An API key is believed if its hash is configured. Either way the application must be
//! registered for that tenant. Everything else is a refusal whose words repeat nothing that the caller sent.

pub mod api_key;
pub mod challenge;
mod claims;
pub mod credential;
pub mod issuer;
pub mod jwks;
pub mod jws;
mod key_source;
mod object;
#[cfg(test)]
pub(crate) mod samples;
mod token_error;
mod verified;

use std::sync::Arc;

use portico_contracts::problem::{Code, Problem};

use crate::{Caller, ConsumerKey, Consumers, Now};
use api_key::ApiKeys;
pub use api_key::{KeyHash, KeyRecord, NewKey, NoRandomness, new_key};
pub use challenge::challenge;
use claims::Claims;
pub use credential::Credential;
pub use issuer::{Issuer, Issuers, Network, SigningAlgorithm, Trusted};
use jws::Unverified;
pub use key_source::{Calm, Fetch, FetchError, Status};
pub use token_error::TokenError;
use verified::{Digest, VerifiedTokens};

/// The SHA-256 digest of a text, in lower-case hexadecimal digits.
pub(crate) fn hex_digest(text: &str) -> String {
    Digest::of(text).bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Everything that identities are checked against. One per configuration; keys of unchanged issuers are carried over.
#[derive(Debug)]
pub struct Authenticator {
    issuers: Issuers,
    consumers: Consumers,
    keys: ApiKeys,
    verified: VerifiedTokens,
}

impl Authenticator {
    /// The issuers, applications and API keys of one configuration. A key of an unregistered application is dropped.
    pub fn new(issuers: Issuers, consumers: Consumers, keys: impl IntoIterator<Item = KeyRecord>) -> Self {
        let keys = ApiKeys::new(keys, &consumers);
        Authenticator { issuers, consumers, keys, verified: VerifiedTokens::default() }
    }

    /// The issuers, to carry over into the next configuration and to refresh on schedule.
    pub fn issuers(&self) -> &Issuers {
        &self.issuers
    }

    /// Who presents this credential.
    pub async fn authenticate(&self, credential: Credential<'_>, now: Now) -> Result<Arc<Caller>, Problem> {
        match credential {
            Credential::Key(key) => self.keys.caller(key, now).map_err(Problem::from),
            Credential::Token(token) => self.token(token, now).await,
        }
    }

    async fn token(&self, token: &str, now: Now) -> Result<Arc<Caller>, Problem> {
        if token.len() > jws::MAX_TOKEN {
            return Err(TokenError::TooLong.into());
        }
        let digest = Digest::of(token);
        if let Some(caller) = self.verified.caller(&digest, now) {
            return Ok(caller);
        }
        let (caller, expires) = self.verify(token, now).await?;
        self.verified.remember(digest, caller.clone(), expires, now);
        Ok(caller)
    }

    /// The whole check of a token, and when it expires.
    async fn verify(&self, token: &str, now: Now) -> Result<(Arc<Caller>, u64), Problem> {
        let unverified = Unverified::parse(token)?;
        let trusted = self.issuers.named(&unverified.claimed_issuer()?).ok_or(TokenError::IssuerUnknown)?;
        let issuer = trusted.issuer();
        unverified.check_header(issuer)?;
        let key = trusted.keys().find(unverified.algorithm(), unverified.kid(), now).await?;
        unverified.verify(&key)?;
        let claims = Claims::read(unverified.payload(), issuer, now)?;
        let key = ConsumerKey { tenant: claims.tenant, consumer: claims.consumer };
        let consumer = self.consumers.of(&key).ok_or_else(|| unknown_consumer(&key))?;
        Ok((Caller::verified(key, consumer, claims.subject, claims.scopes.as_ref()), claims.expires))
    }
}

/// When a token ends that was accepted before (`exp`: seconds since 1970). Nothing is checked here.
pub fn expires(token: &str) -> Option<u64> {
    claims::expires(Unverified::parse(token).ok()?.payload())
}

/// Names are narrow by type, so they may be repeated.
fn unknown_consumer(key: &ConsumerKey) -> Problem {
    let ConsumerKey { tenant, consumer } = key;
    Problem::new(Code::ConsumerUnknown, format!("`{consumer}` is not registered for tenant `{tenant}`."))
}

#[cfg(test)]
mod tests;
