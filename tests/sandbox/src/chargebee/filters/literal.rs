//! Lists inside a value: `["a","b"]`, as some clients write them `['a', 'b']`, and numbers without quotes.

use std::iter::Peekable;
use std::str::Chars;

/// The values of a list; `None` when it is none.
pub(super) fn list(text: &str) -> Option<Vec<String>> {
    let inner = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    let mut rest = inner.chars().peekable();
    let mut values = Vec::new();
    loop {
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
        let value = match rest.peek() {
            None if values.is_empty() => return Some(values),
            Some(quote @ ('"' | '\'')) => {
                let quote = *quote;
                rest.next();
                let value = quoted(&mut rest, quote)?;
                while rest.next_if(|c| c.is_whitespace()).is_some() {}
                value
            }
            _ => bare(&mut rest)?,
        };
        values.push(value);
        match rest.next() {
            None => return Some(values),
            Some(',') => {}
            Some(_) => return None,
        }
    }
}

/// Up to the closing quote; a backslash takes the next character's meaning away or is one of JSON's.
fn quoted(rest: &mut Peekable<Chars<'_>>, quote: char) -> Option<String> {
    let mut value = String::new();
    loop {
        match rest.next()? {
            end if end == quote => return Some(value),
            '\\' => value.push(match rest.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'u' => {
                    let digits: String = rest.by_ref().take(4).collect();
                    // Half of a pair means nothing alone.
                    u32::from_str_radix(&digits, 16)
                        .ok()
                        .and_then(char::from_u32)
                        .unwrap_or(char::REPLACEMENT_CHARACTER)
                }
                other => other,
            }),
            other => value.push(other),
        }
    }
}

fn bare(rest: &mut Peekable<Chars<'_>>) -> Option<String> {
    let mut value = String::new();
    while let Some(next) = rest.next_if(|c| !matches!(c, ',' | '"' | '\'' | '[' | ']')) {
        value.push(next);
    }
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::list;

    #[test]
    fn lists_are_read_as_clients_write_them() {
        let two = Some(vec!["a".to_owned(), "b".to_owned()]);
        for written in [r#"["a","b"]"#, "['a', 'b']", "[a,b]", " [ \"a\" , 'b' ] "] {
            assert_eq!(list(written), two, "{written}");
        }
        assert_eq!(list("[]"), Some(Vec::new()));
        assert_eq!(list(r#"["a\"],[\\", "\u00e9,"]"#), Some(vec!["a\"],[\\".to_owned(), "é,".to_owned()]));
    }

    #[test]
    fn what_is_no_list_is_none() {
        for wrong in ["", "a", "[", "]", "[\"a]", "[\"a\" \"b\"]", "[a,]", "[,]", "[\"a\\\"]", "[[a]]"] {
            assert_eq!(list(wrong), None, "{wrong}");
        }
    }
}
