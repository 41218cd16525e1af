//! The permit to answer or forward a request.
//!
//! Its only constructor is visible to the stage above and nowhere else, and takes what `authorize` and `throttle`
//! alone can make. So a path round a check does not compile.

use std::sync::Arc;

use portico_composites::ask::Call;
use portico_composites::connect::subject::Subject;
use portico_contracts::tenancy::Tier;
use portico_policies::Caller;
use portico_policies::authorize::Grant;
use portico_policies::throttle::Allowance;
use tokio::time::Instant;

use super::Work;
use crate::stages::identify::Origin;

/// How much time a request has, and how much it matters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Time {
    /// When the whole request must have been answered.
    pub(crate) deadline: Instant,
    /// Who is served when little is left.
    pub(crate) tier: Tier,
}

/// Every check has passed. While it lives the request holds its place among the concurrent ones.
pub(crate) struct Permit {
    grant: Grant,
    _allowance: Allowance,
    work: Work,
    time: Time,
}

impl Permit {
    /// For the last check only.
    pub(super) fn issue(grant: Grant, allowance: Allowance, work: Work, time: Time) -> Self {
        Permit { grant, _allowance: allowance, work, time }
    }

    /// What was permitted.
    pub(crate) fn work(&self) -> &Work {
        &self.work
    }

    /// What was permitted, and who holds its place while it is done.
    pub(crate) fn into_work(self) -> (Work, Held) {
        (self.work, Held { grant: self.grant, _allowance: self._allowance })
    }

    /// On whose behalf systems are called, and until when.
    pub(crate) fn call(&self, origin: &Origin, subject: Option<Subject>) -> Call {
        let principal = &self.grant.caller().principal;
        Call {
            tenant: principal.tenant.clone(),
            consumer: principal.consumer.clone(),
            tier: self.time.tier,
            deadline: self.time.deadline,
            request_id: origin.request_id.clone(),
            traceparent: origin.trace.parent.clone(),
            tally: Arc::default(),
            urgency: None,
            subject,
        }
    }
}

/// A place among the concurrent requests, held until this is dropped.
pub(crate) struct Held {
    grant: Grant,
    _allowance: Allowance,
}

impl Held {
    /// Whose it is.
    pub(crate) fn caller(&self) -> &Caller {
        self.grant.caller()
    }

    /// Whose it is, for longer than it is held.
    pub(crate) fn shared_caller(&self) -> Arc<Caller> {
        Arc::clone(self.grant.caller())
    }
}
