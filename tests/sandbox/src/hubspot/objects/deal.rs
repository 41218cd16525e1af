//! Deals: the world's orders, as many companies keep them.

use super::{Kind, Object, Property, touched};
use crate::hubspot::owners;
use crate::hubspot::value::{filled, midnight, moment};
use crate::world::{Order, OrderStatus, World};

/// The type.
pub(crate) static DEAL: Object = Object {
    plural: "deals",
    singular: "deal",
    type_id: "0-3",
    modified: "hs_lastmodifieddate",
    first_id: 502_770_000_000,
    numbers: |world| (0..world.orders.len()).collect(),
    exists: |world, number| number < world.orders.len(),
    created: |world, number| world.orders.at(number).map(|order| order.created),
    properties: &PROPERTIES,
};

static PROPERTIES: [Property; 12] = [
    Property::new("amount", Kind::Number, |world, at| on(world, at, |o| Some(o.total().to_string()))).by_default(),
    Property::new("closedate", Kind::Moment, |world, at| {
        on(world, at, |o| Some(moment(midnight(o.confirmed_ship.unwrap_or(o.requested_ship)))))
    })
    .by_default(),
    Property::new("createdate", Kind::Moment, |world, at| on(world, at, |o| Some(moment(o.created)))).by_default(),
    Property::text("dealname", |world, at| on(world, at, |o| filled(&o.name))).by_default(),
    Property::new("dealstage", Kind::Choice, |world, at| on(world, at, |o| Some(stage(o).to_owned()))).by_default(),
    Property::new("deal_currency_code", Kind::Choice, |_, _| Some("EUR".to_owned())),
    Property::unused("description", Kind::Text),
    Property::text("erp_order_number", |world, at| on(world, at, |o| filled(&o.number))).unique().custom(),
    Property::new("hs_lastmodifieddate", Kind::Moment, |world, at| {
        on(world, at, |o| Some(moment(touched(world, o.created))))
    })
    .by_default(),
    Property::new("hs_object_id", Kind::Number, |world, at| Some(DEAL.id(world, at).to_string())).by_default(),
    Property::new("hubspot_owner_id", Kind::Choice, |world, at| {
        on(world, at, |o| world.customers.get(&o.customer).map(|customer| owners::id(customer).to_string()))
    }),
    Property::new("pipeline", Kind::Choice, |_, _| Some("default".to_owned())).by_default(),
];

fn stage(order: &Order) -> &'static str {
    match order.status {
        OrderStatus::Open | OrderStatus::PartlyShipped => "contractsent",
        OrderStatus::Delivered | OrderStatus::Invoiced => "closedwon",
        OrderStatus::Canceled => "closedlost",
    }
}

fn on(world: &World, at: usize, value: impl FnOnce(&Order) -> Option<String>) -> Option<String> {
    world.orders.at(at).and_then(value)
}
