//! What is decided and not only looked up: readable to the people who own the rules.
//!
//! Each file has a pure `decide`: facts, the tenant's rules and the time in, a decision with its reasons out. A fact
//! that could not be had is an `Err` with the reason, and no decision takes it for a zero or a yes.

pub mod credit_check;
pub mod discrepancies;
pub mod entitlement;
pub mod order_check;
pub mod warranty;

use portico_contracts::canonical::Failure;
use portico_contracts::tenancy::SystemId;

/// Why something was decided. Codes are lower snake case and keep their meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What it is, for programs.
    pub code: &'static str,
    /// What it is, for people.
    pub message: String,
    /// The system that it is about.
    pub system: Option<SystemId>,
}

impl Reason {
    /// A reason.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Reason { code, message: message.into(), system: None }
    }

    /// A fact that could not be had.
    pub fn from_failure(failure: &Failure) -> Self {
        Reason { code: failure.code.as_str(), message: failure.message.clone(), system: failure.system.clone() }
    }
}

/// A fact, or why it could not be had.
pub type Fact<T> = Result<T, Reason>;
