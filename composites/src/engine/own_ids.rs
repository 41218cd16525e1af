//! Two systems of a tenant have accounts, each its own, under the same ids: 1 is one customer here and another there.

use std::collections::HashMap;
use std::sync::Arc;

use portico_contracts::canonical::Value;
use portico_contracts::rules::Rules;
use portico_contracts::tenancy::{Role, SystemId, TenantId};

use super::fake::Fake;
use super::tests::Scene;
use crate::ask::Upstream;
use crate::estate::Estate;

fn t(text: &str) -> Value {
    Value::text(text)
}

struct Company {
    scene: Scene,
    crm: Arc<Fake>,
    desk: Arc<Fake>,
}

impl Company {
    /// The contacts are the support desk's; the accounts stay the CRM's.
    fn new(desk: Fake) -> Company {
        let mut erp = Fake::new("acme", "erp", Role::Erp);
        let mut crm = Fake::new("acme", "crm", Role::Crm);
        for (id, number) in [("1", "C-1"), ("2", "C-2")] {
            erp = erp.with("Customer", &[("number", t(number)), ("name", t(&format!("{number} of the ERP")))]);
            let account = [("id", t(id)), ("customerNumber", t(number)), ("name", t(&format!("{number} of the CRM")))];
            crm = crm.with("Account", &account);
        }
        let (crm, desk) = (Arc::new(crm), Arc::new(desk));
        let upstreams: Vec<Arc<dyn Upstream>> = vec![Arc::new(erp), crm.clone(), desk.clone()];
        let named = HashMap::from([("Contact".to_owned(), vec![SystemId::parse("desk").expect("a name")])]);
        let tenant = TenantId::parse("acme").expect("a name");
        let mut scene = Scene::roomy();
        scene.estate = Arc::new(Estate::new(tenant, upstreams, &named, Rules::default()).expect("binds"));
        Company { scene, crm, desk }
    }

    fn calls(&self) -> String {
        let of = |fake: &Fake| -> Vec<String> {
            fake.calls().into_iter().map(|(entity, by, keys)| format!("{entity}.{by}×{keys}")).collect()
        };
        format!("crm {} | desk {}", of(&self.crm).join(" "), of(&self.desk).join(" "))
    }
}

/// A desk that numbered the same two customers the other way round.
fn desk() -> Fake {
    let mut desk = Fake::new("acme", "desk", Role::Support);
    for (id, number) in [("2", "C-1"), ("1", "C-2")] {
        desk = desk
            .with(
                "Account",
                &[("id", t(id)), ("customerNumber", t(number)), ("name", t(&format!("{number} of the desk")))],
            )
            .with("SupportOrganization", &[("id", t(id)), ("customerNumber", t(number)), ("name", t("desk"))])
            .with(
                "Contact",
                &[
                    ("id", t(&format!("u{id}"))),
                    ("accountId", t(id)),
                    ("name", t(&format!("somebody at {number}"))),
                    ("email", t(&format!("{number}@example.com"))),
                ],
            );
    }
    desk
}

