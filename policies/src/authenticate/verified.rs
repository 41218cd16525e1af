//! Tokens that were verified moments ago. For seconds, and never past `exp`: this long a withdrawn key still works.

use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::sync::Cache;

use super::binding::Binding;
use super::issuer::Issuer;
use crate::{Caller, Now};

/// How long a verified token is believed without looking again.
pub(crate) const BELIEVED: Duration = Duration::from_secs(10);
/// No token is believed longer than this.
pub(crate) const LONGEST: Duration = Duration::from_secs(60);
const ROOM: u64 = 50_000;

/// SHA-256 of a token: an identity that cannot be forged, and not a credential if it leaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Digest([u8; 32]);

impl Digest {
    pub(crate) fn of(text: &str) -> Self {
        Self::of_bytes(text.as_bytes())
    }

    pub(crate) fn of_bytes(bytes: &[u8]) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.as_ref());
        Digest(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A token that was believed.
#[derive(Debug, Clone)]
pub(crate) struct Verified {
    pub(crate) caller: Arc<Caller>,
    /// Who issued it.
    pub(crate) issuer: Arc<Issuer>,
    /// When it ends (seconds since 1970), where that is known.
    pub(crate) expires: Option<u64>,
    /// What must be shown beside it, each time.
    pub(crate) binding: Binding,
}

#[derive(Debug, Clone)]
struct Remembered {
    verified: Verified,
    until: Instant,
}

/// Belongs to one configuration, so that a reload takes away what it takes away at once.
#[derive(Debug)]
pub(crate) struct VerifiedTokens(Cache<Digest, Remembered>);

impl Default for VerifiedTokens {
    fn default() -> Self {
        // The times that count are compared below with the time that is handed in; this one only frees memory.
        VerifiedTokens(Cache::builder().max_capacity(ROOM).time_to_live(LONGEST).build())
    }
}

impl VerifiedTokens {
    pub(crate) fn get(&self, digest: &Digest, now: Now) -> Option<Verified> {
        let Remembered { verified, until } = self.0.get(digest)?;
        let lives = verified.expires.is_none_or(|expires| now.unix < expires);
        (lives && now.instant < until).then_some(verified)
    }

    pub(crate) fn remember(&self, digest: Digest, verified: &Verified, believed: Duration, now: Now) {
        if verified.expires.is_none_or(|expires| now.unix < expires) {
            let until = now.instant + believed.min(LONGEST);
            self.0.insert(digest, Remembered { verified: verified.clone(), until });
        }
    }
}
