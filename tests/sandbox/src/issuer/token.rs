//! Tokens as they should be, and every way they should not.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::keys::Keys;
use crate::tenant::Tenant;

/// How a token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// With the issuer's RSA key, as usual.
    Rs256,
    /// With the issuer's elliptic key.
    Es256,
    /// With the RSA public key as an HMAC secret: the classic confusion of algorithms.
    Hs256,
    /// Not at all (`alg: none`).
    None,
    /// RS256, and one bit of the signature is wrong.
    Broken,
}

/// A token to be made. What is not changed is as a well-behaved client would get it.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    tenant: Tenant,
    consumer: String,
    signing: Signing,
    kid: Option<Option<String>>,
    token_type: String,
    issued_ago: i64,
    lifetime: i64,
    claims: Vec<(String, Option<Value>)>,
}

/// Twelve hours.
pub(super) const LIFETIME_SECONDS: i64 = 12 * 60 * 60;

impl TokenRequest {
    /// A valid token of a tenant's consumer.
    #[must_use]
    pub fn new(tenant: Tenant, consumer: &str) -> Self {
        Self {
            tenant,
            consumer: consumer.to_owned(),
            signing: Signing::Rs256,
            kid: None,
            token_type: "at+jwt".to_owned(),
            issued_ago: 0,
            lifetime: LIFETIME_SECONDS,
            claims: Vec::new(),
        }
    }

    /// Issued a day ago for twelve hours.
    #[must_use]
    pub fn expired(mut self) -> Self {
        self.issued_ago = 2 * LIFETIME_SECONDS;
        self
    }

    /// Valid from tomorrow on.
    #[must_use]
    pub fn not_yet_valid(mut self) -> Self {
        self.issued_ago = -2 * LIFETIME_SECONDS;
        self
    }

    /// Issued so many seconds ago (later when negative).
    #[must_use]
    pub fn issued_ago(mut self, seconds: i64) -> Self {
        self.issued_ago = seconds;
        self
    }

    /// Valid for so many seconds.
    #[must_use]
    pub fn lifetime(mut self, seconds: i64) -> Self {
        self.lifetime = seconds;
        self
    }

    /// For somebody else.
    #[must_use]
    pub fn audience(self, audience: impl Into<Value>) -> Self {
        self.claim("aud", audience)
    }

    /// Claims to come from elsewhere.
    #[must_use]
    pub fn issuer(self, issuer: &str) -> Self {
        self.claim("iss", issuer)
    }

    /// Claims to belong to another tenant, or to one that does not exist.
    #[must_use]
    pub fn tenant_claim(self, tenant: &str) -> Self {
        self.claim("tenant", tenant)
    }

    /// Carries scopes, separated by spaces; usually a token has none.
    #[must_use]
    pub fn scope(self, scope: &str) -> Self {
        self.claim("scope", scope)
    }

    /// Carries any claim; an existing one is replaced.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.push((name.to_owned(), Some(value.into())));
        self
    }

    /// Lacks a claim.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.claims.push((name.to_owned(), None));
        self
    }

    /// Signed in another way.
    #[must_use]
    pub fn signing(mut self, signing: Signing) -> Self {
        self.signing = signing;
        self
    }

    /// Names another key, or none.
    #[must_use]
    pub fn kid(mut self, kid: Option<&str>) -> Self {
        self.kid = Some(kid.map(str::to_owned));
        self
    }

    /// Another `typ`.
    #[must_use]
    pub fn token_type(mut self, token_type: &str) -> Self {
        token_type.clone_into(&mut self.token_type);
        self
    }

    pub(super) fn mint(&self, issuer: &str, keys: &Keys, now: DateTime<Utc>) -> anyhow::Result<String> {
        let message = format!("{}.{}", encoded(&self.header(keys)), encoded(&self.payload(issuer, now)));
        let signature = match self.signing {
            Signing::Rs256 => keys.sign_rs256(message.as_bytes())?,
            Signing::Es256 => keys.sign_es256(message.as_bytes())?,
            Signing::Hs256 => {
                let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, keys.public_bytes());
                aws_lc_rs::hmac::sign(&key, message.as_bytes()).as_ref().to_vec()
            }
            Signing::None => Vec::new(),
            Signing::Broken => {
                let mut signature = keys.sign_rs256(message.as_bytes())?;
                signature.iter_mut().take(1).for_each(|byte| *byte ^= 1);
                signature
            }
        };
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn header(&self, keys: &Keys) -> Value {
        let (algorithm, kid) = match self.signing {
            Signing::Rs256 | Signing::Broken => ("RS256", keys.rsa_kid()),
            Signing::Es256 => ("ES256", keys.elliptic_kid()),
            Signing::Hs256 => ("HS256", keys.rsa_kid()),
            Signing::None => ("none", keys.rsa_kid()),
        };
        let mut header = json!({"alg": algorithm, "typ": self.token_type});
        if let Some(kid) = self.kid.clone().unwrap_or(Some(kid)) {
            header["kid"] = Value::String(kid);
        }
        header
    }

    fn payload(&self, issuer: &str, now: DateTime<Utc>) -> Value {
        let issued = now - TimeDelta::seconds(self.issued_ago);
        let mut claims = Map::new();
        let usual = [
            ("iss", json!(issuer)),
            ("aud", json!("portico")),
            ("sub", json!(format!("{}/{}", self.tenant.name(), self.consumer))),
            ("client_id", json!(self.consumer)),
            ("azp", json!(self.consumer)),
            ("tenant", json!(self.tenant.name())),
            ("iat", json!(issued.timestamp())),
            ("nbf", json!(issued.timestamp())),
            ("exp", json!(issued.timestamp() + self.lifetime)),
            ("jti", json!(uuid::Uuid::new_v4().to_string())),
        ];
        claims.extend(usual.map(|(name, value)| (name.to_owned(), value)));
        for (name, value) in &self.claims {
            match value {
                Some(value) => drop(claims.insert(name.clone(), value.clone())),
                None => drop(claims.shift_remove(name)),
            }
        }
        Value::Object(claims)
    }
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}
