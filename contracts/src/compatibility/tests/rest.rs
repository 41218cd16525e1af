use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{Contracts, differences, lines};

fn contracts(document: Option<Value>) -> Contracts {
    let name = ("partner".to_owned(), "v2".to_owned());
    Contracts { versions: document.map(|document| (name, document)).into_iter().collect(), ..Contracts::default() }
}

fn document() -> Value {
    json!({
        "info": { "x-lifecycle": { "state": "active" } },
        "paths": { "/orders/{number}": {
            "get": {
                "operationId": "Order",
                "parameters": [
                    { "name": "number", "in": "path", "required": true, "schema": { "type": "string" } },
                    { "name": "first", "in": "query", "required": false,
                      "schema": { "type": "integer", "maximum": 100, "default": 10 } },
                    { "name": "status", "in": "query", "required": false, "style": "form", "explode": false,
                      "schema": { "type": "array", "items": { "type": "string", "enum": ["OPEN", "SHIPPED"] } } },
                ],
                "responses": {
                    "200": {
                        "headers": { "ETag": {} },
                        "content": { "application/json": { "schema": {
                            "type": "object",
                            "properties": {
                                "number": { "type": "string" },
                                "status": { "type": ["string", "null"], "enum": ["OPEN", "SHIPPED", null] },
                                "due": { "type": "string", "format": "date" },
                                "lines": { "type": "array", "items": {
                                    "type": "object",
                                    "properties": { "sku": { "type": "string" }, "quantity": { "type": "string" } },
                                    "required": ["sku"],
                                } },
                                "total": { "anyOf": [{ "$ref": "#/components/schemas/Money" }, { "type": "null" }] },
                            },
                            "required": ["number", "status"],
                        } } },
                    },
                    "404": { "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } } },
                },
                "security": [{ "bearer": ["api:partner"] }, { "apiKey": ["api:partner"] }],
            },
            "post": {
                "operationId": "Check",
                "requestBody": { "required": true, "content": { "application/json": { "schema": {
                    "type": "object",
                    "properties": {
                        "key": { "$ref": "#/components/schemas/Key" },
                        "note": { "type": ["string", "null"], "maxLength": 200 },
                    },
                    "additionalProperties": false,
                } } } },
                "responses": { "200": {}, "202": {} },
            },
        } },
        "components": { "schemas": {
            "Money": { "type": "object", "properties": { "amount": { "type": "string" } }, "required": ["amount"] },
            "Problem": { "type": "object", "properties": { "code": { "type": "string", "enum": ["a", "b"] } } },
            "Key": { "oneOf": [
                { "title": "number", "type": "object", "properties": { "number": { "type": "string" } } },
                { "title": "email", "type": "object", "properties": { "email": { "type": "string" } } },
            ] },
        } },
    })
}

/// What is told when the parts at these pointers are changed so; null takes the part away.
fn told(changes: &[(&str, Value)]) -> String {
    let mut now = document();
    for (pointer, value) in changes {
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        let name = name.replace("~1", "/");
        let parent = now.pointer_mut(parent).expect("the part is there");
        match parent {
            Value::Object(members) if value.is_null() => {
                assert!(members.shift_remove(&name).is_some(), "{pointer}");
            }
            Value::Object(members) => {
                members.insert(name, value.clone());
            }
            Value::Array(items) => items[name.parse::<usize>().expect("an index")] = value.clone(),
            _ => unreachable!("{pointer}"),
        }
    }
    lines(&differences(&contracts(Some(document())), &contracts(Some(now))))
}

const GET: &str = "/paths/~1orders~1{number}/get";
const POST: &str = "/paths/~1orders~1{number}/post";
const ANSWER: &str = "/paths/~1orders~1{number}/get/responses/200/content/application~1json/schema";
const BODY: &str = "/paths/~1orders~1{number}/post/requestBody/content/application~1json/schema";

fn at(base: &str, rest: &str) -> String {
    format!("{base}{rest}")
}

#[test]
fn paths_and_methods() {
    let item = document()["paths"]["/orders/{number}"].clone();
    assert_snapshot!(told(&[("/paths", json!({ "/things": item }))]), @"
    breaking   partner v2, GET /orders/{number}, POST /orders/{number}: this path is no longer there
    safe       partner v2, GET /things, POST /things: this operation is new
    ");
    assert_snapshot!(told(&[(POST, Value::Null)]), @"breaking   partner v2, POST /orders/{number}: this method is no longer there");
}

#[test]
fn a_parameter_of_a_path_may_be_called_otherwise() {
    let mut item = document()["paths"]["/orders/{number}"].clone();
    item["get"]["parameters"][0]["name"] = "orderNo".into();
    assert_snapshot!(told(&[("/paths", json!({ "/orders/{orderNo}": item }))]), @"dangerous  partner v2, GET /orders/{number}, POST /orders/{number}: the path is spelled /orders/{orderNo} now");
}

#[test]
fn parameters() {
    let parameters = json!([
        { "name": "number", "in": "path", "required": true, "schema": { "type": "string", "format": "uuid" } },
        { "name": "first", "in": "query", "required": true,
          "schema": { "type": "integer", "maximum": 50, "default": 20 } },
        { "name": "customer", "in": "query", "required": true, "schema": { "type": "string" } },
        { "name": "after", "in": "query", "required": false, "schema": { "type": "string" } },
    ]);
    assert_snapshot!(told(&[(&at(GET, "/parameters"), parameters)]), @r#"
    breaking   partner v2, GET /orders/{number}, parameter customer: is new and required
    breaking   partner v2, GET /orders/{number}, parameter first: `maximum` was `100` and is `50`
    breaking   partner v2, GET /orders/{number}, parameter first: is required now
    breaking   partner v2, GET /orders/{number}, parameter number: `format` was not given and is `"uuid"`
    breaking   partner v2, GET /orders/{number}, parameter status: is no longer there
    dangerous  partner v2, GET /orders/{number}, parameter first: where it is left out, `20` stands in instead of `10`
    safe       partner v2, GET /orders/{number}, parameter after: is new
    "#);
    let values = at(GET, "/parameters/2/schema/items/enum");
    assert_snapshot!(told(&[(&values, json!(["OPEN", "CLOSED"]))]), @r#"
    breaking   partner v2, GET /orders/{number}, parameter status []: the value `"SHIPPED"` is no longer there
    safe       partner v2, GET /orders/{number}, parameter status []: the value `"CLOSED"` is new
    "#);
}

#[test]
fn members_of_answers_go_change_and_come() {
    let lines = at(ANSWER, "/properties/lines/items/properties");
    assert_snapshot!(told(&[(&at(&lines, "/sku"), Value::Null), (&at(&lines, "/unit"), json!({ "type": "string" }))]), @"
    breaking   partner v2, GET /orders/{number}, 200 lines[].sku: is no longer there
    safe       partner v2, GET /orders/{number}, 200 lines[].unit: is new
    ");
    assert_snapshot!(told(&[(&at(&lines, "/quantity"), json!({ "type": "number" }))]), @"breaking   partner v2, GET /orders/{number}, 200 lines[].quantity: was string and is number");
    assert_snapshot!(told(&[(&at(ANSWER, "/required"), json!(["number"]))]), @"breaking   partner v2, GET /orders/{number}, 200 status: may be missing now");
}

#[test]
fn values_of_answers() {
    let status = at(ANSWER, "/properties/status");
    let due = at(ANSWER, "/properties/due");
    assert_snapshot!(told(&[(&status, json!({ "type": "string", "enum": ["OPEN", "CLOSED"] }))]), @r#"
    breaking   partner v2, GET /orders/{number}, 200 status: the value `"SHIPPED"` is no longer there
    dangerous  partner v2, GET /orders/{number}, 200 status: the value `"CLOSED"` is new
    safe       partner v2, GET /orders/{number}, 200 status: may no longer be null
    "#);
    assert_snapshot!(told(&[(&due, json!({ "type": ["string", "null"], "format": "date-time" }))]), @r#"
    breaking   partner v2, GET /orders/{number}, 200 due: `format` was `"date"` and is `"date-time"`
    breaking   partner v2, GET /orders/{number}, 200 due: may be null now
    "#);
}

#[test]
fn what_has_a_name_is_told_once_for_all_who_use_it() {
    assert_snapshot!(told(&[("/components/schemas/Money/properties/amount", json!({ "type": "number" }))]), @"breaking   partner v2, GET /orders/{number}, #Money amount: was string and is number");
    assert_snapshot!(told(&[("/components/schemas/Problem/properties/code/enum", json!(["a", "c"]))]), @r#"
    dangerous  partner v2, GET /orders/{number}, #Problem code: the value `"b"` is no longer there
    dangerous  partner v2, GET /orders/{number}, #Problem code: the value `"c"` is new
    "#);
    assert_snapshot!(told(&[("/components/schemas/Key/oneOf/1/title", json!("domain"))]), @"
    breaking   partner v2, POST /orders/{number}, #Key: the choice `email` is no longer there
    safe       partner v2, POST /orders/{number}, #Key: the choice `domain` is new
    ");
    let total = json!({ "$ref": "#/components/schemas/Money" });
    assert_snapshot!(told(&[(&at(ANSWER, "/properties/total"), total)]), @"safe       partner v2, GET /orders/{number}, 200 total: may no longer be null");
}

#[test]
fn bodies_that_were_taken_are_taken() {
    let note = json!({ "type": "string", "maxLength": 100, "pattern": "^a" });
    assert_snapshot!(told(&[(&at(BODY, "/properties/note"), note), (&at(BODY, "/required"), json!(["note"]))]), @r#"
    breaking   partner v2, POST /orders/{number}, body note: `maxLength` was `200` and is `100`
    breaking   partner v2, POST /orders/{number}, body note: `pattern` was not given and is `"^a"`
    breaking   partner v2, POST /orders/{number}, body note: is required now
    breaking   partner v2, POST /orders/{number}, body note: may no longer be null
    "#);
    assert_snapshot!(told(&[(&at(BODY, "/properties/note"), Value::Null), (&at(BODY, "/properties/more"), json!({}))]), @"
    breaking   partner v2, POST /orders/{number}, body note: is no longer there
    safe       partner v2, POST /orders/{number}, body more: is new
    ");
    let open = told(&[(&at(BODY, "/properties/note"), Value::Null), (&at(BODY, "/additionalProperties"), json!(true))]);
    assert_snapshot!(open, @"
    dangerous  partner v2, POST /orders/{number}, body note: is no longer there
    safe       partner v2, POST /orders/{number}, body: takes other members now
    ");
    assert_snapshot!(told(&[(&at(BODY, "/minProperties"), json!(1)), (&at(BODY, "/not"), json!({}))]), @"
    breaking   partner v2, POST /orders/{number}, body: `minProperties` was not given and is `1`
    dangerous  partner v2, POST /orders/{number}, body: `not` is not what it was
    ");
    assert_snapshot!(told(&[(&at(POST, "/requestBody"), Value::Null)]), @"breaking   partner v2, POST /orders/{number}, body: is no longer taken");
}

#[test]
fn statuses_headers_and_media_types() {
    let changes = [
        (at(POST, "/responses/202"), Value::Null),
        (at(POST, "/responses/201"), json!({})),
        (at(GET, "/responses/404"), Value::Null),
        (at(GET, "/responses/409"), json!({})),
        (at(GET, "/responses/200/headers/ETag"), Value::Null),
        (at(GET, "/responses/200/content"), json!({ "text/csv": {} })),
    ];
    let changes: Vec<(&str, Value)> =
        changes.iter().map(|(pointer, value)| (pointer.as_str(), value.clone())).collect();
    assert_snapshot!(told(&changes), @"
    breaking   partner v2, GET /orders/{number}, 200: is no longer application/json
    breaking   partner v2, POST /orders/{number}, 202: is no longer answered
    dangerous  partner v2, GET /orders/{number}, 200: the header `etag` is no longer there
    dangerous  partner v2, POST /orders/{number}, 201: may be answered now
    dangerous  partner v2, GET /orders/{number}, 404: is no longer answered
    safe       partner v2, GET /orders/{number}, 200: may be text/csv now
    safe       partner v2, GET /orders/{number}, 409: may be answered now
    ");
}

#[test]
fn scopes_and_ways_to_say_who_one_is() {
    let security = json!([{ "bearer": ["api:partner:v2"] }]);
    assert_snapshot!(told(&[(&at(GET, "/security"), security), (&at(GET, "/operationId"), json!("PartnerOrder"))]), @"
    breaking   partner v2, GET /orders/{number}, security: `apiKey` is no longer accepted
    breaking   partner v2, GET /orders/{number}, security: the scope `api:partner:v2` is needed now
    dangerous  partner v2, GET /orders/{number}, operationId: was `Order` and is `PartnerOrder`
    safe       partner v2, GET /orders/{number}, security: the scope `api:partner` is no longer needed
    ");
}

/// A version whose life was and is so; null where it is gone.
fn life(before: Value, now: Value) -> String {
    let of = |life: Value| {
        let mut document = document();
        document["info"]["x-lifecycle"] = life;
        document
    };
    let now = contracts((!now.is_null()).then(|| of(now)));
    lines(&differences(&contracts(Some(of(before))), &now))
}

fn deprecated(sunset: &str) -> Value {
    json!({ "state": "deprecated", "deprecatedOn": "2026-03-01", "sunsetOn": sunset })
}

#[test]
fn a_version_goes_only_after_it_was_retired() {
    let (active, retired) = (json!({ "state": "active" }), json!({ "state": "retired" }));
    assert_snapshot!(life(active.clone(), Value::Null), @"breaking   partner v2: this version is gone and never was retired");
    assert_snapshot!(life(retired.clone(), Value::Null), @"safe       partner v2: this version was retired and is gone now");
    assert_snapshot!(life(json!({ "state": "preview" }), Value::Null), @"dangerous  partner v2: this version is gone and never was retired");
    assert_snapshot!(life(active, retired.clone()), @"breaking   partner v2, lifecycle: was active and is retired without a sunset that was published");
    assert_snapshot!(life(deprecated("2030-06-30"), retired.clone()), @"breaking   partner v2, lifecycle: was deprecated and is retired before its sunset on 2030-06-30");
    assert_snapshot!(life(deprecated("2026-11-22"), retired), @"safe       partner v2, lifecycle: was deprecated and is retired, after its sunset on 2026-11-22");
}

#[test]
fn a_life_does_not_go_backwards() {
    let state = |word: &str| json!({ "state": word });
    assert_snapshot!(life(state("active"), state("preview")), @"breaking   partner v2, lifecycle: was active and is preview: a version's life does not go backwards");
    assert_snapshot!(life(state("retired"), state("active")), @"breaking   partner v2, lifecycle: was retired and is active: a version's life does not go backwards");
    assert_snapshot!(life(deprecated("2030-06-30"), state("active")), @"
    dangerous  partner v2, lifecycle: was deprecated and is active again: its callers were told to leave
    safe       partner v2, lifecycle: the sunset on 2030-06-30 is taken back
    ");
    assert_snapshot!(life(state("preview"), state("active")), @"safe       partner v2, lifecycle: was preview and is active");
}

#[test]
fn a_sunset_comes_no_earlier_than_was_published() {
    assert_snapshot!(life(deprecated("2030-06-30"), deprecated("2030-06-29")), @"breaking   partner v2, lifecycle: the sunset is on 2030-06-29, earlier than the published 2030-06-30");
    assert_snapshot!(life(deprecated("2030-06-30"), deprecated("2031-01-01")), @"safe       partner v2, lifecycle: the sunset is on 2031-01-01, later than the published 2030-06-30");
    assert_snapshot!(life(json!({ "state": "active" }), deprecated("2030-06-30")), @"
    dangerous  partner v2, lifecycle: the sunset is on 2030-06-30
    dangerous  partner v2, lifecycle: was active and is deprecated: its callers have to leave
    ");
    assert_snapshot!(life(json!({ "state": "active" }), deprecated("2026-11-01")), @"
    breaking   partner v2, lifecycle: the sunset is on 2026-11-01, and nobody was told before
    dangerous  partner v2, lifecycle: was active and is deprecated: its callers have to leave
    ");
}

#[test]
fn callers_are_told_of_another_successor() {
    let of = |successor: &str| json!({ "state": "deprecated", "deprecatedOn": "2026-03-01", "successor": successor });
    assert_snapshot!(life(of("v3"), of("v4")), @"safe       partner v2, lifecycle: the successor was v3 and is v4");
}

#[test]
fn a_preview_has_promised_nothing() {
    let mut before = document();
    before["info"]["x-lifecycle"] = json!({ "state": "preview" });
    let mut now = before.clone();
    now["paths"] = json!({});
    let told = lines(&differences(&contracts(Some(before)), &contracts(Some(now))));
    assert_snapshot!(told, @"dangerous  partner v2, GET /orders/{number}, POST /orders/{number}: this path is no longer there");
}

#[test]
fn configuration_that_was_in_order_stays_so() {
    let of =
        |schema: Value| Contracts { configuration: [("api.yaml".to_owned(), schema)].into(), ..Contracts::default() };
    let tree = json!({ "$defs": { "Tree": { "type": "object", "properties": {
        "left": { "$ref": "#/$defs/Tree" }, "name": { "type": "string" } }, "additionalProperties": false } },
        "$ref": "#/$defs/Tree" });
    let mut now = tree.clone();
    now["$defs"]["Tree"]["properties"] = json!({ "left": { "$ref": "#/$defs/Tree" } });
    assert_snapshot!(lines(&differences(&of(tree), &of(now))), @"breaking   configuration api.yaml, #Tree name: is no longer there");
}

#[test]
fn what_is_put_together_is_compared_part_by_part() {
    let of =
        |schema: Value| Contracts { configuration: [("pack.yaml".to_owned(), schema)].into(), ..Contracts::default() };
    let between = |before: &Value, now: &Value| lines(&differences(&of(before.clone()), &of(now.clone())));
    let schema = json!({
        "$defs": { "entity": { "type": "object", "properties": { "by": { "type": "string" } } } },
        "properties": {
            "order": { "allOf": [{ "$ref": "#/$defs/entity" }], "propertyNames": { "enum": ["by"] } },
            "other": { "type": "object", "additionalProperties": { "type": "string" } },
            "read": { "properties": { "path": { "type": "string" } }, "oneOf": [{ "required": ["path"] }] },
        },
    });
    let mut now = schema.clone();
    now["$defs"]["entity"]["properties"] = json!({ "needs": { "type": "string" } });
    now["properties"]["order"]["propertyNames"] = json!({ "enum": ["by", "needs"] });
    now["properties"]["other"]["additionalProperties"] = json!({ "type": "integer" });
    now["properties"]["read"]["properties"]["path"] = json!({ "type": "integer" });
    assert_snapshot!(between(&schema, &now), @r#"
    breaking   configuration pack.yaml, other.*: was string and is integer
    breaking   configuration pack.yaml, read.path: was string and is integer
    dangerous  configuration pack.yaml, #entity by: is no longer there
    safe       configuration pack.yaml, #entity needs: is new
    safe       configuration pack.yaml, order.(name): the value `"needs"` is new
    "#);
    let mut now = schema.clone();
    now["properties"]["order"]["allOf"] = json!([{ "$ref": "#/$defs/entity" }, { "minProperties": 1 }]);
    now["properties"]["other"] = json!({ "type": "object" });
    assert_snapshot!(between(&schema, &now), @"
    breaking   configuration pack.yaml, order: has more conditions to meet
    safe       configuration pack.yaml, other: its other members may be anything now
    ");
}

#[test]
fn what_nobody_compares_is_told_all_the_same() {
    let mut now = document();
    now["components"]["securitySchemes"] = json!({ "bearer": { "type": "http" } });
    let told = lines(&differences(&contracts(Some(document())), &contracts(Some(now))));
    assert_snapshot!(told, @"dangerous  partner v2: it differs in what is not compared: look at the two documents");
    let mut now = document();
    now["info"]["title"] = "Partner API".into();
    assert_eq!(differences(&contracts(Some(document())), &contracts(Some(now))), []);
}
