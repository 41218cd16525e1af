//! What operators see: configurations with mistakes, and what is said about them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use portico_contracts::tenancy::{Role, Tier};

use super::*;

/// A folder with these files, over a configuration that is in order.
struct Written(tempfile::TempDir);

const GATEWAY: &str = "
issuers:
  main: { url: https://login.example.com, audience: [portico], tenants: [acme] }
plans:
  gold: { rate: 500/s }
";

const TENANT: &str = "
systems:
  acme-erp:
    role: erp
    pack: dynamics365
    url: https://erp.example.com
    settings: { company: usmf, currency: EUR }
    credentials:
      bearer: { token: env:ERP_TOKEN }
consumers:
  console: { plan: gold, scopes: [graphql, api:orders, order:read] }
";

const API: &str = "state: active\nscope: api:orders\n";

const OPERATION: &str = "# GET /orders/{number}\n# required: erp\nquery Order($number: String!) { order(number: $number) { status } }\n";

impl Written {
    fn sound() -> Self {
        let written = Written(tempfile::tempdir().unwrap());
        written
            .with("portico.yaml", GATEWAY)
            .with("tenants/acme.yaml", TENANT)
            .with("apis/orders/v1/api.yaml", API)
            .with("apis/orders/v1/order.graphql", OPERATION)
    }

    fn with(self, file: &str, text: &str) -> Self {
        let path = self.0.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn without(self, file: &str) -> Self {
        fs::remove_file(self.0.path().join(file)).unwrap();
        self
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn check(&self) -> Result<Settings, Vec<Mistake>> {
        let secrets = BTreeMap::from([("ERP_TOKEN".to_owned(), "hunter2".to_owned())]);
        Settings::check(self.path(), &secrets)
    }

    fn mistakes(&self) -> String {
        let mistakes = self.check().expect_err("there are mistakes");
        mistakes.iter().map(|mistake| format!("{mistake}\n")).collect()
    }

    fn settings(&self) -> Settings {
        self.check().unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
    }
}

#[test]
fn a_sound_configuration_is_read_with_its_defaults() {
    let settings = Written::sound().settings();
    let acme = settings.tenants.values().next().unwrap();
    let console = acme.consumers.values().next().unwrap();
    assert_eq!(settings.listen.address.to_string(), "127.0.0.1:8080");
    assert_eq!(console.tier, Tier::Standard);
    assert_eq!(settings.deadline(console.tier, &console.plan).as_secs(), 3);
    assert_eq!(console.plan.throttle.rate.burst().get(), 500);
    assert_eq!(acme.owner("Order").unwrap().id.as_str(), "acme-erp");
    assert!(acme.owner("Case").is_none());
    let version = settings.api_version("orders", "v1").unwrap();
    assert_eq!(version.base_path(), "/orders/v1");
    assert_eq!(version.operations[0].required, [Role::Erp]);
    assert!(settings.warnings.is_empty(), "{:?}", settings.warnings);
}

#[test]
fn every_mistake_of_every_file_is_reported_at_once() {
    let written = Written::sound()
        .with(
            "portico.yaml",
            "listen: { adress: 127.0.0.1:80, h2c: maybe }
limits: { header_bytes: 32 KiB, body_bytes: 1, idle_timeout: 60 }
issuers:
  main:
    url: http://login.example.com
    audience: []
    tenants: [akme]
    algorithms: [HS256, none, RS265]
  second: { audience: [portico], tenants: [acme] }
plans:
  gold: { rate: 500 }
  silver: { rate: 10/s, burst: 0 }
freshness:
  order: { ttl: 5s }
  products: { ttl: 10d }
  receivables: { ttl: 10s }
",
        )
        .with(
            "tenants/acme.yaml",
            "systems:
  acme-erp:
    role: epr
    pack: dynamics365
    url: https://erp.example.com
  acme-crm:
    role: crm
    pack: salesfource
    url: https://127.0.0.1
    timeout: 0s
  acme-billing:
    role: billing
    pack: stripe
    url: https://user:hunter3@stripe.example.com
    settings: { verison: 1 }
    credentials: { bearer: { token: sk_live_hunter2 } }
owners:
  Asset: acme-crn
  Invoces: acme-billing
consumers:
  console:
    plan: golden
    tier: urgent
    scopes: [order:reed]
  Portal:
    plan: gold
    scopes: [order:read]
    customers: []
    keys: [{ name: a, hash: pk_123_hunter2 }]
rules:
  credit: { review_above_percent: 120, currencies: [EURO] }
",
        )
        .with("apis/orders/v1/api.yaml", "state: deprecated\nsucessor: v2\nsuccessor: v3\nroutes: [{ path: data, role: erp }]\n")
        .with("apis/orders/v1/order.graphql", "# FETCH /orders/{number}\nquery { __typename }\n")
        .with("apis/orders/v1/other.graphql", "query { __typename }\n");
    assert_snapshot!(written.mistakes(), @"");
}

#[test]
fn bad_yaml_in_one_file_hides_no_mistake_in_another_and_makes_none_up() {
    let written = Written::sound()
        .with("portico.yaml", "plans:\n  gold: { rate: 500/s\nlisten: 1\n")
        .with("tenants/acme.yaml", &TENANT.replace("dynamics365", "dynamic365"));
    assert_snapshot!(written.mistakes(), @"");
}

#[test]
fn a_key_that_stands_twice_is_a_mistake() {
    let written = Written::sound().with("tenants/acme.yaml", &format!("{TENANT}\nconsumers: {{}}\n"));
    assert_snapshot!(written.mistakes(), @"");
}

#[test]
fn a_bomb_of_aliases_is_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let below = level - 1;
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", vec![format!("*a{below}"); 10].join(", ")));
    }
    let written = Written::sound().with("portico.yaml", &bomb);
    let mistakes = written.mistakes();
    assert!(mistakes.contains("portico.yaml") && mistakes.lines().count() == 1, "{mistakes}");
    let deep = Written::sound().with("portico.yaml", &format!("plans: {}", "[".repeat(10_000)));
    assert!(deep.mistakes().contains("not YAML"));
}

#[test]
fn files_outside_the_folder_are_refused() {
    let written = Written::sound().without("tenants/acme.yaml");
    std::os::unix::fs::symlink("/etc/hostname", written.path().join("tenants/acme.yaml")).unwrap();
    assert_snapshot!(written.mistakes(), @"");
}

#[test]
fn secrets_are_missed_by_name_and_never_shown() {
    let written = Written::sound();
    let mistakes = Settings::check(written.path(), &BTreeMap::new()).expect_err("the token is missing");
    assert_snapshot!(mistakes[0], @"");
    let settings = format!("{:?}", written.settings());
    assert!(settings.contains("[secret]") && !settings.contains("hunter2"), "{settings}");
}

#[test]
fn the_form_can_be_checked_without_secrets() {
    assert!(Settings::check(Written::sound().path(), &FormOnly).is_ok());
    let literal = Written::sound().with("tenants/acme.yaml", &TENANT.replace("env:ERP_TOKEN", "hunter2"));
    let mistakes = Settings::check(literal.path(), &FormOnly).expect_err("a literal is a mistake of form");
    assert_snapshot!(mistakes[0], @"");
}

#[test]
fn secrets_come_from_files_too() {
    let of_file = TENANT.replace("env:ERP_TOKEN", "file:secrets/erp");
    let written = Written::sound().with("tenants/acme.yaml", &of_file);
    assert_snapshot!(written.mistakes(), @"");
    written.with("secrets/erp", "hunter2\n").settings();
    let outside = Written::sound().with("tenants/acme.yaml", &TENANT.replace("env:ERP_TOKEN", "file:../erp"));
    assert_snapshot!(outside.mistakes(), @"");
}

#[test]
fn a_tenant_with_two_systems_of_a_role_says_who_owns_what() {
    let second = TENANT.replace("consumers:", "  acme-crm: { role: crm, pack: salesforce, url: https://a.example.com }\n  old-crm: { role: crm, pack: salesforce, url: https://b.example.com }\nowners: { Account: acme-crm, Contact: acme-crm }\nconsumers:");
    let written = Written::sound().with("tenants/acme.yaml", &second);
    assert_snapshot!(written.mistakes(), @"");
}

#[test]
fn paths_that_collide_and_documents_that_do_not_fit_are_mistakes() {
    let written = Written::sound()
        .with("apis/orders/v1/same.graphql", "# GET /orders/{no}\nquery Order($no: String!) {\n  order(number: $no) { statos }\n}\n")
        .with("apis/orders/v1/unbound.graphql", "# GET /unbound/{id}\nquery Order($no: String!) { order(number: $no) { status } }\n")
        .with("apis/orders/v1/words.graphql", "# POST /words\n# requried: erp\n# tier: urgent\n# required: epr\n# Scope and tier are for people here: nothing is wrong with this.\nquery Order($no: String!) { order(number: $no) { status } }\n");
    assert_snapshot!(written.mistakes(), @"");
}

#[test]
fn versions_follow_each_other_in_order() {
    let written = Written::sound()
        .with("apis/orders/v1/api.yaml", "state: deprecated\nscope: api:orders\ndeprecated_on: 2026-05-01\nsunset_on: 2026-04-01\nsuccessor: v0\n")
        .with("apis/orders/v0/api.yaml", "state: retired\nsuccessor: v0\n")
        .with("apis/orders/v2/api.yaml", "state: active\nscope: api:orders\nsunset_on: 2027-01-01\n")
        .with("apis/orders/two/api.yaml", "state: preview\n")
        .with("apis/graphql/v1/api.yaml", "state: deprecated\nscope: api:orders\n");
    assert_snapshot!(written.mistakes(), @"");
}

#[test]
fn own_packs_come_first_and_their_mistakes_have_lines() {
    let written = Written::sound()
        .with("packs/dynamics365.yaml", "pack: dynamics365\ntitle: Mine\ndriver: odatta\npath: /data/\nentities: {}\n")
        .with("packs/unread.yml", "");
    assert_snapshot!(written.mistakes(), @"");
}

#[test]
fn what_nobody_uses_is_a_warning() {
    let written = Written::sound()
        .with("portico.yaml", &format!("{GATEWAY}  silver: {{ rate: 1/s }}\n"))
        .with("tenants/empty.yaml", "")
        .with("apis/erp/v1/api.yaml", "state: active\nscope: api:erp\nroutes: [{ path: /**, role: crm }]\n");
    let warnings: String = written.settings().warnings.iter().map(|warning| format!("{warning}\n")).collect();
    assert_snapshot!(warnings, @"");
}

#[test]
fn two_consumers_never_share_a_key() {
    let hash = format!("sha256:{}", "ab".repeat(32));
    let key = format!("keys: [{{ name: a, hash: \"{hash}\" }}]");
    let consumers = format!("  one: {{ plan: gold, scopes: [order:read], {key} }}\n  two: {{ plan: gold, scopes: [order:read], {key} }}\n");
    let written = Written::sound().with("tenants/acme.yaml", &format!("{TENANT}{consumers}"));
    assert_snapshot!(written.mistakes(), @"");
}

#[test]
fn a_tenant_narrows_freshness_and_never_widens_it() {
    let freshness = "freshness:\n  receivables: { ttl: 10s }\n  orders: { ceiling: 1d, ttl: 1s }\n";
    let written = Written::sound().with("tenants/acme.yaml", &format!("{TENANT}{freshness}"));
    assert_snapshot!(written.mistakes(), @"");
}

#[test]
fn routes_go_where_they_say() {
    let written = Written::sound().with(
        "apis/erp/v1/api.yaml",
        "state: active
scope: graphql
routes:
  - { path: '/a/{id}', upstream: '/b/{di}', role: erp }
  - { path: '/c/**', upstream: '/d', role: erp, methods: [TRACE, GET, GET] }
  - { path: '/e', upstream: '/f/**', role: erp }
  - { path: '/e', role: erp }
  - { path: '/../etc', role: erp }
  - { path: /openapi.json, role: erp }
",
    );
    assert_snapshot!(written.mistakes(), @"");
}
