//! Query text to tokens.

use crate::netsuite::errors::Refusal;

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A keyword or a name.
    Word(String),
    /// What stands between two quotes; doubled ones are single again.
    Text(String),
    /// Digits and at most one point.
    Number(String),
    /// The place of a `?` among them.
    Parameter(usize),
    /// Punctuation.
    Mark(&'static str),
}

/// Longer marks first. A comment begins with none of them.
const MARKS: [&str; 13] = ["<=", ">=", "!=", "<>", "(", ")", ",", ".", "=", "<", ">", "*", "-"];

/// The tokens of a query.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    let mut parameters = 0;
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '?' => (Token::Parameter(parameters), 1),
            _ => one(rest, first).ok_or_else(Refusal::syntax)?,
        };
        parameters += usize::from(first == '?');
        found.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(found)
}

fn one(rest: &str, first: char) -> Option<(Token, usize)> {
    if first == '\'' || first == '"' {
        let (text, length) = quoted(rest, first)?;
        return Some((if first == '"' { Token::Word(text) } else { Token::Text(text) }, length));
    }
    if first.is_ascii_alphabetic() || first == '_' {
        let length = run(rest, |c| c.is_ascii_alphanumeric() || c == '_');
        return Some((Token::Word(rest[..length].to_owned()), length));
    }
    if first.is_ascii_digit() {
        let length = run(rest, |c| c.is_ascii_digit() || c == '.');
        return Some((Token::Number(rest[..length].to_owned()), length));
    }
    if rest.starts_with("--") {
        return None;
    }
    MARKS.into_iter().find(|mark| rest.starts_with(mark)).map(|mark| (Token::Mark(mark), mark.len()))
}

fn run(rest: &str, belongs: impl Fn(char) -> bool) -> usize {
    rest.find(|c| !belongs(c)).unwrap_or(rest.len())
}

/// Ends at the first quote that is not doubled; a backslash is a letter like any other.
fn quoted(rest: &str, quote: char) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character != quote {
            text.push(character);
        } else if characters.peek().is_some_and(|(_, next)| *next == quote) {
            characters.next();
            text.push(quote);
        } else {
            return Some((text, at + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubled_quote_is_a_quote_and_a_backslash_is_a_backslash() {
        assert_eq!(tokens("'a''b'"), Ok(vec![Token::Text("a'b".to_owned())]));
        assert_eq!(tokens(r"'a\'"), Ok(vec![Token::Text(r"a\".to_owned())]));
        assert_eq!(tokens("''"), Ok(vec![Token::Text(String::new())]));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        for hostile in ["'", "'a''", "a;b", "a -- b", "[a]", "é", "\0", "a /* b */", "||"] {
            assert!(tokens(hostile).is_err(), "{hostile}");
        }
    }
}
