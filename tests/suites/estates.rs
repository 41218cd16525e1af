//! The same questions to every tenant, whoever its vendors are: the same shape, and the same meaning.

use std::collections::BTreeMap;
use std::sync::Arc;

use portico_tests::{Reply, Scene, Tenant};
use serde_json::{Value, json};

/// What the demo calls the same thing at each tenant.
struct Names {
    tenant: Tenant,
    /// The numbers of customers without their last digit.
    customers: &'static str,
    order: &'static str,
    /// Under warranty, expired, not covered: without their last digit.
    serials: &'static str,
    sku: &'static str,
    case: &'static str,
    invoice: &'static str,
}

const NAMES: [Names; 2] = [
    Names {
        tenant: Tenant::Acme,
        customers: "C-100",
        order: "SO-1042",
        serials: "SN-7",
        sku: "AC-100",
        case: "10011",
        invoice: "INV-1051",
    },
    Names {
        tenant: Tenant::Globex,
        customers: "G-200",
        order: "SO-7042",
        serials: "GX-7",
        sku: "GB-100",
        case: "CS0020011",
        invoice: "INV-7051",
    },
];

/// A question to GraphQL: who asks, and what, with the demo's names in brackets.
const QUERIES: [(&str, &str, &str); 8] = [
    (
        "an order with everything about it",
        "support-console",
        r#"{ order(number: "[order]") {
            number status statusText orderedAt requestedShipDate purchaseOrder total { amount currency }
            customer { number name account { owner } }
            lines {
                lineNumber sku description quantity unit unitPrice { amount currency } lineTotal { amount currency }
                product { name availability { onHand available } }
            }
            shipments { number status trackingNumber shippedAt } invoices { number status } cases { number status }
            source { role state }
        } }"#,
    ),
    (
        "the whole view of a customer",
        "support-console",
        r#"{ customer(by: { number: "[customer]1" }) {
            number crmId billingId supportId name
            account { id name owner segment website phone parent { id } billingAddress { street city region postalCode country } }
            contacts { id name email phone role }
            receivables { openBalance { amount currency } overdueBalance { amount } oldestOverdueDays onHold holdReason paymentTerms }
            orders(first: 3) { edges { cursor node { number status total { amount currency } } } pageInfo { hasNextPage endCursor } }
            invoices(first: 3) { edges { node { number status issuedOn total { amount } openAmount { amount } } } }
            subscriptions { id status plan currentPeriodEnd cancelAtPeriodEnd quantity amount { amount currency } }
            contracts { number status startsOn endsOn supportLevel coversSerialNumbers }
            assets { serialNumber sku installedOn purchasedOn orderNumber warrantyEndsOn product { name warrantyMonths } }
            cases { number subject status priority openedAt updatedAt requester { name email } }
            discrepancies { field values { value source { role } } }
        } }"#,
    ),
    (
        "warranties that run, have ended, never were, and of nothing",
        "support-console",
        r#"{
            runs: warranty(serialNumber: "[serial]7") { ...w asset { sku orderNumber } order { number } }
            ended: warranty(serialNumber: "[serial]8") { ...w }
            never: warranty(serialNumber: "[serial]9") { ...w }
            unknown: warranty(serialNumber: "XX-1") { ...w }
        } fragment w on Warranty {
            serialNumber status startsOn endsOn coverage { kind reference endsOn source { role } } reasons { code } sources { role }
        }"#,
    ),
    (
        "credit that is given, and refused for each reason",
        "crm",
        r#"{
            given: creditCheck(customer: { number: "[customer]1" }, amount: { amount: "25000.00", currency: "EUR" }) { ...c }
            hold: creditCheck(customer: { number: "[customer]2" }, amount: { amount: "1.00", currency: "EUR" }) { ...c }
            room: creditCheck(customer: { number: "[customer]3" }, amount: { amount: "2500.00", currency: "EUR" }) { ...c }
            overdue: creditCheck(customer: { number: "[customer]4" }, amount: { amount: "1.00", currency: "EUR" }) { ...c }
            currency: creditCheck(customer: { number: "[customer]1" }, amount: { amount: "1.00", currency: "USD" }) { ...c }
        } fragment c on CreditDecision {
            outcome reasons { code } limit { amount currency } exposure { amount } available { amount } requested { amount } sources { role }
        }"#,
    ),
    (
        "who is entitled",
        "support-console",
        r#"{
            premium: entitlement(customer: { number: "[customer]1" }) { ...e }
            overdue: entitlement(customer: { number: "[customer]4" }) { ...e }
        } fragment e on EntitlementDecision {
            entitled level reasons { code } subscription { status plan } contract { number supportLevel coversSerialNumbers }
            overdue { amount currency } sources { role }
        }"#,
    ),
    (
        "where systems disagree, and who is known to one only",
        "support-console",
        r#"{
            disagree: customer(by: { number: "[customer]5" }) { discrepancies { field values { value source { role } } } }
            prospect: customer(by: { email: "prospect@example.com" }) { number name crmId billingId supportId account { name } source { role } }
        }"#,
    ),
    (
        "an order before it is booked",
        "crm",
        r#"{
            fine: orderCheck(order: { customer: { number: "[customer]1" }, currency: "EUR", lines: [{ sku: "[sku]", quantity: "1" }] }) { ...o lines { product { name unit } } }
            not: orderCheck(order: { customer: { number: "[customer]2" }, currency: "EUR", lines: [
                { sku: "[sku]", quantity: "100000" }, { sku: "no-such-thing", quantity: "1" }, { sku: "[sku]", quantity: "1", unitPrice: "0.01" }
            ] }) { ...o }
        } fragment o on OrderCheck {
            acceptable exceptions { code } credit { outcome } sources { role }
            lines { sku available listPrice { amount currency } exceptions { code } }
        }"#,
    ),
    (
        "one of each by its number",
        "support-console",
        r#"{
            case(number: "[case]") { number subject status requester { name } }
            asset(serialNumber: "[serial]7") { serialNumber sku customer { number name } product { name } }
            invoice(number: "[invoice]") { number status dueOn openAmount { amount currency } customer { number } }
            product(sku: "[sku]") { sku name unit listPrice { amount currency } warrantyMonths availability { onHand available } }
        }"#,
    ),
];

