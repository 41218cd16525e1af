//! Zendesk: organizations, users and tickets.
//!
//! A customer's number in the ERP is its organization's `external_id`; a ticket about an order has the order's number
//! as its `external_id`. A ticket's id is the case's number.

mod errors;
mod grammar;
mod notices;
mod pages;
mod reads;
mod search;
mod shapes;
mod token;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::Timelike;
use http::Method;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::credentials::{Access, Credentials};
use crate::notices::{Notice, Pen};
use crate::vendor::{Call, Reply, Vendor};
use crate::world::Estate;
use errors::{JSON, Refusal};
use reads::Reads;

/// How many calls a minute the account may make, by its word. The count of what remains never falls below half.
const PER_MINUTE: u64 = 2_500;

/// A tenant's Zendesk account.
#[derive(Debug)]
pub struct Zendesk {
    estate: Arc<Estate>,
    credentials: Arc<Credentials>,
    calls: AtomicU64,
}

impl Zendesk {
    /// The account of an estate.
    #[must_use]
    pub fn new(estate: Arc<Estate>, credentials: Arc<Credentials>) -> Self {
        Self { estate, credentials, calls: AtomicU64::new(0) }
    }

    fn authorize(&self, call: &Call) -> Result<(), Refusal> {
        if let Some(token) = call.bearer() {
            let accepted = self.credentials.tokens.accepts(token, call.now);
            return if accepted { Ok(()) } else { Err(Refusal::token()) };
        }
        let is_token =
            |(user, password): (String, String)| user.ends_with("/token") && password == self.credentials.api_key;
        if call.basic().is_some_and(is_token) { Ok(()) } else { Err(Refusal::credentials()) }
    }

    fn read(&self, call: &Call) -> Result<Value, Refusal> {
        self.authorize(call)?;
        let segments = call.segments();
        let mut path: Vec<&str> = segments.iter().map(String::as_str).collect();
        if let Some(last) = path.last_mut() {
            *last = last.strip_suffix(".json").unwrap_or(last);
        }
        let ["api", "v2", resource @ ..] = path.as_slice() else { return Err(Refusal::no_route()) };
        if call.method != Method::GET {
            return Err(Refusal::no_route());
        }
        let world = self.estate.read();
        let reads = Reads { call, world: &world };
        match resource {
            ["organizations"] => reads.organizations(),
            ["organizations", "search"] => reads.find_organizations(),
            ["organizations", "show_many"] => reads.many_organizations(),
            ["organizations", id] => reads.organization(id),
            ["organizations", id, "tickets"] => reads.tickets_of_organization(id),
            ["organizations", id, "users"] => reads.users(Some(id)),
            ["users"] => reads.users(None),
            ["users", "search"] => reads.find_users(),
            ["users", "show_many"] => reads.many_users(),
            ["users", id] => reads.user(id),
            ["users", id, "tickets", "requested"] => reads.tickets_of_user(id),
            ["tickets"] => reads.tickets(),
            ["tickets", "count"] => Ok(reads.ticket_count()),
            ["tickets", "show_many"] => reads.many_tickets(),
            ["tickets", id] => reads.ticket(id),
            ["tickets", id, "comments"] => reads.comments(id),
            ["search"] => reads.search(),
            _ => Err(Refusal::no_route()),
        }
    }
}

impl Vendor for Zendesk {
    fn name(&self) -> &'static str {
        "Zendesk"
    }

    fn answer(&self, call: &Call) -> Reply {
        if self.is_token_call(call) {
            return token::answer(call, &self.credentials).unwrap_or_else(|refusal| refusal.reply());
        }
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let reply = match self.read(call) {
            Ok(body) => validated(call, &body),
            Err(refusal) => refusal.reply(),
        };
        let remaining = (PER_MINUTE - number % (PER_MINUTE / 2)).to_string();
        reply
            .with("x-zendesk-api-version", "v2")
            .with("x-request-id", format!("{number:016x}-SEA"))
            .with("x-rate-limit", PER_MINUTE.to_string())
            .with("x-rate-limit-remaining", &remaining)
            .with("ratelimit-limit", PER_MINUTE.to_string())
            .with("ratelimit-remaining", &remaining)
            .with("ratelimit-reset", (60 - call.now.second()).to_string())
    }

    fn access(&self, base_url: &str) -> Access {
        Access {
            client_id: Some(self.credentials.client_id.clone()),
            client_secret: Some(self.credentials.client_secret.clone()),
            token_url: Some(format!("{base_url}{}", token::PATH)),
            scope: Some("read".to_owned()),
            api_key: Some(self.credentials.api_key.clone()),
            ..Access::default()
        }
    }

    fn is_token_call(&self, call: &Call) -> bool {
        call.path == token::PATH
    }

    /// Not JSON, as the vendor's front door has it.
    fn throttled(&self, retry_after: Option<u32>) -> Reply {
        let refusal = Reply::of(429, "text/plain", "Number of allowed API requests per minute exceeded")
            .with("cache-control", "max-age=1,public")
            .with("x-rate-limit", PER_MINUTE.to_string())
            .with("x-rate-limit-remaining", "0");
        match retry_after {
            Some(seconds) => refusal.with("retry-after", seconds.to_string()),
            None => refusal,
        }
    }

    fn expired(&self, call: &Call) -> Reply {
        let refusal = if call.bearer().is_some() { Refusal::token() } else { Refusal::credentials() };
        refusal.reply()
    }

    fn continue_at(&self, body: &mut Value, link: &str) {
        let Some(page) = body.as_object_mut() else { return };
        if let Some(Value::Object(meta)) = page.get_mut("meta") {
            meta.insert("has_more".to_owned(), Value::Bool(true));
            page.insert("links".to_owned(), serde_json::json!({ "prev": null, "next": link }));
        } else if page.contains_key("next_page") {
            page.insert("next_page".to_owned(), Value::from(link));
        }
    }

    fn notice(&self, entity: &str, key: &str, pen: &Pen<'_>) -> Option<Notice> {
        notices::notice(&self.estate.read(), entity, key, pen)
    }

    fn key_fields(&self) -> &'static [&'static str] {
        &["id", "external_id", "organization_id", "requester_id"]
    }
}

/// An answer with its validator, or the word that nothing has changed.
fn validated(call: &Call, body: &Value) -> Reply {
    let reply = Reply::json(200, body).with("content-type", JSON);
    let digest = Sha256::digest(&reply.body);
    let tag: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("W/\"{tag}\"");
    let known = call.header("if-none-match").is_some_and(|tags| tags.split(',').any(|known| known.trim() == tag));
    let reply = if known { Reply::empty(304) } else { reply };
    reply.with("etag", tag).with("cache-control", "max-age=0, private, must-revalidate")
}

#[cfg(test)]
mod tests;
