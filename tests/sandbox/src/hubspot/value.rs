//! Values of properties: texts on the wire, whatever they mean.

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use rust_decimal::Decimal;

/// What a property's text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Just text.
    Text,
    /// One of several words.
    Choice,
    /// A number.
    Number,
    /// A moment, to the millisecond.
    Moment,
    /// A day.
    Day,
    /// `true` or `false`.
    Truth,
}

/// A text understood as its property means it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Text, in lower case: case never matters in a comparison.
    Text(String),
    /// A number.
    Number(Decimal),
    /// Milliseconds since 1970.
    Moment(i64),
}

impl Kind {
    /// `type` and `fieldType` in the description of a property.
    pub(crate) fn described(self) -> (&'static str, &'static str) {
        match self {
            Self::Text => ("string", "text"),
            Self::Choice => ("enumeration", "select"),
            Self::Number => ("number", "number"),
            Self::Moment => ("datetime", "date"),
            Self::Day => ("date", "date"),
            Self::Truth => ("bool", "booleancheckbox"),
        }
    }

    /// Understands a text; `None` when it is no number or moment although it should be. Moments are given in
    /// milliseconds or written out.
    pub(crate) fn understand(self, text: &str) -> Option<Meaning> {
        match self {
            Self::Text | Self::Choice | Self::Truth => Some(Meaning::Text(text.to_lowercase())),
            Self::Number => text.parse().ok().map(Meaning::Number),
            Self::Moment | Self::Day => {
                let written = || DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.timestamp_millis());
                let day =
                    || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| midnight(day).timestamp_millis());
                text.parse().ok().or_else(written).or_else(day).map(Meaning::Moment)
            }
        }
    }
}

impl Meaning {
    /// The order of two meanings of one property.
    pub(crate) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(one), Self::Text(two)) => Some(one.cmp(two)),
            (Self::Number(one), Self::Number(two)) => Some(one.cmp(two)),
            (Self::Moment(one), Self::Moment(two)) => Some(one.cmp(two)),
            _ => None,
        }
    }
}

/// A moment as the vendor writes it.
pub(crate) fn moment(moment: DateTime<Utc>) -> String {
    moment.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// The first moment of a day.
pub(crate) fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// A text that may be empty, which the vendor shows as `null`.
pub(crate) fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
