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
