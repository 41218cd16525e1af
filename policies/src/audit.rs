//! The audit trail's chain: lines of which each seals the one before it, so that one that was edited, removed or moved
//! shows.
//!
//! An entry is a JSON object on a line of its own. It begins with its number and the seal of the entry before, and ends
//! with its own seal, which covers every byte of the line up to it. With a key seals are HMAC-SHA-256 (RFC 2104): whoever
//! has the file but not the key cannot make up another chain. Without one they are SHA-256, which shows accidents and
//! the careless. That the newest entries were cut off only a seal shows that was noted elsewhere; the gateway tells its
//! newest on the admin listener.
//!
//! Pure: no files, no clock. The gateway writes what [`Chain::seal`] makes; [`Inspector`] is what `portico audit verify`
//! is made of.

mod digest;
mod inspect;

use std::fmt;

use aws_lc_rs::{digest as sha, hmac};
use portico_contracts::secret::Secret;
use serde::Serialize;

pub use digest::KeyDigests;
pub use inspect::{Broken, Found, Inspector};

/// The seal of an entry: 32 bytes, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Seal([u8; 32]);

impl Seal {
    /// What stands before the first entry.
    pub const NONE: Seal = Seal([0; 32]);

    /// Reads 64 hexadecimal digits, letters small: a seal has one spelling.
    pub fn parse(text: &str) -> Option<Seal> {
        let mut seal = [0; 32];
        let digits = text.as_bytes();
        // One spelling for each seal; the parser of numbers would take `+5` for `05`.
        if digits.len() != 64 || !digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        for (byte, pair) in seal.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Seal(seal))
    }
}

impl fmt::Display for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seal({self})")
    }
}

impl Serialize for Seal {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What seals are made with.
#[derive(Clone)]
pub struct Sealer(Option<hmac::Key>);

impl Sealer {
    /// With a key, or without.
    pub fn new(key: Option<&Secret>) -> Self {
        Sealer(key.map(|key| hmac::Key::new(hmac::HMAC_SHA256, key.reveal().as_bytes())))
    }

    fn seal(&self, bytes: &[u8]) -> Seal {
        let mut seal = [0; 32];
        match &self.0 {
            Some(key) => seal.copy_from_slice(hmac::sign(key, bytes).as_ref()),
            None => seal.copy_from_slice(sha::digest(&sha::SHA256, bytes).as_ref()),
        }
        Seal(seal)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Sealer(with a key)" } else { "Sealer(without a key)" })
    }
}

/// Where a chain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The number of the newest entry; 0 before the first.
    pub number: u64,
    /// Its seal.
    pub seal: Seal,
}

impl Link {
    /// Before the first entry.
    pub const BEGINNING: Link = Link { number: 0, seal: Seal::NONE };

    /// The link that a line of a trail is; nothing where it is none. Says nothing about whether its seal is right.
    pub fn of(line: &str) -> Option<Link> {
        let (_, seal) = sealed_part(line)?;
        let head: Head = serde_json::from_str(line).ok()?;
        Some(Link { number: head.n, seal })
    }
}

/// A chain that grows.
#[derive(Debug)]
pub struct Chain {
    sealer: Sealer,
    newest: Link,
}

#[derive(Serialize)]
struct Numbered<'e, E> {
    n: u64,
    prev: Seal,
    #[serde(flatten)]
    entry: &'e E,
}

/// What every entry begins with.
#[derive(serde::Deserialize)]
struct Head {
    n: u64,
    prev: String,
}

const SEAL: &str = ",\"seal\":\"";

impl Chain {
    /// A chain that goes on behind a link.
    pub fn behind(newest: Link, sealer: Sealer) -> Self {
        Chain { sealer, newest }
    }

    /// The newest link.
    pub fn newest(&self) -> Link {
        self.newest
    }

    /// Adds an entry, an object without `n`, `prev` and `seal`: its line, with the line's end.
    ///
    /// # Errors
    /// Where the entry cannot be written as JSON. Nothing is added then.
    pub fn seal(&mut self, entry: &impl Serialize) -> serde_json::Result<Vec<u8>> {
        let number = self.newest.number + 1;
        let mut line = serde_json::to_vec(&Numbered { n: number, prev: self.newest.seal, entry })?;
        // Without its closing brace, behind which the seal would not fit.
        line.pop();
        let seal = self.sealer.seal(&line);
        line.extend_from_slice(format!("{SEAL}{seal}\"}}\n").as_bytes());
        self.newest = Link { number, seal };
        Ok(line)
    }
}

/// What of a line its seal covers, and the seal.
fn sealed_part(line: &str) -> Option<(&str, Seal)> {
    let rest = line.strip_suffix("\"}")?;
    let (covered, seal) = rest.rsplit_once(SEAL)?;
    Some((covered, Seal::parse(seal)?))
}

#[cfg(test)]
mod tests;
