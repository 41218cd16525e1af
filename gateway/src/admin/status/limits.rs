//! How it stands with what a system lets us ask.

use std::collections::BTreeMap;
use std::time::Duration;

use portico_composites::connect::system::System;
use serde::Serialize;

/// One system's limits now.
#[derive(Serialize)]
pub(super) struct SystemLimits {
    /// Percent of each limit that are kept for tier `critical`.
    reserve_percent: u32,
    places: Places,
    windows: Vec<Window>,
    /// The rest of a pause that the system asked for.
    cooling_ms: Option<u64>,
    /// Calls that were not made for want of something.
    withheld: u64,
}

#[derive(Serialize)]
struct Places {
    limit: usize,
    /// Fewer than `limit` where the system refused calls lately; the critical may use all.
    open: usize,
    in_use: usize,
    waiting: BTreeMap<&'static str, usize>,
}

#[derive(Serialize)]
struct Window {
    window: &'static str,
    /// Null where it is not known.
    limit: Option<u64>,
    used: u64,
    remaining: Option<u64>,
    /// Null where calls are forgotten one by one.
    resets_in_ms: Option<u64>,
}

impl SystemLimits {
    pub(super) fn of(system: &System) -> Self {
        let standing = system.steward().standing();
        let windows = standing.windows.iter().map(|window| Window {
            window: window.window.as_str(),
            limit: window.limit,
            used: window.used,
            remaining: window.remaining,
            resets_in_ms: window.resets_in.map(millis),
        });
        SystemLimits {
            reserve_percent: standing.reserve_percent,
            places: Places {
                limit: standing.places,
                open: standing.open,
                in_use: standing.in_use,
                waiting: standing.waiting.into_iter().map(|(tier, waiting)| (tier.as_str(), waiting)).collect(),
            },
            windows: windows.collect(),
            cooling_ms: standing.cooling_for.map(millis),
            withheld: standing.withheld,
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
