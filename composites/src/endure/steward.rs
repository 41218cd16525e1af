//! Gives out what one system lets us ask with one credential: places for calls at once, calls in a length of time, and
//! pauses that it asks for. One steward for each, for look-ups and proxied requests alike, and across reloads.
//!
//! The last share of everything is for the tier `critical`. Who cannot have a call now and could have one in its time
//! waits in line; who could not is told so at once, and when to come back.
//!
//! - `budget`: pure: what is left of one window; `slices` counts for it.
//! - `line`: who waits, and who is next.
//! - `opening`: how many places are open after there were too many calls.
//! - [`report`]: what answers tell about windows.

mod budget;
mod line;
mod opening;
pub mod report;
mod slices;

use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use portico_contracts::packs::limits::Window;
use portico_contracts::tenancy::{ConsumerId, Tier};
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout_at};

use self::budget::Budget;
pub use self::budget::WindowStanding;
use self::line::{Line, TIERS, Waiter};
use self::opening::Opening;
use self::report::Reported;
use super::cooldown::Cooldown;
use super::limits::Limits;
use crate::ask::{Call, Urgency};
use crate::fresh::Clock;

/// What one system lets us ask with one credential.
#[derive(Debug)]
pub struct Steward {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    limits: Limits,
    in_use: usize,
    budgets: Vec<Budget>,
    cooldown: Cooldown,
    opening: Opening,
    line: Line<Granted>,
    /// When somebody looks again whether those in line may go.
    alarm: Option<Instant>,
    /// Those in line who could only wait for what comes after this are told.
    told_until: [Option<Instant>; 3],
    /// About how long a call takes.
    usual: Duration,
    last_id: u64,
    withheld: u64,
}

/// A call that may be made, or why none may.
type Granted = Result<Place, Withheld>;

/// The right to one call, and its place among those that are made at once. Given back when it is dropped; the call too,
/// where it was never begun.
#[derive(Debug)]
pub struct Place {
    ticket: Ticket,
    began: Instant,
    begun: bool,
}

/// One call, to which the answer belongs.
#[derive(Debug, Clone)]
pub struct Ticket {
    steward: Arc<Steward>,
    /// The call's number in every window.
    numbers: Numbers,
}

type Numbers = [u64; Window::ALL.len()];

/// Why a call is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withheld {
    /// What there is not enough of.
    pub lacks: Lack,
    /// When to come back.
    pub wait: Duration,
}

/// What there is not enough of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// The system asked for a pause.
    Pause,
    /// The calls of a window.
    Window(Window),
    /// Places for calls at once.
    Places,
}

impl Lack {
    /// As metrics spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Lack::Pause => "pause",
            Lack::Window(window) => window.as_str(),
            Lack::Places => "places",
        }
    }
}

/// How it stands with what a system lets us ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StewardStanding {
    /// Calls that may be made at once.
    pub places: usize,
    /// How many of them are open to all but the critical, where there were too many calls lately.
    pub open: usize,
    /// The share of everything that is kept for the critical.
    pub reserve_percent: u32,
    /// Calls that are under way.
    pub in_use: usize,
    /// Who waits, by tier, the most urgent first.
    pub waiting: [(Tier, usize); 3],
    /// What is left of each window.
    pub windows: Vec<WindowStanding>,
    /// How long all calls pause, because the system asked for it.
    pub cooling_for: Option<Duration>,
    /// Calls that were not made for want of something, since the process began.
    pub withheld: u64,
}

/// Who would wait to the end of its time could not tell its caller why.
const IN_TIME_TO_TELL: Duration = Duration::from_millis(25);
/// Nobody is told to come back sooner or, where it can only be guessed, later than this.
const SOONEST: Duration = Duration::from_millis(100);
const LATEST_GUESS: Duration = Duration::from_secs(10);

