//! The agreements of Portico, as types and as files: what outsiders see or hand us.
//!
//! Plain data, no I/O, no clock, no async. Everything else depends on this crate and it depends on nobody:
//!
//! - [`model`]: the canonical schema with owners, scopes and relations, read from `contracts/model/*.graphql`.
//! - [`canonical`]: the values and records that every system's answer is mapped to.
//! - [`compatibility`]: what differs from what is published, how bad that is, and who would notice.
//! - [`tenancy`]: tenants, consumers, principals, roles, tiers.
//! - [`problem`]: every way we say no.
//! - [`rules`]: what a tenant decides for itself: credit, warranty, entitlement.
//! - [`scopes`]: every scope there is, and what it opens.
//! - [`secret`]: a value that is used and never shown.
//! - [`packs`]: what a pack says about one kind of system, and whether it makes sense.

pub mod canonical;
pub mod compatibility;
pub mod model;
pub mod packs;
pub mod problem;
pub mod rules;
pub mod scopes;
pub mod secret;
pub mod tenancy;
