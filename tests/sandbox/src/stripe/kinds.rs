//! The kinds of object: how they are counted, identified and looked at by filters and searches.
//!
//! An object is a number of its kind, taken from a position in the world; an invoice is one of at most four months
//! of a subscription, a product the first subscription to a plan.

use chrono::{Days, NaiveDate, NaiveTime};

use crate::tenant::{Role, Tenant};
use crate::world::{Customer, Subscription, SubscriptionStatus, World};

/// A kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A customer of the world that billing knows.
    Customer,
    /// A subscription of the world.
    Subscription,
    /// A month of a subscription.
    Invoice,
    /// What a plan sells.
    Product,
}

/// What a filter or a search can see of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Property {
    /// Not set.
    Absent,
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
}

/// At most so many months of a subscription have invoices here.
const MONTHS: usize = 4;

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Customer, Self::Subscription, Self::Invoice, Self::Product];

    /// Where its objects are listed.
    pub(crate) fn url(self) -> &'static str {
        match self {
            Self::Customer => "/v1/customers",
            Self::Subscription => "/v1/subscriptions",
            Self::Invoice => "/v1/invoices",
            Self::Product => "/v1/products",
        }
    }

    /// Its name in messages and in `object`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Subscription => "subscription",
            Self::Invoice => "invoice",
            Self::Product => "product",
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Customer => "cus",
            Self::Subscription => "sub",
            Self::Invoice => "in",
            Self::Product => "prod",
        }
    }

    /// The id of an object.
    pub(crate) fn id(self, tenant: Tenant, number: usize) -> String {
        id(self.prefix(), tenant, number)
    }

    /// The object of an id, when there is one.
    pub(crate) fn number(self, world: &World, id: &str) -> Option<usize> {
        let digits = id.strip_prefix(self.prefix())?.strip_prefix('_')?.strip_prefix(marker(world.tenant))?;
        let plain = digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_digit());
        let number = plain.then(|| digits.parse().ok()).flatten()?;
        self.exists(world, number).then_some(number)
    }

    fn exists(self, world: &World, number: usize) -> bool {
        match self {
            Self::Customer => world.customers.at(number).is_some_and(|customer| customer.is_known_to(Role::Billing)),
            Self::Subscription => world.subscriptions.at(number).is_some(),
            Self::Invoice => invoice(world, number).is_some(),
            Self::Product => world.subscriptions.at(number).is_some_and(|found| {
                let first = world.subscriptions.iter().position(|other| other.plan_code == found.plan_code);
                first == Some(number)
            }),
        }
    }

    /// Every object, newest first.
    pub(crate) fn all(self, world: &World) -> Vec<usize> {
        let count = match self {
            Self::Customer => world.customers.len(),
            Self::Subscription | Self::Product => world.subscriptions.len(),
            Self::Invoice => world.subscriptions.len() * MONTHS,
        };
        let mut all: Vec<(i64, usize)> = (0..count)
            .filter(|number| self.exists(world, *number))
            .map(|number| (self.created(world, number), number))
            .collect();
        all.sort_unstable_by(|one, two| two.cmp(one));
        all.into_iter().map(|(_, number)| number).collect()
    }

    /// When an object was made.
    pub(crate) fn created(self, world: &World, number: usize) -> i64 {
        let day = match self {
            Self::Customer => world.customers.at(number).map(|customer| customer.since),
            Self::Subscription | Self::Product => world.subscriptions.at(number).map(|subscription| subscription.start),
            Self::Invoice => invoice(world, number).map(|invoice| invoice.from),
        };
        day.map_or(0, seconds)
    }

    /// A property as filters and searches see it; `None` where this kind has no such property to look at.
    pub(crate) fn property(self, world: &World, number: usize, name: &str) -> Option<Property> {
        if name == "created" {
            return Some(Property::Number(self.created(world, number)));
        }
        match self {
            Self::Customer => world.customers.at(number).and_then(|customer| of_customer(customer, name)),
            Self::Subscription => world.subscriptions.at(number).and_then(|found| of_subscription(world, found, name)),
            Self::Invoice => invoice(world, number).and_then(|found| of_invoice(world, number, &found, name)),
            Self::Product => world.subscriptions.at(number).and_then(|found| of_product(found, name)),
        }
    }

    /// A metadata value.
    pub(crate) fn metadata(self, world: &World, number: usize, key: &str) -> Property {
        match self {
            Self::Customer if key == "erp_id" => {
                world.customers.at(number).map_or(Property::Absent, |customer| Property::Text(customer.number.clone()))
            }
            Self::Customer if key == "account_code" => {
                world.customers.at(number).map_or(Property::Absent, |customer| Property::Text(account_code(customer)))
            }
            Self::Subscription if key == "number" => {
                world.subscriptions.at(number).map_or(Property::Absent, |found| Property::Text(found.number.clone()))
            }
            Self::Product if key == "sku" || key == "plan_code" => {
                world.subscriptions.at(number).map_or(Property::Absent, |found| Property::Text(found.plan_code.clone()))
            }
            _ => Property::Absent,
        }
    }
}

/// Billing's own number of a customer, for bindings that link by another key than the usual one.
pub(super) fn account_code(customer: &Customer) -> String {
    format!("K{}", customer.number.chars().filter(char::is_ascii_digit).collect::<String>())
}

