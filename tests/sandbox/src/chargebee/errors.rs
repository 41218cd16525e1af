//! How the vendor says no: an object with a code, said twice, and the status once more.

use serde_json::{Map, Value};

use crate::vendor::Reply;

/// The media type of every answer.
pub(crate) const JSON: &str = "application/json;charset=utf-8";

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The status.
    pub(crate) status: u16,
    code: &'static str,
    message: String,
    kind: Option<&'static str>,
    param: Option<String>,
}

impl Refusal {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), kind: Some("invalid_request"), param: None }
    }

    /// A key that is missing, wrong or revoked. Such refusals are of no type.
    pub(crate) fn key() -> Self {
        let refusal = Self::new(401, "api_authentication_failed", "Sorry, authentication failed. Invalid api key");
        Self { kind: None, ..refusal }
    }

    /// No such address.
    pub(crate) fn no_route() -> Self {
        Self::new(404, "resource_not_found", "Sorry, we couldn't find that resource")
    }

    /// An address that can only be read.
    pub(crate) fn method() -> Self {
        Self::new(405, "http_method_not_supported", "Sorry, this operation is not supported for this resource")
    }

    /// No such record.
    pub(crate) fn missing(id: &str, param: &str) -> Self {
        Self { param: Some(param.to_owned()), ..Self::new(404, "resource_not_found", format!("{id} not found")) }
    }

    /// A parameter that is unknown here, or has a value it cannot have.
    pub(crate) fn wrong(param: &str, why: &str) -> Self {
        Self { param: Some(param.to_owned()), ..Self::new(400, "param_wrong_value", format!("{param} : {why}")) }
    }

    /// Too many calls.
    pub(crate) fn limited() -> Self {
        let message = "Sorry, access has been blocked temporarily due to request count exceeding acceptable limits.";
        Self { kind: Some("operation_failed"), ..Self::new(429, "api_request_limit_exceeded", message) }
    }

    /// The whole answer.
    pub(crate) fn reply(&self) -> Reply {
        let mut body = Map::new();
        body.insert("message".to_owned(), Value::from(self.message.as_str()));
        if let Some(kind) = self.kind {
            body.insert("type".to_owned(), Value::from(kind));
        }
        body.insert("api_error_code".to_owned(), Value::from(self.code));
        if let Some(param) = &self.param {
            body.insert("param".to_owned(), Value::from(param.as_str()));
        }
        body.insert("error_code".to_owned(), Value::from(self.code));
        body.insert("error_msg".to_owned(), Value::from(self.message.as_str()));
        body.insert("http_status_code".to_owned(), Value::from(self.status));
        Reply::json(self.status, &Value::Object(body)).with("content-type", JSON)
    }
}
