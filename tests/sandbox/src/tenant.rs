//! The two simulated companies and the four kinds of system each of them runs.

use serde::Serialize;

/// A simulated company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tenant {
    /// The first company.
    Acme,
    /// The second company, whose numbers partly equal the first one's.
    Globex,
}

impl Tenant {
    /// Both companies.
    pub const ALL: [Self; 2] = [Self::Acme, Self::Globex];

    /// The name used in addresses, credentials and tokens: `acme`, `globex`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Acme => "acme",
            Self::Globex => "globex",
        }
    }

    /// The company called by that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tenant| tenant.name() == name)
    }

    /// The ERP's legal entity that holds the tenant's rows.
    #[must_use]
    pub fn company(self) -> &'static str {
        match self {
            Self::Acme => "acmf",
            Self::Globex => "glbf",
        }
    }

    /// A second legal entity in the same ERP, with overlapping numbers.
    #[must_use]
    pub fn second_company(self) -> &'static str {
        match self {
            Self::Acme => "acuk",
            Self::Globex => "gluk",
        }
    }
}

/// What a system is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Accounts, contacts, assets, contracts, entitlements.
    Crm,
    /// Customers, receivables, orders, shipments, invoices, products.
    Erp,
    /// Subscriptions and their invoices.
    Billing,
    /// Tickets and their requesters.
    Support,
}

impl Role {
    /// The four kinds.
    pub const ALL: [Self; 4] = [Self::Crm, Self::Erp, Self::Billing, Self::Support];

    /// `crm`, `erp`, `billing` or `support`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Crm => "crm",
            Self::Erp => "erp",
            Self::Billing => "billing",
            Self::Support => "support",
        }
    }

    /// The kind called by that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}
