//! The value of one field of one record: how it is compared with a literal, sorted and written.

use std::borrow::Cow;
use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

use super::ids;
use super::soql::{Comparison, Literal};

/// What type a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An id of the record itself or of another.
    Id,
    /// Text, a pick list included.
    Text,
    /// `true` or `false`.
    Bool,
    /// A number.
    Number,
    /// A day.
    Date,
    /// A moment.
    Moment,
    /// A postal address, which cannot be compared or sorted by.
    Address,
}

/// The value of a field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell<'w> {
    /// No value.
    Null,
    /// An id.
    Id(String),
    /// A text.
    Text(Cow<'w, str>),
    /// A truth.
    Bool(bool),
    /// A number.
    Number(Decimal),
    /// A day.
    Date(NaiveDate),
    /// A moment.
    Moment(DateTime<Utc>),
    /// A postal address, ready to be sent.
    Address(Value),
}

impl Kind {
    /// The type as the description of an object names it.
    pub(crate) fn described(self) -> &'static str {
        match self {
            Self::Id => "reference",
            Self::Text => "string",
            Self::Bool => "boolean",
            Self::Number => "double",
            Self::Date => "date",
            Self::Moment => "datetime",
            Self::Address => "address",
        }
    }

    /// Refuses a literal that the vendor would not compare with a field of this type: the error code and its sentence.
    pub(crate) fn accepts(self, field: &str, literal: &Literal) -> Result<(), (&'static str, String)> {
        let quotes = match (self, literal) {
            (Self::Address, _) => {
                let says = format!("field '{field}' can not be filtered in a query call");
                return Err(("INVALID_FIELD", says));
            }
            (_, Literal::Null)
            | (Self::Text, Literal::Text(_))
            | (Self::Bool, Literal::Bool(_))
            | (Self::Number, Literal::Number(_))
            | (Self::Date, Literal::Date(_) | Literal::Day(_))
            | (Self::Moment, Literal::Moment(_) | Literal::Day(_)) => return Ok(()),
            (Self::Id, Literal::Text(id)) if ids::well_formed(id) => return Ok(()),
            (Self::Id, Literal::Text(id)) => {
                return Err(("INVALID_QUERY_FILTER_OPERATOR", format!("invalid ID field: {id}")));
            }
            (Self::Id | Self::Text, _) => "should be enclosed in quotes",
            _ => "should not be enclosed in quotes",
        };
        let kind = if self == Self::Id { "string" } else { self.described() };
        let says = format!("value of filter criterion for field '{field}' must be of type {kind} and {quotes}");
        Err(("INVALID_FIELD", says))
    }
}

impl<'w> Cell<'w> {
    /// A text that lives in the world.
    pub(crate) fn text(text: &'w str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// A text that was made up here.
    pub(crate) fn owned(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }

    /// The first moment of a day.
    pub(crate) fn midnight(day: NaiveDate) -> Self {
        Self::Moment(day.and_time(NaiveTime::MIN).and_utc())
    }

    /// A value that may be absent.
    pub(crate) fn maybe<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Null, cell)
    }

    /// Whether the comparison holds. Absent values are unequal to everything and neither less nor greater.
    pub(crate) fn compares(&self, how: Comparison, literal: &Literal, today: NaiveDate) -> bool {
        let order = self.against(literal, today);
        match how {
            Comparison::Equal => order == Some(Ordering::Equal),
            Comparison::Unequal => order != Some(Ordering::Equal),
            Comparison::Less => order == Some(Ordering::Less),
            Comparison::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Comparison::Greater => order == Some(Ordering::Greater),
            Comparison::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        }
    }

    fn against(&self, literal: &Literal, today: NaiveDate) -> Option<Ordering> {
        match (self, literal) {
            (Self::Null, Literal::Null) => Some(Ordering::Equal),
            (Self::Id(id), Literal::Text(text)) => Some(id.as_str().cmp(ids::long(text).as_str())),
            (Self::Text(text), Literal::Text(other)) => Some(caseless(text, other)),
            (Self::Bool(truth), Literal::Bool(other)) => Some(truth.cmp(other)),
            (Self::Number(number), Literal::Number(other)) => Some(number.cmp(other)),
            (Self::Date(date), Literal::Date(other)) => Some(date.cmp(other)),
            (Self::Date(date), Literal::Day(days)) => Some(date.cmp(&shifted(today, *days))),
            (Self::Moment(moment), Literal::Moment(other)) => Some(moment.cmp(other)),
            (Self::Moment(moment), Literal::Day(days)) => Some(moment.date_naive().cmp(&shifted(today, *days))),
            _ => None,
        }
    }

    /// The order of two values of one field, both present.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Id(one), Self::Id(two)) => one.cmp(two),
            (Self::Text(one), Self::Text(two)) => caseless(one, two),
            (Self::Bool(one), Self::Bool(two)) => one.cmp(two),
            (Self::Number(one), Self::Number(two)) => one.cmp(two),
            (Self::Date(one), Self::Date(two)) => one.cmp(two),
            (Self::Moment(one), Self::Moment(two)) => one.cmp(two),
            _ => Ordering::Equal,
        }
    }

    /// The value as an answer carries it.
    pub(crate) fn json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Id(id) => Value::from(id.as_str()),
            Self::Text(text) => Value::from(text.as_ref()),
            Self::Bool(truth) => Value::from(*truth),
            Self::Number(number) => number.to_string().parse().map_or(Value::Null, Value::Number),
            Self::Address(address) => address.clone(),
            Self::Date(date) => Value::from(date.to_string()),
            // No colon in the offset: not RFC 3339.
            Self::Moment(moment) => Value::from(moment.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()),
        }
    }
}

/// Text is compared without case; almost all of it is ASCII, which needs no copy.
fn caseless(one: &str, two: &str) -> Ordering {
    if one.is_ascii() && two.is_ascii() {
        let (one, two) = (one.bytes(), two.bytes());
        return one.map(|byte| byte.to_ascii_lowercase()).cmp(two.map(|byte| byte.to_ascii_lowercase()));
    }
    one.to_lowercase().cmp(&two.to_lowercase())
}

fn shifted(day: NaiveDate, days: i64) -> NaiveDate {
    TimeDelta::try_days(days).and_then(|delta| day.checked_add_signed(delta)).unwrap_or(day)
}
