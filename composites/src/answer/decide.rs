//! From what was gathered to the facts of a decision, and from the decision to its object.

use std::sync::Arc;

use chrono::NaiveDate;
use portico_contracts::canonical::{Failure, Money, Provenance, Record, Value};
use portico_contracts::model::expect_object;
use portico_contracts::problem::Code;
use portico_contracts::tenancy::SystemId;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::complete::{self, AllRows};
use super::write::{Node, Writer};
use crate::answers::credit_check::{self, CreditFacts};
use crate::answers::entitlement::{self, EntitlementFacts, Sourced};
use crate::answers::warranty::{self, AssetFacts, Coverage, WarrantyFacts};
use crate::answers::{Fact, Reason};
use crate::ask::{Outcome, Page};
use crate::gather::Looked;
use crate::plan::{CompositePlan, Covers, CreditPlan, CreditSteps, EntitlementPlan, OrderedLine, StepId, WarrantyPlan};

/// Entities that a decision shows beside its own values.
#[derive(Debug, Default)]
pub(super) struct Decided {
    shown: Vec<(&'static str, Sourced)>,
}

impl Decided {
    pub(super) fn entity(&self, field: &str) -> Option<(&Record, &Provenance)> {
        self.shown.iter().find(|(name, _)| *name == field).map(|(_, (record, from))| (&**record, &**from))
    }
}

/// All rows of a step with their source; nothing where the step was not planned.
type Found = Result<Option<(Arc<Page>, Arc<Provenance>)>, Arc<Failure>>;

impl<'a> Writer<'a> {
    pub(super) fn composite(&mut self, plan: &'a CompositePlan, parent: &Record) {
        match plan {
            CompositePlan::Warranty(plan) => self.warranty(plan),
            CompositePlan::Credit(plan) => self.credit(plan),
            CompositePlan::Entitlement(plan) => self.entitlement(plan),
            CompositePlan::OrderCheck(plan) => self.order_check(plan),
            CompositePlan::Discrepancies(plan) => self.discrepancies(plan, parent),
        }
    }

    /// A step that a decision made itself: its key never depends on a parent. Where a row could not be read, nothing is
    /// decided on the others.
    fn found(&self, step: Option<StepId>) -> Found {
        let Some(step) = step else { return Ok(None) };
        match self.gathered.look(self.plan, step, None) {
            // What one of several systems has not told may be what decides.
            Looked::Outcome(Outcome::Found(page, _)) if !page.missing.is_empty() => Err(Arc::clone(&page.missing[0])),
            Looked::Outcome(Outcome::Found(page, from)) => match &page.unread {
                Some(failure) => Err(Arc::clone(failure)),
                None => Ok(Some((page, from))),
            },
            Looked::Outcome(Outcome::Absent(from)) => Ok(Some((Arc::default(), from))),
            Looked::Outcome(Outcome::Failed(failure)) | Looked::Failed(failure) => Err(failure),
            Looked::NoKey => Ok(None),
        }
    }

    fn sources(&self, steps: &[Option<StepId>]) -> Value {
        self.sources_of(steps, &[], &[], None)
    }

    /// The systems that a decision rests on; `by_line` are steps that are asked for each line.
    pub(super) fn sources_of(
        &self,
        steps: &[Option<StepId>],
        by_line: &[Option<StepId>],
        lines: &[OrderedLine],
        booked: Option<&SystemId>,
    ) -> Value {
        let mut seen: Vec<Arc<Provenance>> = Vec::new();
        let mut see = |from: Arc<Provenance>| {
            if !seen.iter().any(|known| known.system == from.system && known.state == from.state) {
                seen.push(from);
            }
        };
        let mut hear = |looked: Vec<Looked>| {
            for looked in looked {
                if let Looked::Outcome(Outcome::Found(_, from) | Outcome::Absent(from)) = looked {
                    see(from);
                }
            }
        };
        for step in steps.iter().flatten() {
            hear(self.gathered.each(self.plan, *step, None));
        }
        for (step, line) in by_line.iter().flatten().flat_map(|step| lines.iter().map(move |line| (step, line))) {
            hear(self.gathered.each(self.plan, *step, Some(&super::order_check::keyed(line, booked))));
        }
        let objects = seen.iter().map(|from| Value::Object(Arc::new(complete::source(from, self.now))));
        Value::List(objects.collect())
    }

