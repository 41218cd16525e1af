//! Whose request it is: tenants, consumers, principals, roles and tiers, as types that cannot be confused.
//!
//! A tenant never travels as a string: every key, cache, pool and limiter takes a [`TenantId`], which
//! only the configuration loader and the authenticator make.

mod customers;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use customers::Customers;

/// Why a name is not a valid identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a valid name: use 1 to 63 lower-case letters, digits and `-`, starting with a letter")]
pub struct InvalidName {
    given: String,
}

fn check_name(given: &str) -> Result<Arc<str>, InvalidName> {
    let bytes = given.as_bytes();
    let well_formed = (1..=63).contains(&bytes.len())
        && bytes[0].is_ascii_lowercase()
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-');
    if well_formed { Ok(Arc::from(given)) } else { Err(InvalidName { given: given.chars().take(80).collect() }) }
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks and takes a name: 1 to 63 lower-case letters, digits and `-`, starting with a letter.
            pub fn parse(name: &str) -> Result<Self, InvalidName> {
                check_name(name).map(Self)
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }
    };
}

name_type! {
    /// Whose systems, data and limits these are: a company, or a part of one. Nothing is shared between two.
    TenantId
}
name_type! {
    /// A calling application, as its tenant names it. Two tenants may use one name for different ones.
    ConsumerId
}
name_type! {
    /// One upstream instance of a tenant, for example `acme-erp`. Unique within its tenant only.
    SystemId
}

/// What a system is for a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Enterprise resource planning: customers, orders, invoices, products.
    Erp,
    /// Customer relationship management: accounts, contacts, often assets and contracts.
    Crm,
    /// Billing: subscriptions.
    Billing,
    /// Service desk: cases.
    Support,
}

impl Role {
    /// Every role, in the order in which answers list them.
    pub const ALL: [Role; 4] = [Role::Erp, Role::Crm, Role::Billing, Role::Support];

    /// As configuration, metrics and `extensions.role` spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Erp => "erp",
            Role::Crm => "crm",
            Role::Billing => "billing",
            Role::Support => "support",
        }
    }

    /// As the GraphQL enum `Role` spells it.
    pub fn graphql(self) -> &'static str {
        match self {
            Role::Erp => "ERP",
            Role::Crm => "CRM",
            Role::Billing => "BILLING",
            Role::Support => "SUPPORT",
        }
    }

    /// The inverse of [`Role::graphql`].
    pub fn from_graphql(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.graphql() == name)
    }
}

/// How much a workflow matters. It decides the deadline, and who is served when little is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// A person waits for a decision.
    Critical,
    /// A person waits for an answer.
    #[default]
    Standard,
    /// A machine waits.
    BestEffort,
}

impl Tier {
    /// As configuration and metrics spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Tier::Critical => "critical",
            Tier::Standard => "standard",
            Tier::BestEffort => "best_effort",
        }
    }
}

/// A set of scopes. An empty set grants nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes(BTreeSet<Arc<str>>);

impl Scopes {
    /// Whether the scope is held.
    pub fn has(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    /// What both sets hold: a token may narrow what its consumer was given, never widen it.
    pub fn narrowed_to(&self, other: &Scopes) -> Scopes {
        Scopes(self.0.intersection(&other.0).cloned().collect())
    }

    /// The scopes in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|scope| &**scope)
    }

    /// Whether nothing is granted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<S: AsRef<str>> FromIterator<S> for Scopes {
    fn from_iter<I: IntoIterator<Item = S>>(scopes: I) -> Self {
        Scopes(scopes.into_iter().map(|scope| Arc::from(scope.as_ref())).collect())
    }
}

/// The authenticated caller of one request. Made by `policies::authenticate` and nobody else on the request path.
#[derive(Debug, Clone)]
pub struct Principal {
    /// Whose data is asked for.
    pub tenant: TenantId,
    /// Which application asks.
    pub consumer: ConsumerId,
    /// `sub` of the token or the name of the API key. For the audit trail; never a decision.
    pub subject: Arc<str>,
    /// What it may do: what the consumer was given, narrowed by the token.
    pub scopes: Arc<Scopes>,
    /// Where set, the customer numbers whose data this consumer may see; all other customers' data is not found.
    pub customers: Option<Arc<Customers>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_narrow() {
        for good in ["acme", "a", "acme-erp-2"] {
            assert_eq!(TenantId::parse(good).map(|name| name.to_string()), Ok(good.to_owned()));
        }
        for bad in ["", "Acme", "-a", "1a", "a b", "a|b", "ä", &"a".repeat(64)] {
            assert!(TenantId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_token_narrows_and_never_widens() {
        let given: Scopes = ["order:read", "case:read"].into_iter().collect();
        let token: Scopes = ["order:read", "credit:decide"].into_iter().collect();
        assert_eq!(given.narrowed_to(&token).iter().collect::<Vec<_>>(), ["order:read"]);
    }
}
