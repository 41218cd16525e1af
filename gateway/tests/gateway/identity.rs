//! Who says who is asking.

use crate::support::{Front, IDLE_KEY, KEY, code, field, status};

#[tokio::test]
async fn without_credentials_nobody_is_served() {
    let front = Front::start().await;
    let answer = front.send("GET /erp/v1/data/x HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!((status(&answer), code(&answer).as_str()), ("401", "credentials_missing"));
    assert_eq!(field(&answer, "content-type"), Some("application/problem+json"));
    assert_eq!(field(&answer, "www-authenticate"), Some("Bearer realm=\"portico\""));
    assert_eq!(field(&answer, "cache-control"), Some("no-store"));
    assert_eq!(front.upstream.seen(), Vec::<String>::new());
}

#[tokio::test]
async fn on_graphql_a_refusal_is_a_graphql_error() {
    let front = Front::start().await;
    let answer = front.send("POST /graphql HTTP/1.1\r\nHost: a\r\nAccept: application/graphql-response+json\r\nContent-Length: 2\r\n\r\n{}").await;
    assert_eq!((status(&answer), code(&answer).as_str()), ("401", "credentials_missing"));
    assert_eq!(field(&answer, "content-type"), Some("application/graphql-response+json; charset=utf-8"));
}

#[tokio::test]
async fn the_key_of_a_consumer_without_the_scope_opens_nothing() {
    let front = Front::start().await;
    let request = format!("GET /erp/v1/data/x HTTP/1.1\r\nHost: a\r\nX-API-Key: {IDLE_KEY}\r\n\r\n");
    let answer = front.send(request).await;
    assert_eq!((status(&answer), code(&answer).as_str()), ("403", "forbidden"));
    let wrong = format!("GET /erp/v1/data/x HTTP/1.1\r\nHost: a\r\nX-API-Key: {}0\r\n\r\n", &KEY[..KEY.len() - 1]);
    assert_eq!(code(&front.send(wrong).await), "key_invalid");
    let token = "GET /erp/v1/data/x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer abc\r\n\r\n";
    assert_eq!(code(&front.send(token).await), "token_malformed");
    assert_eq!(front.upstream.seen(), Vec::<String>::new());
}

#[tokio::test]
async fn neither_claims_nor_credentials_of_the_caller_reach_the_system() {
    let front = Front::start().await;
    let claims = "X-Tenant-Id: globex\r\nx_tenant_id: globex\r\nX-User: root\r\nX-Consumer-Id: admin\r\nX-Portico-Scopes: all\r\n\
                  X-Forwarded-For: 1.2.3.4\r\nX_Forwarded_For: 1.2.3.4\r\nForwarded: for=1.2.3.4\r\nX-Real-IP: 1.2.3.4\r\nCookie: a=b\r\n\
                  X-Original-URL: /admin\r\nX-Custom: kept\r\n";
    let answer = front.get("/erp/v1/data/x", claims).await;
    assert_eq!(status(&answer), "200", "{answer}");
    let seen = front.upstream.seen().remove(0);
    for gone in ["globex", "root", "admin", "1.2.3.4", "Cookie", KEY, "pk_", "x-api-key", "X-API-Key"] {
        assert!(!seen.contains(gone), "{gone}: {seen}");
    }
    assert_eq!(field(&seen, "x-custom"), Some("kept"));
    assert_eq!(field(&seen, "x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(field(&seen, "x-forwarded-host"), Some("api.test"));
    assert_eq!(field(&seen, "x-forwarded-proto"), Some("http"));
}

#[tokio::test]
async fn the_request_has_one_name_everywhere() {
    let front = Front::start().await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let fields =
        format!("X-Request-Id: my-request\r\nTraceparent: 00-{trace}-00f067aa0ba902b7-01\r\nTracestate: a=b\r\n");
    let answer = front.get("/erp/v1/data/x", &fields).await;
    assert_eq!(field(&answer, "x-request-id"), Some("my-request"));
    let seen = front.upstream.seen().remove(0);
    assert_eq!(field(&seen, "x-request-id"), Some("my-request"));
    assert!(
        field(&seen, "traceparent")
            .is_some_and(|parent| parent.contains(trace) && !parent.contains("00f067aa0ba902b7"))
    );
    assert_eq!(field(&seen, "tracestate"), Some("a=b"));
    let line = front.logged();
    assert_eq!((&line["request_id"], &line["trace_id"]), (&"my-request".into(), &trace.into()));
    let bad = front.get("/erp/v1/data/x", "X-Request-Id: a b\r\n").await;
    assert_eq!(field(&bad, "x-request-id").map(str::len), Some(36));
}

#[tokio::test]
async fn the_log_holds_names_of_ours_and_no_data_of_customers() {
    let front = Front::start().await;
    front.get("/erp/v1/data/Orders('SO-1042')?email=jane@example.com", "").await;
    let line = front.logged();
    let text = line.to_string();
    for secret in ["SO-1042", "jane", "pk_", "127.0.0.1"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    assert_eq!(line["route"], "/erp/v1/data/**");
    assert_eq!((&line["tenant"], &line["consumer"], &line["status"]), (&"acme".into(), &"crm".into(), &200.into()));
}

#[tokio::test]
async fn connection_cannot_name_what_checks_rest_on() {
    let front = Front::start().await;
    for option in ["X-API-Key", "close, Host", "X-Forwarded-For", "Content-Length"] {
        let request =
            format!("GET /erp/v1/data/x HTTP/1.1\r\nHost: a\r\nX-API-Key: {KEY}\r\nConnection: {option}\r\n\r\n");
        assert_eq!(status(&front.send(request).await), "400", "{option}");
    }
    assert_eq!(front.upstream.seen(), Vec::<String>::new());
}
