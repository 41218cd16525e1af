//! Which keys are whose, where several systems of one role could have them.

use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};

/// What a key names. Systems of several companies number the same things each in its own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is what its name says")]
pub enum KeyKind {
    Number,
    Order,
    Invoice,
    Sku,
    SerialNumber,
    Case,
    CrmId,
    BillingId,
    SupportId,
    Email,
    Domain,
}

impl KeyKind {
    /// What the keys of a look-up name; none where no pattern could tell.
    pub fn of(entity: &str, by: &str) -> Option<Self> {
        Some(match (entity, by) {
            ("Customer", "number") | (_, "customerNumber") => KeyKind::Number,
            ("Order", "number") | (_, "orderNumber") => KeyKind::Order,
            ("Invoice", "number") | (_, "invoiceNumber") => KeyKind::Invoice,
            (_, "sku") => KeyKind::Sku,
            (_, "serialNumber" | "coversSerialNumbers") => KeyKind::SerialNumber,
            ("Case", "number") => KeyKind::Case,
            ("Account", "id") | (_, "accountId") => KeyKind::CrmId,
            ("BillingCustomer", "id") | (_, "billingId") => KeyKind::BillingId,
            ("SupportOrganization", "id") | (_, "supportId") => KeyKind::SupportId,
            (_, "email") => KeyKind::Email,
            (_, "domain" | "domains") => KeyKind::Domain,
            _ => return None,
        })
    }
}

/// What a system has of its role, where it shares that with others.
#[derive(Debug, Clone, Default)]
pub struct Share {
    /// Whether its word counts where another one knows the same thing.
    pub primary: bool,
    patterns: Vec<(KeyKind, Regex)>,
}

/// A pattern that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UnfitPattern(String);

/// Patterns are short; a longer one is a mistake, or wants to fill the memory.
const LARGEST: usize = 256 * 1024;

impl Share {
    /// That of a system without patterns.
    pub fn whole() -> &'static Share {
        static WHOLE: LazyLock<Share> = LazyLock::new(Share::default);
        &WHOLE
    }

    /// Adds a pattern: a regular expression that the whole key must fit, in either case. It is matched in linear time.
    pub fn add(&mut self, kind: KeyKind, pattern: &str) -> Result<(), UnfitPattern> {
        let whole = RegexBuilder::new(&format!("^(?:{pattern})$")).case_insensitive(true).size_limit(LARGEST).build();
        let says = |error: &regex::Error| match error {
            regex::Error::CompiledTooBig(_) => "this regular expression grows too large".to_owned(),
            other => {
                // The parser draws the place in several lines; what is wrong is in the last.
                let text = other.to_string();
                let last = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                format!("this is not a regular expression: {last}")
            }
        };
        // A pattern that closes the group would not be held to the whole key.
        RegexBuilder::new(pattern).size_limit(LARGEST).build().map_err(|error| UnfitPattern(says(&error)))?;
        let whole = whole.map_err(|error| UnfitPattern(says(&error)))?;
        self.patterns.push((kind, whole));
        Ok(())
    }

    /// Whether there is a pattern for keys of this kind, and this one fits it.
    pub fn fits(&self, kind: KeyKind, key: &str) -> bool {
        self.patterns.iter().any(|(of, pattern)| *of == kind && pattern.is_match(key))
    }

    /// Whether nothing was said.
    pub fn is_whole(&self) -> bool {
        !self.primary && self.patterns.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_key_must_fit() {
        let mut share = Share::default();
        share.add(KeyKind::Number, r"C-\d+|X").expect("a pattern");
        for (key, fits) in
            [("C-1", true), ("c-1", true), ("X", true), ("C-1a", false), ("AC-1", false), ("C-1\n", false)]
        {
            assert_eq!(share.fits(KeyKind::Number, key), fits, "{key}");
        }
        assert!(!share.fits(KeyKind::Order, "C-1"));
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_its_reason() {
        let refused = |pattern: &str| Share::default().add(KeyKind::Number, pattern).map_err(|error| error.to_string());
        insta::assert_snapshot!(refused("C-(").unwrap_err(), @"this is not a regular expression: unclosed group");
        insta::assert_snapshot!(refused("a)|(?:b").unwrap_err(), @"this is not a regular expression: unopened group");
        insta::assert_snapshot!(refused(r"(\d{1000}){1000}").unwrap_err(), @"this regular expression grows too large");
    }
}
