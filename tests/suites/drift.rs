//! A system that changes its shapes: null with a reason, a list keeps its other rows, nothing is decided on what is left,
//! and the administrator sees which field of which system.

use http::StatusCode;
use portico_tests::{Drift, Fault, JsonType, Role, Scene, Tenant, Upstream};
use serde_json::{Value, json};

fn fault(field: &str, becomes: Option<JsonType>) -> Fault {
    Fault::Drift(Drift { field: field.to_owned(), becomes })
}

/// What the demo's configuration says.
const ADMIN: &str = "PORTICO_ADMIN_TOKEN";

async fn admin(scene: &Scene, path: &str) -> Value {
    let token = scene.environment(ADMIN);
    scene.admin_get(path).bearer(token).send().await.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_administrator_sees_which_field_of_which_system() {
    let scene = Scene::start().await;
    assert_eq!(admin(&scene, "/api/drift").await, json!({ "drifts": [], "forgotten": 0 }));
    scene.sandbox().set_fault(Tenant::Acme, Role::Erp, fault("OrganizationName", None)).await;
    let ask = |number: &str| format!(r#"{{ customer(by: {{ number: "{number}" }}) {{ number name }} }}"#);
    for number in ["C-1001", "C-1002"] {
        let reply = scene.graphql(&ask(number)).as_consumer("support-console").send().await.json();
        assert_eq!(reply["data"]["customer"]["name"], Value::Null, "{reply}");
        let error = &reply["errors"][0];
        assert_eq!(error["extensions"]["code"], "upstream_drift", "{reply}");
        assert_eq!(error["message"], "`Customer.name` is missing from the system's answer");
    }
    let mut told = admin(&scene, "/api/drift").await;
    for line in told["drifts"].as_array_mut().expect("a list") {
        for time in ["firstSeen", "lastSeen"] {
            assert!(line[time].as_str().is_some_and(|time| time.ends_with('Z')), "{line}");
            line[time] = json!("…");
        }
    }
    insta::assert_snapshot!(told, @r#"{"drifts":[{"tenant":"acme","system":"acme-erp","role":"erp","entity":"Customer","field":"name","kind":"missing","answers":2,"firstSeen":"…","lastSeen":"…"}],"forgotten":0}"#);
    let status = admin(&scene, "/api/status").await;
    let acme = status["tenants"].as_array().and_then(|all| all.iter().find(|tenant| tenant["tenant"] == "acme"));
    let systems: Vec<String> = acme.expect("acme")["systems"]
        .as_array()
        .expect("systems")
        .iter()
        .map(|system| format!("{}: {}", system["system"], system["drift"]["differences"]))
        .collect();
    insta::assert_snapshot!(systems.join(", "), @r#""acme-billing": null, "acme-crm": null, "acme-erp": 1, "acme-support": null"#);
    let stranger = scene.admin_get("/api/drift").send().await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
}

/// An order in the ERP's words, which serves as a line too.
fn row(line: &str) -> String {
    format!(
        r#"{{"dataAreaId":"acmf","SalesOrderNumber":"SO-1","SalesOrderStatus":"Backorder","OrderCreationDateTime":"2026-05-01T00:00:00Z",
        "RequestedShippingDate":"2026-05-01T12:00:00Z","CustomersOrderReference":"","OrderTotalAmount":0,
        "AreTotalsCalculated":"No","CurrencyCode":"EUR","OrderingCustomerAccountNumber":"C-1001",{line}
        "ItemNumber":"P-1","LineDescription":"Pump","OrderedSalesQuantity":1,"SalesUnitSymbol":"pcs","SalesPrice":10,
        "LineAmount":10,"ItemSerialNumber":"","SalesOrderLineStatus":"Backorder"}}"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_keeps_its_other_rows_and_no_sum_is_made_of_them() {
    let erp = Upstream::start().await;
    let scene = Scene::with(erp.as_erp()).await;
    let ask = || scene.graphql(r#"{ order(number: "SO-1") { number total { amount } lines { lineNumber } } }"#);
    let json = [("content-type", "application/json")];
    erp.answer(StatusCode::OK, &json, &format!(r#"{{"value":[{}]}}"#, row("")));
    let lines = |second: &str| {
        let body = format!(r#"{{"value":[{},{}]}}"#, row(r#""LineNumber":1,"#), row(second));
        erp.answer_at("SalesOrderLines", &body);
    };
    lines(r#""LineNumber":2,"#);
    let whole = ask().as_consumer("support-console").send().await.json();
    insta::assert_snapshot!(whole["data"], @r#"{"order":{"number":"SO-1","total":{"amount":"20.00"},"lines":[{"lineNumber":1},{"lineNumber":2}]}}"#);
    // The second has no number any more.
    lines("");
    let short = ask().as_consumer("support-console").header("cache-control", "no-cache").send().await.json();
    insta::assert_snapshot!(short["data"], @r#"{"order":{"number":"SO-1","total":null,"lines":[{"lineNumber":1}]}}"#);
    let errors: Vec<String> = short["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| format!("{} {} {}", error["path"], error["extensions"]["code"], error["message"]))
        .collect();
    insta::assert_snapshot!(errors.join("\n"), @r#"
    ["order","total"] "upstream_drift" "`OrderLine.lineNumber` is missing from the system's answer"
    ["order","lines"] "upstream_drift" "`OrderLine.lineNumber` is missing from the system's answer"
    "#);
}
