//! What a caller sees of an answer.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

/// One answer, read to its end.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Reply {
    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// One header's value; empty where it is not there.
    pub fn header(&self, name: &str) -> String {
        let values =
            self.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        values.collect::<Vec<_>>().join(", ")
    }

    /// Status and body on one line, with what changes from run to run replaced: for snapshots.
    pub fn shown(&self) -> String {
        let mut body = self.json();
        calm(&mut body);
        let body = if body.is_null() { self.text() } else { body.to_string() };
        format!("{} {body}", self.status.as_u16())
    }

    /// Status, headers by name, body: the whole answer, with what changes from run to run replaced.
    pub fn whole(&self) -> String {
        let mut lines: Vec<String> = self.headers.iter().filter_map(|(name, value)| line(name, value)).collect();
        lines.sort();
        let shown = self.shown();
        let (status, body) = shown.split_once(' ').unwrap_or((&shown, ""));
        format!("{status}\n{}\n{body}", lines.join("\n")).trim_end().to_owned()
    }

    /// The code of a refusal: of problem details, else of the first GraphQL error.
    pub fn code(&self) -> String {
        let json = self.json();
        let code = [&json["code"], &json["errors"][0]["extensions"]["code"]].into_iter().find_map(Value::as_str);
        code.unwrap_or_default().to_owned()
    }

    /// The `data` of a GraphQL answer.
    pub fn data(&self) -> Value {
        self.json()["data"].clone()
    }

    /// The codes of a GraphQL answer's errors with their paths: `order.customer upstream_unavailable acme-crm`.
    pub fn errors(&self) -> Vec<String> {
        let json = self.json();
        let errors = json["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(described).collect()
    }
}

fn described(error: &Value) -> String {
    let part = |segment: &Value| segment.as_str().map_or_else(|| segment.to_string(), str::to_owned);
    let path: Vec<String> = error["path"].as_array().into_iter().flatten().map(part).collect();
    let words = [error["extensions"]["code"].as_str(), error["extensions"]["system"].as_str()];
    std::iter::once(path.join(".")).chain(words.into_iter().flatten().map(str::to_owned)).collect::<Vec<_>>().join(" ")
}

/// A header as a line, without those that say nothing about the answer.
fn line(name: &HeaderName, value: &HeaderValue) -> Option<String> {
    let value = String::from_utf8_lossy(value.as_bytes());
    let shown = match name.as_str() {
        "date" | "content-length" => return None,
        "x-request-id" | "age" => "…".to_owned(),
        // What is left and until when depends on the moment.
        "ratelimit" => without_numbers(&value),
        _ => value.into_owned(),
    };
    Some(format!("{name}: {shown}"))
}

/// `"rate";r=…;t=…`: every number that stands for what is left or for how long.
fn without_numbers(value: &str) -> String {
    let parts = value.split('=').enumerate();
    let shown = parts.map(|(place, part)| match place {
        0 => part.to_owned(),
        _ if !part.starts_with(|c: char| c.is_ascii_digit()) => part.to_owned(),
        _ => format!("…{}", part.trim_start_matches(|c: char| c.is_ascii_digit())),
    });
    shown.collect::<Vec<_>>().join("=")
}

/// Members whose values differ from run to run.
const UNSTEADY: [&str; 14] = [
    "requestId",
    "request_id",
    "instance",
    "usedMs",
    "retryAfterMs",
    "budgetMs",
    "fetchedAt",
    "ageSeconds",
    "decisionId",
    "decidedAt",
    "validUntil",
    "actual",
    "remaining",
    "resets_in_ms",
];

/// Replaces what differs from run to run.
fn calm(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                // A date comes from the estate, whose day is fixed.
                let is_date =
                    member.as_str().is_some_and(|text| text.len() == "2026-06-15".len() && text.starts_with("20"));
                if UNSTEADY.contains(&name.as_str()) && !member.is_null() && !is_date {
                    *member = Value::from("…");
                } else {
                    calm(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(calm),
        _ => {}
    }
}
