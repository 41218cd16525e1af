//! Webhooks: a list, signed over the address too, with one changed property each.

use serde_json::json;

use super::objects;
use crate::notices::{Notice, Pen};
use crate::tenant::Role;
use crate::world::World;

pub(super) fn notice(world: &World, entity: &str, key: &str, pen: &Pen<'_>) -> Option<Notice> {
    let (kind, at, property, value) = match entity {
        "customer" => {
            let customer = world.customers.get(key)?;
            ("company", world.customers.position(key)?, "name", customer.name_in(Role::Crm).to_owned())
        }
        _ => return None,
    };
    let object = objects::named("companies").ok()?;
    let millis = pen.now.timestamp_millis();
    let notice = Notice::json(&json!([{
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
    }]));
    let time = millis.to_string();
    let signature = pen.sign_in_base64(&["POST", pen.address, &notice.body, &time]);
    Some(notice.with("x-hubspot-signature-v3", signature).with("x-hubspot-request-timestamp", time))
}
