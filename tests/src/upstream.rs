//! A system of a test's own: it keeps what it is sent, and answers what it is told to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use portico_composites::connect::credentials::Credentials;
use portico_contracts::secret::Secret;
use portico_gateway::settings::{Settings, SystemSettings};
use portico_sandbox::{Role, Tenant};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// One request as it arrived.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its method.
    pub method: Method,
    /// Path and query.
    pub target: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, as far as it came.
    pub body: Bytes,
    /// Whether the body came whole.
    pub whole: bool,
    /// On which connection it came, counted from 0.
    pub connection: usize,
}

impl Seen {
    /// One header's value; empty where it is not there.
    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
    }
}

/// An HTTP/1 server on a free port; it ends when it is dropped.
pub struct Upstream {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    listening: JoinHandle<()>,
}

struct State {
    seen: Vec<Seen>,
    status: StatusCode,
    headers: Vec<(String, String)>,
    body: Bytes,
    /// Bodies of requests whose target holds these words.
    bodies: Vec<(String, Bytes)>,
}

impl Upstream {
    /// Starts it. It answers `200 {"value":[]}` until told otherwise.
    ///
    /// # Panics
    /// Where there is no free port.
    pub async fn start() -> Upstream {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let body = Bytes::from_static(br#"{"value":[]}"#);
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let state =
            Arc::new(Mutex::new(State { seen: Vec::new(), status: StatusCode::OK, headers, body, bodies: Vec::new() }));
        let listening = tokio::spawn(listen(listener, Arc::clone(&state)));
        Upstream { address, state, listening }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Makes it acme's ERP, which shows it the credential `the-erps-own-credential`.
    pub fn as_erp(&self) -> impl FnOnce(&mut Settings) + use<> {
        self.as_system(Tenant::Acme, Role::Erp)
    }

    /// Makes it one of a tenant's systems, which shows it the credential `the-erps-own-credential`, or that of its role.
    pub fn as_system(&self, tenant: Tenant, role: Role) -> impl FnOnce(&mut Settings) + use<> {
        let url = self.url();
        move |settings| {
            let of_tenant = settings.tenants.values_mut().find(|one| one.id.as_str() == tenant.name());
            let mut systems = of_tenant.and_then(Arc::get_mut).into_iter().flat_map(|one| one.systems.values_mut());
            let system = systems.find(|system| system.role.as_str() == role.name());
            let system = system.expect("each of the demo's tenants has a system of every role");
            *system = Arc::new(SystemSettings {
                url: url.parse().expect("an address makes a URL"),
                credentials: Credentials::Bearer(Secret::new(format!("the-{}s-own-credential", role.name()))),
                ..SystemSettings::clone(system)
            });
        }
    }

    /// Changes what it answers from now on.
    pub fn answer(&self, status: StatusCode, headers: &[(&str, &str)], body: &str) {
        let mut state = lock(&self.state);
        state.status = status;
        state.headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        state.body = Bytes::from(body.to_owned());
    }

    /// Changes what it answers to requests whose target holds this; all else stays.
    pub fn answer_at(&self, part: &str, body: &str) {
        let mut state = lock(&self.state);
        state.bodies.retain(|(known, _)| known != part);
        state.bodies.push((part.to_owned(), Bytes::from(body.to_owned())));
    }

    /// What was asked so far, oldest first.
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.state).seen.clone()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(listener: TcpListener, state: Arc<Mutex<State>>) {
    let mut connection = 0;
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            let service = service_fn(move |request| answered(Arc::clone(&state), connection, request));
            // A peer that leaves is no failure of this server.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
        connection += 1;
    }
}

async fn answered(
    state: Arc<Mutex<State>>,
    connection: usize,
    request: http::Request<hyper::body::Incoming>,
) -> http::Result<Response<Full<Bytes>>> {
    let (head, mut body) = request.into_parts();
    let place = {
        let mut state = lock(&state);
        state.seen.push(Seen {
            method: head.method,
            target: head.uri.to_string(),
            headers: head.headers,
            body: Bytes::new(),
            whole: false,
            connection,
        });
        state.seen.len() - 1
    };
    let mut read = Vec::new();
    let whole = loop {
        match body.frame().await {
            Some(Ok(frame)) => read.extend_from_slice(frame.data_ref().map_or(&[][..], |data| &data[..])),
            Some(Err(_)) => break false,
            None => break true,
        }
    };
    let mut state = lock(&state);
    let seen = &mut state.seen[place];
    (seen.body, seen.whole) = (Bytes::from(read), whole);
    let target = seen.target.clone();
    let mut answer = Response::builder().status(state.status);
    for (name, value) in &state.headers {
        answer = answer.header(name, value);
    }
    let own = state.bodies.iter().find(|(part, _)| target.contains(part.as_str()));
    answer.body(Full::new(own.map_or_else(|| state.body.clone(), |(_, body)| body.clone())))
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
