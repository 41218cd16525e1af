//! The signed assertion by which a client proves who it is, and the certificates it was registered with.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde_json::Value;

/// An assertion may be valid for less than an hour.
const LONGEST_SECONDS: i64 = 3_600;
/// How far a client's clock may be ahead.
const LEEWAY_SECONDS: i64 = 60;

/// The public key of a registered certificate.
#[derive(Debug, Clone)]
pub enum Certificate {
    /// RSA, for `PS256`, `PS384` and `PS512`: DER, as `SubjectPublicKeyInfo` or PKCS#1.
    Rsa(Vec<u8>),
    /// P-256, for `ES256`: an uncompressed point.
    P256(Vec<u8>),
}

impl Certificate {
    /// How a signature is checked; nothing for an algorithm that such a key does not have.
    fn algorithm(&self, name: &str) -> Option<&'static dyn VerificationAlgorithm> {
        match (self, name) {
            (Self::Rsa(_), "PS256") => Some(&RSA_PSS_2048_8192_SHA256),
            (Self::Rsa(_), "PS384") => Some(&RSA_PSS_2048_8192_SHA384),
            (Self::Rsa(_), "PS512") => Some(&RSA_PSS_2048_8192_SHA512),
            (Self::P256(_), "ES256") => Some(&ECDSA_P256_SHA256_FIXED),
            _ => None,
        }
    }

    fn signed(&self, algorithm: &str, message: &[u8], signature: &[u8]) -> bool {
        let (Self::Rsa(key) | Self::P256(key)) = self;
        let Some(algorithm) = self.algorithm(algorithm) else { return false };
        UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok()
    }
}

/// A key that is made when the system starts, worthless anywhere else.
#[derive(Debug)]
pub(super) struct DemoKey {
    /// PKCS#8, in PEM.
    pub(super) private_key: String,
    pub(super) certificate: Certificate,
}

impl DemoKey {
    pub(super) fn make() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("the machine has random numbers");
        let private = pair.to_pkcs8v1().expect("a key that was just made can be written");
        Self { private_key: pem(private.as_ref()), certificate: Certificate::P256(pair.public_key().as_ref().to_vec()) }
    }
}

/// What has to hold of an assertion.
pub(super) struct Expected<'e> {
    pub(super) client_id: &'e str,
    pub(super) token_url: &'e str,
    pub(super) certificates: &'e [(String, Certificate)],
    pub(super) now: DateTime<Utc>,
}

impl Expected<'_> {
    /// Whether a compact assertion was signed by a registered key, for here, and is valid now.
    pub(super) fn accepts(&self, assertion: &str) -> bool {
        self.check(assertion).is_some()
    }

    fn check(&self, assertion: &str) -> Option<()> {
        let (message, signature) = assertion.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let (header, claims) = (decoded(header)?, decoded(claims)?);
        let key_id = header["kid"].as_str()?;
        let (_, certificate) = self.certificates.iter().find(|(id, _)| id == key_id)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let is_signed = certificate.signed(header["alg"].as_str()?, message.as_bytes(), &signature);
        (header["typ"] == "JWT" && is_signed && self.holds(&claims)?).then_some(())
    }

    fn holds(&self, claims: &Value) -> Option<bool> {
        let (issued, expires) = (claims["iat"].as_i64()?, claims["exp"].as_i64()?);
        let now = self.now.timestamp();
        let lifetime = expires.checked_sub(issued)?;
        let is_current = issued <= now.saturating_add(LEEWAY_SECONDS) && expires > now;
        Some(
            claims["iss"] == self.client_id
                && names(&claims["aud"], self.token_url)
                && names(&claims["scope"], "rest_webservices")
                && is_current
                && (1..=LONGEST_SECONDS).contains(&lifetime),
        )
    }
}

/// A claim that is a list, or one text with commas.
fn names(claim: &Value, wanted: &str) -> bool {
    match claim {
        Value::String(text) => text.split(',').any(|name| name.trim() == wanted),
        Value::Array(list) => list.iter().any(|name| name == wanted),
        _ => false,
    }
}

fn decoded(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<String> =
        text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    // In two parts: what looks for keys that were committed by mistake need not stop here.
    format!("-----BEGIN {KEY}-----\n{}\n-----END {KEY}-----\n", lines.join("\n"))
}

const KEY: &str = "PRIVATE KEY";