    fn warranty(&mut self, plan: &'a WarrantyPlan) {
        let facts = self.warranty_facts(plan);
        let decision = warranty::decide(&facts, self.now.date_naive(), &self.rules.warranty);
        let coverage = decision.coverage.iter().map(|ground| Value::Object(Arc::new(self.coverage(ground))));
        let record = Record::new(expect_object("Warranty"))
            .with("serialNumber", Value::Text(Arc::clone(&plan.serial)))
            .with("status", Value::Enum(decision.status))
            .with("startsOn", date(decision.starts_on))
            .with("endsOn", date(decision.ends_on))
            .with("coverage", Value::List(coverage.collect()))
            .with("reasons", reasons(&decision.reasons))
            .with(
                "sources",
                self.sources(&[Some(plan.asset), plan.product, plan.shipments, plan.contracts, plan.entitlements]),
            );
        self.made(&plan.selection, Node::of(&record, None));
    }

    fn coverage(&self, ground: &Coverage) -> Record {
        Record::new(expect_object("Coverage"))
            .with("kind", Value::Enum(ground.kind))
            .with("reference", ground.reference.as_ref().map_or(Value::Null, Value::text))
            .with("startsOn", date(ground.starts_on))
            .with("endsOn", date(ground.ends_on))
            .with("source", Value::Object(Arc::new(complete::source(&ground.source, self.now))))
    }

    fn warranty_facts(&self, plan: &WarrantyPlan) -> WarrantyFacts {
        let asset = self.found(Some(plan.asset)).map_err(|failure| Reason::from_failure(&failure)).and_then(|found| {
            let Some((page, from)) = found else { return Ok(None) };
            let Some(row) = page.rows.first() else { return Ok(None) };
            let facts = AssetFacts {
                warranty_ends_on: day(row, "warrantyEndsOn")?,
                installed_on: day(row, "installedOn")?,
                purchased_on: day(row, "purchasedOn")?,
            };
            Ok(Some((facts, from)))
        });
        let months = self.first(plan.product).and_then(|row| match row.as_ref().map(|row| row.get("warrantyMonths")) {
            Some(Value::Int(months)) => Ok(u32::try_from(*months).ok()),
            Some(Value::Failed(failure)) => Err(Reason::from_failure(failure)),
            _ => Ok(None),
        });
        let shipped = self.first(plan.shipments).and_then(|row| row.map_or(Ok(None), |row| day(&row, "shippedAt")));
        WarrantyFacts {
            asset,
            shipped_on: shipped,
            product_months: months,
            contracts: self.contracts(plan),
            entitlements: self.entitlements(plan),
        }
    }

    fn first(&self, step: Option<StepId>) -> Fact<Option<Arc<Record>>> {
        let found = self.found(step).map_err(|failure| Reason::from_failure(&failure))?;
        Ok(found.and_then(|(page, _)| page.rows.first().cloned()))
    }

    /// Contracts that cover the serial number: it is listed, or nothing is.
    fn contracts(&self, plan: &WarrantyPlan) -> Fact<Vec<Coverage>> {
        let Some((page, from)) = self.found(plan.contracts).map_err(|failure| Reason::from_failure(&failure))? else {
            return Ok(Vec::new());
        };
        let mut grounds = Vec::new();
        for (at, row) in page.rows.iter().enumerate() {
            let from = page.source(at, &from);
            let how = plan.covers.iter().find(|(system, _)| *system == from.system);
            let told = match how.map_or(Covers::Unknown, |(_, covers)| *covers) {
                Covers::Told => Arc::clone(row),
                Covers::By(step) => Arc::new(self.with_coverage(row, step)),
                Covers::Unknown => return Err(coverage_unknown(row, from)),
            };
            if covers(told.get("coversSerialNumbers"), &plan.serial)? {
                grounds.push(ground(row, "CONTRACT", from)?);
            }
        }
        Ok(grounds)
    }

