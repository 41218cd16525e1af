//! Tenants with several systems of one role: an acquired business with its own CRM and ERP.

use std::collections::HashMap;
use std::sync::Arc;

use portico_contracts::canonical::Value;
use portico_contracts::rules::Rules;
use portico_contracts::tenancy::{Role, SystemId, TenantId};
use serde_json::json;

use super::fake::{Fake, Mood};
use super::tests::{Scene, day, eur};
use crate::ask::Upstream;
use crate::estate::{Estate, KeyKind};

fn t(text: &str) -> Value {
    Value::text(text)
}

fn moment(day: &str) -> Value {
    Value::DateTime(format!("{day}T09:00:00Z").parse().expect("a moment"))
}

/// An ERP with customers `<letter>-1` and the shared `X-9`, each with two orders.
fn erp(letter: &str, limit: &str, days: [&str; 2]) -> Fake {
    let own = format!("{letter}-1");
    let mut erp = Fake::new("acme", &format!("{}-erp", letter.to_lowercase()), Role::Erp);
    for (customer, orders) in [(own.as_str(), ["1", "2"]), ("X-9", ["8", "9"])] {
        erp = erp.with("Customer", &[("number", t(customer)), ("name", t(&format!("{letter} {customer}")))]).with(
            "Receivables",
            &[
                ("customerNumber", t(customer)),
                ("creditLimit", eur(limit)),
                ("onHold", Value::Bool(false)),
                ("currency", t("EUR")),
            ],
        );
        erp = erp.with(
            "OpenItem",
            &[
                ("customerNumber", t(customer)),
                ("invoiceNumber", t(&format!("{letter}I-{customer}"))),
                ("openAmount", eur("10")),
                ("dueOn", day("2026-12-01")),
            ],
        );
        for (number, on) in orders.into_iter().zip(days) {
            let order = if customer == "X-9" { format!("XO-{number}") } else { format!("{letter}O-{number}") };
            erp = erp
                .with(
                    "Order",
                    &[
                        ("number", t(&order)),
                        ("customerNumber", t(customer)),
                        ("status", Value::Enum("OPEN")),
                        ("orderedAt", moment(on)),
                    ],
                )
                .with(
                    "OrderLine",
                    &[
                        ("orderNumber", t(&order)),
                        ("lineNumber", Value::Int(1)),
                        ("sku", t(&format!("{letter}P"))),
                        ("description", t(&format!("of {letter}"))),
                        ("lineTotal", eur("100")),
                        ("invoicedAmount", eur("0")),
                    ],
                );
        }
    }
    for sku in [format!("{letter}P"), "XP".to_owned()] {
        erp = erp
            .with("Product", &[("sku", t(&sku)), ("name", t(&format!("{letter} {sku}"))), ("listPrice", eur("5"))])
            .with("ProductAvailability", &[("sku", t(&sku)), ("available", Value::Decimal(7.into()))]);
    }
    erp
}

/// A CRM that knows its own customer, the shared one, and by `shared.example` both.
fn crm(letter: &str) -> Fake {
    let own = format!("{letter}-1");
    let id = |customer: &str| format!("{letter}A-{customer}");
    let mut crm = Fake::new("acme", &format!("{}-crm", letter.to_lowercase()), Role::Crm);
    for customer in [own.as_str(), "X-9"] {
        crm = crm
            .with(
                "Account",
                &[
                    ("id", t(&id(customer))),
                    ("customerNumber", t(customer)),
                    ("name", t(&format!("{letter} {customer} (CRM)"))),
                    ("domain", t(if customer == "X-9" { "shared.example" } else { customer })),
                ],
            )
            .with(
                "Contact",
                &[
                    ("id", t(&format!("{letter}K-{customer}"))),
                    ("accountId", t(&id(customer))),
                    ("customerNumber", t(customer)),
                    ("email", t(&format!("{customer}@example.com"))),
                ],
            )
            .with(
                "Asset",
                &[
                    ("serialNumber", t(&format!("{letter}S-{customer}"))),
                    ("customerNumber", t(customer)),
                    ("installedOn", day("2026-01-01")),
                    ("warrantyEndsOn", day("2027-01-01")),
                ],
            )
            .with(
                "Contract",
                &[
                    ("number", t(&format!("{letter}C-{customer}"))),
                    ("customerNumber", t(customer)),
                    ("status", Value::Enum("ACTIVE")),
                    ("coversSerialNumbers", Value::List([t(&format!("{letter}S-{customer}"))].into())),
                    ("supportLevel", Value::Enum(if letter == "A" { "BASIC" } else { "PREMIUM" })),
                ],
            );
    }
    crm
}

