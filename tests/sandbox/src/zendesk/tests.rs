use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::json;

use super::*;
use crate::strange::strange_targets;
use crate::tenant::{Role, Tenant};

const BASE: &str = "http://127.0.0.1:1";

struct Account {
    zendesk: Zendesk,
    token: String,
}

fn now() -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(2026, 11, 2).unwrap().and_hms_opt(9, 0, 0).unwrap().and_utc()
}

fn system(tenant: Tenant) -> Zendesk {
    let estate = Estate::new(tenant, now().date_naive());
    Zendesk::new(Arc::new(estate), Arc::new(Credentials::of(tenant, Role::Support)))
}

fn sign_in(zendesk: &Zendesk, body: &Value) -> (u16, Value) {
    let mut call = Call::new(Method::POST, token::PATH, BASE, now());
    call.body = Bytes::from(body.to_string());
    answer(zendesk, &call)
}

fn client(zendesk: &Zendesk) -> Value {
    let credentials = &zendesk.credentials;
    json!({
        "grant_type": "client_credentials",
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret,
        "scope": "read",
        "expires_in": 3_600,
    })
}

fn answer(zendesk: &Zendesk, call: &Call) -> (u16, Value) {
    let reply = zendesk.answer(call);
    (reply.status.as_u16(), serde_json::from_slice(&reply.body).unwrap_or(Value::Null))
}

impl Account {
    fn of(tenant: Tenant) -> Self {
        let zendesk = system(tenant);
        let token = sign_in(&zendesk, &client(&zendesk)).1["access_token"].as_str().unwrap().to_owned();
        Self { zendesk, token }
    }

    fn call(&self, target: &str) -> Call {
        let mut call = Call::new(Method::GET, target, BASE, now());
        call.headers.insert("authorization", format!("Bearer {}", self.token).parse().unwrap());
        call
    }

    fn get(&self, target: &str) -> (u16, Value) {
        answer(&self.zendesk, &self.call(target))
    }

    fn organization(&self, number: &str) -> i64 {
        let target = format!("/api/v2/organizations/search?external_id={number}");
        self.get(&target).1["organizations"][0]["id"].as_i64().unwrap()
    }

    fn search(&self, query: &str, more: &str) -> (u16, Value) {
        let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        self.get(&format!("/api/v2/search.json?query={query}{more}"))
    }
}

#[test]
fn a_token_is_handed_out_for_the_time_asked() {
    let zendesk = system(Tenant::Acme);
    let (status, body) = sign_in(&zendesk, &client(&zendesk));
    assert_eq!((status, &body["expires_in"], &body["token_type"]), (200, &json!(3_600), &json!("bearer")));
    let with = |name: &str, value: Value| {
        let mut body = client(&zendesk);
        body[name] = value;
        sign_in(&zendesk, &body).0
    };
    assert_eq!(with("client_secret", json!("x")), 401);
    assert_eq!(with("grant_type", json!("password")), 400);
    assert_eq!(with("expires_in", json!(1)), 400);
    assert_eq!(with("expires_in", json!("x")), 400);
    assert_eq!(sign_in(&zendesk, &Value::Null).0, 400);
}

#[test]
fn tokens_and_api_tokens_are_checked() {
    let acme = Account::of(Tenant::Acme);
    let globex = Account::of(Tenant::Globex);
    let mut late = acme.call("/api/v2/tickets");
    late.now += TimeDelta::hours(2);
    for call in [late, globex.call("/api/v2/tickets")] {
        let (status, body) = answer(&acme.zendesk, &call);
        assert_eq!((status, body["error"].as_str()), (401, Some("invalid_token")));
    }
    let basic = |user: &str, key: &str| {
        let mut call = Call::new(Method::GET, "/api/v2/tickets/count", BASE, now());
        let encoded = STANDARD.encode(format!("{user}:{key}"));
        call.headers.insert("authorization", format!("Basic {encoded}").parse().unwrap());
        answer(&acme.zendesk, &call)
    };
    let key = &acme.zendesk.credentials.api_key;
    assert_eq!(basic("ann@acme.test/token", key).0, 200);
    assert_eq!(basic("ann@acme.test", key), (401, json!({ "error": "Couldn't authenticate you" })));
    assert_eq!(basic("ann@acme.test/token", "x").0, 401);
    assert_eq!(answer(&acme.zendesk, &Call::new(Method::GET, "/api/v2/tickets", BASE, now())).0, 401);
}

