//! The five example customers and the prospect.

use rust_decimal::Decimal;

use super::Scheme;
use crate::tenant::Tenant;
use crate::world::{Address, Contact, Customer, World, day};

pub(super) fn add(world: &mut World, scheme: Scheme) {
    let names = match world.tenant {
        Tenant::Acme => [
            ("Hanseatic Pumps GmbH", "hanseatic-pumps.example"),
            ("Rhein Armaturen AG", "rhein-armaturen.example"),
            ("Isar Filter GmbH", "isar-filter.example"),
            ("Elbe Anlagenbau GmbH", "elbe-anlagenbau.example"),
            ("Nordwind Logistik GmbH", "nordwind.example"),
        ],
        Tenant::Globex => [
            ("Alpine Instruments AG", "alpine-instruments.example"),
            ("Danube Robotics GmbH", "danube-robotics.example"),
            ("Bodensee Optik GmbH", "bodensee-optik.example"),
            ("Tyrol Maschinen GmbH", "tyrol-maschinen.example"),
            ("Westwind Transport GmbH", "westwind.example"),
        ],
    };
    let since = day(world.today, -2_000);
    let mut customers: Vec<Customer> = (0..)
        .zip(names)
        .map(|(index, (name, domain))| {
            let mut customer = Customer::plain(&scheme.customer(index), name, domain, since);
            customer.contacts = contacts(world.tenant, domain);
            customer
        })
        .collect();
    if let [good, held, tight, _, disagreed] = customers.as_mut_slice() {
        good.credit_limit = Decimal::from(100_000);
        good.segment = "Enterprise".to_owned();
        held.on_hold = true;
        tight.credit_limit = Decimal::from(10_000);
        tight.segment = "Small Business".to_owned();
        disagree(disagreed);
    }
    for customer in customers {
        world.customers.add(customer);
    }
    world.customers.add(prospect(world));
}

fn contacts(tenant: Tenant, domain: &str) -> Vec<Contact> {
    match tenant {
        Tenant::Acme => vec![
            Contact::at(domain, "Anna", "Brandt", "Head of Purchasing"),
            Contact::at(domain, "Jonas", "Keller", "Maintenance Engineer"),
        ],
        Tenant::Globex => vec![
            Contact::at(domain, "Sofia", "Gruber", "Head of Purchasing"),
            Contact::at(domain, "Luca", "Moser", "Maintenance Engineer"),
        ],
    }
}

/// Every other system spells the name differently from the ERP.
fn disagree(customer: &mut Customer) {
    let first_word = customer.name.split(' ').next().unwrap_or_default().to_owned();
    customer.crm_name = Some(format!("{first_word} Logistics GmbH & Co. KG"));
    customer.billing_name = Some(format!("{first_word} Ltd"));
    customer.support_name = Some(first_word);
}

fn prospect(world: &World) -> Customer {
    let (name, street) = match world.tenant {
        Tenant::Acme => ("Spree Startup UG", "Torstrasse 9"),
        Tenant::Globex => ("Inn Ventures UG", "Innstrasse 9"),
    };
    let mut prospect = Customer::plain("PROSPECT-1", name, "prospect.example", day(world.today, -20));
    prospect.is_prospect = true;
    prospect.address = Address::in_germany(street, "10119", "Berlin");
    prospect.credit_limit = Decimal::ZERO;
    prospect.contacts = vec![Contact {
        email: "prospect@example.com".to_owned(),
        ..Contact::at("prospect.example", "Pia", "Sommer", "Founder")
    }];
    prospect
}
