//! Contracts that cannot break by accident, through the program.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use super::program::{run, shown};

/// A configuration of one's own, with its contracts published.
struct Released {
    root: TempDir,
}

impl Released {
    fn new() -> Self {
        let released = Released { root: tempfile::tempdir().expect("a folder") };
        assert!(run(&["init", &released.path("company")]).status.success());
        assert_eq!(released.publishes(&[]), "0\npublished in DIR/published: GraphQL, 1 version\n");
        released
    }

    fn path(&self, name: &str) -> String {
        self.root.path().join(name).display().to_string()
    }

    fn spoil(&self, file: &str, right: &str, wrong: &str) {
        let file = self.root.path().join("company").join(file);
        let text = fs::read_to_string(&file).expect("the file is there");
        assert!(text.contains(right), "{right}");
        fs::write(file, text.replacen(right, wrong, 1)).expect("it can be written");
    }

    fn publishes(&self, more: &[&str]) -> String {
        let (company, output) = (self.path("company"), self.path("published"));
        let publish = ["contracts", "publish", &company, "--output", &output];
        shown(&run(&[&publish[..], more].concat()), self.root.path())
    }

    fn checks(&self, more: &[&str]) -> std::process::Output {
        let (company, published) = (self.path("company"), self.path("published"));
        let check = ["contracts", "check", &company, "--published", &published];
        run(&[&check[..], more].concat())
    }

    fn told(&self, more: &[&str]) -> String {
        shown(&self.checks(more), self.root.path())
    }

    fn uses(&self, lines: &[&str]) -> String {
        let file = self.path("usage.jsonl");
        fs::write(&file, lines.join("\n")).expect("it can be written");
        file
    }
}

#[test]
fn a_field_that_a_partner_reads_does_not_go_unseen() {
    let released = Released::new();
    insta::assert_snapshot!(released.told(&[]), @"
    0
    nothing differs from what is published
    ");
    released.spoil("apis/orders/v1/order.graphql", "status", "orderStatus: status");
    let usage = released.uses(&[
        r#"{"consumer":"shop","tenant":"example","api":"orders","version":"v1","operation":"GET /orders/{number}","field":"status","count":12,"last":"2026-11-20"}"#,
        r#"{"consumer":"shop","tenant":"example","api":"orders","version":"v1","operation":"GET /orders/{number}","field":"status","count":1,"last":"2026-11-21"}"#,
        r#"{"consumer":"archive","tenant":"example","api":"orders","version":"v1","operation":"GET /orders/{number}","field":"number","count":40}"#,
        r#"{"consumer":"console","tenant":"example","api":"graphql","field":"Order.status","count":3}"#,
    ]);
    insta::assert_snapshot!(released.told(&["--usage", &usage]), @"
    1
    breaking   orders v1, GET /orders/{number}, 200 status: is no longer there
                 example/shop would notice: 13 calls, the last 2026-11-21
    safe       orders v1, GET /orders/{number}, 200 orderStatus: is new
    1 breaking, 0 dangerous, 1 safe
    ");
    let report = released.checks(&["--usage", &usage, "--json"]);
    let report: Value = serde_json::from_slice(&report.stdout).expect("JSON");
    assert_eq!(report["breaking"], 1);
    assert_eq!(report["differences"][0]["noticedBy"][0]["consumer"], "example/shop");
}

#[test]
fn what_would_break_is_published_only_when_it_is_meant() {
    let released = Released::new();
    let document: PathBuf = released.root.path().join("published/apis/orders/v1/openapi.json");
    let before = fs::read_to_string(&document).expect("published");
    released.spoil("apis/orders/v1/order.graphql", "status", "orderStatus: status");
    insta::assert_snapshot!(released.publishes(&[]), @"
    1
    breaking   orders v1, GET /orders/{number}, 200 status: is no longer there
    safe       orders v1, GET /orders/{number}, 200 orderStatus: is new
    1 breaking, 0 dangerous, 1 safe
    portico: nothing was published; --accept-breaking does it all the same
    ");
    assert_eq!(fs::read_to_string(&document).expect("published"), before);
    assert!(released.publishes(&["--accept-breaking"]).contains("published in DIR/published"));
    insta::assert_snapshot!(released.told(&[]), @"
    0
    nothing differs from what is published
    ");
}

#[test]
fn a_version_that_is_only_deleted_is_missed() {
    let released = Released::new();
    let orders = released.root.path().join("company/apis/orders");
    fs::rename(orders.join("v1"), orders.join("v2")).expect("it can be renamed");
    insta::assert_snapshot!(released.told(&[]), @"
    1
    breaking   orders v1: this version is gone and never was retired
    safe       orders v2: this version is new
    1 breaking, 0 dangerous, 1 safe
    ");
    released.publishes(&["--accept-breaking"]);
    assert!(!released.root.path().join("published/apis/orders/v1").exists());
}

#[test]
fn what_cannot_be_compared_is_no_agreement() {
    let released = Released::new();
    let nowhere = run(&["contracts", "check", "--published", "/nowhere"]);
    insta::assert_snapshot!(shown(&nowhere, Path::new("/none")), @"
    1
    portico: nothing is published in /nowhere; `portico contracts publish` does
    ");
    let guess = run(&["contracts", "check", &released.path("company")]);
    insta::assert_snapshot!(shown(&guess, released.root.path()), @"
    1
    portico: where are the published contracts of DIR/company? Say --published FOLDER
    ");
    let usage = released.uses(&["{}"]);
    insta::assert_snapshot!(released.told(&["--usage", &usage]), @"
    1
    portico: DIR/usage.jsonl: line 1 is not an entry of usage: missing field `consumer` at line 1 column 2
    ");
    fs::write(released.root.path().join("published/schema.graphql"), "type Query {").expect("it can be written");
    insta::assert_snapshot!(released.told(&[]), @"
    1
    portico: the published GraphQL schema cannot be read:  --> 1:13
      |
    1 | type Query {
      |             ^---
      |
      = expected field_definition
    ");
}

#[test]
fn the_demo_keeps_what_is_published_in_the_repository() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests are in the workspace");
    let published = root.join("contracts/published").display().to_string();
    let told = shown(&run(&["contracts", "check", "--published", &published]), root);
    assert!(told.starts_with("0\n"), "{told}");
}

#[test]
fn a_scope_that_the_model_asks_for_is_seen_in_the_published_schema() {
    let released = Released::new();
    let schema = released.root.path().join("published/schema.graphql");
    let text = fs::read_to_string(&schema).expect("published");
    let without = text.replacen("Needs the scope `invoice:read`. ", "", 1);
    assert_ne!(text, without);
    fs::write(&schema, without).expect("it can be written");
    insta::assert_snapshot!(released.told(&[]), @"
    1
    breaking   GraphQL, Customer.invoices: the scope `invoice:read` is needed now
    1 breaking, 0 dangerous, 0 safe
    ");
}