#[test]
fn organizations_are_found_by_external_id_without_case() {
    let account = Account::of(Tenant::Acme);
    let found = account.get("/api/v2/organizations/search.json?external_id=c-1001").1;
    assert_eq!((&found["count"], &found["organizations"][0]["external_id"]), (&json!(1), &json!("C-1001")));
    let id = account.organization("C-1001");
    assert_eq!(account.get(&format!("/api/v2/organizations/{id}.json")).1["organization"]["id"], id);
    assert_eq!(account.get("/api/v2/organizations/search?external_id=PROSPECT-1").1["count"], 0);
    assert_eq!(account.get("/api/v2/organizations/search").0, 400);
    assert_eq!(account.get("/api/v2/organizations/search?name=a&external_id=b").0, 400);
    assert_eq!(Account::of(Tenant::Globex).get(&format!("/api/v2/organizations/{id}")).0, 404);
}

#[test]
fn many_organizations_come_sorted_by_name_and_without_the_unknown() {
    let account = Account::of(Tenant::Acme);
    let target = "/api/v2/organizations/show_many.json?external_ids=C-1002,c-1001,C-0000,C-1003,%20";
    let body = account.get(target).1;
    let names: Vec<&str> =
        body["organizations"].as_array().unwrap().iter().map(|o| o["name"].as_str().unwrap()).collect();
    assert!(names.is_sorted());
    assert_eq!((names.len(), &body["count"], &body["next_page"]), (3, &json!(3), &Value::Null));
    let (one, two) = (account.organization("C-1001"), account.organization("C-1002"));
    let by_ids = account.get(&format!("/api/v2/organizations/show_many?ids={one},{two},5,{one}")).1;
    assert_eq!(by_ids["count"], 2);
    let many = vec!["1"; 101].join(",");
    for kind in ["organizations", "users", "tickets"] {
        let (status, body) = account.get(&format!("/api/v2/{kind}/show_many?ids={many}"));
        assert_eq!((status, &body["error"], &body["max_count"]), (400, &json!("TooManyValues"), &json!(100)));
        assert_eq!(account.get(&format!("/api/v2/{kind}/show_many")).0, 400);
        assert_eq!(account.get(&format!("/api/v2/{kind}/show_many?ids=a'")).0, 400);
    }
}

#[test]
fn a_ticket_about_an_order_carries_its_number() {
    let account = Account::of(Tenant::Acme);
    let found = account.get("/api/v2/tickets?external_id=SO-1042&include=users,organizations").1;
    let ticket = &found["tickets"][0];
    assert_eq!(
        (&found["count"], &ticket["external_id"], &ticket["status"]),
        (&json!(1), &json!("SO-1042"), &json!("open"))
    );
    let asked = found["users"].as_array().unwrap().iter().find(|user| user["id"] == ticket["requester_id"]).unwrap();
    assert_eq!(asked["organization_id"], ticket["organization_id"]);
    assert_eq!(found["organizations"][0]["external_id"], "C-1001");
    let id = &ticket["id"];
    assert_eq!(account.get(&format!("/api/v2/tickets/{id}.json")).1["ticket"], *ticket);
    assert_eq!(account.get(&format!("/api/v2/tickets/{id}/comments")).1["comments"][0]["body"], ticket["description"]);
    let user = &ticket["requester_id"];
    assert_eq!(account.get(&format!("/api/v2/users/{user}")).1["user"], *asked);
    assert!(account.get(&format!("/api/v2/users/{user}/tickets/requested")).1["count"].as_u64().unwrap() >= 1);
    assert_eq!(account.get("/api/v2/tickets?external_id=SO-0").1["count"], 0);
}

