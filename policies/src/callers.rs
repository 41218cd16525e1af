//! The applications that operators registered, and the one that calls now.

use std::collections::HashMap;
use std::sync::Arc;

use crate::authorize::documents::TrustedDocuments;
use portico_contracts::tenancy::{ConsumerId, Customers, Principal, Scopes, TenantId, Tier};

/// The identity that limits and look-ups go by. A consumer's name alone is never one: two tenants may use the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConsumerKey {
    /// Whose application it is.
    pub tenant: TenantId,
    /// Its name within the tenant.
    pub consumer: ConsumerId,
}

/// What an operator gave one application.
#[derive(Debug, Clone)]
pub struct Consumer {
    /// The name of its plan: rates, quota, concurrency, query cost.
    pub plan: Arc<str>,
    /// How much its work matters.
    pub tier: Tier,
    /// What it may do.
    pub scopes: Arc<Scopes>,
    /// Where set, the only customers whose data it may see.
    pub customers: Option<Arc<Customers>>,
    /// Where set, the only GraphQL documents that it may send.
    pub documents: Option<Arc<TrustedDocuments>>,
}

/// Every registered application of every tenant.
#[derive(Debug, Default)]
pub struct Consumers(HashMap<ConsumerKey, Consumer>);

impl Consumers {
    /// The application, if it is registered for this very tenant.
    pub fn of(&self, key: &ConsumerKey) -> Option<&Consumer> {
        self.0.get(key)
    }
}

impl FromIterator<(ConsumerKey, Consumer)> for Consumers {
    fn from_iter<I: IntoIterator<Item = (ConsumerKey, Consumer)>>(consumers: I) -> Self {
        Consumers(consumers.into_iter().collect())
    }
}

/// An authenticated caller with what the operator set for it. Only [`crate::authenticate`] makes one.
#[derive(Debug)]
#[non_exhaustive]
pub struct Caller {
    /// Who asks, for whom, and what it may do.
    pub principal: Arc<Principal>,
    /// The identity that its limits go by.
    pub key: ConsumerKey,
    /// The name of its plan.
    pub plan: Arc<str>,
    /// How much its work matters.
    pub tier: Tier,
    /// Where set, the only GraphQL documents that it may send.
    pub documents: Option<Arc<TrustedDocuments>>,
}

impl Caller {
    /// The caller behind a verified credential. `narrowed` holds the scopes that the credential itself carries.
    pub(crate) fn verified(
        key: ConsumerKey,
        consumer: &Consumer,
        subject: Arc<str>,
        narrowed: Option<&Scopes>,
    ) -> Arc<Caller> {
        let scopes = match narrowed {
            Some(carried) => Arc::new(consumer.scopes.narrowed_to(carried)),
            None => consumer.scopes.clone(),
        };
        let principal = Principal {
            tenant: key.tenant.clone(),
            consumer: key.consumer.clone(),
            subject,
            scopes,
            customers: consumer.customers.clone(),
        };
        Arc::new(Caller {
            principal: Arc::new(principal),
            key,
            plan: consumer.plan.clone(),
            tier: consumer.tier,
            documents: consumer.documents.clone(),
        })
    }
}
