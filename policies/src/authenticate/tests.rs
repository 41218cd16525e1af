//! Tokens good and bad, against real keys and an identity provider in memory.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::samples::*;
use super::*;

mod bound;
mod opaque;

/// A gateway's view of one issuer with one key, for tenant acme, and of another issuer for globex.
struct Scene {
    signer: Signer,
    provider: Arc<Provider>,
    authenticator: Authenticator,
}

impl Scene {
    fn new() -> Self {
        Self::with(SigningAlgorithm::ES256, |_| ())
    }

    /// Acme's issuer is adjusted, and globex's like it.
    fn with(algorithm: SigningAlgorithm, adjust: impl Fn(&mut Issuer)) -> Self {
        let introspected = |issuer: &mut Issuer| {
            adjust(issuer);
            if issuer.tenants.contains(&tenant("globex")) {
                issuer.introspection = None;
            }
        };
        Self::with_each(algorithm, introspected)
    }

    fn with_each(algorithm: SigningAlgorithm, adjust: impl Fn(&mut Issuer)) -> Self {
        let signer = Signer::new("key-1", algorithm);
        let provider = Provider::with(vec![signer.jwk()]);
        let mut acme = Issuer::new(ISSUER, "portico", [tenant("acme")]);
        acme.algorithms = vec![algorithm];
        let mut globex = Issuer {
            url: "https://login.example/globex".to_owned(),
            tenants: [tenant("globex")].into(),
            ..acme.clone()
        };
        adjust(&mut acme);
        adjust(&mut globex);
        let fetch: Arc<dyn Fetch> = provider.clone();
        let issuers = Issuers::new([acme, globex], &fetch, &Calm::default(), None);
        let consumers = [
            (consumer_key("acme", "support"), consumer(&["order:read", "case:read"])),
            (consumer_key("globex", "support"), consumer(&["order:read"])),
        ];
        let authenticator = Authenticator::new(issuers, consumers.into_iter().collect(), []);
        Scene { signer, provider, authenticator }
    }

    async fn shows(&self, token: &str) -> String {
        self.shows_at(token, now()).await
    }

    async fn shows_at(&self, token: &str, now: Now) -> String {
        match self.asks(Credential::Token(token), Circumstances::default(), now).await {
            Ok(Authenticated { caller, .. }) => {
                let who = &caller.principal;
                let scopes: Vec<_> = who.scopes.iter().collect();
                format!("{}/{} {} [{}]", who.tenant, who.consumer, who.subject, scopes.join(" "))
            }
            Err(rejected) => rejected.problem.to_string(),
        }
    }

    async fn asks(
        &self,
        credential: Credential<'_>,
        circumstances: Circumstances<'_>,
        now: Now,
    ) -> Result<Authenticated, Rejected> {
        self.authenticator.authenticate(credential, circumstances, now).await
    }

    async fn claims(&self, changes: Value) -> String {
        self.shows(&self.signer.token(&claims_with(changes))).await
    }

    async fn header(&self, header: Value) -> String {
        let mut all = self.signer.header();
        for (name, value) in header.as_object().unwrap() {
            all[name] = value.clone();
        }
        self.shows(&self.signer.signed(&all.to_string(), &claims().to_string())).await
    }
}

const GOOD: &str = "acme/support jane [case:read order:read]";

#[tokio::test]
async fn a_good_token_of_every_algorithm_is_believed() {
    for algorithm in [
        SigningAlgorithm::RS256,
        SigningAlgorithm::PS256,
        SigningAlgorithm::ES256,
        SigningAlgorithm::ES384,
        SigningAlgorithm::EdDSA,
    ] {
        let scene = Scene::with(algorithm, |_| ());
        assert_eq!(scene.shows(&scene.signer.token(&claims())).await, GOOD, "{algorithm:?}");
    }
}

#[tokio::test]
async fn scopes_of_the_token_narrow_and_never_widen() {
    let scene = Scene::new();
    assert_eq!(scene.claims(json!({"scope": "order:read credit:decide"})).await, "acme/support jane [order:read]");
    assert_eq!(scene.claims(json!({"scope": ["case:read"]})).await, "acme/support jane [case:read]");
    assert_eq!(scene.claims(json!({"scp": ["case:read"]})).await, "acme/support jane [case:read]");
    assert_eq!(scene.claims(json!({"scope": ""})).await, "acme/support jane []");
    assert_eq!(
        scene.claims(json!({"scope": {"order:read": true}})).await,
        "token_claims_invalid: The token's claims are not acceptable: `scope` must be a string or an array of strings."
    );
}

