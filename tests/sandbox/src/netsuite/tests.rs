use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PSS_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header};

use super::*;
use crate::strange::strange_targets;
use crate::tenant::Role;

const BASE: &str = "http://127.0.0.1:1";
const SUITEQL: &str = "/services/rest/query/v1/suiteql";

fn now() -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(2026, 11, 2).unwrap().and_hms_opt(9, 0, 0).unwrap().and_utc()
}

fn account() -> NetSuite {
    let estate = Estate::new(Tenant::Globex, now().date_naive());
    NetSuite::new(Arc::new(estate), Arc::new(Credentials::of(Tenant::Globex, Role::Erp)))
}

fn claims() -> Value {
    json!({ "iss": "demo-globex-erp-client", "scope": ["rest_webservices"], "aud": format!("{BASE}{}", token::PATH),
            "iat": now().timestamp(), "exp": now().timestamp() + 300 })
}

fn header(kid: &str) -> Header {
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some(kid.to_owned());
    header
}

/// As a client would sign it with what it was given.
fn assertion(account: &NetSuite, header: &Header, claims: &Value) -> String {
    let key = EncodingKey::from_ec_pem(account.access(BASE).private_key.unwrap().as_bytes()).unwrap();
    jsonwebtoken::encode(header, claims, &key).unwrap()
}

fn ask_token(account: &NetSuite, assertion: &str) -> (u16, Value) {
    let kind = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
    let mut call = Call::new(Method::POST, token::PATH, BASE, now());
    call.body =
        Bytes::from(format!("grant_type=client_credentials&client_assertion_type={kind}&client_assertion={assertion}"));
    let reply = account.answer(&call);
    (reply.status.as_u16(), serde_json::from_slice(&reply.body).unwrap())
}

fn call(account: &NetSuite, target: &str, body: &Value) -> Call {
    let token = account.credentials.tokens.issue(now(), 3_600);
    let mut call = Call::new(Method::POST, target, BASE, now());
    call.headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    call.headers.insert("prefer", "transient".parse().unwrap());
    call.body = Bytes::from(body.to_string());
    call
}

fn ask(target: &str, body: &Value) -> (u16, Value) {
    let account = account();
    let reply = account.answer(&call(&account, target, body));
    (reply.status.as_u16(), serde_json::from_slice(&reply.body).unwrap())
}

fn rows(query: &str, params: &[&str]) -> Vec<Value> {
    let (status, body) = ask(SUITEQL, &json!({ "q": query, "params": params }));
    assert_eq!(status, 200, "{query}: {body}");
    let mut rows = body["items"].as_array().unwrap().clone();
    rows.iter_mut().for_each(|row| drop(row.as_object_mut().unwrap().remove("links")));
    rows
}

fn refusal(query: &str) -> String {
    let (status, body) = ask(SUITEQL, &json!({ "q": query }));
    assert_eq!((status, &body["o:errorDetails"][0]["o:errorQueryParam"]), (400, &json!("q")), "{query}: {body}");
    body["o:errorDetails"][0]["detail"].as_str().unwrap().split_once("follows. ").unwrap().1.to_owned()
}

#[test]
fn a_token_is_handed_out_for_a_signed_assertion() {
    let account = account();
    let signed = assertion(&account, &header(CERTIFICATE_ID), &claims());
    let (status, body) = ask_token(&account, &signed);
    assert_eq!((status, &body["expires_in"], &body["token_type"]), (200, &json!(3_600), &json!("Bearer")));
    assert!(account.credentials.tokens.accepts(body["access_token"].as_str().unwrap(), now()));
}

#[test]
fn a_registered_rsa_key_signs_ps256() {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let account = account().with_certificate("rsa", Certificate::Rsa(pair.public_key().as_ref().to_vec()));
    let signed = |algorithm: &str| {
        let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let head = json!({ "typ": "JWT", "alg": algorithm, "kid": "rsa" });
        let message = format!("{}.{}", encoded(&head), encoded(&claims()));
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PSS_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    };
    assert_eq!(ask_token(&account, &signed("PS256")).0, 200);
    for wrong in ["PS384", "RS256", "ES256", "none"] {
        assert_eq!(ask_token(&account, &signed(wrong)), (400, json!({ "error": "invalid_grant" })), "{wrong}");
    }
}

