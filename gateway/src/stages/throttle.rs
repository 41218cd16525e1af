//! Stage 8: rate, quota, concurrency. Runs after `authorize`, lest a caller without any right uses up another's share.

use portico_policies::Now;
use portico_policies::authorize::Grant;
use portico_policies::throttle::{Allowance, Throttle};

use crate::exchange::Exchange;
use crate::respond::Refusal;

/// Takes a place and a cell for this request. What is left goes on the answer, whatever the answer is.
pub(crate) fn throttle(
    grant: &Grant,
    throttle: &Throttle,
    exchange: &mut Exchange,
    now: Now,
) -> Result<Allowance, Refusal> {
    match throttle.admit(grant.caller(), now) {
        Ok(allowance) => {
            exchange.left = Some(allowance.left.clone());
            Ok(allowance)
        }
        Err(refused) => {
            exchange.left = Some(refused.left);
            Err(refused.problem.into())
        }
    }
}
