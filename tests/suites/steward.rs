//! What a vendor lets us ask is used to the end, and the end is for those who matter most: a flood of a partner's cannot
//! take a salesperson's credit check, one consumer cannot keep another waiting, and who has to come back is told when.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use portico_composites::endure::Limits;
use portico_composites::endure::limits::Calls;
use portico_contracts::packs::limits::Window;
use portico_contracts::tenancy::{ConsumerId, SystemId, TenantId, Tier};
use portico_gateway::settings::{Settings, Tenant as TenantSettings};
use portico_policies::throttle::Rate;
use portico_tests::{Fault, Quota, Reply, Role, Scene, Tenant};
use serde_json::{Value, json};

fn acme(settings: &mut Settings) -> &mut TenantSettings {
    let tenant = TenantId::parse("acme").expect("a name");
    let found = settings.tenants.get_mut(&tenant).expect("the demo has it");
    Arc::get_mut(found).expect("nobody else has it yet")
}

/// Changes what one of acme's systems lets us ask.
fn limit(settings: &mut Settings, system: &str, change: impl FnOnce(&mut Limits)) {
    let system = SystemId::parse(system).expect("a name");
    let found = acme(settings).systems.get_mut(&system).expect("the demo has it");
    change(&mut Arc::make_mut(found).endure.limits);
}

/// No consumer is held back by its own plan.
fn without_plans(settings: &mut Settings) {
    let plenty = 1_000_000.try_into().expect("not zero");
    for plan in settings.plans.values_mut() {
        let plan = &mut Arc::make_mut(plan).throttle;
        plan.rate = Rate::new(plenty, Duration::from_secs(1), plenty).expect("a rate");
        (plan.concurrency, plan.daily) = (plenty, None);
    }
}

fn written(calls: u32) -> Calls {
    Calls { written: Some(calls), usual: None }
}

/// An order that nobody has asked for before: the cache is of no use to it.
async fn order(scene: &Scene, consumer: &str, number: usize) -> Reply {
    scene.get(&format!("/partner/v2/orders/SO-{number}")).as_consumer(consumer).send().await
}

async fn credit_check(scene: &Scene) -> (String, Duration) {
    let began = Instant::now();
    let body = json!({ "customer": { "number": "C-1001" }, "amount": { "amount": "100.00", "currency": "EUR" } });
    let reply = scene.post("/credit/v1/checks", &body).as_consumer("crm").send().await;
    let json = reply.json();
    let why = json["reasons"].as_array().into_iter().flatten().filter_map(|reason| reason["code"].as_str());
    (format!("{} {}", json["outcome"].as_str().unwrap_or("?"), why.collect::<Vec<_>>().join(" ")), began.elapsed())
}

/// What was told to those who were not served: all of it upstream_throttled, with a time to come back.
fn throttled(replies: &[Reply]) -> usize {
    let refused: Vec<&Reply> = replies.iter().filter(|reply| reply.status.as_u16() >= 500).collect();
    for reply in &refused {
        let told = (reply.status.as_u16(), reply.code());
        assert_eq!(told, (503, "upstream_throttled".to_owned()), "{}", reply.text());
        let wait = reply.json()["retryAfterMs"].as_u64().expect("a time to come back");
        assert!(wait > 0 && reply.header("retry-after") == wait.div_ceil(1_000).to_string(), "{}", reply.text());
    }
    refused.len()
}

async fn standing(scene: &Scene, system: &str) -> Value {
    let status = scene.admin_get("/api/status").bearer(scene.environment("PORTICO_ADMIN_TOKEN")).send().await.json();
    let systems = status["tenants"][0]["systems"].as_array().cloned().unwrap_or_default();
    systems.into_iter().find(|one| one["system"] == system).map(|one| one["limits"].clone()).unwrap_or_default()
}

