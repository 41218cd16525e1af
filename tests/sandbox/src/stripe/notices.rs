//! Events: signed, with the whole object in them.

use serde_json::json;

use super::kinds::Kind;
use super::shapes::shape;
use crate::notices::{Notice, Pen};
use crate::world::World;

pub(super) fn notice(world: &World, entity: &str, key: &str, pen: &Pen<'_>) -> Option<Notice> {
    let (kind, number, event) = match entity {
        "customer" => (Kind::Customer, world.customers.position(key)?, "customer.updated"),
        "subscription" => (Kind::Subscription, world.subscriptions.position(key)?, "customer.subscription.updated"),
        _ => return None,
    };
    let created = pen.now.timestamp();
    let event = json!({
        "id": format!("evt_{}", pen.id()),
        "object": "event",
        "api_version": "2026-06-24.dahlia",
        "created": created,
        "type": event,
        "livemode": false,
        "pending_webhooks": 1,
        "request": { "id": null, "idempotency_key": null },
        "data": { "object": shape(world, kind, number) },
    });
    let notice = Notice::json(&event);
    let time = created.to_string();
    let hex: String = pen.sign(&[&time, ".", &notice.body]).iter().map(|byte| format!("{byte:02x}")).collect();
    Some(notice.with("stripe-signature", format!("t={time},v1={hex}")))
}
