use super::*;

fn search(hubspot: &HubSpot, object: &str, body: &Value) -> (u16, Value) {
    post(hubspot, &format!("/crm/v3/objects/{object}/search"), body)
}

fn filtered(property: &str, operator: &str, value: &Value) -> Value {
    let mut filter = json!({ "propertyName": property, "operator": operator });
    let (member, value) = if value.is_array() { ("values", value) } else { ("value", value) };
    if !value.is_null() {
        filter[member] = value.clone();
    }
    json!({ "filterGroups": [{ "filters": [filter] }], "properties": ["erp_customer_number", "name"], "limit": 200 })
}

fn numbers(hubspot: &HubSpot, property: &str, operator: &str, value: &Value) -> Vec<String> {
    let (status, body) = search(hubspot, "companies", &filtered(property, operator, value));
    assert_eq!(status, 200, "{body}");
    column(&body, "erp_customer_number")
}

#[test]
fn lists_of_values_must_be_in_lower_case() {
    let hubspot = account(Tenant::Globex);
    let of = |value: Value| numbers(&hubspot, "erp_customer_number", "IN", &value);
    assert_eq!(of(json!(["g-2001", "g-2003"])), ["G-2001", "G-2003"]);
    assert!(of(json!(["G-2001"])).is_empty());
    assert_eq!(numbers(&hubspot, "erp_customer_number", "EQ", &json!("G-2001")), ["G-2001"]);
}

#[test]
fn every_operator_does_what_it_says() {
    let hubspot = account(Tenant::Globex);
    let total = |property: &str, operator: &str, value: Value| {
        search(&hubspot, "companies", &filtered(property, operator, &value)).1["total"].as_u64().unwrap()
    };
    let all = hubspot.estate.read().customers.len() as u64;
    assert_eq!(total("erp_customer_number", "NOT_HAS_PROPERTY", Value::Null), 1);
    assert_eq!(total("erp_customer_number", "HAS_PROPERTY", Value::Null), all - 1);
    assert_eq!(total("domain", "EQ", json!("prospect.example")), 1);
    assert_eq!(total("domain", "NEQ", json!("prospect.example")), all - 1);
    assert_eq!(total("name", "CONTAINS_TOKEN", json!("alp*")), 1);
    assert_eq!(total("name", "NOT_CONTAINS_TOKEN", json!("*")), 0);
    assert_eq!(total("erp_customer_number", "NOT_IN", json!(["g-2001"])), all - 1);
    let today = now().timestamp_millis();
    assert_eq!(total("createdate", "LT", json!(today)) + total("createdate", "GTE", json!(today.to_string())), all);
    assert_eq!(total("createdate", "GT", json!("2026-10-02T00:00:00.000Z")), 1);
    let between = json!({ "filters": [{ "propertyName": "hs_object_id", "operator": "BETWEEN",
                                        "value": "0", "highValue": id(&hubspot, "G-2002") }] });
    assert_eq!(search(&hubspot, "companies", &between).1["total"], 2);
}

#[test]
fn groups_are_alternatives_and_words_are_found_anywhere() {
    let hubspot = account(Tenant::Globex);
    let is = |number: &str| json!({ "filters": [{ "propertyName": "erp_customer_number", "operator": "EQ", "value": number }] });
    let body = json!({ "filterGroups": [is("G-2003"), is("G-2001")], "properties": ["erp_customer_number"],
                       "sorts": [{ "propertyName": "erp_customer_number", "direction": "DESCENDING" }] });
    assert_eq!(column(&search(&hubspot, "companies", &body).1, "erp_customer_number"), ["G-2003", "G-2001"]);
    let words = json!({ "query": "ALPINE instr" });
    assert_eq!(column(&search(&hubspot, "companies", &words).1, "name"), ["Alpine Instruments AG"]);
    let order = filtered("erp_order_number", "EQ", &json!("SO-7042"));
    let deal = search(&hubspot, "deals", &order).1["results"][0].clone();
    assert_eq!(deal["properties"]["hs_object_id"], deal["id"]);
    let with_amount = get(&hubspot, &format!("/crm/v3/objects/deals/{}", deal["id"].as_str().unwrap())).1;
    assert_eq!(with_amount["properties"]["amount"], "5901.00");
}

#[test]
fn searches_have_pages_up_to_ten_thousand() {
    let hubspot = account(Tenant::Globex);
    let page = |after: &str| search(&hubspot, "deals", &json!({ "limit": 200, "after": after }));
    let first = page("0").1;
    assert_eq!(
        (first["results"].as_array().map(Vec::len), &first["paging"]["next"]["after"]),
        (Some(200), &json!("200"))
    );
    assert!(first["total"].as_u64().unwrap() > 10_000);
    assert_eq!(page("9800").0, 200);
    assert_eq!(page("9801").0, 400);
    let reply = hubspot.answer(&call(&hubspot, Method::POST, "/crm/v3/objects/deals/search"));
    assert!(!reply.headers.contains_key("x-hubspot-ratelimit-max"));
}

#[test]
fn searches_that_the_vendor_does_not_run_are_refused() {
    let hubspot = account(Tenant::Globex);
    let filter = json!({ "propertyName": "name", "operator": "EQ", "value": "x" });
    let group = |count: usize| json!({ "filters": vec![filter.clone(); count] });
    for body in [
        filtered("nosuchprop", "EQ", &json!("x")),
        filtered("name", "LIKE", &json!("x")),
        filtered("name", "EQ", &Value::Null),
        filtered("name", "HAS_PROPERTY", &json!("x")),
        filtered("name", "IN", &json!([])),
        filtered("createdate", "GT", &json!("yesterday")),
        json!({ "filterGroups": [{ "filters": [{}] }] }),
        json!({ "filterGroups": vec![group(1); 6] }),
        json!({ "filterGroups": [group(7)] }),
        json!({ "filterGroups": vec![group(4); 5] }),
        json!({ "sorts": ["name", "domain"] }),
        json!({ "sorts": ["nosuchprop"] }),
        json!({ "limit": 201 }),
        json!({ "after": "x" }),
    ] {
        assert_eq!(search(&hubspot, "companies", &body).0, 400, "{body}");
    }
}
