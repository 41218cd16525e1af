use serde_json::json;

use super::super::{Difference, Surface, Usage, Verdict};
use super::{Contracts, differences};

fn usage(text: &str) -> Usage {
    Usage::read(text).expect("usage").remove(0)
}

fn removed_field() -> Difference {
    let of = |graphql: &str| Contracts { graphql: graphql.to_owned(), ..Contracts::default() };
    let found = differences(
        &of("type Query { o: Order p: Int } type Order { status: Status n: Int } enum Status { OPEN SHIPPED }"),
        &of("type Query { o: Order p: Int } type Order { status: Status n: Int } enum Status { OPEN }"),
    );
    assert_eq!(found.len(), 1, "{found:#?}");
    found[0].clone()
}

#[test]
fn who_asks_for_a_field_notices_that_its_value_is_gone() {
    let asks = |field: serde_json::Value| {
        let entry = json!({ "consumer": "c", "tenant": "t", "api": "graphql", "version": "none", "operation": "/graphql",
            "field": field, "count": 3, "last": "2026-11-20" });
        usage(&entry.to_string()).notices(&removed_field())
    };
    assert!(asks(json!("Order.status")));
    assert!(!asks(json!("Order.n")));
    assert!(asks(json!(null)), "where it is not told which fields, it is said that they would");
    let partner = usage(r#"{"consumer":"c","tenant":"t","api":"partner","version":"v2"}"#);
    assert!(!partner.notices(&removed_field()));
}

fn member_gone() -> Difference {
    Difference {
        verdict: Verdict::Breaking,
        surface: Surface::Version { api: "partner".to_owned(), version: "v2".to_owned() },
        operations: ["GET /orders/{number}".to_owned()].into(),
        at: "200 lines[].sku".to_owned(),
        says: "is no longer there".to_owned(),
        used_by: ["lines.sku".to_owned()].into(),
    }
}

#[test]
fn who_calls_another_version_operation_or_member_does_not_notice() {
    let notices = |version: &str, operation: &str, field: &str| {
        let entry = json!({ "consumer": "c", "tenant": "t", "api": "partner", "version": version,
            "operation": operation, "field": (!field.is_empty()).then_some(field) });
        usage(&entry.to_string()).notices(&member_gone())
    };
    for operation in ["GET /orders/{number}", "/orders/{number}", "/partner/v2/orders/{number}", ""] {
        assert!(notices("v2", operation, ""), "{operation}");
    }
    assert!(notices("v2", "GET /orders/{number}", "lines[].sku"));
    assert!(notices("v2", "GET /orders/{number}", "lines"), "the whole has the part");
    assert!(notices("v2", "GET /orders/{number}", "OrderLine.sku"), "what the document calls it is not known");
    assert!(!notices("v2", "GET /orders/{number}", "lines.skuText"));
    assert!(!notices("v2", "GET /orders", ""));
    assert!(!notices("v2", "POST /orders/{number}", ""));
    assert!(!notices("v1", "GET /orders/{number}", ""));
}

#[test]
fn usage_is_an_array_or_one_entry_a_line() {
    let one = r#"{"consumer":"c","tenant":"t","api":"partner","version":"v1","operation":"GET /x","count":2}"#;
    assert_eq!(
        Usage::read(&format!("{one}\n\n{one}\n")).expect("lines"),
        Usage::read(&format!(" [{one},{one}]")).expect("array")
    );
    assert_eq!(Usage::read("").expect("nobody calls"), []);
    let error = Usage::read(&format!("{one}\n{{\"consumer\":1}}\n")).expect_err("no entry");
    assert_eq!(error.to_string(), "line 2 is not an entry of usage");
}
