//! How the vendor says no: an object with a message and most often a category.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::objects::Object;
use super::value;
use crate::vendor::Reply;

/// A refusal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    /// The status.
    pub(crate) status: u16,
    word: &'static str,
    message: String,
    more: Vec<(&'static str, Value)>,
}

/// Which limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    /// So many a second.
    Secondly,
    /// So many in any ten seconds.
    TenSecondlyRolling,
    /// So many a day.
    Daily,
}

impl Refusal {
    fn new(status: u16, category: Option<&str>, message: impl Into<String>) -> Self {
        let more = category.map(|category| ("category", Value::from(category))).into_iter().collect();
        Self { status, word: "error", message: message.into(), more }
    }

    /// A request that means nothing to the vendor.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, Some("VALIDATION_ERROR"), message)
    }

    /// A body that is no JSON, or not the JSON expected. It has no category.
    pub(crate) fn body(line: usize, column: usize, why: &str) -> Self {
        Self::new(400, None, format!("Invalid input JSON on line {line}, column {column}: {why}"))
    }

    /// No such address.
    pub(crate) fn no_route() -> Self {
        Self::new(404, None, "Unable to match incoming request to a known route.")
    }

    /// An address that is called in another way.
    pub(crate) fn method() -> Self {
        Self::new(405, None, "HTTP 405 Method Not Allowed")
    }

    /// No such record.
    pub(crate) fn no_record() -> Self {
        Self::new(404, Some("OBJECT_NOT_FOUND"), "resource not found")
    }

    /// No such property.
    pub(crate) fn no_property(object: &Object, name: &str) -> Self {
        let message = format!("Property \"{name}\" of object type \"{}\" does not exist", object.type_id);
        Self::new(404, Some("OBJECT_NOT_FOUND"), message)
    }

    /// A type of object the account does not have.
    pub(crate) fn no_object(name: &str) -> Self {
        Self::invalid(format!("Unable to infer object type from: {name}"))
    }

    /// A batch of which nothing was found: no 207, but as if the address were wrong.
    pub(crate) fn none_found(object: &Object, ids: &[String]) -> Self {
        let mut refusal = Self::new(404, Some("OBJECT_NOT_FOUND"), missing_records(object));
        refusal.more.push(("context", json!({ "ids": ids })));
        refusal
    }

    /// No token, or one that was never handed out here.
    pub(crate) fn no_credentials() -> Self {
        let message = "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can \
                       find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview";
        Self::new(401, Some("INVALID_AUTHENTICATION"), message)
    }

    /// A token that was good once.
    pub(crate) fn expired(now: DateTime<Utc>) -> Self {
        let message = "The OAuth token used to make this call expired 0 second(s) ago.";
        let mut refusal = Self::new(401, Some("EXPIRED_AUTHENTICATION"), message);
        refusal.more.push(("context", json!({ "expire time": [value::moment(now)] })));
        refusal
    }

    /// A token that is not handed out: `status` is a word of its own.
    pub(crate) fn grant(word: &'static str, message: &str) -> Self {
        Self { status: 400, word, message: message.to_owned(), more: Vec::new() }
    }

    /// Too many calls.
    pub(crate) fn limited(policy: Policy) -> Self {
        let (name, said) = match policy {
            Policy::Secondly => ("SECONDLY", "secondly"),
            Policy::TenSecondlyRolling => ("TEN_SECONDLY_ROLLING", "ten_secondly_rolling"),
            Policy::Daily => ("DAILY", "daily"),
        };
        let mut refusal = Self::new(429, None, format!("You have reached your {said} limit."));
        refusal.more.push(("errorType", Value::from("RATE_LIMIT")));
        refusal.more.push(("policyName", Value::from(name)));
        refusal.more.push(("groupName", Value::from("publicapi:crm")));
        refusal
    }

    /// The whole answer.
    pub(crate) fn reply(&self, correlation: &str) -> Reply {
        let mut body = Map::new();
        body.insert("status".to_owned(), Value::from(self.word));
        body.insert("message".to_owned(), Value::from(self.message.as_str()));
        body.insert("correlationId".to_owned(), Value::from(correlation));
        for (name, value) in &self.more {
            body.insert((*name).to_owned(), value.clone());
        }
        Reply::json(self.status, &Value::Object(body))
    }
}

/// What is said about records of a batch that are not there.
pub(crate) fn missing_records(object: &Object) -> String {
    format!(
        "Could not get some {} objects, they may be deleted or not exist. Check that ids are valid.",
        object.singular.to_uppercase()
    )
}
