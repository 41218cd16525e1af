//! The joined customer: one view over what each system knows.

use std::sync::Arc;

use portico_contracts::canonical::{Failure, Provenance, Record, Value};
use portico_contracts::model::expect_object;
use portico_contracts::problem::Code;

use super::write::{Node, Writer};
use crate::ask::Outcome;
use crate::gather::Looked;
use crate::plan::{CustomerPlan, StepId};

/// What one system says about whether it knows the customer.
enum Known {
    /// It does; and which others of its role could not be asked whether they do too.
    Yes(Arc<Record>, Arc<Provenance>, Vec<Arc<Failure>>),
    No(Arc<Provenance>),
    Failed(Arc<Failure>),
    /// Nobody has told by what it would know the customer.
    NoName,
    NotAsked,
}

/// The customer and where its name came from; or why there is none, where that is known.
type Joined = Result<(Record, Option<Arc<Provenance>>), Option<Arc<Failure>>>;

impl<'a> Writer<'a> {
    pub(super) fn customer(&mut self, plan: &'a CustomerPlan, parent: &Record) {
        if let Some(number) = self.known_number(plan, parent) {
            return match number {
                Ok(Some(record)) => {
                    let node = Node { record: &record, keyed: parent, from: None, beside: None };
                    self.made(&plan.selection, node);
                }
                Ok(None) => self.nothing(),
                Err(failure) => self.refuse(&failure),
            };
        }
        let erp = self.known(plan.erp, parent);
        let account = self.known(plan.account, parent);
        let anchor = self.known(plan.anchor, parent);
        let beside: Vec<Known> = plan.beside.iter().map(|step| self.known(Some(*step), parent)).collect();
        let leads = self.known(plan.leads, parent);
        for known in [&erp, &anchor] {
            let missing = if let Known::Yes(_, _, missing) = known { missing.as_slice() } else { &[] };
            missing.iter().for_each(|failure| self.fail(failure));
        }
        match join(&erp, &account, [&anchor, &leads], &beside) {
            Ok((record, from)) => {
                for (step, known) in [(plan.erp, &erp), (plan.account, &account)] {
                    let unknown = matches!(known, Known::No(_) | Known::NoName);
                    step.filter(|_| unknown).into_iter().for_each(|step| self.not_known_to(step, 0));
                }
                let node = Node { record: &record, keyed: parent, from: from.as_deref(), beside: None };
                self.made(&plan.selection, node);
            }
            Err(Some(failure)) => self.refuse(&failure),
            Err(None) => self.nothing(),
        }
    }

    /// Where nothing but the number and relations is chosen, no system has to confirm the customer.
    fn known_number(&self, plan: &CustomerPlan, parent: &Record) -> Option<Result<Option<Record>, Arc<Failure>>> {
        if plan.erp.is_some() || plan.account.is_some() || plan.anchor.is_some() {
            return None;
        }
        let number = plan.number.as_ref().map_or(Ok(None), |key| self.gathered.key(self.plan, key, Some(parent)));
        Some(number.map(|number| {
            number.map(|number| Record::new(expect_object("Customer")).with("number", Value::Text(number)))
        }))
    }

    fn known(&self, step: Option<StepId>, parent: &Record) -> Known {
        let Some(step) = step else { return Known::NotAsked };
        match self.gathered.look(self.plan, step, Some(parent)) {
            Looked::Outcome(Outcome::Found(page, from)) => match page.rows.first() {
                Some(row) => Known::Yes(Arc::clone(row), from, page.missing.clone()),
                None => Known::No(from),
            },
            Looked::Outcome(Outcome::Absent(from)) => Known::No(from),
            Looked::Outcome(Outcome::Failed(failure)) => Known::Failed(failure),
            Looked::Failed(failure) if failure.code == Code::DeadlineExceeded => Known::NotAsked,
            Looked::Failed(failure) => Known::Failed(failure),
            Looked::NoKey => Known::NoName,
        }
    }
}

/// The ERP's words where it knows the customer, else the CRM's, else anybody's. An error where nobody does.
fn join(erp: &Known, account: &Known, [anchor, leads]: [&Known; 2], beside: &[Known]) -> Joined {
    if let Known::Yes(record, from, _) = erp {
        return Ok((record.to_owned_record(), Some(Arc::clone(from))));
    }
    // Known twice, it is not the one whom another system happens to know.
    let asked = [Some(erp), Some(anchor), Some(leads), Some(account).filter(|_| !matches!(erp, Known::Failed(_)))];
    if let Some(failure) = asked.into_iter().flatten().find_map(ambiguous) {
        return Err(Some(failure));
    }
    for known in [account, anchor].into_iter().chain(beside) {
        if let Known::Yes(record, from, _) = known {
            return Ok((told_by(record, erp), Some(Arc::clone(from))));
        }
    }
    let all = || [anchor, leads, erp, account].into_iter().chain(beside);
    if let Some(failure) = all().find_map(|known| if let Known::Failed(failure) = known { Some(failure) } else { None })
    {
        return unconfirmed(failure, anchor);
    }
    let absent = all().find_map(|known| if let Known::No(from) = known { Some(from) } else { None });
    // A person whom nothing leads on from is nobody's.
    let absent = absent.or(if let Known::Yes(_, from, _) = leads { Some(from) } else { None });
    Err(absent.map(|from| {
        let failure = Failure::new(Code::NotFound, format!("{} knows no customer by this key.", from.system));
        Arc::new(failure.of_system(&from.system, from.role))
    }))
}

fn ambiguous(known: &Known) -> Option<Arc<Failure>> {
    match known {
        Known::Failed(failure) if failure.code == Code::Ambiguous => Some(Arc::clone(failure)),
        _ => None,
    }
}

/// The customer in the words of another system than the ERP.
fn told_by(record: &Record, erp: &Known) -> Record {
    let number = match erp {
        // The ERP does not know it, so it has no number, whatever another system remembers.
        Known::No(_) => Value::Null,
        _ => record.get("customerNumber").clone(),
    };
    let name = match (record.get("name"), erp) {
        (Value::Null, Known::Failed(failure)) => Value::Failed(Arc::clone(failure)),
        (name, _) => name.clone(),
    };
    Record::new(expect_object("Customer")).with("number", number).with("name", name)
}

/// It may well exist: what other systems say of it still stands beside the error.
fn unconfirmed(failure: &Arc<Failure>, anchor: &Known) -> Joined {
    if matches!(anchor, Known::Failed(_)) {
        return Err(Some(Arc::clone(failure)));
    }
    let failed = || Value::Failed(Arc::clone(failure));
    Ok((Record::new(expect_object("Customer")).with("number", failed()).with("name", failed()), None))
}
