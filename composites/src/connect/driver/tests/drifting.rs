//! Shapes that change: whatever is missing, retyped or unknown becomes null with a reason or the pack's own fallback. A
//! value that the system never gave is never answered, and one odd row does not cost the others.

use std::collections::BTreeSet;

use portico_contracts::packs::Kind;
use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;

/// One recorded answer, and the question that it answers.
#[derive(Debug, Clone, Copy)]
struct Recorded {
    pack: &'static str,
    settings: &'static [(&'static str, &'static str)],
    entity: &'static str,
    by: &'static str,
    key: &'static str,
    body: &'static str,
}

macro_rules! recorded {
    ($($pack:literal $settings:tt $entity:literal $by:literal $key:literal $shape:literal;)*) => {
        &[$(Recorded {
            pack: $pack, settings: &$settings, entity: $entity, by: $by, key: $key, body: shape!($pack, $shape),
        }),*]
    };
}

const RECORDED: &[Recorded] = recorded! {
    "dynamics365" [("company", "acme"), ("currency", "EUR")] "Order" "number" "SO-1042" "orders";
    "dynamics365" [("company", "acme"), ("currency", "EUR")] "OrderLine" "orderNumber" "SO-1042" "lines";
    "dynamics365" [("company", "acme"), ("currency", "EUR")] "Receivables" "customerNumber" "C-1001" "customers";
    "dynamics365" [("company", "acme"), ("currency", "EUR")] "OpenItem" "customerNumber" "C-1001" "open_items";
    "dynamics365" [("company", "acme"), ("currency", "EUR")] "Product" "sku" "P-1" "products";
    "dynamics365" [("company", "acme"), ("currency", "EUR")] "Account" "customerNumber" "C-1001" "accounts";
    "dynamics365" [("company", "acme"), ("currency", "EUR")] "Contact" "accountId" "000001702" "contacts";
    "dynamics365" [("company", "acme"), ("currency", "EUR")] "Contract" "customerNumber" "C-1001" "agreements";
    "dynamics365" [("company", "acme"), ("currency", "EUR")] "ContractCoverage" "contractNumber" "SA-1" "agreement_lines";
    "dynamics365" [("company", "acme"), ("currency", "EUR")] "Asset" "serialNumber" "SN-77" "warranties";
    "salesforce" [] "Account" "domain" "acme.test" "accounts";
    "salesforce" [] "Contact" "email" "JO@acme.test" "contacts";
    "salesforce" [] "Contract" "customerNumber" "C-1001" "contracts";
    "salesforce" [] "Asset" "serialNumber" "SN-77" "assets";
    "stripe" [] "BillingSubscription" "customerNumber" "C-1001" "customers_with_subscriptions";
    "stripe" [] "BillingSubscription" "billingId" "cus_1" "subscriptions_older";
    "tryton" [("currency", "EUR")] "Order" "number" "SO-3" "sales";
    "tryton" [("currency", "EUR")] "OrderLine" "orderNumber" "SO-3" "lines";
    "tryton" [("currency", "EUR")] "Shipment" "orderNumber" "SO-3" "sales_with_shipments";
    "tryton" [("currency", "EUR")] "Invoice" "customerNumber" "C-1001" "invoices";
    "netsuite" [] "Receivables" "customerNumber" "C-1001" "receivables";
    "netsuite" [] "OrderLine" "orderNumber" "SO1044" "lines";
    "netsuite" [] "Account" "customerNumber" "C-1001" "accounts";
    "netsuite" [] "Contact" "customerNumber" "C-1001" "contacts";
    "netsuite" [("case_order_column", "custevent_order")] "Case" "customerNumber" "C-1001" "cases";
    "netsuite" [("subscription_amount_column", "custrecord_amount")] "BillingSubscription" "customerNumber" "C-1001" "subscriptions";
    "netsuite" [] "Asset" "serialNumber" "SN-0001" "assets";
    "hubspot" [] "Account" "customerNumber" "C-1001" "companies";
    "servicenow" [("support_level_field", "u_support_level")] "Case" "customerNumber" "C-1001" "cases";
    "chargebee" [] "BillingSubscription" "billingId" "cb_7" "subscriptions";
};

impl Recorded {
    fn driver(&self) -> Driver {
        driver(self.pack, "https://system.test", self.settings)
    }

