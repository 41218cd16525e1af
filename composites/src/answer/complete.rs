//! Records that several systems or entities make up together, and small objects that describe others.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use portico_contracts::canonical::{Failure, Money, Provenance, Record, Value};
use portico_contracts::model::expect_object;
use portico_contracts::problem::Code;
use portico_contracts::tenancy::SystemId;
use rust_decimal::Decimal;

use crate::ask::{Outcome, Page};
use crate::gather::{Gathered, Looked};
use crate::plan::{Completion, Plan, Related, Step, StepId};

/// The `Source` of an entity. Age counts from when the system was asked, to whole seconds.
pub(super) fn source(from: &Provenance, now: DateTime<Utc>) -> Record {
    let age = (now - from.fetched_at).num_seconds().max(0);
    Record::new(expect_object("Source"))
        .with("system", Value::text(from.system.as_str()))
        .with("role", Value::Enum(from.role.graphql()))
        .with("state", Value::Enum(from.state.graphql()))
        .with("fetchedAt", Value::DateTime(from.fetched_at.fixed_offset()))
        .with("ageSeconds", Value::Int(i32::try_from(age).unwrap_or(i32::MAX)))
}

/// Says what was not found without repeating the key.
pub(super) fn not_found(plan: &Plan, step: &Step, from: &Provenance) -> Arc<Failure> {
    if let Some(several) = &step.several {
        let mut systems: Vec<&str> =
            several.parts.iter().map(|part| plan.steps[*part].upstream.id().as_str()).collect();
        systems.dedup();
        let systems = systems.join(" and ");
        let message = format!("{systems} have no {} by this {}.", step.ask.entity.name, step.ask.by);
        return Arc::new(Failure { role: Some(from.role), ..Failure::new(Code::NotFound, message) });
    }
    let message = format!("{} has no {} by this {}.", from.system, step.ask.entity.name, step.ask.by);
    Arc::new(Failure::new(Code::NotFound, message).of_system(&from.system, from.role))
}

/// What of a page is shown, in the words of `PageInfo`.
pub(super) fn page_info(page: &Page, shown: &[usize], after: bool) -> Record {
    let cursor = |at: Option<&usize>| at.and_then(|at| page.cursors.get(*at)).map_or(Value::Null, Value::text);
    // Where a filter took rows out after the system had cut the page, going on starts behind the last row that was read.
    let last_read = page.rows.len().checked_sub(1);
    let last = if page.more { last_read.as_ref() } else { shown.last() };
    Record::new(expect_object("PageInfo"))
        .with("hasNextPage", Value::Bool(page.more))
        .with("hasPreviousPage", Value::Bool(after))
        .with("startCursor", cursor(shown.first()))
        .with("endCursor", cursor(last))
}

/// Applies filters to rows whose state only became known by completing them.
pub(super) fn is_wanted(related: &Related, record: &Record) -> bool {
    match related.completion {
        Some(Completion::InvoiceFromItem(_)) => related.filter.open.is_none_or(|open| is_open(record, open)),
        Some(Completion::OrderFromLines(_)) => has_status(record, &related.filter.statuses),
        _ => true,
    }
}

