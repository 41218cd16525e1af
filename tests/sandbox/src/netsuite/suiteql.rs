//! The part of SuiteQL that integrations send: one table and joins to others, conditions, an order.
//!
//! The text becomes tokens in [`tokens`], the tokens a [`Query`] in [`parse`], and [`run`] reads rows by it.
//! Whatever lies beyond this part is refused as the vendor refuses what it does not support.

mod expression;
mod mask;
mod parse;
mod run;
mod tokens;

pub(super) use parse::query;
pub(super) use run::{MOST_ROWS, run};

use super::tables::{Column, Table};
use expression::{Condition, Expression};

/// A query whose names have been found.
#[derive(Debug)]
pub(super) struct Query {
    /// What is shown, each under its name in lower case.
    select: Vec<(String, Expression)>,
    /// The first table and those joined to it.
    sources: Vec<Source>,
    filter: Option<Condition>,
    /// Each with whether it counts down.
    order: Vec<(Expression, bool)>,
    /// At most how many rows.
    first: Option<usize>,
}

/// A table under the name that the query gives it.
#[derive(Debug)]
struct Source {
    alias: String,
    table: &'static Table,
    /// None for the first one.
    join: Option<Join>,
}

/// How a table is joined to those before it.
#[derive(Debug)]
struct Join {
    /// Rows without a partner stay.
    keeps_lonely: bool,
    /// This table's column equals a value of those before it.
    column: &'static Column,
    equals: Expression,
    /// Everything that a pair has to meet, that equality included.
    on: Condition,
}
