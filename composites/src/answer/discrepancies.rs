//! Holds the systems' records of one customer against each other.

use std::sync::Arc;

use portico_contracts::canonical::{Failure, Provenance, Record, Value};
use portico_contracts::model::expect_object;

use super::complete;
use super::write::Writer;
use crate::answers::discrepancies::{COMPARED, Said, disagree};
use crate::ask::Outcome;
use crate::gather::Looked;
use crate::plan::DiscrepancyPlan;

type Known = (Arc<Record>, Arc<Provenance>);

impl<'a> Writer<'a> {
    pub(super) fn discrepancies(&mut self, plan: &'a DiscrepancyPlan, parent: &Record) {
        let (known, failures) = self.records(plan, parent);
        // What a system that did not answer would have said is not known; what the others say still is.
        for failure in &failures {
            self.fail(failure);
        }
        let found: Vec<Value> = COMPARED.iter().filter_map(|field| self.compare(field, &known)).collect();
        if found.is_empty() && !failures.is_empty() {
            return self.nothing();
        }
        self.several(&found, &plan.selection);
    }

    fn records(&self, plan: &DiscrepancyPlan, parent: &Record) -> (Vec<Known>, Vec<Arc<Failure>>) {
        let mut known = Vec::new();
        let mut failures: Vec<Arc<Failure>> = Vec::new();
        for step in &plan.records {
            // Of several systems of one role each has its say.
            for looked in self.gathered.each(self.plan, *step, Some(parent)) {
                let failure = match looked {
                    Looked::Outcome(Outcome::Found(page, from)) => {
                        known.extend(page.rows.first().map(|row| (Arc::clone(row), Arc::clone(&from))));
                        continue;
                    }
                    Looked::Outcome(Outcome::Absent(_)) | Looked::NoKey => continue,
                    Looked::Outcome(Outcome::Failed(failure)) | Looked::Failed(failure) => failure,
                };
                if !failures.contains(&failure) {
                    failures.push(failure);
                }
            }
        }
        (known, failures)
    }

    fn compare(&self, field: &str, known: &[Known]) -> Option<Value> {
        let says = |(at, (record, _)): (usize, &'_ Known)| Some((at, record.get(field).as_text()?.to_owned()));
        let mut said: Vec<(usize, String)> = Vec::new();
        for (at, value) in known.iter().enumerate().filter_map(says) {
            // One row may be read as two entities: what it says, it says once.
            let again = said.iter().any(|(other, said)| known[*other].1.system == known[at].1.system && *said == value);
            said.extend((!again).then_some((at, value)));
        }
        let values: Vec<Said<'_>> = said.iter().map(|(at, value)| (*at, value.as_str())).collect();
        if !disagree(&values) {
            return None;
        }
        let values = values.iter().map(|(at, value)| {
            let source = complete::source(&known[*at].1, self.now);
            let record = Record::new(expect_object("DiscrepancyValue"))
                .with("value", Value::text(value))
                .with("source", Value::Object(Arc::new(source)));
            Value::Object(Arc::new(record))
        });
        let record = Record::new(expect_object("Discrepancy"))
            .with("field", Value::text(field))
            .with("values", Value::List(values.collect()));
        Some(Value::Object(Arc::new(record)))
    }
}
