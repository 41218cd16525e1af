//! Ids mean something only to the system that gave them, also where a tenant lets another system own a part of what
//! belongs to a customer: a number may well be an id in both.

use std::collections::HashMap;
use std::sync::Arc;

use portico_contracts::canonical::Value;
use portico_contracts::rules::Rules;
use portico_contracts::tenancy::{Role, SystemId, TenantId};
use serde_json::json;

use super::fake::Fake;
use super::tests::Scene;
use crate::ask::Upstream;
use crate::estate::Estate;

fn t(text: &str) -> Value {
    Value::text(text)
}

/// An ERP that knows customers as accounts too, and a CRM and a support system whose ids are those of others in the ERP.
struct Sides {
    scene: Scene,
    erp: Arc<Fake>,
    crm: Arc<Fake>,
}

fn sides(named: &[(&str, &str)], tells_number: bool) -> Sides {
    let account = |id: &str, number: &str| [("id", t(id)), ("customerNumber", t(number)), ("name", t(number))];
    let mut erp = Fake::new("acme", "erp", Role::Erp)
        .with("Customer", &[("number", t("C-1")), ("name", t("One"))])
        .with("Customer", &[("number", t("C-2")), ("name", t("Two"))])
        .with("Account", &account("10", "C-1"))
        .with("Account", &account("20", "C-2"))
        .with("Requester", &[("id", t("7")), ("name", t("Ada of the ERP"))])
        .with("Case", &[("number", t("K-1")), ("customerNumber", t("C-1")), ("requesterId", t("7"))]);
    for (id, account, number, name) in [("1", "10", "C-1", "Ada"), ("2", "20", "C-2", "Bo")] {
        let mut contact =
            vec![("id", t(id)), ("accountId", t(account)), ("name", t(name)), ("email", t(&format!("{name}@x.test")))];
        contact.extend(tells_number.then(|| ("customerNumber", t(number))));
        erp = erp.with("Contact", &contact);
    }
    let crm = Fake::new("acme", "crm", Role::Crm)
        .with("Account", &account("20", "C-1"))
        .with("Account", &account("10", "C-2"))
        .with("Requester", &[("id", t("7")), ("name", t("A stranger to both"))])
        .with("Contact", &[("id", t("3")), ("accountId", t("20")), ("name", t("Cy")), ("email", t("Cy@x.test"))]);
    let support = Fake::new("acme", "support", Role::Support)
        .with("SupportOrganization", &account("10", "C-2"))
        .with("Account", &account("10", "C-3"))
        .with("Case", &[("number", t("K-2")), ("supportId", t("10")), ("requesterId", t("7"))])
        .with("Requester", &[("id", t("7")), ("name", t("A stranger"))]);
    let (erp, crm) = (Arc::new(erp), Arc::new(crm));
    let upstreams: Vec<Arc<dyn Upstream>> = vec![Arc::clone(&erp) as _, Arc::clone(&crm) as _, Arc::new(support)];
    let owner = |systems: &str| systems.split(' ').map(|system| SystemId::parse(system).expect("a name")).collect();
    let named: HashMap<String, Vec<SystemId>> =
        named.iter().map(|(entity, system)| ((*entity).to_owned(), owner(system))).collect();
    let tenant = TenantId::parse("acme").expect("a name");
    let mut scene = Scene::roomy();
    scene.estate = Arc::new(Estate::new(tenant, upstreams, &named, Rules::default()).expect("binds"));
    Sides { scene, erp, crm }
}

const CONTACTS: [&str; 5] = [
    r#"{ customer(by: { number: "C-1" }) { contacts { name } } }"#,
    r#"{ customer(by: { crmId: "20" }) { number contacts { name } } }"#,
    r#"{ customer(by: { supportId: "10" }) { number contacts { name } } }"#,
    r#"{ customer(by: { email: "Bo@x.test" }) { number crmId contacts { name } } }"#,
    r#"{ customer(by: { number: "C-2" }) { crmId account { id } contacts { name } } }"#,
];

async fn told(sides: &Sides) -> String {
    let mut told = Vec::new();
    for query in CONTACTS {
        told.push(sides.scene.told(query).await);
    }
    told.join("\n")
}

