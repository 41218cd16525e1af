//! An identity provider in memory, with real keys, for the tests of this crate.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portico_contracts::tenancy::{ConsumerId, TenantId, Tier};
use serde_json::{Value, json};
use url::Url;

use super::{Fetch, FetchError, Network, Question, SigningAlgorithm};
use crate::{Caller, Consumer, ConsumerKey, Now};

pub(crate) const ISSUER: &str = "https://login.example/acme";
pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// The moment at which every test starts: 2026-01-01.
pub(crate) fn now() -> Now {
    static START: OnceLock<Instant> = OnceLock::new();
    Now::new(UNIX_EPOCH + Duration::from_secs(1_767_225_600), *START.get_or_init(Instant::now))
}

pub(crate) fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

pub(crate) fn consumer_key(tenant_name: &str, consumer: &str) -> ConsumerKey {
    ConsumerKey { tenant: tenant(tenant_name), consumer: ConsumerId::parse(consumer).unwrap() }
}

pub(crate) fn consumer(scopes: &[&str]) -> Consumer {
    let scopes = Arc::new(scopes.iter().collect());
    Consumer { plan: "gold".into(), tier: Tier::Standard, scopes, customers: None, documents: None }
}

pub(crate) fn caller(tenant: &str, name: &str, scopes: &[&str]) -> Arc<Caller> {
    Caller::verified(consumer_key(tenant, name), &consumer(scopes), name.into(), None)
}

pub(crate) fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A key pair of an issuer.
pub(crate) struct Signer {
    pub(crate) kid: &'static str,
    pub(crate) algorithm: SigningAlgorithm,
    pair: Pair,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Signer {
    pub(crate) fn new(kid: &'static str, algorithm: SigningAlgorithm) -> Self {
        let pair = match algorithm {
            SigningAlgorithm::ES256 => Pair::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()),
            SigningAlgorithm::ES384 => Pair::Ec(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap()),
            SigningAlgorithm::EdDSA => Pair::Ed(Ed25519KeyPair::generate().unwrap()),
            _ => Pair::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())),
        };
        Signer { kid, algorithm, pair }
    }

    /// As an issuer publishes it.
    pub(crate) fn jwk(&self) -> Value {
        let mut jwk = match &self.pair {
            // DER of a 2048-bit key: nine bytes before the modulus, and the usual exponent after it.
            Pair::Rsa(pair) => json!({"kty": "RSA", "n": b64(&pair.public_key().as_ref()[9..265]), "e": "AQAB"}),
            Pair::Ec(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(pair.public_key().as_ref().len() / 2);
                let curve = if x.len() == 32 { "P-256" } else { "P-384" };
                json!({"kty": "EC", "crv": curve, "x": b64(x), "y": b64(y)})
            }
            Pair::Ed(pair) => json!({"kty": "OKP", "crv": "Ed25519", "x": b64(pair.public_key())}),
        };
        jwk["kid"] = json!(self.kid);
        jwk["use"] = json!("sig");
        jwk["alg"] = json!(self.algorithm.as_str());
        jwk
    }

    pub(crate) fn public_bytes(&self) -> Vec<u8> {
        match &self.pair {
            Pair::Rsa(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Ec(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Ed(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    pub(crate) fn header(&self) -> Value {
        json!({"alg": self.algorithm.as_str(), "kid": self.kid, "typ": "at+jwt"})
    }

    /// A token of these claims with the usual header.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.signed(&self.header().to_string(), &claims.to_string())
    }

    /// A token of exactly these bytes, really signed.
    pub(crate) fn signed(&self, header: &str, payload: &str) -> String {
        let message = format!("{}.{}", b64(header), b64(payload));
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let padding: &dyn aws_lc_rs::signature::RsaEncoding = match self.algorithm {
                    SigningAlgorithm::PS256 => &RSA_PSS_SHA256,
                    _ => &RSA_PKCS1_SHA256,
                };
                pair.sign(padding, &random, message.as_bytes(), &mut signature).unwrap();
                signature
            }
            Pair::Ec(pair) => pair.sign(&random, message.as_bytes()).unwrap().as_ref().to_vec(),
            Pair::Ed(pair) => pair.sign(message.as_bytes()).as_ref().to_vec(),
        };
        format!("{message}.{}", b64(signature))
    }
}

/// Claims that everything is right about.
pub(crate) fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": "portico", "sub": "jane", "tenant": "acme", "client_id": "support",
        "iat": now().unix - 60, "nbf": now().unix - 60, "exp": now().unix + 3600,
    })
}

