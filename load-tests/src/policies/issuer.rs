//! An issuer in memory: one key, and a token for each caller.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use async_trait::async_trait;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portico_contracts::tenancy::TenantId;
use portico_policies::authenticate::{Fetch, FetchError, Issuer, Network, Question};
use serde_json::{Value, json};
use url::Url;

const ISSUER: &str = "https://login.example";

/// The name of a caller's application.
pub(super) fn consumer(at: usize) -> String {
    format!("app-{at}")
}

/// A key, and what was signed with it.
pub(super) struct Issued {
    pub(super) tokens: Vec<String>,
    key: Value,
}

impl Issued {
    pub(super) fn new(callers: usize) -> anyhow::Result<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok().context("no key could be made")?;
        let public = pair.public_key().as_ref();
        let (x, y) = public[1..].split_at(32);
        let key = json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "k", "x": b64(x), "y": b64(y) });
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let tokens = (0..callers).map(|at| token(&pair, at, now)).collect::<anyhow::Result<_>>()?;
        Ok(Issued { tokens, key })
    }

    pub(super) fn issuer(&self) -> anyhow::Result<Issuer> {
        Ok(Issuer::new(ISSUER, "portico", [TenantId::parse("acme")?]))
    }

    pub(super) fn provider(&self) -> Arc<dyn Fetch> {
        Arc::new(Provider { keys: json!({ "keys": [self.key] }).to_string().into_bytes() })
    }
}

fn token(pair: &EcdsaKeyPair, at: usize, now: u64) -> anyhow::Result<String> {
    let header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": "k" }).to_string();
    let claims = json!({
        "iss": ISSUER, "aud": "portico", "sub": format!("user-{at}"), "tenant": "acme",
        "client_id": consumer(at), "iat": now, "exp": now + 3_600,
    });
    let message = format!("{}.{}", b64(header), b64(claims.to_string()));
    let signature = pair.sign(&SystemRandom::new(), message.as_bytes()).ok().context("nothing could be signed")?;
    Ok(format!("{message}.{}", b64(signature)))
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Publishes the key.
#[derive(Debug)]
struct Provider {
    keys: Vec<u8>,
}

#[async_trait]
impl Fetch for Provider {
    async fn fetch(&self, url: &Url, _: Network, _: usize) -> Result<Vec<u8>, FetchError> {
        if url.path() == "/keys" {
            return Ok(self.keys.clone());
        }
        Ok(json!({ "issuer": ISSUER, "jwks_uri": format!("{ISSUER}/keys") }).to_string().into_bytes())
    }

    async fn ask(&self, _: &Question, _: Network, _: usize) -> Result<Vec<u8>, FetchError> {
        Err(FetchError("nobody is asked about tokens here".to_owned()))
    }
}