const CHECKS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn a_partners_flood_cannot_take_the_credit_checks_share_of_the_day() {
    let scene = Scene::with(|settings| {
        without_plans(settings);
        limit(settings, "acme-erp", |limits| {
            limits.windows.insert(Window::Day, written(200));
            limits.reserve_percent = 20;
        });
    })
    .await;
    scene.sandbox().limit(Tenant::Acme, Role::Erp, Quota { per_day: Some(200), ..Quota::default() });
    let flood = join_all((0..300).map(|number| order(&scene, "partner-one", 100_000 + number)));
    let checks = async {
        let mut checked = Vec::new();
        for _ in 0..CHECKS {
            checked.push(credit_check(&scene).await);
        }
        checked
    };
    let (flood, checked) = tokio::join!(flood, checks);
    for (outcome, took) in &checked {
        assert_eq!(outcome, "APPROVED within_limit");
        assert!(*took < Duration::from_secs(2), "{took:?}");
    }
    let refused = throttled(&flood);
    assert!(refused > 100 && refused < 300, "{refused}");
    let metered = scene.sandbox().metered(Tenant::Acme, Role::Erp);
    assert_eq!(metered.refused, 0, "the ERP never had to refuse");
    let again = order(&scene, "partner-one", 200_000).await;
    assert_eq!(throttled(std::slice::from_ref(&again)), 1);

    // It is a share, not a miracle: once the day is used up, the credit check says that nobody could check.
    let mut more = 0;
    let last = loop {
        let (outcome, _) = credit_check(&scene).await;
        if outcome != "APPROVED within_limit" {
            break outcome;
        }
        more += 1;
    };
    assert_eq!(last, "REVIEW upstream_throttled");
    assert!(more >= 1, "{more}");
    let metered = scene.sandbox().metered(Tenant::Acme, Role::Erp);
    assert_eq!((metered.answered, metered.refused), (200, 0), "everything was used, and nothing more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partners_flood_cannot_take_the_credit_checks_place() {
    let scene = Scene::with(|settings| {
        without_plans(settings);
        limit(settings, "acme-erp", |limits| limits.concurrency = 4);
    })
    .await;
    scene.sandbox().set_fault(Tenant::Acme, Role::Erp, Fault::Slow(Duration::from_millis(60))).await;
    scene.sandbox().limit(Tenant::Acme, Role::Erp, Quota { at_once: Some(4), ..Quota::default() });
    // Sixty milliseconds each, at most two at once: this takes longer than the partner's ten seconds.
    let flood = join_all((0..400).map(|number| order(&scene, "partner-one", 100_000 + number)));
    let checks = async {
        let mut checked = Vec::new();
        for _ in 0..CHECKS {
            checked.push(credit_check(&scene).await);
        }
        checked
    };
    let (flood, checked) = tokio::join!(flood, checks);
    for (outcome, took) in &checked {
        assert_eq!(outcome, "APPROVED within_limit");
        assert!(*took < Duration::from_secs(2), "{took:?}");
    }
    let refused = throttled(&flood);
    assert!(refused > 0 && refused < 400, "{refused}");
    let metered = scene.sandbox().metered(Tenant::Acme, Role::Erp);
    assert_eq!(metered.refused, 0, "the ERP never had to refuse");
    assert!(metered.most_at_once >= 3, "{metered:?}");
}

const LOUD: usize = 80;
const QUIET: usize = 12;

/// Until so many of tier `standard` wait for the ERP.
async fn so_many_wait(scene: &Scene, waiting: usize) {
    while standing(scene, "acme-erp").await["places"]["waiting"]["standard"] != json!(waiting) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_consumer_cannot_keep_another_of_its_tier_waiting() {
    let scene = Scene::with(|settings| {
        without_plans(settings);
        settings.tiers.standard = Duration::from_secs(60);
        limit(settings, "acme-erp", |limits| (limits.concurrency, limits.reserve_percent) = (2, 0));
        let erp = acme(settings).systems.get_mut(&SystemId::parse("acme-erp").expect("a name"));
        Arc::make_mut(erp.expect("the demo has it")).endure.timeout = Duration::from_secs(60);
        let crm = ConsumerId::parse("crm").expect("a name");
        let consumer = acme(settings).consumers.get_mut(&crm).and_then(Arc::get_mut);
        consumer.expect("nobody else has it yet").tier = Tier::Standard;
    })
    .await;
    scene.sandbox().set_fault(Tenant::Acme, Role::Erp, Fault::Hang).await;
    let ask = |consumer: &'static str, number: usize| {
        let query = format!(r#"{{ order(number: "SO-{number}") {{ number }} }}"#);
        scene.graphql(&query).as_consumer(consumer).send()
    };
    let loud = join_all((0..LOUD).map(|number| ask("support-console", 100_000 + number)));
    let quiet = async {
        so_many_wait(&scene, LOUD - 2).await;
        let quiet = join_all((0..QUIET).map(|number| ask("crm", 200_000 + number)));
        let all_are_here = async {
            so_many_wait(&scene, LOUD - 2 + QUIET).await;
            scene.sandbox().clear_calls();
            scene.sandbox().clear_faults().await;
        };
        tokio::join!(quiet, all_are_here).0
    };
    let (loud, quiet) = tokio::join!(loud, quiet);
    // There are no such orders; what matters is that the ERP was asked.
    let told: Vec<String> = loud.iter().chain(&quiet).flat_map(Reply::errors).collect();
    assert!(told.iter().all(|error| error == "order not_found acme-erp"), "{told:?}");
    let calls = scene.sandbox().latest_calls();
    let of_erp = calls.iter().filter(|call| call.target.contains("SalesOrderNumber"));
    let order: Vec<bool> = of_erp.map(|call| call.target.contains("SO-2000")).collect();
    assert_eq!(order.len(), LOUD + QUIET);
    let served: Vec<usize> = (0..order.len()).filter(|at| order[*at]).collect();
    // The two that were there first, then one each in turn; those on their way at once may overtake each other. The end of
    // the fault closes two connections: who is given one of these asks again, behind others.
    assert!(served[QUIET - 3] < 2 + 2 * QUIET + 2, "{served:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_that_the_vendor_asks_for_is_everybodys_and_whole() {
    let scene = Scene::with(without_plans).await;
    let pause = Duration::from_secs(2);
    scene.sandbox().set_fault(Tenant::Acme, Role::Erp, Fault::Throttled(Some(2))).await;
    let asked = Instant::now();
    // A credit check's time ends with the pause.
    let (outcome, _) = credit_check(&scene).await;
    assert_eq!(outcome, "REVIEW upstream_throttled");
    scene.sandbox().clear_faults().await;
    scene.sandbox().clear_calls();
    let began = Instant::now();
    let (outcome, took) = credit_check(&scene).await;
    assert_eq!(outcome, "REVIEW upstream_throttled");
    let proxied = scene.get("/erp/v1/CustomersV3?$top=1").as_consumer("crm").send().await;
    assert_eq!(throttled(&[proxied]), 1);
    let asked_graphql = scene.graphql(r#"{ order(number: "SO-1042") { number } }"#).as_consumer("crm").send().await;
    assert_eq!(asked_graphql.errors(), ["order upstream_throttled acme-erp"]);
    let wait = asked_graphql.json()["errors"][0]["extensions"]["retryAfterMs"].as_u64().expect("a time to come back");
    assert!((1..=2_000).contains(&wait), "{wait}");
    assert!(took < Duration::from_secs(1) && began.elapsed() < pause, "nobody waits in vain");
    assert_eq!(scene.sandbox().calls_to(Tenant::Acme, Role::Erp), 0, "nobody asks");
    assert!(standing(&scene, "acme-erp").await["cooling_ms"].as_u64() > Some(0));
    // Who has more time waits for the end of the pause.
    let replies = join_all((0..20).map(|number| order(&scene, "partner-one", 1_001 + number))).await;
    assert!(replies.iter().all(|reply| reply.status == 200), "{}", replies[0].text());
    assert!(asked.elapsed() >= pause, "{:?}", asked.elapsed());
    assert_eq!(credit_check(&scene).await.0, "APPROVED within_limit");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_vendor_reports_is_believed_where_nothing_is_written() {
    let scene = Scene::with(without_plans).await;
    // Other applications have used nearly all of the day.
    let quota = Quota { per_day: Some(1_000), spent: 895, ..Quota::default() };
    scene.sandbox().limit(Tenant::Acme, Role::Crm, quota);
    let account = |number: usize, consumer: &'static str| {
        let query = format!(r#"{{ customer(by: {{ number: "C-{number}" }}) {{ account {{ name }} }} }}"#);
        let scene = &scene;
        async move { scene.graphql(&query).as_consumer(consumer).send().await }
    };
    let mut served = 0;
    let refused = loop {
        let reply = account(1_001 + served, "support-console").await;
        if reply.errors().iter().any(|error| error.contains("upstream_throttled acme-crm")) {
            break reply;
        }
        served += 1;
        assert!(served < 50, "{}", reply.text());
    };
    let extensions = refused.json()["errors"][0]["extensions"].clone();
    assert_eq!(extensions["code"], "upstream_throttled");
    assert!(extensions["retryAfterMs"].as_u64() > Some(0), "{extensions}");
    let metered = scene.sandbox().metered(Tenant::Acme, Role::Crm);
    assert_eq!((metered.answered, metered.refused), (5, 0), "the last hundred are kept");
    // They are kept for the critical.
    let critical = account(1_001, "crm").await;
    assert_eq!(critical.errors(), Vec::<String>::new(), "{}", critical.text());
    let standing = standing(&scene, "acme-crm").await;
    let day = &standing["windows"][0];
    insta::assert_snapshot!(
        format!("{} {} {} {}", day["window"], day["limit"], day["remaining"], day["resets_in_ms"]),
        @r#""day" 1000 100 null"#
    );
    let metrics = scene.admin_get("/metrics").send().await.text();
    let mut lines: Vec<&str> = metrics.lines().filter(|line| line.contains(r#"system="acme-crm""#)).collect();
    lines.sort_unstable();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    portico_upstream_cooling_seconds{tenant="acme",system="acme-crm"} 0
    portico_upstream_places{tenant="acme",system="acme-crm",state="in_use"} 0
    portico_upstream_places{tenant="acme",system="acme-crm",state="limit"} 32
    portico_upstream_places{tenant="acme",system="acme-crm",state="open"} 32
    portico_upstream_waiting{tenant="acme",system="acme-crm",tier="best_effort"} 0
    portico_upstream_waiting{tenant="acme",system="acme-crm",tier="critical"} 0
    portico_upstream_waiting{tenant="acme",system="acme-crm",tier="standard"} 0
    portico_upstream_window_calls{tenant="acme",system="acme-crm",window="day",state="limit"} 1000
    portico_upstream_window_calls{tenant="acme",system="acme-crm",window="day",state="remaining"} 100
    portico_upstream_window_calls{tenant="acme",system="acme-crm",window="day",state="used"} 5
    portico_upstream_withheld_total{tenant="acme",system="acme-crm",tier="standard",lacks="day"} 1
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn proxied_requests_count_and_wait_like_all_others() {
    let scene = Scene::with(|settings| {
        without_plans(settings);
        limit(settings, "acme-erp", |limits| {
            limits.windows.insert(Window::Hour, written(3));
            limits.concurrency = 1;
        });
    })
    .await;
    scene.sandbox().limit(Tenant::Acme, Role::Erp, Quota { at_once: Some(1), ..Quota::default() });
    let proxied = || scene.get("/erp/v1/CustomersV3?$top=1").as_consumer("crm").send();
    let replies = join_all((0..5).map(|_| proxied())).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 3);
    assert_eq!(throttled(&replies), 2);
    let metered = scene.sandbox().metered(Tenant::Acme, Role::Erp);
    assert_eq!((metered.answered, metered.refused, metered.most_at_once), (3, 0, 1));
    let query = scene.graphql(r#"{ order(number: "SO-1042") { number } }"#).as_consumer("crm").send().await;
    assert_eq!(query.errors(), ["order upstream_throttled acme-erp"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_before_a_reload_counts_on() {
    let change = |calls: u32| {
        move |settings: &mut Settings| {
            limit(settings, "acme-erp", |limits| limits.windows.extend([(Window::Day, written(calls))]));
        }
    };
    let scene = Scene::with(change(4)).await;
    let order = |number: usize| {
        let query = format!(r#"{{ order(number: "SO-{number}") {{ number }} }}"#);
        let scene = &scene;
        async move { scene.graphql(&query).as_consumer("crm").send().await.errors() }
    };
    for number in 0..4 {
        assert_eq!(order(1_001 + number).await, Vec::<String>::new());
    }
    assert_eq!(order(1_010).await, ["order upstream_throttled acme-erp"]);
    scene.reload_with(change(4));
    assert_eq!(order(1_010).await, ["order upstream_throttled acme-erp"]);
    scene.reload_with(change(5));
    assert_eq!(order(1_010).await, Vec::<String>::new());
    assert_eq!(order(1_011).await, ["order upstream_throttled acme-erp"]);
}
