//! What is where, which version, and how much of it.

use crate::support::{Changes, Front, KEY, PLAIN_ANSWER, code, field, status};

#[tokio::test]
async fn unknown_paths_and_methods_are_told_apart() {
    let front = Front::start().await;
    for path in [
        "/",
        "/docs",
        "/nowhere",
        "/erp",
        "/erp/v1/nowhere",
        "/erp/v1/data2",
        "/GRAPHQL",
        "/graphql/",
        "/erp/v1/read/1/2",
    ] {
        let answer = front.get(path, "").await;
        assert_eq!((status(&answer), code(&answer).as_str()), ("404", "route_not_found"), "{path}");
    }
    let answer = front.send(format!("DELETE /erp/v1/data/x HTTP/1.1\r\nHost: a\r\nX-API-Key: {KEY}\r\n\r\n")).await;
    assert_eq!((status(&answer), field(&answer, "allow")), ("405", Some("GET, HEAD, POST")));
    let answer = front.send("PUT /graphql HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!((status(&answer), field(&answer, "allow")), ("405", Some("GET, HEAD, POST")));
}

#[tokio::test]
async fn versions_live_and_die() {
    let front = Front::start().await;
    let retired = front.get("/erp/v0/data/x", "").await;
    assert_eq!((status(&retired), code(&retired).as_str()), ("410", "version_retired"));
    assert_eq!(field(&retired, "link"), Some("</erp/v1>; rel=\"successor-version\""));
    let unknown = front.get("/erp/v9/data/x", "").await;
    assert_eq!((status(&unknown), code(&unknown).as_str()), ("404", "version_unknown"));
    let ageing = front.get("/partner/v1/raw/x", "").await;
    assert_eq!(status(&ageing), "200", "{ageing}");
    assert_eq!(field(&ageing, "deprecation"), Some("@1767225600"));
    assert!(field(&ageing, "sunset").is_some() && field(&ageing, "link").is_some());
    let conflict = front.get("/partner/v1/raw/x", "API-Version: 2\r\n").await;
    assert_eq!(code(&conflict), "version_conflict");
    let by_header = front.get("/partner/raw/x", "API-Version: 2\r\n").await;
    assert_eq!((status(&by_header), field(&by_header, "deprecation")), ("200", None));
}

#[tokio::test]
async fn limits_are_told_on_success_and_on_refusal() {
    let changes =
        Changes { gateway: "limits: { per_address: { rate: 2/min, burst: 2 } }\n".into(), ..Changes::default() };
    let front = Front::with(PLAIN_ANSWER, changes).await;
    let answer = front.get("/erp/v1/data/x", "").await;
    assert!(field(&answer, "ratelimit").is_some_and(|left| left.contains("\"rate\";r=")), "{answer}");
    assert!(
        field(&answer, "ratelimit-policy").is_some_and(|policy| policy.contains("\"rate\";q=1000;w=1")),
        "{answer}"
    );
    front.get("/erp/v1/data/x", "").await;
    let shed = front.get("/erp/v1/data/x", "").await;
    assert_eq!((status(&shed), code(&shed).as_str()), ("429", "address_rate_limited"));
    assert!(field(&shed, "retry-after").is_some());
    assert_eq!(front.upstream.seen().len(), 2);
}