    /// Entitlements on the serial number.
    fn entitlements(&self, plan: &WarrantyPlan) -> Fact<Vec<Coverage>> {
        let found = self.found(plan.entitlements).map_err(|failure| Reason::from_failure(&failure))?;
        let Some((page, from)) = found else { return Ok(Vec::new()) };
        let mut grounds = Vec::new();
        for (at, row) in page.rows.iter().enumerate() {
            if covers(row.get("serialNumber"), &plan.serial)? {
                grounds.push(ground(row, "ENTITLEMENT", page.source(at, &from))?);
            }
        }
        Ok(grounds)
    }

    fn with_coverage(&self, contract: &Record, step: StepId) -> Record {
        let mut record = contract.to_owned_record();
        complete::contract(&mut record, &complete::own_rows(self.plan, self.gathered, step, contract));
        record
    }

    fn credit(&mut self, plan: &'a CreditPlan) {
        match self.credit_decision(&plan.steps, plan.requested) {
            Ok((_, record)) => self.made(&plan.selection, Node::of(&record, None)),
            Err(failure) => self.refuse(&failure),
        }
    }

    /// Decides about an amount. An error where a system says that there is no such customer.
    pub(super) fn credit_decision(
        &mut self,
        steps: &CreditSteps,
        requested: Money,
    ) -> Result<(credit_check::Decision, Record), Arc<Failure>> {
        if let Some(failure) = self.unknown_customer(&[steps.anchor, steps.receivables]) {
            return Err(failure);
        }
        let facts = self.credit_facts(steps);
        let decision = credit_check::decide(&facts, requested, &self.rules.credit);
        let id = format!("cd_{}", Uuid::now_v7().simple());
        let approved = decision.outcome == credit_check::Outcome::Approved;
        let valid_for = chrono::Duration::from_std(self.rules.credit.approval_valid_for).unwrap_or_default();
        let until = if approved { Value::DateTime((self.now + valid_for).fixed_offset()) } else { Value::Null };
        let record = Record::new(expect_object("CreditDecision"))
            .with("outcome", Value::Enum(decision.outcome.graphql()))
            .with("reasons", reasons(&decision.reasons))
            .with("limit", money(decision.limit))
            .with("exposure", money(decision.exposure))
            .with("available", money(decision.available))
            .with("requested", Value::Money(requested))
            .with("decisionId", Value::text(&id))
            .with("decidedAt", Value::DateTime(self.now.fixed_offset()))
            .with("validUntil", until)
            .with("sources", self.sources(&[steps.anchor, steps.receivables, steps.items, steps.orders, steps.lines]));
        self.decisions.push((id, decision.outcome.graphql()));
        Ok((decision, record))
    }

    /// A system says that there is no such customer.
    fn unknown_customer(&self, steps: &[Option<StepId>]) -> Option<Arc<Failure>> {
        let mut key_less = false;
        for step in steps.iter().flatten() {
            match self.gathered.look(self.plan, *step, None) {
                Looked::Outcome(Outcome::Absent(from)) => return Some(self.no_customer(Some(*step), &from)),
                Looked::NoKey => key_less = true,
                _ => {}
            }
        }
        key_less.then(|| Arc::new(Failure::new(Code::NotFound, "The ERP has no number for this customer.")))
    }

