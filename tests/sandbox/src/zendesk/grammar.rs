//! The search language: `type:ticket organization:12 organization:13 status<solved`.
//!
//! Nothing is malformed in it: a word that is no condition is looked for in the texts.

/// One word of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Term {
    /// A minus stood before it.
    pub(crate) negated: bool,
    /// The property, lower-cased; none for a word looked for anywhere.
    pub(crate) key: Option<String>,
    /// How the property is compared.
    pub(crate) operator: Operator,
    /// The value without its quotes.
    pub(crate) value: String,
}

/// How a property is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    /// `:`
    Is,
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
}

/// Longer ones first, so that `<=` is not read as `<`.
const OPERATORS: [(&str, Operator); 5] = [
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    (":", Operator::Is),
    ("<", Operator::Below),
    (">", Operator::Above),
];

/// The words of a query.
pub(crate) fn terms(query: &str) -> Vec<Term> {
    let mut found = Vec::new();
    let mut rest = query.trim_start();
    while !rest.is_empty() {
        let (term, after) = term(rest);
        found.push(term);
        rest = after.trim_start();
    }
    found
}

fn term(text: &str) -> (Term, &str) {
    let (negated, rest) = match text.strip_prefix('-') {
        Some(rest) if rest.starts_with(|c: char| !c.is_whitespace()) => (true, rest),
        _ => (false, text),
    };
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))).unwrap_or(rest.len());
    let (key, after) = rest.split_at(end);
    let operator = OPERATORS.into_iter().find_map(|(mark, operator)| Some((operator, after.strip_prefix(mark)?)));
    match operator {
        Some((operator, after)) if !key.is_empty() => {
            let (value, after) = value(after);
            (Term { negated, key: Some(key.to_ascii_lowercase()), operator, value }, after)
        }
        _ => {
            let (value, after) = value(rest);
            (Term { negated, key: None, operator: Operator::Is, value }, after)
        }
    }
}

/// A quoted text, or everything up to the next space. Quotes have no escape.
fn value(text: &str) -> (String, &str) {
    if let Some(inside) = text.strip_prefix('"') {
        return match inside.split_once('"') {
            Some((content, after)) => (content.to_owned(), after),
            None => (inside.to_owned(), ""),
        };
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    (text[..end].to_owned(), &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Vec<(bool, Option<String>, Operator, String)> {
        terms(query).into_iter().map(|t| (t.negated, t.key, t.operator, t.value)).collect()
    }

    #[test]
    fn conditions_words_and_quotes_are_told_apart() {
        assert_eq!(
            read(r#"type:ticket status<solved created>=2026-01-01 external_id:"SO 1:2" -tags:spam servo "two words""#),
            [
                (false, Some("type".into()), Operator::Is, "ticket".into()),
                (false, Some("status".into()), Operator::Below, "solved".into()),
                (false, Some("created".into()), Operator::AtLeast, "2026-01-01".into()),
                (false, Some("external_id".into()), Operator::Is, "SO 1:2".into()),
                (true, Some("tags".into()), Operator::Is, "spam".into()),
                (false, None, Operator::Is, "servo".into()),
                (false, None, Operator::Is, "two words".into()),
            ]
        );
    }

    #[test]
    fn hostile_queries_end_and_never_panic() {
        for hostile in
            ["", " ", "-", "- -", ":", "::", "\"", "a:\"", "\"\"\"", "é:ü", "😀<😀", "-\"", "<=", "a:b:c", "\0"]
        {
            let _ = terms(hostile);
        }
        assert_eq!(read("a:b:c"), [(false, Some("a".into()), Operator::Is, "b:c".into())]);
    }
}
