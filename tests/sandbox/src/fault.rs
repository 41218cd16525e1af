//! What can be wrong with a system.

pub(crate) mod body;
pub(crate) mod described;
pub(crate) mod json;
mod parse;
pub(crate) mod switch;

use std::time::Duration;

use serde_json::Value;

/// One thing that is wrong with a system until it is cleared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The port is closed.
    Down,
    /// The port is closed.
    Refused,
    /// Calls are read and never answered.
    Hang,
    /// Answers come so much later.
    Slow(Duration),
    /// Every call is answered with this status.
    Status(u16),
    /// The vendor says that there were too many calls; with `Retry-After` in seconds, or without.
    Throttled(Option<u32>),
    /// A maintenance page, as a success.
    Html,
    /// The connection ends in the middle of the body.
    Truncated,
    /// The body is no JSON.
    Malformed,
    /// The body never ends.
    Endless,
    /// The body is small and unpacks to 256 MiB.
    GzipBomb,
    /// A field is gone, or has another type.
    Drift(Drift),
    /// No token handed out so far is accepted any longer; a static key is not accepted while this lasts.
    ExpiredToken,
    /// Rows that nobody asked for.
    WrongRows(WrongRows),
    /// Calls are sent to another host.
    Redirect,
    /// The next page is said to be at another host.
    NextLinkElsewhere,
    /// The next page is said to be this one.
    NextLinkLoop,
    /// The handshake fails: bytes that are neither TLS nor HTTP, then the end.
    Tls,
    /// The connection is reset once a call was sent.
    Reset,
}

/// A field that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// The JSON name, at any depth.
    pub field: String,
    /// The type it has now; gone when none.
    pub becomes: Option<JsonType>,
}

/// The types a field can drift to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonType {
    /// The old value's text.
    String,
    /// 42.
    Number,
    /// `true`.
    Bool,
    /// `null`.
    Null,
    /// An object around the old value.
    Object,
    /// A list of the old value.
    Array,
}

/// How rows of other keys appear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrongRows {
    /// Before those asked for; a single object is replaced.
    Added,
    /// In place of those asked for.
    InPlace,
}

/// How deep a fault sits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Nothing listens.
    Port,
    /// Connections are accepted and mistreated.
    Connection,
    /// HTTP works; what it carries may not.
    Exchange,
}

impl Fault {
    /// The fault with the name and the value used at the control calls.
    ///
    /// # Errors
    /// Says what is wrong with name or value.
    pub fn named(name: &str, value: &Value) -> Result<Self, String> {
        parse::fault(name, value)
    }

    pub(crate) fn depth(&self) -> Depth {
        match self {
            Self::Down | Self::Refused => Depth::Port,
            Self::Tls | Self::Reset => Depth::Connection,
            _ => Depth::Exchange,
        }
    }

    /// Whether calls for tokens suffer as well.
    pub(crate) fn hits_tokens(&self) -> bool {
        matches!(self, Self::Hang | Self::Slow(_) | Self::Status(_))
    }
}
