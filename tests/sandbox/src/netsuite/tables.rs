//! The tables that SuiteQL reads. Rows are positions in the world; internal ids count up from them.

mod billing;
mod case;
mod contact;
mod customer;
mod item;
mod line;
mod link;
mod small;
mod transaction;

use super::cell::Cell;
use crate::world::World;

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) rows: fn(&World) -> Vec<usize>,
    pub(super) columns: &'static [Column],
}

/// A value of a row.
type Value = for<'w> fn(&'w World, usize) -> Cell<'w>;
/// The rows that have a value in a column.
type Find = fn(&World, &str) -> Vec<usize>;

/// A column.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) value: Value,
    /// What `BUILTIN.DF` shows in place of the value.
    pub(super) shown: Value,
    /// A quick way to the rows with a value, for columns that are keys.
    pub(super) find: Option<Find>,
}

impl std::fmt::Debug for Column {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)
    }
}

const fn column(name: &'static str, value: Value) -> Column {
    Column { name, value, shown: value, find: None }
}

impl Column {
    const fn shown(mut self, shown: Value) -> Self {
        self.shown = shown;
        self
    }

    const fn found(mut self, find: Find) -> Self {
        self.find = Some(find);
        self
    }
}

static TABLES: [&Table; 19] = [
    &customer::CUSTOMER,
    &transaction::TRANSACTION,
    &line::LINE,
    &link::NEXT,
    &link::NEXT_LINE,
    &link::PREVIOUS_LINE,
    &item::ITEM,
    &item::PRICING,
    &item::BALANCE,
    &item::BY_LOCATION,
    &item::SERIAL,
    &small::TERM,
    &small::CURRENCY,
    &small::LOCATION,
    &line::ASSIGNMENT,
    &contact::CONTACT,
    &case::CASE,
    &case::STATUS,
    &billing::SUBSCRIPTION,
];

/// The table of a name, whatever its case.
pub(super) fn named(name: &str) -> Option<&'static Table> {
    TABLES.into_iter().find(|table| table.name.eq_ignore_ascii_case(name))
}

impl Table {
    /// The column of a name, whatever its case.
    pub(super) fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }
}

/// A number that was counted up from `first`.
fn position(id: &str, first: usize) -> Option<usize> {
    id.trim().parse::<usize>().ok()?.checked_sub(first)
}
