//! Nonces for proofs (RFC 9449 §8): ours, so that a proof cannot have been made long before it is used.
//!
//! Nothing is remembered: a nonce is a time, sealed with a key that all gateways share. Each holds for one period and
//! the next.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portico_contracts::secret::Secret;

use crate::Now;

const PERIOD: u64 = 150;

/// Whether a nonce is ours and of now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Of this period.
    Current,
    /// Of the last: it still holds, and its owner is given the next.
    Ageing,
    /// Older, or nobody's.
    Refused,
}

/// The nonce of this period.
pub(crate) fn current(key: &Secret, now: Now) -> String {
    of_period(key, now.unix / PERIOD)
}

/// What a nonce is worth.
pub(crate) fn standing(nonce: &str, key: &Secret, now: Now) -> Standing {
    let period = now.unix / PERIOD;
    match () {
        () if nonce == of_period(key, period) => Standing::Current,
        () if nonce == of_period(key, period.saturating_sub(1)) => Standing::Ageing,
        () => Standing::Refused,
    }
}

fn of_period(key: &Secret, period: u64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.reveal().as_bytes());
    let seal = hmac::sign(&key, format!("portico-dpop-nonce {period}").as_bytes());
    URL_SAFE_NO_PAD.encode(&seal.as_ref()[..16])
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::authenticate::samples::now;

    #[test]
    fn a_nonce_holds_for_its_period_and_the_next() {
        let key = Secret::new("key");
        let start = now();
        let nonce = current(&key, start);
        let after = |periods: u64| start.later(Duration::from_secs(periods * PERIOD));
        assert_eq!(standing(&nonce, &key, start), Standing::Current);
        assert_eq!(standing(&nonce, &key, after(1)), Standing::Ageing);
        assert_eq!(standing(&nonce, &key, after(2)), Standing::Refused);
        assert_eq!(standing(&nonce, &Secret::new("another key"), start), Standing::Refused);
        assert_eq!(standing("", &key, start), Standing::Refused);
    }
}