#[test]
fn values_of_one_property_are_alternatives_in_a_search() {
    let account = Account::of(Tenant::Acme);
    let (one, two) = (account.organization("C-1001"), account.organization("C-1002"));
    let count = |query: &str| account.search(query, "").1["count"].as_u64().unwrap();
    let first = count(&format!("type:ticket organization:{one}"));
    let second = count(&format!("type:ticket organization:{two}"));
    assert!(first > 0 && second > 0);
    assert_eq!(count(&format!("type:ticket organization:{one} organization:{two}")), first + second);
    let open = count(&format!("type:ticket organization:{one} status<solved"));
    let solved = count(&format!("type:ticket organization:{one} status>=solved"));
    assert_eq!(open + solved, first);
    assert_eq!(count("type:ticket external_id:\"SO-1042\" external_id:\"SO-0\""), 1);
    assert_eq!(count("type:ticket -external_id:none created<1990-01-01"), 0);
    assert_eq!(count("type:organization external_id:c-1001"), 1);
    let mail = "prospect@example.com";
    assert_eq!(count(&format!("type:user email:{mail}")), 0);
}

#[test]
fn a_search_is_sorted_paged_and_brings_users_along() {
    let account = Account::of(Tenant::Acme);
    let (_, body) =
        account.search("type:ticket", "&sort_by=created_at&sort_order=asc&per_page=5&include=tickets(users)");
    let created: Vec<&str> =
        body["results"].as_array().unwrap().iter().map(|t| t["created_at"].as_str().unwrap()).collect();
    assert!(created.is_sorted() && created.len() == 5);
    assert_eq!(body["results"][0]["result_type"], "ticket");
    assert!(!body["users"].as_array().unwrap().is_empty());
    let next = body["next_page"].as_str().unwrap().strip_prefix(BASE).unwrap();
    let second = account.get(next).1;
    assert_ne!(second["results"][0]["id"], body["results"][0]["id"]);
    assert!(second["previous_page"].is_string());
    assert_eq!(account.search("type:user", "&page=11&per_page=100").0, 422);
    assert_eq!(account.search("", "").0, 422);
    let (_, mine) = account.search("type:ticket order_by:created_at sort:asc", "&per_page=5&include=users");
    assert_eq!(mine["results"], body["results"]);
}

#[test]
fn hostile_searches_find_nothing_and_never_panic() {
    let account = Account::of(Tenant::Acme);
    for query in [
        "\"",
        "external_id:\"",
        "type:ticket external_id:\"x\" OR",
        "status<nope",
        "created>x",
        "-",
        "😀",
        "a:b:c",
        "\u{0}",
    ] {
        assert_eq!(account.search(query, "").0, 200, "{query}");
    }
    assert_eq!(account.search("type:ticket organization:'1'", "").1["count"], 0);
}

#[test]
fn lists_have_pages_by_cursor_and_by_number() {
    let account = Account::of(Tenant::Acme);
    let (mut page, mut seen) = (account.get("/api/v2/organizations.json?page[size]=100").1, 0);
    let total = account.get("/api/v2/organizations?per_page=1").1["count"].as_u64().unwrap();
    loop {
        seen += page["organizations"].as_array().unwrap().len();
        if page["meta"]["has_more"] == false {
            break;
        }
        let next = page["links"]["next"].as_str().unwrap().strip_prefix(BASE).unwrap().to_owned();
        page = account.get(&next).1;
    }
    assert_eq!(page["links"]["next"], Value::Null);
    assert_eq!(seen as u64, total);
    let id = account.organization("C-1001");
    let first = account.get(&format!("/api/v2/organizations/{id}/tickets?per_page=1")).1;
    assert_eq!(first["next_page"], format!("{BASE}/api/v2/organizations/{id}/tickets?page=2&per_page=1"));
    for wrong in
        ["page[size]=0", "page[size]=101", "page[size]=x", "page[after]=x", "page=x", "per_page=-1", "page=101"]
    {
        assert_eq!(account.get(&format!("/api/v2/organizations?{wrong}")).0, 400, "{wrong}");
    }
}

