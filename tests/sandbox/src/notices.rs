//! What systems tell of their own accord when something changed in them, and where to.
//!
//! Each vendor writes a notice in its own words and proves it in its own way; this carries it and says how it was
//! answered. Nobody is told anything until [`Hooks`] are set.

mod carry;

use std::sync::Arc;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::sandbox::Parts;
use crate::system::{System, SystemInfo};
use crate::tenant::{Role, Tenant};

/// Where notices go: below it `/hooks/<tenant>/<system>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hooks {
    /// Where they are sent: `http://127.0.0.1:8080`.
    pub url: String,
    /// The address that was written into the vendors' forms. Whoever signs it signs this one.
    pub public_url: String,
}

/// A notice as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What follows the `?` of the address, where the vendor is told no more than an address.
    pub query: Option<String>,
    /// Its headers.
    pub headers: Vec<(&'static str, String)>,
    /// Its body.
    pub body: String,
}

/// How a notice was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivered {
    /// Whose it was: `acme-erp`.
    pub system: String,
    /// The answer's status; none where there was no answer.
    pub status: Option<u16>,
    /// Whether the vendor takes it for taken; if not, it would come again.
    pub taken: bool,
}

/// What a vendor writes its notices with.
#[derive(Debug)]
pub struct Pen<'p> {
    /// What was agreed with the receiver.
    pub secret: &'p str,
    /// The address that it calls, as it knows it.
    pub address: &'p str,
    /// The time.
    pub now: DateTime<Utc>,
}

impl Pen<'_> {
    /// An id that no other notice has.
    #[must_use]
    pub fn id(&self) -> String {
        Uuid::new_v4().simple().to_string()
    }

    /// HMAC-SHA256 of the parts, put together, with the secret.
    #[must_use]
    pub fn sign(&self, parts: &[&str]) -> Vec<u8> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret.as_bytes());
        hmac::sign(&key, parts.concat().as_bytes()).as_ref().to_vec()
    }

    /// The same in base64.
    #[must_use]
    pub fn sign_in_base64(&self, parts: &[&str]) -> String {
        STANDARD.encode(self.sign(parts))
    }
}

impl Notice {
    /// One of JSON.
    #[must_use]
    pub fn json(body: &serde_json::Value) -> Self {
        Self { query: None, headers: vec![("content-type", "application/json".to_owned())], body: body.to_string() }
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl SystemInfo {
    /// What this system's notices are signed with or show; a fixed, worthless value.
    #[must_use]
    pub fn notice_secret(&self) -> String {
        format!("demo-{}-notice-secret", self.name)
    }
}

/// The notice that a system has for a change, whether or not it is sent; none where it has nothing to do with it.
pub(crate) fn written(system: &System, hooks: &Hooks, entity: &str, key: &str) -> Option<Notice> {
    let address = format!("{}{}", hooks.public_url.trim_end_matches('/'), path(&system.info));
    let (secret, now) = (system.info.notice_secret(), system.clock.now());
    system.vendor.notice(entity, key, &Pen { secret: &secret, address: &address, now })
}

/// Sends the notices of all systems that a change concerns, one after the other, as soon as it has happened.
pub(crate) async fn send(parts: &Parts, tenant: Tenant, entity: &str, key: &str) -> Vec<Delivered> {
    let Some(hooks) = parts.hooks.lock().clone() else { return Vec::new() };
    let mut delivered = Vec::new();
    let meant = |system: &&Arc<System>| system.info.tenant == tenant && is_set_up(system.info.role, entity);
    for system in parts.systems.iter().filter(meant) {
        let Some(notice) = written(system, &hooks, entity, key) else { continue };
        let (status, taken) = carry::carry(&hooks.url, &path(&system.info), &notice).await;
        delivered.push(Delivered { system: system.info.name.clone(), status, taken });
    }
    delivered
}

/// Nobody has set these CRMs up to tell of what the ERP and the service desk tell: they can, and are asked for it by
/// [`written`].
fn is_set_up(role: Role, entity: &str) -> bool {
    role != Role::Crm || !matches!(entity, "order" | "product" | "case")
}

fn path(system: &SystemInfo) -> String {
    format!("/hooks/{}/{}", system.tenant.name(), system.name)
}
