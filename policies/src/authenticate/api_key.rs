//! API keys: `pk_<id>_<secret>`, shown once, stored as a hash.
//!
//! The secret is 256 random bits, so a plain SHA-256 is enough: there is nothing to guess. The hash covers the whole
//! key, id included. The id is for people: to find a key in a list, or a leaked one in a log.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use portico_contracts::tenancy::Scopes;

use super::TokenError;
use super::verified::Digest;
use crate::{Caller, ConsumerKey, Consumers, Now};

/// What every key begins with.
pub(crate) const PREFIX: &str = "pk_";
const ID_BYTES: usize = 6;
const SECRET_BYTES: usize = 32;

/// The stored form of a key: `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash([u8; 32]);

/// A hash that is not written as it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a key's hash is written `sha256:` and 64 hexadecimal digits; `portico keys new` prints one")]
pub struct NotAHash;

impl KeyHash {
    /// Reads `sha256:…`.
    pub fn parse(text: &str) -> Result<Self, NotAHash> {
        let hex = text.strip_prefix("sha256:").filter(|hex| hex.len() == 64 && hex.is_ascii()).ok_or(NotAHash)?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
            *byte = nibble(pair[0]).zip(nibble(pair[1])).map(|(high, low)| high << 4 | low).ok_or(NotAHash)?;
        }
        Ok(KeyHash(bytes))
    }

    /// The hash of a key.
    pub fn of(key: &str) -> Self {
        KeyHash(*Digest::of(key).bytes())
    }

    /// The beginning, which look-ups may branch on: a caller cannot choose it without trying keys one by one.
    fn place(&self) -> [u8; 8] {
        let mut place = [0; 8];
        place.copy_from_slice(&self.0[..8]);
        place
    }
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", hex(&self.0))
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(…)")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A key as it is made: the plaintext for its owner, once, and the hash for the configuration.
#[derive(Clone)]
pub struct NewKey {
    /// What the caller sends. Not stored anywhere.
    pub plaintext: String,
    /// What the configuration holds.
    pub hash: KeyHash,
}

impl NewKey {
    /// The part after `pk_`, which people may see.
    pub fn id(&self) -> &str {
        self.plaintext.strip_prefix(PREFIX).and_then(|rest| rest.split('_').next()).unwrap_or_default()
    }
}

/// Where randomness fails, no key is made.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no random numbers")]
pub struct NoRandomness;

/// Makes a key.
pub fn new_key() -> Result<NewKey, NoRandomness> {
    let mut random = [0; ID_BYTES + SECRET_BYTES];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| NoRandomness)?;
    let (id, secret) = random.split_at(ID_BYTES);
    let plaintext = format!("{PREFIX}{}_{}", hex(id), hex(secret));
    Ok(NewKey { hash: KeyHash::of(&plaintext), plaintext })
}

/// One configured key.
#[derive(Debug, Clone)]
pub struct KeyRecord {
    /// Whose it is.
    pub owner: ConsumerKey,
    /// What the operator calls it; the subject of its requests in the audit trail.
    pub name: Arc<str>,
    /// Its hash.
    pub hash: KeyHash,
    /// When it ends (seconds since 1970).
    pub expires: Option<u64>,
    /// Where set, it may do no more than this.
    pub scopes: Option<Scopes>,
}

#[derive(Debug)]
struct Entry {
    hash: KeyHash,
    expires: Option<u64>,
    caller: Arc<Caller>,
}

/// Every configured key. A consumer may have several, so that one can replace another without a gap.
#[derive(Debug)]
pub(crate) struct ApiKeys(HashMap<[u8; 8], Vec<Entry>>);

impl ApiKeys {
    pub(crate) fn new(keys: impl IntoIterator<Item = KeyRecord>, consumers: &Consumers) -> Self {
        let mut by_place: HashMap<_, Vec<Entry>> = HashMap::new();
        for KeyRecord { owner, name, hash, expires, scopes } in keys {
            let Some(consumer) = consumers.of(&owner) else { continue };
            let caller = Caller::verified(owner, consumer, name, scopes.as_ref());
            by_place.entry(hash.place()).or_default().push(Entry { hash, expires, caller });
        }
        ApiKeys(by_place)
    }

