//! How this vendor says no.

use serde_json::{Value, json};

use crate::vendor::Reply;

const ERROR: &str = "application/vnd.oracle.resource+json; type=error; charset=UTF-8";
const COLLECTION: &str = "application/vnd.oracle.resource+json; type=collection; charset=UTF-8";

/// A page of rows.
pub(super) fn collection(body: &Value) -> Reply {
    Reply::json(200, body).with("content-type", COLLECTION)
}

/// A refusal: status, code and detail, and the part of the call that is at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    status: u16,
    code: &'static str,
    detail: String,
    /// `o:errorQueryParam` or `o:errorHeader`, and its value.
    part: Option<(&'static str, &'static str)>,
}

impl Refusal {
    fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), part: None }
    }

    pub(super) fn login() -> Self {
        let detail = "Invalid login attempt. For more details, see the Login Audit Trail in the NetSuite UI at Setup > \
                      Users/Roles > User Management > View Login Audit Trail.";
        Self::new(401, "INVALID_LOGIN", detail)
    }

    pub(super) fn malformed_login() -> Self {
        Self::new(400, "INVALID_REQUEST", "The request could not be understood by the server due to malformed syntax.")
    }

    pub(super) fn no_path() -> Self {
        Self::new(404, "INVALID_REQUEST", "The requested resource does not exist.")
    }

    pub(super) fn no_method(method: &http::Method) -> Self {
        Self::new(405, "METHOD_NOT_ALLOWED", format!("The method {method} is not supported by this resource."))
    }

    pub(super) fn not_transient() -> Self {
        let detail = "The required request header 'Prefer' is missing or invalid. Use 'Prefer: transient'.";
        Self { part: Some(("o:errorHeader", "Prefer")), ..Self::new(400, "INVALID_HEADER", detail) }
    }

    pub(super) fn body() -> Self {
        Self::new(400, "INVALID_CONTENT", "The request body has to be an object with a text 'q' and a list 'params'.")
    }

    pub(super) fn window(name: &'static str, detail: &str) -> Self {
        Self { part: Some(("o:errorQueryParam", name)), ..Self::new(400, "INVALID_PARAMETER", detail) }
    }

    /// Whatever is wrong with a query, down to an unknown name.
    pub(super) fn query(says: &str) -> Self {
        let detail = format!("Invalid search query. Detailed unprocessed description follows. {says}");
        Self { part: Some(("o:errorQueryParam", "q")), ..Self::new(400, "INVALID_PARAMETER", detail) }
    }

    pub(super) fn syntax() -> Self {
        Self::query("Search error occurred: Invalid or unsupported search.")
    }

    pub(super) fn concurrency() -> Self {
        let detail = "Concurrent request limit exceeded. Request blocked.";
        Self::new(429, "CONCURRENCY_LIMIT_EXCEEDED", detail)
    }

    pub(super) fn reply(&self) -> Reply {
        let (section, title) = match self.status {
            400 => ("rfc9110.html#section-15.5.1", "Bad Request"),
            401 => ("rfc9110.html#section-15.5.2", "Unauthorized"),
            404 => ("rfc9110.html#section-15.5.5", "Not Found"),
            405 => ("rfc9110.html#section-15.5.6", "Method Not Allowed"),
            _ => ("rfc6585.html#section-4", "Too Many Requests"),
        };
        let mut detail = json!({ "detail": self.detail });
        if let Some((name, value)) = self.part {
            detail[name] = json!(value);
        }
        detail["o:errorCode"] = json!(self.code);
        let body = json!({
            "type": format!("https://www.rfc-editor.org/rfc/{section}"),
            "title": title,
            "status": self.status,
            "o:errorDetails": [detail],
        });
        Reply::json(self.status, &body).with("content-type", ERROR)
    }
}