#[tokio::test]
async fn people_of_the_erp_are_not_asked_for_by_the_crms_ids() {
    for tells_number in [true, false] {
        let sides = sides(&[("Contact", "erp")], tells_number);
        let told = told(&sides).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(told, @r#"
            {"data":{"customer":{"contacts":[{"name":"Ada"}]}}}
            {"data":{"customer":{"number":"C-1","contacts":[{"name":"Ada"}]}}}
            {"data":{"customer":{"number":"C-2","contacts":[{"name":"Bo"}]}}}
            {"data":{"customer":{"number":"C-2","crmId":"10","contacts":[{"name":"Bo"}]}}}
            {"data":{"customer":{"crmId":"10","account":{"id":"10"},"contacts":[{"name":"Bo"}]}}}
            "#);
        }
    }
}

#[tokio::test]
async fn where_the_erp_has_the_accounts_too_its_ids_are_the_tenants() {
    let sides = sides(&[("Contact", "erp"), ("Account", "erp")], false);
    insta::assert_snapshot!(sides.scene.told(r#"{ customer(by: { crmId: "10" }) { number crmId contacts { name } } }"#).await, @r#"{"data":{"customer":{"number":"C-1","crmId":"10","contacts":[{"name":"Ada"}]}}}"#);
    assert!(sides.crm.calls().is_empty(), "the CRM has nothing of it");
    assert!(!sides.erp.calls().is_empty());
}

#[tokio::test]
async fn who_opened_a_case_is_never_somebody_of_another_system() {
    let query = r#"{ case(number: "K-1") { requester { name } } }"#;
    let split = sides(&[("Case", "erp")], false);
    let answer = split.scene.ask(query).await;
    assert_eq!(answer["data"], json!({ "case": { "requester": null } }));
    assert_eq!(answer["extensions"]["notProvided"], json!(["case.requester"]));
    let both = sides(&[("Case", "erp"), ("Requester", "erp")], false);
    insta::assert_snapshot!(both.scene.told(query).await, @r#"{"data":{"case":{"requester":{"name":"Ada of the ERP"}}}}"#);
}

#[tokio::test]
async fn an_owner_in_common_is_asked_for_its_own_ids_alone() {
    let query = r#"{ a: case(number: "K-1") { requester { name } } b: case(number: "K-2") { requester { name } } }"#;
    // Only the support system tells who asked; then both do; then only one that has no cases.
    for (requesters, told) in [
        ("support", r#"{"data":{"a":{"requester":null},"b":{"requester":{"name":"A stranger"}}}}"#),
        (
            "erp support",
            r#"{"data":{"a":{"requester":{"name":"Ada of the ERP"}},"b":{"requester":{"name":"A stranger"}}}}"#,
        ),
        ("crm", r#"{"data":{"a":{"requester":null},"b":{"requester":null}}}"#),
    ] {
        let sides = sides(&[("Case", "erp support"), ("Requester", requesters)], false);
        assert_eq!(sides.scene.told(query).await, told, "{requesters}");
    }
}

#[tokio::test]
async fn a_case_of_a_third_system_asks_none_of_several_who_opened_it() {
    let sides = sides(&[("Case", "erp"), ("Requester", "support crm")], false);
    insta::assert_snapshot!(sides.scene.told(r#"{ case(number: "K-1") { requester { name } } }"#).await, @r#"{"data":{"case":{"requester":null}}}"#);
}

#[tokio::test]
async fn of_shared_contacts_each_leads_to_an_account_of_its_own_system_or_nowhere() {
    // Two have accounts; the ERP's contacts name others, under the same ids.
    for accounts in ["crm", "crm support"] {
        let sides = sides(&[("Contact", "erp crm"), ("Account", accounts)], false);
        let by_email = |email: &str| format!(r#"{{ customer(by: {{ email: "{email}" }}) {{ number }} }}"#);
        let of_erp = sides.scene.told(&by_email("Bo@x.test")).await;
        assert_eq!(of_erp, r#"{"data":{"customer":null},"errors":[[["customer"],"not_found","erp"]]}"#, "{accounts}");
        assert!(sides.crm.calls().iter().all(|(entity, ..)| *entity == "Contact"), "{accounts}");
        let of_crm = sides.scene.told(&by_email("Cy@x.test")).await;
        assert_eq!(of_crm, r#"{"data":{"customer":{"number":"C-1"}}}"#, "{accounts}");
    }
}
