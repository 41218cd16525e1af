//! The configuration: as an operator writes it (`written`) → checked values ([`Settings`]).
//!
//! [`Settings::check`] is the only door; start, reload and `portico check` all use it. It reports every mistake, each with
//! its place, what was expected, and the nearest right word. What was written never leaves this module.
//!
//! - `read`: YAML → `written`, with the place of everything;
//! - `written`: words and units, one type per section;
//! - `check`: from words to meaning, section by section, then across files;
//! - `checked`: what the rest of the program sees.

mod check;
mod checked;
mod folder;
pub mod keys;
mod mistake;
pub mod path;
mod read;
mod schema;
mod secrets;
mod units;
mod written;

pub use checked::*;
pub use mistake::Mistake;
pub use schema::{Document, schema};
pub use secrets::{Environment, FormOnly, Reference, Secrets};

#[cfg(test)]
mod tests;
