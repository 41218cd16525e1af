//! Several calls in one; their answers come back in base 64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};

use super::errors::{Refusal, reply};
use crate::vendor::{Call, Reply};

/// More calls than this are left for the client to send again.
const MOST_CALLS: usize = 50;

/// Answers each call by itself.
pub(super) fn answer(call: &Call, answer_one: impl Fn(&Call) -> Reply) -> Result<Reply, Refusal> {
    let body = call.json().ok_or_else(|| Refusal::body("The body is no JSON"))?;
    let calls = body["rest_requests"].as_array().ok_or_else(|| Refusal::body("rest_requests is missing"))?;
    let (served, left) = calls.split_at(calls.len().min(MOST_CALLS));
    let served = served.iter().map(|part| one(call, part, &answer_one)).collect::<Result<Vec<_>, _>>()?;
    let left: Vec<String> = left.iter().map(|part| id(&part["id"])).collect();
    let body = json!({
        "batch_request_id": id(&body["batch_request_id"]),
        "serviced_requests": served,
        "unserviced_requests": left,
    });
    Ok(reply(200, &body))
}

fn one(call: &Call, part: &Value, answer_one: impl Fn(&Call) -> Reply) -> Result<Value, Refusal> {
    let text = |name: &str| part[name].as_str().unwrap_or_default();
    let method = Method::from_bytes(text("method").as_bytes()).map_err(|_| Refusal::body("method is missing"))?;
    let mut inner = Call::new(method, text("url"), &call.base_url, call.now);
    inner.headers.clone_from(&call.headers);
    for header in part["headers"].as_array().into_iter().flatten() {
        let name = header["name"].as_str().and_then(|name| HeaderName::try_from(name).ok());
        let value = header["value"].as_str().and_then(|value| HeaderValue::try_from(value).ok());
        if let (Some(name), Some(value)) = (name, value) {
            inner.headers.insert(name, value);
        }
    }
    inner.body = Bytes::from(STANDARD.decode(text("body")).unwrap_or_default());
    // A batch in a batch would answer itself for ever.
    let reply = if inner.path.ends_with("/batch") { Refusal::no_resource().reply() } else { answer_one(&inner) };
    let headers = reply
        .headers
        .iter()
        .map(|(name, value)| json!({"name": name.as_str(), "value": value.to_str().unwrap_or_default()}));
    Ok(json!({
        "id": id(&part["id"]),
        "status_code": reply.status.as_u16(),
        "headers": headers.collect::<Vec<_>>(),
        "body": STANDARD.encode(&reply.body),
    }))
}

/// Ids come back as text, however they were sent: the vendor's own client counts its batches and compares texts.
fn id(sent: &Value) -> String {
    sent.as_str().map_or_else(|| sent.to_string(), str::to_owned)
}
