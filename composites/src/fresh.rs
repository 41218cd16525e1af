//! What was asked of systems, kept briefly in memory and shared by those who ask the same at the same time.
//!
//! [`Cache::get`] is the only way in. It answers from what it holds as far as [`Freshness`] and the caller's [`Wish`]
//! allow, joins fetches that are under way, and asks the system for the rest in one call. It stands between the
//! gatherer and an [`Upstream`](crate::ask::Upstream), and knows neither GraphQL nor HTTP.
//!
//! - `rules`: pure: may a value of this age be served?
//! - `shelf`: what is held for one tenant, what is under way, and what a purge removes; `store`: its values by weight.
//! - `change`: what a notice says has changed, and which values may show it.
//! - `flight`: a fetch, detached from the request that began it.
//! - `budget`: bytes, shared fairly between tenants.

mod budget;
mod cache;
mod change;
mod clock;
mod flight;
mod rules;
mod shelf;
mod store;

pub use budget::Limits;
pub use cache::{Cache, Figures};
pub use change::{Change, Told};
pub use clock::{Clock, SystemClock};
pub use rules::{Freshness, FreshnessTable, Wish};
pub use shelf::Purge;
