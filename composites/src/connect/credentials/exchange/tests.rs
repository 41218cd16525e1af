use futures_util::future::join_all;
use tokio::time::{Instant, advance};

use super::*;
use crate::connect::client::ClientSettings;
use crate::connect::credentials::{Authorization, Authorizer, Credentials};
use crate::connect::network::Network;
use crate::connect::stage::{Play, Stage};

fn settings(stage: &Stage) -> TokenExchange {
    TokenExchange {
        token_url: stage.url("/token"),
        client_id: Secret::new("portico"),
        client_secret: Secret::new("s3cret"),
        body: TokenBody::Basic,
        audience: Some("erp".into()),
        resource: None,
        scope: Some("orders.read".into()),
        subject_token_type: ACCESS_TOKEN.into(),
        requested_token_type: None,
        parameters: vec![("tenant".into(), "acme".into())],
        lifetime: Duration::from_secs(900),
        service_account: false,
    }
}

fn authorizer(settings: TokenExchange) -> Authorizer {
    let client = Client::new(&ClientSettings { network: Network::Private, ..ClientSettings::default() }).unwrap();
    Authorizer::new(Credentials::TokenExchange(settings), &client, Duration::from_secs(2)).unwrap()
}

fn caller(token: &str) -> Subject {
    Subject::new(token, Instant::now() + Duration::from_secs(600))
}

async fn authorization(authorizer: &Authorizer, subject: Option<&Subject>) -> Result<Authorization, String> {
    let until = Instant::now() + Duration::from_secs(2);
    authorizer.authorization(subject, until).await.map_err(|trouble| format!("{trouble:?}"))
}

async fn token(authorizer: &Authorizer, subject: Option<&Subject>) -> String {
    let told = authorization(authorizer, subject).await;
    told.map_or_else(|why| why, |told| told.header.unwrap().1.to_str().unwrap().to_owned())
}

/// A token endpoint that repeats for whom it was asked.
async fn repeating() -> Stage {
    Stage::playing(|asked| {
        let subject = asked.body.split('&').find_map(|pair| pair.strip_prefix("subject_token=")).unwrap_or("service");
        Play::json(format_args!(r#"{{"access_token":"for-{subject}","issued_token_type":"urn:ietf:params:oauth:token-type:access_token","token_type":"Bearer","expires_in":3600}}"#))
    })
    .await
}

#[tokio::test]
async fn a_callers_token_is_exchanged_as_rfc_8693_says() {
    let stage = repeating().await;
    let authorizer = authorizer(settings(&stage));
    assert_eq!(token(&authorizer, Some(&caller("a.b.c"))).await, "Bearer for-a.b.c");
    let asked = &stage.asked()[0];
    insta::assert_snapshot!(format!("{} {}\n{}", asked.method, asked.header("authorization").unwrap_or_default(), asked.body), @"
    POST Basic cG9ydGljbzpzM2NyZXQ=
    grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=a.b.c&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token&audience=erp&scope=orders.read&tenant=acme
    ");
    assert!(!format!("{authorizer:?}").contains("a.b.c"));
}

#[tokio::test]
async fn every_caller_has_a_token_of_its_own_and_one_call_for_it() {
    let stage = repeating().await;
    let authorizer = authorizer(settings(&stage));
    let callers: Vec<Subject> = (0..4).map(|at| caller(&format!("caller-{at}"))).collect();
    let asked = (0..80).map(|at| &callers[at % 4]).map(|subject| token(&authorizer, Some(subject)));
    let told = join_all(asked).await;
    for (at, told) in told.iter().enumerate() {
        assert_eq!(*told, format!("Bearer for-caller-{}", at % 4));
    }
    assert_eq!((stage.count("/token"), authorizer.minted()), (4, (4, 0)));
}

#[tokio::test]
async fn what_was_had_for_a_token_ends_with_it() {
    let stage = repeating().await;
    let authorizer = authorizer(settings(&stage));
    let short = Subject::new("short", Instant::now() + Duration::from_secs(30));
    assert_eq!(token(&authorizer, Some(&short)).await, "Bearer for-short");
    tokio::time::pause();
    advance(Duration::from_secs(31)).await;
    let told = token(&authorizer, Some(&short)).await;
    assert!(told.contains("the caller's token has ended"), "{told}");
    assert_eq!(stage.count("/token"), 1);
}

#[tokio::test]
async fn a_caller_without_a_token_is_served_only_as_the_client_itself() {
    let stage = repeating().await;
    let strict = authorizer(settings(&stage));
    assert!(!strict.serves(None) && strict.serves(Some(&caller("a"))));
    assert!(authorization(&strict, None).await.is_err());
    assert_eq!(stage.count("/token"), 0);
    let lenient = authorizer(TokenExchange { service_account: true, ..settings(&stage) });
    assert_eq!(token(&lenient, None).await, "Bearer for-service");
    assert_eq!(stage.asked()[0].body, "grant_type=client_credentials&audience=erp&tenant=acme&scope=orders.read");
    assert_ne!(lenient.caller(None), lenient.caller(Some(&caller("a"))));
}

#[tokio::test]
async fn one_callers_refusal_is_not_anothers() {
    let stage = Stage::playing(|asked| match asked.body.contains("subject_token=bad") {
        true => Play::Answer(400, Vec::new(), r#"{"error":"invalid_request"}"#.to_owned()),
        false => Play::json(r#"{"access_token":"t","token_type":"Bearer"}"#),
    })
    .await;
    let authorizer = authorizer(settings(&stage));
    let (good, bad) = (caller("good"), caller("bad"));
    for _ in 0..3 {
        let told = token(&authorizer, Some(&bad)).await;
        assert!(told.contains("token endpoint: 400 invalid_request"), "{told}");
        assert_eq!(token(&authorizer, Some(&good)).await, "Bearer t");
    }
    let first = authorization(&authorizer, Some(&good)).await.unwrap();
    let other = authorization(&authorizer, Some(&caller("other"))).await.unwrap();
    assert!(authorizer.rejected(&first));
    let before = stage.count("/token");
    assert_eq!(authorization(&authorizer, Some(&caller("other"))).await.unwrap().header, other.header);
    assert_eq!(stage.count("/token"), before, "the other one's token is still good");
}
