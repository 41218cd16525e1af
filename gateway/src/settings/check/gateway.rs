//! `portico.yaml`, and the snapshot as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use portico_composites::fresh::FreshnessTable;
use portico_composites::guard::Guard;
use portico_policies::throttle;

use super::files::Files;
use super::freshness::{self, Speaker};
use super::ledger::Ledger;
use super::limits::{away, per_second};
use super::{api, certificate, condition, issuer, scopes, store, tenant};
use crate::audit::AuditSettings;
use crate::settings::read::{At, Place};
use crate::settings::written::{self, GatewayFile, HttpProfileWord, LogFormatWord, PlanSection};
use crate::settings::{
    Admin, Graphql, HttpProfile, Limits, Listen, Log, LogFormat, Network, Plan, PlanName, Settings, Tiers, Tls,
};

const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);
const ADMIN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9900);
/// Requests a second from one address, and at once: a company's office behind one address must fit, a guesser must not.
const PER_ADDRESS: (u32, u32) = (1_000, 2_000);
/// Query cost a second, and at once.
const COST: (u32, u32) = (20_000, 50_000);

/// What is missing because it was wrong is replaced by defaults: settings with mistakes are never handed out.
pub(super) fn check(files: &Files, ledger: &mut Ledger<'_>) -> Settings {
    let nothing = GatewayFile::default();
    let written = files.gateway.written.as_ref().map_or(&nothing, |at| &at.value);
    let plans = plans(written, ledger);
    let freshness = freshness::check(&written.freshness, &FreshnessTable::default(), Speaker::Gateway, ledger);
    let tenants = tenant::check_all(files, &plans, &freshness, ledger);
    let apis = api::check_all(files, ledger);
    Settings {
        listen: listen(written, ledger),
        admin: Admin {
            listen: ledger.address(written.admin.listen.as_ref(), ADMIN),
            token: written.admin.token.as_ref().and_then(|token| ledger.secret(token)),
        },
        limits: limits(&written.limits, ledger),
        hosts: written.hosts.as_ref().map(|hosts| host_names(hosts, ledger)),
        issuers: issuer::check_all(files, written, ledger),
        plans,
        store: written.store.as_ref().and_then(|at| store::check(at, ledger)),
        tiers: tiers(&written.tiers, ledger),
        graphql: graphql(&written.graphql, ledger),
        freshness,
        cache_bytes: ledger.size(written.cache.size.as_ref(), 64 << 20) as u64,
        log: log(&written.log),
        audit: written.audit.as_ref().and_then(|at| audit(at, ledger)),
        grace: written.grace.as_ref().map_or(Duration::from_secs(30), |grace| grace.0),
        tenants,
        scopes: scopes::table(&apis),
        apis,
        warnings: Vec::new(),
    }
}

fn listen(written: &GatewayFile, ledger: &mut Ledger<'_>) -> Listen {
    let section = &written.listen;
    let address = ledger.address(section.address.as_ref(), LISTEN);
    let mut file = |at: &At<String>| {
        if !ledger.resolves() {
            return Some(at.value.clone().into());
        }
        let found = ledger.folder.named(at);
        ledger.take(&at.place, found)
    };
    let tls = section.tls.as_ref().and_then(|tls| {
        let (certificate, key) = (file(&tls.certificate), file(&tls.key));
        Some(Tls { certificate: certificate?, key: key? })
    });
    let public_url = section.public_url.as_ref().and_then(|at| ledger.url(at, Network::Private));
    let public_url = public_url.map(|url| Arc::from(url.as_str().trim_end_matches('/')));
    let client_certificates = certificate::of_listener(written, ledger);
    Listen { address, tls, h2c: section.h2c.unwrap_or(true), public_url, client_certificates }
}

fn limits(section: &written::LimitsSection, ledger: &mut Ledger<'_>) -> Limits {
    let default = per_second(PER_ADDRESS).expect("the default is a rate");
    Limits {
        header_bytes: ledger.size(section.header_bytes.as_ref(), 32 << 10),
        uri_bytes: ledger.size(section.uri_bytes.as_ref(), 8 << 10),
        body_bytes: ledger.size(section.body_bytes.as_ref(), 1 << 20),
        head_timeout: ledger.span(section.head_timeout.as_ref(), Duration::from_secs(10)),
        body_timeout: ledger.span(section.body_timeout.as_ref(), Duration::from_secs(10)),
        idle_timeout: ledger.span(section.idle_timeout.as_ref(), Duration::from_secs(60)),
        connections: ledger.count(section.connections.as_ref(), 10_000).get() as usize,
        subscriptions: ledger.count(section.subscriptions.as_ref(), 1_000).get() as usize,
        per_address: ledger.allowance(section.per_address.as_ref(), PER_ADDRESS).unwrap_or(default),
        trusted_proxies: section.trusted_proxies.iter().map(|network| network.0).collect(),
    }
}

