//! Service contracts, and the lines that say which machines they cover.

use rust_decimal::Decimal;

use super::{Cell, Children, Field, Kind, Object, Parent, account, asset, entitlement, field, product, unused};
use crate::world::{ServiceContract, World};

/// Lines are counted within their contract; no contract has more.
const PER_CONTRACT: usize = 1_024;

/// The object.
pub(super) static SERVICE_CONTRACT: Object = Object {
    name: "ServiceContract",
    prefix: "810",
    records: |world| (0..world.contracts.len()).collect(),
    fields: &FIELDS,
    parents: &[
        Parent {
            name: "Account",
            object: "Account",
            record: |world, at| account::of_customer(world, &world.contracts.at(at)?.customer),
        },
        Parent { name: "Contact", object: "Contact", record: |_, _| None },
    ],
    children: &[
        Children { name: "ContractLineItems", object: "ContractLineItem", records: lines },
        Children { name: "Entitlements", object: "Entitlement", records: entitlement::of_contract },
    ],
};

static FIELDS: [Field; 20] = [
    field("Id", Kind::Id, |world, at| Cell::Id(SERVICE_CONTRACT.id(world, at))),
    field("IsDeleted", Kind::Bool, |_, _| Cell::Bool(false)),
    field("ContractNumber", Kind::Text, |world, at| on(world, at, |c| Cell::text(&c.number))),
    field("Name", Kind::Text, |world, at| on(world, at, |c| Cell::text(&c.name))),
    field("AccountId", Kind::Id, |world, at| on(world, at, |c| account::id(world, &c.customer))),
    unused("ContactId", Kind::Id),
    field("StartDate", Kind::Date, |world, at| on(world, at, |c| Cell::Date(c.start))),
    field("EndDate", Kind::Date, |world, at| on(world, at, |c| Cell::Date(c.end))),
    field("Term", Kind::Number, |world, at| {
        on(world, at, |c| Cell::Number(Decimal::from((c.end - c.start).num_days() / 30)))
    }),
    field("Status", Kind::Text, status),
    field("ApprovalStatus", Kind::Text, |_, _| Cell::text("Approved")),
    unused("Description", Kind::Text),
    unused("GrandTotal", Kind::Number),
    unused("TotalPrice", Kind::Number),
    unused("ParentServiceContractId", Kind::Id),
    field("RootServiceContractId", Kind::Id, |world, at| Cell::Id(SERVICE_CONTRACT.id(world, at))),
    field("Support_Level__c", Kind::Text, |world, at| on(world, at, |c| Cell::text(c.level.name()))),
    field("CreatedDate", Kind::Moment, entered),
    field("LastModifiedDate", Kind::Moment, entered),
    field("SystemModstamp", Kind::Moment, entered),
];

/// The object that links a contract to an asset.
pub(super) static CONTRACT_LINE_ITEM: Object = Object {
    name: "ContractLineItem",
    prefix: "811",
    records: |world| (0..world.contracts.len()).flat_map(|at| lines(world, at)).collect(),
    fields: &LINE_FIELDS,
    parents: &[
        Parent {
            name: "ServiceContract",
            object: "ServiceContract",
            record: |world, at| line(world, at).map(|_| at / PER_CONTRACT),
        },
        Parent {
            name: "Asset",
            object: "Asset",
            record: |world, at| line(world, at).and_then(|(_, serial)| asset::of_serial(world, serial)),
        },
        Parent {
            name: "Product2",
            object: "Product2",
            record: |world, at| line(world, at).and_then(|(_, serial)| product::of_serial(world, serial)),
        },
    ],
    children: &[],
};

static LINE_FIELDS: [Field; 15] = [
    field("Id", Kind::Id, |world, at| Cell::Id(CONTRACT_LINE_ITEM.id(world, at))),
    field("IsDeleted", Kind::Bool, |_, _| Cell::Bool(false)),
    field("LineItemNumber", Kind::Text, |_, at| Cell::owned(format!("{:08}", at + 1))),
    field("ServiceContractId", Kind::Id, |world, at| Cell::Id(SERVICE_CONTRACT.id(world, at / PER_CONTRACT))),
    field("AssetId", Kind::Id, |world, at| Cell::maybe(line(world, at), |(_, serial)| asset::id(world, serial))),
    field("Product2Id", Kind::Id, |world, at| {
        Cell::maybe(line(world, at).and_then(|(_, serial)| world.assets.get(serial)), |a| product::id(world, &a.sku))
    }),
    field("StartDate", Kind::Date, |world, at| Cell::maybe(line(world, at), |(c, _)| Cell::Date(c.start))),
    field("EndDate", Kind::Date, |world, at| Cell::maybe(line(world, at), |(c, _)| Cell::Date(c.end))),
    field("Quantity", Kind::Number, |_, _| Cell::Number(Decimal::ONE)),
    unused("UnitPrice", Kind::Number),
    field("Status", Kind::Text, |world, at| status(world, at / PER_CONTRACT)),
    unused("Description", Kind::Text),
    field("CreatedDate", Kind::Moment, |world, at| entered(world, at / PER_CONTRACT)),
    field("LastModifiedDate", Kind::Moment, |world, at| entered(world, at / PER_CONTRACT)),
    field("SystemModstamp", Kind::Moment, |world, at| entered(world, at / PER_CONTRACT)),
];

/// The contracts of an account.
pub(super) fn of_account(world: &World, at: usize) -> Vec<usize> {
    let owner = world.customers.at(at);
    owner.into_iter().flat_map(|c| world.contracts.of(&c.number)).filter_map(|c| of_number(world, &c.number)).collect()
}

/// The record of a contract number.
pub(super) fn of_number(world: &World, number: &str) -> Option<usize> {
    world.contracts.position(number)
}

/// The id of the contract with a number.
pub(super) fn id<'w>(world: &World, number: &str) -> Cell<'w> {
    Cell::maybe(of_number(world, number), |at| Cell::Id(SERVICE_CONTRACT.id(world, at)))
}

/// The lines that cover an asset.
pub(super) fn lines_of_asset(world: &World, at: usize) -> Vec<usize> {
    let Some(covered) = world.assets.at(at) else { return Vec::new() };
    let contracts = world.contracts.of(&covered.customer).filter_map(|c| of_number(world, &c.number));
    let lines = contracts.flat_map(|at| lines(world, at));
    lines.filter(|at| line(world, *at).is_some_and(|(_, serial)| serial == covered.serial)).collect()
}

fn lines(world: &World, at: usize) -> Vec<usize> {
    let count = world.contracts.at(at).map_or(0, |contract| contract.serials.len().min(PER_CONTRACT));
    (0..count).map(|line| at * PER_CONTRACT + line).collect()
}

fn line(world: &World, at: usize) -> Option<(&ServiceContract, &str)> {
    let contract = world.contracts.at(at / PER_CONTRACT)?;
    Some((contract, contract.serials.get(at % PER_CONTRACT)?))
}

fn status(world: &World, at: usize) -> Cell<'_> {
    on(world, at, |c| Cell::text(c.status(world.today)))
}

fn entered(world: &World, at: usize) -> Cell<'_> {
    on(world, at, |c| Cell::midnight(c.start))
}

fn on<'w>(world: &'w World, at: usize, value: impl FnOnce(&'w ServiceContract) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(world.contracts.at(at), value)
}
