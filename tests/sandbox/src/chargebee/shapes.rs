//! Records as answers carry them. What is not set is left out, never `null`.

use serde_json::{Map, Value, json};

use super::fields::{due, invoice_status, renews, updated};
use super::kinds::{Invoice, Kind, amount, cents, invoice, item_price_id, seconds, status};
use crate::tenant::Role;
use crate::world::{Subscription, SubscriptionStatus, World};

/// A record in its wrapping; a subscription is accompanied by its customer.
pub(crate) fn entry(world: &World, kind: Kind, number: usize) -> Value {
    let shaped = match kind {
        Kind::Customer => customer(world, number),
        Kind::Subscription => world.subscriptions.at(number).map(|found| subscription(world, found)),
        Kind::Invoice => invoice(world, number).map(|found| invoiced(world, number, &found)),
        Kind::ItemPrice => world.subscriptions.at(number).map(item_price),
    };
    let mut entry = json!({ kind.name(): shaped });
    let owner = world.subscriptions.at(number).filter(|_| kind == Kind::Subscription);
    let owner = owner.and_then(|found| customer(world, world.customers.position(&found.customer)?));
    if let Some(owner) = owner {
        entry["customer"] = owner;
    }
    entry
}

/// An object without the members that are `null` or empty.
fn set(members: Value) -> Value {
    let Value::Object(members) = members else { return members };
    let is_set = |value: &Value| !value.is_null() && value.as_str() != Some("");
    Value::Object(members.into_iter().filter(|(_, value)| is_set(value)).collect::<Map<_, _>>())
}

fn customer(world: &World, number: usize) -> Option<Value> {
    let customer = world.customers.at(number)?;
    let person = customer.contacts.first();
    let (created, updated) = (seconds(customer.since), updated(world, customer));
    Some(set(json!({
        "id": customer.number,
        "first_name": person.map(|person| person.first_name.as_str()),
        "last_name": person.map(|person| person.last_name.as_str()),
        "email": customer.email,
        "phone": customer.phone,
        "company": customer.name_in(Role::Billing),
        "vat_number": customer.vat_number,
        "auto_collection": "on",
        "net_term_days": 0,
        "allow_direct_debit": false,
        "created_at": created,
        "taxability": "taxable",
        "updated_at": updated,
        "pii_cleared": "active",
        "channel": "web",
        "resource_version": updated * 1_000 + 123,
        "deleted": false,
        "object": "customer",
        "billing_address": set(json!({
            "first_name": person.map(|person| person.first_name.as_str()),
            "last_name": person.map(|person| person.last_name.as_str()),
            "company": customer.name_in(Role::Billing),
            "line1": customer.address.street,
            "city": customer.address.city,
            "state": customer.address.state,
            "zip": customer.address.postal_code,
            "country": customer.address.country_iso2,
            "validation_status": "not_validated",
            "object": "billing_address",
        })),
        "card_status": "valid",
        "promotional_credits": 0,
        "refundable_credits": 0,
        "excess_payments": 0,
        "unbilled_charges": 0,
        "preferred_currency_code": "EUR",
        "cf_erp_id": customer.number,
    })))
}

fn subscription(world: &World, found: &Subscription) -> Value {
    let status = status(found);
    let is_trial = status == "in_trial";
    let is_running = status != "cancelled";
    let owed = (found.status == SubscriptionStatus::PastDue).then(|| amount(found));
    let (from, until) = (seconds(found.period_start), seconds(found.period_end));
    let ends = (status == "non_renewing").then_some(until);
    set(json!({
        "id": found.number,
        "billing_period": 1,
        "billing_period_unit": "month",
        "customer_id": found.customer,
        "status": status,
        "current_term_start": (is_running && !is_trial).then_some(from),
        "current_term_end": (is_running && !is_trial).then_some(until),
        "trial_start": is_trial.then_some(from),
        "trial_end": is_trial.then_some(until),
        "next_billing_at": renews(found).then_some(until),
        "created_at": seconds(found.start),
        "started_at": seconds(found.start),
        "activated_at": (!is_trial).then(|| seconds(found.start)),
        "cancelled_at": found.canceled.map(seconds).or(ends),
        "updated_at": from,
        "has_scheduled_changes": false,
        "channel": "web",
        "resource_version": from * 1_000 + 456,
        "deleted": false,
        "object": "subscription",
        "currency_code": "EUR",
        "subscription_items": [{
            "item_price_id": item_price_id(found),
            "item_type": "plan",
            "quantity": found.quantity,
            "unit_price": cents(found.unit_price),
            "amount": amount(found),
            "free_quantity": 0,
            "object": "subscription_item",
        }],
        "due_invoices_count": i32::from(owed.is_some()),
        "due_since": owed.map(|_| from),
        "total_dues": owed,
        "mrr": if is_running && !is_trial { amount(found) } else { 0 },
        "has_scheduled_advance_invoices": false,
        "business_entity_id": format!("{}-main", world.tenant.name()),
    }))
}

