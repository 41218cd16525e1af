//! Orders with their products, as they were placed, and what Order Management made of them.

use super::{Cell, Children, Field, Kind, Object, Parent, account, compound, field, filled, price, product, unused};
use crate::world::{Customer, Order, OrderLine, OrderStatus, Shipment, World};

/// Products are counted within their order; no order has more.
const PER_ORDER: usize = 64;

/// The object.
pub(super) static ORDER: Object = Object {
    name: "Order",
    prefix: "801",
    records: |world| (0..world.orders.len()).collect(),
    fields: &FIELDS,
    parents: &[
        Parent {
            name: "Account",
            object: "Account",
            record: |world, at| account::of_customer(world, &world.orders.at(at)?.customer),
        },
        Parent { name: "Pricebook2", object: "Pricebook2", record: |_, _| Some(price::STANDARD) },
    ],
    children: &[Children { name: "OrderItems", object: "OrderItem", records: lines }],
};

static FIELDS: [Field; 26] = [
    field("Id", Kind::Id, |world, at| Cell::Id(ORDER.id(world, at))),
    field("IsDeleted", Kind::Bool, |_, _| Cell::Bool(false)),
    field("OrderNumber", Kind::Text, |world, at| on(world, at, |o| Cell::text(&o.number))),
    field("Name", Kind::Text, |world, at| on(world, at, |o| filled(&o.name))),
    field("AccountId", Kind::Id, |world, at| on(world, at, |o| account::id(world, &o.customer))),
    unused("ContractId", Kind::Id),
    field("Pricebook2Id", Kind::Id, |world, _| Cell::Id(price::PRICEBOOK.id(world, price::STANDARD))),
    field("Status", Kind::Text, |world, at| on(world, at, |o| Cell::text(status(o.status)))),
    field("StatusCode", Kind::Text, |_, _| Cell::text("Activated")),
    field("Type", Kind::Text, |_, _| Cell::text("New")),
    field("EffectiveDate", Kind::Date, |world, at| on(world, at, |o| Cell::Date(o.created.date_naive()))),
    unused("EndDate", Kind::Date),
    field("ActivatedDate", Kind::Moment, entered),
    field("TotalAmount", Kind::Number, |world, at| on(world, at, |o| Cell::Number(o.total()))),
    // Hidden unless a company wants it; this one does.
    field("PoNumber", Kind::Text, |world, at| on(world, at, |o| filled(&o.purchase_order))),
    field("Requested_Ship__c", Kind::Date, |world, at| on(world, at, |o| Cell::Date(o.requested_ship))),
    unused("Description", Kind::Text),
    field("ShippingStreet", Kind::Text, |world, at| to(world, at, |c| filled(&c.address.street))),
    field("ShippingCity", Kind::Text, |world, at| to(world, at, |c| filled(&c.address.city))),
    field("ShippingState", Kind::Text, |world, at| to(world, at, |c| filled(&c.address.state))),
    field("ShippingPostalCode", Kind::Text, |world, at| to(world, at, |c| filled(&c.address.postal_code))),
    field("ShippingCountry", Kind::Text, |world, at| to(world, at, |c| filled(&c.address.country_name))),
    field("ShippingAddress", Kind::Address, |world, at| to(world, at, |c| Cell::Address(compound(&c.address)))),
    field("CreatedDate", Kind::Moment, entered),
    field("LastModifiedDate", Kind::Moment, entered),
    field("SystemModstamp", Kind::Moment, entered),
];

/// What is ordered, line by line. Their numbers go on over all orders.
pub(super) static ORDER_ITEM: Object = Object {
    name: "OrderItem",
    prefix: "802",
    records: |world| (0..world.orders.len()).flat_map(|at| lines(world, at)).collect(),
    fields: &LINE_FIELDS,
    parents: &[
        Parent { name: "Order", object: "Order", record: |world, at| line(world, at).map(|_| at / PER_ORDER) },
        Parent {
            name: "Product2",
            object: "Product2",
            record: |world, at| line(world, at).and_then(|(_, line)| world.products.position(&line.sku)),
        },
        Parent {
            name: "PricebookEntry",
            object: "PricebookEntry",
            record: |world, at| line(world, at).and_then(|(_, line)| price::standard_entry(world, &line.sku)),
        },
    ],
    children: &[],
};

static LINE_FIELDS: [Field; 17] = [
    field("Id", Kind::Id, |world, at| Cell::Id(ORDER_ITEM.id(world, at))),
    field("IsDeleted", Kind::Bool, |_, _| Cell::Bool(false)),
    field("OrderItemNumber", Kind::Text, |_, at| Cell::owned(format!("{:010}", at + 1))),
    field("OrderId", Kind::Id, |world, at| Cell::Id(ORDER.id(world, at / PER_ORDER))),
    field("Product2Id", Kind::Id, |world, at| of(world, at, |line| product::id(world, &line.sku))),
    field("PricebookEntryId", Kind::Id, |world, at| {
        let entry = line(world, at).and_then(|(_, line)| price::standard_entry(world, &line.sku));
        Cell::maybe(entry, |entry| Cell::Id(price::ENTRY.id(world, entry)))
    }),
    field("Quantity", Kind::Number, |world, at| of(world, at, |line| Cell::Number(line.quantity))),
    field("AvailableQuantity", Kind::Number, |world, at| of(world, at, |line| Cell::Number(line.quantity))),
    field("UnitPrice", Kind::Number, |world, at| of(world, at, |line| Cell::Number(line.unit_price))),
    field("ListPrice", Kind::Number, |world, at| {
        of(world, at, |line| Cell::maybe(world.products.get(&line.sku), |product| Cell::Number(product.price)))
    }),
    field("TotalPrice", Kind::Number, |world, at| of(world, at, |line| Cell::Number(line.amount()))),
    unused("ServiceDate", Kind::Date),
    unused("EndDate", Kind::Date),
    field("Description", Kind::Text, |world, at| of(world, at, |line| filled(&line.description))),
    field("CreatedDate", Kind::Moment, |world, at| entered(world, at / PER_ORDER)),
    field("LastModifiedDate", Kind::Moment, |world, at| entered(world, at / PER_ORDER)),
    field("SystemModstamp", Kind::Moment, |world, at| entered(world, at / PER_ORDER)),
];

