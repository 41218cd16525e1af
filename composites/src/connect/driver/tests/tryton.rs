use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;

use super::*;

fn tryton() -> Driver {
    driver("tryton", "http://127.0.0.1:8400/erp", &[("currency", "USD")])
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
    assert_snapshot!(plain(&request(&driver, &ask("Order", "number"), &["1", "a\"],[\"id\",\">\",0"])), @r#"
    /rest/model/sale.sale
      d=[["number","in",["1","a\"],[\"id\",\">\",0"]]]
      o=[["sale_date","DESC"],["id","DESC"]]
      f=number
      f=state
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
    assert_snapshot!(plain(&request(&driver, &first("Order", "customerNumber", 20), &["CUST-1001"])), @r#"
    /rest/model/sale.sale
      d=[["party.code","in",["CUST-1001"]]]
      o=[["sale_date","DESC"],["id","DESC"]]
      f=number
      f=state
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
    assert_snapshot!(plain(&request(&driver, &ask("Shipment", "orderNumber"), &["1"])), @r#"
    /rest/model/sale.sale
      d=[["number","in",["1"]]]
      f=shipments.number
      f=shipments.state
      f=shipments.effective_date
      f=number
      s=200
    "#);
}

#[test]
fn typed_scalars_map() {
    let driver = tryton();
    let of = |entity, by, key, body| pages(&driver, &ask(entity, by), &[key], body).0;
    assert_debug_snapshot!(of("Order", "number", "1", shape!("tryton", "sales")), @r#"
    [
        [
            "number=\"1\" status=OPEN statusText=\"processing\" orderedAt=2026-01-09T00:00:00+00:00 shipTo=(street=\"Main St 1\" city=\"Ulm\") total=376.50 USD customerNumber=\"CUST-1001\"",
        ],
    ]
    "#);
    assert_debug_snapshot!(of("Shipment", "orderNumber", "1", shape!("tryton", "sales_with_shipments")), @r#"
    [
        [
            "number=\"7\" status=PLANNED orderNumber=\"1\"",
        ],
    ]
    "#);
    assert_debug_snapshot!(of("Invoice", "customerNumber", "CUST-1001", shape!("tryton", "invoices")), @r#"
    [
        [
            "number=\"2026/1\" status=OPEN issuedOn=2026-11-21 total=376.50 USD openAmount=376.50 USD orderNumber=\"1\" customerNumber=\"CUST-1001\"",
        ],
    ]
    "#);
    assert_debug_snapshot!(of("Receivables", "customerNumber", "CUST-1001", shape!("tryton", "parties")), @r#"
    [
        [
            "openBalance=376.50 USD overdueBalance=0 USD paymentTerms=\"Net 30\" customerNumber=\"CUST-1001\" currency=\"USD\"",
        ],
    ]
    "#);
    assert_debug_snapshot!(of("OpenItem", "customerNumber", "CUST-1001", shape!("tryton", "open_items")), @r#"
    [
        [
            "invoiceNumber=\"2026/1\" customerNumber=\"CUST-1001\" dueOn=2026-01-05 openAmount=300.00 USD",
        ],
    ]
    "#);
    assert_debug_snapshot!(of("OrderLine", "orderNumber", "1", shape!("tryton", "lines")), @r#"
    [
        [
            "lineNumber=1 sku=\"SRV-9\" quantity=3.0 unit=\"u\" unitPrice=125.5000 USD lineTotal=376.50 USD orderNumber=\"1\"",
        ],
    ]
    "#);
}

#[test]
fn a_credit_limit_is_mapped_where_the_module_is_there() {
    let receivables = ask("Receivables", "customerNumber");
    assert!(!tryton().provides_field(receivables.entity, "creditLimit"));
    let settings = [("currency", "USD"), ("credit_limit_field", "credit_limit_amount")];
    let with = driver("tryton", "http://127.0.0.1:8400/erp", &settings);
    assert!(with.provides_field(receivables.entity, "creditLimit"));
    assert!(plain(&request(&with, &receivables, &["C"])).contains("f=credit_limit_amount"));
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
