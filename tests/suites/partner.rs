//! Partners call published operations by version, over plain REST, and see no more than they may.

use http::Method;
use portico_tests::{Fault, Reply, Role, Scene, Tenant};

async fn partner(scene: &Scene, path: &str) -> Reply {
    scene.get(path).as_consumer("partner-one").send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn three_versions_answer_the_same_order_in_their_own_shapes_at_once() {
    let scene = Scene::start().await;
    let (v1, v2, v3) = tokio::join!(
        partner(&scene, "/partner/v1/orders/SO-1042"),
        partner(&scene, "/partner/v2/orders/SO-1042"),
        partner(&scene, "/partner/v3/orders/SO-1042"),
    );
    // Whose call the others share depends on the moment.
    let shown = |reply: Reply| reply.whole().replace("portico; hit", "portico; fwd=miss");
    insta::assert_snapshot!(shown(v1), @r#"
    200
    age: …
    cache-control: private
    cache-status: portico; fwd=miss
    connection: keep-alive
    content-type: application/json
    deprecation: @1772323200
    etag: W/"f56e74544357ffb104953117"
    link: </partner/v2>; rel="successor-version"
    ratelimit-policy: "rate";q=20;w=1, "day";q=10000;w=86400, "concurrent";q=100;qu="concurrent-requests", "cost";q=20000;w=1;qu="cost"
    ratelimit: "rate";r=…;t=…, "day";r=…;t=…, "concurrent";r=…, "cost";r=…;t=…
    sunset: Sun, 30 Jun 2030 00:00:00 GMT
    vary: Authorization, Accept
    x-content-type-options: nosniff
    x-request-id: …
    {"orderNo":"SO-1042","orderStatus":"PARTIALLY_SHIPPED","orderDate":"2026-06-03T09:00:00Z","poNumber":"PO-778-A","customerNo":"C-1001","customerName":"Hanseatic Pumps GmbH","orderTotal":{"value":"5901.00","currency":"EUR"},"items":[{"itemNo":"AC-100","itemText":"Feed pump 100","qty":"2"},{"itemNo":"AC-200","itemText":"Dosing pump 200","qty":"1"}]}
    "#);
    insta::assert_snapshot!(shown(v2), @r#"
    200
    age: …
    cache-control: private
    cache-status: portico; fwd=miss
    connection: keep-alive
    content-type: application/json
    etag: W/"dc9bdfc0fb450fe7c8ef7ff0"
    ratelimit-policy: "rate";q=20;w=1, "day";q=10000;w=86400, "concurrent";q=100;qu="concurrent-requests", "cost";q=20000;w=1;qu="cost"
    ratelimit: "rate";r=…;t=…, "day";r=…;t=…, "concurrent";r=…, "cost";r=…;t=…
    vary: Authorization, Accept
    x-content-type-options: nosniff
    x-request-id: …
    {"number":"SO-1042","status":"PARTIALLY_SHIPPED","orderedAt":"2026-06-03T09:00:00Z","requestedShipDate":"2026-06-17","purchaseOrder":"PO-778-A","total":{"amount":"5901.00","currency":"EUR"},"lines":[{"lineNumber":1,"sku":"AC-100","description":"Feed pump 100","quantity":"2","unit":"pcs","serialNumbers":[]},{"lineNumber":2,"sku":"AC-200","description":"Dosing pump 200","quantity":"1","unit":"pcs","serialNumbers":[]}],"shipments":[{"number":"PS-1042","status":"SHIPPED","carrier":null,"trackingNumber":"PX10420001","shippedAt":"2026-06-10T12:00:00Z","deliveredAt":null}]}
    "#);
    insta::assert_snapshot!(shown(v3), @r#"
    200
    age: …
    cache-control: private
    cache-status: portico; fwd=miss
    connection: keep-alive
    content-type: application/json
    etag: W/"063acb302fcf93d22ac8b110"
    ratelimit-policy: "rate";q=20;w=1, "day";q=10000;w=86400, "concurrent";q=100;qu="concurrent-requests", "cost";q=20000;w=1;qu="cost"
    ratelimit: "rate";r=…;t=…, "day";r=…;t=…, "concurrent";r=…, "cost";r=…;t=…
    vary: Authorization, Accept
    x-content-type-options: nosniff
    x-request-id: …
    {"number":"SO-1042","status":"PARTIALLY_SHIPPED","orderedAt":"2026-06-03T09:00:00Z","requestedShipDate":"2026-06-17","purchaseOrder":"PO-778-A","customer":{"number":"C-1001","name":"Hanseatic Pumps GmbH"},"shipTo":{"street":"Hafenstrasse 1","city":"Hamburg","region":null,"postalCode":"20095","country":"DEU"},"total":{"amount":"5901.00","currency":"EUR"},"lines":[{"lineNumber":1,"sku":"AC-100","description":"Feed pump 100","quantity":"2","unit":"pcs","serialNumbers":[]},{"lineNumber":2,"sku":"AC-200","description":"Dosing pump 200","quantity":"1","unit":"pcs","serialNumbers":[]}],"shipments":[{"number":"PS-1042","status":"SHIPPED","carrier":null,"trackingNumber":"PX10420001","shippedAt":"2026-06-10T12:00:00Z","deliveredAt":null}]}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retired_version_names_its_successor() {
    let scene = Scene::start().await;
    insta::assert_snapshot!(partner(&scene, "/partner/v0/orders/SO-1042").await.whole(), @r#"
    410
    cache-control: no-store
    connection: keep-alive
    content-type: application/problem+json
    link: </partner/v2>; rel="successor-version"
    x-content-type-options: nosniff
    x-request-id: …
    {"type":"urn:portico:problem:version_retired","title":"This version is retired","status":410,"detail":"v0 of the API `partner` is retired; move to `/partner/v2`.","instance":"…","code":"version_retired","advice":"Move to the successor that the Link header names.","request_id":"…","retryable":false}
    "#);
    assert_eq!(scene.sandbox().calls(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_version_names_those_that_exist() {
    let scene = Scene::start().await;
    insta::assert_snapshot!(partner(&scene, "/partner/v9/orders/SO-1042").await.whole(), @r#"
    404
    cache-control: no-store
    connection: keep-alive
    content-type: application/problem+json
    x-content-type-options: nosniff
    x-request-id: …
    {"type":"urn:portico:problem:version_unknown","title":"The API has no such version","status":404,"detail":"The API `partner` has v1, v2, v3.","instance":"…","code":"version_unknown","advice":"Use a version from the detail.","request_id":"…","retryable":false}
    "#);
    assert_eq!(scene.sandbox().calls(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn path_and_header_must_not_name_different_versions() {
    let scene = Scene::start().await;
    let ask = |version: &str| {
        scene.get("/partner/v2/orders/SO-1042").as_consumer("partner-one").header("api-version", version)
    };
    insta::assert_snapshot!(ask("v1").send().await.shown(), @r#"400 {"type":"urn:portico:problem:version_conflict","title":"Path, header and media type name different versions","status":400,"detail":"The request names more than one version of the API.","instance":"…","code":"version_conflict","advice":"Name the version once.","request_id":"…","retryable":false}"#);
    assert_eq!(scene.sandbox().calls(), []);
    assert_eq!(ask("v2").send().await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_needs_its_own_scope() {
    let scene = Scene::start().await;
    let reply = scene.get("/partner/v3/orders/SO-1042").as_consumer("support-console").send().await;
    insta::assert_snapshot!(reply.shown(), @r#"403 {"type":"urn:portico:problem:forbidden","title":"The caller may not do this","status":403,"detail":"v3 of the API `partner` is a preview and needs the scope `api:partner:v3`.","instance":"…","code":"forbidden","advice":"Ask the operator for the scope that the detail names.","request_id":"…","retryable":false}"#);
    assert_eq!(scene.sandbox().calls(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_key_opens_the_same_door() {
    let scene = Scene::start().await;
    let key = scene.environment("KEY_PARTNER");
    let reply = scene.get("/partner/v2/orders/SO-1042").header("x-api-key", key).send().await;
    assert_eq!(reply.json()["number"], "SO-1042");
}

#[tokio::test(flavor = "multi_thread")]
async fn warranties_and_products_are_answered_in_each_versions_words() {
    let scene = Scene::start().await;
    insta::assert_snapshot!(partner(&scene, "/partner/v1/warranties/SN-77").await.shown(), @r#"200 {"serialNo":"SN-77","warrantyStatus":"ACTIVE","validUntil":"2027-11-27"}"#);
    insta::assert_snapshot!(partner(&scene, "/partner/v2/warranties/SN-77").await.shown(), @r#"200 {"serialNumber":"SN-77","status":"ACTIVE","startsOn":"2025-11-27","endsOn":"2027-11-27","coverage":[{"kind":"CONTRACT","reference":"SC-10011","startsOn":"2025-11-27","endsOn":"2027-11-27"},{"kind":"ENTITLEMENT","reference":"Premium Support","startsOn":"2025-11-27","endsOn":"2027-11-27"},{"kind":"MANUFACTURER","reference":null,"startsOn":"2025-11-07","endsOn":"2027-10-28"}],"reasons":[{"code":"covered_by","message":"The contract SC-10011 is in force."}]}"#);
    insta::assert_snapshot!(partner(&scene, "/partner/v2/products/AC-100").await.shown(), @r#"200 {"sku":"AC-100","name":"AC Feed pump 100","description":null,"unit":"pcs","warrantyMonths":24,"availability":{"available":"40","expectedOn":null}}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_without_gap_or_repetition() {
    let scene = Scene::start().await;
    let mut path = "/partner/v2/orders?customer=C-1001&first=12".to_owned();
    let mut numbers = Vec::new();
    let mut sizes = Vec::new();
    loop {
        let page = partner(&scene, &path).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let json = page.json();
        let edges = json["edges"].as_array().cloned().unwrap_or_default();
        sizes.push(edges.len());
        numbers.extend(edges.iter().filter_map(|edge| edge["node"]["number"].as_str().map(str::to_owned)));
        if json["pageInfo"]["hasNextPage"] != true {
            break;
        }
        let cursor = json["pageInfo"]["endCursor"].as_str().unwrap_or_default();
        path = format!("/partner/v2/orders?customer=C-1001&first=12&after={cursor}");
    }
    insta::assert_snapshot!(format!("{sizes:?} {numbers:?}"), @r#"[12, 12, 8] ["SO-1042", "SO-1051", "SO-1001", "SO-1002", "SO-1003", "SO-1004", "SO-1005", "SO-1006", "SO-1007", "SO-1008", "SO-1009", "SO-1010", "SO-1011", "SO-1012", "SO-1013", "SO-1014", "SO-1015", "SO-1016", "SO-1017", "SO-1018", "SO-1019", "SO-1020", "SO-1021", "SO-1022", "SO-1023", "SO-1024", "SO-1025", "SO-1026", "SO-1027", "SO-1028", "SO-1029", "SO-1030"]"#);
    let mut distinct = numbers.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), numbers.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_shown_whole() {
    let scene = Scene::start().await;
    insta::assert_snapshot!(partner(&scene, "/partner/v2/orders?customer=C-1001&first=2").await.shown(), @r#"200 {"edges":[{"cursor":"MS5TTy0xMDQy","node":{"number":"SO-1042","status":"PARTIALLY_SHIPPED","orderedAt":"2026-06-03T09:00:00Z","purchaseOrder":"PO-778-A","total":{"amount":"5901.00","currency":"EUR"}}},{"cursor":"Mi5TTy0xMDUx","node":{"number":"SO-1051","status":"INVOICED","orderedAt":"2026-05-26T09:00:00Z","purchaseOrder":"PO-1051","total":{"amount":"12400.00","currency":"EUR"}}}],"pageInfo":{"hasNextPage":true,"endCursor":"Mi5TTy0xMDUx"}}"#);
    insta::assert_snapshot!(partner(&scene, "/partner/v3/orders?customer=C-1001&status=PARTIALLY_SHIPPED&first=2").await.shown(), @r#"200 {"edges":[{"cursor":"MS5TTy0xMDQy","node":{"number":"SO-1042","status":"PARTIALLY_SHIPPED","customer":{"number":"C-1001","name":"Hanseatic Pumps GmbH"},"orderedAt":"2026-06-03T09:00:00Z","purchaseOrder":"PO-778-A","total":{"amount":"5901.00","currency":"EUR"}}}],"pageInfo":{"hasNextPage":false,"endCursor":"MS5TTy0xMDQy"}}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_that_cannot_be_meant_are_refused_before_any_system_is_asked() {
    let scene = Scene::start().await;
    let mut shown = Vec::new();
    for query in [
        "",
        "customer=C-1001&first=101",
        "customer=C-1001&first=0",
        "customer=C-1001&first=-1",
        "customer=C-1001&first=ten",
        "customer=C-1001&status=LOST",
        "customer=C-1001&customer=C-1003",
        "customer=C-1001&colour=red",
        "customer=C-1001&after=not-a-cursor",
    ] {
        let reply = partner(&scene, &format!("/partner/v2/orders?{query}")).await;
        shown.push(format!("{query}: {} {} {}", reply.status.as_u16(), reply.code(), reply.json()["detail"]));
    }
    insta::assert_snapshot!(shown.join("\n"), @r#"
    : 400 parameter_invalid "The parameter `customer` is required."
    customer=C-1001&first=101: 400 argument_invalid "Argument `first` must be between 1 and 100."
    customer=C-1001&first=0: 400 argument_invalid "Argument `first` must be between 1 and 100."
    customer=C-1001&first=-1: 400 argument_invalid "Argument `first` must be between 1 and 100."
    customer=C-1001&first=ten: 400 parameter_invalid "The parameter `first` must be a whole number."
    customer=C-1001&status=LOST: 400 variables_invalid "Variable `$status` must be one of DRAFT, OPEN, PARTIALLY_SHIPPED, SHIPPED, INVOICED, CLOSED, CANCELLED, UNKNOWN."
    customer=C-1001&customer=C-1003: 400 parameter_invalid "The parameter `customer` is given twice."
    customer=C-1001&colour=red: 400 parameter_invalid "There is no parameter `colour`; known are customer, status, first, after."
    customer=C-1001&after=not-a-cursor: 400 argument_invalid "`after` is not a cursor of ours"
    "#);
    assert_eq!(scene.sandbox().calls(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_the_answer_already_gets_304() {
    let scene = Scene::start().await;
    let path = "/partner/v2/products/AC-100";
    let first = partner(&scene, path).await;
    let tag = first.header("etag");
    assert!(tag.starts_with("W/\""), "{tag}");
    let again = |tag: &str| scene.get(path).as_consumer("partner-one").header("if-none-match", tag);
    insta::assert_snapshot!(again(&tag).send().await.whole(), @r#"
    304
    age: …
    cache-control: private
    cache-status: portico; hit
    connection: keep-alive
    etag: W/"eb2de181d7928bf87f9d5b07"
    ratelimit-policy: "rate";q=20;w=1, "day";q=10000;w=86400, "concurrent";q=100;qu="concurrent-requests", "cost";q=20000;w=1;qu="cost"
    ratelimit: "rate";r=…;t=…, "day";r=…;t=…, "concurrent";r=…, "cost";r=…;t=…
    vary: Authorization, Accept
    x-content-type-options: nosniff
    x-request-id: …
    "#);
    assert_eq!(again("W/\"other\"").send().await.status, 200);
    let head = scene.ask(Method::HEAD, path).as_consumer("partner-one").send().await;
    assert_eq!((head.status.as_u16(), head.header("etag"), head.body.len()), (200, tag, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_because_a_system_is_down_is_null_and_listed() {
    let scene = Scene::start().await;
    scene.sandbox().set_fault(Tenant::Acme, Role::Support, Fault::Down).await;
    let reply = scene.get("/support/v1/customers/C-1001").as_consumer("support-console").send().await;
    insta::assert_snapshot!(reply.whole(), @r#"
    200
    age: …
    cache-control: no-store
    cache-status: portico; fwd=miss
    connection: keep-alive
    content-type: application/json
    ratelimit-policy: "rate";q=500;w=1, "concurrent";q=100;qu="concurrent-requests", "cost";q=20000;w=1;qu="cost"
    ratelimit: "rate";r=…;t=…, "concurrent";r=…, "cost";r=…;t=…
    vary: Authorization, Accept
    x-content-type-options: nosniff
    x-request-id: …
    {"number":"C-1001","crmId":"0015gAc00000000ABA","billingId":"cus_Ac000000000000","supportId":null,"name":"Hanseatic Pumps GmbH","account":{"id":"0015gAc00000000ABA","name":"Hanseatic Pumps GmbH","owner":"Erika Lindqvist","segment":"Enterprise"},"contacts":[{"id":"0035gAc00000001ABA","name":"Jonas Keller","email":"jonas.keller@hanseatic-pumps.example","phone":"+49 30 5550199","role":"Maintenance Engineer"},{"id":"0035gAc00000000ABA","name":"Anna Brandt","email":"anna.brandt@hanseatic-pumps.example","phone":"+49 30 5550199","role":"Head of Purchasing"}],"orders":{"edges":[{"node":{"number":"SO-1042","status":"PARTIALLY_SHIPPED","orderedAt":"2026-06-03T09:00:00Z"}},{"node":{"number":"SO-1051","status":"INVOICED","orderedAt":"2026-05-26T09:00:00Z"}},{"node":{"number":"SO-1001","status":"INVOICED","orderedAt":"2025-11-27T09:00:00Z"}},{"node":{"number":"SO-1002","status":"INVOICED","orderedAt":"2025-11-22T09:00:00Z"}},{"node":{"number":"SO-1003","status":"INVOICED","orderedAt":"2025-11-17T09:00:00Z"}},{"node":{"number":"SO-1004","status":"INVOICED","orderedAt":"2025-11-12T09:00:00Z"}},{"node":{"number":"SO-1005","status":"INVOICED","orderedAt":"2025-11-07T09:00:00Z"}},{"node":{"number":"SO-1006","status":"INVOICED","orderedAt":"2025-11-02T09:00:00Z"}},{"node":{"number":"SO-1007","status":"INVOICED","orderedAt":"2025-10-28T09:00:00Z"}},{"node":{"number":"SO-1008","status":"INVOICED","orderedAt":"2025-10-23T09:00:00Z"}}]},"contracts":[{"number":"SC-10011","status":"ACTIVE","endsOn":"2027-11-27","supportLevel":"PREMIUM"}],"cases":null,"problems":[{"path":"supportId","code":"upstream_unavailable","system":"acme-support","retryable":true},{"path":"cases","code":"upstream_unavailable","system":"acme-support","retryable":true}]}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_required_system_there_is_no_answer() {
    let mut shown = Vec::new();
    for fault in [Fault::Down, Fault::Status(500), Fault::Throttled(Some(7)), Fault::Html] {
        let scene = Scene::start().await;
        scene.sandbox().set_fault(Tenant::Acme, Role::Erp, fault.clone()).await;
        let reply = partner(&scene, "/partner/v2/orders/SO-1042").await;
        shown.push(format!("{fault:?}: retry-after {:?} {}", reply.header("retry-after"), reply.shown()));
    }
    insta::assert_snapshot!(shown.join("\n"), @r#"
    Down: retry-after "" 502 {"type":"urn:portico:problem:upstream_unavailable","title":"A system of record cannot be reached","status":502,"detail":"acme-erp cannot be reached.","instance":"…","code":"upstream_unavailable","advice":"Try again; the other systems' answers stand.","request_id":"…","retryable":true}
    Status(500): retry-after "" 502 {"type":"urn:portico:problem:upstream_error","title":"A system of record failed","status":502,"detail":"acme-erp failed.","instance":"…","code":"upstream_error","advice":"Try again; the other systems' answers stand.","request_id":"…","retryable":true}
    Throttled(Some(7)): retry-after "7" 503 {"type":"urn:portico:problem:upstream_throttled","title":"A system of record limits our calls","status":503,"detail":"acme-erp limits our calls.","instance":"…","code":"upstream_throttled","advice":"Try again after `retryAfterMs`.","request_id":"…","retryable":true,"retryAfterMs":"…"}
    Html: retry-after "" 502 {"type":"urn:portico:problem:upstream_malformed","title":"A system of record sent an answer that cannot be read","status":502,"detail":"acme-erp sent an answer that cannot be read.","instance":"…","code":"upstream_malformed","advice":"Try again; the operator sees the cause.","request_id":"…","retryable":true}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_things_are_not_found() {
    let scene = Scene::start().await;
    insta::assert_snapshot!(partner(&scene, "/partner/v2/orders/SO-0").await.whole(), @r#"
    404
    cache-control: no-store
    connection: keep-alive
    content-type: application/problem+json
    ratelimit-policy: "rate";q=20;w=1, "day";q=10000;w=86400, "concurrent";q=100;qu="concurrent-requests", "cost";q=20000;w=1;qu="cost"
    ratelimit: "rate";r=…;t=…, "day";r=…;t=…, "concurrent";r=…, "cost";r=…;t=…
    x-content-type-options: nosniff
    x-request-id: …
    {"type":"urn:portico:problem:not_found","title":"There is no such thing","status":404,"detail":"acme-erp has no Order by this number.","instance":"…","code":"not_found","advice":"Check the key.","request_id":"…","retryable":false}
    "#);
    insta::assert_snapshot!(partner(&scene, "/partner/v2/products/NONE").await.shown(), @r#"404 {"type":"urn:portico:problem:not_found","title":"There is no such thing","status":404,"detail":"acme-erp has no Product by this sku.","instance":"…","code":"not_found","advice":"Check the key.","request_id":"…","retryable":false}"#);
    insta::assert_snapshot!(partner(&scene, "/partner/v2/warranties/SN-0").await.shown(), @r#"200 {"serialNumber":"SN-0","status":"UNKNOWN","startsOn":null,"endsOn":null,"coverage":[],"reasons":[{"code":"asset_unknown","message":"No asset has this serial number."}]}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_with_two_customers_sees_nobody_elses() {
    let scene = Scene::start().await;
    let second = async |path: &str| scene.get(path).as_consumer("partner-two").send().await;
    for (path, status) in [
        ("/partner/v2/orders/SO-1042", 200),
        ("/partner/v3/orders/SO-1042", 200),
        ("/partner/v2/orders/SO-1053", 200),
        ("/partner/v2/orders/SO-1052", 404),
        ("/partner/v1/orders/SO-1054", 404),
        ("/partner/v3/orders/SO-1055", 404),
        ("/partner/v2/orders/SO-9999", 404),
        ("/partner/v2/warranties/SN-77", 200),
        ("/partner/v2/warranties/SN-79", 200),
        ("/partner/v2/orders?customer=C-1001", 200),
        ("/partner/v2/orders?customer=C-1003", 200),
    ] {
        let reply = second(path).await;
        assert_eq!(reply.status, status, "{path}: {}", reply.text());
    }
    let other = second("/partner/v2/orders/SO-1054").await;
    let unknown = second("/partner/v2/orders/SO-0").await;
    insta::assert_snapshot!(other.shown(), @r#"404 {"type":"urn:portico:problem:not_found","title":"There is no such thing","status":404,"detail":"acme-erp has no Order by this number.","instance":"…","code":"not_found","advice":"Check the key.","request_id":"…","retryable":false}"#);
    assert_eq!(other.shown(), unknown.shown());
    let others = second("/partner/v2/orders?customer=C-1004").await;
    let unknowns = second("/partner/v2/orders?customer=C-0").await;
    insta::assert_snapshot!(others.shown(), @r#"200 {"edges":[],"pageInfo":{"hasNextPage":false,"endCursor":null}}"#);
    assert_eq!(others.shown(), unknowns.shown());
    let serial = second("/partner/v2/warranties/SN-9999").await;
    insta::assert_snapshot!(serial.shown(), @r#"200 {"serialNumber":"SN-9999","status":"UNKNOWN","startsOn":null,"endsOn":null,"coverage":[],"reasons":[{"code":"asset_unknown","message":"No asset has this serial number."}]}"#);
    assert_eq!(serial.shown().replace("SN-9999", "SN-0"), second("/partner/v2/warranties/SN-0").await.shown());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_version_describes_itself() {
    let scene = Scene::start().await;
    let description = |path: &'static str, consumer: &'static str| scene.get(path).as_consumer(consumer).send();
    let mut shown = Vec::new();
    for (path, consumer) in [
        ("/partner/v1/openapi.json", "partner-one"),
        ("/partner/v2/openapi.json", "partner-one"),
        ("/partner/v3/openapi.json", "partner-one"),
        ("/credit/v1/openapi.json", "crm"),
        ("/support/v1/openapi.json", "support-console"),
        ("/erp/v1/openapi.json", "crm"),
    ] {
        let reply = description(path, consumer).await;
        let json = reply.json();
        let paths: Vec<&String> = json["paths"].as_object().into_iter().flat_map(|paths| paths.keys()).collect();
        shown.push(format!(
            "{path}: {} {} {} {paths:?}",
            reply.status.as_u16(),
            json["openapi"],
            json["info"]["title"]
        ));
    }
    insta::assert_snapshot!(shown.join("\n"), @r#"
    /partner/v1/openapi.json: 200 "3.1.1" "Partner API" ["/orders/{orderNo}", "/warranties/{serialNo}"]
    /partner/v2/openapi.json: 200 "3.1.1" "Partner API" ["/orders", "/orders/{number}", "/products/{sku}", "/warranties/{serialNumber}"]
    /partner/v3/openapi.json: 200 "3.1.1" "Partner API" ["/orders", "/orders/{number}", "/products/{sku}", "/warranties/{serialNumber}"]
    /credit/v1/openapi.json: 200 "3.1.1" "Credit API" ["/checks"]
    /support/v1/openapi.json: 200 "3.1.1" "Support API" ["/customers/{number}", "/entitlements"]
    /erp/v1/openapi.json: 200 "3.1.1" "ERP" ["/services/rest/{path}", "/{path}"]
    "#);
    assert_eq!(scene.sandbox().calls(), []);
}
