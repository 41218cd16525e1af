//! Encoded queries: `account.numberINA,B^active=true^ORstate=3^NQnumber=C^ORDERBYDESCopened_at`.
//!
//! A term that means nothing here — an unknown column, an unknown operator — is dropped without a word and the rest
//! runs. Where nothing remains, every row comes back.

use std::cmp::Ordering;
use std::collections::HashSet;

use rust_decimal::Decimal;

use super::cell::Cell;
use super::tables::{Path, Table, user_id};
use crate::world::World;

/// Which rows, in which order.
#[derive(Debug, Default)]
pub(super) struct Query {
    /// One of these holds; no group at all holds for every row.
    groups: Vec<Group>,
    /// The column and whether it counts down.
    order: Vec<(Path, bool)>,
}

/// Every clause holds.
#[derive(Debug, Default)]
struct Group(Vec<Clause>);

/// One of the terms holds; a clause that lost all its terms holds as well.
#[derive(Debug, Default)]
struct Clause(Vec<Term>);

#[derive(Debug)]
struct Term {
    path: Path,
    test: Test,
}

#[derive(Debug)]
enum Test {
    Equal(String),
    Unequal(String),
    Among(HashSet<String>),
    NotAmong(HashSet<String>),
    Contains(String),
    Lacks(String),
    Starts(String),
    Ends(String),
    Empty,
    Present,
    Less(String),
    LessOrEqual(String),
    Greater(String),
    GreaterOrEqual(String),
    Between(String, String),
}

impl Query {
    /// Reads a query for a table; nothing in it is ever refused.
    pub(super) fn read(text: &str, table: &'static Table, world: &World) -> Self {
        let mut query = Self { groups: vec![Group::default()], order: Vec::new() };
        for part in parts(text) {
            query.add(&part, table, world);
        }
        query
    }

    /// One more condition that every group has to meet: `?active=true` beside the query.
    pub(super) fn require(&mut self, name: &str, value: &str, table: &'static Table) {
        let Some(path) = Path::find(table, name) else { return };
        for Group(clauses) in &mut self.groups {
            clauses.push(Clause(vec![Term { path: path.clone(), test: Test::Equal(value.to_owned()) }]));
        }
    }

    fn add(&mut self, part: &str, table: &'static Table, world: &World) {
        if let Some(name) = part.strip_prefix("ORDERBYDESC") {
            return self.order.extend(Path::find(table, name).map(|path| (path, true)));
        }
        if let Some(name) = part.strip_prefix("ORDERBY") {
            return self.order.extend(Path::find(table, name).map(|path| (path, false)));
        }
        if part == "EQ" || part.starts_with("GROUPBY") {
            return;
        }
        let (part, begins_group) = part.strip_prefix("NQ").map_or((part, false), |rest| (rest, true));
        if begins_group {
            self.groups.push(Group::default());
        }
        let (part, is_alternative) = part.strip_prefix("OR").map_or((part, false), |rest| (rest, true));
        let term = Term::read(part, table, world);
        let Some(Group(clauses)) = self.groups.last_mut() else { return };
        match clauses.last_mut() {
            Some(Clause(terms)) if is_alternative => terms.extend(term),
            _ => clauses.push(Clause(term.into_iter().collect())),
        }
    }

    pub(super) fn holds(&self, world: &World, row: usize) -> bool {
        let clause = |Clause(terms): &Clause| terms.is_empty() || terms.iter().any(|term| term.holds(world, row));
        self.groups.iter().any(|Group(clauses)| clauses.iter().all(clause))
    }

    /// Sorts rows; those that are equal stay as they were.
    pub(super) fn sort(&self, world: &World, rows: &mut [usize]) {
        if self.order.is_empty() {
            return;
        }
        rows.sort_by_cached_key(|row| {
            let keys = self
                .order
                .iter()
                .map(|(path, descends)| Key { text: sorted_by(path, world, *row), descends: *descends });
            keys.collect::<Vec<_>>()
        });
    }
}

/// What a row is sorted by.
#[derive(Debug, PartialEq, Eq)]
struct Key {
    text: String,
    descends: bool,
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = compared(&self.text, &other.text);
        if self.descends { order.reverse() } else { order }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn sorted_by(path: &Path, world: &World, row: usize) -> String {
    let cell = path.cell(world, row);
    match cell {
        Cell::Reference(..) => cell.display(world).into_owned(),
        _ => cell.value(world).into_owned(),
    }
}

impl Term {
    /// A term, unless its column or its operator is unknown.
    fn read(text: &str, table: &'static Table, world: &World) -> Option<Self> {
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '.');
        let (name, rest) = text.split_at(text.find(|c| !is_name(c)).unwrap_or(text.len()));
        let path = Path::find(table, name)?;
        Some(Self { path, test: Test::read(rest, world)? })
    }