fn audit(section: &written::AuditSection, ledger: &mut Ledger<'_>) -> Option<AuditSettings> {
    let path = if ledger.resolves() {
        ledger.folder.to_be_written(&section.path)
    } else {
        Ok(section.path.value.clone().into())
    };
    let path = ledger.take(&section.path.place, path);
    Some(AuditSettings {
        rotate: ledger.size(section.rotate.as_ref(), 64 << 20) as u64,
        keep: section.keep.as_ref().map(|at| at.value as usize),
        wait: ledger.span(section.wait.as_ref(), Duration::from_millis(20)),
        key: section.key.as_ref().and_then(|key| ledger.secret(key)),
        path: path?,
    })
}

fn host_names(hosts: &[At<String>], ledger: &mut Ledger<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for host in hosts {
        let letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
        if host.is_empty() || !host.bytes().all(letter) {
            ledger.wrong(&host.place, "expected a host name such as `api.example.com`, without scheme, port or path");
        }
        names.insert(host.to_ascii_lowercase());
    }
    names
}

fn plans(written: &GatewayFile, ledger: &mut Ledger<'_>) -> BTreeMap<PlanName, Arc<Plan>> {
    let mut plans = BTreeMap::new();
    for (name, section) in &written.plans {
        if let Some(throttle) = plan(section, ledger) {
            let deadline = section.deadline.as_ref().map(|at| ledger.span(Some(at), Duration::ZERO));
            let subscriptions = ledger.count(section.subscriptions.as_ref(), 20).get() as usize;
            let name = PlanName(Arc::from(name.as_str()));
            plans.insert(name.clone(), Arc::new(Plan { name, throttle, deadline, subscriptions }));
        }
    }
    plans
}

fn plan(section: &At<PlanSection>, ledger: &mut Ledger<'_>) -> Option<throttle::Plan> {
    let rate = ledger.rate(&section.place, &section.rate, section.burst.as_ref());
    let cost = ledger.allowance(section.cost.as_ref(), COST);
    let daily = section.quota_per_day.as_ref().map(|at| ledger.count(Some(at), 1));
    let monthly = section.quota_per_month.as_ref().map(|at| ledger.count(Some(at), 1));
    let concurrency = ledger.count(section.concurrency.as_ref(), 100);
    let away = away(section.when_away);
    Some(throttle::Plan { rate: rate?, daily, monthly, concurrency, cost: cost?, away })
}

fn tiers(section: &written::TiersSection, ledger: &mut Ledger<'_>) -> Tiers {
    Tiers {
        critical: ledger.span(section.critical.as_ref(), Duration::from_secs(2)),
        standard: ledger.span(section.standard.as_ref(), Duration::from_secs(3)),
        best_effort: ledger.span(section.best_effort.as_ref(), Duration::from_secs(10)),
    }
}

fn graphql(section: &written::GraphqlSection, ledger: &mut Ledger<'_>) -> Graphql {
    let usual = Guard::default();
    let mut count = |at: &Option<At<u32>>, default: u64| match at {
        Some(at) => ledger.count(Some(at), 1).get(),
        None => u32::try_from(default).unwrap_or(u32::MAX),
    };
    let guard = Guard {
        bytes: usual.bytes,
        tokens: count(&section.tokens, usual.tokens as u64) as usize,
        nesting: count(&section.nesting, usual.nesting as u64) as usize,
        depth: count(&section.depth, usual.depth.into()),
        fields: count(&section.fields, usual.fields).into(),
        aliases: count(&section.aliases, usual.aliases).into(),
        directives: count(&section.directives, usual.directives).into(),
        fragments: count(&section.fragments, usual.fragments as u64) as usize,
    };
    let max_cost = count(&section.max_cost, 5_000);
    if let Some(nesting) = section.nesting.as_ref().filter(|nesting| nesting.value > DEEPEST) {
        ledger.wrong(&nesting.place, format!("nesting deeper than {DEEPEST} is not safe to read"));
    }
    let profile = match section.profile {
        HttpProfileWord::Audit => HttpProfile::Audit,
        HttpProfileWord::Draft2026 => HttpProfile::Draft2026,
    };
    let guard = Guard { bytes: ledger.size(section.document_bytes.as_ref(), usual.bytes), ..guard };
    let heartbeat = ledger.span(section.heartbeat.as_ref(), Duration::from_secs(15));
    let conditions = condition::of_fields(&section.conditions, ledger);
    Graphql { guard, conditions, max_cost, heartbeat, profile }
}

/// What recursive readers of documents are known to bear.
const DEEPEST: u32 = 100;

fn log(section: &written::LogSection) -> Log {
    let format = match section.format {
        LogFormatWord::Json => LogFormat::Json,
        LogFormatWord::Text => LogFormat::Text,
    };
    Log { format, filter: section.filter.as_ref().map_or_else(|| "info".to_owned(), |filter| filter.value.clone()) }
}

/// The place of portico.yaml as a whole.
pub(super) fn whole() -> Place {
    Place::file("portico.yaml")
}
