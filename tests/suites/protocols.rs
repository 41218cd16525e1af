//! The ways in which a query can arrive: HTTP/1.0, 1.1 and 2, with and without TLS, one at a time, all at once, in
//! pieces, or from somebody who does not wait. Framing and patience have their own tests beside the gateway.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use portico_gateway::settings::Tls;
use portico_tests::{Fault, Role, Scene, Tenant};
use rustls_pki_types::{CertificateDer, ServerName};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// What a test waits for at most.
const PATIENCE: Duration = Duration::from_secs(20);

fn query(sku: &str) -> String {
    serde_json::json!({ "query": format!("{{ product(sku: \"{sku}\") {{ sku }} }}") }).to_string()
}

/// A query for a product as HTTP/1 writes it, with more fields.
fn post(scene: &Scene, sku: &str, fields: &str) -> String {
    let body = query(sku);
    format!("{}{fields}Content-Length: {}\r\n\r\n{body}", head(scene, "/graphql", "HTTP/1.1"), body.len())
}

fn head(scene: &Scene, target: &str, version: &str) -> String {
    let token = scene.sandbox().token(Tenant::Acme, "support-console");
    format!(
        "POST {target} {version}\r\nHost: portico.test\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nAccept: application/graphql-response+json\r\n"
    )
}

async fn connect(scene: &Scene) -> TcpStream {
    TcpStream::connect(scene.traffic()).await.expect("the gateway listens")
}

/// Sends bytes and reads until the gateway closes.
async fn talk(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), bytes: &str) -> String {
    stream.write_all(bytes.as_bytes()).await.expect("it is read");
    let mut said = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut said)).await;
    read.expect("the gateway closes").expect("it closes in order");
    String::from_utf8(said).expect("text")
}

