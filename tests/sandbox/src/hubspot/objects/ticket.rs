//! Tickets: the world's cases, in the pipeline that every account begins with. Stages are told by their ids.

use super::{Kind, Object, Property};
use crate::hubspot::value::{filled, moment};
use crate::world::{Case, CasePriority, CaseStatus, World};

/// The type.
pub(crate) static TICKET: Object = Object {
    plural: "tickets",
    singular: "ticket",
    type_id: "0-5",
    modified: "hs_lastmodifieddate",
    first_id: 34_870_000_000,
    numbers: |world| (0..world.cases.len()).collect(),
    exists: |world, number| number < world.cases.len(),
    created: |world, number| world.cases.at(number).map(|case| case.created),
    properties: &PROPERTIES,
};

static PROPERTIES: [Property; 11] = [
    Property::text("content", |world, at| on(world, at, |c| filled(&c.description))).by_default(),
    Property::new("createdate", Kind::Moment, |world, at| on(world, at, |c| Some(moment(c.created)))).by_default(),
    Property::text("erp_customer_number", |world, at| on(world, at, |c| filled(&c.customer))).custom(),
    Property::text("erp_order_number", |world, at| on(world, at, |c| c.order.clone())).custom(),
    Property::new("hs_lastmodifieddate", Kind::Moment, |world, at| on(world, at, |c| Some(moment(c.updated))))
        .by_default(),
    Property::new("hs_object_id", Kind::Number, |world, at| Some(TICKET.id(world, at).to_string())).by_default(),
    Property::new("hs_pipeline", Kind::Choice, |_, _| Some("0".to_owned())).by_default(),
    Property::new("hs_pipeline_stage", Kind::Choice, |world, at| on(world, at, |c| Some(stage(c.status).to_owned())))
        .by_default(),
    Property::unused("hs_ticket_category", Kind::Choice),
    Property::new("hs_ticket_priority", Kind::Choice, |world, at| {
        on(world, at, |c| Some(priority(c.priority).to_owned()))
    })
    .by_default(),
    Property::text("subject", |world, at| on(world, at, |c| filled(&c.subject))).by_default(),
];

/// New, waiting on the contact, waiting on us, closed.
fn stage(status: CaseStatus) -> &'static str {
    match status {
        CaseStatus::New => "1",
        CaseStatus::Pending => "2",
        CaseStatus::Open | CaseStatus::Hold => "3",
        CaseStatus::Solved | CaseStatus::Closed => "4",
    }
}

fn priority(priority: CasePriority) -> &'static str {
    match priority {
        CasePriority::Low => "LOW",
        CasePriority::Normal => "MEDIUM",
        CasePriority::High => "HIGH",
        CasePriority::Urgent => "URGENT",
    }
}

fn on(world: &World, at: usize, value: impl FnOnce(&Case) -> Option<String>) -> Option<String> {
    world.cases.at(at).and_then(value)
}
