//! The types of object: their names, records, ids and properties.

mod billing;
mod company;
mod contact;
mod deal;
mod order;
mod product;
mod ticket;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

pub(crate) use company::COMPANY;
use contact::CONTACT;
pub(crate) use contact::{
    customer_of as customer_of_contact, of_customer as contacts_of_customer, of_email as contact_of_email,
};
use deal::DEAL;
pub(crate) use order::{lines_of, order_of_line};

use super::errors::Refusal;
use super::value::{self, Kind};
use crate::tenant::Tenant;
use crate::world::World;

/// A type of object. A record is a number of its type, taken from positions in the world.
pub(crate) struct Object {
    /// `companies`.
    pub(crate) plural: &'static str,
    /// `company`.
    pub(crate) singular: &'static str,
    /// `0-2`.
    pub(crate) type_id: &'static str,
    /// What the last change is called.
    pub(crate) modified: &'static str,
    /// Where ids begin.
    first_id: u64,
    numbers: fn(&World) -> Vec<usize>,
    exists: fn(&World, usize) -> bool,
    created: fn(&World, usize) -> Option<DateTime<Utc>>,
    properties: &'static [Property],
}

/// A property of a type of object.
pub(crate) struct Property {
    /// What it is called.
    pub(crate) name: &'static str,
    /// What its text means.
    pub(crate) kind: Kind,
    /// Whether no two records have the same value, so that one can be found by it.
    pub(crate) is_unique: bool,
    is_default: bool,
    is_custom: bool,
    value: fn(&World, usize) -> Option<String>,
}

/// Every type the account has.
static OBJECTS: [&Object; 9] = [
    &COMPANY,
    &CONTACT,
    &DEAL,
    &order::ORDER,
    &order::LINE_ITEM,
    &product::PRODUCT,
    &ticket::TICKET,
    &billing::INVOICE,
    &billing::SUBSCRIPTION,
];

/// The type called by its plural, its singular or its number.
pub(crate) fn named(name: &str) -> Result<&'static Object, Refusal> {
    let is_named = |object: &&Object| [object.plural, object.singular, object.type_id].contains(&name);
    OBJECTS.into_iter().find(is_named).ok_or_else(|| Refusal::no_object(name))
}

impl Object {
    /// Every record, by ascending id.
    pub(crate) fn all(&self, world: &World) -> Vec<usize> {
        (self.numbers)(world)
    }

    /// The id of a record.
    pub(crate) fn id(&self, world: &World, number: usize) -> u64 {
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        (self.first_id + account_offset(world.tenant)).saturating_add(number)
    }

    /// The record of an id: digits and nothing else.
    pub(crate) fn number(&self, world: &World, id: &str) -> Option<usize> {
        let id = id.parse::<u64>().ok().filter(|parsed| parsed.to_string() == id)?;
        let number = id.checked_sub(self.first_id + account_offset(world.tenant))?;
        usize::try_from(number).ok().filter(|number| (self.exists)(world, *number))
    }