/// A published operation: who asks, and for what.
const OPERATIONS: [(&str, &str); 12] = [
    ("partner-one", "/partner/v1/orders/[order]"),
    ("partner-one", "/partner/v2/orders/[order]"),
    ("partner-one", "/partner/v3/orders/[order]"),
    ("partner-one", "/partner/v2/orders?customer=[customer]1&first=2"),
    ("partner-one", "/partner/v3/orders?customer=[customer]1&first=2"),
    ("partner-one", "/partner/v1/warranties/[serial]7"),
    ("partner-one", "/partner/v3/warranties/[serial]7"),
    ("partner-one", "/partner/v2/warranties/[serial]7"),
    ("partner-one", "/partner/v2/products/[sku]"),
    ("partner-one", "/partner/v3/products/[sku]"),
    ("support-console", "/support/v1/customers/[customer]1"),
    ("support-console", "/support/v1/entitlements?customer=[customer]1"),
];

/// What the published operations ask for and not every vendor tells: then it is null, and no error.
const NOT_EVERYWHERE: [&str; 3] = [".shipments[].carrier", ".description", ".shipTo"];

impl Names {
    fn put_into(&self, text: &str) -> String {
        text.replace("[order]", self.order)
            .replace("[customer]", self.customers)
            .replace("[serial]", self.serials)
            .replace("[sku]", self.sku)
            .replace("[case]", self.case)
            .replace("[invoice]", self.invoice)
    }
}

/// What an answer is made of: for each path the kinds of value that stand there. Items of a list share their paths.
fn shape(value: &Value) -> BTreeMap<String, String> {
    let mut shape = BTreeMap::new();
    collect(value, String::new(), &mut shape);
    shape
}

fn collect(value: &Value, path: String, shape: &mut BTreeMap<String, String>) {
    let kind = match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| collect(member, format!("{path}.{name}"), shape));
            "object"
        }
        Value::Array(items) => {
            items.iter().for_each(|item| collect(item, format!("{path}[]"), shape));
            "list"
        }
        Value::String(_) => "text",
        Value::Number(_) => "number",
        Value::Bool(_) => "truth",
        Value::Null => "null",
    };
    let known = shape.entry(path).or_default();
    if !known.split(' ').any(|one| one == kind) {
        let mut kinds: Vec<&str> = known.split(' ').filter(|one| !one.is_empty()).chain([kind]).collect();
        kinds.sort_unstable();
        *known = kinds.join(" ");
    }
}

