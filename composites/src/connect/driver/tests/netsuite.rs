use super::*;

fn netsuite() -> Driver {
    driver("netsuite", "https://1234567.suitetalk.api.netsuite.com", &[])
}

fn query(request: &Request) -> String {
    let body: serde_json::Value = serde_json::from_slice(request.body.as_ref().expect("a body")).expect("JSON");
    let query = body["q"].as_str().expect("a query");
    let laid_out =
        query.replace(" FROM ", "\nFROM ").replace(" WHERE ", "\nWHERE ").replace(" ORDER BY ", "\nORDER BY ");
    format!("{} {}\n{laid_out}", request.method, request.target)
}

#[test]
fn receivables_are_one_query_that_changes_nothing() {
    let driver = netsuite();
    let ask = ask("Receivables", "customerNumber");
    let request = request(&driver, &ask, &["C-1001", "C-'2' OR 'a'='a"]);
    assert_snapshot!(query(&request), @"
    POST /services/rest/query/v1/suiteql?limit=1000&offset=0
    SELECT c.entityid AS customer_number, c.creditlimit AS credit_limit, c.balancesearch AS balance, c.overduebalancesearch AS overdue, c.oncredithold AS on_hold, c.creditholdoverride AS hold_override, BUILTIN.DF(c.terms) AS terms, BUILTIN.DF(c.currency) AS currency
    FROM customer c
    WHERE c.entityid IN ('C-1001','C-''2'' OR ''a''=''a')
    ORDER BY c.id
    ");
    assert_eq!(request.headers["prefer"], "transient");
    assert_eq!(request.headers["content-type"], "application/json");
    let (pages, _) = pages(&driver, &ask, &["C-1001", "C-1002"], shape!("netsuite", "receivables"));
    assert_debug_snapshot!(pages, @r#"
    [
        [
            "creditLimit=50000 USD openBalance=18250.5 USD overdueBalance=0.5 USD onHold=false paymentTerms=\"Net 30\" customerNumber=\"C-1001\" currency=\"USD\"",
        ],
        [
            "onHold=true holdReason=\"ON\" customerNumber=\"C-1002\" currency=\"EUR\"",
        ],
    ]
    "#);
}

#[test]
fn what_a_setting_does_not_name_is_not_there() {
    let receivables = Model::get().entity("Receivables").expect("an entity");
    assert!(!netsuite().provides_field(receivables, "oldestOverdueDays"));
    let named = driver("netsuite", "https://n.test", &[("days_overdue_column", "daysoverdue")]);
    assert!(named.provides_field(receivables, "oldestOverdueDays"));
    assert!(
        query(&request(&named, &ask("Receivables", "customerNumber"), &["1"]))
            .contains("c.daysoverdue AS days_overdue")
    );
}

#[test]
fn orders_are_paged_at_multiples_and_narrowed_to_statuses() {
    let driver = netsuite();
    let mut ask = first("Order", "customerNumber", 20);
    ask.narrow.statuses = vec!["OPEN"];
    let asked = request(&driver, &ask, &["C-1001"]);
    assert_snapshot!(query(&asked), @"
    POST /services/rest/query/v1/suiteql?limit=21&offset=0
    SELECT t.type AS kind, t.tranid AS document, c.entityid AS customer, t.status AS status, BUILTIN.DF(t.status) AS status_text, TO_CHAR(t.trandate, 'YYYY-MM-DD') AS ordered, TO_CHAR(t.shipdate, 'YYYY-MM-DD') AS ship_on, t.otherrefnum AS reference, t.foreigntotal AS total, BUILTIN.DF(t.currency) AS currency
    FROM transaction t JOIN customer c ON c.id = t.entity
    WHERE t.type = 'SalesOrd' AND c.entityid = 'C-1001' AND t.status IN ('B','SalesOrd:B')
    ORDER BY t.trandate DESC, t.id DESC
    ");
    ask.narrow.statuses.clear();
    let next = driver.read(&ask, &asked, &answer(200, shape!("netsuite", "orders"))).expect("rows").next;
    assert_eq!(next.expect("a page").target, "/services/rest/query/v1/suiteql?limit=21&offset=21");
    ask.narrow.after = Some("MjAuU08x".into());
    assert_eq!(request(&driver, &ask, &["C-1001"]).target, "/services/rest/query/v1/suiteql?limit=41&offset=0");
}

#[test]
fn orders_map_and_what_does_not_fit_is_no_value() {
    let driver = netsuite();
    let ask = ask("Order", "customerNumber");
    let body = shape!("netsuite", "orders").replace("\"hasMore\": true", "\"hasMore\": false");
    let (pages, _) = pages(&driver, &ask, &["C-1001"], &body);
    assert_debug_snapshot!(pages, @r#"
    [
        [
            "number=\"SO1044\" status=PARTIALLY_SHIPPED statusText=\"Sales Order : Partially Fulfilled\" orderedAt=2026-10-01T00:00:00+00:00 requestedShipDate=2026-10-08 purchaseOrder=\"PO-778\" total=376.5 USD customerNumber=\"C-1001\"",
            "number=\"SO1043\" status=UNKNOWN statusText=\"Sales Order : Own\" orderedAt=!`Order.orderedAt` is not of the type that its contract promises total=!`Order.total` is not of the type that its contract promises customerNumber=\"C-1001\"",
        ],
    ]
    "#);
}

#[test]
fn lines_count_what_the_seller_owes_as_negative() {
    let driver = netsuite();
    let ask = ask("OrderLine", "orderNumber");
    assert_snapshot!(query(&request(&driver, &ask, &["SO1044"])), @"
    POST /services/rest/query/v1/suiteql?limit=1000&offset=0
    SELECT t.type AS kind, l.mainline AS mainline, l.taxline AS taxline, t.tranid AS order_number, l.linesequencenumber AS line, i.itemid AS sku, i.displayname AS description, l.quantity AS quantity, l.rate AS rate, l.foreignamount AS amount, l.quantitybilled AS billed, l.isfullyshipped AS shipped, l.isclosed AS closed, BUILTIN.DF(t.currency) AS currency
    FROM transactionline l JOIN transaction t ON t.id = l.transaction LEFT JOIN item i ON i.id = l.item
    WHERE t.type = 'SalesOrd' AND l.mainline = 'F' AND l.taxline = 'F' AND t.tranid = 'SO1044'
    ORDER BY l.transaction, l.linesequencenumber, l.id
    ");
    let (pages, strays) = pages(&driver, &ask, &["SO1044"], shape!("netsuite", "lines"));
    assert_debug_snapshot!((pages, strays), @r#"
    (
        [
            [
                "lineNumber=1 sku=\"SRV-9\" description=\"Servo motor\" quantity=3 unitPrice=125.5 USD lineTotal=376.5 USD orderNumber=\"SO1044\" delivered=false invoicedAmount=125.5 USD",
                "lineNumber=2 sku=\"CBL-1\" quantity=2 unitPrice=4 USD lineTotal=8 USD orderNumber=\"SO1044\"",
            ],
        ],
        1,
    )
    "#);
}

#[test]
fn shipments_and_invoices_of_orders_are_found_by_links() {
    let driver = netsuite();
    assert_snapshot!(query(&request(&driver, &ask("Shipment", "orderNumber"), &["SO1044"])), @"
    POST /services/rest/query/v1/suiteql?limit=1000&offset=0
    SELECT t.type AS kind, o.type AS order_kind, t.tranid AS document, t.status AS status, t.trackingnumberlist AS tracking, TO_CHAR(t.trandate, 'YYYY-MM-DD') AS moved, o.tranid AS order_number
    FROM nexttransactionlink k JOIN transaction t ON t.id = k.nextdoc JOIN transaction o ON o.id = k.previousdoc
    WHERE t.type = 'ItemShip' AND o.type = 'SalesOrd' AND o.tranid = 'SO1044'
    ORDER BY t.trandate DESC, t.id DESC
    ");
    let (shipments, _) = pages(&driver, &ask("Shipment", "orderNumber"), &["SO1044"], shape!("netsuite", "shipments"));
    assert_debug_snapshot!(shipments, @r#"
    [
        [
            "number=\"IF2001\" status=SHIPPED trackingNumber=\"1Z999AA10123456784\" shippedAt=2026-10-05T00:00:00+00:00 orderNumber=\"SO1044\"",
            "number=\"IF2002\" status=PLANNED orderNumber=\"SO1044\"",
        ],
    ]
    "#);
    assert_snapshot!(query(&request(&driver, &ask("Invoice", "orderNumber"), &["SO1044"])), @"
    POST /services/rest/query/v1/suiteql?limit=1000&offset=0
    SELECT t.type AS kind, t.tranid AS document, t.status AS status, TO_CHAR(t.trandate, 'YYYY-MM-DD') AS issued, TO_CHAR(t.duedate, 'YYYY-MM-DD') AS due, t.foreigntotal AS total, t.foreignamountunpaid AS unpaid, BUILTIN.DF(t.currency) AS currency, o.tranid AS order_number, c.entityid AS customer
    FROM nexttransactionlink k JOIN transaction o ON o.id = k.previousdoc AND o.type = 'SalesOrd' JOIN transaction t ON t.id = k.nextdoc JOIN customer c ON c.id = t.entity
    WHERE t.type = 'CustInvc' AND o.tranid = 'SO1044'
    ORDER BY t.trandate DESC, t.id DESC
    ");
    let mut open = ask("Invoice", "customerNumber");
    open.narrow.open = Some(true);
    assert_snapshot!(query(&request(&driver, &open, &["C-1001"])), @"
    POST /services/rest/query/v1/suiteql?limit=1000&offset=0
    SELECT t.type AS kind, t.tranid AS document, t.status AS status, TO_CHAR(t.trandate, 'YYYY-MM-DD') AS issued, TO_CHAR(t.duedate, 'YYYY-MM-DD') AS due, t.foreigntotal AS total, t.foreignamountunpaid AS unpaid, BUILTIN.DF(t.currency) AS currency, o.tranid AS order_number, c.entityid AS customer
    FROM transaction t JOIN customer c ON c.id = t.entity LEFT JOIN transactionline m ON m.transaction = t.id AND m.mainline = 'T' LEFT JOIN transaction o ON o.id = m.createdfrom AND o.type = 'SalesOrd'
    WHERE t.type = 'CustInvc' AND c.entityid = 'C-1001' AND t.foreignamountunpaid > 0
    ORDER BY t.trandate DESC, t.id DESC
    ");
    let (invoices, _) = pages(&driver, &ask("Invoice", "customerNumber"), &["C-1001"], shape!("netsuite", "invoices"));
    assert_debug_snapshot!(invoices, @r#"
    [
        [
            "number=\"INV1001\" status=OPEN issuedOn=2026-09-15 dueOn=2026-10-15 total=4200 USD openAmount=4200 USD orderNumber=\"SO1044\" customerNumber=\"C-1001\"",
            "number=\"INV1017\" status=PAID issuedOn=2026-11-01 dueOn=2026-12-01 total=900.5 USD openAmount=0 USD customerNumber=\"C-1001\"",
        ],
    ]
    "#);
}

#[test]
fn stock_of_all_locations_is_added_up() {
    let driver = netsuite();
    let (stock, _) = pages(&driver, &ask("ProductAvailability", "sku"), &["SRV-9"], shape!("netsuite", "stock"));
    assert_debug_snapshot!(stock, @r#"
    [
        [
            "onHand=12.5 available=7 sku=\"SRV-9\"",
        ],
    ]
    "#);
}

#[test]
fn a_tenants_own_columns_are_selected_too() {
    let pack = Pack::built_in("netsuite").expect("a shipped pack");
    let names = BTreeMap::from([("region".to_owned(), "custentity_region".to_owned())]);
    let extensions = BTreeMap::from([("Customer".to_owned(), names)]);
    let binding = Binding { extensions, ..Binding::default() };
    let driver = Driver::new(&pack, &binding, &"https://n.test".parse().expect("an address")).expect("bound");
    let ask = ask("Customer", "number");
    assert!(query(&request(&driver, &ask, &["1"])).contains("AS currency, custentity_region\nFROM"));
}

#[test]
fn refusals_are_told_by_their_code_and_never_by_their_type() {
    let driver = netsuite();
    let ask = ask("Customer", "number");
    let asked = request(&driver, &ask, &["C-1001"]);
    let code = |code: &str| {
        format!(r#"{{"type":"x","status":400,"o:errorDetails":[{{"detail":"d","o:errorCode":"{code}"}}]}}"#)
    };
    let read = |status, body: &str| driver.read(&ask, &asked, &answer(status, body)).expect_err("refused");
    let second = Some(std::time::Duration::from_secs(1));
    assert_eq!(read(429, &code("CONCURRENCY_LIMIT_EXCEEDED")), Rejection::Throttled(second));
    assert_eq!(read(400, &code("CONCURRENCY_LIMIT_EXCEEDED")), Rejection::Throttled(second));
    assert_eq!(read(401, &code("INVALID_LOGIN")), Rejection::Unauthorized);
    assert!(matches!(read(400, &code("INSUFFICIENT_PERMISSION")), Rejection::Forbidden(_)));
    assert!(matches!(read(400, &code("INVALID_PARAMETER")), Rejection::Failed { retryable: false, .. }));
    assert!(matches!(read(503, "<html>"), Rejection::Failed { retryable: true, .. }));
}

#[test]
fn contacts_are_those_of_customers_who_are_still_there() {
    let driver = netsuite();
    let of_customer = ask("Contact", "customerNumber");
    assert_snapshot!(query(&request(&driver, &of_customer, &["C-1001", "x' OR 'a'='a"])), @"
    POST /services/rest/query/v1/suiteql?limit=1000&offset=0
    SELECT k.id AS id, k.isinactive AS inactive, k.entityid AS name, k.email AS email, k.phone AS phone, k.title AS title, c.id AS account, c.entityid AS customer
    FROM contact k JOIN customer c ON c.id = k.company
    WHERE k.isinactive = 'F' AND c.entityid IN ('C-1001','x'' OR ''a''=''a')
    ORDER BY k.id
    ");
    assert_debug_snapshot!(pages(&driver, &of_customer, &["C-1001"], shape!("netsuite", "contacts")), @r#"
    (
        [
            [
                "id=\"512\" name=\"Ada Brandt\" email=\"ada@acme-robotics.test\" role=\"Buyer\" accountId=\"107\" customerNumber=\"C-1001\"",
                "id=\"513\" name=\"Bo Lind\" accountId=\"107\" customerNumber=\"C-1001\"",
            ],
        ],
        1,
    )
    "#);
    let accounts = pages(&driver, &ask("Account", "customerNumber"), &["C-1001"], shape!("netsuite", "accounts"));
    assert_debug_snapshot!(accounts, @r#"
    (
        [
            [
                "id=\"107\" name=\"Acme Robotics\" website=\"https://www.acme-robotics.test\" phone=\"+49 30 5550100\" customerNumber=\"C-1001\" parentId=\"41\" domain=\"acme-robotics.test\"",
            ],
        ],
        0,
    )
    "#);
}

#[test]
fn ids_are_digits_and_nothing_else() {
    let driver = netsuite();
    let links = [
        ("Account", "id"),
        ("Contact", "id"),
        ("Contact", "accountId"),
        ("Case", "supportId"),
        ("Requester", "id"),
        ("SupportOrganization", "id"),
        ("BillingCustomer", "id"),
        ("BillingSubscription", "billingId"),
    ];
    for (entity, by) in links {
        let ask = ask(entity, by);
        let questions = driver.requests(&ask, &keys(&["1 OR 1=1", "1'--", "abc", "-1"]));
        assert_eq!((questions.refused.len(), questions.chunks.len()), (4, 0), "{entity} by {by}");
        assert!(query(&request(&driver, &ask, &["107", "108"])).contains(" IN (107,108)"), "{entity} by {by}");
    }
}

#[test]
fn cases_are_moments_of_utc_and_statuses_of_ones_own_mean_their_stage() {
    let driver = driver("netsuite", "https://n.test", &[("case_order_column", "custevent_order")]);
    let mut of_customer = ask("Case", "customerNumber");
    of_customer.narrow.open = Some(true);
    assert_snapshot!(query(&request(&driver, &of_customer, &["C-1001"])), @r#"
    POST /services/rest/query/v1/suiteql?limit=1000&offset=0
    SELECT s.casenumber AS case_number, s.title AS title, s.status AS status, st.stage AS stage, s.priority AS priority, TO_CHAR(s.createddate, 'YYYY-MM-DD"T"HH24:MI:SS') AS opened, TO_CHAR(s.lastmodifieddate, 'YYYY-MM-DD"T"HH24:MI:SS') AS updated, s.contact AS contact, c.id AS company, c.entityid AS customer, s.custevent_order AS order_number
    FROM supportcase s LEFT JOIN customer c ON c.id = s.company LEFT JOIN supportcasestatus st ON st.id = s.status
    WHERE c.entityid = 'C-1001' AND st.stage <> 'CLOSED'
    ORDER BY s.createddate DESC, s.id DESC
    "#);
    of_customer.narrow.open = None;
    assert_debug_snapshot!(pages(&driver, &of_customer, &["C-1001"], shape!("netsuite", "cases")), @r#"
    (
        [
            [
                "number=\"CASE310\" subject=\"Servo fault\" status=OPEN priority=HIGH openedAt=2026-10-05T09:15:00+00:00 updatedAt=2026-10-05T10:00:00+00:00 requesterId=\"512\" supportId=\"107\" customerNumber=\"C-1001\" orderNumber=\"SO1044\"",
                "number=\"CASE311\" subject=\"Own status\" status=OPEN priority=UNKNOWN openedAt=!`Case.openedAt` is not of the type that its contract promises updatedAt=2026-10-05T10:00:00+00:00 supportId=\"107\" customerNumber=\"C-1001\"",
                "number=\"CASE312\" subject=\"Closed\" status=CLOSED openedAt=2026-10-05T09:15:00+00:00 updatedAt=2026-10-05T10:00:00+00:00 supportId=\"107\" customerNumber=\"C-1001\"",
            ],
        ],
        1,
    )
    "#);
    let by_number = pages(&driver, &ask("Case", "number"), &["CASE313"], shape!("netsuite", "cases")).0;
    assert_debug_snapshot!(by_number, @r#"
    [
        [
            "number=\"CASE313\" subject=\"Of a project\" status=NEW priority=LOW openedAt=2026-10-05T09:15:00+00:00 updatedAt=2026-10-05T10:00:00+00:00",
        ],
    ]
    "#);
    // Without the setting nobody can ask by the order, and nothing else changes.
    let case = Model::get().entity("Case").expect("an entity");
    assert!(netsuite().supports(case, "orderNumber").is_none() && driver.supports(case, "orderNumber").is_some());
    assert!(netsuite().supports(case, "customerNumber").is_some());
}

#[test]
fn subscriptions_say_when_they_are_billed_next_and_not_when_they_end() {
    let driver = driver(
        "netsuite",
        "https://n.test",
        &[("subscription_amount_column", "custrecord_amount"), ("subscription_quantity_column", "custrecord_quantity")],
    );
    let of_customer = ask("BillingSubscription", "customerNumber");
    assert_snapshot!(query(&request(&driver, &of_customer, &["C-1001"])), @"
    POST /services/rest/query/v1/suiteql?limit=1000&offset=0
    SELECT s.id AS id, s.billingsubscriptionstatus AS status, BUILTIN.DF(s.subscriptionplan) AS plan, TO_CHAR(s.nextbillcycledate, 'YYYY-MM-DD') AS next_bill, s.autorenewal AS renews, s.custrecord_amount AS amount, s.custrecord_quantity AS quantity, BUILTIN.DF(s.currency) AS currency, c.id AS customer_id, c.entityid AS customer
    FROM subscription s JOIN customer c ON c.id = s.customer
    WHERE c.entityid = 'C-1001'
    ORDER BY s.startdate DESC, s.id DESC
    ");
    assert_debug_snapshot!(pages(&driver, &of_customer, &["C-1001"], shape!("netsuite", "subscriptions")), @r#"
    (
        [
            [
                "id=\"88\" status=ACTIVE plan=\"Premium Care\" currentPeriodEnd=2026-11-01T00:00:00+00:00 cancelAtPeriodEnd=false quantity=1 amount=199.5 USD customerNumber=\"C-1001\" billingId=\"107\"",
                "id=\"89\" status=UNKNOWN amount=!`BillingSubscription.amount` is not of the type that its contract promises customerNumber=\"C-1001\" billingId=\"107\"",
                "id=\"90\" status=CANCELLED plan=\"Old Care\" customerNumber=\"C-1001\" billingId=\"107\"",
            ],
        ],
        0,
    )
    "#);
}

#[test]
fn a_serial_number_that_was_shipped_twice_is_the_last_customers() {
    let driver = netsuite();
    let by_serial = ask("Asset", "serialNumber");
    assert_snapshot!(query(&request(&driver, &by_serial, &["SN-0001"])), @"
    POST /services/rest/query/v1/suiteql?limit=1000&offset=0
    SELECT t.type AS kind, n.inventorynumber AS serial_number, i.itemid AS sku, TO_CHAR(t.trandate, 'YYYY-MM-DD') AS shipped, o.tranid AS order_number, c.entityid AS customer
    FROM inventoryassignment a JOIN inventorynumber n ON n.id = a.inventorynumber JOIN transaction t ON t.id = a.transaction JOIN customer c ON c.id = t.entity LEFT JOIN item i ON i.id = n.item LEFT JOIN transactionline m ON m.transaction = t.id AND m.mainline = 'T' LEFT JOIN transaction o ON o.id = m.createdfrom AND o.type = 'SalesOrd'
    WHERE t.type = 'ItemShip' AND n.inventorynumber = 'SN-0001'
    ORDER BY t.trandate DESC, t.id DESC
    ");
    assert_debug_snapshot!(pages(&driver, &by_serial, &["SN-0001"], shape!("netsuite", "assets")), @r#"
    (
        [
            [
                "serialNumber=\"SN-0001\" sku=\"SRV-9\" purchasedOn=2026-10-05 orderNumber=\"SO1044\" customerNumber=\"C-1001\"",
            ],
        ],
        0,
    )
    "#);
}
