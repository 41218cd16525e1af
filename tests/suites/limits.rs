//! How much a caller may ask, and what it is told when that is too much.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use portico_policies::throttle::{PlaceLimit, Plan, Rate};
use portico_tests::{Fault, Reply, Role, Scene, Tenant};

/// So many an hour: nothing comes back while a test runs.
fn an_hour(count: u32) -> Rate {
    let count = count.try_into().expect("not zero");
    Rate::new(count, Duration::from_secs(3_600), count).expect("a rate like any other")
}

/// The whole answer, also where a second has passed since the limit was used up.
fn calmly(reply: &Reply) -> String {
    [("1799", "1800"), ("3599", "3600"), ("599", "600")]
        .iter()
        .fold(reply.whole(), |shown, (was, is)| shown.replace(was, is))
}

/// The demo with changed plans.
async fn with_plans(change: impl Fn(&mut Plan)) -> Scene {
    Scene::with(|settings| settings.plans.values_mut().for_each(|plan| change(&mut Arc::make_mut(plan).throttle))).await
}

async fn retired(scene: &Scene, consumer: &str) -> Reply {
    // A product that is in the cache after the first call: the cheapest request that passes every limit.
    scene.get("/partner/v2/products/AC-100").as_consumer(consumer).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn silver_is_twenty_a_second_with_forty_at_once() {
    let scene = Scene::start().await;
    assert_eq!(retired(&scene, "partner-one").await.status, 200);
    let replies = join_all((0..120).map(|_| retired(&scene, "partner-one"))).await;
    let refused: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 429).collect();
    let served = replies.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(served + refused.len(), 120);
    // Forty at once, and what comes back while they are answered.
    assert!((39..80).contains(&served), "{served}");
    for reply in &refused {
        assert_eq!((reply.code().as_str(), reply.header("retry-after").as_str()), ("rate_limited", "1"));
    }
    // Another consumer of the same plan has a budget of its own.
    assert_eq!(retired(&scene, "partner-two").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_up_rate_says_when_to_come_back() {
    let scene = with_plans(|plan| plan.rate = an_hour(2)).await;
    insta::assert_snapshot!(retired(&scene, "partner-one").await.whole(), @r#"
    200
    age: …
    cache-control: private
    cache-status: portico; fwd=miss
    connection: keep-alive
    content-type: application/json
    etag: W/"eb2de181d7928bf87f9d5b07"
    ratelimit-policy: "rate";q=2;w=3600, "day";q=10000;w=86400, "concurrent";q=100;qu="concurrent-requests", "cost";q=20000;w=1;qu="cost"
    ratelimit: "rate";r=…;t=…, "day";r=…;t=…, "concurrent";r=…, "cost";r=…;t=…
    vary: Authorization, Accept
    x-content-type-options: nosniff
    x-request-id: …
    {"sku":"AC-100","name":"AC Feed pump 100","description":null,"unit":"pcs","warrantyMonths":24,"availability":{"available":"40","expectedOn":null}}
    "#);
    retired(&scene, "partner-one").await;
    scene.sandbox().clear_calls();
    let refused = retired(&scene, "partner-one").await;
    insta::assert_snapshot!(calmly(&refused), @r#"
    429
    cache-control: no-store
    connection: keep-alive
    content-type: application/problem+json
    ratelimit-policy: "rate";q=2;w=3600, "day";q=10000;w=86400, "concurrent";q=100;qu="concurrent-requests", "cost";q=20000;w=1;qu="cost"
    ratelimit: "rate";r=…;t=…, "concurrent";r=…
    retry-after: 1800
    x-content-type-options: nosniff
    x-request-id: …
    {"type":"https://iana.org/assignments/http-problem-types#quota-exceeded","title":"Too many requests","status":429,"detail":"The limit `rate` is used up; come back in 1800 seconds.","instance":"…","code":"rate_limited","advice":"Wait as long as Retry-After says.","request_id":"…","retryable":true,"violated-policies":["rate"]}
    "#);
    assert_eq!(scene.sandbox().calls(), []);
    let graphql = with_plans(|plan| plan.rate = an_hour(1)).await;
    let ask = || graphql.graphql("{ __typename }").as_consumer("crm").send();
    ask().await;
    insta::assert_snapshot!(calmly(&ask().await), @r#"
    429
    cache-control: no-store
    connection: keep-alive
    content-type: application/graphql-response+json; charset=utf-8
    ratelimit-policy: "rate";q=1;w=3600, "concurrent";q=100;qu="concurrent-requests", "cost";q=20000;w=1;qu="cost"
    ratelimit: "rate";r=…;t=…, "concurrent";r=…
    retry-after: 3600
    x-content-type-options: nosniff
    x-request-id: …
    {"errors":[{"message":"The limit `rate` is used up; come back in 3600 seconds.","extensions":{"code":"rate_limited","advice":"Wait as long as Retry-After says.","retryable":true,"retryAfterMs":"…","requestId":"…"}}]}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_takes_nothing_from_the_budget() {
    let scene = with_plans(|plan| plan.rate = an_hour(3)).await;
    for _ in 0..5 {
        // Without the scope: refused before the budget is asked.
        assert_eq!(scene.get("/credit/v1/openapi.json").as_consumer("partner-one").send().await.status, 403);
    }
    for _ in 0..3 {
        assert_eq!(retired(&scene, "partner-one").await.status, 200);
    }
    assert_eq!(retired(&scene, "partner-one").await.status, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_days_quota_ends_too() {
    let scene = with_plans(|plan| plan.daily = 2.try_into().ok()).await;
    for _ in 0..2 {
        assert_eq!(retired(&scene, "partner-one").await.status, 200);
    }
    let refused = retired(&scene, "partner-one").await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (429, "quota_exceeded"));
    insta::assert_snapshot!(refused.json()["violated-policies"], @r#"["day"]"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_months_quota_ends_too() {
    let scene = with_plans(|plan| plan.monthly = 2.try_into().ok()).await;
    for _ in 0..2 {
        assert_eq!(retired(&scene, "partner-one").await.status, 200);
    }
    let refused = retired(&scene, "partner-one").await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (429, "quota_exceeded"));
    insta::assert_snapshot!(refused.json()["violated-policies"], @r#"["month"]"#);
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=31 * 86_400).contains(&wait), "{wait}");
    assert_eq!(retired(&scene, "partner-two").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_and_an_operation_have_limits_of_their_own() {
    let scene = Scene::with(|settings| {
        for api in settings.apis.values_mut().filter(|api| api.name.as_str() == "partner") {
            for version in Arc::get_mut(api).expect("ours alone").versions.values_mut() {
                let version = Arc::get_mut(version).expect("ours alone");
                let limit = |place: String, count| PlaceLimit { place: place.into(), rate: an_hour(count) };
                version.limit = Some(limit(version.base_path(), 4));
                for operation in &mut version.operations {
                    let operation = Arc::get_mut(operation).expect("ours alone");
                    if operation.path.to_string().starts_with("/products") {
                        operation.limit = Some(limit(format!("{} {}", version.version, operation.path), 2));
                    }
                }
            }
        }
    })
    .await;
    let order = || scene.get("/partner/v2/orders/SO-1042").as_consumer("partner-one").send();
    for _ in 0..2 {
        assert_eq!(retired(&scene, "partner-one").await.status, 200);
    }
    let refused = retired(&scene, "partner-one").await;
    insta::assert_snapshot!(refused.header("ratelimit-policy"), @r#""rate";q=20;w=1, "day";q=10000;w=86400, "concurrent";q=100;qu="concurrent-requests", "cost";q=20000;w=1;qu="cost", "api";q=4;w=3600, "route";q=2;w=3600"#);
    insta::assert_snapshot!(refused.json()["violated-policies"], @r#"["route"]"#);
    assert_eq!(order().await.status, 200, "another operation of the same version");
    assert_eq!(order().await.status, 200);
    insta::assert_snapshot!(order().await.json()["violated-policies"], @r#"["api"]"#);
    // Others have their own, of the same tenant and of another; and another version has its own.
    assert_eq!(retired(&scene, "partner-two").await.status, 200);
    assert_eq!(scene.get("/partner/v1/orders/SO-1042").as_consumer("partner-one").send().await.status, 200);
    assert_eq!(scene.get("/partner/v2/orders/SO-7042").of(Tenant::Globex, "partner-one").send().await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_slowed_down_before_anybody_is_authenticated() {
    let scene = Scene::with(|settings| settings.limits.per_address = an_hour(2)).await;
    for _ in 0..2 {
        assert_eq!(scene.get("/partner/v2/products/AC-100").bearer("guess").send().await.status, 401);
    }
    let refused = scene.get("/partner/v2/products/AC-100").as_consumer("partner-one").send().await;
    insta::assert_snapshot!(calmly(&refused), @r#"
    429
    cache-control: no-store
    connection: keep-alive
    content-type: application/problem+json
    retry-after: 1800
    x-content-type-options: nosniff
    x-request-id: …
    {"type":"https://iana.org/assignments/http-problem-types#quota-exceeded","title":"Too many requests from this address","status":429,"detail":"The limit `address` is used up; come back in 1800 seconds.","instance":"…","code":"address_rate_limited","advice":"Wait as long as Retry-After says.","request_id":"…","retryable":true,"violated-policies":["address"]}
    "#);
    // Another address, says the caller; it is not a proxy of ours, so nobody believes it.
    let elsewhere = scene.get("/partner/v2/products/AC-100").header("x-forwarded-for", "203.0.113.9").send().await;
    assert_eq!(elsewhere.code(), "address_rate_limited");
    assert_eq!(scene.sandbox().calls(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_are_answered_at_once() {
    let scene = with_plans(|plan| plan.concurrency = 1.try_into().expect("not zero")).await;
    scene.sandbox().set_fault(Tenant::Acme, Role::Erp, Fault::Slow(Duration::from_millis(300))).await;
    let replies = join_all((0..3).map(|_| retired(&scene, "partner-one"))).await;
    let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 429, 429]);
    let refused = replies.iter().find(|reply| reply.status == 429).expect("two were refused");
    insta::assert_snapshot!(refused.whole(), @r#"
    429
    cache-control: no-store
    connection: keep-alive
    content-type: application/problem+json
    ratelimit-policy: "rate";q=20;w=1, "day";q=10000;w=86400, "concurrent";q=1;qu="concurrent-requests", "cost";q=20000;w=1;qu="cost"
    ratelimit: "concurrent";r=…
    retry-after: 1
    x-content-type-options: nosniff
    x-request-id: …
    {"type":"https://iana.org/assignments/http-problem-types#quota-exceeded","title":"Too many requests at once","status":429,"detail":"The limit `concurrent` allows 1 requests at once.","instance":"…","code":"too_many_concurrent","advice":"Wait until earlier requests are answered.","request_id":"…","retryable":true,"violated-policies":["concurrent"]}
    "#);
    // The place is free again.
    assert_eq!(retired(&scene, "partner-one").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_costs_more_than_any_may_is_refused_unasked() {
    let scene = Scene::start().await;
    let query = r#"{ orders(customer: { number: "C-1001" }, first: 100) { edges { node { number
        customer { orders(first: 100) { edges { node { number invoices { number } lines { product { name } } } } } }
    } } } }"#;
    insta::assert_snapshot!(scene.graphql(query).as_consumer("support-console").send().await.whole(), @r#"
    400
    cache-control: no-store
    connection: keep-alive
    content-type: application/graphql-response+json; charset=utf-8
    ratelimit-policy: "rate";q=500;w=1, "concurrent";q=100;qu="concurrent-requests", "cost";q=20000;w=1;qu="cost"
    ratelimit: "rate";r=…;t=…, "concurrent";r=…
    x-content-type-options: nosniff
    x-request-id: …
    {"errors":[{"message":"The query may cost 6105 points; at most 5000 are allowed at once.","extensions":{"code":"query_too_costly","retryable":false,"requestId":"…"}}]}
    "#);
    assert_eq!(scene.sandbox().calls(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_of_cost_is_spent_by_price_and_not_by_request() {
    let scene = with_plans(|plan| plan.cost = an_hour(6)).await;
    let ask = |number: usize| {
        let query = format!(r#"{{ order(number: "SO-{number}") {{ number customer {{ name }} }} }}"#);
        scene.graphql(&query).as_consumer("support-console").send()
    };
    // One call each for an order and its customer; what is known already costs a point.
    let mut answers = Vec::new();
    for number in 1001..1008 {
        answers.push(ask(number).await);
    }
    let statuses: Vec<u16> = answers.iter().map(|reply| reply.status.as_u16()).collect();
    insta::assert_snapshot!(format!("{statuses:?}"), @"[200, 200, 200, 429, 429, 429, 429]");
    insta::assert_snapshot!(calmly(&answers.pop().expect("the last one")), @r#"
    429
    cache-control: no-store
    connection: keep-alive
    content-type: application/graphql-response+json; charset=utf-8
    ratelimit-policy: "rate";q=500;w=1, "concurrent";q=100;qu="concurrent-requests", "cost";q=6;w=3600;qu="cost"
    ratelimit: "rate";r=…;t=…, "concurrent";r=…, "cost";r=…;t=…
    retry-after: 600
    x-content-type-options: nosniff
    x-request-id: …
    {"errors":[{"message":"The query costs 3 and 2 are left of the plan's budget.","extensions":{"code":"cost_budget_spent","advice":"Wait as long as Retry-After says, or ask for less.","retryable":true,"retryAfterMs":"…","requestId":"…"}}]}
    "#);
}
