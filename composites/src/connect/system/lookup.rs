//! From keys to pages: in chunks, several at once, with all pages of each, and with the few keys again that could not be
//! told apart from the others.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream;
use portico_contracts::canonical::{Failure, Record};
use portico_contracts::problem::Code;

use super::System;
use super::failure::failure_of;
use crate::ask::{Ask, Call, Key, Page};
use crate::connect::driver::Sorting;
use crate::connect::wire::{Chunk, Rejection, Request};
use crate::endure::Trouble;

/// Chunks of one look-up that are asked for at once; the system's bulkhead is for all look-ups together.
const CHUNKS_AT_ONCE: usize = 6;
/// So often a look-up asks again for what could not be told, at most.
const ROUNDS: usize = 6;
/// So many further groups of keys may be asked for in all, so that a system that refuses everything is not flooded.
const MOST_AGAIN: usize = 24;

type Found = Result<Page, Arc<Failure>>;

/// What came of one chunk, or of all chunks of a round.
#[derive(Default)]
struct Told {
    found: Vec<(Key, Found)>,
    /// Keys to be asked for again, in these groups.
    again: Vec<Vec<Key>>,
    /// Whether the system answered at all.
    answered: bool,
}

pub(super) async fn look_up(system: &System, ask: &Ask, keys: &[Key], call: &Call) -> Vec<Found> {
    let mut found: HashMap<Key, Found> = HashMap::with_capacity(keys.len());
    let mut groups = vec![keys.to_vec()];
    let mut asked_again = 0;
    for number in 0..ROUNDS {
        let mut told = round(system, ask, call, groups).await;
        found.extend(told.found);
        // Where neither half is answered, it is not one key that the system dislikes.
        if told.again.is_empty() || (number > 0 && !told.answered) {
            break;
        }
        told.again.truncate(MOST_AGAIN.saturating_sub(asked_again));
        asked_again += told.again.len();
        groups = told.again;
    }
    let untold = || Err(fail(system, Code::TooManyRows, "has more for this key than one answer may read"));
    keys.iter().map(|key| found.get(key).cloned().unwrap_or_else(untold)).collect()
}

/// Asks for all groups.
async fn round(system: &System, ask: &Ask, call: &Call, groups: Vec<Vec<Key>>) -> Told {
    let mut all = Told::default();
    let mut chunks = Vec::new();
    for group in groups {
        let questions = system.driver.requests(ask, &group);
        chunks.extend(questions.chunks);
        for (key, failure) in questions.refused {
            all.found.push((key, Err(Arc::new(failure.of_system(&system.id, system.role)))));
        }
    }
    let asked = chunks.into_iter().map(|chunk| tell(system, ask, call, chunk));
    let told: Vec<Told> = stream::iter(asked).buffer_unordered(CHUNKS_AT_ONCE).collect().await;
    for one in told {
        all.found.extend(one.found);
        all.again.extend(one.again);
        all.answered |= one.answered;
    }
    all
}

/// Asks for one chunk and sorts what came.
async fn tell(system: &System, ask: &Ask, call: &Call, chunk: Chunk) -> Told {
    match read_all(system, ask, call, &chunk).await {
        Ok(read) => sorted(system, ask, chunk.keys, read),
        // One key that the system dislikes must not cost the others: ask for the halves.
        Err(trouble) if may_be_one_key(&trouble) && chunk.keys.len() > 1 => {
            let failure = Arc::new(failure_of(&trouble, &system.id, system.role));
            let (left, right) = chunk.keys.split_at(chunk.keys.len() / 2);
            let again = vec![left.to_vec(), right.to_vec()];
            Told { found: for_each(chunk.keys, &failure), again, answered: false }
        }
        Err(trouble) => {
            let failure = Arc::new(failure_of(&trouble, &system.id, system.role));
            log(system, ask, call, &failure);
            Told { found: for_each(chunk.keys, &failure), ..Told::default() }
        }
    }
}

fn for_each(keys: Vec<Key>, failure: &Arc<Failure>) -> Vec<(Key, Found)> {
    keys.into_iter().map(|key| (key, Err(failure.clone()))).collect()
}

