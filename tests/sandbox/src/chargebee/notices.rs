//! Events: behind HTTP Basic, unsigned, with the whole objects in them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::kinds::Kind;
use super::shapes::entry;
use crate::notices::{Notice, Pen};
use crate::world::World;

pub(super) fn notice(world: &World, entity: &str, key: &str, pen: &Pen<'_>) -> Option<Notice> {
    let (kind, number, event) = match entity {
        "customer" => (Kind::Customer, world.customers.position(key)?, "customer_changed"),
        "subscription" => (Kind::Subscription, world.subscriptions.position(key)?, "subscription_changed"),
        _ => return None,
    };
    let event = json!({
        "id": format!("ev_{}", pen.id()),
        "occurred_at": pen.now.timestamp(),
        "source": "admin_console",
        "object": "event",
        "api_version": "v2",
        "event_type": event,
        "content": entry(world, kind, number),
        "webhook_status": "scheduled",
    });
    let credentials = STANDARD.encode(format!("chargebee:{}", pen.secret));
    Some(Notice::json(&event).with("authorization", format!("Basic {credentials}")))
}
