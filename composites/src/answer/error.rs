//! Errors of single fields: where, and which catalogue entry.

use std::sync::Arc;

use portico_contracts::canonical::Failure;
use serde::{Serialize, Serializer};
use serde_json::json;

/// One step of an error's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// A response key.
    Key(Arc<str>),
    /// A place in a list.
    At(usize),
}

impl Serialize for Segment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Segment::Key(key) => serializer.serialize_str(key),
            Segment::At(at) => serializer.serialize_u64(*at as u64),
        }
    }
}

/// Why one field is null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerError {
    /// Where in the answer.
    pub path: Vec<Segment>,
    /// Why.
    pub failure: Arc<Failure>,
}

/// A path with dots.
pub(super) fn dotted(path: &[Segment]) -> String {
    let part = |segment: &Segment| match segment {
        Segment::Key(key) => key.to_string(),
        Segment::At(at) => at.to_string(),
    };
    path.iter().map(part).collect::<Vec<_>>().join(".")
}

impl AnswerError {
    /// The path with dots, as REST answers spell it.
    pub fn dotted(&self) -> String {
        dotted(&self.path)
    }

    /// As a GraphQL error (October 2021 edition, section 7.1.2).
    pub fn graphql(&self, request_id: &str) -> serde_json::Value {
        let failure = &self.failure;
        let mut extensions = json!({ "code": failure.code });
        if let Some(system) = &failure.system {
            extensions["system"] = json!(system.as_str());
        }
        if let Some(role) = failure.role {
            extensions["role"] = json!(role.as_str());
        }
        extensions["retryable"] = json!(failure.code.retryable());
        if let Some(wait) = failure.retry_after {
            extensions["retryAfterMs"] = json!(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        }
        extensions["requestId"] = json!(request_id);
        json!({ "message": failure.message, "path": self.path, "extensions": extensions })
    }
}