#[test]
fn an_assertion_that_lacks_anything_is_refused() {
    let account = account();
    let good = assertion(&account, &header(CERTIFICATE_ID), &claims());
    let with = |name: &str, value: Value| {
        let mut changed = claims();
        changed[name] = value;
        assertion(&account, &header(CERTIFICATE_ID), &changed)
    };
    let (message, _) = good.rsplit_once('.').unwrap();
    let other = NetSuite::new(Arc::clone(&account.estate), Arc::clone(&account.credentials));
    for wrong in [
        with("iss", json!("somebody")),
        with("aud", json!(BASE)),
        with("scope", json!("restlets")),
        with("exp", json!(now().timestamp())),
        with("exp", json!(now().timestamp() + 3_601)),
        with("exp", json!(i64::MAX)),
        with("iat", json!(i64::MIN)),
        with("iat", json!(now().timestamp() + 120)),
        with("exp", Value::Null),
        assertion(&account, &header("unknown"), &claims()),
        assertion(&other, &header(CERTIFICATE_ID), &claims()),
        format!("{message}."),
        message.to_owned(),
        "a.b.c".to_owned(),
    ] {
        assert_eq!(ask_token(&account, &wrong), (400, json!({ "error": "invalid_grant" })), "{wrong}");
    }
    assert_eq!(ask_token(&account, "").1, json!({ "error": "invalid_request" }));
}

#[test]
fn old_and_malformed_tokens_are_told_apart() {
    let account = account();
    let mut late = call(&account, SUITEQL, &json!({}));
    late.now += TimeDelta::hours(2);
    let none = Call::new(Method::POST, SUITEQL, BASE, now());
    for call in [late, none] {
        let reply = account.answer(&call);
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!((reply.status.as_u16(), &body["o:errorDetails"][0]["o:errorCode"]), (401, &json!("INVALID_LOGIN")));
        assert_eq!(
            reply.headers["www-authenticate"],
            "Bearer realm=\"7654321\", error=\"invalid_token\", error_description=\"Invalid login attempt.\""
        );
    }
    let mut malformed = call(&account, SUITEQL, &json!({}));
    malformed.headers.insert("authorization", "Bearer a b".parse().unwrap());
    let reply = account.answer(&malformed);
    assert_eq!(reply.status, 400);
    assert!(reply.headers["www-authenticate"].to_str().unwrap().contains("error=\"invalid_request\""));
}

#[test]
fn a_query_has_to_be_transient() {
    let account = account();
    let mut call = call(&account, SUITEQL, &json!({ "q": "SELECT id FROM term" }));
    assert_eq!(account.answer(&call).status, 200);
    call.headers.remove("prefer");
    let reply = account.answer(&call);
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!((reply.status.as_u16(), &body["o:errorDetails"][0]["o:errorHeader"]), (400, &json!("Prefer")));
}

#[test]
fn a_customer_is_texts_and_what_is_absent_is_absent() {
    let query = "SELECT c.id, c.entityid AS Number, c.companyname, c.creditlimit, c.parent, c.oncredithold, \
                 BUILTIN.DF(c.terms) AS terms, BUILTIN.DF(c.currency) currency FROM customer c \
                 WHERE c.entityid IN (?, ?) ORDER BY c.entityid";
    let found = rows(query, &["G-2002", "G-2001"]);
    assert_eq!(found.len(), 2);
    let customer = &found[0];
    assert_eq!((&customer["number"], &customer["oncredithold"]), (&json!("G-2001"), &json!("F")));
    assert_eq!((&customer["terms"], &customer["currency"]), (&json!("Net 30"), &json!("EUR")));
    assert!(customer["creditlimit"].as_str().unwrap().parse::<u64>().is_ok());
    assert!(customer["id"].is_string() && customer.get("parent").is_none());
    assert_eq!(found[1]["oncredithold"], "T");
    assert_eq!(rows("SELECT id FROM customer WHERE email = 'prospect@example.com'", &[]), Vec::<Value>::new());
}

#[test]
fn literals_are_escaped_by_doubling() {
    let number = |literal: &str| rows(&format!("SELECT entityid FROM customer WHERE entityid = {literal}"), &[]).len();
    assert_eq!(number("'G-2001'"), 1);
    assert_eq!(number("'G-2001'' OR ''1''=''1'"), 0);
    assert_eq!(number(r"'G-2001\'"), 0);
    assert_eq!(rows("SELECT entityid FROM customer WHERE entityid = ?", &["' OR '1'='1"]), Vec::<Value>::new());
    assert_eq!(number("'x' OR '1'='1'"), 1_000);
}

