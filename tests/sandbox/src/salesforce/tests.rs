use bytes::Bytes;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use http::HeaderValue;

use super::*;
use crate::strange::strange_targets;
use crate::tenant::{Role, Tenant};

const BASE: &str = "http://127.0.0.1:1";

struct Org {
    salesforce: Salesforce,
    token: String,
}

fn now() -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(2026, 11, 2).unwrap().and_hms_opt(9, 0, 0).unwrap().and_utc()
}

fn system(tenant: Tenant) -> Salesforce {
    let estate = Estate::new(tenant, now().date_naive());
    Salesforce::new(Arc::new(estate), Arc::new(Credentials::of(tenant, Role::Crm)))
}

fn sign_in(salesforce: &Salesforce, body: &str) -> (u16, Value) {
    let mut call = Call::new(Method::POST, token::PATH, BASE, now());
    call.body = Bytes::from(body.to_owned());
    let reply = salesforce.answer(&call);
    (reply.status.as_u16(), serde_json::from_slice(&reply.body).unwrap())
}

fn credentials(salesforce: &Salesforce) -> String {
    let credentials = &salesforce.credentials;
    format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        credentials.client_id, credentials.client_secret
    )
}

impl Org {
    fn of(tenant: Tenant) -> Self {
        let salesforce = system(tenant);
        let token = sign_in(&salesforce, &credentials(&salesforce)).1["access_token"].as_str().unwrap().to_owned();
        Self { salesforce, token }
    }

    fn call(&self, method: Method, target: &str) -> Call {
        let mut call = Call::new(method, target, BASE, now());
        call.headers.insert("authorization", format!("Bearer {}", self.token).parse().unwrap());
        call
    }

    fn get(&self, target: &str) -> (u16, Value) {
        answer(&self.salesforce, &self.call(Method::GET, target))
    }

    fn post(&self, target: &str, body: &Value) -> (u16, Value) {
        let mut call = self.call(Method::POST, target);
        call.body = Bytes::from(body.to_string());
        answer(&self.salesforce, &call)
    }

    fn query(&self, text: &str) -> (u16, Value) {
        let query: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        self.get(&format!("/services/data/v66.0/query?q={query}"))
    }

    fn records(&self, text: &str) -> Vec<Value> {
        let (status, body) = self.query(text);
        assert_eq!(status, 200, "{text}: {body}");
        body["records"].as_array().unwrap().clone()
    }

    fn names(&self, text: &str, field: &str) -> Vec<String> {
        self.records(text).iter().map(|record| record[field].as_str().unwrap_or("null").to_owned()).collect()
    }
}

fn answer(salesforce: &Salesforce, call: &Call) -> (u16, Value) {
    let reply = salesforce.answer(call);
    (reply.status.as_u16(), serde_json::from_slice(&reply.body).unwrap_or(Value::Null))
}

#[test]
fn a_token_is_handed_out_without_a_lifetime() {
    let salesforce = system(Tenant::Acme);
    let (status, body) = sign_in(&salesforce, &credentials(&salesforce));
    assert_eq!(status, 200);
    assert_eq!(body["instance_url"], BASE);
    assert!(body.get("expires_in").is_none());
    assert_eq!(body["issued_at"], now().timestamp_millis().to_string());
    for (wrong, error) in [
        ("", "unsupported_grant_type"),
        ("grant_type=password", "unsupported_grant_type"),
        ("grant_type=client_credentials", "invalid_client_id"),
        ("grant_type=client_credentials&client_id=x&client_secret=y", "invalid_client_id"),
        ("grant_type=client_credentials&client_id=demo-acme-crm-client&client_secret=y", "invalid_client"),
    ] {
        let (status, body) = sign_in(&salesforce, wrong);
        assert_eq!((status, body["error"].as_str()), (400, Some(error)), "{wrong}");
    }
}

#[test]
fn missing_foreign_and_old_tokens_are_refused_alike() {
    let acme = Org::of(Tenant::Acme);
    let globex = Org::of(Tenant::Globex);
    let expected = json!([{ "message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID" }]);
    let none = Call::new(Method::GET, "/services/data/v66.0/limits", BASE, now());
    let mut late = acme.call(Method::GET, "/services/data/v66.0/limits");
    late.now += TimeDelta::hours(3);
    let foreign = globex.call(Method::GET, "/services/data/v66.0/limits");
    for call in [none, late, foreign] {
        assert_eq!(answer(&acme.salesforce, &call), (401, expected.clone()));
    }
}

