//! Customers and their people.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::table::Row;
use crate::tenant::Role;

/// A customer, or a prospect that only the CRM knows.
#[derive(Debug, Clone, PartialEq)]
pub struct Customer {
    /// The ERP's customer number; for the prospect a number nobody may show (see [`Customer::is_prospect`]).
    pub number: String,
    /// Known to the CRM only, without a customer number.
    pub is_prospect: bool,
    /// The legal name, as the ERP has it.
    pub name: String,
    /// Another spelling in the CRM.
    pub crm_name: Option<String>,
    /// Another spelling in billing.
    pub billing_name: Option<String>,
    /// Another spelling in support.
    pub support_name: Option<String>,
    /// Where invoices go.
    pub email: String,
    /// The mail domain.
    pub domain: String,
    /// The switchboard.
    pub phone: String,
    /// The web site's address.
    pub website: String,
    /// The seat.
    pub address: Address,
    /// The VAT number.
    pub vat_number: String,
    /// The ERP's customer group: `10` (wholesale) or `20` (retail).
    pub group: String,
    /// How much the customer may owe, in EUR.
    pub credit_limit: Decimal,
    /// Deliveries and invoices stopped.
    pub on_hold: bool,
    /// The code of the payment terms: `Net30`.
    pub payment_terms: String,
    /// The days of the payment terms.
    pub payment_days: u32,
    /// `Enterprise`, `Mid-Market` or `Small Business`.
    pub segment: String,
    /// `Manufacturing`, `Logistics`, ...
    pub industry: String,
    /// Who looks after the account.
    pub owner: String,
    /// The owner's mail address.
    pub owner_email: String,
    /// Customer since.
    pub since: NaiveDate,
    /// People, the first one the main contact.
    pub contacts: Vec<Contact>,
}

impl Customer {
    /// The name as one kind of system spells it.
    #[must_use]
    pub fn name_in(&self, role: Role) -> &str {
        let spelling = match role {
            Role::Crm => &self.crm_name,
            Role::Erp => &None,
            Role::Billing => &self.billing_name,
            Role::Support => &self.support_name,
        };
        spelling.as_deref().unwrap_or(&self.name)
    }

    /// Whether that kind of system has heard of it.
    #[must_use]
    pub fn is_known_to(&self, role: Role) -> bool {
        !self.is_prospect || role == Role::Crm
    }
}

impl Customer {
    /// A customer with nothing special about it: 50,000 EUR of credit, paid within 30 days.
    pub(super) fn plain(number: &str, name: &str, domain: &str, since: NaiveDate) -> Self {
        Self {
            number: number.to_owned(),
            is_prospect: false,
            name: name.to_owned(),
            crm_name: None,
            billing_name: None,
            support_name: None,
            email: format!("accounts@{domain}"),
            domain: domain.to_owned(),
            phone: "+49 30 5550100".to_owned(),
            website: format!("https://www.{domain}"),
            address: Address::in_germany("Hafenstrasse 1", "20095", "Hamburg"),
            vat_number: format!("DE{}", number.replace(|c: char| !c.is_ascii_digit(), "")),
            group: "10".to_owned(),
            credit_limit: Decimal::from(50_000),
            on_hold: false,
            payment_terms: "Net30".to_owned(),
            payment_days: 30,
            segment: "Mid-Market".to_owned(),
            industry: "Manufacturing".to_owned(),
            owner: "Erika Lindqvist".to_owned(),
            owner_email: "erika.lindqvist@sales.example".to_owned(),
            since,
            contacts: Vec::new(),
        }
    }
}

impl Address {
    pub(super) fn in_germany(street: &str, postal_code: &str, city: &str) -> Self {
        Self {
            street: street.to_owned(),
            postal_code: postal_code.to_owned(),
            city: city.to_owned(),
            state: String::new(),
            country: "DEU".to_owned(),
            country_iso2: "DE".to_owned(),
            country_name: "Germany".to_owned(),
        }
    }
}

impl Contact {
    pub(super) fn at(domain: &str, first_name: &str, last_name: &str, title: &str) -> Self {
        Self {
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            email: format!("{}.{}@{domain}", first_name.to_lowercase(), last_name.to_lowercase()),
            phone: "+49 30 5550199".to_owned(),
            title: title.to_owned(),
        }
    }
}

impl Row for Customer {
    fn key(&self) -> &str {
        &self.number
    }
    fn customer(&self) -> &str {
        &self.number
    }
}

/// A postal address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Street and house number.
    pub street: String,
    /// Postal code.
    pub postal_code: String,
    /// Town.
    pub city: String,
    /// State or region; often empty.
    pub state: String,
    /// Three-letter country code, as the ERP has it: `DEU`.
    pub country: String,
    /// Two-letter country code: `DE`.
    pub country_iso2: String,
    /// The country's name.
    pub country_name: String,
}

/// A person at a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Mail address, unique within the tenant.
    pub email: String,
    /// Phone number.
    pub phone: String,
    /// Job title.
    pub title: String,
}

impl Contact {
    /// First and last name.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}
