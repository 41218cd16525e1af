//! One key's account of one limit at this gateway: what is held ready, what is known, what there is to say.
//!
//! Only decisions: no clock, no store. [`super::hub`] brings both. The lock is one account's own and is held for no
//! longer than it takes to add and subtract.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::super::WhenAway;
use super::super::budget::{Denied, Terms};
use super::super::limiter::Remaining;
use super::super::store::{Answer, Ask, Statement};
use super::cells::Cells;
use super::units::{Told, Units};

const SECOND: u64 = 1_000_000_000;
/// A lease that was half spent within this time is made larger.
const LIVELY: u64 = SECOND;
/// What is held goes back where nobody took any of it for so long.
const IDLE: u64 = 30 * SECOND;
/// How often is asked where there was too little. Meanwhile nobody waits for an answer that is known.
const PACE: u64 = SECOND / 50;
/// For how long "there is too little" is believed without asking again.
const BELIEVED: u64 = SECOND;
/// How often is asked whether somebody gave back of a quota that is used up.
const USED_UP: u64 = 5 * SECOND;
/// A question that was asked so long ago is lost.
const LOST: u64 = 10 * SECOND;
/// Of a quota no gateway holds more than this ready.
const MOST_UNITS: u64 = 1_000;

#[derive(Debug)]
pub(super) struct Account {
    name: Arc<str>,
    /// Wakes those who wait for an answer.
    pub(super) changed: Notify,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// May be spent without asking.
    held: u64,
    /// How much should be held.
    size: u64,
    /// Spent since it was last asked for more.
    spent: u64,
    spent_at: u64,
    /// When an answer came, and whether it brought less than was wanted.
    told_at: Option<u64>,
    short: bool,
    asked_at: Option<u64>,
    /// What those who wait need: the one who needs least, since it was last asked; and all together, each once.
    least: u64,
    wanted: u64,
    sequence: u64,
    remind: bool,
    closed: bool,
    book: Option<Book>,
}

#[derive(Debug)]
enum Book {
    Rate(Cells),
    Quota(Units),
}

/// What comes of trying to take.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It was held ready. Is it time to ask for more?
    Taken(Remaining, bool),
    /// It cannot be had, as far as is known. Is it time to ask again?
    Denied(Denied, bool),
    /// Only the store knows.
    Lacking,
}

/// Now: on this gateway's own clock in nanoseconds, and on its calendar.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) ticks: u64,
    pub(super) unix: u64,
}

/// One who waits. It is counted once, however often it looks, and no longer than it waits.
pub(super) struct Waiting {
    account: Arc<Account>,
    n: u64,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut state = self.account.state.lock();
        state.wanted = state.wanted.saturating_sub(self.n);
    }
}

impl Account {
    pub(super) fn new(name: Arc<str>) -> Self {
        let state = State {
            held: 0,
            size: 1,
            spent: 0,
            spent_at: 0,
            told_at: None,
            short: false,
            asked_at: None,
            least: u64::MAX,
            wanted: 0,
            sequence: 0,
            remind: false,
            closed: false,
            book: None,
        };
        Account { name, changed: Notify::new(), state: Mutex::new(state) }
    }

    /// Takes of what is held ready.
    pub(super) fn take(&self, n: u64, terms: Terms, now: Moment) -> Verdict {
        self.state.lock().take(n, terms, now)
    }

    /// Somebody waits for so many, until the guard is dropped.
    pub(super) fn wait(self: &Arc<Self>, n: u64) -> Waiting {
        let mut state = self.state.lock();
        state.wanted = state.wanted.saturating_add(n);
        Waiting { account: Arc::clone(self), n }
    }

    /// Takes without asking anybody, as was chosen for when the store is away.
    pub(super) fn take_alone(
        &self,
        n: u64,
        terms: Terms,
        away: WhenAway,
        gateways: u64,
        now: Moment,
    ) -> Result<Remaining, Denied> {
        self.state.lock().take_alone(n, terms, away, gateways, now)
    }

