//! Invoices, and the subscriptions of which the account collects the payments.

use super::{Kind, Object, Property, touched};
use crate::hubspot::value::{filled, midnight, moment};
use crate::world::{Invoice, Subscription, SubscriptionStatus, World};

/// Invoices.
pub(crate) static INVOICE: Object = Object {
    plural: "invoices",
    singular: "invoice",
    type_id: "0-53",
    modified: "hs_lastmodifieddate",
    first_id: 402_500_000_000,
    numbers: |world| (0..world.invoices.len()).collect(),
    exists: |world, number| number < world.invoices.len(),
    created: |world, number| world.invoices.at(number).map(|invoice| midnight(invoice.date)),
    properties: &PROPERTIES,
};

static PROPERTIES: [Property; 12] = [
    Property::new("createdate", Kind::Moment, |world, at| on(world, at, |i| Some(moment(midnight(i.date)))))
        .by_default(),
    Property::text("erp_customer_number", |world, at| on(world, at, |i| filled(&i.customer))).custom(),
    Property::text("erp_order_number", |world, at| on(world, at, |i| filled(&i.order))).custom(),
    Property::new("hs_amount_billed", Kind::Number, |world, at| on(world, at, |i| Some(i.total.to_string()))),
    Property::new("hs_balance_due", Kind::Number, |world, at| on(world, at, |i| Some(i.open_amount.to_string()))),
    Property::new("hs_currency", Kind::Choice, |_, _| Some("EUR".to_owned())),
    Property::new("hs_due_date", Kind::Day, |world, at| on(world, at, |i| Some(i.due.to_string()))),
    Property::new("hs_invoice_date", Kind::Day, |world, at| on(world, at, |i| Some(i.date.to_string()))),
    Property::new("hs_invoice_status", Kind::Choice, |world, at| on(world, at, |i| Some(state(i).to_owned()))),
    Property::new("hs_lastmodifieddate", Kind::Moment, |world, at| {
        on(world, at, |i| Some(moment(touched(world, midnight(i.date)))))
    })
    .by_default(),
    Property::text("hs_number", |world, at| on(world, at, |i| filled(&i.number))).by_default(),
    Property::new("hs_object_id", Kind::Number, |world, at| Some(INVOICE.id(world, at).to_string())).by_default(),
];

/// Subscriptions.
pub(crate) static SUBSCRIPTION: Object = Object {
    plural: "subscriptions",
    singular: "subscription",
    type_id: "0-69",
    modified: "hs_lastmodifieddate",
    first_id: 338_200_000_000,
    numbers: |world| (0..world.subscriptions.len()).collect(),
    exists: |world, number| number < world.subscriptions.len(),
    created: |world, number| world.subscriptions.at(number).map(|subscription| midnight(subscription.start)),
    properties: &SUBSCRIPTION_PROPERTIES,
};

static SUBSCRIPTION_PROPERTIES: [Property; 8] = [
    Property::new("createdate", Kind::Moment, |world, at| of(world, at, |s| Some(moment(midnight(s.start)))))
        .by_default(),
    Property::text("erp_customer_number", |world, at| of(world, at, |s| filled(&s.customer))).custom(),
    Property::new("hs_lastmodifieddate", Kind::Moment, |world, at| {
        of(world, at, |s| Some(moment(touched(world, midnight(s.start)))))
    })
    .by_default(),
    Property::text("hs_name", |world, at| of(world, at, |s| filled(&s.plan))).by_default(),
    Property::new("hs_next_payment_due_date", Kind::Day, |world, at| of(world, at, |s| Some(s.period_end.to_string()))),
    Property::new("hs_object_id", Kind::Number, |world, at| Some(SUBSCRIPTION.id(world, at).to_string())).by_default(),
    Property::new("hs_recurring_billing_start_date", Kind::Day, |world, at| {
        of(world, at, |s| Some(s.start.to_string()))
    }),
    Property::new("hs_subscription_status", Kind::Choice, |world, at| {
        of(world, at, |s| Some(standing(s.status).to_owned()))
    }),
];

fn state(invoice: &Invoice) -> &'static str {
    if invoice.open_amount.is_zero() { "paid" } else { "open" }
}

fn standing(status: SubscriptionStatus) -> &'static str {
    match status {
        SubscriptionStatus::Trialing => "trialing",
        SubscriptionStatus::Active => "active",
        SubscriptionStatus::PastDue => "past_due",
        SubscriptionStatus::Canceled => "canceled",
    }
}

fn on(world: &World, at: usize, value: impl FnOnce(&Invoice) -> Option<String>) -> Option<String> {
    world.invoices.at(at).and_then(value)
}

fn of(world: &World, at: usize, value: impl FnOnce(&Subscription) -> Option<String>) -> Option<String> {
    world.subscriptions.at(at).and_then(value)
}
