//! What is wrong, where, and what was expected.

use std::fmt;

/// One mistake in the configuration, in words that its author can act on. It never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// The file, relative to the configuration's folder.
    pub file: String,
    /// The line, from 1; 0 where it is about the whole file.
    pub line: usize,
    /// The place as keys and indexes, for example `systems.acme-erp.pack`; empty where it is about the whole file.
    pub path: String,
    /// What is wrong, and what was expected.
    pub says: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if !self.path.is_empty() {
            write!(f, " {}", self.path)?;
        }
        write!(f, ": {}", self.says)
    }
}

/// The nearest of the known words, where one is near enough to be what was meant.
pub(crate) fn nearest<'w>(given: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(&given.to_lowercase(), &word.to_lowercase()), word))
        .filter(|(distance, word)| *distance <= 1 + word.len().max(given.len()) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// `; did you mean …?` where a known word is near, else `; known: …` where the list is short.
pub(crate) fn suggestion<'w>(given: &str, known: impl IntoIterator<Item = &'w str>) -> String {
    let mut known: Vec<&str> = known.into_iter().collect();
    // A part that is itself mistaken is listed as written and as lost.
    let mut seen = std::collections::HashSet::new();
    known.retain(|word| seen.insert(*word));
    match nearest(given, known.iter().copied()) {
        Some(word) => format!("; did you mean \"{word}\"?"),
        None if known.is_empty() => "; there is none".to_owned(),
        None if known.len() <= 16 => format!("; there is: {}", known.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_suggested_and_far_ones_are_not() {
        assert_eq!(suggestion("dynamic365", ["dynamics365", "stripe"]), "; did you mean \"dynamics365\"?");
        assert_eq!(suggestion("Erp", ["erp", "crm"]), "; did you mean \"erp\"?");
        assert_eq!(suggestion("oracle", ["erp", "crm"]), "; there is: erp, crm");
        assert_eq!(suggestion("oracle", ["erp", "crm", "erp"]), "; there is: erp, crm");
        assert_eq!(suggestion("x", []), "; there is none");
    }
}
