//! The words between drivers and the client: drivers build requests and read answers, without I/O and without a clock;
//! the client carries them, with credentials, limits and deadlines.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use portico_contracts::canonical::{Failure, Record};

use crate::ask::Key;

/// One request to a system, before credentials and trace headers are added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Only methods that are safe to repeat, or POST for a query that is declared so by the pack.
    pub method: Method,
    /// Path and query, percent-encoded, to be appended to the system's base URL.
    pub target: String,
    /// The pack's own headers.
    pub headers: HeaderMap,
    /// A query's body, where the protocol has one.
    pub body: Option<Bytes>,
    /// Which rows belong to which key, where an earlier request has told.
    pub linked: Option<Arc<Linked>>,
}

/// What requests for links have told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// How many links have been followed to the end.
    pub hops: usize,
    /// Each key with one of the ids that it has led to.
    pub pairs: Vec<(Key, Key)>,
    /// The ids that are still to be asked for.
    pub rest: Vec<Key>,
    /// Each key with what its ids have led to so far, where they lead to further ids.
    pub onward: Vec<(Key, Key)>,
}

/// A request and the keys that it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The keys; every row of the answer must belong to one of them.
    pub keys: Vec<Key>,
    /// How to ask.
    pub request: Request,
    /// Follow no more pages once so many rows were read.
    pub wanted: Option<usize>,
}

/// What a system answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body, within the size limit.
    pub body: Bytes,
}

/// One page of rows, mapped.
#[derive(Debug, Default)]
pub struct Rows {
    /// Mapped rows, in the order of the system.
    pub records: Vec<Record>,
    /// How to ask for the next page; checked to stay on the system's own host.
    pub next: Option<Request>,
    /// What the contract did not expect.
    pub drifts: Vec<Drift>,
    /// Rows that were not asked for and were dropped at once: of another company, say.
    pub strays: usize,
    /// Why rows were left out that nobody could tell apart; `None` where every row could be read.
    pub unreadable: Option<Arc<Failure>>,
    /// The system left rows out that no page brings; what was read is not complete.
    pub partial: bool,
}

/// A field whose value the pack's contract does not allow.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Drift {
    /// The entity.
    pub entity: &'static str,
    /// The canonical field.
    pub field: &'static str,
    /// `missing`, `retyped` or `unknown_value`.
    pub kind: &'static str,
}

/// Why an answer is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// The system limits our calls; come back after this time where it says so.
    Throttled(Option<Duration>),
    /// The credential is not accepted (any more): mint a new one, once.
    Unauthorized,
    /// The credential is accepted but may not do this.
    Forbidden(String),
    /// The system says that there is no such thing: absent, not failed.
    NotFound,
    /// The system failed; whether a repetition may help.
    Failed {
        /// May a repetition help?
        retryable: bool,
        /// For our log.
        cause: String,
    },
    /// The body is not what the protocol promises.
    Malformed(String),
}
