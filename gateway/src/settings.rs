//! The configuration: as an operator writes it (`written`) → checked values ([`Settings`]).
//!
//! `Settings::check` is the only door; start, reload and `portico check` all use it. It reports every mistake, each with
//! its place, what was expected, and the nearest right word. What was written never leaves this module.

mod checked;
mod mistake;
pub mod path;

pub use checked::*;
pub use mistake::Mistake;
