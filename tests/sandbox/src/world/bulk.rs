//! The crowd: a thousand customers and ten thousand orders, so that pages have pages.

use rust_decimal::Decimal;

use super::dice::Dice;
use super::order::posted;
use super::{
    Address, Asset, Case, CasePriority, CaseStatus, Contact, Customer, Invoice, NINE, Order, OrderStatus, Product,
    ServiceContract, Subscription, SubscriptionStatus, SupportLevel, World, day, named,
};
use crate::tenant::Tenant;

const CUSTOMERS: u32 = 1_000;
const ORDERS: u32 = 10_000;
const PRODUCTS: u32 = 40;

/// How a tenant numbers its crowd.
struct Scheme {
    prefix: &'static str,
    first_customer: u32,
    first_order: u32,
    seed: u64,
    domain: &'static str,
}

impl Scheme {
    fn of(tenant: Tenant) -> Self {
        match tenant {
            Tenant::Acme => {
                Self { prefix: "C", first_customer: 2_000, first_order: 20_000, seed: 1, domain: "north.example" }
            }
            Tenant::Globex => {
                Self { prefix: "G", first_customer: 3_000, first_order: 50_000, seed: 2, domain: "south.example" }
            }
        }
    }

    fn customer(&self, index: u32) -> String {
        format!("{}-{}", self.prefix, self.first_customer + index)
    }
}

/// Adds the crowd to a company that has its named examples.
pub(super) fn fill(world: &mut World) {
    let scheme = Scheme::of(world.tenant);
    let mut dice = Dice::new(scheme.seed);
    for index in 0..PRODUCTS {
        let sku = named::sku(world.tenant, 1_000 + index);
        let price = Decimal::new(i64::from(500 + dice.below(200_000)), 2);
        world.products.add(Product::plain(&sku, &format!("Spare part {sku}"), price));
    }
    for index in 0..CUSTOMERS {
        let customer = customer(world, &scheme, &mut dice, index);
        add_service(world, &customer, &mut dice, index);
        world.customers.add(customer);
    }
    for index in 0..ORDERS {
        add_order(world, &scheme, &mut dice, index);
    }
}

fn customer(world: &World, scheme: &Scheme, dice: &mut Dice, index: u32) -> Customer {
    let word = dice.one_of(&["Weser", "Saale", "Mosel", "Neckar", "Spree", "Havel", "Main", "Oder", "Lech", "Ems"]);
    let trade = dice.one_of(&["Werkzeuge", "Technik", "Metallbau", "Pumpen", "Antriebe", "Kunststoffe", "Verpackung"]);
    let number = scheme.customer(index);
    let domain = format!("{}.{}", number.to_lowercase(), scheme.domain);
    let name = format!("{word} {trade} {index} GmbH");
    let mut customer = Customer::plain(&number, &name, &domain, day(world.today, -i64::from(100 + dice.below(3_000))));
    let street = format!("{trade}weg {}", 1 + dice.below(200));
    customer.address = Address::in_germany(&street, &format!("{:05}", 10_000 + dice.below(80_000)), word);
    customer.credit_limit = Decimal::from(5_000 * (1 + dice.below(20)));
    customer.on_hold = dice.percent(3);
    customer.segment = dice.one_of(&["Enterprise", "Mid-Market", "Small Business"]).to_owned();
    customer.industry = dice.one_of(&["Manufacturing", "Logistics", "Energy", "Retail"]).to_owned();
    let first = dice.one_of(&["Mia", "Noah", "Lea", "Finn", "Ida", "Emil", "Clara", "Theo"]);
    let last = dice.one_of(&["Vogel", "Winter", "Busch", "Lorenz", "Seidel", "Kraus", "Pohl"]);
    customer.contacts.push(Contact::at(&domain, first, last, "Buyer"));
    customer
}

