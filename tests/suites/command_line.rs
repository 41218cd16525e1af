//! The program as an operator runs it: the real binary, its words, its exit codes, its signals.

mod contracts;
mod documented;
mod kit;
pub(crate) mod program;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use program::{Running, ask, environment, is_optimised, run, shown};

#[test]
fn it_tells_its_version_and_completes_itself() {
    let version = String::from_utf8(run(&["--version"]).stdout).expect("text");
    assert_eq!(version, format!("portico {}\n", env!("CARGO_PKG_VERSION")));
    let completions = run(&["completions", "bash"]);
    assert!(completions.status.success());
    let completions = String::from_utf8(completions.stdout).expect("text");
    assert!(completions.contains("_portico()") && completions.contains("explain"), "{completions}");
}

#[test]
fn what_nobody_offers_is_refused_with_the_nearest_right_word() {
    let nowhere = Path::new("/nowhere");
    insta::assert_snapshot!(shown(&run(&["chekc"]), nowhere), @"
    2
    error: unrecognized subcommand 'chekc'

      tip: some similar subcommands exist: 'schema', 'check'

    Usage: portico <COMMAND>

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(shown(&run(&["check", "/nowhere"]), nowhere), @"
    1
    DIR: there is no such folder; `portico init` makes one
    portico: 1 mistake
    ");
}

#[test]
fn a_bad_configuration_is_told_whole_with_file_and_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    assert!(run(&["init", &path.join("c").display().to_string()]).status.success());
    let path = path.join("c");
    let spoil = |file: &str, right: &str, wrong: &str| {
        let file = path.join(file);
        let text = fs::read_to_string(&file).expect("the file is there");
        assert!(text.contains(right), "{right}");
        fs::write(file, text.replacen(right, wrong, 1)).expect("it can be written");
    };
    spoil("portico.yaml", "rate: 50/s", "rate: 50/parsec");
    spoil("portico.yaml", "  address: 127.0.0.1:8080", "  adress: 127.0.0.1:8080");
    spoil("tenants/example.yaml", "pack: dynamics365", "pack: dynamic365");
    spoil("tenants/example.yaml", "role: support", "role: suport");
    spoil("tenants/example.yaml", "plan: standard", "plan: gold");
    spoil("tenants/example.yaml", "env:EXAMPLE_ERP_CLIENT_SECRET", "hunter2");
    spoil("apis/orders/v1/order.graphql", "status", "state");
    let checked = run(&["check", "--no-secrets", &path.display().to_string()]);
    insta::assert_snapshot!(shown(&checked, &path), @r#"
    1
    apis/orders/v1/order.graphql:6: Unknown field "state" on type "Order".
    portico.yaml:5 listen.adress: there is no setting "adress" here; did you mean "address"?
    portico.yaml:33 plans.standard.rate: "50/parsec" is not a rate such as `500/s`, `20/min`, `1000/h` or `10000/day`
    tenants/example.yaml:9 systems.example-erp.pack: no pack is named "dynamic365"; did you mean "dynamics365"?
    tenants/example.yaml:19 systems.example-erp.credentials.oauth2_client_credentials.client_secret: secrets do not stand in the configuration: write a reference to it, `env:NAME` or `file:PATH`
    tenants/example.yaml:24 systems.example-support.role: "suport" is not known here; did you mean "support"?
    tenants/example.yaml:35 consumers.support-console.plan: no plan is named "gold" in portico.yaml; there is: standard
    portico: 7 mistakes
    "#);
    assert!(!shown(&checked, &path).contains("hunter2"));
    let served = run(&["serve", &path.display().to_string()]);
    assert_eq!(served.status.code(), Some(1));
    assert!(shown(&served, &path).contains("nothing was started"));
}

#[test]
fn a_query_is_explained_without_asking_anybody() {
    let query = r#"{ order(number: "SO-1042") {
        number lines { sku product { name availability { onHand } } }
        customer { name account { owner } receivables { openBalance { amount } } subscriptions { id } cases { number } }
        invoices { number }
    } }"#;
    let explain = ["explain", "--demo", "--tenant", "acme", "--consumer"];
    let explained = run(&[&explain[..], &["support-console", "--query", query]].concat());
    insta::assert_snapshot!(shown(&explained, Path::new("/nowhere")), @"
    0
    cost    12 points of at most 5000
    calls   12 at most
    scopes  account:read case:read customer:read invoice:read order:read product:read receivables:read subscription:read

    wave 1
      acme-erp       Order                by number             1 call  orders         from the arguments

    wave 2
      acme-erp       OrderLine            by orderNumber        1 call  orders         Order.number
      acme-crm       Account              by customerNumber     1 call  customers      Order.customerNumber
      acme-erp       Receivables          by customerNumber     1 call  receivables    Order.customerNumber
      acme-erp       OpenItem             by customerNumber     1 call  receivables    Order.customerNumber
      acme-billing   BillingSubscription  by customerNumber     1 call  subscriptions  Order.customerNumber
      acme-support   SupportOrganization  by customerNumber     1 call  links          Order.customerNumber
      acme-erp       Customer             by number             1 call  customers      Order.customerNumber
      acme-erp       Invoice              by orderNumber        1 call  invoices       Order.number

    wave 3
      acme-erp       Product              by sku                1 call  products       OrderLine.sku
      acme-support   Case                 by supportId          1 call  cases          SupportOrganization.id

    wave 4
      acme-erp       ProductAvailability  by sku                1 call  availability   Product.sku

    limits
      acme-billing   1 call at most; 32 (standard 28, best effort 24) at once, 100 (standard 90, best effort 80) in a second
      acme-crm       1 call at most; 32 (standard 28, best effort 24) at once, as many as it reports in a day
      acme-erp       8 calls at most; 32 (standard 28, best effort 24) at once
      acme-support   2 calls at most; 32 (standard 28, best effort 24) at once, as many as it reports in a minute
    ");
    let refused = run(&[&explain[..], &["nobody", "--query", query]].concat());
    insta::assert_snapshot!(shown(&refused, Path::new("/nowhere")), @"
    1
    portico: acme has no consumer `nobody`
    ");
    let invalid = run(&[&explain[..], &["support-console", "--query", "{ ordr(number: \"1\") { number } }"]].concat());
    insta::assert_snapshot!(shown(&invalid, Path::new("/nowhere")), @r#"
    1
    portico: document_invalid: Unknown field "ordr" on type "Query".
    "#);
}

#[test]
fn a_new_key_is_shown_once_with_what_the_configuration_holds() {
    let told = shown(&run(&["keys", "new", "--name", "laptop"]), Path::new("/nowhere"));
    let blurred: Vec<String> = told.split_inclusive(|c: char| !c.is_ascii_hexdigit()).map(blur).collect();
    insta::assert_snapshot!(blurred.concat(), @r#"
    0
    The key, for its owner; it is not shown again:
      pk_<12 digits>_<64 digits>

    Below the consumer's `keys` in its tenant's file:
      - { name: laptop, id: "<12 digits>", hash: "sha256:<64 digits>" }
    "#);
    assert_ne!(told, shown(&run(&["keys", "new", "--name", "laptop"]), Path::new("/nowhere")));
}

#[test]
fn a_revoked_key_is_gone_from_its_file_and_everything_else_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("c");
    let place = path.display().to_string();
    assert!(run(&["init", &place]).status.success());
    let made = String::from_utf8(run(&["keys", "new", "--name", "laptop", "--expires", "2099-12-31"]).stdout);
    let made = made.expect("text");
    let line = made.lines().last().expect("what to write").trim().to_owned();
    let id = line.split('"').nth(1).expect("its id").to_owned();
    let file = path.join("tenants/example.yaml");
    let before = fs::read_to_string(&file).expect("the file is there");
    let commented = "    # keys:\n    #   - { name: laptop, hash: \"sha256:...\" }\n";
    let with = before.replace(
        commented,
        &format!("    keys:\n      - {{ name: other, hash: \"sha256:{}\" }}\n      {line}\n", "0".repeat(64)),
    );
    assert_ne!(with, before);
    fs::write(&file, &with).expect("it can be written");
    assert!(run(&["check", &place, "--no-secrets"]).status.success(), "what `keys new` prints can be written");
    let nobody = run(&["keys", "revoke", &place, "--id", "000000000000"]);
    assert!(!nobody.status.success());
    insta::assert_snapshot!(shown(&run(&["keys", "revoke", &place, "--id", &id]), &path), @r#"
    0
    Revoked: tenants/example.yaml:48: the key "laptop" of support-console of example.
    A running gateway refuses it from its next reload on.
    "#);
    assert_eq!(fs::read_to_string(&file).expect("it is there"), with.replace(&format!("      {line}\n"), ""));
    assert!(run(&["check", &place, "--no-secrets"]).status.success());
    insta::assert_snapshot!(shown(&run(&["keys", "revoke", &place]), &path), @"
    2
    error: the following required arguments were not provided:
      <--id <ID>|--name <NAME>>

    Usage: portico keys revoke <--id <ID>|--name <NAME>> <FOLDER>

    For more information, try '--help'.
    ");
}

/// Runs of hexadecimal digits, as their length.
fn blur(part: &str) -> String {
    let digits = part.trim_end_matches(|c: char| !c.is_ascii_hexdigit());
    if digits.len() < 8 { part.to_owned() } else { part.replace(digits, &format!("<{} digits>", digits.len())) }
}

const FREE: &str = "127.0.0.1:0";

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_there_at_once_small_and_gone_when_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("demo.env");
    let file_named = file.display().to_string();
    program::portico();
    let begun = Instant::now();
    let mut demo =
        Running::start(&["demo", "--listen", FREE, "--admin", FREE, "--sandbox", FREE, "--env-file", &file_named]);
    demo.says("Stop with Ctrl-C.").await;
    let known = environment(&file);
    let url = format!("{}/graphql", known["PORTICO_URL"]);
    let reply =
        ask(&url, &known["TOKEN_SUPPORT"], Some(&json!({"query": r#"{ order(number: "SO-1042") { number } }"#}))).await;
    let answered = begun.elapsed();
    assert_eq!(reply.data(), json!({"order": {"number": "SO-1042"}}));

    let idle = resident(demo.id());
    println!("the demo answered its first query after {answered:?} and takes {idle} kB");
    if is_optimised() {
        assert!(answered < Duration::from_secs(2), "{answered:?}");
        assert!(idle < 150 * 1024, "{idle} kB");
    }
    let expected =
        ["PORTICO_URL", "PORTICO_ADMIN_URL", "PORTICO_ADMIN_TOKEN", "PORTICO_ISSUER_URL", "PORTICO_SANDBOX_URL"]
            .into_iter()
            .map(str::to_owned)
            .chain(
                ["TOKEN_SUPPORT", "TOKEN_CRM", "TOKEN_PARTNER", "TOKEN_PARTNER_TWO", "KEY_PARTNER"]
                    .into_iter()
                    .flat_map(|name| [name.to_owned(), format!("{name}_2")]),
            );
    for name in expected {
        assert!(known.contains_key(&name), "{name} is not written");
    }
    demo.signal("TERM");
    assert_eq!(demo.ended().await.code(), Some(0));
}

/// In kB.
fn resident(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a resident size");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_said_and_ends_it() {
    let taken = std::net::TcpListener::bind(FREE).expect("a free port");
    let taken = taken.local_addr().map(|address| (address, taken)).expect("an address");
    let port = taken.0.to_string();
    for arguments in [["--listen", &port], ["--admin", &port], ["--sandbox", &port]] {
        let mut all = vec!["demo"];
        for other in ["--listen", "--admin", "--sandbox"] {
            all.extend(if other == arguments[0] { arguments } else { [other, FREE] });
        }
        let ended = run(&all);
        assert_eq!(ended.status.code(), Some(1));
        let said = String::from_utf8_lossy(&ended.stderr).replace(&port, "PORT");
        assert!(said.contains("PORT") && said.contains("ddress already in use") && said.lines().count() == 1, "{said}");
    }
}

/// What `portico init` wrote, pointed at a company's systems: here the simulated ones.
fn pointed_at_the_sandbox(folder: &Path) {
    let change = |file: &str, changes: &[(&str, &str)]| {
        let file = folder.join(file);
        let mut text = fs::read_to_string(&file).expect("the file is there");
        for (from, to) in changes {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
        fs::write(file, text).expect("it can be written");
    };
    change(
        "portico.yaml",
        &[
            ("127.0.0.1:8080", FREE),
            ("127.0.0.1:9900", FREE),
            ("url: https://login.example.com", "url: env:PORTICO_ISSUER_URL\n    network: private"),
            ("tenants: [example]", "tenants: [acme]"),
        ],
    );
    change(
        "tenants/example.yaml",
        &[
            ("url: https://example.operations.dynamics.com", "url: env:ACME_ERP_URL\n    network: private"),
            ("url: https://example.zendesk.com", "url: env:ACME_SUPPORT_URL\n    network: private"),
            ("company: usmf", "company: acmf"),
            ("currency: USD", "currency: EUR"),
            ("https://login.microsoftonline.com/example.onmicrosoft.com/oauth2/v2.0/token", "env:ACME_ERP_TOKEN_URL"),
            ("https://example.operations.dynamics.com/.default", "env:ACME_ERP_SCOPE"),
            ("env:EXAMPLE_", "env:ACME_"),
        ],
    );
    fs::rename(folder.join("tenants/example.yaml"), folder.join("tenants/acme.yaml"))
        .expect("a tenant's file is renamed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_init_writes_is_checked_served_reloaded_and_stopped() {
    let around = tempfile::tempdir().expect("a folder");
    let folder = around.path().join("configuration");
    let named = folder.display().to_string();
    insta::assert_snapshot!(shown(&run(&["init", &named]), &folder), @"
    0
    DIR/README.md
    DIR/apis/orders/v1/api.yaml
    DIR/apis/orders/v1/order.graphql
    DIR/portico.yaml
    DIR/tenants/example.yaml

    Next: portico check --no-secrets DIR
    ");
    insta::assert_snapshot!(shown(&run(&["init", &named]), &folder), @"
    1
    portico: DIR/README.md is there already; nothing was written
    ");
    insta::assert_snapshot!(shown(&run(&["check", "--no-secrets", &named]), &folder), @"
    0
    DIR: in order: 1 tenant, 2 systems, 1 API, 1 version
    ");
    insta::assert_snapshot!(shown(&run(&["check", &named]), &folder), @"
    1
    portico.yaml:13 admin.token: the environment variable PORTICO_ADMIN_TOKEN is not set
    tenants/example.yaml:18 systems.example-erp.credentials.oauth2_client_credentials.client_id: the environment variable EXAMPLE_ERP_CLIENT_ID is not set
    tenants/example.yaml:19 systems.example-erp.credentials.oauth2_client_credentials.client_secret: the environment variable EXAMPLE_ERP_CLIENT_SECRET is not set
    tenants/example.yaml:29 systems.example-support.credentials.oauth2_client_credentials.client_id: the environment variable EXAMPLE_SUPPORT_CLIENT_ID is not set
    tenants/example.yaml:30 systems.example-support.credentials.oauth2_client_credentials.client_secret: the environment variable EXAMPLE_SUPPORT_CLIENT_SECRET is not set
    portico: 5 mistakes
    ");

    let file = around.path().join("sandbox.env");
    let mut sandbox = Running::start(&[
        "sandbox",
        "--today",
        "2026-05-01",
        "--listen",
        FREE,
        "--env-file",
        &file.display().to_string(),
    ]);
    sandbox.says("TOKEN_SUPPORT_2=").await;
    let mut known = environment(&file);
    known.insert("PORTICO_ADMIN_TOKEN".to_owned(), "a-token-for-this-test".to_owned());
    pointed_at_the_sandbox(&folder);
    let mut gateway = Running::start_heard(&["serve", &named], &known);
    let addresses = addresses(&gateway.says("Portico runs").await);

    let order = format!("http://{}/orders/v1/orders/SO-1042", addresses["traffic"]);
    let reply = ask(&order, &known["TOKEN_SUPPORT"], None).await;
    insta::assert_snapshot!(reply.shown(), @r#"200 {"number":"SO-1042","status":"PARTIALLY_SHIPPED","orderedAt":"2026-04-19T09:00:00Z","customer":{"number":"C-1001","name":"Hanseatic Pumps GmbH"},"lines":[{"lineNumber":1,"sku":"AC-100","description":"Feed pump 100","quantity":"2"},{"lineNumber":2,"sku":"AC-200","description":"Dosing pump 200","quantity":"1"}],"cases":[{"number":"10011","subject":"Feed pump is noisy","status":"OPEN"}]}"#);
    assert_eq!(ask(&format!("http://{}/readyz", addresses["admin"]), "", None).await.status, 200);

    // A mistake changes nothing; put right, it applies.
    let tenant = folder.join("tenants/acme.yaml");
    let written = fs::read_to_string(&tenant).expect("the file is there");
    fs::write(&tenant, written.replace("- api:orders", "- api:ordres")).expect("it can be written");
    gateway.signal("HUP");
    assert!(gateway.says("was not applied").await.contains("api:ordres"));
    assert_eq!(ask(&order, &known["TOKEN_SUPPORT"], None).await.status, 200);
    fs::write(&tenant, written.replace("      - api:orders\n", "")).expect("it can be written");
    gateway.signal("HUP");
    gateway.says("was applied").await;
    assert_eq!(ask(&order, &known["TOKEN_SUPPORT"], None).await.code(), "forbidden");

    gateway.signal("TERM");
    assert_eq!(gateway.ended().await.code(), Some(0));
    sandbox.signal("INT");
    assert_eq!(sandbox.ended().await.code(), Some(0));
}

fn addresses(line: &str) -> BTreeMap<String, String> {
    let said: Value = serde_json::from_str(line).expect("a line of JSON");
    let of = |name: &str| said[name].as_str().map(|address| (name.to_owned(), address.to_owned()));
    ["traffic", "admin"].into_iter().filter_map(of).collect()
}
