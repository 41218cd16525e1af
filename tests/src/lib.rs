//! The harness: a gateway in front of a simulated estate, and a client that shows what callers see.
//!
//! Each test starts its own [`Scene`] on free ports, so tests share nothing. The suites are in `tests/suites`, one file
//! for each behaviour; they talk through real sockets.

mod events;
mod reply;
mod scene;
mod upstream;

pub use events::{Event, Events};
pub use portico_sandbox::{
    Delivered, Drift, Fault, Hooks, JsonType, Metered, Notice, Quota, Role, Sandbox, Signing, Tenant, TokenRequest,
    WrongRows,
};
pub use reply::Reply;
pub use scene::{Ask, Scene};
pub use upstream::{Seen, Upstream};
