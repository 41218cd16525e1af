//! Proof of possession (DPoP, RFC 9449): a small JWT, made for this one request with the key that a token is bound to.
//!
//! A thief who has the token has not the key; and a proof that was seen once is not taken again, nor for another
//! request. What is checked, in this order, is the list of §4.3.

pub(crate) mod nonce;
pub(crate) mod seen;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::value::RawValue;
use url::Url;

use super::TokenError;
use super::binding::Thumbprint;
use super::issuer::{Issuer, SigningAlgorithm};
use super::jwks::Key;
use super::jws::{Unverified, read_claims};
use super::object::Object;
use super::verified::Digest;
use crate::Now;

/// How old a proof may be, beside what clocks may differ.
const LIFE: u64 = 60;
/// A proof with an RSA key of 8192 bits and room to spare.
const LONGEST: usize = 8 * 1024;
const LONGEST_JTI: usize = 256;

/// The request that a proof must have been made for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Its method.
    pub method: String,
    /// Its address as its caller knows it, without query.
    pub target: Url,
}

/// What a proof proves, beside that its maker has the key.
#[derive(Debug)]
pub(crate) struct Proof {
    /// What no other proof of the key has.
    pub(crate) id: String,
    /// When it is too old, so that it need not be remembered (seconds since 1970).
    pub(crate) ends: u64,
    /// What we gave its maker before.
    pub(crate) nonce: Option<String>,
}

/// Every algorithm that a proof may be signed with, for challenges.
pub(crate) fn algorithms() -> String {
    SigningAlgorithm::ALL.iter().map(|algorithm| algorithm.as_str()).collect::<Vec<_>>().join(" ")
}

/// Checks a proof for this token, key and request.
pub(crate) fn check(
    proof: &str,
    token: &Digest,
    key: &Thumbprint,
    asked: &Asked,
    issuer: &Issuer,
    now: Now,
) -> Result<Proof, TokenError> {
    if proof.len() > LONGEST {
        return Err(wrong("it is too long"));
    }
    let unverified = Unverified::parse(proof).map_err(|_| wrong("it is no JWT with an asymmetric algorithm"))?;
    if !unverified.is_of_kind("dpop+jwt") {
        return Err(wrong("its `typ` is not `dpop+jwt`"));
    }
    let jwk = unverified.jwk().ok_or_else(|| wrong("its header holds no `jwk`"))?;
    let (made_with, print) = public_key(jwk).ok_or_else(|| wrong("its `jwk` is no public key that can be used"))?;
    unverified.verify(&made_with).map_err(|_| wrong("its signature is wrong"))?;
    let claims = read_claims(unverified.payload()).map_err(|_| wrong("its payload is not one JSON object"))?;
    let proof = for_request(&claims, asked, issuer.leeway.as_secs(), now)?;
    if text(&claims, "ath")?.as_deref() != Some(&URL_SAFE_NO_PAD.encode(token.bytes())) {
        return Err(wrong("its `ath` is of another token"));
    }
    if print != *key {
        return Err(wrong("it is made with another key than the token is bound to"));
    }
    Ok(proof)
}

fn for_request(claims: &Object<'_>, asked: &Asked, leeway: u64, now: Now) -> Result<Proof, TokenError> {
    let id = text(claims, "jti")?.filter(|id| (1..=LONGEST_JTI).contains(&id.len()));
    let id = id.ok_or_else(|| wrong("its `jti` is missing, empty or too long"))?;
    if text(claims, "htm")?.as_deref() != Some(&asked.method) {
        return Err(wrong("its `htm` is another method"));
    }
    let target = text(claims, "htu")?.and_then(|target| Url::parse(&target).ok());
    if !target.is_some_and(|target| is_same(&target, &asked.target)) {
        return Err(wrong("its `htu` is not the address of this request"));
    }
    let made = claims.date("iat").ok().flatten().ok_or_else(|| wrong("its `iat` is missing"))?;
    let ends = made.saturating_add(LIFE + leeway);
    if made > now.unix.saturating_add(leeway) || now.unix >= ends {
        return Err(wrong("its `iat` is not now"));
    }
    Ok(Proof { id, ends, nonce: text(claims, "nonce")? })
}

/// §4.3, item 9: scheme, host, port and path, in normal form; query and fragment do not count.
fn is_same(one: &Url, other: &Url) -> bool {
    let place = |url: &Url| (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port_or_known_default());
    let named = one.username().is_empty() && one.password().is_none();
    named && place(one) == place(other) && normal(one.path()) == normal(other.path())
}

/// RFC 3986 §6.2.2: what need not be escaped is not, and what is, is so in capitals.
fn normal(path: &str) -> Vec<u8> {
    let bytes = path.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match (bytes[at], digits.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'%', Some(byte)) => {
                let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
                if plain {
                    out.push(byte);
                } else {
                    out.extend(format!("%{byte:02X}").bytes());
                }
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

/// The key in a proof's header with its thumbprint (RFC 7638). One with its private part in it is nobody's any more.
fn public_key(jwk: &RawValue) -> Option<(Key, Thumbprint)> {
    let members = Object::read(jwk.get().as_bytes()).ok()?;
    if ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().any(|private| members.has(private)) {
        return None;
    }
    let key = Key::of_jwk(jwk)?;
    let part = |name: &str| members.text(name).ok().flatten();
    let required: &[&str] = match part("kty")?.as_str() {
        "RSA" => &["e", "kty", "n"],
        "EC" => &["crv", "kty", "x", "y"],
        "OKP" => &["crv", "kty", "x"],
        _ => return None,
    };
    // Members of a usable key are words and base64url: nothing in them needs an escape.
    let members: Option<Vec<String>> =
        required.iter().map(|name| Some(format!(r#""{name}":"{}""#, part(name)?))).collect();
    Some((key, Thumbprint::of(format!("{{{}}}", members?.join(",")).as_bytes())))
}

fn text(claims: &Object<'_>, name: &str) -> Result<Option<String>, TokenError> {
    claims.text(name).map_err(|_| wrong("a claim of it is of a wrong type"))
}

fn wrong(says: &'static str) -> TokenError {
    TokenError::Proof(says)
}

#[cfg(test)]
mod tests;
