//! From a document to the questions it asks of the systems, before any of them is asked.
//!
//! The selection is followed along the model's relations. Each relation becomes a step: this entity, of this
//! system, by these keys, which come from the arguments or from what an earlier step will bring. The same tree of
//! chosen fields is later written as the answer, so plan and answer cannot disagree; `explain` prints the steps
//! and the price counts them.

mod build;
pub(crate) mod coerce;
mod composite;
mod customer;
mod explain;
mod price;
mod select;
mod several;

use std::sync::Arc;

use portico_contracts::canonical::Failure;
use portico_contracts::model::Field;
use portico_contracts::tenancy::SystemId;

use crate::ask::{Ask, Key, Upstream};
use crate::estate::{KeyKind, Owners, Rule};
use crate::fresh::Wish;

pub(crate) use build::plan;
pub(crate) use composite::{
    CompositePlan, Covers, CreditPlan, CreditSteps, EntitlementPlan, OrderCheckPlan, OrderedLine, WarrantyPlan,
};
pub(crate) use customer::CustomerPlan;
pub(crate) use customer::DiscrepancyPlan;
pub use explain::{Explained, ExplainedCalls, ExplainedLimits, ExplainedStep, ExplainedSystem, ExplainedWindow};
pub use price::Price;

/// A step's place in the plan. Steps only ever depend on earlier ones.
pub(crate) type StepId = usize;

/// Everything one operation asks, and how its answer is shaped.
#[derive(Debug)]
pub struct Plan {
    pub(crate) root: Selection,
    pub(crate) steps: Vec<Step>,
    /// Paths that no system of the tenant has; null without an error.
    pub(crate) not_provided: Vec<String>,
    /// Scopes that the selection needs, held or not.
    pub(crate) scopes: std::collections::BTreeSet<&'static str>,
    /// Whether introspection fields are among the root's.
    pub(crate) introspects: bool,
}

/// One question to one system.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) ask: Ask,
    pub(crate) upstream: Arc<dyn Upstream>,
    pub(crate) key: KeyExpr,
    /// The step whose rows are the objects that [`KeyExpr::Parent`] reads.
    pub(crate) within: Option<StepId>,
    /// Only for keys that this other step, asked with the same keys, did not find.
    pub(crate) unless: Option<StepId>,
    pub(crate) wish: Wish,
    /// At most so many keys, for the price.
    pub(crate) keys: u64,
    /// At most so many rows, for the price of what depends on it.
    pub(crate) rows: u64,
    /// Whether one key may have several rows. Where it may not, several are ambiguous.
    pub(crate) many: bool,
    /// Which of the keys are this system's, where several systems could be asked.
    pub(crate) lane: Option<Lane>,
    /// Not asked itself: what other steps found, together.
    pub(crate) several: Option<Box<Several>>,
}

/// One of several systems that could be asked for a key.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    pub(crate) owners: Arc<Owners>,
    /// Which of them this step asks.
    pub(crate) at: usize,
    pub(crate) rule: Rule,
    pub(crate) kind: Option<KeyKind>,
}

/// What several systems have of the same thing.
#[derive(Debug)]
pub(crate) struct Several {
    /// One step for each system, or two where it is asked in two ways.
    pub(crate) parts: Vec<StepId>,
    /// Systems that have it and cannot be asked like this.
    pub(crate) unable: Vec<Arc<Failure>>,
}

impl Step {
    /// Whether its keys come from rows, rather than from the caller.
    pub(crate) fn inherits(&self) -> bool {
        match self.key {
            KeyExpr::Given(_) | KeyExpr::OneOf(..) => false,
            KeyExpr::Parent(_) | KeyExpr::Via(..) => true,
        }
    }
}

impl Lane {
    /// Whether its system is asked for a key, which a row of `origin` told.
    pub(crate) fn takes(&self, key: &str, origin: Option<&SystemId>) -> bool {
        self.owners.takes(self.at, self.rule, self.kind, key, origin)
    }

    fn is(&self, other: &Lane) -> bool {
        Arc::ptr_eq(&self.owners, &other.owners) && self.at == other.at && self.rule == other.rule
    }
}

