//! The gateway: listeners, the request pipeline, proxying, admin plane, configuration, command line.
//!
//! A library, so that tests can start it in process; the binary `portico` is a thin shell over it.

pub mod settings;
