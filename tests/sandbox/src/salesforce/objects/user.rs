//! Users: the colleagues who look after accounts. The first account somebody looks after gives the user its number.

use super::{Cell, Field, Kind, Object, field};
use crate::world::{Customer, World};

/// The object.
pub(super) static USER: Object = Object {
    name: "User",
    prefix: "005",
    records: |world| (0..world.customers.len()).filter(|at| of_account(world, *at) == Some(*at)).collect(),
    fields: &FIELDS,
    parents: &[],
    children: &[],
};

static FIELDS: [Field; 7] = [
    field("Id", Kind::Id, id),
    field("Name", Kind::Text, |world, at| on(world, at, |c| Cell::text(&c.owner))),
    field("FirstName", Kind::Text, |world, at| {
        on(world, at, |c| Cell::maybe(c.owner.rsplit_once(' '), |(first, _)| Cell::text(first)))
    }),
    field("LastName", Kind::Text, |world, at| {
        on(world, at, |c| Cell::text(c.owner.rsplit_once(' ').map_or(&c.owner, |(_, last)| last)))
    }),
    field("Email", Kind::Text, |world, at| on(world, at, |c| Cell::text(&c.owner_email))),
    field("Username", Kind::Text, |world, at| on(world, at, |c| Cell::text(&c.owner_email))),
    field("IsActive", Kind::Bool, |_, _| Cell::Bool(true)),
];

/// The user who looks after an account.
pub(super) fn of_account(world: &World, at: usize) -> Option<usize> {
    let owner = &world.customers.at(at)?.owner_email;
    world.customers.iter().position(|customer| customer.owner_email == *owner)
}

/// The id of a user.
pub(super) fn id<'w>(world: &World, at: usize) -> Cell<'w> {
    Cell::Id(USER.id(world, at))
}

fn on<'w>(world: &'w World, at: usize, value: impl FnOnce(&'w Customer) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(world.customers.at(at), value)
}
