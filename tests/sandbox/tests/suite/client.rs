//! A small HTTP client: every call on a connection of its own, so that no test inherits another one's.

use anyhow::Context;
use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use portico_sandbox::SystemInfo;
use serde_json::Value;

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|wrong| panic!("{wrong} in {:?}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

pub(crate) async fn send(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> anyhow::Result<Answer> {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let response = client.request(request.body(Full::new(body.into()))?).await?;
    let (head, body) = response.into_parts();
    let body = body.collect().await.context("the body broke off")?.to_bytes();
    Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
}

pub(crate) async fn get(url: &str) -> anyhow::Result<Answer> {
    send("GET", url, &[], "").await
}

/// A token by client credentials, as the system's own information says.
pub(crate) async fn sign_in(system: &SystemInfo) -> anyhow::Result<String> {
    let answer = ask_token(system, system.credentials.scope.as_deref().unwrap_or_default()).await?;
    let body: Value = serde_json::from_slice(&answer.body)?;
    let token = body["access_token"].as_str().map(str::to_owned);
    token.with_context(|| format!("{} {:?}", answer.status, answer.body))
}

pub(crate) async fn ask_token(system: &SystemInfo, scope: &str) -> anyhow::Result<Answer> {
    let access = &system.credentials;
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("client_id", access.client_id.as_deref().unwrap_or_default())
        .append_pair("client_secret", access.client_secret.as_deref().unwrap_or_default())
        .append_pair("scope", scope)
        .finish();
    let url = access.token_url.as_deref().context("the system hands out tokens")?;
    send("POST", url, &[("content-type", "application/x-www-form-urlencoded")], form).await
}

/// A signed-in reader of one system.
pub(crate) struct Reader {
    address: String,
    authorization: String,
}

impl Reader {
    pub(crate) async fn of(system: &SystemInfo) -> anyhow::Result<Self> {
        let authorization = format!("Bearer {}", sign_in(system).await?);
        Ok(Self { address: system.address.clone(), authorization })
    }

    /// `target` may hold spaces and quotes, as people write queries.
    pub(crate) async fn get(&self, target: &str) -> anyhow::Result<Answer> {
        self.get_with(target, &[]).await
    }

    pub(crate) async fn get_with(&self, target: &str, more: &[(&str, &str)]) -> anyhow::Result<Answer> {
        let target = target.replace(' ', "%20").replace('\'', "%27");
        let url = if target.starts_with('/') { format!("{}{target}", self.address) } else { target };
        let mut headers = vec![("authorization", self.authorization.as_str())];
        headers.extend_from_slice(more);
        send("GET", &url, &headers, "").await
    }
}
