//! What happens in a company while nobody is looking.

use chrono::Days;
use rust_decimal::Decimal;

use crate::world::{CaseStatus, OrderStatus, SubscriptionStatus, SupportLevel, World};

/// Changes one entity visibly; doing it twice changes it back where that is possible.
pub(crate) fn apply(world: &mut World, entity: &str, key: &str) -> Result<(), String> {
    let changed = match entity {
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
        _ => {
            return Err(format!(
                "`{entity}` is none of customer, order, invoice, product, asset, contract, subscription, case"
            ));
        }
    };
    changed.ok_or_else(|| format!("there is no {entity} `{key}`"))
}

fn toggle_suffix(name: &mut String) {
    const SUFFIX: &str = " (renamed)";
    match name.strip_suffix(SUFFIX) {
        Some(original) => *name = original.to_owned(),
        None => name.push_str(SUFFIX),
    }
}
