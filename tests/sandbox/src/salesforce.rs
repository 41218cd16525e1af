//! Salesforce: accounts, contacts, assets, service contracts and entitlements, orders, prices, shipments, invoices and
//! cases, read by SOQL and by id.
//!
//! This organisation has one currency, Order Management and Service Cloud. Its own fields are `Account.Segment__c`,
//! `Credit_Limit__c`, `Open_Balance__c`, `Credit_Hold__c` and `Payment_Terms__c`, `Asset.Warranty_End__c`,
//! `Asset.Order_Number__c`, `ServiceContract.Support_Level__c`, `Order.Requested_Ship__c`,
//! `Product2.Warranty_Months__c` and `Case.Order_Number__c`.

mod cells;
mod composite;
mod errors;
mod ids;
mod notices;
mod objects;
mod plan;
mod query;
mod records;
mod soql;
mod token;
mod versions;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::Method;
use serde_json::{Value, json};

use crate::credentials::{Access, Credentials};
use crate::notices::{Notice, Pen};
use crate::vendor::{Call, Reply, Vendor};
use crate::world::Estate;
use errors::{Refusal, reply};
use query::Cursors;

/// The vendor's caps on an address, and on an address with its header fields.
const LONGEST_TARGET: usize = 16_384;
/// How many calls a day the organisation may make. The count starts again at half of it: the allowance rolls.
const DAILY_CALLS: u64 = 5_000_000;

/// A tenant's Salesforce organisation.
#[derive(Debug)]
pub struct Salesforce {
    estate: Arc<Estate>,
    credentials: Arc<Credentials>,
    cursors: Cursors,
    calls: AtomicU64,
}

impl Salesforce {
    /// The organisation of an estate.
    #[must_use]
    pub fn new(estate: Arc<Estate>, credentials: Arc<Credentials>) -> Self {
        Self { estate, credentials, cursors: Cursors::default(), calls: AtomicU64::new(0) }
    }

    fn data(&self, call: &Call, path: &[&str]) -> Result<Reply, Refusal> {
        let Some((version, resource)) = path.split_first() else { return Ok(versions::list()) };
        if !self.is_signed_in(call) {
            return Err(Refusal::session());
        }
        versions::check(version)?;
        self.resource(call, version, resource)
    }

    /// Answers one resource below a version; composite calls come here for each of their parts.
    fn resource(&self, call: &Call, version: &str, path: &[&str]) -> Result<Reply, Refusal> {
        let get = |answer: Result<Value, Refusal>| match call.method {
            Method::GET => answer.map(|body| reply(200, &body)),
            _ => Err(Refusal::method(&call.method, "GET,HEAD")),
        };
        let world = self.estate.read();
        match path {
            [] | [""] => get(Ok(versions::resources(version))),
            ["limits"] => get(Ok(self.limits())),
            ["query" | "queryAll"] => {
                let missing = || Refusal::bad("MALFORMED_QUERY", "A query string has to be specified");
                let page = page_size(call);
                let text = call.param("q").ok_or_else(missing);
                get(text.and_then(|text| query::first(&world, text, version, page, &self.cursors)))
            }
            ["query" | "queryAll", locator] => get(query::next(&world, locator, version, &self.cursors)),
            ["sobjects"] => get(Ok(records::describe_all(version))),
            ["sobjects", name] => get(records::describe_basic(name, version)),
            ["sobjects", name, "describe"] => get(records::describe(name, version)),
            ["sobjects", name, id] if call.method == Method::GET => records::by_id(&world, call, name, id, version),
            ["sobjects", name, field, value] if call.method == Method::GET => {
                records::by_external_id(&world, call, name, (field, value), version)
            }
            ["sobjects", _, _] | ["sobjects", _, _, _] => Err(Refusal::method(&call.method, "GET,HEAD")),
            ["composite", "sobjects", name] => records::collection(&world, call, name, version),
            ["composite"] => {
                drop(world);
                composite::composite(call, |part, version, path| self.resource(part, version, path))
            }
            ["composite", "batch"] => {
                drop(world);
                composite::batch(call, |part, version, path| self.resource(part, version, path))
            }
            _ => Err(Refusal::not_found()),
        }
    }

