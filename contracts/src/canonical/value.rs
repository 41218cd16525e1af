//! The values a canonical field can hold.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, NaiveDate};
use rust_decimal::Decimal;

use super::{Failure, Record};

/// An ISO 4217 currency code: three upper-case letters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Takes three ASCII letters in either case.
    pub fn parse(code: &str) -> Option<Self> {
        let letters: [u8; 3] = code.as_bytes().try_into().ok()?;
        letters.iter().all(u8::is_ascii_alphabetic).then(|| Currency(letters.map(|l| l.to_ascii_uppercase())))
    }

    /// The code in upper case.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// How many decimal digits the minor unit has (ISO 4217): 2 for most, 0 and 3 for some.
    pub fn minor_digits(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX"
            | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An exact amount in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    /// In the currency's major unit.
    pub amount: Decimal,
    /// Which currency.
    pub currency: Currency,
}

impl Money {
    /// The sum, or `None` where currencies differ or the sum does not fit.
    pub fn plus(self, other: Money) -> Option<Money> {
        (self.currency == other.currency).then_some(())?;
        Some(Money { amount: self.amount.checked_add(other.amount)?, currency: self.currency })
    }

    /// The difference, or `None` where currencies differ or the difference does not fit.
    pub fn minus(self, other: Money) -> Option<Money> {
        self.plus(Money { amount: -other.amount, currency: other.currency })
    }
}

/// What a canonical field holds.
#[derive(Debug, Clone, Default)]
pub enum Value {
    /// Not known, or not set in the system.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A 32-bit integer in GraphQL's sense.
    Int(i32),
    /// Text or an identifier.
    Text(Arc<str>),
    /// An exact number.
    Decimal(Decimal),
    /// An exact amount.
    Money(Money),
    /// A calendar day.
    Date(NaiveDate),
    /// A moment with its offset.
    DateTime(DateTime<FixedOffset>),
    /// A value of one of the model's enums.
    Enum(&'static str),
    /// Several values.
    List(Arc<[Value]>),
    /// An object that has no life of its own: an address, a coverage, a reason.
    Object(Arc<Record>),
    /// Could not be had; the reason becomes an error beside the null.
    Failed(Arc<Failure>),
}

impl Value {
    /// Text from anything textual.
    pub fn text(text: impl AsRef<str>) -> Value {
        Value::Text(Arc::from(text.as_ref()))
    }

    /// The text, where it is text or an enum value.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            Value::Enum(name) => Some(name),
            _ => None,
        }
    }

    /// The amount, where it is money.
    pub fn as_money(&self) -> Option<Money> {
        if let Value::Money(money) = self { Some(*money) } else { None }
    }

    /// The day, where it is a date or a moment (in the moment's own offset).
    pub fn as_date(&self) -> Option<NaiveDate> {
        match self {
            Value::Date(day) => Some(*day),
            Value::DateTime(moment) => Some(moment.date_naive()),
            _ => None,
        }
    }

    /// The failure, where there is one.
    pub fn as_failure(&self) -> Option<&Arc<Failure>> {
        if let Value::Failed(failure) = self { Some(failure) } else { None }
    }

    /// Whether nothing is known.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Whether this value is the key, or a list that holds it. Keys compare as text, ASCII case ignored, because
    /// systems do: a row that differs in more than case was not asked for.
    pub fn answers_key(&self, key: &str) -> bool {
        match self {
            Value::Text(text) => text.eq_ignore_ascii_case(key),
            Value::Enum(name) => name.eq_ignore_ascii_case(key),
            Value::Int(number) => number.to_string() == key,
            Value::List(items) => items.iter().any(|item| item.answers_key(key)),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currencies_do_not_mix() {
        let eur = Currency::parse("eur").expect("three letters");
        let usd = Currency::parse("USD").expect("three letters");
        let ten = Money { amount: Decimal::TEN, currency: eur };
        assert_eq!(ten.plus(ten).map(|sum| sum.amount), Some(Decimal::from(20)));
        assert_eq!(ten.plus(Money { amount: Decimal::ONE, currency: usd }), None);
        assert_eq!(Currency::parse("€"), None);
        assert_eq!(Currency::parse("EURO"), None);
    }

    #[test]
    fn keys_compare_without_case_and_into_lists() {
        assert!(Value::text("so-1042").answers_key("SO-1042"));
        assert!(!Value::text("SO-10420").answers_key("SO-1042"));
        let list = Value::List(Arc::from(vec![Value::text("SN-1"), Value::text("SN-2")]));
        assert!(list.answers_key("SN-2"));
        assert!(!Value::Null.answers_key(""));
    }
}