fn has_status(order: &Record, wanted: &[&'static str]) -> bool {
    let status = order.get("status").as_text();
    wanted.is_empty() || status.is_none_or(|status| wanted.contains(&status))
}

fn is_open(invoice: &Record, open: bool) -> bool {
    match invoice.get("openAmount") {
        Value::Money(money) => (money.amount > Decimal::ZERO) == open,
        // What cannot be told is shown, with its error, rather than left out.
        _ => true,
    }
}

/// Completes a record from what else was gathered.
pub(super) fn complete(
    plan: &Plan,
    gathered: &Gathered,
    with: Completion,
    row: &Record,
    parent: &Record,
    today: NaiveDate,
) -> Record {
    let mut record = row.to_owned_record();
    match with {
        Completion::ReceivablesFromItems(step) => {
            let items = rows_in(plan, gathered, step, Some(parent), row.origin.as_ref());
            receivables(&mut record, &items, today);
        }
        Completion::InvoiceFromItem(step) => invoice(&mut record, &own_rows(plan, gathered, step, row), today),
        Completion::OrderFromLines(step) => order(&mut record, &rows(plan, gathered, step, row)),
        Completion::Contract(coverage) => {
            if let Some(step) = coverage {
                contract(&mut record, &own_rows(plan, gathered, step, row));
            }
            ended(&mut record, today);
        }
    }
    record
}

/// All rows of a key, or why they cannot be had in full.
pub(super) type AllRows = Result<Arc<Page>, Arc<Failure>>;

pub(super) fn rows(plan: &Plan, gathered: &Gathered, step: StepId, parent: &Record) -> AllRows {
    rows_in(plan, gathered, step, Some(parent), None)
}

/// The rows that complete a record, from the system that it came from. One that is not asked for such rows has not said
/// that there are none.
pub(super) fn own_rows(plan: &Plan, gathered: &Gathered, step: StepId, record: &Record) -> AllRows {
    must_be_asked(plan, gathered, step, record.origin.as_ref())?;
    rows(plan, gathered, step, record)
}

fn must_be_asked(plan: &Plan, gathered: &Gathered, step: StepId, of: Option<&SystemId>) -> Result<(), Arc<Failure>> {
    let Some(system) = of.filter(|system| !gathered.asks(plan, step, system)) else { return Ok(()) };
    let asked = &plan.steps[step];
    let message = format!("{system} cannot tell this: its pack maps no {}.", asked.ask.entity.name);
    Err(Arc::new(Failure::new(Code::KeyUnsupported, message).of_system(system, asked.upstream.role())))
}

/// The same of one system only, where it is known which.
pub(super) fn rows_in(
    plan: &Plan,
    gathered: &Gathered,
    step: StepId,
    parent: Option<&Record>,
    of: Option<&SystemId>,
) -> AllRows {
    must_be_asked(plan, gathered, step, of)?;
    let asked = &plan.steps[step];
    let looked = match of {
        Some(system) => gathered.look_in(plan, step, parent, system),
        None => gathered.look(plan, step, parent),
    };
    match looked {
        Looked::Outcome(Outcome::Found(page, _)) if !page.missing.is_empty() => Err(Arc::clone(&page.missing[0])),
        Looked::Outcome(Outcome::Found(page, _)) if page.more => {
            let message =
                format!("{} has more {} than one answer may read.", asked.upstream.id(), asked.ask.entity.name);
            Err(Arc::new(
                Failure::new(Code::TooManyRows, message).of_system(asked.upstream.id(), asked.upstream.role()),
            ))
        }
        Looked::Outcome(Outcome::Found(page, _)) => match &page.unread {
            Some(failure) => Err(Arc::clone(failure)),
            None => Ok(page),
        },
        Looked::Outcome(Outcome::Absent(_)) | Looked::NoKey => Ok(Arc::default()),
        Looked::Outcome(Outcome::Failed(failure)) | Looked::Failed(failure) => Err(failure),
    }
}

/// Adds up open items: the whole balance, and what of it is past its due date.
pub(super) fn receivables(record: &mut Record, items: &AllRows, today: NaiveDate) {
    let summed = match items {
        Ok(page) => sum_items(page, record, today),
        Err(failure) => Err(Arc::clone(failure)),
    };
    let missing = |record: &Record, field: &str| record.get(field).is_null();
    match summed {
        Ok(sums) => {
            for (field, value) in
                [("openBalance", sums.open), ("overdueBalance", sums.overdue), ("oldestOverdueDays", sums.days)]
            {
                if missing(record, field) {
                    record.set(field, value);
                }
            }
        }
        Err(failure) => {
            for field in ["openBalance", "overdueBalance", "oldestOverdueDays"] {
                if missing(record, field) {
                    record.set(field, Value::Failed(Arc::clone(&failure)));
                }
            }
        }
    }
}

struct Sums {
    open: Value,
    overdue: Value,
    days: Value,
}

fn sum_items(page: &Page, record: &Record, today: NaiveDate) -> Result<Sums, Arc<Failure>> {
    let unclear = |why: &str| Arc::new(Failure::new(Code::UpstreamDrift, why.to_owned()));
    let mut open: Option<Money> = None;
    let mut overdue: Option<Money> = None;
    let mut oldest = 0;
    let mut undated = false;
    for row in &page.rows {
        let amount = row.get("openAmount").as_money().ok_or_else(|| unclear("An open item has no readable amount."))?;
        open = Some(add(open, amount).ok_or_else(|| unclear("Open items are in several currencies."))?);
        let Some(due) = row.get("dueOn").as_date() else {
            if let Value::Failed(failure) = row.get("dueOn") {
                return Err(Arc::clone(failure));
            }
            undated |= amount.amount > Decimal::ZERO;
            continue;
        };
        let days = (today - due).num_days();
        if days > 0 && amount.amount > Decimal::ZERO {
            overdue = Some(add(overdue, amount).ok_or_else(|| unclear("Open items are in several currencies."))?);
            oldest = oldest.max(days);
        }
    }
    // Nothing open is nothing owed, in the customer's own currency, where that is known.
    let currency = open.map(|money| money.currency).or_else(|| currency_of(record));
    let nothing = currency.map(|currency| Money { amount: Decimal::ZERO, currency });
    let value = |money: Option<Money>| money.or(nothing).map_or(Value::Null, Value::Money);
    if undated {
        // What is owed without a due date may be overdue for long: that cannot be told.
        return Ok(Sums { open: value(open), overdue: Value::Null, days: Value::Null });
    }
    Ok(Sums { open: value(open), overdue: value(overdue), days: Value::Int(i32::try_from(oldest).unwrap_or(i32::MAX)) })
}

fn add(sum: Option<Money>, amount: Money) -> Option<Money> {
    sum.map_or(Some(amount), |sum| sum.plus(amount))
}

fn currency_of(record: &Record) -> Option<portico_contracts::canonical::Currency> {
    let named = record.get("currency").as_text().and_then(portico_contracts::canonical::Currency::parse);
    named.or_else(|| record.get("creditLimit").as_money().map(|limit| limit.currency))
}

/// An invoice without an open item is paid.
fn invoice(record: &mut Record, items: &AllRows, today: NaiveDate) {
    let page = match items {
        Ok(page) => page,
        Err(failure) => {
            for field in ["dueOn", "openAmount", "status"] {
                if record.get(field).is_null() {
                    record.set(field, Value::Failed(Arc::clone(failure)));
                }
            }
            return;
        }
    };
    let open = page.rows.iter().try_fold(None, |sum, row| {
        let amount = row.get("openAmount").as_money()?;
        add(sum, amount).map(Some)
    });
    let due = page.rows.iter().filter_map(|row| row.get("dueOn").as_date()).min();
    let total = record.get("total").as_money();
    let open = match open {
        Some(Some(open)) => Some(open),
        Some(None) => total.map(|total| Money { amount: Decimal::ZERO, ..total }),
        None => None,
    };
    if let (true, Some(open)) = (record.get("openAmount").is_null(), open) {
        record.set("openAmount", Value::Money(open));
    }
    if let (true, Some(due)) = (record.get("dueOn").is_null(), due) {
        record.set("dueOn", Value::Date(due));
    }
    if let (true, Some(open)) = (record.get("status").is_null(), open) {
        record.set("status", Value::Enum(status(open, due, today)));
    }
}

fn status(open: Money, due: Option<NaiveDate>, today: NaiveDate) -> &'static str {
    match due {
        _ if open.amount <= Decimal::ZERO => "PAID",
        Some(due) if due < today => "OVERDUE",
        _ => "OPEN",
    }
}

