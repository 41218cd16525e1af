//! Customers. `entityid` is the customer number, `externalid` as well.

use rust_decimal::Decimal;

use super::{Column, Table, column, position, small};
use crate::netsuite::cell::Cell;
use crate::tenant::Role;
use crate::world::{Customer, OrderStatus, World};

const FIRST: usize = 1_001;

/// Customers.
pub(super) static CUSTOMER: Table = Table {
    name: "customer",
    rows: |world| (0..world.customers.len()).filter(|row| of(world, *row).is_some()).collect(),
    columns: &COLUMNS,
};

static COLUMNS: [Column; 28] = [
    column("id", |_, row| Cell::id(FIRST + row)).found(by_id),
    column("entityid", |world, row| on(world, row, |customer| Cell::text(&customer.number))).found(by_number),
    column("externalid", |world, row| on(world, row, |customer| Cell::text(&customer.number))).found(by_number),
    column("companyname", |world, row| on(world, row, |customer| Cell::text(customer.name_in(Role::Erp)))),
    column("altname", |world, row| on(world, row, |customer| Cell::text(customer.name_in(Role::Erp)))),
    column("email", |world, row| on(world, row, |customer| Cell::text(&customer.email))),
    column("phone", |world, row| on(world, row, |customer| Cell::text(&customer.phone))),
    column("url", |world, row| on(world, row, |customer| Cell::text(&customer.website))),
    column("vatregnumber", |world, row| on(world, row, |customer| Cell::text(&customer.vat_number))),
    column("category", |world, row| on(world, row, |customer| Cell::text(&customer.group))),
    column("defaultbillingaddress", |world, row| on(world, row, |customer| Cell::owned(address(customer)))),
    column("creditlimit", |world, row| on(world, row, |customer| Cell::Number(customer.credit_limit))),
    column("creditholdoverride", |world, row| {
        on(world, row, |customer| Cell::text(if customer.on_hold { "ON" } else { "AUTO" }))
    }),
    column("oncredithold", |world, row| on(world, row, |customer| Cell::truth(customer.on_hold))),
    column("terms", |world, row| on(world, row, |customer| small::term(&customer.payment_terms)))
        .shown(|world, row| on(world, row, |customer| small::term_name(&customer.payment_terms))),
    column("currency", |_, _| Cell::id(small::EURO)).shown(|_, _| Cell::text("EUR")),
    column("parent", |_, _| Cell::Null),
    column("balancesearch", balance),
    column("overduebalancesearch", overdue),
    column("consolbalancesearch", balance),
    column("consoloverduebalancesearch", overdue),
    column("consoldaysoverduesearch", |world, row| {
        on(world, row, |customer| Cell::number(days_overdue(world, customer)))
    }),
    column("daysoverduesearch", |world, row| on(world, row, |customer| Cell::number(days_overdue(world, customer)))),
    column("unbilledorderssearch", unbilled),
    column("isinactive", |_, _| Cell::truth(false)),
    column("isperson", |_, _| Cell::truth(false)),
    column("datecreated", |world, row| on(world, row, |customer| Cell::day(customer.since))),
    column("lastmodifieddate", |world, row| on(world, row, |customer| Cell::day(customer.since))),
];

/// The internal id of a customer number.
pub(super) fn id<'w>(world: &World, number: &str) -> Cell<'w> {
    Cell::maybe(world.customers.position(number), |row| Cell::id(FIRST + row))
}

/// The customer of an internal id.
pub(super) fn with_id<'w>(world: &'w World, id: &str) -> Option<&'w Customer> {
    of(world, position(id, FIRST)?)
}

/// What a reference to a customer shows.
pub(super) fn shown<'w>(world: &'w World, number: &str) -> Cell<'w> {
    Cell::maybe(world.customers.get(number), |customer| {
        Cell::owned(format!("{} {}", customer.number, customer.name_in(Role::Erp)))
    })
}

fn of(world: &World, row: usize) -> Option<&Customer> {
    world.customers.at(row).filter(|customer| customer.is_known_to(Role::Erp))
}

fn by_id(world: &World, id: &str) -> Vec<usize> {
    position(id, FIRST).filter(|row| of(world, *row).is_some()).into_iter().collect()
}

fn by_number(world: &World, number: &str) -> Vec<usize> {
    world.customers.position(number).filter(|row| of(world, *row).is_some()).into_iter().collect()
}

fn address(customer: &Customer) -> String {
    let address = &customer.address;
    format!("{}\n{} {}\n{}", address.street, address.postal_code, address.city, address.country_name)
}

fn balance(world: &World, row: usize) -> Cell<'_> {
    on(world, row, |customer| Cell::Number(world.open_balance(&customer.number)))
}

fn overdue(world: &World, row: usize) -> Cell<'_> {
    on(world, row, |customer| {
        let late = world.invoices.of(&customer.number).filter(|invoice| invoice.is_overdue(world.today));
        Cell::Number(late.map(|invoice| invoice.open_amount).sum())
    })
}

fn days_overdue(world: &World, customer: &Customer) -> i64 {
    let late = world.invoices.of(&customer.number).filter(|invoice| invoice.is_overdue(world.today));
    late.map(|invoice| (world.today - invoice.due).num_days()).max().unwrap_or(0)
}

fn unbilled(world: &World, row: usize) -> Cell<'_> {
    on(world, row, |customer| {
        let orders = world.orders.of(&customer.number);
        let waiting = orders.filter(|order| !matches!(order.status, OrderStatus::Invoiced | OrderStatus::Canceled));
        Cell::Number(waiting.map(|order| order.total()).sum::<Decimal>())
    })
}

fn on<'w>(world: &'w World, row: usize, cell: impl FnOnce(&'w Customer) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(of(world, row), cell)
}
