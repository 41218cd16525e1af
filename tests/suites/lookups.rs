//! A support agent's tool looks things up: one query, every system, and an answer when one of them is down.

use portico_tests::{Fault, Reply, Role, Scene, Tenant};

const ORDER: &str = r#"{ order(number: "SO-1042") {
    number status total { amount currency }
    customer { name account { owner } cases(open: true) { subject } }
    lines { lineNumber sku quantity product { name } }
    shipments { number trackingNumber }
    source { system role state }
} }"#;

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_answered_from_every_system() {
    let scene = Scene::start().await;
    let reply = scene.graphql(ORDER).as_consumer("support-console").send().await;
    insta::assert_snapshot!(reply.shown(), @r#"200 {"data":{"order":{"number":"SO-1042","status":"PARTIALLY_SHIPPED","total":{"amount":"5901.00","currency":"EUR"},"customer":{"name":"Hanseatic Pumps GmbH","account":{"owner":"Erika Lindqvist"},"cases":[{"subject":"Feed pump is noisy"}]},"lines":[{"lineNumber":1,"sku":"AC-100","quantity":"2","product":{"name":"AC Feed pump 100"}},{"lineNumber":2,"sku":"AC-200","quantity":"1","product":{"name":"AC Dosing pump 200"}}],"shipments":[{"number":"PS-1042","trackingNumber":"PX10420001"}],"source":{"system":"acme-erp","role":"ERP","state":"FETCHED"}}},"extensions":{"cost":{"requested":8,"actual":"…","remaining":"…","systems":[{"system":"acme-crm","requested":1,"actual":"…"},{"system":"acme-erp","requested":5,"actual":"…"},{"system":"acme-support","requested":2,"actual":"…"}]},"sources":[{"system":"acme-crm","calls":1,"cacheHits":0,"state":"FETCHED"},{"system":"acme-erp","calls":5,"cacheHits":0,"state":"FETCHED"},{"system":"acme-support","calls":2,"cacheHits":0,"state":"FETCHED"}],"deadline":{"budgetMs":"…","usedMs":"…"}}}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_answered_without_the_crm() {
    let scene = Scene::start().await;
    scene.sandbox().set_fault(Tenant::Acme, Role::Crm, Fault::Down).await;
    let reply = scene.graphql(ORDER).as_consumer("support-console").send().await;
    insta::assert_snapshot!(reply.errors().join("\n"), @"order.customer.account upstream_unavailable acme-crm");
    assert_eq!(reply.data()["order"]["customer"]["name"], "Hanseatic Pumps GmbH");
}

/// Asks as the support team's tool.
async fn asked(scene: &Scene, query: &str) -> Reply {
    scene.graphql(query).as_consumer("support-console").send().await
}

const CUSTOMER: &str = r#"{ customer(by: { number: "C-1001" }) {
    number crmId billingId supportId name
    account { id name owner segment website phone billingAddress { street city region postalCode country } }
    contacts { name email phone role }
    receivables { openBalance { amount currency } overdueBalance { amount currency } oldestOverdueDays onHold holdReason paymentTerms }
    subscriptions { status plan currentPeriodEnd cancelAtPeriodEnd quantity amount { amount currency } }
    contracts { number status startsOn endsOn supportLevel coversSerialNumbers }
    assets { serialNumber sku product { name } installedOn purchasedOn orderNumber warrantyEndsOn }
    cases { number subject status priority openedAt requester { name email } }
    source { system role state ageSeconds }
} }"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_known_to_all_four_systems() {
    let scene = Scene::start().await;
    insta::assert_snapshot!(asked(&scene, CUSTOMER).await.shown(), @r#"200 {"data":{"customer":{"number":"C-1001","crmId":"0015gAc00000000ABA","billingId":"cus_Ac000000000000","supportId":"6130869000000","name":"Hanseatic Pumps GmbH","account":{"id":"0015gAc00000000ABA","name":"Hanseatic Pumps GmbH","owner":"Erika Lindqvist","segment":"Enterprise","website":"https://www.hanseatic-pumps.example","phone":"+49 30 5550100","billingAddress":{"street":"Hafenstrasse 1","city":"Hamburg","region":null,"postalCode":"20095","country":"Germany"}},"contacts":[{"name":"Jonas Keller","email":"jonas.keller@hanseatic-pumps.example","phone":"+49 30 5550199","role":"Maintenance Engineer"},{"name":"Anna Brandt","email":"anna.brandt@hanseatic-pumps.example","phone":"+49 30 5550199","role":"Head of Purchasing"}],"receivables":{"openBalance":{"amount":"12400.00","currency":"EUR"},"overdueBalance":{"amount":"0.00","currency":"EUR"},"oldestOverdueDays":0,"onHold":false,"holdReason":null,"paymentTerms":"Net30"},"subscriptions":[{"status":"ACTIVE","plan":"Premium Care","currentPeriodEnd":"2026-07-05T00:00:00Z","cancelAtPeriodEnd":false,"quantity":"1","amount":{"amount":"199.00","currency":"EUR"}}],"contracts":[{"number":"SC-10011","status":"ACTIVE","startsOn":"2025-11-27","endsOn":"2027-11-27","supportLevel":"PREMIUM","coversSerialNumbers":["SN-77"]}],"assets":[{"serialNumber":"SN-78","sku":"AC-100","product":{"name":"AC Feed pump 100"},"installedOn":"2023-06-21","purchasedOn":"2023-06-11","orderNumber":null,"warrantyEndsOn":"2025-06-10"},{"serialNumber":"SN-77","sku":"AC-100","product":{"name":"AC Feed pump 100"},"installedOn":"2025-11-07","purchasedOn":"2025-10-28","orderNumber":"SO-1007","warrantyEndsOn":"2027-10-28"}],"cases":[{"number":"10011","subject":"Feed pump is noisy","status":"OPEN","priority":"HIGH","openedAt":"2026-06-13T09:00:00Z","requester":{"name":"Jonas Keller","email":"jonas.keller@hanseatic-pumps.example"}},{"number":"10012","subject":"Question about an invoice","status":"SOLVED","priority":"LOW","openedAt":"2026-05-06T09:00:00Z","requester":{"name":"Jonas Keller","email":"jonas.keller@hanseatic-pumps.example"}}],"source":{"system":"acme-erp","role":"ERP","state":"FETCHED","ageSeconds":"…"}}},"extensions":{"cost":{"requested":14,"actual":"…","remaining":"…","systems":[{"system":"acme-billing","requested":2,"actual":"…"},{"system":"acme-crm","requested":4,"actual":"…"},{"system":"acme-erp","requested":4,"actual":"…"},{"system":"acme-support","requested":3,"actual":"…"}]},"sources":[{"system":"acme-billing","calls":2,"cacheHits":0,"state":"FETCHED"},{"system":"acme-crm","calls":4,"cacheHits":0,"state":"FETCHED"},{"system":"acme-erp","calls":4,"cacheHits":0,"state":"FETCHED"},{"system":"acme-support","calls":3,"cacheHits":0,"state":"FETCHED"}],"deadline":{"budgetMs":"…","usedMs":"…"}}}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_found_by_each_kind_of_key() {
    let scene = Scene::start().await;
    for (tenant, number, email, domain) in [
        (Tenant::Acme, "C-1001", "anna.brandt@hanseatic-pumps.example", "hanseatic-pumps.example"),
        (Tenant::Globex, "G-2001", "sofia.gruber@alpine-instruments.example", "alpine-instruments.example"),
    ] {
        let ask = |kind: &str, key: &str| {
            let fields = "number crmId billingId supportId name";
            let query = format!(r#"{{ customer(by: {{ {kind}: "{key}" }}) {{ {fields} }} }}"#);
            scene.graphql(&query).of(tenant, "support-console").send()
        };
        let known = ask("number", number).await.data()["customer"].clone();
        let id = |name: &str| known[name].as_str().expect("every system knows it").to_owned();
        let (crm, billing, support) = (id("crmId"), id("billingId"), id("supportId"));
        let keys =
            [("crmId", &*crm), ("billingId", &billing), ("supportId", &support), ("email", email), ("domain", domain)];
        for (kind, key) in keys {
            let reply = ask(kind, key).await;
            assert_eq!(reply.errors(), Vec::<String>::new(), "{kind} {key}");
            assert_eq!(reply.data()["customer"], known, "{kind} {key}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_knows_is_not_found_by_any_kind_of_key() {
    let scene = Scene::start().await;
    let mut shown = Vec::new();
    for key in [
        r#"number: "C-0""#,
        r#"crmId: "001000000000000AAA""#,
        r#"billingId: "cus_none""#,
        r#"supportId: "1""#,
        r#"email: "nobody@nowhere.example""#,
        r#"domain: "nowhere.example""#,
    ] {
        let reply = asked(&scene, &format!("{{ customer(by: {{ {key} }}) {{ number }} }}")).await;
        assert!(reply.data()["customer"].is_null(), "{key}");
        shown.push(format!("{key}: {}", reply.errors().join(", ")));
    }
    insta::assert_snapshot!(shown.join("\n"), @r#"
    number: "C-0": customer not_found acme-erp
    crmId: "001000000000000AAA": customer not_found acme-crm
    billingId: "cus_none": customer not_found acme-billing
    supportId: "1": customer not_found acme-support
    email: "nobody@nowhere.example": customer not_found acme-crm
    domain: "nowhere.example": customer not_found acme-crm
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_order_is_told_with_its_system() {
    let scene = Scene::start().await;
    let reply = asked(&scene, r#"{ order(number: "SO-0") { number status } }"#).await;
    insta::assert_snapshot!(reply.shown(), @r#"200 {"data":{"order":null},"errors":[{"message":"acme-erp has no Order by this number.","path":["order"],"extensions":{"code":"not_found","system":"acme-erp","role":"erp","retryable":false,"requestId":"…"}}],"extensions":{"cost":{"requested":2,"actual":"…","remaining":"…","systems":[{"system":"acme-erp","requested":2,"actual":"…"}]},"sources":[{"system":"acme-erp","calls":1,"cacheHits":0,"state":"FETCHED"}],"deadline":{"budgetMs":"…","usedMs":"…"}}}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prospect_that_only_the_crm_knows_has_no_number() {
    let scene = Scene::start().await;
    let query = |key: &str| {
        format!(
            r#"{{ customer(by: {{ {key} }}) {{
                number crmId name account {{ name owner }} contacts {{ name email }}
                receivables {{ onHold }} orders(first: 5) {{ edges {{ node {{ number }} }} }} source {{ system role }}
            }} }}"#
        )
    };
    let by_email = asked(&scene, &query(r#"email: "prospect@example.com""#)).await;
    insta::assert_snapshot!(by_email.shown(), @r#"200 {"data":{"customer":{"number":null,"crmId":"0015gAc00000005ABA","name":"Spree Startup UG","account":{"name":"Spree Startup UG","owner":"Erika Lindqvist"},"contacts":[{"name":"Pia Sommer","email":"prospect@example.com"}],"receivables":null,"orders":null,"source":{"system":"acme-crm","role":"CRM"}}},"extensions":{"cost":{"requested":6,"actual":"…","remaining":"…","systems":[{"system":"acme-crm","requested":3,"actual":"…"},{"system":"acme-erp","requested":3,"actual":"…"}]},"sources":[{"system":"acme-crm","calls":3,"cacheHits":0,"state":"FETCHED"}],"deadline":{"budgetMs":"…","usedMs":"…"},"unknownTo":[{"path":"customer","systems":["acme-erp"]}]}}"#);
    let crm_id = by_email.data()["customer"]["crmId"].as_str().unwrap_or_default().to_owned();
    let by_id = asked(&scene, &query(&format!(r#"crmId: "{crm_id}""#))).await;
    assert_eq!(by_id.data(), by_email.data());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_has_its_lines_shipments_invoices_and_cases() {
    let scene = Scene::start().await;
    let query = r#"{ order(number: "SO-1042") {
        number status statusText orderedAt requestedShipDate purchaseOrder
        shipTo { street city region postalCode country } total { amount currency }
        lines { lineNumber sku description quantity unit unitPrice { amount currency } lineTotal { amount currency } serialNumbers }
        shipments { number status carrier trackingNumber shippedAt deliveredAt }
        invoices { number status } cases { number subject status }
    } }"#;
    insta::assert_snapshot!(asked(&scene, query).await.shown(), @r#"200 {"data":{"order":{"number":"SO-1042","status":"PARTIALLY_SHIPPED","statusText":"Backorder","orderedAt":"2026-06-03T09:00:00Z","requestedShipDate":"2026-06-17","purchaseOrder":"PO-778-A","shipTo":{"street":"Hafenstrasse 1","city":"Hamburg","region":null,"postalCode":"20095","country":"DEU"},"total":{"amount":"5901.00","currency":"EUR"},"lines":[{"lineNumber":1,"sku":"AC-100","description":"Feed pump 100","quantity":"2","unit":"pcs","unitPrice":{"amount":"1250.50","currency":"EUR"},"lineTotal":{"amount":"2501.00","currency":"EUR"},"serialNumbers":[]},{"lineNumber":2,"sku":"AC-200","description":"Dosing pump 200","quantity":"1","unit":"pcs","unitPrice":{"amount":"3400.00","currency":"EUR"},"lineTotal":{"amount":"3400.00","currency":"EUR"},"serialNumbers":[]}],"shipments":[{"number":"PS-1042","status":"SHIPPED","carrier":null,"trackingNumber":"PX10420001","shippedAt":"2026-06-10T12:00:00Z","deliveredAt":null}],"invoices":[],"cases":[{"number":"10011","subject":"Feed pump is noisy","status":"OPEN"}]}},"extensions":{"cost":{"requested":7,"actual":"…","remaining":"…","systems":[{"system":"acme-erp","requested":5,"actual":"…"},{"system":"acme-support","requested":1,"actual":"…"}]},"sources":[{"system":"acme-erp","calls":4,"cacheHits":0,"state":"FETCHED"},{"system":"acme-support","calls":1,"cacheHits":0,"state":"FETCHED"}],"deadline":{"budgetMs":"…","usedMs":"…"},"notProvided":["order.shipments.carrier","order.shipments.deliveredAt"]}}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warranty_runs_has_ended_never_was_or_is_not_known() {
    let scene = Scene::start().await;
    let warranty = async |serial: &str| {
        let query = format!(
            r#"{{ warranty(serialNumber: "{serial}") {{
                serialNumber status startsOn endsOn coverage {{ kind reference startsOn endsOn source {{ system }} }}
                asset {{ sku orderNumber }} order {{ number }} reasons {{ code message system }} sources {{ system state }}
            }} }}"#
        );
        let reply = asked(&scene, &query).await;
        format!("{} {}", reply.data(), reply.errors().join(", "))
    };
    insta::assert_snapshot!(warranty("SN-77").await, @r#"{"warranty":{"serialNumber":"SN-77","status":"ACTIVE","startsOn":"2025-11-27","endsOn":"2027-11-27","coverage":[{"kind":"CONTRACT","reference":"SC-10011","startsOn":"2025-11-27","endsOn":"2027-11-27","source":{"system":"acme-crm"}},{"kind":"ENTITLEMENT","reference":"Premium Support","startsOn":"2025-11-27","endsOn":"2027-11-27","source":{"system":"acme-crm"}},{"kind":"MANUFACTURER","reference":null,"startsOn":"2025-11-07","endsOn":"2027-10-28","source":{"system":"acme-crm"}}],"asset":{"sku":"AC-100","orderNumber":"SO-1007"},"order":{"number":"SO-1007"},"reasons":[{"code":"covered_by","message":"The contract SC-10011 is in force.","system":"acme-crm"}],"sources":[{"system":"acme-crm","state":"FETCHED"},{"system":"acme-erp","state":"FETCHED"}]}}"#);
    insta::assert_snapshot!(warranty("SN-78").await, @r#"{"warranty":{"serialNumber":"SN-78","status":"EXPIRED","startsOn":"2023-06-21","endsOn":"2025-06-10","coverage":[{"kind":"MANUFACTURER","reference":null,"startsOn":"2023-06-21","endsOn":"2025-06-10","source":{"system":"acme-crm"}}],"asset":{"sku":"AC-100","orderNumber":null},"order":null,"reasons":[{"code":"expired","message":"The manufacturer's warranty has ended.","system":"acme-crm"}],"sources":[{"system":"acme-crm","state":"FETCHED"},{"system":"acme-erp","state":"HIT"},{"system":"acme-crm","state":"HIT"}]}}"#);
    insta::assert_snapshot!(warranty("SN-79").await, @r#"{"warranty":{"serialNumber":"SN-79","status":"NOT_COVERED","startsOn":null,"endsOn":null,"coverage":[],"asset":{"sku":"AC-400","orderNumber":null},"order":null,"reasons":[{"code":"no_coverage","message":"Neither warranty, contract nor entitlement covers this serial number.","system":null}],"sources":[{"system":"acme-crm","state":"FETCHED"},{"system":"acme-erp","state":"FETCHED"}]}}"#);
    insta::assert_snapshot!(warranty("SN-0").await, @r#"{"warranty":{"serialNumber":"SN-0","status":"UNKNOWN","startsOn":null,"endsOn":null,"coverage":[],"asset":null,"order":null,"reasons":[{"code":"asset_unknown","message":"No asset has this serial number.","system":null}],"sources":[{"system":"acme-crm","state":"FETCHED"}]}} warranty.asset not_found acme-crm"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn premium_customers_are_entitled_and_overdue_ones_are_not() {
    let scene = Scene::start().await;
    let entitlement = async |number: &str| {
        let query = format!(
            r#"{{ entitlement(customer: {{ number: "{number}" }}) {{
                entitled level reasons {{ code message system }} subscription {{ status plan }}
                contract {{ number status endsOn supportLevel }} overdue {{ amount currency }} sources {{ system state }}
            }} }}"#
        );
        let reply = asked(&scene, &query).await;
        format!("{} {}", reply.data(), reply.errors().join(", "))
    };
    insta::assert_snapshot!(entitlement("C-1001").await, @r#"{"entitlement":{"entitled":true,"level":"PREMIUM","reasons":[{"code":"entitled","message":"An active contract or subscription gives this level.","system":null}],"subscription":{"status":"ACTIVE","plan":"Premium Care"},"contract":{"number":"SC-10011","status":"ACTIVE","endsOn":"2027-11-27","supportLevel":"PREMIUM"},"overdue":{"amount":"0.00","currency":"EUR"},"sources":[{"system":"acme-erp","state":"FETCHED"},{"system":"acme-billing","state":"FETCHED"},{"system":"acme-crm","state":"FETCHED"}]}}"#);
    insta::assert_snapshot!(entitlement("C-1004").await, @r#"{"entitlement":{"entitled":false,"level":"NONE","reasons":[{"code":"overdue","message":"Invoices are 60 days overdue; at most 30 are accepted.","system":null}],"subscription":{"status":"PAST_DUE","plan":"Basic Care"},"contract":null,"overdue":{"amount":"5950.00","currency":"EUR"},"sources":[{"system":"acme-erp","state":"FETCHED"},{"system":"acme-billing","state":"FETCHED"},{"system":"acme-crm","state":"FETCHED"}]}}"#);
    insta::assert_snapshot!(entitlement("C-0").await, @r#"{"entitlement":null} entitlement not_found acme-erp"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn invoices_say_what_is_still_owed() {
    let scene = Scene::start().await;
    let query = r#"{
        customer(by: { number: "C-1004" }) {
            invoices(open: true, first: 5) {
                edges { node { number status issuedOn dueOn total { amount currency } openAmount { amount currency } order { number } } }
                pageInfo { hasNextPage }
            }
        }
    }"#;
    let reply = asked(&scene, query).await;
    insta::assert_snapshot!(reply.shown(), @r#"200 {"data":{"customer":{"invoices":{"edges":[{"node":{"number":"INV-1055","status":"OVERDUE","issuedOn":"2026-03-17","dueOn":"2026-04-16","total":{"amount":"1150.00","currency":"EUR"},"openAmount":{"amount":"1150.00","currency":"EUR"},"order":{"number":"SO-1055"}}},{"node":{"number":"INV-1054","status":"OVERDUE","issuedOn":"2026-03-17","dueOn":"2026-04-16","total":{"amount":"4800.00","currency":"EUR"},"openAmount":{"amount":"4800.00","currency":"EUR"},"order":{"number":"SO-1054"}}}],"pageInfo":{"hasNextPage":false}}}},"extensions":{"cost":{"requested":5,"actual":"…","remaining":"…","systems":[{"system":"acme-crm","requested":1,"actual":"…"},{"system":"acme-erp","requested":4,"actual":"…"}]},"sources":[{"system":"acme-erp","calls":4,"cacheHits":0,"state":"FETCHED"}],"deadline":{"budgetMs":"…","usedMs":"…"}}}"#);
    let invoice =
        reply.data()["customer"]["invoices"]["edges"][0]["node"]["number"].as_str().unwrap_or_default().to_owned();
    let query = format!(r#"{{ invoice(number: "{invoice}") {{ number status dueOn customer {{ number name }} }} }}"#);
    insta::assert_snapshot!(asked(&scene, &query).await.data(), @r#"{"invoice":{"number":"INV-1055","status":"OVERDUE","dueOn":"2026-04-16","customer":{"number":"C-1004","name":"Elbe Anlagenbau GmbH"}}}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn products_and_cases_are_found_by_their_numbers() {
    let scene = Scene::start().await;
    let query = r#"{
        product(sku: "AC-100") { sku name description unit listPrice { amount currency } warrantyMonths availability { onHand available expectedOn } }
        case(number: "10011") { number subject status priority openedAt updatedAt requester { name email } }
        asset(serialNumber: "SN-77") { serialNumber sku customer { number name } product { name } }
    }"#;
    insta::assert_snapshot!(asked(&scene, query).await.shown(), @r#"200 {"data":{"product":{"sku":"AC-100","name":"AC Feed pump 100","description":null,"unit":"pcs","listPrice":{"amount":"1250.00","currency":"EUR"},"warrantyMonths":24,"availability":{"onHand":"48","available":"40","expectedOn":null}},"case":{"number":"10011","subject":"Feed pump is noisy","status":"OPEN","priority":"HIGH","openedAt":"2026-06-13T09:00:00Z","updatedAt":"2026-06-13T12:00:00Z","requester":{"name":"Jonas Keller","email":"jonas.keller@hanseatic-pumps.example"}},"asset":{"serialNumber":"SN-77","sku":"AC-100","customer":{"number":"C-1001","name":"Hanseatic Pumps GmbH"},"product":{"name":"AC Feed pump 100"}}},"extensions":{"cost":{"requested":8,"actual":"…","remaining":"…","systems":[{"system":"acme-crm","requested":2,"actual":"…"},{"system":"acme-erp","requested":4,"actual":"…"},{"system":"acme-support","requested":2,"actual":"…"}]},"sources":[{"system":"acme-crm","calls":1,"cacheHits":0,"state":"FETCHED"},{"system":"acme-erp","calls":3,"cacheHits":1,"state":"FETCHED"},{"system":"acme-support","calls":2,"cacheHits":0,"state":"FETCHED"}],"deadline":{"budgetMs":"…","usedMs":"…"},"notProvided":["product.description","product.availability.expectedOn"]}}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_system_provides_is_null_and_listed() {
    let scene = Scene::start().await;
    let query = r#"{ order(number: "SO-1042") { number customer { account { parent { name } } } shipments { deliveredAt } }
        product(sku: "AC-100") { sku availability { expectedOn } } }"#;
    let reply = asked(&scene, query).await;
    insta::assert_snapshot!(format!("{} {}", reply.data(), reply.json()["extensions"]["notProvided"]), @r#"{"order":{"number":"SO-1042","customer":{"account":{"parent":null}},"shipments":[{"deliveredAt":null}]},"product":{"sku":"AC-100","availability":{"expectedOn":null}}} ["order.shipments.deliveredAt","product.availability.expectedOn"]"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_answer_comes_from_the_cache_and_says_so() {
    let scene = Scene::start().await;
    let query = r#"{ product(sku: "AC-100") { sku name source { system state } } }"#;
    let first = asked(&scene, query).await;
    scene.sandbox().clear_calls();
    let second = asked(&scene, query).await;
    insta::assert_snapshot!(first.whole(), @r#"
    200
    age: …
    cache-control: private
    cache-status: portico; fwd=miss
    connection: keep-alive
    content-type: application/graphql-response+json; charset=utf-8
    ratelimit-policy: "rate";q=500;w=1, "concurrent";q=100;qu="concurrent-requests", "cost";q=20000;w=1;qu="cost"
    ratelimit: "rate";r=…;t=…, "concurrent";r=…, "cost";r=…;t=…
    vary: Authorization, Accept
    x-content-type-options: nosniff
    x-request-id: …
    {"data":{"product":{"sku":"AC-100","name":"AC Feed pump 100","source":{"system":"acme-erp","state":"FETCHED"}}},"extensions":{"cost":{"requested":1,"actual":"…","remaining":"…","systems":[{"system":"acme-erp","requested":1,"actual":"…"}]},"sources":[{"system":"acme-erp","calls":1,"cacheHits":0,"state":"FETCHED"}],"deadline":{"budgetMs":"…","usedMs":"…"}}}
    "#);
    insta::assert_snapshot!(second.whole(), @r#"
    200
    age: …
    cache-control: private
    cache-status: portico; hit
    connection: keep-alive
    content-type: application/graphql-response+json; charset=utf-8
    ratelimit-policy: "rate";q=500;w=1, "concurrent";q=100;qu="concurrent-requests", "cost";q=20000;w=1;qu="cost"
    ratelimit: "rate";r=…;t=…, "concurrent";r=…, "cost";r=…;t=…
    vary: Authorization, Accept
    x-content-type-options: nosniff
    x-request-id: …
    {"data":{"product":{"sku":"AC-100","name":"AC Feed pump 100","source":{"system":"acme-erp","state":"HIT"}}},"extensions":{"cost":{"requested":1,"actual":"…","remaining":"…","systems":[{"system":"acme-erp","requested":1,"actual":"…"}]},"sources":[{"system":"acme-erp","calls":0,"cacheHits":1,"state":"HIT"}],"deadline":{"budgetMs":"…","usedMs":"…"}}}
    "#);
    assert_eq!(scene.sandbox().calls(), []);
}