    /// Returns what was taken for nothing. Says whether more is held than is needed.
    pub(super) fn give_back(&self, n: u64, terms: Terms) -> bool {
        let mut state = self.state.lock();
        let most = match terms {
            Terms::Rate(rate) => rate.burst().get(),
            Terms::Quota(_, limit) => limit.get(),
        };
        // Of a period that is over nothing comes back into the next.
        let most = match &state.book {
            Some(Book::Quota(units)) => units.taken().min(most.into()),
            _ => most.into(),
        };
        state.held = state.held.saturating_add(n).min(most);
        state.held > state.size
    }

    /// Marks that it is being asked; false where it is already.
    pub(super) fn mark_asked(&self, now: u64) -> bool {
        let mut state = self.state.lock();
        let under_way = state.asked_at.is_some_and(|at| now.saturating_sub(at) < LOST);
        if !under_way {
            state.asked_at = Some(now);
        }
        !under_way
    }

    /// What there is to say and to ask. Nothing where nobody ever took of it.
    pub(super) fn ask(&self, percent: u32, now: u64) -> Option<Ask> {
        self.state.lock().ask(&self.name, percent, now)
    }

    /// The store has answered.
    pub(super) fn answered(&self, ask: &Ask, answer: Answer, now: u64) {
        self.state.lock().answered(ask, answer, now);
        self.changed.notify_waiters();
    }

    /// It could not be asked: there is no room in the line.
    pub(super) fn not_asked(&self) {
        self.state.lock().asked_at = None;
    }

    /// There was no answer. What was said is said again; what was granted, if it was, comes with the next one.
    pub(super) fn unanswered(&self) {
        self.state.lock().asked_at = None;
        self.changed.notify_waiters();
    }

    /// Whether there is something to say, or to give back.
    pub(super) fn tend(&self, remind: bool, now: u64) -> bool {
        let mut state = self.state.lock();
        state.remind |= remind && state.book.is_some();
        let idle = state.held > 0 && now.saturating_sub(state.spent_at) > IDLE;
        let much = state.held > state.size;
        state.remind || idle || much || !state.is_settled(now)
    }

    /// From now on everything goes back and nothing more is asked for.
    pub(super) fn close(&self) {
        let mut state = self.state.lock();
        (state.closed, state.asked_at) = (true, None);
    }

    pub(super) fn is_settled(&self, now: u64) -> bool {
        let state = self.state.lock();
        state.is_settled(now) && (state.held == 0 || !state.closed)
    }

    pub(super) fn is_forgettable(&self, now: u64) -> bool {
        let state = self.state.lock();
        let quiet = state.held == 0 && state.asked_at.is_none() && now.saturating_sub(state.spent_at) > IDLE;
        let nothing = match &state.book {
            None => true,
            Some(Book::Rate(cells)) => cells.is_paid(now),
            Some(Book::Quota(units)) => units.is_over(now),
        };
        quiet && nothing && state.is_settled(now)
    }
}

impl State {
    fn take(&mut self, n: u64, terms: Terms, now: Moment) -> Verdict {
        self.adopt(terms, now);
        let Some(book) = &self.book else { return Verdict::Lacking };
        if let Terms::Rate(rate) = terms
            && n > rate.burst().get().into()
        {
            return Verdict::Denied(Denied::TooMuch, false);
        }
        if self.held >= n {
            self.held -= n;
            self.spent += n;
            self.spent_at = now.ticks;
            let low = self.held.saturating_mul(2) < self.size && self.may_ask(now.ticks);
            return Verdict::Taken(self.remaining(now.ticks, None), low);
        }
        if let Some(told_at) = self.told_at {
            let age = now.ticks.saturating_sub(told_at);
            let reach = self.held.saturating_add(book.free(now.ticks));
            let believed = !book.is_quota() || age < USED_UP;
            if reach < n && believed {
                let wait = book.wait(n.saturating_sub(self.held), now.ticks);
                // Another gateway may have given back: that is asked about in the background.
                let ask = !book.is_quota() && age >= BELIEVED;
                return Verdict::Denied(Denied::UsedUp { wait, left: reach, alone: None }, ask);
            }
            if self.short && age < BELIEVED {
                let wait = book.wait(n.saturating_sub(self.held), now.ticks).max(Duration::from_nanos(PACE));
                let wait = if book.is_quota() { Duration::from_secs(1) } else { wait };
                let denied = Denied::UsedUp { wait, left: reach.min(n.saturating_sub(1)), alone: None };
                return Verdict::Denied(denied, self.may_ask(now.ticks));
            }
        }
        self.least = self.least.min(n - self.held);
        Verdict::Lacking
    }

