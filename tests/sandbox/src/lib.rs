//! Two simulated companies and the systems they run, for the demo and for tests.
//!
//! [`Sandbox::start`] opens a port for each of a company's four systems, one for an OpenID issuer and one for the
//! control plane. Written from what is known of each vendor's wire behaviour; it knows nothing of the gateway that
//! stands in front of it. Facts live in [`world`], vendors' habits in a file each, and everything about sockets,
//! faults and counting in the framework around them.

mod calls;
mod change;
mod clock;
mod control;
mod credentials;
mod fault;
mod issuer;
mod notices;
mod quota;
mod sandbox;
mod serve;
mod system;
mod tenant;
mod vendor;
pub mod world;

mod chargebee;
mod dynamics365;
mod hubspot;
mod netsuite;
mod salesforce;
mod servicenow;
mod stripe;
mod zendesk;

#[cfg(test)]
mod strange;

pub use calls::{CallCount, CallRecord};
pub use chargebee::Chargebee;
pub use clock::Clock;
pub use credentials::{Access, Credentials, Tokens};
pub use dynamics365::Dynamics365;
pub use fault::{Drift, Fault, JsonType, WrongRows};
pub use hubspot::HubSpot;
pub use issuer::{CONSUMERS, Issuer, Signing, TokenRequest, client_id, client_secret};
pub use netsuite::{Certificate, NetSuite};
pub use notices::{Delivered, Hooks, Notice, Pen};
pub use quota::{Metered, Quota};
pub use salesforce::Salesforce;
pub use sandbox::{Options, Sandbox};
pub use servicenow::ServiceNow;
pub use stripe::Stripe;
pub use system::SystemInfo;
pub use tenant::{Role, Tenant};
pub use vendor::{Call, Reply, Vendor};
pub use zendesk::Zendesk;
