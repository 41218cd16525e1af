//! One system's driver: a pack, bound to the settings of one tenant's system. Pure: bytes in, bytes out, no clock.
//!
//! The client's loop around it, for one look-up:
//!
//! 1. [`Driver::requests`] cuts the keys into chunks and says which keys cannot be asked for at all.
//! 2. For each chunk: send `chunk.request`, hand the answer to [`Driver::read`], and follow `Rows::next` until
//!    there is none, `chunk.wanted` rows were read or [`Driver::pages`] pages. Collect the records of all pages.
//! 3. [`Driver::sort_out`] with the chunk's keys, all its records, and whether the last page was reached and no page
//!    was `partial`. Keys that come back [`Sorting::Unsure`] are asked again alone ([`Driver::requests`] with that key).

mod limits;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use portico_contracts::canonical::{Failure, Record};
use portico_contracts::model::ObjectType;
use portico_contracts::packs::{
    After, Auth, EntityMapping, Hole, Kind, Language, Links, LookUp, Mapping, Pack, Paging, Path, RequestTemplate,
    Step, Times,
};
use portico_contracts::problem::Code;
use portico_contracts::tenancy::{Role, SystemId};
use url::Url;

use super::wire::{Answer, Chunk, Linked, Rejection, Request, Rows};
use super::{keys, links, odata, read, rest, soql, sort, suiteql};
use crate::ask::{Ask, Key, Page, Support};

/// What a tenant's system adds to its pack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Binding {
    /// The pack's settings, by name: `company`, `currency`, …
    pub settings: BTreeMap<String, String>,
    /// What only this system has: entity → name in `extensions` → path in the system's rows.
    pub extensions: BTreeMap<String, BTreeMap<String, String>>,
    /// Which system it is, named by failures.
    pub of: Option<(SystemId, Role)>,
}

/// By entity: names in `extensions` with their paths.
type Extensions = HashMap<&'static str, Vec<(Arc<str>, Path)>>;

/// A pack, bound.
#[derive(Debug)]
pub struct Driver {
    pub(super) pack: Pack,
    base: Url,
    pub(super) headers: HeaderMap,
    of: Option<(SystemId, Role)>,
    pub(super) extensions: Extensions,
    /// What each look-up selects, by entity and field.
    select: HashMap<(&'static str, &'static str), Vec<String>>,
}

/// How keys are asked for.
#[derive(Debug, Default)]
pub struct Questions {
    /// Requests with their keys.
    pub chunks: Vec<Chunk>,
    /// Keys that no request can carry safely.
    pub refused: Vec<(Key, Failure)>,
}

/// What of an answer belongs to which key.
#[derive(Debug, Default)]
pub struct Sorted {
    /// One for each key, in the order of the keys.
    pub keys: Vec<Sorting>,
    /// How many rows were not asked for, and dropped.
    pub strays: usize,
}

/// What came of one key.
#[derive(Debug)]
pub enum Sorting {
    /// Its rows; none means that the system has nothing.
    Page(Page),
    /// The answer ended before this key was told: ask for it alone.
    Unsure,
    /// It cannot be told at all.
    Failed(Failure),
}

/// One query, ready to be written in a language.
#[derive(Debug)]
pub(super) struct Query<'q> {
    pub(super) pack: &'q Pack,
    pub(super) mapping: &'q EntityMapping,
    pub(super) look_up: &'q LookUp,
    pub(super) paging: &'q Paging,
    pub(super) select: &'q [String],
    /// The keys in the forms that the system knows.
    pub(super) keys: &'q [String],
    pub(super) pushed: &'q Pushed,
}

/// What of an ask the system itself does; the rest is done on its rows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pushed {
    pub(super) top: Option<u32>,
    pub(super) skip: u32,
    /// The system's own words for the wanted statuses.
    pub(super) statuses: Vec<String>,
    pub(super) open: Option<bool>,
}

impl Query<'_> {
    /// The name of the status in the query language.
    pub(super) fn status_path(&self) -> String {
        let members = status_read(self.mapping).map(|(path, _)| path.members().join(".")).unwrap_or_default();
        if self.pack.language == Language::Odata { members.replace('.', "/") } else { members }
    }

    /// The pack's fragment for what is open, or is not.
    pub(super) fn open_fragment(&self) -> Option<&str> {
        let (yes, no) = self.mapping.open.as_ref()?;
        self.pushed.open.map(|open| if open { yes.as_str() } else { no.as_str() })
    }
}

