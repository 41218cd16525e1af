//! Example machines, contracts, entitlements, subscriptions and cases.

use rust_decimal::Decimal;

use super::Scheme;
use crate::world::{
    Asset, Case, CasePriority, CaseStatus, Entitlement, ServiceContract, Subscription, SubscriptionStatus,
    SupportLevel, World, day,
};

pub(super) fn add(world: &mut World, scheme: Scheme) {
    add_assets(world, scheme);
    add_contracts(world, scheme);
    add_subscriptions(world, scheme);
    add_cases(world, scheme);
}

/// 77 is under warranty, that of 78 has ended, 79 never had one.
fn add_assets(world: &mut World, scheme: Scheme) {
    let today = world.today;
    let machine = |serial: u32, age: i64, warranty_end| Asset {
        serial: scheme.serial(serial),
        sku: scheme.sku(100),
        product_name: format!("{} Feed pump 100", scheme.sku_prefix),
        customer: scheme.customer(0),
        order: None,
        purchased: day(today, -age),
        installed: Some(day(today, 10 - age)),
        warranty_end,
    };
    world.assets.add(Asset { order: Some(scheme.order(6)), ..machine(77, 230, Some(day(today, 500))) });
    world.assets.add(machine(78, 1_100, Some(day(today, -370))));
    // A product that is sold without a warranty.
    let without = Asset {
        sku: scheme.sku(400),
        product_name: format!("{} Seal kit", scheme.sku_prefix),
        customer: scheme.customer(2),
        installed: None,
        ..machine(79, 900, None)
    };
    world.assets.add(without);
}

/// The good customer has Premium, the held one Standard, the overdue one an expired Basic.
fn add_contracts(world: &mut World, scheme: Scheme) {
    let today = world.today;
    let contracts = [
        (1, 0, SupportLevel::Premium, -200, 530, vec![scheme.serial(77)]),
        (2, 1, SupportLevel::Standard, -100, 265, Vec::new()),
        (3, 3, SupportLevel::Basic, -800, -70, Vec::new()),
    ];
    for (number, customer, level, start, end, serials) in contracts {
        let contract = ServiceContract {
            number: format!("SC-{}", scheme.first_customer * 10 + number),
            customer: scheme.customer(customer),
            name: format!("{} Care", level.name()),
            start: day(today, start),
            end: day(today, end),
            level,
            serials,
        };
        world.entitlements.add(Entitlement {
            number: contract.number.replace("SC-", "EN-"),
            customer: contract.customer.clone(),
            name: format!("{} Support", level.name()),
            kind: "Phone Support".to_owned(),
            contract: Some(contract.number.clone()),
            serial: contract.serials.first().cloned(),
            start: contract.start,
            end: contract.end,
        });
        world.contracts.add(contract);
    }
}

/// An agreement and a machine under the main company's numbers, with other contents.
pub(super) fn add_second_company(world: &mut World, scheme: Scheme) {
    let today = world.today;
    world.contracts.add(ServiceContract {
        number: format!("SC-{}", scheme.first_customer * 10 + 1),
        customer: scheme.customer(0),
        name: "UK branch care".to_owned(),
        start: day(today, -900),
        end: day(today, -400),
        level: SupportLevel::Basic,
        serials: vec![scheme.serial(78)],
    });
    world.assets.add(Asset {
        serial: scheme.serial(77),
        sku: scheme.sku(400),
        product_name: "Seal kit".to_owned(),
        customer: scheme.customer(1),
        order: None,
        purchased: day(today, -1_500),
        installed: None,
        warranty_end: Some(day(today, -900)),
    });
}

fn add_subscriptions(world: &mut World, scheme: Scheme) {
    let today = world.today;
    let subscriptions = [
        (0, "Premium Care", "premium-care", 199, SubscriptionStatus::Active),
        (1, "Standard Care", "standard-care", 99, SubscriptionStatus::Active),
        (2, "Basic Care", "basic-care", 49, SubscriptionStatus::Canceled),
        (3, "Basic Care", "basic-care", 49, SubscriptionStatus::PastDue),
        (4, "Basic Care", "basic-care", 49, SubscriptionStatus::Trialing),
    ];
    for (customer, plan, plan_code, price, status) in subscriptions {
        world.subscriptions.add(Subscription {
            number: format!("SUB-{}", scheme.first_customer + customer),
            customer: scheme.customer(customer),
            plan: plan.to_owned(),
            plan_code: plan_code.to_owned(),
            status,
            quantity: 1,
            unit_price: Decimal::from(price),
            start: day(today, -190),
            period_start: day(today, -10),
            period_end: day(today, 20),
            ends_with_period: false,
            canceled: (status == SubscriptionStatus::Canceled).then(|| day(today, -30)),
        });
    }
}

fn add_cases(world: &mut World, scheme: Scheme) {
    let cases = [
        (1, 0, "Feed pump is noisy", CaseStatus::Open, CasePriority::High, 2, Some(scheme.order(41))),
        (2, 0, "Question about an invoice", CaseStatus::Solved, CasePriority::Low, 40, None),
        (3, 1, "Delivery stopped", CaseStatus::Pending, CasePriority::Urgent, 4, None),
        (4, 3, "Reminder received twice", CaseStatus::New, CasePriority::Normal, 1, None),
        (5, 4, "Name on the slip is wrong", CaseStatus::Hold, CasePriority::Normal, 9, None),
    ];
    for (number, customer, subject, status, priority, age, order) in cases {
        let customer = scheme.customer(customer);
        let contacts = world.customers.get(&customer).map(|found| found.contacts.as_slice()).unwrap_or_default();
        let requester_email = contacts.last().map(|contact| contact.email.clone()).unwrap_or_default();
        let created = day(world.today, -age).and_time(crate::world::NINE).and_utc();
        world.cases.add(Case {
            number: (scheme.first_customer * 10 + number).to_string(),
            customer,
            order,
            requester_email,
            subject: subject.to_owned(),
            description: format!("{subject}. Please call back."),
            status,
            priority,
            created,
            updated: created + chrono::TimeDelta::hours(3),
        });
    }
}
