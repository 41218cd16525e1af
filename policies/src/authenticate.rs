//! Who asks: exactly one credential, turned into a [`Caller`] or refused.
//!
//! A token is believed only if its issuer is configured by that exact name, signed it with a key that the issuer
//! publishes and an algorithm that the operator pinned, for this audience and this moment, and names a tenant that
//! this issuer may speak for. A token that says nothing itself is believed if its issuer, when asked, says all that.
//! One that is bound to a certificate or a key is believed together with that only, each time it is shown. An API key
//! is believed if its hash is configured, a certificate if it is. Either way the application must be registered for
//! that tenant. Everything else is a refusal whose words repeat nothing that the caller sent.

pub mod api_key;
mod binding;
pub mod certificate;
pub mod challenge;
mod claims;
pub mod credential;
mod introspection;
pub mod issuer;
pub mod jwks;
pub mod jws;
mod key_source;
mod object;
mod proof;
#[cfg(test)]
pub(crate) mod samples;
mod token_error;
mod verified;

use std::sync::Arc;
use std::time::Duration;

use portico_contracts::problem::{Code, Problem};

use crate::{Caller, ConsumerKey, Consumers, Now};
use api_key::ApiKeys;
pub use api_key::{KeyHash, KeyRecord, NewKey, NoRandomness, new_key};
pub use binding::Thumbprint;
use certificate::Certificates;
pub use certificate::{CertificateMark, CertificateName, CertificateRecord, ClientCertificate};
pub use challenge::{Scheme, challenge};
use claims::Claims;
pub use credential::{Credential, PROOF, Possession, speaks_of_possession};
use introspection::Introspector;
pub use introspection::{ClientAuth, Health, Introspection};
pub use issuer::{Issuer, Issuers, Network, SigningAlgorithm, Trusted};
use jws::Unverified;
pub use key_source::{Calm, Fetch, FetchError, Question, Status};
pub use proof::Asked;
use proof::nonce::{self, Standing};
use proof::seen::{SeenProofs, Sighting};
pub use token_error::TokenError;
use verified::{BELIEVED, Digest, Verified, VerifiedTokens};

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
    certificates: Certificates,
    verified: VerifiedTokens,
    proofs: Arc<SeenProofs>,
}

/// What a request shows beside its credential, for credentials that are bound to it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Circumstances<'r> {
    /// The certificate of whoever is at the other end.
    pub certificate: Option<&'r ClientCertificate>,
    /// The request, for proofs of possession. Without it none fits.
    pub asked: Option<&'r Asked>,
}

/// Somebody who is believed.
#[derive(Debug, Clone)]
pub struct Authenticated {
    /// Who asks.
    pub caller: Arc<Caller>,
    /// When the token ends (seconds since 1970), where one was shown and says so.
    pub expires: Option<u64>,
    /// The key whose possession was proved.
    pub key: Option<Thumbprint>,
    /// For the caller's next proof, where it needs another nonce.
    pub nonce: Option<String>,
}

/// Somebody who is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Why.
    pub problem: Problem,
    /// What the caller's next proof must hold, where that is why.
    pub nonce: Option<String>,
}

impl From<Problem> for Rejected {
    fn from(problem: Problem) -> Self {
        Rejected { problem, nonce: None }
    }
}

impl From<TokenError> for Rejected {
    fn from(error: TokenError) -> Self {
        Problem::from(error).into()
    }
}

impl Authenticator {
    /// The issuers, applications and API keys of one configuration. A key of an unregistered application is dropped.
    pub fn new(issuers: Issuers, consumers: Consumers, keys: impl IntoIterator<Item = KeyRecord>) -> Self {
        let keys = ApiKeys::new(keys, &consumers);
        let (certificates, verified, proofs) = Default::default();
        Authenticator { issuers, consumers, keys, certificates, verified, proofs }
    }

    /// With the applications' client certificates.
    #[must_use]
    pub fn with_certificates(mut self, certificates: impl IntoIterator<Item = CertificateRecord>) -> Self {
        self.certificates = Certificates::new(certificates, &self.consumers);
        self
    }

    /// Goes on where the last configuration ended: a proof that was used under it is not taken again.
    #[must_use]
    pub fn after(mut self, previous: &Authenticator) -> Self {
        self.proofs = Arc::clone(&previous.proofs);
        self
    }

    /// The issuers, to carry over into the next configuration and to refresh on schedule.
    pub fn issuers(&self) -> &Issuers {
        &self.issuers
    }

    /// Who presents this credential.
    pub async fn authenticate(
        &self,
        credential: Credential<'_>,
        circumstances: Circumstances<'_>,
        now: Now,
    ) -> Result<Authenticated, Rejected> {
        let (token, possession) = match credential {
            Credential::Key(key) => return Ok(self.keys.caller(key, now)?.into()),
            Credential::Certificate => {
                let certificate = circumstances.certificate.ok_or(TokenError::CertificateUnknown)?;
                return Ok(self.certificates.caller(certificate, now)?.into());
            }
            Credential::Token(token) => (token, None),
            Credential::Proved { token, possession } => (token, Some(possession)),
        };
        if token.len() > jws::MAX_TOKEN {
            return Err(TokenError::TooLong.into());
        }
        let digest = Digest::of(token);
        let verified = self.token(token, digest, now).await?;
        self.bound(&verified, &digest, possession, circumstances, now)
    }

