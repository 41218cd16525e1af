//! The walk over the plan's tree.

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use portico_contracts::canonical::{Failure, Money, Provenance, Record, Value};
use portico_contracts::model::{BaseType, Field, expect_object};
use portico_contracts::problem::Code;
use portico_contracts::rules::Rules;
use rust_decimal::Decimal;

use super::decide::Decided;
use super::error::{AnswerError, Segment};
use super::unknown::{self, UnknownTo};
use super::{Written, complete};
use crate::ask::{Outcome, Page};
use crate::gather::{Gathered, Looked};
use crate::plan::{Chosen, EdgeField, PageField, Paged, Plan, Related, Resolve, Selection, StepId};

/// More errors than this are counted and not listed.
const MOST_ERRORS: usize = 100;
/// No answer is larger. A short document can repeat a few rows inside each other without end, and asks no system twice.
pub(super) const MOST_BYTES: usize = 8 << 20;

/// One object of the answer.
#[derive(Clone, Copy)]
pub(super) struct Node<'n> {
    pub(super) record: &'n Record,
    /// The record that the keys of its relations are read from: its own, but for a customer, whose keys are known
    /// where it stands.
    pub(super) keyed: &'n Record,
    /// Where it came from; parts and decisions have no source of their own.
    pub(super) from: Option<&'n Provenance>,
    /// Entities that a decision shows beside its own values.
    pub(super) beside: Option<&'n Decided>,
}

/// A field that must not be null was: the object that it stands in is null instead.
pub(super) struct Nulled;

impl<'n> Node<'n> {
    /// An object with its own keys.
    pub(super) fn of(record: &'n Record, from: Option<&'n Provenance>) -> Self {
        Node { record, keyed: record, from, beside: None }
    }
}

type Wrote = Result<(), Nulled>;

