//! Goes along a trail and stops at the first entry that is not what was written.

use super::{Head, Link, Seal, Sealer, sealed_part};

/// Goes along a chain, line by line, over any number of files in their order.
#[derive(Debug)]
pub struct Inspector {
    sealer: Sealer,
    /// A seal that must occur.
    awaited: Option<Seal>,
    first: Option<u64>,
    newest: Option<Link>,
}

/// What a whole trail was found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The number of its first entry. Where it is not 1, what came before was not shown.
    pub first: u64,
    /// Its newest entry.
    pub newest: Link,
}

/// What is wrong with a line, or with the whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Not an entry at all.
    #[error("this is no entry of an audit trail: it was edited, or written by something else")]
    Foreign,
    /// The seal does not fit what is written.
    #[error("entry {number} was edited, or the key is another one: its seal does not fit what is written")]
    Edited {
        /// Which.
        number: u64,
    },
    /// Entries lack.
    #[error("{} missing before this one", entries(*.from, *.to))]
    Missing {
        /// The first that lacks.
        from: u64,
        /// The last.
        to: u64,
    },
    /// The entry stands in another place than it was written in.
    #[error("entry {number} stands behind entry {behind}: it was moved, or written twice")]
    Moved {
        /// Which.
        number: u64,
        /// Behind which.
        behind: u64,
    },
    /// Its number fits, and it was written behind another entry.
    #[error(
        "entry {number} was written behind another entry than the one that stands before it: one of them was put in"
    )]
    Replaced {
        /// Which.
        number: u64,
    },
    /// There are no entries.
    #[error("there are no entries")]
    Empty,
    /// The seal that must occur does not.
    #[error("the entry with seal {0} is not in the trail: the newest entries were cut off, or it is another trail")]
    CutOff(Seal),
}

fn entries(from: u64, to: u64) -> String {
    if from == to { format!("entry {from} is") } else { format!("entries {from} to {to} are") }
}

impl Inspector {
    /// With the key that the trail was written with, or none. `awaited` is a seal that was noted elsewhere.
    pub fn new(sealer: Sealer, awaited: Option<Seal>) -> Self {
        Inspector { sealer, awaited, first: None, newest: None }
    }

    /// Takes the next line, without its end.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn line(&mut self, line: &str) -> Result<(), Broken> {
        let (covered, seal) = sealed_part(line).ok_or(Broken::Foreign)?;
        let head: Head = serde_json::from_str(line).map_err(|_| Broken::Foreign)?;
        let previous = Seal::parse(&head.prev).ok_or(Broken::Foreign)?;
        let number = head.n;
        if self.sealer.seal(covered.as_bytes()) != seal {
            return Err(Broken::Edited { number });
        }
        if let Some(newest) = self.newest {
            follows(newest, number, previous)?;
        } else {
            self.first = Some(number);
        }
        self.newest = Some(Link { number, seal });
        self.awaited = self.awaited.filter(|awaited| *awaited != seal);
        Ok(())
    }

    /// After the last line.
    ///
    /// # Errors
    /// Where there was none, or what had to occur did not.
    pub fn finish(self) -> Result<Found, Broken> {
        if let Some(awaited) = self.awaited {
            return Err(Broken::CutOff(awaited));
        }
        match (self.first, self.newest) {
            (Some(first), Some(newest)) => Ok(Found { first, newest }),
            _ => Err(Broken::Empty),
        }
    }
}

fn follows(newest: Link, number: u64, previous: Seal) -> Result<(), Broken> {
    let expected = newest.number + 1;
    if number > expected {
        return Err(Broken::Missing { from: expected, to: number - 1 });
    }
    if number < expected {
        return Err(Broken::Moved { number, behind: newest.number });
    }
    if previous != newest.seal {
        return Err(Broken::Replaced { number });
    }
    Ok(())
}
