//! From what was gathered to the facts of an order check, and from its judgement to the object.

use std::sync::Arc;

use portico_contracts::canonical::{Record, Value};
use portico_contracts::model::expect_object;
use portico_contracts::problem::Code;
use portico_contracts::tenancy::SystemId;

use super::decide::{money, reasons, told};
use super::write::{Node, Writer};
use crate::answers::order_check::{self, Line, LineFacts};
use crate::answers::{Fact, Reason};
use crate::ask::Outcome;
use crate::gather::Looked;
use crate::plan::{OrderCheckPlan, OrderedLine, StepId};

impl<'a> Writer<'a> {
    pub(super) fn order_check(&mut self, plan: &'a OrderCheckPlan) {
        let booked = self.booked_in(plan);
        let booked = booked.as_ref();
        let facts: Vec<LineFacts> = plan.lines.iter().map(|line| self.line_facts(plan, line, booked)).collect();
        let lines = order_check::lines(&facts, plan.currency);
        let total = order_check::total(&lines);
        let (credit, record) = match total {
            Some(total) => match self.credit_decision(&plan.credit, total) {
                Ok((decision, record)) => (Ok(decision), Value::Object(Arc::new(record))),
                Err(failure) => {
                    let code = if failure.code == Code::NotFound { "customer_unknown" } else { failure.code.as_str() };
                    (Err(Reason { code, ..Reason::from_failure(&failure) }), Value::Null)
                }
            },
            None => (
                Err(Reason::new("credit_not_checked", "Without a total there is nothing to check credit for.")),
                Value::Null,
            ),
        };
        let today = self.now.date_naive();
        let exceptions = order_check::exceptions(&credit, total, plan.requested_ship_date, today);
        let acceptable = exceptions.is_empty() && lines.iter().all(|line| line.exceptions.is_empty());
        let objects = plan
            .lines
            .iter()
            .zip(&lines)
            .map(|(ordered, line)| Value::Object(Arc::new(line_record(ordered, line, booked))));
        let credit = &plan.credit;
        let steps = [credit.anchor, credit.receivables, credit.items, credit.orders, credit.lines];
        let check = Record::new(expect_object("OrderCheck"))
            .with("acceptable", Value::Bool(acceptable))
            .with("exceptions", reasons(&exceptions))
            .with("credit", record)
            .with("lines", Value::List(objects.collect()))
            .with("sources", self.sources_of(&steps, &[plan.products, plan.stock], &plan.lines, booked));
        self.made(&plan.selection, Node::of(&check, None));
    }

    /// The system that the order will be booked in, where several could have its products: the one that knows the
    /// customer, if only one does.
    fn booked_in(&self, plan: &OrderCheckPlan) -> Option<SystemId> {
        let products = &self.plan.steps[plan.products?];
        products.several.as_ref().or(self.plan.steps[plan.stock?].several.as_ref())?;
        let mut knowing = Vec::new();
        for looked in self.gathered.each(self.plan, plan.credit.receivables?, None) {
            match looked {
                Looked::Outcome(Outcome::Found(_, from)) => knowing.push(from.system.clone()),
                Looked::Outcome(Outcome::Absent(_)) | Looked::NoKey => {}
                Looked::Outcome(Outcome::Failed(_)) | Looked::Failed(_) => return None,
            }
        }
        knowing.pop().filter(|_| knowing.is_empty())
    }

    fn line_facts(&self, plan: &OrderCheckPlan, line: &OrderedLine, booked: Option<&SystemId>) -> LineFacts {
        let product = self.row_of(plan.products, line, booked);
        let stock = self.row_of(plan.stock, line, booked);
        let number = |value: Value| if let Value::Decimal(number) = value { Some(number) } else { None };
        LineFacts {
            sku: line.sku.to_string(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            product: product.map(|row| row.map(|row| told(row.get("listPrice")).map(|price| price.as_money()))),
            available: stock.and_then(|row| row.map_or(Ok(None), |row| told(row.get("available")).map(number))),
        }
    }

    /// What a step found for one line.
    fn row_of(&self, step: Option<StepId>, line: &OrderedLine, booked: Option<&SystemId>) -> Fact<Option<Arc<Record>>> {
        let Some(step) = step else { return Ok(None) };
        match self.gathered.look(self.plan, step, Some(&keyed(line, booked))) {
            Looked::Outcome(Outcome::Found(page, _)) => match page.missing.first().or(page.unread.as_ref()) {
                Some(failure) => Err(Reason::from_failure(failure)),
                None => Ok(page.rows.first().cloned()),
            },
            Looked::Outcome(Outcome::Absent(_)) | Looked::NoKey => Ok(None),
            Looked::Outcome(Outcome::Failed(failure)) | Looked::Failed(failure) => Err(Reason::from_failure(&failure)),
        }
    }
}

/// A line by which its rows are found: those of the system that it is booked in, where that is known.
pub(super) fn keyed(line: &OrderedLine, booked: Option<&SystemId>) -> Record {
    let mut record = Record::new(expect_object("OrderCheckLine")).with("sku", Value::Text(Arc::clone(&line.sku)));
    record.origin = booked.cloned();
    record
}

fn line_record(ordered: &OrderedLine, line: &Line, booked: Option<&SystemId>) -> Record {
    keyed(ordered, booked)
        .with("available", line.available.map_or(Value::Null, Value::Decimal))
        .with("listPrice", money(line.list_price))
        .with("exceptions", reasons(&line.exceptions))
}
