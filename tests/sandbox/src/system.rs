//! One simulated system: a vendor behind a port of its own, with whatever is wrong with it.

mod at_once;
mod port;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::Response;
use serde::Serialize;
use serde_json::Value;

pub(crate) use at_once::{AtOnce, Place};
pub(crate) use port::keep_open;

use crate::calls::{CallRecord, Calls};
use crate::clock::Clock;
use crate::credentials::{Access, Credentials};
use crate::fault::switch::Switch;
use crate::fault::{Drift, Fault, body, described, json};
use crate::quota::Meter;
use crate::serve::{Body, Site, response};
use crate::tenant::{Role, Tenant};
use crate::vendor::{Call, Reply, Vendor};

/// What the outside is told about a system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SystemInfo {
    /// `acme-erp`.
    pub name: String,
    /// `Dynamics 365`.
    pub vendor: String,
    /// Whose it is.
    pub tenant: Tenant,
    /// What it is for.
    pub role: Role,
    /// Its base URL, without a trailing slash.
    pub address: String,
    /// How to sign in.
    pub credentials: Access,
}

pub(crate) struct System {
    pub(crate) info: SystemInfo,
    pub(crate) vendor: Box<dyn Vendor>,
    pub(crate) credentials: Arc<Credentials>,
    pub(crate) switch: Switch,
    pub(crate) at_once: AtOnce,
    pub(crate) meter: Meter,
    pub(crate) calls: Arc<Calls>,
    pub(crate) clock: Arc<Clock>,
    /// The base URL of the host nobody should call.
    pub(crate) elsewhere: String,
}

impl System {
    pub(crate) async fn set_fault(&self, fault: Option<Fault>, lasts: Option<Duration>) {
        if fault == Some(Fault::ExpiredToken) {
            self.credentials.tokens.forget_all();
        }
        self.switch.turn(fault, lasts).await;
    }

    fn record(&self, method: &str, target: &str, had_credentials: bool, on_behalf_of: Option<String>) {
        self.calls.record(CallRecord {
            system: self.info.name.clone(),
            method: method.to_owned(),
            target: target.to_owned(),
            had_credentials,
            on_behalf_of,
        });
    }

    /// Within what the system lets its callers ask.
    async fn respond_metered(&self, call: Call) -> Response<Body> {
        let (vendor, now) = (&*self.vendor, call.now);
        let limited = if vendor.is_token_call(&call) { None } else { self.meter.admit(vendor, now) };
        match limited {
            None => self.respond(call).await,
            Some(Err(refusal)) => response(refusal),
            Some(Ok(admitted)) => {
                let mut answer = self.respond(call).await;
                admitted.tell(vendor, now, answer.headers_mut());
                answer
            }
        }
    }

    async fn respond(&self, call: Call) -> Response<Body> {
        let is_token_call = self.vendor.is_token_call(&call);
        let most = self.vendor.most_at_once().filter(|_| !is_token_call).unwrap_or(usize::MAX);
        let Some(_place) = self.at_once.enter(most) else {
            return response(self.vendor.throttled(None));
        };
        let fault = self.switch.current().filter(|fault| !is_token_call || fault.hits_tokens());
        let Some(fault) = fault else {
            return response(self.vendor.answer(&call));
        };
        match &fault {
            Fault::Hang => self.switch.outlives(&fault).await,
            Fault::Slow(by) => tokio::time::sleep(*by).await,
            Fault::Truncated => return body::truncated(self.vendor.answer(&call)),
            Fault::Endless => return body::endless(),
            _ => return response(self.spoil(&fault, &call)),
        }
        response(self.vendor.answer(&call))
    }

    /// The answers that are complete, in time, and wrong.
    fn spoil(&self, fault: &Fault, call: &Call) -> Reply {
        match fault {
            Fault::Status(status) => Reply::text(*status, "simulated fault"),
            Fault::Throttled(retry_after) => self.vendor.throttled(*retry_after),
            Fault::Html => body::html(),
            Fault::GzipBomb => body::gzip_bomb(),
            Fault::Malformed => body::malformed(self.vendor.answer(call)),
            Fault::Redirect => Reply::empty(302).with("location", format!("{}{}", self.elsewhere, call.target())),
            Fault::ExpiredToken if self.came_with_a_key(call) => self.vendor.expired(call),
            Fault::Drift(drift) => self.drifted(call, drift),
            Fault::WrongRows(how) => self.change(call, |value| json::wrong_rows(value, *how, self.vendor.key_fields())),
            Fault::NextLinkElsewhere => {
                let link = format!("{}{}", self.elsewhere, call.target());
                self.change(call, |value| self.vendor.continue_at(value, &link))
            }
            Fault::NextLinkLoop => self.change(call, |value| self.vendor.continue_at(value, &call.url())),
            _ => self.vendor.answer(call),
        }
    }

