//! Tokens that were verified moments ago. For seconds, and never past `exp`: this long a withdrawn key still works.

use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::sync::Cache;

use crate::{Caller, Now};

/// How long a verified token is believed without looking again.
pub(crate) const BELIEVED: Duration = Duration::from_secs(10);
const ROOM: u64 = 50_000;

/// SHA-256 of a token: an identity that cannot be forged, and not a credential if it leaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Digest([u8; 32]);

impl Digest {
    pub(crate) fn of(text: &str) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.as_ref());
        Digest(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[derive(Debug, Clone)]
struct Verified {
    caller: Arc<Caller>,
    expires: u64,
    since: Instant,
}

/// Belongs to one configuration, so that a reload takes away what it takes away at once.
#[derive(Debug)]
pub(crate) struct VerifiedTokens(Cache<Digest, Verified>);

impl Default for VerifiedTokens {
    fn default() -> Self {
        // The times that count are compared below with the time that is handed in; this one only frees memory.
        VerifiedTokens(Cache::builder().max_capacity(ROOM).time_to_live(BELIEVED).build())
    }
}

impl VerifiedTokens {
    pub(crate) fn caller(&self, digest: &Digest, now: Now) -> Option<Arc<Caller>> {
        let verified = self.0.get(digest)?;
        let fresh = now.instant.saturating_duration_since(verified.since) < BELIEVED && now.unix < verified.expires;
        fresh.then_some(verified.caller)
    }

    pub(crate) fn remember(&self, digest: Digest, caller: Arc<Caller>, expires: u64, now: Now) {
        if now.unix < expires {
            self.0.insert(digest, Verified { caller, expires, since: now.instant });
        }
    }
}
