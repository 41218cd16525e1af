//! What callers ask: random documents, published operations, the ERP's own resources, decisions, and what no honest
//! caller sends.

use http::Method;
use portico_tests::{Scene, Tenant, TokenRequest};
use serde_json::json;

use crate::dice::Dice;
use crate::marks::other;

/// One request, in whichever protocol it will be sent.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) tenant: Tenant,
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

/// Tokens and keys of a tenant's callers.
pub(crate) struct Callers {
    tokens: Vec<((Tenant, &'static str), String)>,
    keys: [String; 2],
}

impl Callers {
    /// Of the demo.
    pub(crate) fn of(scene: &Scene) -> Callers {
        let all = Tenant::ALL.into_iter().flat_map(|tenant| CONSUMERS.map(|consumer| (tenant, consumer)));
        let tokens = all.map(|(tenant, consumer)| ((tenant, consumer), scene.sandbox().token(tenant, consumer)));
        Callers { tokens: tokens.collect(), keys: ["KEY_PARTNER", "KEY_PARTNER_2"].map(|name| scene.environment(name)) }
    }

    fn token(&self, tenant: Tenant, consumer: &str) -> String {
        let known = self.tokens.iter().find(|((of, name), _)| *of == tenant && *name == consumer);
        known.map(|(_, token)| token.clone()).unwrap_or_default()
    }

    fn key(&self, tenant: Tenant) -> String {
        self.keys[usize::from(tenant == Tenant::Globex)].clone()
    }
}

const CONSUMERS: [&str; 4] = ["support-console", "crm", "partner-one", "partner-two"];

#[derive(Clone, Copy)]
enum Kind {
    Graphql,
    GraphqlByGet,
    Operation,
    Proxied,
    Decision,
    Unbelieved,
    Explained,
}

/// Whatever comes to a caller's mind.
pub(crate) fn question(scene: &Scene, callers: &Callers, tenant: Tenant, dice: &mut Dice) -> Question {
    let kinds = [
        (40, Kind::Graphql),
        (6, Kind::GraphqlByGet),
        (28, Kind::Operation),
        (8, Kind::Proxied),
        (8, Kind::Decision),
        (6, Kind::Unbelieved),
        (4, Kind::Explained),
    ];
    let mut question = match dice.weighted(&kinds) {
        Kind::Graphql => graphql(callers, tenant, dice),
        Kind::GraphqlByGet => graphql_by_get(callers, tenant, dice),
        Kind::Operation => operation(callers, tenant, dice),
        Kind::Proxied => proxied(callers, tenant, dice),
        Kind::Decision => decision(callers, tenant, dice),
        Kind::Unbelieved => unbelieved(scene, callers, tenant, dice),
        Kind::Explained => contract(callers, tenant, dice),
    };
    if dice.percent(50) {
        let wishes = ["no-cache", "max-age=0", "max-age=1", "only-if-cached", "only-if-cached, max-age=5", "no-store"];
        question.headers.push(("cache-control", (*dice.one_of(&wishes)).to_owned()));
    }
    if dice.percent(25) {
        question.headers.push(claim(tenant, dice));
    }
    question
}

/// What a caller says about itself, and what nobody believes.
fn claim(tenant: Tenant, dice: &mut Dice) -> (&'static str, String) {
    let other = other(tenant).name();
    let claims = [
        ("x-tenant-id", other.to_owned()),
        ("x_tenant_id", other.to_owned()),
        ("x-portico-tenant", other.to_owned()),
        ("x-consumer-id", format!("{other}/crm")),
        ("x-forwarded-host", format!("{other}.example")),
        ("forwarded", format!("host={other}.example")),
        ("cookie", format!("tenant={other}")),
        ("x-original-url", format!("/hooks/{other}/{other}-erp")),
    ];
    dice.one_of(&claims).clone()
}

fn by_token(callers: &Callers, tenant: Tenant, consumer: &str) -> (&'static str, String) {
    ("authorization", format!("Bearer {}", callers.token(tenant, consumer)))
}

fn get(tenant: Tenant, target: String, shown: (&'static str, String)) -> Question {
    Question { tenant, method: Method::GET, target, headers: vec![shown], body: String::new() }
}

fn post(tenant: Tenant, target: &str, shown: (&'static str, String), body: &serde_json::Value) -> Question {
    let headers = vec![shown, ("content-type", "application/json".to_owned())];
    Question { tenant, method: Method::POST, target: target.to_owned(), headers, body: body.to_string() }
}

fn graphql(callers: &Callers, tenant: Tenant, dice: &mut Dice) -> Question {
    let consumer = dice.one_of(&["support-console", "support-console", "crm"]);
    let query = document(tenant, dice);
    let mut asked = post(tenant, "/graphql", by_token(callers, tenant, consumer), &json!({ "query": query }));
    if dice.percent(50) {
        asked.headers.push(("accept", "application/graphql-response+json".to_owned()));
    }
    asked
}

fn graphql_by_get(callers: &Callers, tenant: Tenant, dice: &mut Dice) -> Question {
    let (_, key) = customer(tenant, dice);
    let query = format!("%7Bcustomer(by:%7Bnumber:%22{key}%22%7D)%7Bname%20account%7Bowner%7D%7D%7D");
    get(tenant, format!("/graphql?query={query}"), by_token(callers, tenant, "support-console"))
}

fn operation(callers: &Callers, tenant: Tenant, dice: &mut Dice) -> Question {
    let (version, order) = (dice.one_of(&["v1", "v2", "v3"]), order(tenant, dice));
    let (_, customer) = customer(tenant, dice);
    let partner = match dice.below(3) {
        0 => ("x-api-key", callers.key(tenant)),
        1 => by_token(callers, tenant, "partner-one"),
        _ => by_token(callers, tenant, "partner-two"),
    };
    let support = by_token(callers, tenant, "support-console");
    match dice.below(7) {
        0 | 1 => get(tenant, format!("/partner/{version}/orders/{order}"), partner),
        2 => get(tenant, format!("/partner/{version}/warranties/{}", serial(tenant, dice)), partner),
        3 => get(tenant, format!("/partner/v2/orders?customer={customer}&first={}", 1 + dice.below(5)), partner),
        4 => get(tenant, format!("/partner/v2/products/{}", sku(tenant, dice)), partner),
        5 => get(tenant, format!("/support/v1/customers/{customer}"), support),
        _ => get(tenant, format!("/support/v1/entitlements?customer={customer}"), support),
    }
}

fn proxied(callers: &Callers, tenant: Tenant, dice: &mut Dice) -> Question {
    let (_, customer) = customer(tenant, dice);
    let target = match tenant {
        Tenant::Acme => format!("/erp/v1/CustomersV3?$top=3&$filter=CustomerAccount%20eq%20'{customer}'"),
        Tenant::Globex => "/erp/v1/services/rest/system/v1/serverTime".to_owned(),
    };
    // The other's path, too, which answers in the words of one's own system.
    let crossed = match tenant {
        Tenant::Acme => "/erp/v1/services/rest/system/v1/serverTime".to_owned(),
        Tenant::Globex => "/erp/v1/CustomersV3?$top=1".to_owned(),
    };
    let target = if dice.percent(80) { target } else { crossed };
    get(tenant, target, by_token(callers, tenant, "crm"))
}

fn decision(callers: &Callers, tenant: Tenant, dice: &mut Dice) -> Question {
    let (_, customer) = customer(tenant, dice);
    let amount = json!({ "amount": format!("{}.00", 1 + dice.below(90_000)), "currency": "EUR" });
    let shown = by_token(callers, tenant, "crm");
    if dice.percent(70) {
        let asked = json!({ "customer": { "number": customer }, "amount": amount });
        return post(tenant, "/credit/v1/checks", shown, &asked);
    }
    let lines = json!([{ "sku": sku(tenant, dice), "quantity": "1" }]);
    let order = json!({ "customer": { "number": customer }, "currency": "EUR", "lines": lines });
    post(tenant, "/sales/v1/order-checks", shown, &json!({ "order": order }))
}

/// Credentials that are wrong in one way, on a path that a right one opens.
fn unbelieved(scene: &Scene, callers: &Callers, tenant: Tenant, dice: &mut Dice) -> Question {
    let own = callers.token(tenant, "partner-one");
    let theirs = callers.token(other(tenant), "partner-one");
    let parts = |token: &str| token.split('.').map(str::to_owned).collect::<Vec<_>>();
    let (ours, others) = (parts(&own), parts(&theirs));
    let bearer = |token: String| ("authorization", format!("Bearer {token}"));
    let request = TokenRequest::new(tenant, "partner-one");
    let shown = match dice.below(7) {
        0 => bearer(format!("{}.{}.{}", ours[0], ours[1], others[2])),
        1 => bearer(scene.sandbox().mint(&request.expired())),
        2 => bearer(scene.sandbox().mint(&request.audience("elsewhere"))),
        3 => bearer(scene.sandbox().mint(&request.kid(Some("unknown")))),
        4 => bearer(scene.sandbox().mint(&TokenRequest::new(tenant, "nobody"))),
        5 => ("x-api-key", format!("{}x", callers.key(tenant))),
        _ => ("x-nothing", "nothing".to_owned()),
    };
    get(tenant, format!("/partner/v2/orders/{}", order(tenant, dice)), shown)
}

/// What an API says about itself to who may call it.
fn contract(callers: &Callers, tenant: Tenant, dice: &mut Dice) -> Question {
    let path = dice.one_of(&["/partner/v1/openapi.json", "/partner/v2/openapi.json", "/partner/v0/orders/x"]);
    get(tenant, (*path).to_owned(), by_token(callers, tenant, "partner-one"))
}

/// A customer that both have under the same number, or one of its own; with whether it is shared.
fn customer(tenant: Tenant, dice: &mut Dice) -> (bool, String) {
    let (prefix, named, bulk) = match tenant {
        Tenant::Acme => ("C", 1_001, 2_000),
        Tenant::Globex => ("G", 2_001, 3_000),
    };
    match dice.below(10) {
        0..=5 => (true, "C-9999".to_owned()),
        6 | 7 => (false, format!("{prefix}-{}", named + dice.below(5))),
        8 => (false, format!("{prefix}-{}", bulk + dice.below(1_000))),
        _ => (false, "C-0".to_owned()),
    }
}

fn order(tenant: Tenant, dice: &mut Dice) -> String {
    let (named, bulk) = match tenant {
        Tenant::Acme => ("SO-1042", 20_000),
        Tenant::Globex => ("SO-7042", 50_000),
    };
    match dice.below(8) {
        0..=4 => "SO-9999".to_owned(),
        5 => named.to_owned(),
        6 => format!("SO-{}", bulk + dice.below(10_000)),
        _ => "SO-0".to_owned(),
    }
}

fn serial(tenant: Tenant, dice: &mut Dice) -> String {
    match (dice.below(4), tenant) {
        (0 | 1, _) => "SN-9999".to_owned(),
        (_, Tenant::Acme) => format!("SN-{}", 77 + dice.below(3)),
        (_, Tenant::Globex) => format!("GX-{}", 77 + dice.below(3)),
    }
}

fn sku(tenant: Tenant, dice: &mut Dice) -> String {
    match (dice.below(3), tenant) {
        (0, _) => format!("{}-9999", tenant.name()),
        (_, Tenant::Acme) => "AC-100".to_owned(),
        (_, Tenant::Globex) => "GB-100".to_owned(),
    }
}

/// A type's fields: what holds values, and what leads on.
struct Shape {
    name: &'static str,
    values: &'static [&'static str],
    /// Field, what stands before and behind the selection, and its type.
    leads: &'static [(&'static str, &'static str, &'static str)],
}

const PAGE: &str = " { edges { node { [] } } }";
const ONE: &str = " { [] }";

const SHAPES: [Shape; 8] = [
    Shape {
        name: "Customer",
        values: &["number", "name", "crmId", "billingId", "supportId", "source { system state }"],
        leads: &[
            ("account", ONE, "Account"),
            ("contacts(first: 3)", ONE, "Contact"),
            ("orders(first: 2)", PAGE, "Order"),
            ("invoices(first: 2)", PAGE, "Invoice"),
            ("assets(first: 2)", ONE, "Asset"),
            ("cases(first: 2)", ONE, "Case"),
        ],
    },
    Shape {
        name: "Order",
        values: &[
            "number",
            "purchaseOrder",
            "statusText",
            "total { amount currency }",
            "lines { sku description serialNumbers product { name } }",
            "shipments { trackingNumber carrier }",
            "source { system state }",
        ],
        leads: &[("customer", ONE, "Customer"), ("invoices", ONE, "Invoice"), ("cases", ONE, "Case")],
    },
    Shape {
        name: "Account",
        values: &["id", "name", "owner", "segment", "website", "phone", "billingAddress { street city }"],
        leads: &[("parent", ONE, "Account")],
    },
    Shape { name: "Contact", values: &["id", "name", "email", "phone", "role", "source { system }"], leads: &[] },
    Shape {
        name: "Invoice",
        values: &["number", "issuedOn", "total { amount }", "openAmount { amount }"],
        leads: &[("order", ONE, "Order"), ("customer", ONE, "Customer")],
    },
    Shape {
        name: "Asset",
        values: &["serialNumber", "sku", "source { system }"],
        leads: &[("product", ONE, "Product")],
    },
    Shape { name: "Case", values: &["number", "subject", "status", "requester { name email }"], leads: &[] },
    Shape { name: "Product", values: &["sku", "name", "description", "availability { available }"], leads: &[] },
];

fn document(tenant: Tenant, dice: &mut Dice) -> String {
    let mut roots = String::new();
    for at in 0..=dice.below(3) {
        roots.push_str(&format!(" r{at}: {}", root(tenant, dice)));
    }
    let name = if dice.percent(50) { format!("query Q{} ", dice.below(9)) } else { String::new() };
    format!("{name}{{{roots} }}")
}

fn root(tenant: Tenant, dice: &mut Dice) -> String {
    let (_, number) = customer(tenant, dice);
    let customer = if dice.percent(10) {
        // Both know a prospect by this address.
        r#"{ email: "prospect@example.com" }"#.to_owned()
    } else {
        format!(r#"{{ number: "{number}" }}"#)
    };
    match dice.below(8) {
        0..=2 => format!("customer(by: {customer}) {{ {} }}", selection("Customer", 2, dice)),
        3 | 4 => format!(r#"order(number: "{}") {{ {} }}"#, order(tenant, dice), selection("Order", 2, dice)),
        5 => {
            let inside = selection("Order", 1, dice);
            format!(r#"orders(customer: {customer}, first: 3) {{ edges {{ cursor node {{ {inside} }} }} }}"#)
        }
        6 => {
            let evidence = "status reasons { code system } coverage { reference source { system } } sources { system }";
            format!(r#"warranty(serialNumber: "{}") {{ {evidence} }}"#, serial(tenant, dice))
        }
        _ => {
            let decision = "level entitled reasons { code message system } contract { number } subscription { plan }";
            format!("entitlement(customer: {customer}) {{ {decision} }}")
        }
    }
}

fn selection(of: &str, depth: usize, dice: &mut Dice) -> String {
    let shape = SHAPES.iter().find(|shape| shape.name == of).expect("a shape");
    let mut fields = Vec::new();
    for at in 0..=dice.below(4) {
        let field = *dice.one_of(shape.values);
        fields.push(if dice.percent(40) { format!("a{at}_{depth}: {field}") } else { field.to_owned() });
    }
    if depth > 0 && !shape.leads.is_empty() {
        for at in 0..dice.below(3) {
            let (field, around, to) = dice.one_of(shape.leads);
            let inside = selection(to, depth - 1, dice);
            fields.push(format!("l{at}_{depth}: {field}{}", around.replace("[]", &inside)));
        }
    }
    let fields = fields.join(" ");
    match dice.below(6) {
        0 => format!("... on {of} {{ {fields} }}"),
        1 => format!("... @include(if: true) {{ {fields} }}"),
        _ => fields,
    }
}
