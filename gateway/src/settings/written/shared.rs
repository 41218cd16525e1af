//! What a system says about itself where the tenant has several of its role.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::settings::read::At;

/// Which keys are a system's own, where the tenant has several of its role: regular expressions, each for the whole key.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct KeysSection {
    /// Of customers, for example `C-\d+`.
    pub(crate) number: Option<At<String>>,
    /// Of orders.
    pub(crate) order: Option<At<String>>,
    /// Of invoices.
    pub(crate) invoice: Option<At<String>>,
    /// Of products.
    pub(crate) sku: Option<At<String>>,
    /// Of assets.
    pub(crate) serial_number: Option<At<String>>,
    /// Of cases.
    pub(crate) case: Option<At<String>>,
    /// Of accounts in the CRM.
    pub(crate) crm_id: Option<At<String>>,
    /// Of customers in billing.
    pub(crate) billing_id: Option<At<String>>,
    /// Of organizations in support.
    pub(crate) support_id: Option<At<String>>,
    /// E-mail addresses of its customers' people.
    pub(crate) email: Option<At<String>>,
    /// Internet domains of its customers.
    pub(crate) domain: Option<At<String>>,
}

/// One system, or several.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum OwnersWord {
    /// This one.
    One(String),
    /// These, in this order.
    Several(Vec<String>),
}

impl OwnersWord {
    /// Their names.
    pub(crate) fn names(&self) -> &[String] {
        match self {
            OwnersWord::One(name) => std::slice::from_ref(name),
            OwnersWord::Several(names) => names,
        }
    }
}