pub(super) struct Group {
    scene: Scene,
    erps: [Arc<Fake>; 2],
    crms: [Arc<Fake>; 2],
}

impl Group {
    /// Two companies under one roof.
    fn of(erps: [Fake; 2], crms: [Fake; 2], named: &[(&str, &[&str])]) -> Group {
        let (erps, crms) = (erps.map(Arc::new), crms.map(Arc::new));
        let all = erps.iter().chain(&crms);
        let upstreams: Vec<Arc<dyn Upstream>> = all.map(|fake| Arc::clone(fake) as Arc<dyn Upstream>).collect();
        let name = |system: &&str| SystemId::parse(system).expect("a name");
        let named: HashMap<String, Vec<SystemId>> =
            named.iter().map(|(entity, systems)| ((*entity).to_owned(), systems.iter().map(name).collect())).collect();
        let tenant = TenantId::parse("acme").expect("a name");
        let estate = Estate::new(tenant, upstreams, &named, Rules::default()).expect("binds");
        let mut scene = Scene::roomy();
        scene.estate = Arc::new(estate);
        Group { scene, erps, crms }
    }

    pub(super) fn scene(&self) -> &Scene {
        &self.scene
    }

    pub(super) fn new() -> Group {
        Self::of(
            [erp("A", "500", ["2026-11-01", "2026-11-03"]), erp("B", "400", ["2026-11-02", "2026-11-04"])],
            [crm("A"), crm("B")],
            &[],
        )
    }

    pub(super) fn with_patterns() -> Group {
        let own = |fake: Fake, letter: &str| {
            fake.with_keys(KeyKind::Number, &format!(r"{letter}-\d+"))
                .with_keys(KeyKind::Order, &format!(r"{letter}O-\d+"))
                .with_keys(KeyKind::Sku, &format!("{letter}P"))
        };
        Self::of(
            [
                own(erp("A", "500", ["2026-11-01", "2026-11-03"]), "A"),
                own(erp("B", "400", ["2026-11-02", "2026-11-04"]), "B"),
            ],
            [own(crm("A"), "A"), own(crm("B"), "B")],
            &[],
        )
    }

    async fn told(&self, query: &str) -> String {
        self.scene.told(query).await
    }

    /// How many calls each system had since this was last asked: ERPs, then CRMs.
    fn calls(&self) -> [usize; 4] {
        let [a, b] = &self.erps;
        let [c, d] = &self.crms;
        [a, b, c, d].map(|fake| fake.calls().len())
    }
}

