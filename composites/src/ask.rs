//! The words that planner, cache and connectors share: what is asked of a system, on whose behalf, and what came of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use portico_contracts::canonical::{Failure, Provenance, Record};
use portico_contracts::model::{Class, ObjectType};
use portico_contracts::tenancy::{ConsumerId, Role, SystemId, TenantId, Tier};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::connect::subject::Subject;
use crate::endure::Limits;
use crate::estate::Share;
use crate::fresh::Freshness;

/// The value of one key, exactly as the caller or a record gave it.
pub type Key = Arc<str>;

/// One look-up: which entity, by which of its fields, narrowed how. Equal asks of one system with one key have
/// equal answers, so it is the cache's and the coalescer's identity together with tenant, system and key.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The entity that is looked up.
    pub entity: &'static ObjectType,
    /// The field of the entity that holds the key.
    pub by: &'static str,
    /// What of the matching rows is wanted.
    pub narrow: Narrow,
}

impl PartialEq for Ask {
    fn eq(&self, other: &Self) -> bool {
        self.entity.name == other.entity.name && self.by == other.by && self.narrow == other.narrow
    }
}

impl Eq for Ask {}

impl std::hash::Hash for Ask {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.entity.name, self.by, &self.narrow).hash(state);
    }
}

/// Which of the rows that a key matches, and how many.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Narrow {
    /// Only rows whose `status` is one of these values of the model's enum; empty for all.
    pub statuses: Vec<&'static str>,
    /// Only what is still open (unpaid invoices, unsolved cases), or only what is not.
    pub open: Option<bool>,
    /// At most so many rows for each key, newest first; all where absent.
    pub first: Option<u32>,
    /// Only rows behind this position (opaque; what [`Page::cursors`] gave).
    pub after: Option<Arc<str>>,
}

/// On whose behalf and until when.
#[derive(Debug, Clone)]
pub struct Call {
    /// Whose systems.
    pub tenant: TenantId,
    /// Which application; for fairness and figures, never for what is answered.
    pub consumer: ConsumerId,
    /// Who is served when little is left.
    pub tier: Tier,
    /// When the whole request must have been answered.
    pub deadline: Instant,
    /// Sent upstream and written to logs.
    pub request_id: Arc<str>,
    /// W3C trace context to send upstream.
    pub traceparent: Arc<str>,
    /// What this request has cost so far, by system.
    pub tally: Arc<Tally>,
    /// Where several requests wait for the same: how urgent it is to the most urgent of them. Alone, `tier` and
    /// `deadline` say it.
    pub urgency: Option<watch::Receiver<Urgency>>,
    /// The caller's own token, where it showed one and a system of the tenant exchanges it.
    pub subject: Option<Subject>,
}

/// How urgent a call is that has not been made yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Urgency {
    /// Who is served when little is left.
    pub tier: Tier,
    /// When the last who waits for it has to answer.
    pub until: Instant,
}

impl Call {
    /// How urgent it is at this moment.
    pub fn urgency(&self) -> Urgency {
        match &self.urgency {
            Some(shared) => *shared.borrow(),
            None => Urgency { tier: self.tier, until: self.deadline },
        }
    }
}

impl Urgency {
    /// As urgent as both.
    #[must_use]
    pub fn and(self, other: Urgency) -> Urgency {
        // The more urgent tier is the smaller.
        Urgency { tier: self.tier.min(other.tier), until: self.until.max(other.until) }
    }
}

/// What one request cost, by system. Shared by everything that works for the request.
#[derive(Debug, Default)]
pub struct Tally(parking_lot::Mutex<BTreeMap<SystemId, Cost>>);

/// What one request cost one system.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// HTTP requests sent, repetitions included.
    pub calls: u32,
    /// Keys answered without a call of this request's own: from the cache or by another request's call.
    pub cache_hits: u32,
}

impl Tally {
    /// One more request was sent.
    pub fn called(&self, system: &SystemId) {
        self.note(system, |cost| cost.calls += 1);
    }

    /// So many keys needed no call of our own.
    pub fn spared(&self, system: &SystemId, keys: u32) {
        self.note(system, |cost| cost.cache_hits += keys);
    }

