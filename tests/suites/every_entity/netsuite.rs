//! NetSuite as owner of what the demo has elsewhere: people, support cases, subscriptions, machines, accounts.

use http::{Method, StatusCode};
use portico_gateway::settings::Settings;
use portico_tests::{Fault, Reply, Role, Scene, Tenant, Upstream, WrongRows};
use serde_json::{Value, json};

use super::{Place, asked, give, own, told};

const ERP: Place = (Tenant::Globex, Role::Erp);
const ALL: [&str; 8] = [
    "Account",
    "Contact",
    "SupportOrganization",
    "Case",
    "Requester",
    "BillingCustomer",
    "BillingSubscription",
    "Asset",
];
const OWN_COLUMNS: [(&str, &str); 4] = [
    ("case_order_column", "custevent_order_number"),
    ("subscription_amount_column", "custrecord_amount"),
    ("subscription_quantity_column", "custrecord_quantity"),
    ("segment_column", "category"),
];

fn all(settings: &mut Settings) {
    own(settings, ERP, &ALL);
    give(settings, ERP, &OWN_COLUMNS);
}

fn others_are_silent(scene: &Scene) {
    for role in [Role::Crm, Role::Billing, Role::Support] {
        assert_eq!(scene.sandbox().calls_to(Tenant::Globex, role), 0, "{}", role.name());
    }
}

