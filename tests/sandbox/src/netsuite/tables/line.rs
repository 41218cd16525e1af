//! Lines of transactions. Line 0 is the main line, which stands for the whole transaction.
//!
//! What leaves us is negative: quantities and amounts of sales are.

use rust_decimal::Decimal;

use super::{Column, Table, column, item, position, small, transaction};
use crate::netsuite::cell::Cell;
use crate::world::{OrderLine, OrderStatus, World};
use transaction::Entry;

const FIRST: usize = 7_000_000;
/// Lines are counted within their transaction; no transaction has more.
const PER_TRANSACTION: usize = 64;

/// Lines.
pub(super) static LINE: Table = Table {
    name: "transactionline",
    rows: |world| transaction::rows(world).into_iter().flat_map(|row| of_transaction(world, row)).collect(),
    columns: &COLUMNS,
};
/// Which serial numbers went out with a line.
pub(super) static ASSIGNMENT: Table = Table {
    name: "inventoryassignment",
    rows: |world| {
        let lines = transaction::rows(world).into_iter().flat_map(|row| of_transaction(world, row));
        lines.filter(|row| line(world, *row).is_some_and(|line| line.serial.is_some())).collect()
    },
    columns: &ASSIGNMENT_COLUMNS,
};

static COLUMNS: [Column; 28] = [
    column("transaction", |_, row| transaction::id(row / PER_TRANSACTION)).found(by_transaction),
    column("id", |_, row| Cell::id(row % PER_TRANSACTION)),
    column("uniquekey", |_, row| Cell::id(FIRST + row)).found(by_key),
    column("linesequencenumber", |_, row| Cell::id(row % PER_TRANSACTION)),
    column("item", |world, row| on(world, row, |line| item::id(world, &line.sku)))
        .shown(|world, row| on(world, row, |line| Cell::text(&line.sku))),
    column("memo", |world, row| on(world, row, |line| Cell::text(&line.description))),
    column("units", |world, row| on(world, row, |line| Cell::text(&line.unit))),
    column("location", |world, row| on(world, row, |line| Cell::Number(line.site.parse().unwrap_or(Decimal::ONE))))
        .shown(|world, row| on(world, row, |line| small::location_name(line.site.parse().unwrap_or(1)))),
    column("quantity", |world, row| on(world, row, |line| Cell::Number(-line.quantity))),
    column("quantityshiprecv", |world, row| on(world, row, |line| when(line, has_left(line)))),
    column("quantitybilled", |world, row| on(world, row, |line| when(line, line.status == OrderStatus::Invoiced))),
    column("quantitycommitted", |world, row| on(world, row, |line| when(line, line.status == OrderStatus::Open))),
    column("quantitybackordered", |world, row| on(world, row, |line| when(line, false))),
    column("quantitypicked", |world, row| on(world, row, |line| when(line, has_left(line)))),
    column("quantitypacked", |world, row| on(world, row, |line| when(line, has_left(line)))),
    column("rate", |world, row| on(world, row, |line| Cell::Number(line.unit_price))),
    column("foreignamount", amount),
    column("netamount", amount),
    column("foreignamountunpaid", |world, row| match (transaction::of(world, row / PER_TRANSACTION), is_main(row)) {
        (Some(Entry::Invoice(invoice)), true) => Cell::Number(invoice.open_amount),
        _ => Cell::Null,
    }),
    column("isclosed", |world, row| on(world, row, |line| Cell::truth(line.status == OrderStatus::Canceled))),
    column("isfullyshipped", |world, row| on(world, row, |line| Cell::truth(has_left(line)))),
    column("mainline", |_, row| Cell::truth(is_main(row))),
    column("taxline", |_, _| Cell::truth(false)),
    column("createdfrom", created_from),
    column("expectedshipdate", |world, row| match transaction::of(world, row / PER_TRANSACTION) {
        Some(Entry::Order(order)) if !is_main(row) => Cell::day(order.confirmed_ship.unwrap_or(order.requested_ship)),
        _ => Cell::Null,
    }),
    column("itemtype", |world, row| on(world, row, |_| Cell::text("InvtPart"))),
    column("donotdisplayline", |_, _| Cell::truth(false)),
    column("custcol_serial_number", |world, row| {
        on(world, row, |line| Cell::maybe(line.serial.as_deref(), Cell::text))
    }),
];

