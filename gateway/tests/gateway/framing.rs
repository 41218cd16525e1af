//! Hostile framing, heads and targets.

use crate::support::{Front, KEY, code, field, status};

async fn refused(front: &Front, request: &str) -> (String, String) {
    let answer = front.send(request).await;
    (status(&answer).to_owned(), code(&answer))
}

#[tokio::test]
async fn ambiguous_framing_is_refused_and_the_connection_closed() {
    let front = Front::start().await;
    for fields in [
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 5, 5",
        "Content-Length: +5",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding:\x0bchunked",
        "Content-Length: 5\r\n Content-Length: 6",
    ] {
        let smuggled = format!("GET /erp/v1/data/smuggled HTTP/1.1\r\nHost: a\r\nX-API-Key: {KEY}\r\n\r\n");
        let request = format!(
            "POST /erp/v1/data/x HTTP/1.1\r\nHost: a\r\nX-API-Key: {KEY}\r\n{fields}\r\n\r\n0\r\n\r\n{smuggled}"
        );
        let answer = front.send(&request).await;
        assert_eq!(status(&answer), "400", "{fields}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{fields}: {answer}");
    }
    assert_eq!(front.upstream.seen(), Vec::<String>::new());
}

#[tokio::test]
async fn chunks_need_http_1_1_and_lines_need_cr_lf() {
    let front = Front::start().await;
    for request in [
        "POST /graphql HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /graphql HTTP/1.1\nHost: a\n\n",
        "GET /graphql HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
    ] {
        assert_eq!(refused(&front, request).await.0, "400", "{request}");
    }
}

#[tokio::test]
async fn one_host_is_needed() {
    let front = Front::start().await;
    for request in [
        "GET /graphql HTTP/1.1\r\n\r\n",
        "GET /graphql HTTP/1.0\r\n\r\n",
        "GET /graphql HTTP/1.1\r\nHost:\r\n\r\n",
        "GET /graphql HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET /graphql HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET http://a/graphql HTTP/1.1\r\nHost: b\r\n\r\n",
    ] {
        assert_eq!(refused(&front, request).await.0, "400", "{request}");
    }
    let absolute = refused(&front, "GET http://a/nowhere HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(absolute, ("404".into(), "route_not_found".into()));
}

#[tokio::test]
async fn paths_with_two_readings_are_refused() {
    let front = Front::start().await;
    for path in [
        "//graphql",
        "/erp/../graphql",
        "/%2e%2e/graphql",
        "/erp/v1/data%2fx",
        "/erp/v1/data%5cx",
        "/erp/v1/data\\x",
        "/graphql;x=1",
        "/erp/v1/data/%252e",
        "/erp/v1/data/%00",
        "/erp/v1/data/%c0%af",
        "/erp/v1/./data",
        "graphql",
        "*",
        "/graphql#x",
    ] {
        let answer = refused(&front, &format!("GET {path} HTTP/1.1\r\nHost: a\r\nX-API-Key: {KEY}\r\n\r\n")).await;
        assert_eq!(answer, ("400".into(), "path_invalid".into()), "{path}");
    }
    assert_eq!(front.upstream.seen(), Vec::<String>::new());
}

#[tokio::test]
async fn strange_methods_are_refused() {
    let front = Front::start().await;
    for method in ["TRACE", "TRACK", "PROPFIND"] {
        let answer = front.send(format!("{method} /graphql HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        assert_eq!((status(&answer), code(&answer).as_str()), ("405", "method_not_allowed"), "{method}");
        assert!(field(&answer, "allow").is_some());
    }
    assert_eq!(status(&front.send("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n").await), "405");
}

#[tokio::test]
async fn heads_have_a_budget() {
    let front = Front::start().await;
    let long = "a".repeat(9_000);
    let answer = refused(&front, &format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
    assert_eq!(answer, ("414".into(), "uri_too_long".into()));
    let large = "a".repeat(40_000);
    let answer = refused(&front, &format!("GET / HTTP/1.1\r\nHost: a\r\nX: {large}\r\n\r\n")).await;
    assert_eq!(answer, ("431".into(), "header_too_large".into()));
}

#[tokio::test]
async fn an_upgrade_is_not_taken_and_what_follows_it_is_not_read() {
    let front = Front::start().await;
    let request = format!(
        "GET /erp/v1/data/x HTTP/1.1\r\nHost: a\r\nX-API-Key: {KEY}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\
         GET /erp/v1/data/smuggled HTTP/1.1\r\nHost: a\r\nX-API-Key: {KEY}\r\n\r\n"
    );
    let answer = front.send(request).await;
    assert_eq!((status(&answer), answer.matches("HTTP/1.1 ").count()), ("200", 1), "{answer}");
    assert_eq!(front.upstream.seen().len(), 1);
    assert!(!front.upstream.seen()[0].to_ascii_lowercase().contains("upgrade"));
}

#[tokio::test]
async fn pipelined_requests_are_all_answered_in_order() {
    let front = Front::start().await;
    let one = "GET /one HTTP/1.1\r\nHost: a\r\nX-Request-Id: first\r\n\r\n";
    let two = "GET /two HTTP/1.1\r\nHost: a\r\nX-Request-Id: second\r\nConnection: close\r\n\r\n";
    let answer = front.send(format!("{one}{two}")).await;
    let ids: Vec<&str> = answer
        .lines()
        .filter_map(|line| line.strip_prefix("x-request-id: ").or(line.strip_prefix("X-Request-Id: ")))
        .collect();
    assert_eq!(ids, ["first", "second"], "{answer}");
}

#[tokio::test]
async fn bytes_behind_a_refused_body_are_not_a_request() {
    let front = Front::start().await;
    let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
    let request = format!("POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{smuggled}", smuggled.len());
    let answer = front.send(request).await;
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    assert_eq!(front.logged()["route"], "none");
}