    async fn token(&self, token: &str, digest: Digest, now: Now) -> Result<Verified, Problem> {
        if let Some(verified) = self.verified.get(&digest, now) {
            return Ok(verified);
        }
        let (verified, believed) = match self.issuers.of_opaque(token) {
            Some(trusted) => self.introspect(token, digest, trusted, now).await?,
            None => self.verify(token, digest, now).await?,
        };
        self.verified.remember(digest, &verified, believed, now);
        Ok(verified)
    }

    /// The whole check of a token that says who it is, and how long the result may be believed.
    async fn verify(&self, token: &str, digest: Digest, now: Now) -> Result<(Verified, Duration), Problem> {
        let unverified = Unverified::parse(token)?;
        let trusted = self.issuers.named(&unverified.claimed_issuer()?).ok_or(TokenError::IssuerUnknown)?;
        if trusted.asked_always().is_some() {
            return self.introspect(token, digest, trusted, now).await;
        }
        let issuer = trusted.issuer();
        unverified.check_header(issuer)?;
        let key = trusted.keys().find(unverified.algorithm(), unverified.kid(), now).await?;
        unverified.verify(&key)?;
        let claims = Claims::read(unverified.payload(), issuer, now)?;
        Ok((self.known(claims, issuer)?, BELIEVED))
    }

    /// The same for one whose issuer must be asked.
    async fn introspect(
        &self,
        token: &str,
        digest: Digest,
        trusted: &Trusted,
        now: Now,
    ) -> Result<(Verified, Duration), Problem> {
        let introspector: &Arc<Introspector> = trusted.introspector().ok_or(TokenError::IssuerUnknown)?;
        let answer = introspector.ask(token, digest, now).await?;
        let claims = Claims::read_answer(&answer, trusted.issuer(), now).inspect_err(|error| {
            if *error == TokenError::Inactive {
                introspector.remember_inactive(digest, now);
            }
        })?;
        Ok((self.known(claims, trusted.issuer())?, introspector.settings().believed))
    }

    fn known(&self, claims: Claims, issuer: &Arc<Issuer>) -> Result<Verified, Problem> {
        let key = ConsumerKey { tenant: claims.tenant, consumer: claims.consumer };
        let consumer = self.consumers.of(&key).ok_or_else(|| unknown_consumer(&key))?;
        let caller = Caller::verified(key, consumer, claims.subject, claims.scopes.as_ref());
        Ok(Verified { caller, issuer: Arc::clone(issuer), expires: claims.expires, binding: claims.binding })
    }

    /// Whether what a token is bound to is there. Asked each time: a token that was believed a moment ago may have been
    /// stolen since.
    fn bound(
        &self,
        verified: &Verified,
        token: &Digest,
        possession: Option<Possession<'_>>,
        circumstances: Circumstances<'_>,
        now: Now,
    ) -> Result<Authenticated, Rejected> {
        let shown = circumstances.certificate.filter(|certificate| now.unix < certificate.expires);
        let wanted = verified.binding.certificate;
        if wanted.is_some_and(|wanted| shown.is_none_or(|shown| shown.thumbprint != wanted)) {
            return Err(TokenError::CertificateMismatch.into());
        }
        let mut nonce = None;
        match (verified.binding.key, possession) {
            (None, None) => {}
            (None, Some(_)) => return Err(TokenError::Proof("the token is not bound to a key").into()),
            (Some(_), None) => return Err(TokenError::ProofMissing.into()),
            (Some(key), Some(Possession::Before(before))) if before == key => {}
            (Some(_), Some(Possession::Before(_))) => return Err(TokenError::ProofMissing.into()),
            (Some(key), Some(Possession::Proof(proof))) => {
                nonce = self.proved(proof, token, &key, verified, circumstances.asked, now)?;
            }
        }
        let Verified { caller, expires, binding, .. } = verified;
        Ok(Authenticated { caller: Arc::clone(caller), expires: *expires, key: binding.key, nonce })
    }

    /// Checks a proof and remembers it. The nonce is for the caller's next one.
    fn proved(
        &self,
        proof: &str,
        token: &Digest,
        key: &Thumbprint,
        verified: &Verified,
        asked: Option<&Asked>,
        now: Now,
    ) -> Result<Option<String>, Rejected> {
        let asked = asked.ok_or(TokenError::ProofMissing)?;
        let issuer = &verified.issuer;
        let proof = proof::check(proof, token, key, asked, issuer, now)?;
        let mut next = None;
        if let Some(sealing) = &issuer.nonce_key {
            let standing = proof.nonce.as_deref().map(|shown| nonce::standing(shown, sealing, now));
            if standing != Some(Standing::Current) {
                next = Some(nonce::current(sealing, now));
            }
            if standing.is_none_or(|standing| standing == Standing::Refused) {
                return Err(Rejected { problem: TokenError::Nonce.into(), nonce: next });
            }
        }
        let tenant = &verified.caller.key.tenant;
        match self.proofs.see(tenant, key, &proof.id, proof.ends, now.unix) {
            Sighting::First => Ok(next),
            Sighting::Again => Err(TokenError::Proof("it was used before").into()),
            Sighting::NoRoom => Err(TokenError::TooManyProofs.into()),
        }
    }
}

impl From<Arc<Caller>> for Authenticated {
    fn from(caller: Arc<Caller>) -> Self {
        Authenticated { caller, expires: None, key: None, nonce: None }
    }
}

/// Names are narrow by type, so they may be repeated.
fn unknown_consumer(key: &ConsumerKey) -> Problem {
    let ConsumerKey { tenant, consumer } = key;
    Problem::new(Code::ConsumerUnknown, format!("`{consumer}` is not registered for tenant `{tenant}`."))
}

#[cfg(test)]
mod tests;
