//! What operators see: configurations with mistakes, and what is said about them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use portico_composites::connect::credentials::Credentials;
use portico_composites::estate::KeyKind;
use portico_contracts::tenancy::{Role, Tier};

use super::*;

mod hooks;
mod identity;

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

const OPERATION: &str =
    "# GET /orders/{number}\n# required: erp\nquery Order($number: String!) { order(number: $number) { status } }\n";

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
    assert_eq!(acme.owners_of("Order")[0].id.as_str(), "acme-erp");
    assert!(acme.owners_of("Case").is_empty());
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
        .with(
            "apis/orders/v1/api.yaml",
            "state: deprecated\nsucessor: v2\nsuccessor: v3\nroutes: [{ path: data, role: erp }]\n",
        )
        .with("apis/orders/v1/order.graphql", "# FETCH /orders/{number}\nquery { __typename }\n")
        .with("apis/orders/v1/other.graphql", "query { __typename }\n");
    assert!(!written.mistakes().contains("hunter"));
    assert_snapshot!(written.mistakes(), @r#"
    apis/orders/v1/api.yaml:1 scope: say which scope opens this version, for example `scope: api:partner`; without one it would be closed
    apis/orders/v1/api.yaml:1 state: a deprecated version says since when: `deprecated_on`
    apis/orders/v1/api.yaml:2 sucessor: there is no setting "sucessor" here; did you mean "successor"?
    apis/orders/v1/api.yaml:3 successor: orders has no version "v3"; there is none
    apis/orders/v1/api.yaml:4 routes[0].path: a path starts with `/`
    apis/orders/v1/order.graphql:1: expected a placement such as `# GET /orders/{number}`, found "FETCH /orders/{number}"
    apis/orders/v1/other.graphql: the first line places the document, for example `# GET /orders/{number}`
    portico.yaml:1 listen.adress: there is no setting "adress" here; did you mean "address"?
    portico.yaml:1 listen.h2c: expected a boolean, found text
    portico.yaml:2 limits.body_bytes: expected a size such as `512B`, `32KiB` or `2MiB`, found a number
    portico.yaml:2 limits.idle_timeout: expected a duration such as `250ms`, `30s`, `5m`, `2h` or `1d`, found a number
    portico.yaml:5 issuers.main.url: expected https; plain http is for `network: private` only
    portico.yaml:6 issuers.main.audience: tokens for anybody would be accepted: name at least one audience
    portico.yaml:7 issuers.main.tenants[0]: there is no tenant "akme" in tenants/; did you mean "acme"?
    portico.yaml:8 issuers.main.algorithms[0]: HS256 is symmetric: whoever checks a token could make one, so it is never accepted
    portico.yaml:8 issuers.main.algorithms[1]: tokens without a signature are never accepted
    portico.yaml:8 issuers.main.algorithms[2]: "RS265" is not an algorithm that is accepted; did you mean "RS256"?
    portico.yaml:9 issuers.second: "url" is missing here
    portico.yaml:11 plans.gold.rate: expected a rate such as `500/s`, `20/min`, `1000/h` or `10000/day`, found a number
    portico.yaml:12 plans.silver.burst: this must be 1 or more
    portico.yaml:14 freshness.order: there is no class "order"; did you mean "orders"?
    portico.yaml:15 freshness.products.ttl: no value outlives its ceiling of 7200s, so ttl cannot be longer
    portico.yaml:16 freshness.receivables: receivables are cached only where a tenant says so, in its own file
    tenants/acme.yaml:3 systems.acme-erp.role: "epr" is not known here; did you mean "erp"?
    tenants/acme.yaml:8 systems.acme-crm.pack: no pack is named "salesfource"; did you mean "salesforce"?
    tenants/acme.yaml:9 systems.acme-crm.url: 127.0.0.1 is not a public address; say `network: private` if it is meant
    tenants/acme.yaml:10 systems.acme-crm.timeout: this must be more than nothing
    tenants/acme.yaml:11 systems.acme-billing: pack `stripe` has no setting `verison`; did you mean `version`?
    tenants/acme.yaml:14 systems.acme-billing.url: an address holds no credentials; they have settings of their own
    tenants/acme.yaml:16 systems.acme-billing.credentials.bearer.token: secrets do not stand in the configuration: write a reference to it, `env:NAME` or `file:PATH`
    tenants/acme.yaml:18 owners.Asset: this tenant has no system "acme-crn"; did you mean "acme-crm"?
    tenants/acme.yaml:19 owners.Invoces: there is no entity "Invoces"; did you mean "Invoice"?
    tenants/acme.yaml:22 consumers.console.plan: no plan is named "golden" in portico.yaml; did you mean "gold"?
    tenants/acme.yaml:23 consumers.console.tier: expected one of: critical, standard, best_effort
    tenants/acme.yaml:25 consumers.Portal: `Portal` is not a valid name: use 1 to 63 lower-case letters, digits and `-`, starting with a letter
    tenants/acme.yaml:28 consumers.Portal.customers: a consumer that sees no customer is of no use; leave the setting out for all
    tenants/acme.yaml:29 consumers.Portal.keys[0].hash: a key's hash is written `sha256:` and 64 hexadecimal digits; `portico keys new` prints one
    tenants/acme.yaml:31 rules.credit.currencies[0]: "EURO" is not a currency code such as EUR
    tenants/acme.yaml:31 rules.credit.review_above_percent: a share of the limit is 0 to 100 percent; what is above the limit is never approved
    "#);
}

