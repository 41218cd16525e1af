//! Questions and answers through the whole layer, with systems in memory.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use portico_contracts::canonical::{Currency, Money, Value};
use portico_contracts::model::Model;
use portico_contracts::rules::Rules;
use portico_contracts::tenancy::{ConsumerId, Principal, Role, Scopes, TenantId, Tier};
use rust_decimal::Decimal;
use serde_json::json;
use tokio::time::Instant;

use super::fake::{Fake, Mood};
use super::*;
use crate::ask::Upstream;
use crate::fresh::{Clock, Limits, Wish};

/// Always the same day.
#[derive(Debug)]
struct OneDay;

impl Clock for OneDay {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wall(&self) -> DateTime<Utc> {
        "2026-11-21T12:00:00Z".parse().expect("a moment")
    }
}

pub(super) struct Scene {
    engine: Engine,
    pub(super) estate: Arc<Estate>,
    pub(super) erp: Arc<Fake>,
    crm: Arc<Fake>,
    support: Arc<Fake>,
    pub(super) principal: Principal,
}

pub(super) fn eur(amount: &str) -> Value {
    Value::Money(Money { amount: amount.parse().expect("a decimal"), currency: Currency::parse("EUR").expect("EUR") })
}

pub(super) fn day(text: &str) -> Value {
    Value::Date(text.parse::<NaiveDate>().expect("a day"))
}

fn erp(tenant: &str) -> Fake {
    let t = Value::text;
    let mut erp = Fake::new(tenant, "erp", Role::Erp)
        .with("Customer", &[("number", t("C-1")), ("name", t("One"))])
        .with("Customer", &[("number", t("C-2")), ("name", t("Two"))])
        .with(
            "Receivables",
            &[
                ("customerNumber", t("C-1")),
                ("creditLimit", eur("1000")),
                ("onHold", Value::Bool(false)),
                ("currency", t("EUR")),
            ],
        )
        .with(
            "OpenItem",
            &[
                ("customerNumber", t("C-1")),
                ("invoiceNumber", t("I-1")),
                ("openAmount", eur("40.50")),
                ("dueOn", day("2026-11-11")),
            ],
        )
        .with(
            "Invoice",
            &[("number", t("I-1")), ("orderNumber", t("O-1")), ("customerNumber", t("C-1")), ("total", eur("50"))],
        )
        .with(
            "Invoice",
            &[("number", t("I-2")), ("orderNumber", t("O-1")), ("customerNumber", t("C-1")), ("total", eur("7"))],
        )
        .with(
            "Product",
            &[("sku", t("P-1")), ("name", t("Pump")), ("warrantyMonths", Value::Int(24)), ("listPrice", eur("100"))],
        )
        .with("ProductAvailability", &[("sku", t("P-1")), ("available", Value::Decimal(Decimal::TEN))]);
    for (order, customer) in [("O-1", "C-1"), ("O-2", "C-2"), ("O-3", "C-1")] {
        erp = erp
            .with("Order", &[("number", t(order)), ("customerNumber", t(customer)), ("status", Value::Enum("OPEN"))])
            .with(
                "OrderLine",
                &[
                    ("orderNumber", t(order)),
                    ("lineNumber", Value::Int(1)),
                    ("sku", t("P-1")),
                    ("lineTotal", eur("100")),
                    ("invoicedAmount", eur("60")),
                ],
            )
            .with(
                "OrderLine",
                &[
                    ("orderNumber", t(order)),
                    ("lineNumber", Value::Int(2)),
                    ("sku", t("P-9")),
                    ("lineTotal", eur("5.5")),
                ],
            );
    }
    erp
}

impl Scene {
    pub(super) fn new() -> Self {
        Self::with_erp(erp("acme"))
    }

