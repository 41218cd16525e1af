//! Products, as far as a CRM knows them.

use rust_decimal::Decimal;

use super::{Cell, Children, Field, Kind, Object, field, filled, price};
use crate::world::{Product, World};

/// The object.
pub(super) static PRODUCT: Object = Object {
    name: "Product2",
    prefix: "01t",
    records: |world| (0..world.products.len()).collect(),
    fields: &FIELDS,
    parents: &[],
    children: &[Children { name: "PricebookEntries", object: "PricebookEntry", records: price::of_product }],
};

static FIELDS: [Field; 10] = [
    field("Id", Kind::Id, |world, at| Cell::Id(PRODUCT.id(world, at))),
    field("IsDeleted", Kind::Bool, |_, _| Cell::Bool(false)),
    field("Name", Kind::Text, |world, at| on(world, at, |p| Cell::text(&p.name))),
    field("ProductCode", Kind::Text, |world, at| on(world, at, |p| Cell::text(&p.sku))),
    field("StockKeepingUnit", Kind::Text, |world, at| on(world, at, |p| Cell::text(&p.sku))),
    field("Description", Kind::Text, |world, at| on(world, at, |p| filled(&p.description))),
    field("Family", Kind::Text, |world, at| on(world, at, |p| filled(&p.group))),
    field("IsActive", Kind::Bool, |_, _| Cell::Bool(true)),
    field("QuantityUnitOfMeasure", Kind::Text, |world, at| on(world, at, |p| filled(&p.unit))),
    field("Warranty_Months__c", Kind::Number, |world, at| {
        on(world, at, |p| Cell::Number(Decimal::from(p.warranty_months)))
    }),
];

/// The record of what the machine with a serial number is.
pub(super) fn of_serial(world: &World, serial: &str) -> Option<usize> {
    world.products.position(&world.assets.get(serial)?.sku)
}

/// The id of a product.
pub(super) fn id<'w>(world: &World, sku: &str) -> Cell<'w> {
    Cell::maybe(world.products.position(sku), |at| Cell::Id(PRODUCT.id(world, at)))
}

fn on<'w>(world: &'w World, at: usize, value: impl FnOnce(&'w Product) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(world.products.at(at), value)
}
