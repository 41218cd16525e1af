//! A system as a caller sees it that may see some customers only.
//!
//! What belongs to others is not there: it is taken out of the system's answer before the answer is kept, and what is
//! kept is kept for callers with the same customers alone. So what is hidden and what does not exist have the same
//! answer, the same age, the same cost and the same time to live, and what other callers asked for shows in none of them.

use std::sync::Arc;

use async_trait::async_trait;
use portico_contracts::canonical::{Failure, Record};
use portico_contracts::model::{Class, ObjectType};
use portico_contracts::tenancy::{Customers, Role, SystemId, TenantId};

use crate::ask::{Ask, Call, Key, Page, Support, Upstream};
use crate::endure::Limits;
use crate::estate::Share;
use crate::fresh::Freshness;

/// What everybody may see who may see anything of its kind.
const OF_NO_CUSTOMER: [&str; 2] = ["Product", "ProductAvailability"];

/// A system, with what belongs to other customers taken out.
#[derive(Debug)]
pub(super) struct Restricted {
    system: Arc<dyn Upstream>,
    customers: Arc<Customers>,
    /// Whether every key comes from a row that the caller may see, rather than from the caller.
    inherited: bool,
}

/// Whose a row is.
enum Owner {
    /// Of nobody, or of whom the key belongs to.
    Free,
    /// The customer whose number stands in this field (ordinal).
    Field(usize),
    /// It cannot be told.
    Unknown,
}

impl Restricted {
    pub(super) fn new(system: &Arc<dyn Upstream>, customers: &Arc<Customers>, inherited: bool) -> Self {
        Restricted { system: Arc::clone(system), customers: Arc::clone(customers), inherited }
    }

    fn owner(&self, entity: &'static ObjectType) -> Owner {
        if OF_NO_CUSTOMER.contains(&entity.name) {
            return Owner::Free;
        }
        let field = owner_field(entity);
        match entity.ordinal(field).filter(|_| self.system.provides_field(entity, field)) {
            Some(ordinal) => Owner::Field(ordinal),
            None if self.inherited => Owner::Free,
            None => Owner::Unknown,
        }
    }

    /// Keys that name customers whom the caller may not see are not asked for: nobody learns even how long it takes.
    fn may_ask(&self, ask: &Ask, key: &Key) -> bool {
        ask.by != owner_field(ask.entity) || self.customers.has(key)
    }

    fn visible(&self, page: Page, owner: &Owner) -> Page {
        let ordinal = match owner {
            Owner::Free => return page,
            Owner::Unknown => return Page::default(),
            Owner::Field(ordinal) => *ordinal,
        };
        let seen = |row: &Record| row.at(ordinal).as_text().is_some_and(|number| self.customers.has(number));
        if page.rows.iter().all(|row| seen(row)) {
            return page;
        }
        let mut kept = Page { unread: page.unread, ..Page::default() };
        for (at, row) in page.rows.into_iter().enumerate().filter(|(_, row)| seen(row)) {
            kept.rows.push(row);
            kept.cursors.extend(page.cursors.get(at).cloned());
        }
        // Whether more of others' rows follow is nobody's business.
        kept.more = page.more && !kept.rows.is_empty();
        kept
    }
}

/// The field that holds the number of the customer to whom a row belongs.
fn owner_field(entity: &ObjectType) -> &'static str {
    if entity.name == "Customer" { "number" } else { "customerNumber" }
}

#[async_trait]
impl Upstream for Restricted {
    fn tenant(&self) -> &TenantId {
        self.system.tenant()
    }

    fn id(&self) -> &SystemId {
        self.system.id()
    }

    fn role(&self) -> Role {
        self.system.role()
    }

    /// Of its own, so that nothing is shared with callers who see more, less or others.
    fn identity(&self, call: &Call) -> Arc<str> {
        let (of_system, inherited) = (self.system.identity(call), if self.inherited { "inherited" } else { "given" });
        if of_system.is_empty() {
            return of_system;
        }
        format!("only {} {inherited} of {of_system}", self.customers.name()).into()
    }

    fn is_restricted(&self) -> bool {
        true
    }

    fn freshness(&self, class: Class) -> Freshness {
        self.system.freshness(class)
    }

    fn limits(&self) -> Option<&Limits> {
        self.system.limits()
    }

    fn provides(&self, entity: &'static ObjectType) -> bool {
        self.system.provides(entity)
    }

    fn provides_field(&self, entity: &'static ObjectType, field: &str) -> bool {
        self.system.provides_field(entity, field)
    }

    fn supports(&self, entity: &'static ObjectType, by: &str) -> Option<Support> {
        self.system.supports(entity, by)
    }

    fn share(&self) -> &Share {
        self.system.share()
    }

    async fn look_up(&self, ask: &Ask, keys: &[Key], call: &Call) -> Vec<Result<Page, Arc<Failure>>> {
        let owner = self.owner(ask.entity);
        let owner_is_told = !matches!(owner, Owner::Unknown);
        let asked: Vec<Key> = keys.iter().filter(|key| owner_is_told && self.may_ask(ask, key)).cloned().collect();
        let found = if asked.is_empty() { Vec::new() } else { self.system.look_up(ask, &asked, call).await };
        let mut found = found.into_iter();
        let mut of_key = |key: &Key| match owner_is_told && self.may_ask(ask, key) {
            false => Some(Ok(Page::default())),
            true => found.next().map(|page| page.map(|page| self.visible(page, &owner))),
        };
        // A result that is missing is missed by whoever asked.
        keys.iter().map_while(&mut of_key).collect()
    }
}
