//! The permit to answer or forward a request.
//!
//! Its only constructor is visible to the stage above and nowhere else, and takes what `authorize` and `throttle`
//! alone can make. So a path round a check does not compile.

use portico_policies::authorize::Grant;
use portico_policies::throttle::Allowance;
use tokio::time::Instant;

use super::Work;

/// Every check has passed. While it lives the request holds its place among the concurrent ones.
pub(crate) struct Permit {
    grant: Grant,
    _allowance: Allowance,
    work: Work,
    deadline: Instant,
}

impl Permit {
    /// For the last check only.
    pub(super) fn issue(grant: Grant, allowance: Allowance, work: Work, deadline: Instant) -> Self {
        Permit { grant, _allowance: allowance, work, deadline }
    }

    /// When the whole request must have been answered.
    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Who was permitted.
    pub(crate) fn grant(&self) -> &Grant {
        &self.grant
    }

    /// What was permitted.
    pub(crate) fn work(&mut self) -> &mut Work {
        &mut self.work
    }
}
