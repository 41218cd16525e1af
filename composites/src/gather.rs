//! Asks the systems what the plan says, as early as each question can be asked.
//!
//! A step runs as soon as the steps that bring its keys are done; steps that become ready together and ask the same
//! of the same system go as one batch. Nothing waits for a slow system but what needs its answer, and nothing waits
//! longer than the request's deadline.

pub(crate) mod cursor;
mod merge;
mod restricted;
mod several;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use indexmap::IndexSet;
use portico_contracts::canonical::{CacheState, Failure, Provenance, Record, Value};
use portico_contracts::model::ObjectType;
use portico_contracts::problem::Code;
use portico_contracts::tenancy::Customers;

use crate::ask::{Call, Key, Outcome, Page, Upstream};
use crate::fresh::Cache;
use crate::plan::{KeyExpr, Plan, Step, StepId};
use restricted::Restricted;

/// No step asks for more keys than this; what is beyond fails by itself.
const MOST_KEYS: usize = 1_000;

/// The customers whose data the caller may see; all where absent.
pub(crate) type Restriction = Option<Arc<Customers>>;

/// What came of every step.
#[derive(Debug)]
pub(crate) struct Gathered {
    steps: Vec<HashMap<Key, Outcome>>,
}

/// What a relation finds when the answer is written.
#[derive(Debug)]
pub(crate) enum Looked {
    /// The step's outcome for the key.
    Outcome(Outcome),
    /// The object has no key, so there is nothing to find.
    NoKey,
    /// The key could not be had.
    Failed(Arc<Failure>),
}

struct Batch {
    members: Vec<(StepId, Vec<Key>)>,
    keys: Vec<Key>,
    outcomes: Vec<Outcome>,
}

/// Runs the plan.
pub(crate) async fn gather(plan: &Plan, cache: &Cache, call: &Call, restriction: &Restriction) -> Gathered {
    let mut gathered = Gathered { steps: plan.steps.iter().map(|_| HashMap::new()).collect() };
    let mut waiting: BTreeSet<StepId> = (0..plan.steps.len()).collect();
    let mut done = vec![false; plan.steps.len()];
    let mut running = FuturesUnordered::new();
    loop {
        while let Some(ready) = next_ready(plan, &mut waiting, &done) {
            for (members, keys) in batches(plan, &gathered, &ready, restriction, &mut done) {
                running.push(ask(plan, cache, call, restriction, members, keys));
            }
        }
        if running.is_empty() {
            return gathered;
        }
        match tokio::time::timeout_at(call.deadline, running.next()).await {
            Ok(Some(batch)) => keep(&mut gathered, batch, &mut done),
            Ok(None) => {}
            Err(_) => return gathered,
        }
    }
}

/// The waiting steps whose sources are done; none when nothing can be started now.
fn next_ready(plan: &Plan, waiting: &mut BTreeSet<StepId>, done: &[bool]) -> Option<Vec<StepId>> {
    let is_ready = |id: &StepId| plan.steps[*id].waits_for().all(|source| done[source]);
    let ready: Vec<StepId> = waiting.iter().copied().filter(is_ready).collect();
    waiting.retain(|id| !ready.contains(id));
    (!ready.is_empty()).then_some(ready)
}

type Members = Vec<(StepId, Vec<Key>)>;

/// Steps that ask the same of the same system become one batch. Steps without keys are done at once.
fn batches(
    plan: &Plan,
    gathered: &Gathered,
    ready: &[StepId],
    restriction: &Restriction,
    done: &mut [bool],
) -> Vec<(Members, Vec<Key>)> {
    let mut batches: Vec<(Members, IndexSet<Key>)> = Vec::new();
    for &id in ready {
        let keys = gathered.keys_of(plan, &plan.steps[id]);
        if keys.is_empty() {
            done[id] = true;
            continue;
        }
        let joins = |(members, _): &&mut (Members, IndexSet<Key>)| {
            let (one, other) = (&plan.steps[members[0].0], &plan.steps[id]);
            // Where it matters whether a key was given or came from a row, the two are not asked as one.
            together(one, other) && (restriction.is_none() || one.inherits() == other.inherits())
        };
        match batches.iter_mut().find(joins) {
            Some((members, all)) => {
                all.extend(keys.iter().cloned());
                members.push((id, keys));
            }
            None => batches.push((vec![(id, keys.clone())], keys.into_iter().collect())),
        }
    }
    batches.into_iter().map(|(members, keys)| (members, keys.into_iter().collect())).collect()
}

fn together(one: &Step, other: &Step) -> bool {
    Arc::ptr_eq(&one.upstream, &other.upstream) && one.ask == other.ask && one.wish == other.wish
}