    fn with_erp(erp: Fake) -> Self {
        let t = Value::text;
        let crm = Fake::new("acme", "crm", Role::Crm)
            .with(
                "Account",
                &[
                    ("id", t("A-1")),
                    ("name", t("One (CRM)")),
                    ("customerNumber", t("C-1")),
                    ("domain", t("one.example")),
                ],
            )
            .with("Account", &[("id", t("A-8")), ("name", t("Prospect")), ("customerNumber", Value::Null)])
            .with("Contact", &[("id", t("K-1")), ("accountId", t("A-8")), ("email", t("p@example.com"))])
            .with("Contact", &[("id", t("K-2")), ("accountId", t("A-1")), ("email", t("one@example.com"))])
            .with(
                "Asset",
                &[
                    ("serialNumber", t("S-1")),
                    ("sku", t("P-1")),
                    ("customerNumber", t("C-1")),
                    ("orderNumber", t("O-1")),
                    ("installedOn", day("2026-01-01")),
                ],
            );
        let support = Fake::new("acme", "support", Role::Support)
            .with("SupportOrganization", &[("id", t("G-1")), ("customerNumber", t("C-1"))])
            .with("SupportOrganization", &[("id", t("G-2")), ("customerNumber", t("C-2"))])
            .with(
                "Case",
                &[("number", t("7")), ("supportId", t("G-1")), ("subject", t("Noise")), ("requesterId", t("U-1"))],
            )
            .with("Requester", &[("id", t("U-1")), ("name", t("Jo"))]);
        let (erp, crm, support) = (Arc::new(erp), Arc::new(crm), Arc::new(support));
        let upstreams: Vec<Arc<dyn Upstream>> = vec![erp.clone(), crm.clone(), support.clone()];
        let tenant = TenantId::parse("acme").expect("a name");
        let estate = Estate::new(tenant.clone(), upstreams, &HashMap::new(), Rules::default()).expect("binds");
        let clock: Arc<dyn Clock> = Arc::new(OneDay);
        let engine = Engine::new(Guard::default(), 200, Cache::new(Limits::default(), clock.clone()), clock);
        let principal = Principal {
            tenant,
            consumer: ConsumerId::parse("console").expect("a name"),
            subject: "s".into(),
            scopes: Arc::new(Model::get().scopes().into_iter().collect()),
            customers: None,
        };
        Scene { engine, estate: Arc::new(estate), erp, crm, support, principal }
    }

    /// How the systems were asked since this was last looked at.
    pub(super) fn calls(&self) -> Vec<(&'static str, &'static str, usize)> {
        [self.erp.calls(), self.crm.calls(), self.support.calls()].concat()
    }

