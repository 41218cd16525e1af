//! A gateway in front of one upstream that remembers what it saw.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use portico_gateway::settings::Settings;
use portico_gateway::{AccessSink, Gateway, Running};
use portico_policies::authenticate::KeyHash;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The key of a consumer that may do everything.
pub(crate) const KEY: &str = "pk_0123456789ab_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// The key of a consumer that may do nothing.
pub(crate) const IDLE_KEY: &str = "pk_ba9876543210_ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";

pub(crate) const PLAIN_ANSWER: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

/// An upstream that answers every request with the same bytes.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Upstream {
    pub(crate) async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (answer, remembered) = (Arc::new(answer.into()), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&answer), Arc::clone(&remembered)));
            }
        });
        Upstream { address, seen }
    }

    /// Heads and bodies, in the order in which they came.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

/// One request a read: enough for tests, whose requests are small. An empty answer is none at all.
async fn serve(mut stream: TcpStream, answer: Arc<Vec<u8>>, seen: Arc<Mutex<Vec<String>>>) {
    let mut received = Vec::new();
    let mut buffer = vec![0; 16_384];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        received.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&received).into_owned();
        if is_whole(&text) {
            seen.lock().unwrap().push(text);
            received.clear();
            if answer.is_empty() || stream.write_all(&answer).await.is_err() {
                // Held open without an answer until the other end gives up.
                continue;
            }
        }
    }
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let head = head.to_ascii_lowercase();
    match head.lines().find_map(|line| line.strip_prefix("content-length: ").map(str::to_owned)) {
        Some(length) => body.len() >= length.parse::<usize>().unwrap(),
        None => !head.contains("transfer-encoding: chunked") || body.ends_with("0\r\n\r\n"),
    }
}

/// A gateway with one tenant, whose ERP is the upstream.
pub(crate) struct Front {
    pub(crate) running: Running,
    pub(crate) upstream: Upstream,
    pub(crate) log: Receiver<Vec<u8>>,
    pub(crate) folder: TempDir,
}

/// What a test changes about the configuration.
#[derive(Default)]
pub(crate) struct Changes {
    /// Appended to `portico.yaml`.
    pub(crate) gateway: String,
    /// Instead of the plain listener.
    pub(crate) listen: Option<String>,
    /// In the system's section.
    pub(crate) system: String,
    /// Instead of the upstream's address.
    pub(crate) url: Option<String>,
}

impl Front {
    pub(crate) async fn start() -> Self {
        Front::with(PLAIN_ANSWER, Changes::default()).await
    }

    pub(crate) async fn answering(answer: &str) -> Self {
        Front::with(answer, Changes::default()).await
    }

    pub(crate) async fn with(answer: impl Into<Vec<u8>>, changes: Changes) -> Self {
        let upstream = Upstream::answering(answer).await;
        let folder = tempfile::tempdir().unwrap();
        write_configuration(folder.path(), upstream.address, &changes);
        let (sender, log) = sync_channel(1000);
        let running = Gateway::start(settings(folder.path()), AccessSink::Channel(sender)).await.unwrap();
        Front { running, upstream, log, folder }
    }

    /// Sends bytes and reads until the gateway closes, or says nothing more for a while.
    pub(crate) async fn send(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes.as_ref()).await.unwrap();
        read_all(&mut stream).await
    }

    /// A GET with the key of the consumer that may do everything.
    pub(crate) async fn get(&self, path: &str, fields: &str) -> String {
        self.send(format!(
            "GET {path} HTTP/1.1\r\nHost: api.test\r\nX-API-Key: {KEY}\r\n{fields}Connection: close\r\n\r\n"
        ))
        .await
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.running.traffic()).await.unwrap()
    }

    /// The next access-log line.
    pub(crate) fn logged(&self) -> serde_json::Value {
        let line = self.log.recv_timeout(Duration::from_secs(5)).expect("a line is logged");
        serde_json::from_slice(&line).unwrap()
    }
}

