//! An acquired business: tenant acme has its own ERP and CRM, and those of globex beside them.
//!
//! Numbers tell them apart (`C-…` and `SO-1…` are acme's, `G-…` and `SO-7…` globex's), but for `C-9999` and `SO-9999`,
//! which both companies gave out.

use std::sync::Arc;

use http::Method;
use portico_composites::connect::system::SystemSettings;
use portico_composites::estate::KeyKind;
use portico_gateway::settings::{Settings, Tenant as TenantSettings};
use portico_tests::{Fault, Reply, Role, Scene, Tenant};
use serde_json::{Value, json};

/// What the two systems of a role say about their keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Nothing,
    Patterns,
    AcmeIsPrimary,
}

fn tenant<'s>(settings: &'s mut Settings, name: &str) -> &'s mut Arc<TenantSettings> {
    settings.tenants.values_mut().find(|tenant| tenant.id.as_str() == name).expect("a tenant of the demo")
}

/// Gives acme globex's ERP and CRM too, as the demo's own settings have them.
fn acquired(said: Said) -> impl FnOnce(&mut Settings) {
    move |settings| {
        let globex = Arc::clone(tenant(settings, "globex"));
        let acme = Arc::get_mut(tenant(settings, "acme")).expect("nobody else has it yet");
        for name in ["globex-erp", "globex-crm"] {
            let system = globex.systems.values().find(|system| system.id.as_str() == name).expect("globex has it");
            let theirs = SystemSettings { tenant: acme.id.clone(), ..SystemSettings::clone(system) };
            acme.systems.insert(system.id.clone(), Arc::new(theirs));
        }
        for system in acme.systems.values_mut() {
            let ours = system.id.as_str().starts_with("acme");
            let mut own = SystemSettings::clone(system);
            let keys = if ours { (r"C-1\d{3}", r"SO-1\d{3}", r"AC-\d+") } else { (r"G-\d+", r"SO-7\d{3}", r"GB-\d+") };
            if said == Said::Patterns {
                for (kind, pattern) in [(KeyKind::Number, keys.0), (KeyKind::Order, keys.1), (KeyKind::Sku, keys.2)] {
                    own.share.add(kind, pattern).expect("a pattern");
                }
            }
            own.share.primary = said == Said::AcmeIsPrimary && ours;
            *system = Arc::new(own);
        }
        // Of routes to "the ERP" there is one too many now.
        settings.apis.retain(|name, _| name.as_str() != "erp");
    }
}

async fn scene(said: Said) -> Scene {
    Scene::with(acquired(said)).await
}

async fn asked(scene: &Scene, query: &str) -> Reply {
    scene.graphql(query).as_consumer("support-console").send().await
}

async fn told(scene: &Scene, query: &str) -> String {
    let reply = asked(scene, query).await;
    format!("{} {}", reply.data(), reply.errors().join(", ")).trim_end().to_owned()
}

fn erp_calls(scene: &Scene) -> (u64, u64) {
    (scene.sandbox().calls_to(Tenant::Acme, Role::Erp), scene.sandbox().calls_to(Tenant::Globex, Role::Erp))
}

const ORDERS: [&str; 2] = ["SO-1042", "SO-7042"];

