//! Dynamics 365 Finance & Supply Chain: OData 4.0 below `/data`, tokens from the directory's token endpoint.
//!
//! One environment holds two legal entities. The service user belongs to the second one, so that a client that
//! forgets `cross-company=true` sees next to nothing.

mod cell;
mod errors;
mod filter;
mod keys;
mod metadata;
mod notices;
mod page;
mod query;
mod sets;
mod token;

use std::sync::Arc;

use http::Method;
use serde_json::Value;

use crate::credentials::{Access, Credentials};
use crate::notices::{Notice, Pen};
use crate::tenant::Tenant;
use crate::vendor::{Call, Reply, Vendor};
use crate::world::{Estate, World};
use errors::Refusal;
use query::Query;
use sets::{Company, Definition};

/// The most rows the vendor puts on one page.
const MOST_ROWS: usize = 10_000;
/// The web server in front refuses longer addresses as not found.
const LONGEST_TARGET: usize = 16_384;

/// A tenant's environment.
#[derive(Debug)]
pub struct Dynamics365 {
    estate: Arc<Estate>,
    second: World,
    credentials: Arc<Credentials>,
    most_rows: usize,
}

impl Dynamics365 {
    /// The environment of an estate.
    #[must_use]
    pub fn new(estate: Arc<Estate>, credentials: Arc<Credentials>) -> Self {
        let second = World::second_company(estate.tenant, estate.today);
        Self { estate, second, credentials, most_rows: MOST_ROWS }
    }

    /// The same with smaller pages.
    #[must_use]
    pub fn with_page_size(mut self, most_rows: usize) -> Self {
        self.most_rows = most_rows.max(1);
        self
    }

    fn data(&self, call: &Call) -> Result<Reply, Refusal> {
        if call.target().len() > LONGEST_TARGET {
            return Err(Refusal::no_resource(call));
        }
        let segments = call.segments();
        let [_, resource, rest @ ..] = segments.as_slice() else {
            return Err(Refusal::no_resource(call));
        };
        if resource == "$metadata" && rest.is_empty() {
            return Ok(metadata::document());
        }
        let (set_name, predicate) = keys::split(resource);
        let definition = Definition::named(set_name).ok_or_else(|| Refusal::no_resource(call))?;
        let query = Query::read(call, definition)?;
        let world = self.estate.read();
        let companies = self.visible(&world, &query);
        match (predicate, rest) {
            (None, []) => Ok(page::list(call, definition, &query, &companies, self.most_rows)),
            (None, [count]) if count == "$count" => Ok(page::count(definition, &query, &companies)),
            (Some(predicate), []) => {
                let key = keys::condition(predicate, definition)?;
                page::single(call, definition, &query, &companies, key)
            }
            _ => Err(Refusal::no_resource(call)),
        }
    }

    /// Only the service user's own company, unless the call reaches across.
    fn visible<'a>(&'a self, world: &'a World, query: &Query) -> Vec<Company<'a>> {
        let tenant = self.estate.tenant;
        let second = Company { area: tenant.second_company(), world: &self.second };
        if query.cross_company { vec![Company { area: tenant.company(), world }, second] } else { vec![second] }
    }

    fn is_signed_in(&self, call: &Call) -> bool {
        call.bearer().is_some_and(|token| self.credentials.tokens.accepts(token, call.now))
    }
}

/// The directory's id of a tenant.
fn directory(tenant: Tenant) -> &'static str {
    match tenant {
        Tenant::Acme => "aaaaaaaa-0001-4000-8000-00000000acfe",
        Tenant::Globex => "bbbbbbbb-0002-4000-8000-00000000910b",
    }
}

impl Vendor for Dynamics365 {
    fn name(&self) -> &'static str {
        "Dynamics 365"
    }

    fn answer(&self, call: &Call) -> Reply {
        if self.is_token_call(call) {
            return token::answer(call, self.estate.tenant, &self.credentials);
        }
        if !call.path.starts_with("/data/") {
            return Refusal::no_resource(call).reply();
        }
        if !self.is_signed_in(call) {
            return self.expired(call);
        }
        if call.method != Method::GET {
            return crate::serve::method_not_allowed("GET");
        }
        self.data(call).unwrap_or_else(|refusal| refusal.reply())
    }

    fn access(&self, base_url: &str) -> Access {
        Access {
            client_id: Some(self.credentials.client_id.clone()),
            client_secret: Some(self.credentials.client_secret.clone()),
            token_url: Some(format!("{base_url}/{}/oauth2/v2.0/token", directory(self.estate.tenant))),
            scope: Some(format!("{base_url}/.default")),
            ..Access::default()
        }
    }

    fn is_token_call(&self, call: &Call) -> bool {
        call.path.ends_with("/oauth2/v2.0/token") || call.path.ends_with("/oauth2/token")
    }

    fn throttled(&self, retry_after: Option<u32>) -> Reply {
        let says = "This request could not be processed at this time due to system experiencing high resource \
                    utilization.";
        let reply = Refusal { status: 429, message: says.to_owned(), inner: None }.reply();
        match retry_after {
            Some(seconds) => reply.with("retry-after", seconds.to_string()),
            None => reply,
        }
    }

    fn expired(&self, _: &Call) -> Reply {
        let directory = directory(self.estate.tenant);
        let uri = format!("Bearer authorization_uri=\"https://login.windows.net/{directory}/oauth2/authorize\"");
        Reply::empty(401).with("www-authenticate", uri)
    }

    fn continue_at(&self, body: &mut Value, link: &str) {
        if let Some(page) = body.as_object_mut().filter(|page| page.get("value").is_some_and(Value::is_array)) {
            page.insert("@odata.nextLink".to_owned(), Value::String(link.to_owned()));
        }
    }

    fn notice(&self, entity: &str, key: &str, pen: &Pen<'_>) -> Option<Notice> {
        notices::notice(&self.estate.read(), entity, key, pen)
    }

    fn key_fields(&self) -> &'static [&'static str] {
        &[
            "CustomerAccount",
            "OrderingCustomerAccountNumber",
            "InvoiceCustomerAccountNumber",
            "SalesOrderNumber",
            "InvoiceNumber",
            "ItemNumber",
            "ItemSerialNumber",
            "PackingSlipNumber",
            "PartyNumber",
            "AssociatedPartyNumber",
            "ContactPersonId",
            "ServiceAgreementId",
            "ProjectCustomerAccountNumber",
            "WarrantiedSerialNumber",
        ]
    }
}
