use super::*;

fn hubspot() -> Driver {
    driver("hubspot", "https://api.hubapi.com", &[("open_amount_property", "hs_balance_due")])
}

fn written(request: &Request) -> String {
    let body = request.body.as_ref().map(|body| String::from_utf8_lossy(body).into_owned()).unwrap_or_default();
    format!("{}\n{body}", readable(request))
}

#[test]
fn companies_are_read_in_a_batch_by_their_unique_number() {
    let driver = hubspot();
    let ask = ask("Account", "customerNumber");
    assert_snapshot!(written(&request(&driver, &ask, &["C-1001", "c\"2"])), @r#"
    POST /crm/v3/objects/companies/batch/read
      ?archived=false
    {"idProperty":"erp_customer_number","properties":["hs_object_id","name","website","hs_parent_company_id","phone","address","city","state","zip","country","erp_customer_number","domain","hubspot_owner_id"],"inputs":[{"id":"C-1001"},{"id":"c\"2"}]}
    "#);
    let (pages, strays) = pages(&driver, &ask, &["C-1001", "C-404"], shape!("hubspot", "companies"));
    assert_debug_snapshot!((pages, strays), @r#"
    (
        [
            [
                "id=\"406260751575\" name=\"Acme Robotics\" website=\"https://www.acme.test/\" phone=\"+1 555 0100\" billingAddress=(street=\"1 Robot Way\" city=\"Boston\" region=\"MA\" postalCode=\"02108\" country=\"United States\") customerNumber=\"C-1001\" domain=\"acme.test\"",
            ],
            [],
        ],
        1,
    )
    "#);
}

#[test]
fn ids_are_text_and_only_digits() {
    let driver = hubspot();
    let ask = ask("Account", "id");
    assert!(written(&request(&driver, &ask, &["406260751575"])).ends_with(r#""inputs":[{"id":"406260751575"}]}"#));
    assert_eq!(driver.requests(&ask, &keys(&["12x", "../1"])).refused.len(), 2);
}

#[test]
fn half_a_batch_is_no_failure_unless_it_failed_for_something_else() {
    let driver = hubspot();
    let ask = ask("Account", "customerNumber");
    let asked = request(&driver, &ask, &["C-1001", "C-404"]);
    let read = |status, body: &str| driver.read(&ask, &asked, &answer(status, body));
    assert_eq!(read(207, shape!("hubspot", "companies")).expect("rows").records.len(), 2);
    let broken = shape!("hubspot", "companies").replace("OBJECT_NOT_FOUND", "INTERNAL_ERROR");
    assert!(matches!(read(207, &broken), Err(Rejection::Failed { retryable: true, .. })));
    let none = r#"{"status":"error","message":"resource not found","category":"OBJECT_NOT_FOUND"}"#;
    assert_eq!(read(404, none).expect_err("none"), Rejection::NotFound);
    assert!(matches!(read(404, r#"{"status":"error"}"#), Err(Rejection::Failed { retryable: false, .. })));
}

#[test]
fn a_property_that_is_gone_is_drift_and_not_nothing() {
    let driver = hubspot();
    let ask = ask("Account", "customerNumber");
    let body = shape!("hubspot", "companies").replace("\"phone\"", "\"old_phone\"");
    let rows = rows(&driver, &ask, &["C-1001"], &body);
    assert_eq!(rows.drifts, [Drift { entity: "Account", field: "phone", kind: "missing" }]);
    let without_number = shape!("hubspot", "companies").replace("\"erp_customer_number\"", "\"renamed\"");
    let (pages, _) = pages(&driver, &ask, &["C-1001"], &without_number);
    assert_eq!(pages, [["upstream_drift: `Account.customerNumber` is missing from the system's answer"]]);
}

#[test]
fn a_domain_is_searched_for_and_the_next_page_is_asked_for_in_the_body() {
    let driver = hubspot();
    let ask = ask("Account", "domain");
    let asked = request(&driver, &ask, &["WWW.Acme.test"]);
    assert_snapshot!(written(&asked), @r#"
    POST /crm/v3/objects/companies/search
    {"filterGroups":[{"filters":[{"propertyName":"domain","operator":"IN","values":["acme.test"]}]}],"sorts":[{"propertyName":"hs_object_id","direction":"ASCENDING"}],"properties":["hs_object_id","name","website","hs_parent_company_id","phone","address","city","state","zip","country","erp_customer_number","domain","hubspot_owner_id"],"limit":100}
    "#);
    let page = r#"{"total":101,"results":[],"paging":{"next":{"after":"100"}}}"#;
    let next = driver.read(&ask, &asked, &answer(200, page)).expect("rows").next.expect("a page");
    assert!(written(&next).ends_with(r#""limit":100,"after":"100"}"#));
    assert_eq!(next.target, asked.target);
}

#[test]
fn a_contact_by_mail_brings_its_company_along() {
    let driver = hubspot();
    let ask = ask("Contact", "email");
    assert_snapshot!(written(&request(&driver, &ask, &["ann/?#%@acme.test"])), @"
    GET /crm/v3/objects/contacts/ann/?#%@acme.test
      ?idProperty=email
      &properties=hs_object_id,hs_object_id,firstname,lastname,email,phone,jobtitle,associatedcompanyid
      &associations=companies
      &archived=false
    ");
    assert!(
        request(&driver, &ask, &["a/?#%@acme.test"])
            .target
            .starts_with("/crm/v3/objects/contacts/a%2F%3F%23%25%40acme.test?")
    );
    let (pages, _) = pages(&driver, &ask, &["Ann@acme.test"], shape!("hubspot", "contact"));
    assert_debug_snapshot!(pages, @r#"
    [
        [
            "id=\"713492963559\" name=\"Ann Poe\" email=\"ann@acme.test\" accountId=\"406260751575\"",
        ],
    ]
    "#);
}

#[test]
fn contacts_of_companies_are_found_through_associations() {
    let driver = hubspot();
    let ask = ask("Contact", "accountId");
    let first = request(&driver, &ask, &["1", "2", "3"]);
    assert_snapshot!(written(&first), @r#"
    POST /crm/v4/associations/companies/contacts/batch/read
    {"inputs":[{"id":"1"},{"id":"2"},{"id":"3"}]}
    "#);
    let linked = driver.read(&ask, &first, &answer(207, shape!("hubspot", "associations"))).expect("links");
    assert!(linked.records.is_empty() && !linked.partial);
    let second = linked.next.expect("the contacts");
    assert_snapshot!(written(&second), @r#"
    POST /crm/v3/objects/contacts/batch/read
      ?archived=false
    {"properties":["hs_object_id","firstname","lastname","email","phone","jobtitle","associatedcompanyid"],"inputs":[{"id":"713492963559"},{"id":"7"}]}
    "#);
    let rows = driver.read(&ask, &second, &answer(200, shape!("hubspot", "contacts"))).expect("rows");
    assert_eq!(rows.next, None);
    let sorted = driver.sort_out(&ask, &keys(&["1", "2", "3"]), rows.records, true);
    let of = |sorting: &Sorting| match sorting {
        Sorting::Page(page) => page.rows.iter().map(|row| shown(row)).collect(),
        other => vec![format!("{other:?}")],
    };
    assert_debug_snapshot!((sorted.keys.iter().map(of).collect::<Vec<Vec<String>>>(), sorted.strays), @r#"
    (
        [
            [
                "id=\"7\" name=\"Bo\" email=\"bo@acme.test\" accountId=\"1\"",
                "id=\"713492963559\" name=\"Ann Poe\" email=\"ann@acme.test\" phone=\"+1 555 0101\" role=\"Buyer\" accountId=\"1\"",
            ],
            [
                "id=\"7\" name=\"Bo\" email=\"bo@acme.test\" accountId=\"2\"",
            ],
            [],
        ],
        1,
    )
    "#);
}

#[test]
fn more_contacts_than_a_batch_are_asked_for_in_turn_and_more_than_are_told_are_said() {
    let driver = hubspot();
    let ask = ask("Contact", "accountId");
    let first = request(&driver, &ask, &["1"]);
    let ids: Vec<String> = (0..150).map(|id| format!(r#"{{"toObjectId":{id}}}"#)).collect();
    let body = format!(
        r#"{{"results":[{{"from":{{"id":"1"}},"to":[{}],"paging":{{"next":{{"after":"MTA"}}}}}}]}}"#,
        ids.join(",")
    );
    let linked = driver.read(&ask, &first, &answer(200, &body)).expect("links");
    assert!(linked.partial);
    let second = linked.next.expect("the contacts");
    let gone = r#"{"status":"error","category":"OBJECT_NOT_FOUND"}"#;
    let third = driver.read(&ask, &second, &answer(404, gone)).expect("none of them").next.expect("the rest");
    assert_eq!(third.linked.as_ref().map(|linked| linked.rest.len()), Some(0));
    assert!(written(&third).contains(r#""inputs":[{"id":"100"},"#));
    let none = driver.read(&ask, &first, &answer(200, r#"{"results":[]}"#)).expect("no links");
    assert_eq!(none.next, None);
}

#[test]
fn limits_say_how_long_to_wait() {
    let driver = hubspot();
    let ask = ask("Account", "id");
    let asked = request(&driver, &ask, &["1"]);
    let wait = |status, body: &str| match driver.read(&ask, &asked, &answer(status, body)) {
        Err(Rejection::Throttled(wait)) => wait.map(|wait| wait.as_secs()),
        other => panic!("{other:?}"),
    };
    let limit = |policy: &str| format!(r#"{{"status":"error","errorType":"RATE_LIMIT","policyName":"{policy}"}}"#);
    assert_eq!(wait(429, &limit("SECONDLY")), Some(1));
    assert_eq!(wait(429, &limit("TEN_SECONDLY_ROLLING")), Some(10));
    assert_eq!(wait(429, &limit("DAILY")), Some(3_600));
    assert_eq!(wait(423, "{}"), Some(2));
}

#[test]
fn orders_are_read_in_a_batch_by_their_unique_number() {
    let driver = hubspot();
    let ask = ask("Order", "number");
    assert_snapshot!(written(&request(&driver, &ask, &["SO-1042", "SO-1043"])), @r#"
    POST /crm/v3/objects/orders/batch/read
      ?archived=false
    {"idProperty":"erp_order_number","properties":["erp_order_number","hs_external_order_status","hs_external_created_date","createdate","hs_shipping_address_street","hs_shipping_address_city","hs_shipping_address_state","hs_shipping_address_postal_code","hs_shipping_address_country","hs_total_price","hs_currency_code","erp_customer_number"],"inputs":[{"id":"SO-1042"},{"id":"SO-1043"}]}
    "#);
    assert_debug_snapshot!(pages(&driver, &ask, &["SO-1042", "SO-1043"], shape!("hubspot", "orders")), @r#"
    (
        [
            [
                "number=\"SO-1042\" status=PARTIALLY_SHIPPED statusText=\"partially_shipped\" orderedAt=2026-02-25T09:00:00+00:00 shipTo=(street=\"1 Robot Way\" city=\"Boston\" region=\"MA\" postalCode=\"02108\" country=\"United States\") total=5901.00 EUR customerNumber=\"C-1001\"",
            ],
            [
                "number=\"SO-1043\" status=UNKNOWN statusText=\"awaiting_stock\" orderedAt=2026-02-26T16:14:38.670+00:00",
            ],
        ],
        0,
    )
    "#);
}

#[test]
fn orders_of_customers_are_found_through_their_companies_newest_first() {
    let driver = hubspot();
    let ask = ask("Order", "customerNumber");
    let companies = request(&driver, &ask, &["C-1001", "C-404"]);
    let company = r#"{"results":[{"id":"1","properties":{"erp_customer_number":"C-1001","hs_object_id":"1"}}],"numErrors":1,"errors":[{"category":"OBJECT_NOT_FOUND"}]}"#;
    let links = driver.read(&ask, &companies, &answer(207, company)).expect("companies").next.expect("associations");
    let told = r#"{"results":[{"from":{"id":"1"},"to":[{"toObjectId":395110000042},{"toObjectId":395110000043}]}]}"#;
    let orders = driver.read(&ask, &links, &answer(200, told)).expect("links").next.expect("orders");
    assert_snapshot!([&companies, &links, &orders].map(written).join("\n"), @r#"
    POST /crm/v3/objects/companies/batch/read
      ?archived=false
    {"idProperty":"erp_customer_number","properties":["erp_customer_number"],"inputs":[{"id":"C-1001"},{"id":"C-404"}]}
    POST /crm/v4/associations/companies/orders/batch/read
    {"inputs":[{"id":"1"}]}
    POST /crm/v3/objects/orders/batch/read
      ?archived=false
    {"properties":["erp_order_number","hs_external_order_status","hs_external_created_date","createdate","hs_shipping_address_street","hs_shipping_address_city","hs_shipping_address_state","hs_shipping_address_postal_code","hs_shipping_address_country","hs_total_price","hs_currency_code","erp_customer_number","hs_object_id"],"inputs":[{"id":"395110000042"},{"id":"395110000043"}]}
    "#);
    // What the order itself says of its customer is not asked here: the association counts.
    let rows = driver.read(&ask, &orders, &answer(200, shape!("hubspot", "orders"))).expect("rows");
    assert_eq!(rows.next, None);
    let sorted = driver.sort_out(&ask, &keys(&["C-1001", "C-404"]), rows.records, true);
    let of = |sorting: &Sorting| match sorting {
        Sorting::Page(page) => {
            page.rows.iter().map(|row| format!("{:?} {:?}", row.get("number"), row.get("customerNumber"))).collect()
        }
        other => vec![format!("{other:?}")],
    };
    assert_debug_snapshot!(sorted.keys.iter().map(of).collect::<Vec<Vec<String>>>(), @r#"
    [
        [
            "Text(\"SO-1043\") Text(\"C-1001\")",
            "Text(\"SO-1042\") Text(\"C-1001\")",
        ],
        [],
    ]
    "#);
    let nobody = r#"{"status":"error","category":"OBJECT_NOT_FOUND"}"#;
    let none = driver.read(&ask, &companies, &answer(404, nobody)).expect("no company");
    assert!(none.next.is_none() && !none.partial);
}

#[test]
fn lines_are_told_apart_by_what_they_are_associated_with_and_come_as_they_are_numbered() {
    let driver = driver("hubspot", "https://api.hubapi.com", &[("currency", "CHF")]);
    let ask = ask("OrderLine", "orderNumber");
    let asked = request(&driver, &ask, &["SO-1042", "SO-1043"]);
    let links =
        driver.read(&ask, &asked, &answer(200, shape!("hubspot", "orders"))).expect("orders").next.expect("links");
    let lines = driver.read(&ask, &links, &answer(207, shape!("hubspot", "order_lines"))).expect("links").next;
    let lines = lines.expect("lines");
    assert!(
        written(&lines).ends_with(r#""inputs":[{"id":"21660000002"},{"id":"21660000001"}]}"#),
        "{}",
        written(&lines)
    );
    let rows = driver.read(&ask, &lines, &answer(200, shape!("hubspot", "line_items"))).expect("rows");
    let sorted = driver.sort_out(&ask, &keys(&["SO-1042", "SO-1043"]), rows.records, true);
    let of = |sorting: &Sorting| match sorting {
        Sorting::Page(page) => page.rows.iter().map(|row| shown(row)).collect(),
        other => vec![format!("{other:?}")],
    };
    assert_debug_snapshot!((sorted.keys.iter().map(of).collect::<Vec<Vec<String>>>(), sorted.strays), @r#"
    (
        [
            [
                "lineNumber=0 sku=\"P-1\" description=\"Pump\" quantity=2 unitPrice=1250.50 CHF lineTotal=2501.00 CHF orderNumber=\"SO-1042\"",
                "lineNumber=1 description=\"Travel\" quantity=1 unitPrice=3400 EUR lineTotal=3400 EUR orderNumber=\"SO-1042\"",
            ],
            [],
        ],
        1,
    )
    "#);
}

#[test]
fn a_ticket_that_is_read_alone_brings_along_who_asked() {
    let driver = hubspot();
    let ask = ask("Case", "number");
    assert_snapshot!(written(&request(&driver, &ask, &["34870000011"])), @"
    GET /crm/v3/objects/tickets/34870000011
      ?properties=hs_object_id,hs_object_id,subject,hs_pipeline_stage,hs_ticket_priority,createdate,hs_lastmodifieddate,erp_customer_number,erp_order_number
      &associations=contacts,companies
      &archived=false
    ");
    assert_debug_snapshot!(pages(&driver, &ask, &["34870000011"], shape!("hubspot", "ticket")).0, @r#"
    [
        [
            "number=\"34870000011\" subject=\"Display flickers\" status=OPEN priority=HIGH openedAt=2026-02-25T16:14:38.670+00:00 updatedAt=2026-03-09T20:23:36.861+00:00 requesterId=\"713492963559\" supportId=\"406260751575\" orderNumber=\"SO-1042\"",
        ],
    ]
    "#);
    assert_eq!(driver.requests(&ask, &keys(&["T-1", "../1"])).refused.len(), 2);
}

#[test]
fn invoices_are_searched_for_by_exactly_their_number_and_only_open_ones_are_owed() {
    let driver = hubspot();
    assert_snapshot!(written(&request(&driver, &ask("Invoice", "number"), &["INV-1001", "inv*\"}"])), @r#"
    POST /crm/v3/objects/invoices/search
    {"filterGroups":[{"filters":[{"propertyName":"hs_number","operator":"EQ","value":"INV-1001"}]},{"filters":[{"propertyName":"hs_number","operator":"EQ","value":"inv*\"}"}]}],"sorts":[{"propertyName":"hs_object_id","direction":"ASCENDING"}],"properties":["hs_number","hs_invoice_status","hs_invoice_date","hs_due_date","hs_amount_billed","hs_currency","hs_balance_due","erp_order_number","erp_customer_number"],"limit":100}
    "#);
    let body = shape!("hubspot", "invoices");
    assert_debug_snapshot!(pages(&driver, &ask("Invoice", "number"), &["INV-1001", "INV-1002"], body), @r#"
    (
        [
            [
                "number=\"INV-1001\" status=OPEN issuedOn=2026-02-25 dueOn=2026-03-27 total=118.94 EUR openAmount=18.94 EUR",
            ],
            [
                "number=\"INV-1002\" status=DRAFT total=50 EUR openAmount=0 EUR",
            ],
        ],
        1,
    )
    "#);
    assert_debug_snapshot!(pages(&driver, &ask("OpenItem", "invoiceNumber"), &["INV-1001", "INV-1002"], body), @r#"
    (
        [
            [
                "invoiceNumber=\"INV-1001\" dueOn=2026-03-27 openAmount=18.94 EUR",
            ],
            [],
        ],
        1,
    )
    "#);
}
