//! Where one message ends and the next begins, with no room for a second opinion (RFC 9112 §6, §11.2).
//!
//! pingora repairs some of what is refused here: it drops `Content-Length` beside `Transfer-Encoding`, folds equal
//! lengths into one, takes `gzip, chunked` and bare line feeds. A front that repairs what its neighbour reads
//! differently is how requests are smuggled, so Portico takes one spelling only, and closes the connection on others.

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, Version};

/// Why a message's end is not beyond doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum FramingFault {
    /// Several `Content-Length` fields, or a list, a sign, a space, too many digits.
    #[error("send one Content-Length, in digits only")]
    Length,
    /// Both ways at once.
    #[error("send Content-Length or Transfer-Encoding, not both")]
    Both,
    /// Anything but `chunked`.
    #[error("the only Transfer-Encoding that is understood is `chunked`, sent once")]
    Coding,
    /// HTTP/1.0 has no chunks.
    #[error("Transfer-Encoding needs HTTP/1.1")]
    OldVersion,
    /// A line of the head that ends without CR.
    #[error("lines of the head must end in CR LF")]
    BareLineFeed,
}

/// Checks the framing fields. `raw` is the head as it came, for HTTP/1.
pub(super) fn check(version: Version, headers: &HeaderMap, raw: Option<&[u8]>) -> Result<(), FramingFault> {
    if raw.is_some_and(has_bare_line_feed) {
        return Err(FramingFault::BareLineFeed);
    }
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    if let Some(length) = lengths.next() {
        let digits = length.as_bytes();
        // Eighteen digits hold any length, and no parser's integer overflows on them.
        let plain = (1..=18).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
        if !plain || lengths.next().is_some() {
            return Err(FramingFault::Length);
        }
    }
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let Some(coding) = codings.next() else { return Ok(()) };
    if version == Version::HTTP_10 {
        return Err(FramingFault::OldVersion);
    }
    if codings.next().is_some() || !coding.as_bytes().eq_ignore_ascii_case(b"chunked") {
        return Err(FramingFault::Coding);
    }
    // pingora has removed a Content-Length that stood beside it, so only the raw head still tells.
    if headers.contains_key(CONTENT_LENGTH) || raw.is_some_and(|raw| names_field(raw, b"content-length")) {
        return Err(FramingFault::Both);
    }
    Ok(())
}

fn has_bare_line_feed(raw: &[u8]) -> bool {
    raw.iter().enumerate().any(|(at, byte)| *byte == b'\n' && (at == 0 || raw[at - 1] != b'\r'))
}

fn names_field(raw: &[u8], name: &[u8]) -> bool {
    raw.split(|byte| *byte == b'\n').skip(1).any(|line| {
        line.split(|byte| *byte == b':').next().is_some_and(|field| field.trim_ascii().eq_ignore_ascii_case(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(version: Version, raw: &str) -> Result<(), FramingFault> {
        let mut headers = HeaderMap::new();
        for line in raw.lines().skip(1).take_while(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').unwrap();
            let name: http::HeaderName = name.trim().parse().unwrap();
            headers.append(name, value.trim_start().parse().unwrap());
        }
        check(version, &headers, Some(raw.as_bytes()))
    }

    #[test]
    fn one_length_or_chunks_are_understood() {
        for head in
            ["POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n"]
        {
            assert_eq!(checked(Version::HTTP_11, head), Ok(()), "{head}");
        }
    }

    #[test]
    fn every_other_framing_is_refused() {
        for (fields, fault) in [
            ("Content-Length: 5\r\nContent-Length: 5", FramingFault::Length),
            ("Content-Length: 5, 5", FramingFault::Length),
            ("Content-Length: +5", FramingFault::Length),
            ("Content-Length: 0x5", FramingFault::Length),
            ("Content-Length: 9999999999999999999", FramingFault::Length),
            ("Transfer-Encoding: gzip, chunked", FramingFault::Coding),
            ("Transfer-Encoding: xchunked", FramingFault::Coding),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", FramingFault::Coding),
            ("Transfer-Encoding: chunked\r\nContent-Length: 5", FramingFault::Both),
        ] {
            let head = format!("POST / HTTP/1.1\r\n{fields}\r\n\r\n");
            assert_eq!(checked(Version::HTTP_11, &head), Err(fault), "{fields}");
        }
        let chunked = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(checked(Version::HTTP_10, chunked), Err(FramingFault::OldVersion));
        assert_eq!(checked(Version::HTTP_11, "GET / HTTP/1.1\nHost: a\r\n\r\n"), Err(FramingFault::BareLineFeed));
    }

    #[test]
    fn a_length_that_pingora_removed_is_still_seen() {
        let headers = HeaderMap::from_iter([(TRANSFER_ENCODING, "chunked".parse().unwrap())]);
        let raw = b"POST / HTTP/1.1\r\ncontent-LENGTH : 4\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(check(Version::HTTP_11, &headers, Some(raw)), Err(FramingFault::Both));
    }
}
