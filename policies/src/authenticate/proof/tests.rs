use serde_json::{Value, json};

use super::*;
use crate::authenticate::samples::{Signer, b64, now, tenant};

const URL: &str = "https://api.example/partner/v2/orders/SO%2D1?a=b";
const TOKEN: &str = "a.bound.token";

fn issuer() -> Issuer {
    Issuer::new("https://login.example/acme", "portico", [tenant("acme")])
}

fn asked() -> Asked {
    Asked { method: "GET".to_owned(), target: URL.parse().unwrap() }
}

fn claims() -> Value {
    json!({ "jti": "one", "htm": "GET", "htu": URL, "iat": now().unix, "ath": b64(Digest::of(TOKEN).bytes()) })
}

fn header(signer: &Signer) -> Value {
    json!({ "typ": "dpop+jwt", "alg": signer.algorithm.as_str(), "jwk": signer.jwk() })
}

fn thumbprint(signer: &Signer) -> Thumbprint {
    let jwk: Box<RawValue> = serde_json::from_str(&signer.jwk().to_string()).unwrap();
    public_key(&jwk).unwrap().1
}

fn changed(mut value: Value, changes: &Value) -> Value {
    for (name, change) in changes.as_object().unwrap() {
        match change {
            Value::Null => drop(value.as_object_mut().unwrap().remove(name)),
            change => value[name] = change.clone(),
        }
    }
    value
}

/// What becomes of a proof that differs from a good one in this.
fn of(signer: &Signer, header_changes: &Value, claim_changes: &Value) -> String {
    let header = changed(header(signer), header_changes).to_string();
    let proof = signer.signed(&header, &changed(claims(), claim_changes).to_string());
    shown(check(&proof, &Digest::of(TOKEN), &thumbprint(signer), &asked(), &issuer(), now()))
}

fn shown(checked: Result<Proof, TokenError>) -> String {
    checked.map_or_else(|error| error.to_string(), |_| "good".to_owned())
}

#[test]
fn a_thumbprint_is_that_of_the_rfc() {
    // RFC 7638 §3.1.
    let jwk = json!({
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"
    });
    let jwk: Box<RawValue> = serde_json::from_str(&jwk.to_string()).unwrap();
    let (_, print) = public_key(&jwk).unwrap();
    assert_eq!(Some(print), Thumbprint::from_base64url("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"));
}

#[test]
fn keys_of_every_kind_can_prove() {
    for algorithm in
        [SigningAlgorithm::ES256, SigningAlgorithm::ES384, SigningAlgorithm::EdDSA, SigningAlgorithm::PS256]
    {
        assert_eq!(of(&Signer::new("k", algorithm), &json!({}), &json!({})), "good", "{algorithm:?}");
    }
}

#[test]
fn whatever_is_not_for_this_request_proves_nothing() {
    let signer = Signer::new("k", SigningAlgorithm::ES256);
    let private = changed(signer.jwk(), &json!({ "d": "AAAA" }));
    let start = now().unix;
    let cases = [
        (json!({}), json!({})),
        (json!({ "typ": "JWT" }), json!({})),
        (json!({ "typ": null }), json!({})),
        (json!({ "alg": "none" }), json!({})),
        (json!({ "alg": "HS256" }), json!({})),
        (json!({ "alg": "RS256" }), json!({})),
        (json!({ "crit": ["x"] }), json!({})),
        (json!({ "jwk": null }), json!({})),
        (json!({ "jwk": private }), json!({})),
        (json!({ "jwk": { "kty": "oct", "k": "AAAA" } }), json!({})),
        (json!({ "jwk": Signer::new("x", SigningAlgorithm::ES256).jwk() }), json!({})),
        (json!({}), json!({ "jti": null })),
        (json!({}), json!({ "jti": "" })),
        (json!({}), json!({ "jti": "j".repeat(257) })),
        (json!({}), json!({ "htm": "POST" })),
        (json!({}), json!({ "htm": "get" })),
        (json!({}), json!({ "htm": null })),
        (json!({}), json!({ "htu": "https://api.example/partner/v2/orders/SO-2" })),
        (json!({}), json!({ "htu": "http://api.example/partner/v2/orders/SO-1" })),
        (json!({}), json!({ "htu": "https://other.example/partner/v2/orders/SO-1" })),
        (json!({}), json!({ "htu": "https://api.example:8443/partner/v2/orders/SO-1" })),
        (json!({}), json!({ "htu": "https://api.example@evil.example/partner/v2/orders/SO-1" })),
        (json!({}), json!({ "htu": "/partner/v2/orders/SO-1" })),
        (json!({}), json!({ "htu": 1 })),
        (json!({}), json!({ "iat": null })),
        (json!({}), json!({ "iat": "now" })),
        (json!({}), json!({ "iat": start - 120 })),
        (json!({}), json!({ "iat": start + 61 })),
        (json!({}), json!({ "ath": b64(Digest::of("another.token").bytes()) })),
        (json!({}), json!({ "ath": null })),
        (json!({}), json!({ "nonce": 1 })),
    ];
    let beginning = |value: &Value| format!("{:.30}", value.to_string());
    let answers = cases.iter().map(|(header, claims)| {
        format!("{} {} → {}", beginning(header), beginning(claims), of(&signer, header, claims))
    });
    insta::assert_snapshot!(answers.collect::<Vec<_>>().join("\n"));
}

#[test]
fn an_address_is_the_same_however_it_is_spelled() {
    let signer = Signer::new("k", SigningAlgorithm::ES256);
    for same in [
        "https://api.example/partner/v2/orders/SO-1",
        "HTTPS://API.example:443/partner/v2/orders/SO-1",
        "https://api.example/partner/v2/./orders/SO%2d1#part",
        "https://api.example/partner/v2/orders/%53O-1?c=d",
    ] {
        assert_eq!(of(&signer, &json!({}), &json!({ "htu": same })), "good", "{same}");
    }
}

#[test]
fn a_proof_is_of_the_key_that_the_token_is_bound_to() {
    let (owner, thief) = (Signer::new("k", SigningAlgorithm::ES256), Signer::new("k", SigningAlgorithm::ES256));
    let proof = thief.signed(&header(&thief).to_string(), &claims().to_string());
    let answer = shown(check(&proof, &Digest::of(TOKEN), &thumbprint(&owner), &asked(), &issuer(), now()));
    assert_eq!(
        answer,
        "the proof of possession is not acceptable: it is made with another key than the token is bound to"
    );
    for garbage in ["", "..", "a.b.c", &"a".repeat(9_000)] {
        assert_ne!(shown(check(garbage, &Digest::of(TOKEN), &thumbprint(&owner), &asked(), &issuer(), now())), "good");
    }
}

#[test]
fn times_hold_to_the_second() {
    let signer = Signer::new("k", SigningAlgorithm::ES256);
    let start = now().unix;
    for (iat, good) in [(start - 119, true), (start - 120, false), (start + 60, true), (start + 61, false)] {
        assert_eq!(of(&signer, &json!({}), &json!({ "iat": iat })) == "good", good, "{iat}");
    }
}
