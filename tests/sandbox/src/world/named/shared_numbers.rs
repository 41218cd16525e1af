//! The numbers both tenants use. Every text carries the tenant's name, so that one row of the other tenant shows.

use rust_decimal::Decimal;

use crate::world::order::posted;
use crate::world::{
    Address, Asset, Case, CasePriority, CaseStatus, Contact, Customer, Entitlement, NINE, Order, OrderStatus, Product,
    ServiceContract, Subscription, SubscriptionStatus, SupportLevel, World, day,
};

const CUSTOMER: &str = "C-9999";
const ORDER: &str = "SO-9999";
const SERIAL: &str = "SN-9999";

pub(super) fn add(world: &mut World) {
    let customer = customer(world);
    let requester = customer.contacts.first().map(|contact| contact.email.clone()).unwrap_or_default();
    world.customers.add(customer);
    add_goods(world);
    add_service(world);
    add_case(world, requester);
}

fn customer(world: &World) -> Customer {
    let tenant = world.tenant.name();
    let domain = format!("{tenant}.example");
    Customer {
        owner: format!("{tenant} owner"),
        owner_email: format!("owner@{domain}"),
        phone: format!("+49 30 9999 {tenant}"),
        vat_number: format!("DE-{tenant}"),
        segment: format!("{tenant} segment"),
        industry: format!("{tenant} industry"),
        address: Address::in_germany(&format!("{tenant} street 1"), &format!("{tenant}-1"), &format!("{tenant} town")),
        contacts: vec![Contact {
            phone: format!("+49 30 9999 {tenant}"),
            ..Contact::at(&domain, &format!("{tenant}-first"), &format!("{tenant}-last"), &format!("{tenant} title"))
        }],
        ..Customer::plain(CUSTOMER, &format!("{tenant} customer"), &domain, day(world.today, -700))
    }
}

fn sku(world: &World) -> String {
    format!("{}-9999", world.tenant.name())
}

fn add_goods(world: &mut World) {
    let tenant = world.tenant.name();
    let (today, sku) = (world.today, sku(world));
    let product = Product::plain(&sku, &format!("{tenant} machine"), Decimal::from(999));
    world.products.add(Product { is_serialised: true, warranty_months: 24, ..product });
    let mut order = Order::plain(ORDER, CUSTOMER, day(today, -30));
    order.name = format!("{tenant} order");
    order.purchase_order = format!("{tenant}-PO");
    order.delivery_mode = format!("{tenant}-truck");
    order.status = OrderStatus::Invoiced;
    order.add_line(sku, &format!("{tenant} machine"), Decimal::ONE, Decimal::from(999), OrderStatus::Invoiced);
    order.give_serial(1, SERIAL);
    let (mut shipment, invoice) = posted(&order, today, 30);
    shipment.carrier = format!("{tenant} carrier");
    shipment.tracking_number = format!("{tenant}-tracking");
    shipment.tracking_url = format!("https://{tenant}.example/tracking");
    world.shipments.add(shipment);
    world.invoices.add(invoice);
    world.orders.add(order);
}

fn add_service(world: &mut World) {
    let tenant = world.tenant.name();
    let (today, sku) = (world.today, sku(world));
    world.assets.add(Asset {
        serial: SERIAL.to_owned(),
        sku,
        product_name: format!("{tenant} machine"),
        customer: CUSTOMER.to_owned(),
        order: Some(ORDER.to_owned()),
        purchased: day(today, -30),
        installed: Some(day(today, -20)),
        warranty_end: Some(day(today, 700)),
    });
    let contract = ServiceContract {
        number: format!("{tenant}-SC-9999"),
        customer: CUSTOMER.to_owned(),
        name: format!("{tenant} contract"),
        start: day(today, -30),
        end: day(today, 335),
        level: SupportLevel::Standard,
        serials: vec![SERIAL.to_owned()],
    };
    world.entitlements.add(Entitlement {
        number: format!("{tenant}-EN-9999"),
        customer: CUSTOMER.to_owned(),
        name: format!("{tenant} entitlement"),
        kind: "Phone Support".to_owned(),
        contract: Some(contract.number.clone()),
        serial: Some(SERIAL.to_owned()),
        start: contract.start,
        end: contract.end,
    });
    world.contracts.add(contract);
    world.subscriptions.add(Subscription {
        number: format!("{tenant}-SUB-9999"),
        customer: CUSTOMER.to_owned(),
        plan: format!("{tenant} plan"),
        plan_code: format!("{tenant}-plan"),
        status: SubscriptionStatus::Active,
        quantity: 1,
        unit_price: Decimal::from(99),
        start: day(today, -100),
        period_start: day(today, -10),
        period_end: day(today, 20),
        ends_with_period: false,
        canceled: None,
    });
}

fn add_case(world: &mut World, requester_email: String) {
    let tenant = world.tenant.name();
    let created = day(world.today, -3).and_time(NINE).and_utc();
    world.cases.add(Case {
        number: "99990".to_owned(),
        customer: CUSTOMER.to_owned(),
        order: Some(ORDER.to_owned()),
        requester_email,
        subject: format!("{tenant} subject"),
        description: format!("{tenant} description"),
        status: CaseStatus::Open,
        priority: CasePriority::Normal,
        created,
        updated: created,
    });
}
