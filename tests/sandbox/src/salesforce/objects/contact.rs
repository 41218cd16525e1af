//! Contacts: the people of the world's customers.

use super::{Cell, Field, Kind, Object, Parent, account, compound, field, filled, unused, user};
use crate::world::{Contact, Customer, World};

/// Contacts are counted within their account; no account has more.
const PER_ACCOUNT: usize = 64;

/// The object.
pub(super) static CONTACT: Object = Object {
    name: "Contact",
    prefix: "003",
    records: |world| (0..world.customers.len()).flat_map(|at| of_account(world, at)).collect(),
    fields: &FIELDS,
    parents: &[
        Parent { name: "Account", object: "Account", record: |world, at| person(world, at).map(|_| at / PER_ACCOUNT) },
        Parent { name: "Owner", object: "User", record: |world, at| user::of_account(world, at / PER_ACCOUNT) },
    ],
    children: &[],
};

static FIELDS: [Field; 21] = [
    field("Id", Kind::Id, |world, at| Cell::Id(CONTACT.id(world, at))),
    field("IsDeleted", Kind::Bool, |_, _| Cell::Bool(false)),
    field("AccountId", Kind::Id, |world, at| on(world, at, |c, _| account::id(world, &c.number))),
    field("FirstName", Kind::Text, |world, at| on(world, at, |_, p| filled(&p.first_name))),
    field("LastName", Kind::Text, |world, at| on(world, at, |_, p| filled(&p.last_name))),
    field("Name", Kind::Text, |world, at| on(world, at, |_, p| Cell::owned(p.name()))),
    field("Email", Kind::Text, |world, at| on(world, at, |_, p| filled(&p.email))),
    field("Phone", Kind::Text, |world, at| on(world, at, |_, p| filled(&p.phone))),
    unused("MobilePhone", Kind::Text),
    field("Title", Kind::Text, |world, at| on(world, at, |_, p| filled(&p.title))),
    unused("Department", Kind::Text),
    field("MailingStreet", Kind::Text, |world, at| on(world, at, |c, _| filled(&c.address.street))),
    field("MailingCity", Kind::Text, |world, at| on(world, at, |c, _| filled(&c.address.city))),
    field("MailingState", Kind::Text, |world, at| on(world, at, |c, _| filled(&c.address.state))),
    field("MailingPostalCode", Kind::Text, |world, at| on(world, at, |c, _| filled(&c.address.postal_code))),
    field("MailingCountry", Kind::Text, |world, at| on(world, at, |c, _| filled(&c.address.country_name))),
    field("MailingAddress", Kind::Address, |world, at| on(world, at, |c, _| Cell::Address(compound(&c.address)))),
    field("OwnerId", Kind::Id, |world, at| {
        Cell::maybe(user::of_account(world, at / PER_ACCOUNT), |owner| user::id(world, owner))
    }),
    field("CreatedDate", Kind::Moment, |world, at| account::since(world, at / PER_ACCOUNT)),
    field("LastModifiedDate", Kind::Moment, |world, at| account::since(world, at / PER_ACCOUNT)),
    field("SystemModstamp", Kind::Moment, |world, at| account::since(world, at / PER_ACCOUNT)),
];

/// The contacts of an account, the main one first.
pub(super) fn of_account(world: &World, at: usize) -> Vec<usize> {
    let count = world.customers.at(at).map_or(0, |customer| customer.contacts.len().min(PER_ACCOUNT));
    (0..count).map(|person| at * PER_ACCOUNT + person).collect()
}

/// The contact of a customer with a mail address.
pub(super) fn of_email(world: &World, customer: &str, email: &str) -> Option<usize> {
    let at = world.customers.position(customer)?;
    let contacts = world.customers.at(at)?.contacts.iter();
    contacts.take(PER_ACCOUNT).position(|contact| contact.email == email).map(|person| at * PER_ACCOUNT + person)
}

fn person(world: &World, at: usize) -> Option<(&Customer, &Contact)> {
    let customer = world.customers.at(at / PER_ACCOUNT)?;
    Some((customer, customer.contacts.get(at % PER_ACCOUNT)?))
}

fn on<'w>(world: &'w World, at: usize, value: impl FnOnce(&'w Customer, &'w Contact) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(person(world, at), |(customer, contact)| value(customer, contact))
}