/// Everything until the other end closes; a connection that stays open is given a moment after its last byte.
pub(crate) async fn read_all(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut received = Vec::new();
    let mut buffer = vec![0; 16_384];
    let first = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut buffer)).await;
    if let Ok(Ok(read @ 1..)) = first {
        received.extend_from_slice(&buffer[..read]);
        while let Ok(Ok(read @ 1..)) = tokio::time::timeout(Duration::from_millis(300), stream.read(&mut buffer)).await
        {
            received.extend_from_slice(&buffer[..read]);
        }
    }
    String::from_utf8_lossy(&received).into_owned()
}

pub(crate) fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("none")
}

/// The `code` of a refusal.
pub(crate) fn code(answer: &str) -> String {
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let Ok(body) = serde_json::from_str::<serde_json::Value>(body) else { return String::new() };
    let code = if body["code"].is_string() { &body["code"] } else { &body["errors"][0]["extensions"]["code"] };
    code.as_str().unwrap_or_default().to_owned()
}

pub(crate) fn field<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let head = answer.split("\r\n\r\n").next()?;
    head.lines()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .find(|(n, _)| n.eq_ignore_ascii_case(name))
        .map(|(_, v)| v.trim())
}

pub(crate) fn settings(folder: &Path) -> Settings {
    let secrets: BTreeMap<String, String> =
        [("ADMIN_TOKEN", "admin-token-for-tests-0123456789"), ("ERP_TOKEN", "erp-token")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into();
    match Settings::check(folder, &secrets) {
        Ok(settings) => settings,
        Err(mistakes) => panic!("{}", mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    }
}

fn write_configuration(folder: &Path, upstream: SocketAddr, changes: &Changes) {
    let write = |path: &str, text: String| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let listen = changes.listen.clone().unwrap_or_else(|| "listen: { address: \"127.0.0.1:0\", h2c: true }".to_owned());
    let gateway = &changes.gateway;
    write(
        "portico.yaml",
        format!(
            "{listen}\nadmin: {{ listen: \"127.0.0.1:0\", token: \"env:ADMIN_TOKEN\" }}\nplans:\n  gold: {{ rate: 1000/s }}\ngrace: 2s\n{gateway}\n"
        ),
    );
    let url = changes.url.clone().unwrap_or_else(|| format!("http://{upstream}/base"));
    let system = &changes.system;
    write(
        "tenants/acme.yaml",
        format!(
            r#"
systems:
  acme-erp:
    role: erp
    pack: dynamics365
    url: "{url}"
    network: private
    settings: {{ company: usmf, currency: EUR }}
    credentials: {{ bearer: {{ token: "env:ERP_TOKEN" }} }}
{system}
consumers:
  crm:
    plan: gold
    tier: critical
    scopes: ["api:erp", "api:partner", "graphql", "order:read"]
    keys:
      - {{ name: test, hash: "{}" }}
  idle:
    plan: gold
    scopes: ["order:read"]
    keys:
      - {{ name: test, hash: "{}" }}
"#,
            KeyHash::of(KEY),
            KeyHash::of(IDLE_KEY)
        ),
    );
    write("apis/erp/v1/api.yaml", "state: active\nscope: api:erp\nroutes:\n  - { path: /data/**, role: erp, upstream: /odata/**, methods: [GET, POST] }\n  - { path: \"/read/{id}\", role: erp, upstream: \"/one/{id}\" }\n".to_owned());
    write("apis/erp/v0/api.yaml", "state: retired\nscope: api:erp\nsuccessor: v1\n".to_owned());
    write("apis/partner/v1/api.yaml", "state: deprecated\nscope: api:partner\ndeprecated_on: 2026-01-01\nsunset_on: 2099-01-01\nsuccessor: v2\nroutes:\n  - { path: /raw/**, role: erp }\n".to_owned());
    write(
        "apis/partner/v2/api.yaml",
        "state: active\nscope: api:partner\nroutes:\n  - { path: /raw/**, role: erp }\n".to_owned(),
    );
}
