//! Steps for what several systems of a tenant have: one for each that may be asked, and one that joins them.
//!
//! A tenant with one system of each role has none of these.

use std::sync::Arc;

use portico_contracts::canonical::Failure;
use portico_contracts::model::{ObjectType, expect_object};
use portico_contracts::problem::Code;

use super::build::{Builder, Lookup};
use super::{KeyExpr, Lane, Several, Step, StepId};
use crate::ask::{LINKS, Upstream};
use crate::estate::{KeyKind, Owners, Rule};
use crate::gather::cursor;

/// How each of several systems can be asked.
pub(super) struct Asked<'a> {
    owners: &'a Arc<Owners>,
    ways: Vec<(usize, Lookup, Rule)>,
    /// Systems that cannot.
    unable: Vec<usize>,
}

impl<'a> Asked<'a> {
    pub(super) fn of(owners: &'a Arc<Owners>) -> Self {
        Asked { owners, ways: Vec::new(), unable: Vec::new() }
    }

    /// In which ways the system at this place can be asked; none where it cannot.
    pub(super) fn add(&mut self, at: usize, ways: Vec<(Lookup, Rule)>) {
        if ways.is_empty() {
            self.unable.push(at);
        }
        self.ways.extend(ways.into_iter().map(|(lookup, rule)| (at, lookup, rule)));
    }
}

impl<'a> Builder<'a> {
    /// The step that asks the only owner of an entity. An id it is asked for where rows tell it that speak in the same
    /// ids; of several systems' rows for its own alone.
    pub(super) fn step_at_lone(
        &mut self,
        owners: &Arc<Owners>,
        lone: &Arc<dyn Upstream>,
        lookup: Lookup,
    ) -> Option<StepId> {
        let source = match lookup.key {
            KeyExpr::Via(source, _) => Some(source),
            KeyExpr::Parent(_) => lookup.within,
            KeyExpr::Given(_) | KeyExpr::OneOf(..) => None,
        };
        let (Some(source), Some(of)) = (source, id_of(&lookup)) else { return self.step_at(lone, lookup, None) };
        let tellers = self.tellers(source);
        if tellers.iter().all(|teller| self.share_ids(teller, lone, of)) {
            return self.step_at(lone, lookup, None);
        }
        tellers.iter().find(|teller| teller.id() == lone.id())?;
        let lane = self.lane(owners, 0, Rule::Own, &lookup);
        self.step_at(lone, lookup, Some(lane))
    }

    /// The systems whose rows a step brings.
    pub(super) fn tellers(&self, step: StepId) -> Vec<Arc<dyn Upstream>> {
        self.leaves(step).into_iter().map(|leaf| Arc::clone(&self.steps[leaf].upstream)).collect()
    }

    /// Whether an id of an entity means the same to two systems.
    pub(super) fn share_ids(
        &self,
        one: &Arc<dyn Upstream>,
        other: &Arc<dyn Upstream>,
        of: &'static ObjectType,
    ) -> bool {
        let giver = self.estate.giver(one, of);
        giver.is_some() && giver == self.estate.giver(other, of)
    }

    /// The same question to each of several systems.
    pub(super) fn step_at_each(&mut self, owners: &'a Arc<Owners>, lookup: &Lookup) -> Option<StepId> {
        let rule = match lookup.key {
            KeyExpr::Given(_) | KeyExpr::OneOf(..) => Rule::Fitting,
            KeyExpr::Parent(_) | KeyExpr::Via(..) if id_of(lookup).is_some() => Rule::Own,
            KeyExpr::Parent(_) => Rule::Referred,
            KeyExpr::Via(..) => Rule::Fitting,
        };
        let mut asked = Asked::of(owners);
        for at in 0..owners.members().len() {
            asked.add(at, vec![(lookup.clone(), rule)]);
        }
        self.joined(asked)
    }

    /// The steps, and the one that joins them. Where only one system is left, because the key's pattern says so or no
    /// other one can be asked, it is that step.
    pub(super) fn joined(&mut self, asked: Asked<'a>) -> Option<StepId> {
        let Asked { owners, ways, unable } = asked;
        let fits = |(at, lookup, rule): &(usize, Lookup, Rule)| self.may_take(owners, *at, *rule, lookup);
        let (ways, mut unable): (Vec<_>, Vec<_>) = (ways.into_iter().filter(fits).collect(), unable);
        let can = |(at, lookup, _): &(usize, Lookup, Rule)| {
            owners.members().get(*at).is_some_and(|member| member.supports(lookup.record, lookup.by).is_some())
        };
        let (ways, others): (Vec<_>, Vec<_>) = ways.into_iter().partition(can);
        unable.extend(others.iter().map(|(at, ..)| *at).filter(|at| !ways.iter().any(|(able, ..)| able == at)));
        let (_, first, _) = ways.first()?.clone();
        let many = first.many;
        let alone = ways.len() == 1 && unable.is_empty();
        let mut parts = Vec::with_capacity(ways.len());
        for (at, mut lookup, rule) in ways {
            let Some(member) = owners.members().get(at) else { continue };
            if let (Some(after), false) = (&lookup.narrow.after, alone) {
                lookup.narrow.after = cursor::of_system(after, member.id());
            }
            let lane = self.lane(owners, at, rule, &lookup);
            parts.extend(self.step_at(member, lookup, Some(lane)));
        }
        if alone {
            return parts.first().copied();
        }
        let unable = unable.into_iter().filter_map(|at| Some(cannot(owners.members().get(at)?, &first)));
        self.head(parts, unable.collect(), first, many)
    }

