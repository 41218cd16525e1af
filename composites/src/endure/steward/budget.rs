//! What is left of one window: by our own count, and by what the system reports; the smaller is believed. Our count does
//! not know of others who call with the same account; the system's does not know of calls that are still on their way.

use std::time::Duration;

use chrono::{DateTime, Utc};
use portico_contracts::packs::limits::{Day, Window};
use portico_contracts::tenancy::Tier;
use tokio::time::Instant;

use super::report::Reported;
use super::slices::Slices;
use crate::endure::limits::{Calls, Limits};

/// The budget of one window. Pure: time is an argument.
#[derive(Debug)]
pub(super) struct Budget {
    window: Window,
    calls: Calls,
    own: Slices,
    /// Calls that were let through, ever.
    number: u64,
    told: Option<Told>,
    /// When all calls are forgotten at once; each at its own time where that is not known.
    ends: Option<Instant>,
    /// When a call was last let through only to hear a new figure.
    tried: Option<Instant>,
}

/// What the system said last.
#[derive(Debug, Clone, Copy)]
struct Told {
    limit: Option<u64>,
    remaining: Option<u64>,
    /// The call that it was an answer to.
    number: u64,
    at: Instant,
}

/// How it stands with one window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowStanding {
    /// Which.
    pub window: Window,
    /// How many calls it allows, where that is known.
    pub limit: Option<u64>,
    /// Our own calls in it.
    pub used: u64,
    /// How many calls are left, ours and the system's count considered.
    pub remaining: Option<u64>,
    /// When all calls are forgotten, where that happens at once.
    pub resets_in: Option<Duration>,
}

/// A figure is not trusted to stay for longer than this without a call that brings a new one.
const LONGEST_WITHOUT_TRYING: Duration = Duration::from_secs(5 * 60);

impl Budget {
    pub(super) fn new(window: Window, limits: &Limits, now: Instant, wall: DateTime<Utc>) -> Self {
        let slices = if window == Window::Day { 24 } else { 10 };
        let mut budget = Budget {
            window,
            calls: Calls::default(),
            own: Slices::new(window.span(), slices, now),
            number: 0,
            told: None,
            ends: None,
            tried: None,
        };
        budget.adopt(limits, now, wall);
        budget
    }

    pub(super) fn window(&self) -> Window {
        self.window
    }

    /// Other limits, the same count.
    pub(super) fn adopt(&mut self, limits: &Limits, now: Instant, wall: DateTime<Utc>) {
        self.calls = limits.windows.get(&self.window).copied().unwrap_or_default();
        if !limits.reported {
            self.told = None;
        }
        self.ends = self.ends.or_else(|| self.midnight(limits.day, now, wall));
    }

    /// Counts a call.
    pub(super) fn take(&mut self, now: Instant) -> u64 {
        if self.told.is_some_and(|told| told.remaining.is_some()) {
            self.tried = Some(now);
        }
        self.own.add(now);
        self.number += 1;
        self.number
    }

    /// The last call was not made after all.
    pub(super) fn take_back(&mut self, now: Instant) {
        self.own.take_back(now);
        self.number = self.number.saturating_sub(1);
    }

    /// Since when a tier may, or from when on. `None` for now.
    pub(super) fn opens(&mut self, tier: Tier, limits: &Limits, now: Instant, wall: DateTime<Utc>) -> Option<Instant> {
        self.pass(limits, now, wall);
        let kept = self.limit().map_or(0, |limit| limits.kept_from(tier, limit));
        self.own_opens(kept, now).max(self.told_opens(kept, now))
    }

    /// Hears what the answer to the call of this number says.
    pub(super) fn hear(&mut self, reported: &Reported, number: u64, now: Instant) {
        if self.told.is_some_and(|told| told.number > number) {
            return;
        }
        if let Some(wait) = reported.resets_in.filter(|wait| *wait <= self.window.span() * 2) {
            self.ends = Some(now + wait);
        }
        self.told = Some(Told { limit: reported.limit, remaining: reported.remaining, number, at: now });
        self.tried = None;
    }

    pub(super) fn standing(&mut self, limits: &Limits, now: Instant, wall: DateTime<Utc>) -> WindowStanding {
        self.pass(limits, now, wall);
        let (limit, used) = (self.limit(), self.own.count(now));
        let own = limit.map(|limit| limit.saturating_sub(used));
        WindowStanding {
            window: self.window,
            limit,
            used,
            remaining: own.into_iter().chain(self.told_left()).min(),
            resets_in: self.ends.map(|ends| ends.saturating_duration_since(now)),
        }
    }

    /// Forgets what is over.
    fn pass(&mut self, limits: &Limits, now: Instant, wall: DateTime<Utc>) {
        if self.ends.is_some_and(|ends| ends <= now) {
            self.own.clear();
            self.told = self.told.map(|told| Told { remaining: None, ..told });
            self.ends = self.midnight(limits.day, now, wall);
        }
        if self.told.is_some_and(|told| now.saturating_duration_since(told.at) >= self.window.span()) {
            self.told = self.told.map(|told| Told { remaining: None, ..told });
        }
    }

    fn midnight(&self, day: Day, now: Instant, wall: DateTime<Utc>) -> Option<Instant> {
        if self.window != Window::Day || day == Day::Rolling {
            return None;
        }
        let tomorrow = wall.date_naive().succ_opt()?.and_hms_opt(0, 0, 0)?.and_utc();
        Some(now + (tomorrow - wall).to_std().ok()?)
    }

    /// What the system says that it allows counts for more than what is usual, and what is written is never exceeded.
    fn limit(&self) -> Option<u64> {
        let told = self.told.and_then(|told| told.limit).or(self.calls.usual.map(u64::from));
        told.into_iter().chain(self.calls.written.map(u64::from)).min()
    }

    /// What the system would say now if it knew of all calls that were let through since.
    fn told_left(&self) -> Option<u64> {
        let told = self.told?;
        Some(told.remaining?.saturating_sub(self.number.saturating_sub(told.number)))
    }

    fn own_opens(&mut self, kept: u64, now: Instant) -> Option<Instant> {
        let open = self.limit()?.saturating_sub(kept);
        let used = self.own.count(now);
        if used < open {
            return None;
        }
        Some(self.ends.unwrap_or_else(|| self.own.fewer_at(used + 1 - open, now)))
    }

    /// A figure says how it was then. So that it does not keep everybody out for ever, one call now and then finds out how
    /// it is.
    fn told_opens(&self, kept: u64, now: Instant) -> Option<Instant> {
        if self.told_left()? > kept {
            return None;
        }
        let pause = (self.window.span() / 24).clamp(Duration::from_secs(1), LONGEST_WITHOUT_TRYING);
        let again = self.told?.at.max(self.tried.unwrap_or(self.told?.at)) + pause;
        let again = self.ends.map_or(again, |ends| ends.min(again));
        (again > now).then_some(again)
    }
}

#[cfg(test)]
mod tests;
