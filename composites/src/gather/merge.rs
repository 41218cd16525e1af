//! What several systems found, as one outcome.
//!
//! A list is merged newest first, each row with its source, and says which system is missing. One thing is found in one
//! system; found in two it is ambiguous, unless one of them is primary.

use std::cmp::Ordering;
use std::sync::Arc;

use portico_contracts::canonical::{Failure, Provenance, Record};
use portico_contracts::problem::Code;
use portico_contracts::tenancy::SystemId;

use super::cursor;
use super::several::several_know;
use super::{Looked, Outcome};
use crate::ask::Page;
use crate::newest::moment;
use crate::plan::Step;

/// What one of several systems found.
pub(super) struct Part<'p> {
    step: &'p Step,
    looked: Looked,
}

impl<'p> Part<'p> {
    pub(super) fn of(step: &'p Step, looked: Looked) -> Self {
        Part { step, looked }
    }
}

/// The rows of one system.
struct Rows<'p> {
    step: &'p Step,
    page: Arc<Page>,
    from: Arc<Provenance>,
}

/// What all systems told, sorted by kind.
#[derive(Default)]
struct All<'p> {
    /// All that were to be asked.
    systems: Vec<&'p SystemId>,
    found: Vec<Rows<'p>>,
    absent: Vec<Arc<Provenance>>,
    failed: Vec<(&'p Step, Arc<Failure>)>,
}

/// One outcome for all. `unable` are systems that have it and cannot be asked like this.
pub(super) fn merge(head: &Step, parts: Vec<Part<'_>>, unable: &[Arc<Failure>]) -> Looked {
    let mut all = All { systems: parts.iter().map(|part| part.step.upstream.id()).collect(), ..All::default() };
    for Part { step, looked } in parts {
        match looked {
            Looked::Outcome(Outcome::Found(page, from)) => all.found.push(Rows { step, page, from }),
            Looked::Outcome(Outcome::Absent(from)) => all.absent.push(from),
            Looked::Outcome(Outcome::Failed(failure)) | Looked::Failed(failure) => all.failed.push((step, failure)),
            Looked::NoKey => {}
        }
    }
    if !all.found.is_empty() || !all.absent.is_empty() {
        // A key that a system cannot have is not there.
        all.failed.retain(|(_, failure)| failure.code != Code::KeyRefused);
    }
    if all.found.is_empty() && all.absent.is_empty() {
        return match all.failed.into_iter().next() {
            Some((_, failure)) => Looked::Failed(failure),
            None => unable.first().map_or(Looked::NoKey, |failure| Looked::Failed(Arc::clone(failure))),
        };
    }
    if head.many { list(head, all, unable) } else { one(head, all, unable) }
}

/// The one thing that a key names.
fn one(head: &Step, all: All<'_>, unable: &[Arc<Failure>]) -> Looked {
    let All { mut found, absent, failed, .. } = all;
    let is_primary = |step: &Step| step.upstream.share().primary;
    if let Some(at) = found.iter().position(|rows| is_primary(rows.step)) {
        let Rows { page, from, .. } = found.swap_remove(at);
        return Looked::Outcome(Outcome::Found(page, from));
    }
    // What the primary system would say is not known, and another one's word does not stand for it.
    let weightiest = failed.iter().find(|(step, failure)| is_primary(step) || failure.code == Code::Ambiguous);
    if let Some((_, failure)) = weightiest {
        return Looked::Failed(Arc::clone(failure));
    }
    let missing: Vec<Arc<Failure>> =
        failed.into_iter().map(|(_, failure)| failure).chain(unable.iter().cloned()).collect();
    if found.len() > 1 {
        let systems: Vec<&SystemId> = found.iter().map(|rows| &rows.from.system).collect();
        return Looked::Failed(several_know(head, &systems));
    }
    match (found.pop(), absent.into_iter().next(), missing.is_empty()) {
        (Some(Rows { page, from, .. }), _, true) => Looked::Outcome(Outcome::Found(page, from)),
        (Some(Rows { page, from, .. }), _, false) => {
            let page = Page { missing, ..Page::clone(&page) };
            Looked::Outcome(Outcome::Found(Arc::new(page), from))
        }
        (None, Some(from), true) => Looked::Outcome(Outcome::Absent(from)),
        (None, _, _) => missing.into_iter().next().map_or(Looked::NoKey, Looked::Failed),
    }
}

