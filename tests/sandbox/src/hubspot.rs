//! HubSpot: companies, their contacts, deals, orders, products, tickets, invoices and subscriptions, read with a private
//! app's token or with an app's short ones.
//!
//! What this estate added to the vendor's own properties: of companies `erp_customer_number` (unique; empty for the
//! company the ERP does not know), `customer_segment`, `credit_limit`, `deliveries_stopped` and `payment_terms`; of
//! deals and orders `erp_order_number` (unique); of orders, tickets, invoices and subscriptions `erp_customer_number`; of
//! tickets and invoices `erp_order_number`; of products `unit` and `warranty_months`.

mod associations;
mod batch;
mod errors;
mod notices;
mod objects;
mod owners;
mod paths;
mod reads;
mod search;
mod token;
mod value;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::Method;
use serde_json::{Value, json};

use crate::credentials::{Access, Credentials};
use crate::notices::{Notice, Pen};
use crate::vendor::{Call, Reply, Vendor};
use crate::world::Estate;
use errors::{Policy, Refusal};
use paths::Resource;

/// What a private app may do in ten seconds and in a day. The counts of what remains never fall below half.
const PER_TEN_SECONDS: u64 = 190;
const PER_DAY: u64 = 650_000;
/// The same for an app of many accounts, which has no daily limit.
const PER_TEN_SECONDS_OAUTH: u64 = 110;

/// A tenant's HubSpot account.
#[derive(Debug)]
pub struct HubSpot {
    estate: Arc<Estate>,
    credentials: Arc<Credentials>,
    calls: AtomicU64,
}

/// Who calls: the two kinds of token have different limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    PrivateApp,
    App,
}

impl HubSpot {
    /// The account of an estate.
    #[must_use]
    pub fn new(estate: Arc<Estate>, credentials: Arc<Credentials>) -> Self {
        Self { estate, credentials, calls: AtomicU64::new(0) }
    }

    /// The long-lived token that is exchanged for short ones; a fixed, worthless value.
    #[must_use]
    pub fn refresh_token(&self) -> String {
        token::refresh_token(&self.credentials)
    }

    /// The vendor's other 429: nothing more until midnight, and no word about when that is.
    #[must_use]
    pub fn exhausted(&self) -> Reply {
        Refusal::limited(Policy::Daily).reply(&self.correlation())
    }

    fn authorize(&self, call: &Call) -> Result<Caller, Refusal> {
        let found = call.bearer().ok_or_else(Refusal::no_credentials)?;
        if found == self.credentials.api_key {
            return Ok(Caller::PrivateApp);
        }
        let short = token::short(found).ok_or_else(Refusal::no_credentials)?;
        if self.credentials.tokens.accepts(short, call.now) {
            Ok(Caller::App)
        } else if self.credentials.tokens.issued(short) {
            Err(Refusal::expired(call.now))
        } else {
            Err(Refusal::no_credentials())
        }
    }

    fn read(&self, call: &Call) -> Result<Reply, Refusal> {
        let segments = call.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        let resource = paths::resource(&path)?;
        let is_post = matches!(resource, Resource::Batch(_) | Resource::Search(_) | Resource::AssociationBatch(..));
        if call.method != if is_post { Method::POST } else { Method::GET } {
            return Err(Refusal::method());
        }
        let world = self.estate.read();
        let found = |body: &Value| Reply::json(200, body);
        match resource {
            Resource::List(object) => reads::list(&world, object, call).map(|body| found(&body)),
            Resource::One(object, id) => reads::one(&world, object, id, call).map(|body| found(&body)),
            Resource::Batch(object) => batch::read(&world, object, call),
            Resource::Search(object) => search::search(&world, object, call).map(|body| found(&body)),
            Resource::Properties(object) => Ok(found(&objects::described(object))),
            Resource::Property(object, name) => {
                let property = object.property(name).ok_or_else(|| Refusal::no_property(object, name))?;
                Ok(found(&property.described(object)))
            }
            Resource::Associations(from, id, to) => {
                associations::of_one(&world, from, id, to, call).map(|body| found(&body))
            }
            Resource::AssociationBatch(from, to) => associations::batch(&world, from, to, call),
            Resource::Owners => owners::list(&world, call).map(|body| found(&body)),
            Resource::Owner(id) => owners::one(&world, id).map(|body| found(&body)),
        }
    }

