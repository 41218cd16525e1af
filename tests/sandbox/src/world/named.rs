//! The examples everybody knows by number: documentation, tests and the demo speak of them.

mod customers;
mod orders;
mod service;
mod shared_numbers;

use super::{Contact, World};
use crate::tenant::Tenant;

/// How a tenant numbers its examples.
#[derive(Clone, Copy)]
struct Scheme {
    customer_prefix: &'static str,
    first_customer: u32,
    first_order: u32,
    serial_prefix: &'static str,
    sku_prefix: &'static str,
}

impl Scheme {
    fn of(tenant: Tenant) -> Self {
        match tenant {
            Tenant::Acme => Self {
                customer_prefix: "C",
                first_customer: 1001,
                first_order: 1001,
                serial_prefix: "SN",
                sku_prefix: "AC",
            },
            Tenant::Globex => Self {
                customer_prefix: "G",
                first_customer: 2001,
                first_order: 7001,
                serial_prefix: "GX",
                sku_prefix: "GB",
            },
        }
    }

    /// The first example customer has index 0.
    fn customer(self, index: u32) -> String {
        format!("{}-{}", self.customer_prefix, self.first_customer + index)
    }

    /// The first example order has index 0; the partly shipped one index 41.
    fn order(self, index: u32) -> String {
        format!("SO-{}", self.first_order + index)
    }

    fn serial(self, number: u32) -> String {
        format!("{}-{number}", self.serial_prefix)
    }

    fn sku(self, number: u32) -> String {
        format!("{}-{number}", self.sku_prefix)
    }
}

/// The main company's examples.
pub(super) fn fill(world: &mut World) {
    let scheme = Scheme::of(world.tenant);
    orders::add_products(world, scheme);
    customers::add(world, scheme);
    orders::add(world, scheme);
    orders::add_debts(world, scheme);
    service::add(world, scheme);
    shared_numbers::add(world);
}

/// Rows of the second legal entity: the main one's numbers, other facts.
pub(super) fn fill_second_company(world: &mut World) {
    let scheme = Scheme::of(world.tenant);
    orders::add_products(world, scheme);
    customers::add(world, scheme);
    for index in 0..5 {
        if let Some(customer) = world.customers.get_mut(&scheme.customer(index)) {
            customer.name = format!("UK branch {}", index + 1);
            customer.credit_limit = rust_decimal::Decimal::ONE;
            customer.on_hold = false;
            customer.email = format!("accounts@branch-{}.example", index + 1);
            // The same party has other people here.
            let domain = format!("branch-{}.example", index + 1);
            customer.contacts = vec![Contact::at(&domain, "Uma", "Knight", "Branch Manager")];
        }
    }
    orders::add_second_company(world, scheme);
    service::add_second_company(world, scheme);
}

/// How the main company's bulk numbers its products.
pub(super) fn sku(tenant: Tenant, number: u32) -> String {
    Scheme::of(tenant).sku(number)
}
