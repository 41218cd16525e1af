//! Each system in each kind of trouble, under everything that is composed of it: what the other systems know stands,
//! what is missing is named, nobody waits longer than the deadline, and no credit is given on figures that are not there.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use portico_gateway::settings::Settings;
use portico_tests::{Drift, Fault, JsonType, Reply, Role, Scene, Tenant, WrongRows};
use serde_json::Value;
use tokio::sync::Semaphore;

/// What a support agent may see at once: an order, a customer, a warranty, an entitlement.
const VIEW: &str = r#"{
    order(number: "SO-1042") {
        number status
        customer { name account { owner } subscriptions { id status } cases { number } }
        lines { sku product { name availability { onHand } } }
        shipments { number } invoices { number } cases { number }
    }
    customer(by: { number: "C-1001" }) {
        name account { owner } contacts { name } receivables { openBalance { amount } }
        subscriptions { id status } contracts { number status } assets { serialNumber } cases { number }
        orders(first: 3) { edges { node { number } } } invoices(first: 3) { edges { node { number } } }
    }
    warranty(serialNumber: "SN-77") { status reasons { code system } }
    entitlement(customer: { number: "C-1001" }) { entitled level reasons { code system } }
}"#;

const CREDIT: &str = r#"{ creditCheck(customer: { number: "C-1001" }, amount: { amount: "25000.00", currency: "EUR" }) {
    outcome reasons { code system }
} }"#;

/// Asks every system for something else, so that connections and tokens are there.
const WARM: &str = r#"{ customer(by: { number: "C-9999" }) {
    name account { owner } subscriptions { id } cases { number }
} }"#;

/// Of both consumers, in place of the demo's 2 and 3 seconds: the matrix is long.
const DEADLINE: Duration = Duration::from_millis(1_500);
/// What an answer may take beyond its deadline.
const GRACE: Duration = Duration::from_millis(50);
/// What a busy machine may add, where several cells are tried at once in an unoptimised build. With `PORTICO_LONG` one
/// is tried after the other, and nothing is added.
const NOISE: Duration = Duration::from_millis(500);
/// Cells that are tried at once, in all tests together.
const AT_ONCE: u32 = 4;
static PLACES: Semaphore = Semaphore::const_new(AT_ONCE as usize);

/// What an answer may take.
fn longest() -> Duration {
    DEADLINE + GRACE + if one_by_one() { Duration::ZERO } else { NOISE }
}

fn one_by_one() -> bool {
    std::env::var_os("PORTICO_LONG").is_some()
}

/// Fields that decisions rest on, or that say whose a row is.
fn drifting(role: Role) -> Vec<(&'static str, Fault)> {
    let drifts: &[(_, &str, _)] = match role {
        Role::Erp => &[
            ("drift of amounts", "OpenAmountCur", Some(JsonType::Object)),
            ("drift of limits", "CreditLimit", None),
            ("drift of customers", "CustomerAccount", None),
            ("drift of companies", "dataAreaId", None),
        ],
        Role::Crm => {
            &[("drift of a status", "Status", Some(JsonType::Object)), ("drift of accounts", "AccountNumber", None)]
        }
        Role::Billing => &[("drift of a status", "status", None), ("drift of ids", "id", Some(JsonType::Object))],
        Role::Support => &[("drift of a status", "status", None), ("drift of ids", "id", Some(JsonType::Object))],
    };
    let fault = |(name, field, becomes): &(&'static str, &str, Option<JsonType>)| {
        (*name, Fault::Drift(Drift { field: (*field).to_owned(), becomes: *becomes }))
    };
    drifts.iter().map(fault).collect()
}

