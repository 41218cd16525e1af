//! People at customers. `entityid` is the name; one more at each customer has left it.

use super::{Column, Table, column, customer, position};
use crate::netsuite::cell::Cell;
use crate::tenant::Role;
use crate::world::{Contact, Customer, World};

const FIRST: usize = 300_001;
/// People are counted within their customer; no customer has more.
const PER_CUSTOMER: usize = 16;

/// Contacts.
pub(super) static CONTACT: Table = Table { name: "contact", rows, columns: &COLUMNS };

static COLUMNS: [Column; 11] = [
    column("id", |_, row| Cell::id(FIRST + row))
        .found(|world, id| position(id, FIRST).filter(|row| at(world, *row).is_some()).into_iter().collect()),
    column("entityid", |world, row| {
        on(world, row, |contact| match contact {
            Some(contact) => Cell::owned(contact.name()),
            None => Cell::text("Has Left"),
        })
    }),
    column("firstname", |world, row| text(world, row, |contact| &contact.first_name)),
    column("lastname", |world, row| text(world, row, |contact| &contact.last_name)),
    column("email", |world, row| text(world, row, |contact| &contact.email)),
    column("phone", |world, row| text(world, row, |contact| &contact.phone)),
    column("title", |world, row| text(world, row, |contact| &contact.title)),
    column("company", |world, row| match at(world, row) {
        Some((customer, _)) => customer::id(world, &customer.number),
        None => Cell::Null,
    })
    .shown(|world, row| match at(world, row) {
        Some((customer, _)) => customer::shown(world, &customer.number),
        None => Cell::Null,
    })
    .found(|world, id| {
        let number = customer::with_id(world, id).map(|customer| customer.number.as_str());
        number.and_then(|number| world.customers.position(number)).into_iter().flat_map(|row| of(world, row)).collect()
    }),
    column("isinactive", |world, row| on(world, row, |contact| Cell::truth(contact.is_none()))),
    column("isprivate", |_, _| Cell::truth(false)),
    column("lastmodifieddate", |world, row| match at(world, row) {
        Some((customer, _)) => Cell::day(customer.since),
        None => Cell::Null,
    }),
];

/// The internal id of the person with a mail address at a customer.
pub(super) fn id<'w>(world: &World, customer: &str, email: &str) -> Cell<'w> {
    let row = world.customers.position(customer).and_then(|row| {
        let number = world.customers.at(row)?.contacts.iter().position(|contact| contact.email == email)?;
        Some(row * PER_CUSTOMER + number)
    });
    Cell::maybe(row, |row| Cell::id(FIRST + row))
}

/// The name of the person with a mail address at a customer.
pub(super) fn shown<'w>(world: &World, customer: &str, email: &str) -> Cell<'w> {
    let contact = world.customers.get(customer).and_then(|found| found.contacts.iter().find(|one| one.email == email));
    Cell::maybe(contact, |contact| Cell::owned(contact.name()))
}

fn rows(world: &World) -> Vec<usize> {
    (0..world.customers.len()).flat_map(|row| of(world, row)).collect()
}

fn of(world: &World, customer: usize) -> Vec<usize> {
    let known = world.customers.at(customer).filter(|customer| customer.is_known_to(Role::Erp));
    let count = known.map_or(0, |customer| (customer.contacts.len() + 1).min(PER_CUSTOMER));
    (0..count).map(|number| customer * PER_CUSTOMER + number).collect()
}

/// Who a row is: the customer and the person, or nobody who is still there.
fn at(world: &World, row: usize) -> Option<(&Customer, Option<&Contact>)> {
    let customer = world.customers.at(row / PER_CUSTOMER).filter(|customer| customer.is_known_to(Role::Erp))?;
    let number = row % PER_CUSTOMER;
    (number <= customer.contacts.len()).then(|| (customer, customer.contacts.get(number)))
}

fn on<'w>(world: &'w World, row: usize, cell: impl FnOnce(Option<&'w Contact>) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(at(world, row), |(_, contact)| cell(contact))
}

fn text<'w>(world: &'w World, row: usize, of: fn(&Contact) -> &String) -> Cell<'w> {
    on(world, row, |contact| Cell::maybe(contact, |contact| Cell::text(of(contact))))
}