    /// Whose key this is. An unknown, a wrong and an expired one are refused alike.
    pub(crate) fn caller(&self, key: &str, now: Now) -> Result<Arc<Caller>, TokenError> {
        if !well_formed(key) {
            return Err(TokenError::Key);
        }
        let hash = KeyHash::of(key);
        let candidates = self.0.get(&hash.place()).map(Vec::as_slice).unwrap_or_default();
        let entry = candidates.iter().find(|entry| verify_slices_are_equal(&entry.hash.0, &hash.0).is_ok());
        let entry = entry.ok_or(TokenError::Key)?;
        if entry.expires.is_some_and(|expires| now.unix >= expires) {
            return Err(TokenError::Key);
        }
        Ok(entry.caller.clone())
    }
}

fn well_formed(key: &str) -> bool {
    let digits = |text: &str, bytes: usize| text.len() == 2 * bytes && text.bytes().all(|b| b.is_ascii_hexdigit());
    let parts = key.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_'));
    parts.is_some_and(|(id, secret)| digits(id, ID_BYTES) && digits(secret, SECRET_BYTES))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authenticate::samples::{consumer, consumer_key, now};

    fn record(name: &str, hash: KeyHash, expires: Option<u64>) -> KeyRecord {
        KeyRecord { owner: consumer_key("acme", "partner-one"), name: name.into(), hash, expires, scopes: None }
    }

    fn registered() -> Consumers {
        [(consumer_key("acme", "partner-one"), consumer(&["order:read"]))].into_iter().collect()
    }

    #[test]
    fn a_new_key_works_and_two_at_once_do_so_for_rotation() {
        let (old, new) = (new_key().unwrap(), new_key().unwrap());
        assert_ne!(old.plaintext, new.plaintext);
        let records = [record("spring", old.hash, Some(now().unix + 10)), record("autumn", new.hash, None)];
        let keys = ApiKeys::new(records, &registered());
        let subject = |key: &NewKey, now| keys.caller(&key.plaintext, now).map(|c| c.principal.subject.to_string());
        assert_eq!(subject(&old, now()), Ok("spring".to_owned()));
        assert_eq!(subject(&new, now()), Ok("autumn".to_owned()));
        let later = now().later(std::time::Duration::from_secs(10));
        assert_eq!(subject(&old, later), Err(TokenError::Key), "at its end it has ended");
        assert_eq!(subject(&new, later), Ok("autumn".to_owned()));
    }

    #[test]
    fn nothing_but_the_whole_key_opens() {
        let key = new_key().unwrap();
        let keys = ApiKeys::new([record("one", key.hash, None)], &registered());
        let text = key.plaintext;
        let last = if text.ends_with('0') { '1' } else { '0' };
        let tries = [
            String::new(),
            "pk_".to_owned(),
            text[..text.len() - 1].to_owned(),
            format!("{}{last}", &text[..text.len() - 1]),
            format!("{text}0"),
            text.to_uppercase(),
            text.replace("pk_", "sk_"),
            key.hash.to_string(),
            format!("pk_{}_{}", "0".repeat(12), &text[16..]),
        ];
        for wrong in &tries {
            assert_eq!(keys.caller(wrong, now()).map(|_| ()), Err(TokenError::Key), "{wrong}");
        }
        assert!(keys.caller(&text, now()).is_ok());
    }

    #[test]
    fn a_key_of_an_application_that_is_gone_is_gone() {
        let key = new_key().unwrap();
        let keys = ApiKeys::new([record("one", key.hash, None)], &Consumers::default());
        assert!(keys.caller(&key.plaintext, now()).is_err());
    }

    #[test]
    fn hashes_are_read_as_they_are_written_and_never_shown_by_debug() {
        let hash = new_key().unwrap().hash;
        assert_eq!(KeyHash::parse(&hash.to_string()), Ok(hash));
        let short = format!("sha256:{}", "0".repeat(63));
        let odd = format!("sha256:{}", "g".repeat(64));
        let wide = format!("sha256:{}", "é".repeat(32));
        for bad in ["", "sha256:", "md5:00", &hash.to_string()[7..], &short, &odd, &wide] {
            assert!(KeyHash::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(format!("{hash:?}"), "KeyHash(…)");
    }
}