/// What Order Management keeps of an order from then on; shipments belong to it.
pub(super) static ORDER_SUMMARY: Object = Object {
    name: "OrderSummary",
    prefix: "1Os",
    records: |world| (0..world.orders.len()).collect(),
    fields: &SUMMARY_FIELDS,
    parents: &[
        Parent {
            name: "Account",
            object: "Account",
            record: |world, at| account::of_customer(world, &world.orders.at(at)?.customer),
        },
        Parent { name: "OriginalOrder", object: "Order", record: |world, at| world.orders.at(at).map(|_| at) },
    ],
    children: &[],
};

static SUMMARY_FIELDS: [Field; 6] = [
    field("Id", Kind::Id, |world, at| Cell::Id(ORDER_SUMMARY.id(world, at))),
    field("IsDeleted", Kind::Bool, |_, _| Cell::Bool(false)),
    field("OrderNumber", Kind::Text, |world, at| on(world, at, |o| Cell::owned(format!("OS-{}", o.number)))),
    field("AccountId", Kind::Id, |world, at| on(world, at, |o| account::id(world, &o.customer))),
    field("OriginalOrderId", Kind::Id, |world, at| Cell::Id(ORDER.id(world, at))),
    field("SystemModstamp", Kind::Moment, entered),
];

/// What has left.
pub(super) static SHIPMENT: Object = Object {
    name: "Shipment",
    prefix: "0OB",
    records: |world| (0..world.shipments.len()).collect(),
    fields: &SHIPMENT_FIELDS,
    parents: &[Parent {
        name: "OrderSummary",
        object: "OrderSummary",
        record: |world, at| world.orders.position(&world.shipments.at(at)?.order),
    }],
    children: &[],
};

static SHIPMENT_FIELDS: [Field; 12] = [
    field("Id", Kind::Id, |world, at| Cell::Id(SHIPMENT.id(world, at))),
    field("IsDeleted", Kind::Bool, |_, _| Cell::Bool(false)),
    field("ShipmentNumber", Kind::Text, |world, at| shipped(world, at, |s| Cell::text(&s.packing_slip))),
    field("OrderSummaryId", Kind::Id, |world, at| {
        shipped(world, at, |s| {
            Cell::maybe(world.orders.position(&s.order), |order| Cell::Id(ORDER_SUMMARY.id(world, order)))
        })
    }),
    unused("FulfillmentOrderId", Kind::Id),
    field("Provider", Kind::Text, |world, at| shipped(world, at, |s| filled(&s.carrier))),
    field("TrackingNumber", Kind::Text, |world, at| shipped(world, at, |s| filled(&s.tracking_number))),
    field("TrackingUrl", Kind::Text, |world, at| shipped(world, at, |s| filled(&s.tracking_url))),
    unused("ExpectedDeliveryDate", Kind::Moment),
    unused("ActualDeliveryDate", Kind::Moment),
    field("Status", Kind::Text, |_, _| Cell::text("Shipped")),
    field("SystemModstamp", Kind::Moment, |world, at| shipped(world, at, |s| Cell::midnight(s.date))),
];

/// The words of this organisation's pick list.
fn status(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Open => "Activated",
        OrderStatus::PartlyShipped => "Partially Shipped",
        OrderStatus::Delivered => "Shipped",
        OrderStatus::Invoiced => "Invoiced",
        OrderStatus::Canceled => "Canceled",
    }
}

/// The orders of an account.
pub(super) fn of_account(world: &World, at: usize) -> Vec<usize> {
    let owner = world.customers.at(at);
    let orders = owner.into_iter().flat_map(|customer| world.orders.of(&customer.number));
    orders.filter_map(|order| world.orders.position(&order.number)).collect()
}

fn lines(world: &World, at: usize) -> Vec<usize> {
    let count = world.orders.at(at).map_or(0, |order| order.lines.len().min(PER_ORDER));
    (0..count).map(|line| at * PER_ORDER + line).collect()
}

fn line(world: &World, at: usize) -> Option<(&Order, &OrderLine)> {
    let order = world.orders.at(at / PER_ORDER)?;
    Some((order, order.lines.get(at % PER_ORDER)?))
}

fn entered(world: &World, at: usize) -> Cell<'_> {
    on(world, at, |o| Cell::Moment(o.created))
}

fn on<'w>(world: &'w World, at: usize, value: impl FnOnce(&'w Order) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(world.orders.at(at), value)
}

/// Where it goes: the customer's seat.
fn to<'w>(world: &'w World, at: usize, value: impl FnOnce(&'w Customer) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(world.orders.at(at).and_then(|order| world.customers.get(&order.customer)), value)
}

fn of<'w>(world: &'w World, at: usize, value: impl FnOnce(&'w OrderLine) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(line(world, at), |(_, line)| value(line))
}

fn shipped<'w>(world: &'w World, at: usize, value: impl FnOnce(&'w Shipment) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(world.shipments.at(at), value)
}
