//! The gateway over real sockets: one gateway and one counting upstream a test, both on free ports.

mod admin;
mod forwarding;
mod framing;
mod http2;
mod identity;
mod patience;
mod routing;
mod support;
mod tls;
