//! The entity sets of this environment and where their rows come from.

mod columns;

use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::cell::{Cell, Kind};
use super::filter::Condition;
use crate::world::{
    Asset, Contact, Customer, Invoice, Order, OrderLine, Product, ServiceContract, Shipment, Stock, World,
};

/// A legal entity.
#[derive(Debug, Clone, Copy)]
pub(super) struct Company<'a> {
    pub(super) area: &'static str,
    pub(super) world: &'a World,
}

/// What a set is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Customers,
    OrderHeaders,
    OrderLines,
    InvoiceHeaders,
    OpenTransactions,
    Products,
    StockOnHand,
    Tracking,
    ContactPersons,
    AgreementHeaders,
    AgreementLines,
    WarrantyPolicies,
}

/// A set as the metadata declares it.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) set: &'static str,
    pub(super) entity: &'static str,
    pub(super) keys: &'static [&'static str],
    pub(super) source: Source,
    pub(super) properties: &'static [(&'static str, Kind)],
}

pub(super) static DEFINITIONS: [Definition; 12] = [
    Definition {
        set: "CustomersV3",
        entity: "CustomerV3",
        keys: &["dataAreaId", "CustomerAccount"],
        source: Source::Customers,
        properties: columns::CUSTOMERS,
    },
    Definition {
        set: "SalesOrderHeadersV2",
        entity: "SalesOrderHeaderV2",
        keys: &["dataAreaId", "SalesOrderNumber"],
        source: Source::OrderHeaders,
        properties: columns::ORDER_HEADERS,
    },
    Definition {
        set: "SalesOrderLinesV3",
        entity: "SalesOrderLineV3",
        keys: &["dataAreaId", "InventoryLotId"],
        source: Source::OrderLines,
        properties: columns::ORDER_LINES,
    },
    Definition {
        set: "SalesInvoiceHeadersV2",
        entity: "SalesInvoiceHeaderV2",
        keys: &["dataAreaId", "InvoiceNumber", "InvoiceDate", "LedgerVoucher"],
        source: Source::InvoiceHeaders,
        properties: columns::INVOICE_HEADERS,
    },
    Definition {
        set: "CustOpenTransactions",
        entity: "CustOpenTransaction",
        keys: &["dataAreaId", "CustomerAccount", "InvoiceNumber"],
        source: Source::OpenTransactions,
        properties: columns::OPEN_TRANSACTIONS,
    },
    Definition {
        set: "ReleasedProductsV2",
        entity: "ReleasedProductV2",
        keys: &["dataAreaId", "ItemNumber"],
        source: Source::Products,
        properties: columns::PRODUCTS,
    },
    Definition {
        set: "InventorySitesOnHandV2",
        entity: "InventorySiteOnHandV2",
        keys: &["dataAreaId", "ItemNumber", "InventorySiteId"],
        source: Source::StockOnHand,
        properties: columns::STOCK_ON_HAND,
    },
    Definition {
        set: "SalesPackingSlipTrackingInformation",
        entity: "SalesPackingSlipTrackingInformationEntity",
        keys: &["dataAreaId", "SalesOrderNumber", "PackingSlipNumber"],
        source: Source::Tracking,
        properties: columns::TRACKING,
    },
    Definition {
        set: "ContactPersons",
        entity: "ContactPerson",
        keys: &["dataAreaId", "ContactPersonId"],
        source: Source::ContactPersons,
        properties: columns::CONTACT_PERSONS,
    },
    Definition {
        set: "ServiceAgreementHeaders",
        entity: "ServiceAgreementHeader",
        keys: &["dataAreaId", "ServiceAgreementId"],
        source: Source::AgreementHeaders,
        properties: columns::AGREEMENT_HEADERS,
    },
    Definition {
        set: "ServiceAgreementLines",
        entity: "ServiceAgreementLine",
        keys: &["dataAreaId", "ServiceAgreementId", "LineNumber"],
        source: Source::AgreementLines,
        properties: columns::AGREEMENT_LINES,
    },
    Definition {
        set: "WarrantyPolicies",
        entity: "WarrantyPolicy",
        keys: &["dataAreaId", "PolicyNumber"],
        source: Source::WarrantyPolicies,
        properties: columns::WARRANTY_POLICIES,
    },
];