    fn read(&self, driver: &Driver, body: &Json) -> Result<Rows, Rejection> {
        let ask = ask(self.entity, self.by);
        let asked = driver.requests(&ask, &keys(&[self.key])).chunks.remove(0).request;
        driver.read(&ask, &asked, &answer(200, &body.to_string()))
    }
}

/// How one member of an answer changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Gone,
    Object,
    List,
    Truth,
}

/// How many members the answer has, at any depth.
fn members(body: &Json) -> usize {
    match body {
        Json::Object(inner) => inner.values().map(|value| 1 + members(value)).sum(),
        Json::Array(items) => items.iter().map(members).sum(),
        _ => 0,
    }
}

/// Changes the member of this number.
fn change(body: &mut Json, number: &mut usize, how: Change) -> bool {
    match body {
        Json::Array(items) => items.iter_mut().any(|item| change(item, number, how)),
        Json::Object(inner) => {
            let names: Vec<String> = inner.keys().cloned().collect();
            for name in names {
                if *number > 0 {
                    *number -= 1;
                    if inner.get_mut(&name).is_some_and(|value| change(value, number, how)) {
                        return true;
                    }
                    continue;
                }
                let Some(old) = inner.get(&name).cloned() else { return true };
                match how {
                    Change::Gone => drop(inner.shift_remove(&name)),
                    Change::Object => drop(inner.insert(name, serde_json::json!({ "value": old }))),
                    Change::List => drop(inner.insert(name, serde_json::json!([old]))),
                    Change::Truth if old.is_boolean() => {}
                    Change::Truth => drop(inner.insert(name, Json::Bool(true))),
                }
                return true;
            }
            false
        }
        _ => false,
    }
}

/// Every scalar of an answer, as text.
fn scalars(body: &Json, into: &mut BTreeSet<String>) {
    match body {
        Json::Object(inner) => inner.values().for_each(|value| scalars(value, into)),
        Json::Array(items) => items.iter().for_each(|value| scalars(value, into)),
        Json::String(text) => drop(into.insert(text.to_lowercase())),
        Json::Number(number) => drop(into.insert(number.to_string())),
        _ => {}
    }
}

/// What the pack itself puts in the place of a value.
fn fallbacks(mapping: &Mapping, into: &mut Vec<String>) {
    match mapping {
        Mapping::Constant(value) => into.push(value_shown(value)),
        Mapping::Object(..) => {}
        Mapping::FirstOf(all) => all.iter().for_each(|one| fallbacks(one, into)),
        Mapping::Read(read) => {
            into.extend(read.otherwise.as_ref().map(value_shown));
            match &read.kind {
                Kind::Enum { otherwise: Some(value), .. } => into.push((*value).to_owned()),
                Kind::Bool { otherwise: Some(value), .. } => into.push(value.to_string()),
                _ => {}
            }
        }
    }
}

/// The values of a record that are neither null nor failed, those of its objects one by one.
fn known(record: &Record, before: &str, into: &mut Vec<(String, String)>) {
    for field in record.of.fields.values() {
        let name = format!("{before}{}", field.name);
        match record.at(field.ordinal) {
            Value::Null | Value::Failed(_) => {}
            Value::Object(inner) => known(inner, &format!("{name}."), into),
            Value::List(items) => into.extend(items.iter().map(|item| (format!("{name}[]"), value_shown(item)))),
            value => into.push((name, value_shown(value))),
        }
    }
}

fn all_known(rows: &Rows) -> Vec<(String, String)> {
    let mut all = Vec::new();
    rows.records.iter().for_each(|record| known(record, "", &mut all));
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_value_is_answered_that_the_system_did_not_give(
        which in 0..RECORDED.len(),
        place in any::<proptest::sample::Index>(),
        how in prop::sample::select(vec![Change::Gone, Change::Object, Change::List, Change::Truth]),
    ) {
        let recorded = RECORDED[which];
        let driver = recorded.driver();
        let original: Json = serde_json::from_str(recorded.body).expect("a recorded shape is JSON");
        let given: BTreeSet<(String, String)> =
            all_known(&recorded.read(&driver, &original).expect("rows")).into_iter().collect();
        let mut texts = BTreeSet::new();
        scalars(&original, &mut texts);

        let mut changed = original.clone();
        let mut number = place.index(members(&original));
        prop_assert!(change(&mut changed, &mut number, how));
        // An answer that cannot be read at all fails as a whole, and says so.
        let Ok(rows) = recorded.read(&driver, &changed) else { return Ok(()) };
        for (name, value) in all_known(&rows) {
            let text = value.trim_matches('"').to_lowercase();
            let is_text = value.starts_with('"');
            let mut own = Vec::new();
            let mapping = driver.pack.entities[recorded.entity].fields.iter().find(|(_, field, _)| *field == name);
            mapping.iter().for_each(|(.., mapping)| fallbacks(mapping, &mut own));
            let fallback = own.iter().any(|own| *own == value || format!("{own} EUR") == value);
            prop_assert!(
                given.contains(&(name.clone(), value.clone())) || fallback || (is_text && texts.contains(&text)),
                "{}: {name} is {value} though {changed}", recorded.pack
            );
        }
    }
}