#[tokio::test]
async fn contacts_of_a_number_are_found_by_the_desks_own_account() {
    let company = Company::new(desk());
    insta::assert_snapshot!(company.scene.told(r#"{ customer(by: { number: "C-1" }) { crmId contacts { name source { system } } } }"#).await, @r#"{"data":{"customer":{"crmId":"1","contacts":[{"name":"somebody at C-1","source":{"system":"desk"}}]}}}"#);
    insta::assert_snapshot!(company.calls(), @"crm Account.customerNumber×1 | desk Account.customerNumber×1 Contact.accountId×1");
}

#[tokio::test]
async fn an_id_of_the_crm_is_never_asked_of_the_desk() {
    let company = Company::new(desk());
    insta::assert_snapshot!(company.scene.told(r#"{ customer(by: { crmId: "1" }) { number name account { id } supportId contacts { name } } }"#).await, @r#"{"data":{"customer":{"number":"C-1","name":"C-1 of the ERP","account":{"id":"1"},"supportId":"2","contacts":[{"name":"somebody at C-1"}]}}}"#);
    insta::assert_snapshot!(company.calls(), @"crm Account.id×1 | desk SupportOrganization.customerNumber×1 Account.customerNumber×1 Contact.accountId×1");
}

#[tokio::test]
async fn a_contact_leads_to_the_account_of_its_own_system_and_by_its_number_to_the_crms() {
    let company = Company::new(desk());
    let query = r#"{ customer(by: { email: "c-1@example.com" }) { number name crmId account { id name source { system } } contacts { name } } }"#;
    insta::assert_snapshot!(company.scene.told(query).await, @r#"{"data":{"customer":{"number":"C-1","name":"C-1 of the ERP","crmId":"1","account":{"id":"1","name":"C-1 of the CRM","source":{"system":"crm"}},"contacts":[{"name":"somebody at C-1"}]}}}"#);
    insta::assert_snapshot!(company.calls(), @"crm Account.customerNumber×1 | desk Contact.email×1 Account.id×1 Contact.accountId×1");
    insta::assert_snapshot!(company.scene.told(&query.replace("c-1", "nobody")).await, @r#"{"data":{"customer":null},"errors":[[["customer"],"not_found","desk"]]}"#);
}

#[tokio::test]
async fn a_system_without_accounts_of_its_own_means_those_of_the_crm() {
    let desk = Fake::new("acme", "desk", Role::Support).with(
        "Contact",
        &[("id", t("u1")), ("accountId", t("1")), ("name", t("somebody at C-1")), ("email", t("c-1@example.com"))],
    );
    let company = Company::new(desk);
    insta::assert_snapshot!(company.scene.told(r#"{ a: customer(by: { number: "C-1" }) { contacts { name } } b: customer(by: { crmId: "1" }) { contacts { name } } c: customer(by: { email: "c-1@example.com" }) { number } }"#).await, @r#"{"data":{"a":{"contacts":[{"name":"somebody at C-1"}]},"b":{"contacts":[{"name":"somebody at C-1"}]},"c":{"number":"C-1"}}}"#);
}

#[tokio::test]
async fn one_system_that_says_the_same_twice_disagrees_once() {
    let tenant = TenantId::parse("acme").expect("a name");
    let erp =
        Fake::new("acme", "erp", Role::Erp).with("Customer", &[("number", t("C-1")), ("name", t("C-1 of the ERP"))]);
    let desk: Arc<dyn Upstream> = Arc::new(
        Fake::new("acme", "desk", Role::Support)
            .with("Account", &[("id", t("1")), ("customerNumber", t("C-1")), ("name", t("of the desk"))])
            .with("SupportOrganization", &[("id", t("1")), ("customerNumber", t("C-1")), ("name", t("of the desk"))]),
    );
    let named = HashMap::from([("Account".to_owned(), vec![desk.id().clone()])]);
    let upstreams = vec![Arc::new(erp) as Arc<dyn Upstream>, desk];
    let mut scene = Scene::roomy();
    scene.estate = Arc::new(Estate::new(tenant, upstreams, &named, Rules::default()).expect("binds"));
    insta::assert_snapshot!(scene.told(r#"{ customer(by: { number: "C-1" }) { discrepancies { field values { value source { system } } } } }"#).await, @r#"{"data":{"customer":{"discrepancies":[{"field":"name","values":[{"value":"C-1 of the ERP","source":{"system":"erp"}},{"value":"of the desk","source":{"system":"desk"}}]}]}}}"#);
}

#[tokio::test]
async fn contacts_of_both_are_told_apart_and_one_of_the_desk_alone_leads_nowhere_with_a_reason() {
    let (mut erp, mut crm) = (Fake::new("acme", "erp", Role::Erp), Fake::new("acme", "crm", Role::Crm));
    for (id, number) in [("1", "C-1"), ("2", "C-2")] {
        erp = erp.with("Customer", &[("number", t(number)), ("name", t(number))]);
        crm = crm.with("Account", &[("id", t(id)), ("customerNumber", t(number)), ("name", t(number))]);
    }
    crm =
        crm.with("Contact", &[("id", t("k1")), ("accountId", t("1")), ("name", t("K")), ("email", t("k@example.com"))]);
    let upstreams: Vec<Arc<dyn Upstream>> = vec![Arc::new(erp), Arc::new(crm), Arc::new(desk())];
    let both = ["crm", "desk"].map(|name| SystemId::parse(name).expect("a name"));
    let named = HashMap::from([("Contact".to_owned(), both.to_vec())]);
    let mut scene = Scene::roomy();
    let tenant = TenantId::parse("acme").expect("a name");
    scene.estate = Arc::new(Estate::new(tenant, upstreams, &named, Rules::default()).expect("binds"));
    let contacts = |key: &str| format!("{{ customer(by: {{ {key} }}) {{ number contacts {{ name }} }} }}");
    for key in [r#"number: "C-1""#, r#"crmId: "1""#, r#"email: "k@example.com""#] {
        let answer = scene.told(&contacts(key)).await;
        assert_eq!(
            answer, r#"{"data":{"customer":{"number":"C-1","contacts":[{"name":"K"},{"name":"somebody at C-1"}]}}}"#,
            "{key}"
        );
    }
    insta::assert_snapshot!(scene.told(&contacts(r#"email: "c-1@example.com""#)).await, @r#"{"data":{"customer":null},"errors":[[["customer"],"not_found","desk"]]}"#);
}
