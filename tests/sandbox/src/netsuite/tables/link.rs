//! What followed what: from an order to its fulfilment and its invoice, by transaction and by line.

use super::{Column, Table, column, line, transaction};
use crate::netsuite::cell::Cell;
use crate::world::World;
use transaction::Entry;

/// From an order to what followed. A row is that of the follower.
pub(super) static NEXT: Table = Table {
    name: "nexttransactionlink",
    rows: |world| transaction::rows(world).into_iter().filter(|row| previous(world, *row).is_some()).collect(),
    columns: &COLUMNS,
};
/// The same by line.
pub(super) static NEXT_LINE: Table = Table { name: "nexttransactionlinelink", rows: line_rows, columns: &LINE_COLUMNS };
/// The same by line, as seen from the follower.
pub(super) static PREVIOUS_LINE: Table =
    Table { name: "previoustransactionlinelink", rows: line_rows, columns: &LINE_COLUMNS };

static COLUMNS: [Column; 3] = [
    column("previousdoc", |world, row| Cell::maybe(previous(world, row), transaction::id)).found(|world, id| {
        transaction::by_id(world, id).into_iter().flat_map(|row| transaction::followers(world, row)).collect()
    }),
    column("nextdoc", |_, row| transaction::id(row)).found(|world, id| {
        transaction::by_id(world, id).into_iter().filter(|row| previous(world, *row).is_some()).collect()
    }),
    column("linktype", link_type),
];

static LINE_COLUMNS: [Column; 5] = [
    column("previousdoc", |world, row| Cell::maybe(previous(world, line::transaction_row(row)), transaction::id))
        .found(|world, id| {
            let orders = transaction::by_id(world, id).into_iter();
            orders.flat_map(|row| transaction::followers(world, row)).flat_map(|row| item_lines(world, row)).collect()
        }),
    column("previousline", |_, row| Cell::id(line::number(row))),
    column("nextdoc", |_, row| transaction::id(line::transaction_row(row))).found(|world, id| {
        let next = transaction::by_id(world, id).into_iter().filter(|row| previous(world, *row).is_some());
        next.flat_map(|row| item_lines(world, row)).collect()
    }),
    column("nextline", |_, row| Cell::id(line::number(row))),
    column("linktype", |world, row| link_type(world, line::transaction_row(row))),
];

fn line_rows(world: &World) -> Vec<usize> {
    (NEXT.rows)(world).into_iter().flat_map(|row| item_lines(world, row)).collect()
}

fn item_lines(world: &World, row: usize) -> Vec<usize> {
    let mut lines = line::of_transaction(world, row);
    lines.retain(|line| !line::is_main(*line));
    lines
}

fn previous(world: &World, row: usize) -> Option<usize> {
    transaction::order_row(world, row).filter(|order| *order != row)
}

fn link_type(world: &World, row: usize) -> Cell<'_> {
    Cell::text(match transaction::of(world, row) {
        Some(Entry::Shipment(_)) => "ShipRcpt",
        _ => "OrdBill",
    })
}