impl Driver {
    /// Binds a pack. `base` is the system's base address: following pages never leaves it. The errors are
    /// sentences for the operator.
    pub fn new(pack: &Pack, binding: &Binding, base: &Url) -> Result<Driver, Vec<String>> {
        let pack = pack.bind(&binding.settings)?;
        let extensions = extensions(&pack, &binding.extensions)?;
        let mut headers = HeaderMap::new();
        for (name, value) in &pack.headers {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
                headers.insert(name, value);
            }
        }
        let mut select = HashMap::new();
        for mapping in pack.entities.values() {
            let more = extensions.get(mapping.of.name).map_or(&[][..], Vec::as_slice);
            for look_up in mapping.by.values() {
                let paths = paths_of(mapping, look_up, more);
                let fields = match pack.language {
                    Language::Odata => roots(&paths),
                    Language::Soql => soql::select(paths.into_iter()),
                    Language::Suiteql => suiteql::select(more.iter().map(|(_, path)| path)),
                    Language::Rest => rest::select(&look_up.rows, paths.into_iter()),
                };
                select.insert((mapping.of.name, look_up.by), fields);
            }
        }
        Ok(Driver { pack, base: base.clone(), headers, of: binding.of.clone(), extensions, select })
    }

    /// How the system hands out tokens.
    pub fn auth(&self) -> &Auth {
        &self.pack.auth
    }

    /// Whether the pack maps this entity at all.
    pub fn provides(&self, entity: &'static ObjectType) -> bool {
        self.pack.entities.contains_key(entity.name)
    }

    /// Whether the pack maps this field of the entity.
    pub fn provides_field(&self, entity: &'static ObjectType, field: &str) -> bool {
        let mapping = self.pack.entities.get(entity.name);
        mapping.is_some_and(|mapping| mapping.fields.iter().any(|(_, name, _)| *name == field))
    }

    /// Whether the entity can be looked up by this field, and how many keys at once.
    pub fn supports(&self, entity: &'static ObjectType, by: &str) -> Option<Support> {
        let look_up = self.pack.entities.get(entity.name)?.by.get(by)?;
        Some(Support { batch: look_up.batch })
    }

    /// How to ask for these keys.
    pub fn requests(&self, ask: &Ask, keys: &[Key]) -> Questions {
        let mut questions = Questions::default();
        let Some((mapping, look_up)) = self.found(ask) else {
            let says = format!("{} cannot be looked up by `{}`", ask.entity.name, ask.by);
            questions.refused =
                keys.iter().map(|key| (key.clone(), self.failure(Code::KeyUnsupported, &says))).collect();
            return questions;
        };
        if ask.narrow.after.as_deref().is_some_and(|after| sort::position(after).is_none()) {
            let failure =
                |key: &Key| (key.clone(), self.failure(Code::ArgumentInvalid, "`after` is not a cursor of ours"));
            questions.refused = keys.iter().map(failure).collect();
            return questions;
        }
        let mut good: Vec<Key> = Vec::with_capacity(keys.len());
        for key in keys {
            match keys::refusal(look_up, key) {
                Some(says) => questions.refused.push((key.clone(), self.failure(Code::KeyRefused, &says))),
                None => good.push(key.clone()),
            }
        }
        // A position is one key's own.
        let batch = if ask.narrow.after.is_some() { 1 } else { look_up.batch };
        for keys in good.chunks(batch) {
            self.chunk(ask, mapping, look_up, keys, &mut questions);
        }
        questions
    }

    /// Makes a request of these keys, or of halves where it would be too long.
    fn chunk(&self, ask: &Ask, mapping: &EntityMapping, look_up: &LookUp, keys: &[Key], into: &mut Questions) {
        let pushed = self.pushed(ask, mapping, look_up, keys.len());
        let request = self.request(mapping, look_up, keys, &pushed);
        if request.target.len() <= self.pack.longest_target {
            let wanted = pushed.top.map(|top| top as usize);
            into.chunks.push(Chunk { keys: keys.to_vec(), request, wanted });
            return;
        }
        if let [key] = keys {
            into.refused.push((key.clone(), self.failure(Code::KeyRefused, "the key makes the request too long")));
            return;
        }
        let (left, right) = keys.split_at(keys.len() / 2);
        self.chunk(ask, mapping, look_up, left, into);
        self.chunk(ask, mapping, look_up, right, into);
    }

    fn request(&self, mapping: &EntityMapping, look_up: &LookUp, keys: &[Key], pushed: &Pushed) -> Request {
        let forms: Vec<String> = keys.iter().flat_map(|key| keys::forms(look_up, key)).collect();
        let template = look_up.links.as_ref().map(|links| &links.request).or(look_up.request.as_ref());
        self.written(mapping, look_up, template, &forms, pushed)
    }

    /// A request for these forms of keys, or for these ids.
    fn written(
        &self,
        mapping: &EntityMapping,
        look_up: &LookUp,
        template: Option<&RequestTemplate>,
        keys: &[String],
        pushed: &Pushed,
    ) -> Request {
        let select = self.select.get(&(mapping.of.name, look_up.by)).map_or(&[][..], Vec::as_slice);
        let paging = self.paging(look_up);
        let query = Query { pack: &self.pack, mapping, look_up, paging, select, keys, pushed };
        let mut headers = self.headers.clone();
        let (method, (target, body)) = match (template, self.pack.language) {
            (Some(template), _) => (template.method.clone(), rest::request(&query, template)),
            (None, Language::Suiteql) => (Method::POST, suiteql::request(&query)),
            (None, Language::Soql) => (Method::GET, (soql::target(&query), None)),
            (None, _) => (Method::GET, (odata::target(&query), None)),
        };
        if body.as_ref().is_some_and(|body: &Bytes| !body.is_empty()) {
            headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        Request { method, target, headers, body, linked: None }
    }

    /// How many pages of one chunk are read at most.
    pub fn pages(&self, ask: &Ask) -> usize {
        self.found(ask).map_or(1, |(_, look_up)| self.paging(look_up).pages)
    }

    /// Reads one answer to `asked` (a chunk's request, or the `next` of an earlier page).
    pub fn read(&self, ask: &Ask, asked: &Request, answer: &Answer) -> Result<Rows, Rejection> {
        let Some(reading) = self.reading(ask) else {
            return Err(Rejection::Malformed("nobody asked for this".to_owned()));
        };
        let Some(links) = &reading.look_up.links else { return reading.read(asked, answer) };
        let hops = asked.linked.as_ref().map_or(0, |linked| linked.hops);
        if let Some(here) = links.after(hops) {
            let (pairs, partial) = reading.links(here, answer)?;
            let next = self.of_links(ask, links, following(asked.linked.as_deref(), pairs));
            return Ok(Rows { next, partial, ..Rows::default() });
        }
        let Some(linked) = &asked.linked else { return Ok(Rows::default()) };
        let read = match reading.read(asked, answer) {
            // All that are linked may be gone meanwhile.
            Err(Rejection::NotFound) => Rows::default(),
            read => read?,
        };
        let field = if let After::RowsWithIdIn(field) = links.id() { field } else { ask.by };
        let records = links::told_apart(read.records, ask.by, field, &linked.pairs);
        // All pages of these ids, and only then the next ids.
        let next = match read.next {
            Some(next) => Some(Request { linked: asked.linked.clone(), ..next }),
            None => self.of_links(ask, links, Linked::clone(linked)),
        };
        Ok(Rows { records, next, ..read })
    }

    /// The members that the first look-up of an entity asks for.
    pub(super) fn selected(&self, mapping: &EntityMapping) -> &[String] {
        let first = mapping.by.values().next();
        let selected = first.and_then(|look_up| self.select.get(&(mapping.of.name, look_up.by)));
        selected.map_or(&[][..], Vec::as_slice)
    }

    /// What is needed to read answers to an ask.
    pub(super) fn reading(&self, ask: &Ask) -> Option<read::Reading<'_>> {
        let (mapping, look_up) = self.found(ask)?;
        let extensions = self.extensions.get(mapping.of.name).map_or(&[][..], Vec::as_slice);
        Some(read::Reading {
            pack: &self.pack,
            mapping,
            look_up,
            paging: self.paging(look_up),
            extensions,
            base: &self.base,
            of: self.of.as_ref(),
        })
    }

    /// The request for the next ids: of the same links, of those behind them, or of the rows.
    fn of_links(&self, ask: &Ask, links: &Links, mut linked: Linked) -> Option<Request> {
        let (mapping, look_up) = self.found(ask)?;
        if linked.rest.is_empty() && linked.hops > 0 && links.after(linked.hops).is_some() {
            linked = onward(linked);
        }
        let before = links.after(linked.hops.saturating_sub(1))?;
        let rest = linked.rest.split_off(before.batch.min(linked.rest.len()));
        let ids: Vec<String> = std::mem::replace(&mut linked.rest, rest).iter().map(|id| id.to_string()).collect();
        let template = links.after(linked.hops).map(|next| &next.request).or(look_up.request.as_ref());
        let request = self.written(mapping, look_up, template, &ids, &Pushed::default());
        (!ids.is_empty()).then(|| Request { linked: Some(Arc::new(linked)), ..request })
    }

    /// Assigns all rows of one chunk to its keys; `complete` is false where pages were left unread or partial.
    pub fn sort_out(&self, ask: &Ask, keys: &[Key], records: Vec<Record>, complete: bool) -> Sorted {
        let Some((mapping, look_up)) = self.found(ask) else { return Sorted::default() };
        let pushed = self.pushed(ask, mapping, look_up, keys.len());
        let exact = self.pack.language != Language::Rest;
        let sorting = sort::Sort { ask, keys, mapping, look_up, pushed: &pushed, exact, of: self.of.as_ref() };
        sorting.sort(records, complete)
    }

    /// Whether several rows of one key become one, so that some of them do not stand for all.
    pub fn adds_up(&self, ask: &Ask) -> bool {
        self.found(ask).is_some_and(|(mapping, _)| mapping.combine.is_some())
    }

    pub(super) fn found(&self, ask: &Ask) -> Option<(&EntityMapping, &LookUp)> {
        let mapping = self.pack.entities.get(ask.entity.name)?;
        Some((mapping, mapping.by.get(ask.by)?))
    }

    fn paging<'d>(&'d self, look_up: &'d LookUp) -> &'d Paging {
        look_up.paging.as_ref().unwrap_or(&self.pack.paging)
    }

    fn failure(&self, code: Code, says: &str) -> Failure {
        let failure = Failure::new(code, says);
        match &self.of {
            Some((system, role)) => failure.of_system(system, *role),
            None => failure,
        }
    }

    /// What the system can do of this ask. Asking and sorting out must agree about it, so it follows from nothing
    /// but the pack, the ask and the number of keys.
    fn pushed(&self, ask: &Ask, mapping: &EntityMapping, look_up: &LookUp, keys: usize) -> Pushed {
        let narrow = &ask.narrow;
        let has = |hole: Hole| look_up.request.as_ref().is_none_or(|request| request.has(hole));
        let mut pushed = Pushed::default();
        if mapping.statuses.is_some() && has(Hole::Statuses) {
            pushed.statuses = wire_statuses(mapping, &narrow.statuses).unwrap_or_default();
        }
        if mapping.open.is_some() && has(Hole::Open) {
            pushed.open = narrow.open;
        }
        let local = (!narrow.statuses.is_empty() && pushed.statuses.is_empty()) || narrow.open != pushed.open;
        let ordered = self.pack.language == Language::Rest || mapping.order.is_some();
        let after = narrow.after.as_deref().and_then(sort::position);
        let skips = ordered && has(Hole::Offset) && (self.pack.language != Language::Soql || after <= Some(2_000));
        let aligned = self.pack.language == Language::Suiteql;
        let pages = ordered && has(Hole::Limit) && (after.is_none() || skips);
        if let Some(first) = narrow.first
            && keys == 1
            && pages
            && !local
            && mapping.combine.is_none()
        {
            // One more tells whether there are more; with a cursor its own row comes again, to be recognised.
            let top = first.saturating_add(if after.is_some() { 2 } else { 1 });
            let skip = after.map_or(0, |position| position.saturating_sub(1));
            let size = self.paging(look_up).size;
            let page = if aligned { suiteql::page(top, skip, size) } else { (top <= size).then_some((top, skip)) };
            if let Some((top, skip)) = page {
                (pushed.top, pushed.skip) = (Some(top), skip);
            }
        }
        pushed
    }
}