static ASSIGNMENT_COLUMNS: [Column; 4] = [
    column("transaction", |_, row| transaction::id(row / PER_TRANSACTION)).found(|world, id| {
        let mut rows = by_transaction(world, id);
        rows.retain(|row| line(world, *row).is_some_and(|line| line.serial.is_some()));
        rows
    }),
    column("transactionline", |_, row| Cell::id(row % PER_TRANSACTION)),
    column("inventorynumber", |world, row| {
        on(world, row, |line| Cell::maybe(line.serial.as_deref(), |serial| item::serial_id(world, serial)))
    })
    .shown(|world, row| on(world, row, |line| Cell::maybe(line.serial.as_deref(), Cell::text))),
    column("quantity", |_, _| Cell::Number(Decimal::NEGATIVE_ONE)),
];

/// The lines of a transaction, the main line first.
pub(super) fn of_transaction(world: &World, row: usize) -> Vec<usize> {
    let is_shipment = matches!(transaction::of(world, row), Some(Entry::Shipment(_)));
    let order = transaction::of(world, row).and_then(|entry| world.orders.get(entry.order()));
    let lines = order.map(|order| order.lines.as_slice()).unwrap_or_default().iter().take(PER_TRANSACTION - 1);
    // A fulfilment has the lines that went out with it.
    let present = lines.enumerate().filter(|(_, line)| !is_shipment || has_left(line)).map(|(at, _)| at + 1);
    std::iter::once(0).chain(present).map(|line| row * PER_TRANSACTION + line).collect()
}

/// The transaction's row of a line's row.
pub(super) fn transaction_row(row: usize) -> usize {
    row / PER_TRANSACTION
}

/// A line's number within its transaction.
pub(super) fn number(row: usize) -> usize {
    row % PER_TRANSACTION
}

/// Whether a row is a main line.
pub(super) fn is_main(row: usize) -> bool {
    number(row) == 0
}

fn line(world: &World, row: usize) -> Option<&OrderLine> {
    let order = transaction::of(world, row / PER_TRANSACTION)?.order();
    world.orders.get(order)?.lines.get(number(row).checked_sub(1)?)
}

fn has_left(line: &OrderLine) -> bool {
    matches!(line.status, OrderStatus::Delivered | OrderStatus::Invoiced)
}

/// The quantity, or none of it.
fn when(line: &OrderLine, all: bool) -> Cell<'_> {
    Cell::Number(if all { line.quantity } else { Decimal::ZERO })
}

/// A main line carries the total; the lines below it take from it.
fn amount(world: &World, row: usize) -> Cell<'_> {
    let Some(entry) = transaction::of(world, row / PER_TRANSACTION) else { return Cell::Null };
    match (entry.total(), is_main(row)) {
        (None, _) => Cell::Null,
        (Some(total), true) => Cell::Number(total),
        (Some(_), false) => on(world, row, |line| Cell::Number(-line.amount())),
    }
}

fn created_from(world: &World, row: usize) -> Cell<'_> {
    let from = transaction::order_row(world, row / PER_TRANSACTION);
    Cell::maybe(from.filter(|from| *from != row / PER_TRANSACTION), transaction::id)
}

fn by_transaction(world: &World, id: &str) -> Vec<usize> {
    transaction::by_id(world, id).into_iter().flat_map(|row| of_transaction(world, row)).collect()
}

fn by_key(world: &World, key: &str) -> Vec<usize> {
    let row = position(key, FIRST).filter(|row| of_transaction(world, row / PER_TRANSACTION).contains(row));
    row.filter(|row| transaction::of(world, row / PER_TRANSACTION).is_some()).into_iter().collect()
}

fn on<'w>(world: &'w World, row: usize, cell: impl FnOnce(&'w OrderLine) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(line(world, row), cell)
}
