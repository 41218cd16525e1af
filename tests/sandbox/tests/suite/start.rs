//! Starting, stopping, and that what starts is what was promised.

use std::sync::Arc;

use chrono::NaiveDate;
use portico_sandbox::world::{Estate, OrderStatus, World};
use portico_sandbox::{Options, Role, Sandbox, Tenant};
use rust_decimal::Decimal;

use crate::client::get;

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 21).expect("a day")
}

#[tokio::test]
async fn eight_systems_listen_on_ports_of_their_own_until_dropped() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let mut addresses: Vec<String> = sandbox.systems().into_iter().map(|system| system.address).collect();
    addresses.sort();
    addresses.dedup();
    assert_eq!(addresses.len(), 8);
    let erp = sandbox.system(Tenant::Globex, Role::Erp).clone();
    assert_eq!(erp.name, "globex-erp");
    assert_eq!(get(&format!("{}/data/CustomersV3", erp.address)).await?.status, 401);
    assert_eq!(sandbox.calls_to(Tenant::Globex, Role::Erp), 1);
    sandbox.stop();
    // The port closes as soon as the runtime gets around to it.
    while get(&erp.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    Ok(())
}

#[test]
fn the_same_day_gives_the_same_company() {
    let first = World::generate(Tenant::Acme, today());
    let second = World::generate(Tenant::Acme, today());
    let numbers =
        |world: &World| world.orders.iter().map(|order| (order.number.clone(), order.total())).collect::<Vec<_>>();
    assert_eq!(numbers(&first), numbers(&second));
}

fn named(tenant: Tenant) -> ([&'static str; 5], &'static str, [&'static str; 3]) {
    match tenant {
        Tenant::Acme => (["C-1001", "C-1002", "C-1003", "C-1004", "C-1005"], "SO-1042", ["SN-77", "SN-78", "SN-79"]),
        Tenant::Globex => (["G-2001", "G-2002", "G-2003", "G-2004", "G-2005"], "SO-7042", ["GX-77", "GX-78", "GX-79"]),
    }
}

#[test]
fn the_named_examples_are_what_their_names_promise() {
    for tenant in Tenant::ALL {
        let estate = Estate::new(tenant, today());
        let world = estate.read();
        let ([good, held, tight, overdue, disagreed], order, serials) = named(tenant);
        let room = |number: &str| {
            let limit = world.customers.get(number).map(|customer| customer.credit_limit).unwrap_or_default();
            limit - world.open_balance(number)
        };
        assert!(room(good) > Decimal::from(25_000));
        assert!(room(tight) < Decimal::from(2_500) && room(tight) > Decimal::ZERO);
        assert!(world.customers.get(held).is_some_and(|customer| customer.on_hold));
        let days = world.invoices.of(overdue).map(|invoice| (today() - invoice.due).num_days()).max();
        assert_eq!(days, Some(60));
        assert!(!world.invoices.of(good).any(|invoice| invoice.is_overdue(today())));
        let differs = world.customers.get(disagreed).expect("known");
        assert_ne!(differs.name_in(Role::Crm), differs.name_in(Role::Erp));
        let order = world.orders.get(order).expect("known");
        assert_eq!((order.customer.as_str(), order.status, order.lines.len()), (good, OrderStatus::PartlyShipped, 2));
        assert!(!order.totals_calculated);
        assert_eq!(world.shipments_of(&order.number).count(), 1);
        let [covered, expired, never] = serials.map(|serial| world.assets.get(serial).expect("known"));
        assert_eq!(covered.customer, good);
        assert!(covered.warranty_end.is_some_and(|end| end > today()));
        assert!(covered.order.as_deref().is_some_and(|number| world.orders.get(number).is_some()));
        assert!(expired.warranty_end.is_some_and(|end| end < today()));
        assert!(never.warranty_end.is_none());
        assert!(!world.contracts.iter().any(|contract| contract.serials.contains(&never.serial)));
        assert!(!world.contracts.iter().any(|contract| contract.serials.contains(&expired.serial)));
    }
}

#[test]
fn there_is_a_crowd_and_its_facts_hang_together() {
    let estate = Estate::new(Tenant::Acme, today());
    let world = estate.read();
    assert!(world.customers.len() > 1_000);
    assert!(world.orders.len() > 10_000);
    for order in world.orders.iter() {
        assert!(world.customers.get(&order.customer).is_some(), "{}", order.number);
        assert!(order.lines.iter().all(|line| world.products.get(&line.sku).is_some()), "{}", order.number);
    }
    for invoice in world.invoices.iter() {
        assert!(world.orders.get(&invoice.order).is_some(), "{}", invoice.number);
        assert!(invoice.date <= today() && invoice.open_amount <= invoice.total, "{}", invoice.number);
    }
    for case in world.cases.iter() {
        let customer = world.customers.get(&case.customer).expect("known");
        assert!(customer.contacts.iter().any(|contact| contact.email == case.requester_email), "{}", case.number);
    }
}

#[test]
fn shared_numbers_carry_their_tenants_name_and_nobody_elses() {
    for (tenant, other) in [(Tenant::Acme, "globex"), (Tenant::Globex, "acme")] {
        let estate = Arc::new(Estate::new(tenant, today()));
        let world = estate.read();
        let customer = world.customers.get("C-9999").expect("both have it");
        let order = world.orders.get("SO-9999").expect("both have it");
        let asset = world.assets.get("SN-9999").expect("both have it");
        for text in [&customer.name, &customer.email, &customer.address.street, &order.name, &asset.product_name] {
            assert!(text.contains(tenant.name()), "{text}");
        }
        assert!(!format!("{:?}", *world).contains(other));
    }
}

#[test]
fn a_change_stays_in_its_own_estate() {
    let (changed, other) = (Estate::new(Tenant::Acme, today()), Estate::new(Tenant::Acme, today()));
    if let Some(customer) = changed.write().customers.get_mut("C-1001") {
        customer.on_hold = true;
    }
    let is_held = |estate: &Estate| estate.read().customers.get("C-1001").is_some_and(|customer| customer.on_hold);
    assert!(is_held(&changed) && !is_held(&other));
}
