//! CPU time of this thread.

use std::time::Duration;

use anyhow::Context;
use rustix::time::{ClockId, clock_gettime};

/// What this thread has spent on a core so far.
pub(super) fn thread_time() -> anyhow::Result<Duration> {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(spent).context("CPU time is never negative")
}
