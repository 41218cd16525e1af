//! One value of one row, and how the account's format writes it.

use std::borrow::Cow;
use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'w> {
    /// None; such a column is left out of its row.
    Null,
    Text(Cow<'w, str>),
    Number(Decimal),
    /// A day, with a time of day or without; the account's format shows the day only.
    Moment(NaiveDateTime),
}

impl<'w> Cell<'w> {
    pub(super) fn text(text: &'w str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    pub(super) fn owned(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }

    pub(super) fn number(number: impl Into<Decimal>) -> Self {
        Self::Number(number.into())
    }

    /// An internal id.
    pub(super) fn id(id: usize) -> Self {
        Self::Number(Decimal::from(id))
    }

    pub(super) fn truth(truth: bool) -> Self {
        Self::text(if truth { "T" } else { "F" })
    }

    pub(super) fn day(day: NaiveDate) -> Self {
        Self::Moment(day.and_time(NaiveTime::MIN))
    }

    pub(super) fn moment(moment: DateTime<Utc>) -> Self {
        Self::Moment(moment.naive_utc())
    }

    /// A value that may be absent.
    pub(super) fn maybe<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Null, cell)
    }

    /// As rows carry it: always a text. An empty text is no value at all.
    pub(super) fn written(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Text(text) => (!text.is_empty()).then(|| text.clone().into_owned()),
            Self::Number(number) => Some(plain(*number)),
            Self::Moment(moment) => Some(moment.format("%-m/%-d/%Y").to_string()),
        }
    }

    /// The order of two values; none when one is absent or they are of kinds that do not go together.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(one), Self::Text(two)) => Some(one.cmp(two)),
            (Self::Number(one), Self::Number(two)) => Some(one.cmp(two)),
            (Self::Moment(one), Self::Moment(two)) => Some(one.cmp(two)),
            // Parameters are texts whatever they are compared with.
            (Self::Number(one), Self::Text(two)) => Some(one.cmp(&two.trim().parse().ok()?)),
            (Self::Text(one), Self::Number(two)) => Some(one.trim().parse::<Decimal>().ok()?.cmp(two)),
            (Self::Moment(one), Self::Text(two)) => Some(one.cmp(&local(two)?)),
            (Self::Text(one), Self::Moment(two)) => Some(local(one)?.cmp(two)),
            _ => None,
        }
    }
}

/// No zeros that say nothing, not even the one before the point: `.5`.
fn plain(number: Decimal) -> String {
    let text = number.normalize().to_string();
    if let Some(fraction) = text.strip_prefix("0.") {
        return format!(".{fraction}");
    }
    text.strip_prefix("-0.").map_or(text.clone(), |fraction| format!("-.{fraction}"))
}

/// A day in the account's format.
fn local(text: &str) -> Option<NaiveDateTime> {
    NaiveDate::parse_from_str(text.trim(), "%m/%d/%Y").ok().map(|day| day.and_time(NaiveTime::MIN))
}
