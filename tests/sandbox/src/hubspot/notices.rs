//! Webhooks: a list, signed over the address too, with one changed property each.

use serde_json::json;

use super::objects;
use crate::notices::{Notice, Pen};
use crate::world::World;

pub(super) fn notice(world: &World, entity: &str, key: &str, pen: &Pen<'_>) -> Option<Notice> {
    // Orders have no word of their own: what they are is told by the number of their type.
    let (types, kind, at, property) = match entity {
        "customer" => ("companies", "company", world.customers.position(key)?, "name"),
        "order" => ("orders", "object", world.orders.position(key)?, "hs_external_order_status"),
        "product" => ("products", "product", world.products.position(key)?, "price"),
        "case" => ("tickets", "ticket", world.cases.position(key)?, "hs_pipeline_stage"),
        _ => return None,
    };
    let object = objects::named(types).ok()?;
    let value = object.property(property).and_then(|property| property.of(world, at));
    let millis = pen.now.timestamp_millis();
    let mut told = json!({
        "eventId": 1,
        "subscriptionId": 12_345,
        "portalId": 62_515,
        "appId": 1_160_452,
        "occurredAt": millis,
        "subscriptionType": format!("{kind}.propertyChange"),
        "attemptNumber": 0,
        "objectId": object.id(world, at),
        "propertyName": property,
        "propertyValue": value,
        "changeSource": "CRM_UI",
    });
    if kind == "object" {
        told["objectTypeId"] = json!(object.type_id);
    }
    let notice = Notice::json(&json!([told]));
    let time = millis.to_string();
    let signature = pen.sign_in_base64(&["POST", pen.address, &notice.body, &time]);
    Some(notice.with("x-hubspot-signature-v3", signature).with("x-hubspot-request-timestamp", time))
}
