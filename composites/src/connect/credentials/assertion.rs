//! A client that shows who it is by a signature and not by a secret (RFC 7523): a short-lived statement about itself,
//! made anew for each token.

use std::fmt;
use std::time::Duration;

use chrono::Utc;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use portico_contracts::packs::Auth;
use portico_contracts::secret::Secret;
use serde_json::json;
use url::Url;
use uuid::Uuid;

/// How tokens are fetched by a signed assertion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedAssertion {
    /// Where.
    pub token_url: Url,
    /// Our name there.
    pub client_id: Secret,
    /// What we sign with.
    pub key: SigningKey,
    /// Whom the assertion is for; the token endpoint's address where absent.
    pub audience: Option<String>,
    /// What we ask for, with blanks or commas between.
    pub scope: Option<String>,
    /// Whether that stands in the assertion, and not beside it.
    pub scope_in_assertion: bool,
    /// Further parameters.
    pub parameters: Vec<(String, String)>,
    /// How long a token is used where the answer does not say.
    pub lifetime: Duration,
}

/// How an assertion is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of RFC 7518")]
pub enum SigningAlgorithm {
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    Rs256,
}

/// A private key that can sign.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    algorithm: SigningAlgorithm,
    /// What the endpoint calls the key or its certificate.
    id: Option<String>,
    pem: Secret,
}

/// A key that cannot sign.
#[derive(Debug, thiserror::Error)]
#[error("this is not an unencrypted private key in PEM (PKCS #8) that signs {0:?}")]
pub struct UnfitKey(SigningAlgorithm);

/// An assertion is used at once; clocks may differ a little.
const VALID_FOR: i64 = 300;

impl SignedAssertion {
    /// As the pack's kind of system wants it; what the binding knows better is set afterwards.
    pub fn new(auth: &Auth, token_url: Url, client_id: Secret, key: SigningKey) -> Self {
        let (scopes, parameters) = auth.parameters.iter().cloned().partition::<Vec<_>, _>(|(name, _)| name == "scope");
        SignedAssertion {
            token_url,
            client_id,
            key,
            audience: None,
            scope: scopes.into_iter().next().map(|(_, scope)| scope),
            scope_in_assertion: auth.scope_in_assertion,
            parameters,
            lifetime: auth.lifetime.unwrap_or(Duration::from_secs(15 * 60)),
        }
    }

    /// The parameters of a token request.
    pub(super) fn form(&self) -> Result<Vec<(String, String)>, UnfitKey> {
        let mut form: Vec<(String, String)> = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &self.assertion(Utc::now().timestamp())?),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let beside = self.scope.as_ref().filter(|_| !self.scope_in_assertion);
        form.extend(beside.map(|scope| ("scope".to_owned(), scope.clone())));
        form.extend(self.parameters.iter().cloned());
        Ok(form)
    }

    fn assertion(&self, now: i64) -> Result<String, UnfitKey> {
        let client = self.client_id.reveal();
        let audience = self.audience.as_deref().unwrap_or(self.token_url.as_str());
        let mut claims = json!({
            "iss": client,
            "sub": client,
            "aud": audience,
            "iat": now,
            "exp": now + VALID_FOR,
            "jti": Uuid::new_v4().simple().to_string(),
        });
        if let (Some(scope), true) = (&self.scope, self.scope_in_assertion) {
            let scopes: Vec<&str> = scope.split([' ', ',']).filter(|scope| !scope.is_empty()).collect();
            claims["scope"] = json!(scopes);
        }
        self.key.sign(&claims)
    }
}

impl SigningKey {
    /// A key that was tried.
    pub fn new(algorithm: SigningAlgorithm, id: Option<String>, pem: Secret) -> Result<Self, UnfitKey> {
        let key = SigningKey { algorithm, id, pem };
        key.sign(&json!({}))?;
        Ok(key)
    }

    fn sign(&self, claims: &serde_json::Value) -> Result<String, UnfitKey> {
        let unfit = |_| UnfitKey(self.algorithm);
        let pem = self.pem.reveal().as_bytes();
        let (algorithm, elliptic) = match self.algorithm {
            SigningAlgorithm::Ps256 => (Algorithm::PS256, false),
            SigningAlgorithm::Ps384 => (Algorithm::PS384, false),
            SigningAlgorithm::Ps512 => (Algorithm::PS512, false),
            SigningAlgorithm::Rs256 => (Algorithm::RS256, false),
            SigningAlgorithm::Es256 => (Algorithm::ES256, true),
            SigningAlgorithm::Es384 => (Algorithm::ES384, true),
        };
        let key = if elliptic { EncodingKey::from_ec_pem(pem) } else { EncodingKey::from_rsa_pem(pem) };
        let header = Header { kid: self.id.clone(), ..Header::new(algorithm) };
        encode(&header, claims, &key.map_err(unfit)?).map_err(unfit)
    }

    /// What makes two keys different.
    pub(super) fn pem(&self) -> &Secret {
        &self.pem
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("algorithm", &self.algorithm).field("id", &self.id).finish_non_exhaustive()
    }
}
