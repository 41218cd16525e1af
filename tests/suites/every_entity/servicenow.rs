//! ServiceNow as the owner of accounts and contacts.

use http::StatusCode;
use portico_tests::{Fault, Role, Tenant, Upstream, WrongRows};
use serde_json::{Value, json};

use super::{Place, asked, give, own, owning, targets, told};

const DESK: Place = (Tenant::Globex, Role::Support);
const CRM: Place = (Tenant::Globex, Role::Crm);
const BOTH: &[&str] = &["Account", "Contact"];

const WHOLE: &str = r#"{ customer(by: { number: "G-2001" }) {
    number name crmId supportId
    account { id name owner segment website phone billingAddress { street city region postalCode country } parent { name } source { system role } }
    contacts { name email phone role source { system } } } }"#;

#[tokio::test(flavor = "multi_thread")]
async fn accounts_and_contacts_are_answered_whole_and_the_crm_is_not_asked() {
    let scene = owning(DESK, BOTH).await;
    insta::assert_snapshot!(told(&scene, DESK.0, WHOLE).await, @r#"{"customer":{"number":"G-2001","name":"Alpine Instruments AG","crmId":"8a7b910bdb6f1010a1b2000000000000","supportId":"8a7b910bdb6f1010a1b2000000000000","account":{"id":"8a7b910bdb6f1010a1b2000000000000","name":"Alpine Instruments AG","owner":null,"segment":null,"website":"https://www.alpine-instruments.example","phone":"+49 30 5550100","billingAddress":{"street":"Hafenstrasse 1","city":"Hamburg","region":null,"postalCode":"20095","country":"Germany"},"parent":null,"source":{"system":"globex-support","role":"SUPPORT"}},"contacts":[{"name":"Sofia Gruber","email":"sofia.gruber@alpine-instruments.example","phone":"+49 30 5550199","role":"Head of Purchasing","source":{"system":"globex-support"}},{"name":"Luca Moser","email":"luca.moser@alpine-instruments.example","phone":"+49 30 5550199","role":"Maintenance Engineer","source":{"system":"globex-support"}}]}}"#);
    assert_eq!(scene.sandbox().calls_to(CRM.0, CRM.1), 0);
    // Who looks after an account nobody tells here, nor the segment unless a setting says where.
    let reply = asked(&scene, DESK.0, WHOLE).await;
    insta::assert_snapshot!(reply.json()["extensions"]["notProvided"], @r#"["customer.account.owner","customer.account.segment"]"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_found_by_account_address_and_domain() {
    let scene = owning(DESK, BOTH).await;
    let known = asked(&scene, DESK.0, r#"{ customer(by: { number: "G-2001" }) { crmId supportId } }"#).await.data();
    assert_eq!(known["customer"]["crmId"], known["customer"]["supportId"], "the same row of one system");
    let id = known["customer"]["crmId"].as_str().expect("an id").to_owned();
    for key in [
        format!("crmId: {id:?}"),
        r#"email: "sofia.gruber@alpine-instruments.example""#.to_owned(),
        r#"domain: "alpine-instruments.example""#.to_owned(),
    ] {
        let query = format!(
            "{{ customer(by: {{ {key} }}) {{ number name crmId contacts {{ name }} assets {{ serialNumber }} contracts {{ number }} }} }}"
        );
        let reply = asked(&scene, DESK.0, &query).await;
        assert_eq!(reply.errors(), Vec::<String>::new(), "{key}");
        let customer = &reply.data()["customer"];
        assert_eq!((&customer["number"], &customer["crmId"]), (&json!("G-2001"), &json!(id)), "{key}");
        assert_eq!(customer["contacts"][0]["name"], "Sofia Gruber", "{key}");
        assert_eq!(customer["assets"][0]["serialNumber"], "GX-77", "{key}");
    }
    assert_eq!(scene.sandbox().calls_to(CRM.0, CRM.1), 0);
    let nobody = told(&scene, DESK.0, r#"{ customer(by: { email: "nobody@example.com" }) { number } }"#).await;
    assert_eq!(nobody, r#"{"customer":null} customer not_found globex-support"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_many_customers_have_is_a_call_for_each_kind() {
    let scene = owning(DESK, BOTH).await;
    let part = |n: u8| {
        format!(
            r#"c{n}: customer(by: {{ number: "G-200{n}" }}) {{ account {{ name }} contacts {{ name }} supportId }}"#
        )
    };
    let parts: Vec<String> = (1..=5).map(part).collect();
    let reply = asked(&scene, DESK.0, &format!("{{ {} }}", parts.join(" "))).await;
    assert_eq!(reply.errors(), Vec::<String>::new());
    insta::assert_snapshot!(targets(&scene, DESK).join("\n"), @"
    /api/now/table/customer_account?sysparm_query=numberING-2001,G-2002,G-2003,G-2004,G-2005^ORDERBYsys_id&sysparm_fields=sys_id,sys_id,name,website,account_parent,phone,street,city,state,zip,country,number&sysparm_exclude_reference_link=true&sysparm_limit=200
    /api/now/table/customer_account?sysparm_query=numberING-2001,G-2002,G-2003,G-2004,G-2005^ORDERBYsys_id&sysparm_fields=sys_id,sys_id,number,name,website&sysparm_exclude_reference_link=true&sysparm_limit=200
    /api/now/table/customer_contact?sysparm_query=account.numberING-2001,G-2002,G-2003,G-2004,G-2005^active=true^ORDERBYsys_id&sysparm_fields=sys_id,sys_id,name,email,phone,title,account,account.number,active&sysparm_exclude_reference_link=true&sysparm_limit=200
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_of_the_desk_belong_to_accounts_of_the_crm_by_number_alone() {
    let scene = owning(DESK, &["Contact"]).await;
    let query = |key: &str| {
        format!(
            "{{ customer(by: {{ {key} }}) {{ number crmId account {{ source {{ system }} }} contacts {{ name source {{ system }} }} }} }}"
        )
    };
    let by_number = told(&scene, DESK.0, &query(r#"number: "G-2001""#)).await;
    insta::assert_snapshot!(by_number, @r#"{"customer":{"number":"G-2001","crmId":"407260000000","account":{"source":{"system":"globex-crm"}},"contacts":[{"name":"Sofia Gruber","source":{"system":"globex-support"}},{"name":"Luca Moser","source":{"system":"globex-support"}}]}}"#);
    let id = asked(&scene, DESK.0, r#"{ customer(by: { number: "G-2001" }) { crmId } }"#).await.data();
    let id = id["customer"]["crmId"].as_str().expect("an id").to_owned();
    assert_eq!(told(&scene, DESK.0, &query(&format!("crmId: {id:?}"))).await, by_number);
    let email = r#"email: "sofia.gruber@alpine-instruments.example""#;
    assert_eq!(told(&scene, DESK.0, &query(email)).await, by_number);
    // The CRM's id means nothing to the desk, and is never sent there.
    assert!(targets(&scene, DESK).iter().all(|target| !target.contains(&id)), "{:?}", targets(&scene, DESK));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_there_is_not_costs_itself_and_never_brings_everybody() {
    // Neither table has the field, so that the condition is dropped and every row comes.
    let scene = portico_tests::Scene::with(|settings| {
        own(settings, DESK, BOTH);
        give(settings, DESK, &[("customer_number_field", "u_no_such_field")]);
    })
    .await;
    let query = r#"{ customer(by: { number: "G-2001" }) { number account { name } contacts { email } } }"#;
    let reply = asked(&scene, DESK.0, query).await;
    assert_eq!(reply.data()["customer"], json!({ "number": "G-2001", "account": null, "contacts": null }));
    assert_eq!(
        reply.errors(),
        ["customer.account upstream_drift globex-support", "customer.contacts upstream_drift globex-support"]
    );
    assert!(!reply.text().contains("@"), "{}", reply.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn other_rows_than_those_asked_for_reach_nobody() {
    for wrong in [WrongRows::InPlace, WrongRows::Added] {
        let scene = owning(DESK, BOTH).await;
        let right = asked(&scene, DESK.0, WHOLE).await.data();
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
async fn a_key_that_would_be_a_query_is_refused_and_nobody_is_asked() {
    let scene = owning(DESK, BOTH).await;
    for key in [
        r#"email: "x^NQactive=true""#,
        r#"email: "a@x.example,b@x.example""#,
        r#"email: "javascript:gs.getUserID()""#,
        r#"crmId: "x^ORsys_idISNOTEMPTY""#,
        r#"domain: "x.example^NQnameISNOTEMPTY""#,
    ] {
        let reply = asked(&scene, DESK.0, &format!("{{ customer(by: {{ {key} }}) {{ number }} }}")).await;
        assert_eq!((reply.data()["customer"].clone(), reply.code()), (Value::Null, "key_refused".to_owned()), "{key}");
    }
    assert_eq!(targets(&scene, DESK), Vec::<String>::new());
}

/// Rows that the user may not see are taken off a page after it was counted: of 21 one is left, and there are 30.
#[tokio::test(flavor = "multi_thread")]
async fn a_short_page_of_contacts_is_not_all_of_them() {
    let upstream = Upstream::start().await;
    let headers = [("content-type", "application/json"), ("x-total-count", "30")];
    let row = |id: u32| {
        json!({ "sys_id": format!("{id:032x}"), "name": format!("Person {id}"), "email": "", "phone": "", "title": "",
                "active": "true", "account": format!("{:032x}", 1), "account.number": "G-2001" })
    };
    upstream.answer(StatusCode::OK, &headers, &json!({ "result": [row(1)] }).to_string());
    upstream.answer_at("sysparm_offset=21", &json!({ "result": [row(2)] }).to_string());
    let scene = portico_tests::Scene::with(|settings| {
        upstream.as_system(DESK.0, DESK.1)(settings);
        own(settings, DESK, BOTH);
    })
    .await;
    let reply = asked(&scene, DESK.0, r#"{ customer(by: { number: "G-2001" }) { contacts { name } } }"#).await;
    assert_eq!(reply.errors(), Vec::<String>::new());
    assert_eq!(reply.data()["customer"]["contacts"], json!([{ "name": "Person 1" }, { "name": "Person 2" }]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_changed_is_asked_for_again_with_its_contacts_and_no_other() {
    let scene = owning(DESK, BOTH).await;
    let query = r#"{ a: customer(by: { number: "G-2001" }) { account { name source { state } } contacts { source { state } } }
                     b: customer(by: { number: "G-2002" }) { account { name source { state } } contacts { source { state } } } }"#;
    let states = async || {
        let data = asked(&scene, DESK.0, query).await.data();
        let at = |pointer: &str| data.pointer(pointer).and_then(Value::as_str).unwrap_or("none").to_owned();
        ["/a/account", "/a/contacts/0", "/b/account", "/b/contacts/0"]
            .map(|p| at(&format!("{p}/source/state")))
            .join(" ")
    };
    assert_eq!(states().await, "FETCHED FETCHED FETCHED FETCHED");
    assert_eq!(states().await, "HIT HIT HIT HIT");
    let told = scene.sandbox().change_and_tell(DESK.0, "customer", "G-2001").await.expect("there is one");
    assert!(told.iter().any(|one| one.system == "globex-support" && one.taken), "{told:?}");
    assert_eq!(states().await, "FETCHED FETCHED HIT HIT");
}
