//! Where do the systems disagree about the same customer?
//!
//! A field is compared where at least two systems say something about it. Case and spacing are no disagreement.

/// What one system says about one field; the index tells which.
pub type Said<'a> = (usize, &'a str);

/// The fields that are compared, as the model names them.
pub const COMPARED: [&str; 2] = ["name", "email"];

/// Whether the values differ in more than case and spacing.
pub fn disagree(values: &[Said<'_>]) -> bool {
    let mut plain = values.iter().map(|(_, value)| plain(value));
    let first = plain.next();
    plain.any(|other| Some(other) != first)
}

fn plain(value: &str) -> String {
    value.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_spacing_are_no_disagreement() {
        assert!(!disagree(&[(0, "Hanseatic Pumps GmbH"), (1, " hanseatic  pumps gmbh ")]));
        assert!(disagree(&[(0, "Hanseatic Pumps GmbH"), (1, "Hanseatic Pumps"), (2, "Hanseatic Pumps GmbH")]));
        assert!(!disagree(&[(0, "alone")]));
        assert!(!disagree(&[]));
    }
}
