//! Every scope there is, and what it opens: one table for the check of the configuration, for operators and auditors.
//!
//! The model's part stands beside each type (`@entity(scope:)`, `@scope(name:)`); a configuration adds what its APIs,
//! operations and routes name. A scope that opens nothing is a slip, and what names no scope is closed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::model::Model;

/// Opens `/graphql`; the fields there have scopes of their own.
pub const GRAPHQL: &str = "graphql";
/// Opens `__schema` and `__type`.
pub const INTROSPECTION: &str = "graphql:introspect";

/// Something that a scope opens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Opens {
    /// The path `/graphql`.
    Graphql,
    /// The schema's description of itself.
    Introspection,
    /// Every field of an entity that has no scope of its own.
    Entity(&'static str),
    /// One field of a type: `Receivables.creditLimit`.
    Field(&'static str, &'static str),
    /// A version of an API: `partner`, `v2`.
    Version(Arc<str>, Arc<str>),
    /// An operation or a proxied route: `GET /partner/v2/orders/{number}`.
    Path(Arc<str>),
}

impl fmt::Display for Opens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Opens::Graphql => f.write_str("/graphql"),
            Opens::Introspection => f.write_str("introspection"),
            Opens::Entity(name) => f.write_str(name),
            Opens::Field(of, name) => write!(f, "{of}.{name}"),
            Opens::Version(api, version) => write!(f, "/{api}/{version}"),
            Opens::Path(path) => f.write_str(path),
        }
    }
}

/// Scopes and what each opens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeTable(BTreeMap<Arc<str>, BTreeSet<Opens>>);

impl ScopeTable {
    /// What the model and `/graphql` ask for.
    pub fn of_model() -> Self {
        let mut table = ScopeTable::default();
        table.open(GRAPHQL, Opens::Graphql);
        table.open(INTROSPECTION, Opens::Introspection);
        for object in Model::get().objects.values() {
            if let Some(facts) = object.entity.as_ref().filter(|_| !object.hidden) {
                table.open(facts.scope, Opens::Entity(object.name));
            }
            for field in object.fields.values() {
                if let Some(scope) = field.scope {
                    table.open(scope, Opens::Field(object.name, field.name));
                }
            }
        }
        table
    }

    /// Notes what a scope opens.
    pub fn open(&mut self, scope: &str, what: Opens) {
        if let Some(known) = self.0.get_mut(scope) {
            known.insert(what);
        } else {
            self.0.insert(Arc::from(scope), BTreeSet::from([what]));
        }
    }

    /// Whether anything asks for this scope.
    pub fn knows(&self, scope: &str) -> bool {
        self.0.contains_key(scope)
    }

    /// Every scope, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|name| &**name)
    }

    /// Every scope with what it opens.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &BTreeSet<Opens>)> {
        self.0.iter().map(|(scope, opens)| (&**scope, opens))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_of_the_model_opens_something_that_can_be_asked_for() {
        let table = ScopeTable::of_model();
        for scope in Model::get().scopes() {
            assert!(table.knows(scope), "{scope}");
        }
        let lines: Vec<String> = table
            .iter()
            .map(|(scope, opens)| {
                let opens: Vec<String> = opens.iter().map(Opens::to_string).collect();
                format!("{scope}: {}", opens.join(", "))
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn a_configuration_adds_its_own() {
        let mut table = ScopeTable::of_model();
        assert!(!table.knows("api:partner"));
        table.open("api:partner", Opens::Version("partner".into(), "v2".into()));
        table.open("order:read", Opens::Path("GET /partner/v2/orders".into()));
        let opens = |scope: &str| table.iter().find(|(name, _)| *name == scope).map(|(_, opens)| opens.len());
        assert_eq!((opens("api:partner"), opens("order:read").is_some_and(|n| n > 1)), (Some(1), true));
    }
}