    fn is_signed_in(&self, call: &Call) -> bool {
        call.bearer().is_some_and(|token| self.credentials.tokens.accepts(token, call.now))
    }

    fn limits(&self) -> Value {
        json!({
            "DailyApiRequests": { "Max": DAILY_CALLS, "Remaining": DAILY_CALLS - self.used() },
            "DailyBulkApiBatches": { "Max": 15_000, "Remaining": 15_000 },
            "HourlyTimeBasedWorkflow": { "Max": 1_000, "Remaining": 1_000 },
        })
    }

    fn used(&self) -> u64 {
        self.calls.load(Ordering::Relaxed) % (DAILY_CALLS / 2)
    }
}

impl Vendor for Salesforce {
    fn name(&self) -> &'static str {
        "Salesforce"
    }

    fn answer(&self, call: &Call) -> Reply {
        let target = call.path.len() + call.raw_query.len() + 1;
        let fields: usize = call.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        if target > LONGEST_TARGET {
            return Reply::html(414, "<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>");
        }
        if target + fields > LONGEST_TARGET {
            return Reply::html(431, "<h1>Bad Message 431</h1><pre>reason: Request Header Fields Too Large</pre>");
        }
        if self.is_token_call(call) {
            return token::answer(call, &self.credentials, self.estate.tenant);
        }
        self.calls.fetch_add(1, Ordering::Relaxed);
        let segments = call.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        let answer = match path.as_slice() {
            ["services", "data", rest @ ..] => self.data(call, rest.strip_suffix(&[""]).unwrap_or(rest)),
            _ => Err(Refusal::not_found()),
        };
        let reply = answer.unwrap_or_else(|refusal| refusal.reply());
        reply.with("sforce-limit-info", format!("api-usage={}/{DAILY_CALLS}", self.used()))
    }

    fn access(&self, base_url: &str) -> Access {
        Access {
            client_id: Some(self.credentials.client_id.clone()),
            client_secret: Some(self.credentials.client_secret.clone()),
            token_url: Some(format!("{base_url}{}", token::PATH)),
            ..Access::default()
        }
    }

    fn is_token_call(&self, call: &Call) -> bool {
        call.path == token::PATH
    }

    /// The vendor itself answers 403 and names no time to wait; one is sent only when asked for.
    fn throttled(&self, retry_after: Option<u32>) -> Reply {
        let refusal = Refusal::new(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.").reply();
        match retry_after {
            Some(seconds) => refusal.with("retry-after", seconds.to_string()),
            None => refusal,
        }
    }

    fn expired(&self, _call: &Call) -> Reply {
        Refusal::session().reply()
    }

    fn continue_at(&self, body: &mut Value, link: &str) {
        let Some(page) = body.as_object_mut().filter(|page| page.contains_key("records")) else { return };
        page.insert("done".to_owned(), Value::Bool(false));
        page.insert("nextRecordsUrl".to_owned(), Value::from(link));
    }

    fn notice(&self, entity: &str, key: &str, pen: &Pen<'_>) -> Option<Notice> {
        notices::notice(&self.estate.read(), entity, key, pen)
    }

    fn key_fields(&self) -> &'static [&'static str] {
        &[
            "Id",
            "AccountNumber",
            "AccountId",
            "SerialNumber",
            "ContractNumber",
            "AssetId",
            "ServiceContractId",
            "OrderNumber",
            "OrderId",
            "ProductCode",
            "CaseNumber",
            "ContactId",
            "Order_Number__c",
        ]
    }
}

/// The page size a client wishes for.
fn page_size(call: &Call) -> usize {
    let options = call.header("sforce-query-options").unwrap_or_default();
    let wish = options.split(',').find_map(|option| option.trim().strip_prefix("batchSize="));
    wish.and_then(|size| size.trim().parse().ok()).unwrap_or(query::PAGE)
}

#[cfg(test)]
mod tests;
