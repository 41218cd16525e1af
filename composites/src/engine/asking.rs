//! On whose behalf a question is prepared, and under which conditions.

use std::fmt;

use async_graphql_value::ConstValue;
use indexmap::IndexMap;
use portico_contracts::problem::Problem;
use portico_contracts::tenancy::Principal;
use serde_json::{Map, Value};

use crate::fresh::Wish;

/// The arguments of a root field: coerced, with defaults.
#[derive(Debug, Clone, Copy)]
pub struct Arguments<'a>(pub(crate) &'a IndexMap<&'static str, ConstValue>);

impl Arguments<'_> {
    /// As JSON.
    pub fn json(self) -> Map<String, Value> {
        let json = |value: &ConstValue| value.clone().into_json().unwrap_or_default();
        self.0.iter().map(|(name, value)| ((*name).to_owned(), json(value))).collect()
    }
}

/// What must hold beside the scopes: asked for every root field, with its name and arguments, before it is planned.
pub type Gate<'g> = dyn Fn(&str, Arguments<'_>) -> Result<(), Problem> + 'g;

/// Who asks, and how.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// Who.
    pub principal: &'a Principal,
    /// How fresh it must be.
    pub wish: Wish,
    /// What must hold beside the principal's scopes.
    pub gate: &'a Gate<'a>,
}

impl<'a> Asking<'a> {
    /// One of whom nothing is asked beside its scopes.
    pub fn unconditionally(principal: &'a Principal, wish: Wish) -> Self {
        Asking { principal, wish, gate: &|_, _| Ok(()) }
    }
}

impl fmt::Debug for Asking<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asking").field("principal", &self.principal).field("wish", &self.wish).finish_non_exhaustive()
    }
}
