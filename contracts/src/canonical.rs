//! Canonical values and records: what every system's answer is mapped to, before anything else looks at it.
//!
//! Money is an exact decimal with its currency, times carry an offset, nothing is a float. A value that is not
//! known is [`Value::Null`]; a value that could not be had is [`Value::Failed`] with its reason, never a guess.

mod record;
mod value;

pub use record::{CacheState, Failure, Provenance, Record};
pub use value::{Currency, Money, Value};
