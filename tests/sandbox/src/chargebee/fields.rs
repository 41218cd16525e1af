//! What lists can be filtered and sorted by.

use rust_decimal::Decimal;

use super::kinds::{self, Invoice, Kind, invoice, seconds};
use crate::tenant::Role;
use crate::world::{Customer, Subscription, World};

/// What a field holds, and with it which operators it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    /// An id.
    Id,
    /// Text.
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A whole number.
    Number,
    /// A moment, in seconds.
    Moment,
    /// True or false.
    Truth,
}

/// The value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    /// An id, a text, a word.
    Text(String),
    /// A number or a moment.
    Number(i64),
    /// True or false.
    Truth(bool),
}

/// A field of a kind of record.
pub(crate) struct Field {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it holds.
    pub(crate) holds: Type,
    /// Whether lists can be sorted by it.
    pub(crate) sorts: bool,
    value: fn(&World, usize) -> Option<Cell>,
}

impl Field {
    /// The value of a record; `None` where it is not set.
    pub(crate) fn of(&self, world: &World, number: usize) -> Option<Cell> {
        (self.value)(world, number)
    }
}

/// The fields of a kind; the first that sorts is the one lists are sorted by without a wish.
pub(crate) fn fields(kind: Kind) -> &'static [Field] {
    match kind {
        Kind::Customer => &CUSTOMER,
        Kind::Subscription => &SUBSCRIPTION,
        Kind::Invoice => &INVOICE,
        Kind::ItemPrice => &ITEM_PRICE,
    }
}

const fn field(name: &'static str, holds: Type, value: fn(&World, usize) -> Option<Cell>) -> Field {
    Field { name, holds, sorts: false, value }
}

const fn sorting(name: &'static str, value: fn(&World, usize) -> Option<Cell>) -> Field {
    Field { name, holds: Type::Moment, sorts: true, value }
}

static CUSTOMER: [Field; 10] = [
    sorting("created_at", |world, at| customer(world, at, |c| Cell::Number(seconds(c.since)))),
    sorting("updated_at", |world, at| customer(world, at, |c| Cell::Number(updated(world, c)))),
    field("id", Type::Id, |world, at| customer(world, at, |c| Cell::Text(c.number.clone()))),
    field("first_name", Type::Text, |world, at| person(world, at, |person| &person.first_name)),
    field("last_name", Type::Text, |world, at| person(world, at, |person| &person.last_name)),
    field("email", Type::Text, |world, at| customer(world, at, |c| Cell::Text(c.email.clone()))),
    field("company", Type::Text, |world, at| customer(world, at, |c| Cell::Text(c.name_in(Role::Billing).to_owned()))),
    field("phone", Type::Text, |world, at| customer(world, at, |c| Cell::Text(c.phone.clone()))),
    field("auto_collection", Type::Choice(&["on", "off"]), |_, _| Some(Cell::Text("on".to_owned()))),
    field("taxability", Type::Choice(&["taxable", "exempt"]), |_, _| Some(Cell::Text("taxable".to_owned()))),
];

static SUBSCRIPTION: [Field; 9] = [
    sorting("created_at", |world, at| subscription(world, at, |s| Some(Cell::Number(seconds(s.start))))),
    sorting("updated_at", |world, at| subscription(world, at, |s| Some(Cell::Number(seconds(s.period_start))))),
    field("id", Type::Id, |world, at| subscription(world, at, |s| Some(Cell::Text(s.number.clone())))),
    field("customer_id", Type::Id, |world, at| subscription(world, at, |s| Some(Cell::Text(s.customer.clone())))),
    field("item_price_id", Type::Id, |world, at| {
        subscription(world, at, |s| Some(Cell::Text(kinds::item_price_id(s))))
    }),
    field(
        "status",
        Type::Choice(&["future", "in_trial", "active", "non_renewing", "paused", "cancelled", "transferred"]),
        |world, at| subscription(world, at, |s| Some(Cell::Text(kinds::status(s).to_owned()))),
    ),
    field("next_billing_at", Type::Moment, |world, at| {
        subscription(world, at, |s| renews(s).then(|| Cell::Number(seconds(s.period_end))))
    }),
    field("cancelled_at", Type::Moment, |world, at| {
        subscription(world, at, |s| s.canceled.map(|day| Cell::Number(seconds(day))))
    }),
    field("activated_at", Type::Moment, |world, at| {
        subscription(world, at, |s| (kinds::status(s) != "in_trial").then(|| Cell::Number(seconds(s.start))))
    }),
];

