//! Stage 8: rate, quotas, concurrency. Waits only where several gateways count together and nothing is held ready. Runs after `authorize`, lest a caller without any right uses up another's share.

use portico_policies::Now;
use portico_policies::authorize::Grant;
use portico_policies::throttle::{Allowance, Left, Places, Throttle};

use crate::exchange::Exchange;
use crate::respond::Refusal;
use crate::stages::route::Wanted;
use crate::stages::version::Versioned;

/// Takes a place and a cell for this request. What is left goes on the answer, whatever the answer is.
pub(crate) async fn throttle(
    grant: &Grant,
    wanted: &Versioned,
    throttle: &Throttle,
    exchange: &mut Exchange,
    now: Now,
) -> Result<Allowance, Refusal> {
    match throttle.admit(grant.caller(), places(wanted), now).await {
        Ok(allowance) => {
            exchange.left = Some(Left::clone(&allowance.left));
            Ok(allowance)
        }
        Err(refused) => {
            exchange.left = Some(refused.left);
            Err(refused.problem.into())
        }
    }
}

/// What is wanted may have limits of its own.
fn places(wanted: &Versioned) -> Places<'_> {
    let route = match &wanted.wanted {
        Wanted::Operation(operation, _) => operation.limit.as_ref(),
        Wanted::Proxied(route, ..) => route.limit.as_ref(),
        Wanted::Graphql | Wanted::Description => None,
    };
    Places { api: wanted.version.as_ref().and_then(|version| version.limit.as_ref()), route }
}
