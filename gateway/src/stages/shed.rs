//! Stage 3: a coarse limit per address, before anybody looks at credentials, so that guessing costs the guesser.

use std::net::IpAddr;

use portico_policies::throttle::Throttle;

use crate::respond::Refusal;

/// Refuses an address that asks too often.
pub(crate) fn shed(address: IpAddr, throttle: &Throttle) -> Result<(), Refusal> {
    throttle.address(address).map_err(Refusal::from)
}
