//! Why a token or key is not believed, and what of that the caller is told.

use std::time::Duration;

use portico_contracts::problem::{Code, Problem};

/// Why a token or key is not believed. Nothing in here repeats what the caller sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Longer than any honest token.
    #[error("the token is longer than 16 kB")]
    TooLong,
    /// Not three base64url parts with two JSON objects.
    #[error("the token is malformed: {0}")]
    Malformed(&'static str),
    /// `none`, a symmetric one, one that is not pinned, or one that does not fit the key.
    #[error("the token's algorithm is not one that is pinned for its issuer")]
    Algorithm,
    /// The header asks for something that we do not do.
    #[error("the token's header asks for what is not supported: {0}")]
    Header(&'static str),
    /// The issuer publishes no such key.
    #[error("the token is signed with a key that its issuer does not publish")]
    KeyUnknown,
    /// The signature does not fit.
    #[error("the token's signature is wrong")]
    Signature,
    /// The issuer is not configured by that exact name.
    #[error("the token's `iss` is not exactly the name of a configured issuer")]
    IssuerUnknown,
    /// Meant for somebody else.
    #[error("the token's `aud` does not name this gateway")]
    Audience,
    /// Too late.
    #[error("the token has expired")]
    Expired,
    /// Too early.
    #[error("the token is not valid yet: {0}")]
    NotYetValid(&'static str),
    /// A claim is missing, of a wrong type, or says that this is no access token.
    #[error("the token's claims are not acceptable: {0}")]
    Claims(String),
    /// The issuer is not listed for the tenant.
    #[error("the token's issuer may not speak for the tenant that it names")]
    Tenant,
    /// What the token names cannot be the name of an application.
    #[error("the token names no registered application")]
    Consumer,
    /// No such key, a wrong secret, or too late; callers are not told which.
    #[error("the API key is unknown or no longer valid")]
    Key,
    /// The issuer, when asked, says so.
    #[error("the token's issuer says that it is not active")]
    Inactive,
    /// Nobody's, of two at once, or ended.
    #[error("the client certificate belongs to no registered application")]
    CertificateUnknown,
    /// Bound to a certificate that the connection does not have.
    #[error("the token is bound to a client certificate that this connection did not show")]
    CertificateMismatch,
    /// Bound to a key, and nothing proves that the caller has it.
    #[error("the token is bound to a key: it needs the scheme DPoP and exactly one proof in the header DPoP")]
    ProofMissing,
    /// A proof that proves nothing.
    #[error("the proof of possession is not acceptable: {0}")]
    Proof(&'static str),
    /// A proof that may have been made long ago.
    #[error("the proof of possession needs the nonce in the header DPoP-Nonce")]
    Nonce,
    /// There is no room to remember the proof, and without that it could be used again.
    #[error("too many proofs of possession are used at once")]
    TooManyProofs,
    /// We hold no keys of the issuer and cannot get them, or it does not answer about its token.
    #[error("the token's issuer cannot be asked now")]
    Unavailable {
        /// When the next attempt is due.
        retry_after: Duration,
    },
}

impl TokenError {
    fn code(&self) -> Code {
        match self {
            TokenError::TooLong | TokenError::Malformed(_) => Code::TokenMalformed,
            TokenError::Algorithm | TokenError::Header(_) | TokenError::KeyUnknown | TokenError::Signature => {
                Code::TokenSignatureInvalid
            }
            TokenError::IssuerUnknown => Code::IssuerUnknown,
            TokenError::Audience => Code::AudienceMismatch,
            TokenError::Expired => Code::TokenExpired,
            TokenError::NotYetValid(_) => Code::TokenNotYetValid,
            TokenError::Claims(_) => Code::TokenClaimsInvalid,
            TokenError::Tenant => Code::TenantNotAllowed,
            TokenError::Consumer => Code::ConsumerUnknown,
            TokenError::Key => Code::KeyInvalid,
            TokenError::Inactive => Code::TokenInactive,
            TokenError::CertificateUnknown => Code::CertificateUnknown,
            TokenError::CertificateMismatch => Code::CertificateMismatch,
            TokenError::ProofMissing => Code::ProofMissing,
            TokenError::Proof(_) => Code::ProofInvalid,
            TokenError::Nonce => Code::ProofNonceRequired,
            TokenError::TooManyProofs => Code::Overloaded,
            TokenError::Unavailable { .. } => Code::IdentityProviderUnavailable,
        }
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        let words = error.to_string();
        let detail = format!("T{}.", words.strip_prefix('t').unwrap_or(&words));
        match error {
            TokenError::Unavailable { retry_after } => Problem::new(error.code(), detail).retry_after(retry_after),
            _ => Problem::new(error.code(), detail),
        }
    }
}