/// The rows of all systems, newest first; each system's own in its own order.
fn list(head: &Step, all: All<'_>, unable: &[Arc<Failure>]) -> Looked {
    let All { mut systems, found, absent, failed } = all;
    systems.dedup();
    let missing: Vec<Arc<Failure>> =
        failed.into_iter().map(|(_, failure)| failure).chain(unable.iter().cloned()).collect();
    let from = found.first().map(|rows| Arc::clone(&rows.from)).or_else(|| absent.into_iter().next());
    let Some(from) = from else { return Looked::NoKey };
    if found.is_empty() && missing.is_empty() {
        return Looked::Outcome(Outcome::Absent(from));
    }
    let most = head.ask.narrow.first.map_or(usize::MAX, |first| first as usize);
    let pages = head.ask.narrow.first.is_some() || head.ask.narrow.after.is_some();
    // What one system has and could not be read is missing as well.
    let unread = found.iter().filter_map(|rows| rows.page.unread.clone());
    let missing: Vec<Arc<Failure>> = missing.into_iter().chain(unread).collect();
    let mut next: Vec<usize> = vec![0; found.len()];
    let mut page = Page { missing, ..Page::default() };
    while page.rows.len() < most {
        let Some(at) = newest(&found, &next) else { break };
        let (rows, row) = (&found[at], next[at]);
        next[at] += 1;
        page.rows.push(Arc::clone(&rows.page.rows[row]));
        page.sources.push(Arc::clone(rows.page.source(row, &rows.from)));
        if pages {
            page.cursors.push(position(head, &systems, &found, &next));
        }
    }
    page.more = found.iter().zip(&next).any(|(rows, next)| rows.page.more || *next < rows.page.rows.len());
    Looked::Outcome(Outcome::Found(Arc::new(page), from))
}

/// The system whose next row is the newest of all; the first of them where that cannot be told.
fn newest(found: &[Rows<'_>], next: &[usize]) -> Option<usize> {
    let heads = found.iter().zip(next).enumerate();
    let heads = heads.filter_map(|(at, (rows, next))| Some((at, rows.page.rows.get(*next)?)));
    heads.reduce(|best, other| if is_newer(other.1, best.1) { other } else { best }).map(|(at, _)| at)
}

/// A row without a day comes at once, so that it does not hold up what is behind it.
fn is_newer(one: &Record, other: &Record) -> bool {
    match (moment(one), moment(other)) {
        (Some(one), Some(other)) => one.cmp(&other) == Ordering::Greater,
        (None, Some(_)) => true,
        (_, None) => false,
    }
}

/// Where each system stands after what has been taken of it; where nothing has, where it stood before: one that has no
/// more, or has failed, does not begin anew.
fn position(head: &Step, systems: &[&SystemId], found: &[Rows<'_>], next: &[usize]) -> Arc<str> {
    let before = head.ask.narrow.after.as_deref();
    let mut known: Vec<(&SystemId, Arc<str>)> = Vec::with_capacity(systems.len());
    for system in systems {
        let own = found.iter().zip(next).filter(|(rows, _)| rows.step.upstream.id() == *system);
        let mut taken = own.filter_map(|(rows, next)| rows.page.cursors.get(next.checked_sub(1)?).cloned());
        let stands = taken.next().or_else(|| cursor::of_system(before?, system));
        known.extend(stands.map(|position| (*system, position)));
    }
    cursor::of_all(known.iter().map(|(system, position)| (*system, position)))
}
