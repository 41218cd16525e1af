use serde_json::json;

use super::*;
use crate::authenticate::samples::{Mood, Provider, now};

fn introspector(provider: &Arc<Provider>) -> Arc<Introspector> {
    let settings = Introspection {
        endpoint: "https://login.example/introspect".parse().unwrap(),
        client_id: Secret::new("portico:1"),
        client_secret: Secret::new("s3cret/"),
        client_auth: ClientAuth::Basic,
        prefix: Some("acme_".to_owned()),
        always: false,
        believed: Duration::from_secs(10),
    };
    Arc::new(Introspector::new(settings, "https://login.example/acme", Network::Public, provider.clone()))
}

async fn ask(introspector: &Arc<Introspector>, token: &str, now: Now) -> Result<(), TokenError> {
    introspector.ask(token, Digest::of(token), now).await.map(|_| ())
}

fn after(seconds: u64) -> Now {
    now().later(Duration::from_secs(seconds))
}

#[tokio::test]
async fn a_hundred_waiters_for_one_token_ask_once() {
    let provider = Provider::with(vec![]);
    provider.says_of_tokens(json!({ "active": true }));
    let introspector = introspector(&provider);
    let waiters: Vec<_> = (0..100)
        .map(|_| {
            let introspector = introspector.clone();
            tokio::spawn(async move { ask(&introspector, "acme_1", now()).await })
        })
        .collect();
    for waiter in waiters {
        assert_eq!(waiter.await.unwrap(), Ok(()));
    }
    assert_eq!(provider.questions().len(), 1);
}

#[tokio::test]
async fn a_caller_who_hangs_up_takes_nobody_along() {
    let provider = Provider::with(vec![]);
    provider.says_of_tokens(json!({ "active": true }));
    let introspector = introspector(&provider);
    let first = tokio::spawn({
        let introspector = introspector.clone();
        async move { ask(&introspector, "acme_1", now()).await }
    });
    tokio::task::yield_now().await;
    first.abort();
    assert_eq!(ask(&introspector, "acme_1", now()).await, Ok(()));
    assert_eq!(provider.questions().len(), 1);
}

#[tokio::test]
async fn our_credentials_go_where_the_operator_says() {
    let provider = Provider::with(vec![]);
    let basic = introspector(&provider);
    let form = Introspection { client_auth: ClientAuth::Form, ..basic.settings().clone() };
    let form = Arc::new(Introspector::new(form, "x", Network::Public, provider.clone()));
    ask(&basic, "acme_a+b/c", now()).await.unwrap();
    ask(&form, "acme_1", now()).await.unwrap();
    let seen: Vec<_> = provider
        .questions()
        .iter()
        .map(|question| {
            let header = question.authorization.as_ref().map(|value| value.reveal().to_owned());
            format!("{} {} {:?}", question.url, question.form.reveal(), header)
        })
        .collect();
    insta::assert_snapshot!(seen.join("\n"), @r#"
    https://login.example/introspect token=acme_a%2Bb%2Fc&token_type_hint=access_token Some("Basic cG9ydGljbyUzQTE6czNjcmV0JTJG")
    https://login.example/introspect token=acme_1&token_type_hint=access_token&client_id=portico%3A1&client_secret=s3cret%2F None
    "#);
}

#[tokio::test]
async fn what_is_not_active_is_not_asked_about_again_soon() {
    let provider = Provider::with(vec![]);
    let introspector = introspector(&provider);
    introspector.remember_inactive(Digest::of("acme_1"), now());
    for second in [0, 5, 9] {
        assert_eq!(ask(&introspector, "acme_1", after(second)).await, Err(TokenError::Inactive));
    }
    assert_eq!(provider.questions().len(), 0);
    assert_eq!(ask(&introspector, "acme_1", after(10)).await, Ok(()));
    assert_eq!(provider.questions().len(), 1);
}

#[tokio::test]
async fn an_issuer_that_does_not_answer_is_asked_ever_less_often() {
    let provider = Provider::with(vec![]);
    let introspector = introspector(&provider);
    provider.becomes(Mood::Down);
    let mut refused = 0;
    for second in 0..600 {
        for n in 0..5 {
            let token = format!("acme_{second}-{n}");
            refused += u32::from(matches!(
                ask(&introspector, &token, after(second)).await,
                Err(TokenError::Unavailable { .. })
            ));
        }
    }
    assert_eq!(refused, 3_000, "never taken for good, and never for wrong");
    assert_eq!(provider.questions().len(), 26);
    assert_eq!(introspector.health().last_error.as_deref(), Some("connection refused"));
    provider.becomes(Mood::Up);
    assert_eq!(ask(&introspector, "acme_x", after(700)).await, Ok(()));
    assert_eq!(introspector.health().failures, 0);
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_hangs_is_given_up() {
    let provider = Provider::with(vec![]);
    provider.becomes(Mood::Hangs);
    let introspector = introspector(&provider);
    assert!(matches!(ask(&introspector, "acme_1", now()).await, Err(TokenError::Unavailable { .. })));
    assert_eq!(introspector.health().last_error.as_deref(), Some("no answer in time"));
}

#[tokio::test]
async fn so_many_are_asked_at_once_and_no_more() {
    let provider = Provider::with(vec![]);
    provider.becomes(Mood::Hangs);
    let introspector = introspector(&provider);
    let flights: Vec<_> =
        (0..AT_ONCE).map(|n| introspector.join("acme_", Digest::of(&n.to_string()), now()).is_ok()).collect();
    assert!(flights.iter().all(|flown| *flown));
    assert!(matches!(ask(&introspector, "acme_x", now()).await, Err(TokenError::Unavailable { .. })));
    assert!(introspector.join("acme_", Digest::of("0"), now()).is_ok(), "who waits for the same may join");
}

#[tokio::test]
async fn what_is_no_answer_is_the_issuers_fault() {
    let provider = Provider::with(vec![]);
    let introspector = introspector(&provider);
    for says in ["<html>", "[]", "{}", r#"{"active":"true"}"#, r#"{"active":true,"active":false}"#, r#"{"active":1}"#] {
        provider.becomes(Mood::Says { discovery: vec![], keys: says.as_bytes().to_vec() });
        introspector.state.lock().health = Health::default();
        introspector.state.lock().not_before = None;
        let answer = ask(&introspector, says, now()).await;
        assert!(matches!(answer, Err(TokenError::Unavailable { .. })), "{says}");
    }
}

#[test]
fn a_token_goes_to_its_own_issuer_only() {
    let provider = Provider::with(vec![]);
    let prefixed = introspector(&provider);
    assert!(prefixed.takes("acme_1") && prefixed.takes("acme_1.2"));
    assert!(!prefixed.takes("globex_1") && !prefixed.takes("Acme_1") && !prefixed.takes(""));
    let any = Introspection { prefix: None, ..prefixed.settings().clone() };
    let any = Introspector::new(any, "x", Network::Public, provider);
    assert!(any.takes("opaque"));
    for other in ["a.b.c", "a.b", "pk_1_2"] {
        assert!(!any.takes(other), "{other}");
    }
}