fn lines(body: &str) -> (Vec<String>, Vec<String>, Option<String>) {
    let driver = driver("dynamics365", "https://erp.test", &[("company", "acme"), ("currency", "EUR")]);
    let ask = ask("OrderLine", "orderNumber");
    let read = rows(&driver, &ask, &["SO-1"], &format!(r#"{{"value":[{body}]}}"#));
    let drifts = read.drifts.iter().map(|drift| format!("{} {}", drift.field, drift.kind)).collect();
    let records = read.records.iter().map(shown).collect();
    (records, drifts, read.unreadable.map(|failure| failure.message.clone()))
}

/// One line with a member in another state.
fn line(number: u32, member: &str, state: Option<&str>) -> String {
    let mut line = serde_json::json!({
        "dataAreaId": "acme", "SalesOrderNumber": "SO-1", "LineNumber": number, "ItemNumber": "P-1",
        "LineDescription": "Pump", "OrderedSalesQuantity": 2, "SalesUnitSymbol": "pcs", "SalesPrice": 10,
        "LineAmount": 20, "CurrencyCode": "EUR", "ItemSerialNumber": "", "SalesOrderLineStatus": "Invoiced",
    });
    let members = line.as_object_mut().expect("an object");
    match state {
        Some(state) => drop(members.insert(member.to_owned(), serde_json::from_str(state).expect("JSON"))),
        None => drop(members.shift_remove(member)),
    }
    line.to_string()
}

#[test]
fn each_kind_of_change_in_each_kind_of_place_has_its_reason_and_costs_no_other_row() {
    let mut table = Vec::new();
    for (member, states) in [
        ("LineDescription", vec![None, Some("null"), Some("{}"), Some("[]"), Some("true")]),
        ("OrderedSalesQuantity", vec![None, Some("null"), Some("\"two\""), Some("{}"), Some("false")]),
        ("LineAmount", vec![None, Some("\"20,00\""), Some("[20]")]),
        ("CurrencyCode", vec![None, Some("\"euro\""), Some("7")]),
        ("SalesOrderLineStatus", vec![None, Some("{}"), Some("\"Returned\"")]),
        ("LineNumber", vec![None, Some("null"), Some("{}"), Some("1.5")]),
    ] {
        for state in states {
            let (records, drifts, unreadable) =
                lines(&format!("{},{}", line(1, member, state), line(2, "", Some("0"))));
            let good = records.iter().filter(|record| !record.contains('!')).count();
            let left = if unreadable.is_some() { "left out" } else { "kept" };
            let shown = state.unwrap_or("missing");
            table.push(format!("{member} {shown}: {left}, {good} whole, {}", drifts.join(", ")));
            assert_eq!(records.len() + usize::from(unreadable.is_some()), 2, "{member} {shown}");
            assert!(records.last().is_some_and(|other| other.contains("lineNumber=2 ")), "{records:?}");
        }
    }
    insta::assert_snapshot!(table.join("\n"), @r#"
    LineDescription missing: kept, 1 whole, description missing
    LineDescription null: kept, 2 whole, 
    LineDescription {}: kept, 1 whole, description retyped
    LineDescription []: kept, 1 whole, description retyped
    LineDescription true: kept, 1 whole, description retyped
    OrderedSalesQuantity missing: kept, 1 whole, quantity missing
    OrderedSalesQuantity null: kept, 2 whole, 
    OrderedSalesQuantity "two": kept, 1 whole, quantity retyped
    OrderedSalesQuantity {}: kept, 1 whole, quantity retyped
    OrderedSalesQuantity false: kept, 1 whole, quantity retyped
    LineAmount missing: kept, 1 whole, lineTotal missing, invoicedAmount missing
    LineAmount "20,00": kept, 1 whole, lineTotal retyped, invoicedAmount retyped
    LineAmount [20]: kept, 1 whole, lineTotal retyped, invoicedAmount retyped
    CurrencyCode missing: kept, 1 whole, unitPrice missing, lineTotal missing, invoicedAmount missing
    CurrencyCode "euro": kept, 1 whole, unitPrice retyped, lineTotal retyped, invoicedAmount retyped
    CurrencyCode 7: kept, 1 whole, unitPrice retyped, lineTotal retyped, invoicedAmount retyped
    SalesOrderLineStatus missing: kept, 1 whole, delivered missing, invoicedAmount missing
    SalesOrderLineStatus {}: kept, 1 whole, delivered missing, invoicedAmount missing
    SalesOrderLineStatus "Returned": kept, 2 whole, 
    LineNumber missing: left out, 1 whole, lineNumber missing
    LineNumber null: left out, 1 whole, lineNumber missing
    LineNumber {}: left out, 1 whole, lineNumber retyped
    LineNumber 1.5: left out, 1 whole, lineNumber retyped
    "#);
}

#[test]
fn an_unknown_word_is_the_packs_fallback_or_a_reason_and_counted_either_way() {
    let order = |status: &str, member: &str| {
        let body = format!(
            r#"{{"value":[{{"dataAreaId":"acme","SalesOrderNumber":"SO-1","SalesOrderStatus":{status},
            "OrderCreationDateTime":"2026-05-01T00:00:00Z","RequestedShippingDate":"2026-05-01T12:00:00Z",
            "CustomersOrderReference":"","DeliveryAddressStreet":"","DeliveryAddressCity":"","DeliveryAddressStateId":"",
            "DeliveryAddressZipCode":"","DeliveryAddressCountryRegionId":"","OrderTotalAmount":1,"CurrencyCode":"EUR","OrderingCustomerAccountNumber":"C-1"{member}}}]}}"#
        );
        let driver = driver("dynamics365", "https://erp.test", &[("company", "acme"), ("currency", "EUR")]);
        let read = rows(&driver, &ask("Order", "number"), &["SO-1"], &body);
        let drifts: Vec<String> = read.drifts.iter().map(|drift| format!("{} {}", drift.field, drift.kind)).collect();
        let record = &read.records[0];
        format!("{} | {} | {}", value_shown(record.get("status")), value_shown(record.get("total")), drifts.join(", "))
    };
    let calculated = r#","AreTotalsCalculated":"Yes""#;
    insta::assert_snapshot!([
        order("\"Backorder\"", calculated),
        order("\"Teleported\"", calculated),
        order("{}", calculated),
        order("\"Backorder\"", ""),
        order("\"Backorder\"", r#","AreTotalsCalculated":{"new":"shape"}"#),
        order("\"Backorder\"", r#","AreTotalsCalculated":"No""#),
    ].join("\n"), @"
    OPEN | 1 EUR | 
    UNKNOWN | 1 EUR | status unknown_value
    !`Order.status` is not of the type that its contract promises | 1 EUR | status retyped, statusText retyped
    OPEN | !`Order.total` is missing from the system's answer | total missing
    OPEN | !`Order.total` is missing from the system's answer | total missing
    OPEN | null |
    ");
}

#[test]
fn children_that_are_gone_are_not_none() {
    let of = |shipments: &str| {
        let driver = driver("tryton", "http://erp.test/erp", &[("currency", "EUR")]);
        let body = format!(r#"[{{"number":"SO-3"{shipments}}}]"#);
        let read = rows(&driver, &ask("Shipment", "orderNumber"), &["SO-3"], &body);
        (read.records.len(), read.unreadable.map(|failure| failure.message.clone()))
    };
    assert_eq!(of(r#","shipments":[]"#), (0, None));
    assert_eq!(of(r#","shipments":null"#), (0, None));
    let lost = Some("`Shipment.(rows)` is missing from the system's answer".to_owned());
    assert_eq!(of(""), (0, lost.clone()));
    assert_eq!(of(r#","shipments":{"7":{}}"#), (0, lost));
}
