//! People: the customers' and the one of us who works on cases.

use super::{Field, Table, account, field, nine, reference};
use crate::servicenow::cell::Cell;
use crate::world::{Contact, World};

/// People are counted within their account; no account has more.
const PER_ACCOUNT: usize = 64;
/// The row of the colleague who works on cases.
const AGENT: usize = 0xffff_ffff;

/// Everybody.
pub(super) static USER: Table = Table {
    name: "sys_user",
    rows: |world| {
        let mut rows = people(world);
        rows.push(AGENT);
        rows
    },
    fields: &USER_FIELDS,
    ..CONTACT_TEMPLATE
};
/// The customers' people.
pub(super) static CONTACT: Table = Table { name: "customer_contact", fields: &CONTACT_FIELDS, ..CONTACT_TEMPLATE };

const CONTACT_TEMPLATE: Table = Table {
    name: "",
    family: 0x6282,
    rows: people,
    is_hidden: |_, _| false,
    display: "name",
    updated: |world, row| nine(account::of(world, row / PER_ACCOUNT).map_or(world.today, |customer| customer.since)),
    fields: &[],
};

static USER_FIELDS: [Field; 8] = [
    field("user_name", email),
    field("name", name),
    field("first_name", |world, row| on(world, row, "Support", |person| &person.first_name)),
    field("last_name", |world, row| on(world, row, "Agent", |person| &person.last_name)),
    field("email", email),
    field("phone", |world, row| on(world, row, "", |person| &person.phone)),
    field("title", |world, row| on(world, row, "Support Engineer", |person| &person.title)),
    field("active", |_, _| Cell::Truth(true)),
];

static CONTACT_FIELDS: [Field; 9] = [
    field("user_name", email),
    field("name", name),
    field("first_name", |world, row| on(world, row, "", |person| &person.first_name)),
    field("last_name", |world, row| on(world, row, "", |person| &person.last_name)),
    field("email", email),
    field("phone", |world, row| on(world, row, "", |person| &person.phone)),
    field("title", |world, row| on(world, row, "", |person| &person.title)),
    field("active", |_, _| Cell::Truth(true)),
    reference("account", "customer_account", |_, row| Cell::Reference(&account::ACCOUNT, row / PER_ACCOUNT)),
];

/// The main contact of an account.
pub(super) fn first_of(world: &World, account: usize) -> Option<usize> {
    let customer = account::of(world, account)?;
    (!customer.contacts.is_empty()).then_some(account * PER_ACCOUNT)
}

/// A reference to the contact of an account who has a mail address.
pub(super) fn with_address<'w>(world: &World, customer: &str, email: &str) -> Cell<'w> {
    let found = world.customers.position(customer).and_then(|account| {
        let contacts = &account::of(world, account)?.contacts;
        let index = contacts.iter().take(PER_ACCOUNT).position(|person| person.email == email)?;
        Some(account * PER_ACCOUNT + index)
    });
    Cell::maybe(found, |row| Cell::Reference(&CONTACT, row))
}

/// A reference to the colleague who works on cases.
pub(super) fn agent<'w>() -> Cell<'w> {
    Cell::Reference(&USER, AGENT)
}

fn people(world: &World) -> Vec<usize> {
    let of_account = |row: usize| {
        let count = account::of(world, row).map_or(0, |customer| customer.contacts.len().min(PER_ACCOUNT));
        (0..count).map(move |index| row * PER_ACCOUNT + index)
    };
    (0..world.customers.len()).flat_map(of_account).collect()
}

fn person(world: &World, row: usize) -> Option<&Contact> {
    account::of(world, row / PER_ACCOUNT)?.contacts.get(row % PER_ACCOUNT)
}

fn name(world: &World, row: usize) -> Cell<'_> {
    Cell::owned(person(world, row).map_or_else(|| "Support Agent".to_owned(), Contact::name))
}

fn email(world: &World, row: usize) -> Cell<'_> {
    on(world, row, "agent@support.example", |person| &person.email)
}

fn on<'w>(world: &'w World, row: usize, agent: &'static str, text: impl FnOnce(&'w Contact) -> &'w str) -> Cell<'w> {
    Cell::text(person(world, row).map_or(agent, text))
}
