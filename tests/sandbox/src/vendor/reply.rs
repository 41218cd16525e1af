//! What a simulated vendor answers.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;

/// A complete response.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The header fields; `Content-Length` is the framework's.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Reply {
    /// A response without a body. A status outside 100..=999 becomes 500.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    /// A JSON body with `Content-Type: application/json`.
    #[must_use]
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        let text = serde_json::to_vec(body).expect("a JSON value or a struct with string keys always serialises");
        Self::of(status, "application/json", text)
    }

    /// A text body with `Content-Type: text/plain`.
    #[must_use]
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        Self::of(status, "text/plain; charset=utf-8", body.into())
    }

    /// An HTML body.
    #[must_use]
    pub fn html(status: u16, body: impl Into<String>) -> Self {
        Self::of(status, "text/html; charset=utf-8", body.into())
    }

    /// Any body with its media type.
    #[must_use]
    pub fn of(status: u16, media_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut reply = Self::empty(status);
        reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        reply.body = body.into();
        reply
    }

    /// The same response with one more header field, replacing one of that name.
    /// A value that no header may carry is left out.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl AsRef<str>) -> Self {
        if let Ok(value) = HeaderValue::from_str(value.as_ref()) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }
}
