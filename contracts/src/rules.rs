//! What a tenant decides for itself: the rules of credit checks, warranties and entitlements.
//!
//! Plain values with the defaults that hold where a tenant says nothing. The configuration loader fills them,
//! the business code in `composites::answers` reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::canonical::Currency;

/// The rules of one tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// Of credit decisions.
    pub credit: CreditRules,
    /// Of warranty answers.
    pub warranty: WarrantyRules,
    /// Of support entitlements.
    pub entitlement: EntitlementRules,
}

/// When a customer may buy on account. What the rules do not approve is `REVIEW` or `DECLINED`; what cannot be told is `REVIEW`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditRules {
    /// Exposure above this share of the limit (and not above the limit) is for a person to review. Default 100: the whole limit may be used.
    pub review_above_percent: u32,
    /// Whether exposure above the limit is declined (default) or reviewed.
    pub decline_over_limit: bool,
    /// An amount that is overdue by more days than this is for a person to review. Default 14.
    pub review_overdue_days: u32,
    /// An amount that is overdue by more days than this is declined. Default 45.
    pub max_overdue_days: u32,
    /// Whether a customer on hold is declined (default) or reviewed.
    pub decline_on_hold: bool,
    /// How long an approval may be relied on. Default 15 minutes.
    pub approval_valid_for: Duration,
    /// The currencies that may be decided in; empty (default) means any. A request in another one is reviewed.
    pub currencies: BTreeSet<Currency>,
}

impl Default for CreditRules {
    fn default() -> Self {
        CreditRules {
            review_above_percent: 100,
            decline_over_limit: true,
            review_overdue_days: 14,
            max_overdue_days: 45,
            decline_on_hold: true,
            approval_valid_for: Duration::from_secs(15 * 60),
            currencies: BTreeSet::new(),
        }
    }
}

/// What starts the manufacturer's warranty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WarrantyStart {
    /// The day the order was shipped.
    Shipped,
    /// The day the asset was installed.
    Installed,
    /// The day the asset was bought.
    Purchased,
}

impl WarrantyStart {
    /// Every start, in the default order.
    pub const ALL: [WarrantyStart; 3] = [WarrantyStart::Installed, WarrantyStart::Shipped, WarrantyStart::Purchased];

    /// As configuration spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            WarrantyStart::Shipped => "shipped",
            WarrantyStart::Installed => "installed",
            WarrantyStart::Purchased => "purchased",
        }
    }
}

/// What covers a serial number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WarrantyRules {
    /// Months of manufacturer's warranty where neither asset nor product says. Default none: then it cannot be told.
    pub default_months: Option<u32>,
    /// What starts the warranty where the asset has no end of its own: the first of these that is known.
    pub starts: Vec<WarrantyStart>,
    /// Whether an active service contract covers the serial number. Default yes.
    pub contracts_cover: bool,
    /// Whether an active entitlement covers the serial number. Default yes.
    pub entitlements_cover: bool,
}

impl Default for WarrantyRules {
    fn default() -> Self {
        WarrantyRules {
            default_months: None,
            starts: WarrantyStart::ALL.to_vec(),
            contracts_cover: true,
            entitlements_cover: true,
        }
    }
}

/// How well a customer is served, from worst to best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SupportLevel {
    /// Not at all.
    None,
    /// Basic.
    Basic,
    /// Standard.
    Standard,
    /// Premium.
    Premium,
}

impl SupportLevel {
    /// Every level, from worst to best.
    pub const ALL: [SupportLevel; 4] =
        [SupportLevel::None, SupportLevel::Basic, SupportLevel::Standard, SupportLevel::Premium];

    /// As configuration spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            SupportLevel::None => "none",
            SupportLevel::Basic => "basic",
            SupportLevel::Standard => "standard",
            SupportLevel::Premium => "premium",
        }
    }

    /// As the GraphQL enum `SupportLevel` spells it.
    pub fn graphql(self) -> &'static str {
        match self {
            SupportLevel::None => "NONE",
            SupportLevel::Basic => "BASIC",
            SupportLevel::Standard => "STANDARD",
            SupportLevel::Premium => "PREMIUM",
        }
    }

    /// The inverse of [`SupportLevel::graphql`]; `UNKNOWN` is no level.
    pub fn from_graphql(name: &str) -> Option<SupportLevel> {
        SupportLevel::ALL.into_iter().find(|level| level.graphql() == name)
    }
}

/// Who is entitled to support, and to how much of it: the best of what contract and subscription give, unless invoices are overdue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntitlementRules {
    /// The level that an active subscription gives where its plan is not listed. Default standard.
    pub subscription_level: SupportLevel,
    /// The level by the name of the subscription's plan, as billing spells it.
    pub plan_levels: BTreeMap<String, SupportLevel>,
    /// The level of an active contract that names none. Default standard.
    pub contract_level: SupportLevel,
    /// A customer with an amount overdue by more days than this is not entitled. Default 30.
    pub max_overdue_days: u32,
    /// Whether a subscription that is past due still counts. Default yes: the days overdue decide.
    pub past_due_counts: bool,
}

impl Default for EntitlementRules {
    fn default() -> Self {
        EntitlementRules {
            subscription_level: SupportLevel::Standard,
            plan_levels: BTreeMap::new(),
            contract_level: SupportLevel::Standard,
            max_overdue_days: 30,
            past_due_counts: true,
        }
    }
}
