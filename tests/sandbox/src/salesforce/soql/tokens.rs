//! Query text to tokens: words, literals and punctuation, each with its place.

use super::Malformed;

/// One token.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: Kind,
    /// The byte at which it starts.
    pub(crate) at: usize,
}

/// What a token can be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    /// A keyword or a name.
    Word(String),
    /// What stands between two quotes, escapes untouched.
    Text(String),
    /// A number, a date or a date with a time, told apart by the parser.
    Figure(String),
    /// `( ) , .` or a comparison.
    Mark(&'static str),
    /// After the last token.
    End,
}

impl Kind {
    /// The token as a message quotes it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Word(word) | Self::Figure(word) => word.clone(),
            Self::Text(text) => format!("'{text}'"),
            Self::Mark(mark) => (*mark).to_owned(),
            Self::End => "<EOF>".to_owned(),
        }
    }
}

/// Longer marks first, so that `<=` is not read as `<`.
const MARKS: [&str; 11] = ["<=", ">=", "!=", "<>", "(", ")", ",", ".", "=", "<", ">"];

/// The tokens of a query, [`Kind::End`] last.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, Malformed> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = text.get(at..).and_then(|rest| rest.chars().next()) {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (kind, length) = one(&text[at..], first, at)?;
        found.push(Token { kind, at });
        at += length;
    }
    found.push(Token { kind: Kind::End, at });
    Ok(found)
}

fn one(rest: &str, first: char, at: usize) -> Result<(Kind, usize), Malformed> {
    if first == '\'' {
        return quoted(rest, at);
    }
    if first.is_ascii_alphabetic() || first == '_' {
        let length = run(rest, |c| c.is_ascii_alphanumeric() || c == '_');
        return Ok((Kind::Word(rest[..length].to_owned()), length));
    }
    let signed = matches!(first, '-' | '+') && rest[1..].starts_with(|c: char| c.is_ascii_digit());
    if first.is_ascii_digit() || signed {
        // `+` and `:` belong to a time's offset, `T` and `Z` to the time itself.
        let length = run(rest, |c| c.is_ascii_digit() || matches!(c, '-' | '+' | ':' | '.' | 'T' | 'Z' | 't' | 'z'));
        return Ok((Kind::Figure(rest[..length].to_owned()), length));
    }
    match MARKS.into_iter().find(|mark| rest.starts_with(mark)) {
        Some(mark) => Ok((Kind::Mark(mark), mark.len())),
        None => Err(Malformed::at(at, format!("unexpected char: '{}'", first.escape_debug()))),
    }
}

fn run(rest: &str, belongs: impl Fn(char) -> bool) -> usize {
    rest.find(|c| !belongs(c)).unwrap_or(rest.len())
}

/// A text literal: ends at the first quote that no backslash protects.
fn quoted(rest: &str, at: usize) -> Result<(Kind, usize), Malformed> {
    let mut escaped = false;
    for (offset, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\'' => return Ok((Kind::Text(rest[1..offset].to_owned()), offset + 1)),
            _ => {}
        }
    }
    Err(Malformed::at(at, "mismatched character '<EOF>' expecting '''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        tokens(text).into_iter().flatten().map(|token| token.kind).collect()
    }

    #[test]
    fn a_quote_ends_a_text_only_without_a_backslash() {
        assert_eq!(kinds(r"'a\'b'"), [Kind::Text(r"a\'b".into()), Kind::End]);
        assert_eq!(kinds(r"'a\\' x"), [Kind::Text(r"a\\".into()), Kind::Word("x".into()), Kind::End]);
    }

    #[test]
    fn a_text_without_an_end_is_refused() {
        assert!(tokens(r"'a\'").is_err());
        assert!(tokens("'").is_err());
        assert!(tokens(r"'\").is_err());
    }

    #[test]
    fn strange_bytes_are_refused_and_never_panic() {
        for hostile in ["é", "\0", "a;b", "--", "😀", "'é😀'", "x\u{2028}y", "-", "+", "1-é"] {
            let _ = tokens(hostile);
        }
        assert!(tokens("SELECT é").is_err());
    }

    #[test]
    fn dates_and_numbers_stay_whole() {
        assert_eq!(
            kinds("2026-05-01T07:25:37+02:00 -1.5"),
            [Kind::Figure("2026-05-01T07:25:37+02:00".into()), Kind::Figure("-1.5".into()), Kind::End]
        );
    }
}
