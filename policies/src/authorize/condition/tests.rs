use std::sync::Arc;

use portico_contracts::model::{Model, TypeRef};
use portico_contracts::tenancy::Tier;
use serde_json::{Value as Json, json};

use super::*;
use crate::authenticate::samples;
use crate::{Consumer, ConsumerKey};

fn ty(text: &str) -> TypeRef {
    TypeRef::new(text).expect("a type")
}

/// Arguments as `creditCheck(customer:, amount:)` declares them, and some of other shapes.
fn compiled(text: &str) -> Result<Condition, String> {
    let (customer, amount, first) = (ty("CustomerKey!"), ty("MoneyInput!"), ty("Int"));
    let (statuses, lines, exact) = (ty("[OrderStatus!]!"), ty("[OrderCheckLineInput!]!"), ty("Boolean!"));
    let of = |name, ty| Declared { name, ty: Some(ty), optional: false };
    let all = [
        of("customer", &customer),
        of("amount", &amount),
        of("first", &first),
        of("statuses", &statuses),
        of("lines", &lines),
        of("exact", &exact),
        Declared { name: "number", ty: None, optional: false },
    ];
    Condition::compile(text, &all).map_err(|why| why.to_string())
}

fn caller(customers: Option<&[&str]>) -> Arc<Caller> {
    let key: ConsumerKey = samples::consumer_key("acme", "crm");
    let consumer = Consumer {
        plan: "gold".into(),
        tier: Tier::Critical,
        scopes: Arc::new(["order:read", "credit:decide"].into_iter().collect()),
        customers: customers.map(|all| Arc::new(all.iter().collect())),
        documents: None,
    };
    Caller::verified(key, &consumer, "user-7".into(), None)
}

fn holds(text: &str, arguments: &Json) -> Result<(), Problem> {
    holds_for(text, arguments, &caller(None))
}

fn holds_for(text: &str, arguments: &Json, caller: &Caller) -> Result<(), Problem> {
    let route = RouteFacts { api: "sales", version: "v1", path: "/order-checks", method: "POST" };
    let arguments = arguments.as_object().expect("an object");
    compiled(text).expect(text).require("This path", &Facts { caller, route, arguments })
}

#[test]
fn the_caller_the_route_and_the_arguments_are_seen() {
    let arguments = json!({
        "customer": { "number": "C-1" }, "amount": { "amount": "25000.00", "currency": "EUR" }, "first": 20,
        "statuses": ["OPEN"], "lines": [{ "sku": "P-1", "quantity": 2 }], "exact": true, "number": "SO-1",
    });
    for text in [
        r#"principal.tenant == "acme" && principal.consumer == "crm" && principal.subject == "user-7""#,
        r#"principal.plan == "gold" && principal.tier == "critical" && !principal.limited"#,
        r#""credit:decide" in principal.scopes && principal.customers.size() == 0"#,
        r#"route.api == "sales" && route.version == "v1" && route.method == "POST" && route.path.startsWith("/order")"#,
        r#"arguments.customer.number == "C-1" && arguments.customer.email == null"#,
        r#"arguments.amount.currency == "EUR" && decimal(arguments.amount.amount, "25000") == 0"#,
        r#"arguments.first == null || arguments.first <= 50"#,
        r#"arguments.statuses.all(status, status in ["OPEN", "SHIPPED"]) && arguments.exact"#,
        r#"arguments.lines.size() == 1 && arguments.lines[0].sku == "P-1""#,
        r#"arguments.number.matches("^SO-[0-9]+$")"#,
    ] {
        assert_eq!(
            holds(text, &arguments).map_err(|problem| format!("{problem} {:?}", problem.cause)),
            Ok(()),
            "{text}"
        );
    }
    for text in [
        r#"principal.tenant == "globex""#,
        r#"decimal(arguments.amount.amount, "24999.99") <= 0"#,
        r#"arguments.first < 20"#,
        r#"!arguments.exact"#,
    ] {
        assert!(holds(text, &arguments).is_err(), "{text}");
    }
    let limited = caller(Some(&["C-1"]));
    assert!(holds_for(r#"principal.limited && "c-1" in principal.customers"#, &arguments, &limited).is_ok());
}

#[test]
fn money_is_compared_exactly() {
    let amount = |amount: Json| json!({ "amount": { "amount": amount } });
    let below = r#"decimal(arguments.amount.amount, "0.30") < 0"#;
    let largest: Json = serde_json::from_str("0.29999999999999999999").expect("a number");
    for (value, is) in [(json!("0.1"), true), (json!("0.3"), false), (json!("0.300"), false), (largest, true)] {
        assert_eq!(holds(below, &amount(value.clone())).is_ok(), is, "{value}");
    }
}

#[test]
fn what_cannot_be_decided_is_refused_and_its_cause_is_for_the_log() {
    for (text, arguments) in [
        ("arguments.first <= 10", json!({})),
        ("arguments.first <= 10", json!({ "first": null })),
        ("arguments.first <= 10", json!({ "first": "9" })),
        (r#"arguments.lines[3].sku == "P-1""#, json!({ "lines": [] })),
        (r#"decimal(arguments.number, "1") < 0"#, json!({ "number": "x" })),
        (r#"decimal(arguments.amount.amount, "1") < 0"#, json!({ "amount": 7 })),
    ] {
        let problem = holds(text, &arguments).expect_err(text);
        assert_eq!(problem.code, Code::ConditionNotMet, "{text}");
        assert_eq!(problem.detail, "This path is open under a condition that this request does not meet.", "{text}");
        assert!(problem.cause.is_some(), "{text}");
    }
}

#[test]
fn slips_are_found_when_the_condition_is_compiled() {
    let says: Vec<String> = [
        r#"principal.tenat == "acme""#,
        r#"arguments.amount.curency == "EUR""#,
        r#"principal.tenant == 7"#,
        r#"arguments.exact == "true""#,
        r#"7 in principal.scopes"#,
        r#"arguments.first < "10""#,
        r#"principal.tenant"#,
        r#"principal.tenant == "acme" &&"#,
        r#"size(principal.limited) > 0"#,
        r#"decimal(arguments.first, "1") < 0"#,
        "",
    ]
    .into_iter()
    .map(|text| format!("{text}: {}", compiled(text).err().unwrap_or_else(|| "COMPILED".to_owned())))
    .collect();
    insta::assert_snapshot!(says.join("\n"));
    assert!(compiled(&format!("true {}", "&& true ".repeat(400))).is_err(), "too long");
}

/// Conditions of operations see the model's own types, whatever those are.
#[test]
fn every_argument_of_the_schemas_root_can_be_named() {
    let query = Model::get().object("Query").expect("the root");
    for field in query.fields.values() {
        let declared: Vec<Declared<'_>> = field
            .arguments
            .values()
            .map(|input| Declared { name: input.name, ty: Some(&input.ty), optional: false })
            .collect();
        let names: Vec<String> = arguments::known(&declared).into_iter().map(|known| known.name).collect();
        assert!(!names.is_empty(), "{}", field.name);
        for name in names {
            let text = format!("{name} == {name}");
            assert!(Condition::compile(&text, &declared).is_ok(), "{}: {text}", field.name);
        }
    }
}
