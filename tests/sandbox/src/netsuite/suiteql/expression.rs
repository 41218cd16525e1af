//! Values and conditions of a query, worked out for one combination of rows.

use std::cmp::Ordering;
use std::collections::HashSet;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use rust_decimal::Decimal;

use crate::netsuite::cell::Cell;
use crate::netsuite::tables::Column;
use crate::world::World;

/// The row of each source; none where an outer join found no partner.
pub(super) type Rows = [Option<usize>];

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Expression {
    /// A source's column.
    Column(usize, &'static Column),
    /// What is shown of a source's column.
    Shown(usize, &'static Column),
    Literal(Cell<'static>),
    Negative(Box<Expression>),
    Absolute(Box<Expression>),
    Lower(Box<Expression>),
    Upper(Box<Expression>),
    /// The first one, or the second where the first has no value.
    Either(Box<Expression>, Box<Expression>),
    /// A moment as text, by a mask; anything else as it is.
    Written(Box<Expression>, Option<String>),
    /// A text as a moment, by a mask.
    Moment(Box<Expression>, String),
}

impl Expression {
    pub(super) fn cell<'w>(&self, world: &'w World, rows: &Rows) -> Cell<'w> {
        let row = |source: &usize| rows.get(*source).copied().flatten();
        match self {
            Self::Column(source, column) => Cell::maybe(row(source), |row| (column.value)(world, row)),
            Self::Shown(source, column) => Cell::maybe(row(source), |row| (column.shown)(world, row)),
            Self::Literal(cell) => cell.clone(),
            Self::Negative(inner) => match inner.cell(world, rows) {
                Cell::Number(number) => Cell::Number(-number),
                _ => Cell::Null,
            },
            Self::Absolute(inner) => match inner.cell(world, rows) {
                Cell::Number(number) => Cell::Number(number.abs()),
                _ => Cell::Null,
            },
            Self::Lower(inner) => text(&inner.cell(world, rows), |text| text.to_lowercase()),
            Self::Upper(inner) => text(&inner.cell(world, rows), |text| text.to_uppercase()),
            Self::Either(first, second) => match first.cell(world, rows) {
                Cell::Null => second.cell(world, rows),
                cell => cell,
            },
            Self::Written(inner, mask) => match (inner.cell(world, rows), mask) {
                (Cell::Moment(moment), Some(mask)) => Cell::owned(moment.format(mask).to_string()),
                (cell, _) => Cell::maybe(cell.written(), Cell::owned),
            },
            Self::Moment(inner, mask) => match inner.cell(world, rows) {
                Cell::Text(text) => Cell::maybe(read(&text, mask), Cell::Moment),
                _ => Cell::Null,
            },
        }
    }

    /// Whether only this source is needed to know the value.
    pub(super) fn needs_only(&self, source: usize) -> bool {
        match self {
            Self::Column(of, _) | Self::Shown(of, _) => *of == source,
            Self::Literal(_) => true,
            Self::Negative(inner) | Self::Absolute(inner) | Self::Lower(inner) | Self::Upper(inner) => {
                inner.needs_only(source)
            }
            Self::Written(inner, _) | Self::Moment(inner, _) => inner.needs_only(source),
            Self::Either(first, second) => first.needs_only(source) && second.needs_only(source),
        }
    }
}

fn text<'w>(cell: &Cell<'_>, change: impl FnOnce(&str) -> String) -> Cell<'w> {
    Cell::maybe(cell.written(), |text| Cell::owned(change(&text)))
}

fn read(text: &str, mask: &str) -> Option<NaiveDateTime> {
    let day = || NaiveDate::parse_from_str(text, mask).ok().map(|day| day.and_time(NaiveTime::MIN));
    NaiveDateTime::parse_from_str(text, mask).ok().or_else(day)
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// A condition.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Compare(Expression, Comparison, Expression),
    Within(Expression, List),
    Like(Expression, Expression),
    IsNull(Expression),
}

