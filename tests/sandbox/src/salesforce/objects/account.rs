//! Accounts: the world's customers, the prospect included.

use super::{
    Cell, Children, Field, Kind, Object, Parent, asset, case, compound, contact, contract, entitlement, field, filled,
    order, unused, user,
};
use crate::tenant::Role;
use crate::world::{Customer, World};

/// The object.
pub(super) static ACCOUNT: Object = Object {
    name: "Account",
    prefix: "001",
    records: |world| (0..world.customers.len()).collect(),
    fields: &FIELDS,
    parents: &[
        Parent { name: "Owner", object: "User", record: user::of_account },
        Parent { name: "Parent", object: "Account", record: |_, _| None },
    ],
    children: &[
        Children { name: "Orders", object: "Order", records: order::of_account },
        Children { name: "Cases", object: "Case", records: case::of_account },
        Children { name: "Contacts", object: "Contact", records: contact::of_account },
        Children { name: "Assets", object: "Asset", records: asset::of_account },
        Children { name: "ServiceContracts", object: "ServiceContract", records: contract::of_account },
        Children { name: "Entitlements", object: "Entitlement", records: entitlement::of_account },
    ],
};

static FIELDS: [Field; 36] = [
    field("Id", Kind::Id, |world, at| Cell::Id(ACCOUNT.id(world, at))),
    field("IsDeleted", Kind::Bool, |_, _| Cell::Bool(false)),
    field("Name", Kind::Text, |world, at| on(world, at, |c| Cell::text(c.name_in(Role::Crm)))),
    field("AccountNumber", Kind::Text, |world, at| {
        on(world, at, |c| if c.is_prospect { Cell::Null } else { Cell::text(&c.number) })
    }),
    field("Type", Kind::Text, |world, at| {
        on(world, at, |c| Cell::text(if c.is_prospect { "Prospect" } else { "Customer - Direct" }))
    }),
    unused("ParentId", Kind::Id),
    field("Phone", Kind::Text, |world, at| on(world, at, |c| filled(&c.phone))),
    unused("Fax", Kind::Text),
    field("Website", Kind::Text, |world, at| on(world, at, |c| filled(&c.website))),
    field("Industry", Kind::Text, |world, at| on(world, at, |c| filled(&c.industry))),
    unused("AnnualRevenue", Kind::Number),
    unused("NumberOfEmployees", Kind::Number),
    unused("Description", Kind::Text),
    unused("AccountSource", Kind::Text),
    field("OwnerId", Kind::Id, |world, at| Cell::maybe(user::of_account(world, at), |user| user::id(world, user))),
    field("Segment__c", Kind::Text, |world, at| on(world, at, |c| filled(&c.segment))),
    field("BillingStreet", Kind::Text, |world, at| on(world, at, |c| filled(&c.address.street))),
    field("BillingCity", Kind::Text, |world, at| on(world, at, |c| filled(&c.address.city))),
    field("BillingState", Kind::Text, |world, at| on(world, at, |c| filled(&c.address.state))),
    field("BillingPostalCode", Kind::Text, |world, at| on(world, at, |c| filled(&c.address.postal_code))),
    field("BillingCountry", Kind::Text, |world, at| on(world, at, |c| filled(&c.address.country_name))),
    field("BillingAddress", Kind::Address, |world, at| on(world, at, |c| Cell::Address(compound(&c.address)))),
    unused("ShippingStreet", Kind::Text),
    unused("ShippingCity", Kind::Text),
    unused("ShippingState", Kind::Text),
    unused("ShippingPostalCode", Kind::Text),
    unused("ShippingCountry", Kind::Text),
    unused("ShippingAddress", Kind::Address),
    unused("LastActivityDate", Kind::Date),
    field("Credit_Limit__c", Kind::Number, |world, at| on(world, at, |c| Cell::Number(c.credit_limit))),
    field("Open_Balance__c", Kind::Number, |world, at| on(world, at, |c| Cell::Number(world.open_balance(&c.number)))),
    field("Credit_Hold__c", Kind::Bool, |world, at| on(world, at, |c| Cell::Bool(c.on_hold))),
    field("Payment_Terms__c", Kind::Text, |world, at| on(world, at, |c| filled(&c.payment_terms))),
    field("CreatedDate", Kind::Moment, since),
    field("LastModifiedDate", Kind::Moment, since),
    field("SystemModstamp", Kind::Moment, since),
];

/// The record of a customer.
pub(super) fn of_customer(world: &World, number: &str) -> Option<usize> {
    world.customers.position(number)
}

/// The id of the account of a customer.
pub(super) fn id<'w>(world: &World, number: &str) -> Cell<'w> {
    Cell::maybe(of_customer(world, number), |at| Cell::Id(ACCOUNT.id(world, at)))
}

/// When a customer's records were entered.
pub(super) fn since(world: &World, at: usize) -> Cell<'_> {
    on(world, at, |c| Cell::midnight(c.since))
}

fn on<'w>(world: &'w World, at: usize, value: impl FnOnce(&'w Customer) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(world.customers.at(at), value)
}
