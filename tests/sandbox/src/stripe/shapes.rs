//! Objects as answers carry them.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::kinds::{self, Kind, cents, invoice, invoice_number, latest_invoice, seconds, subscription_of};
use crate::tenant::Role;
use crate::world::{Subscription, SubscriptionStatus, World};

/// An object of a kind.
pub(crate) fn shape(world: &World, kind: Kind, number: usize) -> Value {
    let shaped = match kind {
        Kind::Customer => customer(world, number),
        Kind::Subscription => subscription(world, number),
        Kind::Invoice => invoiced(world, number),
        Kind::Product => world.subscriptions.at(number).map(|found| product(world, number, found)),
    };
    shaped.unwrap_or(Value::Null)
}

fn customer(world: &World, number: usize) -> Option<Value> {
    let customer = world.customers.at(number)?;
    let owes = |found: &Subscription| found.status == SubscriptionStatus::PastDue;
    let address = &customer.address;
    let filled = |text: &str| if text.is_empty() { Value::Null } else { Value::from(text) };
    Some(json!({
        "id": Kind::Customer.id(world.tenant, number),
        "object": "customer",
        "address": {
            "city": filled(&address.city),
            "country": filled(&address.country_iso2),
            "line1": filled(&address.street),
            "line2": null,
            "postal_code": filled(&address.postal_code),
            "state": filled(&address.state),
        },
        "balance": 0,
        "created": Kind::Customer.created(world, number),
        "currency": "eur",
        "default_source": null,
        "delinquent": world.subscriptions.of(&customer.number).any(owes),
        "description": null,
        "discount": null,
        "email": filled(&customer.email),
        "invoice_prefix": "7FE1103",
        "invoice_settings": { "custom_fields": null, "default_payment_method": null, "footer": null },
        "livemode": false,
        "metadata": { "erp_id": customer.number, "account_code": kinds::account_code(customer) },
        "name": customer.name_in(Role::Billing),
        "next_invoice_sequence": 2,
        "phone": filled(&customer.phone),
        "preferred_locales": [],
        "shipping": null,
        "tax_exempt": "none",
        "test_clock": null,
    }))
}

fn subscription(world: &World, number: usize) -> Option<Value> {
    let found = world.subscriptions.at(number)?;
    let id = Kind::Subscription.id(world.tenant, number);
    let trial = found.status == SubscriptionStatus::Trialing;
    let at_end = found.ends_with_period.then(|| seconds(found.period_end));
    Some(json!({
        "id": id,
        "object": "subscription",
        "billing_cycle_anchor": seconds(found.start),
        "cancel_at": at_end,
        "cancel_at_period_end": found.ends_with_period,
        "canceled_at": found.canceled.map(seconds),
        "collection_method": "charge_automatically",
        "created": seconds(found.start),
        "currency": "eur",
        "customer": owner(world, found),
        "days_until_due": null,
        "default_payment_method": null,
        "description": found.plan,
        "ended_at": found.canceled.map(seconds),
        "items": {
            "object": "list",
            "data": [item(world, found, number, &id)],
            "has_more": false,
            "total_count": 1,
            "url": format!("/v1/subscription_items?subscription={id}"),
        },
        "latest_invoice": latest_invoice(world, number).map(|latest| Kind::Invoice.id(world.tenant, latest)),
        "livemode": false,
        "metadata": { "number": found.number },
        "pause_collection": null,
        "start_date": seconds(found.start),
        "status": kinds::status(found.status),
        "trial_end": trial.then(|| seconds(found.period_end)),
        "trial_start": trial.then(|| seconds(found.period_start)),
    }))
}

/// The period stands on the item: the subscription itself has had none since 2025.
fn item(world: &World, found: &Subscription, number: usize, subscription: &str) -> Value {
    json!({
        "id": kinds::id("si", world.tenant, number),
        "object": "subscription_item",
        "created": seconds(found.start),
        "current_period_end": seconds(found.period_end),
        "current_period_start": seconds(found.period_start),
        "metadata": {},
        "price": price(world, found),
        "quantity": found.quantity,
        "subscription": subscription,
    })
}

fn price(world: &World, found: &Subscription) -> Value {
    let cents = cents(found.unit_price);
    json!({
        "id": price_id(found),
        "object": "price",
        "active": true,
        "billing_scheme": "per_unit",
        "currency": "eur",
        "livemode": false,
        "lookup_key": found.plan_code,
        "metadata": {},
        "nickname": found.plan,
        "product": product_id(world, found),
        "recurring": { "interval": "month", "interval_count": 1, "usage_type": "licensed" },
        "type": "recurring",
        "unit_amount": cents,
        "unit_amount_decimal": cents.to_string(),
    })
}

/// What a plan sells; its own number stands in the metadata.
fn product(world: &World, number: usize, found: &Subscription) -> Value {
    json!({
        "id": Kind::Product.id(world.tenant, number),
        "object": "product",
        "active": true,
        "created": Kind::Product.created(world, number),
        "default_price": price_id(found),
        "description": null,
        "images": [],
        "livemode": false,
        "marketing_features": [],
        "metadata": { "plan_code": found.plan_code, "sku": found.plan_code },
        "name": found.plan,
        "package_dimensions": null,
        "shippable": null,
        "statement_descriptor": null,
        "tax_code": null,
        "unit_label": "seat",
        "updated": Kind::Product.created(world, number),
        "url": null,
    })
}

