//! Whether a notice that something changed comes from the system that it speaks of.
//!
//! A system that signs proves it with a signature over time and body; one that signs nothing shows a secret. Either way
//! the secret belongs to one system of one tenant, so that no other's opens its door. What is believed can do no more
//! than make the gateway forget, so a notice that comes twice is no harm; [`Repeats`] spares the work, and the events.
//!
//! Called before anything of the body is read. Knows no sockets and no clock.

mod hubspot;
mod repeats;
mod shown;
mod signature;
mod stripe;
#[cfg(test)]
mod tests;
mod zendesk;

use std::time::Duration;

use http::HeaderMap;
use portico_contracts::packs::Proof;
use portico_contracts::secret::Secret;

pub use repeats::{Fingerprint, Repeats};

/// A notice as it came, before anybody has looked into it.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'d> {
    /// The method, in capitals.
    pub method: &'d str,
    /// The address as the system sees it: scheme, host, path, query. Empty where it is not known.
    pub address: &'d str,
    /// Its headers.
    pub headers: &'d HeaderMap,
    /// Its query, without the question mark.
    pub query: &'d str,
    /// Its body, byte for byte.
    pub body: &'d [u8],
}

/// What one system's notices must prove.
#[derive(Debug, Clone)]
pub struct Seal {
    /// How.
    pub proof: Proof,
    /// With one of these secrets; several while one replaces another.
    pub secrets: Vec<Secret>,
    /// How far the time of a signed notice may be from ours, in both directions.
    pub window: Duration,
}

/// A notice that is believed. Only [`Seal::open`] makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Believed {
    /// What tells this delivery from every other, where it is signed.
    pub fingerprint: Option<Fingerprint>,
}

/// Why a notice is not believed. For our log and metrics: its sender is told nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// Signature or secret is not there at all.
    #[error("it shows no signature and no secret")]
    Missing,
    /// What is there cannot be read.
    #[error("its signature is malformed")]
    Malformed,
    /// No configured secret makes this signature, or is this one.
    #[error("its signature or secret is wrong")]
    Wrong,
    /// It was signed too long ago.
    #[error("it was signed too long ago")]
    Old,
    /// It was signed in the future.
    #[error("it was signed in the future")]
    Early,
    /// No such tenant, system or seal.
    #[error("there is no such system, or it is configured to take no notices")]
    Unknown,
}

impl Doubt {
    /// As metrics spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Doubt::Missing => "missing",
            Doubt::Malformed => "malformed",
            Doubt::Wrong => "wrong",
            Doubt::Old => "old",
            Doubt::Early => "early",
            Doubt::Unknown => "unknown",
        }
    }
}

impl Seal {
    /// Believes a delivery or says why not. `now` counts seconds since 1970.
    pub fn open(&self, delivery: &Delivery<'_>, now: u64) -> Result<Believed, Doubt> {
        let signed = match &self.proof {
            Proof::Stripe => stripe::check(delivery, &self.secrets),
            Proof::Zendesk => zendesk::check(delivery, &self.secrets),
            Proof::Hubspot => hubspot::check(delivery, &self.secrets),
            Proof::Shown(places) => {
                return match shown::check(places, delivery, &self.secrets) {
                    Ok(()) => Ok(Believed { fingerprint: None }),
                    Err(doubt) => Err(Self::after_work(doubt, delivery)),
                };
            }
        };
        let signed = signed.map_err(|doubt| match doubt {
            Doubt::Missing | Doubt::Malformed => Self::after_work(doubt, delivery),
            looked_at => looked_at,
        })?;
        self.is_recent(signed.at, now)?;
        Ok(Believed { fingerprint: Some(signed.fingerprint) })
    }

    /// The doubt about a door that does not exist.
    pub fn nobodys(delivery: &Delivery<'_>) -> Doubt {
        Self::after_work(Doubt::Unknown, delivery)
    }

    /// Goes through the body as a check of its signature does, so that the time of a refusal tells nothing.
    fn after_work(doubt: Doubt, delivery: &Delivery<'_>) -> Doubt {
        signature::fitting(&[Secret::new("nobody's")], &[delivery.body], &[[0; 32]]);
        doubt
    }

    fn is_recent(&self, at: u64, now: u64) -> Result<(), Doubt> {
        let window = self.window.as_secs();
        match () {
            () if at.saturating_add(window) < now => Err(Doubt::Old),
            () if now.saturating_add(window) < at => Err(Doubt::Early),
            () => Ok(()),
        }
    }
}

/// What a good signature tells.
#[derive(Debug)]
struct Signed {
    /// When it was made, in seconds since 1970.
    at: u64,
    fingerprint: Fingerprint,
}

/// The one value of a header; two of them would be two answers to one question.
fn header<'d>(delivery: &Delivery<'d>, name: &str) -> Result<&'d str, Doubt> {
    let mut values = delivery.headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Err(Doubt::Missing),
        (Some(value), None) => value.to_str().map_err(|_| Doubt::Malformed),
        (Some(_), Some(_)) => Err(Doubt::Malformed),
    }
}