    fn holds(&self, world: &World, row: usize) -> bool {
        let cell = self.path.cell(world, row);
        // A search in the text of a reference looks at what is shown, a comparison at the id.
        let by_display = matches!(self.test, Test::Contains(_) | Test::Lacks(_) | Test::Starts(_) | Test::Ends(_));
        let text =
            if by_display && matches!(cell, Cell::Reference(..)) { cell.display(world) } else { cell.value(world) };
        self.test.holds(&text)
    }
}

impl Test {
    fn read(text: &str, world: &World) -> Option<Self> {
        match text {
            "ISEMPTY" => return Some(Self::Empty),
            "ISNOTEMPTY" => return Some(Self::Present),
            _ => {}
        }
        let value = |operator| text.strip_prefix(operator).map(|raw| evaluated(raw, world));
        let list = |text: String| text.split(',').map(str::to_owned).collect::<HashSet<_>>();
        if let Some((least, most)) = text.strip_prefix("BETWEEN").and_then(|range| range.split_once('@')) {
            return Some(Self::Between(evaluated(least, world), evaluated(most, world)));
        }
        // Longer operators first, so that `>=` is not read as `>`.
        None.or_else(|| value("NOT IN").map(|text| Self::NotAmong(list(text))))
            .or_else(|| value("IN").map(|text| Self::Among(list(text))))
            .or_else(|| value("NOT LIKE").map(Self::Lacks))
            .or_else(|| value("LIKE").map(Self::Contains))
            .or_else(|| value("STARTSWITH").map(Self::Starts))
            .or_else(|| value("ENDSWITH").map(Self::Ends))
            .or_else(|| value("!=").map(Self::Unequal))
            .or_else(|| value(">=").map(Self::GreaterOrEqual))
            .or_else(|| value("<=").map(Self::LessOrEqual))
            .or_else(|| value("=").map(Self::Equal))
            .or_else(|| value(">").map(Self::Greater))
            .or_else(|| value("<").map(Self::Less))
    }

    fn holds(&self, text: &str) -> bool {
        // What is absent is neither less nor greater.
        let against = |value: &str| (!text.is_empty()).then(|| compared(text, value));
        match self {
            Self::Equal(value) => text == value,
            Self::Unequal(value) => text != value,
            Self::Among(values) => values.contains(text),
            Self::NotAmong(values) => !values.contains(text),
            Self::Contains(value) => text.contains(value),
            Self::Lacks(value) => !text.contains(value),
            Self::Starts(value) => text.starts_with(value),
            Self::Ends(value) => text.ends_with(value),
            Self::Empty => text.is_empty(),
            Self::Present => !text.is_empty(),
            Self::Less(value) => against(value).is_some_and(Ordering::is_lt),
            Self::LessOrEqual(value) => against(value).is_some_and(Ordering::is_le),
            Self::Greater(value) => against(value).is_some_and(Ordering::is_gt),
            Self::GreaterOrEqual(value) => against(value).is_some_and(Ordering::is_ge),
            Self::Between(least, most) => {
                against(least).is_some_and(Ordering::is_ge) && against(most).is_some_and(Ordering::is_le)
            }
        }
    }
}

/// Numbers by their size, everything else by its letters; moments are written so that this works.
fn compared(one: &str, two: &str) -> Ordering {
    match (one.parse::<Decimal>(), two.parse::<Decimal>()) {
        (Ok(one), Ok(two)) => one.cmp(&two),
        _ => one.cmp(two),
    }
}

/// A value that begins with `javascript:` is run on the server; of all scripts this one knows one.
fn evaluated(raw: &str, world: &World) -> String {
    match raw.strip_prefix("javascript:") {
        Some("gs.getUserID()") => user_id(world),
        Some(_) => String::new(),
        None => raw.to_owned(),
    }
}

/// Splits at single carets; two of them are a caret in a value.
fn parts(text: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, found.last_mut()) {
            ('^', Some(part)) if characters.peek() == Some(&'^') => {
                characters.next();
                part.push('^');
            }
            ('^', _) => found.push(String::new()),
            (other, Some(part)) => part.push(other),
            (_, None) => {}
        }
    }
    found.retain(|part| !part.is_empty());
    found
}
