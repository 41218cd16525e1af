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

#[test]
fn accounts_are_organizations_and_a_setting_names_their_segment() {
    let driver = driver("zendesk", "https://acme.zendesk.com", &[("segment_field", "tier")]);
    let ask = ask("Account", "customerNumber");
    assert_snapshot!(readable(&request(&driver, &ask, &["C-1001", "C-1002"])), @"
    GET /api/v2/organizations/show_many.json
      ?external_ids=C-1001,C-1002
    ");
    let shape = shape!("zendesk", "organizations")
        .replace("\"domain_names\"", "\"organization_fields\": {\"tier\": \"gold\"}, \"domain_names\"");
    let (pages, strays) = pages(&driver, &ask, &["C-1001", "C-1002", "C-3"], &shape);
    assert_debug_snapshot!((pages, strays), @r#"
    (
        [
            [
                "id=\"6130869157658\" name=\"Third in name\" segment=\"gold\" customerNumber=\"C-1001\" domain=\"acme.test\"",
            ],
            [
                "id=\"7\" name=\"Second\" segment=\"gold\" customerNumber=\"c-1002\"",
            ],
            [],
        ],
        1,
    )
    "#);
    assert_eq!(driver.requests(&ask, &keys(&["C-1,C-2"])).refused.len(), 1);
}

#[test]
fn agents_deleted_people_and_members_who_are_at_home_elsewhere_are_no_contacts() {
    let driver = driver("zendesk", "https://acme.zendesk.com", &[("contact_role_field", "position")]);
    let of_organization = ask("Contact", "accountId");
    assert_snapshot!(readable(&request(&driver, &of_organization, &["6130869157658"])), @"
    GET /api/v2/organizations/6130869157658/users.json
      ?role=end-user
      &per_page=100
    ");
    let (found, strays) = pages(&driver, &of_organization, &["6130869157658"], shape!("zendesk", "users"));
    assert_debug_snapshot!((found, strays), @r#"
    (
        [
            [
                "id=\"6130869168922\" name=\"Jo\" email=\"Jo@acme.test\" phone=\"+1 555 0101\" role=\"Line manager\" accountId=\"6130869157658\"",
            ],
        ],
        2,
    )
    "#);
    let by_id = ask("Contact", "id");
    assert_snapshot!(readable(&request(&driver, &by_id, &["6130869168922", "900"])), @"
    GET /api/v2/users/show_many.json
      ?ids=6130869168922,900
    ");
    let (found, _) = pages(&driver, &by_id, &["6130869168922", "900", "901"], shape!("zendesk", "users"));
    assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [1, 0, 0]);
    let asked = request(&driver, &of_organization, &["6130869157658"]);
    let gone = answer(404, r#"{"error":"RecordNotFound","description":"Not found"}"#);
    assert_eq!(driver.read(&of_organization, &asked, &gone).expect_err("refused"), Rejection::NotFound);
    let moved = answer(404, r#"{"error":"InvalidEndpoint","description":"Not found"}"#);
    assert!(matches!(driver.read(&of_organization, &asked, &moved), Err(Rejection::Failed { .. })));
}

#[test]
fn contacts_are_searched_by_their_quoted_address_and_what_is_alike_is_dropped() {
    let driver = zendesk();
    let ask = ask("Contact", "email");
    assert_snapshot!(readable(&request(&driver, &ask, &["jo@acme.test"])), @r#"
    GET /api/v2/users/search.json
      ?query=email:"jo@acme.test"
      &per_page=100
    "#);
    let (found, strays) = pages(&driver, &ask, &["jo@acme.test"], shape!("zendesk", "users"));
    assert_eq!((found[0].len(), strays), (1, 2), "{found:?}");
    let refused = driver.requests(&ask, &keys(&["a\" role:\"agent", "*@acme.test", "a\\"])).refused;
    assert_eq!(refused.len(), 3);
    let of = driver.requests(&super::ask("Contact", "accountId"), &keys(&["7/../8", "7?role=agent", "..", "x"]));
    assert_eq!(of.refused.len(), 4);
}
