//! Contracts of small documents, held against OpenAPI's schema and against answers.

mod demo;

use std::sync::Arc;
use std::time::Duration;

use portico_contracts::problem::Code;

use super::*;
use crate::engine::Engine;
use crate::fresh::{Cache, Limits, SystemClock};
use crate::guard::Guard;

fn engine() -> Engine {
    let nothing = Limits { bytes: 0, idle: Duration::from_secs(1), patience: Duration::from_secs(1) };
    let clock = Arc::new(SystemClock);
    Engine::new(Guard::default(), u64::MAX, Cache::new(nothing, clock.clone()), clock)
}

fn compiled(text: &str, path: &str, required: &[Role]) -> Operation {
    let names: Vec<&str> = paths::parameters(path).collect();
    Operation::compile(&engine(), text, &names, required).unwrap()
}

fn facts(life: Life<'static>) -> VersionFacts<'static> {
    VersionFacts {
        api: "partner",
        version: "v2",
        title: "Partner API",
        description: Some("Orders for partners."),
        documentation: None,
        base_path: "/partner/v2",
        scope: Some("api:partner"),
        life,
    }
}

/// The contract of one document.
fn contract(method: Method, path: &str, text: &str) -> Value {
    let operation = compiled(text, path, &[]);
    let endpoint = Endpoint { method, path, operation: &operation, summary: None, scope: None };
    checked(document(&facts(Life::undated(Stage::Active)), &[endpoint], &[]))
}

/// Checks a contract against OpenAPI's own schema, and each schema in it against that of JSON Schema.
fn checked(contract: Value) -> Value {
    // From https://spec.openapis.org/oas/3.1/schema, which does not look into schema objects.
    let openapi: Value = serde_json::from_str(include_str!("tests/openapi-3.1.schema.json")).unwrap();
    let openapi = jsonschema::draft202012::new(&openapi).unwrap();
    let faults: Vec<String> =
        openapi.iter_errors(&contract).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    check_schemas(&contract, &contract["components"]);
    contract
}

fn check_schemas(value: &Value, components: &Value) {
    match value {
        Value::Object(members) => {
            for (name, inside) in members {
                if name == "schema" {
                    validator(inside, components);
                }
                check_schemas(inside, components);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| check_schemas(item, components)),
        _ => {}
    }
}

/// A validator of one schema, whose references lead into the components.
fn validator(schema: &Value, components: &Value) -> jsonschema::Validator {
    let mut whole = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "allOf": [schema] });
    whole["components"] = components.clone();
    jsonschema::draft202012::meta::validate(&whole).map_err(|error| error.to_string()).unwrap();
    jsonschema::options().should_validate_formats(true).build(&whole).unwrap()
}

/// Exact numbers do not survive insta's own way of writing JSON.
fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

/// The one operation's answer.
fn answer_of(contract: &Value) -> &Value {
    let operation = the_operation(contract);
    &operation["responses"]["200"]["content"]["application/json"]["schema"]
}

fn the_operation(contract: &Value) -> &Value {
    let item = contract["paths"].as_object().unwrap().values().next().unwrap();
    item.as_object().unwrap().values().next().unwrap()
}

fn answer_fits(contract: &Value, answer: &Value) -> bool {
    validator(answer_of(contract), &contract["components"]).is_valid(answer)
}

const ORDER: &str = "query PartnerOrder($orderNo: String!) {
  order(number: $orderNo) {
    orderNo: number
    status
    orderedAt
    total { amount currency }
    items: lines { ...Line }
  }
}
fragment Line on OrderLine { sku quantity serialNumbers product { name } }";

const ORDERS: &str =
    "query PartnerOrders($customer: String!, $status: [OrderStatus!], $first: Int = 10, $after: String) {
  orders(customer: { number: $customer }, status: $status, first: $first, after: $after) {
    edges { cursor node { number } }
    pageInfo { hasNextPage endCursor }
  }
}";

const CHECK: &str = "query CreditCheck($customer: CustomerKey!, $amount: MoneyInput!) {
  creditCheck(customer: $customer, amount: $amount) { outcome reasons { code } limit { amount } decisionId }
}";

