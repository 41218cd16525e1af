//! Which objects the organisation has, with their fields and relations.
//!
//! A record is a number of its object: rows of the world counted by position, so that an id leads back to its row.
//! Anything absent here is refused by name, exactly as a field is that the integration's user may not see.

mod account;
mod asset;
mod case;
mod contact;
mod contract;
mod entitlement;
mod invoice;
mod order;
mod price;
mod product;
mod user;

use serde_json::{Value, json};

use super::cells::{Cell, Kind};
use super::ids;
use crate::tenant::Tenant;
use crate::world::{Address, World};

/// How the value of a field is found.
type Reading = for<'w> fn(&'w World, usize) -> Cell<'w>;

/// An object: what other systems call a table.
#[derive(Debug)]
pub(crate) struct Object {
    /// Its name in queries and addresses.
    pub(crate) name: &'static str,
    /// The first three characters of its ids.
    pub(crate) prefix: &'static str,
    /// The numbers of all its records, ascending.
    pub(crate) records: fn(&World) -> Vec<usize>,
    /// Its fields.
    pub(crate) fields: &'static [Field],
    /// The objects its records point to.
    pub(crate) parents: &'static [Parent],
    /// The objects whose records point to it.
    pub(crate) children: &'static [Children],
}

/// A field of an object.
#[derive(Debug)]
pub(crate) struct Field {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its type.
    pub(crate) kind: Kind,
    /// Whether records can be addressed by it.
    pub(crate) is_external_id: bool,
    /// Its value in a record.
    pub(crate) value: Reading,
}

/// A relation to one record of another object.
#[derive(Debug)]
pub(crate) struct Parent {
    /// Its name in paths.
    pub(crate) name: &'static str,
    /// The object it leads to.
    pub(crate) object: &'static str,
    /// The record it leads to.
    pub(crate) record: fn(&World, usize) -> Option<usize>,
}

/// A relation to many records of another object.
#[derive(Debug)]
pub(crate) struct Children {
    /// Its name in child queries.
    pub(crate) name: &'static str,
    /// The object it leads to.
    pub(crate) object: &'static str,
    /// The records it leads to.
    pub(crate) records: fn(&World, usize) -> Vec<usize>,
}

/// Every object of the organisation.
pub(crate) const OBJECTS: [&Object; 16] = [
    &account::ACCOUNT,
    &contact::CONTACT,
    &asset::ASSET,
    &contract::SERVICE_CONTRACT,
    &contract::CONTRACT_LINE_ITEM,
    &entitlement::ENTITLEMENT,
    &product::PRODUCT,
    &user::USER,
    &price::PRICEBOOK,
    &price::ENTRY,
    &order::ORDER,
    &order::ORDER_ITEM,
    &order::ORDER_SUMMARY,
    &order::SHIPMENT,
    &invoice::INVOICE,
    &case::CASE,
];

/// The object of a name; case does not matter.
pub(crate) fn object(name: &str) -> Option<&'static Object> {
    OBJECTS.into_iter().find(|object| object.name.eq_ignore_ascii_case(name))
}

impl Object {
    /// The field of a name; case does not matter.
    pub(crate) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The relation to a parent; case does not matter.
    pub(crate) fn parent(&self, name: &str) -> Option<&'static Parent> {
        self.parents.iter().find(|parent| parent.name.eq_ignore_ascii_case(name))
    }

    /// The relation to children; case does not matter.
    pub(crate) fn children(&self, name: &str) -> Option<&'static Children> {
        self.children.iter().find(|children| children.name.eq_ignore_ascii_case(name))
    }

    /// The id of a record.
    pub(crate) fn id(&self, world: &World, record: usize) -> String {
        ids::id(self.prefix, organisation(world.tenant), record)
    }

    /// The record of an id, when there is one.
    pub(crate) fn record(&self, world: &World, id: &str) -> Option<usize> {
        self.number(world, id).filter(|number| (self.records)(world).contains(number))
    }

    /// The number in an id of this object, whether or not there is such a record.
    pub(crate) fn number(&self, world: &World, id: &str) -> Option<usize> {
        ids::number(id, self.prefix, organisation(world.tenant))
    }

    /// The `attributes` every record carries.
    pub(crate) fn attributes(&self, world: &World, record: usize, version: &str) -> Value {
        let id = self.id(world, record);
        json!({ "type": self.name, "url": format!("/services/data/{version}/sobjects/{}/{id}", self.name) })
    }
}

/// What tells the ids of one tenant's organisation from another's.
pub(crate) fn organisation(tenant: Tenant) -> &'static str {
    match tenant {
        Tenant::Acme => "5gAc",
        Tenant::Globex => "5gGx",
    }
}

const fn field(name: &'static str, kind: Kind, value: Reading) -> Field {
    Field { name, kind, is_external_id: false, value }
}

/// A field that is always empty in this organisation.
const fn unused(name: &'static str, kind: Kind) -> Field {
    field(name, kind, |_, _| Cell::Null)
}

/// A compound address as an answer carries it.
fn compound(address: &Address) -> Value {
    let present = |text: &str| if text.is_empty() { Value::Null } else { Value::from(text) };
    json!({
        "city": present(&address.city),
        "country": present(&address.country_name),
        "geocodeAccuracy": null,
        "latitude": null,
        "longitude": null,
        "postalCode": present(&address.postal_code),
        "state": present(&address.state),
        "street": present(&address.street),
    })
}

/// A text, or nothing when it is empty: the vendor stores no empty texts.
fn filled(text: &str) -> Cell<'_> {
    if text.is_empty() { Cell::Null } else { Cell::text(text) }
}

#[cfg(test)]
mod tests;
