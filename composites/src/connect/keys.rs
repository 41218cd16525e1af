//! Which keys can be asked for, and in which form the system knows them.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use portico_contracts::packs::{KeyClass, LookUp, Part};

use super::map::domain;

const LONGEST: usize = 200;
const SAFE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Percent-encodes everything but letters, digits and `-._~`: safe as a path segment and as a query value.
pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, SAFE).to_string()
}

/// Why a key cannot be asked for, for the caller; `None` where it can.
pub(super) fn refusal(look_up: &LookUp, key: &str) -> Option<String> {
    let rules = &look_up.keys;
    if key.is_empty() {
        return Some("the key is empty".to_owned());
    }
    if key.len() > LONGEST {
        return Some(format!("the key is longer than {LONGEST} bytes"));
    }
    if key.chars().any(char::is_control) {
        return Some("the key holds a control character".to_owned());
    }
    // Not control characters to Unicode, but the end of a line to many who read queries.
    if key.contains(['\u{2028}', '\u{2029}']) {
        return Some("the key holds a line separator".to_owned());
    }
    if let Some(refused) = key.chars().find(|c| rules.refuse.contains(*c)) {
        return Some(format!("the key holds `{refused}`, which means something else to the system"));
    }
    let fits = match rules.allow {
        KeyClass::Any => true,
        KeyClass::Digits | KeyClass::DigitsAsText => key.len() <= 19 && key.bytes().all(|b| b.is_ascii_digit()),
        KeyClass::Word => key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'),
        KeyClass::SalesforceId => matches!(key.len(), 15 | 18) && key.bytes().all(|b| b.is_ascii_alphanumeric()),
    };
    if !fits {
        let wants = match rules.allow {
            KeyClass::Digits | KeyClass::DigitsAsText => "digits",
            KeyClass::Word => "letters, digits and `_`",
            KeyClass::SalesforceId => "15 or 18 letters and digits",
            KeyClass::Any => "anything",
        };
        return Some(format!("keys of this system are {wants}"));
    }
    // A segment of only dots would leave the path.
    let in_path = look_up.request.as_ref().is_some_and(|request| request.path.parts.len() > 1);
    (in_path && key.bytes().all(|b| b == b'.')).then(|| "the key is only dots".to_owned())
}

/// The key as rows of the system hold it.
pub(super) fn normal<'k>(look_up: &LookUp, key: &'k str) -> Cow<'k, str> {
    if look_up.keys.allow == KeyClass::SalesforceId && key.len() == 15 {
        return Cow::Owned(format!("{key}{}", checksum(key)));
    }
    if !look_up.keys.variants.is_empty()
        && let Some(host) = domain(key)
    {
        return Cow::Owned(host);
    }
    Cow::Borrowed(key)
}

/// The forms of a key to ask for.
pub(super) fn forms(look_up: &LookUp, key: &str) -> Vec<String> {
    let normal = normal(look_up, key);
    if look_up.keys.variants.is_empty() {
        return vec![normal.into_owned()];
    }
    let fill = |part: &Part| if let Part::Text(text) = part { text.clone() } else { normal.to_string() };
    look_up.keys.variants.iter().map(|variant| variant.parts.iter().map(fill).collect()).collect()
}

/// The three characters that make a Salesforce id independent of case: a bit for each upper-case letter.
fn checksum(id: &str) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    let letter = |chunk: &[u8]| {
        let bits = chunk.iter().enumerate().filter(|(_, b)| b.is_ascii_uppercase());
        bits.fold(0_usize, |sum, (bit, _)| sum | 1 << bit)
    };
    id.as_bytes().chunks(5).map(|chunk| char::from(ALPHABET[letter(chunk) & 31])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_salesforce_ids_are_completed_as_the_vendor_does() {
        for id in ["001dM00003jU9GyQAK", "001000000000000AAA", "00DdM000000abcdUAA"] {
            assert_eq!(format!("{}{}", &id[..15], checksum(&id[..15])), id);
        }
    }

    #[test]
    fn values_are_encoded_to_the_last_sign() {
        assert_eq!(encode("O'' B&=#/+%\u{fc}"), "O%27%27%20B%26%3D%23%2F%2B%25%C3%BC");
    }
}