#[test]
fn bad_yaml_in_one_file_hides_no_mistake_in_another_and_makes_none_up() {
    let written = Written::sound()
        .with("portico.yaml", "plans:\n  gold: { rate: 500/s\nlisten: 1\n")
        .with("tenants/acme.yaml", &TENANT.replace("dynamics365", "dynamic365"));
    assert_snapshot!(written.mistakes(), @r#"
    portico.yaml:3: this is not YAML that can be read: while parsing a flow mapping, did not find expected ',' or '}'
    tenants/acme.yaml:5 systems.acme-erp.pack: no pack is named "dynamic365"; did you mean "dynamics365"?
    "#);
}

#[test]
fn a_key_that_stands_twice_is_a_mistake() {
    let written = Written::sound().with("tenants/acme.yaml", &format!("{TENANT}\nconsumers: {{}}\n"));
    assert_snapshot!(written.mistakes(), @"tenants/acme.yaml:13 consumers: this key stands twice in the same mapping; keep one of them");
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
    assert_snapshot!(written.mistakes(), @r#"tenants/acme.yaml: "tenants/acme.yaml" lies outside the configuration's folder, where nothing is read"#);
}

#[test]
fn secrets_are_missed_by_name_and_never_shown() {
    let written = Written::sound();
    let mistakes = Settings::check(written.path(), &BTreeMap::new()).expect_err("the token is missing");
    assert_snapshot!(mistakes[0], @"tenants/acme.yaml:9 systems.acme-erp.credentials.bearer.token: the environment variable ERP_TOKEN is not set");
    let settings = format!("{:?}", written.settings());
    assert!(settings.contains("[secret]") && !settings.contains("hunter2"), "{settings}");
}

#[test]
fn the_form_can_be_checked_without_secrets() {
    assert!(Settings::check(Written::sound().path(), &FormOnly).is_ok());
    let literal = Written::sound().with("tenants/acme.yaml", &TENANT.replace("env:ERP_TOKEN", "hunter2"));
    let mistakes = Settings::check(literal.path(), &FormOnly).expect_err("a literal is a mistake of form");
    assert_snapshot!(mistakes[0], @"tenants/acme.yaml:9 systems.acme-erp.credentials.bearer.token: secrets do not stand in the configuration: write a reference to it, `env:NAME` or `file:PATH`");
    assert_eq!(mistakes.len(), 1, "{mistakes:#?}");
}

#[test]
fn a_secret_in_a_wrong_place_is_not_shown_either() {
    let places = [
        "hunter2",
        "{ hunter2 }",
        "{ bearer: hunter2 }",
        "{ bearer: { hunter2 } }",
        "{ bearer: { token: [hunter2] } }",
    ];
    for place in places {
        let text = TENANT.replace("\n      bearer: { token: env:ERP_TOKEN }", &format!(" {place}"));
        let mistakes = Written::sound().with("tenants/acme.yaml", &text).mistakes();
        assert!(!mistakes.contains("hunter2"), "{mistakes}");
    }
}

#[test]
fn secrets_come_from_files_too() {
    let of_file = TENANT.replace("env:ERP_TOKEN", "file:secrets/erp");
    let written = Written::sound().with("tenants/acme.yaml", &of_file);
    assert_snapshot!(written.mistakes(), @r#"tenants/acme.yaml:9 systems.acme-erp.credentials.bearer.token: there is no file "secrets/erp""#);
    written.with("secrets/erp", "hunter2\n").settings();
    let outside = Written::sound().with("tenants/acme.yaml", &TENANT.replace("env:ERP_TOKEN", "file:../erp"));
    assert_snapshot!(outside.mistakes(), @r#"tenants/acme.yaml:9 systems.acme-erp.credentials.bearer.token: "../erp" lies outside the configuration's folder, where nothing is read"#);
}

#[test]
fn a_key_that_signs_comes_from_a_file_and_is_tried() {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let signed = |file: &str, algorithm: &str| {
        let assertion = format!("{{ client_id: env:ERP_TOKEN, private_key: \"file:{file}\", algorithm: {algorithm} }}");
        let tenant = TENANT
            .replace("pack: dynamics365", "pack: netsuite")
            .replace("    settings: { company: usmf, currency: EUR }\n", "")
            .replace("bearer: { token: env:ERP_TOKEN }", &format!("oauth2_signed_assertion: {assertion}"));
        Written::sound().with("tenants/acme.yaml", &tenant).with("secrets/key.pem", &key.serialize_pem())
    };
    let settings = signed("secrets/key.pem", "ES256").settings();
    let erp = &settings.tenants.values().next().unwrap().systems.values().next().unwrap().credentials;
    let shown = format!("{erp:?}");
    let Credentials::SignedAssertion(assertion) = erp else { panic!("{shown}") };
    assert_eq!(assertion.token_url.as_str(), "https://erp.example.com/services/rest/auth/oauth2/v1/token");
    assert_eq!((assertion.scope.as_deref(), assertion.scope_in_assertion), (Some("rest_webservices"), true));
    assert!(!shown.contains("BEGIN") && !shown.contains("hunter2"), "{shown}");
    assert_snapshot!(signed("secrets/key.pem", "PS256").mistakes(), @"tenants/acme.yaml:8 systems.acme-erp.credentials.oauth2_signed_assertion.private_key: this is not an unencrypted private key in PEM (PKCS #8) that signs Ps256");
    assert_snapshot!(signed("secrets/none.pem", "ES256").mistakes(), @r#"tenants/acme.yaml:8 systems.acme-erp.credentials.oauth2_signed_assertion.private_key: there is no file "secrets/none.pem""#);
    let unresolved = signed("secrets/none.pem", "ES256");
    assert!(Settings::check(unresolved.path(), &FormOnly).is_ok());
}

/// A tenant with a second CRM, and what it says beside.
fn with_two_crms(more: &str) -> String {
    let crms = "  acme-crm: { role: crm, pack: salesforce, url: https://a.example.com, keys: { number: 'C-\\d+' } }\n  old-crm: { role: crm, pack: salesforce, url: https://b.example.com, primary: true }\n";
    TENANT.replace("consumers:", &format!("{crms}{more}consumers:"))
}

#[test]
fn a_role_may_bind_several_systems() {
    let owners = "owners: { Account: acme-crm, Contact: [old-crm, acme-crm] }\n";
    let settings = Written::sound().with("tenants/acme.yaml", &with_two_crms(owners)).settings();
    let acme = settings.tenants.values().next().unwrap();
    let names =
        |entity: &str| acme.owners_of(entity).iter().map(|system| system.id.to_string()).collect::<Vec<_>>().join(" ");
    let told = ["Account", "Contact", "Asset", "Order"].map(|entity| format!("{entity}: {}", names(entity)));
    assert_snapshot!(told.join(", "), @"Account: acme-crm, Contact: old-crm acme-crm, Asset: acme-crm old-crm, Order: acme-erp");
    assert_eq!(settings.warnings, []);
    let crm = acme.owners_of("Account")[0];
    assert!(crm.share.fits(KeyKind::Number, "c-17") && !crm.share.fits(KeyKind::Number, "c-17x"));
}

#[test]
fn what_a_pack_has_by_a_setting_only_is_not_had_without_it() {
    let crm = |settings: &str| {
        let crm = format!(
            "  acme-crm: {{ role: crm, pack: salesforce, url: https://a.example.com, settings: {{ {settings} }} }}\nowners: {{ Shipment: acme-crm }}\n"
        );
        Written::sound().with("tenants/acme.yaml", &TENANT.replace("consumers:", &format!("{crm}consumers:")))
    };
    assert_snapshot!(crm("currency: EUR").mistakes(), @"tenants/acme.yaml:11 owners.Shipment: acme-crm says nothing of Shipment: the pack salesforce has it where a setting says where it stands");
    crm("shipment_object: Shipment").settings();
}

#[test]
fn what_several_systems_of_a_role_say_must_make_sense() {
    let wrong = with_two_crms("owners: { Account: [], Contact: [old-crm, old-crm], Asset: [acme-crn] }\n")
        .replace("C-\\d+", "C-(")
        .replace("C-(' }", "C-(' }, primary: true");
    assert_snapshot!(Written::sound().with("tenants/acme.yaml", &wrong).mistakes(), @r#"
    tenants/acme.yaml:10 systems.acme-crm.keys.number: this is not a regular expression: unclosed group
    tenants/acme.yaml:11 systems.old-crm: acme-crm is primary already, and both have Account: only one word can count
    tenants/acme.yaml:12 owners.Account: name at least one system, or leave the entity out
    tenants/acme.yaml:12 owners.Asset: this tenant has no system "acme-crn"; did you mean "acme-crm"?
    tenants/acme.yaml:12 owners.Contact: old-crm stands twice
    "#);
    let alone = TENANT.replace("    pack: dynamics365\n", "    pack: dynamics365\n    keys: { order: 'SO-.*' }\n");
    let settings = Written::sound().with("tenants/acme.yaml", &alone).settings();
    assert_snapshot!(settings.warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"), @"tenants/acme.yaml:3 systems.acme-erp: `keys` and `primary` change nothing here: no other system of this tenant has the same entities");
}

#[test]
fn a_route_goes_to_one_system_of_each_tenant() {
    let api = |more: &str| {
        format!("state: active\nscope: api:orders\nroutes:\n  - {{ path: /raw/**, role: crm, scope: raw{more} }}\n")
    };
    let second = with_two_crms("").replace(", primary: true", "");
    let told = |api: &str, tenant: &str| {
        Written::sound().with("apis/orders/v1/api.yaml", api).with("tenants/acme.yaml", tenant).mistakes()
    };
    assert_snapshot!(told(&api(""), &second), @"tenants/acme.yaml: /orders/v1 goes to the crm system, of which this tenant has several: name one as the route's `system`, or make one `primary`");
    assert_snapshot!(told(&api(", system: acme-crn"), &second), @r#"
    apis/orders/v1/api.yaml:4 routes[0].system: no tenant has a system "acme-crn"; did you mean "acme-crm"?
    tenants/acme.yaml: /orders/v1 goes to the crm system, of which this tenant has several: name one as the route's `system`, or make one `primary`
    "#);
    assert_snapshot!(told(&api(", system: acme-erp"), &second), @"
    tenants/acme.yaml: /orders/v1 goes to the crm system acme-erp, which is erp here
    tenants/acme.yaml: /orders/v1 goes to the crm system, of which this tenant has several: name one as the route's `system`, or make one `primary`
    ");
    let behind = |api: &str, tenant: &str| {
        let written = Written::sound().with("apis/orders/v1/api.yaml", api).with("tenants/acme.yaml", tenant);
        let settings = written.settings();
        let version = settings.apis.values().next().unwrap().versions.values().next().unwrap().clone();
        settings.tenants.values().next().unwrap().behind(&version.routes[0]).map(|system| system.id.to_string())
    };
    assert_eq!(behind(&api(", system: acme-crm"), &second).as_deref(), Some("acme-crm"));
    assert_eq!(behind(&api(""), &with_two_crms("")).as_deref(), Some("old-crm"));
}

#[test]
fn callers_tokens_are_exchanged_as_the_binding_says() {
    let exchange = "oauth2_token_exchange: { token_url: https://id.example.com/token, client_id: env:ERP_TOKEN, client_secret: env:ERP_TOKEN, client_auth: basic, audience: erp, scope: 'orders.read' }";
    let tenant = TENANT.replace("bearer: { token: env:ERP_TOKEN }", exchange);
    let settings = Written::sound().with("tenants/acme.yaml", &tenant).settings();
    let erp = &settings.tenants.values().next().unwrap().systems.values().next().unwrap().credentials;
    assert_snapshot!(format!("{erp:?}"), @r#"TokenExchange(TokenExchange { token_url: Url { scheme: "https", cannot_be_a_base: false, username: "", password: None, host: Some(Domain("id.example.com")), port: None, path: "/token", query: None, fragment: None }, client_id: [secret], client_secret: [secret], body: Basic, audience: Some("erp"), resource: None, scope: Some("orders.read"), subject_token_type: "urn:ietf:params:oauth:token-type:access_token", requested_token_type: None, parameters: [], lifetime: 3300s, service_account: false })"#);
    let wrong = tenant.replace("token_url: https://id.example.com/token, ", "").replace("audience", "audiance");
    assert_snapshot!(Written::sound().with("tenants/acme.yaml", &wrong).mistakes(), @r#"
    tenants/acme.yaml:8 systems.acme-erp.credentials: the pack dynamics365 does not say where tokens are had: name a `token_url`
    tenants/acme.yaml:9 systems.acme-erp.credentials.oauth2_token_exchange.audiance: there is no setting "audiance" here; did you mean "audience"?
    "#);
}

#[test]
fn paths_that_collide_and_documents_that_do_not_fit_are_mistakes() {
    let written = Written::sound()
        .with("apis/orders/v1/same.graphql", "# GET /orders/{no}\nquery Order($no: String!) {\n  order(number: $no) { statos }\n}\n")
        .with("apis/orders/v1/unbound.graphql", "# GET /unbound/{id}\nquery Order($no: String!) { order(number: $no) { status } }\n")
        .with("apis/orders/v1/words.graphql", "# POST /words\n# requried: erp\n# tier: urgent\n# required: epr\n# Scope and tier are for people here: nothing is wrong with this.\nquery Order($no: String!) { order(number: $no) { status } }\n");
    assert_snapshot!(written.mistakes(), @r#"
    apis/orders/v1/same.graphql: GET /orders/{no} is taken already, by apis/orders/v1/order.graphql
    apis/orders/v1/same.graphql:3: Unknown field "statos" on type "Order".
    apis/orders/v1/unbound.graphql: the path has `{id}`, but the document has no variable `$id`
    apis/orders/v1/words.graphql:2: "requried" is not known here; did you mean "required"?
    apis/orders/v1/words.graphql:3: "urgent" is not a tier; there is: critical, standard, best_effort
    apis/orders/v1/words.graphql:4: "epr" is not a role; did you mean "erp"?
    "#);
}

#[test]
fn versions_follow_each_other_in_order() {
    let written = Written::sound()
        .with(
            "apis/orders/v1/api.yaml",
            "state: deprecated\nscope: api:orders\ndeprecated_on: 2026-05-01\nsunset_on: 2026-04-01\nsuccessor: v0\n",
        )
        .with("apis/orders/v0/api.yaml", "state: retired\nsuccessor: v0\n")
        .with("apis/orders/v2/api.yaml", "state: active\nscope: api:orders\nsunset_on: 2027-01-01\n")
        .with("apis/orders/two/api.yaml", "state: preview\n")
        .with("apis/graphql/v1/api.yaml", "state: deprecated\nscope: api:orders\n");
    assert_snapshot!(written.mistakes(), @r#"
    apis/graphql/v1: /graphql is a path of Portico's own; call the API something else
    apis/graphql/v1/api.yaml:1 state: a deprecated version says since when: `deprecated_on`
    apis/orders/two: "two" cannot name a version: use `v` and a number, for example v2
    apis/orders/two/api.yaml:1 scope: say which scope opens this version, for example `scope: api:partner`; without one it would be closed
    apis/orders/v0/api.yaml:2 successor: a version cannot follow itself
    apis/orders/v1/api.yaml:4 sunset_on: the sunset comes before 2026-05-01, the day of deprecation
    apis/orders/v1/api.yaml:5 successor: orders v0 is retired itself
    apis/orders/v2/api.yaml:3 sunset_on: this is for versions that are `deprecated` or `retired`
    "#);
}

#[test]
fn own_packs_come_first_and_their_mistakes_have_lines() {
    let written = Written::sound()
        .with("packs/dynamics365.yaml", "pack: dynamics365\ntitle: Mine\ndriver: odatta\npath: /data/\nentities: {}\n")
        .with("packs/unread.yml", "");
    assert_snapshot!(written.mistakes(), @r#"
    packs/dynamics365.yaml:3 driver: `odatta` is none of odata, soql, suiteql, rest; did you mean `odata`?
    packs/unread.yml: this file is not read; call it unread.yaml
    "#);
}

#[test]
fn what_nobody_uses_is_a_warning() {
    let written = Written::sound()
        .with("portico.yaml", &format!("{GATEWAY}  silver: {{ rate: 1/s }}\n"))
        .with("tenants/empty.yaml", "")
        .with("apis/erp/v1/api.yaml", "state: active\nscope: api:erp\nroutes: [{ path: /**, role: crm }]\n");
    let warnings: String = written.settings().warnings.iter().map(|warning| format!("{warning}\n")).collect();
    assert_snapshot!(warnings, @r#"
    apis: no consumer holds the scope "api:erp"
    portico.yaml:6 plans.silver: no consumer has the plan silver
    tenants/acme.yaml: /erp/v1 goes to the crm system, which this tenant does not have
    tenants/empty.yaml: /erp/v1 goes to the crm system, which this tenant does not have
    tenants/empty.yaml: no issuer names this tenant and no consumer of it has an API key or a certificate: nobody can call
    "#);
}

#[test]
fn two_consumers_never_share_a_key() {
    let hash = format!("sha256:{}", "ab".repeat(32));
    let key = format!("keys: [{{ name: a, hash: \"{hash}\" }}]");
    let consumers = format!(
        "  one: {{ plan: gold, scopes: [order:read], {key} }}\n  two: {{ plan: gold, scopes: [order:read], {key} }}\n"
    );
    let written = Written::sound().with("tenants/acme.yaml", &format!("{TENANT}{consumers}"));
    assert_snapshot!(written.mistakes(), @r#"tenants/acme.yaml consumers.two: the API key "a" is also a key of one of acme"#);
}

#[test]
fn a_tenant_narrows_freshness_and_never_widens_it() {
    let freshness = "freshness:\n  receivables: { ttl: 10s }\n  orders: { ceiling: 1d, ttl: 1s }\n";
    let written = Written::sound().with("tenants/acme.yaml", &format!("{TENANT}{freshness}"));
    assert_snapshot!(written.mistakes(), @"tenants/acme.yaml:14 freshness.orders.ceiling: the ceiling can be lowered, not raised: it is 900s");
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
    assert_snapshot!(written.mistakes(), @r#"
    apis/erp/v1/api.yaml:4 routes[0].upstream: the path has no `{di}`; did you mean "id"?
    apis/erp/v1/api.yaml:5 routes[1].methods[0]: "TRACE" cannot be forwarded; there is: GET, HEAD, POST, PUT, PATCH, DELETE
    apis/erp/v1/api.yaml:5 routes[1].methods[2]: this method stands twice
    apis/erp/v1/api.yaml:5 routes[1].upstream: the path ends in `/**`, so this must end in it too
    apis/erp/v1/api.yaml:6 routes[2].upstream: the path does not end in `/**`, so there is nothing to append
    apis/erp/v1/api.yaml:7 routes[3]: GET /e is taken already, by apis/erp/v1/api.yaml routes[2]
    apis/erp/v1/api.yaml:8 routes[4].path: `..` is not a path segment: use letters, digits and `-._~`, or a parameter as `{name}`, or `/**` at the end
    apis/erp/v1/api.yaml:9 routes[5]: /openapi.json is where the version's contract is found; use another path
    "#);
}

#[test]
fn editors_are_told_what_may_be_written() {
    for (name, document) in [("gateway", Document::Gateway), ("tenant", Document::Tenant), ("api", Document::Api)] {
        assert_snapshot!(format!("schema_{name}"), serde_json::to_string_pretty(&schema(document)).unwrap());
    }
}

#[test]
fn what_templates_write_fits_what_editors_are_told() {
    for (file, text) in crate::templates::INIT.iter().chain(crate::templates::DEMO) {
        let document = match file {
            _ if !file.ends_with(".yaml") => continue,
            _ if file.starts_with("tenants/") => Document::Tenant,
            _ if file.starts_with("apis/") => Document::Api,
            _ => Document::Gateway,
        };
        let written: serde_json::Value = serde_saphyr::from_str(text).unwrap();
        if let Err(error) = jsonschema::validate(schema(document).as_value(), &written) {
            panic!("{file}: {error}");
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    /// Whatever an editor or a bad merge leaves behind: mistakes or settings, never a panic, and never the secret.
    #[test]
    fn no_file_makes_the_check_stumble(cut in 0_usize..TENANT.len(), length in 0_usize..40, scrap in "[\\PC\n\t]{0,12}") {
        let mut text = TENANT.replace("env:ERP_TOKEN", "hunter2");
        let cut = cut.min(text.len());
        let end = (cut + length).min(text.len());
        text.replace_range(cut..end, &scrap);
        let written = Written::sound().with("tenants/acme.yaml", &text);
        let said = match written.check() {
            Ok(settings) => format!("{settings:?}"),
            Err(mistakes) => format!("{mistakes:?}"),
        };
        proptest::prop_assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn what_a_system_lets_us_ask_is_the_packs_unless_the_operator_says_otherwise() {
    let tenant = |limits: &str| {
        TENANT
            .replace("dynamics365", "stripe")
            .replace("    settings: { company: usmf, currency: EUR }\n", &format!("    settings: {{}}\n{limits}"))
    };
    let written = |limits: &str| Written::sound().with("tenants/acme.yaml", &tenant(limits));
    let limits = |text: &str| {
        let settings = written(text).settings();
        settings.tenants.values().next().unwrap().systems.values().next().unwrap().endure.limits.clone()
    };
    let usual = limits("");
    assert_eq!((usual.concurrency, usual.reserve_percent, usual.reported), (32, 10, true));
    assert_eq!(usual.windows.values().map(|calls| calls.allowed()).collect::<Vec<_>>(), [Some(100)]);
    assert_eq!(limits("    concurrency: 7\n").concurrency, 7);
    let own = limits("    limits: { concurrency: 9, per_second: 25, per_day: 5000, reserve: 20, reported: false }\n");
    assert_eq!((own.concurrency, own.reserve_percent, own.reported), (9, 20, false));
    assert_eq!(own.windows.values().map(|calls| calls.allowed()).collect::<Vec<_>>(), [Some(25), Some(5_000)]);
    assert_snapshot!(
        written("    concurrency: 5\n    limits: { concurrency: 5, per_day: 0, per_week: 3, reserve: 60 }\n").mistakes(),
        @r#"
    tenants/acme.yaml:9 systems.acme-erp.limits.concurrency: `concurrency` is said twice, here and of the system itself; say it once
    tenants/acme.yaml:9 systems.acme-erp.limits.per_day: this must be 1 or more
    tenants/acme.yaml:9 systems.acme-erp.limits.per_week: there is no setting "per_week" here; there is: concurrency, per_second, per_10_seconds, per_minute, per_hour, per_day, reserve, reported
    tenants/acme.yaml:9 systems.acme-erp.limits.reserve: no more than 50 percent can be kept, found 60
    "#
    );
}
#[test]
fn a_store_is_described_and_every_mistake_about_it_is_said() {
    let written = Written::sound().with(
        "portico.yaml",
        &format!("{GATEWAY}store:\n  redis: redis://10.0.0.7:6379/2\n  user: portico\n  password: env:ERP_TOKEN\n  timeout: 20ms\n  lease: 10\n  gateways: 3\n"),
    );
    let store = written.settings().store.expect("there is one");
    assert_eq!((&*store.url, store.user.as_deref()), ("redis://10.0.0.7:6379/2", Some("portico")));
    assert_eq!((&*store.prefix, store.lease, store.gateways), ("portico", 10, 3));
    assert_eq!(store.timeout, std::time::Duration::from_millis(20));
    assert!(!format!("{store:?}").contains("hunter2"));

    let wrong =
        |section: &str| Written::sound().with("portico.yaml", &format!("{GATEWAY}store: {section}\n")).mistakes();
    let all = [
        "{ redis: 'http://10.0.0.7' }",
        "{ redis: 'redis://:hunter2@10.0.0.7' }",
        "{ redis: 'redis://10.0.0.7', lease: 60, prefix: 'a b', gateways: 0, timeout: 0s }",
        "{ redis: 'redis://10.0.0.7', user: portico }",
        "{ redis: 'redis://10.0.0.7', password: hunter2 }",
        "{ redis: env:NOWHERE }",
        "{ reddis: 'redis://10.0.0.7' }",
    ];
    assert_snapshot!(all.map(wrong).concat(), @r#"
    portico.yaml:6 store.redis: expected `redis://host:6379`, `rediss://host:6379` or `redis+unix:///path/to/socket`
    portico.yaml:6 store.redis: secrets do not stand in the configuration: write the password as a reference beside it
    portico.yaml:6 store.gateways: this must be 1 or more
    portico.yaml:6 store.lease: one gateway may hold 50 percent at most
    portico.yaml:6 store.prefix: expected letters, digits, `-`, `_` and `.`
    portico.yaml:6 store.timeout: this must be more than nothing
    portico.yaml:6 store.user: the user "portico" needs a password beside it
    portico.yaml:6 store.password: secrets do not stand in the configuration: write a reference to it, `env:NAME` or `file:PATH`
    portico.yaml:6 store.redis: the environment variable NOWHERE is not set
    portico.yaml:6 store: "redis" is missing here
    portico.yaml:6 store.reddis: there is no setting "reddis" here; did you mean "redis"?
    "#);
}

#[test]
fn places_have_rates_and_plans_have_months() {
    let written = Written::sound()
        .with("portico.yaml", &GATEWAY.replace("rate: 500/s", "rate: 500/s, quota_per_month: 900, when_away: deny"))
        .with("apis/orders/v1/api.yaml", &format!("{API}rate: {{ rate: 100/min, burst: 7 }}\n"))
        .with("apis/orders/v1/order.graphql", &OPERATION.replace("# required: erp", "# rate: 5/s, burst 10"))
        .with(
            "tenants/acme.yaml",
            &format!("{TENANT}limits: {{ quota_per_day: 3, quota_per_month: 4, when_away: allow }}\n"),
        );
    let settings = written.settings();
    let plan = settings.plans.values().next().unwrap().throttle;
    let tenant = settings.tenants.values().next().unwrap().limits;
    assert_snapshot!(format!("{:?} {:?}\n{:?} {:?} {:?}", plan.monthly, plan.away, tenant.daily, tenant.monthly, tenant.away), @"
    Some(900) Deny
    Some(3) Some(4) Allow
    ");
    let version = settings.api_version("orders", "v1").unwrap();
    let places: Vec<String> = version.limits().map(|limit| format!("{} {:?}", limit.place, limit.rate)).collect();
    assert_snapshot!(places.join("\n"), @"
    orders/v1 Rate { count: 100, per: 60s, burst: 7 }
    orders/v1 GET /orders/{number} Rate { count: 5, per: 1s, burst: 10 }
    ");
    for rate in ["5", "5/s burst", "5/s, burst many", "5/s, burst 0", "0/s"] {
        let text = OPERATION.replace("# required: erp", &format!("# rate: {rate}"));
        let mistakes = Written::sound().with("apis/orders/v1/order.graphql", &text).mistakes();
        assert!(
            mistakes.contains("order.graphql:2") && mistakes.contains("expected a rate such as"),
            "{rate}: {mistakes}"
        );
    }
}
