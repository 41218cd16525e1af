//! Connections that wait, trickle or stay.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Changes, Front, KEY, PLAIN_ANSWER, code, field, read_all, status};

async fn impatient() -> Front {
    let gateway = "limits: { head_timeout: 1s, body_timeout: 1s, idle_timeout: 1s, connections: 3 }\n".to_owned();
    Front::with(PLAIN_ANSWER, Changes { gateway, ..Changes::default() }).await
}

/// How long the gateway keeps a connection on which these bytes were sent, and what it says.
async fn kept(front: &Front, bytes: &[u8]) -> (Duration, String) {
    let mut stream = front.connect().await;
    stream.write_all(bytes).await.unwrap();
    let begun = Instant::now();
    let mut said = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(8), stream.read_to_end(&mut said)).await;
    (begun.elapsed(), String::from_utf8_lossy(&said).into_owned())
}

#[tokio::test]
async fn a_connection_that_says_nothing_or_too_little_is_closed() {
    let front = impatient().await;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    for bytes in [&b""[..], b"GET / HTTP/1.1\r\nHost: a\r\n", b"PRI * HTTP/2.0\r\n", preface] {
        let (time, _) = kept(&front, bytes).await;
        assert!(time < Duration::from_secs(4), "{:?}: {time:?}", String::from_utf8_lossy(bytes));
    }
}

#[tokio::test]
async fn a_head_that_trickles_is_cut_off() {
    let front = impatient().await;
    let mut stream = front.connect().await;
    let begun = Instant::now();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n").await.unwrap();
    while stream.write_all(b"X: y\r\n").await.is_ok() && begun.elapsed() < Duration::from_secs(6) {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_answer() {
    let front = impatient().await;
    let (time, said) = kept(&front, b"GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!((status(&said), field(&said, "connection")), ("404", Some("keep-alive")));
    assert!(time < Duration::from_secs(4), "{time:?}");
}

#[tokio::test]
async fn a_body_that_stalls_is_refused() {
    let front = impatient().await;
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: a\r\nX-API-Key: {KEY}\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{{"
    );
    let (time, said) = kept(&front, head.as_bytes()).await;
    assert_eq!((status(&said), code(&said).as_str()), ("408", "request_timeout"), "{said}");
    assert!(time < Duration::from_secs(4), "{time:?}");
}

#[tokio::test]
async fn there_are_so_many_connections_and_no_more() {
    let front = impatient().await;
    let held = [front.connect().await, front.connect().await, front.connect().await];
    let mut fourth = front.connect().await;
    let mut said = Vec::new();
    // Closed at once, with or without a reset.
    let _ =
        tokio::time::timeout(Duration::from_millis(500), fourth.read_to_end(&mut said)).await.expect("it is closed");
    assert_eq!(said, b"");
    drop(held);
}

#[tokio::test]
async fn a_stop_lets_requests_in_flight_finish_and_takes_no_new_ones() {
    let gateway = "limits: { body_timeout: 5s }\n".to_owned();
    let front = Front::with(PLAIN_ANSWER, Changes { gateway, ..Changes::default() }).await;
    let mut busy = front.connect().await;
    let head = format!("POST /erp/v1/data/x HTTP/1.1\r\nHost: a\r\nX-API-Key: {KEY}\r\nContent-Length: 5\r\n\r\nhel");
    busy.write_all(head.as_bytes()).await.unwrap();
    // The system sees the head before the body is whole, but this one answers whole requests only.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let address = front.running.traffic();
    let stopping = tokio::spawn(front.running.stop());
    let refused = async { while tokio::net::TcpStream::connect(address).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(3), refused).await.expect("no new connections");
    busy.write_all(b"lo").await.unwrap();
    let answer = read_all(&mut busy).await;
    assert_eq!(status(&answer), "200", "{answer}");
    tokio::time::timeout(Duration::from_secs(3), stopping).await.unwrap().unwrap();
}

#[tokio::test]
async fn an_idle_gateway_stops_at_once() {
    let front = Front::start().await;
    let idle = front.connect().await;
    let begun = Instant::now();
    front.running.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    drop(idle);
}
