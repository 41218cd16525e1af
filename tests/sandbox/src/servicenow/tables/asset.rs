//! Machines in the field, as assets with a warranty and as installed products.

use super::{Field, Table, account, field, model, nine, reference};
use crate::servicenow::cell::Cell;
use crate::world::{Asset, World};

/// Assets.
pub(super) static ASSET: Table =
    Table { name: "alm_asset", family: 0x00a9, display: "display_name", fields: &ASSET_FIELDS, ..TEMPLATE };
/// The installed base.
pub(super) static INSTALLED: Table =
    Table { name: "sn_install_base_item", family: 0x1b17, display: "name", fields: &PRODUCT_FIELDS, ..TEMPLATE };
/// What was sold.
pub(super) static SOLD: Table = Table {
    name: "sn_install_base_sold_product",
    family: 0x501d,
    display: "name",
    fields: &PRODUCT_FIELDS,
    ..TEMPLATE
};

const TEMPLATE: Table = Table {
    name: "",
    family: 0,
    rows: |world| (0..world.assets.len()).collect(),
    is_hidden: |_, _| false,
    display: "",
    updated: |world, row| nine(world.assets.at(row).map_or(world.today, |asset| asset.purchased)),
    fields: &[],
};

static ASSET_FIELDS: [Field; 14] = [
    field("display_name", |world, row| {
        on(world, row, |asset| Cell::owned(format!("{} - {}", asset.serial, asset.product_name)))
    }),
    field("serial_number", |world, row| on(world, row, |asset| Cell::text(&asset.serial))),
    field("asset_tag", |world, row| on(world, row, |asset| Cell::text(&asset.serial))),
    reference("model", "cmdb_model", |world, row| on(world, row, |asset| model::numbered(world, &asset.sku))),
    reference("account", "customer_account", owner),
    reference("company", "core_company", owner_company),
    field("install_status", |world, row| {
        on(world, row, |asset| match asset.installed {
            Some(_) => Cell::Choice("1", "In use"),
            None => Cell::Choice("9", "In transit"),
        })
    }),
    field("install_date", |world, row| {
        on(world, row, |asset| Cell::maybe(asset.installed, |day| Cell::Moment(nine(day))))
    }),
    field("purchase_date", |world, row| on(world, row, |asset| Cell::Day(asset.purchased))),
    field("warranty_expiration", |world, row| on(world, row, |asset| Cell::maybe(asset.warranty_end, Cell::Day))),
    field("quantity", |_, _| Cell::text("1")),
    reference("ci", "", |_, _| Cell::Empty),
    field("u_order_number", |world, row| on(world, row, |asset| Cell::maybe(asset.order.as_deref(), Cell::text))),
    field("comments", |_, _| Cell::Empty),
];

static PRODUCT_FIELDS: [Field; 7] = [
    field("number", |world, row| on(world, row, |asset| Cell::owned(format!("IB-{}", asset.serial)))),
    field("name", |world, row| on(world, row, |asset| Cell::text(&asset.product_name))),
    reference("product", "cmdb_model", |world, row| on(world, row, |asset| model::numbered(world, &asset.sku))),
    reference("account", "customer_account", owner),
    reference("asset", "alm_asset", |_, row| Cell::Reference(&ASSET, row)),
    field("serial_number", |world, row| on(world, row, |asset| Cell::text(&asset.serial))),
    field("install_date", |world, row| {
        on(world, row, |asset| Cell::maybe(asset.installed, |day| Cell::Moment(nine(day))))
    }),
];

/// A reference to the asset with a serial number.
pub(super) fn with_serial<'w>(world: &World, serial: Option<&str>) -> Cell<'w> {
    let row = serial.and_then(|serial| world.assets.position(serial));
    Cell::maybe(row, |row| Cell::Reference(&ASSET, row))
}

/// What a machine is.
pub(super) fn model_of<'w>(world: &World, serial: Option<&str>) -> Cell<'w> {
    let asset = serial.and_then(|serial| world.assets.get(serial));
    asset.map_or(Cell::Empty, |asset| model::numbered(world, &asset.sku))
}

fn owner(world: &World, row: usize) -> Cell<'_> {
    on(world, row, |asset| account::numbered(world, &asset.customer))
}

fn owner_company(world: &World, row: usize) -> Cell<'_> {
    match owner(world, row) {
        Cell::Reference(_, at) => Cell::Reference(&account::COMPANY, at),
        other => other,
    }
}

fn on<'w>(world: &'w World, row: usize, cell: impl FnOnce(&'w Asset) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(world.assets.at(row), cell)
}