#[test]
fn an_account_is_found_by_its_number_with_its_owner() {
    let org = Org::of(Tenant::Acme);
    let found = org.records(
        "SELECT Id, Name, AccountNumber, Owner.Name, Owner.Email, ParentId, Parent.Name, CreatedDate \
         FROM Account WHERE AccountNumber IN ('C-1001', 'C-0000')",
    );
    let [account] = found.as_slice() else { panic!("{found:?}") };
    let id = account["Id"].as_str().unwrap();
    assert_eq!(account["attributes"]["url"], format!("/services/data/v66.0/sobjects/Account/{id}"));
    assert_eq!(account["Owner"]["attributes"]["type"], "User");
    assert!(account["Owner"]["Email"].is_string());
    assert_eq!(account["Parent"], Value::Null);
    assert_eq!(account["ParentId"], Value::Null);
    assert!(account["CreatedDate"].as_str().unwrap().ends_with("T00:00:00.000+0000"));
    let short = &id[..15];
    assert_eq!(
        org.names(&format!("SELECT AccountNumber FROM Account WHERE Id = '{short}'"), "AccountNumber"),
        ["C-1001"]
    );
}

#[test]
fn the_prospect_has_no_number() {
    let org = Org::of(Tenant::Acme);
    let text = "SELECT Account.AccountNumber, Account.Name FROM Contact WHERE Email = 'Prospect@example.com'";
    let found = org.records(text);
    assert_eq!(found[0]["Account"]["AccountNumber"], Value::Null);
    assert_eq!(org.records("SELECT Id FROM Account WHERE AccountNumber = null").len(), 1);
}

#[test]
fn contracts_are_reached_from_a_serial_number() {
    let org = Org::of(Tenant::Acme);
    let found = org.records(
        "SELECT ContractNumber, Support_Level__c, (SELECT Asset.SerialNumber FROM ContractLineItems) \
         FROM ServiceContract WHERE Account.AccountNumber IN ('C-1001', 'C-1002') ORDER BY ContractNumber",
    );
    assert_eq!(found[0]["Support_Level__c"], "Premium");
    assert_eq!(found[0]["ContractLineItems"]["records"][0]["Asset"]["SerialNumber"], "SN-77");
    // No lines are nothing, and not an empty list.
    assert_eq!(found[1]["ContractLineItems"], Value::Null);
    let lines = "SELECT ServiceContract.ContractNumber FROM ContractLineItem WHERE Asset.SerialNumber = 'SN-77'";
    assert_eq!(org.records(lines)[0]["ServiceContract"]["ContractNumber"], found[0]["ContractNumber"]);
}

#[test]
fn assets_carry_the_fields_of_this_organisation() {
    let org = Org::of(Tenant::Acme);
    let text = "SELECT SerialNumber, Warranty_End__c, Order_Number__c FROM Asset \
                WHERE SerialNumber IN ('SN-77','SN-78','SN-79') ORDER BY Warranty_End__c DESC NULLS LAST";
    assert_eq!(org.names(text, "SerialNumber"), ["SN-77", "SN-78", "SN-79"]);
    assert_eq!(org.names(text, "Order_Number__c"), ["SO-1007", "null", "null"]);
    let expired = "SELECT SerialNumber FROM Asset WHERE Account.AccountNumber = 'C-1001' AND Warranty_End__c < TODAY";
    assert_eq!(org.names(expired, "SerialNumber"), ["SN-78"]);
}

#[test]
fn hostile_values_find_nothing_and_change_nothing() {
    let org = Org::of(Tenant::Acme);
    for value in [r"' OR Name != '", r"\' OR Name != \'", r"\", "%", "_", "\u{0}", "😀", "C-1001\n"] {
        let escaped = value.replace('\\', r"\\").replace('\'', r"\'");
        let text = format!("SELECT Id FROM Account WHERE AccountNumber = '{escaped}'");
        assert_eq!(org.records(&text), Vec::<Value>::new(), "{value}");
    }
    let unescaped = r"SELECT Id FROM Account WHERE AccountNumber = '\\' OR Name != '\''";
    assert!(org.records(unescaped).len() > 1_000, "what a careless driver would get");
}