impl Steward {
    /// A steward that has given out nothing yet. The clock tells the day.
    pub fn new(limits: Limits, clock: Arc<dyn Clock>) -> Arc<Self> {
        let state = State {
            in_use: 0,
            budgets: Vec::new(),
            cooldown: Cooldown::default(),
            opening: Opening::default(),
            line: Line::default(),
            alarm: None,
            told_until: [None; 3],
            usual: SOONEST,
            last_id: 0,
            withheld: 0,
            limits: Limits::default(),
        };
        let steward = Arc::new(Steward { clock, state: Mutex::new(state) });
        steward.adopt(limits);
        steward
    }

    /// Goes on with other limits: a reload. What was counted counts on.
    pub fn adopt(self: &Arc<Self>, limits: Limits) {
        self.tend(|state, now| {
            let wall = self.clock.wall();
            state.budgets.retain(|budget| limits.windows.contains_key(&budget.window()));
            for window in limits.windows.keys() {
                match state.budgets.iter_mut().find(|budget| budget.window() == *window) {
                    Some(budget) => budget.adopt(&limits, now, wall),
                    None => state.budgets.push(Budget::new(*window, &limits, now, wall)),
                }
            }
            state.limits = limits;
        });
    }

    /// Waits for the right to one call, for as long as its caller, or those who wait with it, can wait.
    pub async fn place(self: &Arc<Self>, call: &Call) -> Granted {
        let mut urgency = call.urgency.clone();
        if let Some(shared) = &mut urgency {
            shared.mark_unchanged();
        }
        let mut wanted = call.urgency();
        loop {
            let mut waiting = match self.ask(&call.consumer, wanted)? {
                Asked::Granted(place) => return Ok(place),
                Asked::Waiting(waiting) => waiting,
            };
            let tier = wanted.tier;
            while wanted.tier == tier {
                tokio::select! {
                    granted = timeout_at(in_time(wanted.until), &mut waiting.told) => return match granted {
                        Ok(Ok(granted)) => granted,
                        // Turned away for somebody more urgent, or out of time.
                        Ok(Err(_)) | Err(_) => Err(self.in_vain(tier)),
                    },
                    more = raised(&mut urgency) => wanted = more,
                }
                waiting.until(wanted.until);
            }
        }
    }

    /// There were too many calls, and the system asked for a pause.
    pub fn pause(self: &Arc<Self>, wait: Duration) {
        self.tend(|state, now| {
            // Those that were under way together are refused together; that is one refusal.
            let is_news = state.cooldown.left(now).is_none();
            state.cooldown.extend(wait, now);
            if is_news {
                state.opening.narrow(state.in_use, now + state.cooldown.left(now).unwrap_or_default());
            }
        });
    }

    /// How long the pause still lasts that the system asked for.
    pub fn cooling_for(&self) -> Option<Duration> {
        self.state.lock().cooldown.left(Instant::now())
    }

    /// Calls that are under way.
    pub fn in_use(&self) -> usize {
        self.state.lock().in_use
    }

    /// How it stands.
    pub fn standing(&self) -> StewardStanding {
        let (now, wall) = (Instant::now(), self.clock.wall());
        let mut state = self.state.lock();
        let State { limits, budgets, .. } = &mut *state;
        let windows = budgets.iter_mut().map(|budget| budget.standing(limits, now, wall)).collect();
        StewardStanding {
            places: state.limits.concurrency,
            open: state.opening.of(state.limits.concurrency, now),
            reserve_percent: state.limits.reserve_percent,
            in_use: state.in_use,
            waiting: TIERS.map(|tier| (tier, state.line.len_of(tier))),
            windows,
            cooling_for: state.cooldown.left(now),
            withheld: state.withheld,
        }
    }