/// The serial numbers that a contract covers; none where it covers everything.
pub(super) fn contract(record: &mut Record, covered: &AllRows) {
    let serials = match covered {
        Ok(page) => Value::List(page.rows.iter().map(|row| row.get("serialNumber").clone()).collect()),
        Err(failure) => Value::Failed(Arc::clone(failure)),
    };
    // Of several systems one may say so itself.
    if record.get("coversSerialNumbers").is_null() {
        record.set("coversSerialNumbers", serials);
    }
}

/// A contract whose last day has passed is no longer in force, whatever its system still calls it.
fn ended(record: &mut Record, today: NaiveDate) {
    let is_over = record.get("endsOn").as_date().is_some_and(|end| end < today);
    if is_over && record.get("status").as_text() == Some("ACTIVE") {
        record.set("status", Value::Enum("EXPIRED"));
    }
}

/// What the lines tell of an order.
fn order(record: &mut Record, lines: &AllRows) {
    delivery(record, lines);
    total(record, lines);
}

/// An open order of which a part has left the house is partly shipped.
fn delivery(record: &mut Record, lines: &AllRows) {
    if record.get("status").as_text() != Some("OPEN") {
        return;
    }
    match lines {
        Ok(page) => {
            let told = |wanted| {
                page.rows.iter().any(|line| matches!(line.get("delivered"), Value::Bool(told) if *told == wanted))
            };
            if told(true) && told(false) {
                record.set("status", Value::Enum("PARTIALLY_SHIPPED"));
            }
        }
        // Whether it is open or partly shipped cannot be told now.
        Err(failure) => record.set("status", Value::Failed(Arc::clone(failure))),
    }
}

/// The sum of the lines, where the ERP has not added them up.
fn total(record: &mut Record, lines: &AllRows) {
    if !record.get("total").is_null() {
        return;
    }
    match lines {
        Ok(page) => {
            let sum =
                page.rows.iter().try_fold(None, |sum, line| add(sum, line.get("lineTotal").as_money()?).map(Some));
            if let Some(Some(total)) = sum {
                record.set("total", Value::Money(total));
            }
        }
        Err(failure) => record.set("total", Value::Failed(Arc::clone(failure))),
    }
}