#[test]
fn like_negation_and_absence_are_understood() {
    let org = Org::of(Tenant::Acme);
    let count =
        |condition: &str| org.query(&format!("SELECT COUNT() FROM Account WHERE {condition}")).1["totalSize"].as_u64();
    let all = org.query("SELECT COUNT() FROM Account").1["totalSize"].as_u64();
    assert_eq!(count("AccountNumber LIKE 'c-100_'"), Some(5));
    assert_eq!(count("NOT AccountNumber LIKE 'c-100_'"), all.map(|all| all - 5));
    assert_eq!(count("AccountNumber NOT IN ('C-1001')"), all.map(|all| all - 1));
    assert_eq!(count("AccountNumber != 'C-1001'"), all.map(|all| all - 1));
    assert_eq!(count("AccountNumber != null"), all.map(|all| all - 1));
    assert_eq!(
        count("(AccountNumber = 'C-1001' OR AccountNumber = 'C-1002') AND CreatedDate < 2026-01-01T00:00:00Z"),
        Some(2)
    );
}

#[test]
fn pages_are_followed_by_a_locator_until_done() {
    let org = Org::of(Tenant::Acme);
    let mut call = org.call(Method::GET, "/services/data/v59.0/query?q=SELECT+Id+FROM+Account");
    call.headers.insert("sforce-query-options", HeaderValue::from_static("batchSize=400"));
    let (_, mut page) = answer(&org.salesforce, &call);
    let total = page["totalSize"].as_u64().unwrap();
    let mut seen = 0;
    loop {
        seen += page["records"].as_array().unwrap().len();
        let Some(next) = page["nextRecordsUrl"].as_str().map(str::to_owned) else { break };
        assert!(next.starts_with("/services/data/v59.0/query/0r8"), "{next}");
        assert_eq!((page["done"].as_bool(), page["totalSize"].as_u64()), (Some(false), Some(total)));
        page = org.get(&next).1;
    }
    assert_eq!(page["done"], true);
    assert_eq!(seen as u64, total);
    for dead in ["0r8xx-2000", "x", "-", "0r8xx0000000000001-99999999", "0r8xx0000000000001--1", "%27"] {
        let (status, body) = org.get(&format!("/services/data/v59.0/query/{dead}"));
        assert_eq!((status, body[0]["errorCode"].as_str()), (400, Some("INVALID_QUERY_LOCATOR")), "{dead}");
    }
}

