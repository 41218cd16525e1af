//! What happens in a company while nobody is looking.

use chrono::Days;
use rust_decimal::Decimal;

use crate::world::{CaseStatus, OrderStatus, SubscriptionStatus, SupportLevel, World};

const KINDS: [&str; 8] = ["customer", "order", "invoice", "product", "asset", "contract", "subscription", "case"];

/// What has changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Changed {
    /// What kind of thing.
    pub(crate) entity: &'static str,
    /// Which one.
    pub(crate) key: String,
}

/// Changes one entity visibly; doing it twice changes it back where that is possible. `new_order` takes the customer's
/// number and enters another order like the customer's first.
pub(crate) fn apply(world: &mut World, entity: &str, key: &str) -> Result<Changed, String> {
    if entity == "new_order" {
        return enter_order(world, key).ok_or_else(|| format!("there is no customer `{key}` with an order"));
    }
    let known = KINDS.into_iter().find(|kind| *kind == entity);
    let known = known.ok_or_else(|| format!("`{entity}` is none of {}, new_order", KINDS.join(", ")))?;
    let changed = match known {
        "customer" => world.customers.get_mut(key).map(|customer| toggle_suffix(&mut customer.name)),
        "order" => world.orders.get_mut(key).map(|order| {
            order.status = match order.status {
                OrderStatus::Delivered => OrderStatus::PartlyShipped,
                _ => OrderStatus::Delivered,
            };
        }),
        "invoice" => world.invoices.get_mut(key).map(|invoice| {
            invoice.open_amount = if invoice.open_amount.is_zero() { invoice.total } else { Decimal::ZERO };
        }),
        "product" => world.products.get_mut(key).map(|product| product.price += Decimal::ONE),
        "asset" => world.assets.get_mut(key).map(|asset| {
            asset.warranty_end = asset.warranty_end.and_then(|end| end.checked_add_days(Days::new(365)));
        }),
        "contract" => world.contracts.get_mut(key).map(|contract| {
            contract.level = match contract.level {
                SupportLevel::Premium => SupportLevel::Standard,
                _ => SupportLevel::Premium,
            };
        }),
        "subscription" => world.subscriptions.get_mut(key).map(|subscription| {
            subscription.status = match subscription.status {
                SubscriptionStatus::Active => SubscriptionStatus::PastDue,
                _ => SubscriptionStatus::Active,
            };
        }),
        "case" => world.cases.get_mut(key).map(|case| {
            case.status = if case.status == CaseStatus::Solved { CaseStatus::Open } else { CaseStatus::Solved };
        }),
        _ => None,
    };
    changed.ok_or_else(|| format!("there is no {entity} `{key}`"))?;
    Ok(Changed { entity: known, key: key.to_owned() })
}

/// Another order of a customer, with the lines of its first.
fn enter_order(world: &mut World, customer: &str) -> Option<Changed> {
    let mut order = world.orders.of(customer).next()?.clone();
    let digits = order.number.trim_start_matches(|c: char| !c.is_ascii_digit()).len();
    let series = &order.number[..order.number.len() - digits];
    let number = format!("{series}{}", 900_000 + world.orders.len());
    order.number.clone_from(&number);
    order.status = OrderStatus::Open;
    world.orders.add(order);
    Some(Changed { entity: "order", key: number })
}

fn toggle_suffix(name: &mut String) {
    const SUFFIX: &str = " (renamed)";
    match name.strip_suffix(SUFFIX) {
        Some(original) => *name = original.to_owned(),
        None => name.push_str(SUFFIX),
    }
}
