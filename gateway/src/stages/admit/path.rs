//! One canonical path. Routing, authorization, limits, caches and upstreams all read this form and no other.
//!
//! What two readers could read differently is refused, not repaired: empty and dot segments, encoded slashes,
//! backslashes, path parameters, control characters, anything encoded twice, bytes that are not UTF-8. What remains
//! has one spelling: unreserved characters bare, all others as upper-case escapes (RFC 3986 §6.2.2).

use std::borrow::Cow;
use std::fmt::Write;

use percent_encoding::percent_decode_str;

/// A path in canonical form: starts with `/`, no query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CanonicalPath(String);

/// Why a path has no canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PathFault {
    /// `*`, an authority, or nothing at all.
    #[error("the path must start with `/`")]
    NotAbsolute,
    /// `//`.
    #[error("the path has an empty segment")]
    EmptySegment,
    /// `.` or `..`, however it is spelled.
    #[error("the path has a dot segment")]
    DotSegment,
    /// A `/` or `\` that is data for one reader and structure for another.
    #[error("the path has an encoded slash or a backslash")]
    HiddenSlash,
    /// `;`.
    #[error("the path has a `;`")]
    Parameter,
    /// A control character.
    #[error("the path has a control character")]
    Control,
    /// `%` without two hexadecimal digits behind it.
    #[error("the path has a broken percent escape")]
    BrokenEscape,
    /// `%25` followed by what would be an escape.
    #[error("the path is percent-encoded twice")]
    EncodedTwice,
    /// Not UTF-8 once decoded.
    #[error("the path is not UTF-8")]
    NotUtf8,
    /// A character that no path has without an escape.
    #[error("the path has a character that must be percent-encoded")]
    Bare,
}

impl CanonicalPath {
    /// Brings the path of a request target into canonical form.
    pub(crate) fn parse(raw: &[u8]) -> Result<Self, PathFault> {
        if raw.first() != Some(&b'/') {
            return Err(PathFault::NotAbsolute);
        }
        let mut canonical = String::with_capacity(raw.len());
        let mut segments = raw[1..].split(|byte| *byte == b'/').peekable();
        while let Some(segment) = segments.next() {
            canonical.push('/');
            let start = canonical.len();
            append_segment(&mut canonical, segment)?;
            match &canonical[start..] {
                "." | ".." => return Err(PathFault::DotSegment),
                // A trailing slash is no empty segment; that no route ends in one is routing's business.
                "" if segments.peek().is_some() => return Err(PathFault::EmptySegment),
                _ => {}
            }
        }
        // Looked for at the end, because the digits of the second escape may themselves have been escaped.
        if canonical.match_indices("%25").any(|(at, _)| escape(&canonical.as_bytes()[at + 3..]).is_some()) {
            return Err(PathFault::EncodedTwice);
        }
        let decoded = percent_decode_str(&canonical).decode_utf8().map_err(|_| PathFault::NotUtf8)?;
        if decoded.chars().any(char::is_control) {
            return Err(PathFault::Control);
        }
        Ok(CanonicalPath(canonical))
    }

    /// The canonical text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The segments, still escaped. `/` has one, which is empty.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &str> {
        self.0[1..].split('/')
    }
}

/// What a segment says once its escapes are undone.
pub(crate) fn decoded(segment: &str) -> Cow<'_, str> {
    // Canonical paths are UTF-8 once decoded, so nothing is ever replaced here.
    percent_decode_str(segment).decode_utf8_lossy()
}

fn append_segment(canonical: &mut String, segment: &[u8]) -> Result<(), PathFault> {
    let mut rest = segment;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        match byte {
            b'%' => {
                let (value, behind) = escape(behind).ok_or(PathFault::BrokenEscape)?;
                rest = behind;
                append_escaped(canonical, value)?;
            }
            b'\\' => return Err(PathFault::HiddenSlash),
            b';' => return Err(PathFault::Parameter),
            _ if byte.is_ascii_control() => return Err(PathFault::Control),
            _ if is_unreserved(byte) || is_delimiter(byte) => canonical.push(char::from(byte)),
            _ => return Err(PathFault::Bare),
        }
    }
    Ok(())
}