fn add_service(world: &mut World, customer: &Customer, dice: &mut Dice, index: u32) {
    let today = world.today;
    let serial = format!("{}-{}", customer.number.replace('-', "S"), 1);
    if index.is_multiple_of(2) {
        world.assets.add(Asset {
            serial: serial.clone(),
            sku: named::sku(world.tenant, 200),
            product_name: "Dosing pump 200".to_owned(),
            customer: customer.number.clone(),
            order: None,
            purchased: day(today, -i64::from(30 + dice.below(900))),
            installed: None,
            warranty_end: Some(day(today, i64::from(dice.below(700)) - 200)),
        });
        world.subscriptions.add(subscription(world, customer, dice));
    }
    if index.is_multiple_of(4) {
        world.contracts.add(ServiceContract {
            number: customer.number.replace('-', "SC-"),
            customer: customer.number.clone(),
            name: "Standard Care".to_owned(),
            start: day(today, -100),
            end: day(today, 265),
            level: SupportLevel::Standard,
            serials: vec![serial],
        });
    }
    if index.is_multiple_of(3) {
        world.cases.add(case(world, customer, dice, index));
    }
}

fn subscription(world: &World, customer: &Customer, dice: &mut Dice) -> Subscription {
    let is_active = dice.percent(90);
    Subscription {
        number: customer.number.replace('-', "SUB-"),
        customer: customer.number.clone(),
        plan: "Standard Care".to_owned(),
        plan_code: "standard-care".to_owned(),
        status: if is_active { SubscriptionStatus::Active } else { SubscriptionStatus::PastDue },
        quantity: 1 + dice.below(5),
        unit_price: Decimal::from(99),
        start: day(world.today, -130),
        period_start: day(world.today, -10),
        period_end: day(world.today, 20),
        ends_with_period: dice.percent(5),
        canceled: None,
    }
}

fn case(world: &World, customer: &Customer, dice: &mut Dice, index: u32) -> Case {
    let created = day(world.today, -i64::from(1 + dice.below(300))).and_time(NINE).and_utc();
    Case {
        number: (200_000 + index).to_string(),
        customer: customer.number.clone(),
        order: None,
        requester_email: customer.contacts.first().map(|contact| contact.email.clone()).unwrap_or_default(),
        subject: dice
            .one_of(&["Leak at the flange", "Spare part wanted", "Wrong voltage", "Manual missing"])
            .to_owned(),
        description: "See the attached photo.".to_owned(),
        status: if dice.percent(60) { CaseStatus::Closed } else { CaseStatus::Open },
        priority: if dice.percent(20) { CasePriority::High } else { CasePriority::Normal },
        created,
        updated: created,
    }
}

fn add_order(world: &mut World, scheme: &Scheme, dice: &mut Dice, index: u32) {
    let today = world.today;
    let age = dice.below(700);
    let customer = scheme.customer(dice.below(CUSTOMERS));
    let number = format!("SO-{}", scheme.first_order + index);
    let mut order = Order::plain(&number, &customer, day(today, -i64::from(age)));
    order.status = match (age, dice.below(100)) {
        (_, 0..3) => OrderStatus::Canceled,
        (0..20, _) => OrderStatus::Open,
        (20..30, _) => OrderStatus::Delivered,
        _ => OrderStatus::Invoiced,
    };
    order.totals_calculated = dice.percent(70);
    for _ in 0..=dice.below(2) {
        let sku = named::sku(world.tenant, 1_000 + dice.below(PRODUCTS));
        let price = world.products.get(&sku).map_or(Decimal::ONE, |product| product.price);
        let quantity = Decimal::from(1 + dice.below(10));
        order.add_line(sku, "Spare part", quantity, price, order.status);
    }
    if matches!(order.status, OrderStatus::Delivered | OrderStatus::Invoiced) {
        let (shipment, invoice) = posted(&order, today, 30);
        world.shipments.add(shipment);
        if order.status == OrderStatus::Invoiced {
            let is_open = age < 50 || dice.percent(1);
            let open_amount = if is_open { invoice.total } else { Decimal::ZERO };
            world.invoices.add(Invoice { open_amount, ..invoice });
        }
    }
    world.orders.add(order);
}
