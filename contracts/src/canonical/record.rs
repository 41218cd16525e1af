//! Records, where they came from, and why one could not be had.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::Value;
use crate::model::ObjectType;
use crate::problem::Code;
use crate::tenancy::{Role, SystemId};

/// One object of the model: a value for each of its fields, in the model's order.
#[derive(Debug)]
pub struct Record {
    /// What kind of thing it is.
    pub of: &'static ObjectType,
    /// The system whose row it is; none for what several systems or a decision make up.
    pub origin: Option<SystemId>,
    values: Box<[Value]>,
    /// What only this system has, named by the tenant's binding.
    pub extensions: Vec<(Arc<str>, serde_json::Value)>,
}

impl Record {
    /// A record in which nothing is known yet.
    pub fn new(of: &'static ObjectType) -> Self {
        Record { of, origin: None, values: vec![Value::Null; of.fields.len()].into(), extensions: Vec::new() }
    }

    /// The value of a field by its ordinal in the model.
    pub fn at(&self, ordinal: usize) -> &Value {
        self.values.get(ordinal).unwrap_or(&Value::Null)
    }

    /// The value of a field by name; null for a name that the model does not have. For request-time code
    /// prefer ordinals.
    pub fn get(&self, field: &str) -> &Value {
        self.of.fields.get(field).map_or(&Value::Null, |field| self.at(field.ordinal))
    }

    /// Sets a field by its ordinal; out of range does nothing.
    pub fn put(&mut self, ordinal: usize, value: Value) {
        if let Some(slot) = self.values.get_mut(ordinal) {
            *slot = value;
        }
    }

    /// Sets a field by name. The name must be the model's: a wrong one is a fault of ours and fails in tests.
    pub fn set(&mut self, field: &str, value: Value) {
        let known = self.of.fields.get(field);
        debug_assert!(known.is_some(), "{} has no field {field}", self.of.name);
        if let Some(field) = known {
            self.put(field.ordinal, value);
        }
    }

    /// The same, for building.
    #[must_use]
    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.set(field, value);
        self
    }

    /// An own copy, to complete what a system left open.
    #[must_use]
    pub fn to_owned_record(&self) -> Record {
        let (values, extensions) = (self.values.clone(), self.extensions.clone());
        Record { of: self.of, origin: self.origin.clone(), values, extensions }
    }

    /// Bytes this record keeps alive, roughly; for the cache's budget.
    pub fn weight(&self) -> usize {
        let extensions: usize =
            self.extensions.iter().map(|(name, value)| name.len() + value.to_string().len() + 64).sum();
        64 + extensions + self.values.iter().map(weight_of).sum::<usize>()
    }
}

fn weight_of(value: &Value) -> usize {
    let heap = match value {
        Value::Text(text) => text.len() + 16,
        Value::List(items) => 16 + items.iter().map(weight_of).sum::<usize>(),
        Value::Object(record) => record.weight(),
        Value::Failed(failure) => 96 + failure.message.len(),
        _ => 0,
    };
    size_of::<Value>() + heap
}

/// How an answer was had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CacheState {
    /// Asked of the system for this request.
    Fetched,
    /// Kept from an earlier request.
    Hit,
    /// Another request had just asked the same; its answer was shared.
    Coalesced,
    /// Older than its time to live; being fetched again meanwhile.
    Stale,
    /// Older than its time to live, because the system fails.
    StaleIfError,
}

impl CacheState {
    /// As the GraphQL enum `CacheState` spells it.
    pub fn graphql(self) -> &'static str {
        match self {
            CacheState::Fetched => "FETCHED",
            CacheState::Hit => "HIT",
            CacheState::Coalesced => "COALESCED",
            CacheState::Stale => "STALE",
            CacheState::StaleIfError => "STALE_IF_ERROR",
        }
    }
}

/// Where a record came from and how fresh it is: the `source` of every entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// The system, as the tenant calls it.
    pub system: SystemId,
    /// What it is for the tenant.
    pub role: Role,
    /// How the answer was had.
    pub state: CacheState,
    /// When the system was asked.
    pub fetched_at: DateTime<Utc>,
}

/// Why something could not be had from a system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The catalogue's code.
    pub code: Code,
    /// For the caller: never an upstream's own text.
    pub message: String,
    /// Which system failed, where one did.
    pub system: Option<SystemId>,
    /// What that system is for the tenant.
    pub role: Option<Role>,
    /// When to come back, where that is known.
    pub retry_after: Option<Duration>,
    /// For our log only.
    pub cause: Option<String>,
}

impl Failure {
    /// A failure with its public message.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Failure { code, message: message.into(), system: None, role: None, retry_after: None, cause: None }
    }

    /// Names the system that failed.
    #[must_use]
    pub fn of_system(mut self, system: &SystemId, role: Role) -> Self {
        self.system = Some(system.clone());
        self.role = Some(role);
        self
    }

    /// Adds when to come back.
    #[must_use]
    pub fn retry_after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }

    /// Adds a cause for our log; callers never see it.
    #[must_use]
    pub fn because(mut self, cause: impl std::fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }
}