fn append_escaped(canonical: &mut String, value: u8) -> Result<(), PathFault> {
    match value {
        b'/' | b'\\' => Err(PathFault::HiddenSlash),
        b';' => Err(PathFault::Parameter),
        _ if value.is_ascii_control() => Err(PathFault::Control),
        _ if is_unreserved(value) => {
            canonical.push(char::from(value));
            Ok(())
        }
        _ => {
            // Writing to a String cannot fail.
            let _ = write!(canonical, "%{value:02X}");
            Ok(())
        }
    }
}

fn escape(behind: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, rest) = behind.split_at_checked(2)?;
    let high = char::from(digits[0]).to_digit(16)?;
    let low = char::from(digits[1]).to_digit(16)?;
    u8::try_from(high * 16 + low).ok().map(|value| (value, rest))
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// What RFC 3986 lets a path segment hold bare besides unreserved characters, without `;`.
fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b'=' | b':' | b'@')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn canonical(raw: &str) -> Result<String, PathFault> {
        CanonicalPath::parse(raw.as_bytes()).map(|path| path.as_str().to_owned())
    }

    #[test]
    fn one_path_has_one_spelling() {
        for (raw, expected) in [
            ("/", "/"),
            ("/graphql", "/graphql"),
            ("/gr%61phql", "/graphql"),
            ("/partner/v2/orders/SO-1042", "/partner/v2/orders/SO-1042"),
            ("/a%20b", "/a%20b"),
            ("/a%c3%a4", "/a%C3%A4"),
            ("/50%25", "/50%25"),
            ("/data/Orders('1')", "/data/Orders('1')"),
            ("/trailing/", "/trailing/"),
            ("/...", "/..."),
        ] {
            assert_eq!(canonical(raw).as_deref(), Ok(expected), "{raw}");
        }
    }

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        for (raw, fault) in [
            ("", PathFault::NotAbsolute),
            ("*", PathFault::NotAbsolute),
            ("graphql", PathFault::NotAbsolute),
            ("//graphql", PathFault::EmptySegment),
            ("/a//b", PathFault::EmptySegment),
            ("/a/.", PathFault::DotSegment),
            ("/a/../b", PathFault::DotSegment),
            ("/a/%2e%2E/b", PathFault::DotSegment),
            ("/a/.%2e", PathFault::DotSegment),
            ("/a%2fb", PathFault::HiddenSlash),
            ("/a%5Cb", PathFault::HiddenSlash),
            ("/a\\b", PathFault::HiddenSlash),
            ("/a;x=1", PathFault::Parameter),
            ("/a%3bx", PathFault::Parameter),
            ("/a%00", PathFault::Control),
            ("/a\u{1}", PathFault::Control),
            ("/a%0d%0ab", PathFault::Control),
            ("/a%C2%85", PathFault::Control),
            ("/a%252e", PathFault::EncodedTwice),
            ("/a%25%32%65", PathFault::EncodedTwice),
            ("/a%", PathFault::BrokenEscape),
            ("/a%2", PathFault::BrokenEscape),
            ("/a%zz", PathFault::BrokenEscape),
            ("/a%c0%af", PathFault::NotUtf8),
            ("/a%ff", PathFault::NotUtf8),
            ("/ä", PathFault::Bare),
            ("/a|b", PathFault::Bare),
            ("/a#b", PathFault::Bare),
        ] {
            assert_eq!(canonical(raw), Err(fault), "{raw}");
        }
    }

    proptest! {
        #[test]
        fn a_canonical_path_is_its_own_canonical_form(raw in "/[ -~]{0,40}") {
            if let Ok(once) = canonical(&raw) {
                prop_assert_eq!(canonical(&once), Ok(once));
            }
        }

        #[test]
        fn nothing_hidden_survives(raw in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut path = vec![b'/'];
            path.extend(raw);
            if let Ok(path) = CanonicalPath::parse(&path) {
                for segment in path.segments() {
                    let said = decoded(segment);
                    prop_assert!(!said.contains(['/', '\\', ';']) && said != "." && said != "..");
                }
            }
        }
    }
}