async fn ask(
    plan: &Plan,
    cache: &Cache,
    call: &Call,
    restriction: &Restriction,
    members: Members,
    keys: Vec<Key>,
) -> Batch {
    let step = &plan.steps[members[0].0];
    let asked = keys.len().min(MOST_KEYS);
    let seen = restriction.as_ref().map(|customers| as_seen_by(customers, plan, &members));
    let upstream = seen.as_ref().unwrap_or(&step.upstream);
    let mut outcomes = cache.get(upstream, &step.ask, &keys[..asked], &step.wish, call).await;
    if asked < keys.len() {
        let message = format!("More than {MOST_KEYS} keys of one kind were needed.");
        let failure = Failure::new(Code::TooManyRows, message).of_system(step.upstream.id(), step.upstream.role());
        outcomes.resize(keys.len(), Outcome::Failed(Arc::new(failure)));
    }
    Batch { members, keys, outcomes }
}

/// A system as a caller sees it that may see these customers only.
fn as_seen_by(customers: &Arc<Customers>, plan: &Plan, members: &Members) -> Arc<dyn Upstream> {
    let inherited = members.iter().all(|(id, _)| plan.steps[*id].inherits());
    Arc::new(Restricted::new(&plan.steps[members[0].0].upstream, customers, inherited))
}

fn keep(gathered: &mut Gathered, batch: Batch, done: &mut [bool]) {
    let by_key: HashMap<Key, Outcome> = batch.keys.into_iter().zip(batch.outcomes).collect();
    for (id, keys) in batch.members {
        let own = keys.into_iter().filter_map(|key| by_key.get(&key).cloned().map(|outcome| (key, outcome)));
        gathered.steps[id] = own.collect();
        done[id] = true;
    }
}

impl Gathered {
    /// The keys that a step asks for, from what earlier steps brought.
    fn keys_of(&self, plan: &Plan, step: &Step) -> Vec<Key> {
        if step.several.is_some() {
            return Vec::new();
        }
        // A key that a row told goes to the systems that this row's system leaves it to.
        let taken = |key: &Key, row: Option<&Record>| {
            step.lane.as_ref().is_none_or(|lane| lane.takes(key, row.and_then(|row| row.origin.as_ref())))
        };
        let all: IndexSet<Key> = match (&step.key, step.within) {
            (KeyExpr::Given(key), _) => [key.clone()].into(),
            (KeyExpr::OneOf(keys, _), _) => keys.iter().filter(|key| taken(key, None)).cloned().collect(),
            (KeyExpr::Via(source, ordinal), _) => self.values(plan, *source, *ordinal, taken),
            (KeyExpr::Parent(ordinal), Some(source)) => self.values(plan, source, *ordinal, taken),
            (KeyExpr::Parent(_), None) => IndexSet::new(),
        };
        let found_elsewhere = |key: &Key| step.unless.is_some_and(|other| self.is_found(plan, other, key));
        debug_assert!(step.unless.is_none_or(|other| plan.steps[other].key == step.key));
        all.into_iter().filter(|key| !found_elsewhere(key)).collect()
    }

    fn is_found(&self, plan: &Plan, step: StepId, key: &Key) -> bool {
        let found = |step: StepId| matches!(self.steps[step].get(key), Some(Outcome::Found(..)));
        plan.steps[step]
            .several
            .as_ref()
            .map_or_else(|| found(step), |several| several.parts.iter().any(|part| found(*part)))
    }

    /// The values of a field of all rows that a step brought and whose key is wanted.
    fn values(
        &self,
        plan: &Plan,
        source: StepId,
        ordinal: usize,
        wanted: impl Fn(&Key, Option<&Record>) -> bool,
    ) -> IndexSet<Key> {
        let several = plan.steps[source].several.as_ref();
        let brought = several.map_or(std::slice::from_ref(&source), |several| several.parts.as_slice());
        let mut values = IndexSet::new();
        for step in brought {
            for outcome in self.steps[*step].values() {
                let Outcome::Found(page, _) = outcome else { continue };
                if !plan.steps[*step].many && page.rows.len() > 1 {
                    // Nobody knows which of them is meant, so nothing is asked about any.
                    continue;
                }
                let keys = page.rows.iter().filter_map(|row| Some((key_of(row.at(ordinal))?, row)));
                values.extend(keys.filter(|(key, row)| wanted(key, Some(row.as_ref()))).map(|(key, _)| key));
            }
        }
        values
    }

    /// What a step found for one object of the answer. `parent` is the record that the relation stands on.
    pub(crate) fn look(&self, plan: &Plan, step: StepId, parent: Option<&Record>) -> Looked {
        let asked = &plan.steps[step];
        if asked.several.is_some() {
            return self.look_at_all(plan, step, parent, None);
        }
        let key = match &asked.lane {
            Some(lane) => self.key_in_lane(plan, asked, lane, parent),
            None => self.key(plan, &asked.key, parent),
        };
        match key {
            Ok(Some(key)) => match self.steps[step].get(&key) {
                Some(Outcome::Found(page, from)) if !asked.many && page.rows.len() > 1 => {
                    Looked::Failed(twice(asked, page, from))
                }
                Some(outcome) => Looked::Outcome(outcome.clone()),
                None => Looked::Failed(Arc::new(self.never_asked(asked))),
            },
            Ok(None) => Looked::NoKey,
            Err(failure) => Looked::Failed(failure),
        }
    }