    /// A new name for an answer.
    fn correlation(&self) -> String {
        correlation(self.calls.fetch_add(1, Ordering::Relaxed))
    }

    fn with_limits(reply: Reply, caller: Caller, number: u64) -> Reply {
        let most = if caller == Caller::App { PER_TEN_SECONDS_OAUTH } else { PER_TEN_SECONDS };
        let a_second = most / 10;
        let reply = reply
            .with("x-hubspot-ratelimit-interval-milliseconds", "10000")
            .with("x-hubspot-ratelimit-max", most.to_string())
            .with("x-hubspot-ratelimit-remaining", (most - number % (most / 2)).to_string())
            .with("x-hubspot-ratelimit-secondly", a_second.to_string())
            .with("x-hubspot-ratelimit-secondly-remaining", (a_second - number % (a_second / 2)).to_string());
        match caller {
            Caller::App => reply,
            Caller::PrivateApp => reply
                .with("x-hubspot-ratelimit-daily", PER_DAY.to_string())
                .with("x-hubspot-ratelimit-daily-remaining", (PER_DAY - number % (PER_DAY / 2)).to_string()),
        }
    }
}

impl Vendor for HubSpot {
    fn name(&self) -> &'static str {
        "HubSpot"
    }

    fn answer(&self, call: &Call) -> Reply {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let correlation = correlation(number);
        let reply = if self.is_token_call(call) {
            token::answer(call, &self.credentials).unwrap_or_else(|refusal| refusal.reply(&correlation))
        } else {
            match self.authorize(call) {
                Err(refusal) => refusal.reply(&correlation),
                Ok(caller) => {
                    let reply = self.read(call).unwrap_or_else(|refusal| refusal.reply(&correlation));
                    // A search counts against a limit of its own, which no header field tells.
                    if call.path.ends_with("/search") { reply } else { Self::with_limits(reply, caller, number) }
                }
            }
        };
        reply
            .with("x-hubspot-correlation-id", correlation)
            .with("cf-cache-status", "DYNAMIC")
            .with("vary", "origin, accept-encoding")
    }

    fn access(&self, base_url: &str) -> Access {
        Access {
            client_id: Some(self.credentials.client_id.clone()),
            client_secret: Some(self.credentials.client_secret.clone()),
            refresh_token: Some(self.refresh_token()),
            token_url: Some(format!("{base_url}{}", token::PATH)),
            api_key: Some(self.credentials.api_key.clone()),
            ..Access::default()
        }
    }

    fn is_token_call(&self, call: &Call) -> bool {
        token::is_path(&call.path)
    }

    /// The vendor seldom names a time to wait; one is sent only when asked for.
    fn throttled(&self, retry_after: Option<u32>) -> Reply {
        let correlation = self.correlation();
        let policy = if retry_after.is_some() { Policy::Secondly } else { Policy::TenSecondlyRolling };
        let refusal =
            Refusal::limited(policy).reply(&correlation).with("x-hubspot-correlation-id", correlation.as_str());
        match retry_after {
            Some(seconds) => refusal.with("retry-after", seconds.to_string()),
            None => refusal,
        }
    }

    fn expired(&self, call: &Call) -> Reply {
        Refusal::expired(call.now).reply(&self.correlation())
    }

    /// A page tells where the next one begins and, for people, its address. Batches are no pages.
    fn continue_at(&self, body: &mut Value, link: &str) {
        let Some(page) = body.as_object_mut() else { return };
        if !page.get("results").is_some_and(Value::is_array) || page.contains_key("startedAt") {
            return;
        }
        let query = link.split_once('?').map_or("", |(_, query)| query).as_bytes();
        let after = url::form_urlencoded::parse(query).find(|(name, _)| name == "after").map(|(_, after)| after);
        let after = after.as_deref().unwrap_or("0");
        page.insert("paging".to_owned(), json!({ "next": { "after": after, "link": link } }));
    }

    fn notice(&self, entity: &str, key: &str, pen: &Pen<'_>) -> Option<Notice> {
        notices::notice(&self.estate.read(), entity, key, pen)
    }

    fn key_fields(&self) -> &'static [&'static str] {
        &["id", "hs_object_id", "toObjectId", "erp_customer_number", "erp_order_number", "email", "hs_sku", "hs_number"]
    }
}

fn correlation(number: u64) -> String {
    format!("019cd9fe-d093-7d4f-99bc-{number:012x}")
}

#[cfg(test)]
mod tests;
