//! Client certificates: as a credential, and as what a token is bound to (RFC 8705).

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use portico_gateway::settings::{Certificate, ClientCertificates, Settings, Tls};
use portico_policies::authenticate::{CertificateMark, CertificateName, Thumbprint};
use portico_tests::{Scene, Tenant, TokenRequest, Upstream};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::client::sha256;
use super::outcome;

const PATH: &str = "/partner/v2/orders/SO-1042";

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

/// A client's certificate with its key.
struct Identity {
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl Identity {
    fn of(name: &str, by: &Authority) -> Self {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, by).expect("it signs").der().clone();
        Identity { certificate, key }
    }

    fn confirmation(&self) -> Value {
        json!({ "x5t#S256": sha256(&self.certificate) })
    }

    /// RFC 9440 §2.2.
    fn header(&self) -> String {
        format!(":{}:", STANDARD.encode(&self.certificate))
    }
}

/// The gateway's own certificate, and who may vouch for its clients.
struct Estate {
    folder: tempfile::TempDir,
    server: CertificateDer<'static>,
    partners: Authority,
    others: Authority,
}

impl Estate {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let made = rcgen::generate_simple_self_signed(["portico.test".to_owned()]).expect("a certificate");
        write(folder.path(), "tls.crt", &made.cert.pem());
        write(folder.path(), "tls.key", &made.signing_key.serialize_pem());
        let server = made.cert.der().clone();
        Estate { folder, server, partners: authority("partners"), others: authority("others") }
    }

    /// Over TLS, with both authorities; partner-one of acme is known by its host name, from the one authority only.
    fn settings(&self, required: bool) -> impl FnOnce(&mut Settings) + use<> {
        let path = self.folder.path().to_owned();
        let clients = self.clients(required, false);
        move |settings| {
            settings.listen.tls = Some(Tls { certificate: path.join("tls.crt"), key: path.join("tls.key") });
            settings.listen.client_certificates = Some(clients);
            by_name(settings);
        }
    }

    fn clients(&self, required: bool, from_proxies: bool) -> ClientCertificates {
        let authorities = [("partners", &self.partners), ("others", &self.others)];
        let authorities = authorities.map(|(name, authority)| (Arc::from(name), vec![authority.der().clone()]));
        ClientCertificates { authorities: BTreeMap::from(authorities), required, from_proxies }
    }

    async fn connect(&self, scene: &Scene, identity: Option<&Identity>, alpn: &str) -> anyhow::Result<Connection> {
        let mut roots = RootCertStore::empty();
        roots.add(self.server.clone())?;
        let builder = ClientConfig::builder().with_root_certificates(roots);
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some(Identity { certificate, key }) => {
                let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
                builder.with_client_auth_cert(vec![certificate.clone()], key)?
            }
        };
        config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
        let tcp = TcpStream::connect(scene.traffic()).await?;
        let stream = TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("portico.test")?, tcp).await?;
        let io = TokioIo::new(stream);
        if alpn == "h2" {
            let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await?;
            tokio::spawn(connection);
            return Ok(Connection::Two(sender));
        }
        let (sender, connection) = http1::handshake(io).await?;
        tokio::spawn(connection);
        Ok(Connection::One(sender))
    }
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("it can be written");
}

fn with_certificate(settings: &mut Settings, tenant: &str, consumer: &str, mark: CertificateMark) {
    let tenant = settings.tenants.values_mut().find(|one| one.id.as_str() == tenant).expect("it is there");
    let tenant = Arc::get_mut(tenant).expect("nobody else holds it yet");
    let consumer = tenant.consumers.values_mut().find(|one| one.id.as_str() == consumer).expect("it is there");
    let consumer = Arc::get_mut(consumer).expect("nobody else holds it yet");
    consumer.certificates.push(Certificate { name: "edge".into(), mark });
}

fn by_name(settings: &mut Settings) {
    let name = CertificateName::Dns("edge.partner-one.example".to_owned());
    let mark = CertificateMark::Name { authority: "partners".into(), name };
    with_certificate(settings, "acme", "partner-one", mark);
}

/// One connection, which stays open.
enum Connection {
    One(http1::SendRequest<Empty<Bytes>>),
    Two(http2::SendRequest<Empty<Bytes>>),
}