#[tokio::test(flavor = "multi_thread")]
async fn each_order_comes_from_its_own_erp_with_all_that_hangs_on_it() {
    let scene = scene(Said::Patterns).await;
    let query = |number: &str| {
        format!(
            r#"{{ order(number: "{number}") {{ number source {{ system role }} customer {{ number source {{ system }} account {{ source {{ system }} }} }} lines {{ lineNumber sku product {{ source {{ system }} }} }} }} }}"#
        )
    };
    let theirs = told(&scene, &query(ORDERS[1])).await;
    assert_eq!(erp_calls(&scene).0, 0, "acme's ERP is not asked for what is globex's");
    scene.sandbox().clear_calls();
    let ours = told(&scene, &query(ORDERS[0])).await;
    assert_eq!(erp_calls(&scene).1, 0, "globex's ERP is not asked for what is acme's");
    insta::assert_snapshot!(format!("{ours}\n{theirs}"), @r#"
    {"order":{"number":"SO-1042","source":{"system":"acme-erp","role":"ERP"},"customer":{"number":"C-1001","source":{"system":"acme-erp"},"account":{"source":{"system":"acme-crm"}}},"lines":[{"lineNumber":1,"sku":"AC-100","product":{"source":{"system":"acme-erp"}}},{"lineNumber":2,"sku":"AC-200","product":{"source":{"system":"acme-erp"}}}]}}
    {"order":{"number":"SO-7042","source":{"system":"globex-erp","role":"ERP"},"customer":{"number":"G-2001","source":{"system":"globex-erp"},"account":{"source":{"system":"globex-crm"}}},"lines":[{"lineNumber":1,"sku":"GB-100","product":{"source":{"system":"globex-erp"}}},{"lineNumber":2,"sku":"GB-200","product":{"source":{"system":"globex-erp"}}}]}}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_patterns_both_are_asked_and_the_one_that_knows_it_answers() {
    let scene = scene(Said::Nothing).await;
    for (number, system) in [(ORDERS[0], "acme-erp"), (ORDERS[1], "globex-erp")] {
        let query =
            format!(r#"{{ order(number: "{number}") {{ number lines {{ lineNumber }} source {{ system }} }} }}"#);
        let reply = asked(&scene, &query).await;
        assert_eq!(reply.errors(), Vec::<String>::new(), "{number}");
        assert_eq!(reply.data()["order"]["source"]["system"], system);
        assert!(!reply.data()["order"]["lines"].as_array().expect("lines").is_empty());
    }
    insta::assert_snapshot!(asked(&scene, r#"{ order(number: "SO-0") { number } }"#).await.json()["errors"][0]["message"], @r#""acme-erp and globex-erp have no Order by this number.""#);
    scene.sandbox().set_fault(Tenant::Globex, Role::Erp, Fault::Status(500)).await;
    // What the other one would say is not known, so neither is that there is no such order.
    insta::assert_snapshot!(told(&scene, r#"{ a: order(number: "SO-1042") @freshness(maxAge: 0) { number } b: order(number: "SO-7041") { number } }"#).await, @r#"{"a":{"number":"SO-1042"},"b":null} a upstream_error globex-erp, b upstream_error globex-erp"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_both_companies_numbered_alike_is_ambiguous_unless_one_is_primary() {
    let plain = scene(Said::Nothing).await;
    let query = r#"{ order(number: "SO-9999") { number } customer(by: { number: "C-9999" }) { name } }"#;
    insta::assert_snapshot!(told(&plain, query).await, @r#"{"order":null,"customer":null} order ambiguous, customer ambiguous"#);
    insta::assert_snapshot!(asked(&plain, r#"{ customer(by: { number: "C-9999" }) { name } }"#).await.json()["errors"][0]["message"], @r#""acme-erp and globex-erp have different customers by this number; name one of the systems primary, or use a key that only one of them has.""#);
    let orders = r#"{ orders(customer: { number: "C-9999" }) { edges { node { number source { system } lines { sku } customer { name } } } } }"#;
    let reply = asked(&plain, orders).await;
    assert_eq!(reply.errors(), Vec::<String>::new());
    let of = |system: &str| -> Vec<Value> {
        let edges = reply.data()["orders"]["edges"].as_array().cloned().unwrap_or_default();
        edges.into_iter().map(|edge| edge["node"].clone()).filter(|node| node["source"]["system"] == system).collect()
    };
    assert!(!of("acme-erp").is_empty() && !of("globex-erp").is_empty(), "{}", reply.shown());
    // Orders of one number keep their own lines and customers.
    for (system, company) in [("acme-erp", "cme"), ("globex-erp", "lobex")] {
        for order in of(system) {
            assert!(order["customer"]["name"].as_str().unwrap_or_default().contains(company), "{order}");
        }
    }
    let primary = scene(Said::AcmeIsPrimary).await;
    insta::assert_snapshot!(told(&primary, query).await, @r#"{"order":{"number":"SO-9999"},"customer":{"name":"acme customer"}}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_is_down_leaves_a_named_hole_in_the_list() {
    let scene = scene(Said::Nothing).await;
    scene.sandbox().set_fault(Tenant::Globex, Role::Erp, Fault::Down).await;
    let orders = r#"{ orders(customer: { number: "C-9999" }) { edges { node { source { system } } } } }"#;
    let reply = asked(&scene, orders).await;
    assert_eq!(reply.errors(), ["orders upstream_unavailable globex-erp"]);
    let edges = reply.data()["orders"]["edges"].as_array().cloned().unwrap_or_default();
    assert!(!edges.is_empty() && edges.iter().all(|edge| edge["node"]["source"]["system"] == "acme-erp"));
    // An operation that requires the ERP requires all of them: no partner takes half a list for the whole.
    let partner = scene.get("/partner/v2/orders?customer=C-9999").as_consumer("partner-one").send().await;
    insta::assert_snapshot!(format!("{} {} {}", partner.status.as_u16(), partner.code(), partner.json()["detail"]), @r#"502 upstream_unavailable "globex-erp cannot be reached.""#);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_go_through_both_erps() {
    let scene = scene(Said::Nothing).await;
    let all = |first: usize, after: &str| {
        format!(
            r#"{{ orders(customer: {{ number: "C-9999" }}, first: {first}{after}) {{ edges {{ cursor node {{ number orderedAt source {{ system }} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"#
        )
    };
    let whole = asked(&scene, &all(100, "")).await.data()["orders"]["edges"].clone();
    let whole: Vec<Value> =
        whole.as_array().cloned().unwrap_or_default().into_iter().map(|e| e["node"].clone()).collect();
    let (mut seen, mut after) = (Vec::new(), String::new());
    for _ in 0..=whole.len() {
        let page = asked(&scene, &all(1, &after)).await.data()["orders"].clone();
        seen.extend(page["edges"].as_array().cloned().unwrap_or_default().into_iter().map(|e| e["node"].clone()));
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = format!(", after: {}", page["pageInfo"]["endCursor"]);
    }
    assert!(whole.len() > 1);
    assert_eq!(seen, whole, "one by one is the same as at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_of_either_company_is_found_by_each_kind_of_key() {
    let scene = scene(Said::Nothing).await;
    for number in ["C-1001", "G-2001"] {
        let ids = format!(
            r#"{{ customer(by: {{ number: "{number}" }}) {{ number name crmId account {{ website }} contacts {{ email }} }} }}"#
        );
        let reply = asked(&scene, &ids).await;
        assert_eq!(reply.errors(), Vec::<String>::new(), "{number}");
        let known = reply.data()["customer"].clone();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let keys = [("crmId", text(&known["crmId"])), ("email", text(&known["contacts"][0]["email"]))];
        for (kind, key) in keys {
            let query = format!(r#"{{ customer(by: {{ {kind}: "{key}" }}) {{ number name crmId }} }}"#);
            let reply = asked(&scene, &query).await;
            assert_eq!(reply.errors(), Vec::<String>::new(), "{number} {kind} {key}");
            let found = &reply.data()["customer"];
            assert_eq!(
                (&found["number"], &found["name"], &found["crmId"]),
                (&json!(number), &known["name"], &known["crmId"]),
                "{kind}"
            );
        }
    }
}

async fn credit(scene: &Scene, number: &str) -> Value {
    let body = json!({ "customer": { "number": number }, "amount": { "amount": "1.00", "currency": "EUR" } });
    scene.post("/credit/v1/checks", &body).as_consumer("crm").send().await.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn credit_is_decided_on_what_both_erps_know() {
    let cents = |decided: &Value, name: &str| {
        let amount = decided[name]["amount"].as_str().unwrap_or_default();
        amount.replace('.', "").parse::<i64>().expect("an amount with two digits of cents")
    };
    let alone = Scene::start().await;
    let (mut exposures, mut limits) = (Vec::new(), Vec::new());
    for tenant in [Tenant::Acme, Tenant::Globex] {
        let body = json!({ "customer": { "number": "C-9999" }, "amount": { "amount": "1.00", "currency": "EUR" } });
        let decided = alone.post("/credit/v1/checks", &body).of(tenant, "crm").send().await.json();
        exposures.push(cents(&decided, "exposure"));
        limits.push(cents(&decided, "limit"));
    }
    let scene = scene(Said::Nothing).await;
    let both = credit(&scene, "C-9999").await;
    // The amount that is asked about counts once.
    assert_eq!(cents(&both, "exposure"), exposures.iter().sum::<i64>() - 100, "{exposures:?} {both}");
    assert_eq!(Some(cents(&both, "limit")), limits.iter().copied().min(), "{limits:?} {both}");
    assert_eq!(credit(&scene, "G-2002").await["outcome"], "DECLINED", "on hold in the acquired ERP");
    assert_eq!(credit(&scene, "C-1001").await["outcome"], "APPROVED");
    scene.sandbox().set_fault(Tenant::Globex, Role::Erp, Fault::Down).await;
    for number in ["C-1001", "C-9999", "G-2001"] {
        let decided = credit(&scene, number).await;
        assert_eq!(decided["outcome"], "REVIEW", "{number} {decided}");
        assert_eq!(decided["reasons"][0]["system"], "globex-erp", "{number} {decided}");
    }
    // Where patterns say that the other ERP cannot know it, it is not waited for.
    let patterns = Scene::with(acquired(Said::Patterns)).await;
    patterns.sandbox().set_fault(Tenant::Globex, Role::Erp, Fault::Down).await;
    assert_eq!(credit(&patterns, "C-1001").await["outcome"], "APPROVED");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_decisions_know_both_companies() {
    let scene = scene(Said::Nothing).await;
    let entitled = async |number: &str| {
        let query =
            format!(r#"{{ entitlement(customer: {{ number: "{number}" }}) {{ entitled reasons {{ code }} }} }}"#);
        told(&scene, &query).await
    };
    insta::assert_snapshot!(entitled("C-1004").await, @r#"{"entitlement":{"entitled":false,"reasons":[{"code":"overdue"}]}}"#);
    insta::assert_snapshot!(entitled("G-2004").await, @r#"{"entitlement":{"entitled":false,"reasons":[{"code":"overdue"}]}}"#);
    let body = json!({ "customer": { "number": "C-1001" }, "currency": "EUR", "lines": [{ "sku": "AC-100", "quantity": "1" }] });
    let reply = scene.post("/sales/v1/order-checks", &body).as_consumer("crm").send().await;
    assert_eq!(reply.json()["acceptable"], true, "{}", reply.shown());
    let primary = Scene::with(acquired(Said::AcmeIsPrimary)).await;
    let query = r#"{ customer(by: { number: "C-9999" }) { discrepancies { field values { source { system } } } } }"#;
    let reply = asked(&primary, query).await;
    let shown = reply.data().to_string();
    for system in ["acme-erp", "globex-erp", "acme-crm", "globex-crm"] {
        assert!(shown.contains(system), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restricted_partner_sees_only_its_customers_in_both() {
    let scene = scene(Said::Nothing).await;
    let status = async |number: &str| {
        let path = format!("/partner/v2/orders/{number}");
        scene.ask(Method::GET, &path).as_consumer("partner-two").send().await.status.as_u16()
    };
    assert_eq!((status("SO-1042").await, status("SO-7042").await), (200, 404));
}
