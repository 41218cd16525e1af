//! Several calls in one: parts that answer one after another, each with a status of its own.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::errors::{Refusal, reply};
use super::versions;
use crate::vendor::{Call, Reply};

/// The vendor's caps on parts, and on queries among them.
const MOST_PARTS: usize = 25;
const MOST_QUERIES: usize = 5;

/// `/composite`: counts as one call.
pub(super) fn composite(
    call: &Call,
    answer: impl Fn(&Call, &str, &[&str]) -> Result<Reply, Refusal>,
) -> Result<Reply, Refusal> {
    let parts = parts(call, "compositeRequest")?;
    let queries = parts.iter().filter(|part| is_query(part)).count();
    if queries > MOST_QUERIES {
        let message = format!("Limit of {MOST_QUERIES} query and collection operations exceeded");
        return Err(Refusal::bad("LIMIT_EXCEEDED", message));
    }
    let mut answers = Vec::with_capacity(parts.len());
    for part in &parts {
        let reference = part["referenceId"].as_str().ok_or_else(|| missing("referenceId"))?;
        let (status, body) = one(call, part, "/services/data/", &answer)?;
        answers.push(json!({ "body": body, "httpHeaders": {}, "httpStatusCode": status, "referenceId": reference }));
    }
    Ok(reply(200, &json!({ "compositeResponse": answers })))
}

/// `/composite/batch`: addresses begin at the version, and the answer is 200 whatever happens inside.
pub(super) fn batch(
    call: &Call,
    answer: impl Fn(&Call, &str, &[&str]) -> Result<Reply, Refusal>,
) -> Result<Reply, Refusal> {
    let mut results = Vec::new();
    let mut has_errors = false;
    for part in &parts(call, "batchRequests")? {
        let (status, body) = one(call, part, "", &answer)?;
        has_errors |= status >= 400;
        results.push(json!({ "statusCode": status, "result": body }));
    }
    Ok(reply(200, &json!({ "hasErrors": has_errors, "results": results })))
}

fn parts(call: &Call, member: &str) -> Result<Vec<Value>, Refusal> {
    if call.method != Method::POST {
        return Err(Refusal::method(&call.method, "POST"));
    }
    let body = call.json().ok_or_else(|| Refusal::bad("JSON_PARSER_ERROR", "Unexpected character in JSON input"))?;
    let parts = body[member].as_array().ok_or_else(|| missing(member))?;
    if parts.len() > MOST_PARTS {
        let message = format!("Limit of {MOST_PARTS} composite subrequests exceeded");
        return Err(Refusal::bad("LIMIT_EXCEEDED", message));
    }
    Ok(parts.clone())
}

fn is_query(part: &Value) -> bool {
    let url = part["url"].as_str().unwrap_or_default();
    url.contains("/query") || url.contains("/composite/sobjects")
}

/// Status and body of one part.
fn one(
    call: &Call,
    part: &Value,
    prefix: &str,
    answer: &impl Fn(&Call, &str, &[&str]) -> Result<Reply, Refusal>,
) -> Result<(u16, Value), Refusal> {
    let url = part["url"].as_str().ok_or_else(|| missing("url"))?;
    let method = part["method"].as_str().and_then(|name| name.parse().ok()).ok_or_else(|| missing("method"))?;
    let mut inner = Call::new(method, url, &call.base_url, call.now);
    if let Some(body) = part.get("body").filter(|body| !body.is_null()) {
        inner.body = Bytes::from(body.to_string());
    }
    let Some(below) = inner.path.strip_prefix(prefix).map(str::to_owned) else {
        return Err(Refusal::bad("INVALID_URL", format!("Subrequest URL must start with {prefix}vXX.X/: {url}")));
    };
    inner.path = below;
    let segments = inner.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    let found = match path.split_first() {
        // A composite inside a composite would nest without end.
        Some((_, ["composite"] | ["composite", "batch"])) | None => Err(Refusal::not_found()),
        Some((version, resource)) => versions::check(version).and_then(|()| answer(&inner, version, resource)),
    };
    Ok(match found {
        Ok(reply) => (reply.status.as_u16(), serde_json::from_slice(&reply.body).unwrap_or(Value::Null)),
        Err(refusal) => (refusal.status, refusal.body()),
    })
}

fn missing(member: &str) -> Refusal {
    Refusal::bad("JSON_PARSER_ERROR", format!("Required field is missing: {member}"))
}
