//! Single calls to what stands beside the gateway: issuer, sandbox, admin listener.

use anyhow::Context;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;

/// A form's content type.
const FORM: &str = "application/x-www-form-urlencoded";

/// Sends one request on a connection of its own.
pub(crate) async fn ask(method: Method, url: &str, form: String) -> anyhow::Result<(StatusCode, Bytes)> {
    let mut request = Request::builder().method(method).uri(url);
    if !form.is_empty() {
        request = request.header(http::header::CONTENT_TYPE, FORM);
    }
    let request = request.body(Full::new(Bytes::from(form)))?;
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let answer = client.request(request).await.with_context(|| format!("{url} does not answer"))?;
    let status = answer.status();
    Ok((status, answer.into_body().collect().await?.to_bytes()))
}

/// Reads JSON.
pub(crate) async fn get<T: for<'a> Deserialize<'a>>(url: &str) -> anyhow::Result<T> {
    let (status, body) = ask(Method::GET, url, String::new()).await?;
    anyhow::ensure!(status == StatusCode::OK, "{url} answers {status}: {}", String::from_utf8_lossy(&body));
    serde_json::from_slice(&body).with_context(|| format!("{url} answers something else than expected"))
}
