//! Systems tell that something changed: exactly that is forgotten, at once, and only if it is proved who tells.

use std::time::Duration;

use http::Method;
use portico_gateway::AccessSink;
use portico_tests::{Ask, Delivered, Fault, Hooks, Notice, Reply, Role, Scene, Tenant};
use serde_json::Value;

/// What the vendors' forms say, as the demo's configuration has it.
const PUBLIC: &str = "https://portico.example";

/// Asks both things of one query, and says of each whether it was kept: `HIT FETCHED`.
async fn states(scene: &Scene, tenant: Tenant, query: &str, pointers: [&str; 2]) -> String {
    let reply = scene.graphql(query).of(tenant, "support-console").send().await;
    assert_eq!(reply.errors(), Vec::<String>::new(), "{}", reply.text());
    let data = reply.data();
    let state = |pointer: &&str| data.pointer(pointer).and_then(Value::as_str).unwrap_or("none").to_owned();
    pointers.iter().map(state).collect::<Vec<_>>().join(" ")
}

/// Changes one thing in its system, which tells so.
async fn change(scene: &Scene, tenant: Tenant, entity: &str, key: &str) -> Vec<Delivered> {
    scene.sandbox().change_and_tell(tenant, entity, key).await.expect("there is such a thing")
}

/// Asks twice, changes the first of two things, and asks again.
async fn only_the_first_is_forgotten(
    tenant: Tenant,
    (entity, key): (&str, &str),
    query: &str,
    pointers: [&str; 2],
) -> Vec<Delivered> {
    let scene = Scene::start().await;
    states(&scene, tenant, query, pointers).await;
    assert_eq!(states(&scene, tenant, query, pointers).await, "HIT HIT", "both are kept");
    let told = change(&scene, tenant, entity, key).await;
    assert!(told.iter().all(|delivered| delivered.taken), "{told:?}");
    assert_eq!(states(&scene, tenant, query, pointers).await, "FETCHED HIT", "only one is forgotten");
    told
}

