//! Example products, orders, shipments and invoices.

use rust_decimal::Decimal;

use super::Scheme;
use crate::world::order::posted;
use crate::world::{Invoice, Order, OrderStatus, Product, Shipment, World, day};

pub(super) fn add_products(world: &mut World, scheme: Scheme) {
    let products = [
        (100, "Feed pump 100", 1_250, 24, true),
        (200, "Dosing pump 200", 3_400, 24, true),
        (300, "Pressure gauge", 89, 12, false),
        (400, "Seal kit", 45, 0, false),
        (500, "Control unit", 5_990, 36, true),
    ];
    for (number, name, price, warranty_months, is_serialised) in products {
        let name = format!("{} {name}", scheme.sku_prefix);
        let mut product = Product::plain(&scheme.sku(number), &name, Decimal::from(price));
        product.warranty_months = warranty_months;
        product.is_serialised = is_serialised;
        world.products.add(product);
    }
}

/// Thirty settled orders of the good customer, and the one that is partly shipped.
pub(super) fn add(world: &mut World, scheme: Scheme) {
    let today = world.today;
    let customer = scheme.customer(0);
    for index in 0..30 {
        let age = i64::from(200 + index * 5);
        let mut order = Order::plain(&scheme.order(index), &customer, day(today, -age));
        order.status = OrderStatus::Invoiced;
        let quantity = Decimal::from(1 + index % 4);
        order.add_line(scheme.sku(300), "Pressure gauge", quantity, Decimal::from(89), OrderStatus::Invoiced);
        if index == 6 {
            order.add_line(scheme.sku(100), "Feed pump 100", Decimal::ONE, Decimal::from(1_250), OrderStatus::Invoiced);
            order.give_serial(2, &scheme.serial(77));
        }
        let (shipment, invoice) = posted(&order, today, 30);
        world.shipments.add(shipment);
        world.invoices.add(Invoice { open_amount: Decimal::ZERO, ..invoice });
        world.orders.add(order);
    }
    add_partly_shipped(world, scheme);
}

fn add_partly_shipped(world: &mut World, scheme: Scheme) {
    let today = world.today;
    let mut order = Order::plain(&scheme.order(41), &scheme.customer(0), day(today, -12));
    order.status = OrderStatus::PartlyShipped;
    order.totals_calculated = false;
    order.purchase_order = "PO-778-A".to_owned();
    order.confirmed_ship = Some(day(today, 9));
    let two = Decimal::from(2);
    order.add_line(scheme.sku(100), "Feed pump 100", two, Decimal::new(125_050, 2), OrderStatus::Delivered);
    order.add_line(scheme.sku(200), "Dosing pump 200", Decimal::ONE, Decimal::from(3_400), OrderStatus::Open);
    let (shipment, _) = posted(&order, today, 30);
    world.shipments.add(Shipment { date: day(today, -5), ..shipment });
    world.orders.add(order);
}

/// What the example customers still owe: the good one little, the tight one almost its limit, the fourth too late.
pub(super) fn add_debts(world: &mut World, scheme: Scheme) {
    let debts = [
        (0, 50, 12_400, -10, 20),
        (1, 51, 3_000, -10, 20),
        (2, 52, 8_200, -15, 15),
        (3, 53, 4_800, -90, -60),
        (3, 54, 1_150, -90, -60),
        (4, 55, 2_500, -3, 27),
    ];
    for (customer, order_index, amount, posted_day, due_day) in debts {
        let today = world.today;
        let number = scheme.order(order_index);
        let mut order = Order::plain(&number, &scheme.customer(customer), day(today, posted_day - 10));
        order.status = OrderStatus::Invoiced;
        let sku = scheme.sku(500);
        order.add_line(sku, "Control unit", Decimal::ONE, Decimal::from(amount), OrderStatus::Invoiced);
        let (shipment, invoice) = posted(&order, today, 30);
        world.shipments.add(Shipment { date: day(today, posted_day - 1), ..shipment });
        let total = Decimal::from(amount);
        world.invoices.add(Invoice {
            date: day(today, posted_day),
            due: day(today, due_day),
            total,
            open_amount: total,
            ..invoice
        });
        world.orders.add(order);
    }
}

/// An order and a debt under the main company's numbers, with other contents.
pub(super) fn add_second_company(world: &mut World, scheme: Scheme) {
    let today = world.today;
    let mut order = Order::plain(&scheme.order(41), &scheme.customer(1), day(today, -40));
    order.status = OrderStatus::Invoiced;
    order.name = "UK branch order".to_owned();
    order.add_line(scheme.sku(400), "Seal kit", Decimal::from(7), Decimal::from(41), OrderStatus::Invoiced);
    if let Some(line) = order.lines.first_mut() {
        line.lot = format!("UK{}", line.lot);
    }
    let (shipment, invoice) = posted(&order, today, 30);
    world.shipments.add(shipment);
    world.invoices.add(Invoice { customer: scheme.customer(0), due: day(today, -300), ..invoice });
    world.orders.add(order);
    let sku = scheme.sku(100);
    if let Some(product) = world.products.get_mut(&sku) {
        product.price = Decimal::ONE;
        product.stock.truncate(1);
    }
}
