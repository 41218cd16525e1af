//! Products: the vendor itself sees to it that no two have the same sku.

use super::{Kind, Object, Property, touched};
use crate::hubspot::value::{filled, midnight, moment};
use crate::world::{Product, World};

/// The type.
pub(crate) static PRODUCT: Object = Object {
    plural: "products",
    singular: "product",
    type_id: "0-7",
    modified: "hs_lastmodifieddate",
    first_id: 1_440_000_000,
    numbers: |world| (0..world.products.len()).collect(),
    exists: |world, number| number < world.products.len(),
    created: |world, _| Some(midnight(world.today) - chrono::TimeDelta::days(1_000)),
    properties: &PROPERTIES,
};

static PROPERTIES: [Property; 11] = [
    Property::new("createdate", Kind::Moment, |world, _| {
        Some(moment(midnight(world.today) - chrono::TimeDelta::days(1_000)))
    })
    .by_default(),
    Property::text("description", |world, at| on(world, at, |p| filled(&p.description))).by_default(),
    Property::unused("hs_cost_of_goods_sold", Kind::Number),
    Property::new("hs_lastmodifieddate", Kind::Moment, |world, _| Some(moment(touched(world, midnight(world.today)))))
        .by_default(),
    Property::new("hs_object_id", Kind::Number, |world, at| Some(PRODUCT.id(world, at).to_string())).by_default(),
    Property::unused("hs_recurring_billing_period", Kind::Text),
    Property::text("hs_sku", |world, at| on(world, at, |p| filled(&p.sku))).unique(),
    Property::text("name", |world, at| on(world, at, |p| filled(&p.name))).by_default(),
    Property::new("price", Kind::Number, |world, at| on(world, at, |p| Some(p.price.to_string()))).by_default(),
    Property::text("unit", |world, at| on(world, at, |p| filled(&p.unit))).custom(),
    Property::new("warranty_months", Kind::Number, |world, at| on(world, at, |p| Some(p.warranty_months.to_string())))
        .custom(),
];

fn on(world: &World, at: usize, value: impl FnOnce(&Product) -> Option<String>) -> Option<String> {
    world.products.at(at).and_then(value)
}