#[test]
fn a_get_with_a_parameter_in_its_path() {
    let contract = contract(Method::GET, "/orders/{orderNo}", ORDER);
    insta::assert_snapshot!("get", pretty(the_operation(&contract)));
    assert!(answer_fits(
        &contract,
        &json!({ "orderNo": "SO-1", "status": null, "orderedAt": "2026-11-21T10:00:00Z", "total": null, "items": [
            { "sku": "A", "quantity": "1.50", "serialNumbers": ["S"], "product": { "name": null } }
        ], "problems": [{ "path": "total", "code": "upstream_timeout", "system": "acme-erp", "retryable": true }] })
    ));
    for bad in [
        json!({}),
        json!({ "orderNo": null, "status": null, "orderedAt": null, "total": null, "items": null }),
        json!({ "orderNo": "SO-1", "status": "LOST", "orderedAt": null, "total": null, "items": null }),
        json!({ "orderNo": "SO-1", "status": null, "orderedAt": null, "total": { "amount": 1.5, "currency": "EUR" }, "items": null }),
        json!(null),
    ] {
        assert!(!answer_fits(&contract, &bad), "{bad}");
    }
}

#[test]
fn a_page_of_a_list() {
    let contract = contract(Method::GET, "/orders", ORDERS);
    insta::assert_snapshot!("list", pretty(the_operation(&contract)));
    let page = json!({ "edges": [{ "cursor": "c", "node": { "number": "SO-1" } }], "pageInfo": { "hasNextPage": false, "endCursor": null } });
    assert!(answer_fits(&contract, &page));
}

#[test]
fn a_post_with_a_body() {
    let contract = contract(Method::POST, "/checks", CHECK);
    insta::assert_snapshot!("post", pretty(the_operation(&contract)));
    insta::assert_snapshot!("schemas", pretty(&contract["components"]["schemas"]));
    let body = &the_operation(&contract)["requestBody"]["content"]["application/json"]["schema"];
    let body = validator(body, &contract["components"]);
    let sent = |customer: Value, amount: Value| json!({ "customer": customer, "amount": { "amount": amount, "currency": "EUR" } });
    assert!(body.is_valid(&sent(json!({ "number": "C-1" }), json!("25000.00"))));
    assert!(body.is_valid(&sent(json!({ "email": "a@b" }), json!(-25000))));
    for bad in [
        sent(json!({}), json!("1")),
        sent(json!({ "number": "C-1", "email": "a@b" }), json!("1")),
        sent(json!({ "number": null }), json!("1")),
        sent(json!({ "number": "" }), json!("1")),
        sent(json!({ "number": "C-1" }), json!(1.5)),
        sent(json!({ "number": "C-1" }), json!("1e3")),
        json!({ "customer": { "number": "C-1" } }),
    ] {
        assert!(!body.is_valid(&bad), "{bad}");
    }
}

#[test]
fn every_use_of_a_response_key_counts_and_directives_make_members_optional() {
    let text = "query Q($number: String!, $more: Boolean = false) {
      order(number: $number) {
        kind: __typename
        ... on Order @include(if: $more) { status total { currency } }
        ... on Entity { source { system } }
        total { amount }
        shipTo @skip(if: true) { city }
        customer @include(if: $more) { name }
      }
    }";
    let contract = contract(Method::GET, "/orders/{number}", text);
    let answer = answer_of(&contract);
    assert_eq!(answer["required"], json!(["kind", "total", "source"]));
    assert_eq!(answer["properties"]["kind"]["const"], "Order");
    assert_eq!(answer["properties"]["total"]["required"], json!(["amount"]));
    assert!(answer["properties"]["total"]["properties"].get("currency").is_some());
    assert_eq!(answer["properties"]["customer"]["required"], json!(["name"]));
    assert!(answer["properties"].get("shipTo").is_none());
}

#[test]
fn lists_in_queries_are_separated_by_commas_as_the_parameters_are_read() {
    let operation = compiled(ORDERS, "/orders", &[]);
    let read = operation.from_query(&[], [("customer", "C-1"), ("status", "OPEN,SHIPPED"), ("first", "5")]).unwrap();
    assert_eq!(json!(read), json!({ "customer": "C-1", "status": ["OPEN", "SHIPPED"], "first": 5 }));
    let contract = contract(Method::GET, "/orders", ORDERS);
    let parameters = the_operation(&contract)["parameters"].as_array().unwrap();
    for parameter in parameters {
        let name = parameter["name"].as_str().unwrap();
        let schema = validator(&parameter["schema"], &contract["components"]);
        assert!(read.get(name).is_none_or(|value| schema.is_valid(value)), "{name}");
    }
}

