//! String literals of OData and SuiteQL, which quote alike.

/// A string literal: quotes are doubled, nothing else is special.
pub(super) fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    /// An independent reading of a literal by the standard's grammar (OData ABNF `string`; SQL's character strings are the same).
    fn read(literal: &str) -> Option<String> {
        let mut inside = literal.strip_prefix('\'')?.chars().peekable();
        let mut value = String::new();
        loop {
            match inside.next()? {
                '\'' if inside.next_if_eq(&'\'').is_some() => value.push('\''),
                '\'' => return inside.next().is_none().then_some(value),
                other => value.push(other),
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_the_value_is_it_stays_one_literal(value in "\\PC*|[' \\\\]*") {
            prop_assert_eq!(read(&super::text(&value)), Some(value));
        }
    }
}
