use super::*;
use crate::packs::limits::{Day, Limits, Window};

const SMALL: &str = "
pack: small
title: A small system
driver: odata
path: /data/
settings:
  company: { about: Which company. }
entities:
  Order:
    from: Orders
    where: { dataAreaId: '{company}' }
    fields:
      number: Number
      status: { path: State, map: { Open: OPEN }, otherwise: UNKNOWN }
      total: { path: Total, currency: Currency }
      shipTo: { object: { street: Street } }
    by: { number: }
";

fn mistakes(yaml: &str) -> Vec<String> {
    let mistakes = Pack::parse("small", yaml).expect_err("it has mistakes");
    mistakes.into_iter().map(|m| format!("{}: {}: {}", m.line, m.at, m.says)).collect()
}

#[test]
fn a_sound_pack_is_taken() {
    let pack = Pack::parse("small", SMALL).expect("sound");
    let order = &pack.entities["Order"];
    assert_eq!(order.fields.len(), 4);
    assert_eq!(order.by["number"].batch, 50);
}

#[test]
fn every_mistake_is_said_at_once_with_its_line_and_the_nearest_right_word() {
    let yaml = SMALL.replace("driver: odata", "driver: odta").replace("title", "titel");
    insta::assert_debug_snapshot!(mistakes(&yaml), @r#"
    [
        "2: : `title` is missing",
        "3: titel: `titel` is not known here; did you mean `title`?",
        "4: driver: `odta` is none of odata, soql, suiteql, rest; did you mean `odata`?",
    ]
    "#);
    let yaml = SMALL
        .replace("number: Number", "numbr: Number")
        .replace("Open: OPEN", "Open: OPENED")
        .replace("{company}", "{compny}")
        .replace(", currency: Currency", "")
        .replace("street", "streat")
        .replace("by: { number: }", "by: { number: , customerNumbr: }\n    ordr: x\n  Ordr: {}");
    insta::assert_debug_snapshot!(mistakes(&yaml), @r#"
    [
        "10: entities.Order.fields: `number` is promised by the model and must be mapped",
        "11: entities.Order.where: there is no setting `compny`; did you mean `company`?",
        "13: entities.Order.fields.numbr: `Order` has no field `numbr`; did you mean `number`?",
        "14: entities.Order.fields.status.map: `OrderStatus` has no value `OPENED`; did you mean `OPEN`?",
        "15: entities.Order.fields.total: an amount needs its `currency`: a path, or `{const: EUR}`",
        "16: entities.Order.fields.shipTo.streat: `Address` has no field `streat`; did you mean `street`?",
        "17: entities.Order.by.number: `number` is not mapped, so that rows could not be told apart by it",
        "17: entities.Order.by.customerNumbr: `customerNumbr` is not mapped, so that rows could not be told apart by it",
        "18: entities.Order.ordr: `ordr` is not known here; did you mean `order`?",
        "19: entities.Ordr: the model has no entity `Ordr`; did you mean `Order`?",
    ]
    "#);
}

#[test]
fn what_is_looked_up_cannot_be_mapped_and_what_is_promised_must_be() {
    let yaml = SMALL.replace("number: Number", "lines: Lines").replace("by: { number: }", "by: {}");
    insta::assert_debug_snapshot!(mistakes(&yaml), @r#"
    [
        "10: entities.Order.fields: `number` is promised by the model and must be mapped",
        "13: entities.Order.fields.lines: this field is looked up or decided, not mapped",
    ]
    "#);
}

#[test]
fn settings_are_checked_when_a_pack_is_bound() {
    let pack = Pack::parse("small", SMALL).expect("sound");
    let given = |name: &str| BTreeMap::from([(name.to_owned(), "acme".to_owned())]);
    insta::assert_debug_snapshot!(pack.bind(&given("compny")).expect_err("unknown and missing"), @r#"
    [
        "pack `small` has no setting `compny`; did you mean `company`?",
        "pack `small` needs the setting `company`: Which company.",
    ]
    "#);
    let bound = pack.bind(&given("company")).expect("bound");
    assert_eq!(bound.entities["Order"].filters[0].values, ["acme"]);
}

#[test]
fn a_header_can_be_json_in_which_numbers_are_numbers() {
    let yaml =
        SMALL.replace("{ about: Which company. }", "{ about: Which company., number: true, default: 1 }").replace(
            "entities:",
            "headers:\n  X-Context: { base64url: { company: '{company}', of: 'no {company}' } }\nentities:",
        );
    let pack = Pack::parse("small", &yaml).expect("sound");
    let header = |pack: &Pack| {
        let bytes = URL_SAFE.decode(&pack.headers[0].1).expect("base64");
        String::from_utf8(bytes).expect("UTF-8")
    };
    let bound = pack.bind(&BTreeMap::new()).expect("bound by its default");
    assert_eq!(header(&bound), r#"{"company":1,"of":"no 1"}"#);
    let bound = pack.bind(&BTreeMap::from([("company".to_owned(), "27".to_owned())])).expect("bound");
    assert_eq!(header(&bound), r#"{"company":27,"of":"no 27"}"#);
    let wrong = pack.bind(&BTreeMap::from([("company".to_owned(), "acme".to_owned())])).expect_err("no number");
    assert_eq!(wrong, ["the setting `company` of pack `small` is a whole number, 0 or more"]);
}

#[test]
fn yaml_that_is_none_is_a_mistake_with_its_line() {
    insta::assert_debug_snapshot!(mistakes("pack: small\ntitle: [\n"), @r#"
    [
        "2: : error: line 2 column 8: unclosed bracket '['",
    ]
    "#);
}

const BY_SETTINGS: &str = "
pack: small
title: A small system
driver: soql
path: /query
settings:
  case_order: { about: Orders of cases., optional: true }
  invoices: { about: The object of invoices., optional: true }
  currency: { about: The currency., optional: true }
  book: { about: The price book., optional: true }
notices:
  secret: query
  changes:
    - entities:
        Invoice: { rows: { number: Number } }
        Case: { rows: { number: Number }, lists: { orderNumber: 'For__c' } }
entities:
  Case:
    from: Case
    fields: { number: CaseNumber, orderNumber: '{case_order}' }
    by: { number: , orderNumber: }
  Invoice:
    from: '{invoices}'
    fields: { number: Number, total: { path: Total, currency: { const: '{currency}' } } }
    by: { number: }
  OpenItem:
    from: Invoice
    needs: openAmount
    fields: { invoiceNumber: Number, openAmount: { path: Open__c, currency: { const: '{currency}' } } }
    by: { invoiceNumber: }
  Product:
    from: Product2
    fields:
      sku: Code
      listPrice: { path: 'Prices.records[Book={book}].Price', currency: [Currency__c, { const: '{currency}' }] }
    by: { sku: }
";

#[test]
fn what_lacks_for_want_of_a_setting_is_not_there_and_neither_is_what_hangs_on_it() {
    let pack = Pack::parse("small", BY_SETTINGS).expect("sound");
    let shown = |given: &[(&str, &str)]| {
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let bound = pack.bind(&given).expect("bound");
        let entity = |entity: &EntityMapping| {
            let fields: Vec<&str> = entity.fields.iter().map(|(_, name, _)| *name).collect();
            format!(
                "{}({}) by {}",
                entity.of.name,
                fields.join(" "),
                entity.by.keys().copied().collect::<Vec<_>>().join(" ")
            )
        };
        let told: usize =
            bound.notices.iter().flat_map(|notices| &notices.changes).map(|rule| rule.entities.len()).sum();
        format!("{}; {told} told", bound.entities.values().map(entity).collect::<Vec<_>>().join(", "))
    };
    insta::assert_snapshot!(shown(&[]), @"Case(number) by number, Product(sku) by sku; 1 told");
    insta::assert_snapshot!(shown(&[("invoices", "Invoice"), ("book", "b")]), @"Case(number) by number, Invoice(number) by number, Product(sku listPrice) by sku; 2 told");
    insta::assert_snapshot!(shown(&[("invoices", "Invoice"), ("currency", "EUR"), ("case_order", "For__c")]), @"Case(number orderNumber) by number orderNumber, Invoice(number total) by number, OpenItem(invoiceNumber openAmount) by invoiceNumber, Product(sku) by sku; 2 told");
}

const COLUMNS: &str = "
pack: small
title: A small system
driver: suiteql
path: /query
settings:
  days: { about: Days., optional: true }
paging: { offset: { parameter: offset, limit: limit, more: hasMore } }
entities:
  Receivables:
    from: customer c
    columns:
      number: c.entityid
      late: c.{days}
    fields:
      customerNumber: number
      oldestOverdueDays: late
    by: { customerNumber: }
";

#[test]
fn a_column_without_its_setting_takes_its_field_along() {
    let pack = Pack::parse("small", COLUMNS).expect("sound");
    let fields = |given: &[(&str, &str)]| {
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let bound = pack.bind(&given).expect("bound");
        let receivables = &bound.entities["Receivables"];
        (receivables.fields.iter().map(|(_, name, _)| *name).collect::<Vec<_>>(), receivables.columns.clone())
    };
    let number = ("number".to_owned(), "c.entityid".to_owned());
    assert_eq!(fields(&[]), (vec!["customerNumber"], vec![number.clone()]));
    let late = ("late".to_owned(), "c.daysoverdue".to_owned());
    assert_eq!(fields(&[("days", "daysoverdue")]), (vec!["customerNumber", "oldestOverdueDays"], vec![number, late]));
    let hostile = BTreeMap::from([("days".to_owned(), "x FROM customer --".to_owned())]);
    assert!(pack.bind(&hostile).is_err());
}

#[test]
fn what_columns_pages_and_links_lack_is_said() {
    let yaml = COLUMNS
        .replace("      number: c.entityid", "      Number: c.entityid")
        .replace(", more: hasMore", "")
        .replace(
            "{ customerNumber: }",
            "{ customerNumber: { links: { rows: a, then: { rows: b, field: nothing, id: x } } } }",
        )
        .replace("entities:", "errors:\n  - { status: 500, except: X, means: retry }\nentities:");
    insta::assert_debug_snapshot!(mistakes(&yaml), @r#"
    [
        "8: paging.offset: say either `more` or `total`: what tells the last page",
        "10: errors.except: `except` goes with `at`, and not with `is`",
        "13: entities.Receivables.fields.customerNumber: there is no column `number`; did you mean `Number`?",
        "15: entities.Receivables.columns.Number: columns are named by lower-case letters, digits and `_`",
        "20: entities.Receivables.by.customerNumber.links: only REST packs say links",
        "20: entities.Receivables.by.customerNumber.links: `request` is missing",
        "20: entities.Receivables.by.customerNumber.links: `key` is missing",
        "20: entities.Receivables.by.customerNumber.links: `ids` is missing",
        "20: entities.Receivables.by.customerNumber.links.then: `request` is missing",
        "20: entities.Receivables.by.customerNumber.links.then: `key` is missing",
        "20: entities.Receivables.by.customerNumber.links.then: `ids` is missing",
        "20: entities.Receivables.by.customerNumber.links.then: say one of `field`, `id` (where the rows hold the ids) and `then` (what they lead to)",
    ]
    "#);
    let odata = SMALL.replace("    fields:", "    columns: { number: Number }\n    fields:");
    insta::assert_debug_snapshot!(mistakes(&odata), @r#"
    [
        "12: entities.Order.columns: only SuiteQL packs name columns",
    ]
    "#);
}

const OWN: &str = "
pack: small
title: A small system
driver: rest
paging: { offset: skip }
entities:
  Case:
    rows: data[]
    fields:
      number: id
      subject: { path: title }
      status: { path: state, map: { a: OPEN } }
      openedAt: created
    by:
      number: { request: { path: '/cases/{key}' } }
";

#[test]
fn what_a_driver_cannot_do_is_refused_with_its_line() {
    assert!(Pack::parse("small", OWN).is_ok());
    let yaml = OWN
        .replace("driver: rest", "driver: rest\npath: /data")
        .replace("    rows: data[]", "    rows: data[]\n    order: id\n    filter: x = 1\n    open: { yes: a, no: b }\n    statuses: { enum: State }")
        .replace("paging: { offset: skip }", "paging: { cursor: { path: next, parameter: after, in: body } }")
        .replace("by:\n", "by:\n      status: { request: { path: '/cases', query: { ids: '{keys}{open}{statuses}' } }, from: x }\n");
    insta::assert_snapshot!(mistakes(&yaml).join("\n"), @"
    5: path: the driver `rest` does not read it: requests say their paths
    10: entities.Case.order: the driver `rest` does not read `order`
    11: entities.Case.filter: the driver `rest` does not read `filter`
    13: entities.Case.statuses.enum: the driver `rest` does not read `enum`
    20: entities.Case.by.status: only in SuiteQL packs a look-up has tables of its own
    20: entities.Case.by.status: its pages are asked for in the body, and its request has none
    21: entities.Case.by.number: its pages are asked for in the body, and its request has none
    ");
    let odata = SMALL
        .replace(
            "where: { dataAreaId: '{company}' }",
            "where: { 'lines[].area': '{company}' }\n    rows: value[]\n    statuses: { each: x }",
        )
        .replace("by: { number: }", "by: { number: { path: 'a[0].b' } }")
        .replace("entities:", "paging: { offset: skip }\nentities:");
    insta::assert_snapshot!(mistakes(&odata).join("\n"), @"
    8: paging: the driver `odata` pages by link, not by offset
    12: entities.Order.where: the driver `odata` can filter by members only
    13: entities.Order.rows: the driver `odata` does not read `rows`
    14: entities.Order.statuses.each: the driver `odata` does not read `each`
    20: entities.Order.by.number: the driver `odata` can filter by members only; say `path`
    ");
    let columns = COLUMNS.replace("customerNumber: number", "customerNumber: number[0]");
    insta::assert_snapshot!(mistakes(&columns).join("\n"), @"
    16: entities.Receivables.fields.customerNumber: the driver `suiteql` reads columns: a name of `columns`, and nothing inside it
    18: entities.Receivables.by.customerNumber: the driver `suiteql` can filter by members only; say `path`
    ");
}

#[test]
fn what_would_be_left_out_in_silence_is_refused() {
    let yaml = OWN
        .replace("number: id", "number: no")
        .replace("{ path: title }", "{ path: title, map: { a: b }, format: day, with: ', ', else: x }")
        .replace("openedAt: created", "openedAt: { path: [created, created], unit: minor, const: now }\n      priority: { const: HIGH, only_if: { a: b } }");
    insta::assert_snapshot!(mistakes(&yaml).join("\n"), @"
    8: entities.Case.fields: `number` is promised by the model and must be mapped
    10: entities.Case.fields.number: YAML reads this as true or false; a member of that name is written in quotes
    11: entities.Case.fields.subject.map: `map` says nothing about text; did you mean `as`?
    11: entities.Case.fields.subject.format: `format` says nothing about text
    11: entities.Case.fields.subject.else: `else` goes with `only_if`
    11: entities.Case.fields.subject.with: `with` goes with `join`
    13: entities.Case.fields.openedAt.unit: `unit` says nothing about a day or a moment
    13: entities.Case.fields.openedAt: only one of path, const can be said
    14: entities.Case.fields.priority.only_if: `only_if` goes with `path`
    16: entities.Case.by.number: `number` is not mapped, so that rows could not be told apart by it
    ");
}

#[test]
fn what_a_kind_of_system_limits_is_read() {
    let limits = |yaml: &str| Pack::parse("small", &format!("{SMALL}{yaml}")).expect("sound").limits;
    let read = limits(
        "limits:
  concurrency: 5
  per_second: 10
  per_day: 15000
  day: rolling
  reported:
    - { window: day, header: Sforce-Limit-Info, used_of: api-usage }
    - { window: hour, limit: X-Limit, resets_at: X-Reset }
",
    );
    assert_eq!((read.concurrency, read.day), (Some(5), Day::Rolling));
    assert_eq!(read.windows, [(Window::Second, 10), (Window::Day, 15_000)].into());
    assert_eq!(read.reported.len(), 2);
    assert_eq!(limits(""), Limits::default());
}

#[test]
fn limits_that_make_no_sense_are_told() {
    let yaml = format!(
        "{SMALL}limits:
  concurency: 5
  per_second: 0
  day: monthly
  reported:
    - {{ window: week, limit: X-Limit }}
    - {{ window: day, header: X-Limit }}
    - {{ window: day, limit: 'X Limit', resets_in: A, resets_at: B }}
"
    );
    insta::assert_debug_snapshot!(mistakes(&yaml), @r#"
    [
        "19: limits.concurency: `concurency` is not known here; did you mean `concurrency`?",
        "20: limits.per_second: this must be 1 or more; leave it out where there is no limit",
        "21: limits.day: `monthly` is none of utc, rolling",
        "23: limits.reported.window: `week` is none of second, 10_seconds, minute, hour, day",
        "24: limits.reported: say `limit` and `remaining`, the fields with these numbers, or `header` and `used_of`, a field with `name=used/limit` and the name",
        "25: limits.reported.limit: `X Limit` is not the name of a header field",
        "25: limits.reported: say `limit` and `remaining`, the fields with these numbers, or `header` and `used_of`, a field with `name=used/limit` and the name",
        "25: limits.reported: only one of `resets_in` and `resets_at` can be said",
    ]
    "#);
}