    /// A place now, or one in the line.
    fn ask(self: &Arc<Self>, consumer: &ConsumerId, wanted: Urgency) -> Result<Asked<'_>, Withheld> {
        let (now, wall) = (Instant::now(), self.clock.wall());
        let mut state = self.state.lock();
        let opens = state.opens(wanted.tier, now, wall);
        if opens.is_none() && state.has_place(wanted.tier, now) && state.line.ahead_of(wanted.tier) == 0 {
            let place = state.take(self, now);
            return Ok(Asked::Granted(place));
        }
        if let Some((opens, lacks)) = opens.filter(|(opens, _)| *opens + IN_TIME_TO_TELL >= wanted.until) {
            return Err(state.withhold(lacks, opens - now));
        }
        let (tell, told) = oneshot::channel();
        state.last_id += 1;
        let id = state.last_id;
        let until = in_time(wanted.until);
        if until <= now || state.line.join(wanted.tier, consumer, Waiter { id, until, tell }).is_err() {
            return Err(state.busy(wanted.tier));
        }
        let widens = state.opening.widens(state.limits.concurrency, now);
        if let Some(next) = opens.map(|(opens, _)| opens).or(widens) {
            self.wake_at(&mut state, next);
        }
        Ok(Asked::Waiting(Waiting { steward: self, tier: wanted.tier, consumer: consumer.clone(), id, told }))
    }

    /// Why somebody waited in vain.
    fn in_vain(&self, tier: Tier) -> Withheld {
        let (now, wall) = (Instant::now(), self.clock.wall());
        let mut state = self.state.lock();
        match state.opens(tier, now, wall) {
            Some((opens, lacks)) => state.withhold(lacks, opens - now),
            None => state.busy(tier),
        }
    }

    /// Changes something, and lets go whoever may go then. Nobody is told under the lock.
    fn tend(self: &Arc<Self>, change: impl FnOnce(&mut State, Instant)) {
        let now = Instant::now();
        let mut told = Vec::new();
        {
            let mut state = self.state.lock();
            change(&mut state, now);
            self.let_go(&mut state, now, &mut told);
        }
        for (waiter, granted) in told {
            // Whoever has left meanwhile gives its place back by dropping it here.
            let _ = waiter.tell.send(granted);
        }
    }

    fn let_go(self: &Arc<Self>, state: &mut State, now: Instant, told: &mut Vec<(Waiter<Granted>, Granted)>) {
        if state.line.len() == 0 {
            return;
        }
        let wall = self.clock.wall();
        for (nth, tier) in TIERS.into_iter().enumerate() {
            while state.line.len_of(tier) > 0 && state.has_place(tier, now) && state.opens(tier, now, wall).is_none() {
                let Some(waiter) = state.line.next(tier) else { break };
                let place = state.take(self, now);
                told.push((waiter, Ok(place)));
            }
            if state.line.len_of(tier) == 0 {
                continue;
            }
            // What is closed to one tier is closed to all that are less urgent; they are told whether it is too long.
            if let Some((opens, lacks)) = state.opens(tier, now, wall) {
                self.wake_at(state, opens);
                if state.told_until[nth] != Some(opens) {
                    state.told_until[nth] = Some(opens);
                    for waiter in state.line.in_vain(tier, opens) {
                        told.push((waiter, Err(state.withhold(lacks, opens - now))));
                    }
                }
            } else if let Some(widens) = state.opening.widens(state.limits.concurrency, now) {
                self.wake_at(state, widens);
            }
        }
    }

    /// Looks again at this moment. One task at a time waits for it, or a few where the moment moved forward.
    fn wake_at(self: &Arc<Self>, state: &mut State, at: Instant) {
        if state.alarm.is_some_and(|alarm| alarm <= at) {
            return;
        }
        // Without a runtime nobody waits either.
        let Ok(runtime) = Handle::try_current() else { return };
        state.alarm = Some(at);
        let steward = Arc::downgrade(self);
        drop(runtime.spawn(async move {
            sleep_until(at).await;
            if let Some(steward) = Weak::upgrade(&steward) {
                steward.tend(|state, _| state.alarm = state.alarm.filter(|alarm| *alarm != at));
            }
        }));
    }
}

impl State {
    /// From when on a tier may, as far as pause and windows go; `None` for now.
    fn opens(&mut self, tier: Tier, now: Instant, wall: chrono::DateTime<chrono::Utc>) -> Option<(Instant, Lack)> {
        let State { limits, budgets, cooldown, .. } = self;
        let pause = cooldown.left(now).map(|left| (now + left, Lack::Pause));
        let windows = budgets
            .iter_mut()
            .filter_map(|budget| Some((budget.opens(tier, limits, now, wall)?, Lack::Window(budget.window()))));
        pause.into_iter().chain(windows).max_by_key(|(opens, _)| *opens)
    }

