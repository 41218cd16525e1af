use super::*;

fn salesforce() -> Driver {
    driver("salesforce", "https://acme.my.salesforce.com", &[])
}

#[test]
fn accounts_are_selected_by_name_of_field_and_escaped() {
    let request = request(&salesforce(), &ask("Account", "customerNumber"), &["C-1001", r"\' OR Id != '"]);
    assert_snapshot!(readable(&request), @r#"
    GET /services/data/v66.0/query
      ?q=SELECT Id, Name, Owner.Name, Segment__c, Website, ParentId, Phone, BillingStreet, BillingCity, BillingState, BillingPostalCode, BillingCountry, AccountNumber FROM Account WHERE AccountNumber IN ('C-1001','\\\' OR Id != \'') ORDER BY Id DESC
    "#);
}

#[test]
fn contracts_bring_their_lines_along() {
    let driver = salesforce();
    let ask = first("Contract", "customerNumber", 20);
    assert_snapshot!(readable(&request(&driver, &ask, &["C-1001"])), @r#"
    GET /services/data/v66.0/query
      ?q=SELECT ContractNumber, Status, StartDate, EndDate, Support_Level__c, Account.AccountNumber, AccountId, (SELECT Asset.SerialNumber FROM ContractLineItems) FROM ServiceContract WHERE Account.AccountNumber = 'C-1001' ORDER BY StartDate DESC, Id DESC LIMIT 21
    "#);
    let (pages, _) = pages(&driver, &ask, &["C-1001"], shape!("salesforce", "contracts"));
    assert_debug_snapshot!(pages, @r#"
    [
        [
            "number=\"00000101\" status=ACTIVE startsOn=2026-01-01 endsOn=2026-12-31 supportLevel=PREMIUM coversSerialNumbers=[\"SN-77\"] customerNumber=\"C-1001\" accountId=\"001dM00003jU9GyQAK\"",
            "number=\"00000100\" status=EXPIRED startsOn=2025-01-01 endsOn=2025-12-31 supportLevel=UNKNOWN coversSerialNumbers=[] customerNumber=\"C-1001\" accountId=\"001dM00003jU9GyQAK\"",
        ],
    ]
    "#);
}

#[test]
fn a_contract_whose_lines_were_cut_is_not_taken_for_whole() {
    let body = shape!("salesforce", "contracts")
        .replace("\"done\": true,\n          \"records\"", "\"done\": false,\n          \"records\"");
    let (pages, _) = pages(&salesforce(), &ask("Contract", "customerNumber"), &["C-1001"], &body);
    assert_debug_snapshot!(pages, @r#"
    [
        [
            "too_many_rows: there are more rows of Contract than one answer may read",
        ],
    ]
    "#);
}

#[test]
fn accounts_contacts_assets_and_entitlements_map() {
    let driver = salesforce();
    let of = |entity, by, key, body| pages(&driver, &ask(entity, by), &[key], body).0;
    assert_debug_snapshot!(of("Account", "domain", "acme.test", shape!("salesforce", "accounts")), @r#"
    [
        [
            "id=\"001dM00003jU9GyQAK\" name=\"Acme Robotics\" owner=\"Ann Poe\" segment=\"Enterprise\" website=\"https://www.Acme.test/shop\" phone=\"+49 1\" billingAddress=(street=\"Main St 1\" city=\"Ulm\" postalCode=\"89073\" country=\"Germany\") customerNumber=\"C-1001\" domain=\"acme.test\"",
        ],
    ]
    "#);
    assert_debug_snapshot!(of("Contact", "email", "JO@acme.test", shape!("salesforce", "contacts")), @r#"
    [
        [
            "id=\"003dM000001AbCdQAK\" name=\"Jo Doe\" email=\"jo@acme.test\" phone=\"+49 2\" role=\"Buyer\" accountId=\"001dM00003jU9GyQAK\" customerNumber=\"C-1001\"",
        ],
    ]
    "#);
    assert_debug_snapshot!(of("Asset", "serialNumber", "SN-77", shape!("salesforce", "assets")), @r#"
    [
        [
            "serialNumber=\"SN-77\" sku=\"P-1\" installedOn=2026-01-15 orderNumber=\"SO-1042\" warrantyEndsOn=2028-01-15",
        ],
    ]
    "#);
    assert_debug_snapshot!(of("ServiceEntitlement", "serialNumber", "SN-77", shape!("salesforce", "entitlements")), @r#"
    [
        [
            "reference=\"Gold support\" status=ACTIVE startsOn=2026-01-01 endsOn=2026-12-31 serialNumber=\"SN-77\" customerNumber=\"C-1001\" accountId=\"001dM00003jU9GyQAK\"",
        ],
    ]
    "#);
}

#[test]
fn short_and_long_ids_are_the_same_account() {
    let driver = salesforce();
    let ask = ask("Account", "id");
    let request = request(&driver, &ask, &["001dM00003jU9Gy"]);
    assert!(readable(&request).contains("Id = '001dM00003jU9GyQAK'"));
    let (pages, strays) = pages(&driver, &ask, &["001dM00003jU9Gy"], shape!("salesforce", "accounts"));
    assert_eq!((pages[0].len(), strays), (1, 0));
    let refused = driver.requests(&ask, &keys(&["001' OR Id != '"])).refused;
    assert_eq!(refused[0].1.code, Code::KeyRefused);
}

#[test]
fn a_domain_is_looked_for_in_the_ways_people_write_it() {
    let request = request(&salesforce(), &ask("Account", "domain"), &["acme.test"]);
    assert!(readable(&request).contains("Website IN ('acme.test','www.acme.test','https://acme.test',"));
}

#[test]
fn the_daily_limit_is_no_missing_permission() {
    let driver = salesforce();
    let ask = ask("Account", "id");
    let asked = request(&driver, &ask, &["001dM00003jU9Gy"]);
    let of = |status, code: &str, message: &str| {
        let body = format!(r#"[{{"message":"{message}","errorCode":"{code}"}}]"#);
        driver.read(&ask, &asked, &answer(status, &body)).expect_err("refused")
    };
    assert_debug_snapshot!([
        of(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
        of(403, "API_DISABLED_FOR_ORG", "no"),
        of(401, "INVALID_SESSION_ID", "Session expired or invalid"),
        of(401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API"),
        of(400, "INVALID_FIELD", "No such column"),
        of(400, "QUERY_TIMEOUT", "slow"),
        of(404, "NOT_FOUND", "The requested resource does not exist"),
        of(500, "UNKNOWN_EXCEPTION", "bug"),
    ], @r#"
    [
        Throttled(
            Some(
                60s,
            ),
        ),
        Forbidden(
            "HTTP 403 API_DISABLED_FOR_ORG",
        ),
        Unauthorized,
        Forbidden(
            "HTTP 401 INVALID_SESSION_ID",
        ),
        Failed {
            retryable: false,
            cause: "HTTP 400 INVALID_FIELD",
        },
        Failed {
            retryable: true,
            cause: "HTTP 400 QUERY_TIMEOUT",
        },
        Failed {
            retryable: false,
            cause: "HTTP 404 NOT_FOUND",
        },
        Failed {
            retryable: true,
            cause: "HTTP 500 UNKNOWN_EXCEPTION",
        },
    ]
    "#);
}

#[test]
fn the_next_page_is_followed_verbatim() {
    let driver = salesforce();
    let ask = ask("Contact", "customerNumber");
    let body = r#"{"totalSize":4000,"done":false,"nextRecordsUrl":"/services/data/v66.0/query/0r8xx5R2yF2gs3VASQ-2000","records":[]}"#;
    let rows = rows(&driver, &ask, &["C-1001"], body);
    assert_eq!(rows.next.expect("a page").target, "/services/data/v66.0/query/0r8xx5R2yF2gs3VASQ-2000");
}

/// An organisation with several currencies and an order's number on its cases.
fn with_orders() -> Driver {
    let settings = [
        ("currency", "EUR"),
        ("currency_field", "CurrencyIsoCode"),
        ("case_order_field", "Order_Number__c"),
        ("price_book", "01sdM000000stdQAA2"),
        ("shipment_object", "Shipment"),
        ("invoice_object", "Invoice"),
    ];
    driver("salesforce", "https://acme.my.salesforce.com", &settings)
}

#[test]
fn orders_are_narrowed_to_the_statuses_that_are_wanted_in_salesforces_words() {
    let driver = with_orders();
    let mut ask = first("Order", "customerNumber", 20);
    ask.narrow.statuses = vec!["OPEN", "INVOICED"];
    assert_snapshot!(readable(&request(&driver, &ask, &["C-1001"])), @"
    GET /services/data/v66.0/query
      ?q=SELECT OrderNumber, Status, EffectiveDate, ShippingStreet, ShippingCity, ShippingState, ShippingPostalCode, ShippingCountry, TotalAmount, CurrencyIsoCode, Account.AccountNumber FROM Order WHERE Account.AccountNumber = 'C-1001' AND Status IN ('Activated','Open','Invoiced') ORDER BY EffectiveDate DESC, Id DESC LIMIT 21
    ");
    let (pages, strays) =
        pages(&driver, &super::ask("Order", "customerNumber"), &["C-1001"], shape!("salesforce", "orders"));
    assert_debug_snapshot!((pages, strays), @r#"
    (
        [
            [
                "number=\"00000101\" status=OPEN statusText=\"Activated\" orderedAt=2026-05-01T00:00:00+00:00 shipTo=(street=\"Main St 1\" city=\"Ulm\" postalCode=\"89073\" country=\"Germany\") total=99.95 CHF customerNumber=\"C-1001\"",
                "number=\"00000100\" status=UNKNOWN statusText=\"Awaiting approval\" orderedAt=2026-04-01T00:00:00+00:00 total=400 EUR customerNumber=\"C-1001\"",
            ],
        ],
        0,
    )
    "#);
}

#[test]
fn lines_find_their_order_and_product_over_relations() {
    let driver = driver("salesforce", "https://acme.my.salesforce.com", &[("currency", "EUR")]);
    let ask = ask("OrderLine", "orderNumber");
    assert_snapshot!(readable(&request(&driver, &ask, &["00000101", "O' OR Id != '"])), @r"
    GET /services/data/v66.0/query
      ?q=SELECT OrderItemNumber, Product2.ProductCode, Description, Product2.Name, Quantity, Product2.QuantityUnitOfMeasure, UnitPrice, TotalPrice, Order.OrderNumber FROM OrderItem WHERE Order.OrderNumber IN ('00000101','O\' OR Id != \'') ORDER BY OrderItemNumber, Id
    ");
    // A line of an order that nobody asked for, of no product, is no line of these.
    assert_debug_snapshot!(pages(&driver, &ask, &["00000101"], shape!("salesforce", "order_items")), @r#"
    (
        [
            [
                "lineNumber=36 sku=\"P-1\" description=\"Pump\" quantity=2.0 unit=\"Each\" unitPrice=49.975 EUR lineTotal=99.95 EUR orderNumber=\"00000101\"",
            ],
        ],
        1,
    )
    "#);
}

#[test]
fn a_list_price_is_that_of_one_price_book() {
    let single = [("currency", "EUR"), ("price_book", "01sdM000000stdQAA2")];
    let driver = driver("salesforce", "https://acme.my.salesforce.com", &single);
    let ask = ask("Product", "sku");
    assert_snapshot!(readable(&request(&driver, &ask, &["P-1"])), @"
    GET /services/data/v66.0/query
      ?q=SELECT ProductCode, Name, Description, QuantityUnitOfMeasure, (SELECT Pricebook2Id, UnitPrice FROM PricebookEntries) FROM Product2 WHERE ProductCode = 'P-1' ORDER BY IsActive DESC, Id DESC
    ");
    let body = shape!("salesforce", "products");
    assert_debug_snapshot!(pages(&driver, &ask, &["P-1"], body).0, @r#"
    [
        [
            "sku=\"P-1\" name=\"Pump\" unit=\"Each\" listPrice=49.95 EUR",
        ],
    ]
    "#);
    let without = body.replace("01sdM000000stdQAA2", "01sdM000000oldQAA2");
    assert!(!pages(&driver, &ask, &["P-1"], &without).0[0][0].contains("listPrice"), "another book's price is none");
    let cut = body.replace("\"done\": true,\n        \"records\"", "\"done\": false,\n        \"records\"");
    assert!(pages(&driver, &ask, &["P-1"], &cut).0[0][0].starts_with("too_many_rows"));
}

#[test]
fn cases_shipments_and_invoices_map() {
    let driver = with_orders();
    let mut open = ask("Case", "orderNumber");
    open.narrow.open = Some(true);
    assert_snapshot!(readable(&request(&driver, &open, &["00000101"])), @"
    GET /services/data/v66.0/query
      ?q=SELECT CaseNumber, Subject, Status, Priority, CreatedDate, LastModifiedDate, ContactId, AccountId, Account.AccountNumber, Order_Number__c FROM Case WHERE Order_Number__c = '00000101' AND IsClosed = false ORDER BY CreatedDate DESC, Id DESC
    ");
    let of = |entity, by, key, body| pages(&driver, &ask(entity, by), &[key], body).0;
    assert_debug_snapshot!(of("Case", "orderNumber", "00000101", shape!("salesforce", "cases")), @r#"
    [
        [
            "number=\"00001026\" subject=\"Display flickers\" status=OPEN priority=HIGH openedAt=2026-05-01T07:25:37+00:00 updatedAt=2026-05-02T08:00:00+00:00 requesterId=\"003dM000001AbCdQAK\" supportId=\"001dM00003jU9GyQAK\" customerNumber=\"C-1001\" orderNumber=\"00000101\"",
            "number=\"00001027\" status=UNKNOWN openedAt=2026-05-03T07:25:37+00:00 updatedAt=2026-05-03T07:25:37+00:00 orderNumber=\"00000101\"",
        ],
    ]
    "#);
    assert_debug_snapshot!(of("Shipment", "orderNumber", "00000101", shape!("salesforce", "shipments")), @r#"
    [
        [
            "number=\"SH-00000007\" status=DELIVERED carrier=\"UPS\" trackingNumber=\"1Z999\" deliveredAt=2026-05-04T12:00:00+00:00 orderNumber=\"00000101\"",
        ],
    ]
    "#);
    let invoices = shape!("salesforce", "invoices").replace("118.94", "118.94, \"CurrencyIsoCode\": \"USD\"");
    assert_debug_snapshot!(of("Invoice", "number", "DOC-000000012", &invoices), @r#"
    [
        [
            "number=\"DOC-000000012\" issuedOn=2026-05-05 dueOn=2026-06-04 total=118.94 USD customerNumber=\"C-1001\"",
        ],
    ]
    "#);
}

#[test]
fn what_the_organisation_does_not_have_cannot_be_asked_for() {
    let driver = salesforce();
    let entity = |name: &str| Model::get().entity(name).expect("an entity");
    assert!(!driver.provides(entity("Shipment")) && !driver.provides(entity("Invoice")));
    assert!(
        driver.supports(entity("Case"), "orderNumber").is_none() && driver.supports(entity("Case"), "number").is_some()
    );
    assert!(!driver.provides_field(entity("Order"), "total"), "an amount without a currency");
}