static INVOICE: [Field; 12] = [
    sorting("date", |world, at| charged(world, at, |i| Some(Cell::Number(seconds(i.from))))),
    sorting("updated_at", |world, at| charged(world, at, |i| Some(Cell::Number(seconds(i.from))))),
    field("id", Type::Id, |world, at| Kind::Invoice.id(world, at).map(Cell::Text)),
    field("customer_id", Type::Id, |world, at| {
        charged(world, at, |i| Some(Cell::Text(i.subscription.customer.clone())))
    }),
    field("subscription_id", Type::Id, |world, at| {
        charged(world, at, |i| Some(Cell::Text(i.subscription.number.clone())))
    }),
    field("recurring", Type::Truth, |_, _| Some(Cell::Truth(true))),
    field("status", Type::Choice(&["paid", "posted", "payment_due", "not_paid", "voided", "pending"]), |world, at| {
        charged(world, at, |i| Some(Cell::Text(invoice_status(i).to_owned())))
    }),
    field("paid_at", Type::Moment, |world, at| {
        charged(world, at, |i| (!i.is_due()).then(|| Cell::Number(seconds(i.from))))
    }),
    field("total", Type::Number, |world, at| charged(world, at, |i| Some(Cell::Number(i.total())))),
    field("amount_paid", Type::Number, |world, at| charged(world, at, |i| Some(Cell::Number(i.total() - due(i))))),
    field("amount_due", Type::Number, |world, at| charged(world, at, |i| Some(Cell::Number(due(i))))),
    field("dunning_status", Type::Choice(&["in_progress", "exhausted", "stopped", "success"]), |world, at| {
        charged(world, at, |i| i.is_due().then(|| Cell::Text("in_progress".to_owned())))
    }),
];

static ITEM_PRICE: [Field; 4] = [
    sorting("created_at", |world, at| subscription(world, at, |s| Some(Cell::Number(seconds(s.start))))),
    field("id", Type::Id, |world, at| subscription(world, at, |s| Some(Cell::Text(kinds::item_price_id(s))))),
    field("name", Type::Text, |world, at| subscription(world, at, |s| Some(Cell::Text(s.plan.clone())))),
    field("item_id", Type::Id, |world, at| subscription(world, at, |s| Some(Cell::Text(s.plan_code.clone())))),
];

/// An invoice's status in the vendor's word.
pub(crate) fn invoice_status(invoice: &Invoice<'_>) -> &'static str {
    if invoice.is_due() { "payment_due" } else { "paid" }
}

/// What is left to pay, in cents.
pub(crate) fn due(invoice: &Invoice<'_>) -> i64 {
    if invoice.is_due() { invoice.total() } else { 0 }
}

/// Whether a subscription goes on after its running month.
pub(crate) fn renews(found: &Subscription) -> bool {
    matches!(kinds::status(found), "active" | "in_trial")
}

/// Somebody looked after a customer's data three days ago.
pub(crate) fn updated(world: &World, customer: &Customer) -> i64 {
    seconds(customer.since).max(seconds(world.today) - 3 * 86_400)
}

fn customer(world: &World, at: usize, value: impl FnOnce(&Customer) -> Cell) -> Option<Cell> {
    world.customers.at(at).map(value).filter(|cell| *cell != Cell::Text(String::new()))
}

fn person(world: &World, at: usize, value: fn(&crate::world::Contact) -> &String) -> Option<Cell> {
    world.customers.at(at)?.contacts.first().map(|person| Cell::Text(value(person).clone()))
}

fn subscription(world: &World, at: usize, value: impl FnOnce(&Subscription) -> Option<Cell>) -> Option<Cell> {
    world.subscriptions.at(at).and_then(value)
}

fn charged(world: &World, at: usize, value: impl FnOnce(&Invoice<'_>) -> Option<Cell>) -> Option<Cell> {
    invoice(world, at).as_ref().and_then(value)
}

impl Type {
    /// Reads a value as sent; `None` when it cannot be one.
    pub(crate) fn read(self, text: &str) -> Option<Cell> {
        match self {
            Self::Id | Self::Text => Some(Cell::Text(text.to_owned())),
            Self::Choice(words) => words.contains(&text).then(|| Cell::Text(text.to_owned())),
            // Fractions of the smallest unit are not counted.
            Self::Number => {
                text.parse::<Decimal>().ok().and_then(|number| i64::try_from(number).ok()).map(Cell::Number)
            }
            Self::Moment => text.parse().ok().map(Cell::Number),
            Self::Truth => text.parse().ok().map(Cell::Truth),
        }
    }
}
