//! How the vendor says no: a member `error` that is a word, a sentence or an object, depending on who refuses.

use serde_json::{Value, json};

use crate::vendor::Reply;

/// A refusal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    /// The status.
    pub(crate) status: u16,
    body: Value,
}

impl Refusal {
    fn new(status: u16, error: &str, description: &str) -> Self {
        Self { status, body: json!({ "error": error, "description": description }) }
    }

    /// No such record.
    pub(crate) fn not_found() -> Self {
        Self::new(404, "RecordNotFound", "Not found")
    }

    /// No such address.
    pub(crate) fn no_route() -> Self {
        Self::new(404, "InvalidEndpoint", "Not found")
    }

    /// An id in an address that is no whole number.
    pub(crate) fn no_id(resource: &str) -> Self {
        let message = format!(
            "You passed an invalid value for the id attribute. Invalid parameter: id must be an integer from \
             api/v2/{resource}/show"
        );
        Self { status: 400, body: json!({ "error": { "title": "Invalid attribute", "message": message } }) }
    }

    /// A parameter with a value it cannot have, or one that is missing.
    pub(crate) fn invalid(description: &str) -> Self {
        Self::new(400, "InvalidValue", description)
    }

    /// More values in one parameter than allowed.
    pub(crate) fn too_many(parameter: &str, most: usize) -> Self {
        let description = format!("Parameter {parameter} cannot specify more than {most} values");
        let body = json!({ "error": "TooManyValues", "description": description, "max_count": most });
        Self { status: 400, body }
    }

    /// Pages beyond what the vendor counts through.
    pub(crate) fn too_deep() -> Self {
        Self::new(400, "InvalidPaginationDepth", "Maximum pagination depth is 10000 records. Use cursor pagination.")
    }

    /// A search that cannot be run.
    pub(crate) fn search(why: &str) -> Self {
        Self::new(422, "invalid", &format!("Invalid search: {why}"))
    }

    /// A token that is wrong, foreign or too old.
    pub(crate) fn token() -> Self {
        let description = "The access token provided is expired, revoked, malformed or invalid for other reasons.";
        Self { status: 401, body: json!({ "error": "invalid_token", "error_description": description }) }
    }

    /// Credentials that are missing or wrong.
    pub(crate) fn credentials() -> Self {
        Self { status: 401, body: json!({ "error": "Couldn't authenticate you" }) }
    }

    /// A token that is not handed out.
    pub(crate) fn grant(status: u16, error: &str, description: &str) -> Self {
        Self { status, body: json!({ "error": error, "error_description": description }) }
    }

    /// The whole answer.
    pub(crate) fn reply(&self) -> Reply {
        let reply = Reply::json(self.status, &self.body).with("content-type", JSON);
        match self.status {
            401 => reply.with("www-authenticate", "Bearer realm=\"Zendesk\""),
            _ => reply,
        }
    }
}

/// The media type of every JSON answer.
pub(crate) const JSON: &str = "application/json; charset=utf-8";
