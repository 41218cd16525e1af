//! A customer has no system of its own: it is known to the ERP by a number, and to the others by ids that carry it.
//! This decides which of its names each system is asked with.

use std::sync::Arc;

use async_graphql::parser::types::SelectionSet;
use async_graphql_value::ConstValue;
use portico_contracts::canonical::Failure;
use portico_contracts::model::expect_object;
use portico_contracts::problem::{Code, Problem};

use super::build::{Builder, Here, Lookup, text};
use super::composite::CompositePlan;
use super::{KeyExpr, Resolve, Selection, StepId};

/// Where a customer's id in another system stands: the field that others link with, and whose id it is.
const LINKS: [(&str, &str); 3] =
    [("accountId", "Account"), ("billingId", "BillingCustomer"), ("supportId", "SupportOrganization")];

/// A key and the step whose rows it is read from.
type Place = (KeyExpr, Option<StepId>);

/// How a customer is known at one place of the plan.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    /// Its number.
    number: Option<Place>,
    /// Its id in another system, by the field that others link with.
    link: Option<(&'static str, Place)>,
    /// The step that found it by something else than its number.
    pub(super) anchor: Option<StepId>,
    /// The step that leads to the anchor: where it finds nothing, nothing else is asked.
    leads: Option<StepId>,
}

impl Identity {
    pub(super) fn by_number(key: KeyExpr, within: Option<StepId>) -> Self {
        Identity { number: Some((key, within)), link: None, anchor: None, leads: None }
    }
}

/// How a customer is put together.
#[derive(Debug)]
pub(crate) struct CustomerPlan {
    /// The ERP's record; absent where nothing that is chosen needs it.
    pub(crate) erp: Option<StepId>,
    /// The CRM's account, where the ERP's record is missing or the account is chosen anyway.
    pub(crate) account: Option<StepId>,
    /// What the customer was found by, where that is not its number.
    pub(crate) anchor: Option<StepId>,
    /// What led to the anchor, where that took a step of its own.
    pub(crate) leads: Option<StepId>,
    /// Other systems' records of the customer that the plan asks for anyway: they confirm it when ERP and CRM are down.
    pub(crate) beside: Vec<StepId>,
    /// The number, where it is known before any system is asked.
    pub(crate) number: Option<KeyExpr>,
    pub(crate) selection: Selection,
}

/// Where to look for what systems say about the same customer.
#[derive(Debug)]
pub(crate) struct DiscrepancyPlan {
    /// Records of the customer, one system each.
    pub(crate) records: Vec<StepId>,
    pub(crate) selection: Selection,
}

impl<'a> Builder<'a> {
    /// Reads a `CustomerKey`.
    pub(super) fn identity(&mut self, key: Option<&ConstValue>) -> Result<Identity, Arc<Failure>> {
        let Some(ConstValue::Object(members)) = key else { return Err(unsupported("customer")) };
        let given = members.iter().find_map(|(name, value)| Some((name.as_str(), text(Some(value))?)));
        let Some((kind, value)) = given else {
            return Err(Arc::new(Failure::new(Code::ArgumentInvalid, "The customer's key must not be empty.")));
        };
        let given = KeyExpr::Given(value);
        let identity = match kind {
            "number" => Some(Identity::by_number(given, None)),
            "crmId" => self.anchored("Account", "id", given, Some("accountId")),
            "billingId" => self.anchored("BillingCustomer", "id", given, Some("billingId")),
            "supportId" => self.anchored("SupportOrganization", "id", given, Some("supportId")),
            "email" => self.by_email(given),
            _ => {
                let account = self.anchored("Account", "domain", given.clone(), None);
                account.or_else(|| self.anchored("SupportOrganization", "domains", given, None))
            }
        };
        identity.ok_or_else(|| unsupported(kind))
    }

    /// Known by a record of another system, which carries the number.
    fn anchored(
        &mut self,
        entity: &'static str,
        by: &'static str,
        key: KeyExpr,
        link: Option<&'static str>,
    ) -> Option<Identity> {
        let record = expect_object(entity);
        let step = self.step(Lookup::one(entity, by, key.clone(), None))?;
        let number = record.ordinal("customerNumber").map(|ordinal| (KeyExpr::Via(step, ordinal), None));
        let own_id = || {
            let id = record.ordinal("id")?;
            let link = LINKS.iter().find(|(_, of)| *of == entity).map(|(link, _)| *link)?;
            Some((link, (KeyExpr::Via(step, id), None)))
        };
        let link = link.map(|link| (link, (key, None))).or_else(own_id);
        Some(Identity { number, link, anchor: Some(step), leads: None })
    }

    /// A contact leads to its account, and the account to the number.
    fn by_email(&mut self, email: KeyExpr) -> Option<Identity> {
        let contact = expect_object("Contact");
        let found = self.step(Lookup::one("Contact", "email", email, None))?;
        let account_id = contact.ordinal("accountId").map(|ordinal| KeyExpr::Via(found, ordinal))?;
        let account = self.anchored("Account", "id", account_id, Some("accountId"))?;
        Some(Identity { leads: Some(found), ..account })
    }

