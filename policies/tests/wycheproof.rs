//! Wycheproof's vectors for JSON Web Signatures, against the path that every token takes.
//!
//! What Wycheproof calls valid and we refuse on purpose: symmetric keys, ES512, and the two below, whose key says PS256
//! while the token says PS384 (known slips of the vectors). What it calls invalid is refused, whatever the reason.

use portico_policies::authenticate::SigningAlgorithm;
use portico_policies::authenticate::jwks::KeySet;
use portico_policies::authenticate::jws::Unverified;
use serde_json::{Value, json};

const FILES: [&str; 3] = [
    include_str!("wycheproof/json_web_signature_test.json"),
    include_str!("wycheproof/json_web_key_test.json"),
    include_str!("wycheproof/json_web_crypto_test.json"),
];

/// Whether a verifier that trusts these keys believes the token.
fn believes(keys: &KeySet, token: &str) -> bool {
    let Ok(unverified) = Unverified::parse(token) else { return false };
    let Some(key) = keys.find(unverified.algorithm(), unverified.kid()) else { return false };
    unverified.verify(&key).is_ok()
}

fn key_set(group: &Value) -> Option<(Value, KeySet)> {
    let key = group.get("public").or_else(|| group.get("private"))?.clone();
    let set = if key.get("keys").is_some() { key } else { json!({ "keys": [key] }) };
    let parsed = KeySet::parse(set.to_string().as_bytes()).ok()?;
    Some((set, parsed))
}

fn supported(set: &Value) -> bool {
    let names = |key: &Value| key["alg"].as_str().is_some_and(|alg| SigningAlgorithm::parse(alg).is_some());
    set["keys"].as_array().is_some_and(|keys| keys.iter().all(|key| names(key) && key.get("d").is_none()))
}

#[test]
fn every_invalid_signature_is_refused_and_every_valid_one_of_ours_believed() {
    let (mut refused, mut believed, mut wrong) = (0, 0, Vec::new());
    for file in FILES {
        let file: Value = serde_json::from_str(file).unwrap();
        for group in file["testGroups"].as_array().unwrap() {
            let Some((set, keys)) = key_set(group) else { continue };
            for test in group["tests"].as_array().unwrap() {
                let Some(token) = test["jws"].as_str() else { continue };
                let valid = test["result"] == "valid";
                match (valid, believes(&keys, token)) {
                    (true, true) => believed += 1,
                    (false, false) => refused += 1,
                    (true, false) if !supported(&set) => {}
                    _ => wrong.push(format!(
                        "{} {}: {} {} {}",
                        group["comment"], test["tcId"], test["comment"], test["result"], test["flags"]
                    )),
                }
            }
        }
    }
    insta::assert_snapshot!(format!("{refused} refused, {believed} believed\n{}", wrong.join("\n")), @r#"
    420 refused, 35 believed
    "rfc7520" 346: "Figure20" "valid" []
    "rfc7520WithKeyOps" 350: "Figure20" "valid" []
    "#);
}
