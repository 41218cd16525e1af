//! How the vendor says no: one object named `error` with a type, a message and most often a code.

use serde_json::{Value, json};

use crate::vendor::Reply;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The status.
    pub(crate) status: u16,
    code: Option<&'static str>,
    message: String,
    param: Option<String>,
}

impl Refusal {
    fn new(status: u16, code: Option<&'static str>, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), param: None }
    }

    fn about(mut self, param: &str) -> Self {
        self.param = Some(param.to_owned());
        self
    }

    /// A key that is missing.
    pub(crate) fn no_key() -> Self {
        let message = "You did not provide an API key. You need to provide your API key in the Authorization header, \
                       using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').";
        Self::new(401, None, message)
    }

    /// A key that is wrong; most of it is hidden.
    pub(crate) fn wrong_key(key: &str) -> Self {
        Self::new(401, None, format!("Invalid API Key provided: {}", hidden(key)))
    }

    /// A key that was rolled.
    pub(crate) fn expired_key(key: &str) -> Self {
        Self::new(401, Some("api_key_expired"), format!("Expired API Key provided: {}", hidden(key)))
    }

    /// An id that leads nowhere; `param` is where it stood.
    pub(crate) fn missing(kind: &str, id: &str, param: &str) -> Self {
        Self::new(404, Some("resource_missing"), format!("No such {kind}: '{id}'")).about(param)
    }

    /// An address that is none.
    pub(crate) fn no_route(method: &http::Method, path: &str) -> Self {
        let message = format!(
            "Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at \
             https://support.stripe.com/."
        );
        Self::new(404, None, message)
    }

    /// A parameter nobody knows.
    pub(crate) fn unknown_param(name: &str) -> Self {
        Self::new(400, Some("parameter_unknown"), format!("Received unknown parameter: {name}")).about(name)
    }

    /// A parameter that has to be there.
    pub(crate) fn missing_param(name: &str) -> Self {
        Self::new(400, Some("parameter_missing"), format!("Missing required param: {name}.")).about(name)
    }

    /// A parameter that is no whole number, or none in its range.
    pub(crate) fn not_an_integer(name: &str, value: &str) -> Self {
        Self::new(400, Some("parameter_invalid_integer"), format!("Invalid integer: {value}")).about(name)
    }

    /// A parameter with a value it cannot have.
    pub(crate) fn invalid(name: &str, message: impl Into<String>) -> Self {
        Self::new(400, None, message).about(name)
    }

    /// Too many calls.
    pub(crate) fn rate_limit() -> Self {
        let message =
            "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.";
        Self::new(429, Some("rate_limit"), message)
    }

    /// Somebody else is changing the object.
    pub(crate) fn lock_timeout() -> Self {
        let message = "This object cannot be accessed right now because another API request or Stripe process is \
                       currently accessing it.";
        Self::new(429, Some("lock_timeout"), message)
    }

    /// The whole answer.
    pub(crate) fn reply(&self) -> Reply {
        let mut error = json!({ "message": self.message, "type": "invalid_request_error" });
        if let Some(code) = self.code {
            error["code"] = Value::from(code);
            error["doc_url"] = Value::from(format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-")));
        }
        if let Some(param) = &self.param {
            error["param"] = Value::from(param.as_str());
        }
        Reply::json(self.status, &json!({ "error": error }))
    }
}

/// The first eight and the last four characters of a key.
fn hidden(key: &str) -> String {
    let letters: Vec<char> = key.chars().filter(|letter| !letter.is_control()).collect();
    if letters.len() <= 12 {
        return "*".repeat(letters.len());
    }
    let first: String = letters.iter().take(8).collect();
    let last: String = letters.iter().skip(letters.len() - 4).collect();
    format!("{first}{}{last}", "*".repeat(letters.len() - 12))
}
