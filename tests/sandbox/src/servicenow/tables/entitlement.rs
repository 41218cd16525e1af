//! Rights to help.

use super::{Field, Table, account, asset, contract, field, nine, reference};
use crate::servicenow::cell::Cell;
use crate::world::{Entitlement, World};

/// Entitlements.
pub(super) static ENTITLEMENT: Table = Table {
    name: "service_entitlement",
    family: 0xe471,
    rows: |world| (0..world.entitlements.len()).collect(),
    is_hidden: |_, _| false,
    display: "name",
    updated: |world, row| nine(world.entitlements.at(row).map_or(world.today, |entitlement| entitlement.start)),
    fields: &FIELDS,
};

static FIELDS: [Field; 13] = [
    field("number", |world, row| on(world, row, |right| Cell::text(&right.number))),
    field("name", |world, row| on(world, row, |right| Cell::text(&right.name))),
    reference("account", "customer_account", |world, row| {
        on(world, row, |right| account::numbered(world, &right.customer))
    }),
    reference("contract", "ast_contract", |world, row| {
        on(world, row, |right| contract::numbered(world, right.contract.as_deref()))
    }),
    reference("product", "cmdb_model", |world, row| {
        on(world, row, |right| asset::model_of(world, right.serial.as_deref()))
    }),
    reference("asset", "alm_asset", |world, row| {
        on(world, row, |right| asset::with_serial(world, right.serial.as_deref()))
    }),
    field("start_date", |world, row| on(world, row, |right| Cell::Day(right.start))),
    field("end_date", |world, row| on(world, row, |right| Cell::Day(right.end))),
    field("active", |world, row| on(world, row, |right| Cell::Truth(right.status(world.today) == "Active"))),
    field("unit", |_, _| Cell::Choice("cases", "Cases")),
    field("total_units", |_, _| Cell::text("20")),
    field("remaining_units", |_, _| Cell::text("12")),
    field("channel", |world, row| on(world, row, |right| Cell::text(&right.kind))),
];

fn on<'w>(world: &'w World, row: usize, cell: impl FnOnce(&'w Entitlement) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(world.entitlements.at(row), cell)
}