pub(super) struct Writer<'a> {
    pub(super) plan: &'a Plan,
    pub(super) gathered: &'a Gathered,
    pub(super) rules: &'a Rules,
    pub(super) now: DateTime<Utc>,
    introspected: Option<&'a serde_json::Value>,
    out: Vec<u8>,
    path: Vec<Segment>,
    errors: Vec<AnswerError>,
    omitted: usize,
    /// Bytes that were written in vain, because the object they were for became null.
    taken_back: usize,
    full: bool,
    pub(super) decisions: Vec<(String, &'static str)>,
    unknown_to: UnknownTo,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        gathered: &'a Gathered,
        rules: &'a Rules,
        now: DateTime<Utc>,
        introspected: Option<&'a serde_json::Value>,
    ) -> Self {
        Writer {
            plan,
            gathered,
            rules,
            now,
            introspected,
            out: Vec::with_capacity(2_048),
            path: Vec::with_capacity(8),
            errors: Vec::new(),
            omitted: 0,
            taken_back: 0,
            full: false,
            decisions: Vec::new(),
            unknown_to: UnknownTo::default(),
        }
    }

    pub(super) fn root(&mut self) {
        let nothing = Record::new(expect_object("Query"));
        let node = Node::of(&nothing, None);
        let plan = self.plan;
        if self.object(&plan.root, node).is_err() {
            self.out.clear();
            self.raw(b"null");
        }
        if self.full {
            self.taken_back += self.out.len();
            self.out = b"null".to_vec();
            self.errors.clear();
            self.omitted = 0;
            self.fail(&too_large());
        }
    }

    /// Whether there is room for more. Once there is not, nothing more is begun: objects become null all the way up.
    fn has_room(&mut self) -> bool {
        self.full |= self.out.len() + self.taken_back > MOST_BYTES;
        !self.full
    }

    pub(super) fn finish(self) -> Written {
        let bytes = self.out.len() + self.taken_back;
        let Writer { out: data, errors, omitted, decisions, unknown_to, .. } = self;
        Written { data, errors, omitted, bytes, decisions, unknown_to }
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    fn null(&mut self) {
        self.raw(b"null");
    }

    fn json(&mut self, value: &(impl serde::Serialize + ?Sized)) {
        let before = self.out.len();
        if serde_json::to_writer(&mut self.out, value).is_err() {
            self.out.truncate(before);
            self.null();
        }
    }

    pub(super) fn fail(&mut self, failure: &Arc<Failure>) {
        if self.errors.len() < MOST_ERRORS {
            self.errors.push(AnswerError { path: self.path.clone(), failure: Arc::clone(failure) });
        } else {
            self.omitted += 1;
        }
    }

    fn failed(&mut self, failure: &Arc<Failure>) {
        self.fail(failure);
        self.null();
    }

    /// An object. Where a field that must not be null is null, what was written of the object is taken back.
    pub(super) fn object(&mut self, selection: &'a Selection, node: Node<'_>) -> Wrote {
        if !self.has_room() {
            return Err(Nulled);
        }
        let start = self.out.len();
        self.raw(b"{");
        for (at, chosen) in selection.fields.iter().enumerate() {
            if at > 0 {
                self.raw(b",");
            }
            self.json(&*chosen.key);
            self.raw(b":");
            self.path.push(Segment::Key(Arc::clone(&chosen.key)));
            let written = self.field(chosen, node);
            self.path.pop();
            if written.is_err() {
                self.taken_back += self.out.len() - start;
                self.out.truncate(start);
                return Err(Nulled);
            }
        }
        self.raw(b"}");
        Ok(())
    }

    /// An object in a place that may be null.
    fn nullable(&mut self, selection: &'a Selection, node: Node<'_>) {
        if self.object(selection, node).is_err() {
            self.null();
        }
    }

    fn field(&mut self, chosen: &'a Chosen, node: Node<'_>) -> Wrote {
        match &chosen.resolve {
            Resolve::Typename(name) => self.json(*name),
            Resolve::Value(ordinal, inside) => return self.stored(chosen, *ordinal, inside, node),
            Resolve::Source(selection) => return self.source(selection, node),
            Resolve::Extensions(names) => self.extensions(names.as_deref(), node.record),
            Resolve::One(related) => self.one(related, node.keyed),
            Resolve::Many(related) => self.many(related, node.keyed),
            Resolve::Connection(paged) => self.connection(paged, node.keyed),
            Resolve::Taken(step, ordinal) => self.taken(chosen, *step, *ordinal, node),
            Resolve::Customer(plan) => self.customer(plan, node.keyed),
            Resolve::Composite(plan) => self.composite(plan, node.keyed),
            Resolve::Refused(failure) => self.failed(failure),
            Resolve::NotProvided => self.null(),
            Resolve::Introspection => {
                let value = self.introspected.and_then(|all| all.get(&*chosen.key)).unwrap_or(&serde_json::Value::Null);
                self.json(value);
            }
        }
        Ok(())
    }

    /// A value of the record, or an entity that a decision shows.
    fn stored(&mut self, chosen: &'a Chosen, ordinal: usize, inside: &'a Selection, node: Node<'_>) -> Wrote {
        let shown = chosen.field.and_then(|field| node.beside?.entity(field.name));
        if let Some((record, from)) = shown {
            self.nullable(inside, Node::of(record, Some(from)));
            return Ok(());
        }
        let value = node.record.at(ordinal);
        let must = chosen.field.is_some_and(|field| !field.ty.nullable);
        match value {
            Value::Failed(failure) => self.fail(failure),
            Value::Null => {}
            value => return self.value(value, inside, chosen.field),
        }
        if must {
            if value.is_null() {
                self.fail(&missing(node.record, chosen.field));
            }
            return Err(Nulled);
        }
        self.null();
        Ok(())
    }

    fn value(&mut self, value: &Value, inside: &'a Selection, field: Option<&'static Field>) -> Wrote {
        match value {
            Value::Null | Value::Failed(_) => self.null(),
            Value::Bool(truth) => self.json(truth),
            Value::Int(number) => self.json(number),
            Value::Text(text) => self.json(&**text),
            Value::Enum(name) => self.json(*name),
            Value::Decimal(number) => self.text(number),
            Value::Date(day) => self.text(day),
            Value::DateTime(moment) => {
                let moment = moment.trunc_subsecs(3);
                self.text(&moment.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true));
            }
            Value::Money(money) => self.money(*money, inside),
            Value::Object(record) => return self.object(inside, Node::of(record, None)),
            Value::List(items) => return self.list(items, inside, field),
        }
        Ok(())
    }

    /// Digits, days and moments need no escaping.
    fn text(&mut self, text: &impl std::fmt::Display) {
        use std::io::Write;
        let before = self.out.len();
        if write!(self.out, "\"{text}\"").is_err() {
            self.out.truncate(before);
            self.null();
        }
    }

    fn list(&mut self, items: &[Value], inside: &'a Selection, field: Option<&'static Field>) -> Wrote {
        self.raw(b"[");
        let mut first = true;
        for (at, item) in items.iter().enumerate() {
            let before = self.out.len();
            if !first {
                self.raw(b",");
            }
            self.path.push(Segment::At(at));
            if let Value::Failed(failure) = item {
                self.fail(failure);
            }
            let kept = self.value(item, inside, None).is_ok() && !(item_must_be(field) && unusable(item));
            self.path.pop();
            if kept {
                first = false;
            } else {
                self.out.truncate(before);
            }
        }
        self.raw(b"]");
        Ok(())
    }

    fn money(&mut self, money: Money, inside: &'a Selection) {
        self.raw(b"{");
        for (at, chosen) in inside.fields.iter().enumerate() {
            if at > 0 {
                self.raw(b",");
            }
            self.json(&*chosen.key);
            self.raw(b":");
            match chosen.field.map(|field| field.name) {
                Some("amount") => self.text(&in_full(money)),
                Some(_) => self.json(money.currency.as_str()),
                None => self.json("Money"),
            }
        }
        self.raw(b"}");
    }

    /// A customer that no system could confirm has no source, and where one is asked for it is no answer.
    fn source(&mut self, selection: &'a Selection, node: Node<'_>) -> Wrote {
        let Some(from) = node.from else {
            self.fail(&Arc::new(Failure::new(
                Code::UpstreamUnavailable,
                "No system that answered knows this customer.",
            )));
            return Err(Nulled);
        };
        let record = complete::source(from, self.now);
        self.object(selection, Node::of(&record, None))
    }

    fn extensions(&mut self, names: Option<&[String]>, record: &Record) {
        let wanted = |name: &str| names.is_none_or(|names| names.iter().any(|wanted| wanted == name));
        let chosen: serde_json::Map<_, _> = record
            .extensions
            .iter()
            .filter(|(name, _)| wanted(name))
            .map(|(name, value)| (name.to_string(), value.clone()))
            .collect();
        if chosen.is_empty() { self.null() } else { self.json(&chosen) }
    }

    /// The rows behind a relation; `None` where null was written already.
    fn rows(&mut self, step: StepId, parent: &Record, must_exist: bool) -> Option<(Arc<Page>, Arc<Provenance>)> {
        match self.gathered.look(self.plan, step, Some(parent)) {
            Looked::Outcome(Outcome::Found(page, from)) => {
                // Of several systems one has not told: what the others have stands, and the hole is named.
                page.missing.iter().for_each(|failure| self.fail(failure));
                return Some((page, from));
            }
            Looked::Outcome(Outcome::Absent(from)) if must_exist => {
                if unknown::is_of_customer(self.plan, step) {
                    self.not_known_to(step, 1);
                }
                let failure = complete::not_found(self.plan, &self.plan.steps[step], &from);
                self.failed(&failure);
            }
            Looked::Outcome(Outcome::Absent(from)) => return Some((Arc::default(), from)),
            Looked::Outcome(Outcome::Failed(failure)) | Looked::Failed(failure) => self.failed(&failure),
            Looked::NoKey => {
                if unknown::is_of_customer(self.plan, step) {
                    self.not_known_to(step, 1);
                }
                self.null();
            }
        }
        None
    }

    /// The systems of a step do not know the customer that stands so many steps above.
    pub(super) fn not_known_to(&mut self, step: StepId, above: usize) {
        let customer = &self.path[..self.path.len().saturating_sub(above)];
        self.unknown_to.note(self.plan, step, customer);
    }

    /// A list keeps the rows that could be read; that there may be others is an error of the list.
    fn unread(&mut self, page: &Page) {
        if let Some(failure) = &page.unread {
            self.fail(failure);
        }
    }

    fn one(&mut self, related: &'a Related, parent: &Record) {
        let Some((page, from)) = self.rows(related.step, parent, true) else { return };
        let Some(row) = page.rows.first() else { return self.null() };
        let completed = self.completed(related, row, parent);
        let record = completed.as_ref().unwrap_or(row);
        self.nullable(&related.selection, Node::of(record, Some(&from)));
    }

    fn many(&mut self, related: &'a Related, parent: &Record) {
        let Some((page, from)) = self.rows(related.step, parent, false) else { return };
        self.unread(&page);
        self.raw(b"[");
        let mut count = 0;
        for (at, row) in page.rows.iter().enumerate() {
            if self.full {
                break;
            }
            let completed = self.completed(related, row, parent);
            let record = completed.as_deref().unwrap_or(row);
            if !complete::is_wanted(related, record) {
                continue;
            }
            let before = self.out.len();
            if count > 0 {
                self.raw(b",");
            }
            self.path.push(Segment::At(count));
            let written = self.object(&related.selection, Node::of(record, Some(page.source(at, &from))));
            self.path.pop();
            match written {
                Ok(()) => count += 1,
                Err(Nulled) => self.out.truncate(before),
            }
        }
        self.raw(b"]");
    }

    fn connection(&mut self, paged: &'a Paged, parent: &Record) {
        if !self.has_room() {
            return self.null();
        }
        let Some((page, from)) = self.rows(paged.related.step, parent, false) else { return };
        self.unread(&page);
        let completed: Vec<Arc<Record>> = page
            .rows
            .iter()
            .map(|row| self.completed(&paged.related, row, parent).unwrap_or_else(|| Arc::clone(row)))
            .collect();
        let shown: Vec<usize> =
            (0..completed.len()).filter(|at| complete::is_wanted(&paged.related, &completed[*at])).collect();
        self.raw(b"{");
        for (at, (key, field)) in paged.fields.iter().enumerate() {
            if at > 0 {
                self.raw(b",");
            }
            self.json(&**key);
            self.raw(b":");
            self.path.push(Segment::Key(Arc::clone(key)));
            match field {
                PageField::Typename(name) => self.json(*name),
                PageField::PageInfo(selection) => {
                    let info = complete::page_info(&page, &shown, paged.after);
                    self.nullable(selection, Node::of(&info, None));
                }
                PageField::Edges(fields) => self.edges(paged, fields, (&page, &from), &completed, &shown),
            }
            self.path.pop();
        }
        self.raw(b"}");
    }

    fn edges(
        &mut self,
        paged: &'a Paged,
        fields: &'a [(Arc<str>, EdgeField)],
        (page, from): (&Page, &Arc<Provenance>),
        records: &[Arc<Record>],
        shown: &[usize],
    ) {
        self.raw(b"[");
        let mut count = 0;
        for &row in shown {
            let before = self.out.len();
            if count > 0 {
                self.raw(b",");
            }
            self.path.push(Segment::At(count));
            let node = Node::of(&records[row], Some(page.source(row, from)));
            let written = self.edge(paged, fields, page.cursors.get(row).map_or("", |cursor| cursor), node);
            self.path.pop();
            match written {
                Ok(()) => count += 1,
                Err(Nulled) => self.out.truncate(before),
            }
        }
        self.raw(b"]");
    }

    fn edge(&mut self, paged: &'a Paged, fields: &'a [(Arc<str>, EdgeField)], cursor: &str, node: Node<'_>) -> Wrote {
        self.raw(b"{");
        for (at, (key, field)) in fields.iter().enumerate() {
            if at > 0 {
                self.raw(b",");
            }
            self.json(&**key);
            self.raw(b":");
            self.path.push(Segment::Key(Arc::clone(key)));
            let written = match field {
                EdgeField::Typename(name) => {
                    self.json(*name);
                    Ok(())
                }
                EdgeField::Cursor => {
                    self.json(cursor);
                    Ok(())
                }
                EdgeField::Node => self.object(&paged.related.selection, node),
            };
            self.path.pop();
            written?;
        }
        self.raw(b"}");
        Ok(())
    }

    fn taken(&mut self, chosen: &'a Chosen, step: StepId, ordinal: usize, node: Node<'_>) {
        match self.gathered.look(self.plan, step, Some(node.keyed)) {
            Looked::Outcome(Outcome::Found(page, _)) => {
                page.missing.iter().for_each(|failure| self.fail(failure));
                let value = page.rows.first().and_then(|row| row.at(ordinal).as_text().map(str::to_owned));
                self.json(&value);
            }
            Looked::Outcome(Outcome::Absent(_)) | Looked::NoKey => {
                // Of several systems one may keep apart what another one's record holds.
                let own = chosen.field.and_then(|field| node.record.get(field.name).as_text().map(str::to_owned));
                if own.is_none() && unknown::is_of_customer(self.plan, step) {
                    self.not_known_to(step, 1);
                }
                self.json(&own);
            }
            Looked::Outcome(Outcome::Failed(failure)) | Looked::Failed(failure) => self.failed(&failure),
        }
    }

    fn completed(&self, related: &Related, row: &Arc<Record>, parent: &Record) -> Option<Arc<Record>> {
        let completion = related.completion?;
        let today = self.now.date_naive();
        Some(Arc::new(complete::complete(self.plan, self.gathered, completion, row, parent, today)))
    }

    /// Null with an error where the reason is known only to code.
    pub(super) fn refuse(&mut self, failure: &Arc<Failure>) {
        self.failed(failure);
    }

    /// A list of joined or decided objects.
    pub(super) fn several(&mut self, items: &[Value], selection: &'a Selection) {
        if self.list(items, selection, None).is_err() {
            self.null();
        }
    }

    /// Null without an error.
    pub(super) fn nothing(&mut self) {
        self.null();
    }

    /// A joined or decided object.
    pub(super) fn made(&mut self, selection: &'a Selection, node: Node<'_>) {
        self.nullable(selection, node);
    }
}

/// The amount with at least the digits of its currency's minor unit; never with fewer than the system gave.
fn in_full(money: Money) -> Decimal {
    let mut amount = money.amount;
    if amount.scale() < money.currency.minor_digits() {
        amount.rescale(money.currency.minor_digits());
    }
    amount
}

fn too_large() -> Arc<Failure> {
    let message =
        format!("The answer would be larger than {} MiB; ask for smaller pages or fewer fields.", MOST_BYTES >> 20);
    Arc::new(Failure::new(Code::QueryTooCostly, message))
}

/// Whether items of this field's list must not be null.
fn item_must_be(field: Option<&'static Field>) -> bool {
    field.is_some_and(|field| matches!(&field.ty.base, BaseType::List(item) if !item.nullable))
}

fn unusable(item: &Value) -> bool {
    matches!(item, Value::Null | Value::Failed(_))
}

/// A field that must be there was not: the row is no answer.
fn missing(record: &Record, field: Option<&'static Field>) -> Arc<Failure> {
    let name = field.map_or("a field", |field| field.name);
    Arc::new(Failure::new(Code::UpstreamDrift, format!("{}.{name} must be known and is not.", record.of.name)))
}
