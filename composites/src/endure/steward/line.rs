//! Who waits for a turn: the more urgent tier first, within a tier each consumer in its turn, within a consumer the
//! first who came. Bounded: who comes too late for a full line takes the place of somebody less urgent, or has none.

use std::collections::{HashMap, VecDeque};

use portico_contracts::tenancy::{ConsumerId, Tier};
use tokio::sync::oneshot;
use tokio::time::Instant;

/// One who waits.
#[derive(Debug)]
pub(super) struct Waiter<T> {
    /// Its name among all who ever waited.
    pub(super) id: u64,
    /// Until when waiting is of use to it.
    pub(super) until: Instant,
    /// Where it hears what comes of it; closed where it was turned away for somebody more urgent.
    pub(super) tell: oneshot::Sender<T>,
}

/// The most urgent first.
pub(super) const TIERS: [Tier; 3] = [Tier::Critical, Tier::Standard, Tier::BestEffort];

/// So many may wait in all, and of one consumer in one tier.
const LONGEST: usize = 1_024;
const LONGEST_OF_ONE: usize = 256;

#[derive(Debug)]
pub(super) struct Line<T> {
    lanes: [Lane<T>; 3],
}

#[derive(Debug)]
struct Lane<T> {
    /// Consumers of whom somebody waits, in the order of their turns.
    turns: VecDeque<ConsumerId>,
    waiting: HashMap<ConsumerId, VecDeque<Waiter<T>>>,
    length: usize,
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Line { lanes: [Lane::default(), Lane::default(), Lane::default()] }
    }
}

impl<T> Default for Lane<T> {
    fn default() -> Self {
        Lane { turns: VecDeque::new(), waiting: HashMap::new(), length: 0 }
    }
}

fn at(tier: Tier) -> usize {
    match tier {
        Tier::Critical => 0,
        Tier::Standard => 1,
        Tier::BestEffort => 2,
    }
}

impl<T> Line<T> {
    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.lanes.iter().map(|lane| lane.length).sum()
    }

    /// How many of a tier wait.
    pub(super) fn len_of(&self, tier: Tier) -> usize {
        self.lanes[at(tier)].length
    }

    /// How many of a tier and of more urgent ones wait.
    pub(super) fn ahead_of(&self, tier: Tier) -> usize {
        self.lanes[..=at(tier)].iter().map(|lane| lane.length).sum()
    }

    /// Waits from now on; given back where the line is too long.
    pub(super) fn join(&mut self, tier: Tier, consumer: &ConsumerId, waiter: Waiter<T>) -> Result<(), Waiter<T>> {
        if self.len() >= LONGEST && !self.turn_somebody_away(tier) {
            return Err(waiter);
        }
        self.lanes[at(tier)].join(consumer, waiter)
    }

    /// Can wait until another moment.
    pub(super) fn extend(&mut self, tier: Tier, consumer: &ConsumerId, id: u64, until: Instant) {
        let own = self.lanes[at(tier)].waiting.get_mut(consumer);
        if let Some(waiter) = own.and_then(|own| own.iter_mut().find(|waiter| waiter.id == id)) {
            waiter.until = until;
        }
    }

    /// Waits no more.
    pub(super) fn leave(&mut self, tier: Tier, consumer: &ConsumerId, id: u64) -> Option<Waiter<T>> {
        self.lanes[at(tier)].leave(consumer, id)
    }

    /// The next of a tier.
    pub(super) fn next(&mut self, tier: Tier) -> Option<Waiter<T>> {
        self.lanes[at(tier)].next()
    }

    /// All of a tier who wait in vain: nothing comes before this moment.
    pub(super) fn in_vain(&mut self, tier: Tier, opens: Instant) -> Vec<Waiter<T>> {
        self.lanes[at(tier)].in_vain(opens)
    }

    /// The last who came of the least urgent, if that is less urgent than this.
    fn turn_somebody_away(&mut self, tier: Tier) -> bool {
        let less_urgent = self.lanes[at(tier) + 1..].iter_mut().rev();
        less_urgent.filter(|lane| lane.length > 0).any(Lane::turn_last_away)
    }
}

impl<T> Lane<T> {
    fn join(&mut self, consumer: &ConsumerId, waiter: Waiter<T>) -> Result<(), Waiter<T>> {
        match self.waiting.get_mut(consumer) {
            Some(own) if own.len() >= LONGEST_OF_ONE => return Err(waiter),
            Some(own) => own.push_back(waiter),
            None => {
                self.waiting.insert(consumer.clone(), VecDeque::from([waiter]));
                self.turns.push_back(consumer.clone());
            }
        }
        self.length += 1;
        Ok(())
    }

    fn next(&mut self) -> Option<Waiter<T>> {
        let consumer = self.turns.pop_front()?;
        let own = self.waiting.get_mut(&consumer)?;
        let waiter = own.pop_front()?;
        if own.is_empty() {
            self.waiting.remove(&consumer);
        } else {
            self.turns.push_back(consumer);
        }
        self.length -= 1;
        Some(waiter)
    }

    fn leave(&mut self, consumer: &ConsumerId, id: u64) -> Option<Waiter<T>> {
        let own = self.waiting.get_mut(consumer)?;
        let place = own.iter().position(|waiter| waiter.id == id)?;
        let waiter = own.remove(place)?;
        if own.is_empty() {
            self.forget(&consumer.clone());
        }
        self.length -= 1;
        Some(waiter)
    }

    fn in_vain(&mut self, opens: Instant) -> Vec<Waiter<T>> {
        let mut leaving = Vec::new();
        for own in self.waiting.values_mut() {
            let (stays, leaves): (VecDeque<_>, VecDeque<_>) =
                std::mem::take(own).into_iter().partition(|waiter| waiter.until > opens);
            *own = stays;
            leaving.extend(leaves);
        }
        self.waiting.retain(|_, own| !own.is_empty());
        self.turns.retain(|consumer| self.waiting.contains_key(consumer));
        self.length -= leaving.len();
        leaving
    }

    /// The last of the consumer of whom most wait.
    fn turn_last_away(&mut self) -> bool {
        let Some((consumer, own)) = self.waiting.iter_mut().max_by_key(|(_, own)| own.len()) else { return false };
        let turned_away = own.pop_back().is_some();
        if own.is_empty() {
            let consumer = consumer.clone();
            self.forget(&consumer);
        }
        self.length -= usize::from(turned_away);
        turned_away
    }

    fn forget(&mut self, consumer: &ConsumerId) {
        self.waiting.remove(consumer);
        self.turns.retain(|other| other != consumer);
    }
}

#[cfg(test)]
mod tests;
