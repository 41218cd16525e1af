//! Models: what a machine is.

use super::{Field, Table, field, nine};
use crate::servicenow::cell::Cell;
use crate::world::{Product, World};

/// The product models. Their name is our item number, what is shown of them the product's name.
pub(super) static MODEL: Table = Table {
    name: "cmdb_model",
    family: 0x3c10,
    rows: |world| (0..world.products.len()).collect(),
    is_hidden: |_, _| false,
    display: "display_name",
    updated: |world, _| nine(world.today),
    fields: &FIELDS,
};

static FIELDS: [Field; 5] = [
    field("name", |world, row| on(world, row, |product| &product.sku)),
    field("model_number", |world, row| on(world, row, |product| &product.sku)),
    field("display_name", |world, row| on(world, row, |product| &product.name)),
    field("short_description", |world, row| on(world, row, |product| &product.description)),
    field("status", |_, _| Cell::Choice("in_production", "In Production")),
];

/// A reference to the model with an item number.
pub(super) fn numbered<'w>(world: &World, sku: &str) -> Cell<'w> {
    Cell::maybe(world.products.position(sku), |row| Cell::Reference(&MODEL, row))
}

fn on<'w>(world: &'w World, row: usize, text: impl FnOnce(&'w Product) -> &'w str) -> Cell<'w> {
    Cell::maybe(world.products.at(row), |product| Cell::text(text(product)))
}