#[test]
fn refusals_come_in_the_vendors_several_forms() {
    let account = Account::of(Tenant::Acme);
    let missing = json!({ "error": "RecordNotFound", "description": "Not found" });
    assert_eq!(account.get("/api/v2/tickets/9223372036854775807"), (404, missing.clone()));
    assert_eq!(account.get("/api/v2/users/-9223372036854775808"), (404, missing.clone()));
    assert_eq!(account.get("/api/v2/organizations/1"), (404, missing));
    let (status, body) = account.get("/api/v2/tickets/x'");
    assert_eq!((status, &body["error"]["title"]), (400, &json!("Invalid attribute")));
    assert_eq!(account.get("/api/v2/nope"), (404, json!({ "error": "InvalidEndpoint", "description": "Not found" })));
    assert_eq!(account.get("/").0, 404);
    let throttled = account.zendesk.throttled(Some(17));
    assert_eq!((throttled.status.as_u16(), &throttled.headers["content-type"]), (429, &"text/plain".parse().unwrap()));
    assert_eq!(throttled.headers["retry-after"], "17");
}

#[test]
fn answers_carry_limits_and_a_validator() {
    let account = Account::of(Tenant::Acme);
    let mut call = account.call("/api/v2/tickets/count");
    let reply = account.zendesk.answer(&call);
    for name in ["x-rate-limit", "x-rate-limit-remaining", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"]
    {
        assert!(reply.headers[name].to_str().unwrap().parse::<u64>().is_ok(), "{name}");
    }
    call.headers.insert("if-none-match", reply.headers["etag"].clone());
    assert_eq!(account.zendesk.answer(&call).status, 304);
}

#[test]
fn a_page_can_be_pointed_elsewhere() {
    let account = Account::of(Tenant::Acme);
    let link = "http://elsewhere.example/x";
    let mut numbered = account.get("/api/v2/tickets?per_page=1").1;
    account.zendesk.continue_at(&mut numbered, link);
    assert_eq!(numbered["next_page"], link);
    let mut by_cursor = account.get("/api/v2/tickets?external_id=SO-1042&page[size]=100").1;
    account.zendesk.continue_at(&mut by_cursor, link);
    assert_eq!((&by_cursor["meta"]["has_more"], &by_cursor["links"]["next"]), (&json!(true), &json!(link)));
}

#[test]
fn no_address_makes_it_panic() {
    let account = Account::of(Tenant::Acme);
    let parts = [
        "/api/v2",
        "/organizations",
        "/users",
        "/tickets",
        "/search",
        "/show_many",
        ".json",
        "?",
        "&",
        "ids=",
        "external_ids=",
        "C-1001,",
        "6130869000000,",
        "9223372036854775807",
        "-9223372036854775808",
        "page[size]=",
        "1",
        "100",
        "&page[after]=cGxhY2U6MTg0NDY3NDQwNzM3MDk1NTE2MTU",
        "&page[before]=cGxhY2U6MA",
        "page=",
        "per_page=",
        "query=",
        "type:ticket",
        "%20",
        "status%3C",
        "solved",
        "%22",
        "created%3E",
        "2026-01-01",
        "include=",
        "users,organizations",
        "%00",
        "%ff",
        "é",
        "/comments",
    ];
    for target in strange_targets(&parts).take(4_000) {
        assert!(account.get(&target).0 < 500, "{target}");
    }
    let far = format!("/api/v2/organizations?page[size]=1&page[after]={}", "cGxhY2U6MTg0NDY3NDQwNzM3MDk1NTE2MTU");
    assert_eq!(account.get(&far).1["organizations"], json!([]));
}

#[test]
fn users_of_an_organization_are_those_of_a_role_where_one_is_named() {
    let account = Account::of(Tenant::Acme);
    let found = account.get("/api/v2/organizations/show_many?external_ids=C-1001").1;
    let id = found["organizations"][0]["id"].clone();
    let users = |query: &str| account.get(&format!("/api/v2/organizations/{id}/users.json{query}")).1["count"].clone();
    assert_eq!((users(""), users("?role=end-user"), users("?role=agent")), (json!(2), json!(2), json!(0)));
    assert_eq!(account.get("/api/v2/users.json?role=agent").1["count"], 1);
    assert_eq!(account.get("/api/v2/organizations/1/users.json").0, 404);
}