/// What is known once an answer has told these links: keys with ids from the first ones, ids with ids from those behind.
fn following(before: Option<&Linked>, told: Vec<(Key, Key)>) -> Linked {
    let Some(before) = before else {
        return onward(Linked { hops: 0, pairs: Vec::new(), rest: Vec::new(), onward: told });
    };
    let mut linked = before.clone();
    links::led_on(&before.pairs, &told, &mut linked.onward);
    linked
}

/// One link further: what the ids have led to are the ids now.
fn onward(linked: Linked) -> Linked {
    let rest = links::each_once(linked.onward.iter().map(|(_, id)| id));
    Linked { hops: linked.hops + 1, pairs: linked.onward, rest, onward: Vec::new() }
}

/// The system's own words for these statuses; `None` where they cannot be named (a fallback stands for anything).
fn wire_statuses(mapping: &EntityMapping, wanted: &[&'static str]) -> Option<Vec<String>> {
    let (_, kind) = status_read(mapping)?;
    let Kind::Enum { map, otherwise, .. } = kind else { return None };
    if wanted.is_empty() || otherwise.is_some_and(|fallback| wanted.contains(&fallback)) {
        return None;
    }
    let words = map.iter().filter(|(_, status)| wanted.contains(status));
    let words: Vec<String> = words.map(|(word, _)| word.clone()).collect();
    (!words.is_empty()).then_some(words)
}

fn status_read(mapping: &EntityMapping) -> Option<(&Path, &Kind)> {
    match mapping.fields.iter().find(|(_, name, _)| *name == "status").map(|(.., mapping)| mapping) {
        Some(Mapping::Read(read)) => read.paths.first().map(|path| (path, &read.kind)),
        _ => None,
    }
}

fn extensions(pack: &Pack, given: &BTreeMap<String, BTreeMap<String, String>>) -> Result<Extensions, Vec<String>> {
    let mut known = HashMap::new();
    let mut wrong = Vec::new();
    for (entity, names) in given {
        let Some(mapping) = pack.entities.get(entity.as_str()) else {
            wrong.push(format!("extensions: pack `{}` does not map `{entity}`", pack.name));
            continue;
        };
        let mut paths = Vec::new();
        for (name, path) in names {
            match Path::parse(path) {
                Ok(path) if !path.is_many() => paths.push((Arc::from(name.as_str()), path)),
                Ok(_) => wrong.push(format!("extensions.{entity}.{name}: `{path}` finds several values")),
                Err(says) => wrong.push(format!("extensions.{entity}.{name}: {says}")),
            }
        }
        known.insert(mapping.of.name, paths);
    }
    if wrong.is_empty() { Ok(known) } else { Err(wrong) }
}

/// Every path that is read of a row.
fn paths_of<'p>(mapping: &'p EntityMapping, look_up: &'p LookUp, more: &'p [(Arc<str>, Path)]) -> Vec<&'p Path> {
    let mut paths = Vec::new();
    mapping.fields.iter().for_each(|(.., mapping)| of_mapping(mapping, &mut paths));
    paths.extend(mapping.filters.iter().chain(&mapping.skip).map(|condition| &condition.path));
    paths.extend((!look_up.path.steps.is_empty()).then_some(&look_up.path));
    if let Some(After::RowsWithIdAt(path)) = look_up.links.as_ref().map(Links::id) {
        paths.push(path);
    }
    paths.extend(more.iter().map(|(_, path)| path));
    paths
}

fn of_mapping<'p>(mapping: &'p Mapping, into: &mut Vec<&'p Path>) {
    match mapping {
        Mapping::Constant(_) => {}
        Mapping::Object(_, fields) => fields.iter().for_each(|(.., mapping)| of_mapping(mapping, into)),
        Mapping::FirstOf(all) => all.iter().for_each(|mapping| of_mapping(mapping, into)),
        Mapping::Read(read) => {
            into.extend(&read.paths);
            into.extend(read.only_if.iter().map(|condition| &condition.path));
            into.extend(
                read.times.iter().filter_map(|times| if let Times::Value(path) = times { Some(path) } else { None }),
            );
            if let Kind::Money { currency, .. } = &read.kind {
                currency.iter().for_each(|mapping| of_mapping(mapping, into));
            }
        }
    }
}

/// The first member of each path: what OData selects.
fn roots(paths: &[&Path]) -> Vec<String> {
    let mut roots: Vec<String> = Vec::new();
    for path in paths {
        if let Some(Step::Member(name)) = path.steps.first()
            && !roots.contains(name)
        {
            roots.push(name.clone());
        }
    }
    roots
}

#[cfg(test)]
mod tests;
