//! An issuer's published keys (RFC 7517): only those that can verify, each tied to what it may verify.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde_json::value::RawValue;

use super::issuer::SigningAlgorithm::{self, *};
use super::object::Object;

const MAX_KEYS: usize = 100;

/// One public key and the algorithms that it may be used with.
pub struct Key {
    kid: Option<String>,
    algorithms: Vec<SigningAlgorithm>,
    public: DecodingKey,
}

impl Key {
    /// Whether signatures of this algorithm may be checked with it.
    pub fn allows(&self, algorithm: SigningAlgorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }

    /// Reads one key (RFC 7517 §4). None where it cannot verify.
    pub(crate) fn of_jwk(jwk: &RawValue) -> Option<Self> {
        usable(jwk)
    }

    pub(crate) fn public(&self) -> &DecodingKey {
        &self.public
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("kid", &self.kid).field("algorithms", &self.algorithms).finish_non_exhaustive()
    }
}

/// Every usable key of one issuer.
#[derive(Debug, Default)]
pub struct KeySet(Vec<Arc<Key>>);

/// A document that is not a JSON Web Key Set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// Not a JSON object with an array `keys`.
    #[error("not a JSON Web Key Set")]
    Malformed,
    /// More keys than any issuer has.
    #[error("more than {MAX_KEYS} keys")]
    TooMany,
}

impl KeySet {
    /// Reads a key set. Keys that cannot verify (symmetric, for encryption, private, too short, of an unknown kind) are
    /// left out, as RFC 7517 §5 asks.
    pub fn parse(json: &[u8]) -> Result<Self, KeySetError> {
        let set = Object::read(json).map_err(|_| KeySetError::Malformed)?;
        let keys: Vec<&RawValue> = set.typed("keys").ok().flatten().ok_or(KeySetError::Malformed)?;
        if keys.len() > MAX_KEYS {
            return Err(KeySetError::TooMany);
        }
        Ok(KeySet(keys.into_iter().filter_map(usable).map(Arc::new).collect()))
    }

    /// The one key that fits. Where two do, nobody can say which is meant, and neither is used.
    pub fn find(&self, algorithm: SigningAlgorithm, kid: Option<&str>) -> Option<Arc<Key>> {
        let fits = |key: &&Arc<Key>| key.allows(algorithm) && (kid.is_none() || key.kid.as_deref() == kid);
        let mut fitting = self.0.iter().filter(fits);
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Some(only.clone()),
            _ => None,
        }
    }

    /// How many usable keys there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no key is usable.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn usable(raw: &RawValue) -> Option<Key> {
    let jwk = Object::read(raw.get().as_bytes()).ok()?;
    if jwk.has("d") || jwk.text("use").ok()?.is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let operations: Option<Vec<String>> = jwk.typed("key_ops").ok()?;
    if operations.is_some_and(|operations| !operations.iter().any(|operation| operation == "verify")) {
        return None;
    }
    let (fits, public) = material(&jwk)?;
    let algorithms = match jwk.text("alg").ok()? {
        None => fits.to_vec(),
        Some(named) => vec![SigningAlgorithm::parse(&named).filter(|named| fits.contains(named))?],
    };
    Some(Key { kid: jwk.text("kid").ok()?, algorithms, public })
}

/// What the kind of key can do at all, and the key itself.
fn material(jwk: &Object<'_>) -> Option<(&'static [SigningAlgorithm], DecodingKey)> {
    let part = |name: &str| jwk.text(name).ok().flatten();
    let curve = part("crv");
    match (part("kty")?.as_str(), curve.as_deref()) {
        ("RSA", _) => Some((&[RS256, RS384, RS512, PS256, PS384, PS512], rsa(&part("n")?, &part("e")?)?)),
        ("EC", Some("P-256")) => Some((&[ES256], curve_point(&part("x")?, &part("y")?, 32)?)),
        ("EC", Some("P-384")) => Some((&[ES384], curve_point(&part("x")?, &part("y")?, 48)?)),
        ("OKP", Some("Ed25519")) => {
            let x = part("x")?;
            (bytes(&x)?.len() == 32).then_some(())?;
            Some((&[EdDSA], DecodingKey::from_ed_components(&x).ok()?))
        }
        _ => None,
    }
}

/// 2048 bits at least (RFC 7518 §3.3), 8192 at most (verifying gets slow), and an exponent that is neither 1 nor even.
fn rsa(modulus: &str, exponent: &str) -> Option<DecodingKey> {
    let n = bytes(modulus)?;
    let n = &n[n.iter().position(|byte| *byte != 0)?..];
    let e = bytes(exponent)?;
    let long_enough = n.len() > 256 || (n.len() == 256 && n[0] & 0x80 != 0);
    let sound = e.len() <= 5 && e.last().is_some_and(|last| last % 2 == 1) && e != [1];
    (long_enough && n.len() <= 1024 && sound && !is_roca(n)).then(|| DecodingKey::from_rsa_raw_components(n, &e))
}

/// CVE-2017-15361: moduli of one maker's chips are powers of 65537 by every small prime, and can be factored.
fn is_roca(modulus: &[u8]) -> bool {
    const PRIMES: [u32; 17] = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];
    PRIMES.iter().all(|prime| {
        let rest = modulus.iter().fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % prime);
        let powers = std::iter::successors(Some(1), |power| Some(power * 65537 % prime));
        powers.take(*prime as usize).any(|power| power == rest)
    })
}

fn curve_point(x: &str, y: &str, size: usize) -> Option<DecodingKey> {
    (bytes(x)?.len() == size && bytes(y)?.len() == size).then_some(())?;
    DecodingKey::from_ec_components(x, y).ok()
}

fn bytes(base64url: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(base64url).ok()
}

#[cfg(test)]
mod tests;
