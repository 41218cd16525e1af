//! Stripe: customers, their subscriptions, the invoices of these and the products that they are to, read with a secret
//! key.
//!
//! A customer's number in the ERP stands in `metadata.erp_id`. The customer of the CRM that billing never got to know
//! has an id here all the same: that of a deleted customer.

mod errors;
mod expand;
mod grammar;
mod kinds;
mod lists;
mod notices;
mod params;
mod search;
mod shapes;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::Method;
use serde_json::{Value, json};

use crate::credentials::{Access, Credentials};
use crate::notices::{Notice, Pen};
use crate::vendor::{Call, Reply, Vendor};
use crate::world::{Estate, World};
use errors::Refusal;
use kinds::Kind;
use params::Params;

/// The version of whoever asks for none.
const DEFAULT_VERSION: &str = "2026-06-24.dahlia";

/// A tenant's Stripe account.
#[derive(Debug)]
pub struct Stripe {
    estate: Arc<Estate>,
    credentials: Arc<Credentials>,
    calls: AtomicU64,
}

impl Stripe {
    /// The account of an estate.
    #[must_use]
    pub fn new(estate: Arc<Estate>, credentials: Arc<Credentials>) -> Self {
        Self { estate, credentials, calls: AtomicU64::new(0) }
    }

    /// The vendor's other 429: an object is being changed by somebody else. It names no reason in a header field.
    #[must_use]
    pub fn locked(&self) -> Reply {
        Refusal::lock_timeout().reply().with("stripe-should-retry", "true")
    }

    fn authorize(&self, call: &Call) -> Result<(), Refusal> {
        let key = key(call).ok_or_else(Refusal::no_key)?;
        if key == self.credentials.api_key { Ok(()) } else { Err(Refusal::wrong_key(&key)) }
    }

    fn read(&self, call: &Call) -> Result<Value, Refusal> {
        self.authorize(call)?;
        version(call)?;
        let no_route = || Refusal::no_route(&call.method, &call.path);
        if call.method != Method::GET {
            return Err(no_route());
        }
        let segments = call.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        let params = Params(&call.query);
        let world = self.estate.read();
        let mut body = match path.as_slice() {
            ["v1", "balance"] => params.only(&[]).map(|()| shapes::balance())?,
            ["v1", "entitlements", "active_entitlements"] => lists::active_entitlements(&world, &params)?,
            ["v1", "subscription_items"] => lists::subscription_items(&world, &params)?,
            ["v1", "invoices", id, "lines"] => lists::invoice_lines(&world, id, &params)?,
            ["v1", kind] => lists::list(&world, kind_of(kind).ok_or_else(no_route)?, &params)?,
            // Search expands by itself, because its total is expanded, too.
            ["v1", kind, "search"] => return search::search(&world, kind_of(kind).ok_or_else(no_route)?, &params),
            ["v1", kind, id] => {
                let kind = kind_of(kind).ok_or_else(no_route)?;
                params.only(&[])?;
                one(&world, kind, id)?
            }
            _ => return Err(no_route()),
        };
        expand::expand(&world, &mut body, params.expansions())?;
        Ok(body)
    }
}

impl Vendor for Stripe {
    fn name(&self) -> &'static str {
        "Stripe"
    }

    fn answer(&self, call: &Call) -> Reply {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let reply = match self.read(call) {
            Ok(body) => Reply::json(200, &body),
            Err(refusal) => refusal.reply(),
        };
        reply
            .with("request-id", format!("req_{number:014}"))
            .with("stripe-version", call.header("stripe-version").unwrap_or(DEFAULT_VERSION))
            .with("cache-control", "no-cache, no-store")
            .with("vary", "Origin")
    }

    fn access(&self, _base_url: &str) -> Access {
        Access { api_key: Some(self.credentials.api_key.clone()), ..Access::default() }
    }

    /// Keys are static: there is no such call.
    fn is_token_call(&self, _call: &Call) -> bool {
        false
    }

    /// The vendor itself names no time to wait; one is sent only when asked for.
    fn throttled(&self, retry_after: Option<u32>) -> Reply {
        let refusal = Refusal::rate_limit()
            .reply()
            .with("stripe-rate-limited-reason", "global-rate")
            .with("stripe-should-retry", "true");
        match retry_after {
            Some(seconds) => refusal.with("retry-after", seconds.to_string()),
            None => refusal,
        }
    }

    fn expired(&self, call: &Call) -> Reply {
        Refusal::expired_key(&key(call).unwrap_or_default()).reply()
    }

    /// Lists have no links: the next page begins after the last object shown. A search's page has a token.
    fn continue_at(&self, body: &mut Value, link: &str) {
        let Some(page) = body.as_object_mut().filter(|page| page.contains_key("has_more")) else { return };
        page.insert("has_more".to_owned(), Value::Bool(true));
        if page.contains_key("next_page") {
            page.insert("next_page".to_owned(), Value::from(link));
        }
    }

    fn notice(&self, entity: &str, key: &str, pen: &Pen<'_>) -> Option<Notice> {
        notices::notice(&self.estate.read(), entity, key, pen)
    }

    fn key_fields(&self) -> &'static [&'static str] {
        &["id", "customer", "erp_id", "subscription"]
    }
}

fn kind_of(name: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind.url().ends_with(&format!("/{name}")))
}

fn one(world: &World, kind: Kind, id: &str) -> Result<Value, Refusal> {
    if let Some(number) = kind.number(world, id) {
        return Ok(shapes::shape(world, kind, number));
    }
    let deleted = |number: &usize| kind == Kind::Customer && Kind::Customer.id(world.tenant, *number) == id;
    if (0..world.customers.len()).any(|number| deleted(&number)) {
        return Ok(json!({ "id": id, "object": "customer", "deleted": true }));
    }
    Err(Refusal::missing(kind.name(), id, "id"))
}

fn key(call: &Call) -> Option<String> {
    let user = || call.basic().map(|(user, _)| user);
    call.bearer().map(str::to_owned).or_else(user).filter(|key| !key.is_empty())
}

/// A version is a day, and since 2024 the name of a release train.
fn version(call: &Call) -> Result<(), Refusal> {
    let Some(version) = call.header("stripe-version") else { return Ok(()) };
    let day = version.split_once('.').map_or(version, |(day, _)| day);
    match chrono::NaiveDate::parse_from_str(day, "%Y-%m-%d") {
        Ok(_) => Ok(()),
        Err(_) => Err(Refusal::invalid("version", format!("Invalid Stripe API version: {version}"))),
    }
}

#[cfg(test)]
mod tests;
