//! The decisions: facts, settings and time go in, a verdict comes out. No sockets, no pingora.
//!
//! In the order in which a request meets them:
//!
//! 1. [`throttle::Throttle::address`] refuses an address that asks too often, before anyone looks at its
//!    credentials, so that guessing costs the guesser.
//! 2. [`authenticate`] turns one credential (a JWT of a configured issuer, or an API key) into a [`Caller`]:
//!    tenant, consumer, subject, scopes. What a token claims may narrow what its consumer was given, never widen it.
//! 3. [`version`] finds the one version of the API that was asked for, refuses what is retired, and says what is ageing.
//! 4. [`authorize`] requires the scopes of API, route and operation. What names no scope is closed.
//! 5. [`throttle::Throttle::admit`] takes a place among the concurrent requests, a cell of the rates and one of the
//!    quotas, which several gateways may count together ([`throttle::store`]); [`throttle::Throttle::spend`] takes what a GraphQL document costs, before it runs.
//!
//! What was asked and decided goes into the audit trail, whose chain is made and inspected in [`audit`].
//! Beside this order, [`notices`] decides whether a vendor's notice that something changed is believed.
//!
//! Each refusal is a [`portico_contracts::problem::Problem`]. Time is an argument ([`Now`]) or injected ([`Ticks`]).

pub mod audit;
pub mod authenticate;
pub mod authorize;
mod callers;
mod clock;
pub mod notices;
pub mod throttle;
pub mod version;

pub use callers::{Caller, Consumer, ConsumerKey, Consumers};
pub use clock::{Now, Ticks};
