//! What gives a tenant away, wherever it is found.

use std::collections::HashSet;

use portico_tests::{Role, Sandbox, Scene, Tenant};

/// A tenant's marks: none of them may reach the other one.
#[derive(Debug)]
pub(crate) struct Marks {
    /// Its name, of which the names of its systems are made, their addresses, and what its callers show.
    names: Vec<String>,
    /// Its numbers, names and addresses of mail that the other tenant does not have, in lower case.
    data: HashSet<String>,
}

impl Marks {
    /// Of one tenant of the demo.
    pub(crate) fn of(scene: &Scene, tenant: Tenant) -> Marks {
        let sandbox = scene.sandbox();
        let mut names = vec![tenant.name().to_owned()];
        for role in Role::ALL {
            let address = &sandbox.system(tenant, role).address;
            names.push(address.trim_start_matches("http://").to_owned());
        }
        let suffix = if tenant == Tenant::Acme { "" } else { "_2" };
        names.extend(["KEY_PARTNER", "KEY_PARTNER_TWO"].map(|name| scene.environment(&format!("{name}{suffix}"))));
        let others = words_of(sandbox, other(tenant));
        let data = words_of(sandbox, tenant).difference(&others).cloned().collect();
        Marks { names, data }
    }

    /// The first mark in what somebody saw.
    pub(crate) fn found_in(&self, seen: &[u8]) -> Option<String> {
        let seen = String::from_utf8_lossy(seen).to_lowercase();
        self.names.iter().find(|name| seen.contains(name.as_str())).cloned().or_else(|| self.data_in(&seen))
    }

    /// The first datum of a customer in what somebody saw; names of tenant and systems are none.
    pub(crate) fn data_found_in(&self, seen: &[u8]) -> Option<String> {
        self.data_in(&String::from_utf8_lossy(seen).to_lowercase())
    }

    fn data_in(&self, seen: &str) -> Option<String> {
        words(seen).find(|word| self.data.contains(*word)).map(str::to_owned)
    }
}

/// The tenant that is not this one.
pub(crate) fn other(tenant: Tenant) -> Tenant {
    match tenant {
        Tenant::Acme => Tenant::Globex,
        Tenant::Globex => Tenant::Acme,
    }
}

/// Numbers, codes, hosts and addresses of mail are words; punctuation ends them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || "-.@_".contains(c)));
    words.map(|word| word.trim_matches('.')).filter(|word| word.len() > 3)
}

fn words_of(sandbox: &Sandbox, tenant: Tenant) -> HashSet<String> {
    let world = sandbox.estate(tenant).read();
    let mut texts: Vec<String> = Vec::new();
    for customer in world.customers.iter() {
        texts.extend([customer.number.clone(), customer.email.clone(), customer.domain.clone()]);
        texts.extend([customer.vat_number.clone(), customer.owner_email.clone()]);
        texts.extend(customer.contacts.iter().map(|contact| contact.email.clone()));
    }
    for order in world.orders.iter() {
        texts.extend([order.number.clone(), order.purchase_order.clone()]);
        texts.extend(order.lines.iter().flat_map(|line| [line.lot.clone(), line.sku.clone()]));
        texts.extend(order.lines.iter().filter_map(|line| line.serial.clone()));
    }
    texts.extend(world.shipments.iter().flat_map(|one| [one.packing_slip.clone(), one.tracking_number.clone()]));
    texts.extend(world.invoices.iter().flat_map(|one| [one.number.clone(), one.voucher.clone()]));
    texts.extend(world.products.iter().map(|one| one.sku.clone()));
    texts.extend(world.assets.iter().map(|one| one.serial.clone()));
    texts.extend(world.contracts.iter().map(|one| one.number.clone()));
    texts.extend(world.entitlements.iter().map(|one| one.number.clone()));
    texts.extend(world.subscriptions.iter().map(|one| one.number.clone()));
    // Whole words only: "1001" of a case is a number of many things.
    let telling =
        |word: &&str| word.contains(|c: char| c.is_ascii_digit()) && word.contains(|c: char| c.is_alphabetic());
    let texts = texts.iter().map(|text| text.to_lowercase());
    texts.flat_map(|text| words(&text).filter(telling).map(str::to_owned).collect::<Vec<_>>()).collect()
}