#[test]
fn dates_are_the_accounts_unless_a_mask_says_otherwise() {
    let query = "SELECT duedate, TO_CHAR(duedate, 'YYYY-MM-DD') AS day, foreigntotal, foreignamountunpaid \
                 FROM transaction WHERE type = 'CustInvc' AND foreignamountunpaid > 0 AND entity = \
                 ? ORDER BY duedate";
    let id = rows("SELECT id FROM customer WHERE entityid = 'G-2004'", &[])[0]["id"].as_str().unwrap().to_owned();
    let found = rows(query, &[&id]);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0]["day"], "2026-09-03");
    assert_eq!(found[0]["duedate"], "9/3/2026");
    assert_eq!(found[0]["foreignamountunpaid"], "4800");
    let count = |filter: &str| rows(&format!("SELECT id FROM transaction WHERE entity = {id} AND {filter}"), &[]).len();
    assert_eq!(count("duedate = '9/3/2026'"), 2);
    assert_eq!(count("duedate < TO_DATE('2026-09-04','YYYY-MM-DD')"), 2);
    assert_eq!(count("duedate = '2026-09-03'"), 0);
}

#[test]
fn an_order_leads_to_its_lines_and_to_what_followed() {
    let order = "SELECT t.id, t.status, BUILTIN.DF(t.status) AS shown, c.entityid FROM transaction t \
                 JOIN customer c ON c.id = t.entity WHERE t.type = 'SalesOrd' AND t.tranid IN ('SO-7042', 'SO-0')";
    let [order] = rows(order, &[]).try_into().unwrap();
    assert_eq!((&order["status"], &order["entityid"]), (&json!("D"), &json!("G-2001")));
    assert_eq!(order["shown"], "Sales Order : Partially Fulfilled");
    let id = order["id"].as_str().unwrap();
    let lines = "SELECT l.linesequencenumber AS n, i.itemid, l.quantity, l.quantityshiprecv, l.rate, l.netamount \
                 FROM transactionline l INNER JOIN item i ON i.id = l.item \
                 WHERE l.transaction = ? AND l.mainline = 'F' AND l.taxline = 'F' ORDER BY l.linesequencenumber";
    assert_eq!(
        rows(lines, &[id]),
        [
            json!({ "n": "1", "itemid": "GB-100", "quantity": "-2", "quantityshiprecv": "2", "rate": "1250.5",
                    "netamount": "-2501" }),
            json!({ "n": "2", "itemid": "GB-200", "quantity": "-1", "quantityshiprecv": "0", "rate": "3400",
                    "netamount": "-3400" }),
        ]
    );
    let shipments = "SELECT l.previousdoc AS so, f.tranid, f.status, l.linktype FROM nexttransactionlink l \
                     JOIN transaction f ON f.id = l.nextdoc WHERE f.type = 'ItemShip' AND l.previousdoc IN (?)";
    assert_eq!(
        rows(shipments, &[id]),
        [json!({ "so": id, "tranid": "PS-7042", "status": "C", "linktype": "ShipRcpt" })]
    );
    let shipped = "SELECT n.previousline FROM nexttransactionlinelink n WHERE n.previousdoc = ?";
    assert_eq!(rows(shipped, &[id]), [json!({ "previousline": "1" })]);
}

#[test]
fn stock_prices_and_serial_numbers_belong_to_items() {
    let stock = "SELECT i.itemid, BUILTIN.DF(b.location) AS place, b.quantityonhand, b.quantityavailable, p.unitprice \
                 FROM item i LEFT JOIN inventorybalance b ON b.item = i.id JOIN pricing p ON p.item = i.id \
                 WHERE i.itemid = 'GB-300' ORDER BY b.location DESC";
    assert_eq!(
        rows(stock, &[]),
        [
            json!({ "itemid": "GB-300", "place": "Warehouse 2", "quantityonhand": "8", "quantityavailable": "8",
                    "unitprice": "89" }),
            json!({ "itemid": "GB-300", "place": "Warehouse 1", "quantityonhand": "40", "quantityavailable": "32",
                    "unitprice": "89" }),
        ]
    );
    let serial = "SELECT t.tranid FROM inventorynumber n \
                  JOIN inventoryassignment a ON a.inventorynumber = n.id \
                  JOIN transaction t ON t.id = a.transaction \
                  WHERE n.inventorynumber = 'GX-77' AND t.type = 'SalesOrd'";
    assert_eq!(rows(serial, &[]), [json!({ "tranid": "SO-7007" })]);
}