    /// Whether a system may be asked, as far as is known before any is: keys that are given may fit somebody else's
    /// pattern, and what its own rows cannot refer to is not asked of it.
    fn may_take(&self, owners: &Owners, at: usize, rule: Rule, lookup: &Lookup) -> bool {
        let kind = KeyKind::of(lookup.record.name, lookup.by);
        let source = match (&lookup.key, lookup.within) {
            (KeyExpr::Given(key), _) => return owners.takes(at, rule, kind, key, None),
            (KeyExpr::OneOf(keys, _), _) => return keys.iter().any(|key| owners.takes(at, rule, kind, key, None)),
            (KeyExpr::Via(source, _), _) => *source,
            (KeyExpr::Parent(_), Some(source)) => source,
            (KeyExpr::Parent(_), None) => return true,
        };
        let tells = |step: &StepId| owners.may_take(at, rule, self.steps[*step].upstream.id());
        self.leaves(source).iter().any(tells)
    }

    pub(super) fn lane(&self, owners: &Arc<Owners>, at: usize, rule: Rule, lookup: &Lookup) -> Lane {
        Lane { owners: Arc::clone(owners), at, rule, kind: KeyKind::of(lookup.record.name, lookup.by) }
    }

    fn head(&mut self, parts: Vec<StepId>, unable: Vec<Arc<Failure>>, as_asked: Lookup, many: bool) -> Option<StepId> {
        let same = |step: &Step| {
            let several = step.several.as_ref();
            step.many == many && several.is_some_and(|several| several.parts == parts && several.unable == unable)
        };
        if let Some(known) = self.steps.iter().position(same) {
            return Some(known);
        }
        let first = &self.steps[*parts.first()?];
        let mut ask = first.ask.clone();
        ask.narrow.after = as_asked.narrow.after;
        let step = Step {
            ask,
            upstream: Arc::clone(&first.upstream),
            key: first.key.clone(),
            within: first.within,
            unless: None,
            wish: first.wish,
            keys: 0,
            rows: parts.iter().map(|part| self.steps[*part].rows).fold(0, u64::saturating_add),
            many,
            lane: None,
            several: Some(Box::new(Several { parts, unable })),
        };
        self.steps.push(step);
        Some(self.steps.len() - 1)
    }

    /// The steps that are really asked for what a step brings.
    pub(super) fn leaves(&self, step: StepId) -> Vec<StepId> {
        self.steps[step].several.as_ref().map_or_else(|| vec![step], |several| several.parts.clone())
    }

    /// One key may have several rows after all.
    pub(super) fn may_be_several(&mut self, step: StepId) {
        for asked in self.leaves(step).into_iter().chain([step]) {
            self.steps[asked].many = true;
        }
    }

    /// How many rows of a step may tell a key to a lane: of what refers to its own system only that system's.
    pub(super) fn rows_for(&self, source: StepId, lane: Option<&Lane>) -> u64 {
        let all = self.steps[source].rows;
        let (Some(several), Some(lane)) = (&self.steps[source].several, lane) else { return all };
        let Some(member) = lane.owners.members().get(lane.at) else { return all };
        let own = several.parts.iter().map(|part| &self.steps[*part]);
        let own: u64 = own.filter(|part| part.upstream.id() == member.id()).map(|part| part.rows).sum();
        if own > 0 && matches!(lane.rule, Rule::Own | Rule::Referred) { own } else { all }
    }
}

/// Whose id it is that something is looked up by, if it is one.
pub(super) fn id_of(lookup: &Lookup) -> Option<&'static ObjectType> {
    if lookup.by == "id" {
        return Some(lookup.record);
    }
    LINKS.iter().find(|(link, _)| *link == lookup.by).map(|(_, of)| expect_object(of))
}

/// A hole in what the others have is told, not passed over.
fn cannot(member: &Arc<dyn Upstream>, lookup: &Lookup) -> Arc<Failure> {
    let message = format!("{} cannot be asked for {} by {}.", member.id(), lookup.record.name, lookup.by);
    Arc::new(Failure::new(Code::KeyUnsupported, message).of_system(member.id(), member.role()))
}
