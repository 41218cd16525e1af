//! What the account's own script sends after a record was saved. Nothing signs it.

use serde_json::{Value, json};

use crate::notices::{Notice, Pen};
use crate::world::World;

pub(super) fn notice(world: &World, entity: &str, key: &str, pen: &Pen<'_>) -> Option<Notice> {
    let mut body = match entity {
        "order" => {
            let order = world.orders.get(key)?;
            json!({ "record": "salesorder", "number": order.number, "customer": order.customer })
        }
        "invoice" => {
            let invoice = world.invoices.get(key)?;
            let (number, customer, order) = (&invoice.number, &invoice.customer, &invoice.order);
            json!({ "record": "invoice", "number": number, "customer": customer, "order": order })
        }
        "customer" => {
            let customer = world.customers.get(key).filter(|customer| !customer.is_prospect)?;
            json!({ "record": "customer", "customer": customer.number })
        }
        "product" => json!({ "record": "item", "sku": world.products.get(key)?.sku }),
        _ => return None,
    };
    body["id"] = Value::from(pen.id());
    Some(Notice::json(&body).with("x-notice-secret", pen.secret))
}