    /// No system that was asked knows a customer by this key.
    pub(super) fn no_customer(&self, step: Option<StepId>, from: &Provenance) -> Arc<Failure> {
        let several = step.and_then(|step| self.plan.steps[step].several.as_ref());
        let Some(several) = several else {
            let failure = Failure::new(Code::NotFound, format!("{} knows no customer by this key.", from.system));
            return Arc::new(failure.of_system(&from.system, from.role));
        };
        let mut systems: Vec<&str> =
            several.parts.iter().map(|part| self.plan.steps[*part].upstream.id().as_str()).collect();
        systems.dedup();
        let message = format!("{} know no customer by this key.", systems.join(" and "));
        Arc::new(Failure { role: Some(from.role), ..Failure::new(Code::NotFound, message) })
    }

    fn credit_facts(&self, plan: &CreditSteps) -> CreditFacts {
        let nobody = || Reason::new("figures_not_provided", "No system of this tenant keeps receivables.");
        let mut figures = self.figures(plan.receivables, plan.items);
        if figures.is_empty() {
            figures.push(Err(nobody()));
        }
        let facts = |figures: &Fact<Record>| {
            let of = |field: &str| figures.as_ref().map_err(Clone::clone).and_then(|record| told(record.get(field)));
            let amount = |field: &str| of(field).map(|value| value.as_money());
            CreditFacts {
                limit: amount("creditLimit"),
                balance: amount("openBalance"),
                overdue_days: of("oldestOverdueDays")
                    .map(|value| if let Value::Int(days) = value { Some(days) } else { None }),
                on_hold: of("onHold").map(|value| if let Value::Bool(held) = value { Some(held) } else { None }),
                orders: Ok(Vec::new()),
            }
        };
        let together = credit_check::together(figures.iter().map(facts).collect());
        CreditFacts { orders: self.uninvoiced(plan), ..together }
    }

    /// What each system that knows the customer says of its account, completed from its open items.
    fn figures(&self, receivables: Option<StepId>, items: Option<StepId>) -> Vec<Fact<Record>> {
        let Some(step) = receivables else { return Vec::new() };
        let each = self.gathered.each(self.plan, step, None).into_iter().filter_map(|looked| match looked {
            Looked::Outcome(Outcome::Found(page, _)) => match page.missing.first().or(page.unread.as_ref()) {
                Some(failure) => Some(Err(Reason::from_failure(failure))),
                None => page.rows.first().map(|row| Ok(self.completed_with(row, items))),
            },
            Looked::Outcome(Outcome::Absent(_)) | Looked::NoKey => None,
            Looked::Outcome(Outcome::Failed(failure)) | Looked::Failed(failure) => {
                Some(Err(Reason::from_failure(&failure)))
            }
        });
        each.collect()
    }

    fn completed_with(&self, row: &Record, items: Option<StepId>) -> Record {
        let mut record = row.to_owned_record();
        if let Some(items) = items {
            let items = complete::rows_in(self.plan, self.gathered, items, None, row.origin.as_ref());
            complete::receivables(&mut record, &items, self.now.date_naive());
        }
        record
    }

    fn all_rows(&self, step: StepId) -> AllRows {
        complete::rows(self.plan, self.gathered, step, &Record::new(expect_object("Query")))
    }

    /// A system whose figures count and which is not asked for orders.
    fn without_orders(&self, receivables: Option<StepId>, orders: StepId) -> Option<SystemId> {
        let each = self.gathered.each(self.plan, receivables?, None);
        let origin = |looked: Looked| match looked {
            Looked::Outcome(Outcome::Found(page, _)) => page.rows.first().and_then(|row| row.origin.clone()),
            _ => None,
        };
        each.into_iter().filter_map(origin).find(|system| !self.gathered.asks(self.plan, orders, system))
    }

