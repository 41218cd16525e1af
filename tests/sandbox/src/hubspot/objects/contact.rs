//! Contacts: the people of the world's customers, counted within their company.

use super::{Kind, Object, Property, touched};
use crate::hubspot::owners;
use crate::hubspot::value::{filled, midnight, moment};
use crate::tenant::Role;
use crate::world::{Contact, Customer, World};

/// No company has more.
const PER_COMPANY: usize = 1_024;

/// The type. Its last change has a name of its own.
pub(crate) static CONTACT: Object = Object {
    plural: "contacts",
    singular: "contact",
    type_id: "0-1",
    modified: "lastmodifieddate",
    first_id: 713_490_000_000,
    numbers: |world| (0..world.customers.len()).flat_map(|customer| of_customer(world, customer)).collect(),
    exists: |world, number| person(world, number).is_some(),
    created: |world, number| person(world, number).map(|(customer, _)| midnight(customer.since)),
    properties: &PROPERTIES,
};

static PROPERTIES: [Property; 12] = [
    Property::text("company", |world, at| on(world, at, |customer, _| filled(customer.name_in(Role::Crm)))),
    Property::new("createdate", Kind::Moment, |world, at| {
        on(world, at, |customer, _| Some(moment(midnight(customer.since))))
    })
    .by_default(),
    Property::text("email", |world, at| on(world, at, |_, person| filled(&person.email.to_lowercase())))
        .unique()
        .by_default(),
    Property::text("firstname", |world, at| on(world, at, |_, person| filled(&person.first_name))).by_default(),
    Property::new("hs_object_id", Kind::Number, |world, at| Some(CONTACT.id(world, at).to_string())).by_default(),
    Property::new("hubspot_owner_id", Kind::Choice, |world, at| {
        on(world, at, |customer, _| Some(owners::id(customer).to_string()))
    }),
    Property::text("jobtitle", |world, at| on(world, at, |_, person| filled(&person.title))),
    Property::new("lastmodifieddate", Kind::Moment, |world, at| {
        on(world, at, |customer, _| Some(moment(touched(world, midnight(customer.since)))))
    })
    .by_default(),
    Property::text("lastname", |world, at| on(world, at, |_, person| filled(&person.last_name))).by_default(),
    Property::new("lifecyclestage", Kind::Choice, |world, at| {
        on(world, at, |c, _| Some(if c.is_prospect { "opportunity" } else { "customer" }.to_owned()))
    }),
    Property::unused("mobilephone", Kind::Text),
    Property::text("phone", |world, at| on(world, at, |_, person| filled(&person.phone))),
];

/// The records of a customer's people, the main contact first.
pub(crate) fn of_customer(world: &World, customer: usize) -> Vec<usize> {
    let count = world.customers.at(customer).map_or(0, |found| found.contacts.len().min(PER_COMPANY));
    (0..count).map(|index| customer * PER_COMPANY + index).collect()
}

/// The record of the contact with a mail address.
pub(crate) fn of_email(world: &World, customer: usize, email: &str) -> Option<usize> {
    let contacts = world.customers.at(customer)?.contacts.iter();
    contacts.take(PER_COMPANY).position(|person| person.email == email).map(|index| customer * PER_COMPANY + index)
}

/// The position of the customer a contact works for.
pub(crate) fn customer_of(number: usize) -> usize {
    number / PER_COMPANY
}

fn person(world: &World, number: usize) -> Option<(&Customer, &Contact)> {
    let customer = world.customers.at(customer_of(number))?;
    customer.contacts.get(number % PER_COMPANY).map(|person| (customer, person))
}

fn on(world: &World, at: usize, value: impl FnOnce(&Customer, &Contact) -> Option<String>) -> Option<String> {
    person(world, at).and_then(|(customer, person)| value(customer, person))
}
