//! `orderChanged`: GraphQL over server-sent events, driven by what systems tell.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use portico_gateway::settings::{Consumer, Settings};
use portico_tests::{Event, Events, Fault, Role, Scene, Tenant, TokenRequest};
use serde_json::{Value, json};

const ORDER: &str = r#"subscription { orderChanged(number: "SO-1042") { number status source { state } } }"#;

async fn change(scene: &Scene, key: &str) {
    let told = scene.sandbox().change_and_tell(Tenant::Acme, "order", key).await.expect("there is such an order");
    assert!(told.iter().all(|delivered| delivered.taken), "{told:?}");
}

/// A stream that is listened for: its first comment has come.
async fn subscribed(scene: &Scene, query: &str) -> Events {
    let ask = scene.post("/graphql", &json!({ "query": query })).as_consumer("support-console");
    begun(ask.listen().await).await
}

async fn begun(mut events: Events) -> Events {
    assert_eq!(events.status, 200);
    assert_eq!(events.any().await, Some(Event { name: String::new(), data: String::new() }));
    events
}

fn completed() -> Option<Event> {
    Some(Event { name: "complete".to_owned(), data: String::new() })
}

async fn status(scene: &Scene) -> Value {
    let reply = scene.graphql(r#"{ order(number: "SO-1042") { status } }"#).as_consumer("support-console").send().await;
    reply.data()["order"]["status"].clone()
}

/// Waits until so many subscriptions are open.
async fn open_are(scene: &Scene, count: usize) {
    shows(scene, &format!("portico_subscriptions {count}")).await;
}

/// Until the metrics have this line.
async fn shows(scene: &Scene, wanted: &str) {
    let seen = async {
        while !scene.admin_get("/metrics").send().await.text().lines().any(|line| line == wanted) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), seen).await.expect("the metrics say so in the end");
}