fn may_be_one_key(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Rejected(Rejection::Failed { retryable: false, .. }))
}

/// What the pages of a chunk brought.
#[derive(Default)]
struct Read {
    records: Vec<Record>,
    /// Whether there are no more rows than these.
    complete: bool,
    /// Why rows were left out.
    unreadable: Option<Arc<Failure>>,
}

/// All pages of a chunk.
async fn read_all(system: &System, ask: &Ask, call: &Call, chunk: &Chunk) -> Result<Read, Trouble> {
    let most = system.driver.pages(ask);
    let mut asked: Vec<Request> = Vec::new();
    let mut read = Read { complete: true, ..Read::default() };
    let mut next = Some(chunk.request.clone());
    while let Some(request) = next {
        if asked.len() >= most || chunk.wanted.is_some_and(|wanted| !asked.is_empty() && read.records.len() >= wanted) {
            return Ok(Read { complete: false, ..read });
        }
        if asked.contains(&request) {
            return Err(Trouble::Rejected(Rejection::Malformed("a page leads back to an earlier one".to_owned())));
        }
        let attempt = |until| Box::pin(system.attempt(ask, &request, call, until));
        let rows = match system.endure.run(call.deadline, attempt).await {
            Err(Trouble::Rejected(Rejection::NotFound)) if asked.is_empty() => return Ok(read),
            rows => rows?,
        };
        report_strays(system, ask, rows.strays);
        read.complete &= !rows.partial;
        read.records.extend(rows.records);
        read.unreadable = read.unreadable.or(rows.unreadable);
        next = rows.next;
        asked.push(request);
    }
    Ok(read)
}

/// Rows that were not asked for never get further; that they came is the operator's to know.
fn report_strays(system: &System, ask: &Ask, rows: usize) {
    if rows > 0 {
        system.meter.strayed(system.place(), ask.entity.name, rows);
        tracing::warn!(
            tenant = %system.tenant, system = %system.id, entity = ask.entity.name, rows,
            "rows that were not asked for were dropped"
        );
    }
}

fn sorted(system: &System, ask: &Ask, keys: Vec<Key>, read: Read) -> Told {
    let sorted = system.driver.sort_out(ask, &keys, read.records, read.complete);
    report_strays(system, ask, sorted.strays);
    let alone = keys.len() == 1;
    let mut told = Told { answered: true, ..Told::default() };
    for (key, sorting) in keys.into_iter().zip(sorted.keys) {
        let found = match sorting {
            Sorting::Page(page) => with_unread(page, read.unreadable.as_ref(), system.driver.adds_up(ask)),
            Sorting::Failed(failure) => Err(Arc::new(failure.of_system(&system.id, system.role))),
            Sorting::Unsure if alone => {
                Err(fail(system, Code::TooManyRows, "has more for this key than one answer may read"))
            }
            Sorting::Unsure => {
                told.again.push(vec![key]);
                continue;
            }
        };
        told.found.push((key, found));
    }
    told
}

/// A row that was left out may have been this key's: then neither "nothing" nor a sum is the truth, and a list is short.
fn with_unread(page: Page, unread: Option<&Arc<Failure>>, adds_up: bool) -> Found {
    match unread {
        Some(failure) if page.rows.is_empty() || adds_up => Err(Arc::clone(failure)),
        Some(failure) => Ok(Page { unread: page.unread.or_else(|| Some(Arc::clone(failure))), ..page }),
        None => Ok(page),
    }
}

fn fail(system: &System, code: Code, says: &str) -> Arc<Failure> {
    Arc::new(Failure::new(code, format!("{} {says}.", system.id)).of_system(&system.id, system.role))
}

fn log(system: &System, ask: &Ask, call: &Call, failure: &Failure) {
    tracing::warn!(
        tenant = %system.tenant, system = %system.id, entity = ask.entity.name, request_id = %call.request_id,
        code = %failure.code, cause = failure.cause.as_deref().unwrap_or_default(),
        "a look-up failed"
    );
}
