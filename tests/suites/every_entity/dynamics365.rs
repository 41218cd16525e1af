//! Dynamics 365 as owner of what the demo has elsewhere: people, agreements, warranties, accounts.

use http::{Method, StatusCode};
use portico_gateway::settings::Settings;
use portico_tests::{Fault, Role, Scene, Tenant, Upstream, WrongRows};
use serde_json::{Value, json};

use super::{Place, asked, give, own, targets, told};

const ERP: Place = (Tenant::Acme, Role::Erp);
const SERVICE: [&str; 4] = ["Contact", "Contract", "ContractCoverage", "Asset"];

fn service(settings: &mut Settings) {
    own(settings, ERP, &SERVICE);
}

const CUSTOMER: &str = r#"{ customer(by: { number: "C-1001" }) {
    contacts { id name email phone role source { system } }
    contracts { number status startsOn endsOn supportLevel coversSerialNumbers }
    assets { serialNumber sku installedOn purchasedOn orderNumber warrantyEndsOn product { name } }
} }"#;

#[tokio::test(flavor = "multi_thread")]
async fn people_agreements_and_machines_of_a_customer_are_the_erps() {
    let scene = Scene::with(service).await;
    insta::assert_snapshot!(told(&scene, ERP.0, CUSTOMER).await, @r#"{"customer":{"contacts":[{"id":"CP-C-1001-1","name":"Anna Brandt","email":"anna.brandt@hanseatic-pumps.example","phone":"+49 30 5550199","role":"Head of Purchasing","source":{"system":"acme-erp"}},{"id":"CP-C-1001-2","name":"Jonas Keller","email":"jonas.keller@hanseatic-pumps.example","phone":"+49 30 5550199","role":"Maintenance Engineer","source":{"system":"acme-erp"}}],"contracts":[{"number":"SC-10011","status":"ACTIVE","startsOn":"2025-11-27","endsOn":"2027-11-27","supportLevel":"PREMIUM","coversSerialNumbers":["SN-77"]}],"assets":[{"serialNumber":"SN-77","sku":"AC-100","installedOn":null,"purchasedOn":"2025-10-28","orderNumber":null,"warrantyEndsOn":"2027-10-28","product":{"name":"AC Feed pump 100"}},{"serialNumber":"SN-78","sku":"AC-100","installedOn":null,"purchasedOn":"2023-06-11","orderNumber":null,"warrantyEndsOn":"2025-06-10","product":{"name":"AC Feed pump 100"}}]}}"#);
    assert_eq!(scene.sandbox().calls_to(Tenant::Acme, Role::Crm), 0, "whose contacts it would have been");
    // One call each, and one more that leads from the number to the party, however many customers there are.
    let scene = Scene::with(service).await;
    let numbers = ["C-1001", "C-1002", "C-1003", "C-1004"];
    let part = |number: &&str| {
        let of = number.replace('-', "");
        format!(
            r#"{of}: customer(by: {{ number: "{number}" }}) {{ contacts {{ name }} contracts {{ number coversSerialNumbers }} }}"#
        )
    };
    let reply =
        asked(&scene, ERP.0, &format!("{{ {} }}", numbers.iter().map(part).collect::<Vec<_>>().join(" "))).await;
    assert_eq!(reply.errors(), Vec::<String>::new());
    assert_eq!(reply.data()["C1002"]["contracts"][0]["coversSerialNumbers"], json!([]), "work covers no machine alone");
    let sets: Vec<String> =
        targets(&scene, ERP).iter().map(|target| target.split('?').next().unwrap_or_default().to_owned()).collect();
    let mut asked_for = sets.clone();
    asked_for.sort_unstable();
    let expected = ["ContactPersons", "CustomersV3", "CustomersV3", "ServiceAgreementHeaders", "ServiceAgreementLines"];
    assert_eq!(asked_for, expected.map(|set| format!("/data/{set}")), "{sets:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn warranties_and_entitlements_rest_on_policies_and_agreements() {
    let scene = Scene::with(service).await;
    let warranties = r#"{
        runs: warranty(serialNumber: "SN-77") { ...w }
        ended: warranty(serialNumber: "SN-78") { ...w }
        voided: warranty(serialNumber: "SN-79") { ...w }
    } fragment w on Warranty { status startsOn endsOn coverage { kind reference source { system } } reasons { code } }"#;
    insta::assert_snapshot!(told(&scene, ERP.0, warranties).await, @r#"{"runs":{"status":"ACTIVE","startsOn":"2025-11-27","endsOn":"2027-11-27","coverage":[{"kind":"CONTRACT","reference":"SC-10011","source":{"system":"acme-erp"}},{"kind":"ENTITLEMENT","reference":"Premium Support","source":{"system":"acme-crm"}},{"kind":"MANUFACTURER","reference":null,"source":{"system":"acme-erp"}}],"reasons":[{"code":"covered_by"}]},"ended":{"status":"EXPIRED","startsOn":"2023-06-11","endsOn":"2025-06-10","coverage":[{"kind":"MANUFACTURER","reference":null,"source":{"system":"acme-erp"}}],"reasons":[{"code":"expired"}]},"voided":{"status":"UNKNOWN","startsOn":null,"endsOn":null,"coverage":[],"reasons":[{"code":"asset_unknown"}]}}"#);
    let entitled = r#"{
        premium: entitlement(customer: { number: "C-1001" }) { ...e }
        ended: entitlement(customer: { number: "C-1004" }) { ...e }
    } fragment e on EntitlementDecision { entitled level reasons { code } contract { number supportLevel coversSerialNumbers } }"#;
    insta::assert_snapshot!(told(&scene, ERP.0, entitled).await, @r#"{"premium":{"entitled":true,"level":"PREMIUM","reasons":[{"code":"entitled"}],"contract":{"number":"SC-10011","supportLevel":"PREMIUM","coversSerialNumbers":["SN-77"]}},"ended":{"entitled":false,"level":"NONE","reasons":[{"code":"overdue"}],"contract":null}}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_companys_people_agreements_and_machines_are_nobodys() {
    let branch = Scene::with(|settings| {
        own(settings, ERP, &SERVICE);
        give(settings, ERP, &[("company", "acuk")]);
    })
    .await;
    insta::assert_snapshot!(told(&branch, ERP.0, CUSTOMER).await, @r#"{"customer":{"contacts":[{"id":"CP-C-1001-1","name":"Uma Knight","email":"uma.knight@branch-1.example","phone":"+49 30 5550199","role":"Branch Manager","source":{"system":"acme-erp"}}],"contracts":[{"number":"SC-10011","status":"EXPIRED","startsOn":"2023-12-28","endsOn":"2025-05-11","supportLevel":"BASIC","coversSerialNumbers":["SN-78"]}],"assets":[]}}"#);
    for target in targets(&branch, ERP) {
        assert!(target.contains("cross-company=true") && target.contains("dataAreaId eq 'acuk'"), "{target}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_erp_as_crm_finds_customers_by_party_domain_and_mail_address() {
    let all = |settings: &mut Settings| {
        own(settings, ERP, &["Account", "Contact"]);
        give(settings, ERP, &[("segment_field", "CustomerGroupId")]);
    };
    let scene = Scene::with(all).await;
    let fields = "{ number crmId account { id name segment website phone billingAddress { street city region postalCode country } owner } contacts { name } }";
    insta::assert_snapshot!(told(&scene, ERP.0, &format!(r#"{{ customer(by: {{ number: "C-1001" }}) {fields} }}"#)).await, @r#"{"customer":{"number":"C-1001","crmId":"PTY-C-1001","account":{"id":"PTY-C-1001","name":"Hanseatic Pumps GmbH","segment":"10","website":"https://www.hanseatic-pumps.example","phone":"+49 30 5550100","billingAddress":{"street":"Hafenstrasse 1","city":"Hamburg","region":null,"postalCode":"20095","country":"DEU"},"owner":null},"contacts":[{"name":"Anna Brandt"},{"name":"Jonas Keller"}]}}"#);
    let by = [
        r#"crmId: "PTY-C-1001""#,
        r#"domain: "hanseatic-pumps.example""#,
        r#"email: "anna.brandt@hanseatic-pumps.example""#,
    ];
    for key in by {
        let reply =
            asked(&scene, ERP.0, &format!("{{ customer(by: {{ {key} }}) {{ number contacts {{ name }} }} }}")).await;
        assert_eq!(reply.errors(), Vec::<String>::new(), "{key}");
        assert_eq!(reply.data()["customer"]["number"], "C-1001", "{key}");
        assert_eq!(reply.data()["customer"]["contacts"][0]["name"], "Anna Brandt", "{key}");
    }
    assert_eq!(scene.sandbox().calls_to(Tenant::Acme, Role::Crm), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_its_people_alone_neither_systems_ids_are_taken_for_the_others() {
    let scene = Scene::with(|settings| own(settings, ERP, &["Contact"])).await;
    let known = asked(&scene, ERP.0, r#"{ customer(by: { number: "C-1001" }) { crmId contacts { name } } }"#).await;
    let crm_id = known.data()["customer"]["crmId"].as_str().expect("the CRM's").to_owned();
    for key in [format!(r#"crmId: "{crm_id}""#), r#"email: "jonas.keller@hanseatic-pumps.example""#.to_owned()] {
        let query = format!(
            "{{ customer(by: {{ {key} }}) {{ number crmId account {{ owner source {{ system }} }} contacts {{ name }} }} }}"
        );
        let reply = asked(&scene, ERP.0, &query).await;
        assert_eq!(reply.errors(), Vec::<String>::new(), "{key}");
        let customer = &reply.data()["customer"];
        assert_eq!((&customer["number"], &customer["crmId"]), (&json!("C-1001"), &json!(crm_id)), "{key}");
        assert_eq!(customer["account"]["source"]["system"], "acme-crm", "{key}");
        assert_eq!(customer["contacts"], known.data()["customer"]["contacts"], "{key}");
    }
    assert!(targets(&scene, ERP).iter().all(|target| !target.contains(&crm_id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_has_too_is_not_asked_of_it_where_nobody_says_so() {
    let scene = Scene::start().await;
    let reply = asked(&scene, ERP.0, CUSTOMER).await;
    assert_eq!(reply.errors(), Vec::<String>::new());
    assert_eq!(reply.data()["customer"]["contacts"][0]["source"]["system"], "acme-crm");
    let asked_for = targets(&scene, ERP);
    let new = ["ContactPersons", "ServiceAgreement", "WarrantyPolicies", "PartyNumber"];
    assert!(asked_for.iter().all(|target| new.iter().all(|one| !target.contains(one))), "{asked_for:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn stars_are_refused_and_quotes_are_texts() {
    let scene = Scene::with(|settings| own(settings, ERP, &["Account", "Contact", "Contract", "Asset"])).await;
    for star in ["*", "SN-7*"] {
        assert_eq!(
            asked(&scene, ERP.0, &format!(r#"{{ asset(serialNumber: "{star}") {{ sku }} }}"#)).await.code(),
            "key_refused"
        );
        let by_mail = asked(
            &scene,
            ERP.0,
            &format!(r#"{{ customer(by: {{ email: "{star}" }}) {{ name contacts {{ name }} }} }}"#),
        )
        .await;
        assert_eq!((by_mail.data()["customer"].clone(), by_mail.code()), (Value::Null, "key_refused".to_owned()));
    }
    assert_eq!(targets(&scene, ERP), Vec::<String>::new());
    for hostile in ["x' or 1 eq 1 or WarrantiedSerialNumber eq '", "O'Brien", "SN-77' or Status ne '"] {
        let reply = asked(&scene, ERP.0, &format!(r#"{{ asset(serialNumber: "{hostile}") {{ sku }} }}"#)).await;
        assert_eq!(reply.errors(), ["asset not_found acme-erp"], "{hostile}");
        let reply = asked(
            &scene,
            ERP.0,
            &format!(r#"{{ customer(by: {{ crmId: "{hostile}" }}) {{ number contracts {{ number }} }} }}"#),
        )
        .await;
        assert_eq!(reply.errors(), ["customer not_found acme-erp"], "{hostile}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn days_of_1900_are_no_days_of_an_agreement() {
    let upstream = Upstream::start().await;
    let row = json!({ "dataAreaId": "acmf", "ServiceAgreementId": "SA-1", "IsAgreementSuspended": "No",
        "ServiceAgreementStartDate": "1900-01-01T00:00:00Z", "ServiceAgreementEndDate": "1900-01-01T12:00:00Z",
        "ServiceLevelAgreementId": "8x5", "ProjectCustomerAccountNumber": "C-1001" });
    let other = json!({ "dataAreaId": "acuk", "ServiceAgreementId": "SA-2", "IsAgreementSuspended": "No",
        "ServiceAgreementStartDate": "2026-01-01T12:00:00Z", "ServiceAgreementEndDate": "2027-01-01T12:00:00Z",
        "ServiceLevelAgreementId": "Premium", "ProjectCustomerAccountNumber": "C-1001" });
    let body = json!({ "value": [row, other] }).to_string();
    upstream.answer(StatusCode::OK, &[("content-type", "application/json")], &body);
    let scene = Scene::with(|settings| {
        upstream.as_erp()(settings);
        own(settings, ERP, &["Contract"]);
    })
    .await;
    let query =
        r#"{ customer(by: { number: "C-1001" }) { contracts { number status startsOn endsOn supportLevel } } }"#;
    let expected =
        json!([{ "number": "SA-1", "status": "ACTIVE", "startsOn": null, "endsOn": null, "supportLevel": "UNKNOWN" }]);
    assert_eq!(asked(&scene, ERP.0, query).await.data()["customer"]["contracts"], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_says_where_it_is_sent_and_settings_say_who_carries_it() {
    let query = r#"{ order(number: "SO-1042") { shipTo { street city region postalCode country } shipments { carrier }
        lines { product { description } } } }"#;
    let none = Scene::start().await;
    insta::assert_snapshot!(told(&none, ERP.0, query).await, @r#"{"order":{"shipTo":{"street":"Hafenstrasse 1","city":"Hamburg","region":null,"postalCode":"20095","country":"DEU"},"shipments":[{"carrier":null}],"lines":[{"product":{"description":null}},{"product":{"description":null}}]}}"#);
    let given = [("carrier_field", "ShippingCarrierId"), ("description_field", "ProductDescription")];
    let scene = Scene::with(|settings| give(settings, ERP, &given)).await;
    insta::assert_snapshot!(told(&scene, ERP.0, query).await, @r#"{"order":{"shipTo":{"street":"Hafenstrasse 1","city":"Hamburg","region":null,"postalCode":"20095","country":"DEU"},"shipments":[{"carrier":"Parcel Express"}],"lines":[{"product":{"description":"AC Feed pump 100, made to last"}},{"product":{"description":"AC Dosing pump 200, made to last"}}]}}"#);
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
    const ASSET: &str =
        r#"{ asset(serialNumber: "SN-77") { serialNumber sku warrantyEndsOn customer { number name } } }"#;
    for query in [CUSTOMER, ASSET] {
        let mut known = Vec::new();
        leaves(&asked(&Scene::with(service).await, ERP.0, query).await.data(), &mut known);
        for how in [WrongRows::Added, WrongRows::InPlace] {
            let scene = Scene::with(service).await;
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
async fn an_event_about_an_agreement_makes_it_be_asked_for_again() {
    let scene = Scene::with(service).await;
    let query = r#"{ a: customer(by: { number: "C-1001" }) { contracts { supportLevel source { state } } }
                     b: customer(by: { number: "C-1002" }) { contracts { source { state } } } }"#;
    let states = async || {
        let data = asked(&scene, ERP.0, query).await.data();
        let of =
            |customer: &str| data[customer]["contracts"][0]["source"]["state"].as_str().unwrap_or_default().to_owned();
        (of("a"), of("b"), data["a"]["contracts"][0]["supportLevel"].clone())
    };
    states().await;
    assert_eq!(states().await, ("HIT".to_owned(), "HIT".to_owned(), json!("PREMIUM")));
    scene.sandbox().change(Tenant::Acme, "contract", "SC-10011").expect("there is one");
    let event = |company: &str, id: &str| {
        json!({ "BusinessEventId": "ServiceAgreementChangedBusinessEvent", "BusinessEventLegalEntity": company,
                "EventId": id, "ServiceAgreementId": "SC-10011", "CustomerAccount": "C-1001" })
    };
    let tell = async |event: Value| {
        let ask = scene.ask(Method::POST, "/hooks/acme/acme-erp?secret=demo-acme-erp-notice-secret");
        ask.header("content-type", "application/json").body(event.to_string()).send().await.status
    };
    assert_eq!(tell(event("acuk", "E-1")).await, StatusCode::NO_CONTENT);
    assert_eq!(states().await.0, "HIT", "another company's agreement of the same number");
    assert_eq!(tell(event("acmf", "E-2")).await, StatusCode::NO_CONTENT);
    assert_eq!(states().await, ("FETCHED".to_owned(), "HIT".to_owned(), json!("STANDARD")));
}