    /// Whether a call shows what does not expire by itself: all calls where no tokens are handed out.
    fn came_with_a_key(&self, call: &Call) -> bool {
        let key = self.credentials.api_key.as_str();
        let is_key = |shown: Option<&str>| shown == Some(key);
        self.info.credentials.token_url.is_none() || is_key(call.bearer()) || is_key(call.header("x-sn-apikey"))
    }

    /// A field is not what it was: in rows, and in what the system says about itself.
    fn drifted(&self, call: &Call, drift: &Drift) -> Reply {
        if call.path.ends_with("/$metadata") {
            let mut reply = self.vendor.answer(call);
            reply.body = described::metadata(&String::from_utf8_lossy(&reply.body), drift).into();
            return reply;
        }
        self.change(call, |value| {
            described::listed(value, drift);
            json::drift(value, drift);
        })
    }

    fn change(&self, call: &Call, change: impl FnOnce(&mut Value)) -> Reply {
        let mut reply = self.vendor.answer(call);
        if reply.status.is_success()
            && let Ok(mut value) = serde_json::from_slice(&reply.body)
        {
            change(&mut value);
            reply.body = value.to_string().into();
        }
        reply
    }
}

impl Site for System {
    fn base_url(&self) -> &str {
        &self.info.address
    }
    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
    fn answer(&self, call: Call) -> BoxFuture<'_, io::Result<Response<Body>>> {
        let on_behalf_of = call.bearer().and_then(|token| self.credentials.tokens.subject(token));
        self.record(call.method.as_str(), &call.target(), call.headers.contains_key("authorization"), on_behalf_of);
        self.respond_metered(call).map(Ok).boxed()
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use http::Method;

    use super::*;
    use crate::{Dynamics365, NetSuite, world::Estate};

    fn system(vendor: impl Fn(Arc<Estate>, Arc<Credentials>) -> Box<dyn Vendor>) -> System {
        let today = NaiveDate::from_ymd_opt(2026, 11, 2).unwrap();
        let credentials = Arc::new(Credentials::of(Tenant::Acme, Role::Erp));
        let vendor = vendor(Arc::new(Estate::new(Tenant::Acme, today)), Arc::clone(&credentials));
        let info = SystemInfo {
            name: "acme-erp".to_owned(),
            vendor: vendor.name().to_owned(),
            tenant: Tenant::Acme,
            role: Role::Erp,
            address: "http://127.0.0.1:1".to_owned(),
            credentials: vendor.access("http://127.0.0.1:1"),
        };
        let (switch, calls, clock) = (Switch::new(), Arc::default(), Arc::default());
        let at_once = AtOnce::default();
        let meter = Meter::default();
        System { info, vendor, credentials, switch, at_once, meter, calls, clock, elsewhere: String::new() }
    }

    async fn status(system: &System, path: &str) -> u16 {
        let call = Call::new(Method::GET, path, "http://127.0.0.1:1", Utc::now());
        system.respond(call).await.status().as_u16()
    }

    #[tokio::test]
    async fn a_vendor_that_is_busy_enough_refuses_the_next_call() {
        let limited = system(|estate, credentials| Box::new(NetSuite::new(estate, credentials).with_calls_at_once(1)));
        limited.set_fault(Some(Fault::Hang), None).await;
        let path = "/services/rest/system/v1/serverTime";
        let (first, second) = tokio::join!(status(&limited, path), async {
            let second = status(&limited, path).await;
            limited.set_fault(None, None).await;
            second
        });
        assert_eq!((first, second, status(&limited, path).await), (401, 429, 401));
    }

    #[tokio::test]
    async fn signing_in_takes_no_place() {
        let closed = system(|estate, credentials| Box::new(NetSuite::new(estate, credentials).with_calls_at_once(0)));
        assert_eq!(status(&closed, "/services/rest/system/v1/serverTime").await, 429);
        assert_eq!(status(&closed, "/services/rest/auth/oauth2/v1/token").await, 400);
    }

    #[tokio::test]
    async fn a_vendor_without_such_a_limit_takes_what_comes() {
        let patient = system(|estate, credentials| Box::new(Dynamics365::new(estate, credentials)));
        assert_eq!(tokio::join!(status(&patient, "/data/"), status(&patient, "/data/")), (401, 401));
    }
}
