//! The common store of several gateways, as limits see it: a few statements and questions at a time.
//!
//! Every gateway tells what it took, cumulatively and numbered, so that what is said twice counts once and what was lost
//! on the way is said again. The store's own clock counts; those of the gateways do not meet.

#[cfg(test)]
pub(crate) mod memory;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::Period;

/// Where several gateways count together.
#[async_trait]
pub trait Store: Debug + Send + Sync {
    /// Makes sure that there is a connection.
    async fn connect(&self) -> Result<(), StoreError>;

    /// The connection is of no use: the next one is to be another.
    fn disconnect(&self);

    /// Says that this gateway lives, and learns how many do.
    async fn beat(&self, gateway: &str) -> Result<Beat, StoreError>;

    /// Settles and asks, account by account; the answers stand in the same order.
    async fn settle(&self, gateway: &str, gateways: u32, asks: &[Ask]) -> Result<Vec<Answer>, StoreError>;

    /// Says that this gateway ends.
    async fn leave(&self, gateway: &str) -> Result<(), StoreError>;
}

/// Why there was no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub String);

/// What a heartbeat learns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beat {
    /// Gateways that were heard of lately, this one too.
    pub gateways: u32,
    /// Another one than before: the store has lost what was counted.
    pub epoch: String,
}

/// What a gateway says of one account, and would like to have of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Whose account it is, and of which limit.
    pub account: Arc<str>,
    /// Grows with everything that this gateway says of this account.
    pub sequence: u64,
    /// With less than this the gateway could not do anything: then it wants none.
    pub need: u64,
    /// How much it would like.
    pub want: u64,
    /// What it took.
    pub says: Statement,
}

/// What a gateway says of one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statement {
    /// Cells over time (GCRA).
    Rate {
        /// The time that brings one cell.
        cell: Duration,
        /// The most that there can be.
        burst: u32,
        /// For how long cells are owed as far as this gateway knows: counts where the store has forgotten it.
        known: Duration,
        /// The store is known to have forgotten something: the larger of what it and the gateway know holds.
        remind: bool,
        /// For how long cells are owed that this gateway took without asking.
        owed: Duration,
        /// Cells that were leased and are not needed.
        back: u64,
    },
    /// Units of a day or a month.
    Quota {
        /// Of which kind the period is.
        period: Period,
        /// How many units it has.
        limit: u32,
        /// The period that this gateway speaks of.
        number: u32,
        /// All that this gateway has taken in it: spent, or held ready.
        taken: u64,
        /// Of that, what it took without asking and has not said yet.
        unsaid: i64,
        /// What all took, as this gateway was last told: counts where the store has forgotten it.
        known: u64,
    },
}

/// What the store says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Of cells over time.
    Rate {
        /// How many may be spent from now on.
        granted: u64,
        /// For how long cells are owed after that.
        debt: Duration,
    },
    /// Of units of a period.
    Quota {
        /// How many may be spent from now on, until the period ends.
        granted: u64,
        /// What all took, these included.
        total: u64,
        /// Which period it is by the store's clock.
        number: u32,
        /// Until it ends.
        ends_in: Duration,
    },
    /// It was said before: something later was said already.
    Late,
}
