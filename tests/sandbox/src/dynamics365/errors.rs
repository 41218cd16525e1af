//! The vendor's ways to say no, in the OData envelope.

use serde_json::json;

use crate::vendor::{Call, Reply};

/// A refused call.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) message: String,
    pub(super) inner: Option<String>,
}

impl Refusal {
    /// The query is not valid: the envelope says little, the inner error says why.
    pub(super) fn query(why: impl Into<String>) -> Self {
        Self { status: 400, message: "An error has occurred.".to_owned(), inner: Some(why.into()) }
    }

    pub(super) fn syntax(why: &str) -> Self {
        Self::query(format!("The query specified in the URI is not valid. {why}"))
    }

    pub(super) fn unknown_property(name: &str, entity: &str) -> Self {
        Self::query(format!(
            "Could not find a property named '{name}' on type 'Microsoft.Dynamics.DataEntities.{entity}'."
        ))
    }

    pub(super) fn no_resource(call: &Call) -> Self {
        let message = format!("No HTTP resource was found that matches the request URI '{}'.", call.url());
        Self { status: 404, message, inner: None }
    }

    pub(super) fn reply(&self) -> Reply {
        let mut error = json!({"code": "", "message": self.message});
        if let Some(why) = &self.inner {
            error["innererror"] = json!({
                "message": why,
                "type": "Microsoft.OData.ODataException",
                "stacktrace": "   at Microsoft.OData.UriParser.Sandbox.Parse()",
            });
        }
        let reply = Reply::json(self.status, &json!({"error": error}));
        reply.with("content-type", "application/json; odata.metadata=minimal").with("odata-version", "4.0")
    }
}