    fn has_place(&self, tier: Tier, now: Instant) -> bool {
        let places = self.limits.concurrency as u64;
        let allowed = places - self.limits.kept_from(tier, places);
        let is_open = tier == Tier::Critical || self.in_use < self.opening.of(self.limits.concurrency, now);
        is_open && (self.in_use as u64) < allowed
    }

    fn count(&mut self, now: Instant) -> Numbers {
        let mut numbers = Numbers::default();
        for budget in &mut self.budgets {
            numbers[budget.window() as usize] = budget.take(now);
        }
        numbers
    }

    fn take(&mut self, steward: &Arc<Steward>, now: Instant) -> Place {
        self.in_use += 1;
        let ticket = Ticket { steward: Arc::clone(steward), numbers: self.count(now) };
        Place { ticket, began: now, begun: false }
    }

    fn withhold(&mut self, lacks: Lack, wait: Duration) -> Withheld {
        self.withheld += 1;
        Withheld { lacks, wait: wait.max(SOONEST) }
    }

    /// All places are taken: about as long as those need who are first.
    fn busy(&mut self, tier: Tier) -> Withheld {
        let ahead = u32::try_from(self.line.ahead_of(tier)).unwrap_or(u32::MAX);
        let at_once = u32::try_from(self.limits.concurrency).unwrap_or(u32::MAX).max(1);
        let wait = self.usual.saturating_mul(1 + ahead / at_once);
        self.withhold(Lack::Places, wait.min(LATEST_GUESS))
    }
}

impl Place {
    /// The call is made now.
    pub fn begin(&mut self) -> Ticket {
        self.begun = true;
        self.ticket.clone()
    }
}

impl Ticket {
    /// One more call with the same place: a repetition that the first answer asked for.
    pub fn one_more(&mut self) {
        self.numbers = self.steward.state.lock().count(Instant::now());
    }

    /// Hears what the answer to the call says.
    pub fn hear(&self, reported: &[Reported]) {
        if reported.is_empty() {
            return;
        }
        self.steward.tend(|state, now| {
            if !state.limits.reported {
                return;
            }
            for told in reported {
                if let Some(budget) = state.budgets.iter_mut().find(|budget| budget.window() == told.window) {
                    budget.hear(told, self.numbers[told.window as usize], now);
                }
            }
        });
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let (begun, took) = (self.begun, self.began.elapsed());
        self.ticket.steward.tend(|state, now| {
            state.in_use -= 1;
            if begun {
                state.usual = (state.usual * 7 + took) / 8;
            } else {
                state.budgets.iter_mut().for_each(|budget| budget.take_back(now));
            }
        });
    }
}

/// How urgent it has become; never where nobody else can wait for it.
async fn raised(urgency: &mut Option<watch::Receiver<Urgency>>) -> Urgency {
    if let Some(shared) = urgency
        && shared.changed().await.is_ok()
    {
        return *shared.borrow_and_update();
    }
    std::future::pending().await
}

/// Until when somebody waits who has to tell its caller by this moment.
fn in_time(until: Instant) -> Instant {
    until.checked_sub(IN_TIME_TO_TELL).unwrap_or(until)
}

enum Asked<'s> {
    Granted(Place),
    Waiting(Waiting<'s>),
}

/// A place in the line, given up when it is dropped.
struct Waiting<'s> {
    steward: &'s Arc<Steward>,
    tier: Tier,
    consumer: ConsumerId,
    id: u64,
    told: oneshot::Receiver<Granted>,
}

impl Waiting<'_> {
    /// There is more time.
    fn until(&mut self, until: Instant) {
        self.steward.state.lock().line.extend(self.tier, &self.consumer, self.id, in_time(until));
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let _ = self.steward.state.lock().line.leave(self.tier, &self.consumer, self.id);
        // What it was granted in this moment and nobody takes is given back with the channel.
    }
}

#[cfg(test)]
mod tests;
