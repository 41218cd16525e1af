//! Starts everything and hands out what tests and the demo need.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::NaiveDate;
use parking_lot::Mutex;
use serde_json::json;

use crate::calls::{CallCount, CallRecord, Calls};
use crate::change;
use crate::chargebee::Chargebee;
use crate::clock::Clock;
use crate::control;
use crate::credentials::Credentials;
use crate::dynamics365::Dynamics365;
use crate::fault::Fault;
use crate::fault::switch::Switch;
use crate::hubspot::HubSpot;
use crate::issuer::{Issuer, TokenRequest};
use crate::netsuite::NetSuite;
use crate::notices::{self, Delivered, Hooks, Notice};
use crate::quota::{Meter, Metered, Quota};
use crate::salesforce::Salesforce;
use crate::serve::{Task, open, serve_plainly};
use crate::servicenow::ServiceNow;
use crate::stripe::Stripe;
use crate::system::{AtOnce, System, SystemInfo, keep_open};
use crate::tenant::{Role, Tenant};
use crate::vendor::{Call, Reply, Vendor};
use crate::world::Estate;
use crate::zendesk::Zendesk;

/// How to start.
#[derive(Debug, Clone)]
pub struct Options {
    /// The day the data is relative to; the clock's day when none.
    pub today: Option<NaiveDate>,
    /// Where the control plane listens.
    pub control_listen: SocketAddr,
    /// The time of tokens; the system's when none.
    pub clock: Option<Arc<Clock>>,
}

impl Default for Options {
    fn default() -> Self {
        Self { today: None, control_listen: any_port(), clock: None }
    }
}

/// Both companies, their eight systems, the issuer and the control plane. Dropping it stops them all.
pub struct Sandbox {
    parts: Arc<Parts>,
    issuer: Issuer,
    control_url: String,
    _tasks: Vec<Task>,
}

/// What the control plane and the owner both reach.
pub(crate) struct Parts {
    pub(crate) systems: Vec<Arc<System>>,
    pub(crate) estates: [Arc<Estate>; 2],
    pub(crate) calls: Arc<Calls>,
    /// Where notices of changes go.
    pub(crate) hooks: Mutex<Option<Hooks>>,
    clock: Arc<Clock>,
    elsewhere_url: String,
}

