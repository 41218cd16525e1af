//! The ERP's own answers through a governed route: our credential instead of the caller's, and nothing that belongs to
//! one hop or to the system's innards.

use std::time::Duration;

use http::{Method, StatusCode};
use portico_tests::{Fault, Reply, Role, Scene, Tenant, Upstream};

async fn crm(scene: &Scene, path: &str) -> Reply {
    scene.get(path).as_consumer("crm").send().await
}

/// Acme's ERP is a server of the test's own.
async fn in_front_of(upstream: &Upstream) -> Scene {
    Scene::with(upstream.as_erp()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_erp_answers_in_its_own_words() {
    let scene = Scene::start().await;
    let path = "/erp/v1/CustomersV3?cross-company=true&$filter=dataAreaId%20eq%20'acmf'%20and%20CustomerAccount%20eq%20'C-1001'&$select=CustomerAccount,OrganizationName";
    let reply = crm(&scene, path).await;
    insta::assert_snapshot!(reply.whole().replace(&scene.sandbox().system(Tenant::Acme, Role::Erp).address, "[erp]"), @r#"
    200
    cache-control: no-store
    connection: keep-alive
    content-type: application/json; odata.metadata=minimal
    odata-version: 4.0
    ratelimit-policy: "rate";q=500;w=1, "concurrent";q=100;qu="concurrent-requests", "cost";q=20000;w=1;qu="cost"
    ratelimit: "rate";r=…;t=…, "concurrent";r=…
    x-content-type-options: nosniff
    x-request-id: …
    {"@odata.context":"[erp]/data/$metadata#CustomersV3(CustomerAccount,OrganizationName)","value":[{"@odata.etag":"W/\"JzEsNTYzNzE0NDU3NjswLDA7MjAzOTEzNjc5OCc=\"","CustomerAccount":"C-1001","OrganizationName":"Hanseatic Pumps GmbH"}]}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_the_erp_are_passed_on() {
    let scene = Scene::start().await;
    let first = crm(&scene, "/erp/v1/SalesOrderHeadersV2?cross-company=true&$filter=dataAreaId%20eq%20'acmf'&$top=3&$select=SalesOrderNumber&$count=true").await;
    assert_eq!(first.json()["value"].as_array().map(Vec::len), Some(3), "{}", first.text());
    let second = crm(&scene, "/erp/v1/SalesOrderHeadersV2?cross-company=true&$filter=dataAreaId%20eq%20'acmf'&$top=3&$skip=3&$select=SalesOrderNumber").await;
    assert_eq!(second.json()["value"].as_array().map(Vec::len), Some(3), "{}", second.text());
    assert_ne!(first.json()["value"], second.json()["value"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_erp_sees_our_credential_and_never_the_callers() {
    let upstream = Upstream::start().await;
    let scene = in_front_of(&upstream).await;
    let token = scene.sandbox().token(Tenant::Acme, "crm");
    let reply = scene
        .get("/erp/v1/CustomersV3?$top=1")
        .bearer(&token)
        .header("cookie", "session=caller")
        .header("referer", "https://crm.example/?customer=C-1001")
        .send()
        .await;
    assert_eq!((reply.status.as_u16(), reply.text().as_str()), (200, r#"{"value":[]}"#));
    let seen = upstream.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].method.as_str(), seen[0].target.as_str()), ("GET", "/data/CustomersV3?$top=1"));
    assert_eq!(seen[0].header("authorization"), "Bearer the-erps-own-credential");
    let all = format!("{:?}", seen[0].headers);
    for secret in [token.as_str(), "session=caller", "crm.example"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_portico_may_say_or_one_hop_needs_is_dropped() {
    let upstream = Upstream::start().await;
    let scene = in_front_of(&upstream).await;
    let reply = scene
        .get("/erp/v1/CustomersV3")
        .as_consumer("crm")
        .header("connection", "keep-alive, x-secret-hop")
        .header("x-secret-hop", "1")
        .header("keep-alive", "timeout=5")
        .header("proxy-connection", "keep-alive")
        .header("proxy-authorization", "Basic eDp5")
        .header("te", "trailers")
        .header("upgrade", "h2c")
        .header("x-tenant-id", "globex")
        .header("X_User_Id", "root")
        .header("x-consumer-id", "root")
        .header("x-forwarded-for", "203.0.113.9")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "for=203.0.113.9")
        .header("x-original-url", "/admin")
        .header("x-http-method-override", "DELETE")
        .header("x-kept", "yes")
        .header("accept", "application/json")
        .send()
        .await;
    assert_eq!(reply.status, 200);
    let seen = upstream.seen().remove(0);
    let mut lines: Vec<String> = seen
        .headers
        .keys()
        .map(|name| match name.as_str() {
            "host" | "x-request-id" | "traceparent" | "x-forwarded-host" => format!("{name}: …"),
            _ => format!("{name}: {}", seen.header(name.as_str())),
        })
        .collect();
    lines.sort();
    insta::assert_snapshot!(lines.join("\n"), @"
    accept: application/json
    authorization: Bearer the-erps-own-credential
    host: …
    traceparent: …
    via: 1.1 portico
    x-forwarded-for: 127.0.0.1
    x-forwarded-host: …
    x-forwarded-proto: http
    x-kept: yes
    x-request-id: …
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_the_systems_users_and_innards_stays_there() {
    let upstream = Upstream::start().await;
    let scene = in_front_of(&upstream).await;
    let headers = [
        ("content-type", "application/json"),
        ("set-cookie", "erp=1"),
        ("server", "Microsoft-IIS/10.0"),
        ("x-powered-by", "ASP.NET"),
        ("x-aspnet-version", "4"),
        ("www-authenticate", "Bearer realm=erp"),
        ("strict-transport-security", "max-age=1"),
        ("alt-svc", "h3=\":443\""),
        ("via", "1.1 erp-proxy"),
        ("connection", "x-hop"),
        ("x-hop", "1"),
        ("keep-alive", "timeout=5"),
        ("proxy-authenticate", "Basic"),
        ("access-control-allow-origin", "*"),
        ("x-tenant-id", "globex"),
        ("etag", "\"1\""),
        ("x-erp-own", "kept"),
    ];
    upstream.answer(StatusCode::OK, &headers, r#"{"value":[1]}"#);
    insta::assert_snapshot!(crm(&scene, "/erp/v1/CustomersV3").await.whole(), @r#"
    200
    cache-control: no-store
    connection: keep-alive
    content-type: application/json
    etag: "1"
    ratelimit-policy: "rate";q=500;w=1, "concurrent";q=100;qu="concurrent-requests", "cost";q=20000;w=1;qu="cost"
    ratelimit: "rate";r=…;t=…, "concurrent";r=…
    x-content-type-options: nosniff
    x-erp-own: kept
    x-request-id: …
    {"value":[1]}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_is_all_that_is_allowed() {
    let scene = Scene::start().await;
    let written = scene.ask(Method::POST, "/erp/v1/CustomersV3").as_consumer("crm").body("{}").send().await;
    insta::assert_snapshot!(written.whole(), @r#"
    405
    allow: GET, HEAD
    cache-control: no-store
    connection: keep-alive
    content-type: application/problem+json
    x-content-type-options: nosniff
    x-request-id: …
    {"type":"urn:portico:problem:method_not_allowed","title":"The method is not allowed here","status":405,"detail":"This path takes GET, HEAD.","instance":"…","code":"method_not_allowed","advice":"Use a method from the Allow header.","request_id":"…","retryable":false}
    "#);
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        let reply = scene
            .ask(method, "/erp/v1/CustomersV3(dataAreaId='acmf',CustomerAccount='C-1001')")
            .as_consumer("crm")
            .send()
            .await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (405, "method_not_allowed"));
    }
    assert_eq!(scene.get("/erp/v1/CustomersV3").as_consumer("partner-one").send().await.code(), "forbidden");
    assert_eq!(scene.sandbox().calls(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_route_leads_nowhere_else() {
    let upstream = Upstream::start().await;
    let scene = in_front_of(&upstream).await;
    for path in [
        "/erp/v1/../../admin",
        "/erp/v1/%2e%2e/admin",
        "/erp/v1/..%2fadmin",
        "/erp/v1//evil.example/",
        "/erp/v1/%5cevil",
        "/erp/v1/a;b",
        "/erp/v1/a%00",
    ] {
        assert_eq!(crm(&scene, path).await.code(), "path_invalid", "{path}");
    }
    assert!(upstream.seen().is_empty());
    crm(&scene, "/erp/v1/@evil.example/http:/evil.example?u=http://evil.example").await;
    let seen = upstream.seen();
    assert_eq!(seen[0].target, "/data/@evil.example/http:/evil.example?u=http://evil.example");
    assert_eq!(format!("http://{}", seen[0].header("host")), upstream.url());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_systems_failures_are_told_in_our_words() {
    let upstream = Upstream::start().await;
    let leak = r#"{"error":"token eyJsecret rejected by sql.internal"}"#;
    let mut shown = Vec::new();
    for (status, headers) in [
        (404, vec![("content-type", "application/json")]),
        (401, vec![("www-authenticate", "Bearer")]),
        (407, vec![]),
        (429, vec![("retry-after", "17")]),
        (429, vec![("retry-after", "-5")]),
        (429, vec![("retry-after", "999999999")]),
        (500, vec![]),
        (502, vec![]),
        (503, vec![("retry-after", "3")]),
        (504, vec![]),
        (304, vec![("etag", "\"1\"")]),
        (200, vec![("content-type", "text/html")]),
        (302, vec![("location", "http://evil.example/")]),
    ] {
        upstream.answer(StatusCode::from_u16(status).expect("a status"), &headers, leak);
        // A gateway of its own: one that was told to wait would not ask.
        let reply = crm(&in_front_of(&upstream).await, "/erp/v1/CustomersV3").await;
        let told = if reply.code().is_empty() {
            "passed on".to_owned()
        } else {
            format!("{} {}", reply.code(), reply.json()["detail"])
        };
        shown.push(format!(
            "{status} {headers:?}: {} {told} location={:?} retry-after={:?}",
            reply.status.as_u16(),
            reply.header("location"),
            reply.header("retry-after"),
        ));
        assert!([200, 304, 404].contains(&status) || !reply.text().contains("eyJsecret"), "{status}");
    }
    insta::assert_snapshot!(shown.join("\n"), @r#"
    404 [("content-type", "application/json")]: 404 passed on location="" retry-after=""
    401 [("www-authenticate", "Bearer")]: 502 upstream_refused "The system of record refuses our credentials." location="" retry-after=""
    407 []: 502 upstream_refused "The system of record refuses our credentials." location="" retry-after=""
    429 [("retry-after", "17")]: 503 upstream_throttled "The system of record limits our calls." location="" retry-after="17"
    429 [("retry-after", "-5")]: 503 upstream_throttled "The system of record limits our calls." location="" retry-after="30"
    429 [("retry-after", "999999999")]: 503 upstream_throttled "The system of record limits our calls." location="" retry-after="86400"
    500 []: 502 upstream_error "The system of record failed." location="" retry-after=""
    502 []: 502 upstream_unavailable "The system of record cannot be reached." location="" retry-after=""
    503 [("retry-after", "3")]: 502 upstream_unavailable "The system of record cannot be reached." location="" retry-after="3"
    504 []: 504 upstream_timeout "The system of record did not answer in time." location="" retry-after=""
    304 [("etag", "\"1\"")]: 304 passed on location="" retry-after=""
    200 [("content-type", "text/html")]: 200 passed on location="" retry-after=""
    302 [("location", "http://evil.example/")]: 502 upstream_error "The system of record points elsewhere, and is not followed there." location="" retry-after=""
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_in_trouble_costs_no_more_than_the_deadline() {
    let mut shown = Vec::new();
    for fault in [
        Fault::Down,
        Fault::Hang,
        Fault::Slow(Duration::from_secs(9)),
        Fault::Tls,
        Fault::Redirect,
        Fault::Truncated,
        Fault::Throttled(Some(9)),
        Fault::Status(500),
        Fault::ExpiredToken,
    ] {
        let scene = Scene::with(|settings| settings.tiers.critical = Duration::from_secs(1)).await;
        crm(&scene, "/erp/v1/CustomersV3?$top=1").await;
        scene.sandbox().set_fault(Tenant::Acme, Role::Erp, fault.clone()).await;
        let begun = std::time::Instant::now();
        let reply = scene.get("/erp/v1/CustomersV3?$top=1").as_consumer("crm").try_send().await;
        let told =
            reply.map_or_else(|_| "cut off".to_owned(), |reply| format!("{} {}", reply.status.as_u16(), reply.code()));
        shown.push(format!("{fault:?}: {told}"));
        assert!(begun.elapsed() < Duration::from_secs(2), "{fault:?} took {:?}", begun.elapsed());
        assert_eq!(scene.sandbox().calls_elsewhere(), 0);
    }
    insta::assert_snapshot!(shown.join("\n"), @"
    Down: 502 upstream_unavailable
    Hang: 504 upstream_timeout
    Slow(9s): 504 upstream_timeout
    Tls: 502 upstream_malformed
    Redirect: 502 upstream_error
    Truncated: cut off
    Throttled(Some(9)): 503 upstream_throttled
    Status(500): 502 upstream_error
    ExpiredToken: 200
    ");
}
