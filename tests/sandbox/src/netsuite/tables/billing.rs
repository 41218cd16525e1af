//! SuiteBilling's subscriptions. Their amount and quantity are fields of this company's own.

use rust_decimal::Decimal;

use super::{Column, Table, column, customer, position, small};
use crate::netsuite::cell::Cell;
use crate::world::{Subscription, SubscriptionStatus, World};

const FIRST: usize = 600_001;

/// Subscriptions.
pub(super) static SUBSCRIPTION: Table =
    Table { name: "subscription", rows: |world| (0..world.subscriptions.len()).collect(), columns: &COLUMNS };

static COLUMNS: [Column; 14] = [
    column("id", |_, row| Cell::id(FIRST + row)).found(|world, id| {
        position(id, FIRST).filter(|row| world.subscriptions.at(*row).is_some()).into_iter().collect()
    }),
    column("idnumber", |world, row| on(world, row, |subscription| Cell::text(&subscription.number))),
    column("name", |world, row| on(world, row, |subscription| Cell::text(&subscription.plan))),
    column("customer", |world, row| on(world, row, |subscription| customer::id(world, &subscription.customer)))
        .shown(|world, row| on(world, row, |subscription| customer::shown(world, &subscription.customer)))
        .found(|world, id| {
            let number = customer::with_id(world, id).map(|customer| customer.number.as_str());
            let all = number.into_iter().flat_map(|number| world.subscriptions.of(number));
            all.filter_map(|subscription| world.subscriptions.position(&subscription.number)).collect()
        }),
    column("billingaccount", |_, row| Cell::id(FIRST * 2 + row)),
    column("billingsubscriptionstatus", |world, row| on(world, row, |subscription| Cell::text(status(subscription)))),
    column("subscriptionplan", |_, row| Cell::id(FIRST * 3 + row))
        .shown(|world, row| on(world, row, |subscription| Cell::text(&subscription.plan))),
    column("startdate", |world, row| on(world, row, |subscription| Cell::day(subscription.start))),
    column("enddate", |world, row| on(world, row, |subscription| Cell::maybe(subscription.canceled, Cell::day))),
    column("nextbillcycledate", |world, row| {
        on(world, row, |subscription| match subscription.canceled {
            Some(_) => Cell::Null,
            None => Cell::day(subscription.period_end),
        })
    }),
    column("autorenewal", |world, row| {
        on(world, row, |subscription| Cell::truth(subscription.canceled.is_none() && !subscription.ends_with_period))
    }),
    column("currency", |_, _| Cell::id(small::EURO)).shown(|_, _| Cell::text("EUR")),
    column("custrecord_amount", |world, row| {
        on(world, row, |subscription| Cell::Number(subscription.unit_price * Decimal::from(subscription.quantity)))
    }),
    column("custrecord_quantity", |world, row| on(world, row, |subscription| Cell::number(subscription.quantity))),
];

/// Nobody is in trial and nobody late here: what is late, the invoices tell.
fn status(subscription: &Subscription) -> &'static str {
    match subscription.status {
        SubscriptionStatus::Trialing => "PENDING_ACTIVATION",
        SubscriptionStatus::Active => "ACTIVE",
        SubscriptionStatus::PastDue => "SUSPENDED",
        SubscriptionStatus::Canceled => "TERMINATED",
    }
}

fn on<'w>(world: &'w World, row: usize, cell: impl FnOnce(&'w Subscription) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(world.subscriptions.at(row), cell)
}
