//! People at customers, service agreements and warranties.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::super::super::cell::{Cell, Kind, NO_YES, POLICY_STATUS, TRANSACTION_TYPE};
use super::{Columns, party_number};
use crate::world::{Asset, Contact, Customer, ServiceContract};

use Kind::{Number, Symbol, Text, Time};

pub(in super::super) const CONTACT_PERSONS: Columns = &[
    ("dataAreaId", Text),
    ("ContactPersonId", Text),
    ("ContactPersonName", Text),
    ("FirstName", Text),
    ("LastName", Text),
    ("PrimaryEmailAddress", Text),
    ("PrimaryPhoneNumber", Text),
    ("EmploymentJobTitle", Text),
    ("EmploymentDepartment", Text),
    ("AssociatedPartyNumber", Text),
    ("ContactPersonPartyNumber", Text),
    ("IsDefaultContactPerson", Symbol(&NO_YES)),
    ("IsInactive", Symbol(&NO_YES)),
    ("LastEditDateTime", Time),
];

/// A person at a customer; without one, somebody who has left it.
pub(in super::super) fn contact_person<'a>(
    customer: &'a Customer,
    at: usize,
    contact: Option<&'a Contact>,
    property: &str,
) -> Option<Cell<'a>> {
    let text = |of: fn(&Contact) -> &String| Cell::text(contact.map(of).map_or("", String::as_str));
    let id = |prefix: &str| Cell::Text(Cow::Owned(format!("{prefix}{}-{}", customer.number, at + 1)));
    let cell = match property {
        "ContactPersonId" => id("CP-"),
        "ContactPersonName" => Cell::Text(Cow::Owned(contact.map_or("Has Left".to_owned(), Contact::name))),
        "FirstName" => text(|contact| &contact.first_name),
        "LastName" => text(|contact| &contact.last_name),
        "PrimaryEmailAddress" => text(|contact| &contact.email),
        "PrimaryPhoneNumber" => text(|contact| &contact.phone),
        "EmploymentJobTitle" => text(|contact| &contact.title),
        "AssociatedPartyNumber" => party_number(customer),
        "ContactPersonPartyNumber" => id("PTP-"),
        "IsDefaultContactPerson" => Cell::no_yes(at == 0),
        "IsInactive" => Cell::no_yes(contact.is_none()),
        "LastEditDateTime" => Cell::day(customer.since),
        "EmploymentDepartment" => Cell::text(""),
        _ => return None,
    };
    Some(cell)
}

pub(in super::super) const AGREEMENT_HEADERS: Columns = &[
    ("dataAreaId", Text),
    ("ServiceAgreementId", Text),
    ("ServiceAgreementDescription", Text),
    ("ServiceAgreementStartDate", Time),
    ("ServiceAgreementEndDate", Time),
    ("ServiceAgreementGroupId", Text),
    ("ProjectId", Text),
    ("ProjectCustomerAccountNumber", Text),
    ("IsAgreementSuspended", Symbol(&NO_YES)),
    ("ServiceLevelAgreementId", Text),
    ("ContactPersonId", Text),
];

pub(in super::super) fn agreement_header<'a>(contract: &'a ServiceContract, property: &str) -> Option<Cell<'a>> {
    let cell = match property {
        "ServiceAgreementId" => Cell::text(&contract.number),
        "ServiceAgreementDescription" => Cell::text(&contract.name),
        "ServiceAgreementStartDate" => Cell::day(contract.start),
        "ServiceAgreementEndDate" => Cell::day(contract.end),
        "ProjectId" => project(contract),
        "ProjectCustomerAccountNumber" => Cell::text(&contract.customer),
        "IsAgreementSuspended" => Cell::no_yes(false),
        "ServiceLevelAgreementId" => Cell::text(contract.level.name()),
        "ServiceAgreementGroupId" | "ContactPersonId" => Cell::text(""),
        _ => return None,
    };
    Some(cell)
}

