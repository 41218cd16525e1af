//! How often systems are asked: once for each kind of thing and step of the way, however many things there are, and
//! not at all for what is known and fresh enough.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Duration;

use futures_util::future::join_all;
use portico_tests::{Fault, Reply, Role, Scene, Tenant};
use serde_json::Value;

const ORDER: &str = r#"{ order(number: "SO-1042") {
    number source { state }
    lines { sku product { name source { state } } }
    customer { name source { state } receivables { openBalance { amount } source { state } } cases { number } }
    invoices { number }
    cases { number }
} }"#;

/// What was asked: system, path and how often. Tokens are left out.
fn calls(scene: &Scene) -> BTreeMap<String, u64> {
    let calls = scene.sandbox().calls();
    let asked = calls.into_iter().filter(|call| !call.path.contains("token"));
    asked.map(|call| (format!("{} {}", call.system, call.path), call.count)).collect()
}

fn shown(calls: &BTreeMap<String, u64>) -> String {
    calls.iter().fold(String::new(), |mut lines, (what, count)| {
        let _ = writeln!(lines, "{count} {what}");
        lines
    })
}

/// Asks and tells which calls it took.
async fn asked(scene: &Scene, query: &str) -> (Reply, BTreeMap<String, u64>) {
    scene.sandbox().clear_calls();
    let reply = scene.graphql(query).as_consumer("support-console").send().await;
    assert_eq!(reply.errors(), Vec::<String>::new(), "{}", reply.text());
    let calls = calls(scene);
    (reply, calls)
}