const CUSTOMER: &str = r#"{ customer(by: { number: "G-2001" }) {
    crmId billingId supportId account { id name segment website phone parent { id } }
    contacts { id name email phone role source { system } }
    cases { number subject status priority openedAt updatedAt requester { id name email phone role } }
    subscriptions { id status plan currentPeriodEnd cancelAtPeriodEnd quantity amount { amount currency } }
    assets { serialNumber sku purchasedOn orderNumber warrantyEndsOn product { name } }
} }"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_with_everything_is_one_systems() {
    let scene = Scene::with(all).await;
    insta::assert_snapshot!(told(&scene, ERP.0, CUSTOMER).await, @r#"{"customer":{"crmId":"1001","billingId":"1001","supportId":"1001","account":{"id":"1001","name":"Alpine Instruments AG","segment":"10","website":"https://www.alpine-instruments.example","phone":"+49 30 5550100","parent":null},"contacts":[{"id":"300001","name":"Sofia Gruber","email":"sofia.gruber@alpine-instruments.example","phone":"+49 30 5550199","role":"Head of Purchasing","source":{"system":"globex-erp"}},{"id":"300002","name":"Luca Moser","email":"luca.moser@alpine-instruments.example","phone":"+49 30 5550199","role":"Maintenance Engineer","source":{"system":"globex-erp"}}],"cases":[{"number":"20011","subject":"Feed pump is noisy","status":"OPEN","priority":"HIGH","openedAt":"2026-06-13T09:00:00Z","updatedAt":"2026-06-13T12:00:00Z","requester":{"id":"300002","name":"Luca Moser","email":"luca.moser@alpine-instruments.example","phone":"+49 30 5550199","role":"Maintenance Engineer"}},{"number":"20012","subject":"Question about an invoice","status":"CLOSED","priority":"LOW","openedAt":"2026-05-06T09:00:00Z","updatedAt":"2026-05-06T12:00:00Z","requester":{"id":"300002","name":"Luca Moser","email":"luca.moser@alpine-instruments.example","phone":"+49 30 5550199","role":"Maintenance Engineer"}}],"subscriptions":[{"id":"600001","status":"ACTIVE","plan":"Premium Care","currentPeriodEnd":"2026-07-05T00:00:00Z","cancelAtPeriodEnd":false,"quantity":"1","amount":{"amount":"199.00","currency":"EUR"}}],"assets":[{"serialNumber":"GX-77","sku":"GB-100","purchasedOn":"2025-11-01","orderNumber":"SO-7007","warrantyEndsOn":null,"product":{"name":"GB Feed pump 100"}}]}}"#);
    others_are_silent(&scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_customers_cost_no_more_queries_than_one() {
    let scene = Scene::with(all).await;
    let numbers = ["G-2001", "G-2002", "G-2003", "G-2004", "G-2005"];
    let part = |number: &&str| {
        let of = number.replace('-', "");
        format!(
            r#"{of}: customer(by: {{ number: "{number}" }}) {{ contacts {{ name }} cases {{ number requester {{ name }} }} subscriptions {{ id }} assets {{ serialNumber }} }}"#
        )
    };
    let reply =
        asked(&scene, ERP.0, &format!("{{ {} }}", numbers.iter().map(part).collect::<Vec<_>>().join(" "))).await;
    assert_eq!(reply.errors(), Vec::<String>::new());
    let queries = scene.sandbox().calls().into_iter().filter(|call| call.path.ends_with("suiteql"));
    // The customers, their people, cases, subscriptions and machines, and who opened the cases.
    assert_eq!(queries.map(|call| call.count).sum::<u64>(), 6);
    others_are_silent(&scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_found_by_ids_of_digits_domain_and_mail_address() {
    let scene = Scene::with(all).await;
    let reply = asked(&scene, ERP.0, r#"{ customer(by: { number: "G-2003" }) { crmId contacts { name } } }"#).await;
    let id = reply.data()["customer"]["crmId"].as_str().expect("an id").to_owned();
    let by = [
        format!(r#"crmId: "{id}""#),
        format!(r#"billingId: "{id}""#),
        format!(r#"supportId: "{id}""#),
        r#"domain: "bodensee-optik.example""#.to_owned(),
        r#"email: "luca.moser@bodensee-optik.example""#.to_owned(),
    ];
    for key in by {
        let query = format!(
            "{{ customer(by: {{ {key} }}) {{ number contacts {{ name }} cases {{ number }} subscriptions {{ status }} }} }}"
        );
        let found = asked(&scene, ERP.0, &query).await;
        assert_eq!(found.errors(), Vec::<String>::new(), "{key}");
        assert_eq!(found.data()["customer"]["number"], "G-2003", "{key}");
        assert_eq!(found.data()["customer"]["contacts"], reply.data()["customer"]["contacts"], "{key}");
        assert_eq!(found.data()["customer"]["subscriptions"], json!([{ "status": "CANCELLED" }]), "{key}");
    }
    others_are_silent(&scene);
    for hostile in ["1001 OR 1=1", "1001' OR 'a'='a", "(SELECT id FROM customer)"] {
        let reply =
            asked(&scene, ERP.0, &format!(r#"{{ customer(by: {{ crmId: "{hostile}" }}) {{ number }} }}"#)).await;
        assert_eq!(
            (reply.data()["customer"].clone(), reply.code()),
            (Value::Null, "key_refused".to_owned()),
            "{hostile}"
        );
    }
}

/// HubSpot's ids are digits as NetSuite's are: the company of an id is another one in each.
#[tokio::test(flavor = "multi_thread")]
async fn digits_that_are_an_id_in_both_are_never_the_others_customer() {
    let scene = Scene::with(|settings| own(settings, ERP, &["Contact", "Asset"])).await;
    let known =
        asked(&scene, ERP.0, r#"{ customer(by: { number: "G-2001" }) { crmId contacts { name email } } }"#).await;
    let crm_id = known.data()["customer"]["crmId"].as_str().expect("HubSpot's").to_owned();
    assert!(crm_id.bytes().all(|digit| digit.is_ascii_digit()), "{crm_id}");
    let by_mail = r#"email: "sofia.gruber@alpine-instruments.example""#.to_owned();
    for key in [format!(r#"crmId: "{crm_id}""#), by_mail] {
        let query = format!(
            "{{ customer(by: {{ {key} }}) {{ number crmId contacts {{ name email }} assets {{ serialNumber }} }} }}"
        );
        let reply = asked(&scene, ERP.0, &query).await;
        assert_eq!(reply.errors(), Vec::<String>::new(), "{key}");
        let customer = &reply.data()["customer"];
        assert_eq!((&customer["number"], &customer["crmId"]), (&json!("G-2001"), &json!(crm_id)), "{key}");
        assert_eq!(customer["contacts"], known.data()["customer"]["contacts"], "{key}");
        assert_eq!(customer["assets"], json!([{ "serialNumber": "GX-77" }]), "{key}");
    }
    // Whoever opened the ERP's case is no contact of ServiceNow, where the tenant has those who ask.
    let scene = Scene::with(|settings| own(settings, ERP, &["Case"])).await;
    let reply = asked(&scene, ERP.0, r#"{ case(number: "20011") { requester { name } } }"#).await;
    assert_eq!((reply.data()["case"]["requester"].clone(), reply.errors()), (Value::Null, vec![]));
    assert_eq!(reply.json()["extensions"]["notProvided"], json!(["case.requester"]));
    others_are_silent(&scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_are_narrowed_to_what_is_open_and_found_by_order_where_a_setting_says_how() {
    let scene = Scene::with(all).await;
    let query = r#"{
        all: customer(by: { number: "G-2001" }) { cases { number status } }
        open: customer(by: { number: "G-2001" }) { cases(open: true) { number } }
        closed: customer(by: { number: "G-2001" }) { cases(open: false) { number } }
        own: customer(by: { number: "G-2002" }) { cases(open: true) { status priority } }
        order(number: "SO-7042") { cases { number subject } }
    }"#;
    insta::assert_snapshot!(told(&scene, ERP.0, query).await, @r#"{"all":{"cases":[{"number":"20011","status":"OPEN"},{"number":"20012","status":"CLOSED"}]},"open":{"cases":[{"number":"20011"}]},"closed":{"cases":[{"number":"20012"}]},"own":{"cases":[{"status":"OPEN","priority":"HIGH"}]},"order":{"cases":[{"number":"20011","subject":"Feed pump is noisy"}]}}"#);
    let without = Scene::with(|settings| own(settings, ERP, &["Case", "Requester"])).await;
    let reply = asked(&without, ERP.0, r#"{ order(number: "SO-7042") { number cases { number } } }"#).await;
    assert_eq!((reply.data()["order"]["cases"].clone(), reply.errors()), (Value::Null, Vec::<String>::new()));
    assert!(reply.text().contains("notProvided"), "{}", reply.text());
    assert_eq!(without.sandbox().calls_to(Tenant::Globex, Role::Support), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn warranties_and_entitlements_rest_on_what_was_shipped_and_subscribed() {
    let months = [("warranty_months_column", "custitem_warranty_months")];
    let scene = Scene::with(|settings| {
        own(settings, ERP, &["Asset", "BillingSubscription", "BillingCustomer"]);
        give(settings, ERP, &months);
    })
    .await;
    let query = r#"{
        shipped: warranty(serialNumber: "GX-77") { ...w order { number } asset { purchasedOn } }
        never: warranty(serialNumber: "GX-79") { ...w }
        active: entitlement(customer: { number: "G-2002" }) { ...e }
        suspended: entitlement(customer: { number: "G-2004" }) { ...e }
    } fragment w on Warranty { status endsOn coverage { kind source { system } } reasons { code } }
      fragment e on EntitlementDecision { entitled reasons { code } subscription { status plan } }"#;
    insta::assert_snapshot!(told(&scene, ERP.0, query).await, @r#"{"shipped":{"status":"ACTIVE","endsOn":"2027-11-27","coverage":[{"kind":"CONTRACT","source":{"system":"globex-support"}},{"kind":"ENTITLEMENT","source":{"system":"globex-support"}},{"kind":"MANUFACTURER","source":{"system":"globex-erp"}}],"reasons":[{"code":"covered_by"}],"order":{"number":"SO-7007"},"asset":{"purchasedOn":"2025-11-01"}},"never":{"status":"UNKNOWN","endsOn":null,"coverage":[],"reasons":[{"code":"asset_unknown"}]},"active":{"entitled":true,"reasons":[{"code":"entitled"}],"subscription":{"status":"ACTIVE","plan":"Standard Care"}},"suspended":{"entitled":false,"reasons":[{"code":"overdue"}],"subscription":null}}"#);
    assert_eq!(scene.sandbox().calls_to(Tenant::Globex, Role::Billing), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_has_too_is_not_asked_of_it_where_nobody_says_so() {
    let scene = Scene::start().await;
    let reply = asked(&scene, ERP.0, r#"{ customer(by: { number: "G-2001" }) { account { id } contacts { source { system } } cases { source { system } } subscriptions { source { system } } assets { source { system } } } }"#).await;
    assert_eq!(reply.errors(), Vec::<String>::new());
    assert!(!reply.data().to_string().contains("globex-erp"), "{}", reply.text());
    let asked = scene.sandbox().calls().into_iter().filter(|call| call.path.ends_with("suiteql"));
    assert_eq!(asked.map(|call| call.count).sum::<u64>(), 1, "whether it knows the customer, and nothing else");
}

#[tokio::test(flavor = "multi_thread")]
async fn quotes_end_no_literal_and_wildcards_are_letters() {
    let scene = Scene::with(all).await;
    for hostile in ["x' OR '1'='1", "GX-77' --", "GX-7_", "GX-7%"] {
        let reply = asked(&scene, ERP.0, &format!(r#"{{ asset(serialNumber: "{hostile}") {{ sku }} }}"#)).await;
        assert_eq!(reply.errors(), ["asset not_found globex-erp"], "{hostile}");
        let reply = asked(&scene, ERP.0, &format!(r#"{{ case(number: "{hostile}") {{ subject }} }}"#)).await;
        assert_eq!(reply.errors(), ["case not_found globex-erp"], "{hostile}");
        let reply =
            asked(&scene, ERP.0, &format!(r#"{{ customer(by: {{ email: "{hostile}" }}) {{ number }} }}"#)).await;
        assert_eq!(reply.errors(), ["customer not_found globex-erp"], "{hostile}");
    }
}

/// A page of SuiteQL.
fn page(rows: &[Value], more: bool, offset: usize) -> String {
    json!({ "links": [], "count": rows.len(), "hasMore": more, "items": rows, "offset": offset, "totalResults": 3 })
        .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn days_of_the_accounts_own_format_are_no_moments_and_half_an_amount_is_one() {
    let upstream = Upstream::start().await;
    let case = json!({ "links": [], "case_number": "20011", "title": "Servo", "status": "2", "stage": "OPEN", "priority": "1",
                       "opened": "10/5/2026", "updated": "2026-10-05T10:00:00", "customer": "G-2001" });
    upstream.answer(StatusCode::OK, &[("content-type", "application/json")], &page(&[case], false, 0));
    let scene = Scene::with(|settings| {
        upstream.as_system(ERP.0, ERP.1)(settings);
        all(settings);
    })
    .await;
    insta::assert_snapshot!(told(&scene, ERP.0, r#"{ case(number: "20011") { subject openedAt updatedAt priority } }"#).await, @r#"{"case":{"subject":"Servo","openedAt":null,"updatedAt":"2026-10-05T10:00:00Z","priority":"HIGH"}} case.openedAt upstream_drift globex-erp"#);
    let subscription = json!({ "links": [], "id": "88", "status": "PENDING_ACTIVATION", "renews": "F", "amount": ".5", "quantity": "2",
                               "currency": "EUR", "customer": "G-2001", "next_bill": "2026-11-01" });
    upstream.answer(StatusCode::OK, &[("content-type", "application/json")], &page(&[subscription], false, 0));
    let query = r#"{ customer(by: { number: "G-2001" }) { subscriptions { status plan amount { amount currency } quantity cancelAtPeriodEnd currentPeriodEnd } } }"#;
    insta::assert_snapshot!(asked(&scene, ERP.0, query).await.data()["customer"]["subscriptions"], @r#"[{"status":"UNKNOWN","plan":null,"amount":{"amount":"0.50","currency":"EUR"},"quantity":"2","cancelAtPeriodEnd":null,"currentPeriodEnd":"2026-11-01T00:00:00Z"}]"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_cases_begin_at_multiples_and_lose_none() {
    // The customer of the crowd that has the most.
    let scene = Scene::with(all).await;
    let numbers = |reply: &Reply| -> Vec<String> {
        let cases = reply.data()["customer"]["cases"].as_array().cloned().unwrap_or_default();
        cases.iter().filter_map(|case| case["number"].as_str().map(str::to_owned)).collect()
    };
    let of =
        |first: u32| format!(r#"{{ customer(by: {{ number: "G-2001" }}) {{ cases(first: {first}) {{ number }} }} }}"#);
    let every = numbers(&asked(&scene, ERP.0, &of(100)).await);
    assert!(every.len() > 1, "{every:?}");
    for first in 1..=every.len() {
        let some = asked(&scene, ERP.0, &of(u32::try_from(first).expect("a few"))).await;
        assert_eq!(numbers(&some), every[..first], "the newest {first}");
    }
    let offsets = scene.sandbox().latest_calls().into_iter().filter(|call| call.target.contains("suiteql"));
    for call in offsets {
        let number = |name: &str| {
            let found = call.target.split(['?', '&']).find_map(|part| part.strip_prefix(&format!("{name}=")));
            found.and_then(|digits| digits.parse::<u32>().ok()).unwrap_or_else(|| panic!("{}", call.target))
        };
        assert_eq!(number("offset") % number("limit"), 0, "{}", call.target);
    }
}

/// Every text and number of an answer.
fn leaves(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.values().for_each(|member| leaves(member, found)),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, found)),
        Value::Null => {}
        leaf => found.push(leaf.to_string()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_nobody_asked_for_never_reach_an_answer() {
    const ONES: &str = r#"{ case(number: "20011") { number subject requester { name } } asset(serialNumber: "GX-77") { serialNumber sku orderNumber } }"#;
    for query in [CUSTOMER, ONES] {
        let mut known = Vec::new();
        leaves(&asked(&Scene::with(all).await, ERP.0, query).await.data(), &mut known);
        for how in [WrongRows::Added, WrongRows::InPlace] {
            let scene = Scene::with(all).await;
            scene.sandbox().set_fault(ERP.0, ERP.1, Fault::WrongRows(how)).await;
            let mut told = Vec::new();
            leaves(&asked(&scene, ERP.0, query).await.data(), &mut told);
            let strange: Vec<&String> = told.iter().filter(|leaf| !known.contains(leaf)).collect();
            assert!(strange.is_empty(), "{how:?}: {strange:?}");
            assert!(told.len() < known.len() || how == WrongRows::Added, "{how:?}: nothing was wrong");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scripts_notice_about_a_case_makes_it_be_asked_for_again() {
    let scene = Scene::with(all).await;
    let query = r#"{ a: case(number: "20011") { status source { state } } b: case(number: "20012") { source { state } }
                     c: customer(by: { number: "G-2001" }) { cases { status } subscriptions { source { state } } } }"#;
    let states = async || {
        let data = asked(&scene, ERP.0, query).await.data();
        let of = |pointer: &str| data.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        [
            of("/a/source/state"),
            of("/b/source/state"),
            of("/a/status"),
            of("/c/cases/0/status"),
            of("/c/subscriptions/0/source/state"),
        ]
    };
    states().await;
    assert_eq!(states().await, ["HIT", "HIT", "OPEN", "OPEN", "HIT"]);
    scene.sandbox().change(Tenant::Globex, "case", "20011").expect("there is one");
    let notice =
        json!({ "id": "N-1", "record": "supportcase", "number": "20011", "customer": "G-2001", "order": "SO-7042" });
    let tell = async |secret: &str| {
        let ask = scene.ask(Method::POST, "/hooks/globex/globex-erp").header("x-notice-secret", secret);
        ask.header("content-type", "application/json").body(notice.to_string()).send().await.status
    };
    assert_ne!(tell("guessed").await, StatusCode::NO_CONTENT);
    assert_eq!(states().await, ["HIT", "HIT", "OPEN", "OPEN", "HIT"]);
    assert_eq!(tell("demo-globex-erp-notice-secret").await, StatusCode::NO_CONTENT);
    assert_eq!(states().await, ["FETCHED", "HIT", "CLOSED", "CLOSED", "HIT"]);
}
