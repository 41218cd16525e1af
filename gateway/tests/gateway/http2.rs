//! HTTP/2 without TLS, by prior knowledge.

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::support::{Front, KEY, field};

async fn ask(front: &Front, request: Request<Full<Bytes>>) -> (StatusCode, http::HeaderMap, Bytes) {
    let stream = TokioIo::new(front.connect().await);
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    let answer = sender.send_request(request).await.unwrap();
    let (head, body) = answer.into_parts();
    (head.status, head.headers, body.collect().await.unwrap().to_bytes())
}

#[tokio::test]
async fn http2_is_served_like_http1() {
    let front = Front::start().await;
    let get = Request::get("http://api.test/erp/v1/data/x").header("x-api-key", KEY).header("x-tenant-id", "globex");
    let (status, headers, body) = ask(&front, get.body(Full::default()).unwrap()).await;
    assert_eq!((status, &*body), (StatusCode::OK, &b"{}"[..]));
    assert!(headers.contains_key("ratelimit") && headers.contains_key("x-request-id"));
    let seen = front.upstream.seen().remove(0);
    assert!(!seen.contains("globex"));
    assert_eq!(field(&seen, "x-forwarded-host"), Some("api.test"));
    assert_eq!(front.logged()["protocol"], "2");
}

#[tokio::test]
async fn refusals_reach_a_client_that_still_sends() {
    let front = Front::start().await;
    let post = Request::post("http://api.test/graphql").header("content-type", "application/json");
    let (status, _, body) = ask(&front, post.body(Full::from(vec![b' '; 30_000])).unwrap()).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(String::from_utf8_lossy(&body).contains("credentials_missing"));
    let odd = Request::get("http://api.test/a//b").body(Full::default()).unwrap();
    assert_eq!(ask(&front, odd).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn several_requests_share_a_connection() {
    let front = Front::start().await;
    let stream = TokioIo::new(front.connect().await);
    let (sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    let asks = (0..20).map(|_| {
        let mut sender = sender.clone();
        let get = Request::get("http://api.test/erp/v1/data/x").header("x-api-key", KEY);
        let get: Request<Full<Bytes>> = get.body(Full::default()).unwrap();
        async move { sender.send_request(get).await.unwrap().status() }
    });
    let statuses = futures_util::future::join_all(asks).await;
    assert!(statuses.iter().all(|status| *status == StatusCode::OK), "{statuses:?}");
}

#[tokio::test]
async fn a_body_of_unknown_length_is_framed_again() {
    let front = Front::start().await;
    let stream = TokioIo::new(front.connect().await);
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    for method in ["GET", "POST"] {
        let smuggled = Bytes::from_static(b"GET /base/smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
        let pieces = futures_util::stream::iter([Ok::<_, std::io::Error>(Frame::data(smuggled))]);
        let ask = Request::builder().method(method).uri("http://api.test/erp/v1/data/x").header("x-api-key", KEY);
        let answer = sender.send_request(ask.body(StreamBody::new(pieces)).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        drop(answer.into_body().collect().await.unwrap());
    }
    for seen in front.upstream.seen() {
        assert_eq!(field(&seen, "transfer-encoding"), Some("chunked"), "{seen}");
        assert!(seen.ends_with("\r\n0\r\n\r\n"), "{seen}");
    }
    assert_eq!(front.upstream.seen().len(), 2, "{:?}", front.upstream.seen());
}
