//! Tokens that are worth nothing without a certificate or a key, certificates that stand alone.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::samples::*;
use super::super::*;
use super::Scene;

fn certificate(bytes: &str) -> ClientCertificate {
    ClientCertificate {
        thumbprint: Thumbprint::of(bytes.as_bytes()),
        names: vec![CertificateName::Dns("one.example".to_owned())],
        authorities: ["partners".into()].into(),
        expires: now().unix + 1_000,
    }
}

fn print(certificate: &ClientCertificate) -> String {
    b64(certificate.thumbprint.bytes())
}

fn who(answer: Result<Authenticated, Rejected>) -> String {
    match answer {
        Ok(Authenticated { caller, .. }) => format!("{}/{}", caller.key.tenant, caller.principal.subject),
        Err(rejected) => rejected.problem.code.to_string(),
    }
}

/// A caller with a key of its own.
struct Client {
    signer: Signer,
    jkt: String,
}

impl Client {
    fn new() -> Self {
        let signer = Signer::new("mine", SigningAlgorithm::ES256);
        let jwk = signer.jwk();
        let part = |name: &str| jwk[name].as_str().unwrap().to_owned();
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, part("x"), part("y"));
        Client { jkt: b64(Digest::of(&canonical).bytes()), signer }
    }

    fn proof(&self, token: &str, id: &str, changes: &Value) -> String {
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.signer.jwk() });
        let mut claims = json!({
            "jti": id, "htm": "POST", "htu": "https://api.example/graphql", "iat": now().unix,
            "ath": b64(Digest::of(token).bytes()),
        });
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        self.signer.signed(&header.to_string(), &claims.to_string())
    }
}

fn asked() -> Asked {
    Asked { method: "POST".to_owned(), target: "https://api.example/graphql".parse().unwrap() }
}

async fn proves(scene: &Scene, token: &str, proof: &str, now: Now) -> Result<Authenticated, Rejected> {
    let asked = asked();
    let circumstances = Circumstances { certificate: None, asked: Some(&asked) };
    let possession = Possession::Proof(proof);
    scene.asks(Credential::Proved { token, possession }, circumstances, now).await
}

#[tokio::test]
async fn a_token_of_a_certificate_is_good_with_that_certificate_only_also_when_it_was_believed_before() {
    let scene = Scene::new();
    let (own, other) = (certificate("own"), certificate("other"));
    let token = scene.signer.token(&claims_with(json!({ "cnf": { "x5t#S256": print(&own) } })));
    let shows = async |shown: Option<&ClientCertificate>, now| {
        let circumstances = Circumstances { certificate: shown, asked: None };
        who(scene.asks(Credential::Token(&token), circumstances, now).await)
    };
    assert_eq!(shows(None, now()).await, "certificate_mismatch");
    assert_eq!(shows(Some(&own), now()).await, "acme/jane");
    assert_eq!(shows(None, now()).await, "certificate_mismatch", "it was believed a moment ago");
    assert_eq!(shows(Some(&other), now()).await, "certificate_mismatch");
    let later = now().later(Duration::from_secs(1_000));
    assert_eq!(shows(Some(&own), later).await, "certificate_mismatch", "the certificate has ended");
    assert_eq!(scene.provider.asked(), 1);
}

#[tokio::test]
async fn a_token_of_a_key_needs_a_proof_for_each_request() {
    let scene = Scene::new();
    let client = Client::new();
    let token = scene.signer.token(&claims_with(json!({ "cnf": { "jkt": client.jkt } })));
    let proof = client.proof(&token, "1", &json!({}));
    assert_eq!(who(scene.asks(Credential::Token(&token), Circumstances::default(), now()).await), "proof_missing");
    assert_eq!(who(proves(&scene, &token, &proof, now()).await), "acme/jane");
    assert_eq!(who(proves(&scene, &token, &proof, now()).await), "proof_invalid", "it was used before");
    assert_eq!(who(proves(&scene, &token, &client.proof(&token, "2", &json!({})), now()).await), "acme/jane");
    assert_eq!(
        who(scene.asks(Credential::Token(&token), Circumstances::default(), now()).await),
        "proof_missing",
        "it was believed a moment ago"
    );
    let thief = Client::new();
    assert_eq!(who(proves(&scene, &token, &thief.proof(&token, "3", &json!({})), now()).await), "proof_invalid");
    let elsewhere = client.proof(&token, "4", &json!({ "htu": "https://evil.example/graphql" }));
    assert_eq!(who(proves(&scene, &token, &elsewhere, now()).await), "proof_invalid");
    let possession = Possession::Proof(&proof);
    let nowhere = scene.asks(Credential::Proved { token: &token, possession }, Circumstances::default(), now()).await;
    assert_eq!(who(nowhere), "proof_missing");
}

#[tokio::test]
async fn a_proof_does_not_make_a_plain_token_a_bound_one() {
    let scene = Scene::new();
    let client = Client::new();
    let token = scene.signer.token(&claims());
    assert_eq!(who(proves(&scene, &token, &client.proof(&token, "1", &json!({})), now()).await), "proof_invalid");
    let strict = Scene::with(SigningAlgorithm::ES256, |issuer| issuer.require_bound = true);
    assert!(strict.claims(json!({})).await.starts_with("token_claims_invalid"));
    let own = certificate("own");
    let token = strict.signer.token(&claims_with(json!({ "cnf": { "x5t#S256": print(&own) } })));
    let circumstances = Circumstances { certificate: Some(&own), asked: None };
    assert_eq!(who(strict.asks(Credential::Token(&token), circumstances, now()).await), "acme/jane");
}