/// The same with some members replaced, or removed where the value is `null`.
pub(crate) fn claims_with(changes: Value) -> Value {
    let mut claims = claims();
    let Value::Object(changes) = changes else { panic!("changes are an object") };
    for (name, value) in changes {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(&name)),
            value => claims[name] = value,
        }
    }
    claims
}

/// What the provider does when it is asked.
#[derive(Debug, Clone)]
pub(crate) enum Mood {
    Up,
    Down,
    Hangs,
    Says { discovery: Vec<u8>, keys: Vec<u8> },
}

/// An identity provider that counts how often its keys are asked for.
#[derive(Debug)]
pub(crate) struct Provider {
    keys: Mutex<Vec<Value>>,
    mood: Mutex<Mood>,
    asked: AtomicU32,
    jwks_uri: Mutex<String>,
    answer: Mutex<Value>,
    questions: Mutex<Vec<Question>>,
}

impl Provider {
    pub(crate) fn with(keys: Vec<Value>) -> Arc<Self> {
        let jwks_uri = Mutex::new("https://login.example/keys".to_owned());
        Arc::new(Provider {
            keys: Mutex::new(keys),
            mood: Mutex::new(Mood::Up),
            asked: AtomicU32::new(0),
            jwks_uri,
            answer: Mutex::new(json!({"active": false})),
            questions: Mutex::default(),
        })
    }

    pub(crate) fn publishes(&self, keys: Vec<Value>) {
        *self.keys.lock().unwrap() = keys;
    }

    pub(crate) fn becomes(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub(crate) fn keeps_keys_at(&self, address: &str) {
        *self.jwks_uri.lock().unwrap() = address.to_owned();
    }

    /// What it says of every opaque token from now on.
    pub(crate) fn says_of_tokens(&self, answer: Value) {
        *self.answer.lock().unwrap() = answer;
    }

    /// What it was asked about tokens.
    pub(crate) fn questions(&self) -> Vec<Question> {
        self.questions.lock().unwrap().clone()
    }

    /// How often it was asked, by discovery: each fetch starts there.
    pub(crate) fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait::async_trait]
impl Fetch for Provider {
    async fn fetch(&self, url: &Url, _: Network, _: usize) -> Result<Vec<u8>, FetchError> {
        let discovery = url.path().ends_with("/.well-known/openid-configuration");
        if discovery {
            self.asked.fetch_add(1, Ordering::SeqCst);
        }
        let mood = self.mood.lock().unwrap().clone();
        tokio::task::yield_now().await;
        match mood {
            Mood::Down => Err(FetchError("connection refused".to_owned())),
            Mood::Hangs => std::future::pending().await,
            Mood::Says { discovery: said, keys } => Ok(if discovery { said } else { keys }),
            Mood::Up if discovery => {
                let issuer = url.as_str().trim_end_matches("/.well-known/openid-configuration");
                Ok(json!({"issuer": issuer, "jwks_uri": *self.jwks_uri.lock().unwrap()}).to_string().into_bytes())
            }
            Mood::Up => Ok(json!({"keys": *self.keys.lock().unwrap()}).to_string().into_bytes()),
        }
    }

    async fn ask(&self, question: &Question, _: Network, _: usize) -> Result<Vec<u8>, FetchError> {
        self.questions.lock().unwrap().push(question.clone());
        let mood = self.mood.lock().unwrap().clone();
        tokio::task::yield_now().await;
        match mood {
            Mood::Down => Err(FetchError("connection refused".to_owned())),
            Mood::Hangs => std::future::pending().await,
            Mood::Says { keys, .. } => Ok(keys),
            Mood::Up => Ok(self.answer.lock().unwrap().to_string().into_bytes()),
        }
    }
}
