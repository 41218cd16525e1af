//! The kinds of record: how they are counted and identified.
//!
//! A record is a number of its kind, taken from a position in the world; an invoice is one of at most four months of
//! a subscription.

use chrono::{Days, NaiveDate, NaiveTime};
use rust_decimal::Decimal;

use crate::tenant::{Role, Tenant};
use crate::world::{Subscription, SubscriptionStatus, World};

/// A kind of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A customer of the world that billing knows.
    Customer,
    /// A subscription of the world.
    Subscription,
    /// A month of a subscription.
    Invoice,
    /// What a plan costs: the first subscription to it.
    ItemPrice,
}

/// At most so many months of a subscription have invoices here.
const MONTHS: usize = 4;

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Customer, Self::Subscription, Self::Invoice, Self::ItemPrice];

    /// Its name in addresses.
    pub(crate) fn plural(self) -> &'static str {
        match self {
            Self::Customer => "customers",
            Self::Subscription => "subscriptions",
            Self::Invoice => "invoices",
            Self::ItemPrice => "item_prices",
        }
    }

    /// The name records are wrapped in.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Subscription => "subscription",
            Self::Invoice => "invoice",
            Self::ItemPrice => "item_price",
        }
    }

    /// What its id is called in refusals.
    pub(crate) fn param(self) -> &'static str {
        match self {
            Self::Customer => "customer_id",
            Self::Subscription => "subscription_id",
            Self::Invoice => "invoice_id",
            Self::ItemPrice => "item_price_id",
        }
    }

    /// Every record.
    pub(crate) fn all(self, world: &World) -> Vec<usize> {
        let most = match self {
            Self::Customer => world.customers.len(),
            Self::Subscription | Self::ItemPrice => world.subscriptions.len(),
            Self::Invoice => world.subscriptions.len() * MONTHS,
        };
        (0..most).filter(|number| self.exists(world, *number)).collect()
    }

    /// The id of a record.
    pub(crate) fn id(self, world: &World, number: usize) -> Option<String> {
        match self {
            Self::Customer => world.customers.at(number).map(|customer| customer.number.clone()),
            Self::Subscription => world.subscriptions.at(number).map(|found| found.number.clone()),
            Self::Invoice => Some(format!("{}-{number:06}", invoice_prefix(world.tenant))),
            Self::ItemPrice => world.subscriptions.at(number).map(item_price_id),
        }
    }

    /// The record of an id.
    pub(crate) fn number(self, world: &World, id: &str) -> Option<usize> {
        let found = match self {
            Self::Customer => world.customers.position(id),
            Self::Subscription => world.subscriptions.position(id),
            Self::Invoice => {
                let digits = id.strip_prefix(invoice_prefix(world.tenant))?.strip_prefix('-')?;
                digits.parse().ok().filter(|number| format!("{number:06}") == digits)
            }
            Self::ItemPrice => world.subscriptions.iter().position(|found| item_price_id(found) == id),
        };
        found.filter(|number| self.exists(world, *number))
    }

    fn exists(self, world: &World, number: usize) -> bool {
        match self {
            Self::Customer => world.customers.at(number).is_some_and(|customer| customer.is_known_to(Role::Billing)),
            Self::Subscription => number < world.subscriptions.len(),
            Self::Invoice => invoice(world, number).is_some(),
            Self::ItemPrice => world.subscriptions.at(number).is_some_and(|found| {
                let first = world.subscriptions.iter().position(|other| other.plan_code == found.plan_code);
                first == Some(number)
            }),
        }
    }
}

/// A month of a subscription that was charged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Invoice<'w> {
    /// What was charged for.
    pub(crate) subscription: &'w Subscription,
    /// The first day, on which it is due as well.
    pub(crate) from: NaiveDate,
    is_latest: bool,
}

impl Invoice<'_> {
    /// Whether the charge failed so far.
    pub(crate) fn is_due(&self) -> bool {
        self.is_latest && self.subscription.status == SubscriptionStatus::PastDue
    }

    /// The sum in cents.
    pub(crate) fn total(&self) -> i64 {
        amount(self.subscription)
    }
}

/// The invoice of a number; a trial has none.
pub(crate) fn invoice(world: &World, number: usize) -> Option<Invoice<'_>> {
    let (position, months_ago) = (number / MONTHS, number % MONTHS);
    let subscription = world.subscriptions.at(position)?;
    let ago = Days::new(30 * u64::try_from(months_ago).ok()?);
    let from = subscription.period_start.checked_sub_days(ago)?;
    let was_running = from >= subscription.start && subscription.canceled.is_none_or(|end| from <= end);
    let was_charged = was_running && subscription.status != SubscriptionStatus::Trialing;
    was_charged.then_some(Invoice { subscription, from, is_latest: months_ago == 0 })
}

/// A subscription's status in the vendor's word. One that is behind with a payment is as active as any other.
pub(crate) fn status(found: &Subscription) -> &'static str {
    match found.status {
        SubscriptionStatus::Trialing => "in_trial",
        SubscriptionStatus::Canceled => "cancelled",
        _ if found.ends_with_period => "non_renewing",
        SubscriptionStatus::Active | SubscriptionStatus::PastDue => "active",
    }
}

/// The id of what a plan costs.
pub(crate) fn item_price_id(found: &Subscription) -> String {
    format!("{}-EUR-Monthly", found.plan_code)
}

/// What a subscription costs a month, in cents.
pub(crate) fn amount(found: &Subscription) -> i64 {
    cents(found.unit_price) * i64::from(found.quantity)
}

/// An amount in the smallest unit.
pub(crate) fn cents(amount: Decimal) -> i64 {
    // Far from the greatest, so that quantities can be multiplied.
    i64::try_from((amount * Decimal::ONE_HUNDRED).round()).unwrap_or(i64::from(i32::MAX))
}

/// Midnight as the vendor writes moments.
pub(crate) fn seconds(day: NaiveDate) -> i64 {
    day.and_time(NaiveTime::MIN).and_utc().timestamp()
}

/// Each site numbers its invoices in its own way.
fn invoice_prefix(tenant: Tenant) -> &'static str {
    match tenant {
        Tenant::Acme => "CBA",
        Tenant::Globex => "CBG",
    }
}
