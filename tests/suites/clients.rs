//! The vendors' own libraries against the simulated systems: what their users do, and what they are given.
//!
//! Each test runs one script of `tests/foreign/clients`, which signs in as the library does, queries, pages, reads one
//! and many, searches, and meets refusals and faults. A difference between a library and the sandbox is mended in the
//! sandbox, or stands in [its README](../../sandbox/README.md) with the vendor's own page as the reason.

mod acme;
mod globex;

use chrono::NaiveDate;
use portico_sandbox::Options;
use portico_tests::{Role, Sandbox, Tenant};
use serde_json::json;

use crate::foreign::Runner;

/// What a script tells of a system, one member on a line; none where its library is not to be had.
async fn told(tenant: Tenant, role: Role, script: &str) -> Option<String> {
    let runner = Runner::of(script).await?;
    let options = Options { today: NaiveDate::from_ymd_opt(2026, 6, 15), ..Options::default() };
    let sandbox = Sandbox::start(options).await.expect("the sandbox starts");
    let order = json!({ "system": sandbox.system(tenant, role), "control": sandbox.control_url() });
    Some(format!("{:#}", runner.told(&format!("clients/{script}"), &order).await))
}