/// What a tenant's answer means, without its names, texts and amounts: decisions, reasons, states.
fn meaning(value: &Value) -> String {
    const TELLING: [&str; 10] =
        ["status", "outcome", "code", "kind", "entitled", "level", "supportLevel", "acceptable", "priority", "field"];
    let mut told = Vec::new();
    tell(value, &TELLING, "", &mut told);
    told.join(" ")
}

fn tell(value: &Value, telling: &[&str], name: &str, told: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, member)| tell(member, telling, name, told)),
        Value::Array(items) => items.iter().for_each(|item| tell(item, telling, name, told)),
        Value::String(text) if telling.contains(&name) && !text.contains(' ') => told.push(text.clone()),
        Value::Bool(truth) if telling.contains(&name) => told.push(truth.to_string()),
        _ => {}
    }
}

fn is_whole(reply: &Reply, what: &str, tenant: Tenant) {
    assert_eq!(reply.status, 200, "{what} of {}: {}", tenant.name(), reply.text());
    assert_eq!(reply.errors(), Vec::<String>::new(), "{what} of {}", tenant.name());
    assert!(reply.json().get("problems").is_none(), "{what} of {}: {}", tenant.name(), reply.text());
}

/// All tenants' answers have the first one's shape, and its meaning.
fn are_alike(what: &str, answers: &[(Tenant, Value)]) {
    let (_, first) = answers.first().expect("there are tenants");
    for (tenant, other) in &answers[1..] {
        let (ours, theirs) = (shape(first), shape(other));
        let differ: Vec<String> = ours
            .keys()
            .chain(theirs.keys())
            .filter(|path| !NOT_EVERYWHERE.iter().any(|not| *path == not || path.starts_with(&format!("{not}."))))
            .filter(|path| ours.get(*path) != theirs.get(*path))
            .map(|path| format!("{path}: {:?} and {:?}", ours.get(path), theirs.get(path)))
            .collect();
        assert_eq!(differ, Vec::<String>::new(), "{what}: {} answers in another shape", tenant.name());
        assert_eq!(meaning(first), meaning(other), "{what}: {} means something else", tenant.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_questions_have_answers_of_one_shape_at_every_tenant() {
    let scene = Scene::start().await;
    assert_eq!(NAMES.map(|names| names.tenant), Tenant::ALL, "a tenant is left out");
    for (what, consumer, query) in QUERIES {
        let mut answers = Vec::new();
        for names in &NAMES {
            let reply = scene.graphql(&names.put_into(query)).of(names.tenant, consumer).send().await;
            is_whole(&reply, what, names.tenant);
            assert!(reply.json()["extensions"].get("notProvided").is_none(), "{what}: {}", reply.text());
            answers.push((names.tenant, reply.data()));
        }
        are_alike(what, &answers);
    }
    for (consumer, path) in OPERATIONS {
        let mut answers = Vec::new();
        for names in &NAMES {
            let reply = scene.get(&names.put_into(path)).of(names.tenant, consumer).send().await;
            is_whole(&reply, path, names.tenant);
            answers.push((names.tenant, reply.json()));
        }
        are_alike(path, &answers);
    }
    let checks = [
        (
            "/credit/v1/checks",
            json!({ "customer": { "number": "[customer]1" }, "amount": { "amount": "25000.00", "currency": "EUR" } }),
        ),
        (
            "/sales/v1/order-checks",
            json!({ "customer": { "number": "[customer]1" }, "currency": "EUR", "lines": [{ "sku": "[sku]", "quantity": "2" }] }),
        ),
    ];
    for (path, body) in checks {
        let mut answers = Vec::new();
        for names in &NAMES {
            let body: Value = serde_json::from_str(&names.put_into(&body.to_string())).expect("names are plain");
            let reply = scene.post(path, &body).of(names.tenant, "crm").send().await;
            is_whole(&reply, path, names.tenant);
            answers.push((names.tenant, reply.json()));
        }
        are_alike(path, &answers);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_that_does_not_say_what_it_covers_covers_nothing_for_sure() {
    let scene = Scene::with(|settings| {
        let globex = settings.tenants.values_mut().find(|tenant| tenant.id.as_str() == "globex");
        let globex = globex.and_then(Arc::get_mut).expect("nobody else holds settings that are being written");
        globex.owners.remove("ContractCoverage");
    })
    .await;
    // Two machines of one customer: only the first is under warranty by itself.
    let query = r#"{ a: warranty(serialNumber: "GX-77") { ...w } b: warranty(serialNumber: "GX-78") { ...w } }
        fragment w on Warranty { status coverage { kind } reasons { code system } }"#;
    let reply = scene.graphql(query).of(Tenant::Globex, "support-console").send().await;
    insta::assert_snapshot!(reply.data(), @r#"{"a":{"status":"ACTIVE","coverage":[{"kind":"ENTITLEMENT"},{"kind":"MANUFACTURER"}],"reasons":[{"code":"covered_by","system":"globex-support"},{"code":"coverage_unknown","system":"globex-support"}]},"b":{"status":"UNKNOWN","coverage":[{"kind":"MANUFACTURER"}],"reasons":[{"code":"coverage_unknown","system":"globex-support"}]}}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_may_keep_its_invoices_in_billing() {
    let scene = Scene::with(|settings| {
        for tenant in settings.tenants.values_mut() {
            let tenant = Arc::get_mut(tenant).expect("nobody else holds settings that are being written");
            let billing = tenant.systems.values().find(|system| system.role.as_str() == "billing");
            let billing = billing.expect("each tenant has billing").id.clone();
            tenant.owners.insert("Invoice", vec![billing]);
        }
    })
    .await;
    let mut told = Vec::new();
    for names in &NAMES {
        let query = r#"{ customer(by: { number: "[customer]1" }) { invoices(first: 2) { edges { node {
            number status issuedOn dueOn total { amount currency } openAmount { amount } source { system }
        } } pageInfo { hasNextPage } } } }"#;
        let ask = |query: &str| scene.graphql(&names.put_into(query)).of(names.tenant, "support-console").send();
        let reply = ask(query).await;
        is_whole(&reply, "invoices in billing", names.tenant);
        let first = reply.data()["customer"]["invoices"]["edges"][0]["node"].clone();
        told.push(reply.data()["customer"]["invoices"].to_string());
        // The same by its own number.
        let again =
            ask(&format!(r#"{{ invoice(number: {}) {{ number total {{ amount currency }} }} }}"#, first["number"]))
                .await;
        is_whole(&again, "an invoice in billing", names.tenant);
        assert_eq!(again.data()["invoice"]["total"], first["total"]);
        let open =
            r#"{ customer(by: { number: "[customer]1" }) { invoices(open: true) { edges { node { number } } } } }"#;
        is_whole(&ask(open).await, "what is open in billing", names.tenant);
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    {"edges":[{"node":{"number":"7FE1103-0000","status":"PAID","issuedOn":"2026-06-05","dueOn":null,"total":{"amount":"199.00","currency":"EUR"},"openAmount":{"amount":"0.00"},"source":{"system":"acme-billing"}}},{"node":{"number":"7FE1103-0001","status":"PAID","issuedOn":"2026-05-06","dueOn":null,"total":{"amount":"199.00","currency":"EUR"},"openAmount":{"amount":"0.00"},"source":{"system":"acme-billing"}}}],"pageInfo":{"hasNextPage":true}}
    {"edges":[{"node":{"number":"CBG-000000","status":"PAID","issuedOn":"2026-06-05","dueOn":"2026-06-05","total":{"amount":"199.00","currency":"EUR"},"openAmount":{"amount":"0.00"},"source":{"system":"globex-billing"}}},{"node":{"number":"CBG-000001","status":"PAID","issuedOn":"2026-05-06","dueOn":"2026-05-06","total":{"amount":"199.00","currency":"EUR"},"openAmount":{"amount":"0.00"},"source":{"system":"globex-billing"}}}],"pageInfo":{"hasNextPage":true}}
    "#);
}
