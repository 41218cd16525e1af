//! A gateway in front of a simulated estate, in this process, on free ports.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::Context;
use bytes::Bytes;
use chrono::NaiveDate;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use portico_gateway::AccessSink;
use portico_gateway::demo::{Demo, DemoOptions};
use portico_gateway::settings::Settings;
use portico_sandbox::{Sandbox, Tenant};

use crate::events::Events;
use crate::reply::Reply;

/// The demo, for one test.
pub struct Scene {
    demo: Demo,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// A request that is being put together.
pub struct Ask<'s> {
    scene: &'s Scene,
    url: String,
    method: Method,
    headers: Vec<(String, String)>,
    body: Bytes,
}

impl Scene {
    /// Starts it.
    ///
    /// # Panics
    /// Where the demo does not start: then there is nothing to test.
    pub async fn start() -> Scene {
        Self::try_start(AccessSink::Off).await.expect("the demo starts on free ports")
    }

    /// Starts it with settings that differ from the demo's.
    ///
    /// # Panics
    /// Where the demo does not start.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Scene {
        Self::try_start_with(AccessSink::Off, change).await.expect("the demo starts on free ports")
    }

    /// Starts it with its access log.
    pub async fn try_start(access: AccessSink) -> anyhow::Result<Scene> {
        Self::try_start_with(access, |_| {}).await
    }

    /// Starts it with settings that differ from the demo's, and with its access log.
    ///
    /// # Errors
    /// Where the demo does not start.
    pub async fn try_start_with(access: AccessSink, change: impl FnOnce(&mut Settings)) -> anyhow::Result<Scene> {
        let demo = Demo::start_with(Self::options(access)?, change).await.context("the demo does not start")?;
        Ok(Scene { demo, client: Client::builder(TokioExecutor::new()).build_http() })
    }

    fn options(access: AccessSink) -> anyhow::Result<DemoOptions> {
        let free: SocketAddr = "127.0.0.1:0".parse()?;
        let today = NaiveDate::from_ymd_opt(2026, 6, 15);
        Ok(DemoOptions { listen: free, admin: free, sandbox: free, today, access })
    }

    /// Starts it with files of its configuration edited: name → text.
    ///
    /// # Panics
    /// Where the demo does not start.
    pub async fn written(edit: impl FnOnce(&mut BTreeMap<String, String>)) -> Scene {
        let options = Self::options(AccessSink::Off).expect("an address");
        let demo = Demo::start_written(options, edit).await.expect("the edited configuration is in order");
        Scene { demo, client: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// Applies the demo's configuration with its files edited like this.
    ///
    /// # Errors
    /// Where the edited configuration is not in order.
    pub fn rewrite(&self, edit: impl FnOnce(&mut BTreeMap<String, String>)) -> anyhow::Result<u64> {
        self.demo.reload_written(edit).context("the edited configuration is not taken")
    }

    /// Applies the demo's configuration anew, changed like this.
    ///
    /// # Panics
    /// Where it cannot be applied.
    pub fn reload_with(&self, change: impl FnOnce(&mut Settings)) {
        self.demo.reload_with(change).expect("the settings can be applied");
    }

    /// The simulated systems.
    pub fn sandbox(&self) -> &Sandbox {
        &self.demo.sandbox
    }

    /// Where traffic is answered.
    pub fn traffic(&self) -> SocketAddr {
        self.demo.gateway.traffic()
    }

    /// Where the administrator is answered.
    pub fn admin(&self) -> SocketAddr {
        self.demo.gateway.admin()
    }

    /// What the demo tells its callers.
    pub fn environment(&self, name: &str) -> String {
        self.demo.environment().remove(name).unwrap_or_default()
    }

    /// A request to the traffic listener.
    pub fn ask(&self, method: Method, path: &str) -> Ask<'_> {
        let url = format!("http://{}{path}", self.traffic());
        Ask { scene: self, url, method, headers: Vec::new(), body: Bytes::new() }
    }

    /// A GET.
    pub fn get(&self, path: &str) -> Ask<'_> {
        self.ask(Method::GET, path)
    }

    /// A POST of JSON.
    pub fn post(&self, path: &str, body: &serde_json::Value) -> Ask<'_> {
        let mut ask = self.ask(Method::POST, path).header("content-type", "application/json");
        ask.body = Bytes::from(body.to_string());
        ask
    }

    /// A POST to any address.
    pub async fn post_to(&self, url: &str, body: &str) -> Reply {
        let ask = Ask { url: url.to_owned(), ..self.ask(Method::POST, "/") };
        ask.body(body.to_owned()).send().await
    }

    /// A GraphQL query.
    pub fn graphql(&self, query: &str) -> Ask<'_> {
        self.post("/graphql", &serde_json::json!({ "query": query }))
            .header("accept", "application/graphql-response+json")
    }

    /// A request to the admin listener.
    pub fn admin_get(&self, path: &str) -> Ask<'_> {
        Ask { url: format!("http://{}{path}", self.admin()), ..self.get(path) }
    }

    /// A POST to the admin listener.
    pub fn admin_post(&self, path: &str) -> Ask<'_> {
        Ask { url: format!("http://{}{path}", self.admin()), ..self.ask(Method::POST, path) }
    }

    /// Stops everything.
    pub async fn stop(self) {
        self.demo.stop().await;
    }
}

impl Ask<'_> {
    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Adds a bearer token.
    #[must_use]
    pub fn bearer(self, token: impl AsRef<str>) -> Self {
        let value = format!("Bearer {}", token.as_ref());
        self.header("authorization", value)
    }

    /// Asks as a consumer of tenant acme.
    #[must_use]
    pub fn as_consumer(self, consumer: &str) -> Self {
        self.of(Tenant::Acme, consumer)
    }

    /// Asks as a consumer of a tenant.
    #[must_use]
    pub fn of(self, tenant: Tenant, consumer: &str) -> Self {
        let token = self.scene.sandbox().token(tenant, consumer);
        self.bearer(token)
    }

    /// Replaces the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends it and reads the whole answer.
    ///
    /// # Panics
    /// Where there is no answer at all.
    pub async fn send(self) -> Reply {
        self.try_send().await.expect("the gateway answers")
    }

    /// Sends it and reads the answer as server-sent events, as they come.
    ///
    /// # Panics
    /// Where there is no answer at all.
    pub async fn listen(self) -> Events {
        let answer = self.header("accept", "text/event-stream").begin().await.expect("the gateway answers");
        let (head, body) = answer.into_parts();
        Events::new(head.status, head.headers, body)
    }

    async fn begin(self) -> anyhow::Result<http::Response<hyper::body::Incoming>> {
        let mut request = Request::builder().method(self.method).uri(&self.url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        Ok(self.scene.client.request(request.body(Full::new(self.body))?).await?)
    }

    /// The same, where a broken connection is what is tested.
    pub async fn try_send(self) -> anyhow::Result<Reply> {
        let answer = self.begin().await?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Reply { status: head.status, headers: head.headers, body })
    }
}
