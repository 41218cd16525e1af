//! What an answer tells about the system's limits, whatever was asked: a look-up or a proxied request.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use portico_contracts::packs::{ErrorRule, Meaning};

use super::{Driver, read};
use crate::endure::steward::report::{self, Reported};

impl Driver {
    /// What the header of an answer tells about windows.
    pub fn reported(&self, headers: &HeaderMap) -> Vec<Reported> {
        report::read(&self.pack.limits.reported, headers)
    }

    /// How long to wait after an answer whose status alone says that there were too many calls: as it says, or as the pack.
    pub fn wait_of(&self, status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
        read::retry_after(headers).or_else(|| {
            let of_status = |rule: &&ErrorRule| rule.status.contains(&status.as_u16()) && rule.at.is_none();
            let rule = self.pack.errors.iter().find(|rule| of_status(rule) && rule.is.is_empty())?;
            rule.wait.filter(|_| rule.means == Meaning::Throttled)
        })
    }
}
