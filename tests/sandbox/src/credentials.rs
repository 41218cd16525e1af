//! What a client signs in with at one simulated system, and the tokens it was given for it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use serde::Serialize;

use crate::tenant::{Role, Tenant};

/// One system's secrets: fixed, worthless values, different for every tenant and system.
#[derive(Debug)]
pub struct Credentials {
    /// For systems that hand out tokens.
    pub client_id: String,
    /// For systems that hand out tokens.
    pub client_secret: String,
    /// For systems that take a static key.
    pub api_key: String,
    /// The tokens this system handed out.
    pub tokens: Tokens,
}

impl Credentials {
    /// The fixed credentials of a tenant's system.
    #[must_use]
    pub fn of(tenant: Tenant, role: Role) -> Self {
        let system = format!("{}-{}", tenant.name(), role.name());
        Self {
            client_id: format!("demo-{system}-client"),
            client_secret: format!("demo-{system}-secret"),
            api_key: format!("sk_test_demo_{}_{}", tenant.name(), role.name()),
            tokens: Tokens::new(&system),
        }
    }

    /// Whether these are the client's id and secret.
    #[must_use]
    pub fn are(&self, client_id: &str, client_secret: &str) -> bool {
        self.client_id == client_id && self.client_secret == client_secret
    }
}

/// What a client is told about signing in; what a vendor does not use is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Access {
    /// OAuth client id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// OAuth client secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// What is shown for tokens beside the secret, where an account has granted it once and for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Where tokens are handed out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_url: Option<String>,
    /// The scope to ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// A static key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key: Option<String>,
    /// For systems that take a signed assertion: the `kid` to name in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_id: Option<String>,
    /// For systems that take a signed assertion: the key to sign it with, PKCS#8 in PEM; P-256, so `ES256`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_key: Option<String>,
}

/// The opaque tokens a system handed out and still accepts.
#[derive(Debug)]
pub struct Tokens {
    system: String,
    issued: Mutex<Issued>,
    /// Whether only tokens are accepted that were had for somebody.
    for_callers_only: AtomicBool,
}

#[derive(Debug, Default)]
struct Issued {
    count: u64,
    expiry: HashMap<String, DateTime<Utc>>,
    /// For whom a token was had, where it was exchanged.
    subjects: HashMap<String, String>,
}

/// More than this many live tokens means a client that never reuses one; expired ones are dropped first.
const MOST_TOKENS: usize = 10_000;

impl Tokens {
    fn new(system: &str) -> Self {
        Self { system: system.to_owned(), issued: Mutex::default(), for_callers_only: AtomicBool::new(false) }
    }

    /// Hands out a new token that is accepted for `lifetime_seconds`.
    pub fn issue(&self, now: DateTime<Utc>, lifetime_seconds: i64) -> String {
        let mut issued = self.issued.lock();
        if issued.expiry.len() >= MOST_TOKENS {
            issued.expiry.retain(|_, expiry| *expiry > now);
        }
        if issued.expiry.len() >= MOST_TOKENS {
            issued.expiry.clear();
        }
        issued.count += 1;
        let token = format!("demo-{}-token-{}", self.system, issued.count);
        issued.expiry.insert(token.clone(), now + TimeDelta::seconds(lifetime_seconds));
        token
    }

    /// The same on somebody's behalf.
    pub fn issue_for(&self, subject: &str, now: DateTime<Utc>, lifetime_seconds: i64) -> String {
        let token = self.issue(now, lifetime_seconds);
        let mut issued = self.issued.lock();
        if issued.subjects.len() >= MOST_TOKENS {
            issued.subjects.clear();
        }
        issued.subjects.insert(token.clone(), subject.to_owned());
        token
    }

    /// On whose behalf a token was issued.
    #[must_use]
    pub fn subject(&self, token: &str) -> Option<String> {
        self.issued.lock().subjects.get(token).cloned()
    }

    /// Accepts only tokens from now on that were had for somebody, or all again.
    pub fn demand_callers(&self, demand: bool) {
        self.for_callers_only.store(demand, Ordering::Relaxed);
    }

    /// Whether a token came from here and has not expired.
    #[must_use]
    pub fn accepts(&self, token: &str, now: DateTime<Utc>) -> bool {
        let issued = self.issued.lock();
        let somebodys = !self.for_callers_only.load(Ordering::Relaxed) || issued.subjects.contains_key(token);
        somebodys && issued.expiry.get(token).is_some_and(|expiry| *expiry > now)
    }

    /// Whether a token came from here once, expired or not.
    #[must_use]
    pub fn issued(&self, token: &str) -> bool {
        let number = token.strip_prefix(&format!("demo-{}-token-", self.system)).and_then(|text| text.parse().ok());
        number.is_some_and(|number: u64| (1..=self.issued.lock().count).contains(&number))
    }

    /// Accepts none of the tokens handed out so far any longer.
    pub fn forget_all(&self) {
        self.issued.lock().expiry.clear();
    }
}