impl Connection {
    /// Status and code.
    async fn get(&mut self, path: &str, token: Option<&str>) -> anyhow::Result<String> {
        let (origin, host) = match self {
            Connection::One(_) => ("", Some("portico.test")),
            Connection::Two(_) => ("https://portico.test", None),
        };
        let mut request = Request::get(format!("{origin}{path}"));
        if let Some(host) = host {
            request = request.header("host", host);
        }
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(Empty::new())?;
        let answer = match self {
            Connection::One(sender) => {
                sender.ready().await?;
                sender.send_request(request).await?
            }
            Connection::Two(sender) => sender.send_request(request).await?,
        };
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await?.to_bytes();
        let json: Value = serde_json::from_slice(&body).unwrap_or_default();
        Ok(format!("{status} {}", json["code"].as_str().unwrap_or_default()).trim_end().to_owned())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_alone_is_a_credential_for_whom_it_is_registered() {
    let estate = Estate::new();
    let scene = Scene::with(estate.settings(false)).await;
    let own = Identity::of("edge.partner-one.example", &estate.partners);
    let foreign = Identity::of("edge.partner-one.example", &estate.others);
    let unknown = Identity::of("somebody.example", &estate.partners);
    for alpn in ["http/1.1", "h2"] {
        let asked = async |identity| estate.connect(&scene, identity, alpn).await?.get(PATH, None).await;
        assert_eq!(asked(Some(&own)).await.expect("an answer"), "200", "{alpn}");
        assert_eq!(asked(None).await.expect("an answer"), "401 credentials_missing", "{alpn}");
        assert_eq!(asked(Some(&unknown)).await.expect("an answer"), "401 certificate_unknown", "{alpn}");
        let of_others = asked(Some(&foreign)).await.expect("an answer");
        assert_eq!(of_others, "401 certificate_unknown", "the same name from another authority, {alpn}");
        let stranger = Identity::of("edge.partner-one.example", &authority("partners"));
        assert!(asked(Some(&stranger)).await.is_err(), "nobody vouches for it, {alpn}");
    }
    let mut connection = estate.connect(&scene, Some(&own), "http/1.1").await.expect("TLS");
    let token = scene.sandbox().mint(&TokenRequest::new(Tenant::Acme, "partner-one").expired());
    let answer = connection.get(PATH, Some(&token)).await.expect("an answer");
    assert_eq!(answer, "401 token_expired", "a certificate does not stand in for a token that was shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_token_is_good_over_its_own_certificates_connection_only() {
    let estate = Estate::new();
    let scene = Scene::with(estate.settings(false)).await;
    let (own, other) = (Identity::of("a.example", &estate.partners), Identity::of("b.example", &estate.partners));
    let request = TokenRequest::new(Tenant::Acme, "partner-one").claim("cnf", own.confirmation());
    let token = scene.sandbox().mint(&request);
    for alpn in ["http/1.1", "h2"] {
        let asked = async |identity| {
            let mut connection = estate.connect(&scene, identity, alpn).await.expect("TLS");
            connection.get(PATH, Some(&token)).await.expect("an answer")
        };
        assert_eq!(asked(Some(&own)).await, "200", "{alpn}");
        // It was believed a moment ago, and is stolen now.
        assert_eq!(asked(Some(&other)).await, "401 certificate_mismatch", "{alpn}");
        assert_eq!(asked(None).await, "401 certificate_mismatch", "{alpn}");
        assert_eq!(asked(Some(&own)).await, "200", "{alpn}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_certificate_is_demanded_nobody_comes_in_without() {
    let estate = Estate::new();
    let scene = Scene::with(estate.settings(true)).await;
    let own = Identity::of("edge.partner-one.example", &estate.partners);
    let mut connection = estate.connect(&scene, Some(&own), "h2").await.expect("TLS");
    assert_eq!(connection.get(PATH, None).await.expect("an answer"), "200");
    let without = async { estate.connect(&scene, None, "http/1.1").await?.get(PATH, None).await };
    assert!(without.await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_that_takes_an_authority_away_is_felt_by_open_connections() {
    let estate = Estate::new();
    let scene = Scene::with(estate.settings(false)).await;
    let own = Identity::of("edge.partner-one.example", &estate.partners);
    let mut connection = estate.connect(&scene, Some(&own), "h2").await.expect("TLS");
    assert_eq!(connection.get(PATH, None).await.expect("an answer"), "200");
    let settings = estate.settings(false);
    scene.reload_with(|changed| {
        settings(changed);
        let clients = changed.listen.client_certificates.as_mut().expect("they are taken");
        clients.authorities.remove("partners");
    });
    let answer = connection.get(PATH, None).await.expect("an answer");
    assert_eq!(answer, "401 credentials_missing", "nobody vouches for it any more");
    let anew = async { estate.connect(&scene, Some(&own), "h2").await?.get(PATH, None).await };
    assert!(anew.await.is_err(), "and no new connection is made with it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_proxy_tells_the_callers_certificate_and_nobody_else_does() {
    let estate = Estate::new();
    let upstream = Upstream::start().await;
    let own = Identity::of("edge.partner-one.example", &estate.partners);
    let print = CertificateMark::Thumbprint(Thumbprint::of(&own.certificate));
    let clients = estate.clients(false, true);
    let system = upstream.as_erp();
    let behind = |trusted: &str| {
        let (clients, print, trusted) = (clients.clone(), print.clone(), trusted.parse().expect("a network"));
        move |settings: &mut Settings| {
            settings.limits.trusted_proxies = vec![trusted];
            settings.listen.client_certificates = Some(clients);
            with_certificate(settings, "acme", "crm", print);
        }
    };
    let with_proxy = behind("127.0.0.0/8");
    let scene = Scene::with(|settings| {
        system(settings);
        with_proxy(settings);
    })
    .await;
    let path = "/erp/v1/CustomersV3";
    assert_eq!(outcome(&scene.get(path).header("client-cert", own.header()).send().await), "200");
    let seen = upstream.seen();
    assert_eq!((seen.len(), seen[0].header("client-cert").as_str()), (1, ""), "the system is not told");
    assert_eq!(outcome(&scene.get(path).send().await), "401 credentials_missing");
    assert_eq!(outcome(&scene.get(path).header("client-cert", "x").send().await), "400 bad_request");
    let bound = TokenRequest::new(Tenant::Acme, "crm").claim("cnf", own.confirmation());
    let token = scene.sandbox().mint(&bound);
    let told = scene.get(path).bearer(&token).header("client-cert", own.header()).send().await;
    assert_eq!(outcome(&told), "200");
    assert_eq!(outcome(&scene.get(path).bearer(&token).send().await), "401 certificate_mismatch");

    let from_elsewhere = Scene::with(behind("192.0.2.0/24")).await;
    let claimed = from_elsewhere.get(path).header("client-cert", own.header()).send().await;
    assert_eq!(outcome(&claimed), "401 credentials_missing", "whoever says so is nobody");
    let off = Scene::start().await;
    let claimed = off.get(path).header("client-cert", own.header()).send().await;
    assert_eq!(outcome(&claimed), "401 credentials_missing");
}
