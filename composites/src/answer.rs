//! Writes the answer from what was gathered, straight into one buffer.
//!
//! The plan's tree of chosen fields is walked once, in the order of the document; no field waits for anything. A value
//! that could not be had is null with an error at its path, and everything else stands. async-graphql executes nothing
//! of this (docs/decisions/answers-without-an-executor.md).

mod complete;
mod customer;
mod decide;
mod discrepancies;
mod error;
mod order_check;
mod unknown;
mod write;

use chrono::{DateTime, Utc};
use portico_contracts::rules::Rules;

use crate::gather::Gathered;
use crate::plan::Plan;

pub use error::{AnswerError, Segment};
pub(crate) use unknown::UnknownTo;

/// The data of an answer and what went wrong in it.
#[derive(Debug)]
pub(crate) struct Written {
    /// A JSON object.
    pub(crate) data: Vec<u8>,
    pub(crate) errors: Vec<AnswerError>,
    /// Errors beyond the number that is listed.
    pub(crate) omitted: usize,
    /// Bytes that were written for it, those that were taken back again among them.
    pub(crate) bytes: usize,
    /// Credit decisions that were made, for the audit trail: id and outcome.
    pub(crate) decisions: Vec<(String, &'static str)>,
    /// Systems that do not know a customer which others know.
    pub(crate) unknown_to: UnknownTo,
}

/// Writes the whole answer. `introspected` is async-graphql's answer to the introspection fields.
pub(crate) fn write(
    plan: &Plan,
    gathered: &Gathered,
    rules: &Rules,
    now: DateTime<Utc>,
    introspected: Option<&serde_json::Value>,
) -> Written {
    let mut writer = write::Writer::new(plan, gathered, rules, now, introspected);
    writer.root();
    writer.finish()
}
