//! What somebody with bad intentions sends, through real sockets and to the byte. Where it is refused, nobody behind the
//! gateway has seen anything of it.
//!
//! [docs/attacks.md](../../docs/attacks.md) lists every attack with its answer and its tests, those of other suites, too;
//! [`list`] holds that page against the tests.

mod admin;
mod framing;
mod graphql;
mod http2;
mod identity_headers;
mod injection;
mod keys;
mod limits;
mod list;
mod path;
mod tenants;
mod tokens;
mod upstream_answers;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use http::Method;
use portico_gateway::settings::Settings;
use portico_tests::{Scene, Tenant, Upstream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// After so long without a byte an answer is taken for whole.
const SILENCE: Duration = Duration::from_millis(300);
/// Longer than any answer takes to begin.
const PATIENCE: Duration = Duration::from_secs(20);

/// A gateway, acme's ERP behind it as a server that keeps what it is sent, and the CRM's token.
struct Target {
    scene: Scene,
    upstream: Upstream,
    token: String,
}

impl Target {
    async fn start() -> Target {
        Target::with(|_| {}).await
    }

    /// The demo, with a route to the ERP that takes POST, and with settings that differ like this.
    async fn with(change: impl FnOnce(&mut Settings)) -> Target {
        let upstream = Upstream::start().await;
        let as_erp = upstream.as_erp();
        let scene = Scene::with(|settings| {
            as_erp(settings);
            let routes = settings.apis.values_mut().filter(|api| api.name.as_str() == "erp");
            let versions = routes.filter_map(Arc::get_mut).flat_map(|api| api.versions.values_mut());
            for route in versions.filter_map(Arc::get_mut).flat_map(|version| version.routes.iter_mut()) {
                Arc::get_mut(route).expect("nobody else holds it yet").methods.push(Method::POST);
            }
            // Who says half a thing is not waited for long.
            settings.limits.head_timeout = Duration::from_secs(1);
            settings.limits.body_timeout = Duration::from_secs(1);
            change(settings);
        })
        .await;
        let token = scene.sandbox().token(Tenant::Acme, "crm");
        Target { scene, upstream, token }
    }

    /// Host and the CRM's token, as lines of a head.
    fn known(&self) -> String {
        format!("Host: portico.test\r\nAuthorization: Bearer {}\r\n", self.token)
    }

    /// Sends bytes, and reads until the gateway closes or has said all.
    async fn say(&self, bytes: impl AsRef<[u8]>) -> Said {
        Said::to(TcpStream::connect(self.scene.traffic()).await.expect("the gateway listens"), bytes.as_ref()).await
    }

    /// Sends each of these on a connection of its own, at once; what was said to each.
    async fn say_each(&self, all: &[String]) -> Vec<Said> {
        join_all(all.iter().map(|bytes| self.say(bytes))).await
    }

    /// What the ERP was asked: `GET /data/x`.
    fn seen(&self) -> Vec<String> {
        self.upstream.seen().iter().map(|seen| format!("{} {}", seen.method, seen.target)).collect()
    }

    /// An ordinary request is answered, and reaches the ERP once.
    async fn is_well(&self) {
        let before = self.upstream.seen().len();
        let said =
            self.say(format!("GET /erp/v1/ordinary HTTP/1.1\r\n{}Connection: close\r\n\r\n", self.known())).await;
        assert_eq!(said.status(), "200", "{said:?}");
        assert_eq!(self.upstream.seen().len(), before + 1);
    }
}

/// What the gateway said on one connection.
#[derive(Debug)]
struct Said {
    text: String,
    closed: bool,
}

impl Said {
    async fn to(mut stream: TcpStream, bytes: &[u8]) -> Said {
        // Who closes while we send has said all that it wants to say.
        let _ = stream.write_all(bytes).await;
        Said::on(&mut stream).await
    }

    async fn on(stream: &mut TcpStream) -> Said {
        let mut read = Vec::new();
        let mut patience = PATIENCE;
        loop {
            match tokio::time::timeout(patience, stream.read_buf(&mut read)).await {
                Ok(Ok(1..)) => patience = SILENCE,
                end => return Said { text: String::from_utf8_lossy(&read).into_owned(), closed: end.is_ok() },
            }
        }
    }

    /// The first answer's status.
    fn status(&self) -> &str {
        self.text.split(' ').nth(1).unwrap_or("none")
    }

    /// How many answers there were.
    fn answers(&self) -> usize {
        self.text.matches("HTTP/1.1 ").count()
    }

    /// The first answer's code, of problem details or of a GraphQL error.
    fn code(&self) -> String {
        let body = self.text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let json: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
        let code = json["code"].as_str().or(json["errors"][0]["extensions"]["code"].as_str());
        code.unwrap_or_default().to_owned()
    }

    /// Status and code, for comparison.
    fn told(&self) -> String {
        format!("{} {}", self.status(), self.code())
    }
}

/// A whole request that nobody sent as one: whoever answers it was fooled.
fn smuggled(target: &Target) -> String {
    format!("GET /erp/v1/smuggled HTTP/1.1\r\n{}\r\n", target.known())
}
