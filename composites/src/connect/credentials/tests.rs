use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::time::advance;

use super::*;
use crate::connect::client::ClientSettings;
use crate::connect::network::Network;
use crate::connect::stage::{Asked, Play, Stage};

fn client() -> Client {
    Client::new(&ClientSettings { network: Network::Private, ..ClientSettings::default() }).unwrap()
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(2)
}

fn settings(stage: &Stage, body: TokenBody) -> ClientCredentials {
    let auth = Auth {
        token_body: body,
        lifetime: Some(Duration::from_secs(100)),
        parameters: vec![("scope".into(), "read".into()), ("expires_in".into(), "3600".into())],
        ..Auth::default()
    };
    ClientCredentials::new(&auth, stage.url("/token"), Secret::new("id~1"), Secret::new("s&cret/"))
}

fn authorizer(settings: ClientCredentials) -> Authorizer {
    Authorizer::new(Credentials::ClientCredentials(settings), &client(), Duration::from_secs(2)).unwrap()
}

/// A token endpoint that numbers its tokens.
async fn counting(lifetime: &'static str) -> Stage {
    let count = AtomicUsize::new(0);
    Stage::playing(move |_| {
        let number = count.fetch_add(1, SeqCst) + 1;
        Play::json(format_args!(r#"{{"access_token":"t{number}","token_type":"bearer"{lifetime}}}"#))
    })
    .await
}

fn shown(authorization: &Authorization) -> String {
    authorization.header.as_ref().unwrap().1.to_str().unwrap().to_owned()
}

async fn token(authorizer: &Authorizer) -> String {
    shown(&authorizer.authorization(None, soon()).await.unwrap())
}

#[tokio::test]
async fn fixed_credentials_are_headers() {
    let fixed = |credentials| Authorizer::new(credentials, &client(), Duration::ZERO).unwrap();
    assert_eq!(token(&fixed(Credentials::Bearer(Secret::new("sk_1")))).await, "Bearer sk_1");
    let basic = Credentials::Basic { user: Secret::new("key"), password: Secret::new("") };
    assert_eq!(token(&fixed(basic)).await, "Basic a2V5Og==");
    let own = Credentials::Header { name: HeaderName::from_static("x-api-key"), value: Secret::new("k") };
    let told = fixed(own).authorization(None, soon()).await.unwrap();
    assert_eq!(told.header.as_ref().map(|(name, _)| name.as_str()), Some("x-api-key"));
    assert!(told.header.as_ref().is_some_and(|(_, value)| value.is_sensitive()));
    assert!(fixed(Credentials::None).authorization(None, soon()).await.unwrap().header.is_none());
    let broken = Authorizer::new(Credentials::Bearer(Secret::new("a\r\nb")), &client(), Duration::ZERO);
    assert!(broken.is_err());
}

#[tokio::test]
async fn a_token_is_asked_for_as_the_kind_of_system_wants_it() {
    let stage = counting("").await;
    for body in [TokenBody::Form, TokenBody::Basic, TokenBody::Json] {
        assert_eq!(token(&authorizer(settings(&stage, body))).await.len(), "Bearer t1".len());
    }
    let asked: Vec<String> = stage.asked().iter().map(written).collect();
    insta::assert_snapshot!(asked.join("\n"), @r#"
    POST /token application/x-www-form-urlencoded none
      grant_type=client_credentials&client_id=id%7E1&client_secret=s%26cret%2F&scope=read&expires_in=3600
    POST /token application/x-www-form-urlencoded Basic aWR+MTpzJTI2Y3JldCUyRg==
      grant_type=client_credentials&scope=read&expires_in=3600
    POST /token application/json none
      {"grant_type":"client_credentials","client_id":"id~1","client_secret":"s&cret/","scope":"read","expires_in":3600}
    "#);
}

#[tokio::test]
async fn what_an_account_has_granted_stands_for_our_own_permission() {
    let stage = counting(r#","expires_in":1800"#).await;
    let settings =
        ClientCredentials { refresh_token: Some(Secret::new("eu1-1e8f")), ..settings(&stage, TokenBody::Form) };
    assert!(!format!("{settings:?}").contains("eu1"));
    token(&authorizer(settings)).await;
    insta::assert_snapshot!(stage.asked()[0].body, @"grant_type=refresh_token&refresh_token=eu1-1e8f&client_id=id%7E1&client_secret=s%26cret%2F&scope=read&expires_in=3600");
}

fn written(asked: &Asked) -> String {
    let (kind, authorization) = (asked.header("content-type"), asked.header("authorization"));
    let (kind, authorization) = (kind.unwrap_or("none"), authorization.unwrap_or("none"));
    format!("{} {} {kind} {authorization}\n  {}", asked.method, asked.target, asked.body)
}

#[tokio::test]
async fn fifty_who_need_a_token_make_one_call() {
    let stage = counting(r#","expires_in":3600"#).await;
    let authorizer = authorizer(settings(&stage, TokenBody::Form));
    let tokens = join_all((0..50).map(|_| token(&authorizer))).await;
    assert!(tokens.iter().all(|token| token == "Bearer t1"));
    assert_eq!((stage.count("/token"), authorizer.minted()), (1, (1, 0)));
}

#[tokio::test]
async fn who_leaves_does_not_cost_the_others_their_token() {
    let stage = counting("").await;
    let authorizer = authorizer(settings(&stage, TokenBody::Form));
    assert!(authorizer.authorization(None, soon()).now_or_never().is_none());
    assert_eq!(token(&authorizer).await, "Bearer t1");
    assert_eq!(stage.count("/token"), 1, "the fetch went on without its first caller");
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends_without_anybody_waiting() {
    let stage = counting(r#","expires_in":"100""#).await;
    let authorizer = authorizer(settings(&stage, TokenBody::Form));
    assert_eq!(token(&authorizer).await, "Bearer t1");
    tokio::time::pause();
    advance(Duration::from_secs(81)).await;
    tokio::time::resume();
    assert_eq!(token(&authorizer).await, "Bearer t1");
    while token(&authorizer).await == "Bearer t1" {
        tokio::task::yield_now().await;
    }
    assert_eq!((token(&authorizer).await.as_str(), stage.count("/token")), ("Bearer t2", 2));
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_and_not_for_ever() {
    let stage = counting("").await;
    let authorizer = authorizer(settings(&stage, TokenBody::Form));
    let first = authorizer.authorization(None, soon()).await.unwrap();
    assert!(authorizer.rejected(&first) && authorizer.rejected(&first));
    assert_eq!((token(&authorizer).await.as_str(), stage.count("/token")), ("Bearer t2", 2));
    let mut refused = 0;
    for _ in 0..10 {
        let present = authorizer.authorization(None, soon()).await.unwrap();
        refused += usize::from(!authorizer.rejected(&present));
    }
    assert_eq!((refused, stage.count("/token")), (6, 6));
}

#[tokio::test]
async fn a_token_endpoint_that_fails_is_left_alone() {
    let stage = Stage::playing(|_| Play::Answer(401, Vec::new(), r#"{"error":"invalid_client"}"#.into())).await;
    let authorizer = authorizer(settings(&stage, TokenBody::Form));
    for _ in 0..10 {
        let refused = authorizer.authorization(None, soon()).await.unwrap_err();
        let cause = "token endpoint: 401 invalid_client".to_owned();
        assert_eq!(refused, Trouble::Rejected(Rejection::Forbidden(cause)));
    }
    assert_eq!((stage.count("/token"), authorizer.minted()), (2, (0, 2)));
}

#[tokio::test]
async fn what_a_token_endpoint_may_answer() {
    for (play, expected) in [
        (Play::json("<html>"), "Rejected(Malformed(\"the token endpoint's answer is not JSON\"))"),
        (Play::json("{}"), "Rejected(Malformed(\"the token endpoint's answer has no access_token\"))"),
        (Play::json(r#"{"access_token":"a\nb"}"#), "Rejected(Malformed(\"the token is no header value\"))"),
        (
            Play::json(r#"{"access_token":"a","token_type":"mac"}"#),
            "Rejected(Malformed(\"the token is no bearer token\"))",
        ),
        (Play::Answer(429, vec![("retry-after", "7".into())], String::new()), "Rejected(Throttled(Some(7s)))"),
        (
            Play::Answer(500, Vec::new(), r#"{"error":"The secret s&cret is wrong"}"#.into()),
            "Rejected(Failed { retryable: true, cause: \"token endpoint: 500 no code\" })",
        ),
        (Play::status(302), "Rejected(Failed { retryable: false, cause: \"token endpoint: 302 no code\" })"),
        (Play::Hang, "TimedOut"),
    ] {
        let stage = Stage::playing(move |_| play.clone()).await;
        let patience = Duration::from_millis(200);
        let settings = Credentials::ClientCredentials(settings(&stage, TokenBody::Form));
        let authorizer = Authorizer::new(settings, &client(), patience).unwrap();
        assert_eq!(format!("{:?}", authorizer.authorization(None, soon()).await.unwrap_err()), expected);
    }
}

#[tokio::test]
async fn nothing_prints_a_secret() {
    let stage = counting("").await;
    let credentials = Credentials::ClientCredentials(settings(&stage, TokenBody::Form));
    let printed = format!("{credentials:?}");
    assert!(!printed.contains("s&cret"), "{printed}");
    let authorizer = authorizer(settings(&stage, TokenBody::Form));
    let told = authorizer.authorization(None, soon()).await.unwrap();
    let printed = format!("{authorizer:?} {told:?}");
    assert!(!printed.contains("t1") && !printed.contains("s&cret"), "{printed}");
}

mod assertion {
    use aws_lc_rs::encoding::AsDer;
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::KeyPair as _;
    use base64::engine::general_purpose::STANDARD;
    use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
    use serde_json::Value as Json;

    use super::*;

    const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    fn pem(kind: &str, der: &[u8]) -> String {
        let base64 = STANDARD.encode(der);
        let lines: Vec<&str> = base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", lines.join("\n"))
    }

    /// A private key in PEM, and what verifies its signatures.
    fn elliptic() -> (String, DecodingKey) {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        (key.serialize_pem(), DecodingKey::from_ec_pem(key.public_key_pem().as_bytes()).unwrap())
    }

    fn rsa() -> (String, DecodingKey) {
        let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let private = pem("PRIVATE KEY", key.as_der().unwrap().as_ref());
        (private, DecodingKey::from_rsa_der(key.public_key().as_ref()))
    }

    fn settings(stage: &Stage, key: SigningKey, in_assertion: bool) -> SignedAssertion {
        let auth = Auth {
            scope_in_assertion: in_assertion,
            parameters: vec![
                ("scope".into(), "rest_webservices, suite_analytics".into()),
                ("account".into(), "1".into()),
            ],
            ..Auth::default()
        };
        SignedAssertion::new(&auth, stage.url("/token"), Secret::new("client-1"), key)
    }

    /// The form of the only token request.
    fn form(stage: &Stage) -> Vec<(String, String)> {
        let asked = stage.asked();
        assert_eq!((asked.len(), asked[0].method.as_str()), (1, "POST"));
        assert_eq!(asked[0].header("content-type"), Some("application/x-www-form-urlencoded"));
        assert_eq!(asked[0].header("authorization"), None);
        url::form_urlencoded::parse(asked[0].body.as_bytes()).into_owned().collect()
    }

    #[tokio::test]
    async fn an_assertion_is_signed_with_either_kind_of_key_and_says_what_the_vendor_wants() {
        for (algorithm, verified_as, (private, public)) in [
            (SigningAlgorithm::Es256, Algorithm::ES256, elliptic()),
            (SigningAlgorithm::Ps256, Algorithm::PS256, rsa()),
        ] {
            let stage = counting(r#","expires_in":3600"#).await;
            let key = SigningKey::new(algorithm, Some("cert-7".into()), Secret::new(private)).unwrap();
            let credentials = Credentials::SignedAssertion(settings(&stage, key, true));
            let authorizer = Authorizer::new(credentials, &client(), Duration::from_secs(2)).unwrap();
            assert_eq!(token(&authorizer).await, "Bearer t1");
            let form = form(&stage);
            let names: Vec<&str> = form.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["grant_type", "client_assertion_type", "client_assertion", "account"]);
            assert_eq!((form[0].1.as_str(), form[1].1.as_str()), ("client_credentials", TYPE));
            let mut validation = Validation::new(verified_as);
            validation.set_audience(&[stage.url("/token").as_str()]);
            let told = decode::<Json>(&form[2].1, &public, &validation).unwrap();
            assert_eq!((told.header.kid.as_deref(), told.header.typ.as_deref()), (Some("cert-7"), Some("JWT")));
            let claims = told.claims;
            assert_eq!((&claims["iss"], &claims["sub"]), (&"client-1".into(), &"client-1".into()));
            assert_eq!(claims["scope"], serde_json::json!(["rest_webservices", "suite_analytics"]));
            assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 300);
            assert_eq!(claims["jti"].as_str().map(str::len), Some(32));
        }
    }

    #[tokio::test]
    async fn elsewhere_the_scope_stands_beside_the_assertion() {
        let stage = counting("").await;
        let key = SigningKey::new(SigningAlgorithm::Es256, None, Secret::new(elliptic().0)).unwrap();
        let credentials = Credentials::SignedAssertion(settings(&stage, key, false));
        token(&Authorizer::new(credentials, &client(), Duration::from_secs(2)).unwrap()).await;
        let form = form(&stage);
        assert!(form.contains(&("scope".to_owned(), "rest_webservices, suite_analytics".to_owned())));
        assert_eq!(form.len(), 5);
    }

    #[test]
    fn a_key_that_cannot_sign_is_told_before_it_is_needed_and_never_shown() {
        let (private, _) = elliptic();
        let wrong = SigningKey::new(SigningAlgorithm::Ps256, None, Secret::new(private.clone())).unwrap_err();
        insta::assert_snapshot!(wrong, @"this is not an unencrypted private key in PEM (PKCS #8) that signs Ps256");
        assert!(SigningKey::new(SigningAlgorithm::Es256, None, Secret::new("secret")).is_err());
        let key = SigningKey::new(SigningAlgorithm::Es256, None, Secret::new(private)).unwrap();
        assert_eq!(format!("{key:?}"), "SigningKey { algorithm: Es256, id: None, .. }");
    }
}