    /// What was noted until now, by the name of the system.
    pub fn so_far(&self) -> BTreeMap<SystemId, Cost> {
        self.0.lock().clone()
    }

    fn note(&self, system: &SystemId, change: impl FnOnce(&mut Cost)) {
        let mut costs = self.0.lock();
        if let Some(cost) = costs.get_mut(system) {
            change(cost);
        } else {
            change(costs.entry(system.clone()).or_default());
        }
    }
}

/// The rows of one key.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// In the order of the system; newest first where that was asked.
    pub rows: Vec<Arc<Record>>,
    /// For each row a position to continue behind; empty where the look-up does not page.
    pub cursors: Vec<Arc<str>>,
    /// Whether there are more rows behind the last one.
    pub more: bool,
    /// Why rows that may belong to this key could not be read: then these are not all, and neither "no more" nor a sum
    /// is the truth.
    pub unread: Option<Arc<Failure>>,
    /// Where each row came from, where several systems were asked; empty where one was.
    pub sources: Vec<Arc<Provenance>>,
    /// What is not among the rows, because a system that was asked too has not told.
    pub missing: Vec<Arc<Failure>>,
}

impl Page {
    /// The page, unless it is empty because rows could not be read: then it does not say that there is nothing.
    pub(crate) fn told(self) -> Result<Page, Arc<Failure>> {
        match &self.unread {
            Some(failure) if self.rows.is_empty() => Err(Arc::clone(failure)),
            _ => Ok(self),
        }
    }

    /// Where a row came from; `from` is what is known of the page.
    pub fn source<'p>(&'p self, row: usize, from: &'p Arc<Provenance>) -> &'p Arc<Provenance> {
        self.sources.get(row).unwrap_or(from)
    }
}

/// What came of one key.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Rows, one or more.
    Found(Arc<Page>, Arc<Provenance>),
    /// The system said that there is nothing.
    Absent(Arc<Provenance>),
    /// It could not be had.
    Failed(Arc<Failure>),
}

/// Where a customer's id in a system stands: the field that others link with, and whose id it is.
pub(crate) const LINKS: [(&str, &str); 3] =
    [("accountId", "Account"), ("billingId", "BillingCustomer"), ("supportId", "SupportOrganization")];

/// What a system can do for one look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Support {
    /// How many keys one call can carry.
    pub batch: usize,
}

/// One system of one tenant, behind its pack and driver.
#[async_trait]
pub trait Upstream: Send + Sync + std::fmt::Debug {
    /// Whose it is.
    fn tenant(&self) -> &TenantId;

    /// What the tenant calls it.
    fn id(&self) -> &SystemId;

    /// What it is for the tenant.
    fn role(&self) -> Role;

    /// As whom the system is asked, by value: address, credential and pack, and the caller where a binding exchanges
    /// the caller's token. What was fetched as one is never served to another, also not across a reload.
    fn identity(&self, call: &Call) -> Arc<str>;

    /// Whether some rows are hidden from whoever asks through this.
    fn is_restricted(&self) -> bool {
        false
    }

    /// How fresh this system's data of a class must be.
    fn freshness(&self, class: Class) -> Freshness;

    /// How much it may be asked, where that is known.
    fn limits(&self) -> Option<&Limits> {
        None
    }

    /// Whether the pack maps this entity at all.
    fn provides(&self, entity: &'static ObjectType) -> bool;

    /// Whether the pack maps this field of the entity.
    fn provides_field(&self, entity: &'static ObjectType, field: &str) -> bool;

    /// Whether the entity can be looked up by this field, and how many keys at once.
    fn supports(&self, entity: &'static ObjectType, by: &str) -> Option<Support>;

    /// Which keys are its own, where several systems of its role could have them.
    fn share(&self) -> &Share {
        Share::whole()
    }

    /// Asks the system: one result for each key, in the order of the keys. Rows that were not asked for are
    /// dropped and reported before this returns. Ends before `call.deadline`.
    async fn look_up(&self, ask: &Ask, keys: &[Key], call: &Call) -> Vec<Result<Page, Arc<Failure>>>;
}
