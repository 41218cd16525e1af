//! One filter: a property, an operator and what it is held against.

use std::cmp::Ordering;

use serde_json::Value;

use super::unknown;
use crate::hubspot::batch::{text, texts};
use crate::hubspot::errors::Refusal;
use crate::hubspot::objects::{Object, Property};
use crate::hubspot::value::{Kind, Meaning};
use crate::world::World;

/// A filter, understood.
pub(crate) struct Filter {
    property: &'static Property,
    test: Test,
}

enum Test {
    /// In one of these orders to a value; an absent value is in none.
    Is(&'static [Ordering], Meaning),
    /// Other than a value, or absent.
    IsNot(Meaning),
    Between(Meaning, Meaning),
    /// One of these, or none of them.
    In(Vec<Meaning>, bool),
    /// Set, or not set.
    Has(bool),
    /// A word with `*` for anything, or no such word.
    Token(String, bool),
}

impl Filter {
    /// Reads a filter as sent.
    pub(crate) fn read(object: &Object, sent: &Value) -> Result<Self, Refusal> {
        let (name, operator) = (sent["propertyName"].as_str(), sent["operator"].as_str());
        let (Some(name), Some(operator)) = (name, operator) else {
            let absent = [("propertyName", name), ("operator", operator)].into_iter().filter(|(_, v)| v.is_none());
            let absent: Vec<&str> = absent.map(|(name, _)| name).collect();
            let why = "Cannot build Filter, some of required attributes are not set";
            return Err(Refusal::body(1, 1, &format!("{why} [{}]", absent.join(", "))));
        };
        let property = object.property(name).ok_or_else(|| unknown(name))?;
        let value = |member: &str| {
            let sent = text(&sent[member]);
            let sent = sent.ok_or_else(|| Refusal::invalid(format!("operator {operator} requires {member}")))?;
            understood(property, &sent)
        };
        let test = match operator {
            "EQ" => Test::Is(&[Ordering::Equal], value("value")?),
            "NEQ" => Test::IsNot(value("value")?),
            "LT" => Test::Is(&[Ordering::Less], value("value")?),
            "LTE" => Test::Is(&[Ordering::Less, Ordering::Equal], value("value")?),
            "GT" => Test::Is(&[Ordering::Greater], value("value")?),
            "GTE" => Test::Is(&[Ordering::Greater, Ordering::Equal], value("value")?),
            "BETWEEN" => Test::Between(value("value")?, value("highValue")?),
            "IN" | "NOT_IN" => Test::In(listed(property, operator, &sent["values"])?, operator == "IN"),
            "HAS_PROPERTY" | "NOT_HAS_PROPERTY" if sent.get("value").is_none() => Test::Has(operator == "HAS_PROPERTY"),
            "HAS_PROPERTY" | "NOT_HAS_PROPERTY" => {
                return Err(Refusal::invalid(format!("operator {operator} must not have a value")));
            }
            "CONTAINS_TOKEN" | "NOT_CONTAINS_TOKEN" => {
                let token = text(&sent["value"]).unwrap_or_default().to_lowercase();
                Test::Token(token, operator == "CONTAINS_TOKEN")
            }
            _ => return Err(Refusal::invalid(format!("Invalid operator: {operator}"))),
        };
        Ok(Self { property, test })
    }

    /// Whether it holds for a record.
    pub(crate) fn holds(&self, world: &World, number: usize) -> bool {
        let value = self.property.of(world, number);
        let meaning = || value.as_deref().and_then(|value| self.property.kind.understand(value));
        match &self.test {
            Test::Is(orders, other) => {
                meaning().and_then(|one| one.order(other)).is_some_and(|order| orders.contains(&order))
            }
            Test::IsNot(other) => meaning().as_ref() != Some(other),
            Test::Between(low, high) => meaning().is_some_and(|one| {
                let at_least = one.order(low).is_some_and(Ordering::is_ge);
                at_least && one.order(high).is_some_and(Ordering::is_le)
            }),
            Test::In(values, wanted) => meaning().is_some_and(|one| values.contains(&one)) == *wanted,
            Test::Has(wanted) => value.is_some() == *wanted,
            Test::Token(pattern, wanted) => value.is_some_and(|value| has_token(&value, pattern)) == *wanted,
        }
    }
}

fn understood(property: &Property, sent: &str) -> Result<Meaning, Refusal> {
    let wrong = || Refusal::invalid(format!("{sent} is not a valid value for property {}", property.name));
    property.kind.understand(sent).ok_or_else(wrong)
}

/// The texts of a list are compared as they come with values in lower case: one with a capital finds nothing.
fn listed(property: &Property, operator: &str, sent: &Value) -> Result<Vec<Meaning>, Refusal> {
    let values = texts(sent);
    if values.is_empty() {
        return Err(Refusal::invalid(format!("operator {operator} requires values")));
    }
    let one = |value: String| match property.kind {
        Kind::Text => Ok(Meaning::Text(value)),
        _ => understood(property, &value),
    };
    values.into_iter().map(one).collect()
}

/// Whether a value, or a word of it, is like a pattern.
fn has_token(value: &str, pattern: &str) -> bool {
    let value = value.to_lowercase();
    let words = value.split(|c: char| !c.is_alphanumeric());
    like(&value, pattern) || value.split_whitespace().chain(words).any(|word| !word.is_empty() && like(word, pattern))
}

/// Whether a text is like a pattern in which `*` stands for anything.
fn like(text: &str, pattern: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return text == pattern };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*').filter(|part| !part.is_empty()) {
        match text.find(part) {
            Some(at) => text = text.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    text.ends_with(last)
}