impl Sandbox {
    /// Starts on 127.0.0.1, every system on a port of its own.
    ///
    /// # Errors
    /// When a port cannot be had.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let clock = options.clock.unwrap_or_default();
        let today = options.today.unwrap_or_else(|| clock.now().date_naive());
        let estate = |tenant| tokio::task::spawn_blocking(move || Arc::new(Estate::new(tenant, today)));
        let (acme, globex) = (estate(Tenant::Acme), estate(Tenant::Globex));
        let issuer = Issuer::start(Arc::clone(&clock)).await.context("the issuer did not start")?;
        let estates = [acme.await?, globex.await?];
        let calls = Arc::new(Calls::default());
        let mut tasks = Vec::new();
        let (elsewhere_url, task) = start_elsewhere(&clock, &calls).await?;
        tasks.push(task);
        let mut systems = Vec::new();
        for (estate, role) in estates.iter().flat_map(|estate| Role::ALL.map(|role| (estate, role))) {
            let (system, task) = start_system(estate, role, &elsewhere_url, &calls, &clock).await?;
            issuer.serve(&system.info.name, Arc::clone(&system.credentials));
            systems.push(system);
            tasks.push(task);
        }
        let (listener, control_url) = open(options.control_listen)
            .await
            .with_context(|| format!("the sandbox cannot listen at {}", options.control_listen))?;
        let parts = Arc::new(Parts {
            systems,
            estates,
            calls,
            hooks: Mutex::default(),
            clock: Arc::clone(&clock),
            elsewhere_url,
        });
        let controlled = Arc::clone(&parts);
        tasks.push(serve_plainly(listener, control_url.clone(), clock, move |call| {
            control::answer(Arc::clone(&controlled), call)
        }));
        Ok(Self { parts, issuer, control_url, _tasks: tasks })
    }

    /// Where faults are set and calls are counted.
    #[must_use]
    pub fn control_url(&self) -> &str {
        &self.control_url
    }

    /// The issuer's identifier and base URL.
    #[must_use]
    pub fn issuer_url(&self) -> &str {
        self.issuer.url()
    }

    /// The issuer, to rotate its keys or take it away.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// A host that no client has any business with. It counts calls as `elsewhere`.
    #[must_use]
    pub fn elsewhere_url(&self) -> &str {
        &self.parts.elsewhere_url
    }

    /// The sandbox's time.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.parts.clock
    }

    /// All systems, acme's first.
    #[must_use]
    pub fn systems(&self) -> Vec<SystemInfo> {
        self.parts.systems.iter().map(|system| system.info.clone()).collect()
    }

    /// One tenant's system.
    ///
    /// # Panics
    /// Never: each tenant has every role.
    #[must_use]
    pub fn system(&self, tenant: Tenant, role: Role) -> &SystemInfo {
        &self.parts.system(tenant, role).info
    }

    /// The facts behind a tenant's systems.
    #[must_use]
    pub fn estate(&self, tenant: Tenant) -> &Arc<Estate> {
        self.parts.estate(tenant)
    }

    /// Calls by system, method and path, token calls included, since the start or the last clearing.
    #[must_use]
    pub fn calls(&self) -> Vec<CallCount> {
        self.parts.calls.counts()
    }

    /// How many calls one system got, token calls included.
    #[must_use]
    pub fn calls_to(&self, tenant: Tenant, role: Role) -> u64 {
        let name = &self.parts.system(tenant, role).info.name;
        self.calls().iter().filter(|call| call.system == *name).map(|call| call.count).sum()
    }

    /// How many calls came to the host nobody should call.
    #[must_use]
    pub fn calls_elsewhere(&self) -> u64 {
        self.calls().iter().filter(|call| call.system == ELSEWHERE).map(|call| call.count).sum()
    }

    /// The last thousand calls with their queries, oldest first.
    #[must_use]
    pub fn latest_calls(&self) -> Vec<CallRecord> {
        self.parts.calls.latest()
    }

    /// Forgets the calls so far.
    pub fn clear_calls(&self) {
        self.parts.calls.clear();
    }

    /// Gives a system a fault in place of the one it has, and waits until it shows.
    pub async fn set_fault(&self, tenant: Tenant, role: Role, fault: Fault) {
        self.parts.system(tenant, role).set_fault(Some(fault), None).await;
    }

    /// The same, for a while.
    pub async fn set_fault_for(&self, tenant: Tenant, role: Role, fault: Fault, lasts: Duration) {
        self.parts.system(tenant, role).set_fault(Some(fault), Some(lasts)).await;
    }

    /// Limits how much a system may be asked from now on.
    pub fn limit(&self, tenant: Tenant, role: Role, quota: Quota) {
        self.parts.system(tenant, role).meter.set(Some(quota));
    }

    /// What came of a limited system's calls since it was limited.
    #[must_use]
    pub fn metered(&self, tenant: Tenant, role: Role) -> Metered {
        self.parts.system(tenant, role).meter.metered()
    }

    /// Mends every system and waits until it shows.
    pub async fn clear_faults(&self) {
        self.parts.clear_faults().await;
    }

    /// Changes an entity as somebody in the company would, and tells nobody.
    ///
    /// # Errors
    /// Says which entity is unknown.
    pub fn change(&self, tenant: Tenant, entity: &str, key: &str) -> Result<(), String> {
        change::apply(&mut self.parts.estate(tenant).write(), entity, key).map(drop)
    }

    /// The same, and every system that holds it tells so: see the control call `/_sandbox/change`.
    ///
    /// # Errors
    /// Says which entity is unknown.
    pub async fn change_and_tell(&self, tenant: Tenant, entity: &str, key: &str) -> Result<Vec<Delivered>, String> {
        let changed = change::apply(&mut self.parts.estate(tenant).write(), entity, key)?;
        Ok(notices::send(&self.parts, tenant, changed.entity, &changed.key).await)
    }

    /// Sends notices of changes there from now on; nowhere when none.
    pub fn set_hooks(&self, hooks: Option<Hooks>) {
        *self.parts.hooks.lock() = hooks;
    }

    /// The notice that a system would send of a change, as if it happened now; none where it does not hold such a thing.
    #[must_use]
    pub fn notice(&self, tenant: Tenant, role: Role, hooks: &Hooks, entity: &str, key: &str) -> Option<Notice> {
        notices::written(self.parts.system(tenant, role), hooks, entity, key)
    }

    /// Lets a system accept only tokens from now on that the issuer gave out for a caller's, or all again.
    pub fn demand_callers(&self, tenant: Tenant, role: Role, demand: bool) {
        self.parts.system(tenant, role).credentials.tokens.demand_callers(demand);
    }

    /// A valid token of a consumer.
    #[must_use]
    pub fn token(&self, tenant: Tenant, consumer: &str) -> String {
        self.mint(&TokenRequest::new(tenant, consumer))
    }

    /// A token as requested, hostile ones included.
    #[must_use]
    pub fn mint(&self, request: &TokenRequest) -> String {
        self.issuer.mint(request)
    }

    /// The API key that stands for a consumer; a fixed, worthless value.
    #[must_use]
    pub fn api_key(&self, tenant: Tenant, consumer: &str) -> String {
        format!("demo-key-{}-{consumer}", tenant.name())
    }

    /// Stops everything; the same as dropping it.
    pub fn stop(self) {
        drop(self);
    }
}

