//! Business events, those of the product and those that this company added. Nothing signs them: the secret is in the
//! address.

use chrono::{NaiveDate, SecondsFormat};
use serde_json::{Value, json};

use crate::notices::{Notice, Pen};
use crate::world::World;

pub(super) fn notice(world: &World, entity: &str, key: &str, pen: &Pen<'_>) -> Option<Notice> {
    let (name, members) = match entity {
        "order" => {
            let order = world.orders.get(key)?;
            let members = json!({ "SalesOrderId": order.number, "CustomerAccount": order.customer });
            ("SalesOrderChangedBusinessEvent", members)
        }
        "invoice" => {
            let invoice = world.invoices.get(key)?;
            let members = json!({
                "InvoiceAccount": invoice.customer,
                "InvoiceId": invoice.number,
                "SalesOrderId": invoice.order,
                "InvoiceDate": ticks(invoice.date),
            });
            ("SalesInvoicePostedBusinessEvent", members)
        }
        "customer" => {
            let customer = world.customers.get(key).filter(|customer| !customer.is_prospect)?;
            ("CustomerChangedBusinessEvent", json!({ "CustomerAccount": customer.number }))
        }
        "product" => ("ProductChangedBusinessEvent", json!({ "ItemNumber": world.products.get(key)?.sku })),
        _ => return None,
    };
    let mut event = json!({
        "BusinessEventId": name,
        "BusinessEventLegalEntity": world.tenant.company(),
        "ContextRecordSubject": "",
        "ControlNumber": 5_637_985_363_i64,
        "EventId": pen.id().to_uppercase(),
        "EventTime": format!("/Date({})/", pen.now.timestamp_millis()),
        "EventTimeIso8601": pen.now.to_rfc3339_opts(SecondsFormat::Nanos, true),
        "InitiatingUserAADObjectId": "{00000000-0000-0000-0000-000000000000}",
        "MajorVersion": 0,
        "MinorVersion": 0,
        "ParentContextRecordSubjects": [],
    });
    if let (Value::Object(event), Value::Object(members)) = (&mut event, members) {
        event.extend(members);
    }
    Some(Notice { query: Some(format!("secret={}", pen.secret)), ..Notice::json(&event) })
}

fn ticks(day: NaiveDate) -> String {
    format!("/Date({})/", day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis())
}
