//! NetSuite: SuiteQL over customers, transactions and items, behind tokens for signed assertions.
//!
//! `entityid` is the customer number. Fields of this company's own are `custitem_warranty_months` of an item,
//! `custcol_serial_number` of a line, `custevent_order_number` of a case, `custrecord_amount` and `custrecord_quantity` of
//! a subscription. The account writes dates as `10/5/2026` and is no OneWorld account, so that
//! there is no `subsidiary`.

mod assertion;
mod cell;
mod errors;
mod notices;
mod page;
mod suiteql;
mod tables;
mod token;

use std::sync::Arc;

use chrono::SecondsFormat;
use http::Method;
use serde_json::{Value, json};

use crate::credentials::{Access, Credentials};
use crate::notices::{Notice, Pen};
use crate::tenant::Tenant;
use crate::vendor::{Call, Reply, Vendor};
use crate::world::Estate;
pub use assertion::Certificate;
use assertion::DemoKey;
use errors::Refusal;

/// How many calls a premium account answers at once.
const AT_ONCE: usize = 15;
/// The id of the certificate that comes with the account.
const CERTIFICATE_ID: &str = "demo-certificate";

/// A tenant's account.
#[derive(Debug)]
pub struct NetSuite {
    estate: Arc<Estate>,
    credentials: Arc<Credentials>,
    key: DemoKey,
    certificates: Vec<(String, Certificate)>,
    at_once: usize,
}

impl NetSuite {
    /// The account of an estate, with a key of its own that [`Vendor::access`] gives away.
    #[must_use]
    pub fn new(estate: Arc<Estate>, credentials: Arc<Credentials>) -> Self {
        let key = DemoKey::make();
        let certificates = vec![(CERTIFICATE_ID.to_owned(), key.certificate.clone())];
        Self { estate, credentials, key, certificates, at_once: AT_ONCE }
    }

    /// The same with one more registered certificate.
    #[must_use]
    pub fn with_certificate(mut self, id: &str, certificate: Certificate) -> Self {
        self.certificates.push((id.to_owned(), certificate));
        self
    }

    /// The same with another number of calls that it answers at once.
    #[must_use]
    pub fn with_calls_at_once(mut self, calls: usize) -> Self {
        self.at_once = calls;
        self
    }

    fn resource(&self, call: &Call) -> Result<Reply, Refusal> {
        let only = |method: Method| if call.method == method { Ok(()) } else { Err(Refusal::no_method(&call.method)) };
        match call.path.as_str() {
            "/services/rest/query/v1/suiteql" => {
                only(Method::POST)?;
                page::answer(call, &self.estate.read())
            }
            "/services/rest/system/v1/serverTime" => {
                only(Method::GET)?;
                Ok(Reply::json(200, &json!({ "serverTime": call.now.to_rfc3339_opts(SecondsFormat::Millis, true) })))
            }
            "/services/rest/system/v1/governanceLimits" => {
                only(Method::GET)?;
                let limits = json!({ "accountConcurrencyLimit": self.at_once,
                    "accountUnallocatedConcurrencyLimit": self.at_once, "integrationLimitType": "accountLimit" });
                Ok(Reply::json(200, &limits))
            }
            _ => Err(Refusal::no_path()),
        }
    }

    fn account(&self) -> &'static str {
        match self.estate.tenant {
            Tenant::Acme => "1234567",
            Tenant::Globex => "7654321",
        }
    }

    fn challenge(&self, refusal: &Refusal, error: &str) -> Reply {
        let realm = self.account();
        let says = format!("Bearer realm=\"{realm}\", error=\"{error}\", error_description=\"Invalid login attempt.\"");
        refusal.reply().with("www-authenticate", says)
    }
}

/// Whether a bearer token has the letters such a token may have.
fn is_token(text: &str) -> bool {
    let belongs = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
    !text.is_empty() && text.chars().all(belongs)
}

impl Vendor for NetSuite {
    fn name(&self) -> &'static str {
        "NetSuite"
    }

    fn answer(&self, call: &Call) -> Reply {
        if self.is_token_call(call) {
            return token::answer(call, &self.credentials, &self.certificates);
        }
        match call.bearer() {
            Some(token) if !is_token(token) => self.challenge(&Refusal::malformed_login(), "invalid_request"),
            Some(token) if self.credentials.tokens.accepts(token, call.now) => {
                self.resource(call).unwrap_or_else(|refusal| refusal.reply())
            }
            _ => self.expired(call),
        }
    }

    fn access(&self, base_url: &str) -> Access {
        Access {
            client_id: Some(self.credentials.client_id.clone()),
            token_url: Some(format!("{base_url}{}", token::PATH)),
            scope: Some("rest_webservices".to_owned()),
            certificate_id: Some(CERTIFICATE_ID.to_owned()),
            private_key: Some(self.key.private_key.clone()),
            ..Access::default()
        }
    }

    fn is_token_call(&self, call: &Call) -> bool {
        call.path == token::PATH
    }

    /// The vendor names no time to wait; one is sent only when asked for.
    fn throttled(&self, retry_after: Option<u32>) -> Reply {
        let refusal = Refusal::concurrency().reply();
        match retry_after {
            Some(seconds) => refusal.with("retry-after", seconds.to_string()),
            None => refusal,
        }
    }

    fn expired(&self, _call: &Call) -> Reply {
        self.challenge(&Refusal::login(), "invalid_token")
    }

    fn continue_at(&self, body: &mut Value, link: &str) {
        let Some(page) = body.as_object_mut().filter(|page| page.contains_key("hasMore")) else { return };
        page.insert("hasMore".to_owned(), Value::Bool(true));
        if let Some(Value::Array(links)) = page.get_mut("links") {
            links.retain(|known| known["rel"] != "next");
            links.push(json!({ "rel": "next", "href": link }));
        }
    }

    fn notice(&self, entity: &str, key: &str, pen: &Pen<'_>) -> Option<Notice> {
        notices::notice(&self.estate.read(), entity, key, pen)
    }

    /// Columns, and what queries like to call them.
    fn key_fields(&self) -> &'static [&'static str] {
        &[
            "number",
            "customer_number",
            "order_number",
            "document",
            "customer",
            "sku",
            "id",
            "entityid",
            "externalid",
            "tranid",
            "entity",
            "transaction",
            "item",
            "itemid",
            "inventorynumber",
            "previousdoc",
            "nextdoc",
            "account",
            "case_number",
            "serial_number",
            "customer_id",
            "company",
        ]
    }

    fn most_at_once(&self) -> Option<usize> {
        Some(self.at_once)
    }
}

#[cfg(test)]
mod tests;
