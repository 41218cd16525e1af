//! GraphQL over HTTP as its own audit sees it: all checks of the npm package `graphql-http`, against the demo.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use portico_tests::{Scene, Tenant};
use serde_json::Value;

/// How npm says that its registry cannot be reached.
const UNREACHABLE: [&str; 5] = ["ENOTFOUND", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EAI_AGAIN"];

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_audit_of_graphql_over_http_is_passed() {
    let Some(packages) = packages().expect("npm installs the audit") else { return };
    let scene = Scene::start().await;
    let audit = tokio::process::Command::new("node")
        .arg(own("audit.mjs"))
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

/// The folder with the audit's packages; none where npm or its registry is not to be had, which is said.
fn packages() -> anyhow::Result<Option<PathBuf>> {
    if Command::new("npm").arg("--version").output().is_err() || Command::new("node").arg("--version").output().is_err()
    {
        return skipped("there is no node or no npm");
    }
    let cache = cache()?.join("graphql-http");
    let packages = cache.join("1.23.1");
    if packages.join("node_modules").is_dir() {
        return Ok(Some(packages));
    }
    std::fs::create_dir_all(&cache)?;
    // Aside first: several clones may install at once, and what is there is complete.
    let aside = tempfile::tempdir_in(&cache)?;
    for name in ["package.json", "package-lock.json"] {
        std::fs::copy(own(name), aside.path().join(name))?;
    }
    let npm = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"])
        .current_dir(aside.path())
        .output()?;
    if !npm.status.success() {
        let said = String::from_utf8_lossy(&npm.stderr);
        if UNREACHABLE.iter().any(|code| said.contains(code)) {
            return skipped("npm's registry cannot be reached");
        }
        bail!("npm ended with {}: {said}", npm.status);
    }
    let complete = aside.keep();
    match std::fs::rename(&complete, &packages) {
        Err(_) if packages.is_dir() => std::fs::remove_dir_all(complete)?,
        renamed => renamed?,
    }
    Ok(Some(packages))
}

fn skipped(why: &str) -> anyhow::Result<Option<PathBuf>> {
    // Not by a macro: the test runner would keep that to itself.
    writeln!(std::io::stderr(), "\nSKIPPED: the audit of GraphQL over HTTP did not run, because {why}.\n")?;
    Ok(None)
}

fn cache() -> anyhow::Result<PathBuf> {
    if let Some(cache) = std::env::var_os("PORTICO_TEST_CACHE") {
        return Ok(PathBuf::from(cache));
    }
    let home = std::env::var_os("HOME").context("there is no HOME to keep npm's packages in")?;
    Ok(Path::new(&home).join(".cache/portico"))
}

fn own(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("graphql-http").join(name)
}
