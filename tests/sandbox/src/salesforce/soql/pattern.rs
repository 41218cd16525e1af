//! Text literals: their escapes, and the wildcards of `LIKE`.

use super::Malformed;

/// A `LIKE` pattern, lower-cased because the vendor compares text without case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Piece>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Exactly(char),
    AnyOne,
    AnyRun,
}

/// The value of a text literal whose content, escapes included, is given.
pub(crate) fn unescaped(raw: &str, at: usize) -> Result<String, Malformed> {
    Ok(letters(raw, at)?.into_iter().map(|(letter, _)| letter).collect())
}

/// Letters of a literal, each with whether a backslash stood before it.
fn letters(raw: &str, at: usize) -> Result<Vec<(char, bool)>, Malformed> {
    let mut rest = raw.chars();
    let mut found = Vec::with_capacity(raw.len());
    while let Some(letter) = rest.next() {
        if letter != '\\' {
            found.push((letter, false));
            continue;
        }
        let meant = match rest.next() {
            Some(same @ ('\\' | '\'' | '"' | '%' | '_')) => same,
            Some('n' | 'N') => '\n',
            Some('r' | 'R') => '\r',
            Some('t' | 'T') => '\t',
            Some('b' | 'B') => '\u{8}',
            Some('f' | 'F') => '\u{c}',
            Some('u' | 'U') => code_point(&mut rest).ok_or_else(|| illegal(at))?,
            _ => return Err(illegal(at)),
        };
        found.push((meant, true));
    }
    Ok(found)
}

fn code_point(rest: &mut std::str::Chars<'_>) -> Option<char> {
    let digits: String = rest.take(4).collect();
    let complete = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    complete.then(|| u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32)).flatten()
}

fn illegal(at: usize) -> Malformed {
    Malformed::at(at, "Invalid string literal. Illegal character sequence")
}

impl Pattern {
    /// Reads the content of the literal after `LIKE`.
    pub(crate) fn read(raw: &str, at: usize) -> Result<Self, Malformed> {
        let mut pieces = Vec::new();
        for (letter, escaped) in letters(raw, at)? {
            match (letter, escaped) {
                ('%', false) => pieces.push(Piece::AnyRun),
                ('_', false) => pieces.push(Piece::AnyOne),
                _ => pieces.extend(letter.to_lowercase().map(Piece::Exactly)),
            }
        }
        Ok(Self(pieces))
    }

    /// Whether a text is of this form.
    ///
    /// Only the last `%` is ever retried, so that a pattern of many `%` costs text times pattern and no more.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.to_lowercase().chars().collect();
        let (mut here, mut piece) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        while here < text.len() {
            match self.0.get(piece) {
                Some(Piece::AnyRun) => {
                    retry = Some((here, piece));
                    piece += 1;
                    continue;
                }
                Some(Piece::AnyOne) => {
                    (here, piece) = (here + 1, piece + 1);
                    continue;
                }
                Some(Piece::Exactly(letter)) if *letter == text[here] => {
                    (here, piece) = (here + 1, piece + 1);
                    continue;
                }
                _ => {}
            }
            let Some((from, run)) = retry else { return false };
            retry = Some((from + 1, run));
            (here, piece) = (from + 1, run + 1);
        }
        self.0[piece..].iter().all(|left| *left == Piece::AnyRun)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(pattern: &str, text: &str) -> bool {
        Pattern::read(pattern, 0).unwrap().matches(text)
    }

    #[test]
    fn wildcards_match_and_escaped_ones_do_not() {
        assert!(like("Acme%", "ACME Robotics"));
        assert!(like("%rob_tics", "Acme Robotics"));
        assert!(like(r"100\%", "100%"));
        assert!(!like(r"100\%", "1000"));
        assert!(!like("a_c", "ac"));
        assert!(like("", ""));
        assert!(like("%", ""));
    }

    #[test]
    fn many_wildcards_stay_cheap() {
        assert!(!like(&format!("{}b", "%a".repeat(200)), &"a".repeat(4000)));
    }

    #[test]
    fn escapes_are_undone_and_unknown_ones_refused() {
        assert_eq!(unescaped(r"a\'b\\c\n\u0041", 0).unwrap(), "a'b\\c\nA");
        for wrong in [r"\x", r"\", r"\u12", r"\uD800", r"\u+123"] {
            assert!(unescaped(wrong, 0).is_err(), "{wrong}");
        }
    }
}
