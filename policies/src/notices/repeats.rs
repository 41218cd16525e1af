//! Notices that came lately, so that the second of two equal ones is taken and does nothing.

use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{Context, SHA256};
use parking_lot::Mutex;

/// What tells a notice from every other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// That of these parts; the length of each is part of it.
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut context = Context::new(&SHA256);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut bytes = [0; 32];
        bytes.copy_from_slice(context.finish().as_ref());
        Fingerprint(bytes)
    }
}

/// More are not remembered: the oldest go first. Only believed notices get here, so that nobody else can push them out.
const MOST: usize = 4_096;

/// The notices of one system that came within its window.
#[derive(Debug, Default)]
pub struct Repeats(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    set: HashSet<Fingerprint>,
    by_age: VecDeque<(Instant, Fingerprint)>,
}

impl Repeats {
    /// Remembers a notice; whether it is the first of its kind. A signed one that comes again after twice the window is
    /// refused for its age.
    pub fn is_first(&self, fingerprint: Fingerprint, window: Duration, now: Instant) -> bool {
        let mut known = self.0.lock();
        let long_ago = |at: Instant| now.saturating_duration_since(at) > window * 2;
        while known.by_age.front().is_some_and(|(at, _)| long_ago(*at)) || known.by_age.len() >= MOST {
            if let Some((_, old)) = known.by_age.pop_front() {
                known.set.remove(&old);
            }
        }
        let first = known.set.insert(fingerprint);
        if first {
            known.by_age.push_back((now, fingerprint));
        }
        first
    }
}
