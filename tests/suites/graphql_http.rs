//! GraphQL over HTTP as its own audit sees it: all checks of the npm package `graphql-http`, against the demo.

use std::process::Stdio;

use portico_tests::{Scene, Tenant};
use serde_json::Value;

use crate::foreign::{own, packages};

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_audit_of_graphql_over_http_is_passed() {
    let Some(packages) = packages("graphql-http", &own("graphql-http")).expect("npm installs the audit") else {
        return;
    };
    let scene = Scene::start().await;
    let audit = tokio::process::Command::new("node")
        .arg(own("graphql-http/audit.mjs"))
        .current_dir(packages)
        .env("URL", format!("http://{}/graphql", scene.traffic()))
        .env("TOKEN", scene.sandbox().token(Tenant::Acme, "support-console"))
        .stderr(Stdio::inherit())
        .output()
        .await
        .expect("node runs");
    assert!(audit.status.success(), "the audit ended with {}", audit.status);
    let told = String::from_utf8(audit.stdout).expect("the audit prints text");
    let checks: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).expect("a check")).collect();
    println!("{} checks", checks.len());
    let failed: Vec<String> = checks.iter().filter(|check| check["status"] != "ok").map(Value::to_string).collect();
    assert!(failed.is_empty(), "{} of {} checks:\n{}", failed.len(), checks.len(), failed.join("\n"));
    // A check that is left out is not passed.
    assert_eq!(checks.len(), 61);
}