impl Condition {
    /// Whether it holds; unknown where a value is absent.
    pub(super) fn holds(&self, world: &World, rows: &Rows) -> Option<bool> {
        match self {
            Self::All(inner) => decided(inner, false, world, rows),
            Self::Any(inner) => decided(inner, true, world, rows),
            Self::Not(inner) => inner.holds(world, rows).map(|holds| !holds),
            Self::Compare(one, how, two) => {
                let order = one.cell(world, rows).order(&two.cell(world, rows));
                order.map(|order| how.holds(order))
            }
            Self::Within(value, list) => list.holds(&value.cell(world, rows), world, rows),
            Self::Like(value, pattern) => {
                let (text, pattern) = (value.cell(world, rows).written()?, pattern.cell(world, rows).written()?);
                let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
                Some(matches(&text, &pattern))
            }
            Self::IsNull(value) => Some(value.cell(world, rows).written().is_none()),
        }
    }

    /// The conditions that all have to hold.
    pub(super) fn conjuncts(&self) -> &[Condition] {
        match self {
            Self::All(inner) => inner,
            _ => std::slice::from_ref(self),
        }
    }

    /// Whether only this source is needed to decide it.
    pub(super) fn needs_only(&self, source: usize) -> bool {
        match self {
            Self::All(inner) | Self::Any(inner) => inner.iter().all(|one| one.needs_only(source)),
            Self::Not(inner) => inner.needs_only(source),
            Self::Compare(one, _, two) | Self::Like(one, two) => one.needs_only(source) && two.needs_only(source),
            Self::Within(value, list) => {
                value.needs_only(source) && list.values.iter().all(|one| one.needs_only(source))
            }
            Self::IsNull(value) => value.needs_only(source),
        }
    }
}

/// The values of an `IN`. A thousand of them are looked up, not tried one by one.
#[derive(Debug, Clone)]
pub(super) struct List {
    pub(super) values: Vec<Expression>,
    texts: HashSet<String>,
    numbers: HashSet<Decimal>,
    /// Not all are texts, which may be numbers as well.
    is_mixed: bool,
}

impl List {
    pub(super) fn of(values: Vec<Expression>) -> Self {
        let mut list = Self { values, texts: HashSet::new(), numbers: HashSet::new(), is_mixed: false };
        for value in &list.values {
            if let Expression::Literal(Cell::Text(text)) = value {
                list.numbers.extend(text.trim().parse::<Decimal>());
                list.texts.insert(text.clone().into_owned());
            } else {
                list.is_mixed = true;
            }
        }
        list
    }

    fn holds(&self, cell: &Cell<'_>, world: &World, rows: &Rows) -> Option<bool> {
        let is_there = |other: &Expression| cell.order(&other.cell(world, rows)) == Some(Ordering::Equal);
        match cell {
            Cell::Null => None,
            Cell::Text(text) if !self.is_mixed => Some(self.texts.contains(text.as_ref())),
            Cell::Number(number) if !self.is_mixed => Some(self.numbers.contains(number)),
            _ => Some(self.values.iter().any(is_there)),
        }
    }
}

/// One `decisive` answer decides; one unknown among the others leaves it unknown.
fn decided(inner: &[Condition], decisive: bool, world: &World, rows: &Rows) -> Option<bool> {
    let mut answer = Some(!decisive);
    for condition in inner {
        match condition.holds(world, rows) {
            Some(holds) if holds == decisive => return Some(decisive),
            Some(_) => {}
            None => answer = None,
        }
    }
    answer
}

/// `%` is any text, `_` any letter. After a mistake only the last `%` is tried again, so that time stays short.
fn matches(text: &[char], pattern: &[char]) -> bool {
    let (mut at, mut next) = (0, 0);
    let mut retry = None;
    while at < text.len() {
        match pattern.get(next) {
            Some('%') => {
                retry = Some((at, next + 1));
                next += 1;
            }
            Some(wanted) if *wanted == '_' || *wanted == text[at] => {
                at += 1;
                next += 1;
            }
            _ => match retry {
                Some((from, after)) => {
                    (at, next) = (from + 1, after);
                    retry = Some((from + 1, after));
                }
                None => return false,
            },
        }
    }
    pattern[next..].iter().all(|rest| *rest == '%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_people_mean_them() {
        let like = |text: &str, pattern: &str| {
            matches(&text.chars().collect::<Vec<_>>(), &pattern.chars().collect::<Vec<_>>())
        };
        assert!(like("G-2001", "G-%") && like("G-2001", "%1") && like("", "%") && like("aXbXc", "%X_"));
        assert!(!like("G-2001", "G-") && !like("", "_") && !like("a", "") && !like("ab", "%a"));
        assert!(!like(&"a".repeat(2_000), &"%a".repeat(50).replace("%a", "%a%b")));
    }
}
