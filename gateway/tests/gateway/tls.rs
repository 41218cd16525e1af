//! TLS from configuration, HTTP/2 by ALPN, certificates swapped by a reload.

use std::path::Path;
use std::sync::Arc;

use rcgen::generate_simple_self_signed;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::support::{Changes, Front, PLAIN_ANSWER, read_all, status};

fn certificate(folder: &Path) -> CertificateDer<'static> {
    let made = generate_simple_self_signed(["api.test".to_owned()]).unwrap();
    std::fs::write(folder.join("tls.crt"), made.cert.pem()).unwrap();
    std::fs::write(folder.join("tls.key"), made.signing_key.serialize_pem()).unwrap();
    made.cert.der().clone()
}

async fn front(keys: &Path) -> Front {
    let listen = format!(
        "listen: {{ address: \"127.0.0.1:0\", tls: {{ certificate: \"{0}/tls.crt\", key: \"{0}/tls.key\" }} }}",
        keys.display()
    );
    Front::with(PLAIN_ANSWER, Changes { listen: Some(listen), ..Changes::default() }).await
}

async fn connect(
    front: &Front,
    trusted: &CertificateDer<'static>,
    alpn: &str,
) -> std::io::Result<tokio_rustls::client::TlsStream<tokio::net::TcpStream>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("api.test").unwrap(), front.connect().await).await
}

#[tokio::test]
async fn both_protocols_are_spoken_over_tls() {
    let keys = tempfile::tempdir().unwrap();
    let trusted = certificate(keys.path());
    let front = front(keys.path()).await;
    let mut stream = connect(&front, &trusted, "http/1.1").await.unwrap();
    let get = b"GET /nowhere HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut stream, get).await.unwrap();
    assert_eq!(status(&read_all(&mut stream).await), "404");
    let stream = connect(&front, &trusted, "h2").await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let stream = hyper_util::rt::TokioIo::new(stream);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, stream).await.unwrap();
    tokio::spawn(connection);
    let get =
        http::Request::get("https://api.test/nowhere").body(http_body_util::Empty::<bytes::Bytes>::new()).unwrap();
    assert_eq!(sender.send_request(get).await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_reload_swaps_the_certificate() {
    let keys = tempfile::tempdir().unwrap();
    let old = certificate(keys.path());
    let front = front(keys.path()).await;
    assert!(connect(&front, &old, "http/1.1").await.is_ok());
    let new = certificate(keys.path());
    front.running.apply(crate::support::settings(front.folder.path())).unwrap();
    assert!(connect(&front, &new, "http/1.1").await.is_ok());
    assert!(connect(&front, &old, "http/1.1").await.is_err());
}
