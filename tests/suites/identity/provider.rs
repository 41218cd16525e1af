//! An identity provider of a test's own: it counts what it is asked, and fails in every way that providers do.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use portico_contracts::secret::Secret;
use portico_contracts::tenancy::TenantId;
use portico_gateway::settings::Settings;
use portico_policies::authenticate::{ClientAuth, Introspection, Issuer, Network, SigningAlgorithm};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::client::Key;

/// How it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mood {
    Well,
    Down,
    /// It takes the request and says nothing.
    Silent,
    /// Its keys are 2 MiB.
    Huge,
    /// It sends whoever asks for its keys elsewhere.
    Redirecting(String),
    /// It says that its keys are elsewhere.
    Elsewhere(String),
    Html,
}

/// What it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counts {
    pub(super) discovery: usize,
    pub(super) keys: usize,
    pub(super) tokens: usize,
}

pub(super) struct Provider {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    listening: JoinHandle<()>,
}

struct State {
    mood: Mood,
    counts: Counts,
    /// The newest last: it signs.
    keys: Vec<(String, Arc<Key>)>,
    minted: u32,
    /// What it says of tokens, and with which credentials it was asked.
    answer: Value,
    asked: Vec<(String, String)>,
}

impl Provider {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let keys = vec![("key-1".to_owned(), Arc::new(Key::new()))];
        let answer = json!({ "active": false });
        let (mood, counts) = (Mood::Well, Counts::default());
        let state = Arc::new(Mutex::new(State { mood, counts, keys, minted: 0, answer, asked: Vec::new() }));
        let listening = tokio::spawn(listen(listener, address, Arc::clone(&state)));
        Provider { address, state, listening }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn counts(&self) -> Counts {
        lock(&self.state).counts
    }

    pub(super) fn becomes(&self, mood: Mood) {
        lock(&self.state).mood = mood;
    }

    /// Signs with a new key from now on; the old ones stay published or do not.
    pub(super) fn rotates(&self, keeps_old: bool) {
        let mut state = lock(&self.state);
        let name = format!("key-{}", state.keys.len() + usize::try_from(state.minted).expect("few") + 1);
        if !keeps_old {
            state.keys.clear();
        }
        state.keys.push((name, Arc::new(Key::new())));
    }

    /// Says this of every opaque token from now on.
    pub(super) fn says_of_tokens(&self, answer: Value) {
        lock(&self.state).answer = answer;
    }

    /// What it was asked of tokens: the form, and the credentials.
    pub(super) fn asked(&self) -> Vec<(String, String)> {
        lock(&self.state).asked.clone()
    }

    /// What is true of a good token of acme's support console, for the gateway.
    pub(super) fn claims(&self, changes: &Value) -> Value {
        let now = chrono::Utc::now().timestamp();
        let mut claims = json!({
            "iss": self.url(), "aud": "portico", "sub": "jane", "tenant": "acme", "client_id": "support-console",
            "iat": now, "exp": now + 3600,
        });
        let changes = changes.as_object().expect("changes are an object").clone();
        claims.as_object_mut().expect("claims are an object").extend(changes);
        claims
    }

    /// A token that no other is like.
    pub(super) fn mint(&self, changes: &Value) -> String {
        let mut claims = self.claims(changes);
        let (name, key) = {
            let mut state = lock(&self.state);
            state.minted += 1;
            claims["jti"] = json!(state.minted);
            state.keys.last().expect("it has a key").clone()
        };
        key.signed(&json!({ "typ": "at+jwt", "alg": "ES256", "kid": name }), &claims)
    }

    /// A token that names a key which nobody has published.
    pub(super) fn forged(&self, kid: &str) -> String {
        let header = json!({ "typ": "at+jwt", "alg": "ES256", "kid": kid });
        Key::new().signed(&header, &self.claims(&json!({})))
    }

    pub(super) fn mints(&self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.mint(&json!({}))).collect()
    }

    /// Itself as one of the gateway's issuers, for acme.
    pub(super) fn issuer(&self) -> Issuer {
        let acme = TenantId::parse("acme").expect("a tenant");
        Issuer {
            algorithms: vec![SigningAlgorithm::ES256],
            network: Network::Private,
            ..Issuer::new(self.url(), "portico", [acme])
        }
    }

    /// The same, asked about tokens that begin like this.
    pub(super) fn asked_issuer(&self, prefix: &str) -> Issuer {
        let introspection = Introspection {
            endpoint: format!("{}/introspect", self.url()).parse().expect("an address"),
            client_id: Secret::new("portico"),
            client_secret: Secret::new("the-gateways-secret"),
            client_auth: ClientAuth::Basic,
            prefix: Some(prefix.to_owned()),
            always: true,
            believed: Duration::from_secs(10),
        };
        Issuer { introspection: Some(introspection), ..self.issuer() }
    }

    /// Settings with this issuer beside the demo's.
    pub(super) fn beside(issuer: Issuer) -> impl FnOnce(&mut Settings) {
        move |settings| settings.issuers.push(issuer)
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(listener: TcpListener, address: SocketAddr, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            let service = service_fn(move |request| answered(address, Arc::clone(&state), request));
            // A peer that leaves is no failure of this server.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answered(
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    request: Request<Incoming>,
) -> http::Result<Response<Full<Bytes>>> {
    let path = request.uri().path().to_owned();
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let ours = header("authorization").unwrap_or_default();
    let form = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let mood = {
        let mut state = lock(&state);
        match path.as_str() {
            "/jwks" => state.counts.keys += 1,
            "/introspect" => {
                state.counts.tokens += 1;
                state.asked.push((String::from_utf8_lossy(&form).into_owned(), ours));
            }
            _ => state.counts.discovery += 1,
        }
        state.mood.clone()
    };
    if mood == Mood::Silent {
        std::future::pending::<()>().await;
    }
    let keys = path == "/jwks";
    match mood {
        Mood::Down => return respond(StatusCode::SERVICE_UNAVAILABLE, "down"),
        Mood::Html => return respond(StatusCode::OK, "<html>"),
        Mood::Huge if keys => return respond(StatusCode::OK, &" ".repeat(2 << 20)),
        Mood::Redirecting(target) if keys => {
            return Response::builder().status(StatusCode::FOUND).header("location", target).body(Full::default());
        }
        Mood::Elsewhere(target) if !keys => return discovery(address, &target),
        _ => {}
    }
    let state = lock(&state);
    match path.as_str() {
        "/jwks" => {
            let jwks: Vec<Value> = state.keys.iter().map(|(name, key)| published(name, key)).collect();
            respond(StatusCode::OK, &json!({ "keys": jwks }).to_string())
        }
        "/introspect" => respond(StatusCode::OK, &state.answer.to_string()),
        _ => discovery(address, &format!("http://{address}/jwks")),
    }
}

fn published(name: &str, key: &Key) -> Value {
    let mut jwk = key.jwk();
    jwk["kid"] = json!(name);
    jwk
}

fn discovery(address: SocketAddr, keys: &str) -> http::Result<Response<Full<Bytes>>> {
    respond(StatusCode::OK, &json!({ "issuer": format!("http://{address}"), "jwks_uri": keys }).to_string())
}

fn respond(status: StatusCode, body: &str) -> http::Result<Response<Full<Bytes>>> {
    Response::builder().status(status).body(Full::new(Bytes::from(body.to_owned())))
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
