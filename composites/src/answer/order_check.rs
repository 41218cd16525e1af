//! From what was gathered to the facts of an order check, and from its judgement to the object.

use std::sync::Arc;

use portico_contracts::canonical::{Record, Value};
use portico_contracts::model::expect_object;
use portico_contracts::problem::Code;

use super::decide::{money, reasons, told};
use super::write::{Node, Writer};
use crate::answers::order_check::{self, Line, LineFacts};
use crate::answers::{Fact, Reason};
use crate::ask::Outcome;
use crate::gather::Looked;
use crate::plan::{OrderCheckPlan, OrderedLine, StepId};

impl<'a> Writer<'a> {
    pub(super) fn order_check(&mut self, plan: &'a OrderCheckPlan) {
        let facts: Vec<LineFacts> = plan.lines.iter().map(|line| self.line_facts(plan, line)).collect();
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
        let objects =
            plan.lines.iter().zip(&lines).map(|(ordered, line)| Value::Object(Arc::new(line_record(ordered, line))));
        let credit = &plan.credit;
        let steps = [credit.anchor, credit.receivables, credit.items, credit.orders, credit.lines];
        let check = Record::new(expect_object("OrderCheck"))
            .with("acceptable", Value::Bool(acceptable))
            .with("exceptions", reasons(&exceptions))
            .with("credit", record)
            .with("lines", Value::List(objects.collect()))
            .with("sources", self.sources_of(&steps, &[plan.products, plan.stock], &plan.lines));
        self.made(&plan.selection, Node::of(&check, None));
    }

    fn line_facts(&self, plan: &OrderCheckPlan, line: &OrderedLine) -> LineFacts {
        let product = self.row_of(plan.products, line);
        let stock = self.row_of(plan.stock, line);
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
    fn row_of(&self, step: Option<StepId>, line: &OrderedLine) -> Fact<Option<Arc<Record>>> {
        let Some(step) = step else { return Ok(None) };
        match self.gathered.look(self.plan, step, Some(&keyed(line))) {
            Looked::Outcome(Outcome::Found(page, _)) => Ok(page.rows.first().cloned()),
            Looked::Outcome(Outcome::Absent(_)) | Looked::NoKey => Ok(None),
            Looked::Outcome(Outcome::Failed(failure)) => Err(Reason::from_failure(failure)),
            Looked::Failed(failure) => Err(Reason::from_failure(&failure)),
        }
    }
}

/// A line by which its rows are found.
pub(super) fn keyed(line: &OrderedLine) -> Record {
    Record::new(expect_object("OrderCheckLine")).with("sku", Value::Text(Arc::clone(&line.sku)))
}

fn line_record(ordered: &OrderedLine, line: &Line) -> Record {
    keyed(ordered)
        .with("available", line.available.map_or(Value::Null, Value::Decimal))
        .with("listPrice", money(line.list_price))
        .with("exceptions", reasons(&line.exceptions))
}
