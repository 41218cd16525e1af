//! A request as a simulated vendor sees it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// A request, read completely.
#[derive(Debug, Clone)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// The path as sent, still percent-encoded.
    pub path: String,
    /// The query as sent, without the question mark; empty when there is none.
    pub raw_query: String,
    /// The query's pairs, decoded (`+` is a space), in the order sent.
    pub query: Vec<(String, String)>,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// Where this system listens, without a trailing slash: `http://127.0.0.1:41234`.
    pub base_url: String,
    /// The time of the sandbox's clock.
    pub now: DateTime<Utc>,
}

impl Call {
    /// A call without header fields and body; `target` is path and query as on the request line.
    #[must_use]
    pub fn new(method: Method, target: &str, base_url: &str, now: DateTime<Utc>) -> Self {
        let (path, raw_query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method,
            path: path.to_owned(),
            raw_query: raw_query.to_owned(),
            query: pairs(raw_query.as_bytes()),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            base_url: base_url.to_owned(),
            now,
        }
    }

    /// The first value of a query parameter.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a query parameter.
    pub fn params<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The path's segments, each decoded; a leading slash makes no empty first one.
    #[must_use]
    pub fn segments(&self) -> Vec<String> {
        let path = self.path.trim_start_matches('/');
        path.split('/').map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned()).collect()
    }

    /// A header field's value, when it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The credentials of an `Authorization: Bearer` field.
    #[must_use]
    pub fn bearer(&self) -> Option<&str> {
        self.authorization("bearer")
    }

    /// User and password of an `Authorization: Basic` field.
    #[must_use]
    pub fn basic(&self) -> Option<(String, String)> {
        let decoded = STANDARD.decode(self.authorization("basic")?).ok()?;
        let text = String::from_utf8(decoded).ok()?;
        let (user, password) = text.split_once(':')?;
        Some((user.to_owned(), password.to_owned()))
    }

    /// The body's pairs, when it is a form; the same decoding as the query's.
    #[must_use]
    pub fn form(&self) -> Vec<(String, String)> {
        pairs(&self.body)
    }

    /// One value of the form in the body.
    #[must_use]
    pub fn form_value(&self, name: &str) -> Option<String> {
        self.form().into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Path and query as on the request line.
    #[must_use]
    pub fn target(&self) -> String {
        if self.raw_query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.raw_query) }
    }

    /// The absolute address that was asked.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}{}", self.base_url, self.target())
    }

    fn authorization(&self, scheme: &str) -> Option<&str> {
        let (found, rest) = self.header("authorization")?.split_once(' ')?;
        found.eq_ignore_ascii_case(scheme).then(|| rest.trim())
    }
}

fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(encoded).into_owned().collect()
}