impl Parts {
    pub(crate) fn system(&self, tenant: Tenant, role: Role) -> &Arc<System> {
        let found = self.systems.iter().find(|system| system.info.tenant == tenant && system.info.role == role);
        found.expect("each tenant has a system of every role")
    }

    pub(crate) fn estate(&self, tenant: Tenant) -> &Arc<Estate> {
        let [acme, globex] = &self.estates;
        match tenant {
            Tenant::Acme => acme,
            Tenant::Globex => globex,
        }
    }

    pub(crate) async fn clear_faults(&self) {
        for system in &self.systems {
            system.set_fault(None, None).await;
        }
    }
}

const ELSEWHERE: &str = "elsewhere";

fn any_port() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

async fn start_elsewhere(clock: &Arc<Clock>, calls: &Arc<Calls>) -> anyhow::Result<(String, Task)> {
    let (listener, url) = open(any_port()).await?;
    let calls = Arc::clone(calls);
    let task = serve_plainly(listener, url.clone(), Arc::clone(clock), move |call: Call| {
        calls.record(CallRecord {
            system: ELSEWHERE.to_owned(),
            method: call.method.to_string(),
            target: call.target(),
            had_credentials: call.headers.contains_key("authorization"),
            on_behalf_of: None,
        });
        async { Reply::json(200, &json!({})) }
    });
    Ok((url, task))
}

async fn start_system(
    estate: &Arc<Estate>,
    role: Role,
    elsewhere: &str,
    calls: &Arc<Calls>,
    clock: &Arc<Clock>,
) -> anyhow::Result<(Arc<System>, Task)> {
    let (listener, address) = open(any_port()).await?;
    let socket = listener.local_addr()?;
    let credentials = Arc::new(Credentials::of(estate.tenant, role));
    let vendor = vendor(estate, role, &credentials);
    let info = SystemInfo {
        name: format!("{}-{}", estate.tenant.name(), role.name()),
        vendor: vendor.name().to_owned(),
        tenant: estate.tenant,
        role,
        credentials: vendor.access(&address),
        address,
    };
    let system = Arc::new(System {
        info,
        vendor,
        credentials,
        switch: Switch::new(),
        at_once: AtOnce::default(),
        meter: Meter::default(),
        calls: Arc::clone(calls),
        clock: Arc::clone(clock),
        elsewhere: elsewhere.to_owned(),
    });
    let task = Task::spawn(keep_open(Arc::clone(&system), socket, listener));
    Ok((system, task))
}

/// Which product a tenant runs for a role.
fn vendor(estate: &Arc<Estate>, role: Role, credentials: &Arc<Credentials>) -> Box<dyn Vendor> {
    let tenant = estate.tenant;
    let (estate, credentials) = (Arc::clone(estate), Arc::clone(credentials));
    match (tenant, role) {
        (Tenant::Acme, Role::Crm) => Box::new(Salesforce::new(estate, credentials)),
        (Tenant::Acme, Role::Erp) => Box::new(Dynamics365::new(estate, credentials)),
        (Tenant::Acme, Role::Billing) => Box::new(Stripe::new(estate, credentials)),
        (Tenant::Acme, Role::Support) => Box::new(Zendesk::new(estate, credentials)),
        (Tenant::Globex, Role::Crm) => Box::new(HubSpot::new(estate, credentials)),
        (Tenant::Globex, Role::Erp) => Box::new(NetSuite::new(estate, credentials)),
        (Tenant::Globex, Role::Billing) => Box::new(Chargebee::new(estate, credentials)),
        (Tenant::Globex, Role::Support) => Box::new(ServiceNow::new(estate, credentials)),
    }
}
