//! Forged and misused tokens through the real listener, and issuers that cannot be trusted with an address.
//! What makes a token good is tested claim by claim beside the policy (`policies/src/authenticate`).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use portico_policies::authenticate::Network;
use portico_tests::{Scene, Signing, Tenant, TokenRequest, Upstream};
use serde_json::{Value, json};

const PRODUCT: &str = "/partner/v2/products/AC-100";

fn coded(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// A good token with another header, and its old signature.
fn with_header(token: &str, change: impl Fn(&mut Value)) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let bytes = URL_SAFE_NO_PAD.decode(parts[0]).expect("base64url");
    let mut header: Value = serde_json::from_slice(&bytes).expect("JSON");
    change(&mut header);
    format!("{}.{}.{}", coded(header.to_string()), parts[1], parts[2])
}

/// A good token with another text in one place, and its old signature.
fn with_part(token: &str, at: usize, part: &str) -> String {
    let mut parts: Vec<&str> = token.split('.').collect();
    parts[at] = part;
    parts.join(".")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_forged_token_opens_anything_and_nobody_is_asked_for_its_keys() {
    let scene = Scene::start().await;
    let sandbox = scene.sandbox();
    let good = || TokenRequest::new(Tenant::Acme, "partner-one");
    let token = sandbox.mint(&good());
    assert_eq!(scene.get(PRODUCT).bearer(&token).send().await.status, 200);
    let elsewhere = sandbox.elsewhere_url().to_owned();
    let claims = token.split('.').nth(1).expect("claims").to_owned();
    let unsigned = |alg: &str| format!("{}.{claims}.", coded(json!({ "alg": alg, "typ": "at+jwt" }).to_string()));
    let mut forged: Vec<(String, String)> = ["none", "None", "NONE", "nOnE", "", "none ", "RS256", "HS256", "rs256"]
        .iter()
        .map(|alg| (format!("alg {alg:?} without a signature"), unsigned(alg)))
        .collect();
    let header = |name: &str, value: Value| {
        let own = name.to_owned();
        (format!("{name}: {value}"), with_header(&token, move |header| header[&own] = value.clone()))
    };
    forged.extend([
        header("alg", json!("none")),
        header("alg", json!("HS256")),
        header("alg", json!("RS384")),
        header("alg", json!("RS512")),
        header("alg", json!("PS256")),
        header("alg", json!("ES256")),
        header("alg", json!(["RS256"])),
        header("alg", Value::Null),
        header("jku", json!(format!("{elsewhere}/keys"))),
        header("x5u", json!(format!("{elsewhere}/certificate"))),
        header("jwk", json!({ "kty": "oct", "k": "AA" })),
        header("x5c", json!(["AAAA"])),
        header("kid", json!("../../../../dev/null")),
        header("kid", json!("' OR 1=1 --")),
        header("kid", json!(format!("{elsewhere}/key"))),
        header("kid", json!("x".repeat(2_000))),
        header("kid", json!({ "a": 1 })),
        header("crit", json!(["exp"])),
        header("crit", json!(["urn:unknown"])),
        header("crit", json!([])),
        header("b64", json!(false)),
        header("zip", json!("DEF")),
        header("typ", json!("dpop+jwt")),
        header("typ", json!("logout+jwt")),
        ("no signature".to_owned(), with_part(&token, 2, "")),
        ("a signature of zeros".to_owned(), with_part(&token, 2, &coded([0_u8; 256]))),
        ("r = s = 0".to_owned(), with_part(&sandbox.mint(&good().signing(Signing::Es256)), 2, &coded([0_u8; 64]))),
        ("a signature with padding".to_owned(), format!("{token}=")),
        ("four parts".to_owned(), format!("{token}.AAAA")),
        ("five parts".to_owned(), format!("{token}.AAAA.AAAA")),
        ("other claims".to_owned(), with_part(&token, 1, &coded(json!({ "iss": "x" }).to_string()))),
        ("HS256 with the public key".to_owned(), sandbox.mint(&good().signing(Signing::Hs256))),
        ("a broken signature".to_owned(), sandbox.mint(&good().signing(Signing::Broken))),
        ("an unknown key".to_owned(), sandbox.mint(&good().kid(Some("unknown")))),
        ("no key".to_owned(), with_header(&token, |header| drop(header.as_object_mut().map(|all| all.remove("kid"))))),
    ]);
    sandbox.clear_calls();
    for (case, token) in &forged {
        let reply = scene.get(PRODUCT).bearer(token).send().await;
        // A key that nobody knows may be a new one, and its issuer is not asked for each.
        let unknown =
            reply.code() == "identity_provider_unavailable" && (case.starts_with("kid") || case == "an unknown key");
        assert!(reply.status == 401 || (unknown && reply.status == 503), "{case}: {}", reply.text());
        assert!(!reply.text().contains(token.as_str()), "{case}");
        assert!(unknown || reply.header("www-authenticate").starts_with("Bearer"), "{case}");
    }
    assert_eq!(sandbox.calls(), []);
    assert_eq!(sandbox.calls_elsewhere(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_something_else_is_no_access_token() {
    let scene = Scene::start().await;
    let good = || TokenRequest::new(Tenant::Acme, "partner-one");
    let url = scene.sandbox().issuer_url().to_owned();
    let cases = [
        ("an ID token", good().token_type("JWT").claim("nonce", "n").claim("at_hash", "h").audience("partner-one")),
        ("an ID token for us", good().token_type("JWT").claim("nonce", "n").claim("at_hash", "h")),
        (
            "a logout token",
            good()
                .token_type("JWT")
                .claim("events", json!({ "http://schemas.openid.net/event/backchannel-logout": {} })),
        ),
        ("the issuer in capitals", good().issuer(&url.to_uppercase())),
        ("the issuer with a slash", good().issuer(&format!("{url}/"))),
        ("the issuer with a path", good().issuer(&format!("{url}/acme"))),
        ("the issuer with a dot", good().issuer(&url.replace("127.0.0.1", "127.0.0.1."))),
        ("the issuer as a list", good().claim("iss", json!([url]))),
        ("the audience as a prefix", good().audience("portico-admin")),
        ("the audience in capitals", good().audience("Portico")),
        ("the audience as an object", good().audience(json!({ "portico": true }))),
        ("no audience at all", good().audience(json!([]))),
        ("exp as a text", good().claim("exp", "4102444800")),
        ("exp beyond all time", good().claim("exp", 1e300)),
        ("exp below zero", good().claim("exp", -1)),
        ("exp as null", good().claim("exp", Value::Null)),
        ("nbf as a text", good().claim("nbf", "0")),
        ("issued in the future", good().claim("iat", 4_102_444_800_u64)),
        ("the tenant in capitals", good().tenant_claim("ACME")),
        ("the tenant with a space", good().tenant_claim("acme ")),
        ("the tenant with a NUL", good().tenant_claim("acme\0")),
        ("the tenant with a line", good().tenant_claim("acme\r\nX-Tenant-Id: globex")),
        ("two tenants", good().claim("tenant", json!(["acme", "globex"]))),
        ("a consumer with a line", good().claim("client_id", "partner-one\r\nx: y")),
        ("a subject with a line", good().claim("sub", "jane\r\nx: y")),
    ];
    for (case, request) in cases {
        let token = scene.sandbox().mint(&request);
        let reply = scene.get(PRODUCT).bearer(token).send().await;
        assert_eq!(reply.status, 401, "{case}: {}", reply.text());
    }
    assert_eq!(scene.sandbox().calls(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_64_kilobytes_is_refused_unread() {
    let target = super::Target::start().await;
    for size in [16_500, 31_000, 64_000] {
        let token = format!("{}.{}.c", "a".repeat(20), "b".repeat(size));
        let head =
            format!("GET /erp/v1/x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
        let said = target.say(head).await;
        assert!(["401 token_malformed", "431 header_too_large"].contains(&said.told().as_str()), "{size}: {said:?}");
    }
    assert_eq!(target.seen(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_shows_two_things_has_shown_nothing() {
    let target = super::Target::start().await;
    let (token, key) = (&target.token, target.scene.environment("KEY_PARTNER"));
    for fields in [
        format!("Authorization: Bearer {token}\r\nAuthorization: Bearer {token}\r\n"),
        format!("Authorization: Bearer wrong\r\nAuthorization: Bearer {token}\r\n"),
        format!("Authorization: Bearer {token}\r\nauthorization: Basic eDp5\r\n"),
        format!("Authorization: Bearer {token}, Bearer {token}\r\n"),
        format!("Authorization: Bearer {token}\r\nX-API-Key: {key}\r\n"),
        format!("X-API-Key: {key}\r\nX-API-Key: {key}\r\n"),
        format!("X-API-Key: {key}, {key}\r\n"),
        format!("Authorization: {token}\r\n"),
        format!("Authorization: Bearer\t{token}\r\n"),
        format!("Authorization: Bearer  {token} x\r\n"),
        format!("Authorization: Basic {token}\r\n"),
        format!("Authorization: Negotiate {token}\r\n"),
        format!("Cookie: access_token={token}\r\n"),
        format!("X-Authorization: Bearer {token}\r\n"),
        format!("X_API_Key: {key}\r\n"),
    ] {
        let head = format!("GET /erp/v1/x HTTP/1.1\r\nHost: a\r\n{fields}Connection: close\r\n\r\n");
        let said = target.say(head).await;
        assert_eq!(said.status(), "401", "{fields}: {said:?}");
        assert!(!said.text.contains(token.as_str()) && !said.text.contains(&key), "{said:?}");
    }
    assert_eq!(target.seen(), [""; 0]);
}

/// The demo with another issuer: a server of the test's own, on this machine.
async fn believing(issuer: &Upstream, network: Network) -> Scene {
    let url = issuer.url();
    Scene::with(|settings| {
        settings.issuers[0].url = url;
        settings.issuers[0].network = network;
    })
    .await
}

/// An issuer leads us nowhere: no redirect is followed, no keys are fetched from another place inside, nothing huge is
/// read. The caller is told that the issuer cannot be asked, in the same words each time.
#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_cannot_make_the_gateway_ask_somebody_else() {
    let issuer = Upstream::start().await;
    let inside = Upstream::start().await;
    let secret = inside.url();
    let json = [("content-type", "application/json")];
    let moved = [("location", secret.as_str())];
    let document = |uri: &str| json!({ "issuer": issuer.url(), "jwks_uri": uri }).to_string();
    let huge = format!(r#"{{"issuer":"{}","x":"{}"}}"#, issuer.url(), "y".repeat(3 << 20));
    let cases = [
        ("redirects", StatusCode::FOUND, &moved[..], String::new()),
        ("redirects for good", StatusCode::PERMANENT_REDIRECT, &moved[..], String::new()),
        ("is down", StatusCode::SERVICE_UNAVAILABLE, &json[..], String::new()),
        ("is no JSON", StatusCode::OK, &json[..], "<html>".to_owned()),
        ("is huge", StatusCode::OK, &json[..], huge),
        (
            "names another issuer",
            StatusCode::OK,
            &json[..],
            json!({ "issuer": "https://x", "jwks_uri": secret }).to_string(),
        ),
        ("names no keys", StatusCode::OK, &json[..], json!({ "issuer": issuer.url() }).to_string()),
        ("names a file", StatusCode::OK, &json[..], document("file:///etc/passwd")),
    ];
    for (case, status, headers, body) in cases {
        issuer.answer(status, headers, &body);
        let scene = believing(&issuer, Network::Private).await;
        let token = scene.sandbox().mint(&TokenRequest::new(Tenant::Acme, "partner-one").issuer(&issuer.url()));
        let reply = scene.get(PRODUCT).bearer(token).send().await;
        assert_eq!(
            (reply.status.as_u16(), reply.code().as_str()),
            (503, "identity_provider_unavailable"),
            "{case}: {}",
            reply.text()
        );
        assert!(!reply.text().contains(&secret) && !reply.text().contains("passwd"), "{case}: {}", reply.text());
    }
    assert_eq!(inside.seen().len(), 0);
    // Where only the internet is allowed, an issuer on this machine is not asked at all.
    let before = issuer.seen().len();
    let scene = believing(&issuer, Network::Public).await;
    let token = scene.sandbox().mint(&TokenRequest::new(Tenant::Acme, "partner-one").issuer(&issuer.url()));
    assert_eq!(scene.get(PRODUCT).bearer(token).send().await.code(), "identity_provider_unavailable");
    assert_eq!(issuer.seen().len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_unknown_keys_is_not_passed_on_to_the_issuer() {
    let issuer = Upstream::start().await;
    let keys = json!({ "keys": [] }).to_string();
    issuer.answer_at(
        "openid-configuration",
        &json!({ "issuer": issuer.url(), "jwks_uri": format!("{}/keys", issuer.url()) }).to_string(),
    );
    issuer.answer_at("/keys", &keys);
    let scene = believing(&issuer, Network::Private).await;
    for at in 0..60 {
        let request =
            TokenRequest::new(Tenant::Acme, "partner-one").issuer(&issuer.url()).kid(Some(&format!("key-{at}")));
        let reply = scene.get(PRODUCT).bearer(scene.sandbox().mint(&request)).send().await;
        assert!(
            ["token_signature_invalid", "identity_provider_unavailable"].contains(&reply.code().as_str()),
            "{}",
            reply.text()
        );
    }
    assert!(issuer.seen().len() <= 6, "{} calls of the issuer for 60 tokens", issuer.seen().len());
}
