use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::timeout;
use url::Url;

use super::*;
use crate::connect::stage::{Play, Stage};

fn private() -> ClientSettings {
    ClientSettings { network: Network::Private, largest_answer: 1_000, ..ClientSettings::default() }
}

fn request(url: &Url) -> Request<Full<Bytes>> {
    Request::builder().uri(url.as_str()).body(Full::default()).unwrap()
}

async fn told(play: Play) -> String {
    let stage = Stage::playing(move |_| play.clone()).await;
    match Client::new(&private()).unwrap().send(request(&stage.url("/x"))).await {
        Ok(answer) => format!("{} {}", answer.status.as_u16(), String::from_utf8_lossy(&answer.body)),
        Err(SendError::Broken(_)) => "broken".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_told_apart() {
    let raw = |text: &str| Play::Raw(text.as_bytes().to_vec());
    assert_eq!(told(Play::json(r#"{"a":1}"#)).await, r#"200 {"a":1}"#);
    assert_eq!(told(Play::Answer(302, vec![("location", "http://127.0.0.1/".into())], String::new())).await, "302 ");
    assert_eq!(told(Play::json("x".repeat(1_001))).await, "the answer is larger than 1000 bytes");
    assert_eq!(told(Play::Endless).await, "the answer is larger than 1000 bytes");
    assert_eq!(
        told(Play::Answer(200, vec![("content-encoding", "gzip".into())], "x".into())).await,
        "the answer is encoded"
    );
    assert_eq!(told(Play::Answer(200, vec![("content-encoding", "identity".into())], "x".into())).await, "200 x");
    assert_eq!(told(raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")).await, "broken");
    assert_eq!(told(raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\r\n")).await, "broken");
    assert_eq!(told(raw("")).await, "broken");
    assert_eq!(told(raw("SSH-2.0\r\n\r\n")).await, "broken");
    assert_eq!(told(raw("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1")).await, "200 1");
}

#[tokio::test]
async fn a_request_says_who_sends_it_and_wants_no_compression() {
    let stage = Stage::playing(|_| Play::json("{}")).await;
    Client::new(&private()).unwrap().send(request(&stage.url("/x?y=1"))).await.unwrap();
    let asked = stage.asked().remove(0);
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("GET", "/x?y=1"));
    assert_eq!(asked.header("accept-encoding"), Some("identity"));
    assert_eq!(asked.header("user-agent"), Some(AGENT));
}

#[tokio::test]
async fn one_client_keeps_its_connection_and_two_share_none() {
    let stage = Stage::playing(|_| Play::json("{}")).await;
    let (one, two) = (Client::new(&private()).unwrap(), Client::new(&private()).unwrap());
    for client in [&one, &one, &two] {
        client.send(request(&stage.url("/"))).await.unwrap();
    }
    let peers: Vec<SocketAddr> = stage.asked().iter().map(|asked| asked.peer).collect();
    assert_eq!(peers[0], peers[1]);
    assert_ne!(peers[1], peers[2]);
}

#[tokio::test]
async fn a_public_client_does_not_go_inside_by_address_or_by_name() {
    let stage = Stage::playing(|_| Play::json("{}")).await;
    let client = Client::new(&ClientSettings::default()).unwrap();
    let port = stage.address.port();
    for host in ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1"] {
        let url: Url = format!("http://{host}:{port}/").parse().unwrap();
        let refused = client.send(request(&url)).await.unwrap_err().to_string();
        assert!(refused.contains("private network"), "{host}: {refused}");
    }
    assert!(stage.asked().is_empty());
}

#[tokio::test]
async fn who_drops_the_future_closes_the_connection() {
    let stage = Stage::playing(|asked| if asked.target == "/hang" { Play::Hang } else { Play::json("{}") }).await;
    let client = Client::new(&private()).unwrap();
    assert!(timeout(Duration::from_millis(50), client.send(request(&stage.url("/hang")))).await.is_err());
    client.send(request(&stage.url("/"))).await.unwrap();
    let asked = stage.asked();
    assert_ne!(asked[0].peer, asked[1].peer, "a connection with an answer outstanding is not used again");
}

/// A server with a certificate for `localhost` by an authority of its own, speaking HTTP/2 only; and that authority.
async fn secure_server() -> (SocketAddr, CertificateDer<'static>) {
    let signed = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(signed.signing_key.serialize_der());
    let authority = signed.cert.der().clone();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![authority.clone()], key.into())
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let stream = hyper_util::rt::TokioIo::new(acceptor.accept(stream).await.ok()?);
                let answer = hyper::service::service_fn(|request: Request<hyper::body::Incoming>| async move {
                    Ok::<_, hyper::Error>(http::Response::new(Full::new(Bytes::from(format!(
                        "{:?}",
                        request.version()
                    )))))
                });
                hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                    .serve_connection(stream, answer)
                    .await
                    .ok()
            });
        }
    });
    (address, authority)
}

#[tokio::test]
async fn certificates_are_checked_for_authority_and_name() {
    let (address, authority) = secure_server().await;
    let trusting = Client::new(&ClientSettings { authorities: vec![authority], ..private() }).unwrap();
    let url = |host: &str| -> Url { format!("https://{host}:{}/", address.port()).parse().unwrap() };
    let answer = trusting.send(request(&url("localhost"))).await.unwrap();
    assert_eq!(&answer.body[..], b"HTTP/2.0");
    let other_name = trusting.send(request(&url("127.0.0.1"))).await.unwrap_err().to_string();
    assert!(other_name.contains("certificate"), "{other_name}");
    let stranger = Client::new(&private()).unwrap().send(request(&url("localhost"))).await.unwrap_err().to_string();
    assert!(stranger.contains("certificate"), "{stranger}");
}
