//! The words of a filter.

use super::super::errors::Refusal;

/// A word of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A name, an operator, a number or a date.
    Word(String),
    /// A quoted text, unescaped.
    Text(String),
    /// `Name.Space.Type'Symbol'`.
    Symbol(String, String),
    Open,
    Close,
    Comma,
}

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let token = match next {
            ' ' | '\t' => {
                rest = &rest[1..];
                continue;
            }
            '(' | ')' | ',' => {
                rest = &rest[1..];
                match next {
                    '(' => Token::Open,
                    ')' => Token::Close,
                    _ => Token::Comma,
                }
            }
            '\'' => Token::Text(quoted(&mut rest, text)?),
            _ => word(&mut rest, text)?,
        };
        found.push(token);
    }
    Ok(found)
}

fn word(rest: &mut &str, whole: &str) -> Result<Token, Refusal> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '+' | ':' | '/' | '$');
    let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    if end == 0 {
        let at = whole.len() - rest.len();
        return Err(Refusal::syntax(&format!("Syntax error: character is not valid at position {at} in '{whole}'.")));
    }
    let (word, after) = rest.split_at(end);
    *rest = after;
    if after.starts_with('\'') {
        return Ok(Token::Symbol(word.to_owned(), quoted(rest, whole)?));
    }
    Ok(Token::Word(word.to_owned()))
}

/// Reads from a quote to the one that closes it; two in a row are one in the text.
fn quoted(rest: &mut &str, whole: &str) -> Result<String, Refusal> {
    let start = whole.len() - rest.len();
    let mut value = String::new();
    let mut after = rest.strip_prefix('\'').unwrap_or(rest);
    loop {
        let Some((part, tail)) = after.split_once('\'') else {
            let why = format!("There is an unterminated string literal at position {start} in '{whole}'.");
            return Err(Refusal::syntax(&why));
        };
        value.push_str(part);
        match tail.strip_prefix('\'') {
            Some(tail) => {
                value.push('\'');
                after = tail;
            }
            None => {
                *rest = tail;
                return Ok(value);
            }
        }
    }
}