    /// Of each open order what is not invoiced yet: line by line, and the whole line where the ERP cannot tell.
    fn uninvoiced(&self, plan: &CreditSteps) -> Fact<Vec<Money>> {
        let Some(orders) = plan.orders else {
            return Err(Reason::new("orders_not_provided", "No system of this tenant keeps orders."));
        };
        if let Some(system) = self.without_orders(plan.receivables, orders) {
            let message = format!("{system} knows the customer, and its pack maps no orders.");
            return Err(Reason { system: Some(system), ..Reason::new("orders_not_provided", message) });
        }
        let orders = self.all_rows(orders).map_err(|failure| Reason::from_failure(&failure))?;
        let mut open = Vec::new();
        for order in &orders.rows {
            let lines = plan.lines.map(|lines| complete::rows(self.plan, self.gathered, lines, order));
            let lines = lines.transpose().map_err(|failure| Reason::from_failure(&failure))?;
            let parts = match lines.filter(|lines| !lines.rows.is_empty()) {
                Some(lines) => lines.rows.iter().map(|line| uninvoiced_of(line)).collect::<Fact<Vec<Money>>>()?,
                None => vec![whole(order, "total")?],
            };
            open.extend(together(parts));
        }
        Ok(open)
    }

    fn entitlement(&mut self, plan: &'a EntitlementPlan) {
        if let Some(failure) = self.unknown_customer(&[plan.anchor, plan.erp]) {
            return self.refuse(&failure);
        }
        let facts = self.entitlement_facts(plan);
        let decision = entitlement::decide(&facts, self.now.date_naive(), &self.rules.entitlement);
        let record = Record::new(expect_object("EntitlementDecision"))
            .with("entitled", decision.entitled.map_or(Value::Null, Value::Bool))
            .with("level", Value::Enum(decision.level))
            .with("reasons", reasons(&decision.reasons))
            .with("overdue", money(decision.overdue))
            .with(
                "sources",
                self.sources(&[
                    plan.anchor,
                    plan.erp,
                    plan.subscriptions,
                    plan.contracts,
                    plan.receivables,
                    plan.items,
                ]),
            );
        let contract = decision.contract.map(|(row, from)| match plan.coverage {
            Some(step) => (Arc::new(self.with_coverage(&row, step)), from),
            None => (row, from),
        });
        let shown = [("subscription", decision.subscription), ("contract", contract)];
        let beside =
            Decided { shown: shown.into_iter().filter_map(|(name, sourced)| Some((name, sourced?))).collect() };
        self.made(&plan.selection, Node { beside: Some(&beside), ..Node::of(&record, None) });
    }