fn faults(role: Role) -> Vec<(&'static str, Fault)> {
    let mut faults = vec![
        ("down", Fault::Down),
        ("refused", Fault::Refused),
        ("hang", Fault::Hang),
        ("slow", Fault::Slow(Duration::from_secs(10))),
        ("throttled for 30 s", Fault::Throttled(Some(30))),
        (THROTTLED, Fault::Throttled(None)),
        ("status 500", Fault::Status(500)),
        ("status 503", Fault::Status(503)),
        ("html", Fault::Html),
        ("truncated", Fault::Truncated),
        ("malformed", Fault::Malformed),
        (ENDLESS, Fault::Endless),
        ("gzip_bomb", Fault::GzipBomb),
        (EXPIRED, Fault::ExpiredToken),
        (ADDED, Fault::WrongRows(WrongRows::Added)),
        ("wrong_rows in place", Fault::WrongRows(WrongRows::InPlace)),
        ("redirect", Fault::Redirect),
        ("next_link_elsewhere", Fault::NextLinkElsewhere),
        ("next_link_loop", Fault::NextLinkLoop),
        ("tls", Fault::Tls),
        ("reset", Fault::Reset),
    ];
    faults.extend(drifting(role));
    faults
}

const THROTTLED: &str = "throttled";
const ENDLESS: &str = "endless";
/// A new token mends it, where there are tokens.
const EXPIRED: &str = "expired_token";
/// The right rows are there too.
const ADDED: &str = "wrong_rows added";

/// Where it is a question of speed whether the deadline or the fault is noticed first, both are shown as the fault.
fn settled(fault: &str, text: &str) -> String {
    match fault {
        THROTTLED => text.replace("deadline_exceeded", "upstream_throttled"),
        ENDLESS => text.replace("deadline_exceeded", "upstream_malformed"),
        _ => text.to_owned(),
    }
}

/// Whether one opens while these few requests still run is a question of the machine's speed; what it does has tests of
/// its own.
fn keep_breakers_closed(settings: &mut Settings) {
    for tenant in settings.tenants.values_mut() {
        let tenant = Arc::get_mut(tenant).expect("nobody else holds settings that are being written");
        for system in tenant.systems.values_mut() {
            Arc::make_mut(system).endure.breaker.volume = u32::MAX;
        }
    }
}

/// One system in one kind of trouble.
struct Cell {
    fault: &'static str,
    view: Reply,
    credit: Reply,
    took: Duration,
    elsewhere: u64,
}

