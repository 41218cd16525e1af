//! What is wrong with a request is told in the catalogue's words, before any system is asked.

use std::fmt::Write;

use http::Method;
use portico_tests::{Ask, Reply, Scene, Signing, Tenant, TokenRequest};
use serde_json::json;

/// The good request that everything here departs from.
const ORDER: &str = "/partner/v2/orders/SO-1042";
const QUERY: &str = r#"{ order(number: "SO-1042") { number } }"#;

/// A list of cases with what was answered to each.
#[derive(Default)]
struct Shown(String);

impl Shown {
    fn add(&mut self, case: &str, reply: &Reply) {
        let json = reply.json();
        let problem = &json["detail"];
        let says = if problem.is_null() { &json["errors"][0]["message"] } else { problem };
        writeln!(self.0, "{case}: {} {} {says}", reply.status.as_u16(), reply.code()).expect("a string takes all");
    }
}

fn nobody_was_asked(scene: &Scene) {
    assert_eq!(scene.sandbox().calls(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_shows_nothing_is_told_what_to_show() {
    let scene = Scene::start().await;
    insta::assert_snapshot!(scene.get(ORDER).send().await.whole(), @r#"
    401
    cache-control: no-store
    connection: keep-alive
    content-type: application/problem+json
    www-authenticate: Bearer realm="portico"
    x-content-type-options: nosniff
    x-request-id: …
    {"type":"urn:portico:problem:credentials_missing","title":"No credentials were sent","status":401,"detail":"The request carries no credentials.","instance":"…","code":"credentials_missing","advice":"Send `Authorization: Bearer <token>` or an API key.","request_id":"…","retryable":false}
    "#);
    insta::assert_snapshot!(scene.graphql(QUERY).send().await.whole(), @r#"
    401
    cache-control: no-store
    connection: keep-alive
    content-type: application/graphql-response+json; charset=utf-8
    www-authenticate: Bearer realm="portico"
    x-content-type-options: nosniff
    x-request-id: …
    {"errors":[{"message":"The request carries no credentials.","extensions":{"code":"credentials_missing","advice":"Send `Authorization: Bearer <token>` or an API key.","retryable":false,"requestId":"…"}}]}
    "#);
    nobody_was_asked(&scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_is_refused_in_both_voices() {
    let scene = Scene::start().await;
    let expired = scene.sandbox().mint(&TokenRequest::new(Tenant::Acme, "support-console").expired());
    insta::assert_snapshot!(scene.get(ORDER).bearer(&expired).send().await.whole(), @r#"
    401
    cache-control: no-store
    connection: keep-alive
    content-type: application/problem+json
    www-authenticate: Bearer realm="portico", error="invalid_token", error_description="The token has expired"
    x-content-type-options: nosniff
    x-request-id: …
    {"type":"urn:portico:problem:token_expired","title":"The token has expired","status":401,"detail":"The token has expired.","instance":"…","code":"token_expired","advice":"Obtain a new token.","request_id":"…","retryable":false}
    "#);
    insta::assert_snapshot!(scene.graphql(QUERY).bearer(&expired).send().await.whole(), @r#"
    401
    cache-control: no-store
    connection: keep-alive
    content-type: application/graphql-response+json; charset=utf-8
    www-authenticate: Bearer realm="portico", error="invalid_token", error_description="The token has expired"
    x-content-type-options: nosniff
    x-request-id: …
    {"errors":[{"message":"The token has expired.","extensions":{"code":"token_expired","advice":"Obtain a new token.","retryable":false,"requestId":"…"}}]}
    "#);
    let old = scene.post("/graphql", &json!({ "query": QUERY })).bearer(&expired).send().await;
    insta::assert_snapshot!(old.whole(), @r#"
    401
    cache-control: no-store
    connection: keep-alive
    content-type: application/json; charset=utf-8
    www-authenticate: Bearer realm="portico", error="invalid_token", error_description="The token has expired"
    x-content-type-options: nosniff
    x-request-id: …
    {"errors":[{"message":"The token has expired.","extensions":{"code":"token_expired","advice":"Obtain a new token.","retryable":false,"requestId":"…"}}]}
    "#);
    nobody_was_asked(&scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_token_that_is_not_ours_is_refused_by_its_fault() {
    let scene = Scene::start().await;
    let good = || TokenRequest::new(Tenant::Acme, "partner-one");
    let cases = [
        ("expired", good().expired()),
        ("not yet valid", good().not_yet_valid()),
        ("without exp", good().without("exp")),
        ("exp in words", good().claim("exp", "tomorrow")),
        ("another audience", good().audience("elsewhere")),
        ("no audience", good().without("aud")),
        ("audience among others", good().audience(json!(["elsewhere", "portico-2"]))),
        ("another issuer", good().issuer("https://issuer.example")),
        ("the issuer with a slash", good().issuer(&format!("{}/", scene.sandbox().issuer_url()))),
        ("no issuer", good().without("iss")),
        ("a tenant that is not there", good().tenant_claim("initech")),
        ("a tenant by path", good().tenant_claim("../acme")),
        ("no tenant", good().without("tenant")),
        ("two tenants", good().claim("tenant", json!(["acme", "globex"]))),
        ("a consumer that is not there", TokenRequest::new(Tenant::Acme, "nobody")),
        ("alg none", good().signing(Signing::None)),
        ("HS256 with the public key", good().signing(Signing::Hs256)),
        ("a broken signature", good().signing(Signing::Broken)),
        ("an unknown key", good().kid(Some("unknown"))),
        ("bound to a certificate", good().claim("cnf", json!({ "x5t#S256": "abc" }))),
    ];
    let mut shown = Shown::default();
    for (case, request) in cases {
        let token = scene.sandbox().mint(&request);
        let reply = scene.get(ORDER).bearer(token).send().await;
        assert_eq!(reply.header("cache-control"), "no-store", "{case}");
        shown.add(case, &reply);
    }
    insta::assert_snapshot!(shown.0, @r#"
    expired: 401 token_expired "The token has expired."
    not yet valid: 401 token_not_yet_valid "The token is not valid yet: `nbf` lies ahead."
    without exp: 401 token_claims_invalid "The token's claims are not acceptable: `exp` is missing."
    exp in words: 401 token_claims_invalid "The token's claims are not acceptable: `exp` must be a number of seconds."
    another audience: 401 audience_mismatch "The token's `aud` does not name this gateway."
    no audience: 401 audience_mismatch "The token's `aud` does not name this gateway."
    audience among others: 401 audience_mismatch "The token's `aud` does not name this gateway."
    another issuer: 401 issuer_unknown "The token's `iss` is not exactly the name of a configured issuer."
    the issuer with a slash: 401 issuer_unknown "The token's `iss` is not exactly the name of a configured issuer."
    no issuer: 401 token_claims_invalid "The token's claims are not acceptable: `iss` must be a string."
    a tenant that is not there: 401 tenant_not_allowed "The token's issuer may not speak for the tenant that it names."
    a tenant by path: 401 tenant_not_allowed "The token's issuer may not speak for the tenant that it names."
    no tenant: 401 token_claims_invalid "The token's claims are not acceptable: `tenant` must name the tenant."
    two tenants: 401 token_claims_invalid "The token's claims are not acceptable: `tenant` must be a string."
    a consumer that is not there: 401 consumer_unknown "`nobody` is not registered for tenant `acme`."
    alg none: 401 token_signature_invalid "The token's algorithm is not one that is pinned for its issuer."
    HS256 with the public key: 401 token_signature_invalid "The token's algorithm is not one that is pinned for its issuer."
    a broken signature: 401 token_signature_invalid "The token's signature is wrong."
    an unknown key: 401 token_signature_invalid "The token is signed with a key that its issuer does not publish."
    bound to a certificate: 401 token_claims_invalid "The token's claims are not acceptable: the token is bound (`cnf`) in a way that cannot be checked here."
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_are_none_or_two_are_refused() {
    let scene = Scene::start().await;
    let token = scene.sandbox().token(Tenant::Acme, "partner-one");
    let key = scene.environment("KEY_PARTNER");
    let ask = || scene.get(ORDER);
    let by_query = |name: &str, value: &str| scene.get(&format!("{ORDER}?{name}={value}"));
    let cases: Vec<(&str, Ask<'_>)> = vec![
        ("garbage", ask().bearer("garbage")),
        ("three parts of garbage", ask().bearer("a.b.c")),
        ("nothing behind Bearer", ask().header("authorization", "Bearer ")),
        ("a password", ask().header("authorization", "Basic dXNlcjpwYXNz")),
        ("a list of tokens", ask().header("authorization", format!("Bearer {token}, Bearer {token}"))),
        ("the token twice", ask().bearer(&token).bearer(&token)),
        ("token and key", ask().bearer(&token).header("x-api-key", &key)),
        ("the key twice", ask().header("x-api-key", &key).header("x-api-key", &key)),
        ("another key", ask().header("x-api-key", "pk_AAAAAAAA_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
        ("the key with one character more", ask().header("x-api-key", format!("{key}x"))),
        ("no key", ask().header("x-api-key", "")),
        ("the key in the query", by_query("api_key", &key)),
        ("the key in the query, by the header's name", by_query("X-API-Key", &key)),
        ("the token in the query", by_query("access_token", &token)),
        ("the key as a token", ask().bearer(&key)),
        ("the token as a key", ask().header("x-api-key", &token)),
        ("a token of 64 kB", ask().bearer(format!("{}.b.c", "a".repeat(30_000)))),
    ];
    let mut shown = Shown::default();
    for (case, ask) in cases {
        shown.add(case, &ask.send().await);
    }
    insta::assert_snapshot!(shown.0, @r#"
    garbage: 401 token_malformed "The token is malformed: it has no parts."
    three parts of garbage: 401 token_malformed "The token is malformed: a part is not base64url."
    nothing behind Bearer: 401 token_malformed "The Authorization header holds no token."
    a password: 401 credentials_missing "The Authorization header uses a scheme other than Bearer and DPoP."
    a list of tokens: 401 credentials_ambiguous "The request carries a list of tokens."
    the token twice: 401 credentials_ambiguous "The request carries more than one `authorization` header."
    token and key: 401 credentials_ambiguous "The request carries a token and an API key."
    the key twice: 401 credentials_ambiguous "The request carries more than one `x-api-key` header."
    another key: 401 key_invalid "The API key is unknown or no longer valid."
    the key with one character more: 401 key_invalid "The API key is unknown or no longer valid."
    no key: 401 key_invalid "The API key is malformed."
    the key in the query: 401 credentials_missing "The request carries no credentials."
    the key in the query, by the header's name: 401 credentials_missing "The request carries no credentials."
    the token in the query: 401 credentials_missing "The request carries no credentials."
    the key as a token: 401 token_malformed "The token is malformed: it has no parts."
    the token as a key: 401 key_invalid "The API key is unknown or no longer valid."
    a token of 64 kB: 401 token_malformed "The token is longer than 16 kB."
    "#);
    nobody_was_asked(&scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_caller_has_no_scope_for_is_refused() {
    let scene = Scene::start().await;
    let crm_on_partner = scene.get(ORDER).as_consumer("crm").send().await;
    insta::assert_snapshot!(crm_on_partner.whole(), @r#"
    403
    cache-control: no-store
    connection: keep-alive
    content-type: application/problem+json
    www-authenticate: Bearer realm="portico", error="insufficient_scope", error_description="The caller may not do this"
    x-content-type-options: nosniff
    x-request-id: …
    {"type":"urn:portico:problem:forbidden","title":"The caller may not do this","status":403,"detail":"The API `partner` needs the scope `api:partner`.","instance":"…","code":"forbidden","advice":"Ask the operator for the scope that the detail names.","request_id":"…","retryable":false}
    "#);
    let partner_on_graphql = scene.graphql(QUERY).as_consumer("partner-one").send().await;
    insta::assert_snapshot!(partner_on_graphql.shown(), @r#"403 {"errors":[{"message":"This path needs the scope `graphql`.","extensions":{"code":"forbidden","advice":"Ask the operator for the scope that the detail names.","retryable":false,"requestId":"…"}}]}"#);
    let every_root_refused =
        scene.graphql(r#"{ warranty(serialNumber: "SN-77") { status } }"#).as_consumer("crm").send().await;
    insta::assert_snapshot!(every_root_refused.shown(), @r#"403 {"errors":[{"message":"`warranty` needs the scope `warranty:read`.","extensions":{"code":"scope_missing","retryable":false,"requestId":"…"}}]}"#);
    let narrowed = scene.sandbox().mint(&TokenRequest::new(Tenant::Acme, "partner-one").scope("order:read"));
    insta::assert_snapshot!(scene.get(ORDER).bearer(narrowed).send().await.shown(), @r#"403 {"type":"urn:portico:problem:forbidden","title":"The caller may not do this","status":403,"detail":"The API `partner` needs the scope `api:partner`.","instance":"…","code":"forbidden","advice":"Ask the operator for the scope that the detail names.","request_id":"…","retryable":false}"#);
    nobody_was_asked(&scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_without_its_scope_is_null_and_the_rest_is_answered() {
    let scene = Scene::start().await;
    let query = r#"{ customer(by: { number: "C-1001" }) { name receivables { creditLimit { amount } onHold } } }"#;
    insta::assert_snapshot!(scene.graphql(query).as_consumer("support-console").send().await.shown(), @r#"200 {"data":{"customer":{"name":"Hanseatic Pumps GmbH","receivables":{"creditLimit":null,"onHold":false}}},"errors":[{"message":"`creditLimit` needs the scope `credit_limit:read`.","path":["customer","receivables","creditLimit"],"extensions":{"code":"scope_missing","retryable":false,"requestId":"…"}}],"extensions":{"cost":{"requested":3,"actual":"…","remaining":"…","systems":[{"system":"acme-crm","requested":1,"actual":"…"},{"system":"acme-erp","requested":2,"actual":"…"}]},"sources":[{"system":"acme-erp","calls":2,"cacheHits":0,"state":"FETCHED"}],"deadline":{"budgetMs":"…","usedMs":"…"}}}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_and_methods_are_told_apart() {
    let scene = Scene::start().await;
    insta::assert_snapshot!(scene.get("/nowhere").as_consumer("partner-one").send().await.whole(), @r#"
    404
    cache-control: no-store
    connection: keep-alive
    content-type: application/problem+json
    x-content-type-options: nosniff
    x-request-id: …
    {"type":"urn:portico:problem:route_not_found","title":"There is nothing at this path","status":404,"detail":"There is nothing at this path.","instance":"…","code":"route_not_found","advice":"Check the path; each API lists its paths in its openapi.json.","request_id":"…","retryable":false}
    "#);
    let deleted = scene.ask(Method::DELETE, ORDER).as_consumer("partner-one").send().await;
    insta::assert_snapshot!(deleted.whole(), @r#"
    405
    allow: GET, HEAD
    cache-control: no-store
    connection: keep-alive
    content-type: application/problem+json
    x-content-type-options: nosniff
    x-request-id: …
    {"type":"urn:portico:problem:method_not_allowed","title":"The method is not allowed here","status":405,"detail":"This path takes GET, HEAD.","instance":"…","code":"method_not_allowed","advice":"Use a method from the Allow header.","request_id":"…","retryable":false}
    "#);
    let mut shown = Shown::default();
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/partner"),
        (Method::GET, "/partner/v2"),
        (Method::GET, "/partner/v2/orders/SO-1042/lines"),
        (Method::GET, "/partner/v2/orders/SO-1042/"),
        (Method::GET, "/Partner/v2/orders/SO-1042"),
        (Method::GET, "/partner/V2/orders/SO-1042"),
        (Method::GET, "/graphql/"),
        (Method::GET, "/metrics"),
        (Method::GET, "/healthz"),
        (Method::GET, "/api/status"),
        (Method::POST, ORDER),
        (Method::GET, "/credit/v1/checks"),
        (Method::PUT, "/graphql"),
        (Method::POST, "/erp/v1/CustomersV3"),
        (Method::TRACE, ORDER),
        (Method::OPTIONS, ORDER),
    ] {
        let reply = scene.ask(method.clone(), path).as_consumer("support-console").send().await;
        shown.add(&format!("{method} {path} [{}]", reply.header("allow")), &reply);
    }
    insta::assert_snapshot!(shown.0, @r#"
    GET / []: 404 route_not_found "There is nothing at this path."
    GET /partner []: 404 route_not_found "There is nothing at this path."
    GET /partner/v2 []: 404 route_not_found "There is nothing at this path."
    GET /partner/v2/orders/SO-1042/lines []: 404 route_not_found "There is nothing at this path."
    GET /partner/v2/orders/SO-1042/ []: 404 route_not_found "There is nothing at this path."
    GET /Partner/v2/orders/SO-1042 []: 404 route_not_found "There is nothing at this path."
    GET /partner/V2/orders/SO-1042 []: 404 route_not_found "There is nothing at this path."
    GET /graphql/ []: 404 route_not_found "There is nothing at this path."
    GET /metrics []: 404 route_not_found "There is nothing at this path."
    GET /healthz []: 404 route_not_found "There is nothing at this path."
    GET /api/status []: 404 route_not_found "There is nothing at this path."
    POST /partner/v2/orders/SO-1042 [GET, HEAD]: 405 method_not_allowed "This path takes GET, HEAD."
    GET /credit/v1/checks [POST]: 405 method_not_allowed "This path takes POST."
    PUT /graphql [GET, HEAD, POST]: 405 method_not_allowed "This path takes GET, HEAD, POST."
    POST /erp/v1/CustomersV3 [GET, HEAD]: 405 method_not_allowed "This path takes GET, HEAD."
    TRACE /partner/v2/orders/SO-1042 [GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS]: 405 method_not_allowed "This method is never allowed."
    OPTIONS /partner/v2/orders/SO-1042 [GET, HEAD]: 405 method_not_allowed "This path takes GET, HEAD."
    "#);
    nobody_was_asked(&scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_with_two_readings_is_refused() {
    let scene = Scene::start().await;
    let mut shown = Shown::default();
    for path in [
        "//partner/v2/orders/SO-1042",
        "/partner//v2/orders/SO-1042",
        "/partner/v2/../v2/orders/SO-1042",
        "/partner/v2/./orders/SO-1042",
        "/partner/v2/orders/..%2forders%2fSO-1042",
        "/partner/v2/orders/%2e%2e/SO-1042",
        "/partner/v2/orders/SO%2f1042",
        "/partner/v2/orders/SO%5c1042",
        "/partner/v2/orders/SO-1042;v=1",
        "/partner/v2/orders/SO-1042%3bv=1",
        "/partner/v2/orders/SO-1042%00",
        "/partner/v2/orders/SO-1042%0d%0ax:1",
        "/partner/v2/orders/SO%252d1042",
        "/partner/v2/orders/%c0%ae%c0%ae",
        "/partner/v2/orders/%zz",
        "/partner/v2/orders/",
    ] {
        shown.add(path, &scene.get(path).as_consumer("partner-one").send().await);
    }
    insta::assert_snapshot!(shown.0, @r#"
    //partner/v2/orders/SO-1042: 400 path_invalid "The request target is refused: the path has an empty segment."
    /partner//v2/orders/SO-1042: 400 path_invalid "The request target is refused: the path has an empty segment."
    /partner/v2/../v2/orders/SO-1042: 400 path_invalid "The request target is refused: the path has a dot segment."
    /partner/v2/./orders/SO-1042: 400 path_invalid "The request target is refused: the path has a dot segment."
    /partner/v2/orders/..%2forders%2fSO-1042: 400 path_invalid "The request target is refused: the path has an encoded slash or a backslash."
    /partner/v2/orders/%2e%2e/SO-1042: 400 path_invalid "The request target is refused: the path has a dot segment."
    /partner/v2/orders/SO%2f1042: 400 path_invalid "The request target is refused: the path has an encoded slash or a backslash."
    /partner/v2/orders/SO%5c1042: 400 path_invalid "The request target is refused: the path has an encoded slash or a backslash."
    /partner/v2/orders/SO-1042;v=1: 400 path_invalid "The request target is refused: the path has a `;`."
    /partner/v2/orders/SO-1042%3bv=1: 400 path_invalid "The request target is refused: the path has a `;`."
    /partner/v2/orders/SO-1042%00: 400 path_invalid "The request target is refused: the path has a control character."
    /partner/v2/orders/SO-1042%0d%0ax:1: 400 path_invalid "The request target is refused: the path has a control character."
    /partner/v2/orders/SO%252d1042: 400 path_invalid "The request target is refused: the path is percent-encoded twice."
    /partner/v2/orders/%c0%ae%c0%ae: 400 path_invalid "The request target is refused: the path is not UTF-8."
    /partner/v2/orders/%zz: 400 path_invalid "The request target is refused: the path has a broken percent escape."
    /partner/v2/orders/: 404 route_not_found "There is nothing at this path."
    "#);
    nobody_was_asked(&scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_one_json_object_is_refused() {
    let scene = Scene::start().await;
    let post = |path: &str| scene.post(path, &json!(null)).as_consumer("crm");
    let plain = |kind: &str, body: &'static str| {
        scene.ask(Method::POST, "/graphql").header("content-type", kind).as_consumer("crm").body(body)
    };
    let good = r#"{"query":"{ __typename }"}"#;
    let cases: Vec<(&str, Ask<'_>)> = vec![
        ("nothing", post("/graphql").body("")),
        ("not JSON", post("/graphql").body("query { a }")),
        ("half of it", post("/graphql").body(r#"{"query": "{ a }""#)),
        ("two of them", post("/graphql").body(format!("{good}{good}"))),
        ("a batch", post("/graphql").body(format!("[{good},{good}]"))),
        ("a text", post("/graphql").body(r#""{ a }""#)),
        ("a member twice", post("/graphql").body(r#"{"query":"{a}","query":"{b}"}"#)),
        ("a variable twice", post("/graphql").body(r#"{"query":"{a}","variables":{"a":1,"a":2}}"#)),
        ("not UTF-8", post("/graphql").body(&b"{\"query\":\"{ \xff }\"}"[..])),
        ("a float that is none", post("/graphql").body(r#"{"query":"{a}","variables":{"a":NaN}}"#)),
        (
            "JSON of 2,000 levels",
            post("/graphql").body(format!(
                r#"{{"query":"{{a}}","variables":{{"a":{}{}}}}}"#,
                "[".repeat(2_000),
                "]".repeat(2_000)
            )),
        ),
        ("too large", post("/graphql").body(format!(r#"{{"query":"{}"}}"#, "a".repeat(1 << 20)))),
        ("no query", post("/graphql").body("{}")),
        ("a query that is a number", post("/graphql").body(r#"{"query":1}"#)),
        ("variables that are a list", post("/graphql").body(r#"{"query":"{a}","variables":[]}"#)),
        ("text/plain", plain("text/plain", good)),
        ("urlencoded", plain("application/x-www-form-urlencoded", "query=%7Ba%7D")),
        ("multipart", plain("multipart/form-data; boundary=x", "--x--")),
        ("another charset", plain("application/json; charset=utf-16", good)),
        ("no type at all", scene.ask(Method::POST, "/graphql").as_consumer("crm").body(good)),
        ("compressed", plain("application/json", good).header("content-encoding", "gzip")),
        ("an operation's, too large", post("/credit/v1/checks").body(" ".repeat((1 << 20) + 1))),
        ("an operation's, not JSON", post("/credit/v1/checks").body("customer=C-1001")),
        (
            "an operation's, a member twice",
            post("/credit/v1/checks")
                .body(r#"{"customer":{"number":"C-1001","number":"C-1002"},"amount":{"amount":"1","currency":"EUR"}}"#),
        ),
        ("an operation's, a batch", post("/credit/v1/checks").body("[{}]")),
    ];
    let mut shown = Shown::default();
    for (case, ask) in cases {
        shown.add(case, &ask.send().await);
    }
    insta::assert_snapshot!(shown.0, @r#"
    nothing: 400 body_malformed "The body is not well-formed JSON, or names a member twice: line 1, column 0."
    not JSON: 400 body_malformed "The body is not well-formed JSON, or names a member twice: line 1, column 1."
    half of it: 400 body_malformed "The body is not well-formed JSON, or names a member twice: line 1, column 17."
    two of them: 400 body_malformed "The body is not well-formed JSON, or names a member twice: line 1, column 27."
    a batch: 400 body_malformed "Batches are not supported: send one JSON object."
    a text: 400 body_malformed "The body must be a JSON object."
    a member twice: 400 body_malformed "The body is not well-formed JSON, or names a member twice: line 1, column 29."
    a variable twice: 400 body_malformed "The body is not well-formed JSON, or names a member twice: line 1, column 40."
    not UTF-8: 400 body_malformed "The body is not UTF-8."
    a float that is none: 400 body_malformed "The body is not well-formed JSON, or names a member twice: line 1, column 33."
    JSON of 2,000 levels: 400 body_malformed "The body is not well-formed JSON, or names a member twice: line 1, column 158."
    too large: 413 body_too_large "The body may have 1048576 bytes."
    no query: 400 parameter_invalid "`query` is missing."
    a query that is a number: 400 parameter_invalid "`query` must be a string."
    variables that are a list: 400 parameter_invalid "`variables` must be an object."
    text/plain: 415 media_type_unsupported "The body must be JSON in UTF-8: `Content-Type: application/json`."
    urlencoded: 415 media_type_unsupported "The body must be JSON in UTF-8: `Content-Type: application/json`."
    multipart: 415 media_type_unsupported "The body must be JSON in UTF-8: `Content-Type: application/json`."
    another charset: 415 media_type_unsupported "The body must be JSON in UTF-8: `Content-Type: application/json`."
    no type at all: 415 media_type_unsupported "The body must be JSON in UTF-8: `Content-Type: application/json`."
    compressed: 415 media_type_unsupported "Send the body without Content-Encoding."
    an operation's, too large: 413 body_too_large "The body may have 1048576 bytes."
    an operation's, not JSON: 400 body_malformed "The body is not well-formed JSON, or names a member twice: line 1, column 1."
    an operation's, a member twice: 400 body_malformed "The body is not well-formed JSON, or names a member twice: line 1, column 49."
    an operation's, a batch: 400 body_malformed "Batches are not supported: send one JSON object."
    "#);
    nobody_was_asked(&scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_bodies_are_shown_whole() {
    let scene = Scene::start().await;
    let large = scene.post("/credit/v1/checks", &json!(null)).as_consumer("crm").body(" ".repeat((1 << 20) + 1));
    insta::assert_snapshot!(large.send().await.whole(), @r#"
    413
    cache-control: no-store
    connection: close
    content-type: application/problem+json
    ratelimit-policy: "rate";q=500;w=1, "concurrent";q=100;qu="concurrent-requests", "cost";q=20000;w=1;qu="cost"
    ratelimit: "rate";r=…;t=…, "concurrent";r=…
    x-content-type-options: nosniff
    x-request-id: …
    {"type":"urn:portico:problem:body_too_large","title":"The body is too large","status":413,"detail":"The body may have 1048576 bytes.","instance":"…","code":"body_too_large","advice":"Send less; the detail names the limit.","request_id":"…","retryable":false}
    "#);
    let form = scene.ask(Method::POST, "/graphql").header("content-type", "text/plain").as_consumer("crm").body("{}");
    insta::assert_snapshot!(form.send().await.whole(), @r#"
    415
    cache-control: no-store
    connection: keep-alive
    content-type: application/json; charset=utf-8
    ratelimit-policy: "rate";q=500;w=1, "concurrent";q=100;qu="concurrent-requests", "cost";q=20000;w=1;qu="cost"
    ratelimit: "rate";r=…;t=…, "concurrent";r=…
    x-content-type-options: nosniff
    x-request-id: …
    {"errors":[{"message":"The body must be JSON in UTF-8: `Content-Type: application/json`.","extensions":{"code":"media_type_unsupported","advice":"Send `Content-Type: application/json`.","retryable":false,"requestId":"…"}}]}
    "#);
    nobody_was_asked(&scene);
}

/// Thirty-one fragments that spread the next one twice: a kilobyte that stands for two thousand million fields.
fn exponential() -> String {
    let mut document = "{ customer(by: { number: \"C-1001\" }) { ...f0 } }".to_owned();
    for at in 0..30 {
        write!(document, " fragment f{at} on Customer {{ ...f{0} ...f{0} }}", at + 1).expect("a string takes all");
    }
    document + " fragment f30 on Customer { name }"
}

fn documents() -> Vec<(&'static str, String)> {
    let field = |inner: &str| format!(r#"{{ order(number: "SO-1042") {{ {inner} }} }}"#);
    let chain = |levels: usize| {
        format!("{}{}{}", "customer { orders { edges { node { ".repeat(levels), "number", " } } } }".repeat(levels))
    };
    vec![
        ("exponential fragments", exponential()),
        ("2,000 nested lists", format!("{{ order(number: {}{}) {{ number }} }}", "[".repeat(2_000), "]".repeat(2_000))),
        ("2,000 nested objects", format!("{{ customer(by: {}1{}) {{ name }} }}", "{a:".repeat(2_000), "}".repeat(2_000))),
        ("deep fields", field(&chain(5))),
        ("too large", field(&format!("number #{}", "x".repeat(40_000)))),
        ("too many tokens", field(&"number ".repeat(4_500))),
        ("500 times the same field", field(&"status number ".repeat(1_200))),
        ("1,000 aliases", field(&(0..1_000).fold(String::new(), |all, at| format!("{all} a{at}:number")))),
        ("directives", field(&format!("number {}", "@include(if: true) ".repeat(100)))),
        ("a fragment in itself", field("...f") + " fragment f on Order { ...g } fragment g on Order { ...f }"),
        ("first: 101", r#"{ orders(customer: { number: "C-1001" }, first: 101) { edges { cursor } } }"#.to_owned()),
        ("first: 99999999", r#"{ orders(customer: { number: "C-1001" }, first: 99999999) { edges { cursor } } }"#.to_owned()),
        ("first: -1", r#"{ orders(customer: { number: "C-1001" }, first: -1) { edges { cursor } } }"#.to_owned()),
        ("first: 0", r#"{ customer(by: { number: "C-1001" }) { contacts(first: 0) { name } } }"#.to_owned()),
        ("costly", r#"{ orders(customer: { number: "C-1001" }, first: 100) { edges { node { customer { orders(first: 100) { edges { node { invoices { number } lines { product { name } } } } } } } } } }"#.to_owned()),
        ("no GraphQL", "SELECT * FROM orders".to_owned()),
        ("empty", String::new()),
        ("unknown field", field("numbr")),
        ("unknown argument", r#"{ order(id: "SO-1042") { number } }"#.to_owned()),
        ("missing argument", "{ order { number } }".to_owned()),
        ("argument of the wrong type", "{ order(number: 1042) { number } }".to_owned()),
        ("no selection", r#"{ order(number: "SO-1042") }"#.to_owned()),
        ("selection on a scalar", field("number { a }")),
        ("two keys", r#"{ customer(by: { number: "C-1001", crmId: "x" }) { name } }"#.to_owned()),
        ("unknown fragment", field("...nowhere")),
        ("unused variable", "query q($n: String!) { order(number: \"SO-1042\") { number } }".to_owned()),
        ("a mutation", "mutation { deleteOrder(number: \"SO-1042\") }".to_owned()),
        ("a subscription", "subscription { orderChanged(number: \"SO-1042\") { number } }".to_owned()),
        ("two operations and no name", format!("query a {QUERY} query b {QUERY}")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_cannot_be_meant_is_refused_in_no_time() {
    let scene = Scene::start().await;
    let mut shown = Shown::default();
    for (case, document) in documents() {
        let begun = std::time::Instant::now();
        let reply = scene.graphql(&document).as_consumer("support-console").send().await;
        assert!(begun.elapsed().as_millis() < 1_000, "{case} took {:?}", begun.elapsed());
        assert!(reply.json().get("data").is_none(), "{case}: {}", &reply.json()["extensions"]);
        shown.add(case, &reply);
    }
    insta::assert_snapshot!(shown.0, @r#"
    exponential fragments: 400 document_too_wide "The document has more than 1000000 fields, fragments expanded; at most 2000 are allowed."
    2,000 nested lists: 400 document_too_deep "The document has 41 brackets inside each other; at most 40 are allowed."
    2,000 nested objects: 400 document_too_deep "The document has 41 brackets inside each other; at most 40 are allowed."
    deep fields: 400 document_too_deep "The document has 22 levels of fields; at most 15 are allowed."
    too large: 400 document_too_large "The document has 40041 bytes; at most 32768 are allowed."
    too many tokens: 400 document_too_large "The document has 4510 tokens; at most 4000 are allowed."
    500 times the same field: 400 document_too_wide "The document has 2401 fields, fragments expanded; at most 2000 are allowed."
    1,000 aliases: 400 document_too_wide "The document has 1000 aliases; at most 60 are allowed."
    directives: 400 document_too_wide "The document has 100 directives; at most 60 are allowed."
    a fragment in itself: 400 document_invalid "The fragment `f` spreads itself."
    first: 101: 400 argument_invalid "Argument `first` must be between 1 and 100."
    first: 99999999: 400 argument_invalid "Argument `first` must be between 1 and 100."
    first: -1: 400 argument_invalid "Argument `first` must be between 1 and 100."
    first: 0: 400 argument_invalid "Argument `first` must be between 1 and 100."
    costly: 400 query_too_costly "The query may cost 6105 points; at most 5000 are allowed at once."
    no GraphQL: 400 document_malformed "Syntax error: expected executable_definition."
    empty: 400 document_malformed "Syntax error: expected executable_definition."
    unknown field: 400 document_invalid "Unknown field \"numbr\" on type \"Order\"."
    unknown argument: 400 document_invalid "Field \"order\" argument \"number\" of type \"Query\" is required but not provided"
    missing argument: 400 document_invalid "Field \"order\" argument \"number\" of type \"Query\" is required but not provided"
    argument of the wrong type: 400 document_invalid "Invalid value for argument \"number\", expected type \"String\""
    no selection: 400 document_invalid "Field \"order\" of type \"Order\" must have a selection of subfields"
    selection on a scalar: 400 document_invalid "Field \"number\" must not have a selection since type \"String\" has no subfields"
    two keys: 400 document_invalid "Invalid value for argument \"by\", Oneof input objects requires have exactly one field"
    unknown fragment: 400 document_invalid "Unknown fragment: \"nowhere\""
    unused variable: 400 document_invalid "Variable \"$n\" is not used by operation \"q\""
    a mutation: 400 document_invalid "The schema has no mutations."
    a subscription: 406 not_acceptable "A subscription is answered as text/event-stream."
    two operations and no name: 400 operation_unknown "The document has several operations; name one in `operationName`."
    "#);
    nobody_was_asked(&scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_media_types_tell_of_the_same_mistake() {
    let scene = Scene::start().await;
    let unknown = r#"{ order(number: "SO-1042") { numbr } }"#;
    insta::assert_snapshot!(scene.graphql(unknown).as_consumer("crm").send().await.whole(), @r#"
    400
    cache-control: no-store
    connection: keep-alive
    content-type: application/graphql-response+json; charset=utf-8
    ratelimit-policy: "rate";q=500;w=1, "concurrent";q=100;qu="concurrent-requests", "cost";q=20000;w=1;qu="cost"
    ratelimit: "rate";r=…;t=…, "concurrent";r=…
    x-content-type-options: nosniff
    x-request-id: …
    {"errors":[{"message":"Unknown field \"numbr\" on type \"Order\".","locations":[{"line":1,"column":30}],"extensions":{"code":"document_invalid","retryable":false,"requestId":"…"}}]}
    "#);
    let old = |document: &str| {
        scene.post("/graphql", &json!({ "query": document })).header("accept", "application/json").as_consumer("crm")
    };
    insta::assert_snapshot!(old(unknown).send().await.whole(), @r#"
    200
    cache-control: no-store
    connection: keep-alive
    content-type: application/json; charset=utf-8
    ratelimit-policy: "rate";q=500;w=1, "concurrent";q=100;qu="concurrent-requests", "cost";q=20000;w=1;qu="cost"
    ratelimit: "rate";r=…;t=…, "concurrent";r=…
    x-content-type-options: nosniff
    x-request-id: …
    {"errors":[{"message":"Unknown field \"numbr\" on type \"Order\".","locations":[{"line":1,"column":30}],"extensions":{"code":"document_invalid","retryable":false,"requestId":"…"}}]}
    "#);
    // A refusal by the guard keeps its status under both.
    insta::assert_snapshot!(scene.graphql(&exponential()).as_consumer("crm").send().await.shown(), @r#"400 {"errors":[{"message":"The document has more than 1000000 fields, fragments expanded; at most 2000 are allowed.","extensions":{"code":"document_too_wide","retryable":false,"requestId":"…"}}]}"#);
    assert_eq!(old(&exponential()).send().await.status, 400);
    let html = scene.post("/graphql", &json!({ "query": QUERY })).header("accept", "text/html").as_consumer("crm");
    insta::assert_snapshot!(html.send().await.shown(), @r#"406 {"errors":[{"message":"GraphQL is answered as application/graphql-response+json or application/json.","extensions":{"code":"not_acceptable","advice":"Accept one of the media types in the detail.","retryable":false,"requestId":"…"}}]}"#);
    nobody_was_asked(&scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_of_the_wrong_kind_are_refused() {
    let scene = Scene::start().await;
    let ask = |query: &str, variables: serde_json::Value| {
        scene
            .post("/graphql", &json!({ "query": query, "variables": variables }))
            .header("accept", "application/graphql-response+json")
            .as_consumer("support-console")
    };
    let order = "query q($n: String!) { order(number: $n) { number } }";
    let orders = "query q($f: Int, $s: [OrderStatus!]) { orders(customer: { number: \"C-1001\" }, first: $f, status: $s) { edges { cursor } } }";
    let customer = "query q($k: CustomerKey!) { customer(by: $k) { name } }";
    let mut deep = json!("x");
    for _ in 0..100 {
        deep = json!([deep]);
    }
    let mut shown = Shown::default();
    for (case, query, variables) in [
        ("a number for a text", order, json!({ "n": 1042 })),
        ("null for what must be", order, json!({ "n": null })),
        ("missing", order, json!({})),
        ("a list for a text", order, json!({ "n": ["SO-1042"] })),
        ("100 levels", order, json!({ "n": deep })),
        ("a text for a number", orders, json!({ "f": "10" })),
        ("too many", orders, json!({ "f": 101 })),
        ("beyond 32 bits", orders, json!({ "f": 4_294_967_296_i64 })),
        ("a fraction", orders, json!({ "f": 1.5 })),
        ("no such status", orders, json!({ "s": ["LOST"] })),
        ("two keys", customer, json!({ "k": { "number": "C-1001", "crmId": "x" } })),
        ("no key", customer, json!({ "k": {} })),
        ("an unknown key", customer, json!({ "k": { "name": "x" } })),
    ] {
        shown.add(case, &ask(query, variables).send().await);
    }
    insta::assert_snapshot!(shown.0, @r#"
    a number for a text: 400 variables_invalid "Variable `$n` is not a value of type `String`."
    null for what must be: 400 variables_invalid "Variable `$n` must not be null; it is of type `String!`."
    missing: 400 variables_invalid "Variable `$n` of type `String!` is required and was not given."
    a list for a text: 400 variables_invalid "Variable `$n` is not a value of type `String`."
    100 levels: 400 variables_invalid "Variable `$n` is not a value of type `String`."
    a text for a number: 400 variables_invalid "Variable `$f` is not a value of type `Int`."
    too many: 400 argument_invalid "Argument `first` must be between 1 and 100."
    beyond 32 bits: 400 variables_invalid "Variable `$f` is not a value of type `Int`."
    a fraction: 400 variables_invalid "Variable `$f` is not a value of type `Int`."
    no such status: 400 variables_invalid "Variable `$s` must be one of DRAFT, OPEN, PARTIALLY_SHIPPED, SHIPPED, INVOICED, CLOSED, CANCELLED, UNKNOWN."
    two keys: 400 variables_invalid "Variable `$k` must have exactly one of number, crmId, billingId, supportId, email, domain."
    no key: 400 variables_invalid "Variable `$k` must have exactly one of number, crmId, billingId, supportId, email, domain."
    an unknown key: 400 variables_invalid "Variable `$k` has a member `name` that `CustomerKey` does not have."
    "#);
    nobody_was_asked(&scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn introspection_is_for_those_who_may() {
    let scene = Scene::start().await;
    insta::assert_snapshot!(scene.graphql("{ __schema { queryType { name } } }").as_consumer("crm").send().await.shown(), @r#"403 {"errors":[{"message":"Introspection needs the scope `graphql:introspect`.","extensions":{"code":"introspection_refused","retryable":false,"requestId":"…"}}]}"#);
    for hidden in [
        r#"{ a: __schema { queryType { name } } }"#,
        r#"{ __type(name: "Order") { name } }"#,
        "query q { ...f } fragment f on Query { __schema { queryType { name } } }",
        r#"{ __typename ... on Query { x: __type(name: "Order") { fields { name } } } }"#,
    ] {
        let reply = scene.graphql(hidden).as_consumer("crm").send().await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (403, "introspection_refused"), "{hidden}");
    }
    let allowed = scene.graphql("{ __schema { queryType { name } } }").as_consumer("support-console").send().await;
    assert_eq!(allowed.data()["__schema"]["queryType"]["name"], "Query");
    // No suggestions either: they would spell out what introspection does not.
    let near = scene.graphql(r#"{ order(number: "SO-1042") { numbe } }"#).as_consumer("crm").send().await;
    assert!(!near.text().contains("number"), "{}", near.text());
    nobody_was_asked(&scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn gets_are_for_queries_that_a_form_cannot_send() {
    let scene = Scene::start().await;
    let get = |query: &str| scene.get(&format!("/graphql?query={query}")).as_consumer("support-console");
    let mut shown = Shown::default();
    let cases: Vec<(&str, Ask<'_>)> = vec![
        ("a mutation", get("mutation%7Ba%7D").header("accept", "application/graphql-response+json")),
        ("from another site's page", get("%7B__typename%7D").header("origin", "https://evil.example")),
        ("fetched by a browser", get("%7B__typename%7D").header("sec-fetch-site", "cross-site")),
        ("no query", scene.get("/graphql").as_consumer("support-console")),
        ("the query twice", get("%7B__typename%7D&query=%7B__typename%7D")),
        ("with a body", get("%7B__typename%7D").body("{}")),
    ];
    for (case, ask) in cases {
        shown.add(case, &ask.send().await);
    }
    insta::assert_snapshot!(shown.0, @r#"
    a mutation: 405 mutation_not_allowed "The schema has no mutations."
    from another site's page: 403 cross_site_refused "A browser's GET needs a header that a form cannot send."
    fetched by a browser: 403 cross_site_refused "A browser's GET needs a header that a form cannot send."
    no query: 400 parameter_invalid "`query` is missing."
    the query twice: 400 parameter_invalid "`query` stands twice."
    with a body: 400 bad_request "A GET has no body here; send a POST."
    "#);
    let deliberate = get("%7B__typename%7D")
        .header("origin", "https://console.example")
        .header("accept", "application/graphql-response+json");
    assert_eq!(deliberate.send().await.data()["__typename"], "Query");
    nobody_was_asked(&scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_that_are_too_large_or_nameless_are_refused() {
    let scene = Scene::start().await;
    let mut shown = Shown::default();
    let long = scene.get(&format!("{ORDER}?x={}", "x".repeat(9_000))).as_consumer("partner-one").send().await;
    shown.add("a long target", &long);
    let heavy = scene.get(ORDER).header("x-filler", "x".repeat(33_000)).as_consumer("partner-one").send().await;
    shown.add("a heavy head", &heavy);
    let nominating = scene.get(ORDER).header("connection", "authorization").as_consumer("partner-one").send().await;
    shown.add("Connection names Authorization", &nominating);
    insta::assert_snapshot!(shown.0, @r#"
    a long target: 414 uri_too_long "The request target may have 8192 bytes."
    a heavy head: 431 header_too_large "The header section may have 32768 bytes."
    Connection names Authorization: 400 bad_request "The request is refused: the Connection header names what it may not name, or too much."
    "#);
    nobody_was_asked(&scene);
}
