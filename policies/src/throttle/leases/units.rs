//! One account of a day's or a month's quota, as far as this gateway knows.

use std::num::NonZeroU32;
use std::time::Duration;

use super::super::Period;
use super::super::store::Statement;

/// What this gateway took is a sum that only counts up within a period: said twice, it counts once.
#[derive(Debug, Clone)]
pub(super) struct Units {
    pub(super) period: Period,
    pub(super) limit: NonZeroU32,
    number: u32,
    /// By this gateway's calendar, because nobody has told yet.
    guessed: bool,
    /// When the period ends, on this gateway's own clock.
    ends: u64,
    /// What this gateway took: spent, or held ready.
    taken: u64,
    /// What of it the store is known to have heard.
    heard: u64,
    /// What all took, as last told.
    total: u64,
    /// What was said last: the period, and the sum.
    said: (u32, u64),
}

/// Stands for the period that it is by the store's clock.
const PRESENT: u32 = u32::MAX;

impl Units {
    pub(super) fn new(period: Period, limit: NonZeroU32) -> Self {
        let guessed = true;
        Units { period, limit, number: 0, guessed, ends: 0, taken: 0, heard: 0, total: 0, said: (0, 0) }
    }

    /// Begins the next period where this one is over. What was held for it is over too.
    pub(super) fn turn(&mut self, unix: u64, now: u64) -> bool {
        if now < self.ends {
            return false;
        }
        let turn = self.period.at(unix);
        let number = if self.number == 0 { turn.number } else { turn.number.max(self.number.saturating_add(1)) };
        let fresh = Units::new(self.period, self.limit);
        *self = Units { number, ends: now.saturating_add(nanos(turn.ends_in)), ..fresh };
        true
    }

    /// Units that can be had, by what is known.
    pub(super) fn free(&self) -> u64 {
        u64::from(self.limit.get()).saturating_sub(self.total).saturating_sub(self.unheard())
    }

    pub(super) fn ends_in(&self, now: u64) -> Duration {
        Duration::from_nanos(self.ends.saturating_sub(now))
    }

    /// Takes without asking, as one of so many gateways that do the same.
    pub(super) fn take_alone(&mut self, n: u64, gateways: u64) -> bool {
        let left = u64::from(self.limit.get()).saturating_sub(self.total);
        let after = self.unheard().saturating_add(n);
        if after > left / gateways.max(1) {
            return false;
        }
        self.taken = self.taken.saturating_add(n);
        true
    }

    /// Units go back that are not needed.
    pub(super) fn goes_back(&mut self, n: u64) {
        self.taken = self.taken.saturating_sub(n);
    }

    /// What this gateway took, spent or held ready.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    pub(super) fn is_settled(&self) -> bool {
        self.taken == self.heard
    }

    pub(super) fn is_over(&self, now: u64) -> bool {
        now >= self.ends || self.taken == 0
    }

    pub(super) fn says(&mut self) -> Statement {
        let number = if self.guessed { PRESENT } else { self.number };
        self.said = (number, self.taken);
        Statement::Quota {
            period: self.period,
            limit: self.limit.get(),
            number,
            taken: self.taken,
            unsaid: signed(self.taken).saturating_sub(signed(self.heard)),
            known: self.total,
        }
    }

    /// It was heard, and this is how it stands. Says how many units may be spent, or that the period was another.
    pub(super) fn told(&mut self, granted: u64, total: u64, number: u32, ends_in: Duration, now: u64) -> Told {
        if !self.guessed && number < self.number {
            return Told::Outdated;
        }
        let (of, sum) = self.said;
        let another = of < number;
        if another {
            // What was said was of a period that is over.
            (self.taken, self.heard) = (granted, granted);
        } else {
            self.taken = self.taken.saturating_add(granted);
            self.heard = sum.saturating_add(granted);
        }
        (self.number, self.guessed, self.total) = (number, false, total);
        self.ends = now.saturating_add(nanos(ends_in));
        if another { Told::Another } else { Told::Same }
    }

    fn unheard(&self) -> u64 {
        self.taken.saturating_sub(self.heard)
    }
}

/// What an answer was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// The period that was spoken of.
    Same,
    /// Another one has begun: what was held is worth nothing.
    Another,
    /// One that is over.
    Outdated,
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
