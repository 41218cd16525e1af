//! What a caller with bad intentions tries once it is inside: more than its share, and more than it may see.
//! How rates, days, places and costs are counted is tested beside the policy (`policies/src/throttle`).

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use http::StatusCode;
use portico_gateway::settings::Settings;
use portico_policies::throttle::Rate;
use portico_tests::{Reply, Scene, Tenant, TokenRequest, Upstream};

/// The CRM, were it allowed one customer only.
async fn with_a_crm_of_one_customer() -> Scene {
    Scene::with(|settings| {
        let acme = settings.tenants.values_mut().find(|tenant| tenant.id.as_str() == "acme").and_then(Arc::get_mut);
        let crm = acme.and_then(|acme| acme.consumers.values_mut().find(|consumer| consumer.id.as_str() == "crm"));
        let crm = crm.and_then(Arc::get_mut).expect("nobody else holds the settings yet");
        crm.customers = Some(Arc::new(["C-1001"].iter().collect()));
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_see_some_customers_sees_no_system_as_a_whole() {
    let scene = with_a_crm_of_one_customer().await;
    let reply = scene.get("/erp/v1/CustomersV3?$top=1").as_consumer("crm").send().await;
    assert_eq!((reply.status.as_u16(), reply.json()["code"].as_str()), (403, Some("forbidden")), "{}", reply.text());
    let own = scene.graphql(r#"{ customer(by: { number: "C-1001" }) { name } }"#).as_consumer("crm").send().await;
    assert_eq!(own.json()["data"]["customer"]["name"], "Hanseatic Pumps GmbH", "{}", own.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_question_has_no_endless_answer() {
    let scene = Scene::start().await;
    let aliases: String = (0..55).map(|at| format!("a{at}: source {{ system role state fetchedAt }} ")).collect();
    let page = |inside: &str| format!("orders(first: 20) {{ edges {{ node {{ {inside} }} }} }}");
    let nested = page(&format!("customer {{ {} }}", page(&format!("customer {{ {} }}", page(&aliases)))));
    let query = format!(r#"{{ customer(by: {{ number: "C-1001" }}) {{ {nested} }} }}"#);
    let reply = scene.graphql(&query).as_consumer("support-console").send().await;
    let answer = reply.json();
    assert_eq!(
        (&answer["data"], answer["errors"][0]["extensions"]["code"].as_str()),
        (&serde_json::Value::Null, Some("query_too_costly"))
    );
}

/// So many an hour: nothing comes back while a test runs.
fn an_hour(count: u32) -> Rate {
    let count = count.try_into().expect("not zero");
    Rate::new(count, Duration::from_secs(3_600), count).expect("a rate like any other")
}

async fn with_a_rate(count: u32) -> Scene {
    Scene::with(move |settings| rated(settings, count)).await
}

fn rated(settings: &mut Settings, count: u32) {
    for plan in settings.plans.values_mut() {
        Arc::make_mut(plan).throttle.rate = an_hour(count);
    }
}

async fn product(scene: &Scene) -> Reply {
    scene.get("/partner/v2/products/AC-100").as_consumer("partner-one").send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_on_makes_the_wait_no_longer() {
    let scene = with_a_rate(1).await;
    assert_eq!(product(&scene).await.status, 200);
    let wait = |reply: &Reply| reply.header("retry-after").parse::<u64>().expect("seconds");
    let first = wait(&product(&scene).await);
    for _ in 0..50 {
        let reply = product(&scene).await;
        assert_eq!((reply.status.as_u16(), reply.header("cache-control").as_str()), (429, "no-store"));
        assert!(wait(&reply) <= first, "{first} became {}", wait(&reply));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_gives_nobody_a_new_budget() {
    let scene = with_a_rate(2).await;
    for _ in 0..2 {
        assert_eq!(product(&scene).await.status, 200);
    }
    for _ in 0..3 {
        scene.reload_with(|settings| rated(settings, 2));
        assert_eq!(product(&scene).await.status, 429);
    }
}

/// Neither spelling nor credential nor connection is another budget: it belongs to the consumer.
#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_has_one_budget_however_it_comes() {
    let scene = with_a_rate(3).await;
    let key = scene.environment("KEY_PARTNER");
    let path = "/partner/v2/products/AC-100";
    let by_key = scene.get(path).header("x-api-key", &key).send().await;
    let by_token = product(&scene).await;
    let another = scene.sandbox().mint(&TokenRequest::new(Tenant::Acme, "partner-one").claim("sub", "somebody else"));
    let by_another = scene.get(path).bearer(&another).send().await;
    assert_eq!([by_key.status, by_token.status, by_another.status].map(|status| status.as_u16()), [200, 200, 200]);
    let fresh = scene.sandbox().mint(&TokenRequest::new(Tenant::Acme, "partner-one").claim("sub", ""));
    for ask in [
        scene.get(path).header("x-api-key", &key),
        scene.get(path).bearer(&fresh),
        scene.get(path).bearer(&another).header("x-forwarded-for", "203.0.113.7"),
        scene.get("/partner/v1/products/AC-100").header("x-api-key", &key),
        scene.get("/partner/v3/products/AC-100").header("x-api-key", &key),
    ] {
        let reply = ask.send().await;
        // A token without a subject may also be none at all.
        assert!([401, 404, 429].contains(&reply.status.as_u16()), "{}", reply.text());
    }
    // The same name at the other tenant is somebody else.
    let theirs = scene.get("/partner/v2/products/GB-100").of(Tenant::Globex, "partner-one").send().await;
    assert_eq!(theirs.status, 200, "{}", theirs.text());
}

/// A system that limits us is neither asked again for this request nor remembered as an answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_systems_429_is_neither_repeated_nor_cached() {
    let upstream = Upstream::start().await;
    let as_erp = upstream.as_erp();
    let scene = Scene::with(|settings| {
        as_erp(settings);
        // Shorter than the pause, so that nobody waits for its end.
        (settings.tiers.critical, settings.tiers.standard) = (Duration::from_secs(1), Duration::from_secs(1));
    })
    .await;
    upstream.answer(StatusCode::TOO_MANY_REQUESTS, &[("retry-after", "2")], "limited");
    let query = r#"{ product(sku: "AC-100") { sku } }"#;
    // Who comes next and who comes by a proxied route waits for the same pause.
    for _ in 0..3 {
        let refused = scene.graphql(query).as_consumer("support-console").send().await;
        assert_eq!(refused.errors(), ["product upstream_throttled acme-erp"]);
        assert_eq!(refused.header("cache-control"), "no-store");
        assert_eq!(scene.get("/erp/v1/x").as_consumer("crm").send().await.code(), "upstream_throttled");
    }
    assert_eq!(upstream.seen().len(), 1);
    upstream.answer(StatusCode::OK, &[("content-type", "application/json")], r#"{"value":[]}"#);
    let answered = async {
        loop {
            let reply = scene.graphql(query).as_consumer("support-console").send().await;
            if !reply.text().contains("upstream_throttled") {
                return reply;
            }
            tokio::task::yield_now().await;
        }
    };
    let reply = tokio::time::timeout(Duration::from_secs(10), answered).await.expect("the pause has an end");
    assert_eq!(reply.errors(), ["product not_found acme-erp"], "{}", reply.text());
}

/// A refusal of one caller is nobody else's answer, and not its own later one.
#[tokio::test(flavor = "multi_thread")]
async fn our_own_429_is_not_cached() {
    let scene = with_a_rate(1).await;
    assert_eq!(product(&scene).await.status, 200);
    let refused = product(&scene).await;
    assert_eq!((refused.status.as_u16(), refused.header("cache-control").as_str()), (429, "no-store"));
    assert_eq!(scene.get("/partner/v2/products/AC-100").as_consumer("partner-two").send().await.status, 200);
    scene.reload_with(|_| {});
    assert_eq!(product(&scene).await.status, 200);
}

/// What a stranger sends makes no series and no line longer: thousands of made-up callers leave the metrics as they were.
#[tokio::test(flavor = "multi_thread")]
async fn made_up_callers_leave_nothing_behind() {
    let scene = Scene::start().await;
    let series = || async { scene.admin_get("/metrics").send().await.text().lines().count() };
    let made_up = |at: usize| {
        let path = format!("/partner/v2/orders/SO-{at}?x={at}");
        let ask = scene.get(&path).header("x-api-key", format!("pk_{at:012x}_{at:064x}"));
        ask.header("x-tenant-id", format!("tenant-{at}")).header("user-agent", format!("agent-{at}"))
    };
    for at in 0..20 {
        assert_eq!(made_up(at).send().await.status, 401);
    }
    let before = series().await;
    for at in (20..1_020).step_by(20) {
        join_all((at..at + 20).map(|at| made_up(at).send())).await;
    }
    assert_eq!(series().await, before);
}
