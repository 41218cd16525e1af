//! Transactions: sales orders, fulfilments and invoices in one table, told apart by `type`.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use rust_decimal::Decimal;

use super::{Column, Table, column, customer, position, small};
use crate::netsuite::cell::Cell;
use crate::world::{Invoice, Order, OrderStatus, Shipment, World};

const FIRST: usize = 100_000;
/// A row is a position times this, plus its kind.
const KINDS: usize = 3;

/// One transaction.
#[derive(Debug, Clone, Copy)]
pub(super) enum Entry<'w> {
    /// `SalesOrd`
    Order(&'w Order),
    /// `ItemShip`
    Shipment(&'w Shipment),
    /// `CustInvc`
    Invoice(&'w Invoice),
}

/// Transactions.
pub(super) static TRANSACTION: Table = Table { name: "transaction", rows, columns: &COLUMNS };

static COLUMNS: [Column; 32] = [
    column("id", |_, row| id(row)).found(by_id),
    column("type", |world, row| on(world, row, |entry| Cell::text(entry.kind().0)))
        .shown(|world, row| on(world, row, |entry| Cell::text(entry.kind().1))),
    column("recordtype", |world, row| on(world, row, |entry| Cell::text(entry.kind().2))),
    column("tranid", |world, row| on(world, row, |entry| Cell::text(entry.number()))).found(by_number),
    column("transactionnumber", |world, row| on(world, row, |entry| Cell::text(entry.number()))),
    column("externalid", |world, row| on(world, row, |entry| Cell::text(entry.number()))).found(by_number),
    column("entity", |world, row| on(world, row, |entry| customer::id(world, entry.customer())))
        .shown(|world, row| on(world, row, |entry| customer::shown(world, entry.customer())))
        .found(by_entity),
    column("trandate", |world, row| on(world, row, |entry| Cell::day(entry.date()))),
    column("createddate", |world, row| on(world, row, |entry| Cell::moment(entry.moment()))),
    column("lastmodifieddate", |world, row| on(world, row, |entry| Cell::moment(entry.moment()))),
    column("duedate", |world, row| {
        on(world, row, |entry| Cell::maybe(entry.invoice(), |invoice| Cell::day(invoice.due)))
    }),
    column("status", |world, row| on(world, row, |entry| Cell::text(entry.status().0)))
        .shown(|world, row| on(world, row, |entry| Cell::owned(format!("{} : {}", entry.kind().1, entry.status().1)))),
    column("currency", |_, _| Cell::id(small::EURO)).shown(|_, _| Cell::text("EUR")),
    column("exchangerate", |_, _| Cell::Number(Decimal::ONE)),
    column("foreigntotal", |world, row| on(world, row, |entry| Cell::maybe(entry.total(), Cell::Number))),
    column("foreignamountpaid", |world, row| {
        on(world, row, |entry| {
            Cell::maybe(entry.invoice(), |invoice| Cell::Number(invoice.total - invoice.open_amount))
        })
    }),
    column("foreignamountunpaid", |world, row| {
        on(world, row, |entry| Cell::maybe(entry.invoice(), |invoice| Cell::Number(invoice.open_amount)))
    }),
    column("taxtotal", |world, row| {
        on(world, row, |entry| Cell::maybe(entry.invoice(), |invoice| Cell::Number(invoice.tax)))
    }),
    column("daysopen", |world, row| {
        on(world, row, |entry| {
            Cell::maybe(open(entry), |invoice| Cell::number((world.today - invoice.date).num_days()))
        })
    }),
    column("daysoverduesearch", |world, row| {
        on(world, row, |entry| {
            let late = open(entry).filter(|invoice| invoice.is_overdue(world.today));
            Cell::maybe(late, |invoice| Cell::number((world.today - invoice.due).num_days()))
        })
    }),
    column("terms", |world, row| on(world, row, |entry| Cell::maybe(entry.terms(), small::term)))
        .shown(|world, row| on(world, row, |entry| Cell::maybe(entry.terms(), small::term_name))),
    column("otherrefnum", |world, row| on(world, row, |entry| Cell::maybe(entry.purchase_order(), Cell::text))),
    column("shipdate", |world, row| on(world, row, |entry| Cell::maybe(entry.ship_date(), Cell::day))),
    column("actualshipdate", |world, row| on(world, row, |entry| Cell::maybe(shipped(world, entry), Cell::day))),
    column("shipmethod", |world, row| on(world, row, |entry| Cell::maybe(entry.carrier(), Cell::text))),
    column("trackingnumberlist", |world, row| on(world, row, |entry| Cell::maybe(entry.tracking(), Cell::text))),
    column("linkedtrackingnumberlist", |world, row| {
        on(world, row, |entry| {
            let numbers = world.shipments_of(entry.order()).map(|shipment| shipment.tracking_number.as_str());
            Cell::owned(numbers.collect::<Vec<_>>().join(" "))
        })
    }),
    column("memo", |world, row| on(world, row, |entry| Cell::maybe(entry.memo(), Cell::text))),
    column("paymenthold", |_, _| Cell::truth(false)),
    column("void", |_, _| Cell::truth(false)),
    column("voided", |_, _| Cell::truth(false)),
    column("posting", |world, row| on(world, row, |entry| Cell::truth(!matches!(entry, Entry::Order(_))))),
];

impl<'w> Entry<'w> {
    /// The type, what is shown of it, and the record's name.
    fn kind(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Order(_) => ("SalesOrd", "Sales Order", "salesorder"),
            Self::Shipment(_) => ("ItemShip", "Item Fulfillment", "itemfulfillment"),
            Self::Invoice(_) => ("CustInvc", "Invoice", "invoice"),
        }
    }

    fn number(self) -> &'w str {
        match self {
            Self::Order(order) => &order.number,
            Self::Shipment(shipment) => &shipment.packing_slip,
            Self::Invoice(invoice) => &invoice.number,
        }
    }

    fn customer(self) -> &'w str {
        match self {
            Self::Order(order) => &order.customer,
            Self::Shipment(shipment) => &shipment.customer,
            Self::Invoice(invoice) => &invoice.customer,
        }
    }

    /// The number of the order it began with.
    pub(super) fn order(self) -> &'w str {
        match self {
            Self::Order(order) => &order.number,
            Self::Shipment(shipment) => &shipment.order,
            Self::Invoice(invoice) => &invoice.order,
        }
    }

    fn date(self) -> NaiveDate {
        match self {
            Self::Order(order) => order.created.date_naive(),
            Self::Shipment(shipment) => shipment.date,
            Self::Invoice(invoice) => invoice.date,
        }
    }

    fn moment(self) -> DateTime<Utc> {
        match self {
            Self::Order(order) => order.created,
            _ => self.date().and_time(NaiveTime::MIN).and_utc(),
        }
    }

    /// The letter and what is shown of it.
    fn status(self) -> (&'static str, &'static str) {
        match self {
            Self::Order(order) => match order.status {
                OrderStatus::Open => ("B", "Pending Fulfillment"),
                OrderStatus::PartlyShipped => ("D", "Partially Fulfilled"),
                OrderStatus::Delivered => ("F", "Pending Billing"),
                OrderStatus::Invoiced => ("G", "Billed"),
                OrderStatus::Canceled => ("C", "Cancelled"),
            },
            Self::Shipment(_) => ("C", "Shipped"),
            Self::Invoice(invoice) if invoice.open_amount > Decimal::ZERO => ("A", "Open"),
            Self::Invoice(_) => ("B", "Paid In Full"),
        }
    }

    fn invoice(self) -> Option<&'w Invoice> {
        if let Self::Invoice(invoice) = self { Some(invoice) } else { None }
    }

    /// Fulfilments have none.
    pub(super) fn total(self) -> Option<Decimal> {
        match self {
            Self::Order(order) => Some(order.total()),
            Self::Shipment(_) => None,
            Self::Invoice(invoice) => Some(invoice.total),
        }
    }

    fn terms(self) -> Option<&'w str> {
        match self {
            Self::Order(order) => Some(&order.payment_terms),
            Self::Shipment(_) => None,
            Self::Invoice(invoice) => Some(&invoice.payment_terms),
        }
    }

    fn purchase_order(self) -> Option<&'w str> {
        match self {
            Self::Order(order) => Some(&order.purchase_order),
            Self::Shipment(_) => None,
            Self::Invoice(invoice) => Some(&invoice.purchase_order),
        }
    }

    fn ship_date(self) -> Option<NaiveDate> {
        match self {
            Self::Order(order) => Some(order.confirmed_ship.unwrap_or(order.requested_ship)),
            Self::Shipment(shipment) => Some(shipment.date),
            Self::Invoice(_) => None,
        }
    }

    fn carrier(self) -> Option<&'w str> {
        match self {
            Self::Order(order) => Some(&order.delivery_mode),
            Self::Shipment(shipment) => Some(&shipment.carrier),
            Self::Invoice(_) => None,
        }
    }

    fn tracking(self) -> Option<&'w str> {
        if let Self::Shipment(shipment) = self { Some(&shipment.tracking_number) } else { None }
    }

    fn memo(self) -> Option<&'w str> {
        if let Self::Order(order) = self { Some(&order.name) } else { None }
    }
}

