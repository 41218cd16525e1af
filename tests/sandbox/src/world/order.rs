//! Sales orders and what has left the warehouse for them.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::billing::Invoice;
use super::table::Row;
use super::{NINE, day, numbered_after};

/// A sales order, in EUR.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// The order number.
    pub number: String,
    /// The customer's number.
    pub customer: String,
    /// The name on the order.
    pub name: String,
    /// The customer's own purchase order number.
    pub purchase_order: String,
    /// How far it is.
    pub status: OrderStatus,
    /// When it was entered.
    pub created: DateTime<Utc>,
    /// When the customer wants it shipped.
    pub requested_ship: NaiveDate,
    /// When shipping was promised.
    pub confirmed_ship: Option<NaiveDate>,
    /// The payment terms' code.
    pub payment_terms: String,
    /// How it travels: `Truck`, `Parcel`.
    pub delivery_mode: String,
    /// Incoterm: `DAP`.
    pub delivery_terms: String,
    /// Whether the ERP has worked out the totals yet.
    pub totals_calculated: bool,
    /// What is ordered.
    pub lines: Vec<OrderLine>,
}

impl Order {
    /// The sum of the lines, without tax.
    #[must_use]
    pub fn total(&self) -> Decimal {
        self.lines.iter().map(OrderLine::amount).sum()
    }
}

impl Order {
    /// An open order without lines, entered at nine that day and wanted two weeks later.
    pub(super) fn plain(number: &str, customer: &str, created: NaiveDate) -> Self {
        let digits = number.trim_start_matches(|c: char| !c.is_ascii_digit());
        Self {
            number: number.to_owned(),
            customer: customer.to_owned(),
            name: format!("Order {digits}"),
            purchase_order: format!("PO-{digits}"),
            status: OrderStatus::Open,
            created: created.and_time(NINE).and_utc(),
            requested_ship: day(created, 14),
            confirmed_ship: None,
            payment_terms: "Net30".to_owned(),
            delivery_mode: "Truck".to_owned(),
            delivery_terms: "DAP".to_owned(),
            totals_calculated: true,
            lines: Vec::new(),
        }
    }

    pub(super) fn add_line(
        &mut self,
        sku: String,
        description: &str,
        quantity: Decimal,
        unit_price: Decimal,
        status: OrderStatus,
    ) {
        let number = u32::try_from(self.lines.len()).unwrap_or(u32::MAX).saturating_add(1);
        self.lines.push(OrderLine {
            number,
            lot: format!("{}-{number}", self.number.replace("SO-", "L")),
            sku,
            description: description.to_owned(),
            quantity,
            unit: "pcs".to_owned(),
            unit_price,
            status,
            site: "1".to_owned(),
            serial: None,
        });
    }

    pub(super) fn give_serial(&mut self, line: u32, serial: &str) {
        if let Some(line) = self.lines.iter_mut().find(|found| found.number == line) {
            line.serial = Some(serial.to_owned());
        }
    }
}

/// The packing slip and the unpaid invoice of an order that left four days after it was entered.
pub(super) fn posted(order: &Order, today: NaiveDate, payment_days: i64) -> (Shipment, Invoice) {
    let digits = order.number.trim_start_matches("SO-");
    let left = day(order.created.date_naive(), 4).min(today);
    let invoiced = day(left, 1).min(today);
    let net = order.total();
    let shipment = Shipment {
        packing_slip: numbered_after("PS", &order.number),
        order: order.number.clone(),
        customer: order.customer.clone(),
        date: left,
        carrier: "Parcel Express".to_owned(),
        tracking_number: format!("PX{digits}0001"),
        tracking_url: format!("https://tracking.example/PX{digits}0001"),
    };
    let invoice = Invoice {
        number: numbered_after("INV", &order.number),
        order: order.number.clone(),
        customer: order.customer.clone(),
        voucher: format!("V-{digits}"),
        date: invoiced,
        due: day(invoiced, payment_days),
        total: net,
        tax: Decimal::ZERO,
        open_amount: net,
        payment_terms: order.payment_terms.clone(),
        purchase_order: order.purchase_order.clone(),
    };
    (shipment, invoice)
}

impl Row for Order {
    fn key(&self) -> &str {
        &self.number
    }
    fn customer(&self) -> &str {
        &self.customer
    }
}

/// How far an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderStatus {
    /// Nothing has left yet.
    Open,
    /// Some of it has left.
    PartlyShipped,
    /// All of it has left.
    Delivered,
    /// All of it has left and was invoiced.
    Invoiced,
    /// Called off.
    Canceled,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderLine {
    /// 1, 2, 3, ...
    pub number: u32,
    /// The ERP's lot id, unique across orders.
    pub lot: String,
    /// What is ordered.
    pub sku: String,
    /// The product's name at that time.
    pub description: String,
    /// How many.
    pub quantity: Decimal,
    /// The unit's symbol.
    pub unit: String,
    /// Price of one.
    pub unit_price: Decimal,
    /// How far this line is.
    pub status: OrderStatus,
    /// The site it ships from.
    pub site: String,
    /// The serial number shipped, when the line is one machine.
    pub serial: Option<String>,
}

impl OrderLine {
    /// Quantity times price.
    #[must_use]
    pub fn amount(&self) -> Decimal {
        self.quantity * self.unit_price
    }
}

/// Goods that left for an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipment {
    /// The packing slip's number.
    pub packing_slip: String,
    /// The order's number.
    pub order: String,
    /// The customer's number.
    pub customer: String,
    /// When it left.
    pub date: NaiveDate,
    /// The carrier's name.
    pub carrier: String,
    /// The carrier's number for it.
    pub tracking_number: String,
    /// Where to follow it.
    pub tracking_url: String,
}

impl Row for Shipment {
    fn key(&self) -> &str {
        &self.packing_slip
    }
    fn customer(&self) -> &str {
        &self.customer
    }
}
