use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;

use super::*;

fn tryton() -> Driver {
    driver("tryton", "http://127.0.0.1:8400/erp", &[("currency", "EUR")])
}

/// The target with its base64 undone.
fn plain(request: &Request) -> String {
    let (path, query) = request.target.split_once('?').expect("a query");
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').expect("a value");
        let json = ["d", "o"].contains(&name).then(|| URL_SAFE.decode(value.replace("%3D", "=")).expect("base64"));
        let json = json.map(|json| String::from_utf8(json).expect("UTF-8"));
        format!("{name}={}", json.unwrap_or_else(|| value.to_owned()))
    };
    format!("{path}\n  {}", query.split('&').map(pair).collect::<Vec<_>>().join("\n  "))
}

#[test]
fn domains_are_json_in_base64() {
    let driver = tryton();
    assert_snapshot!(plain(&request(&driver, &ask("Order", "number"), &["SO-3", "a\"],[\"id\",\">\",0"])), @r#"
    /rest/model/sale.sale
      d=[["number","in",["SO-3","a\"],[\"id\",\">\",0"]]]
      o=[["sale_date","DESC"],["id","DESC"]]
      f=number
      f=state
      f=invoice_method
      f=invoice_state
      f=shipment_state
      f=sale_date
      f=shipping_date
      f=reference
      f=shipment_address.street
      f=shipment_address.city
      f=shipment_address.postal_code
      f=shipment_address.country.code
      f=total_amount
      f=currency.code
      f=party.code
      s=200
    "#);
    assert_snapshot!(plain(&request(&driver, &first("Order", "customerNumber", 20), &["C-1001"])), @r#"
    /rest/model/sale.sale
      d=[["party.code","in",["C-1001"]],["state","!=","draft"]]
      o=[["sale_date","DESC"],["id","DESC"]]
      f=number
      f=state
      f=invoice_method
      f=invoice_state
      f=shipment_state
      f=sale_date
      f=shipping_date
      f=reference
      f=shipment_address.street
      f=shipment_address.city
      f=shipment_address.postal_code
      f=shipment_address.country.code
      f=total_amount
      f=currency.code
      f=party.code
      s=21
    "#);
    assert_snapshot!(plain(&request(&driver, &ask("Shipment", "orderNumber"), &["SO-3"])), @r#"
    /rest/model/sale.sale
      d=[["number","in",["SO-3"]]]
      f=shipments.number
      f=shipments.state
      f=shipments.effective_date
      f=number
      s=200
    "#);
    assert_snapshot!(plain(&request(&driver, &ask("OpenItem", "customerNumber"), &["C-1001"])), @r#"
    /rest/model/account.invoice
      d=[["party.code","in",["C-1001"]],["type","=","out"],["state","=","posted"]]
      f=number
      f=party.code
      f=lines_to_pay.reconciliation
      f=lines_to_pay.maturity_date
      f=amount_to_pay_today
      f=currency.code
      s=200
    "#);
}

#[test]
fn the_company_goes_with_every_request() {
    let asked = request(&tryton(), &ask("Customer", "number"), &["C-1001"]);
    let context = URL_SAFE.decode(&asked.headers["x-tryton-context"]).expect("base64");
    assert_eq!(String::from_utf8(context).expect("UTF-8"), r#"{"company":1}"#);
}

/// The shapes are answers of a Tryton 8.2 with the business of `tests/tryton`.
#[test]
fn typed_scalars_map() {
    let driver = tryton();
    let of = |entity, by, wanted: &[&str], body| pages(&driver, &ask(entity, by), wanted, body);
    let customers = ["C-1001", "C-1002", "C-1003"];
    let orders = ["SO-1", "SO-2", "SO-3", "SO-5"];
    assert_debug_snapshot!(of("Customer", "number", &customers, shape!("tryton", "parties")), @r#"
    (
        [
            [
                "number=\"C-1001\" name=\"Riverside Labs GmbH\" email=\"accounts@riverside.example\" currency=\"EUR\"",
            ],
            [
                "number=\"C-1002\" name=\"Oldcastle Ltd\" email=\"office@oldcastle.example\" currency=\"EUR\"",
            ],
            [
                "number=\"C-1003\" name=\"Newcomer AG\" email=\"hello@newcomer.example\" currency=\"EUR\"",
            ],
        ],
        0,
    )
    "#);
    assert_debug_snapshot!(of("Order", "number", &orders, shape!("tryton", "sales")), @r#"
    (
        [
            [
                "number=\"SO-1\" status=INVOICED statusText=\"processing\" orderedAt=2026-08-23T00:00:00+00:00 requestedShipDate=2026-09-06 shipTo=(street=\"Am Fluss 4\" city=\"Ulm\" postalCode=\"89073\") total=1004.00 EUR customerNumber=\"C-1002\"",
            ],
            [
                "number=\"SO-2\" status=CLOSED statusText=\"done\" orderedAt=2026-08-23T00:00:00+00:00 requestedShipDate=2026-09-06 purchaseOrder=\"PO-7001\" shipTo=(street=\"Am Fluss 4\" city=\"Ulm\" postalCode=\"89073\") total=125.50 EUR customerNumber=\"C-1001\"",
            ],
            [
                "number=\"SO-3\" status=INVOICED statusText=\"processing\" orderedAt=2026-11-01T00:00:00+00:00 requestedShipDate=2026-11-15 purchaseOrder=\"PO-7002\" shipTo=(street=\"Am Fluss 4\" city=\"Ulm\" postalCode=\"89073\") total=476.00 EUR customerNumber=\"C-1001\"",
            ],
            [
                "number=\"SO-5\" status=OPEN statusText=\"processing\" orderedAt=2026-11-20T00:00:00+00:00 requestedShipDate=2026-12-04 purchaseOrder=\"PO-7004\" shipTo=(street=\"Am Fluss 4\" city=\"Ulm\" postalCode=\"89073\") total=251.00 EUR customerNumber=\"C-1001\"",
            ],
        ],
        0,
    )
    "#);
    assert_debug_snapshot!(of("OrderLine", "orderNumber", &["SO-3"], shape!("tryton", "lines")), @r#"
    (
        [
            [
                "lineNumber=3 sku=\"SRV-9\" quantity=3.0 unit=\"u\" unitPrice=125.5000 EUR lineTotal=376.50 EUR orderNumber=\"SO-3\"",
                "lineNumber=4 sku=\"CBL-2\" quantity=10.0 unit=\"u\" unitPrice=9.9500 EUR lineTotal=99.50 EUR orderNumber=\"SO-3\"",
            ],
        ],
        0,
    )
    "#);
    assert_debug_snapshot!(of("Shipment", "orderNumber", &["SO-3", "SO-5"], shape!("tryton", "sales_with_shipments")), @r#"
    (
        [
            [
                "number=\"OUT-3\" status=DELIVERED shippedAt=2026-11-11T00:00:00+00:00 orderNumber=\"SO-3\"",
            ],
            [
                "number=\"OUT-5\" status=PLANNED orderNumber=\"SO-5\"",
            ],
        ],
        0,
    )
    "#);
    assert_debug_snapshot!(of("Invoice", "orderNumber", &["SO-3", "SO-5"], shape!("tryton", "sales_with_invoices")), @r#"
    (
        [
            [
                "number=\"INV-3\" status=OPEN issuedOn=2026-11-11 dueOn=2026-12-11 total=476.00 EUR openAmount=376.00 EUR orderNumber=\"SO-3\" customerNumber=\"C-1001\"",
            ],
            [],
        ],
        0,
    )
    "#);
    assert_debug_snapshot!(of("Invoice", "customerNumber", &customers[..2], shape!("tryton", "invoices")), @r#"
    (
        [
            [
                "number=\"INV-3\" status=OPEN issuedOn=2026-11-11 dueOn=2026-12-11 total=476.00 EUR openAmount=376.00 EUR orderNumber=\"SO-3\" customerNumber=\"C-1001\"",
                "number=\"INV-2\" status=PAID issuedOn=2026-09-02 dueOn=2026-10-02 total=125.50 EUR openAmount=0 EUR orderNumber=\"SO-2\" customerNumber=\"C-1001\"",
            ],
            [
                "number=\"INV-1\" status=OPEN issuedOn=2026-08-28 dueOn=2026-09-27 total=1004.00 EUR openAmount=502.00 EUR orderNumber=\"SO-1\" customerNumber=\"C-1002\"",
            ],
        ],
        0,
    )
    "#);
    assert_debug_snapshot!(of("Product", "sku", &["SRV-9"], shape!("tryton", "products")), @r#"
    (
        [
            [
                "sku=\"SRV-9\" name=\"Servo drive 9\" unit=\"u\" listPrice=125.50 EUR",
            ],
        ],
        0,
    )
    "#);
}

#[test]
fn what_is_due_is_counted_from_the_oldest_date_that_is_not_settled() {
    let driver = tryton();
    let items =
        pages(&driver, &ask("OpenItem", "customerNumber"), &["C-1001", "C-1002"], shape!("tryton", "open_items"));
    assert_debug_snapshot!(items, @r#"
    (
        [
            [
                "invoiceNumber=\"INV-3\" customerNumber=\"C-1001\" dueOn=2026-12-11 openAmount=0 EUR",
            ],
            [
                "invoiceNumber=\"INV-1\" customerNumber=\"C-1002\" dueOn=2026-09-27 openAmount=502.00 EUR",
            ],
        ],
        0,
    )
    "#);
}

#[test]
fn a_credit_limit_is_mapped_where_the_module_is_there() {
    let receivables = ask("Receivables", "customerNumber");
    assert!(!tryton().provides_field(receivables.entity, "creditLimit"));
    let settings = [("currency", "EUR"), ("credit_limit_field", "credit_limit_amount")];
    let with = driver("tryton", "http://127.0.0.1:8400/erp", &settings);
    assert!(with.provides_field(receivables.entity, "creditLimit"));
    assert!(plain(&request(&with, &receivables, &["C"])).contains("f=credit_limit_amount"));
    assert_debug_snapshot!(pages(&with, &receivables, &["C-1001", "C-1003"], shape!("tryton", "parties")), @r#"
    (
        [
            [
                "creditLimit=10000 EUR openBalance=376.00 EUR paymentTerms=\"30 days net\" customerNumber=\"C-1001\" currency=\"EUR\"",
            ],
            [
                "openBalance=0 EUR paymentTerms=\"30 days net\" customerNumber=\"C-1003\" currency=\"EUR\"",
            ],
        ],
        1,
    )
    "#);
}

#[test]
fn a_full_page_has_a_successor() {
    let driver = tryton();
    let ask = ask("Customer", "number");
    let asked = request(&driver, &ask, &["C"]);
    let full: Vec<String> = (0..200).map(|n| format!("{{\"code\":\"{n}\",\"name\":\"x\"}}")).collect();
    let read =
        |asked: &Request| driver.read(&ask, asked, &answer(200, &format!("[{}]", full.join(",")))).expect("rows");
    let second = read(&asked).next.expect("a page");
    assert!(second.target.ends_with("&p=200"), "{}", second.target);
    assert!(read(&second).next.expect("a page").target.ends_with("&p=400"));
}
