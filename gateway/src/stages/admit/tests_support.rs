//! Limits for tests of this stage and the next.

use std::time::Duration;

use portico_policies::throttle::Rate;

use crate::settings::Limits;

pub(crate) fn limits() -> Limits {
    let ten = 10.try_into().unwrap();
    Limits {
        header_bytes: 2_000,
        uri_bytes: 200,
        body_bytes: 1_000,
        head_timeout: Duration::from_secs(10),
        body_timeout: Duration::from_secs(10),
        idle_timeout: Duration::from_secs(10),
        connections: 10,
        subscriptions: 10,
        per_address: Rate::new(ten, Duration::from_secs(1), ten).unwrap(),
        trusted_proxies: Vec::new(),
    }
}