    pub(super) fn call(&self) -> Call {
        Call {
            tenant: self.principal.tenant.clone(),
            consumer: self.principal.consumer.clone(),
            tier: Tier::Standard,
            deadline: Instant::now() + Duration::from_secs(3),
            request_id: "r-1".into(),
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into(),
            tally: Arc::default(),
            urgency: None,
            subject: None,
        }
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// A scene in which no document is too much.
    pub(super) fn roomy() -> Self {
        let scene = Scene::new();
        let guard = Guard { aliases: 1_000, fields: 10_000, ..Guard::default() };
        Scene { engine: scene.engine.with_limits(guard, 1_000_000), ..scene }
    }

    pub(super) async fn ask(&self, query: &str) -> serde_json::Value {
        let question = Question { query: query.to_owned(), ..Question::default() };
        match self.engine.prepare(&question, &self.estate, &Asking::unconditionally(&self.principal, Wish::FRESH)) {
            Ok(prepared) => {
                let answered = self.engine.answer(prepared, &self.call()).await;
                serde_json::from_slice(&answered.graphql("r-1", None)).expect("the answer is JSON")
            }
            Err(refused) => json!({ "refused": refused.graphql("r-1") }),
        }
    }

    /// The answer without its figures.
    pub(super) async fn told(&self, query: &str) -> String {
        let mut answer = self.ask(query).await;
        if let Some(members) = answer.as_object_mut() {
            members.remove("extensions");
        }
        for error in answer["errors"].as_array_mut().into_iter().flatten() {
            *error = json!([error["path"], error["extensions"]["code"], error["extensions"]["system"]]);
        }
        if answer["errors"].is_null() {
            answer.as_object_mut().map(|members| members.remove("errors"));
        }
        answer.to_string()
    }
}

#[tokio::test]
async fn an_order_is_joined_from_every_system_with_one_call_each() {
    let scene = Scene::new();
    let query = r#"{ order(number: "O-1") { number total { amount } customer { number name crmId receivables { creditLimit { amount } openBalance { amount currency } overdueBalance { amount } oldestOverdueDays } cases { subject requester { name } } }
        lines { lineNumber product { name } } invoices { number status openAmount { amount } dueOn } source { system role state ageSeconds } } }"#;
    insta::assert_snapshot!(scene.told(query).await, @r#"{"data":{"order":{"number":"O-1","total":{"amount":"105.50"},"customer":{"number":"C-1","name":"One","crmId":"A-1","receivables":{"creditLimit":{"amount":"1000.00"},"openBalance":{"amount":"40.50","currency":"EUR"},"overdueBalance":{"amount":"40.50"},"oldestOverdueDays":10},"cases":[{"subject":"Noise","requester":{"name":"Jo"}}]},"lines":[{"lineNumber":1,"product":{"name":"Pump"}},{"lineNumber":2,"product":null}],"invoices":[{"number":"I-1","status":"OVERDUE","openAmount":{"amount":"40.50"},"dueOn":"2026-11-11"},{"number":"I-2","status":"PAID","openAmount":{"amount":"0.00"},"dueOn":null}],"source":{"system":"erp","role":"ERP","state":"FETCHED","ageSeconds":0}}},"errors":[[["order","lines",1,"product"],"not_found","erp"]]}"#);
    let mut calls = [scene.erp.calls(), scene.crm.calls(), scene.support.calls()].concat();
    calls.sort_unstable();
    insta::assert_debug_snapshot!(calls, @r#"
    [
        (
            "Account",
            "customerNumber",
            1,
        ),
        (
            "Case",
            "supportId",
            1,
        ),
        (
            "Customer",
            "number",
            1,
        ),
        (
            "Invoice",
            "orderNumber",
            1,
        ),
        (
            "OpenItem",
            "customerNumber",
            1,
        ),
        (
            "OpenItem",
            "invoiceNumber",
            2,
        ),
        (
            "Order",
            "number",
            1,
        ),
        (
            "OrderLine",
            "orderNumber",
            1,
        ),
        (
            "Product",
            "sku",
            2,
        ),
        (
            "Receivables",
            "customerNumber",
            1,
        ),
        (
            "Requester",
            "id",
            1,
        ),
        (
            "SupportOrganization",
            "customerNumber",
            1,
        ),
    ]
    "#);
}

#[tokio::test]
async fn many_orders_cost_no_more_calls_than_one() {
    let scene = Scene::new();
    let query = r#"{ orders(customer: { number: "C-1" }) { edges { node { number customer { name } lines { sku } } } pageInfo { hasNextPage } } }"#;
    insta::assert_snapshot!(scene.told(query).await, @r#"{"data":{"orders":{"edges":[{"node":{"number":"O-1","customer":{"name":"One"},"lines":[{"sku":"P-1"},{"sku":"P-9"}]}},{"node":{"number":"O-3","customer":{"name":"One"},"lines":[{"sku":"P-1"},{"sku":"P-9"}]}}],"pageInfo":{"hasNextPage":false}}}}"#);
    insta::assert_debug_snapshot!(scene.erp.calls(), @r#"
    [
        (
            "Order",
            "customerNumber",
            1,
        ),
        (
            "Customer",
            "number",
            1,
        ),
        (
            "OrderLine",
            "orderNumber",
            2,
        ),
    ]
    "#);
}

#[tokio::test]
async fn an_order_of_which_a_part_has_left_is_partly_shipped() {
    let t = Value::text;
    let mut erp = Fake::new("acme", "erp", Role::Erp);
    for (order, delivered) in [("O-1", [true, false]), ("O-2", [false, false])] {
        erp = erp.with("Order", &[("number", t(order)), ("customerNumber", t("C-1")), ("status", Value::Enum("OPEN"))]);
        for line in delivered {
            erp = erp.with(
                "OrderLine",
                &[("orderNumber", t(order)), ("delivered", Value::Bool(line)), ("lineTotal", eur("1"))],
            );
        }
    }
    let mut scene = Scene::new();
    let upstreams: Vec<Arc<dyn Upstream>> = vec![Arc::new(erp)];
    let estate = Estate::new(scene.principal.tenant.clone(), upstreams, &HashMap::new(), Rules::default());
    scene.estate = Arc::new(estate.expect("binds"));
    let of = |status: &str| {
        format!(
            r#"{{ orders(customer: {{ number: "C-1" }}, status: [{status}]) {{ edges {{ node {{ number status }} }} }} }}"#
        )
    };
    insta::assert_snapshot!(scene.told(&of("PARTIALLY_SHIPPED")).await, @r#"{"data":{"orders":{"edges":[{"node":{"number":"O-1","status":"PARTIALLY_SHIPPED"}}]}}}"#);
    insta::assert_snapshot!(scene.told(&of("OPEN")).await, @r#"{"data":{"orders":{"edges":[{"node":{"number":"O-2","status":"OPEN"}}]}}}"#);
}

#[tokio::test]
async fn a_system_that_is_down_costs_its_own_fields() {
    let scene = Scene::new();
    scene.erp.be(Mood::Down);
    let query = r#"{ customer(by: { number: "C-1" }) { number name receivables { creditLimit { amount } } account { name } cases { subject } source { system } } }"#;
    insta::assert_snapshot!(scene.told(query).await, @r#"{"data":{"customer":{"number":"C-1","name":"One (CRM)","receivables":null,"account":{"name":"One (CRM)"},"cases":[{"subject":"Noise"}],"source":{"system":"crm"}}},"errors":[[["customer","receivables"],"upstream_unavailable","erp"]]}"#);
    scene.crm.be(Mood::Down);
    insta::assert_snapshot!(scene.told(query).await, @r#"{"data":{"customer":{"number":"C-1","name":null,"receivables":null,"account":null,"cases":[{"subject":"Noise"}],"source":{"system":"support"}}},"errors":[[["customer","name"],"upstream_unavailable","erp"],[["customer","receivables"],"upstream_unavailable","erp"],[["customer","account"],"upstream_unavailable","crm"]]}"#);
    scene.erp.be(Mood::Well);
    insta::assert_snapshot!(scene.told(query).await, @r#"{"data":{"customer":{"number":"C-1","name":"One","receivables":{"creditLimit":{"amount":"1000.00"}},"account":null,"cases":[{"subject":"Noise"}],"source":{"system":"erp"}}},"errors":[[["customer","account"],"upstream_unavailable","crm"]]}"#);
}

#[tokio::test(start_paused = true)]
async fn a_system_that_hangs_does_not_hold_the_others() {
    let scene = Scene::new();
    scene.support.be(Mood::Hanging);
    let began = Instant::now();
    let query =
        r#"{ order(number: "O-1") { customer { name cases { subject } receivables { openBalance { amount } } } } }"#;
    insta::assert_snapshot!(scene.told(query).await, @r#"{"data":{"order":{"customer":{"name":"One","cases":null,"receivables":{"openBalance":{"amount":"40.50"}}}}},"errors":[[["order","customer","cases"],"deadline_exceeded","support"]]}"#);
    assert!(began.elapsed() <= Duration::from_millis(3_050), "{:?}", began.elapsed());
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let scene = Scene::new();
    insta::assert_snapshot!(scene.told(r#"{ order(number: "O-77") { number } }"#).await, @r#"{"data":{"order":null},"errors":[[["order"],"not_found","erp"]]}"#);
    insta::assert_snapshot!(scene.told(r#"{ customer(by: { number: "C-77" }) { name } creditCheck(customer: { number: "C-77" }, amount: { amount: 1, currency: "EUR" }) { outcome } }"#).await, @r#"{"data":{"customer":null,"creditCheck":null},"errors":[[["customer"],"not_found","erp"],[["creditCheck"],"not_found","erp"]]}"#);
    insta::assert_snapshot!(scene.told(r#"{ warranty(serialNumber: "S-77") { status reasons { code } asset { sku } } }"#).await, @r#"{"data":{"warranty":{"status":"UNKNOWN","reasons":[{"code":"asset_unknown"}],"asset":null}},"errors":[[["warranty","asset"],"not_found","crm"]]}"#);
    insta::assert_snapshot!(scene.told(r#"{ customer(by: { billingId: "B-1" }) { name } }"#).await, @r#"{"refused":[{"message":"No system of this tenant can look a customer up by `billingId`.","extensions":{"code":"key_unsupported","retryable":false,"requestId":"r-1"}}]}"#);
    insta::assert_snapshot!(scene.told(r#"{ customer(by: { domain: "example.com" }) { name } }"#).await, @r#"{"data":{"customer":null},"errors":[[["customer"],"not_found","crm"]]}"#);
}

#[tokio::test]
async fn a_customer_is_found_by_each_of_its_names() {
    let scene = Scene::new();
    insta::assert_snapshot!(scene.told(r#"{ a: customer(by: { crmId: "A-1" }) { number name crmId } b: customer(by: { supportId: "G-1" }) { number supportId } c: customer(by: { email: "one@example.com" }) { number } }"#).await, @r#"{"data":{"a":{"number":"C-1","name":"One","crmId":"A-1"},"b":{"number":"C-1","supportId":"G-1"},"c":{"number":"C-1"}}}"#);
    insta::assert_snapshot!(scene.told(r#"{ customer(by: { domain: "one.example" }) { number name account { id } } }"#).await, @r#"{"data":{"customer":{"number":"C-1","name":"One","account":{"id":"A-1"}}}}"#);
    insta::assert_snapshot!(scene.told(r#"{ customer(by: { crmId: "A-8" }) { number name crmId source { system } receivables { onHold } contacts { email } } }"#).await, @r#"{"data":{"customer":{"number":null,"name":"Prospect","crmId":"A-8","source":{"system":"crm"},"receivables":null,"contacts":[{"email":"p@example.com"}]}}}"#);
    insta::assert_snapshot!(scene.told(r#"{ customer(by: { email: "p@example.com" }) { number name } }"#).await, @r#"{"data":{"customer":{"number":null,"name":"Prospect"}}}"#);
}

#[tokio::test]
async fn decisions_use_fresh_figures_and_say_why() {
    let scene = Scene::new();
    let credit = |amount: &str| {
        format!(
            r#"{{ creditCheck(customer: {{ number: "C-1" }}, amount: {{ amount: "{amount}", currency: "EUR" }}) {{ outcome reasons {{ code system }} limit {{ amount }} exposure {{ amount }} available {{ amount }} requested {{ amount currency }} sources {{ system state }} }} }}"#
        )
    };
    insta::assert_snapshot!(scene.told(&credit("500")).await, @r#"{"data":{"creditCheck":{"outcome":"APPROVED","reasons":[{"code":"within_limit","system":null}],"limit":{"amount":"1000.00"},"exposure":{"amount":"631.50"},"available":{"amount":"868.50"},"requested":{"amount":"500.00","currency":"EUR"},"sources":[{"system":"erp","state":"FETCHED"}]}}}"#);
    insta::assert_snapshot!(scene.told(&credit("900.01")).await, @r#"{"data":{"creditCheck":{"outcome":"DECLINED","reasons":[{"code":"limit_exceeded","system":null}],"limit":{"amount":"1000.00"},"exposure":{"amount":"1031.51"},"available":{"amount":"868.50"},"requested":{"amount":"900.01","currency":"EUR"},"sources":[{"system":"erp","state":"FETCHED"}]}}}"#);
    scene.erp.be(Mood::Down);
    insta::assert_snapshot!(scene.told(&credit("1")).await, @r#"{"data":{"creditCheck":{"outcome":"REVIEW","reasons":[{"code":"upstream_unavailable","system":"erp"}],"limit":null,"exposure":null,"available":null,"requested":{"amount":"1.00","currency":"EUR"},"sources":[]}}}"#);
    scene.erp.be(Mood::Well);
    insta::assert_snapshot!(scene.told(r#"{ warranty(serialNumber: "S-1") { status startsOn endsOn coverage { kind source { system } } asset { sku } order { number } } }"#).await, @r#"{"data":{"warranty":{"status":"ACTIVE","startsOn":"2026-01-01","endsOn":"2027-12-31","coverage":[{"kind":"MANUFACTURER","source":{"system":"crm"}}],"asset":{"sku":"P-1"},"order":{"number":"O-1"}}}}"#);
}

#[tokio::test]
async fn an_order_is_checked_before_it_is_booked() {
    let scene = Scene::new();
    let check = |lines: &str| {
        format!(
            r#"{{ orderCheck(order: {{ customer: {{ number: "C-1" }}, currency: "EUR", lines: [{lines}], requestedShipDate: "2026-12-01" }}) {{
                acceptable exceptions {{ code }} credit {{ outcome exposure {{ amount }} }} lines {{ sku available listPrice {{ amount }} product {{ name }} exceptions {{ code }} }} sources {{ system }} }} }}"#
        )
    };
    insta::assert_snapshot!(scene.told(&check(r#"{ sku: "P-1", quantity: 2, unitPrice: "100" }"#)).await, @r#"{"data":{"orderCheck":{"acceptable":true,"exceptions":[],"credit":{"outcome":"APPROVED","exposure":{"amount":"331.50"}},"lines":[{"sku":"P-1","available":"10","listPrice":{"amount":"100.00"},"product":{"name":"Pump"},"exceptions":[]}],"sources":[{"system":"erp"}]}}}"#);
    insta::assert_snapshot!(scene.told(&check(r#"{ sku: "P-1", quantity: 20, unitPrice: 100 }, { sku: "P-9", quantity: "0.5" }"#)).await, @r#"{"data":{"orderCheck":{"acceptable":false,"exceptions":[{"code":"credit_not_checked"},{"code":"total_unknown"}],"credit":null,"lines":[{"sku":"P-1","available":"10","listPrice":{"amount":"100.00"},"product":{"name":"Pump"},"exceptions":[{"code":"not_available"}]},{"sku":"P-9","available":null,"listPrice":null,"product":null,"exceptions":[{"code":"product_unknown"}]}],"sources":[{"system":"erp"}]}},"errors":[[["orderCheck","lines",1,"product"],"not_found","erp"]]}"#);
    scene.erp.be(Mood::Down);
    insta::assert_snapshot!(scene.told(&check(r#"{ sku: "P-1", quantity: 2, unitPrice: "100" }"#)).await, @r#"{"data":{"orderCheck":{"acceptable":false,"exceptions":[{"code":"credit_review"}],"credit":{"outcome":"REVIEW","exposure":null},"lines":[{"sku":"P-1","available":null,"listPrice":null,"product":null,"exceptions":[{"code":"upstream_unavailable"}]}],"sources":[]}},"errors":[[["orderCheck","lines",0,"product"],"upstream_unavailable","erp"]]}"#);
    for lines in [
        "",
        r#"{ sku: "P-1", quantity: 0 }"#,
        r#"{ sku: "", quantity: 1 }"#,
        r#"{ sku: "P-1", quantity: 1, unitPrice: "-1" }"#,
    ] {
        assert_eq!(scene.ask(&check(lines)).await["refused"][0]["extensions"]["code"], "argument_invalid", "{lines}");
    }
}

#[tokio::test]
async fn systems_that_disagree_about_a_customer_are_told_apart() {
    let scene = Scene::new();
    let query = r#"{ customer(by: { number: "C-1" }) { discrepancies { field values { value source { system } } } } }"#;
    insta::assert_snapshot!(scene.told(query).await, @r#"{"data":{"customer":{"discrepancies":[{"field":"name","values":[{"value":"One","source":{"system":"erp"}},{"value":"One (CRM)","source":{"system":"crm"}}]}]}}}"#);
    insta::assert_snapshot!(scene.told(&query.replace("C-1", "C-2")).await, @r#"{"data":{"customer":{"discrepancies":[]}}}"#);
    scene.crm.be(Mood::Down);
    insta::assert_snapshot!(scene.told(query).await, @r#"{"data":{"customer":{"discrepancies":null}},"errors":[[["customer","discrepancies"],"upstream_unavailable","crm"]]}"#);
}

#[tokio::test]
async fn a_restricted_consumer_sees_its_customers_only() {
    let mut scene = Scene::new();
    scene.principal.customers = Some(Arc::new(["C-1"].iter().collect()));
    insta::assert_snapshot!(scene.told(r#"{ a: order(number: "O-1") { number } b: order(number: "O-2") { number } c: customer(by: { number: "C-2" }) { name } d: orders(customer: { number: "C-2" }) { edges { node { number } } } }"#).await, @r#"{"data":{"a":{"number":"O-1"},"b":null,"c":null,"d":{"edges":[]}},"errors":[[["b"],"not_found","erp"],[["c"],"not_found","erp"]]}"#);
}

#[tokio::test]
async fn a_missing_scope_costs_its_field_and_no_call() {
    let mut scene = Scene::new();
    scene.principal.scopes = Arc::new(["order:read"].into_iter().collect::<Scopes>());
    insta::assert_snapshot!(scene.told(r#"{ order(number: "O-1") { number customer { name } lines { product { name } } } }"#).await, @r#"{"data":{"order":{"number":"O-1","customer":null,"lines":[{"product":null},{"product":null}]}},"errors":[[["order","customer"],"scope_missing",null],[["order","lines",0,"product"],"scope_missing",null],[["order","lines",1,"product"],"scope_missing",null]]}"#);
    assert_eq!(scene.crm.calls(), []);
    insta::assert_snapshot!(scene.told(r#"{ creditCheck(customer: { number: "C-1" }, amount: { amount: 1, currency: "EUR" }) { outcome } }"#).await, @r#"{"refused":[{"message":"`creditCheck` needs the scope `credit:decide`.","extensions":{"code":"scope_missing","retryable":false,"requestId":"r-1"}}]}"#);
    insta::assert_snapshot!(scene.told(r#"{ __schema { types { name } } order(number: "O-1") { number } }"#).await, @r#"{"refused":[{"message":"Introspection needs the scope `graphql:introspect`.","extensions":{"code":"introspection_refused","retryable":false,"requestId":"r-1"}}]}"#);
}

#[tokio::test]
async fn what_no_system_has_is_listed() {
    let scene = Scene::new();
    let answer = scene
        .ask(r#"{ order(number: "O-1") { purchaseOrder shipments { number } customer { subscriptions { id } } } }"#)
        .await;
    insta::assert_snapshot!(json!([answer["data"], answer["errors"], answer["extensions"]["notProvided"]]), @r#"[{"order":{"purchaseOrder":null,"shipments":null,"customer":{"subscriptions":null}}},null,["order.purchaseOrder","order.shipments","order.customer.subscriptions"]]"#);
}

#[tokio::test]
async fn aliases_fragments_and_directives_shape_the_answer() {
    let scene = Scene::new();
    let query = r#"query Q { b: order(number: "O-1") { ...F z: number a: total { c: currency amount __typename } __typename ... on Entity { source { system } } lines @skip(if: true) { sku } } a: product(sku: "P-1") { name @include(if: false) sku } }
        fragment F on Order { number status z: number }"#;
    insta::assert_snapshot!(scene.told(query).await, @r#"{"data":{"b":{"number":"O-1","status":"OPEN","z":"O-1","a":{"c":"EUR","amount":"105.50","__typename":"Money"},"__typename":"Order","source":{"system":"erp"}},"a":{"sku":"P-1"}}}"#);
    insta::assert_snapshot!(scene.told(r#"{ order(number: "O-1") { x: number x: status } }"#).await, @r#"{"refused":[{"message":"Fields \"x\" conflict because \"number\" and \"status\" are different fields. Use different aliases on the fields to fetch both if this was intentional.","locations":[{"line":1,"column":26},{"line":1,"column":36}],"extensions":{"code":"document_invalid","retryable":false,"requestId":"r-1"}}]}"#);
}

#[tokio::test]
async fn bad_questions_reach_no_system() {
    let scene = Scene::new();
    for query in [
        r#"{ orders(customer: { number: "C-1" }, first: 101) { edges { cursor } } }"#,
        r#"{ order(number: "") { number } }"#,
        r#"{ order(number: "O-1") @freshness(maxAge: -1) { number } }"#,
        r#"{ creditCheck(customer: { number: "C-1" }, amount: { amount: "0", currency: "EUR" }) { outcome } }"#,
        r#"mutation { order }"#,
        r#"{ order(number: "O-1" { number } }"#,
        r#"query A { order(number: "O-1") { number } } query B { order(number: "O-2") { number } }"#,
        r#"{ orders(customer: { number: "C-1" }, first: 100) { edges { node { customer { orders(first: 100) { edges { node { customer { name } } } } } } } } }"#,
    ] {
        let answer = scene.ask(query).await;
        insta::assert_snapshot!(format!(
            "{} {}",
            answer["refused"][0]["extensions"]["code"], answer["refused"][0]["message"]
        ));
    }
    assert_eq!((scene.erp.calls(), scene.crm.calls()), (vec![], vec![]));
}

#[tokio::test]
async fn a_few_rows_inside_each_other_do_not_fill_the_memory() {
    let t = |text: &str| Value::text(text);
    let orders = (0..20).map(|at| format!("N-{at}"));
    let erp = orders.fold(erp("acme"), |erp, number| {
        erp.with("Order", &[("number", t(&number)), ("customerNumber", t("C-1")), ("status", Value::Enum("OPEN"))])
    });
    let scene = Scene::with_erp(erp);
    let aliases: String = (0..55).map(|at| format!("a{at}: source {{ system role state fetchedAt }} ")).collect();
    let page = |inside: &str| format!("orders(first: 20) {{ edges {{ node {{ {inside} }} }} }}");
    let nested = page(&format!("customer {{ {} }}", page(&format!("customer {{ {} }}", page(&aliases)))));
    let answer = scene.ask(&format!("{{ customer(by: {{ number: \"C-1\" }}) {{ {nested} }} }}")).await;
    insta::assert_snapshot!(json!([answer["data"], answer["errors"][0]["message"], answer["errors"][0]["extensions"]["code"], answer["errors"][1]]), @r#"[null,"The answer would be larger than 8 MiB; ask for smaller pages or fewer fields.","query_too_costly",null]"#);
    let cost = &answer["extensions"]["cost"];
    assert_eq!(cost["actual"], cost["requested"], "{cost}");
}

#[tokio::test]
async fn a_cursor_that_is_none_of_ours_is_not_kept() {
    let scene = Scene::new();
    let after = "MS4".to_owned() + &"eA".repeat(10_000);
    let query = format!(r#"{{ orders(customer: {{ number: "C-1" }}, after: "{after}") {{ edges {{ cursor }} }} }}"#);
    insta::assert_snapshot!(scene.told(&query).await, @r#"{"refused":[{"message":"Argument `after` is longer than any cursor.","extensions":{"code":"argument_invalid","retryable":false,"requestId":"r-1"}}]}"#);
    assert_eq!(scene.erp.calls(), []);
}

#[tokio::test]
async fn goods_that_are_to_come_back_make_no_room_for_credit() {
    let t = |text: &str| Value::text(text);
    let line = |number: &str, amount: &str, invoiced: &str| {
        [
            ("orderNumber", t(number)),
            ("lineNumber", Value::Int(1)),
            ("lineTotal", eur(amount)),
            ("invoicedAmount", eur(invoiced)),
        ]
    };
    let order = |number: &str| [("number", t(number)), ("customerNumber", t("C-1")), ("status", Value::Enum("OPEN"))];
    let before = Scene::new();
    let erp = erp("acme")
        .with("Order", &order("R-1"))
        .with("OrderLine", &line("R-1", "-5000", "0"))
        .with("Order", &order("R-2"))
        .with("OrderLine", &line("R-2", "100", "900"))
        .with("OrderLine", &line("R-2", "10", "0"));
    let after = Scene::with_erp(erp);
    let query = r#"{ creditCheck(customer: { number: "C-1" }, amount: { amount: 1, currency: "EUR" }) { outcome exposure { amount } } }"#;
    insta::assert_snapshot!(before.told(query).await, @r#"{"data":{"creditCheck":{"outcome":"APPROVED","exposure":{"amount":"132.50"}}}}"#);
    insta::assert_snapshot!(after.told(query).await, @r#"{"data":{"creditCheck":{"outcome":"APPROVED","exposure":{"amount":"142.50"}}}}"#);
}

#[tokio::test]
async fn an_open_amount_without_a_due_date_is_a_persons() {
    let item =
        [("customerNumber", Value::text("C-1")), ("invoiceNumber", Value::text("I-9")), ("openAmount", eur("1"))];
    let scene = Scene::with_erp(erp("acme").with("OpenItem", &item));
    let query = r#"{ creditCheck(customer: { number: "C-1" }, amount: { amount: 1, currency: "EUR" }) { outcome reasons { code } } customer(by: { number: "C-1" }) { receivables { openBalance { amount } overdueBalance { amount } oldestOverdueDays } } }"#;
    insta::assert_snapshot!(scene.told(query).await, @r#"{"data":{"creditCheck":{"outcome":"REVIEW","reasons":[{"code":"overdue_unknown"}]},"customer":{"receivables":{"openBalance":{"amount":"41.50"},"overdueBalance":null,"oldestOverdueDays":null}}}}"#);
}
