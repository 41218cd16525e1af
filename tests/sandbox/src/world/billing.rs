//! What customers owe, once or again and again.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::table::Row;

/// An invoice of the ERP, in EUR.
#[derive(Debug, Clone, PartialEq)]
pub struct Invoice {
    /// The invoice number.
    pub number: String,
    /// The order it is for.
    pub order: String,
    /// The customer's number.
    pub customer: String,
    /// The ledger voucher.
    pub voucher: String,
    /// When it was posted.
    pub date: NaiveDate,
    /// When it is to be paid.
    pub due: NaiveDate,
    /// The total, tax included.
    pub total: Decimal,
    /// The tax in it.
    pub tax: Decimal,
    /// What is still to be paid; zero when settled.
    pub open_amount: Decimal,
    /// The payment terms' code.
    pub payment_terms: String,
    /// The customer's purchase order number.
    pub purchase_order: String,
}

impl Invoice {
    /// Whether something is left to pay and the day has passed.
    #[must_use]
    pub fn is_overdue(&self, today: NaiveDate) -> bool {
        self.open_amount > Decimal::ZERO && self.due < today
    }
}

impl Row for Invoice {
    fn key(&self) -> &str {
        &self.number
    }
    fn customer(&self) -> &str {
        &self.customer
    }
}

/// A subscription, in EUR.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    /// Our number for it; vendors make their ids from it.
    pub number: String,
    /// The customer's number.
    pub customer: String,
    /// The plan's name: `Premium Care`.
    pub plan: String,
    /// The plan's code: `premium-care`.
    pub plan_code: String,
    /// How it stands.
    pub status: SubscriptionStatus,
    /// How many.
    pub quantity: u32,
    /// Price of one for a month.
    pub unit_price: Decimal,
    /// When it began.
    pub start: NaiveDate,
    /// First day of the running month.
    pub period_start: NaiveDate,
    /// First day of the next month.
    pub period_end: NaiveDate,
    /// Whether it ends with the running month.
    pub ends_with_period: bool,
    /// When it was called off.
    pub canceled: Option<NaiveDate>,
}

impl Row for Subscription {
    fn key(&self) -> &str {
        &self.number
    }
    fn customer(&self) -> &str {
        &self.customer
    }
}

/// How a subscription stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionStatus {
    /// Not yet paid for.
    Trialing,
    /// Running and paid.
    Active,
    /// Running and the last month is unpaid.
    PastDue,
    /// Over.
    Canceled,
}