impl Definition {
    pub(super) fn named(set: &str) -> Option<&'static Self> {
        DEFINITIONS.iter().find(|definition| definition.set == set)
    }

    pub(super) fn kind(&self, property: &str) -> Option<Kind> {
        self.properties.iter().find(|(name, _)| *name == property).map(|(_, kind)| *kind)
    }

    /// The property's name as declared, which lives longer than the query's spelling.
    pub(super) fn declared(&self, property: &str) -> Option<&'static str> {
        self.properties.iter().map(|(name, _)| *name).find(|name| *name == property)
    }

    /// The rows that may meet the condition, in the set's own order.
    pub(super) fn candidates<'a>(&self, company: Company<'a>, condition: Option<&Condition>) -> Vec<Row<'a>> {
        let wanted = |property: &str| condition.and_then(|condition| condition.only_values_of(property));
        if wanted("dataAreaId").is_some_and(|areas| !areas.iter().any(|area| area.eq_ignore_ascii_case(company.area))) {
            return Vec::new();
        }
        let rows = self.source.facts(company.world, wanted);
        rows.into_iter().map(|fact| Row { area: company.area, fact }).collect()
    }
}

/// One row of one set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) area: &'static str,
    fact: Fact<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Fact<'a> {
    Customer(&'a Customer),
    /// An order, and whom it is sent to.
    Header(&'a Order, Option<&'a Customer>),
    Line(&'a Order, &'a OrderLine),
    Invoice(&'a Invoice),
    Transaction(&'a Invoice),
    Product(&'a Product),
    Stock(&'a Product, &'a Stock),
    Tracking(&'a Shipment),
    /// A person at a customer, and which one of them; or somebody who has left.
    Contact(&'a Customer, usize, Option<&'a Contact>),
    Agreement(&'a ServiceContract),
    /// What a line of an agreement is for: a machine, or nothing but work.
    AgreementLine(&'a ServiceContract, usize, Option<&'a str>),
    /// A machine whose warranty was sold, on this day.
    Policy(&'a Asset, NaiveDate),
}

impl<'a> Row<'a> {
    /// The value of a declared property.
    pub(super) fn cell(&self, property: &str) -> Option<Cell<'a>> {
        if property == "dataAreaId" {
            return Some(Cell::text(self.area));
        }
        match self.fact {
            Fact::Customer(customer) => columns::customer(customer, property),
            Fact::Header(order, customer) => columns::order_header(order, customer, property),
            Fact::Line(order, line) => columns::order_line(order, line, property),
            Fact::Invoice(invoice) => columns::invoice_header(invoice, property),
            Fact::Transaction(invoice) => columns::open_transaction(invoice, property),
            Fact::Product(product) => columns::product(product, property),
            Fact::Stock(product, stock) => columns::stock_on_hand(product, stock, property),
            Fact::Tracking(shipment) => columns::tracking(shipment, property),
            Fact::Contact(customer, at, contact) => columns::contact_person(customer, at, contact, property),
            Fact::Agreement(contract) => columns::agreement_header(contract, property),
            Fact::AgreementLine(contract, at, serial) => columns::agreement_line(contract, at, serial, property),
            Fact::Policy(asset, today) => columns::warranty_policy(asset, today, property),
        }
    }

    /// A version that changes with the stored record, and not with totals that are worked out when asked for.
    pub(super) fn version(&self) -> u32 {
        let mut hasher = DefaultHasher::new();
        match self.fact {
            Fact::Customer(customer) => (&customer.number, &customer.name, customer.on_hold).hash(&mut hasher),
            Fact::Header(order, _) => (&order.number, order.status as u8).hash(&mut hasher),
            Fact::Line(_, line) => (&line.lot, line.status as u8, line.quantity).hash(&mut hasher),
            Fact::Invoice(invoice) => (&invoice.number, 1).hash(&mut hasher),
            Fact::Transaction(invoice) => (&invoice.number, invoice.open_amount).hash(&mut hasher),
            Fact::Product(product) => (&product.sku, product.price).hash(&mut hasher),
            Fact::Stock(product, stock) => (&product.sku, &stock.site, stock.on_hand).hash(&mut hasher),
            Fact::Tracking(shipment) => (&shipment.packing_slip, shipment.date).hash(&mut hasher),
            Fact::Contact(customer, at, contact) => {
                (&customer.number, at, contact.map(|one| &one.email)).hash(&mut hasher);
            }
            Fact::Agreement(contract) => (&contract.number, contract.level as u8, contract.end).hash(&mut hasher),
            Fact::AgreementLine(contract, at, serial) => (&contract.number, at, serial).hash(&mut hasher),
            Fact::Policy(asset, _) => (&asset.serial, asset.warranty_end).hash(&mut hasher),
        }
        u32::try_from(hasher.finish() >> 33).unwrap_or_default()
    }
}

impl Source {
    /// Uses the world's indices where the condition names keys; otherwise everything.
    fn facts<'a>(self, world: &'a World, wanted: impl Fn(&str) -> Option<Vec<String>>) -> Vec<Fact<'a>> {
        match self {
            Self::Customers => {
                let mut customers: Vec<&Customer> = match wanted("CustomerAccount") {
                    Some(numbers) => known(&numbers, |number| world.customers.get(number)).collect(),
                    None => world.customers.iter().collect(),
                };
                customers.retain(|customer| !customer.is_prospect);
                customers.into_iter().map(Fact::Customer).collect()
            }
            Self::OrderHeaders => {
                let orders = orders(world, wanted).into_iter();
                orders.map(|order| Fact::Header(order, world.customers.get(&order.customer))).collect()
            }
            Self::OrderLines => orders(world, wanted)
                .into_iter()
                .flat_map(|order| order.lines.iter().map(move |line| Fact::Line(order, line)))
                .collect(),
            Self::InvoiceHeaders => {
                let customers = wanted("InvoiceCustomerAccountNumber");
                invoices(world, customers, wanted).into_iter().map(Fact::Invoice).collect()
            }
            Self::OpenTransactions => {
                let mut open = invoices(world, wanted("CustomerAccount"), wanted);
                open.retain(|invoice| invoice.open_amount > Decimal::ZERO);
                open.into_iter().map(Fact::Transaction).collect()
            }
            Self::Products => products(world, wanted).into_iter().map(Fact::Product).collect(),
            Self::StockOnHand => products(world, wanted)
                .into_iter()
                .flat_map(|product| product.stock.iter().map(move |stock| Fact::Stock(product, stock)))
                .collect(),
            Self::Tracking => match wanted("SalesOrderNumber") {
                Some(orders) => orders.iter().flat_map(|order| world.shipments_of(order)).map(Fact::Tracking).collect(),
                None => world.shipments.iter().map(Fact::Tracking).collect(),
            },
            Self::ContactPersons => {
                // The prospect is in the CRM only.
                let customers = world.customers.iter().filter(|customer| !customer.is_prospect);
                customers.flat_map(persons).collect()
            }
            Self::AgreementHeaders => contracts(world, wanted).into_iter().map(Fact::Agreement).collect(),
            Self::AgreementLines => contracts(world, wanted).into_iter().flat_map(lines_of).collect(),
            Self::WarrantyPolicies => {
                let assets: Vec<&Asset> = match (wanted("WarrantiedSerialNumber"), wanted("CustomerAccount")) {
                    (Some(serials), _) => known(&serials, |serial| world.assets.get(serial)).collect(),
                    (None, Some(customers)) => {
                        customers.iter().flat_map(|customer| world.assets.of(customer)).collect()
                    }
                    (None, None) => world.assets.iter().collect(),
                };
                assets.into_iter().map(|asset| Fact::Policy(asset, world.today)).collect()
            }
        }
    }
}

fn persons(customer: &Customer) -> impl Iterator<Item = Fact<'_>> {
    let all = customer.contacts.iter().map(Some).chain(std::iter::once(None)).enumerate();
    all.map(move |(at, contact)| Fact::Contact(customer, at, contact))
}

/// The first line is the yearly visit; each machine that is covered has one more.
fn lines_of(contract: &ServiceContract) -> impl Iterator<Item = Fact<'_>> {
    let machines = contract.serials.iter().map(|serial| Some(serial.as_str()));
    let all = std::iter::once(None).chain(machines).enumerate();
    all.map(move |(at, serial)| Fact::AgreementLine(contract, at + 1, serial))
}

fn contracts(world: &World, wanted: impl Fn(&str) -> Option<Vec<String>>) -> Vec<&ServiceContract> {
    match (wanted("ServiceAgreementId"), wanted("ProjectCustomerAccountNumber")) {
        // Numbers of agreements may be written in small letters, which their values are not.
        (Some(numbers), _) => {
            let is_wanted = |number: &str| numbers.iter().any(|one| one.eq_ignore_ascii_case(number));
            world.contracts.iter().filter(|contract| is_wanted(&contract.number)).collect()
        }
        (None, Some(customers)) => customers.iter().flat_map(|customer| world.contracts.of(customer)).collect(),
        (None, None) => world.contracts.iter().collect(),
    }
}

fn known<'a, T: 'a>(keys: &[String], get: impl Fn(&str) -> Option<&'a T>) -> impl Iterator<Item = &'a T> {
    keys.iter().filter_map(move |key| get(key))
}

fn orders(world: &World, wanted: impl Fn(&str) -> Option<Vec<String>>) -> Vec<&Order> {
    if let Some(numbers) = wanted("SalesOrderNumber") {
        return known(&numbers, |number| world.orders.get(number)).collect();
    }
    let customers = wanted("OrderingCustomerAccountNumber").or_else(|| wanted("InvoiceCustomerAccountNumber"));
    match customers {
        Some(customers) => customers.iter().flat_map(|customer| world.orders.of(customer)).collect(),
        None => world.orders.iter().collect(),
    }
}

fn invoices(
    world: &World,
    customers: Option<Vec<String>>,
    wanted: impl Fn(&str) -> Option<Vec<String>>,
) -> Vec<&Invoice> {
    if let Some(numbers) = wanted("InvoiceNumber") {
        return known(&numbers, |number| world.invoices.get(number)).collect();
    }
    if let Some(orders) = wanted("SalesOrderNumber") {
        return orders.iter().flat_map(|order| world.invoices_of(order)).collect();
    }
    match customers {
        Some(customers) => customers.iter().flat_map(|customer| world.invoices.of(customer)).collect(),
        None => world.invoices.iter().collect(),
    }
}

fn products(world: &World, wanted: impl Fn(&str) -> Option<Vec<String>>) -> Vec<&Product> {
    match wanted("ItemNumber") {
        // Item numbers are the one kind of key that may be written in small letters.
        Some(numbers) => {
            let is_wanted = |sku: &str| numbers.iter().any(|number| number.eq_ignore_ascii_case(sku));
            world.products.iter().filter(|product| is_wanted(&product.sku)).collect()
        }
        None => world.products.iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tenant::Tenant;

    #[test]
    fn every_declared_property_has_a_value_of_its_kind() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 21).expect("a day");
        let world = World::generate(Tenant::Acme, today);
        for definition in &DEFINITIONS {
            let rows = definition.candidates(Company { area: "acmf", world: &world }, None);
            let row = rows.first().expect("every set has rows");
            for (property, kind) in definition.properties {
                let is_right = matches!(
                    (row.cell(property), kind),
                    (Some(Cell::Text(_)), Kind::Text)
                        | (Some(Cell::Number(_)), Kind::Number)
                        | (Some(Cell::Time(_)), Kind::Time)
                        | (Some(Cell::Symbol(..)), Kind::Symbol(_))
                );
                assert!(is_right, "{}.{property} is {:?}", definition.set, row.cell(property));
            }
            assert!(definition.keys.iter().all(|key| definition.kind(key).is_some()), "{}", definition.set);
        }
    }
}
