//! Signing keys, made when the issuer starts.

use anyhow::{Context, anyhow};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// One generation of keys: RSA, which signs by default, and elliptic.
pub(super) struct Keys {
    pub(super) generation: u32,
    rsa: RsaKeyPair,
    elliptic: EcdsaKeyPair,
}

impl Keys {
    pub(super) fn generate(generation: u32) -> anyhow::Result<Self> {
        Ok(Self {
            generation,
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| anyhow!("no RSA key could be made"))?,
            elliptic: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
                .map_err(|_| anyhow!("no elliptic key could be made"))?,
        })
    }

    pub(super) fn rsa_kid(&self) -> String {
        format!("demo-rs256-{}", self.generation)
    }

    pub(super) fn elliptic_kid(&self) -> String {
        format!("demo-es256-{}", self.generation)
    }

    pub(super) fn sign_rs256(&self, message: &[u8]) -> anyhow::Result<Vec<u8>> {
        let mut signature = vec![0; self.rsa.public_modulus_len()];
        self.rsa
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| anyhow!("signing failed"))?;
        Ok(signature)
    }

    pub(super) fn sign_es256(&self, message: &[u8]) -> anyhow::Result<Vec<u8>> {
        let signature = self.elliptic.sign(&SystemRandom::new(), message).map_err(|_| anyhow!("signing failed"))?;
        Ok(signature.as_ref().to_vec())
    }

    /// Whether a signature is one of these keys'.
    pub(super) fn have_signed(&self, algorithm: &str, message: &[u8], signature: &[u8]) -> bool {
        let verified = match algorithm {
            "RS256" => {
                let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.public_bytes());
                key.verify(message, signature)
            }
            "ES256" => {
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.elliptic.public_key().as_ref());
                key.verify(message, signature)
            }
            _ => return false,
        };
        verified.is_ok()
    }

    /// The RSA public key as text: what a careless verifier takes for an HMAC secret.
    pub(super) fn public_bytes(&self) -> &[u8] {
        self.rsa.public_key().as_ref()
    }

    /// Both public keys as JWKs.
    pub(super) fn published(&self) -> anyhow::Result<[Value; 2]> {
        // PKCS#1 DER of a 2048-bit key: two sequence and integer heads of nine bytes, then the modulus.
        let modulus = self.public_bytes().get(9..265).context("an RSA key of another size")?;
        // An uncompressed point: 4, x, y.
        let point = self.elliptic.public_key().as_ref();
        let (x, y) = (point.get(1..33).context("no point")?, point.get(33..65).context("no point")?);
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        Ok([
            json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.rsa_kid(), "n": text(modulus), "e": "AQAB"}),
            json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.elliptic_kid(),
                   "x": text(x), "y": text(y)}),
        ])
    }
}