fn of_customer(customer: &Customer, name: &str) -> Option<Property> {
    match name {
        "email" => Some(Property::Text(customer.email.clone())),
        "name" => Some(Property::Text(customer.name_in(Role::Billing).to_owned())),
        "phone" => Some(Property::Text(customer.phone.clone())),
        _ => None,
    }
}

fn of_subscription(world: &World, subscription: &Subscription, name: &str) -> Option<Property> {
    match name {
        "status" => Some(Property::Text(status(subscription.status).to_owned())),
        "customer" => Some(owner(world, subscription)),
        "collection_method" => Some(Property::Text("charge_automatically".to_owned())),
        "current_period_end" => Some(Property::Number(seconds(subscription.period_end))),
        "current_period_start" => Some(Property::Number(seconds(subscription.period_start))),
        _ => None,
    }
}

fn of_product(found: &Subscription, name: &str) -> Option<Property> {
    match name {
        "active" => Some(Property::Text("true".to_owned())),
        "name" => Some(Property::Text(found.plan.clone())),
        "description" | "url" => Some(Property::Absent),
        _ => None,
    }
}

fn of_invoice(world: &World, number: usize, invoice: &Invoice<'_>, name: &str) -> Option<Property> {
    match name {
        "status" => Some(Property::Text(if invoice.is_open() { "open" } else { "paid" }.to_owned())),
        "customer" => Some(owner(world, invoice.subscription)),
        "subscription" => Some(Property::Text(Kind::Subscription.id(world.tenant, number / MONTHS))),
        "currency" => Some(Property::Text("eur".to_owned())),
        "collection_method" => Some(Property::Text("charge_automatically".to_owned())),
        "number" => Some(Property::Text(invoice_number(number))),
        "total" => Some(Property::Number(invoice.total())),
        "due_date" | "receipt_number" => Some(Property::Absent),
        _ => None,
    }
}

fn owner(world: &World, subscription: &Subscription) -> Property {
    let at = world.customers.position(&subscription.customer);
    at.map_or(Property::Absent, |at| Property::Text(Kind::Customer.id(world.tenant, at)))
}

/// A month of a subscription that was charged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Invoice<'w> {
    /// What was charged for.
    pub(crate) subscription: &'w Subscription,
    /// The first day.
    pub(crate) from: NaiveDate,
    is_latest: bool,
}

impl Invoice<'_> {
    /// Whether the charge failed so far.
    pub(crate) fn is_open(&self) -> bool {
        self.is_latest && self.subscription.status == SubscriptionStatus::PastDue
    }

    /// The sum in cents; a trial costs nothing.
    pub(crate) fn total(&self) -> i64 {
        match self.subscription.status {
            SubscriptionStatus::Trialing => 0,
            _ => cents(self.subscription.unit_price) * i64::from(self.subscription.quantity),
        }
    }
}

/// The invoice of a number.
pub(crate) fn invoice(world: &World, number: usize) -> Option<Invoice<'_>> {
    let (position, months_ago) = (number / MONTHS, number % MONTHS);
    let subscription = world.subscriptions.at(position)?;
    let ago = Days::new(30 * u64::try_from(months_ago).ok()?);
    let from = subscription.period_start.checked_sub_days(ago)?;
    let was_running = from >= subscription.start && subscription.canceled.is_none_or(|end| from <= end);
    let was_charged = was_running && (months_ago == 0 || subscription.status != SubscriptionStatus::Trialing);
    was_charged.then_some(Invoice { subscription, from, is_latest: months_ago == 0 })
}

/// The newest invoice of a subscription.
pub(crate) fn latest_invoice(world: &World, subscription: usize) -> Option<usize> {
    let first = subscription * MONTHS;
    (first..first + MONTHS).find(|number| invoice(world, *number).is_some())
}

/// The subscription an invoice belongs to.
pub(crate) fn subscription_of(invoice: usize) -> usize {
    invoice / MONTHS
}

/// The number printed on an invoice.
pub(crate) fn invoice_number(number: usize) -> String {
    format!("7FE1103-{number:04}")
}

/// A status in the vendor's word.
pub(crate) fn status(status: SubscriptionStatus) -> &'static str {
    match status {
        SubscriptionStatus::Trialing => "trialing",
        SubscriptionStatus::Active => "active",
        SubscriptionStatus::PastDue => "past_due",
        SubscriptionStatus::Canceled => "canceled",
    }
}

/// An id of any kind.
pub(crate) fn id(prefix: &str, tenant: Tenant, number: usize) -> String {
    format!("{prefix}_{}{number:012}", marker(tenant))
}

/// What tells the ids of one tenant's account from another's.
fn marker(tenant: Tenant) -> &'static str {
    match tenant {
        Tenant::Acme => "Ac",
        Tenant::Globex => "Gx",
    }
}

/// Midnight as the vendor writes moments.
pub(crate) fn seconds(day: NaiveDate) -> i64 {
    day.and_time(NaiveTime::MIN).and_utc().timestamp()
}

/// An amount in the smallest unit.
pub(crate) fn cents(amount: rust_decimal::Decimal) -> i64 {
    let cents = (amount * rust_decimal::Decimal::ONE_HUNDRED).round();
    i64::try_from(cents).unwrap_or(i64::MAX)
}
