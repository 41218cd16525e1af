//! What connectors report as it happens. The gateway turns it into metrics; tests look at it.

use std::time::Duration;

use portico_contracts::tenancy::{Role, SystemId, TenantId, Tier};

use super::wire::Drift;
use crate::endure::Lack;

/// Which system something happened with.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Whose it is.
    pub tenant: &'a TenantId,
    /// What the tenant calls it.
    pub system: &'a SystemId,
    /// What it is for the tenant.
    pub role: Role,
}

/// Takes reports. Nothing in them comes from an upstream or a customer.
pub trait Meter: Send + Sync + std::fmt::Debug {
    /// A request was sent; `outcome` is `ok` or a short word for what went wrong.
    fn called(&self, at: Place<'_>, entity: &'static str, outcome: &'static str, took: Duration);

    /// A value was not what the contract expects.
    fn drifted(&self, at: Place<'_>, drift: &Drift);

    /// Rows came that were not asked for, and were dropped.
    fn strayed(&self, at: Place<'_>, entity: &'static str, rows: usize);

    /// A call was not made, for want of this.
    fn withheld(&self, _at: Place<'_>, _tier: Tier, _lacks: Lack) {}
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Meter for Silent {
    fn called(&self, _: Place<'_>, _: &'static str, _: &'static str, _: Duration) {}
    fn drifted(&self, _: Place<'_>, _: &Drift) {}
    fn strayed(&self, _: Place<'_>, _: &'static str, _: usize) {}
}
