//! What a simulated vendor is: a pure function from a call to a reply over its tenant's estate.
//!
//! Sockets, faults and counting belong to the framework; a vendor never sleeps, listens or reads a clock.

mod call;
mod reply;

pub use call::Call;
pub use reply::Reply;

use serde_json::Value;

use crate::credentials::Access;
use crate::notices::{Notice, Pen};

/// One simulated system. Its constructor is `new(estate: Arc<Estate>, credentials: Arc<Credentials>)`.
pub trait Vendor: Send + Sync {
    /// The vendor's name as shown to people: `Dynamics 365`.
    fn name(&self) -> &'static str;

    /// Answers one call as the vendor would. Checks the caller's credentials itself.
    fn answer(&self, call: &Call) -> Reply;

    /// What a client needs to know to sign in at a system that listens at `base_url`.
    fn access(&self, base_url: &str) -> Access;

    /// Whether the call asks for a token, so that faults of the data itself leave it alone.
    fn is_token_call(&self, call: &Call) -> bool;

    /// The vendor's refusal of a caller who asks too often; `retry_after` in seconds.
    fn throttled(&self, retry_after: Option<u32>) -> Reply;

    /// The vendor's refusal of an expired token or key.
    fn expired(&self, call: &Call) -> Reply;

    /// Points a page at `link` as its continuation, in the vendor's way, present or not before.
    /// A body that is no page stays as it is. `link` is absolute.
    fn continue_at(&self, body: &mut Value, link: &str);

    /// What it tells of its own accord when this was changed; nothing of what it does not hold.
    fn notice(&self, _entity: &str, _key: &str, _pen: &Pen<'_>) -> Option<Notice> {
        None
    }

    /// The JSON names that identify a row or its owner; the fault `wrong_rows` alters their values.
    fn key_fields(&self) -> &'static [&'static str];

    /// How many calls it answers at once before it refuses the next as [`Vendor::throttled`]; usually it never does.
    fn most_at_once(&self) -> Option<usize> {
        None
    }
}