    fn entitlement_facts(&self, plan: &EntitlementPlan) -> EntitlementFacts {
        let all = |step: Option<StepId>| -> Fact<Option<Vec<Sourced>>> {
            let found = self.found(step).map_err(|failure| Reason::from_failure(&failure))?;
            let sourced = |page: &Page, from: &Arc<Provenance>| {
                let rows = page.rows.iter().enumerate();
                rows.map(|(at, row)| (Arc::clone(row), Arc::clone(page.source(at, from)))).collect()
            };
            Ok(found.map(|(page, from)| sourced(&page, &from)))
        };
        let figures = self.figures(plan.receivables, plan.items);
        let of = |field: &str| -> Fact<Vec<Value>> {
            figures.iter().map(|record| told(record.as_ref().map_err(Clone::clone)?.get(field))).collect()
        };
        let day = |value: &Value| if let Value::Int(days) = value { Some(*days) } else { None };
        EntitlementFacts {
            subscriptions: all(plan.subscriptions),
            contracts: all(plan.contracts),
            overdue_days: of("oldestOverdueDays")
                .map(|all| all.iter().map(day).collect::<Option<Vec<_>>>()?.into_iter().max()),
            overdue: of("overdueBalance")
                .and_then(|all| entitlement::overdue(all.iter().map(Value::as_money).collect())),
        }
    }
}

/// Whether a serial number is among those that are listed, or none is.
fn covers(listed: &Value, serial: &str) -> Fact<bool> {
    match listed {
        Value::List(serials) if serials.is_empty() => Ok(true),
        Value::Null => Ok(true),
        Value::Failed(failure) => Err(Reason::from_failure(failure)),
        Value::List(serials) => {
            let unread =
                serials.iter().find_map(|one| if let Value::Failed(failure) = one { Some(failure) } else { None });
            let answers = listed.answers_key(serial);
            unread.filter(|_| !answers).map_or(Ok(answers), |failure| Err(Reason::from_failure(failure)))
        }
        one => Ok(one.answers_key(serial)),
    }
}

fn coverage_unknown(contract: &Record, from: &Provenance) -> Reason {
    let number = contract.get("number").as_text().unwrap_or("without a number").to_owned();
    Reason {
        code: "coverage_unknown",
        message: format!("The contract {number} does not say which serial numbers it covers."),
        system: Some(from.system.clone()),
    }
}

/// A value that was told, null among them; a failed one is a reason.
pub(super) fn told(value: &Value) -> Fact<Value> {
    match value {
        Value::Failed(failure) => Err(Reason::from_failure(failure)),
        value => Ok(value.clone()),
    }
}

fn day(record: &Record, field: &str) -> Fact<Option<NaiveDate>> {
    told(record.get(field)).map(|value| value.as_date())
}

fn ground(row: &Record, kind: &'static str, from: &Arc<Provenance>) -> Fact<Coverage> {
    let reference = if kind == "CONTRACT" { "number" } else { "reference" };
    Ok(Coverage {
        kind,
        reference: row.get(reference).as_text().map(str::to_owned),
        starts_on: day(row, "startsOn")?,
        ends_on: day(row, "endsOn")?,
        // A past end says by itself that it is over; only drafts and cancelled ones never counted.
        valid: !matches!(row.get("status").as_text(), Some("DRAFT" | "CANCELLED")),
        source: Arc::clone(from),
    })
}

fn uninvoiced_of(line: &Record) -> Fact<Money> {
    let total = whole(line, "lineTotal")?;
    let Value::Money(invoiced) = told(line.get("invoicedAmount"))? else { return Ok(total) };
    let left = total
        .minus(invoiced)
        .ok_or_else(|| Reason::new("currency_mismatch", "An order line is in several currencies."))?;
    // Of a line that is invoiced for more than it says nothing is left; it does not pay for the others.
    let overdone = !left.amount.is_zero() && left.amount.is_sign_negative() != total.amount.is_sign_negative();
    Ok(if overdone { Money { amount: Decimal::ZERO, ..left } } else { left })
}

/// An order as one amount. Discounts count against its other lines, but goods that are yet to come back make no room
/// for further credit.
fn together(parts: Vec<Money>) -> Vec<Money> {
    let (Some(first), rest) = (parts.first(), parts.iter().skip(1)) else { return parts };
    match rest.copied().try_fold(*first, Money::plus) {
        Some(sum) => vec![Money { amount: sum.amount.max(Decimal::ZERO), ..sum }],
        None => parts,
    }
}

fn whole(record: &Record, field: &str) -> Fact<Money> {
    let unknown = || Reason::new("order_value_unknown", "The value of an open order is not known.");
    told(record.get(field))?.as_money().ok_or_else(unknown)
}

fn date(day: Option<NaiveDate>) -> Value {
    day.map_or(Value::Null, Value::Date)
}

pub(super) fn money(money: Option<Money>) -> Value {
    money.map_or(Value::Null, Value::Money)
}

pub(super) fn reasons(reasons: &[Reason]) -> Value {
    let object = |reason: &Reason| {
        let record = Record::new(expect_object("Reason"))
            .with("code", Value::text(reason.code))
            .with("message", Value::text(&reason.message))
            .with("system", reason.system.as_ref().map_or(Value::Null, |system| Value::text(system.as_str())));
        Value::Object(Arc::new(record))
    };
    Value::List(reasons.iter().map(object).collect())
}