    /// A step that did not come to its turn before the deadline.
    fn never_asked(&self, step: &Step) -> Failure {
        let message = format!("{} could not be asked before the request's time was used up.", step.upstream.id());
        Failure::new(Code::DeadlineExceeded, message).of_system(step.upstream.id(), step.upstream.role())
    }

    /// The key of a step, seen from one object.
    pub(crate) fn key(
        &self,
        plan: &Plan,
        expr: &KeyExpr,
        parent: Option<&Record>,
    ) -> Result<Option<Key>, Arc<Failure>> {
        match expr {
            KeyExpr::Given(key) => Ok(Some(key.clone())),
            KeyExpr::Parent(ordinal) | KeyExpr::OneOf(_, ordinal) => match parent.map(|record| record.at(*ordinal)) {
                Some(Value::Failed(failure)) => Err(Arc::clone(failure)),
                Some(value) => Ok(key_of(value)),
                None => Ok(None),
            },
            KeyExpr::Via(source, ordinal) if plan.steps[*source].several.is_some() => {
                let told = self.told_by_all(plan, *source, *ordinal, parent)?;
                several::agreed(&plan.steps[*source], told).map(|told| told.map(|(key, _)| key))
            }
            KeyExpr::Via(source, ordinal) => match self.look(plan, *source, parent) {
                Looked::Outcome(Outcome::Found(page, from)) => one_of(&page, *ordinal, &from),
                Looked::Outcome(Outcome::Absent(_)) | Looked::NoKey => Ok(None),
                Looked::Outcome(Outcome::Failed(failure)) | Looked::Failed(failure) => Err(failure),
            },
        }
    }

    /// Every outcome with its system, for the figures of the answer.
    pub(crate) fn all<'g>(&'g self, plan: &'g Plan) -> impl Iterator<Item = (&'g Step, &'g Outcome)> {
        plan.steps
            .iter()
            .zip(&self.steps)
            .flat_map(|(step, outcomes)| outcomes.values().map(move |outcome| (step, outcome)))
    }
}

/// The one value of the rows' field; an error where they disagree, or where it cannot be read.
fn one_of(page: &Page, ordinal: usize, from: &Provenance) -> Result<Option<Key>, Arc<Failure>> {
    let mut values = page.rows.iter().filter_map(|row| key_of(row.at(ordinal)));
    let Some(first) = values.next() else {
        let unreadable = page.rows.iter().find_map(|row| match row.at(ordinal) {
            Value::Failed(failure) => Some(Arc::clone(failure)),
            _ => None,
        });
        return unreadable.map_or(Ok(None), Err);
    };
    if values.all(|other| other == first) {
        return Ok(Some(first));
    }
    let distinct: IndexSet<Key> = page.rows.iter().filter_map(|row| key_of(row.at(ordinal))).collect();
    let message = format!("{} knows {} customers by this key.", from.system, distinct.len());
    Err(Arc::new(Failure::new(Code::Ambiguous, message).of_system(&from.system, from.role)))
}

/// One key names one thing; a system that has several by it does not say which is meant, and we do not choose.
fn twice(step: &Step, page: &Page, from: &Provenance) -> Arc<Failure> {
    let least = if page.more { "at least " } else { "" };
    let (system, count, entity, by) = (&from.system, page.rows.len(), in_words(step.ask.entity), step.ask.by);
    let message =
        format!("{system} has {least}{count} {entity} by this {by}; a key that is unique tells which is meant.");
    Arc::new(Failure::new(Code::Ambiguous, message).of_system(system, from.role))
}

/// What rows of an entity are called.
fn in_words(entity: &ObjectType) -> &'static str {
    match entity.name {
        "Customer" | "BillingCustomer" => "customers",
        "Account" => "accounts",
        "SupportOrganization" => "organizations",
        "Receivables" => "customers with figures",
        "Order" => "orders",
        "Invoice" => "invoices",
        "Product" | "ProductAvailability" => "products",
        "Asset" => "assets",
        "Case" => "cases",
        "Contact" | "Requester" => "contacts",
        _ => "rows",
    }
}

fn key_of(value: &Value) -> Option<Key> {
    match value {
        Value::Text(text) if !text.is_empty() => Some(Arc::clone(text)),
        Value::Int(number) => Some(Key::from(number.to_string())),
        _ => None,
    }
}

/// Whether a value was kept from before this request.
pub(crate) fn from_cache(state: CacheState) -> bool {
    !matches!(state, CacheState::Fetched)
}
