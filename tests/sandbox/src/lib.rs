//! Two simulated companies and the systems they run, for the demo and for tests.
//!
//! Written from what is known of each vendor's wire behaviour; it knows nothing of the gateway in front of it.

pub mod clock;
pub mod credentials;
pub mod tenant;
pub mod vendor;
pub mod world;

pub mod salesforce;
pub mod stripe;
pub mod zendesk;
