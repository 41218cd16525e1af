//! Proofs that were used: none is taken twice (RFC 9449 §11.1).
//!
//! Memory is bounded, and what is remembered is never dropped before it has ended: where there is no room the request
//! is refused. No tenant may take more than the room that is left, so one that floods finds an end before the others do.

use std::collections::HashMap;

use parking_lot::Mutex;
use portico_contracts::tenancy::TenantId;

use super::super::binding::Thumbprint;
use super::super::verified::Digest;

/// How many are remembered, of about 50 bytes each: 16 MiB, or 2,500 requests a second of proofs two minutes old.
const ROOM: usize = 320_000;

/// Half a digest: 128 bits, which nobody finds a second time.
type Mark = [u8; 16];

/// What happened to a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sighting {
    /// It was not seen before, and now it was.
    First,
    /// It was used already.
    Again,
    /// It cannot be remembered.
    NoRoom,
}

/// Every proof that was used and has not ended.
#[derive(Debug)]
pub(crate) struct SeenProofs {
    room: usize,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    held: usize,
    of_tenants: HashMap<TenantId, HashMap<Mark, u64>>,
    /// When it is worth looking for ended ones again (seconds since 1970).
    tidy_at: u64,
}

impl Default for SeenProofs {
    fn default() -> Self {
        SeenProofs::with_room(ROOM)
    }
}

impl SeenProofs {
    fn with_room(room: usize) -> Self {
        SeenProofs { room, seen: Mutex::default() }
    }

    /// Remembers a proof until it ends. Its id is its key's own: two keys may use the same.
    pub(crate) fn see(&self, tenant: &TenantId, key: &Thumbprint, id: &str, ends: u64, now: u64) -> Sighting {
        let mark = mark(key, id);
        let mut seen = self.seen.lock();
        if seen.of_tenants.get(tenant).and_then(|marks| marks.get(&mark)).is_some_and(|ends| now < *ends) {
            return Sighting::Again;
        }
        seen.tidy(now, self.room);
        let of_tenant = seen.of_tenants.get(tenant).map_or(0, HashMap::len);
        if of_tenant >= self.room.saturating_sub(seen.held) {
            return Sighting::NoRoom;
        }
        seen.held += usize::from(seen.of_tenants.entry(tenant.clone()).or_default().insert(mark, ends).is_none());
        Sighting::First
    }
}

impl Seen {
    /// Forgets what has ended: now and then, and at once where room is short, but not with every request.
    fn tidy(&mut self, now: u64, room: usize) {
        let pressing = self.held > room / 2;
        if now < self.tidy_at && !(pressing && now + EVERY > self.tidy_at + 1) {
            return;
        }
        self.tidy_at = now + EVERY;
        for marks in self.of_tenants.values_mut() {
            marks.retain(|_, ends| now < *ends);
            if marks.capacity() > 4 * (marks.len() + 16) {
                marks.shrink_to_fit();
            }
        }
        self.of_tenants.retain(|_, marks| !marks.is_empty());
        self.held = self.of_tenants.values().map(HashMap::len).sum();
    }
}

/// Seconds between two tidyings; one where room is short.
const EVERY: u64 = 10;

fn mark(key: &Thumbprint, id: &str) -> Mark {
    let digest = Digest::of_bytes(&[key.bytes().as_slice(), id.as_bytes()].concat());
    let mut mark = Mark::default();
    mark.copy_from_slice(&digest.bytes()[..16]);
    mark
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authenticate::samples::tenant;

    fn key(name: &str) -> Thumbprint {
        Thumbprint::of(name.as_bytes())
    }

    #[test]
    fn a_proof_is_taken_once_while_it_lives() {
        let seen = SeenProofs::default();
        let acme = tenant("acme");
        assert_eq!(seen.see(&acme, &key("a"), "1", 100, 0), Sighting::First);
        assert_eq!(seen.see(&acme, &key("a"), "1", 100, 99), Sighting::Again);
        assert_eq!(seen.see(&acme, &key("b"), "1", 100, 0), Sighting::First, "another key");
        assert_eq!(seen.see(&tenant("globex"), &key("a"), "1", 100, 0), Sighting::First, "another tenant");
    }

    #[test]
    fn a_flood_of_one_tenant_leaves_room_for_the_others_and_forgets_nothing() {
        let seen = SeenProofs::with_room(1_000);
        let (flooding, other) = (tenant("acme"), tenant("globex"));
        let taken = (0..5_000).filter(|n| seen.see(&flooding, &key("a"), &n.to_string(), 100, 1) == Sighting::First);
        assert_eq!(taken.count(), 500);
        for n in 0..250 {
            assert_eq!(seen.see(&other, &key("b"), &n.to_string(), 100, 1), Sighting::First, "{n}");
        }
        assert_eq!(seen.see(&flooding, &key("a"), "499", 100, 1), Sighting::Again);
        assert_eq!(seen.see(&flooding, &key("a"), "4999", 100, 99), Sighting::NoRoom);
        assert_eq!(seen.see(&flooding, &key("a"), "4999", 200, 101), Sighting::First, "what has ended makes room");
        assert_eq!(seen.seen.lock().held, 1);
    }
}