fn names(told: &[Delivered]) -> Vec<String> {
    told.iter().map(|delivered| format!("{} {}", delivered.system, delivered.status.unwrap_or_default())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_dynamics_is_forgotten_and_no_other() {
    let query = r#"{ a: order(number: "SO-1042") { status source { state } } b: order(number: "SO-9999") { source { state } } }"#;
    let told =
        only_the_first_is_forgotten(Tenant::Acme, ("order", "SO-1042"), query, ["/a/source/state", "/b/source/state"]);
    assert_eq!(names(&told.await), ["acme-erp 204"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_asset_of_salesforce_is_forgotten_and_the_message_is_acknowledged() {
    let query = r#"{ a: asset(serialNumber: "SN-77") { source { state } } b: asset(serialNumber: "SN-78") { source { state } } }"#;
    let told =
        only_the_first_is_forgotten(Tenant::Acme, ("asset", "SN-77"), query, ["/a/source/state", "/b/source/state"]);
    assert_eq!(names(&told.await), ["acme-crm 200"]);
}

const SUBSCRIPTIONS: &str = r#"{
    a: customer(by: {number: "A"}) { subscriptions { status source { state } } }
    b: customer(by: {number: "B"}) { subscriptions { source { state } } } }"#;
const OF_BOTH: [&str; 2] = ["/a/subscriptions/0/source/state", "/b/subscriptions/0/source/state"];

/// Two customers with one subscription each at least, and the first one's number for it.
async fn subscribed(tenant: Tenant) -> (String, String, String) {
    let scene = Scene::start().await;
    let world = scene.sandbox().estate(tenant).read();
    let first = world.subscriptions.iter().next().expect("there are some").clone();
    let other = world.subscriptions.iter().find(|other| other.customer != first.customer).expect("there are others");
    (first.number.clone(), first.customer.clone(), other.customer.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_of_stripe_is_forgotten_and_no_other_customers() {
    let (subscription, customer, other) = subscribed(Tenant::Acme).await;
    let query = SUBSCRIPTIONS.replace("\"A\"", &format!("{customer:?}")).replace("\"B\"", &format!("{other:?}"));
    let told = only_the_first_is_forgotten(Tenant::Acme, ("subscription", &subscription), &query, OF_BOTH).await;
    assert_eq!(names(&told), ["acme-billing 204"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_of_chargebee_is_forgotten_and_no_other_customers() {
    let (subscription, customer, other) = subscribed(Tenant::Globex).await;
    let query = SUBSCRIPTIONS.replace("\"A\"", &format!("{customer:?}")).replace("\"B\"", &format!("{other:?}"));
    let told = only_the_first_is_forgotten(Tenant::Globex, ("subscription", &subscription), &query, OF_BOTH).await;
    assert_eq!(names(&told), ["globex-billing 204"]);
}

/// Cases of two different customers.
async fn two_cases(tenant: Tenant) -> [String; 2] {
    let scene = Scene::start().await;
    let world = scene.sandbox().estate(tenant).read();
    let first = world.cases.iter().next().expect("there are some").clone();
    let other = world.cases.iter().find(|other| other.customer != first.customer).expect("there are others");
    [first.number.clone(), other.number.clone()]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_of_zendesk_is_forgotten_and_no_other() {
    let [first, other] = two_cases(Tenant::Acme).await;
    let query = format!(
        "{{ a: case(number: {first:?}) {{ status source {{ state }} }} b: case(number: {other:?}) {{ source {{ state }} }} }}"
    );
    let told =
        only_the_first_is_forgotten(Tenant::Acme, ("case", &first), &query, ["/a/source/state", "/b/source/state"]);
    assert_eq!(names(&told.await), ["acme-support 204"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_of_servicenow_is_forgotten_and_no_other() {
    let [first, other] = two_cases(Tenant::Globex).await;
    let query = format!(
        "{{ a: case(number: \"CS{first:0>7}\") {{ status source {{ state }} }} b: case(number: \"CS{other:0>7}\") {{ source {{ state }} }} }}"
    );
    let told =
        only_the_first_is_forgotten(Tenant::Globex, ("case", &first), &query, ["/a/source/state", "/b/source/state"]);
    assert_eq!(names(&told.await), ["globex-support 204"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_netsuite_is_forgotten_and_no_other() {
    let query = r#"{ a: order(number: "SO-7042") { status source { state } } b: order(number: "SO-9999") { source { state } } }"#;
    let told = only_the_first_is_forgotten(
        Tenant::Globex,
        ("order", "SO-7042"),
        query,
        ["/a/source/state", "/b/source/state"],
    );
    assert_eq!(names(&told.await), ["globex-erp 204"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_of_hubspot_is_forgotten_and_everybody_who_knows_the_customer_tells() {
    let query = r#"{ a: customer(by: {number: "G-2001"}) { account { name source { state } } }
        b: customer(by: {number: "G-2002"}) { account { source { state } } } }"#;
    let pointers = ["/a/account/source/state", "/b/account/source/state"];
    let told = only_the_first_is_forgotten(Tenant::Globex, ("customer", "G-2001"), query, pointers).await;
    assert_eq!(names(&told), ["globex-crm 204", "globex-erp 204", "globex-billing 204", "globex-support 204"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_customer_of_acme_is_told_by_all_four() {
    let query = r#"{ a: customer(by: {number: "C-1001"}) { name account { name source { state } } }
        b: customer(by: {number: "C-1002"}) { account { source { state } } } }"#;
    let pointers = ["/a/account/source/state", "/b/account/source/state"];
    let told = only_the_first_is_forgotten(Tenant::Acme, ("customer", "C-1001"), query, pointers).await;
    assert_eq!(names(&told), ["acme-crm 200", "acme-erp 204", "acme-billing 204", "acme-support 204"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_new_value_is_answered_and_what_belongs_to_the_order_is_asked_anew() {
    let scene = Scene::start().await;
    let query = r#"{ order(number: "SO-1042") { status lines { sku } shipments { source { state } } customer { source { state } } } }"#;
    let ask = || scene.graphql(query).as_consumer("support-console").send();
    let before = ask().await.data();
    change(&scene, Tenant::Acme, "order", "SO-1042").await;
    let after = ask().await.data();
    assert_ne!(before["order"]["status"], after["order"]["status"]);
    let shipment = after["order"]["shipments"][0]["source"]["state"].clone();
    let customer = after["order"]["customer"]["source"]["state"].clone();
    assert_eq!((shipment, customer), (Value::from("FETCHED"), Value::from("HIT")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_order_shows_in_its_customers_list_and_no_other_list_is_asked_anew() {
    let scene = Scene::start().await;
    let query = r#"{ a: orders(customer: {number: "C-1001"}, first: 50) { edges { node { number source { state } } } }
        b: orders(customer: {number: "C-1003"}) { edges { node { number source { state } } } } }"#;
    let ask = || scene.graphql(query).as_consumer("support-console").send();
    let count = |reply: &Reply| reply.data()["a"]["edges"].as_array().map_or(0, Vec::len);
    let before = count(&ask().await);
    change(&scene, Tenant::Acme, "new_order", "C-1001").await;
    let after = ask().await;
    assert_eq!(count(&after), before + 1);
    assert_eq!(after.data()["b"]["edges"][0]["node"]["source"]["state"], "HIT");
}

/// An absent thing is an answer too, and a new one makes it wrong.
#[tokio::test(flavor = "multi_thread")]
async fn that_there_was_no_such_order_is_forgotten_too() {
    let scene = Scene::start().await;
    let number = format!("SO-{}", 900_000 + scene.sandbox().estate(Tenant::Acme).read().orders.len());
    let query = format!("{{ order(number: {number:?}) {{ number }} }}");
    let ask = || scene.graphql(&query).as_consumer("support-console").send();
    assert_eq!(ask().await.data()["order"], Value::Null);
    change(&scene, Tenant::Acme, "new_order", "C-1001").await;
    assert_eq!(ask().await.data()["order"]["number"], Value::from(number.clone()));
}

const ORDER: &str = r#"{ order(number: "SO-1042") { status source { state } } }"#;

/// Whether the order is still kept.
async fn is_kept(scene: &Scene) -> bool {
    let reply = scene.graphql(ORDER).as_consumer("support-console").send().await;
    reply.data()["order"]["source"]["state"] == "HIT"
}

/// A fill that began before the notice is not kept.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_on_its_way_when_the_notice_came_is_not_kept() {
    let scene = Scene::start().await;
    let slow = Fault::Slow(Duration::from_millis(800));
    // A token first, so that the one call under way is the order's.
    is_kept(&scene).await;
    change(&scene, Tenant::Acme, "order", "SO-1042").await;
    scene.sandbox().clear_calls();
    scene.sandbox().set_fault(Tenant::Acme, Role::Erp, slow).await;
    let early = scene.graphql(ORDER).as_consumer("support-console").send();
    let notice = async {
        while scene.sandbox().calls_to(Tenant::Acme, Role::Erp) == 0 {
            tokio::task::yield_now().await;
        }
        change(&scene, Tenant::Acme, "order", "SO-1042").await
    };
    let (early, told) = tokio::join!(early, notice);
    assert!(told[0].taken, "{told:?}");
    assert_eq!(early.data()["order"]["source"]["state"], "FETCHED");
    scene.sandbox().clear_faults().await;
    assert!(!is_kept(&scene).await, "it was asked before the change and is not kept");
    assert!(is_kept(&scene).await);
}

fn hooks(scene: &Scene) -> Hooks {
    Hooks { url: format!("http://{}", scene.traffic()), public_url: PUBLIC.to_owned() }
}

/// The notice of a system about a change that did not happen.
fn notice(scene: &Scene, tenant: Tenant, role: Role, entity: &str, key: &str) -> Notice {
    scene.sandbox().notice(tenant, role, &hooks(scene), entity, key).expect("it holds such a thing")
}

fn deliver<'s>(scene: &'s Scene, path: &str, notice: &Notice) -> Ask<'s> {
    let query = notice.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
    let ask = scene.ask(Method::POST, &format!("{path}{query}")).body(notice.body.clone());
    notice.headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_is_not_proved_changes_nothing_and_asks_nobody() {
    let scene = Scene::start().await;
    is_kept(&scene).await;
    scene.sandbox().clear_calls();
    let own = notice(&scene, Tenant::Acme, Role::Erp, "order", "SO-1042");
    let theirs = notice(&scene, Tenant::Globex, Role::Erp, "order", "SO-7042");
    let other = Notice { query: theirs.query.clone(), ..own.clone() };
    let with = |query: &str| Notice { query: Some(query.to_owned()), ..own.clone() };
    let forged = [
        ("/hooks/acme/acme-erp", with("secret=guessed")),
        ("/hooks/acme/acme-erp", with("secret=")),
        ("/hooks/acme/acme-erp", Notice { query: None, ..own.clone() }),
        ("/hooks/acme/acme-erp", other),
        // The secret is not looked for where this vendor cannot put it.
        (
            "/hooks/acme/acme-erp",
            Notice { query: None, ..own.clone() }.with("x-notice-secret", "demo-acme-erp-notice-secret"),
        ),
        ("/hooks/acme/acme-erp", with("secret=demo-globex-erp-notice-secret")),
        ("/hooks/acme/acme-crm", own.clone()),
        ("/hooks/globex/acme-erp", own.clone()),
        ("/hooks/globex/globex-erp", own.clone()),
        ("/hooks/umbrella/acme-erp", own.clone()),
        ("/hooks/acme/nobody", own.clone()),
        ("/hooks/ACME/acme-erp", own.clone()),
    ];
    let mut answers = Vec::new();
    for (path, notice) in &forged {
        answers.push(deliver(&scene, path, notice).send().await.whole());
    }
    // All in the same words: a stranger learns nothing about who is here.
    answers.dedup();
    insta::assert_snapshot!(answers.join("\n\n"), @r#"
    401
    cache-control: no-store
    connection: keep-alive
    content-type: application/problem+json
    www-authenticate: Notice realm="portico"
    x-content-type-options: nosniff
    x-request-id: …
    {"type":"urn:portico:problem:notice_refused","title":"The notice is not proved to come from a configured system","status":401,"detail":"This notice is not proved to come from a system that is configured here.","instance":"…","code":"notice_refused","advice":"Check tenant, system, secret and clock; the operator sees the cause.","request_id":"…","retryable":false}
    "#);
    assert!(is_kept(&scene).await);
    assert_eq!(scene.sandbox().calls().len(), 0);
    // The same notice with its own proof.
    assert_eq!(deliver(&scene, "/hooks/acme/acme-erp", &own).send().await.status, 204);
    assert!(!is_kept(&scene).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_are_over_every_byte() {
    let scene = Scene::start().await;
    let subscription =
        scene.sandbox().estate(Tenant::Acme).read().subscriptions.iter().next().expect("some").number.clone();
    let case = scene.sandbox().estate(Tenant::Acme).read().cases.iter().next().expect("some").number.clone();
    for (tenant, role, entity, key) in [
        (Tenant::Acme, Role::Billing, "subscription", subscription.as_str()),
        (Tenant::Acme, Role::Support, "case", case.as_str()),
        (Tenant::Globex, Role::Crm, "customer", "G-2001"),
    ] {
        let path = format!("/hooks/{0}/{0}-{1}", tenant.name(), role.name());
        let good = notice(&scene, tenant, role, entity, key);
        let longer = Notice { body: format!("{} ", good.body), ..good.clone() };
        assert_eq!(deliver(&scene, &path, &longer).send().await.status, 401, "{path}");
        assert_eq!(deliver(&scene, &path, &good).send().await.status, 204, "{path}");
    }
    // HubSpot's is over the address, too: another host's notice is not ours.
    let elsewhere = Hooks { public_url: "https://elsewhere.example".to_owned(), ..hooks(&scene) };
    let foreign = scene.sandbox().notice(Tenant::Globex, Role::Crm, &elsewhere, "customer", "G-2001").expect("held");
    assert_eq!(deliver(&scene, "/hooks/globex/globex-crm", &foreign).send().await.status, 401);
}

async fn metric(scene: &Scene, name: &str) -> u64 {
    let text = scene.admin_get("/metrics").send().await.text();
    let line = text.lines().find(|line| line.starts_with(name));
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_comes_again_is_taken_and_does_nothing() {
    let scene = Scene::start().await;
    let told = notice(&scene, Tenant::Acme, Role::Erp, "order", "SO-1042");
    assert_eq!(deliver(&scene, "/hooks/acme/acme-erp", &told).send().await.status, 204);
    is_kept(&scene).await;
    assert_eq!(deliver(&scene, "/hooks/acme/acme-erp", &told).send().await.status, 204);
    assert!(is_kept(&scene).await);
    assert_eq!(metric(&scene, r#"portico_notices_total{role="erp",outcome="accepted"}"#).await, 1);
    assert_eq!(metric(&scene, r#"portico_notices_total{role="erp",outcome="repeated"}"#).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_notices_do_is_counted() {
    let scene = Scene::start().await;
    is_kept(&scene).await;
    change(&scene, Tenant::Acme, "order", "SO-1042").await;
    assert!(metric(&scene, r#"portico_notice_values_removed_total{role="erp"}"#).await >= 1);
    let unknown = Notice::json(&serde_json::json!({ "BusinessEventId": "SomethingElse", "EventId": "1" }));
    let unknown = Notice { query: Some("secret=demo-acme-erp-notice-secret".to_owned()), ..unknown };
    assert_eq!(deliver(&scene, "/hooks/acme/acme-erp", &unknown).send().await.status, 204);
    assert_eq!(metric(&scene, r#"portico_notices_total{role="erp",outcome="ignored"}"#).await, 1);
    let garbage = Notice { body: "no json".to_owned(), ..unknown };
    insta::assert_snapshot!(deliver(&scene, "/hooks/acme/acme-erp", &garbage).send().await.shown(), @r#"400 {"type":"urn:portico:problem:body_malformed","title":"The body cannot be read","status":400,"detail":"This is not what notices of this system look like.","instance":"…","code":"body_malformed","advice":"Send well-formed JSON in UTF-8.","request_id":"…","retryable":false}"#);
    assert_eq!(metric(&scene, r#"portico_notices_total{role="erp",outcome="unreadable"}"#).await, 1);
    deliver(&scene, "/hooks/acme/nobody", &garbage).send().await;
    assert_eq!(metric(&scene, r#"portico_notices_total{role="none",outcome="unknown"}"#).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn hooks_take_posts_of_a_bounded_size_and_nothing_else() {
    let scene = Scene::with(|settings| settings.limits.body_bytes = 10_000).await;
    let large = Notice { body: "x".repeat(10_001), ..notice(&scene, Tenant::Acme, Role::Erp, "order", "SO-1042") };
    let mut answers = vec![deliver(&scene, "/hooks/acme/acme-erp", &large).send().await.shown()];
    for path in ["/hooks/acme/acme-erp", "/hooks/umbrella/nobody"] {
        answers.push(scene.get(path).send().await.shown());
    }
    for path in ["/hooks", "/hooks/acme", "/hooks/acme/acme-erp/more"] {
        answers.push(scene.ask(Method::POST, path).send().await.shown());
    }
    insta::assert_snapshot!(answers.join("\n"), @r#"
    413 {"type":"urn:portico:problem:body_too_large","title":"The body is too large","status":413,"detail":"The body may have 10000 bytes.","instance":"…","code":"body_too_large","advice":"Send less; the detail names the limit.","request_id":"…","retryable":false}
    405 {"type":"urn:portico:problem:method_not_allowed","title":"The method is not allowed here","status":405,"detail":"This path takes POST.","instance":"…","code":"method_not_allowed","advice":"Use a method from the Allow header.","request_id":"…","retryable":false}
    405 {"type":"urn:portico:problem:method_not_allowed","title":"The method is not allowed here","status":405,"detail":"This path takes POST.","instance":"…","code":"method_not_allowed","advice":"Use a method from the Allow header.","request_id":"…","retryable":false}
    404 {"type":"urn:portico:problem:route_not_found","title":"There is nothing at this path","status":404,"detail":"There is nothing at this path.","instance":"…","code":"route_not_found","advice":"Check the path; each API lists its paths in its openapi.json.","request_id":"…","retryable":false}
    404 {"type":"urn:portico:problem:route_not_found","title":"There is nothing at this path","status":404,"detail":"There is nothing at this path.","instance":"…","code":"route_not_found","advice":"Check the path; each API lists its paths in its openapi.json.","request_id":"…","retryable":false}
    404 {"type":"urn:portico:problem:route_not_found","title":"There is nothing at this path","status":404,"detail":"There is nothing at this path.","instance":"…","code":"route_not_found","advice":"Check the path; each API lists its paths in its openapi.json.","request_id":"…","retryable":false}
    "#);
}

/// Opens a notice from an address of this machine and does not finish it. Completes when it is answered nevertheless.
async fn unfinished(scene: &Scene, from: [u8; 4]) -> tokio::task::JoinHandle<String> {
    let head = "POST /hooks/acme/acme-erp?secret=x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n";
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind((from, 0).into()).expect("an address of this machine");
    let mut socket = socket.connect(scene.traffic()).await.expect("a connection");
    tokio::io::AsyncWriteExt::write_all(&mut socket, head.as_bytes()).await.expect("it is read");
    tokio::spawn(async move {
        let mut status = [0; 12];
        let read = tokio::io::AsyncReadExt::read_exact(&mut socket, &mut status).await;
        read.map_or_else(|_| "closed".to_owned(), |_| String::from_utf8_lossy(&status).into_owned())
    })
}

/// Whoever opens many notices and finishes none holds no more than their places, and those only for so long.
#[tokio::test(flavor = "multi_thread")]
async fn unfinished_notices_cost_others_a_repetition_and_callers_nothing() {
    let scene = Scene::start().await;
    is_kept(&scene).await;
    let own = notice(&scene, Tenant::Acme, Role::Erp, "order", "SO-1042");
    let mut strangers = Vec::new();
    for _ in 0..65 {
        strangers.push(unfinished(&scene, [127, 0, 0, 2]).await);
    }
    // One address has 64 places, and the systems have theirs.
    let (refused, ..) = futures_util::future::select_all(&mut strangers).await;
    assert_eq!(refused.expect("it ends"), "HTTP/1.1 503");
    assert_eq!(deliver(&scene, "/hooks/acme/acme-erp", &own).send().await.status, 204);
    for from in 3..=5 {
        for _ in 0..64 {
            strangers.push(unfinished(&scene, [127, 0, 0, from]).await);
        }
    }
    let until = |status: u16| {
        let (scene, own) = (&scene, &own);
        let asking = async move { while deliver(scene, "/hooks/acme/acme-erp", own).send().await.status != status {} };
        tokio::time::timeout(Duration::from_secs(9), asking)
    };
    until(503).await.expect("there is no place left");
    assert!(scene.graphql(ORDER).as_consumer("support-console").send().await.errors().is_empty());
    strangers.iter().for_each(tokio::task::JoinHandle::abort);
    until(204).await.expect("there are places again");
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_costs_the_guesser() {
    let scene = Scene::with(|settings| {
        let (one, three) = (1.try_into().expect("not zero"), 3.try_into().expect("not zero"));
        let rate = portico_policies::throttle::Rate::new(one, Duration::from_secs(3_600), three);
        settings.limits.per_address = rate.expect("a rate");
    })
    .await;
    let own = notice(&scene, Tenant::Acme, Role::Erp, "order", "SO-1042");
    let guess = Notice { query: Some("secret=guessed".to_owned()), ..own };
    let mut told = Vec::new();
    for _ in 0..4 {
        told.push(deliver(&scene, "/hooks/acme/acme-erp", &guess).send().await.status.as_u16());
    }
    assert_eq!(told, [401, 401, 401, 429]);
}

/// What is not selected in an outbound message, or not known, costs more of the cache and never a wrong answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_names_no_row_removes_all_of_its_kind_and_nothing_else() {
    let scene = Scene::start().await;
    let query = r#"{ a: asset(serialNumber: "SN-77") { source { state } } b: asset(serialNumber: "SN-78") { source { state } }
        order(number: "SO-1042") { source { state } } }"#;
    let ask = || scene.graphql(query).as_consumer("support-console").send();
    ask().await;
    let full = notice(&scene, Tenant::Acme, Role::Crm, "asset", "SN-77");
    let (before, rest) = full.body.split_once("<sf:SerialNumber>").expect("the serial number is sent");
    let (_, after) = rest.split_once("</sf:SerialNumber>").expect("the element ends");
    let short = Notice { body: format!("{before}{after}"), ..full.clone() };
    let reply = deliver(&scene, "/hooks/acme/acme-crm", &short).send().await;
    assert!(reply.text().contains("<Ack>true</Ack>"), "{}", reply.text());
    let states = ask().await.data();
    assert_eq!(
        (&states["a"]["source"]["state"], &states["b"]["source"]["state"], &states["order"]["source"]["state"]),
        (&Value::from("FETCHED"), &Value::from("FETCHED"), &Value::from("HIT"))
    );
}

/// The one secret that stands in an address is in no line.
#[tokio::test(flavor = "multi_thread")]
async fn a_notices_line_names_tenant_and_place_and_nothing_of_what_was_sent() {
    let (sender, lines) = std::sync::mpsc::sync_channel(100);
    let scene = Scene::try_start(AccessSink::Channel(sender)).await.expect("the demo starts");
    change(&scene, Tenant::Acme, "order", "SO-1042").await;
    let forged = Notice {
        query: Some("secret=guessed".to_owned()),
        ..notice(&scene, Tenant::Acme, Role::Erp, "order", "SO-1042")
    };
    deliver(&scene, "/hooks/acme/acme-erp", &forged).send().await;
    let next = || String::from_utf8(lines.recv_timeout(Duration::from_secs(5)).expect("a line")).expect("text");
    let (good, bad) = (next(), next());
    for line in [&good, &bad] {
        assert!(!line.contains("secret=") && !line.contains("guessed") && !line.contains("SO-1042"), "{line}");
        assert!(line.contains(r#""api":"hooks","version":"none","route":"/hooks/{tenant}/{system}""#), "{line}");
    }
    assert!(good.contains(r#""tenant":"acme","consumer":null"#) && good.contains(r#""status":204"#), "{good}");
    assert!(bad.contains(r#""tenant":null"#) && bad.contains(r#""code":"notice_refused""#), "{bad}");
    assert!(bad.contains("its signature or secret is wrong"), "the operator sees why: {bad}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demos_change_call_tells_how_the_gateway_answered() {
    let scene = Scene::start().await;
    is_kept(&scene).await;
    let url = format!("{}/_sandbox/change", scene.sandbox().control_url());
    let order = r#"{"tenant":"acme","entity":"order","key":"SO-1042"}"#;
    let reply = scene.post_to(&url, order).await;
    insta::assert_snapshot!(reply.shown(), @r#"200 {"changed":{"entity":"order","key":"SO-1042"},"notices":[{"system":"acme-erp","status":204,"taken":true}]}"#);
    assert!(!is_kept(&scene).await);
}
