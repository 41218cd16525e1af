//! Machines in the field, what was promised about them, and the cases they cause.

use chrono::{DateTime, NaiveDate, Utc};

use super::table::Row;

/// A machine at a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// The serial number.
    pub serial: String,
    /// What it is.
    pub sku: String,
    /// The product's name.
    pub product_name: String,
    /// The owner's customer number.
    pub customer: String,
    /// The order it came with.
    pub order: Option<String>,
    /// When it was bought.
    pub purchased: NaiveDate,
    /// When it was set up.
    pub installed: Option<NaiveDate>,
    /// The last day of the warranty; none when it never had one.
    pub warranty_end: Option<NaiveDate>,
}

impl Row for Asset {
    fn key(&self) -> &str {
        &self.serial
    }
    fn customer(&self) -> &str {
        &self.customer
    }
}

/// How much help a contract promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SupportLevel {
    /// None.
    None,
    /// Next week.
    Basic,
    /// Next business day.
    Standard,
    /// At once.
    Premium,
}

impl SupportLevel {
    /// `None`, `Basic`, `Standard` or `Premium`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Basic => "Basic",
            Self::Standard => "Standard",
            Self::Premium => "Premium",
        }
    }
}

/// A service contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceContract {
    /// The contract number.
    pub number: String,
    /// The customer's number.
    pub customer: String,
    /// Its title.
    pub name: String,
    /// First day.
    pub start: NaiveDate,
    /// Last day.
    pub end: NaiveDate,
    /// What it promises.
    pub level: SupportLevel,
    /// The serial numbers it covers.
    pub serials: Vec<String>,
}

impl ServiceContract {
    /// `Active`, `Expired` or `Inactive` (not begun).
    #[must_use]
    pub fn status(&self, today: NaiveDate) -> &'static str {
        status(self.start, self.end, today)
    }
}

impl Row for ServiceContract {
    fn key(&self) -> &str {
        &self.number
    }
    fn customer(&self) -> &str {
        &self.customer
    }
}

/// A right to help, by contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entitlement {
    /// Our number for it.
    pub number: String,
    /// The customer's number.
    pub customer: String,
    /// Its title.
    pub name: String,
    /// `Phone Support`, `Web Support`.
    pub kind: String,
    /// The contract it comes from.
    pub contract: Option<String>,
    /// The machine it is for; none for all of the customer's.
    pub serial: Option<String>,
    /// First day.
    pub start: NaiveDate,
    /// Last day.
    pub end: NaiveDate,
}

impl Entitlement {
    /// `Active`, `Expired` or `Inactive` (not begun).
    #[must_use]
    pub fn status(&self, today: NaiveDate) -> &'static str {
        status(self.start, self.end, today)
    }
}

impl Row for Entitlement {
    fn key(&self) -> &str {
        &self.number
    }
    fn customer(&self) -> &str {
        &self.customer
    }
}

fn status(start: NaiveDate, end: NaiveDate, today: NaiveDate) -> &'static str {
    if today < start {
        "Inactive"
    } else if today > end {
        "Expired"
    } else {
        "Active"
    }
}

/// A support case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The case number, as text.
    pub number: String,
    /// The customer's number.
    pub customer: String,
    /// The order it is about.
    pub order: Option<String>,
    /// The mail address of the contact who asked; one of the customer's contacts.
    pub requester_email: String,
    /// What it is about.
    pub subject: String,
    /// The first message.
    pub description: String,
    /// How it stands.
    pub status: CaseStatus,
    /// How much it hurts.
    pub priority: CasePriority,
    /// When it was opened.
    pub created: DateTime<Utc>,
    /// When it was last touched.
    pub updated: DateTime<Utc>,
}

impl Row for Case {
    fn key(&self) -> &str {
        &self.number
    }
    fn customer(&self) -> &str {
        &self.customer
    }
}

/// How a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseStatus {
    /// Nobody has looked yet.
    New,
    /// Being worked on.
    Open,
    /// Waiting for the requester.
    Pending,
    /// Waiting for somebody else.
    Hold,
    /// Answered.
    Solved,
    /// Done for good.
    Closed,
}

/// How much a case hurts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CasePriority {
    /// A wish.
    Low,
    /// A nuisance.
    Normal,
    /// A loss.
    High,
    /// A standstill.
    Urgent,
}