    /// The property of a name.
    pub(crate) fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties.iter().find(|property| property.name == name)
    }

    /// For each value the record that has it in a unique property; by id when no property is named.
    pub(crate) fn found_by(
        &self,
        world: &World,
        property: Option<&str>,
        wanted: &[String],
    ) -> Result<Vec<Option<usize>>, Refusal> {
        let name = match property {
            None | Some("" | "hs_object_id") => return Ok(wanted.iter().map(|id| self.number(world, id)).collect()),
            Some(name) => name,
        };
        let unique = self.property(name).filter(|property| property.is_unique);
        let unique = unique.ok_or_else(|| Refusal::invalid(format!("{name} is not a unique property")))?;
        // Mail addresses are kept in lower case.
        let same = |value: &str| if name == "email" { value.to_lowercase() } else { value.to_owned() };
        let mut found: HashMap<String, Option<usize>> = wanted.iter().map(|value| (same(value), None)).collect();
        for number in self.all(world) {
            if let Some(place) = unique.of(world, number).and_then(|value| found.get_mut(&value)) {
                *place = Some(number);
            }
        }
        Ok(wanted.iter().map(|value| found.get(&same(value)).copied().flatten()).collect())
    }

    /// A record with the properties wanted; without a wish with the few that are always shown. Names nobody knows
    /// are passed over in silence.
    pub(crate) fn shape(&self, world: &World, number: usize, wanted: &[String]) -> Map<String, Value> {
        let created = (self.created)(world, number).unwrap_or_default();
        let (created_at, updated_at) = (value::moment(created), value::moment(touched(world, created)));
        let is_shown = |property: &&Property| {
            let is_system = ["createdate", "hs_object_id", self.modified].contains(&property.name);
            let is_wanted = wanted.iter().any(|name| name == property.name);
            is_system || is_wanted || (wanted.is_empty() && property.is_default)
        };
        let mut shown: Vec<&Property> = self.properties.iter().filter(is_shown).collect();
        shown.sort_by_key(|property| property.name);
        let values =
            shown.into_iter().map(|p| (p.name.to_owned(), p.of(world, number).map_or(Value::Null, Value::from)));
        let id = self.id(world, number).to_string();
        let mut shape = Map::new();
        shape.insert("id".to_owned(), Value::from(id.as_str()));
        shape.insert("properties".to_owned(), Value::Object(values.collect()));
        shape.insert("createdAt".to_owned(), Value::from(created_at));
        shape.insert("updatedAt".to_owned(), Value::from(updated_at));
        shape.insert("archived".to_owned(), Value::Bool(false));
        let url = format!("https://app-eu1.hubspot.com/contacts/{}/record/{}/{id}", portal(world.tenant), self.type_id);
        shape.insert("url".to_owned(), Value::from(url));
        shape
    }
}

impl Property {
    const fn new(name: &'static str, kind: Kind, value: fn(&World, usize) -> Option<String>) -> Self {
        Self { name, kind, is_unique: false, is_default: false, is_custom: false, value }
    }

    const fn text(name: &'static str, value: fn(&World, usize) -> Option<String>) -> Self {
        Self::new(name, Kind::Text, value)
    }

    /// One of the vendor's that this estate leaves empty.
    const fn unused(name: &'static str, kind: Kind) -> Self {
        Self::new(name, kind, |_, _| None)
    }

    const fn unique(self) -> Self {
        Self { is_unique: true, ..self }
    }

    const fn by_default(self) -> Self {
        Self { is_default: true, ..self }
    }

    const fn custom(self) -> Self {
        Self { is_custom: true, ..self }
    }

    /// The value of a record.
    pub(crate) fn of(&self, world: &World, number: usize) -> Option<String> {
        (self.value)(world, number)
    }

    /// Whether it is looked at when words are searched anywhere.
    pub(crate) fn is_searched(&self) -> bool {
        self.is_default && self.kind == Kind::Text
    }

    /// Its description.
    pub(crate) fn described(&self, object: &Object) -> Value {
        let (kind, field) = self.kind.described();
        json!({
            "name": self.name,
            "label": self.name.trim_start_matches("hs_").replace('_', " "),
            "type": kind,
            "fieldType": field,
            "description": "",
            "groupName": format!("{}information", object.singular),
            "options": [],
            "displayOrder": -1,
            "calculated": false,
            "externalOptions": false,
            "archived": false,
            "hasUniqueValue": self.is_unique,
            "hidden": false,
            "hubspotDefined": !self.is_custom,
            "formField": self.is_custom,
        })
    }
}

/// The descriptions of all properties.
pub(crate) fn described(object: &Object) -> Value {
    let all: Vec<Value> = object.properties.iter().map(|property| property.described(object)).collect();
    json!({ "results": all })
}

/// The properties that can be searched for words.
pub(crate) fn searched(object: &Object) -> impl Iterator<Item = &'static Property> {
    object.properties.iter().filter(|property| property.is_searched())
}

/// The account's number.
fn portal(tenant: Tenant) -> u64 {
    match tenant {
        Tenant::Acme => 147_893_286,
        Tenant::Globex => 148_003_517,
    }
}

/// What tells the ids of one tenant's account from another's.
fn account_offset(tenant: Tenant) -> u64 {
    match tenant {
        Tenant::Acme => 0,
        Tenant::Globex => 1_000_000_000,
    }
}

/// Somebody tidied up three days ago.
fn touched(world: &World, created: DateTime<Utc>) -> DateTime<Utc> {
    created.max(value::midnight(world.today) - TimeDelta::days(3))
}
