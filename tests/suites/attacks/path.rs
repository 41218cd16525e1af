//! One path has one spelling, and everybody reads that one: router, scopes, limits, cache, log and the system behind.

use std::sync::mpsc::sync_channel;

use portico_gateway::AccessSink;
use portico_tests::Scene;

use super::Target;

/// What two readers could read differently, below a route that sends everything on.
const AMBIGUOUS: [&str; 40] = [
    "//x",
    "/x//y",
    "/./x",
    "/x/.",
    "/x/..",
    "/../x",
    "/x/../../../admin",
    "/%2e/x",
    "/%2e%2e/x",
    "/.%2E/x",
    "/%2E./x",
    "/%252e%252e/x",
    "/%25%32%65/x",
    "/%%32%65/x",
    "/x%2fy",
    "/x%2Fy",
    "/x%5cy",
    "/x%5C..%5Cy",
    "/x\\y",
    "/..\\x",
    "/x%252fy",
    "/x%255cy",
    "/x;y",
    "/x;/../y",
    "/..;/x",
    "/x%3by",
    "/x%00",
    "/x%00.json",
    "/x%0a",
    "/x%0d%0aX-Tenant-Id:globex",
    "/x%09y",
    "/x%7f",
    "/x%c2%85y",
    "/%c0%ae%c0%ae/x",
    "/%e0%80%af/x",
    "/%c0%2fx",
    "/x%ff",
    "/x%u002fy",
    "/x%2",
    "/x%zz",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_path_with_two_readings_reaches_nobody() {
    let target = Target::start().await;
    let request = |path: &str| format!("GET /erp/v1{path} HTTP/1.1\r\n{}Connection: close\r\n\r\n", target.known());
    let all: Vec<String> = AMBIGUOUS.iter().map(|path| request(path)).collect();
    for (path, said) in AMBIGUOUS.iter().zip(target.say_each(&all).await) {
        assert_eq!((said.told().as_str(), said.answers()), ("400 path_invalid", 1), "{path}: {said:?}");
    }
    assert_eq!(target.seen(), [""; 0]);
    target.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_of_a_path_leads_to_another_api_or_beyond_its_own() {
    let target = Target::start().await;
    for path in [
        // Case, a slash, a dot or a full-width letter more is another path.
        "/ERP/v1/x",
        "/erp./v1/x",
        "/partner/V2/orders/SO-1042",
        "/partner/v2./orders/SO-1042",
        "/erp%20/v1/x",
        "/%EF%BD%85rp/v1/x",
        "/GraphQL",
        "/graphql/",
        "/graphql.",
        "/graphql%20",
        "/partner/v2/orders/SO-1042/",
        "/partner/v2/Orders/SO-1042",
        "/metrics",
        "/api/status",
    ] {
        let said = target.say(format!("GET {path} HTTP/1.1\r\n{}Connection: close\r\n\r\n", target.known())).await;
        assert_eq!(said.status(), "404", "{path}: {said:?}");
    }
    assert_eq!(target.seen(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_canonical_path_goes_to_the_system_however_it_was_written() {
    let target = Target::start().await;
    let cases = [
        ("/erp/v1/Customers('C-1')", "/data/Customers('C-1')"),
        // What delimits may mean something else once it is escaped (RFC 3986, section 2.2), and stays as it is.
        ("/%65rp/v1/Customers%28%27C%2D1%27%29", "/data/Customers%28%27C-1%27%29"),
        ("/erp/%76%31/Customers('C-1')", "/data/Customers('C-1')"),
        ("/erp/v1/a%20b", "/data/a%20b"),
        ("/erp/v1/%e2%82%ac", "/data/%E2%82%AC"),
        ("/erp/v1/x?y=%2e%2e/%00", "/data/x?y=%2e%2e/%00"),
        ("http://portico.test/erp/v1/x", "/data/x"),
    ];
    for (path, seen) in cases {
        let before = target.upstream.seen().len();
        let said = target.say(format!("GET {path} HTTP/1.1\r\n{}Connection: close\r\n\r\n", target.known())).await;
        let after = target.upstream.seen();
        let targets: Vec<&str> = after[before..].iter().map(|seen| seen.target.as_str()).collect();
        assert_eq!((said.status(), targets), ("200", vec![seen]), "{path}: {said:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn router_scopes_customers_cache_and_log_read_the_same_path() {
    let (sender, lines) = sync_channel(100);
    let scene = Scene::try_start_with(AccessSink::Channel(sender), |_| {}).await.expect("the demo starts");
    let plain = scene.get("/partner/v2/orders/SO-1042").as_consumer("partner-one").send().await;
    assert_eq!((plain.status.as_u16(), plain.header("cache-status").as_str()), (200, "portico; fwd=miss"));
    scene.sandbox().clear_calls();
    for path in ["/%70artner/v2/orders/%53O-1042", "/partner/%76%32/%6f%72ders/SO%2D1042"] {
        let spelled = scene.get(path).as_consumer("partner-one").send().await;
        assert_eq!(
            (spelled.text(), spelled.header("cache-status")),
            (plain.text(), "portico; hit".to_owned()),
            "{path}"
        );
    }
    // Who may not call the API, and who may not see the customer, may not under any spelling.
    let other = scene.get("/%70artner/v2/orders/%53O-1042").as_consumer("crm").send().await;
    assert_eq!((other.status.as_u16(), other.code().as_str()), (403, "forbidden"));
    assert_eq!(scene.sandbox().calls(), []);
    for order in ["SO-1043", "%53O-1043", "SO%2d104%33"] {
        let path = format!("/partner/v2/orders/{order}");
        let hidden = scene.get(&path).as_consumer("partner-two").send().await;
        assert_eq!((hidden.status.as_u16(), hidden.code().as_str()), (404, "not_found"), "{path}");
    }
    for line in (0..6).map(|_| lines.recv_timeout(super::PATIENCE).expect("a line")) {
        let line: serde_json::Value = serde_json::from_slice(&line).expect("JSON");
        assert_eq!(line["route"], "/partner/v2/orders/{number}", "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_spelling_is_no_other_budget() {
    let an_hour = |count: u32| {
        let count = count.try_into().expect("not zero");
        portico_policies::throttle::Rate::new(count, std::time::Duration::from_secs(3_600), count).expect("a rate")
    };
    let scene = Scene::with(|settings| {
        for plan in settings.plans.values_mut() {
            std::sync::Arc::make_mut(plan).throttle.rate = an_hour(3);
        }
    })
    .await;
    let mut statuses = Vec::new();
    for path in ["/partner/v2/products/AC-100", "/%70artner/v2/products/AC-100", "/partner/v2/products/%41C-100"] {
        statuses.push(scene.get(path).as_consumer("partner-one").send().await.status.as_u16());
    }
    for path in ["/partner/%762/products/AC-100", "/partner/v2/products/AC%2d100"] {
        statuses.push(scene.get(path).as_consumer("partner-one").send().await.status.as_u16());
    }
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
}
