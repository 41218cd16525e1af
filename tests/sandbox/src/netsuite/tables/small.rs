//! Small lists that others refer to.

use rust_decimal::Decimal;

use super::{Column, Table, column};
use crate::netsuite::cell::Cell;

/// The only currency.
pub(super) const EURO: usize = 4;

/// Payment terms.
pub(super) static TERM: Table = Table { name: "term", rows: |_| (0..TERMS.len()).collect(), columns: &TERM_COLUMNS };
/// Currencies.
pub(super) static CURRENCY: Table = Table { name: "currency", rows: |_| vec![EURO], columns: &CURRENCY_COLUMNS };
/// Warehouses.
pub(super) static LOCATION: Table = Table { name: "location", rows: |_| vec![1, 2], columns: &LOCATION_COLUMNS };

static TERMS: [(&str, &str, u32); 5] = [
    ("Net10", "Net 10", 10),
    ("Net14", "Net 14", 14),
    ("Net30", "Net 30", 30),
    ("Net45", "Net 45", 45),
    ("Net60", "Net 60", 60),
];

static TERM_COLUMNS: [Column; 4] = [
    column("id", |_, row| Cell::id(row + 1)),
    column("name", |_, row| Cell::maybe(TERMS.get(row), |term| Cell::text(term.1))),
    column("daysuntilnetdue", |_, row| Cell::maybe(TERMS.get(row), |term| Cell::number(term.2))),
    column("isinactive", |_, _| Cell::truth(false)),
];

static CURRENCY_COLUMNS: [Column; 4] = [
    column("id", |_, row| Cell::id(row)),
    column("symbol", |_, _| Cell::text("EUR")),
    column("name", |_, _| Cell::text("Euro")),
    column("exchangerate", |_, _| Cell::Number(Decimal::ONE)),
];

static LOCATION_COLUMNS: [Column; 3] = [
    column("id", |_, row| Cell::id(row)),
    column("name", |_, row| location_name(row)),
    column("isinactive", |_, _| Cell::truth(false)),
];

/// The id of payment terms by their code; others are not in the list.
pub(super) fn term(code: &str) -> Cell<'static> {
    Cell::maybe(TERMS.iter().position(|term| term.0 == code), |row| Cell::id(row + 1))
}

/// The name of payment terms.
pub(super) fn term_name(code: &str) -> Cell<'static> {
    Cell::maybe(TERMS.iter().find(|term| term.0 == code), |term| Cell::text(term.1))
}

/// The name of a warehouse.
pub(super) fn location_name<'w>(id: usize) -> Cell<'w> {
    Cell::owned(format!("Warehouse {id}"))
}