    fn take_alone(
        &mut self,
        n: u64,
        terms: Terms,
        away: WhenAway,
        gateways: u64,
        now: Moment,
    ) -> Result<Remaining, Denied> {
        // Between two looks somebody may have brought some.
        if let Verdict::Taken(remaining, _) = self.take(n, terms, now) {
            return Ok(remaining);
        }
        self.least = u64::MAX;
        let gateways = match away {
            WhenAway::Deny => return Err(Denied::Away),
            WhenAway::Allow => 1,
            WhenAway::Share => gateways.max(1),
        };
        let wait = match &mut self.book {
            None => return Err(Denied::Away),
            Some(Book::Rate(cells)) => cells.take_alone(n, gateways, now.ticks).err(),
            Some(Book::Quota(units)) => {
                if units.take_alone(n, gateways) {
                    None
                } else {
                    Some(units.ends_in(now.ticks))
                }
            }
        };
        match wait {
            None => {
                self.spent_at = now.ticks;
                Ok(self.remaining(now.ticks, Some((away, gateways))))
            }
            Some(wait) => {
                let left = self.book.as_ref().map_or(0, |book| book.free(now.ticks)) / gateways;
                Err(Denied::UsedUp { wait, left: left.min(n.saturating_sub(1)), alone: Some(away) })
            }
        }
    }

    /// Limits as they are now; a period that is over ends here.
    fn adopt(&mut self, terms: Terms, now: Moment) {
        match (&mut self.book, terms) {
            (Some(Book::Rate(cells)), Terms::Rate(rate)) => cells.rate = rate,
            (Some(Book::Quota(units)), Terms::Quota(period, limit)) if units.period == period => units.limit = limit,
            (book, Terms::Rate(rate)) => *book = Some(Book::Rate(Cells::new(rate))),
            (book, Terms::Quota(period, limit)) => *book = Some(Book::Quota(Units::new(period, limit))),
        }
        if let Some(Book::Quota(units)) = &mut self.book
            && units.turn(now.unix, now.ticks)
        {
            (self.held, self.told_at, self.short) = (0, None, false);
        }
    }

    fn may_ask(&self, now: u64) -> bool {
        !self.short || self.told_at.is_none_or(|at| now.saturating_sub(at) >= PACE)
    }

    fn remaining(&self, now: u64, alone: Option<(WhenAway, u64)>) -> Remaining {
        let gateways = alone.map_or(1, |(_, gateways)| gateways.max(1));
        let left = |book: &Book| self.held.saturating_add(book.free(now) / gateways);
        let remaining = match &self.book {
            None => Remaining { left: 0, reset: Duration::ZERO, alone: None },
            Some(book @ Book::Rate(cells)) => {
                let burst = cells.rate.burst().get();
                Remaining::of(cells.rate, u32::try_from(left(book)).unwrap_or(burst).min(burst))
            }
            Some(book @ Book::Quota(units)) => Remaining { left: left(book), reset: units.ends_in(now), alone: None },
        };
        Remaining { alone: alone.map(|(away, _)| away), ..remaining }
    }

