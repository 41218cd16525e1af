//! What one entry says. Names, codes and digests only: no key, value or document of anybody's.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

/// One entry, before it is numbered and sealed.
#[derive(Debug, Serialize)]
pub(crate) struct Entry {
    /// When it happened, RFC 3339 in UTC.
    time: String,
    #[serde(flatten)]
    what: What,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum What {
    Request(Box<Request>),
    Gateway(Event),
}

/// A request on the traffic listener, answered or refused.
#[derive(Debug, Serialize)]
pub(crate) struct Request {
    pub(crate) request_id: String,
    /// The caller's address without its last part.
    pub(crate) network: String,
    pub(crate) tenant: Option<String>,
    pub(crate) consumer: Option<String>,
    /// The token's subject, or the name of the API key.
    pub(crate) subject: Option<Arc<str>>,
    pub(crate) api: Arc<str>,
    pub(crate) version: Arc<str>,
    pub(crate) route: Arc<str>,
    pub(crate) method: &'static str,
    pub(crate) status: u16,
    /// `allowed`, or `refused` before any system was asked, or `failed` afterwards.
    pub(crate) decision: &'static str,
    /// The code of the problem that decided, where it was not allowed or not answered.
    pub(crate) rule: Option<&'static str>,
    /// The client left before its answer.
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) abandoned: bool,
    #[serde(flatten)]
    pub(crate) audited: Audited,
}

/// What a request asked for and what was decided for it.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Audited {
    /// The name that its document gives it, or the operation's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) operation: Option<String>,
    /// The records that it named: entity, field and a digest of the key, for example `Customer.number:5e0c…`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) keys: Vec<String>,
    /// Calls by system; 0 where it was answered from memory.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) systems: BTreeMap<String, u32>,
    /// Fields that were null with an error, by its code: what was refused or failed within an answer.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) nulls: BTreeMap<&'static str, u32>,
    /// Business decisions. Their inputs are the systems' records under `keys`, as they were at this time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) decisions: Vec<Decided>,
}

/// A decision about business: a credit check.
#[derive(Debug, Serialize)]
pub(crate) struct Decided {
    /// What the caller knows it by.
    pub(crate) id: String,
    pub(crate) outcome: &'static str,
}

/// Something that happened to the gateway itself.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event {
    /// It began to answer. `torn` bytes of an entry that was never completed were removed.
    Started {
        version: &'static str,
        #[serde(skip_serializing_if = "is_zero")]
        torn: u64,
    },
    /// It stopped in an orderly way.
    Stopped,
    /// Another configuration is in force.
    ConfigurationApplied { generation: u64, by: Actor },
    /// A configuration was not taken; the one before stays.
    ConfigurationRefused { mistakes: usize, by: Actor },
    /// Values were taken out of the cache on demand.
    CachePurged {
        tenant: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        system: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        entity: Option<String>,
        /// Its digest.
        #[serde(skip_serializing_if = "Option::is_none")]
        key: Option<String>,
        values: usize,
        by: Actor,
    },
    /// Somebody who is not the administrator tried to change something.
    AdministrationRefused { action: &'static str, rule: &'static str, network: String },
    /// So many entries could not be written.
    EntriesLost { entries: u64 },
}

/// Who changed something.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "who", rename_all = "snake_case")]
pub(crate) enum Actor {
    /// Whoever may send signals to the process.
    Signal,
    /// Whoever holds the administrator's token, from an address without its last part.
    Administrator { network: String },
    /// The program that this gateway runs in.
    Program,
}

impl Entry {
    /// A request that ended now.
    pub(crate) fn request(request: Request) -> Self {
        Entry { time: now(), what: What::Request(Box::new(request)) }
    }

    /// What happened to the gateway now.
    pub(crate) fn event(event: Event) -> Self {
        Entry { time: now(), what: What::Gateway(event) }
    }
}

fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