/// Where the key of a step comes from, seen from one object of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyExpr {
    /// From the arguments.
    Given(Key),
    /// From this field (ordinal) of the object that the relation stands on.
    Parent(usize),
    /// From this field (ordinal) of what another step found.
    Via(StepId, usize),
    /// Several from the arguments; which of them, this field (ordinal) of the object says.
    OneOf(Arc<[Key]>, usize),
}

impl Plan {
    /// The records that the arguments name: entity, field and key.
    pub(crate) fn given_keys(&self) -> impl Iterator<Item = (&'static str, &'static str, &str)> {
        self.steps.iter().flat_map(|step| {
            let keys = match &step.key {
                KeyExpr::Given(key) => std::slice::from_ref(key),
                KeyExpr::OneOf(keys, _) => keys,
                KeyExpr::Parent(_) | KeyExpr::Via(..) => &[],
            };
            keys.iter().map(|key| (step.ask.entity.name, step.ask.by, &**key))
        })
    }
}

/// The chosen fields of one object, in the order of the answer.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    pub(crate) fields: Vec<Chosen>,
}

/// One chosen field.
#[derive(Debug)]
pub(crate) struct Chosen {
    /// The name under which it is answered.
    pub(crate) key: Arc<str>,
    pub(crate) field: Option<&'static Field>,
    pub(crate) resolve: Resolve,
}

/// How a field gets its value, once everything is gathered.
#[derive(Debug)]
pub(crate) enum Resolve {
    /// The name of the type.
    Typename(&'static str),
    /// A leaf of the record, or an object that lies in it: address, money, reason.
    Value(usize, Selection),
    /// Where the record came from.
    Source(Selection),
    /// What only this system has; these names or all.
    Extensions(Option<Vec<String>>),
    /// One entity, or null.
    One(Box<Related>),
    /// A list of entities.
    Many(Box<Related>),
    /// A page of entities.
    Connection(Box<Paged>),
    /// One field (ordinal) of an entity.
    Taken(StepId, usize),
    /// A customer, joined from the systems that know it.
    Customer(Box<CustomerPlan>),
    /// Decided by code.
    Composite(Box<CompositePlan>),
    /// The caller may not have it, or no system can be asked for it like this.
    Refused(Arc<Failure>),
    /// No system of the tenant has it.
    NotProvided,
    /// Answered by async-graphql.
    Introspection,
}

/// An entity that a relation leads to.
#[derive(Debug)]
pub(crate) struct Related {
    pub(crate) step: StepId,
    pub(crate) selection: Selection,
    pub(crate) completion: Option<Completion>,
    /// What the system could not filter by.
    pub(crate) filter: Filter,
}

/// Which rows are kept once they are completed, because only then their state is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// Only what is open, or only what is not.
    pub(crate) open: Option<bool>,
    /// Only these statuses; empty for all.
    pub(crate) statuses: Vec<&'static str>,
}

/// What the owner leaves open and another entity of the same system tells.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Completion {
    /// Balances of `Receivables`, from `OpenItem`s of the same customer.
    ReceivablesFromItems(StepId),
    /// Due date, open amount and status of an `Invoice`, from its `OpenItem`.
    InvoiceFromItem(StepId),
    /// The total of an `Order`, and whether it is partly shipped, from its lines.
    OrderFromLines(StepId),
    /// The serial numbers of a `Contract`, from its `ContractCoverage`s, where they are chosen and kept apart; and
    /// whether it has ended, from its own days.
    Contract(Option<StepId>),
}

/// A page of entities.
#[derive(Debug)]
pub(crate) struct Paged {
    pub(crate) related: Related,
    /// Fields of the connection.
    pub(crate) fields: Vec<(Arc<str>, PageField)>,
    /// Whether the caller asked for what is behind a cursor.
    pub(crate) after: bool,
}

/// A field of a connection.
#[derive(Debug)]
pub(crate) enum PageField {
    Typename(&'static str),
    Edges(Vec<(Arc<str>, EdgeField)>),
    PageInfo(Selection),
}

/// A field of an edge.
#[derive(Debug)]
pub(crate) enum EdgeField {
    Typename(&'static str),
    Cursor,
    Node,
}
