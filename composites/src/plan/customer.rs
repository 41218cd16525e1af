//! A customer has no system of its own: it is known to the ERP by a number, and to the others by ids that carry it.
//! This decides which of its names each system is asked with.

use std::sync::Arc;

use async_graphql::parser::types::SelectionSet;
use async_graphql_value::ConstValue;
use portico_contracts::canonical::Failure;
use portico_contracts::model::{ObjectType, expect_object};
use portico_contracts::problem::{Code, Problem};

use super::build::{Builder, Here, Lookup, text};
use super::composite::CompositePlan;
use super::several::{Asked, id_of};
use super::{KeyExpr, Resolve, Selection, StepId};
use crate::ask::{LINKS, Narrow, Upstream};
use crate::estate::{Owners, Rule};

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
        let shared = self.estate.owners(record)?.lone().is_none();
        let step = self.step(Lookup::one(entity, by, key.clone(), None))?;
        let number = record.ordinal("customerNumber").map(|ordinal| (KeyExpr::Via(step, ordinal), None));
        let own_id = || {
            let id = record.ordinal("id")?;
            let link = LINKS.iter().find(|(_, of)| *of == entity).map(|(link, _)| *link)?;
            Some((link, (KeyExpr::Via(step, id), None)))
        };
        // Of several systems the id means something only to the one that knows it; and who sees some customers only has
        // it looked at whose id it is, before anything is asked by it.
        let given = !shared && self.principal.customers.is_none();
        let link = link.filter(|_| given).map(|link| (link, (key, None))).or_else(own_id);
        Some(Identity { number, link, anchor: Some(step), leads: None })
    }

    /// A contact leads to its account, and the account to the number.
    fn by_email(&mut self, email: KeyExpr) -> Option<Identity> {
        let (contact, record) = (expect_object("Contact"), expect_object("Account"));
        let found = self.step(Lookup::one("Contact", "email", email, None))?;
        // Several people of one customer may share an address.
        self.may_be_several(found);
        let account_id = contact.ordinal("accountId").map(|ordinal| KeyExpr::Via(found, ordinal))?;
        let Some(own) = self.accounts_beside(found) else {
            let account = self.anchored("Account", "id", account_id, Some("accountId"))?;
            return Some(Identity { leads: Some(found), ..account });
        };
        let step = self.step_at(&own, Lookup::one("Account", "id", account_id, None), None)?;
        let via = |field: &str| record.ordinal(field).map(|ordinal| (KeyExpr::Via(step, ordinal), None));
        let link = via("id").map(|id| ("accountId", id));
        Some(Identity { number: via("customerNumber"), link, anchor: Some(step), leads: Some(found) })
    }

    /// The system that tells the contacts, where it has accounts of its own that are not the tenant's: its contacts
    /// name those.
    fn accounts_beside(&self, contacts: StepId) -> Option<Arc<dyn Upstream>> {
        let account = expect_object("Account");
        let tellers = self.tellers(contacts);
        let [teller] = tellers.as_slice() else { return None };
        let apart = teller.provides(account) && !self.is_owner(account, teller);
        apart.then(|| Arc::clone(teller))
    }

    fn is_owner(&self, record: &'static ObjectType, system: &Arc<dyn Upstream>) -> bool {
        self.estate.having(record).iter().any(|owner| owner.id() == system.id())
    }

    /// The step for what an entity's systems have of a customer.
    pub(super) fn step_of_customer(
        &mut self,
        entity: &'static str,
        identity: &Identity,
        narrow: &Narrow,
        many: bool,
    ) -> Option<StepId> {
        let owners = self.estate.owners(expect_object(entity))?;
        let narrowed = |lookup: Lookup| Lookup { narrow: narrow.clone(), many, ..lookup };
        if let Some(lone) = owners.lone() {
            let lookup = self.lookup_of_customer(entity, identity, lone)?;
            return self.step_at(lone, narrowed(lookup), None);
        }
        let mut asked = Asked::of(owners);
        for at in 0..owners.members().len() {
            let ways = self.ways_to_customer(entity, identity, owners, at);
            asked.add(at, ways.into_iter().map(|(lookup, rule)| (narrowed(lookup), rule)).collect());
        }
        self.joined(asked)
    }

    /// With which field and key the only owner of an entity can be asked for what belongs to a customer.
    fn lookup_of_customer(
        &mut self,
        entity: &'static str,
        identity: &Identity,
        owner: &Arc<dyn Upstream>,
    ) -> Option<Lookup> {
        let record = expect_object(entity);
        if let Some((link, (key, within))) = &identity.link {
            let by_id = Lookup::all(entity, by_link(link, entity), key.clone(), *within);
            if owner.supports(record, by_id.by).is_some() && self.understands(owner, &by_id) {
                return Some(by_id);
            }
        }
        let (number, within) = identity.number.clone()?;
        let by = by_number(entity);
        if owner.supports(record, by).is_some() {
            return Some(Lookup::all(entity, by, number, within));
        }
        let (link, of) = self.linked_by(record, owner)?;
        let (linked, _) = self.linked(of, (number, within), Rule::Fitting, owner)?;
        Some(Lookup::all(entity, link, KeyExpr::Via(linked, expect_object(of).ordinal("id")?), None))
    }

    /// The same for one of several: by an id that it understands; by its own where it has told one, else by the number.
    pub(super) fn ways_to_customer(
        &mut self,
        entity: &'static str,
        identity: &Identity,
        owners: &Owners,
        at: usize,
    ) -> Vec<(Lookup, Rule)> {
        let (record, Some(member)) = (expect_object(entity), owners.members().get(at)) else { return Vec::new() };
        let mut ways = Vec::new();
        if let Some((link, (key, within))) = &identity.link
            && member.supports(record, by_link(link, entity)).is_some()
        {
            let by_id = Lookup::all(entity, by_link(link, entity), key.clone(), *within);
            let is_owner = id_of(&by_id).is_some_and(|of| self.is_owner(of, member));
            match key {
                _ if self.understands(member, &by_id) => return vec![(by_id, Rule::Fitting)],
                KeyExpr::Via(..) if is_owner => ways.push((by_id, Rule::Own)),
                _ => {}
            }
        }
        let Some((number, within)) = identity.number.clone() else { return ways };
        let rule = match number {
            _ if !ways.is_empty() => Rule::Others,
            KeyExpr::Parent(_) => Rule::Referred,
            _ => Rule::Fitting,
        };
        let by = by_number(entity);
        if member.supports(record, by).is_some() {
            ways.push((Lookup::all(entity, by, number, within), rule));
        } else if let Some((link, of)) = self.linked_by(record, member)
            && let Some((linked, rule)) = self.linked(of, (number, within), rule, member)
            && let Some(id) = expect_object(of).ordinal("id")
        {
            ways.push((Lookup::all(entity, link, KeyExpr::Via(linked, id), None), rule));
        }
        ways
    }

    /// The link by which a system can be asked with ids that it speaks in, and whose id it is.
    fn linked_by(
        &self,
        record: &'static ObjectType,
        system: &Arc<dyn Upstream>,
    ) -> Option<(&'static str, &'static str)> {
        let can = |link: &str| record.fields.contains_key(link) && system.supports(record, link).is_some();
        let speaks = |of: &str| self.estate.giver(system, expect_object(of)).is_some();
        LINKS.into_iter().find(|(link, of)| can(link) && speaks(of))
    }

    /// The step that tells a customer's id to a system, from its number: asked of that system itself where it has such
    /// records, also where the tenant has named another one to be their owner.
    fn linked(
        &mut self,
        of: &'static str,
        (number, within): Place,
        rule: Rule,
        system: &Arc<dyn Upstream>,
    ) -> Option<(StepId, Rule)> {
        let lookup = Lookup::one(of, "customerNumber", number, within);
        let owners = self.estate.owners(lookup.record);
        let at = owners.and_then(|owners| Some((owners, owners.place_of(system.id())?)));
        match at {
            Some((owners, at)) if owners.lone().is_none() => {
                let lane = self.lane(owners, at, rule, &lookup);
                Some((self.step_at(system, lookup, Some(lane))?, Rule::Own))
            }
            // All that it could tell by the number it has told by its own id.
            Some(_) if rule == Rule::Others => None,
            None if system.provides(lookup.record) => Some((self.step_at(system, lookup, None)?, Rule::Own)),
            _ => Some((self.step(lookup)?, Rule::Fitting)),
        }
    }

    /// Whether a customer's id, as the caller gave it or as a step tells it, means the same customer to a system.
    fn understands(&self, system: &Arc<dyn Upstream>, by_id: &Lookup) -> bool {
        let Some(of) = id_of(by_id) else { return false };
        let shares = |other: &Arc<dyn Upstream>| self.share_ids(system, other, of);
        match by_id.key {
            KeyExpr::Via(step, _) => self.tellers(step).iter().all(shares),
            _ => self.estate.having(of).iter().all(shares),
        }
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
        let erp = if needs_record { self.record_of("Customer", identity) } else { None };
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
        let is_part =
            |id: StepId| self.steps.iter().any(|step| step.several.as_ref().is_some_and(|all| all.parts.contains(&id)));
        let steps = self.steps.iter().enumerate();
        let records = steps.filter(|(_, step)| is_record(step.ask.entity.name) && of_this(&step.key));
        records.map(|(id, _)| id).filter(|id| !is_part(*id)).collect()
    }

    /// The step for a customer's one record of an entity.
    pub(super) fn record_of(&mut self, entity: &'static str, identity: &Identity) -> Option<StepId> {
        self.step_of_customer(entity, identity, &Narrow::default(), false)
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
            records.extend(self.record_of(entity, identity));
        }
        let selection = self.part("Discrepancy", sets, path)?;
        let plan = CompositePlan::Discrepancies(DiscrepancyPlan { records, selection });
        Ok(Resolve::Composite(Box::new(plan)))
    }

    /// The account is asked for where the ERP does not answer, unless the plan asks for it anyway.
    fn account_beside(&mut self, erp: Option<StepId>, identity: &Identity) -> Option<StepId> {
        let is_account = |anchor: &StepId| {
            let step = &self.steps[*anchor];
            step.ask.entity.name == "Account" && self.is_owner(step.ask.entity, &step.upstream)
        };
        if let Some(anchor) = identity.anchor.filter(is_account) {
            return Some(anchor);
        }
        let known = self.steps.len();
        let step = self.record_of("Account", identity)?;
        let asked = self.leaves(step);
        let of_erp = erp.map(|erp| self.leaves(erp)).unwrap_or_default();
        for account in asked.into_iter().filter(|account| *account >= known) {
            let same_key = |erp: &StepId| self.steps[*erp].key == self.steps[account].key;
            if !of_erp.is_empty() && of_erp.iter().all(same_key) {
                self.steps[account].unless = erp;
            }
        }
        Some(step)
    }
}

/// By which field an entity is looked up with a customer's id in another system.
fn by_link(link: &'static str, entity: &str) -> &'static str {
    let is_the_link = LINKS.iter().any(|(name, of)| *name == link && *of == entity);
    if is_the_link { "id" } else { link }
}

/// By which field an entity is looked up with a customer's number.
fn by_number(entity: &str) -> &'static str {
    if entity == "Customer" { "number" } else { "customerNumber" }
}

fn unsupported(kind: &str) -> Arc<Failure> {
    Arc::new(Failure::new(
        Code::KeyUnsupported,
        format!("No system of this tenant can look a customer up by `{kind}`."),
    ))
}
