//! ServiceNow with Customer Service Management: accounts, contacts, installed machines, contracts, entitlements and
//! cases below the Table API.
//!
//! The account's `number` is the customer number. Fields of this company's own are `u_support_level` of a contract
//! and `u_order_number` of a case or an asset. The integration's user may not read every case: see [`tables`].

mod batch;
mod cell;
mod errors;
mod list;
mod notices;
mod query;
mod rows;
mod tables;
mod token;

use std::sync::Arc;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use http::Method;
use parking_lot::Mutex;
use serde_json::Value;

use crate::credentials::{Access, Credentials};
use crate::notices::{Notice, Pen};
use crate::vendor::{Call, Reply, Vendor};
use crate::world::Estate;
use errors::Refusal;

/// How many calls an hour the administrator allows this integration.
const HOURLY_CALLS: u64 = 1_000_000;

/// A tenant's instance.
#[derive(Debug)]
pub struct ServiceNow {
    estate: Arc<Estate>,
    credentials: Arc<Credentials>,
    hourly_calls: u64,
    rows_in_time: usize,
    hour: Mutex<(DateTime<Utc>, u64)>,
}

impl ServiceNow {
    /// The instance of an estate.
    #[must_use]
    pub fn new(estate: Arc<Estate>, credentials: Arc<Credentials>) -> Self {
        let hour = Mutex::new((DateTime::UNIX_EPOCH, 0));
        Self { estate, credentials, hourly_calls: HOURLY_CALLS, rows_in_time: usize::MAX, hour }
    }

    /// The same with another hourly limit.
    #[must_use]
    pub fn with_hourly_calls(mut self, calls: u64) -> Self {
        self.hourly_calls = calls;
        self
    }

    /// The same, but so slow that a read is cancelled once it has written so many rows.
    #[must_use]
    pub fn with_rows_in_time(mut self, rows: usize) -> Self {
        self.rows_in_time = rows;
        self
    }

    fn resource(&self, call: &Call) -> Result<Reply, Refusal> {
        if !self.is_signed_in(call) {
            return Err(Refusal::credentials());
        }
        let segments = call.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ["api", "now", rest @ ..] = path.as_slice() else { return Err(Refusal::no_resource()) };
        let rest = rest.strip_prefix(&["v1"]).or_else(|| rest.strip_prefix(&["v2"])).unwrap_or(rest);
        match rest {
            ["batch"] if call.method == Method::POST => batch::answer(call, |part| self.answer(part)),
            ["table", table] => self.table(call, table, None),
            ["table", table, sys_id] => self.table(call, table, Some(sys_id)),
            _ => Err(Refusal::no_resource()),
        }
    }

    fn table(&self, call: &Call, table: &str, sys_id: Option<&str>) -> Result<Reply, Refusal> {
        if !accepts_json(call) {
            return Err(Refusal::media_type());
        }
        let table = tables::readable(table)?;
        match call.method {
            Method::GET | Method::HEAD => {}
            Method::POST | Method::PUT | Method::PATCH | Method::DELETE => return Err(Refusal::read_only()),
            _ => return Err(Refusal::no_resource()),
        }
        let world = self.estate.read();
        match sys_id {
            Some(sys_id) => rows::single(call, &world, table, sys_id),
            None => list::page(call, &world, table, self.rows_in_time),
        }
    }

    /// By token, as a user with a password, or by key.
    fn is_signed_in(&self, call: &Call) -> bool {
        let by_token = call.bearer().is_some_and(|token| self.credentials.tokens.accepts(token, call.now));
        let by_password = || call.basic().is_some_and(|(user, password)| self.credentials.are(&user, &password));
        by_token || by_password() || call.header("x-sn-apikey") == Some(self.credentials.api_key.as_str())
    }

    /// Counts the call; how many were made in this hour.
    fn count(&self, now: DateTime<Utc>) -> u64 {
        let mut hour = self.hour.lock();
        let begun = begun(now);
        if hour.0 != begun {
            *hour = (begun, 0);
        }
        hour.1 += 1;
        hour.1
    }

    /// What the rule that limits this integration adds to an answer.
    fn limited(&self, reply: Reply, now: DateTime<Utc>) -> Reply {
        let reset = begun(now) + TimeDelta::hours(1);
        reply
            .with("x-ratelimit-limit", self.hourly_calls.to_string())
            .with("x-ratelimit-reset", reset.timestamp().to_string())
            .with("x-ratelimit-rule", "4fa1d0c8db6f1010a1b2c3d4e5f60718")
    }
}

fn begun(now: DateTime<Utc>) -> DateTime<Utc> {
    now.duration_trunc(TimeDelta::hours(1)).unwrap_or(now)
}

/// The vendor wants to be told that JSON is welcome.
fn accepts_json(call: &Call) -> bool {
    let accepted = call.header("accept").unwrap_or_default().to_ascii_lowercase();
    ["application/json", "application/*", "*/*"].iter().any(|media_type| accepted.contains(media_type))
}

impl Vendor for ServiceNow {
    fn name(&self) -> &'static str {
        "ServiceNow"
    }

    fn answer(&self, call: &Call) -> Reply {
        if self.is_token_call(call) {
            return token::answer(call, &self.credentials);
        }
        if self.count(call.now) > self.hourly_calls {
            let wait = (begun(call.now) + TimeDelta::hours(1) - call.now).num_seconds();
            return self.limited(self.throttled(u32::try_from(wait).ok()), call.now);
        }
        let reply = self.resource(call).unwrap_or_else(|refusal| refusal.reply());
        self.limited(reply, call.now)
    }

    fn access(&self, base_url: &str) -> Access {
        Access {
            client_id: Some(self.credentials.client_id.clone()),
            client_secret: Some(self.credentials.client_secret.clone()),
            token_url: Some(format!("{base_url}{}", token::PATH)),
            api_key: Some(self.credentials.api_key.clone()),
            ..Access::default()
        }
    }

    fn is_token_call(&self, call: &Call) -> bool {
        call.path == token::PATH
    }

    fn throttled(&self, retry_after: Option<u32>) -> Reply {
        let refusal = Refusal::rate(self.hourly_calls).reply();
        match retry_after {
            Some(seconds) => refusal.with("retry-after", seconds.to_string()),
            None => refusal,
        }
    }

    /// The same whether a token is old, wrong or absent.
    fn expired(&self, _call: &Call) -> Reply {
        Refusal::credentials().reply()
    }

    /// Pages are linked in a header field; a body says nothing of the next one.
    fn continue_at(&self, _body: &mut Value, _link: &str) {}

    fn notice(&self, entity: &str, key: &str, pen: &Pen<'_>) -> Option<Notice> {
        notices::notice(&self.estate.read(), entity, key, pen)
    }

    /// With `sysparm_display_value=all` what identifies a row is in a `value`.
    fn key_fields(&self) -> &'static [&'static str] {
        &[
            "sys_id",
            "number",
            "serial_number",
            "email",
            "account",
            "account.number",
            "contract",
            "contract.number",
            "asset",
            "asset.serial_number",
            "contact",
            "contact.email",
            "value",
        ]
    }
}

#[cfg(test)]
mod tests;