pub(in super::super) const AGREEMENT_LINES: Columns = &[
    ("dataAreaId", Text),
    ("ServiceAgreementId", Text),
    ("LineNumber", Number),
    ("LineDescription", Text),
    ("ServiceTransactionType", Symbol(&TRANSACTION_TYPE)),
    ("ItemNumber", Text),
    ("ItemSerialNumber", Text),
    ("ServiceObjectId", Text),
    ("PeriodStartDate", Time),
    ("PeriodEndDate", Time),
    ("ProjectId", Text),
    ("ProjectCustomerAccountNumber", Text),
    ("IsLineSuspended", Symbol(&NO_YES)),
];

pub(in super::super) fn agreement_line<'a>(
    contract: &'a ServiceContract,
    number: usize,
    serial: Option<&'a str>,
    property: &str,
) -> Option<Cell<'a>> {
    let cell = match property {
        "ServiceAgreementId" => Cell::text(&contract.number),
        "LineNumber" => Cell::number(u32::try_from(number).unwrap_or(u32::MAX)),
        "LineDescription" => Cell::text(if serial.is_some() { "Machine" } else { "Yearly visit" }),
        "ServiceTransactionType" => Cell::Symbol(&TRANSACTION_TYPE, if serial.is_some() { "Item" } else { "Hour" }),
        "ItemSerialNumber" => Cell::text(serial.unwrap_or_default()),
        "PeriodStartDate" => Cell::day(contract.start),
        "PeriodEndDate" => Cell::day(contract.end),
        "ProjectId" => project(contract),
        "ProjectCustomerAccountNumber" => Cell::text(&contract.customer),
        "IsLineSuspended" => Cell::no_yes(false),
        "ItemNumber" | "ServiceObjectId" => Cell::text(""),
        _ => return None,
    };
    Some(cell)
}

/// Agreements belong to a project, and the project to the customer.
fn project(contract: &ServiceContract) -> Cell<'_> {
    Cell::Text(Cow::Owned(format!("PRJ-{}", contract.number)))
}

pub(in super::super) const WARRANTY_POLICIES: Columns = &[
    ("dataAreaId", Text),
    ("PolicyNumber", Text),
    ("WarrantiedItemId", Text),
    ("WarrantiedSerialNumber", Text),
    ("WarrantiedInventoryLotId", Text),
    ("WarrantiedFulfilledDate", Time),
    ("WarrantyItemId", Text),
    ("WarrantySalesDate", Time),
    ("WarrantyEffectiveDate", Time),
    ("WarrantyExpirationDate", Time),
    ("CustomerAccount", Text),
    ("Status", Symbol(&POLICY_STATUS)),
    ("Notes", Text),
];

/// A machine without a warranty had one that was called off.
pub(in super::super) fn warranty_policy<'a>(asset: &'a Asset, today: NaiveDate, property: &str) -> Option<Cell<'a>> {
    let status = match asset.warranty_end {
        None => "Voided",
        Some(end) if end < today => "Expired",
        Some(_) => "Effective",
    };
    let cell = match property {
        "PolicyNumber" => Cell::Text(Cow::Owned(format!("WP-{}", asset.serial))),
        "WarrantiedItemId" => Cell::text(&asset.sku),
        "WarrantiedSerialNumber" => Cell::text(&asset.serial),
        "WarrantiedFulfilledDate" | "WarrantySalesDate" | "WarrantyEffectiveDate" => Cell::day(asset.purchased),
        "WarrantyExpirationDate" => Cell::maybe_day(asset.warranty_end),
        "CustomerAccount" => Cell::text(&asset.customer),
        "Status" => Cell::Symbol(&POLICY_STATUS, status),
        "WarrantyItemId" => Cell::text("WARRANTY"),
        "WarrantiedInventoryLotId" | "Notes" => Cell::text(""),
        _ => return None,
    };
    Some(cell)
}
