//! What callers are told about a system's trouble: the system's name and a code, never its own words.

use std::time::Duration;

use portico_contracts::canonical::Failure;
use portico_contracts::problem::Code;
use portico_contracts::tenancy::{Role, SystemId};

use crate::connect::wire::Rejection;
use crate::endure::{Lack, Trouble};

/// The failure of one look-up.
pub(super) fn failure_of(trouble: &Trouble, system: &SystemId, role: Role) -> Failure {
    if let Trouble::Exchange(trouble) = trouble {
        return failure_of(trouble, system, role);
    }
    let (code, says) = match trouble {
        Trouble::Unreachable(_) => (Code::UpstreamUnavailable, "cannot be reached"),
        Trouble::TimedOut => (Code::UpstreamTimeout, "did not answer in time"),
        Trouble::OutOfTime => (Code::DeadlineExceeded, "did not answer within the time of this request"),
        Trouble::Paused(_) => (Code::BreakerOpen, "failed too often and is left alone for a moment"),
        Trouble::Exchange(_) => (Code::UpstreamError, "failed"),
        Trouble::Withheld(withheld) => match withheld.lacks {
            Lack::Pause => (Code::UpstreamThrottled, "limits our calls"),
            Lack::Window(_) => (Code::UpstreamThrottled, "allows no more calls for now, or none but urgent ones"),
            Lack::Places => (Code::UpstreamThrottled, "is asked as much at once as it allows"),
        },
        Trouble::Redirected(_) => (Code::UpstreamError, "sent us elsewhere, where we do not go"),
        Trouble::Rejected(rejection) => match rejection {
            Rejection::Throttled(_) => (Code::UpstreamThrottled, "limits our calls"),
            Rejection::Unauthorized => (Code::UpstreamRefused, "does not accept our credentials"),
            Rejection::Forbidden(_) => (Code::UpstreamRefused, "does not allow us to read this"),
            Rejection::Malformed(_) => (Code::UpstreamMalformed, "sent an answer that cannot be read"),
            Rejection::NotFound | Rejection::Failed { .. } => (Code::UpstreamError, "failed"),
        },
    };
    let failure = Failure::new(code, format!("{system} {says}.")).of_system(system, role).retry_after(wait_of(trouble));
    match cause_of(trouble) {
        Some(cause) => failure.because(cause),
        None => failure,
    }
}

/// The same in one word, for metrics.
pub(super) fn word_for(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Unreachable(_) => "unreachable",
        Trouble::TimedOut | Trouble::OutOfTime => "timeout",
        Trouble::Paused(_) => "paused",
        Trouble::Withheld(_) => "withheld",
        Trouble::Exchange(trouble) => word_for(trouble),
        Trouble::Redirected(_) => "redirected",
        Trouble::Rejected(Rejection::Throttled(_)) => "throttled",
        Trouble::Rejected(Rejection::Unauthorized) => "unauthorized",
        Trouble::Rejected(Rejection::Forbidden(_)) => "forbidden",
        Trouble::Rejected(Rejection::NotFound) => "not_found",
        Trouble::Rejected(Rejection::Failed { .. }) => "failed",
        Trouble::Rejected(Rejection::Malformed(_)) => "malformed",
    }
}

fn wait_of(trouble: &Trouble) -> Option<Duration> {
    match trouble {
        Trouble::Paused(wait) => Some(*wait),
        Trouble::Withheld(withheld) => Some(withheld.wait),
        Trouble::Rejected(Rejection::Throttled(wait)) => *wait,
        _ => None,
    }
}

fn cause_of(trouble: &Trouble) -> Option<String> {
    match trouble {
        Trouble::Unreachable(cause)
        | Trouble::Rejected(
            Rejection::Forbidden(cause) | Rejection::Malformed(cause) | Rejection::Failed { cause, .. },
        ) => Some(cause.clone()),
        Trouble::Redirected(status) => Some(status.to_string()),
        Trouble::Withheld(withheld) => Some(format!("not asked for want of: {}", withheld.lacks.as_str())),
        _ => None,
    }
}
