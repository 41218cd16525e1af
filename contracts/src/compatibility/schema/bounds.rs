//! What narrows a value beyond its type: bounds, formats, patterns.

use rust_decimal::Decimal;
use serde_json::Value;

use super::{At, Comparison, Verdict};

/// Where a larger number takes more values.
const UPPER: [&str; 5] = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"];
/// Where a larger number takes fewer.
const LOWER: [&str; 5] = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"];
/// What is the same or is not: nobody says which of two formats or patterns takes more.
const WORDS: [&str; 4] = ["format", "pattern", "multipleOf", "uniqueItems"];

/// Whether the word is compared here.
pub(super) fn is_bound(word: &str) -> bool {
    UPPER.contains(&word) || LOWER.contains(&word) || WORDS.contains(&word)
}

impl Comparison<'_> {
    pub(super) fn bounds(&mut self, old: &Value, new: &Value, at: &At) {
        for word in UPPER.into_iter().chain(LOWER) {
            self.bound(word, old.get(word), new.get(word), at);
        }
        for word in WORDS {
            self.word(word, old.get(word), new.get(word), at);
        }
    }

    fn bound(&mut self, word: &str, old: Option<&Value>, new: Option<&Value>, at: &At) {
        let wider = match (old, new) {
            (None, None) => return,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (Some(old), Some(new)) if old == new => return,
            (Some(old), Some(new)) => match (number(old), number(new)) {
                (Some(old), Some(new)) => (new > old) == UPPER.contains(&word),
                _ => false,
            },
        };
        let says = format!("`{word}` was {} and is {}", words(old), words(new));
        match (self.made.is_sent(), wider) {
            (true, false) => self.add(Verdict::Breaking, at, says),
            (false, true) => self.add(Verdict::Dangerous, at, says),
            _ => self.add(Verdict::Safe, at, says),
        }
    }

    fn word(&mut self, word: &str, old: Option<&Value>, new: Option<&Value>, at: &At) {
        if old == new {
            return;
        }
        let says = format!("`{word}` was {} and is {}", words(old), words(new));
        let pattern_of_answer = word != "format" && !self.made.is_sent();
        match (old, new) {
            (Some(_), Some(_)) | (Some(_), None) if pattern_of_answer => self.add(Verdict::Dangerous, at, says),
            (Some(_), Some(_)) => self.add(Verdict::Breaking, at, says),
            (old, _) => self.changed(old.is_some(), at, says),
        }
    }
}

/// Exact: bounds are money's bounds, too.
fn number(value: &Value) -> Option<Decimal> {
    let text = value.as_number()?.to_string();
    text.parse().ok().or_else(|| Decimal::from_scientific(&text).ok())
}

fn words(value: Option<&Value>) -> String {
    value.map_or_else(|| "not given".to_owned(), |value| format!("`{value}`"))
}
