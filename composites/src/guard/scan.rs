//! A lexical scan of a GraphQL document (October 2021 edition, section 2.1): counts, and keeps nothing.

/// What the scan counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) tokens: usize,
    pub(super) nesting: usize,
}

/// Counts tokens and the deepest nesting. Stops early once the nesting is over the limit. Malformed text is counted
/// as well as may be: the parser reports it later.
pub(super) fn count(text: &str, nesting_limit: usize) -> Counted {
    let bytes = text.as_bytes();
    let mut counted = Counted::default();
    let mut open = 0_usize;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => at += 1,
            b'#' => at += length_until(&bytes[at..], |b| b == b'\n' || b == b'\r'),
            b'"' => {
                counted.tokens += 1;
                at += string_length(&bytes[at..]);
            }
            b'{' | b'[' | b'(' => {
                counted.tokens += 1;
                open += 1;
                counted.nesting = counted.nesting.max(open);
                if open > nesting_limit {
                    return counted;
                }
                at += 1;
            }
            b'}' | b']' | b')' => {
                counted.tokens += 1;
                open = open.saturating_sub(1);
                at += 1;
            }
            _ if is_word(byte) => {
                counted.tokens += 1;
                at += length_until(&bytes[at..], |b| !is_word(b));
            }
            _ => {
                counted.tokens += 1;
                at += 1;
            }
        }
    }
    counted
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn length_until(bytes: &[u8], ends: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|&b| ends(b)).unwrap_or(bytes.len())
}

/// The length of the string or block string that starts here, quotes included.
fn string_length(bytes: &[u8]) -> usize {
    let block = bytes.starts_with(b"\"\"\"");
    let mut at = if block { 3 } else { 1 };
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at..];
        match byte {
            b'\\' if block && rest.starts_with(b"\\\"\"\"") => at += 4,
            b'\\' if !block => at += 2,
            b'"' if block && rest.starts_with(b"\"\"\"") => return at + 3,
            b'"' if !block => return at + 1,
            b'\n' | b'\r' if !block => return at,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_and_comments_do_not_nest() {
        let text = "{ a(s: \"[[[\\\"[[\", b: \"\"\"{{{ \\\"\"\" {{\"\"\") # ((((\n }";
        assert_eq!(count(text, 99), Counted { tokens: 11, nesting: 2 });
    }

    #[test]
    fn malformed_text_ends_somewhere() {
        for text in ["\"", "\"\\", "\"\"\"", "\u{feff}{", "}}}", "é(", "\"\n{"] {
            let _ = count(text, 5);
        }
    }
}
