//! Service contracts and the machines they cover.

use super::{Field, Table, account, asset, field, nine, reference};
use crate::servicenow::cell::Cell;
use crate::world::{ServiceContract, SupportLevel, World};

/// Machines are counted within their contract; no contract has more.
const PER_CONTRACT: usize = 64;

/// Contracts.
pub(super) static CONTRACT: Table = Table {
    name: "ast_contract",
    family: 0xc047,
    rows: |world| (0..world.contracts.len()).collect(),
    is_hidden: |_, _| false,
    display: "number",
    updated: |world, row| nine(world.contracts.at(row).map_or(world.today, |contract| contract.start)),
    fields: &FIELDS,
};
/// Which machines a contract covers.
pub(super) static COVERED: Table = Table {
    name: "clm_m2m_contract_asset",
    family: 0xc2a5,
    rows: covered,
    is_hidden: |_, _| false,
    display: "sys_id",
    updated: |world, row| nine(world.contracts.at(row / PER_CONTRACT).map_or(world.today, |contract| contract.start)),
    fields: &COVERED_FIELDS,
};

static FIELDS: [Field; 12] = [
    field("number", |world, row| on(world, row, |contract| Cell::text(&contract.number))),
    field("short_description", |world, row| on(world, row, |contract| Cell::text(&contract.name))),
    reference("account", "customer_account", |world, row| {
        on(world, row, |contract| account::numbered(world, &contract.customer))
    }),
    reference("vendor", "core_company", |_, _| Cell::Empty),
    field("state", |world, row| on(world, row, |contract| state(contract.status(world.today)))),
    field("starts", |world, row| on(world, row, |contract| Cell::Day(contract.start))),
    field("ends", |world, row| on(world, row, |contract| Cell::Day(contract.end))),
    field("renewal_date", |_, _| Cell::Empty),
    reference("contract_model", "cmdb_model", |_, _| Cell::Empty),
    field("active", |world, row| on(world, row, |contract| Cell::Truth(contract.status(world.today) == "Active"))),
    field("u_support_level", |world, row| on(world, row, |contract| level(contract.level))),
    field("description", |_, _| Cell::Empty),
];

static COVERED_FIELDS: [Field; 2] = [
    reference("contract", "ast_contract", |_, row| Cell::Reference(&CONTRACT, row / PER_CONTRACT)),
    reference("asset", "alm_asset", |world, row| {
        on(world, row / PER_CONTRACT, |contract| {
            asset::with_serial(world, contract.serials.get(row % PER_CONTRACT).map(String::as_str))
        })
    }),
];

/// A reference to the contract with a number.
pub(super) fn numbered<'w>(world: &World, number: Option<&str>) -> Cell<'w> {
    let row = number.and_then(|number| world.contracts.position(number));
    Cell::maybe(row, |row| Cell::Reference(&CONTRACT, row))
}

fn state(status: &str) -> Cell<'static> {
    match status {
        "Active" => Cell::Choice("active", "Active"),
        "Expired" => Cell::Choice("expired", "Expired"),
        _ => Cell::Choice("draft", "Draft"),
    }
}

fn level(level: SupportLevel) -> Cell<'static> {
    match level {
        SupportLevel::None => Cell::Choice("none", "None"),
        SupportLevel::Basic => Cell::Choice("basic", "Basic"),
        SupportLevel::Standard => Cell::Choice("standard", "Standard"),
        SupportLevel::Premium => Cell::Choice("premium", "Premium"),
    }
}

fn covered(world: &World) -> Vec<usize> {
    let of_contract = |(row, contract): (usize, &ServiceContract)| {
        (0..contract.serials.len().min(PER_CONTRACT)).map(move |index| row * PER_CONTRACT + index)
    };
    world.contracts.iter().enumerate().flat_map(of_contract).collect()
}

fn on<'w>(world: &'w World, row: usize, cell: impl FnOnce(&'w ServiceContract) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(world.contracts.at(row), cell)
}
