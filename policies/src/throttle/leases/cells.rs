//! One account of a rate (GCRA), as far as this gateway knows: when everything that was taken will be paid for.

use std::time::Duration;

use super::super::rate::Rate;
use super::super::store::Statement;

/// Times are nanoseconds of the gateway's own clock, which only runs forwards.
#[derive(Debug, Clone)]
pub(super) struct Cells {
    pub(super) rate: Rate,
    /// When all is paid, by what was told, and by what was taken alone since.
    paid: u64,
    /// The same by what was told alone.
    told: u64,
    /// When what was taken alone, and has not been said, is paid.
    own: u64,
    /// Cells that go back, and have not been said.
    back: u64,
    /// What was said and not yet answered; it is said in the same words until it is.
    said: Option<Said>,
}

#[derive(Debug, Clone, Copy)]
struct Said {
    sequence: u64,
    own: u64,
    back: u64,
}

impl Cells {
    pub(super) fn new(rate: Rate) -> Self {
        Cells { rate, paid: 0, told: 0, own: 0, back: 0, said: None }
    }

    /// Cells that can be had, by what is known.
    pub(super) fn free(&self, now: u64) -> u64 {
        let owed = self.paid.saturating_sub(now).div_ceil(self.cell());
        u64::from(self.rate.burst().get()).saturating_sub(owed)
    }

    /// Until so many can be had.
    pub(super) fn wait(&self, n: u64, now: u64) -> Duration {
        let full = self.times(self.rate.burst().get().into());
        Duration::from_nanos(self.paid.max(now).saturating_add(self.times(n)).saturating_sub(full).saturating_sub(now))
    }

    /// Takes without asking, as one of so many gateways that do the same; or says how long it takes.
    pub(super) fn take_alone(&mut self, n: u64, gateways: u64, now: u64) -> Result<(), Duration> {
        // Where its part is less than this, it is this, once the burst is there: but all of it is paid for.
        let weight = n.saturating_mul(gateways);
        let wait = self.wait(weight.min(self.rate.burst().get().into()), now);
        if !wait.is_zero() {
            return Err(wait);
        }
        self.paid = self.paid.max(now).saturating_add(self.times(weight));
        self.own = self.own.max(now).saturating_add(self.times(n));
        Ok(())
    }

    pub(super) fn goes_back(&mut self, n: u64) {
        self.back = self.back.saturating_add(n);
    }

    pub(super) fn is_settled(&self, now: u64) -> bool {
        self.own <= now && self.back == 0 && self.said.is_none_or(|said| said.own <= now && said.back == 0)
    }

    pub(super) fn is_paid(&self, now: u64) -> bool {
        self.paid <= now
    }

    /// What there is to say, under which number.
    pub(super) fn says(&mut self, sequence: u64, remind: bool, now: u64) -> (Statement, u64) {
        let fresh = Said { sequence, own: self.own, back: self.back };
        let said = *self.said.get_or_insert_with(|| {
            (self.own, self.back) = (0, 0);
            fresh
        });
        let until = |moment: u64| Duration::from_nanos(moment.saturating_sub(now));
        let statement = Statement::Rate {
            cell: self.rate.cell(),
            burst: self.rate.burst().get(),
            known: until(self.told),
            remind,
            owed: until(said.own),
            back: said.back,
        };
        (statement, said.sequence)
    }

    /// It was heard, and this is how it stands.
    pub(super) fn told(&mut self, debt: Duration, now: u64) {
        self.said = None;
        self.told = now.saturating_add(nanos(debt));
        self.paid = self.told.saturating_add(self.own.saturating_sub(now));
    }

    fn cell(&self) -> u64 {
        nanos(self.rate.cell()).max(1)
    }

    fn times(&self, n: u64) -> u64 {
        self.cell().saturating_mul(n)
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