fn state(reply: &Reply, pointer: &str) -> String {
    let data = reply.data();
    data.pointer(pointer).and_then(Value::as_str).unwrap_or("none").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_with_all_around_it_takes_one_call_per_entity_and_wave() {
    let scene = Scene::start().await;
    let (_, calls) = asked(&scene, ORDER).await;
    // Customers are asked twice, once for the customer and once for what is owed; searches for cases are two entities'
    // relations in two waves: of the order, and of the customer whose organization had to be looked up before.
    insta::assert_snapshot!(shown(&calls), @"
    1 acme-erp /data/CustOpenTransactions
    2 acme-erp /data/CustomersV3
    1 acme-erp /data/ReleasedProductsV2
    1 acme-erp /data/SalesInvoiceHeadersV2
    1 acme-erp /data/SalesOrderHeadersV2
    1 acme-erp /data/SalesOrderLinesV3
    1 acme-support /api/v2/organizations/show_many.json
    2 acme-support /api/v2/search.json
    ");
}

/// Orders of different customers.
fn orders_of_different_customers(scene: &Scene, count: usize) -> Vec<String> {
    let world = scene.sandbox().estate(Tenant::Acme).read();
    let mut seen = BTreeSet::new();
    let numbers = world.orders.iter().filter(|order| seen.insert(order.customer.clone()));
    numbers.take(count).map(|order| order.number.clone()).collect()
}

fn all_of(orders: &[String]) -> String {
    let parts = orders.iter().enumerate().map(|(at, number)| {
        format!(
            r#"o{at}: order(number: "{number}") {{ number lines {{ sku product {{ name }} }}
            customer {{ name account {{ owner }} receivables {{ openBalance {{ amount }} }} cases {{ number }} }} }}"#
        )
    });
    format!("{{ {} }}", parts.collect::<Vec<_>>().join("\n"))
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_orders_with_their_customers_take_no_more_calls_than_one() {
    let scene = Scene::start().await;
    let orders = orders_of_different_customers(&scene, 21);
    assert_eq!(orders.len(), 21);
    let (_, of_one) = asked(&scene, &all_of(&orders[..1])).await;
    let (reply, of_twenty) = asked(&scene, &all_of(&orders[1..])).await;
    let customers: BTreeSet<String> = (0..20).map(|at| state(&reply, &format!("/o{at}/customer/name"))).collect();
    assert_eq!(customers.len(), 20, "{customers:?}");
    assert_eq!(shown(&of_twenty), shown(&of_one));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_fresh_is_not_asked_again_and_receivables_always_are() {
    let scene = Scene::start().await;
    let (_, first) = asked(&scene, ORDER).await;
    let (reply, again) = asked(&scene, ORDER).await;
    assert!(first.len() > again.len());
    insta::assert_snapshot!(shown(&again), @"
    1 acme-erp /data/CustOpenTransactions
    1 acme-erp /data/CustomersV3
    ");
    let at = ["/order", "/order/lines/0/product", "/order/customer", "/order/customer/receivables"];
    let states = at.map(|at| format!("{at} {}", state(&reply, &format!("{at}/source/state"))));
    insta::assert_snapshot!(states.join("\n"), @"
    /order HIT
    /order/lines/0/product HIT
    /order/customer HIT
    /order/customer/receivables FETCHED
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_who_ask_at_once_share_one_call_per_entity() {
    let scene = Scene::start().await;
    let (_, alone) = asked(&Scene::start().await, ORDER).await;
    // Slow enough that all fifty are there before the first answer is.
    scene.sandbox().set_fault(Tenant::Acme, Role::Erp, Fault::Slow(Duration::from_millis(300))).await;
    let replies = join_all((0..50).map(|_| scene.graphql(ORDER).as_consumer("support-console").send())).await;
    assert_eq!(shown(&calls(&scene)), shown(&alone));
    let mut states = BTreeMap::<String, u32>::new();
    for reply in &replies {
        assert_eq!(reply.errors(), Vec::<String>::new());
        *states.entry(state(reply, "/order/source/state")).or_default() += 1;
    }
    insta::assert_snapshot!(format!("{states:?}"), @r#"{"COALESCED": 49, "FETCHED": 1}"#);
}

const SHARED_ORDER: &str =
    r#"{ order(number: "SO-9999") { number purchaseOrder customer { number name } source { system state } } }"#;

#[tokio::test(flavor = "multi_thread")]
async fn consumers_of_one_tenant_share_and_two_tenants_never_do() {
    let scene = Scene::start().await;
    let mut seen = String::new();
    for (tenant, consumer) in [
        (Tenant::Acme, "support-console"),
        (Tenant::Acme, "crm"),
        (Tenant::Globex, "support-console"),
        (Tenant::Globex, "crm"),
        (Tenant::Acme, "support-console"),
    ] {
        scene.sandbox().clear_calls();
        let reply = scene.graphql(SHARED_ORDER).of(tenant, consumer).send().await;
        let calls: u64 = calls(&scene).values().sum();
        let _ = writeln!(seen, "{} {consumer}: {calls} calls, {}", tenant.name(), reply.data()["order"]);
    }
    insta::assert_snapshot!(seen, @r#"
    acme support-console: 2 calls, {"number":"SO-9999","purchaseOrder":"acme-PO","customer":{"number":"C-9999","name":"acme customer"},"source":{"system":"acme-erp","state":"FETCHED"}}
    acme crm: 0 calls, {"number":"SO-9999","purchaseOrder":"acme-PO","customer":{"number":"C-9999","name":"acme customer"},"source":{"system":"acme-erp","state":"HIT"}}
    globex support-console: 2 calls, {"number":"SO-9999","purchaseOrder":"globex-PO","customer":{"number":"C-9999","name":"globex customer"},"source":{"system":"globex-erp","state":"FETCHED"}}
    globex crm: 0 calls, {"number":"SO-9999","purchaseOrder":"globex-PO","customer":{"number":"C-9999","name":"globex customer"},"source":{"system":"globex-erp","state":"HIT"}}
    acme support-console: 0 calls, {"number":"SO-9999","purchaseOrder":"acme-PO","customer":{"number":"C-9999","name":"acme customer"},"source":{"system":"acme-erp","state":"HIT"}}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_that_ask_at_the_same_moment_do_not_share_either() {
    let scene = Scene::start().await;
    for tenant in [Tenant::Acme, Tenant::Globex] {
        scene.sandbox().set_fault(tenant, Role::Erp, Fault::Slow(Duration::from_millis(100))).await;
    }
    let tenants = (0..20).map(|at| Tenant::ALL[at % 2]);
    let ask = async |tenant| (tenant, scene.graphql(SHARED_ORDER).of(tenant, "support-console").send().await);
    for (tenant, reply) in join_all(tenants.map(ask)).await {
        let order = reply.data()["order"].clone();
        assert_eq!(order["source"]["system"], format!("{}-erp", tenant.name()));
        let name = order["customer"]["name"].as_str().unwrap_or_default().to_ascii_lowercase();
        assert!(name.contains(tenant.name()), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_may_want_it_fresher_and_never_staler() {
    let scene = Scene::start().await;
    let order = r#"{ order(number: "SO-1042") { number source { state } customer { name source { state } } } }"#;
    let fresh_customer = r#"{ order(number: "SO-1042") { number source { state } customer @freshness(maxAge: 0) { name source { state } } } }"#;
    let mut seen = String::new();
    for (what, query, wish) in [
        ("at first", order, ""),
        ("again", order, ""),
        ("no-cache", order, "no-cache"),
        ("max-age=0", order, "max-age=0"),
        ("max-stale", order, "max-stale=1000"),
        ("@freshness on the customer", fresh_customer, ""),
        ("only-if-cached", order, "only-if-cached"),
    ] {
        scene.sandbox().clear_calls();
        let reply = scene.graphql(query).as_consumer("support-console").header("cache-control", wish).send().await;
        let calls: u64 = calls(&scene).values().sum();
        let states = ["/order/source/state", "/order/customer/source/state"].map(|at| state(&reply, at));
        let _ = writeln!(seen, "{what}: {calls} calls, {} {}", states.join(" "), reply.errors().join(", "));
    }
    insta::assert_snapshot!(seen, @"
    at first: 2 calls, FETCHED FETCHED 
    again: 0 calls, HIT HIT 
    no-cache: 2 calls, FETCHED FETCHED 
    max-age=0: 2 calls, FETCHED FETCHED 
    max-stale: 0 calls, HIT HIT 
    @freshness on the customer: 1 calls, HIT FETCHED 
    only-if-cached: 0 calls, HIT HIT
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_cached_is_answered_where_a_caller_says_so() {
    let scene = Scene::start().await;
    let query = r#"{ order(number: "SO-1042") { number customer { name } } product(sku: "AC-100") { name } }"#;
    let warm = scene.graphql(r#"{ product(sku: "AC-100") { name } }"#).as_consumer("support-console").send().await;
    assert_eq!(warm.errors(), Vec::<String>::new());
    scene.sandbox().clear_calls();
    let reply =
        scene.graphql(query).as_consumer("support-console").header("cache-control", "only-if-cached").send().await;
    assert_eq!(scene.sandbox().calls(), vec![]);
    insta::assert_snapshot!(reply.shown(), @r#"200 {"data":{"order":null,"product":{"name":"AC Feed pump 100"}},"errors":[{"message":"Nothing fresh enough from acme-erp is held.","path":["order"],"extensions":{"code":"not_cached","system":"acme-erp","role":"erp","retryable":true,"requestId":"…"}}],"extensions":{"cost":{"requested":4,"actual":"…","remaining":"…","systems":[{"system":"acme-crm","requested":1,"actual":"…"},{"system":"acme-erp","requested":3,"actual":"…"}]},"sources":[{"system":"acme-erp","calls":0,"cacheHits":1,"state":"FAILED"}],"deadline":{"budgetMs":"…","usedMs":"…"}}}"#);
}
