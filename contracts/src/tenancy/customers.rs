//! The customers that a consumer may see, where it may not see all of a tenant's.

use std::collections::BTreeSet;
use std::sync::Arc;

use sha2::{Digest, Sha256};

/// A set of customer numbers. Systems differ in whether `c-1` is `C-1`, so here it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customers {
    /// In lower case.
    numbers: BTreeSet<Box<str>>,
    name: Arc<str>,
}

impl Customers {
    /// Whether the customer of this number is one of them.
    pub fn has(&self, number: &str) -> bool {
        if number.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return self.numbers.contains(number.to_ascii_lowercase().as_str());
        }
        self.numbers.contains(number)
    }

    /// Their numbers, in lower case and in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.numbers.iter().map(|number| &**number)
    }

    /// A name that only this set has: what was kept for one set is never served to another.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }
}

impl<S: AsRef<str>> FromIterator<S> for Customers {
    fn from_iter<I: IntoIterator<Item = S>>(numbers: I) -> Self {
        let numbers: BTreeSet<Box<str>> =
            numbers.into_iter().map(|number| number.as_ref().to_ascii_lowercase().into()).collect();
        let mut digest = Sha256::new();
        for number in &numbers {
            // The length in front keeps `a`, `bc` and `ab`, `c` apart.
            digest.update((number.len() as u64).to_be_bytes());
            digest.update(number.as_bytes());
        }
        let name = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        Customers { numbers, name: name.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: &[&str]) -> Customers {
        numbers.iter().collect()
    }

    #[test]
    fn a_number_is_one_of_them_however_its_letters_are_written() {
        let customers = of(&["C-1001", "c-1003"]);
        assert!(["C-1001", "c-1001", "C-1003"].iter().all(|number| customers.has(number)));
        assert!(!["C-100", "C-10011", "", "1001", " C-1001"].iter().any(|number| customers.has(number)));
    }

    #[test]
    fn only_equal_sets_have_one_name() {
        assert_eq!(of(&["b", "a"]).name(), of(&["A", "b", "a"]).name());
        let sets: [&[&str]; 6] = [&["a", "bc"], &["ab", "c"], &["abc"], &["a", "b"], &["a"], &[]];
        let names: BTreeSet<_> = sets.iter().map(|set| of(set).name().clone()).collect();
        assert_eq!(names.len(), sets.len());
    }
}