/// Status, `Connection` and what the body says, of each answer in what was received.
fn answers(said: &str) -> String {
    let mut lines = String::new();
    for answer in said.split("HTTP/1.").skip(1) {
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
        let fields: BTreeMap<String, &str> =
            head.lines().filter_map(|line| line.split_once(": ")).map(|(n, v)| (n.to_ascii_lowercase(), v)).collect();
        let json: Value = serde_json::from_str(body).unwrap_or_default();
        let says = json["data"]["product"]["sku"].as_str().or(json["errors"][0]["extensions"]["code"].as_str());
        let says = says.or(json["code"].as_str()).unwrap_or(body);
        let status = head.split(' ').nth(1).unwrap_or("none");
        let _ = writeln!(lines, "{status} {says} ({})", fields.get("connection").unwrap_or(&"not told"));
    }
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_in_a_row_are_answered_in_order_on_one_connection() {
    let scene = Scene::start().await;
    let refused = "GET /nowhere HTTP/1.1\r\nHost: portico.test\r\n\r\n";
    let all = [
        post(&scene, "AC-100", ""),
        post(&scene, "AC-200", ""),
        refused.to_owned(),
        post(&scene, "AC-300", "Connection: close\r\n"),
    ];
    insta::assert_snapshot!(answers(&talk(&mut connect(&scene).await, &all.concat()).await), @"
    200 AC-100 (keep-alive)
    200 AC-200 (keep-alive)
    404 route_not_found (keep-alive)
    200 AC-300 (close)
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_come_in_every_legal_shape() {
    let scene = Scene::start().await;
    let body = query("AC-100");
    let (one, other) = body.split_at(7);
    let close = "Connection: close\r\n";
    let http11 = head(&scene, "/graphql", "HTTP/1.1");
    let absolute = head(&scene, "http://portico.test/graphql", "HTTP/1.1");
    let http10 = head(&scene, "/graphql", "HTTP/1.0");
    let length = body.len();
    let chunks = format!(
        "{http11}{close}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{one}\r\n{:x};a=b\r\n{other}\r\n0\r\nX-Tenant-Id: globex\r\n\r\n",
        one.len(),
        other.len()
    );
    let mut seen = String::new();
    for (what, request) in [
        ("in chunks, with an extension and a trailer", chunks),
        ("absolute form", format!("{absolute}{close}Content-Length: {length}\r\n\r\n{body}")),
        ("HTTP/1.0", format!("{http10}Content-Length: {length}\r\n\r\n{body}")),
        ("HTTP/1.0 without a length", format!("{http10}\r\n{body}")),
        ("compressed", format!("{http11}{close}Content-Encoding: gzip\r\nContent-Length: {length}\r\n\r\n{body}")),
        ("longer than said", format!("{http11}Content-Length: {}\r\n\r\n{body}", length - 1)),
    ] {
        let _ = write!(seen, "{what}: {}", answers(&talk(&mut connect(&scene).await, &request).await));
    }
    insta::assert_snapshot!(seen, @"
    in chunks, with an extension and a trailer: 200 AC-100 (close)
    absolute form: 200 AC-100 (close)
    HTTP/1.0: 200 AC-100 (close)
    HTTP/1.0 without a length: 400 body_malformed (close)
    compressed: 415 media_type_unsupported (close)
    longer than said: 400 body_malformed (keep-alive)
    400  (close)
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asks_first_is_told_to_go_on() {
    let scene = Scene::start().await;
    let whole = post(&scene, "AC-100", "Connection: close\r\nExpect: 100-continue\r\n");
    let (head, body) = whole.split_at(whole.find("\r\n\r\n").expect("a head") + 4);
    let mut stream = connect(&scene).await;
    stream.write_all(head.as_bytes()).await.expect("it is read");
    let mut interim = [0; 25];
    let told = tokio::time::timeout(PATIENCE, stream.read_exact(&mut interim)).await;
    told.expect("an answer before the body").expect("it is whole");
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    insta::assert_snapshot!(answers(&talk(&mut stream, body).await), @"200 AC-100 (close)");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_does_not_take_others_answers_with_it() {
    let scene = Scene::start().await;
    scene.sandbox().set_fault(Tenant::Acme, Role::Erp, Fault::Slow(Duration::from_millis(200))).await;
    let mut hasty = connect(&scene).await;
    hasty.write_all(post(&scene, "AC-100", "").as_bytes()).await.expect("it is read");
    let asked = || scene.sandbox().calls().iter().any(|call| call.path.ends_with("ReleasedProductsV2"));
    tokio::time::timeout(PATIENCE, async {
        while !asked() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("it asks");
    let query = r#"{ product(sku: "AC-100") { sku source { state } } }"#;
    let patient = scene.graphql(query).as_consumer("support-console").send();
    drop(hasty);
    let reply = patient.await;
    assert_eq!(reply.errors(), Vec::<String>::new());
    assert_eq!(reply.data()["product"]["source"]["state"], "COALESCED");
    let calls = scene.sandbox().calls();
    let products: u64 = calls.iter().filter(|c| c.path.ends_with("ReleasedProductsV2")).map(|c| c.count).sum();
    assert_eq!(products, 1);
}

/// Asks for products all at once on one HTTP/2 connection; the statuses and what was answered, counted.
async fn at_once<S>(scene: &Scene, stream: S) -> BTreeMap<String, u32>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
    tokio::spawn(connection);
    let token = scene.sandbox().token(Tenant::Acme, "support-console");
    let asks = (0..40).map(|at| {
        let (mut sender, sku) = (sender.clone(), ["AC-100", "AC-200", "AC-300", "AC-999"][at % 4]);
        let request = Request::post("http://portico.test/graphql")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(query(sku))));
        async move {
            let answer = sender.send_request(request.expect("a request")).await.expect("an answer");
            let status = answer.status().as_u16();
            let body = answer.into_body().collect().await.expect("a body").to_bytes();
            let body: Value = serde_json::from_slice(&body).expect("JSON");
            assert!(body["data"]["product"].is_null() || body["data"]["product"]["sku"] == sku, "{body}");
            format!("{status} {}", body["data"]["product"]["sku"].as_str().unwrap_or("null"))
        }
    });
    join_all(asks).await.into_iter().fold(BTreeMap::new(), |mut seen, answer| {
        *seen.entry(answer).or_default() += 1;
        seen
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn many_queries_share_a_connection_of_http2_without_tls() {
    let scene = Scene::with(|settings| settings.listen.h2c = true).await;
    let seen = at_once(&scene, connect(&scene).await).await;
    insta::assert_snapshot!(format!("{seen:?}"), @r#"{"200 AC-100": 10, "200 AC-200": 10, "200 AC-300": 10, "200 null": 10}"#);
    // HTTP/1.1 is spoken at the same port.
    let plain = talk(&mut connect(&scene).await, &post(&scene, "AC-100", "Connection: close\r\n")).await;
    assert!(plain.starts_with("HTTP/1.1 200"), "{plain}");
}

#[tokio::test(flavor = "multi_thread")]
async fn http2_without_tls_can_be_switched_off() {
    let scene = Scene::with(|settings| settings.listen.h2c = false).await;
    let said = talk(&mut connect(&scene).await, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert!(!said.contains("200"), "{said}");
}

fn certificate(folder: &Path) -> (Tls, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(["portico.test".to_owned()]).expect("a certificate");
    let tls = Tls { certificate: folder.join("tls.crt"), key: folder.join("tls.key") };
    std::fs::write(&tls.certificate, made.cert.pem()).expect("it can be written");
    std::fs::write(&tls.key, made.signing_key.serialize_pem()).expect("it can be written");
    (tls, made.cert.der().clone())
}

async fn connect_safely(scene: &Scene, trusted: &CertificateDer<'static>, alpn: &[&str]) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a certificate");
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let name = ServerName::try_from("portico.test").expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, connect(scene).await).await.expect("TLS")
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_client_and_gateway_agree_on_the_protocol() {
    let folder = tempfile::tempdir().expect("a folder");
    let (tls, trusted) = certificate(folder.path());
    let scene = Scene::with(|settings| settings.listen.tls = Some(tls)).await;
    let stream = connect_safely(&scene, &trusted, &["h2", "http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let seen = at_once(&scene, stream).await;
    insta::assert_snapshot!(format!("{seen:?}"), @r#"{"200 AC-100": 10, "200 AC-200": 10, "200 AC-300": 10, "200 null": 10}"#);
    for alpn in [&["http/1.1"][..], &[]] {
        let mut stream = connect_safely(&scene, &trusted, alpn).await;
        let said = talk(&mut stream, &post(&scene, "AC-100", "Connection: close\r\n")).await;
        assert_eq!(answers(&said), "200 AC-100 (close)\n");
    }
}
