//! Chargebee: customers, their subscriptions and the invoices of these, read with the site's key.
//!
//! This estate gave its customers the ERP's numbers as ids, as the vendor lets a merchant do, and wrote them into the
//! custom field `cf_erp_id` as well. Lists cannot be filtered by that field. The plans are items of the newer
//! catalogue; an item price is a plan in EUR for a month.

mod errors;
mod fields;
mod filters;
mod kinds;
mod lists;
mod notices;
mod shapes;

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};

use crate::credentials::{Access, Credentials};
use crate::notices::{Notice, Pen};
use crate::vendor::{Call, Reply, Vendor};
use crate::world::{Estate, World};
use errors::{JSON, Refusal};
use kinds::Kind;

/// A tenant's Chargebee site.
#[derive(Debug)]
pub struct Chargebee {
    estate: Arc<Estate>,
    credentials: Arc<Credentials>,
}

impl Chargebee {
    /// The site of an estate.
    #[must_use]
    pub fn new(estate: Arc<Estate>, credentials: Arc<Credentials>) -> Self {
        Self { estate, credentials }
    }

    /// What the vendor's front door says while it cannot reach the site: no JSON at all.
    #[must_use]
    pub fn unavailable(&self) -> Reply {
        Reply::html(503, "<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>")
    }

    /// The key is the user's name, and there is no password.
    fn authorize(&self, call: &Call) -> Result<(), Refusal> {
        let is_key = |(user, password): (String, String)| user == self.credentials.api_key && password.is_empty();
        if call.basic().is_some_and(is_key) { Ok(()) } else { Err(Refusal::key()) }
    }

    fn read(&self, call: &Call) -> Result<Value, Refusal> {
        self.authorize(call)?;
        let segments = call.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ["api", "v2", resource @ ..] = path.as_slice() else { return Err(Refusal::no_route()) };
        if call.method != Method::GET {
            return Err(Refusal::method());
        }
        let world = self.estate.read();
        match resource {
            ["items", id] => {
                let item = shapes::item(&world, id).ok_or_else(|| Refusal::missing(id, "item_id"))?;
                Ok(json!({ "item": item }))
            }
            ["customers", id, "customer_entitlements"] => {
                let entitlements = shapes::customer_entitlements(&world, one(&world, Kind::Customer, id)?);
                lists::short(entitlements, call)
            }
            ["subscriptions", id, "subscription_entitlements"] => {
                let entitlements = shapes::subscription_entitlements(&world, one(&world, Kind::Subscription, id)?);
                lists::short(entitlements, call)
            }
            // Nobody here is bound for longer than a month.
            ["subscriptions", id, "contract_terms"] => {
                one(&world, Kind::Subscription, id)?;
                lists::short(Vec::new(), call)
            }
            [kind] => lists::list(&world, kind_of(kind)?, call),
            [kind, id] => {
                let kind = kind_of(kind)?;
                Ok(shapes::entry(&world, kind, one(&world, kind, id)?))
            }
            _ => Err(Refusal::no_route()),
        }
    }
}

impl Vendor for Chargebee {
    fn name(&self) -> &'static str {
        "Chargebee"
    }

    fn answer(&self, call: &Call) -> Reply {
        match self.read(call) {
            Ok(body) => Reply::json(200, &body).with("content-type", JSON),
            Err(refusal) => refusal.reply(),
        }
        .with("cache-control", "no-store, no-cache, must-revalidate")
    }

    fn access(&self, _base_url: &str) -> Access {
        Access { api_key: Some(self.credentials.api_key.clone()), ..Access::default() }
    }

    /// Keys are static: there is no such call.
    fn is_token_call(&self, _call: &Call) -> bool {
        false
    }

    fn throttled(&self, retry_after: Option<u32>) -> Reply {
        let refusal = Refusal::limited().reply();
        match retry_after {
            Some(seconds) => refusal.with("retry-after", seconds.to_string()),
            None => refusal,
        }
    }

    fn expired(&self, _call: &Call) -> Reply {
        Refusal::key().reply()
    }

    /// Lists have no links: a page tells the offset of the next one.
    fn continue_at(&self, body: &mut Value, link: &str) {
        let Some(page) = body.as_object_mut().filter(|page| page.get("list").is_some_and(Value::is_array)) else {
            return;
        };
        let query = link.split_once('?').map_or("", |(_, query)| query).as_bytes();
        let offset = url::form_urlencoded::parse(query).find(|(name, _)| name == "offset").map(|(_, offset)| offset);
        let offset = offset.map_or_else(|| lists::BEGINNING.to_owned(), std::borrow::Cow::into_owned);
        page.insert("next_offset".to_owned(), Value::from(offset));
    }

    fn notice(&self, entity: &str, key: &str, pen: &Pen<'_>) -> Option<Notice> {
        notices::notice(&self.estate.read(), entity, key, pen)
    }

    fn key_fields(&self) -> &'static [&'static str] {
        &["id", "customer_id", "subscription_id", "cf_erp_id", "email"]
    }
}

fn kind_of(name: &str) -> Result<Kind, Refusal> {
    Kind::ALL.into_iter().find(|kind| kind.plural() == name).ok_or_else(Refusal::no_route)
}

fn one(world: &World, kind: Kind, id: &str) -> Result<usize, Refusal> {
    kind.number(world, id).ok_or_else(|| Refusal::missing(id, kind.param()))
}

#[cfg(test)]
mod tests;
