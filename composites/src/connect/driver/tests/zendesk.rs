use super::*;

fn zendesk() -> Driver {
    driver("zendesk", "https://acme.zendesk.com", &[])
}

#[test]
fn organizations_come_in_any_order_and_in_any_case() {
    let driver = zendesk();
    let ask = ask("SupportOrganization", "customerNumber");
    assert_snapshot!(readable(&request(&driver, &ask, &["C-1001", "C-1002"])), @r#"
    GET /api/v2/organizations/show_many.json
      ?external_ids=C-1001,C-1002
    "#);
    let (pages, strays) = pages(&driver, &ask, &["C-1001", "C-1002", "C-3"], shape!("zendesk", "organizations"));
    assert_debug_snapshot!(pages, @r#"
    [
        [
            "id=\"6130869157658\" customerNumber=\"C-1001\" name=\"Third in name\" domains=[\"acme.test\", \"acme.example\"]",
        ],
        [
            "id=\"7\" customerNumber=\"c-1002\" name=\"Second\" domains=[]",
        ],
        [],
    ]
    "#);
    assert_eq!(strays, 1);
}

#[test]
fn cases_of_several_organizations_are_one_search() {
    let driver = zendesk();
    let mut ask = first("Case", "supportId", 20);
    ask.narrow.open = Some(true);
    assert_snapshot!(readable(&request(&driver, &ask, &["6130869157658"])), @r#"
    GET /api/v2/search.json
      ?query=type:ticket organization:6130869157658 status<solved
      &sort_by=created_at
      &sort_order=desc
      &per_page=21
    "#);
    let both = request(&driver, &ask, &["6130869157658", "7"]);
    assert!(readable(&both).contains("type:ticket organization:6130869157658 organization:7 status<solved"));
    let (pages, _) = pages(&driver, &ask, &["6130869157658", "7"], shape!("zendesk", "search"));
    assert_debug_snapshot!(pages, @r#"
    [
        [
            "number=\"3862\" subject=\"Servo fault\" status=OPEN openedAt=2026-10-05T09:15:00+00:00 updatedAt=2026-10-05T10:00:00+00:00 requesterId=\"6130869168922\" supportId=\"6130869157658\" orderNumber=\"SO-1042\"",
        ],
        [
            "number=\"3860\" subject=\"Waiting\" status=WAITING priority=LOW openedAt=2026-10-03T09:15:00+00:00 updatedAt=2026-10-03T10:00:00+00:00 requesterId=\"6130869168922\" supportId=\"7\"",
        ],
    ]
    "#);
}

#[test]
fn cases_of_orders_are_found_by_their_quoted_number() {
    let driver = zendesk();
    let ask = ask("Case", "orderNumber");
    assert_snapshot!(readable(&request(&driver, &ask, &["SO-1042"])), @r#"
    GET /api/v2/search.json
      ?query=type:ticket external_id:"SO-1042"
      &sort_by=created_at
      &sort_order=desc
      &per_page=100
    "#);
    let refused = driver.requests(&ask, &keys(&["SO-1\" type:user", "SO-1*"])).refused;
    assert_eq!(refused.len(), 2);
}

#[test]
fn cases_and_requesters_are_asked_for_by_number() {
    let driver = zendesk();
    assert_snapshot!(readable(&request(&driver, &ask("Case", "number"), &["3861", "3862"])), @r#"
    GET /api/v2/tickets/show_many.json
      ?ids=3861,3862
    "#);
    assert_snapshot!(readable(&request(&driver, &ask("Requester", "id"), &["1"])), @r#"
    GET /api/v2/users/show_many.json
      ?ids=1
    "#);
    let refused = driver.requests(&ask("Case", "number"), &keys(&["38x", "1,2", "-1"])).refused;
    assert_eq!(refused.len(), 3);
}

#[test]
fn a_limit_may_be_plain_text() {
    let driver = zendesk();
    let ask = ask("Case", "number");
    let mut refused = answer(429, "Number of allowed API requests per minute exceeded");
    refused.headers.insert("content-type", HeaderValue::from_static("text/plain"));
    refused.headers.insert("retry-after", HeaderValue::from_static("17"));
    let read = driver.read(&ask, &request(&driver, &ask, &["1"]), &refused);
    assert_eq!(read.expect_err("refused"), Rejection::Throttled(Some(std::time::Duration::from_secs(17))));
}
