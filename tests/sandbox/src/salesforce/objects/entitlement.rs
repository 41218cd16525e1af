//! Entitlements: who may ask for help, and for which machine.

use super::{Cell, Field, Kind, Object, Parent, account, asset, contract, field, unused};
use crate::world::{Entitlement, World};

/// The object.
pub(super) static ENTITLEMENT: Object = Object {
    name: "Entitlement",
    prefix: "550",
    records: |world| (0..world.entitlements.len()).collect(),
    fields: &FIELDS,
    parents: &[
        Parent {
            name: "Account",
            object: "Account",
            record: |world, at| account::of_customer(world, &world.entitlements.at(at)?.customer),
        },
        Parent {
            name: "Asset",
            object: "Asset",
            record: |world, at| asset::of_serial(world, world.entitlements.at(at)?.serial.as_deref()?),
        },
        Parent {
            name: "ServiceContract",
            object: "ServiceContract",
            record: |world, at| contract::of_number(world, world.entitlements.at(at)?.contract.as_deref()?),
        },
    ],
    children: &[],
};

static FIELDS: [Field; 18] = [
    field("Id", Kind::Id, |world, at| Cell::Id(ENTITLEMENT.id(world, at))),
    field("IsDeleted", Kind::Bool, |_, _| Cell::Bool(false)),
    field("Name", Kind::Text, |world, at| on(world, at, |e| Cell::text(&e.name))),
    field("AccountId", Kind::Id, |world, at| on(world, at, |e| account::id(world, &e.customer))),
    field("AssetId", Kind::Id, |world, at| {
        on(world, at, |e| Cell::maybe(e.serial.as_deref(), |serial| asset::id(world, serial)))
    }),
    field("ServiceContractId", Kind::Id, |world, at| {
        on(world, at, |e| Cell::maybe(e.contract.as_deref(), |number| contract::id(world, number)))
    }),
    unused("ContractLineItemId", Kind::Id),
    field("Type", Kind::Text, |world, at| on(world, at, |e| Cell::text(&e.kind))),
    field("StartDate", Kind::Date, |world, at| on(world, at, |e| Cell::Date(e.start))),
    field("EndDate", Kind::Date, |world, at| on(world, at, |e| Cell::Date(e.end))),
    field("Status", Kind::Text, |world, at| on(world, at, |e| Cell::text(e.status(world.today)))),
    field("IsPerIncident", Kind::Bool, |_, _| Cell::Bool(false)),
    unused("CasesPerEntitlement", Kind::Number),
    unused("RemainingCases", Kind::Number),
    unused("SlaProcessId", Kind::Id),
    field("CreatedDate", Kind::Moment, entered),
    field("LastModifiedDate", Kind::Moment, entered),
    field("SystemModstamp", Kind::Moment, entered),
];

/// The entitlements of an account.
pub(super) fn of_account(world: &World, at: usize) -> Vec<usize> {
    of_customer(world, world.customers.at(at).map(|c| c.number.as_str()), |_| true)
}

/// The entitlements that name an asset.
pub(super) fn of_asset(world: &World, at: usize) -> Vec<usize> {
    let asset = world.assets.at(at);
    let serial = asset.map(|a| a.serial.as_str());
    of_customer(world, asset.map(|a| a.customer.as_str()), |e| e.serial.as_deref() == serial)
}

/// The entitlements that come from a contract.
pub(super) fn of_contract(world: &World, at: usize) -> Vec<usize> {
    let contract = world.contracts.at(at);
    let number = contract.map(|c| c.number.as_str());
    of_customer(world, contract.map(|c| c.customer.as_str()), |e| e.contract.as_deref() == number)
}

fn of_customer(world: &World, customer: Option<&str>, wanted: impl Fn(&Entitlement) -> bool) -> Vec<usize> {
    let all = customer.into_iter().flat_map(|number| world.entitlements.of(number));
    all.filter(|e| wanted(e)).filter_map(|e| world.entitlements.position(&e.number)).collect()
}

fn entered(world: &World, at: usize) -> Cell<'_> {
    on(world, at, |e| Cell::midnight(e.start))
}

fn on<'w>(world: &'w World, at: usize, value: impl FnOnce(&'w Entitlement) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(world.entitlements.at(at), value)
}