#[test]
fn people_cases_and_subscriptions_belong_to_customers() {
    let people = rows(
        "SELECT k.entityid, k.isinactive, c.entityid AS customer FROM contact k JOIN customer c ON c.id = k.company \
         WHERE c.entityid = ? ORDER BY k.id",
        &["G-2001"],
    );
    let told: Vec<(&str, &str)> =
        people.iter().filter_map(|row| Some((row["entityid"].as_str()?, row["isinactive"].as_str()?))).collect();
    assert_eq!(told, [("Sofia Gruber", "F"), ("Luca Moser", "F"), ("Has Left", "T")]);
    let case = &rows(
        "SELECT s.casenumber, s.contact, BUILTIN.DF(s.contact) AS who, BUILTIN.DF(s.status) AS status, st.stage FROM \
         supportcase s LEFT JOIN supportcasestatus st ON st.id = s.status WHERE s.casenumber = ?",
        &["20013"],
    )[0];
    assert_eq!(
        (&case["who"], &case["status"], &case["stage"]),
        (&json!("Luca Moser"), &json!("Waiting for parts"), &json!("OPEN"))
    );
    let by_id = rows("SELECT entityid FROM contact WHERE id = ?", &[case["contact"].as_str().expect("an id")]);
    assert_eq!(by_id[0]["entityid"], "Luca Moser");
    let subscriptions = rows(
        "SELECT s.billingsubscriptionstatus AS status, s.nextbillcycledate AS next FROM subscription s JOIN customer c \
         ON c.id = s.customer WHERE c.entityid IN (?, ?) ORDER BY s.id",
        &["G-2001", "G-2003"],
    );
    assert_eq!(subscriptions[0]["status"], "ACTIVE");
    assert_eq!((&subscriptions[1]["status"], subscriptions[1].get("next")), (&json!("TERMINATED"), None));
}

#[test]
fn pages_begin_at_multiples_of_their_size() {
    let body = json!({ "q": "SELECT entityid FROM customer ORDER BY entityid" });
    let (_, page) = ask(&format!("{SUITEQL}?limit=5&offset=10"), &body);
    assert_eq!((&page["count"], &page["offset"], &page["hasMore"]), (&json!(5), &json!(10), &json!(true)));
    let links = page["links"].as_array().unwrap();
    let rels: Vec<_> = links.iter().map(|link| link["rel"].as_str().unwrap()).collect();
    assert_eq!(rels, ["prev", "first", "next", "last", "self"]);
    assert_eq!(links[2]["href"], format!("{BASE}{SUITEQL}?limit=5&offset=15"));
    assert_eq!(page["items"][0]["links"], json!([]));
    for wrong in ["limit=5&offset=7", "limit=0", "limit=1001", "offset=-1", "limit=x", "limit=1000&offset=100000"] {
        let (status, body) = ask(&format!("{SUITEQL}?{wrong}"), &body);
        assert_eq!((status, &body["o:errorDetails"][0]["o:errorCode"]), (400, &json!("INVALID_PARAMETER")), "{wrong}");
    }
    assert_eq!(ask(&format!("{SUITEQL}?limit=1000&offset=2000"), &body).1["items"], json!([]));
}

#[test]
fn what_is_unknown_is_named() {
    assert_eq!(
        refusal("SELECT t.subsidiary FROM transaction t"),
        "Search error occurred: Unknown identifier 'subsidiary'. Available identifiers are: {t=transaction}."
    );
    assert_eq!(refusal("SELECT id FROM employees"), "Search error occurred: Record 'employees' was not found.");
    for wrong in [
        "",
        "SELECT",
        "SELECT id FROM term;",
        "SELECT id FROM term WHERE id = '1",
        "SELECT id FROM term WHERE id = ?",
        "SELECT id FROM term JOIN currency ON 1 = 1",
        "SELECT id FROM [term]",
        "SELECT id FROM term -- x",
        "DELETE FROM term",
        "SELECT COUNT(*) FROM term",
        "SELECT id FROM term WHERE",
        "SELECT id FROM term WHERE id NOT = 1",
        "SELECT TO_CHAR(id, '%Q') FROM term",
    ] {
        assert_eq!(refusal(wrong), "Search error occurred: Invalid or unsupported search.", "{wrong}");
    }
    let deep = format!("SELECT id FROM term WHERE {}1=1{}", "(".repeat(5_000), ")".repeat(5_000));
    assert_eq!(refusal(&deep), "Search error occurred: Invalid or unsupported search.");
    let nots = format!("SELECT id FROM term WHERE {} 1=1", "NOT ".repeat(5_000));
    assert_eq!(refusal(&nots), "Search error occurred: Invalid or unsupported search.");
}

