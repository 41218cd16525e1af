//! Zendesk as the owner of accounts and contacts.

use http::StatusCode;
use portico_contracts::tenancy::SystemId;
use portico_tests::{Fault, Role, Scene, Tenant, Upstream, WrongRows};
use serde_json::{Value, json};

use super::{Place, asked, give, own, owning, targets, told};

const DESK: Place = (Tenant::Acme, Role::Support);
const CRM: Place = (Tenant::Acme, Role::Crm);
const BOTH: &[&str] = &["Account", "Contact"];

const WHOLE: &str = r#"{ customer(by: { number: "C-1001" }) {
    number name crmId supportId
    account { id name segment website phone billingAddress { city } parent { name } source { system role } }
    contacts { name email phone role source { system } } } }"#;

#[tokio::test(flavor = "multi_thread")]
async fn accounts_and_contacts_are_answered_and_what_zendesk_has_not_is_said() {
    let scene = Scene::with(|settings| {
        own(settings, DESK, BOTH);
        give(settings, DESK, &[("segment_field", "segment")]);
    })
    .await;
    let reply = asked(&scene, DESK.0, WHOLE).await;
    insta::assert_snapshot!(format!("{} {}", reply.data(), reply.errors().join(", ")), @r#"{"customer":{"number":"C-1001","name":"Hanseatic Pumps GmbH","crmId":"6130869000000","supportId":"6130869000000","account":{"id":"6130869000000","name":"Hanseatic Pumps GmbH","segment":"Enterprise","website":null,"phone":null,"billingAddress":null,"parent":null,"source":{"system":"acme-support","role":"SUPPORT"}},"contacts":[{"name":"Anna Brandt","email":"anna.brandt@hanseatic-pumps.example","phone":"+49 30 5550199","role":null,"source":{"system":"acme-support"}},{"name":"Jonas Keller","email":"jonas.keller@hanseatic-pumps.example","phone":"+49 30 5550199","role":null,"source":{"system":"acme-support"}}]}}"#);
    insta::assert_snapshot!(reply.json()["extensions"]["notProvided"], @r#"["customer.account.website","customer.account.phone","customer.account.billingAddress","customer.account.parent","customer.contacts.role"]"#);
    assert_eq!(scene.sandbox().calls_to(CRM.0, CRM.1), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_found_by_organization_and_by_address_and_not_by_domain() {
    let scene = owning(DESK, BOTH).await;
    let known = asked(&scene, DESK.0, r#"{ customer(by: { number: "C-1001" }) { crmId supportId } }"#).await.data();
    let id = known["customer"]["crmId"].as_str().expect("an id").to_owned();
    assert_eq!(known["customer"]["supportId"], id);
    for key in [format!("crmId: {id:?}"), r#"email: "anna.brandt@hanseatic-pumps.example""#.to_owned()] {
        let query = format!("{{ customer(by: {{ {key} }}) {{ number name crmId contacts {{ name }} }} }}");
        let reply = asked(&scene, DESK.0, &query).await;
        assert_eq!(reply.errors(), Vec::<String>::new(), "{key}");
        let customer = &reply.data()["customer"];
        assert_eq!((&customer["number"], &customer["crmId"]), (&json!("C-1001"), &json!(id)), "{key}");
        assert_eq!(customer["contacts"].as_array().map(Vec::len), Some(2), "{key}");
    }
    let by_domain = r#"{ customer(by: { domain: "hanseatic-pumps.example" }) { number } }"#;
    assert_eq!(asked(&scene, DESK.0, by_domain).await.code(), "key_unsupported");
    let agent = r#"{ customer(by: { email: "agent@support.example" }) { number } }"#;
    assert_eq!(told(&scene, DESK.0, agent).await, r#"{"customer":null} customer not_found acme-support"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_of_zendesk_belong_to_accounts_of_salesforce_by_number_alone() {
    let scene = owning(DESK, &["Contact"]).await;
    let query = |key: &str| {
        format!(
            "{{ customer(by: {{ {key} }}) {{ number crmId account {{ source {{ system }} }} contacts {{ name source {{ system }} }} }} }}"
        )
    };
    let by_number = told(&scene, DESK.0, &query(r#"number: "C-1001""#)).await;
    insta::assert_snapshot!(by_number, @r#"{"customer":{"number":"C-1001","crmId":"0015gAc00000000ABA","account":{"source":{"system":"acme-crm"}},"contacts":[{"name":"Anna Brandt","source":{"system":"acme-support"}},{"name":"Jonas Keller","source":{"system":"acme-support"}}]}}"#);
    insta::assert_snapshot!(targets(&scene, DESK).join("\n"), @"
    /api/v2/organizations/6130869000000/users.json?role=end-user&per_page=21
    /api/v2/organizations/show_many.json?external_ids=C-1001
    ");
    let id = asked(&scene, DESK.0, r#"{ customer(by: { number: "C-1001" }) { crmId } }"#).await.data();
    let id = id["customer"]["crmId"].as_str().expect("an id").to_owned();
    assert_eq!(told(&scene, DESK.0, &query(&format!("crmId: {id:?}"))).await, by_number);
    let email = r#"email: "anna.brandt@hanseatic-pumps.example""#;
    assert_eq!(told(&scene, DESK.0, &query(email)).await, by_number);
    assert!(targets(&scene, DESK).iter().all(|target| !target.contains(&id)), "{:?}", targets(&scene, DESK));
}

#[tokio::test(flavor = "multi_thread")]
async fn organizations_that_come_in_any_order_keep_their_contacts() {
    let scene = owning(DESK, BOTH).await;
    let numbers = ["C-1004", "C-1002", "C-1003", "C-1001"];
    let part = |(at, number): (usize, &&str)| {
        format!(r#"c{at}: customer(by: {{ number: "{number}" }}) {{ account {{ name }} contacts {{ email }} }}"#)
    };
    let parts: Vec<String> = numbers.iter().enumerate().map(part).collect();
    let together = asked(&scene, DESK.0, &format!("{{ {} }}", parts.join(" "))).await;
    assert_eq!(together.errors(), Vec::<String>::new());
    let organizations = targets(&scene, DESK).into_iter().filter(|target| target.contains("show_many")).count();
    assert_eq!(organizations, 1, "one call for all of them");
    for (at, part) in parts.iter().enumerate() {
        let alone = owning(DESK, BOTH).await;
        let alone = asked(&alone, DESK.0, &format!("{{ {part} }}")).await.data();
        assert_eq!(together.data()[format!("c{at}")], alone[format!("c{at}")], "{}", numbers[at]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_rows_than_those_asked_for_reach_nobody() {
    let right = asked(&owning(DESK, BOTH).await, DESK.0, WHOLE).await.data();
    for wrong in [WrongRows::InPlace, WrongRows::Added] {
        let scene = owning(DESK, BOTH).await;
        scene.sandbox().set_fault(DESK.0, DESK.1, Fault::WrongRows(wrong)).await;
        let reply = asked(&scene, DESK.0, WHOLE).await;
        for (field, nothing) in [("account", Value::Null), ("contacts", json!([]))] {
            let found = &reply.data()["customer"][field];
            assert!(*found == right["customer"][field] || *found == nothing || found.is_null(), "{}", reply.text());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_would_be_a_search_or_a_path_is_refused_and_nobody_is_asked() {
    let scene = owning(DESK, BOTH).await;
    for key in [
        r#"email: "x\" role:\"agent""#,
        r#"email: "*@hanseatic-pumps.example""#,
        r#"crmId: "1/../../users""#,
        r#"crmId: "1,2""#,
    ] {
        let reply = asked(&scene, DESK.0, &format!("{{ customer(by: {{ {key} }}) {{ number }} }}")).await;
        assert_eq!((reply.data()["customer"].clone(), reply.code()), (Value::Null, "key_refused".to_owned()), "{key}");
    }
    assert_eq!(targets(&scene, DESK), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_people_of_the_customer_who_are_at_home_there_are_its_contacts() {
    let upstream = Upstream::start().await;
    let json = [("content-type", "application/json")];
    let organization = json!({ "id": 7, "name": "Hanseatic", "external_id": "C-1001", "domain_names": [] });
    upstream.answer(StatusCode::OK, &json, &json!({ "organizations": [organization], "next_page": null }).to_string());
    let user = |id: u32, role: &str, active: bool, home: Option<u32>| {
        json!({ "id": id, "name": format!("Person {id}"), "email": null, "phone": null, "role": role, "active": active,
                "organization_id": home })
    };
    let users = [
        user(1, "end-user", true, Some(7)),
        user(2, "agent", true, Some(7)),
        user(3, "end-user", false, Some(7)),
        user(4, "end-user", true, Some(8)),
        user(5, "end-user", true, None),
    ];
    upstream.answer_at("/organizations/7/users", &json!({ "users": users, "next_page": null }).to_string());
    let scene = Scene::with(|settings| {
        upstream.as_system(DESK.0, DESK.1)(settings);
        own(settings, DESK, BOTH);
    })
    .await;
    let reply = asked(&scene, DESK.0, r#"{ customer(by: { number: "C-1001" }) { contacts { name email } } }"#).await;
    assert_eq!(reply.errors(), Vec::<String>::new());
    assert_eq!(reply.data()["customer"]["contacts"], json!([{ "name": "Person 1", "email": null }]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_that_changed_is_asked_for_again_and_no_other() {
    let scene = owning(DESK, BOTH).await;
    let query = r#"{ a: customer(by: { number: "C-1001" }) { account { name source { state } } }
                     b: customer(by: { number: "C-1002" }) { account { name source { state } } } }"#;
    let states = async || {
        let data = asked(&scene, DESK.0, query).await.data();
        ["a", "b"].map(|one| data[one]["account"]["source"]["state"].as_str().unwrap_or("none").to_owned()).join(" ")
    };
    assert_eq!(states().await, "FETCHED FETCHED");
    assert_eq!(states().await, "HIT HIT");
    let told = scene.sandbox().change_and_tell(DESK.0, "customer", "C-1001").await.expect("there is one");
    assert!(told.iter().any(|one| one.system == "acme-support" && one.taken), "{told:?}");
    assert_eq!(states().await, "FETCHED HIT");
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_of_both_systems_are_one_list_and_each_is_asked_with_its_own_id() {
    let scene = Scene::with(|settings| {
        own(settings, DESK, &["Contact"]);
        let owners = super::tenant(settings, DESK.0).owners.get_mut("Contact").expect("just named");
        owners.insert(0, SystemId::parse(&super::name(CRM)).expect("a system's name"));
    })
    .await;
    let query =
        |key: &str| format!("{{ customer(by: {{ {key} }}) {{ number contacts {{ email source {{ system }} }} }} }}");
    let by_number = told(&scene, DESK.0, &query(r#"number: "C-1001""#)).await;
    insta::assert_snapshot!(by_number, @r#"{"customer":{"number":"C-1001","contacts":[{"email":"jonas.keller@hanseatic-pumps.example","source":{"system":"acme-crm"}},{"email":"anna.brandt@hanseatic-pumps.example","source":{"system":"acme-crm"}},{"email":"anna.brandt@hanseatic-pumps.example","source":{"system":"acme-support"}},{"email":"jonas.keller@hanseatic-pumps.example","source":{"system":"acme-support"}}]}}"#);
    let id = asked(&scene, DESK.0, r#"{ customer(by: { number: "C-1001" }) { crmId } }"#).await.data();
    let id = id["customer"]["crmId"].as_str().expect("an id").to_owned();
    assert_eq!(told(&scene, DESK.0, &query(&format!("crmId: {id:?}"))).await, by_number);
    let email = r#"email: "anna.brandt@hanseatic-pumps.example""#;
    assert_eq!(told(&scene, DESK.0, &query(email)).await, by_number);
    assert!(targets(&scene, DESK).iter().all(|target| !target.contains(&id)), "{:?}", targets(&scene, DESK));
}
