//! Accounts: the companies we serve.

use super::{Field, Table, contact, field, nine, reference};
use crate::servicenow::cell::Cell;
use crate::tenant::Role;
use crate::world::{Customer, World};

/// The general table of companies.
pub(super) static COMPANY: Table = Table { name: "core_company", fields: &COMPANY_FIELDS, ..TEMPLATE };
/// Those that are customers.
pub(super) static ACCOUNT: Table = Table { name: "customer_account", fields: &ACCOUNT_FIELDS, ..TEMPLATE };

const TEMPLATE: Table = Table {
    name: "",
    family: 0x8a7b,
    rows: |world| (0..world.customers.len()).filter(|row| of(world, *row).is_some()).collect(),
    is_hidden: |_, _| false,
    display: "name",
    updated: |world, row| nine(of(world, row).map_or(world.today, |customer| customer.since)),
    fields: &[],
};

static COMPANY_FIELDS: [Field; 10] = [
    field("name", name),
    field("customer", |_, _| Cell::Truth(true)),
    field("phone", |world, row| on(world, row, |customer| Cell::text(&customer.phone))),
    field("website", |world, row| on(world, row, |customer| Cell::text(&customer.website))),
    field("street", |world, row| on(world, row, |customer| Cell::text(&customer.address.street))),
    field("zip", |world, row| on(world, row, |customer| Cell::text(&customer.address.postal_code))),
    field("city", |world, row| on(world, row, |customer| Cell::text(&customer.address.city))),
    field("state", |world, row| on(world, row, |customer| Cell::text(&customer.address.state))),
    field("country", |world, row| on(world, row, |customer| Cell::text(&customer.address.country_name))),
    field("notes", |_, _| Cell::Empty),
];

static ACCOUNT_FIELDS: [Field; 15] = [
    field("number", |world, row| on(world, row, |customer| Cell::text(&customer.number))),
    field("name", name),
    reference("account_parent", "customer_account", |_, _| Cell::Empty),
    reference("primary_contact", "customer_contact", |world, row| {
        Cell::maybe(contact::first_of(world, row), |row| Cell::Reference(&contact::CONTACT, row))
    }),
    field("customer", |_, _| Cell::Truth(true)),
    field("partner", |_, _| Cell::Truth(false)),
    field("phone", |world, row| on(world, row, |customer| Cell::text(&customer.phone))),
    field("website", |world, row| on(world, row, |customer| Cell::text(&customer.website))),
    field("street", |world, row| on(world, row, |customer| Cell::text(&customer.address.street))),
    field("zip", |world, row| on(world, row, |customer| Cell::text(&customer.address.postal_code))),
    field("city", |world, row| on(world, row, |customer| Cell::text(&customer.address.city))),
    field("state", |world, row| on(world, row, |customer| Cell::text(&customer.address.state))),
    field("country", |world, row| on(world, row, |customer| Cell::text(&customer.address.country_name))),
    field("industry", |world, row| on(world, row, |customer| Cell::text(&customer.industry))),
    field("active_escalation", |_, _| Cell::Empty),
];

/// The customer of a row; support has not heard of prospects.
pub(super) fn of(world: &World, row: usize) -> Option<&Customer> {
    world.customers.at(row).filter(|customer| customer.is_known_to(Role::Support))
}

/// A reference to the account with a customer number.
pub(super) fn numbered<'w>(world: &World, number: &str) -> Cell<'w> {
    let row = world.customers.position(number).filter(|row| of(world, *row).is_some());
    Cell::maybe(row, |row| Cell::Reference(&ACCOUNT, row))
}

fn name(world: &World, row: usize) -> Cell<'_> {
    on(world, row, |customer| Cell::text(customer.name_in(Role::Support)))
}

fn on<'w>(world: &'w World, row: usize, cell: impl FnOnce(&'w Customer) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(of(world, row), cell)
}