/// The transaction of a row.
pub(super) fn of(world: &World, row: usize) -> Option<Entry<'_>> {
    match row % KINDS {
        0 => world.orders.at(row / KINDS).map(Entry::Order),
        1 => world.shipments.at(row / KINDS).map(Entry::Shipment),
        _ => world.invoices.at(row / KINDS).map(Entry::Invoice),
    }
}

/// The internal id of a row.
pub(super) fn id<'w>(row: usize) -> Cell<'w> {
    Cell::id(FIRST + row)
}

/// The row of the order that a row began with, when that order is here.
pub(super) fn order_row(world: &World, row: usize) -> Option<usize> {
    Some(world.orders.position(of(world, row)?.order())? * KINDS)
}

/// The rows of what followed an order.
pub(super) fn followers(world: &World, order_row: usize) -> Vec<usize> {
    let Some(Entry::Order(order)) = of(world, order_row) else { return Vec::new() };
    let shipments =
        world.shipments_of(&order.number).filter_map(|shipment| world.shipments.position(&shipment.packing_slip));
    let invoices = world.invoices_of(&order.number).filter_map(|invoice| world.invoices.position(&invoice.number));
    shipments.map(|at| at * KINDS + 1).chain(invoices.map(|at| at * KINDS + 2)).collect()
}

