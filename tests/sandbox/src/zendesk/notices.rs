//! Event webhooks: signed, with ids as text.

use chrono::SecondsFormat;
use serde_json::{Value, json};

use super::shapes::{organization_id, requester, ticket_id};
use crate::notices::{Notice, Pen};
use crate::world::World;

pub(super) fn notice(world: &World, entity: &str, key: &str, pen: &Pen<'_>) -> Option<Notice> {
    let (kind, subject, detail) = match entity {
        "case" => {
            let case = world.cases.get(key)?;
            let organization = organization_id(world, &case.customer).map(|id| id.to_string());
            let detail = json!({
                "id": ticket_id(case).to_string(),
                "subject": case.subject,
                "organization_id": organization,
                "requester_id": requester(world, case).id().to_string(),
                "external_id": case.order,
            });
            ("ticket.status_changed", "ticket", detail)
        }
        "customer" => {
            let id = organization_id(world, key)?.to_string();
            ("organization.name_changed", "organization", json!({ "id": id, "external_id": key }))
        }
        _ => return None,
    };
    let id = detail["id"].as_str().unwrap_or_default();
    let time = pen.now.to_rfc3339_opts(SecondsFormat::Secs, true);
    let body: Value = json!({
        "account_id": 22_129_848,
        "detail": detail,
        "event": {},
        "id": pen.id(),
        "subject": format!("zen:{subject}:{id}"),
        "time": time,
        "type": format!("zen:event-type:{kind}"),
        "zendesk_event_version": "2022-11-06",
    });
    let notice = Notice::json(&body);
    let signature = pen.sign_in_base64(&[&time, &notice.body]);
    Some(notice.with("x-zendesk-webhook-signature", signature).with("x-zendesk-webhook-signature-timestamp", time))
}
