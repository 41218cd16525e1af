//! What several systems told, seen from one object of the answer.

use std::sync::Arc;

use portico_contracts::canonical::{Failure, Record, Value};
use portico_contracts::problem::Code;
use portico_contracts::tenancy::SystemId;

use super::merge::{Part, merge};
use super::{Gathered, Looked, in_words, key_of};
use crate::ask::{Key, Outcome};
use crate::estate::Rule;
use crate::plan::{KeyExpr, Lane, Plan, Step, StepId};

/// A value with the system whose row told it.
pub(super) type Told = (Key, Option<SystemId>);

impl Gathered {
    /// What all of a step's systems found, or only one of them.
    pub(super) fn look_at_all(
        &self,
        plan: &Plan,
        step: StepId,
        parent: Option<&Record>,
        only: Option<&SystemId>,
    ) -> Looked {
        let asked = &plan.steps[step];
        let Some(several) = &asked.several else { return self.look(plan, step, parent) };
        let wanted =
            several.parts.iter().filter(|part| only.is_none_or(|only| plan.steps[**part].upstream.id() == only));
        let parts = wanted.map(|part| Part::of(&plan.steps[*part], self.look(plan, *part, parent))).collect();
        let unable = if only.is_none() { several.unable.as_slice() } else { &[] };
        merge(asked, parts, unable)
    }

    /// What a step found in the system that another record came from.
    pub(crate) fn look_in(&self, plan: &Plan, step: StepId, parent: Option<&Record>, of: &SystemId) -> Looked {
        match &plan.steps[step].several {
            Some(_) => self.look_at_all(plan, step, parent, Some(of)),
            None if plan.steps[step].lane.is_some() && plan.steps[step].upstream.id() != of => Looked::NoKey,
            None => self.look(plan, step, parent),
        }
    }

    /// Whether a step asks this system.
    pub(crate) fn asks(&self, plan: &Plan, step: StepId, system: &SystemId) -> bool {
        let of = |step: StepId| plan.steps[step].upstream.id() == system;
        match &plan.steps[step].several {
            Some(several) => several.parts.iter().any(|part| of(*part)),
            None => plan.steps[step].lane.is_none() || of(step),
        }
    }

    /// What each of a step's systems found by itself.
    pub(crate) fn each(&self, plan: &Plan, step: StepId, parent: Option<&Record>) -> Vec<Looked> {
        let Some(several) = &plan.steps[step].several else { return vec![self.look(plan, step, parent)] };
        let unable = several.unable.iter().map(|failure| Looked::Failed(Arc::clone(failure)));
        several.parts.iter().map(|part| self.look(plan, *part, parent)).chain(unable).collect()
    }

    /// The key by which one of several systems is asked; none where it is not.
    pub(super) fn key_in_lane(
        &self,
        plan: &Plan,
        step: &Step,
        lane: &Lane,
        parent: Option<&Record>,
    ) -> Result<Option<Key>, Arc<Failure>> {
        let own = step.upstream.id();
        let told = match &step.key {
            KeyExpr::Via(source, ordinal) => {
                let mut told = self.told_by_all(plan, *source, *ordinal, parent)?;
                match lane.rule {
                    Rule::Own => told.retain(|(_, origin)| origin.as_ref() == Some(own)),
                    Rule::Others if told.iter().any(|(_, origin)| origin.as_ref() == Some(own)) => told.clear(),
                    _ => {}
                }
                agreed(&plan.steps[*source], told)?
            }
            other => {
                let origin = match other {
                    KeyExpr::Parent(_) => parent.and_then(|record| record.origin.clone()),
                    // A line of a decision may know where it belongs.
                    KeyExpr::OneOf(..) => parent.and_then(|record| record.origin.clone()),
                    _ => None,
                };
                if matches!(other, KeyExpr::OneOf(..)) && origin.as_ref().is_some_and(|origin| origin != own) {
                    return Ok(None);
                }
                self.key(plan, other, parent)?.map(|key| (key, origin))
            }
        };
        Ok(told.filter(|(key, origin)| lane.takes(key, origin.as_ref())).map(|(key, _)| key))
    }

    /// The values of a field of what all of a step's systems found. An error where nothing is known because one failed.
    /// Where the primary system knows the thing, only its word counts.
    pub(super) fn told_by_all(
        &self,
        plan: &Plan,
        source: StepId,
        ordinal: usize,
        parent: Option<&Record>,
    ) -> Result<Vec<Told>, Arc<Failure>> {
        let parts = plan.steps[source].several.as_ref().map_or(vec![source], |several| several.parts.clone());
        let (mut all, mut of_primary, mut failed) = (Vec::new(), Vec::new(), None);
        for part in parts {
            let step = &plan.steps[part];
            let page = match self.look(plan, part, parent) {
                Looked::Outcome(Outcome::Found(page, _)) => page,
                Looked::Outcome(Outcome::Absent(_)) | Looked::NoKey => continue,
                Looked::Outcome(Outcome::Failed(failure)) | Looked::Failed(failure) => {
                    if failure.code != Code::KeyRefused {
                        failed.get_or_insert(failure);
                    }
                    continue;
                }
            };
            for row in &page.rows {
                match row.at(ordinal) {
                    Value::Failed(failure) => drop(failed.get_or_insert_with(|| Arc::clone(failure))),
                    value => {
                        let told = key_of(value)
                            .map(|key| (key, row.origin.clone().or_else(|| Some(step.upstream.id().clone()))));
                        if step.upstream.share().primary {
                            of_primary.extend(told);
                        } else {
                            all.extend(told);
                        }
                    }
                }
            }
        }
        let told = if of_primary.is_empty() { all } else { of_primary };
        match failed {
            Some(failure) if told.is_empty() || failure.code == Code::Ambiguous => Err(failure),
            _ => Ok(told),
        }
    }
}

/// The one value that all tell; an error where they disagree.
pub(super) fn agreed(source: &Step, told: Vec<Told>) -> Result<Option<Told>, Arc<Failure>> {
    let Some((first, _)) = told.first() else { return Ok(None) };
    if told.iter().all(|(other, _)| other == first) {
        return Ok(told.into_iter().next());
    }
    let mut systems: Vec<&SystemId> = told.iter().filter_map(|(_, origin)| origin.as_ref()).collect();
    systems.dedup();
    Err(several_know(source, &systems))
}

/// Several systems have what one key names.
pub(super) fn several_know(step: &Step, systems: &[&SystemId]) -> Arc<Failure> {
    let names: Vec<&str> = systems.iter().map(|system| system.as_str()).collect();
    let (names, entity, by) = (names.join(" and "), in_words(step.ask.entity), step.ask.by);
    let message = format!(
        "{names} have different {entity} by this {by}; name one of the systems primary, or use a key that only one of them has."
    );
    let failure = Failure::new(Code::Ambiguous, message);
    Arc::new(match systems {
        [only] => failure.of_system(only, step.upstream.role()),
        _ => Failure { role: Some(step.upstream.role()), ..failure },
    })
}