fn invoiced(world: &World, number: usize, invoice: &Invoice<'_>) -> Value {
    let id = Kind::Invoice.id(world, number);
    let (date, total, due) = (seconds(invoice.from), invoice.total(), due(invoice));
    let is_due = invoice.is_due();
    let subscription = invoice.subscription;
    let payments = if is_due { json!([]) } else { json!([payment(number, date, total)]) };
    set(json!({
        "id": id,
        "customer_id": subscription.customer,
        "subscription_id": subscription.number,
        "recurring": true,
        "status": invoice_status(invoice),
        "price_type": "tax_exclusive",
        "date": date,
        "due_date": date,
        "net_term_days": 0,
        "exchange_rate": 1,
        "total": total,
        "amount_paid": total - due,
        "amount_adjusted": 0,
        "write_off_amount": 0,
        "credits_applied": 0,
        "amount_due": due,
        "amount_to_collect": due,
        "paid_at": (!is_due).then_some(date),
        "dunning_status": is_due.then_some("in_progress"),
        "next_retry_at": is_due.then_some(date + 15 * 86_400),
        "updated_at": date,
        "resource_version": date * 1_000 + 789,
        "deleted": false,
        "object": "invoice",
        "first_invoice": false,
        "currency_code": "EUR",
        "base_currency_code": "EUR",
        "tax": 0,
        "sub_total": total,
        "line_items": [line_item(number, invoice)],
        "linked_payments": payments,
    }))
}

fn line_item(number: usize, invoice: &Invoice<'_>) -> Value {
    let (date, subscription) = (seconds(invoice.from), invoice.subscription);
    json!({
        "id": format!("li_{number:06}"),
        "date_from": date,
        "date_to": date + 30 * 86_400,
        "unit_amount": cents(subscription.unit_price),
        "quantity": subscription.quantity,
        "amount": invoice.total(),
        "description": subscription.plan,
        "entity_type": "plan_item_price",
        "entity_id": item_price_id(subscription),
        "subscription_id": subscription.number,
        "customer_id": subscription.customer,
        "object": "line_item",
    })
}

fn payment(number: usize, date: i64, total: i64) -> Value {
    json!({
        "txn_id": format!("txn_{number:06}"),
        "applied_amount": total,
        "applied_at": date,
        "txn_status": "success",
        "txn_date": date,
        "txn_amount": total,
    })
}

fn item_price(found: &Subscription) -> Value {
    json!({
        "id": item_price_id(found),
        "name": format!("{} EUR Monthly", found.plan),
        "item_family_id": "care",
        "item_id": found.plan_code,
        "status": "active",
        "external_name": found.plan,
        "pricing_model": "per_unit",
        "price": cents(found.unit_price),
        "period": 1,
        "currency_code": "EUR",
        "period_unit": "month",
        "item_type": "plan",
        "object": "item_price",
    })
}

/// The item of an id: a plan that somebody subscribed to.
pub(crate) fn item(world: &World, id: &str) -> Option<Value> {
    let found = world.subscriptions.iter().find(|found| found.plan_code == id)?;
    Some(json!({
        "id": found.plan_code,
        "name": found.plan,
        "external_name": found.plan,
        "status": "active",
        "item_family_id": "care",
        "type": "plan",
        "object": "item",
    }))
}

/// What a subscription entitles to while it runs.
pub(crate) fn subscription_entitlements(world: &World, subscription: usize) -> Vec<Value> {
    let found = world.subscriptions.at(subscription).filter(|found| status(found) != "cancelled");
    let entitlement = |found: &Subscription| {
        json!({
            "subscription_entitlement": {
                "subscription_id": found.number,
                "feature_id": found.plan_code,
                "feature_name": found.plan,
                "feature_type": "switch",
                "value": "true",
                "name": "Available",
                "is_enabled": true,
                "is_overridden": false,
                "object": "subscription_entitlement",
            },
        })
    };
    found.map(entitlement).into_iter().collect()
}

/// What a customer's subscriptions entitle to.
pub(crate) fn customer_entitlements(world: &World, customer: usize) -> Vec<Value> {
    let Some(customer) = world.customers.at(customer) else { return Vec::new() };
    let running = world.subscriptions.of(&customer.number).filter(|found| status(found) != "cancelled");
    let entitlement = |found: &Subscription| {
        json!({
            "customer_entitlement": {
                "customer_id": customer.number,
                "subscription_id": found.number,
                "feature_id": found.plan_code,
                "value": "true",
                "name": "Available",
                "is_enabled": true,
                "object": "customer_entitlement",
            },
        })
    };
    running.map(entitlement).collect()
}