    /// With which field and key the owner of an entity can be asked for what belongs to a customer.
    pub(super) fn lookup_of_customer(&mut self, entity: &'static str, identity: &Identity) -> Option<Lookup> {
        let record = expect_object(entity);
        let owner = Arc::clone(self.estate.owner(record)?);
        if let Some((link, (key, within))) = &identity.link {
            let is_the_link = LINKS.iter().any(|(name, of)| name == link && *of == entity);
            let by = if is_the_link { "id" } else { *link };
            if owner.supports(record, by).is_some() {
                return Some(Lookup::all(entity, by, key.clone(), *within));
            }
        }
        let (number, within) = identity.number.clone()?;
        let by = if entity == "Customer" { "number" } else { "customerNumber" };
        if owner.supports(record, by).is_some() {
            return Some(Lookup::all(entity, by, number, within));
        }
        let (link, of) = LINKS
            .iter()
            .find(|(link, _)| record.fields.contains_key(link) && owner.supports(record, link).is_some())?;
        let linked = self.step(Lookup::one(of, "customerNumber", number, within))?;
        Some(Lookup::all(entity, link, KeyExpr::Via(linked, expect_object(of).ordinal("id")?), None))
    }

    /// The joined view. `must_exist` where the caller named the customer: then a system has to know it.
    pub(super) fn customer(
        &mut self,
        identity: &Identity,
        must_exist: bool,
        sets: &[&'a SelectionSet],
        path: &str,
    ) -> Result<Resolve, Problem> {
        let customer = expect_object("Customer");
        let here = Here { of: customer, record: customer, within: None, customer: Some(identity), keys: &[], path };
        let selection = self.selection(sets, &here)?;
        let chosen =
            |name: &str| selection.fields.iter().any(|chosen| chosen.field.is_some_and(|field| field.name == name));
        let needs_record = must_exist || ["name", "source", "extensions"].into_iter().any(chosen);
        let erp = if needs_record { self.lookup_of_customer("Customer", identity) } else { None };
        let erp = erp.and_then(|lookup| self.step(Lookup { many: false, ..lookup }));
        let account = if needs_record { self.account_beside(erp, identity) } else { None };
        let number =
            identity.number.as_ref().map(|(key, _)| key.clone()).filter(|key| !matches!(key, KeyExpr::Via(..)));
        let beside = if needs_record { self.asked_anyway(identity) } else { Vec::new() };
        let (anchor, leads) = (identity.anchor, identity.leads);
        let plan = CustomerPlan { erp, account, anchor, leads, beside, number, selection };
        Ok(Resolve::Customer(Box::new(plan)))
    }

    fn asked_anyway(&self, identity: &Identity) -> Vec<StepId> {
        let is_record = |entity: &str| matches!(entity, "BillingCustomer" | "SupportOrganization");
        let of_this = |key: &KeyExpr| identity.number.as_ref().is_some_and(|(number, _)| number == key);
        let steps = self.steps.iter().enumerate();
        steps.filter(|(_, step)| is_record(step.ask.entity.name) && of_this(&step.key)).map(|(id, _)| id).collect()
    }

    /// Every system's record of the customer, to be compared.
    pub(super) fn discrepancies(
        &mut self,
        identity: Option<&Identity>,
        sets: &[&'a SelectionSet],
        path: &str,
    ) -> Result<Resolve, Problem> {
        let Some(identity) = identity else { return Ok(Resolve::NotProvided) };
        let mut records = Vec::new();
        for entity in ["Customer", "Account", "BillingCustomer", "SupportOrganization"] {
            let lookup = self.lookup_of_customer(entity, identity);
            records.extend(lookup.and_then(|lookup| self.step(Lookup { many: false, ..lookup })));
        }
        let selection = self.part("Discrepancy", sets, path)?;
        let plan = CompositePlan::Discrepancies(DiscrepancyPlan { records, selection });
        Ok(Resolve::Composite(Box::new(plan)))
    }

    /// The account is asked for where the ERP does not answer, unless the plan asks for it anyway.
    fn account_beside(&mut self, erp: Option<StepId>, identity: &Identity) -> Option<StepId> {
        if identity.anchor.is_some_and(|anchor| self.steps[anchor].ask.entity.name == "Account") {
            return identity.anchor;
        }
        let known = self.steps.len();
        let lookup = self.lookup_of_customer("Account", identity)?;
        let step = self.step(Lookup { many: false, ..lookup })?;
        let same_keys = erp.is_some_and(|erp| self.steps[erp].key == self.steps[step].key);
        if step >= known && same_keys {
            self.steps[step].unless = erp;
        }
        Some(step)
    }
}

fn unsupported(kind: &str) -> Arc<Failure> {
    Arc::new(Failure::new(
        Code::KeyUnsupported,
        format!("No system of this tenant can look a customer up by `{kind}`."),
    ))
}
