//! How the vendor says no: an array of one message and one code, whatever the status.

use serde_json::{Value, json};

use super::soql::Malformed;
use crate::vendor::Reply;

/// The media type of every JSON answer.
pub(crate) const JSON: &str = "application/json;charset=UTF-8";

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The status.
    pub(crate) status: u16,
    /// The code that clients branch on.
    pub(crate) code: &'static str,
    /// The sentence for people.
    pub(crate) message: String,
}

impl Refusal {
    /// A refusal in general.
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// A bad request.
    pub(crate) fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    /// No such record, or no such address.
    pub(crate) fn not_found() -> Self {
        Self::new(404, "NOT_FOUND", "The requested resource does not exist")
    }

    /// A token that is missing, wrong, foreign or too old.
    pub(crate) fn session() -> Self {
        Self::new(401, "INVALID_SESSION_ID", "Session expired or invalid")
    }

    /// A method that the resource does not know.
    pub(crate) fn method(method: &http::Method, allowed: &str) -> Self {
        let message = format!("HTTP Method '{method}' not allowed. Allowed are {allowed}");
        Self::new(405, "METHOD_NOT_ALLOWED", message)
    }

    /// A name that is not known where it stands in a query: the message shows the place.
    pub(crate) fn in_query(query: &str, at: usize, code: &'static str, says: &str) -> Self {
        let (slice, caret, column) = place(query, at);
        Self::bad(code, format!("\n{slice}\n{caret}^\nERROR at Row:1:Column:{column}\n{says}"))
    }

    /// A query that cannot be read.
    pub(crate) fn malformed(query: &str, why: &Malformed) -> Self {
        let (slice, caret, column) = place(query, why.at);
        let says = &why.says;
        Self::bad("MALFORMED_QUERY", format!("\n{slice}\n{caret}^\nERROR at Row:1:Column:{column}\n{says}"))
    }

    /// The body.
    pub(crate) fn body(&self) -> Value {
        json!([{ "message": self.message, "errorCode": self.code }])
    }

    /// The whole answer.
    pub(crate) fn reply(&self) -> Reply {
        reply(self.status, &self.body())
    }
}

/// A JSON answer with the header fields that every answer has.
pub(crate) fn reply(status: u16, body: &Value) -> Reply {
    Reply::json(status, body)
        .with("content-type", JSON)
        .with("cache-control", "no-cache,must-revalidate,max-age=0,no-store,private")
        .with("x-sfdc-edge-cache", "none")
        .with("server", "sfdcedge")
        .with("vary", "Accept-Encoding")
}

/// How much of a query is shown before and after the culprit.
const SHOWN: usize = 40;

/// The part of the query that is shown, the spaces before the caret, and the culprit's column counted from one.
fn place(query: &str, at: usize) -> (String, String, usize) {
    let before: Vec<char> = query.get(..at).unwrap_or(query).chars().map(flat).collect();
    let after = query.get(at..).unwrap_or_default().chars().map(flat);
    let shown = &before[before.len().saturating_sub(SHOWN)..];
    let slice = shown.iter().copied().chain(after.take(SHOWN)).collect();
    (slice, " ".repeat(shown.len()), before.len() + 1)
}

fn flat(letter: char) -> char {
    if letter.is_control() { ' ' } else { letter }
}
