//! The gateway over real sockets: one gateway and one counting upstream a test, both on free ports.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod admin;
mod forwarding;
mod framing;
mod graphql;
mod http2;
mod identity;
mod patience;
mod routing;
mod support;
mod tls;
