//! How the model's scalars are read from what callers send. Floats are refused wherever money could be meant.

use async_graphql::Value;
use chrono::{DateTime, FixedOffset, NaiveDate};
use portico_contracts::canonical::Currency;
use rust_decimal::Decimal;

/// Whether a literal or a variable's value is acceptable for one of the model's scalars.
pub(crate) fn acceptable(scalar: &str, value: &Value) -> bool {
    match scalar {
        "Decimal" => decimal(value).is_some(),
        "DateTime" => date_time(value).is_some(),
        "Date" => date(value).is_some(),
        "CurrencyCode" => currency(value).is_some(),
        _ => true,
    }
}

/// A string or an integer literal; a float is refused because its digits may already be lost.
pub fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => decimal_text(text),
        Value::Number(number) if !number.to_string().contains(['.', 'e', 'E']) => decimal_text(&number.to_string()),
        _ => None,
    }
}

fn decimal_text(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain =
        digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') && digits.starts_with(|c: char| c.is_ascii_digit());
    // More digits than a decimal holds are refused rather than rounded.
    if plain && !digits.ends_with('.') { Decimal::from_str_exact(text).ok() } else { None }
}

fn date_time(value: &Value) -> Option<DateTime<FixedOffset>> {
    if let Value::String(text) = value { DateTime::parse_from_rfc3339(text).ok() } else { None }
}

/// `YYYY-MM-DD`.
pub fn date(value: &Value) -> Option<NaiveDate> {
    match value {
        Value::String(text) if text.len() == 10 => NaiveDate::parse_from_str(text, "%Y-%m-%d").ok(),
        _ => None,
    }
}

/// Three upper-case letters.
pub fn currency(value: &Value) -> Option<Currency> {
    match value {
        Value::String(code) if code.bytes().all(|b| b.is_ascii_uppercase()) => Currency::parse(code),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_or_refused() {
        let read = |json: serde_json::Value| decimal(&Value::from_json(json).expect("a value")).map(|d| d.to_string());
        assert_eq!(read("25000.00".into()).as_deref(), Some("25000.00"));
        assert_eq!(read(25000.into()).as_deref(), Some("25000"));
        assert_eq!(read("-0.5".into()).as_deref(), Some("-0.5"));
        for bad in ["", "1.", ".5", "1e3", "+1", "1,5", "0x1", "NaN", " 1", "1.00000000000000000000000000000000001"] {
            assert_eq!(read(bad.into()), None, "{bad}");
        }
        assert_eq!(read(serde_json::json!(1.5)), None);
    }

    #[test]
    fn days_are_days() {
        assert!(date(&Value::String("2026-11-21".into())).is_some());
        for bad in ["2026-13-01", "2026-1-1", "2026-11-21T00:00:00Z", "21.11.2026"] {
            assert!(date(&Value::String(bad.into())).is_none(), "{bad}");
        }
    }
}
