//! Headers in which a caller says who it is, where it comes from or whose data it wants. Nobody believes them, nobody
//! behind the gateway sees them, and no answer repeats them.

use portico_tests::Tenant;

use super::{Target, smuggled};

/// What only Portico may say, as somebody else would write it.
const CLAIMS: [&str; 34] = [
    "X-Tenant-Id",
    "X-Tenant",
    "X-Tenant-Name",
    "x_tenant_id",
    "X_Tenant-Id",
    "X-TENANT-ID",
    "x-TeNaNt-iD",
    "X-User",
    "X-User-Id",
    "x_user",
    "X-UserInfo",
    "X-Consumer-Id",
    "X-Consumer-Username",
    "X-Consumer-Groups",
    "x_consumer_custom_id",
    "X-Portico-Tenant",
    "X-Portico-Scopes",
    "x_portico_tenant",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-User",
    "X-Forwarded-Client-Cert",
    "x_forwarded_for",
    "Forwarded",
    "X-Real-IP",
    "X-Client-IP",
    "True-Client-IP",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-HTTP-Method-Override",
    "X-Authenticated-UserId",
    "X-Client-Cert",
    "X-SSL-Client-S-DN",
];

/// Each claim, once, twice, and as a list.
fn claims() -> String {
    let of =
        |name: &str| format!("{name}: claimed-one\r\n{name}: claimed-two\r\n{name}: claimed-three, claimed-four\r\n");
    CLAIMS.iter().map(|name| of(name)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_caller_claims_reaches_no_system_in_no_spelling() {
    let target = Target::start().await;
    let said =
        target.say(format!("GET /erp/v1/x HTTP/1.1\r\n{}{}Connection: close\r\n\r\n", target.known(), claims())).await;
    assert_eq!(said.status(), "200", "{said:?}");
    let seen = target.upstream.seen().remove(0);
    assert!(!format!("{seen:?}").contains("claimed"), "{seen:?}");
    assert_eq!(seen.header("x-forwarded-for"), "127.0.0.1");
    assert_eq!(seen.header("x-forwarded-host"), "portico.test");
    let said_by_us: Vec<&str> =
        seen.headers.keys().map(http::HeaderName::as_str).filter(|name| name.starts_with("x-")).collect();
    assert_eq!(said_by_us, ["x-forwarded-host", "x-forwarded-proto", "x-forwarded-for", "x-request-id"]);
    assert!(!said.text.contains("claimed"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_our_own_say_nothing_that_a_caller_claims() {
    let target = Target::start().await;
    let body = r#"{"query":"{ order(number: \"SO-1\") { number } }"}"#;
    let fields = format!("Content-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    target.say(format!("POST /graphql HTTP/1.1\r\n{}{}{fields}\r\n{body}", target.known(), claims())).await;
    let seen = target.upstream.seen();
    assert_eq!(seen.len(), 1);
    assert!(!format!("{seen:?}").contains("claimed"), "{seen:?}");
}

/// On every kind of path, refusals included, the answer is what it would be without them.
#[tokio::test(flavor = "multi_thread")]
async fn no_answer_changes_with_what_a_caller_claims() {
    let target = Target::start().await;
    let key = target.scene.environment("KEY_PARTNER");
    let partner = format!("Host: portico.test\r\nX-API-Key: {key}\r\n");
    let known = target.known();
    for (line, fields) in [
        ("GET /partner/v2/products/AC-100 HTTP/1.1", partner.as_str()),
        ("GET /partner/v0/orders/SO-1 HTTP/1.1", partner.as_str()),
        ("GET /partner/v9/orders/SO-1 HTTP/1.1", partner.as_str()),
        ("GET /partner/v2/openapi.json HTTP/1.1", partner.as_str()),
        ("GET /erp/v1/x HTTP/1.1", known.as_str()),
        ("GET /erp/v1/x HTTP/1.1", partner.as_str()),
        ("GET /erp/v1/x HTTP/1.1", "Host: portico.test\r\n"),
        ("DELETE /erp/v1/x HTTP/1.1", known.as_str()),
        ("GET /erp/v1/x//y HTTP/1.1", known.as_str()),
        ("GET /nowhere HTTP/1.1", known.as_str()),
        ("GET /graphql?query=%7B__typename%7D HTTP/1.1", known.as_str()),
        ("GET /graphql?query=%7B HTTP/1.1", known.as_str()),
        ("POST /hooks/acme/acme-erp HTTP/1.1", "Host: portico.test\r\nContent-Length: 0\r\n"),
        ("POST /hooks/globex/globex-erp HTTP/1.1", "Host: portico.test\r\nContent-Length: 0\r\n"),
    ] {
        let ask = |more: &str| format!("{line}\r\n{fields}{more}X-Request-Id: the-same\r\nConnection: close\r\n\r\n");
        // The first one fills caches.
        target.say(ask("")).await;
        let plain = target.say(ask("")).await;
        let claimed = target.say(ask(&claims())).await;
        assert!(!claimed.text.contains("claimed"), "{line}: {claimed:?}");
        assert_eq!(steady(&claimed.text), steady(&plain.text), "{line}");
    }
    let all = format!("{:?}", target.upstream.seen());
    assert!(!all.contains("claimed"), "{all}");
}

/// An answer without what changes with the moment.
fn steady(answer: &str) -> String {
    let lines = answer.lines().filter(|line| {
        let lower = line.to_ascii_lowercase();
        !["date:", "ratelimit:", "age:", "retry-after:"].iter().any(|name| lower.starts_with(name))
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_claim_makes_one_tenant_or_consumer_another() {
    let target = Target::start().await;
    let of_globex = ["globex", "globex/crm", "host=globex.example;for=10.0.0.1", "/hooks/globex/globex-erp"];
    let claims: String = CLAIMS.iter().flat_map(|name| of_globex.map(|value| format!("{name}: {value}\r\n"))).collect();
    let key = target.scene.environment("KEY_PARTNER");
    let ask = format!("GET /partner/v3/warranties/SN-9999 HTTP/1.1\r\nHost: globex.example\r\nX-API-Key: {key}\r\n");
    let said = target.say(format!("{ask}{claims}Cookie: tenant=globex\r\nConnection: close\r\n\r\n")).await;
    assert_eq!(said.status(), "200", "{said:?}");
    assert!(!said.text.contains("globex"), "{said:?}");
    assert_eq!(target.scene.sandbox().calls_to(Tenant::Globex, portico_tests::Role::Crm), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn connection_takes_away_nothing_that_checks_or_systems_rest_on() {
    let target = Target::start().await;
    let named = [
        "Authorization",
        "authorization, close",
        "close, AUTHORIZATION",
        "Host",
        "Content-Length",
        "Content-Type",
        "Transfer-Encoding",
        "X-API-Key",
        "X-Tenant-Id",
        "x_tenant_id",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "Forwarded",
        "X-Real-IP",
        "X-Request-Id",
        "Traceparent",
        "Cookie",
        "Accept",
        "Origin",
        "Cache-Control",
        ":authority",
        "a b",
        "\"x\"",
        "a,b,c,d,e,f,g,h,i,j,k",
    ];
    let ask = |option: &str| {
        let known = target.known();
        format!("GET /erp/v1/x HTTP/1.1\r\n{known}Connection: {option}\r\n\r\n{}", smuggled(&target))
    };
    let all = named.map(ask);
    for (option, said) in named.iter().zip(target.say_each(&all).await) {
        assert_eq!((said.status(), said.answers(), said.closed), ("400", 1, true), "{option}: {said:?}");
    }
    assert_eq!(target.seen(), [""; 0]);
    // What is nominated and harmless goes no further than the gateway.
    let fields = "Connection: X-Hop, close\r\nX-Hop: one\r\nx-hop: two\r\n";
    let said = target.say(format!("GET /erp/v1/x HTTP/1.1\r\n{}{fields}\r\n", target.known())).await;
    assert_eq!(said.status(), "200", "{said:?}");
    assert!(!target.upstream.seen()[0].headers.contains_key("x-hop"));
}
