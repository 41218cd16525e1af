//! Rows that name the owner by an id, which an earlier request has told.

use super::*;

/// Invoices that say `customer: cus_1`, of customers that are found by number.
const PACK: &str = r#"
pack: test
title: Test
driver: rest
paging: { after: { more: more, id: "data[].id", parameter: after }, size: 2, pages: 5 }
entities:
  Invoice:
    fields:
      number: id
      customerNumber: customer
    by:
      customerNumber:
        batch: 5
        links:
          request: { path: /customers, query: { numbers: "{keys}" } }
          rows: data[]
          key: number
          ids: id
          field: customerNumber
          batch: 1
        request: { path: /invoices, query: { customer: "{keys}" } }
        rows: data[]
"#;

fn driver() -> Driver {
    let pack = Pack::parse("test", PACK).expect("a pack");
    Driver::new(&pack, &Binding::default(), &"https://billing.test".parse().expect("an address")).expect("bound")
}

#[test]
fn an_id_in_the_keys_own_field_becomes_the_key_and_every_page_of_each_id_is_read() {
    let (driver, ask) = (driver(), ask("Invoice", "customerNumber"));
    let asked = request(&driver, &ask, &["C-1", "C-2"]);
    assert_eq!(asked.target, "/customers?numbers=C-1%2CC-2");
    let mut answers = [
        r#"{"more": false, "data": [{"number": "C-1", "id": "a"}, {"number": "C-2", "id": "b"}]}"#,
        r#"{"more": true, "data": [{"id": "1", "customer": "a"}, {"id": "2", "customer": "a"}]}"#,
        r#"{"more": false, "data": [{"id": "3", "customer": "a"}, {"id": "4", "customer": "somebody"}]}"#,
        r#"{"more": false, "data": [{"id": "5", "customer": "b"}]}"#,
    ]
    .into_iter();
    let (mut targets, mut records, mut next) = (Vec::new(), Vec::new(), Some(asked));
    while let Some(asked) = next {
        let body = answers.next().expect("no more requests than answers");
        let rows = driver.read(&ask, &asked, &answer(200, body)).expect("rows");
        targets.push(asked.target);
        records.extend(rows.records);
        next = rows.next;
    }
    assert_debug_snapshot!(targets, @r#"
    [
        "/customers?numbers=C-1%2CC-2",
        "/invoices?customer=a",
        "/invoices?customer=a&after=2",
        "/invoices?customer=b",
    ]
    "#);
    let sorted = driver.sort_out(&ask, &keys(&["C-1", "C-2"]), records, true);
    assert_eq!(sorted.strays, 1);
    let pages: Vec<Vec<String>> = sorted
        .keys
        .iter()
        .map(|sorting| match sorting {
            Sorting::Page(page) => page.rows.iter().map(|row| shown(row)).collect(),
            other => vec![format!("{other:?}")],
        })
        .collect();
    assert_debug_snapshot!(pages, @r#"
    [
        [
            "number=\"1\" customerNumber=\"C-1\"",
            "number=\"2\" customerNumber=\"C-1\"",
            "number=\"3\" customerNumber=\"C-1\"",
        ],
        [
            "number=\"5\" customerNumber=\"C-2\"",
        ],
    ]
    "#);
}

/// Lines that say nothing of their order, which is found by a number and linked with them by ids.
const FAR: &str = r#"
pack: test
title: Test
driver: rest
entities:
  OrderLine:
    rows: lines[]
    fields:
      lineNumber: position
      orderNumber: own_reference?
    by:
      orderNumber:
        batch: 5
        links:
          request: { path: /orders, query: { numbers: "{keys}" } }
          rows: orders[]
          key: number
          ids: id
          batch: 2
          then:
            request: { path: /links, query: { of: "{keys}" } }
            rows: links[]
            key: from
            ids: to[]
            id: id
            batch: 2
        request: { path: /lines, query: { ids: "{keys}" } }
"#;

#[test]
fn links_may_lead_to_links_and_every_batch_of_each_is_asked_before_the_next() {
    let pack = Pack::parse("test", FAR).expect("a pack");
    let driver = Driver::new(&pack, &Binding::default(), &"https://shop.test".parse().expect("an address"));
    let (driver, ask) = (driver.expect("bound"), ask("OrderLine", "orderNumber"));
    let mut answers = [
        r#"{"orders": [{"number": "S-1", "id": 1}, {"number": "S-2", "id": 2}, {"number": "S-3", "id": 3}]}"#,
        r#"{"links": [{"from": "1", "to": [11, 12]}, {"from": "7", "to": [71]}]}"#,
        r#"{"links": [{"from": "3", "to": [12]}]}"#,
        r#"{"lines": [{"id": 12, "position": 2, "own_reference": "S-2"}, {"id": 71, "position": 7}, {"id": 11, "position": 1}]}"#,
    ]
    .into_iter();
    let (mut targets, mut records, mut next) =
        (Vec::new(), Vec::new(), Some(request(&driver, &ask, &["S-1", "S-2", "S-3", "S-404"])));
    while let Some(asked) = next {
        let body = answers.next().expect("no more requests than answers");
        let rows = driver.read(&ask, &asked, &answer(200, body)).expect("rows");
        assert!(!rows.partial);
        records.extend(rows.records);
        targets.push(asked.target);
        next = rows.next;
    }
    assert_eq!(
        targets,
        ["/orders?numbers=S-1%2CS-2%2CS-3%2CS-404", "/links?of=1%2C2", "/links?of=3", "/lines?ids=11%2C12"]
    );
    let sorted = driver.sort_out(&ask, &keys(&["S-1", "S-2", "S-3", "S-404"]), records, true);
    let of = |sorting: &Sorting| match sorting {
        Sorting::Page(page) => page.rows.iter().map(|row| shown(row)).collect::<Vec<_>>().join("; "),
        other => format!("{other:?}"),
    };
    // What a line says of itself does not count: the links do.
    assert_debug_snapshot!((sorted.keys.iter().map(of).collect::<Vec<String>>(), sorted.strays), @r#"
    (
        [
            "lineNumber=1 orderNumber=\"S-1\"; lineNumber=2 orderNumber=\"S-1\"",
            "",
            "lineNumber=2 orderNumber=\"S-3\"",
            "",
        ],
        1,
    )
    "#);
}
