//! A JSON Web Signature in compact form (RFC 7515): taken apart with limits, its signature checked with one key.
//!
//! The header chooses nothing but which of the issuer's published keys to try: `jku`, `x5u`, `jwk` and `x5c` choose
//! nothing, `alg` must be pinned and fit the key, and a header that is `crit`ical or unencoded (`b64`) is refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::value::RawValue;

use super::TokenError;
use super::issuer::{Issuer, SigningAlgorithm};
use super::jwks::Key;
use super::object::Object;

/// The longest token that is looked at.
pub const MAX_TOKEN: usize = 16 * 1024;
const MAX_KID: usize = 256;

/// A token that was taken apart and not yet believed.
#[derive(Debug)]
pub struct Unverified<'t> {
    algorithm: SigningAlgorithm,
    kid: Option<String>,
    kind: Option<String>,
    jwk: Option<Box<RawValue>>,
    payload: Vec<u8>,
    message: &'t str,
    signature: &'t str,
}

impl<'t> Unverified<'t> {
    /// Takes a token apart.
    pub fn parse(token: &'t str) -> Result<Self, TokenError> {
        if token.len() > MAX_TOKEN {
            return Err(TokenError::TooLong);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed("it has no parts"))?;
        let (header, payload) = message.split_once('.').ok_or(TokenError::Malformed("it has too few parts"))?;
        if payload.contains('.') {
            return Err(TokenError::Malformed("it has too many parts"));
        }
        let header = decode(header)?;
        let header = Object::read(&header).map_err(|_| TokenError::Malformed("its header is not one JSON object"))?;
        let payload = decode(payload)?;
        let algorithm = header.text("alg").ok().flatten().ok_or(TokenError::Algorithm)?;
        let algorithm = SigningAlgorithm::parse(&algorithm).ok_or(TokenError::Algorithm)?;
        refuse_extensions(&header)?;
        let kid = header.text("kid").map_err(|_| TokenError::Malformed("its `kid` is not a string"))?;
        if kid.as_ref().is_some_and(|kid| kid.len() > MAX_KID) {
            return Err(TokenError::KeyUnknown);
        }
        let kind = header.text("typ").map_err(|_| TokenError::Malformed("its `typ` is not a string"))?;
        let jwk = header.typed::<Box<RawValue>>("jwk").ok().flatten();
        Ok(Unverified { algorithm, kid, kind, jwk, payload, message, signature })
    }

    /// The algorithm that the header names.
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// The key that the header names.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The key that the header holds: worth something in a proof of possession only, where a claim of a believed token
    /// names its thumbprint.
    pub(crate) fn jwk(&self) -> Option<&RawValue> {
        self.jwk.as_deref()
    }

    /// Whether `typ` says this. RFC 7515 §4.1.9: media types compare without case, and `application/` may be left out.
    pub(crate) fn is_of_kind(&self, wanted: &str) -> bool {
        self.kind().is_some_and(|kind| kind == wanted)
    }

    fn kind(&self) -> Option<String> {
        let kind = self.kind.as_deref().map(str::to_ascii_lowercase)?;
        Some(kind.strip_prefix("application/").map(str::to_owned).unwrap_or(kind))
    }

    /// The decoded payload. Not to be believed before [`Unverified::verify`].
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Who the token says issued it: good for finding the keys to check that with, and for nothing else.
    pub(crate) fn claimed_issuer(&self) -> Result<String, TokenError> {
        let claims = read_claims(&self.payload)?;
        claims.text("iss").ok().flatten().ok_or_else(|| TokenError::Claims("`iss` must be a string".to_owned()))
    }

    /// Whether algorithm and type are what the issuer is configured to use.
    pub(crate) fn check_header(&self, issuer: &Issuer) -> Result<(), TokenError> {
        if !issuer.algorithms.contains(&self.algorithm) {
            return Err(TokenError::Algorithm);
        }
        match self.kind().as_deref() {
            Some("at+jwt") => Ok(()),
            _ if issuer.require_at_jwt => Err(TokenError::Claims("`typ` must be `at+jwt`".to_owned())),
            None | Some("jwt") => Ok(()),
            // RFC 8725 §3.11: a logout token or a DPoP proof of the same issuer is no access token.
            Some(_) => Err(TokenError::Claims("`typ` says that this is no access token".to_owned())),
        }
    }

    /// Checks the signature.
    pub fn verify(&self, key: &Key) -> Result<(), TokenError> {
        if !key.allows(self.algorithm) {
            return Err(TokenError::Algorithm);
        }
        let algorithm = self.algorithm.of_library();
        match jsonwebtoken::crypto::verify(self.signature, self.message.as_bytes(), key.public(), algorithm) {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(TokenError::Signature),
        }
    }
}

/// The claims of a payload, each name at most once.
pub(crate) fn read_claims(payload: &[u8]) -> Result<Object<'_>, TokenError> {
    Object::read(payload).map_err(|_| TokenError::Malformed("its payload is not one JSON object with unique members"))
}

fn decode(part: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed("a part is not base64url"))
}

fn refuse_extensions(header: &Object<'_>) -> Result<(), TokenError> {
    match () {
        () if header.has("crit") => Err(TokenError::Header("`crit`")),
        () if header.has("b64") => Err(TokenError::Header("`b64`")),
        () if header.has("zip") || header.has("enc") => Err(TokenError::Header("encryption")),
        () => Ok(()),
    }
}
