//! Carries a notice over HTTP.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::Notice;

/// Vendors wait for five seconds or more.
const PATIENCE: Duration = Duration::from_secs(5);
const MOST: usize = 64 * 1024;

/// Sends it. The answer's status, and whether it says that the notice need not come again.
pub(super) async fn carry(base: &str, path: &str, notice: &Notice) -> (Option<u16>, bool) {
    let answer = tokio::time::timeout(PATIENCE, exchange(base, path, notice)).await;
    match answer {
        Ok(Ok((status, body))) => {
            // Who speaks SOAP reads the answer.
            let acknowledged = !notice.body.starts_with('<') || body.contains("<Ack>true</Ack>");
            (Some(status), (200..300).contains(&status) && acknowledged)
        }
        _ => (None, false),
    }
}

async fn exchange(base: &str, path: &str, notice: &Notice) -> anyhow::Result<(u16, String)> {
    let query = notice.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
    let mut request =
        Request::builder().method(Method::POST).uri(format!("{}{path}{query}", base.trim_end_matches('/')));
    for (name, value) in &notice.headers {
        request = request.header(*name, value);
    }
    let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(request.body(Full::new(Bytes::from(notice.body.clone())))?).await?;
    let status = answer.status().as_u16();
    let body = Limited::new(answer.into_body(), MOST).collect().await.map_err(|error| anyhow::anyhow!(error))?;
    Ok((status, String::from_utf8_lossy(&body.to_bytes()).into_owned()))
}