/// Settings of one of acme's consumers.
fn with_consumer(settings: &mut Settings, name: &str, change: impl FnOnce(&mut Consumer)) {
    let tenant = settings.tenants.values_mut().find(|tenant| tenant.id.as_str() == "acme").expect("acme is there");
    let tenant = Arc::get_mut(tenant).expect("nobody else holds it yet");
    let consumer = tenant.consumers.values_mut().find(|consumer| consumer.id.as_str() == name).expect("it is there");
    change(Arc::get_mut(consumer).expect("nobody else holds it yet"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_listens_to_an_order_gets_it_as_it_is_after_each_change() {
    let scene = Scene::start().await;
    let before = status(&scene).await;
    let mut events = subscribed(&scene, ORDER).await;
    assert_eq!(events.headers["content-type"], "text/event-stream; charset=utf-8");
    assert_eq!(events.headers["cache-control"], "no-store");
    change(&scene, "SO-1042").await;
    let first = events.next().await.expect("an event");
    let answer = first.json();
    assert_eq!((first.name.as_str(), &answer["data"]["orderChanged"]["number"]), ("next", &Value::from("SO-1042")));
    assert_ne!(answer["data"]["orderChanged"]["status"], before, "the new state, not the one that was kept");
    assert_eq!(answer["data"]["orderChanged"]["source"]["state"], "FETCHED");
    assert_eq!(answer["extensions"]["cost"]["actual"], answer["extensions"]["sources"][0]["calls"], "it is charged");
    // Another order, and one of the other tenant with the same number, are no news.
    change(&scene, "SO-9999").await;
    scene.sandbox().change_and_tell(Tenant::Globex, "order", "SO-9999").await.expect("there is such an order");
    change(&scene, "SO-1042").await;
    let second = events.next().await.expect("an event").json();
    assert_eq!(second["data"]["orderChanged"]["status"], before, "changed back");
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_hear_nothing_of_each_other() {
    let scene = Scene::start().await;
    let query = r#"subscription { orderChanged(number: "SO-9999") { number customer { name } } }"#;
    let listen = |tenant| scene.post("/graphql", &json!({ "query": query })).of(tenant, "support-console").listen();
    let (mut acme, mut globex) = (begun(listen(Tenant::Acme).await).await, begun(listen(Tenant::Globex).await).await);
    change(&scene, "SO-9999").await;
    assert!(acme.next().await.expect("an event").data.contains("SO-9999"));
    // Theirs comes only with their own change, and holds their own customer.
    scene.sandbox().change_and_tell(Tenant::Globex, "order", "SO-9999").await.expect("there is such an order");
    let theirs = globex.next().await.expect("an event").json();
    let name = theirs["data"]["orderChanged"]["customer"]["name"].as_str().unwrap_or_default().to_ascii_lowercase();
    assert!(name.contains("globex"), "{theirs}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_get_can_listen_too_and_variables_are_taken() {
    let scene = Scene::start().await;
    let query = "subscription%20S(%24n%3AString!)%7BorderChanged(number%3A%24n)%7Bnumber%7D%7D";
    let path = format!("/graphql?query={query}&variables=%7B%22n%22%3A%22SO-1042%22%7D");
    let mut events = begun(scene.get(&path).as_consumer("support-console").listen().await).await;
    change(&scene, "SO-1042").await;
    assert_eq!(events.next().await.expect("an event").json()["data"]["orderChanged"]["number"], "SO-1042");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_events_a_subscription_is_refused_and_nothing_else_changes() {
    let scene = Scene::start().await;
    let ask = |accept: &str, query: &str| {
        scene
            .post("/graphql", &json!({ "query": query }))
            .header("accept", accept)
            .as_consumer("support-console")
            .send()
    };
    let mut answers = vec![ask("application/json", ORDER).await.shown(), ask("*/*", ORDER).await.shown()];
    let two = r#"subscription { a: orderChanged(number: "1") { number } b: orderChanged(number: "2") { number } }"#;
    answers.push(ask("application/json", two).await.shown());
    answers.push(ask("application/json", "subscription { nothing }").await.shown());
    answers.push(ask("application/json", "mutation { nothing }").await.shown());
    insta::assert_snapshot!(answers.join("\n"), @r#"
    406 {"errors":[{"message":"A subscription is answered as text/event-stream.","extensions":{"code":"not_acceptable","advice":"Accept one of the media types in the detail.","retryable":false,"requestId":"…"}}]}
    406 {"errors":[{"message":"A subscription is answered as text/event-stream.","extensions":{"code":"not_acceptable","advice":"Accept one of the media types in the detail.","retryable":false,"requestId":"…"}}]}
    200 {"errors":[{"message":"A subscription has exactly one root field, without @skip or @include.","extensions":{"code":"document_invalid","retryable":false,"requestId":"…"}}]}
    200 {"errors":[{"message":"Unknown field \"nothing\" on type \"Subscription\".","locations":[{"line":1,"column":16}],"extensions":{"code":"document_invalid","retryable":false,"requestId":"…"}}]}
    200 {"errors":[{"message":"The schema has no mutations.","extensions":{"code":"document_invalid","retryable":false,"requestId":"…"}}]}
    "#);
    let named = r#"{ __schema { subscriptionType { name fields { name args { name } } } } }"#;
    insta::assert_snapshot!(ask("application/json", named).await.data(), @r#"{"__schema":{"subscriptionType":{"name":"Subscription","fields":[{"name":"orderChanged","args":[{"name":"number"}]}]}}}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_events_only_gets_queries_and_mistakes_as_events() {
    let scene = Scene::start().await;
    let mut shown = Vec::new();
    for query in [r#"{ order(number: "SO-1042") { number } }"#, "{ nothing }", r#"subscription { nothing }"#] {
        let mut events =
            scene.post("/graphql", &json!({ "query": query })).as_consumer("support-console").listen().await;
        let first = events.next().await.expect("an event");
        let answer = first.json();
        let said = if answer["errors"].is_null() { &answer["data"] } else { &answer["errors"][0]["message"] };
        shown.push(format!("{} {} {said}", events.status.as_u16(), first.name));
        assert_eq!(events.next().await, completed());
        assert_eq!(events.next().await, None);
    }
    // Who asks is no matter of the document.
    let stranger = scene.post("/graphql", &json!({ "query": ORDER })).listen().await;
    shown.push(stranger.status.as_u16().to_string());
    insta::assert_snapshot!(shown.join("\n"), @r#"
    200 next {"order":{"number":"SO-1042"}}
    200 next "Unknown field \"nothing\" on type \"Query\"."
    200 next "Unknown field \"nothing\" on type \"Subscription\"."
    401
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scopes_are_those_of_a_query() {
    let scene = Scene::with(|settings| {
        with_consumer(settings, "support-console", |consumer| {
            consumer.scopes = Arc::new(["graphql", "customer:read"].into_iter().collect());
        });
    })
    .await;
    let reply = scene
        .post("/graphql", &json!({ "query": ORDER }))
        .header("accept", "text/event-stream")
        .as_consumer("support-console")
        .send()
        .await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (403, "scope_missing"));
    let partner = scene.post("/graphql", &json!({ "query": ORDER })).as_consumer("partner-one").listen().await;
    assert_eq!(partner.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sees_some_customers_hears_nothing_of_the_others() {
    let scene = Scene::with(|settings| {
        with_consumer(settings, "support-console", |consumer| {
            consumer.customers = Some(Arc::new(["C-1001"].iter().collect()));
        });
    })
    .await;
    let others = {
        let world = scene.sandbox().estate(Tenant::Acme).read();
        world.orders.of("C-1002").next().expect("it has an order").number.clone()
    };
    let query = format!("subscription {{ orderChanged(number: {others:?}) {{ number }} }}");
    let mut withheld = subscribed(&scene, &query).await;
    let mut own = subscribed(&scene, ORDER).await;
    change(&scene, &others).await;
    change(&scene, "SO-1042").await;
    assert_eq!(own.next().await.expect("an event").json()["data"]["orderChanged"]["number"], "SO-1042");
    // A failure would tell as much as an answer.
    scene.sandbox().set_fault(Tenant::Acme, Role::Erp, Fault::Status(500)).await;
    change(&scene, &others).await;
    shows(&scene, "portico_subscription_events_total{outcome=\"withheld\"} 2").await;
    scene.sandbox().clear_faults().await;
    scene.stop().await;
    assert_eq!(withheld.next().await, completed(), "it heard nothing until the end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_system_is_told_as_in_any_answer() {
    let scene = Scene::start().await;
    let mut events = subscribed(&scene, ORDER).await;
    scene.sandbox().set_fault(Tenant::Acme, Role::Erp, Fault::Status(500)).await;
    change(&scene, "SO-1042").await;
    let answer = events.next().await.expect("an event").json();
    assert_eq!(answer["data"]["orderChanged"], Value::Null);
    assert_eq!(answer["errors"][0]["extensions"]["code"], "upstream_error");
    scene.sandbox().clear_faults().await;
    change(&scene, "SO-1042").await;
    let answer = events.next().await.expect("an event").json();
    assert!(answer["data"]["orderChanged"]["number"].is_string() || !answer["errors"].is_null(), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_consumer_cannot_take_every_place() {
    let scene = Scene::with(|settings| {
        settings.plans.values_mut().for_each(|plan| Arc::make_mut(plan).subscriptions = 2);
        settings.limits.subscriptions = 3;
    })
    .await;
    let listen = |consumer| scene.post("/graphql", &json!({ "query": ORDER })).as_consumer(consumer).listen();
    let first = begun(listen("support-console").await).await;
    let _second = begun(listen("support-console").await).await;
    assert_eq!(listen("support-console").await.status, 429);
    let _third = begun(listen("crm").await).await;
    assert_eq!(listen("crm").await.status, 503);
    open_are(&scene, 3).await;
    // A client that leaves is noticed, without an event and without a heartbeat.
    drop(first);
    open_are(&scene, 2).await;
    let _again = begun(listen("support-console").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_lives_visibly_and_ends_with_its_token() {
    let scene = Scene::with(|settings| {
        settings.graphql.heartbeat = Duration::from_millis(100);
        settings.issuers.iter_mut().for_each(|issuer| issuer.leeway = Duration::ZERO);
    })
    .await;
    let token = scene.sandbox().mint(&TokenRequest::new(Tenant::Acme, "support-console").lifetime(2));
    let mut events = begun(scene.post("/graphql", &json!({ "query": ORDER })).bearer(token).listen().await).await;
    let beat = events.any().await;
    assert_eq!(beat, Some(Event { name: String::new(), data: String::new() }));
    assert_eq!(events.next().await, completed());
    assert_eq!(events.next().await, None);
    open_are(&scene, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_ends_the_streams_of_those_who_lost_their_right_and_no_others() {
    let scene = Scene::start().await;
    let listen = |consumer| scene.post("/graphql", &json!({ "query": ORDER })).as_consumer(consumer).listen();
    let (mut support, mut crm) = (begun(listen("support-console").await).await, begun(listen("crm").await).await);
    scene.reload_with(|settings| {
        with_consumer(settings, "support-console", |consumer| {
            consumer.scopes = Arc::new(["customer:read"].into_iter().collect());
        });
    });
    assert_eq!(support.next().await, completed());
    change(&scene, "SO-1042").await;
    assert_eq!(crm.next().await.expect("an event").json()["data"]["orderChanged"]["number"], "SO-1042");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_the_gateway() {
    let scene = Scene::start().await;
    let mut events = subscribed(&scene, ORDER).await;
    let (ended, ()) = tokio::join!(events.next(), scene.stop());
    assert_eq!(ended, completed());
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_come_faster_than_they_are_answered_are_one_and_the_last_is_told() {
    let scene = Scene::start().await;
    let mut events = subscribed(&scene, ORDER).await;
    scene.sandbox().set_fault(Tenant::Acme, Role::Erp, Fault::Slow(Duration::from_millis(300))).await;
    for _ in 0..21 {
        change(&scene, "SO-1042").await;
    }
    scene.sandbox().clear_faults().await;
    let last = status(&scene).await;
    let mut told = 0;
    loop {
        let answer = events.next().await.expect("an event").json();
        told += 1;
        if answer["data"]["orderChanged"]["status"] == last {
            break;
        }
        assert!(told < 10, "each of them was told");
    }
}

/// A client that reads nothing costs no memory and nobody else anything.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_holds_nobody_up() {
    let scene = Scene::start().await;
    let slow = subscribed(&scene, ORDER).await;
    let mut quick = subscribed(&scene, ORDER).await;
    for _ in 0..20 {
        change(&scene, "SO-1042").await;
        assert!(quick.next().await.is_some());
    }
    drop(slow);
    open_are(&scene, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_charged_like_a_query_and_waits_for_a_budget() {
    let scene = Scene::with(|settings| {
        let rate = portico_policies::throttle::Rate::new(
            1.try_into().expect("not zero"),
            Duration::from_secs(1),
            2.try_into().expect("not zero"),
        )
        .expect("a rate");
        settings.plans.values_mut().for_each(|plan| {
            Arc::make_mut(plan).throttle.cost = rate;
        });
    })
    .await;
    let small = r#"subscription { orderChanged(number: "SO-1042") { number } }"#;
    let mut events = subscribed(&scene, small).await;
    let begun = std::time::Instant::now();
    for _ in 0..3 {
        change(&scene, "SO-1042").await;
        assert!(events.next().await.is_some());
    }
    assert!(begun.elapsed() >= Duration::from_secs(1), "the third had to wait");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_request_opens_nothing() {
    let scene = Scene::start().await;
    let query = "subscription%7BorderChanged(number%3A%22SO-1042%22)%7Bnumber%7D%7D";
    let path = format!("/graphql?query={query}");
    let reply =
        scene.ask(Method::HEAD, &path).header("accept", "text/event-stream").as_consumer("support-console").send();
    assert_eq!(reply.await.status, 405);
    open_are(&scene, 0).await;
}