#[tokio::test]
async fn no_algorithm_but_the_pinned_one_is_accepted() {
    let scene = Scene::with(SigningAlgorithm::RS256, |_| ());
    let refused = "token_signature_invalid: The token's algorithm is not one that is pinned for its issuer.";
    for alg in [
        "none",
        "None",
        "NONE",
        "nOnE",
        "HS256",
        "HS512",
        "RS384",
        "PS256",
        "ES256",
        "EdDSA",
        "rs256",
        "",
        "RS256\u{0}",
    ] {
        assert_eq!(scene.header(json!({"alg": alg})).await, refused, "{alg:?}");
    }
    for alg in [json!(null), json!(1), json!(["RS256"]), json!({"RS256": 1})] {
        assert_eq!(scene.header(json!({"alg": alg})).await, refused, "{alg}");
    }
    let unsigned = |header: &str| format!("{}.{}.", b64(header), b64(claims().to_string()));
    assert_eq!(scene.shows(&unsigned(r#"{"alg":"none"}"#)).await, refused);
    assert!(scene.shows(&unsigned(r#"{"alg":"RS256","kid":"key-1"}"#)).await.starts_with("token_signature_invalid"));
}

#[tokio::test]
async fn an_rsa_public_key_is_never_a_shared_secret() {
    let scene = Scene::with(SigningAlgorithm::RS256, |_| ());
    let message = format!("{}.{}", b64(r#"{"alg":"HS256","kid":"key-1"}"#), b64(claims().to_string()));
    let secrets = [scene.signer.public_bytes(), scene.signer.jwk()["n"].as_str().unwrap().as_bytes().to_vec()];
    for secret in secrets {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &secret);
        let token = format!("{message}.{}", b64(aws_lc_rs::hmac::sign(&key, message.as_bytes())));
        assert!(scene.shows(&token).await.starts_with("token_signature_invalid"));
    }
}

#[tokio::test]
async fn degenerate_and_foreign_signatures_are_refused() {
    let scene = Scene::new();
    let token = scene.signer.token(&claims());
    let (message, signature) = token.rsplit_once('.').unwrap();
    let stranger = Signer::new("key-1", SigningAlgorithm::ES256);
    let mut flipped = token.clone().into_bytes();
    let at = message.len() - 5;
    flipped[at] = if flipped[at] == b'A' { b'B' } else { b'A' };
    let bad = [
        format!("{message}.{}", b64([0u8; 64])),
        format!("{message}.{}", b64([0u8; 0])),
        format!("{message}.{}", b64([0xffu8; 64])),
        format!("{message}.{}", b64([0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00])),
        format!("{message}.{signature}="),
        format!("{message}.{}", &signature[..signature.len() - 2]),
        stranger.token(&claims()),
        String::from_utf8(flipped).unwrap(),
    ];
    for token in bad {
        let answer = scene.shows(&token).await;
        assert!(answer.starts_with("token_signature_invalid") || answer.starts_with("token_malformed"), "{answer}");
    }
}

#[tokio::test]
async fn headers_that_would_choose_the_key_choose_nothing() {
    let scene = Scene::new();
    let thief = Signer::new("key-1", SigningAlgorithm::ES256);
    for header in [
        json!({"jwk": thief.jwk()}),
        json!({"jku": "https://thief.example/keys"}),
        json!({"x5u": "https://thief.example"}),
        json!({"x5c": ["MIIB"]}),
    ] {
        assert_eq!(scene.header(header.clone()).await, GOOD, "ignored: {header}");
        let mut all = thief.header();
        all.as_object_mut().unwrap().extend(header.as_object().unwrap().clone());
        let forged = thief.signed(&all.to_string(), &claims().to_string());
        assert!(scene.shows(&forged).await.starts_with("token_signature_invalid"), "{header}");
    }
    assert_eq!(scene.provider.asked(), 1, "and nobody was asked for them");
}

#[tokio::test]
async fn extensions_of_the_header_are_refused() {
    let scene = Scene::new();
    let mut answers = Vec::new();
    for header in [
        json!({"crit": ["exp"]}),
        json!({"crit": []}),
        json!({"b64": false, "crit": ["b64"]}),
        json!({"b64": true}),
        json!({"zip": "DEF"}),
        json!({"kid": 1}),
        json!({"kid": "../../dev/null"}),
        json!({"kid": "' OR 1=1 --"}),
        json!({"kid": "k".repeat(300)}),
        json!({"typ": "logout+jwt"}),
        json!({"typ": "dpop+jwt"}),
        json!({"typ": 1}),
    ] {
        answers.push(format!("{:.40} → {}", header.to_string(), scene.header(header).await));
    }
    insta::assert_snapshot!(answers.join("\n"), @r#"
    {"crit":["exp"]} → token_signature_invalid: The token's header asks for what is not supported: `crit`.
    {"crit":[]} → token_signature_invalid: The token's header asks for what is not supported: `crit`.
    {"b64":false,"crit":["b64"]} → token_signature_invalid: The token's header asks for what is not supported: `crit`.
    {"b64":true} → token_signature_invalid: The token's header asks for what is not supported: `b64`.
    {"zip":"DEF"} → token_signature_invalid: The token's header asks for what is not supported: encryption.
    {"kid":1} → token_malformed: The token is malformed: its `kid` is not a string.
    {"kid":"../../dev/null"} → token_signature_invalid: The token is signed with a key that its issuer does not publish.
    {"kid":"' OR 1=1 --"} → token_signature_invalid: The token is signed with a key that its issuer does not publish.
    {"kid":"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk → token_signature_invalid: The token is signed with a key that its issuer does not publish.
    {"typ":"logout+jwt"} → token_claims_invalid: The token's claims are not acceptable: `typ` says that this is no access token.
    {"typ":"dpop+jwt"} → token_claims_invalid: The token's claims are not acceptable: `typ` says that this is no access token.
    {"typ":1} → token_malformed: The token is malformed: its `typ` is not a string.
    "#);
}

#[tokio::test]
async fn what_is_not_a_token_is_malformed() {
    let scene = Scene::new();
    let header = b64(scene.signer.header().to_string());
    let payload = b64(claims().to_string());
    let sign = |header: &str, payload: &str| scene.signer.signed(header, payload);
    let usual = scene.signer.header().to_string();
    let twice = claims().to_string().replacen('{', r#"{"tenant":"globex","#, 1);
    let escaped = claims().to_string().replacen('{', r#"{"\u0074enant":"globex","#, 1);
    let cases = [
        String::new(),
        "abc".to_owned(),
        "..".to_owned(),
        "a.b".to_owned(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}.a.b"),
        format!("{header}=.{payload}.a"),
        format!("{}.{payload}.a", b64("[]")),
        sign(&usual, "[]"),
        sign(&usual, "\"text\""),
        sign(&usual, &format!("{} x", claims())),
        sign(&usual, &twice),
        sign(&usual, &escaped),
        sign(&usual.replacen('{', r#"{"alg":"none","#, 1), &claims().to_string()),
        "a".repeat(64 * 1024),
    ];
    let mut answers = Vec::new();
    for token in cases {
        answers.push(scene.shows(&token).await);
    }
    insta::assert_snapshot!(answers.join("\n"), @r"
    token_malformed: The token is malformed: it has no parts.
    token_malformed: The token is malformed: it has no parts.
    token_malformed: The token is malformed: its header is not one JSON object.
    token_malformed: The token is malformed: it has too few parts.
    token_malformed: The token is malformed: it has too few parts.
    token_malformed: The token is malformed: it has too many parts.
    token_malformed: The token is malformed: a part is not base64url.
    token_malformed: The token is malformed: its header is not one JSON object.
    token_malformed: The token is malformed: its payload is not one JSON object with unique members.
    token_malformed: The token is malformed: its payload is not one JSON object with unique members.
    token_malformed: The token is malformed: its payload is not one JSON object with unique members.
    token_malformed: The token is malformed: its payload is not one JSON object with unique members.
    token_malformed: The token is malformed: its payload is not one JSON object with unique members.
    token_malformed: The token is malformed: its header is not one JSON object.
    token_malformed: The token is longer than 16 kB.
    ");
    assert_eq!(scene.provider.asked(), 0, "the issuer is not bothered with any of it");
}

#[tokio::test]
async fn an_issuer_is_known_by_its_exact_name() {
    let scene = Scene::new();
    let unknown = "issuer_unknown: The token's `iss` is not exactly the name of a configured issuer.";
    for iss in [
        "https://login.example/acme/",
        "https://login.example/ACME",
        "https://LOGIN.example/acme",
        "http://login.example/acme",
        "https://login.example:443/acme",
        "https://login.example/acme?",
        " https://login.example/acme",
        "https://login.example/./acme",
        "https://login.example/acme\u{0}",
        "https://login.example",
        "",
    ] {
        assert_eq!(scene.claims(json!({"iss": iss})).await, unknown, "{iss:?}");
    }
    for iss in [json!(null), json!(1), json!([ISSUER])] {
        let answer = scene.claims(json!({"iss": iss})).await;
        assert_eq!(
            answer, "token_claims_invalid: The token's claims are not acceptable: `iss` must be a string.",
            "{iss}"
        );
    }
    assert_eq!(scene.provider.asked(), 0);
}

#[tokio::test]
async fn an_issuer_speaks_for_its_own_tenants_only() {
    let scene = Scene::new();
    let refused = "tenant_not_allowed: The token's issuer may not speak for the tenant that it names.";
    for other in ["globex", "acme ", "ACME", "", "acme|globex", "acme\r\nglobex", "acme\u{0}"] {
        assert_eq!(scene.claims(json!({"tenant": other})).await, refused, "{other:?}");
    }
    assert_eq!(scene.claims(json!({"iss": "https://login.example/globex"})).await, refused);
    assert_eq!(
        scene.claims(json!({"iss": "https://login.example/globex", "tenant": "globex"})).await,
        "globex/support jane [order:read]"
    );
    for missing in [json!(null), json!(1), json!(["acme"])] {
        let answer = scene.claims(json!({"tenant": missing})).await;
        assert!(answer.starts_with("token_claims_invalid"), "{answer}");
    }
}

#[tokio::test]
async fn the_audience_must_be_this_gateway() {
    let scene = Scene::new();
    assert_eq!(scene.claims(json!({"aud": ["other", "portico"]})).await, GOOD);
    for aud in
        [json!(null), json!("other"), json!([]), json!(["other"]), json!("Portico"), json!("portico "), json!("")]
    {
        let answer = scene.claims(json!({"aud": aud})).await;
        assert_eq!(answer, "audience_mismatch: The token's `aud` does not name this gateway.", "{aud}");
    }
    for aud in [json!(1), json!({"portico": 1}), json!(["portico", 1]), json!([["portico"]]), json!(true)] {
        assert!(scene.claims(json!({"aud": aud})).await.starts_with("token_claims_invalid"), "{aud}");
    }
}

#[tokio::test]
async fn times_hold_to_the_second_of_the_leeway() {
    let scene = Scene::new();
    let start = now().unix;
    let expired = "token_expired: The token has expired.";
    assert_eq!(scene.claims(json!({"exp": start - 59})).await, GOOD);
    assert_eq!(scene.claims(json!({"exp": start - 60})).await, expired);
    assert_eq!(scene.claims(json!({"exp": 0})).await, expired);
    for claim in ["nbf", "iat"] {
        assert_eq!(scene.claims(json!({claim: start + 60})).await, GOOD);
        let answer = scene.claims(json!({claim: start + 61})).await;
        assert_eq!(answer, format!("token_not_yet_valid: The token is not valid yet: `{claim}` lies ahead."));
        assert_eq!(scene.claims(json!({claim: null})).await, GOOD, "{claim} may be absent");
    }
    let missing = scene.claims(json!({"exp": null})).await;
    assert_eq!(missing, "token_claims_invalid: The token's claims are not acceptable: `exp` is missing.");
    for claim in ["exp", "nbf", "iat"] {
        for value in
            ["\"1767225600\"", "-1", "1e300", "true", "[]", "{}", "99999999999999999999", "18446744073709551616"]
        {
            let payload =
                claims_with(json!({claim: null})).to_string().replacen('{', &format!("{{\"{claim}\":{value},"), 1);
            let answer = scene.shows(&scene.signer.signed(&scene.signer.header().to_string(), &payload)).await;
            assert!(answer.starts_with("token_claims_invalid"), "{claim} {value}: {answer}");
        }
    }
}

#[tokio::test]
async fn other_things_that_the_issuer_signs_are_no_access_tokens() {
    let scene = Scene::new();
    let mut answers = Vec::new();
    for claims in [
        json!({"at_hash": "x"}),
        json!({"c_hash": "x"}),
        json!({"typ": "ID"}),
        json!({"typ": "Refresh"}),
        json!({"token_use": "id"}),
        json!({"events": {}}),
        json!({"aud": "support"}),
        json!({"cnf": {"x5t#S256": "abc"}}),
        json!({"typ": "Bearer"}),
    ] {
        answers.push(format!("{claims} → {}", scene.claims(claims.clone()).await));
    }
    insta::assert_snapshot!(answers.join("\n"), @r#"
    {"at_hash":"x"} → token_claims_invalid: The token's claims are not acceptable: this is an ID token, not an access token.
    {"c_hash":"x"} → token_claims_invalid: The token's claims are not acceptable: this is an ID token, not an access token.
    {"typ":"ID"} → token_claims_invalid: The token's claims are not acceptable: this is not an access token.
    {"typ":"Refresh"} → token_claims_invalid: The token's claims are not acceptable: this is not an access token.
    {"token_use":"id"} → token_claims_invalid: The token's claims are not acceptable: this is not an access token.
    {"events":{}} → token_claims_invalid: The token's claims are not acceptable: this tells of an event and is not an access token.
    {"aud":"support"} → audience_mismatch: The token's `aud` does not name this gateway.
    {"cnf":{"x5t#S256":"abc"}} → token_claims_invalid: The token's claims are not acceptable: the token is bound (`cnf`) in a way that cannot be checked here.
    {"typ":"Bearer"} → acme/support jane [case:read order:read]
    "#);
}

#[tokio::test]
async fn where_the_issuer_promises_at_jwt_nothing_else_will_do() {
    let scene = Scene::with(SigningAlgorithm::ES256, |issuer| issuer.require_at_jwt = true);
    for good in ["at+jwt", "AT+JWT", "application/at+jwt"] {
        assert_eq!(scene.header(json!({"typ": good})).await, GOOD, "{good}");
    }
    for bad in ["JWT", "", "id+jwt"] {
        assert!(scene.header(json!({"typ": bad})).await.starts_with("token_claims_invalid"), "{bad}");
    }
    let untyped = scene.signer.signed(r#"{"alg":"ES256","kid":"key-1"}"#, &claims().to_string());
    assert!(scene.shows(&untyped).await.starts_with("token_claims_invalid"));
    let lenient = Scene::new();
    let untyped = lenient.signer.signed(r#"{"alg":"ES256","kid":"key-1"}"#, &claims().to_string());
    assert_eq!(lenient.shows(&untyped).await, GOOD);
}

#[tokio::test]
async fn claims_cannot_forge_a_line_or_a_header() {
    let scene = Scene::new();
    for bad in ["jane\r\nX-Tenant: globex", "jane\n", "jane\u{0}", "jane\u{7f}", "", &"j".repeat(300)] {
        assert!(scene.claims(json!({"sub": bad})).await.starts_with("token_claims_invalid"), "{bad:?}");
        assert!(scene.claims(json!({"client_id": bad})).await.starts_with("consumer_unknown"), "{bad:?}");
    }
}

#[tokio::test]
async fn the_application_is_named_by_its_claim_or_by_azp() {
    let scene = Scene::new();
    assert_eq!(scene.claims(json!({"client_id": null, "azp": "support"})).await, GOOD);
    assert_eq!(scene.claims(json!({"azp": "other"})).await, GOOD, "the configured claim comes first");
    assert_eq!(scene.claims(json!({"sub": null})).await, "acme/support support [case:read order:read]");
    assert!(scene.claims(json!({"client_id": null})).await.starts_with("token_claims_invalid"));
    assert_eq!(
        scene.claims(json!({"client_id": "stranger"})).await,
        "consumer_unknown: `stranger` is not registered for tenant `acme`."
    );
}

#[tokio::test]
async fn a_verified_token_is_believed_for_seconds_and_never_past_exp() {
    let scene = Scene::new();
    let token = scene.signer.token(&claims_with(json!({"exp": now().unix + 5})));
    assert_eq!(scene.shows(&token).await, GOOD);
    let stranger = Signer::new("key-2", SigningAlgorithm::ES256);
    scene.provider.publishes(vec![stranger.jwk()]);
    let later = now().later(Duration::from_secs(400));
    scene.authenticator.issuers().refresh_due(later).await;
    let at = |seconds| now().later(Duration::from_secs(seconds));
    assert_eq!(scene.shows_at(&token, at(4)).await, GOOD, "its key is withdrawn, and it is still believed");
    assert_ne!(scene.shows_at(&token, at(5)).await, GOOD, "at `exp` it is looked at again");

    let scene = Scene::new();
    let token = scene.signer.token(&claims());
    assert_eq!(scene.shows(&token).await, GOOD);
    scene.provider.publishes(vec![stranger.jwk()]);
    scene.authenticator.issuers().refresh_due(later).await;
    assert_eq!(scene.shows_at(&token, at(9)).await, GOOD);
    assert_ne!(scene.shows_at(&token, at(10)).await, GOOD);
}

#[tokio::test]
async fn asking_again_is_cheap_and_yields_the_same_identity() {
    let scene = Scene::new();
    let token = scene.signer.token(&claims());
    let first = scene.asks(Credential::Token(&token), Circumstances::default(), now()).await.unwrap();
    let second = scene.asks(Credential::Token(&token), Circumstances::default(), now()).await.unwrap();
    assert!(Arc::ptr_eq(&first.caller, &second.caller));
    let started = std::time::Instant::now();
    for _ in 0..10_000 {
        scene.asks(Credential::Token(&token), Circumstances::default(), now()).await.unwrap();
    }
    let each = started.elapsed() / 10_000;
    assert!(each < Duration::from_micros(100), "{each:?} a cached identity, without optimisation");
}

#[tokio::test]
async fn a_key_authenticates_and_does_not_stand_in_for_a_token() {
    let key = new_key().unwrap();
    let record = KeyRecord {
        owner: consumer_key("acme", "partner-one"),
        name: "spring".into(),
        hash: key.hash,
        expires: None,
        scopes: None,
    };
    let consumers = [(consumer_key("acme", "partner-one"), consumer(&["partner:read"]))].into_iter().collect();
    let authenticator = Authenticator::new(Issuers::default(), consumers, [record]);
    let mut headers = HeaderMap::new();
    headers.insert("x-api-key", HeaderValue::try_from(key.plaintext.as_str()).unwrap());
    let credential = Credential::from_headers(&headers, &HeaderName::from_static("x-api-key"), false).unwrap();
    let shows = async |credential| authenticator.authenticate(credential, Circumstances::default(), now()).await;
    let caller = shows(credential).await.unwrap().caller;
    assert_eq!((caller.principal.consumer.as_str(), &*caller.principal.subject), ("partner-one", "spring"));
    assert!(shows(Credential::Token(&key.plaintext)).await.is_err());
    let wrong = shows(Credential::Key("pk_x")).await.unwrap_err().problem;
    insta::assert_snapshot!(wrong, @"key_invalid: The API key is unknown or no longer valid.");
}

#[tokio::test]
async fn a_reload_keeps_the_keys_of_whoever_stays() {
    let scene = Scene::new();
    let token = scene.signer.token(&claims());
    assert_eq!(scene.shows(&token).await, GOOD);
    let fetch: Arc<dyn Fetch> = scene.provider.clone();
    let mut acme = Issuer::new(ISSUER, "portico", [tenant("acme")]);
    acme.leeway = Duration::from_secs(5);
    let issuers = Issuers::new([acme], &fetch, &Calm::default(), Some(scene.authenticator.issuers()));
    let consumers = [(consumer_key("acme", "support"), consumer(&["order:read"]))].into_iter().collect();
    let reloaded = Authenticator::new(issuers, consumers, []);
    let caller =
        reloaded.authenticate(Credential::Token(&token), Circumstances::default(), now()).await.unwrap().caller;
    assert!(!caller.principal.scopes.has("case:read"), "what a reload takes away is gone at once, cached token or not");
    assert_eq!(scene.provider.asked(), 1, "the keys were carried over");
}
