//! Owners: the colleagues who look after companies.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::errors::Refusal;
use super::reads;
use super::value::{midnight, moment};
use crate::vendor::Call;
use crate::world::{Customer, World};

/// The id of the colleague who looks after a customer, made from the mail address.
pub(crate) fn id(customer: &Customer) -> u64 {
    let digest = Sha256::digest(&customer.owner_email);
    70_000_000 + digest.iter().take(3).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

/// `GET /crm/v3/owners`: a page of them, or the one with a mail address.
pub(crate) fn list(world: &World, call: &Call) -> Result<Value, Refusal> {
    let mut owners: BTreeMap<u64, &Customer> = BTreeMap::new();
    for customer in world.customers.iter() {
        owners.entry(id(customer)).or_insert(customer);
    }
    let email = call.param("email").map(str::to_lowercase);
    owners.retain(|_, customer| email.as_ref().is_none_or(|wanted| customer.owner_email.to_lowercase() == *wanted));
    let all: Vec<(u64, &Customer)> = owners.into_iter().collect();
    reads::page(&all, call, |(id, _)| *id, |(_, customer)| shape(world, customer))
}

/// `GET /crm/v3/owners/{id}`.
pub(crate) fn one(world: &World, wanted: &str) -> Result<Value, Refusal> {
    let found = world.customers.iter().find(|customer| id(customer).to_string() == wanted);
    found.map(|customer| shape(world, customer)).ok_or_else(Refusal::no_record)
}

fn shape(world: &World, customer: &Customer) -> Value {
    let (first, last) = customer.owner.split_once(' ').unwrap_or((customer.owner.as_str(), ""));
    let since = moment(midnight(world.today) - chrono::TimeDelta::days(4_000));
    json!({
        "id": id(customer).to_string(),
        "email": customer.owner_email,
        "type": "PERSON",
        "firstName": first,
        "lastName": last,
        "userId": id(customer) - 60_000_000,
        "createdAt": since,
        "updatedAt": since,
        "archived": false,
    })
}
