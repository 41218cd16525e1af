//! Invoices, which only Order Management, Commerce or Billing bring.

use super::{Cell, Field, Kind, Object, Parent, account, field, unused};
use crate::world::{Invoice, World};

/// The object.
pub(super) static INVOICE: Object = Object {
    name: "Invoice",
    prefix: "3tt",
    records: |world| (0..world.invoices.len()).collect(),
    fields: &FIELDS,
    parents: &[Parent {
        name: "BillingAccount",
        object: "Account",
        record: |world, at| account::of_customer(world, &world.invoices.at(at)?.customer),
    }],
    children: &[],
};

static FIELDS: [Field; 12] = [
    field("Id", Kind::Id, |world, at| Cell::Id(INVOICE.id(world, at))),
    field("IsDeleted", Kind::Bool, |_, _| Cell::Bool(false)),
    field("DocumentNumber", Kind::Text, |world, at| on(world, at, |i| Cell::text(&i.number))),
    field("BillingAccountId", Kind::Id, |world, at| on(world, at, |i| account::id(world, &i.customer))),
    unused("BillToContactId", Kind::Id),
    field("InvoiceDate", Kind::Date, |world, at| on(world, at, |i| Cell::Date(i.date))),
    field("DueDate", Kind::Date, |world, at| on(world, at, |i| Cell::Date(i.due))),
    field("Status", Kind::Text, |_, _| Cell::text("Posted")),
    field("TotalAmount", Kind::Number, |world, at| on(world, at, |i| Cell::Number(i.total - i.tax))),
    field("TotalAmountWithTax", Kind::Number, |world, at| on(world, at, |i| Cell::Number(i.total))),
    // Payments make it no less.
    field("Balance", Kind::Number, |world, at| on(world, at, |i| Cell::Number(i.total))),
    field("SystemModstamp", Kind::Moment, |world, at| on(world, at, |i| Cell::midnight(i.date))),
];

fn on<'w>(world: &'w World, at: usize, value: impl FnOnce(&'w Invoice) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(world.invoices.at(at), value)
}
