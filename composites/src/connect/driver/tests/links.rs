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
