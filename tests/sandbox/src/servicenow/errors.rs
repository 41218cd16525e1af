//! How this vendor says no.

use serde_json::{Value, json};

use crate::vendor::Reply;

/// The media type of every answer.
pub(super) const JSON: &str = "application/json;charset=UTF-8";

/// An answer in JSON.
pub(super) fn reply(status: u16, body: &Value) -> Reply {
    Reply::json(status, body).with("content-type", JSON)
}

/// A refusal: status, message and detail.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    message: String,
    detail: Option<String>,
}

impl Refusal {
    fn new(status: u16, message: &str, detail: &str) -> Self {
        Self { status, message: message.to_owned(), detail: Some(detail.to_owned()) }
    }

    pub(super) fn credentials() -> Self {
        Self::new(401, "User Not Authenticated", "Required to provide Auth information")
    }

    pub(super) fn no_resource() -> Self {
        Self { status: 400, message: "Requested URI does not represent any resource".to_owned(), detail: None }
    }

    pub(super) fn media_type() -> Self {
        Self::new(400, "Invalid media type", "The header field Accept has to name application/json")
    }

    pub(super) fn no_table(name: &str) -> Self {
        Self::new(400, &format!("Invalid table {name}"), &format!("Table {name} does not exist"))
    }

    pub(super) fn no_rights() -> Self {
        Self { status: 403, message: "Insufficient rights to query records".to_owned(), detail: None }
    }

    pub(super) fn read_only() -> Self {
        Self::new(403, "Operation Failed", "ACL Exception due to insufficient rights")
    }

    /// Absent and hidden look alike.
    pub(super) fn no_record() -> Self {
        Self::new(404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval")
    }

    pub(super) fn parameter(name: &str) -> Self {
        Self::new(400, "Invalid parameter", &format!("{name} has to be a number that is not negative"))
    }

    pub(super) fn body(says: &str) -> Self {
        Self::new(400, "Invalid request body", says)
    }

    pub(super) fn rate(limit: u64) -> Self {
        let detail = format!("Rate limit of {limit} requests per hour for Table API exceeded");
        Self::new(429, "Rate limit exceeded", &detail)
    }

    pub(super) fn reply(&self) -> Reply {
        let body = json!({ "error": { "message": self.message, "detail": self.detail }, "status": "failure" });
        let reply = reply(self.status, &body);
        if self.status == 401 { reply.with("www-authenticate", "BASIC realm=\"Service-now\"") } else { reply }
    }
}

/// What follows the rows of a read that took too long. The status said 200 long before.
pub(super) fn cancelled(body: &mut Value) {
    body["error"] = json!({
        "detail": "Transaction cancelled: maximum execution time exceeded. Check logs for error trace.",
        "message": "Transaction cancelled: maximum execution time exceeded",
    });
    body["status"] = json!("failure");
}
