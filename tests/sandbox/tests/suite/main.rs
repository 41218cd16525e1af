//! The sandbox as its users see it: over real sockets.
#![expect(clippy::panic, reason = "a test that cannot go on says why")]

mod client;
mod control;
mod crm_and_billing;
mod dynamics365;
mod faults;
mod issuer;
mod start;
mod vendors;
mod visitor;