#[test]
fn a_version_that_ends_says_so_everywhere() {
    let day = |text: &str| Some(text.parse().unwrap());
    let life = Life {
        stage: Stage::Deprecated,
        deprecated_on: day("2026-03-01T00:00:00Z"),
        sunset_on: day("2030-06-30T00:00:00Z"),
        successor: Some("v3"),
    };
    let operation = compiled(ORDER, "/orders/{orderNo}", &[Role::Erp]);
    let endpoint = Endpoint {
        method: Method::GET,
        path: "/orders/{orderNo}",
        operation: &operation,
        summary: Some("One order"),
        scope: Some("api:partner:orders"),
    };
    let contract = checked(document(&facts(life), &[endpoint], &[]));
    insta::assert_json_snapshot!(contract["info"], @r#"
    {
      "title": "Partner API",
      "version": "v2",
      "description": "Orders for partners.\n\nThis version is deprecated: it still works and will end. Deprecated from 2026-03-01. Gone from 2030-06-30. Use `/partner/v3` instead.",
      "x-lifecycle": {
        "state": "deprecated",
        "deprecatedOn": "2026-03-01",
        "sunsetOn": "2030-06-30",
        "successor": "v3"
      }
    }
    "#);
    let operation = the_operation(&contract);
    assert_eq!(operation["deprecated"], true);
    assert_eq!(operation["summary"], "One order");
    insta::assert_snapshot!(operation["description"].as_str().unwrap(), @"
    Without these systems there is no answer (502, 503 or 504): ERP.

    Needs the scopes `api:partner`, `api:partner:orders`, `order:read`.

    Parts need the scope `product:read`; without that they are null and listed in `problems`.
    ");
    let told =
        |response: &Value| ["Deprecation", "Sunset", "Link"].iter().all(|name| response["headers"].get(name).is_some());
    assert!(told(&operation["responses"]["200"]));
    assert!(contract["components"]["responses"].as_object().unwrap().values().all(told));
    assert!(operation["responses"].get("410").is_some());
}

#[test]
fn routes_tell_what_is_known_and_documents_go_before_them() {
    let operation = compiled("query ($id: String!) { product(sku: $id) { sku } }", "/{id}", &[]);
    let endpoint = Endpoint { method: Method::GET, path: "/{id}", operation: &operation, summary: None, scope: None };
    let methods = [Method::POST, Method::GET];
    let route = Route { methods: &methods, path: "/**", role: Role::Erp, scope: None };
    let contract = checked(document(&facts(Life::undated(Stage::Active)), &[endpoint], &[route]));
    let item = &contract["paths"]["/{id}"];
    assert_eq!(contract["paths"].as_object().unwrap().len(), 1);
    assert_eq!(item["get"]["operationId"], "getById");
    assert!(item["get"]["responses"].get("200").is_some());
    insta::assert_snapshot!("route", pretty(&item["post"]));
}

#[test]
fn the_order_of_what_is_given_does_not_matter() {
    let (order, orders) = (compiled(ORDER, "/orders/{orderNo}", &[]), compiled(ORDERS, "/orders", &[]));
    let one =
        Endpoint { method: Method::GET, path: "/orders/{orderNo}", operation: &order, summary: None, scope: None };
    let other = Endpoint { path: "/orders", operation: &orders, ..one.clone() };
    let life = facts(Life::undated(Stage::Preview));
    let written = document(&life, &[one.clone(), other.clone()], &[]).to_string();
    assert_eq!(written, document(&life, &[other, one], &[]).to_string());
}

#[test]
fn names_that_are_taken_are_made_from_method_and_path() {
    let operation = compiled(ORDER, "/orders/{orderNo}", &[]);
    let one =
        Endpoint { method: Method::GET, path: "/orders/{orderNo}", operation: &operation, summary: None, scope: None };
    let other = Endpoint { path: "/old-orders/{orderNo}", ..one.clone() };
    let contract = checked(document(&facts(Life::undated(Stage::Active)), &[one, other], &[]));
    assert_eq!(contract["paths"]["/old-orders/{orderNo}"]["get"]["operationId"], "PartnerOrder");
    assert_eq!(contract["paths"]["/orders/{orderNo}"]["get"]["operationId"], "getOrdersByOrderNo");
}

#[test]
fn entities_that_a_decision_shows_have_scopes_too() {
    let text = "query E($customer: String!) { entitlement(customer: { number: $customer }) { contract { number } } }";
    let contract = contract(Method::GET, "/entitlements", text);
    let said = the_operation(&contract)["description"].as_str().unwrap();
    assert!(said.contains("Parts need the scope `contract:read`"), "{said}");
}

#[test]
fn each_path_names_only_refusals_that_it_can_meet() {
    let get = refusals::of_endpoint(&Method::GET, &Life::undated(Stage::Active));
    let post = refusals::of_endpoint(&Method::POST, &Life::undated(Stage::Active));
    assert!(
        get.contains(&Code::NotCached) && !get.contains(&Code::BodyMalformed) && !get.contains(&Code::VersionRetired)
    );
    assert!(post.contains(&Code::BodyMalformed) && !post.contains(&Code::NotCached));
    assert!(!get.contains(&Code::IntrospectionRefused));
}
