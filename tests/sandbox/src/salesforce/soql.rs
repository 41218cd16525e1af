//! The part of SOQL that integrations send: what a query says, once it has been read.
//!
//! The text becomes tokens in [`tokens`], the tokens become a [`Query`] in [`parse`]. Whether the named objects and
//! fields exist is not known here; the positions are kept so that whoever finds out can point at the culprit.

pub(crate) mod parse;
pub(crate) mod pattern;
pub(crate) mod tokens;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use pattern::Pattern;

/// A whole query, or a child query in the select list of one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Query {
    /// What is selected, in the order it was asked for.
    pub(crate) select: Vec<Selected>,
    /// The object, or for a child query the name of the relation.
    pub(crate) from: Name,
    /// Which rows.
    pub(crate) filter: Option<Condition>,
    /// In which order.
    pub(crate) order: Vec<OrderBy>,
    /// At most how many rows.
    pub(crate) limit: Option<u64>,
    /// After how many rows.
    pub(crate) offset: Option<u64>,
}

/// One item of a select list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Selected {
    /// A field, of the object itself or of a parent.
    Field(Path),
    /// A child query.
    Children(Box<Query>),
    /// `COUNT()`: no rows, only their number.
    Count,
}

/// A word of the query and the byte at which it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Name {
    /// The word as written.
    pub(crate) text: String,
    /// Where it starts.
    pub(crate) at: usize,
}

/// A field reached through any number of parents: `Account.Owner.Name`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Path {
    /// The relations to follow.
    pub(crate) parents: Vec<Name>,
    /// The field at their end.
    pub(crate) field: Name,
}

/// A condition on a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    /// Every one holds.
    All(Vec<Condition>),
    /// At least one holds.
    Any(Vec<Condition>),
    /// The inner one does not hold.
    Not(Box<Condition>),
    /// A field against one value.
    Compare(Path, Comparison, Literal),
    /// A field against a list of values; the flag says that it must be absent from the list.
    Within(Path, Vec<Literal>, bool),
    /// A text field against a pattern.
    Like(Path, Pattern),
}

/// How a field is compared with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// `=`
    Equal,
    /// `!=` or `<>`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// A value written in the query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    /// `null`
    Null,
    /// `'text'`, unescaped.
    Text(String),
    /// `12.5`
    Number(Decimal),
    /// `true` or `false`
    Bool(bool),
    /// `2026-05-01`
    Date(NaiveDate),
    /// `2026-05-01T07:25:37Z`
    Moment(DateTime<Utc>),
    /// `TODAY`, `YESTERDAY` or `TOMORROW`, as days from today.
    Day(i64),
}

/// One criterion of an order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OrderBy {
    /// The field.
    pub(crate) path: Path,
    /// Largest first.
    pub(crate) descending: bool,
    /// Absent values after present ones; the vendor's default puts them first.
    pub(crate) nulls_last: bool,
}

/// Text that is no query, and where it stops being one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// What is wrong there.
    pub(crate) says: String,
    /// The byte at which reading stopped.
    pub(crate) at: usize,
}

impl Malformed {
    /// A complaint about the text at a byte.
    pub(crate) fn at(at: usize, says: impl Into<String>) -> Self {
        Self { says: says.into(), at }
    }
}
