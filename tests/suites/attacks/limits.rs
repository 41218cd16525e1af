//! What a caller with bad intentions tries once it is inside: more than its share, and more than it may see.

use std::sync::Arc;

use portico_tests::Scene;

/// The CRM, were it allowed one customer only.
async fn with_a_crm_of_one_customer() -> Scene {
    Scene::with(|settings| {
        let acme = settings.tenants.values_mut().find(|tenant| tenant.id.as_str() == "acme").and_then(Arc::get_mut);
        let crm = acme.and_then(|acme| acme.consumers.values_mut().find(|consumer| consumer.id.as_str() == "crm"));
        let crm = crm.and_then(Arc::get_mut).expect("nobody else holds the settings yet");
        crm.customers = Some(Arc::new(["C-1001"].iter().collect()));
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_see_some_customers_sees_no_system_as_a_whole() {
    let scene = with_a_crm_of_one_customer().await;
    let reply = scene.get("/erp/v1/CustomersV3?$top=1").as_consumer("crm").send().await;
    assert_eq!((reply.status.as_u16(), reply.json()["code"].as_str()), (403, Some("forbidden")), "{}", reply.text());
    let own = scene.graphql(r#"{ customer(by: { number: "C-1001" }) { name } }"#).as_consumer("crm").send().await;
    assert_eq!(own.json()["data"]["customer"]["name"], "Hanseatic Pumps GmbH", "{}", own.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_question_has_no_endless_answer() {
    let scene = Scene::start().await;
    let aliases: String = (0..55).map(|at| format!("a{at}: source {{ system role state fetchedAt }} ")).collect();
    let page = |inside: &str| format!("orders(first: 20) {{ edges {{ node {{ {inside} }} }} }}");
    let nested = page(&format!("customer {{ {} }}", page(&format!("customer {{ {} }}", page(&aliases)))));
    let query = format!(r#"{{ customer(by: {{ number: "C-1001" }}) {{ {nested} }} }}"#);
    let reply = scene.graphql(&query).as_consumer("support-console").send().await;
    let answer = reply.json();
    assert_eq!(
        (&answer["data"], answer["errors"][0]["extensions"]["code"].as_str()),
        (&serde_json::Value::Null, Some("query_too_costly"))
    );
}
