use serde_json::{Value, json};

use super::*;
use crate::authenticate::samples::Signer;

fn set(keys: &[Value]) -> KeySet {
    KeySet::parse(json!({"keys": keys}).to_string().as_bytes()).unwrap()
}

#[expect(clippy::needless_pass_by_value, reason = "callers write the changes in place")]
fn with(jwk: &Value, changes: Value) -> Value {
    let mut jwk = jwk.clone();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(jwk.as_object_mut().unwrap().remove(name)),
            value => jwk[name] = value.clone(),
        }
    }
    jwk
}

#[test]
fn keys_that_cannot_verify_are_left_out() {
    let rsa = Signer::new("r", RS256).jwk();
    let ec = Signer::new("e", ES256).jwk();
    let ed = Signer::new("d", EdDSA).jwk();
    let useless = [
        json!({"kty": "oct", "k": "c2VjcmV0", "kid": "s", "alg": "HS256"}),
        with(&rsa, json!({"use": "enc"})),
        with(&rsa, json!({"use": 1})),
        with(&rsa, json!({"use": null, "key_ops": ["encrypt"]})),
        with(&rsa, json!({"alg": "RSA-OAEP"})),
        with(&rsa, json!({"alg": "ES256"})),
        with(&rsa, json!({"alg": "HS256"})),
        with(&rsa, json!({"alg": "none"})),
        with(&rsa, json!({"d": "AQAB"})),
        with(&rsa, json!({"e": "AQ"})),
        with(&rsa, json!({"e": "Ag"})),
        with(&rsa, json!({"n": "AQAB"})),
        with(&rsa, json!({"n": null})),
        with(&ec, json!({"crv": "P-521"})),
        with(&ec, json!({"crv": "P-384"})),
        with(&ec, json!({"crv": "secp256k1"})),
        with(&ec, json!({"alg": "ES384"})),
        with(&ec, json!({"y": "AQAB"})),
        with(&ed, json!({"crv": "X25519"})),
        with(&ed, json!({"x": "AQAB"})),
        json!({"kty": "rsa"}),
        json!("text"),
    ];
    for jwk in &useless {
        assert!(set(std::slice::from_ref(jwk)).is_empty(), "{jwk}");
    }
    assert_eq!(set(&[rsa, ec, ed]).len(), 3);
}

#[test]
fn a_key_serves_its_own_algorithm_only() {
    let rsa = Signer::new("r", RS256).jwk();
    assert!(set(std::slice::from_ref(&rsa)).find(RS256, Some("r")).is_some());
    for other in [PS256, RS384, ES256, EdDSA] {
        assert!(set(std::slice::from_ref(&rsa)).find(other, Some("r")).is_none(), "{other:?}");
    }
    let open = with(&rsa, json!({"alg": null, "use": null, "key_ops": ["verify"]}));
    assert!(set(&[open]).find(PS256, Some("r")).is_some(), "without `alg`, whatever its kind can do");
}

#[test]
fn a_key_is_found_by_its_name_and_never_by_guessing() {
    let (one, two) = (Signer::new("one", ES256).jwk(), Signer::new("two", ES256).jwk());
    let both = set(&[one.clone(), two.clone()]);
    assert!(both.find(ES256, Some("one")).is_some());
    assert!(both.find(ES256, Some("One")).is_none());
    assert!(both.find(ES256, Some("")).is_none());
    assert!(both.find(ES256, None).is_none(), "two could be meant");
    assert!(set(std::slice::from_ref(&one)).find(ES256, None).is_some(), "only one could be meant");
    assert!(
        set(&[one.clone(), with(&two, json!({"kid": "one"}))]).find(ES256, Some("one")).is_none(),
        "one name, two keys"
    );
    assert!(set(&[with(&one, json!({"kid": null}))]).find(ES256, Some("one")).is_none());
}

#[test]
fn what_is_not_a_key_set_is_an_error_and_not_an_empty_one() {
    for bad in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":null}"#, r#"{"keys":[],"keys":[]}"#, "<html>"] {
        assert_eq!(KeySet::parse(bad.as_bytes()).map(|_| ()), Err(KeySetError::Malformed), "{bad}");
    }
    let many = json!({"keys": vec![json!({}); 101]}).to_string();
    assert_eq!(KeySet::parse(many.as_bytes()).map(|_| ()), Err(KeySetError::TooMany));
    assert!(KeySet::parse(br#"{"keys":[]}"#).unwrap().is_empty());
}