#[tokio::test]
async fn a_key_goes_to_the_system_whose_pattern_fits_or_to_all() {
    let group = Group::with_patterns();
    insta::assert_snapshot!(group.told(r#"{ order(number: "bo-1") { number source { system } lines { description } customer { name } } }"#).await, @r#"{"data":{"order":{"number":"BO-1","source":{"system":"b-erp"},"lines":[{"description":"of B"}],"customer":{"name":"B B-1"}}}}"#);
    assert_eq!(group.calls(), [0, 3, 0, 0]);
    insta::assert_snapshot!(group.told(r#"{ order(number: "AO-77") { number } }"#).await, @r#"{"data":{"order":null},"errors":[[["order"],"not_found","a-erp"]]}"#);
    assert_eq!(group.calls(), [1, 0, 0, 0]);
    insta::assert_snapshot!(group.told(r#"{ order(number: "Q-1") { number } }"#).await, @r#"{"data":{"order":null},"errors":[[["order"],"not_found",null]]}"#);
    assert_eq!(group.calls(), [1, 1, 0, 0]);
}

#[tokio::test]
async fn without_patterns_the_one_that_knows_it_answers() {
    let group = Group::new();
    insta::assert_snapshot!(group.told(r#"{ order(number: "BO-2") { number source { system } lines { description } customer { name account { name } } } }"#).await, @r#"{"data":{"order":{"number":"BO-2","source":{"system":"b-erp"},"lines":[{"description":"of B"}],"customer":{"name":"B B-1","account":{"name":"B B-1 (CRM)"}}}}}"#);
    // Both are asked for the order, and only the one that has it for what hangs on it.
    assert_eq!(group.calls(), [1, 3, 1, 1]);
    group.erps[0].be(Mood::Down);
    insta::assert_snapshot!(group.told(r#"{ a: order(number: "BO-2") { number } b: order(number: "AO-2") { number } }"#).await, @r#"{"data":{"a":{"number":"BO-2"},"b":null},"errors":[[["a"],"upstream_unavailable","a-erp"],[["b"],"upstream_unavailable","a-erp"]]}"#);
}

#[tokio::test]
async fn what_two_systems_have_is_ambiguous_unless_one_is_primary() {
    let group = Group::new();
    let query =
        r#"{ order(number: "XO-8") { number } customer(by: { number: "X-9" }) { name } product(sku: "XP") { name } }"#;
    insta::assert_snapshot!(group.told(query).await, @r#"{"data":{"order":null,"customer":null,"product":null},"errors":[[["order"],"ambiguous",null],[["customer"],"ambiguous",null],[["product"],"ambiguous",null]]}"#);
    let answer = group.scene.ask(r#"{ customer(by: { number: "X-9" }) { name } }"#).await;
    insta::assert_snapshot!(answer["errors"][0], @r#"{"message":"a-erp and b-erp have different customers by this number; name one of the systems primary, or use a key that only one of them has.","path":["customer"],"extensions":{"code":"ambiguous","role":"erp","retryable":false,"requestId":"r-1"}}"#);
    let primary = Group::of(
        [erp("A", "500", ["2026-11-01", "2026-11-03"]), erp("B", "400", ["2026-11-02", "2026-11-04"]).primary()],
        [crm("A"), crm("B").primary()],
        &[],
    );
    let query = r#"{ order(number: "XO-8") { lines { description } } customer(by: { number: "X-9" }) { name account { name } receivables { creditLimit { amount } openBalance { amount } } } product(sku: "XP") { name } }"#;
    insta::assert_snapshot!(primary.told(query).await, @r#"{"data":{"order":{"lines":[{"description":"of B"}]},"customer":{"name":"B X-9","account":{"name":"B X-9 (CRM)"},"receivables":{"creditLimit":{"amount":"400.00"},"openBalance":{"amount":"10.00"}}},"product":{"name":"B XP"}}}"#);
    // Another one's word does not stand for that of the primary system.
    primary.erps[1].be(Mood::Down);
    insta::assert_snapshot!(primary.told(r#"{ product(sku: "XP") { name } a: product(sku: "AP") { name } }"#).await, @r#"{"data":{"product":null,"a":null},"errors":[[["product"],"upstream_unavailable","b-erp"],[["a"],"upstream_unavailable","b-erp"]]}"#);
}

#[tokio::test]
async fn lists_are_merged_newest_first_with_their_sources() {
    let group = Group::new();
    let orders = r#"{ orders(customer: { number: "X-9" }) { edges { node { number orderedAt source { system } lines { description } } } } }"#;
    insta::assert_snapshot!(group.told(orders).await, @r#"{"data":{"orders":{"edges":[{"node":{"number":"XO-8","orderedAt":"2026-11-02T09:00:00Z","source":{"system":"b-erp"},"lines":[{"description":"of B"}]}},{"node":{"number":"XO-9","orderedAt":"2026-11-04T09:00:00Z","source":{"system":"b-erp"},"lines":[{"description":"of B"}]}},{"node":{"number":"XO-8","orderedAt":"2026-11-01T09:00:00Z","source":{"system":"a-erp"},"lines":[{"description":"of A"}]}},{"node":{"number":"XO-9","orderedAt":"2026-11-03T09:00:00Z","source":{"system":"a-erp"},"lines":[{"description":"of A"}]}}]}}}"#);
    group.erps[1].be(Mood::Down);
    let numbers = r#"{ orders(customer: { number: "X-9" }) { edges { node { number source { system } } } } }"#;
    insta::assert_snapshot!(group.told(numbers).await, @r#"{"data":{"orders":{"edges":[{"node":{"number":"XO-8","source":{"system":"a-erp"}}},{"node":{"number":"XO-9","source":{"system":"a-erp"}}}]}},"errors":[[["orders"],"upstream_unavailable","b-erp"]]}"#);
    group.erps[0].be(Mood::Down);
    insta::assert_snapshot!(group.told(numbers).await, @r#"{"data":{"orders":null},"errors":[[["orders"],"upstream_unavailable","a-erp"]]}"#);
}

#[tokio::test]
async fn pages_go_through_both_systems_and_skip_or_repeat_nothing() {
    let mut a = erp("A", "500", ["2026-11-01", "2026-11-03"]);
    let mut b = erp("B", "400", ["2026-11-02", "2026-11-04"]);
    for at in 0..5 {
        let order = |letter: &str, on: String| {
            [("number", t(&format!("{letter}X-{at}"))), ("customerNumber", t("X-7")), ("orderedAt", moment(&on))]
        };
        a = a.with("Order", &order("A", format!("2026-10-{:02}", 30 - 2 * at)));
        b = b.with("Order", &order("B", format!("2026-10-{:02}", 21 - 2 * at)));
    }
    let group = Group::of([a, b], [crm("A"), crm("B")], &[]);
    let mut seen = Vec::new();
    let mut after = String::new();
    for page in 0.. {
        assert!(page < 6, "{seen:?}");
        let query = format!(
            r#"{{ orders(customer: {{ number: "X-7" }}, first: 3{after}) {{ edges {{ cursor node {{ number }} }} pageInfo {{ hasNextPage endCursor }} }} }}"#
        );
        let answer = group.scene.ask(&query).await;
        let orders = &answer["data"]["orders"];
        let edges = orders["edges"].as_array().expect("edges").clone();
        assert!(edges.len() <= 3);
        seen.extend(edges.iter().map(|edge| edge["node"]["number"].as_str().expect("a number").to_owned()));
        assert_eq!(edges.last().map(|edge| &edge["cursor"]), Some(&orders["pageInfo"]["endCursor"]));
        if orders["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = format!(", after: {}", orders["pageInfo"]["endCursor"]);
    }
    assert_eq!(seen.join(" "), "AX-0 AX-1 AX-2 AX-3 AX-4 BX-0 BX-1 BX-2 BX-3 BX-4");
}

#[tokio::test]
async fn a_customer_is_found_by_the_id_that_one_crm_gave_it() {
    let group = Group::new();
    let query = |key: &str| {
        format!(
            r#"{{ customer(by: {{ {key} }}) {{ number name crmId contacts {{ id source {{ system }} }} orders {{ edges {{ node {{ number }} }} }} }} }}"#
        )
    };
    insta::assert_snapshot!(group.told(&query(r#"crmId: "BA-B-1""#)).await, @r#"{"data":{"customer":{"number":"B-1","name":"B B-1","crmId":"BA-B-1","contacts":[{"id":"BK-B-1","source":{"system":"b-crm"}}],"orders":{"edges":[{"node":{"number":"BO-1"}},{"node":{"number":"BO-2"}}]}}}}"#);
    insta::assert_snapshot!(group.told(&query(r#"email: "A-1@example.com""#)).await, @r#"{"data":{"customer":{"number":"A-1","name":"A A-1","crmId":"AA-A-1","contacts":[{"id":"AK-A-1","source":{"system":"a-crm"}}],"orders":{"edges":[{"node":{"number":"AO-1"}},{"node":{"number":"AO-2"}}]}}}}"#);
    // Both CRMs know this address, and mean the same number: that is one customer with two accounts.
    insta::assert_snapshot!(group.told(r#"{ orders(customer: { domain: "shared.example" }) { edges { node { number source { system } } } } }"#).await, @r#"{"data":{"orders":{"edges":[{"node":{"number":"XO-8","source":{"system":"b-erp"}}},{"node":{"number":"XO-9","source":{"system":"b-erp"}}},{"node":{"number":"XO-8","source":{"system":"a-erp"}}},{"node":{"number":"XO-9","source":{"system":"a-erp"}}}]}}}"#);
    insta::assert_snapshot!(group.told(r#"{ customer(by: { number: "A-1" }) { crmId account { source { system } } contracts { number } assets { serialNumber source { system } } } }"#).await, @r#"{"data":{"customer":{"crmId":"AA-A-1","account":{"source":{"system":"a-crm"}},"contracts":[{"number":"AC-A-1"}],"assets":[{"serialNumber":"AS-A-1","source":{"system":"a-crm"}}]}}}"#);
}

#[tokio::test]
async fn credit_adds_up_what_all_systems_know() {
    let group = Group::new();
    let credit = |customer: &str, amount: &str| {
        format!(
            r#"{{ creditCheck(customer: {{ number: "{customer}" }}, amount: {{ amount: "{amount}", currency: "EUR" }}) {{ outcome reasons {{ code system }} limit {{ amount }} exposure {{ amount }} sources {{ system }} }} }}"#
        )
    };
    insta::assert_snapshot!(group.told(&credit("A-1", "1")).await, @r#"{"data":{"creditCheck":{"outcome":"APPROVED","reasons":[{"code":"within_limit","system":null}],"limit":{"amount":"500.00"},"exposure":{"amount":"211.00"},"sources":[{"system":"a-erp"},{"system":"b-erp"}]}}}"#);
    insta::assert_snapshot!(group.told(&credit("X-9", "0.01")).await, @r#"{"data":{"creditCheck":{"outcome":"DECLINED","reasons":[{"code":"limit_exceeded","system":null}],"limit":{"amount":"400.00"},"exposure":{"amount":"420.01"},"sources":[{"system":"a-erp"},{"system":"b-erp"}]}}}"#);
    insta::assert_snapshot!(group.told(&credit("Q-0", "1")).await, @r#"{"data":{"creditCheck":null},"errors":[[["creditCheck"],"not_found",null]]}"#);
    group.erps[1].be(Mood::Down);
    insta::assert_snapshot!(group.told(&credit("X-9", "1")).await, @r#"{"data":{"creditCheck":{"outcome":"REVIEW","reasons":[{"code":"upstream_unavailable","system":"b-erp"}],"limit":null,"exposure":null,"sources":[{"system":"a-erp"}]}}}"#);
    // The one that does not answer may know this customer too.
    insta::assert_snapshot!(group.told(&credit("A-1", "1")).await, @r#"{"data":{"creditCheck":{"outcome":"REVIEW","reasons":[{"code":"upstream_unavailable","system":"b-erp"}],"limit":null,"exposure":null,"sources":[{"system":"a-erp"}]}}}"#);
    // By its pattern the other one cannot.
    let patterns = Group::with_patterns();
    patterns.erps[1].be(Mood::Down);
    insta::assert_snapshot!(patterns.told(&credit("A-1", "1")).await, @r#"{"data":{"creditCheck":{"outcome":"APPROVED","reasons":[{"code":"within_limit","system":null}],"limit":{"amount":"500.00"},"exposure":{"amount":"211.00"},"sources":[{"system":"a-erp"}]}}}"#);
}

#[tokio::test]
async fn the_other_decisions_know_all_systems_too() {
    let group = Group::new();
    let entitlement = r#"{ entitlement(customer: { number: "X-9" }) { entitled level reasons { code } contract { number source { system } } sources { system } } }"#;
    insta::assert_snapshot!(group.told(entitlement).await, @r#"{"data":{"entitlement":{"entitled":true,"level":"PREMIUM","reasons":[{"code":"entitled"}],"contract":{"number":"BC-X-9","source":{"system":"b-crm"}},"sources":[{"system":"a-erp"},{"system":"b-erp"},{"system":"a-crm"},{"system":"b-crm"}]}}}"#);
    let one = entitlement.replace("X-9", "B-1");
    insta::assert_snapshot!(group.told(&one).await, @r#"{"data":{"entitlement":{"entitled":true,"level":"PREMIUM","reasons":[{"code":"entitled"}],"contract":{"number":"BC-B-1","source":{"system":"b-crm"}},"sources":[{"system":"a-erp"},{"system":"b-erp"},{"system":"a-crm"},{"system":"b-crm"}]}}}"#);
    insta::assert_snapshot!(group.told(r#"{ warranty(serialNumber: "BS-B-1") { status endsOn coverage { kind source { system } } asset { customer { name } } } }"#).await, @r#"{"data":{"warranty":{"status":"ACTIVE","endsOn":null,"coverage":[{"kind":"CONTRACT","source":{"system":"b-crm"}},{"kind":"MANUFACTURER","source":{"system":"b-crm"}}],"asset":{"customer":{"name":"B B-1"}}}}}"#);
    insta::assert_snapshot!(group.told(r#"{ orderCheck(order: { customer: { number: "B-1" }, currency: "EUR", lines: [{ sku: "XP", quantity: 1 }] }) { acceptable exceptions { code } lines { product { name } listPrice { amount } exceptions { code } } } }"#).await, @r#"{"data":{"orderCheck":{"acceptable":true,"exceptions":[],"lines":[{"product":{"name":"B XP"},"listPrice":{"amount":"5.00"},"exceptions":[]}]}}}"#);
    let primary = Group::of(
        [erp("A", "500", ["2026-11-01", "2026-11-03"]).primary(), erp("B", "400", ["2026-11-02", "2026-11-04"])],
        [crm("A").primary(), crm("B")],
        &[],
    );
    insta::assert_snapshot!(primary.told(r#"{ customer(by: { number: "X-9" }) { discrepancies { field values { value source { system } } } } }"#).await, @r#"{"data":{"customer":{"discrepancies":[{"field":"name","values":[{"value":"A X-9","source":{"system":"a-erp"}},{"value":"B X-9","source":{"system":"b-erp"}},{"value":"A X-9 (CRM)","source":{"system":"a-crm"}},{"value":"B X-9 (CRM)","source":{"system":"b-crm"}}]}]}}}"#);
    group.crms[1].be(Mood::Down);
    insta::assert_snapshot!(group.told(&one).await, @r#"{"data":{"entitlement":{"entitled":null,"level":"UNKNOWN","reasons":[{"code":"upstream_unavailable"}],"contract":null,"sources":[{"system":"a-erp"},{"system":"b-erp"},{"system":"a-crm"}]}}}"#);
}

#[tokio::test]
async fn a_restricted_consumer_sees_only_its_own_in_every_system() {
    let mut group = Group::new();
    group.scene.principal.customers = Some(Arc::new(["A-1"].iter().collect()));
    insta::assert_snapshot!(group.told(r#"{ a: orders(customer: { number: "X-9" }) { edges { node { number } } } b: order(number: "AO-1") { number } c: order(number: "BO-1") { number } }"#).await, @r#"{"data":{"a":{"edges":[]},"b":{"number":"AO-1"},"c":null},"errors":[[["c"],"not_found",null]]}"#);
}

#[tokio::test]
async fn the_plan_shows_every_system_that_may_be_asked() {
    let group = Group::new();
    let explained = |group: &Group, query: &str| {
        let question = super::Question { query: query.to_owned(), ..super::Question::default() };
        let scene = &group.scene;
        let prepared = scene.engine().prepare(
            &question,
            &scene.estate,
            &super::Asking::unconditionally(&scene.principal, crate::fresh::Wish::FRESH),
        );
        let explained = prepared.expect("planned").explain();
        let step = |step: &crate::plan::ExplainedStep| {
            format!("{} {} {} by {} {}", step.wave, step.system, step.entity, step.by, step.keys)
        };
        let steps: Vec<String> = explained.steps.iter().map(step).collect();
        format!("{} calls\n{}", explained.calls, steps.join("\n"))
    };
    let query = r#"{ order(number: "AO-1") { number lines { sku } customer { account { name } } } }"#;
    insta::assert_snapshot!(explained(&group, query), @"
    6 calls
    1 a-erp Order by number from the arguments
    1 b-erp Order by number from the arguments
    2 a-erp OrderLine by orderNumber Order.number
    2 b-erp OrderLine by orderNumber Order.number
    2 a-crm Account by customerNumber Order.customerNumber
    2 b-crm Account by customerNumber Order.customerNumber
    ");
    insta::assert_snapshot!(explained(&Group::with_patterns(), query), @"
    4 calls
    1 a-erp Order by number from the arguments
    2 a-erp OrderLine by orderNumber Order.number
    2 a-crm Account by customerNumber Order.customerNumber
    2 b-crm Account by customerNumber Order.customerNumber
    ");
}

#[tokio::test]
async fn owners_may_name_the_systems_of_an_entity() {
    let group = Group::of(
        [erp("A", "500", ["2026-11-01", "2026-11-03"]), erp("B", "400", ["2026-11-02", "2026-11-04"])],
        [crm("A"), crm("B")],
        &[("Product", &["b-erp"]), ("Account", &["b-crm", "a-crm"])],
    );
    insta::assert_snapshot!(group.told(r#"{ product(sku: "XP") { name } order(number: "AO-1") { lines { product { name } } } }"#).await, @r#"{"data":{"product":{"name":"B XP"},"order":{"lines":[{"product":null}]}},"errors":[[["order","lines",0,"product"],"not_found","b-erp"]]}"#);
    assert_eq!(group.calls(), [2, 3, 0, 0]);
}

/// A system whose pack does not map what a sum is made of has not said that the sum is zero.
#[tokio::test]
async fn what_a_system_is_not_asked_is_not_nothing() {
    let days = ["2026-11-01", "2026-11-03"];
    let beside = |b: Fake| Group::of([erp("A", "500", days), b], [crm("A"), crm("B")], &[]);
    let credit = r#"{ creditCheck(customer: { number: "B-1" }, amount: { amount: "1", currency: "EUR" }) { outcome reasons { code system } exposure { amount } } }"#;
    let whole = beside(erp("B", "400", days));
    insta::assert_snapshot!(whole.told(credit).await, @r#"{"data":{"creditCheck":{"outcome":"APPROVED","reasons":[{"code":"within_limit","system":null}],"exposure":{"amount":"211.00"}}}}"#);
    let no_items = beside(erp("B", "400", days).without("OpenItem"));
    insta::assert_snapshot!(no_items.told(credit).await, @r#"{"data":{"creditCheck":{"outcome":"REVIEW","reasons":[{"code":"key_unsupported","system":"b-erp"}],"exposure":null}}}"#);
    insta::assert_snapshot!(no_items.told(r#"{ customer(by: { number: "B-1" }) { receivables { creditLimit { amount } openBalance { amount } } } }"#).await, @r#"{"data":{"customer":{"receivables":{"creditLimit":{"amount":"400.00"},"openBalance":null}}},"errors":[[["customer","receivables","openBalance"],"key_unsupported","b-erp"]]}"#);
    let no_orders = beside(erp("B", "400", days).without("Order").without("OrderLine"));
    insta::assert_snapshot!(no_orders.told(credit).await, @r#"{"data":{"creditCheck":{"outcome":"REVIEW","reasons":[{"code":"orders_not_provided","system":"b-erp"}],"exposure":null}}}"#);
    // The other one keeps all of it, and is not hindered.
    insta::assert_snapshot!(no_orders.told(&credit.replace("B-1", "A-1")).await, @r#"{"data":{"creditCheck":{"outcome":"APPROVED","reasons":[{"code":"within_limit","system":null}],"exposure":{"amount":"211.00"}}}}"#);
}
