//! One value of one row, and what kinds of values there are.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};
use rust_decimal::Decimal;
use serde_json::{Number, Value};

/// An enumeration of the vendor's model.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Symbols {
    pub(super) name: &'static str,
    pub(super) members: &'static [&'static str],
}

pub(super) static NO_YES: Symbols = Symbols { name: "NoYes", members: &["No", "Yes"] };
pub(super) static BLOCKED: Symbols =
    Symbols { name: "CustVendorBlocked", members: &["No", "Invoice", "All", "Payment", "Requisition", "Never"] };
pub(super) static SALES_STATUS: Symbols =
    Symbols { name: "SalesStatus", members: &["None", "Backorder", "Delivered", "Invoiced", "Canceled"] };
pub(super) static TIME_UNIT: Symbols =
    Symbols { name: "WarrantyDurationTimeUnit", members: &["Days", "Weeks", "Months", "Years"] };

pub(super) static POLICY_STATUS: Symbols =
    Symbols { name: "WarrantyPolicyStatus", members: &["Created", "Voided", "Effective", "Expired"] };
pub(super) static TRANSACTION_TYPE: Symbols =
    Symbols { name: "SMATransactionType", members: &["Hour", "Expense", "Item", "Fee"] };

/// The type of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Time,
    Symbol(&'static Symbols),
}

impl Kind {
    /// The type's name, as in the metadata and in messages.
    pub(super) fn type_name(self) -> String {
        match self {
            Self::Text => "Edm.String".to_owned(),
            Self::Number => "Edm.Decimal".to_owned(),
            Self::Time => "Edm.DateTimeOffset".to_owned(),
            Self::Symbol(symbols) => format!("Microsoft.Dynamics.DataEntities.{}", symbols.name),
        }
    }
}

/// A value. Nothing is ever null: the vendor writes empty texts, zeros and the year 1900.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'a> {
    Text(Cow<'a, str>),
    Number(Decimal),
    Time(DateTime<Utc>),
    Symbol(&'static Symbols, &'a str),
}

impl<'a> Cell<'a> {
    pub(super) fn text(value: &'a str) -> Self {
        Self::Text(Cow::Borrowed(value))
    }

    pub(super) fn number(value: impl Into<Decimal>) -> Self {
        Self::Number(value.into())
    }

    /// A day, which the vendor writes as noon.
    pub(super) fn day(day: NaiveDate) -> Self {
        Self::Time(day.and_time(NOON).and_utc())
    }

    /// A day that is not known.
    pub(super) fn maybe_day(day: Option<NaiveDate>) -> Self {
        Self::day(day.unwrap_or(NO_DAY))
    }

    pub(super) fn no_yes(value: bool) -> Self {
        Self::Symbol(&NO_YES, if value { "Yes" } else { "No" })
    }

    pub(super) fn json(&self) -> Value {
        match self {
            Self::Text(text) => Value::String(text.clone().into_owned()),
            Self::Number(number) => json_number(*number),
            Self::Time(time) => Value::String(time.to_rfc3339_opts(SecondsFormat::Secs, true)),
            Self::Symbol(_, symbol) => Value::String((*symbol).to_owned()),
        }
    }
}

const NOON: NaiveTime = NaiveTime::from_hms_opt(12, 0, 0).expect("noon exists");
const NO_DAY: NaiveDate = NaiveDate::from_ymd_opt(1900, 1, 1).expect("the year 1900 existed");

/// The digits themselves, never a float's idea of them.
fn json_number(number: Decimal) -> Value {
    let digits = number.normalize().to_string();
    digits.parse::<Number>().map_or(Value::Null, Value::Number)
}
