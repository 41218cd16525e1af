//! Record ids: fifteen characters that depend on case, and three more that repair them when case is lost.

/// The characters ids are counted in.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The characters of the last three.
const CHECKS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// The eighteen-character id of the nth record of a kind in an organisation.
///
/// `prefix` is the kind (three characters), `organisation` tells tenants apart (four characters).
pub(crate) fn id(prefix: &str, organisation: &str, number: usize) -> String {
    let mut digits = [b'0'; 8];
    let mut left = number;
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[left % DIGITS.len()];
        left /= DIGITS.len();
    }
    let mut id = format!("{prefix}{organisation}");
    id.extend(digits.map(char::from));
    id.push_str(&check(&id));
    id
}

/// The number in an id made by [`id`] with the same prefix and organisation; fifteen characters are enough, and of
/// eighteen the last three must be right.
pub(crate) fn number(id: &str, prefix: &str, organisation: &str) -> Option<usize> {
    let short = id.get(..15)?;
    if !(id.len() == 15 || (id.len() == 18 && id.get(15..) == Some(check(short).as_str()))) {
        return None;
    }
    let digits = short.strip_prefix(prefix)?.strip_prefix(organisation)?;
    digits.bytes().try_fold(0_usize, |sum, digit| {
        let value = DIGITS.iter().position(|known| *known == digit)?;
        sum.checked_mul(DIGITS.len())?.checked_add(value)
    })
}

/// Whether a text could be an id at all.
pub(crate) fn well_formed(id: &str) -> bool {
    matches!(id.len(), 15 | 18) && id.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// An id as records carry it, so that the short and the long form compare equal.
pub(crate) fn long(id: &str) -> String {
    if id.len() == 15 && well_formed(id) { format!("{id}{}", check(id)) } else { id.to_owned() }
}

/// One character for every five: which of them are capitals.
fn check(short: &str) -> String {
    short
        .as_bytes()
        .chunks(5)
        .map(|chunk| {
            let capitals = chunk.iter().enumerate().filter(|(_, byte)| byte.is_ascii_uppercase());
            char::from(CHECKS[capitals.fold(0, |bits, (at, _)| bits | 1 << at)])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_vendors() {
        assert_eq!(long("001dM00003jU9Gy"), "001dM00003jU9GyQAK");
        assert_eq!(long("005dM00000aYf0q"), "005dM00000aYf0qQAC");
        assert_eq!(long("001000000000000"), "001000000000000AAA");
    }

    #[test]
    fn ids_lead_back_to_their_number() {
        for at in [0, 1, 61, 62, 999, 1_000_000] {
            let id = id("001", "ac00", at);
            assert_eq!(id.len(), 18);
            assert_eq!(number(&id, "001", "ac00"), Some(at));
            assert_eq!(number(&id[..15], "001", "ac00"), Some(at));
            assert_eq!(number(&id, "003", "ac00"), None);
            assert_eq!(number(&id, "001", "gl00"), None);
        }
    }

    #[test]
    fn hostile_ids_lead_nowhere() {
        for wrong in ["", "001", "001dM00003jU9GyQAA", "é01dM00003jU9Gy", "001ac00zzzzzzz😀", "'", "001ac00zzzzzzzzzzz"]
        {
            assert_eq!(number(wrong, "001", "ac00"), None, "{wrong}");
        }
    }
}
