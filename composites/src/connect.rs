//! Connectors: how a question about an entity becomes calls in one vendor's protocol, and its answers canonical records.
//!
//! - [`wire`]: the words between drivers (pure: bytes in, bytes out) and the client that carries them.
//! - [`driver`]: what a pack makes of a question, and of an answer.
//! - [`system`]: one system of one tenant, with all that follows, behind [`Upstream`](crate::ask::Upstream).
//! - [`subject`]: the caller's token, where a system exchanges it.
//! - [`trial`]: one look-up step by step, for who writes a pack; [`live`]: a system's own description held against it.
//! - [`notice`]: what a system tells of its own accord, read by the same pack.
//! - [`client`]: carries a request; [`network`] says where to. [`credentials`]: what we show. [`meter`]: what is reported.

pub mod client;
pub mod credentials;
pub mod driver;
mod keys;
mod links;
pub mod live;
mod map;
pub mod meter;
pub mod network;
pub mod notice;
mod odata;
mod quoted;
mod read;
mod rest;
mod rows;
mod soql;
mod sort;
#[cfg(test)]
mod stage;
pub mod subject;
mod suiteql;
pub mod system;
pub mod trial;
pub mod wire;