/// The row with an internal id.
pub(super) fn by_id(world: &World, id: &str) -> Vec<usize> {
    position(id, FIRST).filter(|row| of(world, *row).is_some()).into_iter().collect()
}

/// Every row, orders first.
pub(super) fn rows(world: &World) -> Vec<usize> {
    let orders = (0..world.orders.len()).map(|at| at * KINDS);
    let shipments = (0..world.shipments.len()).map(|at| at * KINDS + 1);
    let invoices = (0..world.invoices.len()).map(|at| at * KINDS + 2);
    orders.chain(shipments).chain(invoices).collect()
}

fn by_number(world: &World, number: &str) -> Vec<usize> {
    let order = world.orders.position(number).map(|at| at * KINDS);
    let shipment = world.shipments.position(number).map(|at| at * KINDS + 1);
    let invoice = world.invoices.position(number).map(|at| at * KINDS + 2);
    [order, shipment, invoice].into_iter().flatten().collect()
}

fn by_entity(world: &World, id: &str) -> Vec<usize> {
    let Some(customer) = customer::with_id(world, id) else { return Vec::new() };
    let number = &customer.number;
    let orders = world.orders.of(number).filter_map(|order| world.orders.position(&order.number)).map(|at| at * KINDS);
    let shipments = world.shipments.of(number).filter_map(|shipment| world.shipments.position(&shipment.packing_slip));
    let invoices = world.invoices.of(number).filter_map(|invoice| world.invoices.position(&invoice.number));
    orders.chain(shipments.map(|at| at * KINDS + 1)).chain(invoices.map(|at| at * KINDS + 2)).collect()
}

fn open(entry: Entry<'_>) -> Option<&Invoice> {
    entry.invoice().filter(|invoice| invoice.open_amount > Decimal::ZERO)
}

fn shipped(world: &World, entry: Entry<'_>) -> Option<NaiveDate> {
    let mut shipments = world.shipments_of(entry.order());
    shipments.next().map(|shipment| shipment.date).filter(|_| !matches!(entry, Entry::Invoice(_)))
}

fn on<'w>(world: &'w World, row: usize, cell: impl FnOnce(Entry<'w>) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(of(world, row), cell)
}
