//! GraphQL over HTTP: media types, methods, bodies, and the statuses of what is refused.

use std::time::Duration;

use tokio::io::AsyncWriteExt;

use crate::support::{Changes, Front, KEY, code, field, status};

const NEW: &str = "application/graphql-response+json";

async fn post(front: &Front, fields: &str, body: impl AsRef<[u8]>) -> String {
    let body = body.as_ref();
    let length = body.len();
    let mut request = format!(
        "POST /graphql HTTP/1.1\r\nHost: a\r\nX-API-Key: {KEY}\r\nConnection: close\r\nContent-Length: {length}\r\n{fields}\r\n"
    )
    .into_bytes();
    request.extend_from_slice(body);
    front.send(request).await
}

async fn ask(front: &Front, accept: &str, body: &str) -> String {
    post(front, &format!("Content-Type: application/json\r\nAccept: {accept}\r\n"), body).await
}

#[tokio::test]
async fn a_query_is_answered_in_the_media_type_that_was_asked_for() {
    let front = Front::start().await;
    for (accept, kind) in [("application/json", "application/json"), (NEW, NEW), ("*/*", "application/json")] {
        let answer = ask(&front, accept, r#"{"query":"{ __typename }"}"#).await;
        assert_eq!(status(&answer), "200", "{answer}");
        assert_eq!(field(&answer, "content-type"), Some(format!("{kind}; charset=utf-8").as_str()));
        assert!(answer.contains(r#"{"data":{"__typename":"Query"}"#), "{answer}");
    }
    let refused = ask(&front, "text/html", r#"{"query":"{ __typename }"}"#).await;
    assert_eq!((status(&refused), code(&refused).as_str()), ("406", "not_acceptable"));
    let get = front.get("/graphql?query=%7B__typename%7D", "").await;
    assert_eq!(status(&get), "200", "{get}");
}

#[tokio::test]
async fn mistakes_in_a_document_have_the_status_of_the_profile() {
    let front = Front::start().await;
    for (body, expected) in [
        (r#"{"query":"{"}"#, "document_malformed"),
        (r#"{"query":"{ nothing }"}"#, "document_invalid"),
        (r#"{"query":"query A { __typename }","operationName":"B"}"#, "operation_unknown"),
        (r#"{"query":"query ($n: String!) { order(number: $n) { number } }"}"#, "variables_invalid"),
        (r#"{"query":"mutation { __typename }"}"#, "document_invalid"),
    ] {
        let old = ask(&front, "application/json", body).await;
        assert_eq!((status(&old), code(&old).as_str()), ("200", expected), "{old}");
        let new = ask(&front, NEW, body).await;
        assert_eq!((status(&new), code(&new).as_str()), ("400", expected), "{new}");
        assert!(!new.contains("\"data\""), "{new}");
    }
    assert_eq!(front.upstream.seen(), Vec::<String>::new());
}

#[tokio::test]
async fn refusals_keep_their_status_under_every_media_type() {
    let front = Front::start().await;
    let deep = format!("{{\"query\":\"{}\"}}", "{ a ".repeat(100) + &"}".repeat(100));
    for (accept, body, expected) in [
        ("application/json", deep.as_str(), ("400", "document_too_deep")),
        ("application/json", r#"{"query":"{ __schema { types { name } } }"}"#, ("403", "introspection_refused")),
    ] {
        let answer = ask(&front, accept, body).await;
        assert_eq!((status(&answer), code(&answer).as_str()), expected, "{answer}");
    }
}

#[tokio::test]
async fn only_one_json_object_in_utf8_is_a_request() {
    let front = Front::start().await;
    for (fields, body, expected) in [
        ("", &br#"{"query":"{ __typename }"}"#[..], ("415", "media_type_unsupported")),
        ("Content-Type: text/plain\r\n", br#"{"query":"{ __typename }"}"#, ("415", "media_type_unsupported")),
        (
            "Content-Type: application/x-www-form-urlencoded\r\n",
            b"query={__typename}",
            ("415", "media_type_unsupported"),
        ),
        ("Content-Type: application/json\r\nContent-Encoding: gzip\r\n", b"x", ("415", "media_type_unsupported")),
        ("Content-Type: application/json; charset=latin1\r\n", b"{}", ("415", "media_type_unsupported")),
        ("Content-Type: application/json\r\n", br#"[{"query":"{ __typename }"}]"#, ("400", "body_malformed")),
        (
            "Content-Type: application/json\r\n",
            br#"{"query":"{a}","query":"{ __typename }"}"#,
            ("400", "body_malformed"),
        ),
        ("Content-Type: application/json\r\n", b"{\"query\":\"\xff\"}", ("400", "body_malformed")),
        ("Content-Type: application/json\r\n", b"{", ("400", "body_malformed")),
        ("Content-Type: application/json\r\n", b"{}", ("400", "parameter_invalid")),
    ] {
        let answer = post(&front, fields, body).await;
        assert_eq!((status(&answer), code(&answer).as_str()), expected, "{fields}{}", String::from_utf8_lossy(body));
    }
}

#[tokio::test]
async fn a_get_reads_and_cannot_be_caused_by_another_site() {
    let front = Front::start().await;
    let mutation = front.get("/graphql?query=mutation%7B__typename%7D", "").await;
    assert_eq!((status(&mutation), field(&mutation, "allow")), ("405", Some("POST")), "{mutation}");
    let query = "/graphql?query=%7B__typename%7D";
    let foreign = front.get(query, "Origin: https://evil.example\r\n").await;
    assert_eq!((status(&foreign), code(&foreign).as_str()), ("403", "cross_site_refused"));
    let own = front.get(query, &format!("Origin: https://own.example\r\nAccept: {NEW}\r\n")).await;
    assert_eq!(status(&own), "200", "{own}");
    let body = front.get(query, "Content-Length: 5\r\n").await;
    assert_eq!(status(&body), "400", "{body}");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_the_answer_arrives() {
    let gateway = "limits: { body_bytes: 1KiB }\n".to_owned();
    let front = Front::with("", Changes { gateway, ..Changes::default() }).await;
    let answer = post(&front, "Content-Type: application/json\r\n", vec![b' '; 300_000]).await;
    assert_eq!((status(&answer), code(&answer).as_str()), ("413", "body_too_large"), "{answer}");
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_work_along() {
    let changes = Changes {
        gateway: "tiers: { critical: 30s }\n".into(),
        system: "    timeout: 20s".into(),
        ..Changes::default()
    };
    let front = Front::with("", changes).await;
    let mut stream = front.connect().await;
    let body = r#"{"query":"{ order(number: \"SO-1\") { number } }"}"#;
    let request = format!(
        "POST /graphql HTTP/1.1\r\nHost: a\r\nX-API-Key: {KEY}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let asked = async {
        while front.upstream.seen().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), asked).await.expect("the system is asked");
    drop(stream);
    let line = tokio::task::spawn_blocking(move || front.logged()).await.unwrap();
    assert_eq!((&line["status"], &line["abandoned"]), (&499.into(), &true.into()), "{line}");
}