#[test]
fn mistakes_in_a_query_are_named_and_shown() {
    let org = Org::of(Tenant::Acme);
    for (text, code) in [
        ("SELECT Nope FROM Account", "INVALID_FIELD"),
        ("SELECT Nope.Name FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Credit_Rating__c > 5", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE AccountNumber = 5", "INVALID_FIELD"),
        ("SELECT Id FROM Asset WHERE Warranty_End__c = '2026-01-01'", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE BillingAddress = null", "INVALID_FIELD"),
        ("SELECT Id FROM Account ORDER BY BillingAddress", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Quote ORDER BY Id", "INVALID_TYPE"),
        ("SELECT Id FROM Opportunity", "INVALID_TYPE"),
        ("SELECT Id, (SELECT Id FROM Opportunities) FROM Account", "INVALID_TYPE"),
        ("SELECT Id, Id FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = 'a", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE"),
    ] {
        let (status, body) = org.query(text);
        assert_eq!((status, body[0]["errorCode"].as_str()), (400, Some(code)), "{text}: {body}");
    }
    let (_, body) = org.query("SELECT Id, Nope__c FROM Account");
    let message = body[0]["message"].as_str().unwrap();
    assert!(
        message
            .starts_with("\nSELECT Id, Nope__c FROM Account\n           ^\nERROR at Row:1:Column:12\nNo such column"),
        "{message}"
    );
}

#[test]
fn one_record_is_read_by_id_and_validated() {
    let org = Org::of(Tenant::Acme);
    let id = org.names("SELECT Id FROM Account WHERE AccountNumber = 'C-1001'", "Id").remove(0);
    let target = format!("/services/data/v66.0/sobjects/Account/{id}?fields=Name,AccountNumber");
    assert_eq!(org.get(&target).1["AccountNumber"], "C-1001");
    let mut again = org.call(Method::GET, &target);
    let tag = org.salesforce.answer(&again).headers["etag"].clone();
    again.headers.insert("if-none-match", tag);
    assert_eq!(org.salesforce.answer(&again).status, 304);
    let whole = org.get(&format!("/services/data/v66.0/sobjects/Account/{}", &id[..15])).1;
    assert_eq!(whole["BillingAddress"]["street"], whole["BillingStreet"]);
    for (wrong, status) in [("001000000000000AAA", 404), ("x", 400), ("%00", 400), ("001000000000000", 404)] {
        assert_eq!(org.get(&format!("/services/data/v66.0/sobjects/Account/{wrong}")).0, status, "{wrong}");
    }
    let foreign = Org::of(Tenant::Globex);
    assert_eq!(foreign.get(&format!("/services/data/v66.0/sobjects/Account/{id}")).0, 404);
}

#[test]
fn external_ids_lead_to_a_record_or_to_several() {
    let org = Org::of(Tenant::Acme);
    let at = |path: &str| org.get(&format!("/services/data/v66.0/sobjects/{path}"));
    assert_eq!(at("Asset/Order_Number__c/SO-1007").1["SerialNumber"], "SN-77");
    assert_eq!(at("Asset/Order_Number__c/SO-0").0, 404);
    let (status, body) = at("Account/AccountNumber/C-1001");
    assert_eq!(status, 404);
    assert!(body[0]["message"].as_str().unwrap().ends_with("not accessible: AccountNumber"));
}

#[test]
fn a_collection_keeps_order_and_shows_gaps() {
    let org = Org::of(Tenant::Acme);
    let ids =
        org.names("SELECT Id FROM Account WHERE AccountNumber IN ('C-1001','C-1002') ORDER BY AccountNumber", "Id");
    let wanted = json!({ "ids": [ids[1], "001000000000000AAA", "'", ids[0]], "fields": ["AccountNumber"] });
    let (status, body) = org.post("/services/data/v66.0/composite/sobjects/Account", &wanted);
    assert_eq!(status, 200);
    let numbers: Vec<&Value> = body.as_array().unwrap().iter().map(|row| &row["AccountNumber"]).collect();
    assert_eq!(numbers, [&json!("C-1002"), &Value::Null, &Value::Null, &json!("C-1001")]);
    for wrong in
        [json!(null), json!({}), json!({ "ids": [], "fields": ["Id"] }), json!({ "ids": [1], "fields": ["Id"] })]
    {
        assert_eq!(org.post("/services/data/v66.0/composite/sobjects/Account", &wrong).0, 400);
    }
    let unknown = json!({ "ids": ids, "fields": ["Nope"] });
    assert_eq!(
        org.post("/services/data/v66.0/composite/sobjects/Account", &unknown).1[0]["errorCode"],
        "INVALID_FIELD"
    );
}

#[test]
fn a_composite_answers_each_part_with_its_own_status() {
    let org = Org::of(Tenant::Acme);
    let part = |name: &str, text: &str| {
        let query: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        json!({ "method": "GET", "referenceId": name, "url": format!("/services/data/v66.0/query?q={query}") })
    };
    let good = part("q1", "SELECT Name FROM Account WHERE AccountNumber = 'C-1001'");
    let bad = part("q2", "SELECT Id FROM Nope");
    let composite = |parts: &[Value]| {
        org.post("/services/data/v66.0/composite", &json!({ "allOrNone": false, "compositeRequest": parts }))
    };
    let (status, body) = composite(&[good.clone(), bad]);
    assert_eq!(status, 200);
    let parts = &body["compositeResponse"];
    assert_eq!((&parts[0]["httpStatusCode"], &parts[0]["referenceId"]), (&json!(200), &json!("q1")));
    assert_eq!(parts[0]["body"]["totalSize"], 1);
    assert_eq!(parts[1]["httpStatusCode"], 400);
    assert_eq!(parts[1]["body"][0]["errorCode"], "INVALID_TYPE");
    assert_eq!(composite(&vec![good; 6]).0, 400);
    let nested = json!({ "method": "POST", "referenceId": "n", "url": "/services/data/v66.0/composite", "body": {} });
    assert_eq!(composite(&[nested]).1["compositeResponse"][0]["httpStatusCode"], 404);
    let batch =
        json!({ "batchRequests": [{ "method": "GET", "url": "v57.0/limits" }, { "method": "GET", "url": "v57.0/x" }] });
    let (status, body) = org.post("/services/data/v66.0/composite/batch", &batch);
    assert_eq!((status, &body["hasErrors"], &body["results"][0]["statusCode"]), (200, &json!(true), &json!(200)));
}

#[test]
fn addresses_and_versions_have_limits() {
    let org = Org::of(Tenant::Acme);
    let long = format!("/services/data/v66.0/query?q={}", "x".repeat(16_400));
    assert_eq!(org.get(&long).0, 414);
    assert_eq!(org.get(&format!("/services/data/v66.0/query?q={}", "x".repeat(16_330))).0, 431);
    assert_eq!(org.get("/services/data/v30.0/limits").0, 410);
    assert_eq!(org.get("/services/data/v66.0/nope").1[0]["errorCode"], "NOT_FOUND");
    assert_eq!(org.get("/nope").0, 404);
    assert_eq!(org.get("/services/data/v66.0/query").0, 400);
    assert_eq!(org.post("/services/data/v66.0/query", &json!({})).0, 405);
    let versions = org.get("/services/data").1;
    assert!(versions.as_array().unwrap().iter().any(|v| v["version"] == "66.0" && v["label"] == "Spring '26"));
    let reply = org.salesforce.answer(&org.call(Method::GET, "/services/data/v66.0/limits"));
    assert!(reply.headers["sforce-limit-info"].to_str().unwrap().starts_with("api-usage="));
    assert_eq!(reply.headers["content-type"], "application/json;charset=UTF-8");
    let described = org.get("/services/data/v66.0/sobjects/asset/describe").1;
    assert!(
        described["fields"].as_array().unwrap().iter().any(|f| f["name"] == "Warranty_End__c" && f["type"] == "date")
    );
}

#[test]
fn faults_speak_the_vendors_language() {
    let org = Org::of(Tenant::Acme);
    let throttled = org.salesforce.throttled(None);
    assert_eq!((throttled.status.as_u16(), throttled.headers.contains_key("retry-after")), (403, false));
    let mut page = org.query("SELECT Id FROM Account LIMIT 1").1;
    org.salesforce.continue_at(&mut page, "http://elsewhere.example/x");
    assert_eq!((&page["done"], &page["nextRecordsUrl"]), (&json!(false), &json!("http://elsewhere.example/x")));
    let mut record = json!({ "Id": "x" });
    org.salesforce.continue_at(&mut record, "http://elsewhere.example/x");
    assert_eq!(record, json!({ "Id": "x" }));
}

#[test]
fn no_query_and_no_address_makes_it_panic() {
    let org = Org::of(Tenant::Acme);
    let words = [
        "SELECT ",
        "Id",
        ", ",
        "FROM ",
        "Asset ",
        "Contact ",
        "WHERE ",
        "SerialNumber ",
        "= ",
        "IN ",
        "(",
        ")",
        "'",
        "\\",
        "x",
        "é",
        "NOT ",
        "AND ",
        "OR ",
        "LIKE ",
        "'%_' ",
        "null ",
        "1e5",
        "-9999999999999999999999999999999 ",
        "262142-12-31 ",
        "9999-12-31T23:59:59-23:00 ",
        "Account.",
        "ORDER BY ",
        "LIMIT ",
        "OFFSET ",
        "COUNT() ",
        "\u{0}",
        "SELECT Id FROM Asset ",
        "SELECT Id FROM Asset WHERE SerialNumber LIKE ",
        "Warranty_End__c > ",
        "CreatedDate < ",
        "TODAY ",
    ];
    for text in strange_targets(&words).take(3_000) {
        assert!(matches!(org.query(&text).0, 200 | 400), "{text}");
    }
    let paths = [
        "/services/data/v66.0",
        "/query",
        "/sobjects",
        "/Account",
        "/Asset/Order_Number__c",
        "/001",
        "/001000000000000AAA",
        "/composite",
        "/",
        "?q=",
        "?fields=",
        "%00",
        "%ff",
        "é",
        "'",
        "?ids=a,b&fields=Id",
        "/0r8xx0000000000001-1",
        "/..",
        "//",
    ];
    for target in strange_targets(&paths).take(2_000) {
        assert!(org.get(&target).0 < 500, "{target}");
        assert!(org.post(&target, &json!({ "ids": [target], "compositeRequest": [target] })).0 < 500, "{target}");
    }
}
