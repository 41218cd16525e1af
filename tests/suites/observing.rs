//! What operators see: a line for each request without anybody's data, one name for a request from end to end, metrics
//! whose series are bounded, and an admin listener for those who may.

use std::sync::mpsc::{Receiver, sync_channel};

use http::Method;
use portico_gateway::AccessSink;
use portico_tests::{Reply, Scene, Tenant, Upstream};
use serde_json::Value;

async fn logged() -> (Scene, Receiver<Vec<u8>>) {
    let (sender, lines) = sync_channel(1_000);
    (Scene::try_start(AccessSink::Channel(sender)).await.expect("the demo starts"), lines)
}

/// The next line. A line is written after its answer, so it may still be on its way.
fn next(lines: &Receiver<Vec<u8>>) -> Value {
    let line = lines.recv_timeout(std::time::Duration::from_secs(5)).expect("each request has its line");
    assert_eq!(line.last(), Some(&b'\n'));
    serde_json::from_slice(&line).expect("a line is JSON")
}

/// A line without what changes from run to run.
fn steady(mut line: Value) -> String {
    for name in ["time", "request_id", "trace_id", "duration_us", "upstream_us", "bytes_out", "bytes_in"] {
        line[name] = Value::from("…");
    }
    line.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_has_one_line() {
    let (scene, lines) = logged().await;
    scene.get("/partner/v2/orders/SO-1042").as_consumer("partner-one").send().await;
    insta::assert_snapshot!(steady(next(&lines)), @r#"{"time":"…","kind":"access","request_id":"…","trace_id":"…","network":"127.0.0.0/24","tenant":"acme","consumer":"partner-one","api":"partner","version":"v2","route":"/partner/v2/orders/{number}","method":"GET","protocol":"1.1","status":200,"code":null,"cause":null,"abandoned":false,"duration_us":"…","upstream_us":"…","cost":3,"calls":3,"bytes_in":"…","bytes_out":"…"}"#);
    scene.graphql(r#"{ order(number: "SO-1042") { number } }"#).as_consumer("support-console").send().await;
    insta::assert_snapshot!(steady(next(&lines)), @r#"{"time":"…","kind":"access","request_id":"…","trace_id":"…","network":"127.0.0.0/24","tenant":"acme","consumer":"support-console","api":"graphql","version":"none","route":"/graphql","method":"POST","protocol":"1.1","status":200,"code":null,"cause":null,"abandoned":false,"duration_us":"…","upstream_us":"…","cost":1,"calls":0,"bytes_in":"…","bytes_out":"…"}"#);
    scene.get("/erp/v1/CustomersV3?$top=1").as_consumer("crm").send().await;
    insta::assert_snapshot!(steady(next(&lines)), @r#"{"time":"…","kind":"access","request_id":"…","trace_id":"…","network":"127.0.0.0/24","tenant":"acme","consumer":"crm","api":"erp","version":"v1","route":"/erp/v1/**","method":"GET","protocol":"1.1","status":200,"code":null,"cause":null,"abandoned":false,"duration_us":"…","upstream_us":"…","cost":null,"calls":null,"bytes_in":"…","bytes_out":"…"}"#);
    scene.get("/partner/v2/orders/SO-1042").send().await;
    insta::assert_snapshot!(steady(next(&lines)), @r#"{"time":"…","kind":"access","request_id":"…","trace_id":"…","network":"127.0.0.0/24","tenant":null,"consumer":null,"api":"partner","version":"v2","route":"/partner/v2/orders/{number}","method":"GET","protocol":"1.1","status":401,"code":"credentials_missing","cause":null,"abandoned":false,"duration_us":"…","upstream_us":"…","cost":null,"calls":null,"bytes_in":"…","bytes_out":"…"}"#);
    scene.get("/nowhere/at/all").send().await;
    insta::assert_snapshot!(steady(next(&lines)), @r#"{"time":"…","kind":"access","request_id":"…","trace_id":"…","network":"127.0.0.0/24","tenant":null,"consumer":null,"api":"none","version":"none","route":"none","method":"GET","protocol":"1.1","status":404,"code":"route_not_found","cause":null,"abandoned":false,"duration_us":"…","upstream_us":"…","cost":null,"calls":null,"bytes_in":"…","bytes_out":"…"}"#);
    scene.get("/partner/v2/orders/%2e%2e").send().await;
    insta::assert_snapshot!(steady(next(&lines)), @r#"{"time":"…","kind":"access","request_id":"…","trace_id":"…","network":"127.0.0.0/24","tenant":null,"consumer":null,"api":"none","version":"none","route":"none","method":"GET","protocol":"1.1","status":400,"code":"path_invalid","cause":null,"abandoned":false,"duration_us":"…","upstream_us":"…","cost":null,"calls":null,"bytes_in":"…","bytes_out":"…"}"#);
    assert!(lines.try_recv().is_err(), "one line each");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_line_holds_a_customers_data_or_a_credential() {
    let (scene, lines) = logged().await;
    let token = scene.sandbox().token(Tenant::Acme, "partner-one");
    let key = scene.environment("KEY_PARTNER");
    let order = r#"query Secretive($n: String!) { order(number: $n) { number customer { name contacts { email } } } }"#;
    let asks = [
        scene.get("/partner/v3/orders/SO-1042").bearer(&token),
        scene.get("/partner/v3/orders/SO-1042").header("x-api-key", &key),
        scene.get(&format!("/partner/v3/orders/SO-1042?api_key={key}")),
        scene.get("/partner/v2/orders?customer=C-1001").bearer(&token),
        scene.get("/partner/v2/orders/SO-1042").bearer(format!("{token}x")),
        scene.get("/partner/v2/orders/SO-1042/Hanseatic").bearer(&token),
        scene.get("/SO-1042").bearer(&token),
        scene.ask(Method::from_bytes(b"SO-1042").expect("a method"), "/graphql"),
        scene
            .post("/graphql", &serde_json::json!({ "query": order, "variables": { "n": "SO-1042" } }))
            .as_consumer("support-console"),
        scene.graphql(r#"{ order(number: "SO-1042") { numbr } }"#).as_consumer("support-console"),
        scene.get("/erp/v1/CustomersV3?$filter=CustomerAccount%20eq%20'C-1001'").as_consumer("crm"),
        scene
            .get("/partner/v2/orders/SO-0")
            .bearer(&token)
            .header("user-agent", "Hanseatic")
            .header("referer", "http://SO-1042/"),
    ];
    let count = asks.len();
    for ask in asks {
        ask.send().await;
    }
    for _ in 0..count {
        let line = next(&lines).to_string();
        for secret in [
            "SO-1042",
            "SO-0",
            "C-1001",
            "Hanseatic",
            "hanseatic",
            "Brandt",
            "Secretive",
            "numbr",
            token.as_str(),
            key.as_str(),
            "127.0.0.1",
        ] {
            assert!(!line.contains(secret), "{secret} in {line}");
        }
    }
}

async fn in_front_of(upstream: &Upstream) -> (Scene, Receiver<Vec<u8>>) {
    let (sender, lines) = sync_channel(1_000);
    let scene = Scene::try_start_with(AccessSink::Channel(sender), upstream.as_erp());
    (scene.await.expect("the demo starts"), lines)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_keeps_its_name_from_end_to_end() {
    let upstream = Upstream::start().await;
    let (scene, lines) = in_front_of(&upstream).await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    for path in ["/erp/v1/CustomersV3", "/partner/v2/orders/SO-1042"] {
        let before = upstream.seen().len();
        let consumer = if path.starts_with("/erp") { "crm" } else { "partner-one" };
        let reply = scene
            .get(path)
            .as_consumer(consumer)
            .header("x-request-id", "order-desk_42.a")
            .header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"))
            .send()
            .await;
        assert_eq!(reply.header("x-request-id"), "order-desk_42.a");
        let line = next(&lines);
        assert_eq!((line["request_id"].as_str(), line["trace_id"].as_str()), (Some("order-desk_42.a"), Some(trace)));
        let seen = upstream.seen();
        assert!(seen.len() > before, "{path}");
        for call in &seen[before..] {
            assert_eq!(call.header("x-request-id"), "order-desk_42.a", "{path}");
            let parent = call.header("traceparent");
            assert!(parent.starts_with(&format!("00-{trace}-")) && parent.ends_with("-01"), "{parent}");
            assert!(!parent.contains("00f067aa0ba902b7"), "the span is our own: {parent}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_none_is_replaced() {
    let (scene, lines) = logged().await;
    for bad in ["", "a b", "a\"b", "a,b", "<script>", &"a".repeat(129)] {
        let reply = scene.get("/nowhere").header("x-request-id", bad).header("traceparent", "00-zz-zz-zz").send().await;
        let name = reply.header("x-request-id");
        assert!(name.len() == 36 && name != bad, "{bad}: {name}");
        assert_eq!(reply.json()["request_id"], name);
        let line = next(&lines);
        assert_eq!(line["request_id"], name);
        assert_eq!(line["trace_id"].as_str().map(str::len), Some(32));
    }
    let twice = scene.get("/nowhere").header("x-request-id", "a").header("x-request-id", "b").send().await;
    assert_eq!(twice.header("x-request-id").len(), 36);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_in_graphql_carry_the_requests_name() {
    let scene = Scene::start().await;
    let reply = scene
        .graphql(r#"{ order(number: "SO-0") { number } }"#)
        .as_consumer("support-console")
        .header("x-request-id", "mine-1")
        .send()
        .await;
    assert_eq!(reply.json()["errors"][0]["extensions"]["requestId"], "mine-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_told_to_anybody_and_status_to_the_administrator() {
    let scene = Scene::start().await;
    insta::assert_snapshot!(scene.admin_get("/healthz").send().await.whole(), @"
    200
    cache-control: no-store
    content-type: text/plain; charset=utf-8
    x-content-type-options: nosniff
    ok
    ");
    insta::assert_snapshot!(scene.admin_get("/readyz").send().await.whole(), @"
    200
    cache-control: no-store
    content-type: text/plain; charset=utf-8
    x-content-type-options: nosniff
    ready
    ");
    insta::assert_snapshot!(scene.admin_get("/api/status").send().await.whole(), @r#"
    401
    cache-control: no-store
    content-type: application/problem+json
    www-authenticate: Bearer realm="portico"
    x-content-type-options: nosniff
    {"type":"urn:portico:problem:credentials_missing","title":"No credentials were sent","status":401,"detail":"Send `Authorization: Bearer` with the administrator's token.","instance":"…","code":"credentials_missing","advice":"Send `Authorization: Bearer <token>` or an API key.","request_id":"…","retryable":false}
    "#);
    let token = scene.environment("PORTICO_ADMIN_TOKEN");
    // Whoever was authenticated has seen to the issuer's keys.
    scene.graphql("{ __typename }").as_consumer("crm").send().await;
    let status = scene.admin_get("/api/status").bearer(&token).send().await;
    insta::assert_snapshot!(status.shown().replace(scene.sandbox().issuer_url(), "[issuer]"), @r#"200 {"version":"0.1.0","generation":1,"tenants":[{"tenant":"acme","systems":[{"system":"acme-billing","role":"billing","pack":"stripe","limits":{"reserve_percent":10,"places":{"limit":32,"open":32,"in_use":0,"waiting":{"best_effort":0,"critical":0,"standard":0}},"windows":[{"window":"second","limit":100,"used":0,"remaining":"…","resets_in_ms":null}],"cooling_ms":null,"withheld":0}},{"system":"acme-crm","role":"crm","pack":"salesforce","limits":{"reserve_percent":10,"places":{"limit":32,"open":32,"in_use":0,"waiting":{"best_effort":0,"critical":0,"standard":0}},"windows":[{"window":"day","limit":null,"used":0,"remaining":null,"resets_in_ms":null}],"cooling_ms":null,"withheld":0}},{"system":"acme-erp","role":"erp","pack":"dynamics365","limits":{"reserve_percent":10,"places":{"limit":32,"open":32,"in_use":0,"waiting":{"best_effort":0,"critical":0,"standard":0}},"windows":[],"cooling_ms":null,"withheld":0}},{"system":"acme-support","role":"support","pack":"zendesk","limits":{"reserve_percent":10,"places":{"limit":32,"open":32,"in_use":0,"waiting":{"best_effort":0,"critical":0,"standard":0}},"windows":[{"window":"minute","limit":null,"used":0,"remaining":null,"resets_in_ms":null}],"cooling_ms":null,"withheld":0}}],"consumers":["crm","partner-one","partner-two","support-console"]},{"tenant":"globex","systems":[{"system":"globex-billing","role":"billing","pack":"chargebee","limits":{"reserve_percent":10,"places":{"limit":32,"open":32,"in_use":0,"waiting":{"best_effort":0,"critical":0,"standard":0}},"windows":[{"window":"minute","limit":150,"used":0,"remaining":"…","resets_in_ms":null}],"cooling_ms":null,"withheld":0}},{"system":"globex-crm","role":"crm","pack":"hubspot","limits":{"reserve_percent":10,"places":{"limit":32,"open":32,"in_use":0,"waiting":{"best_effort":0,"critical":0,"standard":0}},"windows":[{"window":"10_seconds","limit":100,"used":0,"remaining":"…","resets_in_ms":null},{"window":"day","limit":null,"used":0,"remaining":null,"resets_in_ms":"…"}],"cooling_ms":null,"withheld":0}},{"system":"globex-erp","role":"erp","pack":"netsuite","limits":{"reserve_percent":10,"places":{"limit":15,"open":15,"in_use":0,"waiting":{"best_effort":0,"critical":0,"standard":0}},"windows":[],"cooling_ms":null,"withheld":0}},{"system":"globex-support","role":"support","pack":"servicenow","limits":{"reserve_percent":10,"places":{"limit":32,"open":32,"in_use":0,"waiting":{"best_effort":0,"critical":0,"standard":0}},"windows":[{"window":"hour","limit":null,"used":0,"remaining":null,"resets_in_ms":null}],"cooling_ms":null,"withheld":0}}],"consumers":["crm","partner-one","partner-two","support-console"]}],"apis":[{"api":"credit","version":"v1","lifecycle":"active"},{"api":"erp","version":"v1","lifecycle":"active"},{"api":"partner","version":"v0","lifecycle":"retired"},{"api":"partner","version":"v1","lifecycle":"deprecated"},{"api":"partner","version":"v2","lifecycle":"active"},{"api":"partner","version":"v3","lifecycle":"preview"},{"api":"sales","version":"v1","lifecycle":"active"},{"api":"support","version":"v1","lifecycle":"active"}],"issuers":[{"issuer":"[issuer]","keys":2,"failures":0,"last_error":null}],"warnings":[]}"#);
    let mut shown = Vec::new();
    let mut add = |case: &str, reply: Reply| {
        shown.push(format!("{case}: {} {} {}", reply.status.as_u16(), reply.code(), reply.json()["detail"]));
    };
    add("another token", scene.admin_get("/api/status").bearer("guess").send().await);
    add("a caller's token", scene.admin_get("/api/status").as_consumer("crm").send().await);
    add("by a foreign name", scene.admin_get("/api/status").bearer(&token).header("host", "evil.example").send().await);
    add("written", scene.admin_post("/api/status").bearer(&token).send().await);
    add("nothing there", scene.admin_get("/graphql").bearer(&token).send().await);
    add(
        "traffic on the admin listener",
        scene.admin_get("/partner/v2/orders/SO-1042").as_consumer("partner-one").send().await,
    );
    insta::assert_snapshot!(shown.join("\n"), @r#"
    another token: 401 key_invalid "This is not the administrator's token."
    a caller's token: 401 key_invalid "This is not the administrator's token."
    by a foreign name: 400 host_invalid "Call the admin listener by its address or as `localhost`."
    written: 405 method_not_allowed "This path takes GET, HEAD."
    nothing there: 404 route_not_found "There is nothing at this path."
    traffic on the admin listener: 404 route_not_found "There is nothing at this path."
    "#);
}

/// The series of a metric with their labels, without values.
fn series(exposition: &str, metric: &str) -> Vec<String> {
    let mut found: Vec<String> = exposition
        .lines()
        .filter(|line| line.starts_with(metric))
        .filter_map(|line| line.rsplit_once(' ').map(|(series, _)| series.to_owned()))
        .collect();
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_requests_refusals_and_calls() {
    let (scene, lines) = logged().await;
    scene.get("/partner/v2/orders/SO-1042").as_consumer("partner-one").send().await;
    scene.graphql(r#"{ order(number: "SO-1042") { number } }"#).as_consumer("support-console").send().await;
    scene.get("/partner/v2/orders/SO-1042").send().await;
    scene.get("/erp/v1/CustomersV3?$top=1").as_consumer("crm").send().await;
    // A request is counted when its line is written, which is after its answer.
    for _ in 0..4 {
        next(&lines);
    }
    let reply = scene.admin_get("/metrics").send().await;
    assert_eq!(reply.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let text = reply.text();
    assert!(text.ends_with("# EOF\n"));
    insta::assert_snapshot!(series(&text, "portico_http_requests_total").join("\n"), @r#"
    portico_http_requests_total{api="erp",version="v1",route="/erp/v1/**",method="GET",status="200"}
    portico_http_requests_total{api="graphql",version="none",route="/graphql",method="POST",status="200"}
    portico_http_requests_total{api="partner",version="v2",route="/partner/v2/orders/{number}",method="GET",status="200"}
    portico_http_requests_total{api="partner",version="v2",route="/partner/v2/orders/{number}",method="GET",status="401"}
    "#);
    insta::assert_snapshot!(series(&text, "portico_problems_total").join("\n"), @r#"portico_problems_total{code="credentials_missing"}"#);
    insta::assert_snapshot!(series(&text, "portico_upstream_requests_total").join("\n"), @r#"
    portico_upstream_requests_total{role="erp",entity="Order",outcome="ok"}
    portico_upstream_requests_total{role="erp",entity="OrderLine",outcome="ok"}
    portico_upstream_requests_total{role="erp",entity="Shipment",outcome="ok"}
    portico_upstream_requests_total{role="erp",entity="proxied",outcome="ok"}
    "#);
    for metric in [
        "portico_http_request_duration_seconds",
        "portico_gateway_overhead_seconds",
        "portico_build_info",
        "portico_config_generation",
    ] {
        assert!(!series(&text, metric).is_empty(), "{metric} in {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_cannot_make_series_up() {
    let (scene, lines) = logged().await;
    let round = async |at: usize| {
        scene.get(&format!("/nowhere-{at}")).send().await;
        scene.get(&format!("/partner/v{at}/orders/1")).as_consumer("partner-one").send().await;
        scene.get(&format!("/partner/v2/orders/SO-{at}")).as_consumer("partner-one").send().await;
        scene.get(&format!("/erp/v1/Made{at}Up")).as_consumer("crm").send().await;
        scene.ask(Method::from_bytes(format!("M{at}").as_bytes()).expect("a method"), "/graphql").send().await;
        scene
            .graphql(&format!("query q{at} {{ order(number: \"SO-{at}\") {{ number a{at}: status }} }}"))
            .as_consumer("support-console")
            .send()
            .await;
        for _ in 0..6 {
            next(&lines);
        }
    };
    for at in 50..53 {
        round(at).await;
    }
    let before = scene.admin_get("/metrics").send().await.text();
    for at in 53..60 {
        round(at).await;
    }
    let after = scene.admin_get("/metrics").send().await.text();
    let names = |text: &str| {
        text.lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.rsplit_once(' ').map(|(series, _)| series.to_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&before).len(), names(&after).len());
    for secret in ["nowhere", "SO-5", "Made5", "127.0.0.1"] {
        assert!(!after.contains(secret), "{secret} in {after}");
    }
}