impl Cell {
    /// What was late once, as anything may be on a machine with other work, is tried again.
    async fn tried(role: Role, fault: (&'static str, Fault)) -> Self {
        let cell = Self::with(role, Some(fault.clone())).await;
        if cell.took > longest() { Self::with(role, Some(fault)).await } else { cell }
    }

    async fn with(role: Role, fault: Option<(&'static str, Fault)>) -> Self {
        // What keeps a core busy is tried alone, lest the others be late for no fault of theirs.
        let alone = one_by_one() || matches!(fault, Some((_, Fault::Endless | Fault::GzipBomb)));
        let _place = PLACES.acquire_many(if alone { AT_ONCE } else { 1 }).await.expect("it is never closed");
        let scene = Scene::with(|settings| {
            settings.tiers.critical = DEADLINE;
            settings.tiers.standard = DEADLINE;
            keep_breakers_closed(settings);
        })
        .await;
        let warm = scene.graphql(WARM).as_consumer("support-console").send().await;
        assert_eq!(warm.errors(), Vec::<String>::new(), "{}", warm.text());
        let name = fault.as_ref().map_or("healthy", |(name, _)| *name);
        if let Some((_, fault)) = fault {
            scene.sandbox().set_fault(Tenant::Acme, role, fault).await;
        }
        let begun = Instant::now();
        let view = scene.graphql(VIEW).as_consumer("support-console");
        let credit = scene.graphql(CREDIT).as_consumer("crm");
        let (view, credit) = join(view.send(), credit.send()).await;
        Cell { fault: name, view, credit, took: begun.elapsed(), elsewhere: scene.sandbox().calls_elsewhere() }
    }

    /// Codes of what is missing, with how often.
    fn codes(&self, role: Role) -> String {
        let system = format!(" acme-{}", role.name());
        let mut codes = BTreeMap::<String, usize>::new();
        for error in self.errors() {
            let code = settled(self.fault, error.split_once(' ').map_or("", |(_, rest)| rest));
            // Only a system that is not the one in trouble is told.
            *codes.entry(code.strip_suffix(&system).unwrap_or(&code).to_owned()).or_default() += 1;
        }
        let told: Vec<String> = codes.iter().map(|(code, count)| format!("{code} × {count}")).collect();
        if told.is_empty() { "all there".to_owned() } else { told.join(", ") }
    }

    fn errors(&self) -> Vec<String> {
        self.view.errors().into_iter().chain(self.credit.errors()).collect()
    }

    fn missing(&self) -> Vec<String> {
        let mut paths: Vec<String> =
            self.errors().iter().filter_map(|error| error.split(' ').next().map(str::to_owned)).collect();
        paths.sort();
        paths
    }

    fn decisions(&self) -> String {
        let (view, credit) = (self.view.data(), self.credit.data());
        let warranty = decision(&view["warranty"], &["status"]);
        let entitlement = decision(&view["entitlement"], &["entitled", "level"]);
        let credit = decision(&credit["creditCheck"], &["outcome"]);
        settled(self.fault, &format!("warranty {warranty} · entitlement {entitlement} · credit {credit}"))
    }
}

fn decision(value: &Value, members: &[&str]) -> String {
    if value.is_null() {
        return "null".to_owned();
    }
    let said =
        members.iter().map(|member| value[member].as_str().map_or_else(|| value[member].to_string(), str::to_owned));
    let reasons = value["reasons"].as_array().into_iter().flatten().filter_map(|reason| reason["code"].as_str());
    format!("{} [{}]", said.collect::<Vec<_>>().join(" "), reasons.collect::<Vec<_>>().join(" "))
}

/// Where an answer says something else than a healthy one, though nothing is said to be missing there. Decisions aside:
/// they are in the table.
fn differences(healthy: &Value, got: &Value, path: &str, missing: &[String], found: &mut Vec<String>) {
    if missing.iter().any(|gone| gone == path) {
        if !got.is_null() {
            found.push(format!("{path} is there and said to be missing"));
        }
        return;
    }
    match (healthy, got) {
        (Value::Object(healthy), Value::Object(got)) => {
            for (name, member) in healthy {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                if path != "warranty" && path != "entitlement" {
                    differences(member, got.get(name).unwrap_or(&Value::Null), &path, missing, found);
                }
            }
        }
        (Value::Array(healthy), Value::Array(got)) if healthy.len() == got.len() => {
            for (at, (one, other)) in healthy.iter().zip(got).enumerate() {
                differences(one, other, &format!("{path}.{at}"), missing, found);
            }
        }
        _ if healthy == got => {}
        _ => found.push(format!("{path} is {got}")),
    }
}

/// The whole column of a system: what is lost while it is down, then for each fault what is told and decided.
async fn column(role: Role) -> String {
    let healthy = Cell::with(role, None).await;
    assert_eq!(healthy.errors(), Vec::<String>::new(), "{} {}", healthy.view.text(), healthy.credit.text());
    let cells = join_all(faults(role).into_iter().map(|fault| Cell::tried(role, fault))).await;
    let lost = cells[0].missing();
    let mut table = format!("missing while it is down: {}\n", lost.join(" "));
    let _ = writeln!(table, "healthy: {}", healthy.decisions());
    for cell in &cells {
        let _ = writeln!(table, "{}: {} · {}", cell.fault, cell.codes(role), cell.decisions());
        let missing = cell.missing();
        if missing != lost && !missing.is_empty() {
            let _ = writeln!(table, "    missing: {}", missing.join(" "));
        }
        let mut found = Vec::new();
        differences(&healthy.view.data(), &cell.view.data(), "", &missing, &mut found);
        for difference in found {
            let _ = writeln!(table, "    {difference}");
        }
        assert_eq!(cell.elsewhere, 0, "{}: a call went where no call belongs", cell.fault);
    }
    let slowest = cells.iter().max_by_key(|cell| cell.took).expect("there are faults");
    println!("acme-{}: the slowest answer, {}, took {:?} of {DEADLINE:?}", role.name(), slowest.fault, slowest.took);
    for cell in &cells {
        assert!(cell.took <= longest(), "{}: {:?}", cell.fault, cell.took);
        let mended = matches!(cell.fault, EXPIRED | ADDED);
        let credit = cell.credit.data()["creditCheck"]["outcome"].clone();
        assert!(role != Role::Erp || mended || credit != "APPROVED", "{}: approved on figures not there", cell.fault);
    }
    table
}

#[tokio::test(flavor = "multi_thread")]
async fn the_erp_in_every_kind_of_trouble() {
    insta::assert_snapshot!(column(Role::Erp).await, @"
    missing while it is down: customer.invoices customer.orders customer.receivables order
    healthy: warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    down: upstream_unavailable × 4 · warranty ACTIVE [covered_by] · entitlement null PREMIUM [upstream_unavailable] · credit REVIEW [upstream_unavailable]
    refused: upstream_unavailable × 4 · warranty ACTIVE [covered_by] · entitlement null PREMIUM [upstream_unavailable] · credit REVIEW [upstream_unavailable]
    hang: deadline_exceeded × 4 · warranty ACTIVE [covered_by] · entitlement null PREMIUM [deadline_exceeded] · credit REVIEW [deadline_exceeded]
    slow: deadline_exceeded × 4 · warranty ACTIVE [covered_by] · entitlement null PREMIUM [deadline_exceeded] · credit REVIEW [deadline_exceeded]
    throttled for 30 s: upstream_throttled × 4 · warranty ACTIVE [covered_by] · entitlement null PREMIUM [upstream_throttled] · credit REVIEW [upstream_throttled]
    throttled: upstream_throttled × 4 · warranty ACTIVE [covered_by] · entitlement null PREMIUM [upstream_throttled] · credit REVIEW [upstream_throttled]
    status 500: upstream_error × 4 · warranty ACTIVE [covered_by] · entitlement null PREMIUM [upstream_error] · credit REVIEW [upstream_error]
    status 503: upstream_error × 4 · warranty ACTIVE [covered_by] · entitlement null PREMIUM [upstream_error] · credit REVIEW [upstream_error]
    html: upstream_malformed × 4 · warranty ACTIVE [covered_by] · entitlement null PREMIUM [upstream_malformed] · credit REVIEW [upstream_malformed]
    truncated: upstream_unavailable × 4 · warranty ACTIVE [covered_by] · entitlement null PREMIUM [upstream_unavailable] · credit REVIEW [upstream_unavailable]
    malformed: upstream_malformed × 4 · warranty ACTIVE [covered_by] · entitlement null PREMIUM [upstream_malformed] · credit REVIEW [upstream_malformed]
    endless: upstream_malformed × 4 · warranty ACTIVE [covered_by] · entitlement null PREMIUM [upstream_malformed] · credit REVIEW [upstream_malformed]
    gzip_bomb: upstream_malformed × 4 · warranty ACTIVE [covered_by] · entitlement null PREMIUM [upstream_malformed] · credit REVIEW [upstream_malformed]
    expired_token: all there · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    wrong_rows added: all there · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    wrong_rows in place: upstream_mismatch × 4 · warranty ACTIVE [covered_by] · entitlement null PREMIUM [upstream_mismatch] · credit REVIEW [upstream_mismatch upstream_mismatch]
    redirect: upstream_error × 4 · warranty ACTIVE [covered_by] · entitlement null PREMIUM [upstream_error] · credit REVIEW [upstream_error]
    next_link_elsewhere: upstream_malformed × 4 · warranty ACTIVE [covered_by] · entitlement null PREMIUM [upstream_malformed] · credit REVIEW [upstream_malformed]
    next_link_loop: upstream_malformed × 4 · warranty ACTIVE [covered_by] · entitlement null PREMIUM [upstream_malformed] · credit REVIEW [upstream_malformed]
    tls: upstream_unavailable × 4 · warranty ACTIVE [covered_by] · entitlement null PREMIUM [upstream_unavailable] · credit REVIEW [upstream_unavailable]
    reset: upstream_unavailable × 4 · warranty ACTIVE [covered_by] · entitlement null PREMIUM [upstream_unavailable] · credit REVIEW [upstream_unavailable]
    drift of amounts: upstream_drift × 1 · warranty ACTIVE [covered_by] · entitlement null PREMIUM [upstream_drift] · credit REVIEW [upstream_drift]
        missing: customer.receivables.openBalance
    drift of limits: all there · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit REVIEW [upstream_drift]
    drift of customers: upstream_drift × 1 · warranty ACTIVE [covered_by] · entitlement null PREMIUM [upstream_drift] · credit REVIEW [upstream_drift]
        missing: customer.receivables
    drift of companies: upstream_malformed × 4 · warranty ACTIVE [covered_by] · entitlement null PREMIUM [upstream_malformed] · credit REVIEW [upstream_malformed]
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_crm_in_every_kind_of_trouble() {
    insta::assert_snapshot!(column(Role::Crm).await, @"
    missing while it is down: customer.account customer.assets customer.contacts customer.contracts order.customer.account
    healthy: warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    down: upstream_unavailable × 5 · warranty UNKNOWN [upstream_unavailable] · entitlement true STANDARD [entitled upstream_unavailable] · credit APPROVED [within_limit]
    refused: upstream_unavailable × 5 · warranty UNKNOWN [upstream_unavailable] · entitlement true STANDARD [entitled upstream_unavailable] · credit APPROVED [within_limit]
    hang: deadline_exceeded × 5 · warranty UNKNOWN [deadline_exceeded] · entitlement true STANDARD [entitled deadline_exceeded] · credit APPROVED [within_limit]
    slow: deadline_exceeded × 5 · warranty UNKNOWN [deadline_exceeded] · entitlement true STANDARD [entitled deadline_exceeded] · credit APPROVED [within_limit]
    throttled for 30 s: upstream_throttled × 5 · warranty UNKNOWN [upstream_throttled] · entitlement true STANDARD [entitled upstream_throttled] · credit APPROVED [within_limit]
    throttled: upstream_throttled × 5 · warranty UNKNOWN [upstream_throttled] · entitlement true STANDARD [entitled upstream_throttled] · credit APPROVED [within_limit]
    status 500: upstream_error × 5 · warranty UNKNOWN [upstream_error] · entitlement true STANDARD [entitled upstream_error] · credit APPROVED [within_limit]
    status 503: upstream_error × 5 · warranty UNKNOWN [upstream_error] · entitlement true STANDARD [entitled upstream_error] · credit APPROVED [within_limit]
    html: upstream_malformed × 5 · warranty UNKNOWN [upstream_malformed] · entitlement true STANDARD [entitled upstream_malformed] · credit APPROVED [within_limit]
    truncated: upstream_unavailable × 5 · warranty UNKNOWN [upstream_unavailable] · entitlement true STANDARD [entitled upstream_unavailable] · credit APPROVED [within_limit]
    malformed: upstream_malformed × 5 · warranty UNKNOWN [upstream_malformed] · entitlement true STANDARD [entitled upstream_malformed] · credit APPROVED [within_limit]
    endless: upstream_malformed × 5 · warranty UNKNOWN [upstream_malformed] · entitlement true STANDARD [entitled upstream_malformed] · credit APPROVED [within_limit]
    gzip_bomb: upstream_malformed × 5 · warranty UNKNOWN [upstream_malformed] · entitlement true STANDARD [entitled upstream_malformed] · credit APPROVED [within_limit]
    expired_token: all there · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    wrong_rows added: all there · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    wrong_rows in place: upstream_mismatch × 5 · warranty UNKNOWN [upstream_mismatch] · entitlement true STANDARD [entitled upstream_mismatch] · credit APPROVED [within_limit]
    redirect: upstream_error × 5 · warranty UNKNOWN [upstream_error] · entitlement true STANDARD [entitled upstream_error] · credit APPROVED [within_limit]
    next_link_elsewhere: upstream_malformed × 5 · warranty UNKNOWN [upstream_malformed] · entitlement true STANDARD [entitled upstream_malformed] · credit APPROVED [within_limit]
    next_link_loop: upstream_malformed × 5 · warranty UNKNOWN [upstream_malformed] · entitlement true STANDARD [entitled upstream_malformed] · credit APPROVED [within_limit]
    tls: upstream_unavailable × 5 · warranty UNKNOWN [upstream_unavailable] · entitlement true STANDARD [entitled upstream_unavailable] · credit APPROVED [within_limit]
    reset: upstream_unavailable × 5 · warranty UNKNOWN [upstream_unavailable] · entitlement true STANDARD [entitled upstream_unavailable] · credit APPROVED [within_limit]
    drift of a status: upstream_drift × 1 · warranty ACTIVE [covered_by] · entitlement true STANDARD [entitled upstream_drift] · credit APPROVED [within_limit]
        missing: customer.contracts.0.status
    drift of accounts: upstream_drift × 5 · warranty ACTIVE [covered_by upstream_drift] · entitlement true STANDARD [entitled upstream_drift] · credit APPROVED [within_limit]
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn billing_in_every_kind_of_trouble() {
    insta::assert_snapshot!(column(Role::Billing).await, @"
    missing while it is down: customer.subscriptions order.customer.subscriptions
    healthy: warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    down: upstream_unavailable × 2 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled upstream_unavailable] · credit APPROVED [within_limit]
    refused: upstream_unavailable × 2 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled upstream_unavailable] · credit APPROVED [within_limit]
    hang: deadline_exceeded × 2 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled deadline_exceeded] · credit APPROVED [within_limit]
    slow: deadline_exceeded × 2 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled deadline_exceeded] · credit APPROVED [within_limit]
    throttled for 30 s: upstream_throttled × 2 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled upstream_throttled] · credit APPROVED [within_limit]
    throttled: upstream_throttled × 2 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled upstream_throttled] · credit APPROVED [within_limit]
    status 500: upstream_error × 2 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled upstream_error] · credit APPROVED [within_limit]
    status 503: upstream_error × 2 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled upstream_error] · credit APPROVED [within_limit]
    html: upstream_malformed × 2 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled upstream_malformed] · credit APPROVED [within_limit]
    truncated: upstream_unavailable × 2 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled upstream_unavailable] · credit APPROVED [within_limit]
    malformed: upstream_malformed × 2 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled upstream_malformed] · credit APPROVED [within_limit]
    endless: upstream_malformed × 2 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled upstream_malformed] · credit APPROVED [within_limit]
    gzip_bomb: upstream_malformed × 2 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled upstream_malformed] · credit APPROVED [within_limit]
    expired_token: upstream_refused × 2 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled upstream_refused] · credit APPROVED [within_limit]
    wrong_rows added: all there · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    wrong_rows in place: all there · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
        order.customer.subscriptions is []
        customer.subscriptions is []
    redirect: upstream_error × 2 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled upstream_error] · credit APPROVED [within_limit]
    next_link_elsewhere: upstream_error × 2 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled upstream_error] · credit APPROVED [within_limit]
    next_link_loop: upstream_error × 2 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled upstream_error] · credit APPROVED [within_limit]
    tls: upstream_unavailable × 2 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled upstream_unavailable] · credit APPROVED [within_limit]
    reset: upstream_unavailable × 2 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled upstream_unavailable] · credit APPROVED [within_limit]
    drift of a status: upstream_drift × 2 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled upstream_drift] · credit APPROVED [within_limit]
        missing: customer.subscriptions.0.status order.customer.subscriptions.0.status
    drift of ids: upstream_drift × 2 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled upstream_drift] · credit APPROVED [within_limit]
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn support_in_every_kind_of_trouble() {
    insta::assert_snapshot!(column(Role::Support).await, @"
    missing while it is down: customer.cases order.cases order.customer.cases
    healthy: warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    down: upstream_unavailable × 3 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    refused: upstream_unavailable × 3 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    hang: deadline_exceeded × 3 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    slow: deadline_exceeded × 3 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    throttled for 30 s: upstream_throttled × 3 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    throttled: upstream_throttled × 3 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    status 500: upstream_error × 3 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    status 503: upstream_error × 3 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    html: upstream_malformed × 3 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    truncated: upstream_unavailable × 3 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    malformed: upstream_malformed × 3 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    endless: upstream_malformed × 3 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    gzip_bomb: upstream_malformed × 3 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    expired_token: all there · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    wrong_rows added: all there · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    wrong_rows in place: all there · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
        order.customer.cases is null
        order.cases is []
        customer.cases is null
    redirect: upstream_error × 3 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    next_link_elsewhere: upstream_malformed × 3 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    next_link_loop: upstream_malformed × 3 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    tls: upstream_unavailable × 3 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    reset: upstream_unavailable × 3 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    drift of a status: all there · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    drift of ids: upstream_drift × 3 · warranty ACTIVE [covered_by] · entitlement true PREMIUM [entitled] · credit APPROVED [within_limit]
    ");
}