/// The price of an id.
pub(crate) fn price_of_id(world: &World, id: &str) -> Option<Value> {
    world.subscriptions.iter().find(|found| price_id(found) == id).map(|found| price(world, found))
}

fn price_id(found: &Subscription) -> String {
    hashed("price", &format!("{}/{}", found.plan_code, cents(found.unit_price)))
}

/// The first subscription to a plan stands for what it sells.
fn product_id(world: &World, found: &Subscription) -> Option<String> {
    let first = world.subscriptions.iter().position(|other| other.plan_code == found.plan_code);
    first.map(|number| Kind::Product.id(world.tenant, number))
}

fn invoiced(world: &World, number: usize) -> Option<Value> {
    let invoice = invoice(world, number)?;
    let id = Kind::Invoice.id(world.tenant, number);
    let subscription = Kind::Subscription.id(world.tenant, subscription_of(number));
    let (total, created) = (invoice.total(), seconds(invoice.from));
    let open = invoice.is_open();
    let remaining = if open { total } else { 0 };
    Some(json!({
        "id": id,
        "object": "invoice",
        "amount_due": total,
        "amount_overpaid": 0,
        "amount_paid": total - remaining,
        "amount_remaining": remaining,
        "attempt_count": if open { 2 } else { 1 },
        "attempted": true,
        "collection_method": "charge_automatically",
        "created": created,
        "currency": "eur",
        "customer": owner(world, invoice.subscription),
        "due_date": null,
        "effective_at": created,
        "hosted_invoice_url": format!("https://invoice.stripe.com/i/{id}"),
        "invoice_pdf": format!("https://pay.stripe.com/invoice/{id}/pdf"),
        "lines": {
            "object": "list",
            "data": [line(world, invoice.subscription, number, total, created)],
            "has_more": false,
            "total_count": 1,
            "url": format!("/v1/invoices/{id}/lines"),
        },
        "livemode": false,
        "metadata": {},
        "next_payment_attempt": open.then_some(created + 15 * 86_400),
        "number": invoice_number(number),
        "parent": {
            "type": "subscription_details",
            "quote_details": null,
            "subscription_details": { "metadata": {}, "subscription": subscription },
        },
        "period_end": created + 30 * 86_400,
        "period_start": created,
        "status": if open { "open" } else { "paid" },
        "status_transitions": {
            "finalized_at": created,
            "marked_uncollectible_at": null,
            "paid_at": (!open).then_some(created),
            "voided_at": null,
        },
        "subtotal": total,
        "total": total,
    }))
}

/// The one line of an invoice: a month of the subscription.
fn line(world: &World, of: &Subscription, invoice: usize, total: i64, created: i64) -> Value {
    let subscription = subscription_of(invoice);
    json!({
        "id": kinds::id("il", world.tenant, invoice),
        "object": "line_item",
        "amount": total,
        "currency": "eur",
        "description": format!("{} × {}", of.quantity, of.plan),
        "invoice": Kind::Invoice.id(world.tenant, invoice),
        "livemode": false,
        "metadata": {},
        "parent": {
            "type": "subscription_item_details",
            "subscription_item_details": {
                "proration": false,
                "subscription": Kind::Subscription.id(world.tenant, subscription),
                "subscription_item": kinds::id("si", world.tenant, subscription),
            },
        },
        "period": { "start": created, "end": created + 30 * 86_400 },
        "quantity": of.quantity,
        "subtotal": total,
    })
}

/// What a customer may use now.
pub(crate) fn entitlements(world: &World, customer: usize) -> Vec<Value> {
    let Some(customer) = world.customers.at(customer) else { return Vec::new() };
    let running = world.subscriptions.of(&customer.number).filter(|s| s.status != SubscriptionStatus::Canceled);
    let entitlement = |found: &Subscription| {
        json!({
            "id": hashed("ent_test", &found.number),
            "object": "entitlements.active_entitlement",
            "feature": hashed("feat_test", &found.plan_code),
            "livemode": false,
            "lookup_key": found.plan_code,
        })
    };
    running.map(entitlement).collect()
}

/// What the merchant has, which says nothing about any customer.
pub(crate) fn balance() -> Value {
    let none = json!([{ "amount": 0, "currency": "eur", "source_types": { "card": 0 } }]);
    json!({
        "object": "balance",
        "available": none,
        "connect_reserved": [{ "amount": 0, "currency": "eur" }],
        "livemode": false,
        "pending": none,
    })
}

fn owner(world: &World, found: &Subscription) -> Option<String> {
    world.customers.position(&found.customer).map(|at| Kind::Customer.id(world.tenant, at))
}

fn hashed(prefix: &str, text: &str) -> String {
    let digest = Sha256::digest(text);
    let digits: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("{prefix}_{digits}")
}