    fn is_settled(&self, now: u64) -> bool {
        match &self.book {
            None => true,
            Some(Book::Rate(cells)) => cells.is_settled(now),
            Some(Book::Quota(units)) => units.is_settled(),
        }
    }

    fn ask(&mut self, name: &Arc<str>, percent: u32, now: u64) -> Option<Ask> {
        self.fit(percent, now);
        let Some(book) = &mut self.book else {
            self.asked_at = None;
            return None;
        };
        let idle = self.closed || (self.wanted == 0 && now.saturating_sub(self.spent_at) > IDLE);
        // What somebody waits for is not given back only to be asked for again.
        let keep = if idle { 0 } else { self.size.max(self.held.min(self.wanted)) };
        if self.held > keep {
            match book {
                Book::Rate(cells) => cells.goes_back(self.held - keep),
                Book::Quota(units) => units.goes_back(self.held - keep),
            }
            self.held = keep;
        }
        let want = if idle { 0 } else { keep.max(self.wanted).saturating_sub(self.held) };
        // Where nobody waits, whatever there is will do.
        let need = if self.least == u64::MAX { 1 } else { self.least.max(1) }.min(want);
        (self.spent, self.least) = (0, u64::MAX);
        // Grows also where an account was forgotten meanwhile and is known again.
        self.sequence = self.sequence.saturating_add(1).max(now / 1_000);
        let (says, sequence) = match book {
            Book::Rate(cells) => cells.says(self.sequence, self.remind, now),
            Book::Quota(units) => (units.says(), self.sequence),
        };
        Some(Ask { account: Arc::clone(name), sequence, need, want, says })
    }

    /// Larger where it is spent quickly, smaller where it is not.
    fn fit(&mut self, percent: u32, now: u64) {
        let most = match &self.book {
            None => return,
            Some(Book::Rate(cells)) => u64::from(cells.rate.burst().get()) * u64::from(percent) / 100,
            Some(Book::Quota(units)) => (u64::from(units.limit.get()) * u64::from(percent) / 100).min(MOST_UNITS),
        };
        let age = self.told_at.map_or(u64::MAX, |at| now.saturating_sub(at));
        if self.spent.saturating_mul(2) >= self.size && age < LIVELY {
            self.size = self.size.saturating_mul(2);
        } else if age > 5 * LIVELY {
            self.size /= 2;
        }
        self.size = self.size.clamp(1, most.max(1));
    }

    fn answered(&mut self, ask: &Ask, answer: Answer, now: u64) {
        self.asked_at = None;
        let granted = match (&mut self.book, answer) {
            (Some(Book::Rate(cells)), Answer::Rate { granted, debt }) => {
                cells.told(debt, now);
                granted
            }
            (Some(Book::Quota(units)), Answer::Quota { granted, total, number, ends_in }) => {
                match units.told(granted, total, number, ends_in, now) {
                    Told::Same => {}
                    Told::Another => self.held = 0,
                    Told::Outdated => return,
                }
                granted
            }
            _ => return,
        };
        self.held = self.held.saturating_add(granted);
        // Where it was asked before that was known, it is still to be said.
        if !matches!(ask.says, Statement::Rate { remind: false, .. }) {
            self.remind = false;
        }
        // Of a quota that nears its end less is granted than wanted; then there still is some.
        self.short = match ask.says {
            Statement::Rate { .. } => granted < ask.want,
            Statement::Quota { .. } => granted < ask.need,
        };
        self.told_at = Some(now);
    }
}

impl Book {
    fn free(&self, now: u64) -> u64 {
        match self {
            Book::Rate(cells) => cells.free(now),
            Book::Quota(units) => units.free(),
        }
    }

    fn wait(&self, n: u64, now: u64) -> Duration {
        match self {
            Book::Rate(cells) => cells.wait(n, now),
            Book::Quota(units) => units.ends_in(now),
        }
    }

    fn is_quota(&self) -> bool {
        matches!(self, Book::Quota(_))
    }
}
