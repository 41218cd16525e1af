//! What an operator says of a system's limits.

use std::collections::BTreeMap;

use portico_composites::endure::limits::Written;
use portico_contracts::packs::limits::Window;

use super::super::ledger::Ledger;
use crate::settings::read::At;
use crate::settings::written::{SystemLimitsSection, SystemSection};

/// With more kept there would be less for all others together than for a few.
const MOST_KEPT: u32 = 50;

pub(super) fn check(section: &SystemSection, ledger: &mut Ledger<'_>) -> Written {
    let nothing = SystemLimitsSection::default();
    let limits = section.limits.as_ref().map_or(&nothing, |at| &at.value);
    if let (Some(_), Some(twice)) = (&section.concurrency, &limits.concurrency) {
        ledger.wrong(&twice.place, "`concurrency` is said twice, here and of the system itself; say it once");
    }
    if let Some(at) = limits.reserve.as_ref().filter(|at| at.value > MOST_KEPT) {
        ledger.wrong(&at.place, format!("no more than {MOST_KEPT} percent can be kept, found {}", at.value));
    }
    let mut count = |at: &Option<At<u32>>| at.as_ref().map(|at| ledger.count(Some(at), 1).get());
    let concurrency = count(&section.concurrency).or(count(&limits.concurrency));
    let mut windows = BTreeMap::new();
    for (window, calls) in [
        (Window::Second, &limits.per_second),
        (Window::TenSeconds, &limits.per_10_seconds),
        (Window::Minute, &limits.per_minute),
        (Window::Hour, &limits.per_hour),
        (Window::Day, &limits.per_day),
    ] {
        windows.extend(count(calls).map(|calls| (window, calls)));
    }
    let reserve_percent = limits.reserve.as_ref().map(|at| at.value.min(MOST_KEPT));
    Written { concurrency, reserve_percent, windows, reported: limits.reported }
}
