//! How a kind of system tells that something changed: how a notice proves where it comes from, and what it says.
//!
//! A notice is a hint, never data: what it names is removed from the cache and asked for again. So a rule says which
//! rows changed and which lists may hold them now, by fields of the model; where a notice leaves that open, more is
//! removed rather than too little.

use super::{Condition, Path};
use crate::model::ObjectType;

/// What a kind of system's notices look like.
#[derive(Debug, Clone)]
pub struct Notices {
    /// How a notice proves where it comes from.
    pub proof: Proof,
    /// What its body is written in.
    pub format: NoticeFormat,
    /// Where the notices stand in the body; one delivery may hold several.
    pub each: Path,
    /// What tells a repetition from another notice, where the system gives its notices such a name.
    pub id: Option<Path>,
    /// Notices for which this does not hold are about somebody else: another company, another organisation.
    pub ours: Vec<Condition>,
    /// What they mean; every rule that fits counts.
    pub changes: Vec<ChangeRule>,
}

/// How a notice proves where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// `Stripe-Signature`: time and HMAC-SHA256 in hex.
    Stripe,
    /// `X-Zendesk-Webhook-Signature` and `-Timestamp`: HMAC-SHA256 in base64.
    Zendesk,
    /// `X-HubSpot-Signature-v3` and `X-HubSpot-Request-Timestamp`: HMAC-SHA256 in base64, over method and address too.
    Hubspot,
    /// It signs nothing and shows the secret itself, in one of these places.
    Shown(Vec<SecretPlace>),
}

impl Proof {
    /// Whether the address that the system calls is part of what it signs.
    pub fn covers_address(&self) -> bool {
        *self == Proof::Hubspot
    }
}

/// Where a system that signs nothing shows the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretPlace {
    /// In the header `X-Notice-Secret`.
    Header,
    /// As the password of HTTP Basic.
    Basic,
    /// In the query parameter `secret`, for systems that are told an address and nothing else.
    Query,
}

/// What a notice's body is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NoticeFormat {
    /// JSON.
    #[default]
    Json,
    /// A SOAP 1.1 envelope, which wants to be acknowledged by one.
    Soap,
}

/// What some notices mean.
#[derive(Debug, Clone)]
pub struct ChangeRule {
    /// Which notices; a value that ends in `*` stands for all that begin like it.
    pub when: Vec<Condition>,
    /// What changed with them.
    pub entities: Vec<Changed>,
}

/// What changed of one entity.
#[derive(Debug, Clone)]
pub struct Changed {
    /// The entity.
    pub of: &'static ObjectType,
    /// The rows that changed are those with these values in these fields. With none at all every row may have changed.
    pub rows: Vec<Told>,
    /// The lists that may hold them now, by the field that lists are asked by.
    pub lists: Vec<Told>,
    /// The rows were there before and stay in the lists that the notice does not name.
    pub keeps: bool,
}

/// A field of the model, and where a notice has its value: the first of these places that is there.
#[derive(Debug, Clone)]
pub struct Told {
    /// The field.
    pub field: &'static str,
    /// Where its value stands. A place that may be missing (`?`) says by that that there is none.
    pub paths: Vec<Path>,
}