#[tokio::test]
async fn both_bindings_of_a_token_must_hold() {
    let scene = Scene::new();
    let (client, own) = (Client::new(), certificate("own"));
    let token = scene.signer.token(&claims_with(json!({ "cnf": { "jkt": client.jkt, "x5t#S256": print(&own) } })));
    let shows = async |certificate: Option<&ClientCertificate>, id: &str| {
        let asked = asked();
        let proof = client.proof(&token, id, &json!({}));
        let possession = Possession::Proof(&proof);
        let circumstances = Circumstances { certificate, asked: Some(&asked) };
        who(scene.asks(Credential::Proved { token: &token, possession }, circumstances, now()).await)
    };
    assert_eq!(shows(None, "1").await, "certificate_mismatch");
    assert_eq!(shows(Some(&own), "2").await, "acme/jane");
    let circumstances = Circumstances { certificate: Some(&own), asked: None };
    assert_eq!(who(scene.asks(Credential::Token(&token), circumstances, now()).await), "proof_missing");
}

#[tokio::test]
async fn a_request_that_goes_on_is_looked_at_again_by_the_key_that_it_proved() {
    let scene = Scene::new();
    let client = Client::new();
    let token = scene.signer.token(&claims_with(json!({ "cnf": { "jkt": client.jkt } })));
    let begun = proves(&scene, &token, &client.proof(&token, "1", &json!({})), now()).await.unwrap();
    let again = async |key, now| {
        let possession = Possession::Before(key);
        who(scene.asks(Credential::Proved { token: &token, possession }, Circumstances::default(), now).await)
    };
    let key = begun.key.unwrap();
    assert_eq!(again(key, now()).await, "acme/jane");
    assert_eq!(again(Thumbprint::of(b"another"), now()).await, "proof_missing");
    assert_eq!(again(key, now().later(Duration::from_secs(3_660))).await, "token_expired");
}

#[tokio::test]
async fn an_issuer_may_want_proofs_that_are_not_made_beforehand() {
    let scene = Scene::with(SigningAlgorithm::ES256, |issuer| {
        issuer.nonce_key = Some(portico_contracts::secret::Secret::new("sealing"));
    });
    let client = Client::new();
    let token = scene.signer.token(&claims_with(json!({ "cnf": { "jkt": client.jkt } })));
    let refused = proves(&scene, &token, &client.proof(&token, "1", &json!({})), now()).await.unwrap_err();
    assert_eq!(refused.problem.code, Code::ProofNonceRequired);
    let nonce = refused.nonce.unwrap();
    let forged = proves(&scene, &token, &client.proof(&token, "2", &json!({ "nonce": "made-up" })), now()).await;
    assert_eq!(who(forged), "proof_nonce_required");
    let good = proves(&scene, &token, &client.proof(&token, "1", &json!({ "nonce": nonce })), now()).await.unwrap();
    assert_eq!(good.nonce, None, "the id was not spent by the refusal, and the nonce still holds");
    let later = now().later(Duration::from_secs(150));
    let fresh = json!({ "nonce": nonce, "iat": later.unix });
    let ageing = proves(&scene, &token, &client.proof(&token, "3", &fresh), later).await.unwrap();
    assert!(ageing.nonce.is_some_and(|next| next != nonce), "who comes with an old one is given the next");
}

#[tokio::test]
async fn a_proof_that_was_used_is_not_taken_after_a_reload_either() {
    let scene = Scene::new();
    let client = Client::new();
    let token = scene.signer.token(&claims_with(json!({ "cnf": { "jkt": client.jkt } })));
    let proof = client.proof(&token, "1", &json!({}));
    assert_eq!(who(proves(&scene, &token, &proof, now()).await), "acme/jane");
    let fetch: Arc<dyn Fetch> = scene.provider.clone();
    let acme = Issuer::new(ISSUER, "portico", [tenant("acme")]);
    let issuers = Issuers::new([acme], &fetch, &Calm::default(), Some(scene.authenticator.issuers()));
    let consumers = [(consumer_key("acme", "support"), consumer(&["order:read"]))].into_iter().collect();
    let reloaded = Authenticator::new(issuers, consumers, []).after(&scene.authenticator);
    let reloaded = Scene { authenticator: reloaded, ..scene };
    assert_eq!(who(proves(&reloaded, &token, &proof, now()).await), "proof_invalid");
    assert_eq!(who(proves(&reloaded, &token, &client.proof(&token, "2", &json!({})), now()).await), "acme/jane");
}

#[tokio::test]
async fn a_certificate_alone_authenticates_whom_it_is_registered_for() {
    let (own, other) = (certificate("own"), certificate("other"));
    let consumers = [(consumer_key("acme", "partner-one"), consumer(&["partner:read"]))].into_iter().collect();
    let mark = CertificateMark::Thumbprint(own.thumbprint);
    let record = CertificateRecord { owner: consumer_key("acme", "partner-one"), name: "edge".into(), mark };
    let authenticator = Authenticator::new(Issuers::default(), consumers, []).with_certificates([record]);
    let shows = async |certificate| {
        let circumstances = Circumstances { certificate, asked: None };
        who(authenticator.authenticate(Credential::Certificate, circumstances, now()).await)
    };
    assert_eq!(shows(Some(&own)).await, "acme/edge");
    assert_eq!(shows(Some(&other)).await, "certificate_unknown");
    assert_eq!(shows(None).await, "certificate_unknown");
}