#[test]
fn conditions_follow_the_rules_of_absent_values() {
    let count = |filter: &str| rows(&format!("SELECT id FROM customer WHERE {filter}"), &[]).len();
    let all = count("1 = 1");
    assert_eq!(count("parent = 1") + count("NOT parent = 1"), 0);
    assert_eq!(count("parent IS NULL"), all);
    assert_eq!(count("entityid LIKE 'G-200_' AND NOT entityid IN ('G-2001') OR entityid = 'C-9999'"), 5);
    assert_eq!(count("(entityid = 'G-2001' OR entityid = 'G-2002') AND companyname IS NOT NULL"), 2);
    assert_eq!(count("entityid BETWEEN 'G-2001' AND 'G-2003'"), 3);
    assert_eq!(count("id = 'abc'"), 0);
    let first = "SELECT id FROM customer WHERE entityid = 'G-2001'";
    let id = rows(first, &[])[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(count(&format!("id IN ('x', '{id}', NULL)")), 1);
    assert_eq!(count(&format!("id IN ('{id}.0')")) + count(&format!("id IN ({id}, {id})")), 1);
    assert_eq!(count("entityid IN ('G-2001 ', 'g-2001')"), 0);
    assert_eq!(
        rows("SELECT -NVL(parent, 0.5) AS n FROM customer FETCH FIRST 1 ROWS ONLY", &[]),
        [json!({ "n": "-.5" })]
    );
}

#[test]
fn a_page_can_be_continued_and_rows_can_be_wrong() {
    let (_, mut page) = ask(SUITEQL, &json!({ "q": "SELECT id, entityid FROM customer WHERE entityid = 'G-2001'" }));
    let account = account();
    account.continue_at(&mut page, "http://elsewhere.example/");
    assert_eq!(page["hasMore"], true);
    assert_eq!(page["links"][1], json!({ "rel": "next", "href": "http://elsewhere.example/" }));
    crate::fault::json::wrong_rows(&mut page, crate::WrongRows::InPlace, account.key_fields());
    assert_eq!(page["items"][0]["entityid"], "G-2002");
}

#[test]
fn too_many_calls_at_once_are_refused_without_a_time() {
    let account = account().with_calls_at_once(5);
    assert_eq!(account.most_at_once(), Some(5));
    let reply = account.throttled(None);
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(body["o:errorDetails"][0]["o:errorCode"], "CONCURRENCY_LIMIT_EXCEEDED");
    assert_eq!((reply.status.as_u16(), reply.headers.get("retry-after")), (429, None));
    assert!(account.throttled(Some(3)).headers.contains_key("retry-after"));
}

#[test]
fn nothing_makes_it_panic() {
    let account = account();
    let fragments = [
        "SELECT ",
        "id",
        ", ",
        "* ",
        "FROM ",
        "term ",
        "currency ",
        "t",
        ".",
        " WHERE ",
        " AND ",
        " OR ",
        "NOT ",
        " IN (",
        "?",
        ")",
        "'",
        "''",
        "é",
        "\\",
        "=",
        "<",
        "-",
        "1",
        "99999999999999999999999999999999999",
        "TO_CHAR(",
        "BUILTIN.DF(",
        " ORDER BY ",
        " JOIN ",
        " ON ",
        "id = id",
        " LIKE '%",
        "\0",
        "--",
        "FETCH FIRST ",
        "NULL",
        " AS ",
        "\"",
    ];
    for query in strange_targets(&fragments).take(2_000) {
        for query in [query.clone(), format!("SELECT id FROM term t WHERE {query}")] {
            let status = account.answer(&call(&account, SUITEQL, &json!({ "q": query, "params": ["x"] }))).status;
            assert!(status.as_u16() < 500, "{query}");
        }
    }
    for (table, column) in [
        ("customer", "id"),
        ("transaction", "id"),
        ("transaction", "entity"),
        ("transactionline", "transaction"),
        ("transactionline", "uniquekey"),
        ("item", "id"),
        ("inventorybalance", "item"),
        ("inventorynumber", "id"),
        ("nexttransactionlink", "previousdoc"),
        ("nexttransactionlinelink", "nextdoc"),
        ("pricing", "item"),
    ] {
        for value in ["", "0", "-1", "18446744073709551615", "x", " 1 ", "é"] {
            let query = format!("SELECT * FROM {table} WHERE {column} = '{value}'");
            assert_eq!(account.answer(&call(&account, SUITEQL, &json!({ "q": query }))).status, 200, "{query}");
        }
    }
    for body in [json!(null), json!([]), json!({ "q": 1 }), json!({ "q": "SELECT id FROM term", "params": [[]] })] {
        assert_eq!(account.answer(&call(&account, SUITEQL, &body)).status, 400);
    }
}
