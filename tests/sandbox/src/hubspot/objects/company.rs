//! Companies: the world's customers, the prospect included.

use super::{Kind, Object, Property, touched};
use crate::hubspot::owners;
use crate::hubspot::value::{filled, midnight, moment};
use crate::tenant::Role;
use crate::world::{Customer, World};

/// The type.
pub(crate) static COMPANY: Object = Object {
    plural: "companies",
    singular: "company",
    type_id: "0-2",
    modified: "hs_lastmodifieddate",
    first_id: 406_260_000_000,
    numbers: |world| (0..world.customers.len()).collect(),
    exists: |world, number| number < world.customers.len(),
    created: |world, number| world.customers.at(number).map(|customer| midnight(customer.since)),
    properties: &PROPERTIES,
};

static PROPERTIES: [Property; 25] = [
    Property::text("address", |world, at| on(world, at, |c| filled(&c.address.street))),
    Property::unused("annualrevenue", Kind::Number),
    Property::text("city", |world, at| on(world, at, |c| filled(&c.address.city))),
    Property::text("country", |world, at| on(world, at, |c| filled(&c.address.country_name))),
    Property::new("createdate", Kind::Moment, |world, at| on(world, at, |c| Some(moment(midnight(c.since)))))
        .by_default(),
    Property::new("credit_limit", Kind::Number, |world, at| on(world, at, |c| Some(c.credit_limit.to_string())))
        .custom(),
    Property::text("customer_segment", |world, at| on(world, at, |c| filled(&c.segment))).custom(),
    Property::new("deliveries_stopped", Kind::Truth, |world, at| on(world, at, |c| Some(c.on_hold.to_string())))
        .custom(),
    Property::unused("description", Kind::Text),
    Property::text("domain", |world, at| on(world, at, |c| filled(&c.domain))).by_default(),
    Property::text("erp_customer_number", |world, at| on(world, at, number)).unique().custom(),
    Property::new("hs_lastmodifieddate", Kind::Moment, |world, at| {
        on(world, at, |c| Some(moment(touched(world, midnight(c.since)))))
    })
    .by_default(),
    Property::new("hs_num_child_companies", Kind::Number, |_, _| Some("0".to_owned())),
    Property::new("hs_object_id", Kind::Number, |world, at| Some(COMPANY.id(world, at).to_string())).by_default(),
    Property::unused("hs_parent_company_id", Kind::Number),
    Property::new("hubspot_owner_id", Kind::Choice, |world, at| on(world, at, |c| Some(owners::id(c).to_string()))),
    Property::new("industry", Kind::Choice, |world, at| on(world, at, |c| filled(&c.industry))),
    Property::new("lifecyclestage", Kind::Choice, |world, at| on(world, at, stage)),
    Property::text("name", |world, at| on(world, at, |c| filled(c.name_in(Role::Crm)))).by_default(),
    Property::unused("numberofemployees", Kind::Number),
    Property::text("payment_terms", |world, at| on(world, at, |c| filled(&c.payment_terms))).custom(),
    Property::text("phone", |world, at| on(world, at, |c| filled(&c.phone))),
    Property::text("state", |world, at| on(world, at, |c| filled(&c.address.state))),
    Property::text("website", |world, at| on(world, at, |c| filled(&c.website))),
    Property::text("zip", |world, at| on(world, at, |c| filled(&c.address.postal_code))),
];

fn number(customer: &Customer) -> Option<String> {
    (!customer.is_prospect).then(|| customer.number.clone())
}

fn stage(customer: &Customer) -> Option<String> {
    Some(if customer.is_prospect { "opportunity" } else { "customer" }.to_owned())
}

fn on(world: &World, at: usize, value: impl FnOnce(&Customer) -> Option<String>) -> Option<String> {
    world.customers.at(at).and_then(value)
}
