//! Orders with their lines, as a shop wrote them: the number stands in a property of this account's own.

use super::{Kind, Object, Property, touched};
use crate::hubspot::value::{filled, moment};
use crate::world::{Customer, Order, OrderLine, OrderStatus, World};

/// Ids of one order; every other one is a line's.
const PER_ORDER: usize = 128;
const APART: usize = 2;

/// The type.
pub(crate) static ORDER: Object = Object {
    plural: "orders",
    singular: "order",
    type_id: "0-123",
    modified: "hs_lastmodifieddate",
    first_id: 395_110_000_000,
    numbers: |world| (0..world.orders.len()).collect(),
    exists: |world, number| number < world.orders.len(),
    created: |world, number| world.orders.at(number).map(|order| order.created),
    properties: &PROPERTIES,
};

static PROPERTIES: [Property; 22] = [
    Property::new("createdate", Kind::Moment, |world, at| on(world, at, |o| Some(moment(o.created)))).by_default(),
    Property::text("customer_reference", |world, at| on(world, at, |o| filled(&o.purchase_order))).custom(),
    Property::text("erp_customer_number", |world, at| on(world, at, |o| filled(&o.customer))).custom(),
    Property::text("erp_order_number", |world, at| on(world, at, |o| filled(&o.number))).unique().custom(),
    Property::new("hs_currency_code", Kind::Choice, |_, _| Some("EUR".to_owned())),
    Property::new("hs_external_created_date", Kind::Moment, |world, at| on(world, at, |o| Some(moment(o.created)))),
    Property::text("hs_external_order_id", |world, at| on(world, at, |o| filled(&o.number))),
    Property::text("hs_external_order_status", |world, at| on(world, at, |o| Some(status(o.status).to_owned()))),
    Property::unused("hs_fulfillment_status", Kind::Text),
    Property::new("hs_lastmodifieddate", Kind::Moment, |world, at| {
        on(world, at, |o| Some(moment(touched(world, o.created))))
    })
    .by_default(),
    Property::new("hs_object_id", Kind::Number, |world, at| Some(ORDER.id(world, at).to_string())).by_default(),
    Property::text("hs_order_name", |world, at| on(world, at, |o| filled(&o.name))).by_default(),
    Property::new("hs_pipeline", Kind::Choice, |_, _| Some("14a2e10e-5471-408a-906e-c51f3b04369e".to_owned())),
    Property::unused("hs_pipeline_stage", Kind::Choice),
    Property::text("hs_shipping_address_city", |world, at| to(world, at, |c| filled(&c.address.city))),
    Property::text("hs_shipping_address_country", |world, at| to(world, at, |c| filled(&c.address.country_name))),
    Property::text("hs_shipping_address_postal_code", |world, at| to(world, at, |c| filled(&c.address.postal_code))),
    Property::text("hs_shipping_address_state", |world, at| to(world, at, |c| filled(&c.address.state))),
    Property::text("hs_shipping_address_street", |world, at| to(world, at, |c| filled(&c.address.street))),
    Property::text("hs_shipping_tracking_number", |world, at| on(world, at, |o| tracking(world, o))),
    Property::unused("hs_source_store", Kind::Text),
    Property::new("hs_total_price", Kind::Number, |world, at| on(world, at, |o| Some(o.total().to_string()))),
];

/// What is ordered. A line does not say of which order it is; the association does.
pub(crate) static LINE_ITEM: Object = Object {
    plural: "line_items",
    singular: "line_item",
    type_id: "0-8",
    modified: "hs_lastmodifieddate",
    first_id: 21_660_000_000,
    numbers: |world| (0..world.orders.len()).flat_map(|order| lines_of(world, order)).collect(),
    exists: |world, number| line(world, number).is_some(),
    created: |world, number| line(world, number).map(|(order, _)| order.created),
    properties: &LINE_PROPERTIES,
};

static LINE_PROPERTIES: [Property; 10] = [
    Property::new("amount", Kind::Number, |world, at| of(world, at, |line| Some(line.amount().to_string())))
        .by_default(),
    Property::new("createdate", Kind::Moment, |world, at| line(world, at).map(|(order, _)| moment(order.created)))
        .by_default(),
    Property::new("hs_lastmodifieddate", Kind::Moment, |world, at| {
        line(world, at).map(|(order, _)| moment(touched(world, order.created)))
    })
    .by_default(),
    Property::new("hs_line_item_currency_code", Kind::Choice, |_, _| Some("EUR".to_owned())),
    Property::new("hs_object_id", Kind::Number, |world, at| Some(LINE_ITEM.id(world, at).to_string())).by_default(),
    // Counted from nothing.
    Property::new("hs_position_on_quote", Kind::Number, |world, at| {
        of(world, at, |line| Some(line.number.saturating_sub(1).to_string()))
    }),
    Property::text("hs_sku", |world, at| of(world, at, |line| filled(&line.sku))),
    Property::text("name", |world, at| of(world, at, |line| filled(&line.description))).by_default(),
    Property::new("price", Kind::Number, |world, at| of(world, at, |line| Some(line.unit_price.to_string())))
        .by_default(),
    Property::new("quantity", Kind::Number, |world, at| of(world, at, |line| Some(line.quantity.to_string())))
        .by_default(),
];

/// The lines of an order, the last one first.
pub(crate) fn lines_of(world: &World, order: usize) -> Vec<usize> {
    let count = world.orders.at(order).map_or(0, |found| found.lines.len().min(PER_ORDER / APART));
    (0..count).map(|index| order * PER_ORDER + index * APART).collect()
}

/// The order of a line.
pub(crate) fn order_of_line(number: usize) -> usize {
    number / PER_ORDER
}

/// Lines have their ids in the reverse of their order.
fn line(world: &World, number: usize) -> Option<(&Order, &OrderLine)> {
    let order = world.orders.at(number / PER_ORDER)?;
    let place = Some(number % PER_ORDER).filter(|place| place.is_multiple_of(APART))? / APART;
    let index = order.lines.len().checked_sub(place + 1)?;
    order.lines.get(index).map(|line| (order, line))
}

fn status(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Open => "open",
        OrderStatus::PartlyShipped => "partially_shipped",
        OrderStatus::Delivered => "shipped",
        OrderStatus::Invoiced => "invoiced",
        OrderStatus::Canceled => "cancelled",
    }
}

fn tracking(world: &World, order: &Order) -> Option<String> {
    world.shipments_of(&order.number).next().and_then(|shipment| filled(&shipment.tracking_number))
}

fn on(world: &World, at: usize, value: impl FnOnce(&Order) -> Option<String>) -> Option<String> {
    world.orders.at(at).and_then(value)
}

fn to(world: &World, at: usize, value: impl FnOnce(&Customer) -> Option<String>) -> Option<String> {
    world.orders.at(at).and_then(|order| world.customers.get(&order.customer)).and_then(value)
}

fn of(world: &World, at: usize, value: impl FnOnce(&OrderLine) -> Option<String>) -> Option<String> {
    line(world, at).and_then(|(_, line)| value(line))
}
