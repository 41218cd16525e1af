//! Ways from one tenant to another: pools, keys that run together, others' floods, notices and questions.
//! The long way, everything at once from a seed, is `tests/two_tenants`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use http::StatusCode;
use portico_composites::connect::credentials::Credentials;
use portico_composites::connect::system::SystemSettings;
use portico_contracts::secret::Secret;
use portico_gateway::settings::Settings;
use portico_tests::{Role, Scene, Tenant, Upstream};

use crate::command_line::program;

/// Both tenants' ERPs are one server, which knows them by their credentials only.
fn with_one_erp(upstream: &Upstream) -> impl Fn(&mut Settings) + use<> {
    let url = upstream.url();
    move |settings| {
        for tenant in settings.tenants.values_mut().filter_map(Arc::get_mut) {
            let credential = format!("credential-of-{}", tenant.id);
            for system in tenant.systems.values_mut().filter(|system| system.role.as_str() == "erp") {
                *system = Arc::new(SystemSettings {
                    url: url.parse().expect("an address makes a URL"),
                    credentials: Credentials::Bearer(Secret::new(credential.clone())),
                    ..SystemSettings::clone(system)
                });
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_connection_to_a_system_carries_two_credentials() {
    let upstream = Upstream::start().await;
    let scene = Scene::with(with_one_erp(&upstream)).await;
    upstream.answer(
        StatusCode::OK,
        &[("content-type", "application/json")],
        r#"{"value":[],"items":[],"hasMore":false}"#,
    );
    for round in 0..9 {
        let asks = (0..8).map(|at| {
            let tenant = Tenant::ALL[at % 2];
            let query = format!(r#"{{ product(sku: "X-{round}-{at}") {{ sku }} }}"#);
            let composite = scene.graphql(&query).of(tenant, "support-console");
            let proxied = scene.get(&format!("/erp/v1/services/rest/{round}/{at}")).of(tenant, "crm");
            async move { (composite.send().await.status, proxied.send().await.status) }
        });
        let statuses = join_all(asks).await;
        assert!(statuses.iter().all(|both| *both == (StatusCode::OK, StatusCode::OK)), "{statuses:?}");
        // What is kept for one tenant must not be taken for the other after a reload either.
        if round % 3 == 2 {
            scene.reload_with(with_one_erp(&upstream));
        }
    }
    let mut carried: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for seen in upstream.seen() {
        carried.entry(seen.connection).or_default().insert(seen.header("authorization"));
    }
    let all: BTreeSet<&String> = carried.values().flatten().collect();
    assert_eq!(all.len(), 2, "both were asked: {all:?}");
    assert!(carried.values().all(|credentials| credentials.len() == 1), "{carried:?}");
    assert!(upstream.seen().len() > carried.len() + 20, "connections are used again: {}", carried.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_of_one_server_by_two_tenants_is_not_shared() {
    let upstream = Upstream::start().await;
    let scene = Scene::with(with_one_erp(&upstream)).await;
    let asks = (0..20)
        .map(|at| scene.get(&format!("/erp/v1/services/rest/x?at={}", at / 2)).of(Tenant::ALL[at % 2], "crm").send());
    join_all(asks).await;
    let mut asked: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for seen in upstream.seen() {
        asked
            .entry(seen.target.rsplit('=').next().unwrap_or_default().to_owned())
            .or_default()
            .insert(seen.header("authorization"));
    }
    assert!(asked.len() == 10 && asked.values().all(|by| by.len() == 2), "{asked:?}");
}

/// `a|bc` and `ab|c` are two keys, whatever stands between the parts of a cache's key.
#[tokio::test(flavor = "multi_thread")]
async fn keys_that_could_run_together_are_looked_up_apart() {
    let upstream = Upstream::start().await;
    let scene = Scene::with(upstream.as_erp()).await;
    let keys = [
        "a|bc",
        "ab|c",
        "a:bc",
        "ab:c",
        "a/bc",
        "ab/c",
        "a\\u001fbc",
        "a,bc",
        "a bc",
        "abc",
        "a.bc",
        "a-bc",
        "a_bc",
        "a%7Cbc",
    ];
    let mut made = Vec::new();
    for key in keys {
        let before = upstream.seen().len();
        let query = format!(r#"{{ product(sku: "{key}") {{ sku }} }}"#);
        let reply = scene.graphql(&query).as_consumer("support-console").send().await;
        let calls = upstream.seen().len() - before;
        if reply.errors().iter().any(|error| error.contains("key_refused")) {
            assert_eq!(calls, 0, "{key}");
            continue;
        }
        assert_eq!(calls, 1, "{key} was asked for itself: {}", reply.text());
        made.push(key);
    }
    assert!(made.len() > 8, "{made:?}");
    // Each is known now, and none by the name of another.
    let before = upstream.seen().len();
    for key in made {
        scene.graphql(&format!(r#"{{ product(sku: "{key}") {{ sku }} }}"#)).as_consumer("support-console").send().await;
    }
    assert_eq!(upstream.seen().len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_parameters_is_no_difference_and_a_second_one_is_refused() {
    let scene = Scene::start().await;
    let get = |query: &str| scene.get(&format!("/partner/v2/orders?{query}")).as_consumer("partner-one").send();
    let first = get("customer=C-1001&first=2").await;
    assert_eq!(first.status, 200, "{}", first.text());
    scene.sandbox().clear_calls();
    for query in ["first=2&customer=C-1001", "first=%32&customer=C%2D1001", "customer=%43-1001&first=2"] {
        assert_eq!(get(query).await.text(), first.text(), "{query}");
    }
    for query in [
        "customer=C-1001&customer=C-1002",
        "customer=C-1001&customer=C-1001",
        "customer=C-1001&%63ustomer=C-1002",
        "customer[]=C-1001",
        "customer=C-1001&first=2&first=3",
    ] {
        let reply = get(query).await;
        assert!([400, 404].contains(&reply.status.as_u16()), "{query}: {}", reply.text());
    }
    assert_eq!(scene.sandbox().calls(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_tenant_knows_unchanged_is_no_304_for_the_other() {
    let scene = Scene::start().await;
    let order = |tenant: Tenant, tag: &str| {
        scene.get("/partner/v3/orders/SO-9999").of(tenant, "partner-one").header("if-none-match", tag).send()
    };
    let of_acme = order(Tenant::Acme, "\"x\"").await;
    let tag = of_acme.header("etag");
    assert_eq!(order(Tenant::Acme, &tag).await.status, 304);
    let of_globex = order(Tenant::Globex, &tag).await;
    assert_eq!(of_globex.status, 200);
    assert_ne!(of_globex.header("etag"), tag);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_at_one_tenant_forgets_nothing_of_the_other() {
    let scene = Scene::start().await;
    let state = |tenant| {
        let query = r#"{ order(number: "SO-9999") { source { state } } }"#;
        let ask = scene.graphql(query).of(tenant, "support-console");
        async move { ask.send().await.data()["order"]["source"]["state"].clone() }
    };
    for tenant in Tenant::ALL {
        state(tenant).await;
        assert_eq!(state(tenant).await, "HIT");
    }
    let told =
        scene.sandbox().change_and_tell(Tenant::Globex, "order", "SO-9999").await.expect("there is such an order");
    assert!(told.iter().all(|delivered| delivered.taken), "{told:?}");
    assert_eq!((state(Tenant::Acme).await, state(Tenant::Globex).await), ("HIT".into(), "FETCHED".into()));
}

/// The slowest but one of so many answers to globex, from its cache.
async fn slow(scene: &Scene) -> Duration {
    let mut times = Vec::new();
    for _ in 0..60 {
        let begun = Instant::now();
        let reply = scene.get("/partner/v2/products/GB-100").of(Tenant::Globex, "partner-two").send().await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    times[times.len() - 2]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_one_tenants_neither_limits_nor_delays_the_other() {
    let scene = Scene::with(|settings| {
        for tenant in settings.tenants.values_mut().filter_map(Arc::get_mut).filter(|one| one.id.as_str() == "globex") {
            for consumer in tenant.consumers.values_mut().filter_map(Arc::get_mut) {
                consumer.plan = Arc::clone(&settings.plans["gold"]);
            }
        }
    })
    .await;
    let quiet = slow(&scene).await;
    let flood = async {
        let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
        loop {
            let asks = (0..8).map(|_| scene.get("/partner/v2/products/AC-100").of(Tenant::Acme, "partner-one").send());
            for reply in join_all(asks).await {
                *statuses.entry(reply.status.as_u16()).or_default() += 1;
            }
            if statuses.get(&429).copied().unwrap_or_default() > 400 {
                return statuses;
            }
        }
    };
    let (statuses, loud) = tokio::join!(flood, slow(&scene));
    assert!(statuses[&429] > 400);
    // One machine serves, floods and measures here: what is excluded is that globex waits for acme's limits or places.
    assert!(loud < quiet * 20 + Duration::from_millis(500), "{quiet:?} became {loud:?}");
}

#[test]
fn an_explanation_for_one_tenant_names_nothing_of_the_other() {
    let document = r#"{ customer(by: { number: "C-9999" }) { name account { owner } orders { edges { node { number
        lines { sku product { name } } cases { subject } } } } subscriptions { plan } }
        warranty(serialNumber: "SN-9999") { status } entitlement(customer: { number: "C-9999" }) { level } }"#;
    for (tenant, other) in [("acme", "globex"), ("globex", "acme")] {
        for form in [&["--json"][..], &[]] {
            let arguments =
                ["explain", "--demo", "--tenant", tenant, "--consumer", "support-console", "--query", document];
            let (explained, said) = program::told(&[&arguments[..], form].concat(), &[]);
            assert!(explained && said.contains(&format!("{tenant}-erp")), "{said}");
            assert!(!said.contains(other), "{other} in {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn token_host_path_and_header_that_disagree_leave_the_token_right() {
    let scene = Scene::start().await;
    for path in ["/partner/v3/orders/SO-9999?tenant=globex", "/partner/v3/orders/SO-9999?tenant_id=globex&x=globex"] {
        let reply = scene.get(path).of(Tenant::Acme, "partner-one").send().await;
        // A parameter that nobody knows is refused, and never obeyed.
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (400, "parameter_invalid"), "{}", reply.text());
    }
    for path in ["/globex/partner/v3/orders/SO-9999", "/partner/globex/v3/orders/SO-9999", "/t/globex/graphql"] {
        assert_eq!(scene.get(path).of(Tenant::Acme, "partner-one").send().await.status, 404, "{path}");
    }
    let claims = [
        ("x-tenant-id", "globex"),
        ("host", "globex.example"),
        ("cookie", "tenant=globex"),
        ("referer", "http://globex/"),
    ];
    let mut ask = scene.get("/partner/v3/orders/SO-9999").of(Tenant::Acme, "partner-one");
    for (name, value) in claims {
        ask = ask.header(name, value);
    }
    assert_eq!(ask.send().await.json()["customer"]["name"], "acme customer");
    assert_eq!(scene.sandbox().calls_to(Tenant::Globex, Role::Erp), 0);
}
