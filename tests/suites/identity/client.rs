//! A caller with a key of its own: proofs of possession, certificates, and connections that show them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

pub(super) fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    b64(digest(&SHA256, bytes))
}

/// An elliptic key and what it signs.
pub(super) struct Key(EcdsaKeyPair);

impl Key {
    pub(super) fn new() -> Self {
        Key(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"))
    }

    /// The public half, in the order of its thumbprint's members.
    pub(super) fn jwk(&self) -> Value {
        let (x, y) = self.0.public_key().as_ref()[1..].split_at(32);
        json!({ "crv": "P-256", "kty": "EC", "x": b64(x), "y": b64(y) })
    }

    /// RFC 7638.
    pub(super) fn thumbprint(&self) -> String {
        sha256(self.jwk().to_string().as_bytes())
    }

    /// A JWT of exactly this.
    pub(super) fn signed(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
        let signature = self.0.sign(&SystemRandom::new(), message.as_bytes()).expect("it signs");
        format!("{message}.{}", b64(signature))
    }
}

/// Whoever makes proofs (RFC 9449 §4.2).
pub(super) struct Prover {
    key: Key,
    made: AtomicU32,
}

impl Prover {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Prover { key: Key::new(), made: AtomicU32::new(0) })
    }

    /// What a token's `cnf` holds.
    pub(super) fn confirmation(&self) -> Value {
        json!({ "jkt": self.key.thumbprint() })
    }

    /// A proof for this request, with some claims changed.
    pub(super) fn proof(&self, token: &str, method: &str, target: &str, changes: &Value) -> String {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let mut claims = json!({
            "jti": format!("proof-{number}"), "htm": method, "htu": target, "iat": chrono::Utc::now().timestamp(),
            "ath": sha256(token.as_bytes()),
        });
        let changes = changes.as_object().expect("changes are an object").clone();
        claims.as_object_mut().expect("claims are an object").extend(changes);
        self.key.signed(&json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.key.jwk() }), &claims)
    }
}
