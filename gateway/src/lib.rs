//! The gateway: listeners, the request pipeline, proxying, admin plane, configuration, command line.
//!
//! A library, so that tests can start it in process; the binary `portico` is a thin shell over it.

pub mod cli;
#[cfg(feature = "sandbox")]
pub mod demo;
pub mod settings;
pub mod templates;

mod admin;
pub mod audit;
mod certificates;
mod estates;
mod exchange;
mod fetch;
mod listen;
mod live;
mod proxy;
mod published;
mod respond;
pub mod serve;
mod snapshot;
mod stages;
pub mod store;
mod telemetry;

pub use serve::{Gateway, Running, StartError};
pub use snapshot::Unservable;
pub use telemetry::AccessSink;
