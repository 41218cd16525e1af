//! Assets: the world's delivered machines, with this organisation's two fields of its own.

use rust_decimal::Decimal;

use super::{Cell, Children, Field, Kind, Object, Parent, account, contract, entitlement, field, product, unused};
use crate::world::{Asset, World};

/// The object.
pub(super) static ASSET: Object = Object {
    name: "Asset",
    prefix: "02i",
    records: |world| (0..world.assets.len()).collect(),
    fields: &FIELDS,
    parents: &[
        Parent {
            name: "Account",
            object: "Account",
            record: |world, at| account::of_customer(world, &world.assets.at(at)?.customer),
        },
        Parent {
            name: "Product2",
            object: "Product2",
            record: |world, at| world.products.position(&world.assets.at(at)?.sku),
        },
        Parent { name: "Contact", object: "Contact", record: |_, _| None },
    ],
    children: &[
        Children { name: "ContractLineItems", object: "ContractLineItem", records: contract::lines_of_asset },
        Children { name: "Entitlements", object: "Entitlement", records: entitlement::of_asset },
    ],
};

static FIELDS: [Field; 24] = [
    field("Id", Kind::Id, |world, at| Cell::Id(ASSET.id(world, at))),
    field("IsDeleted", Kind::Bool, |_, _| Cell::Bool(false)),
    field("Name", Kind::Text, |world, at| on(world, at, |a| Cell::text(&a.product_name))),
    field("SerialNumber", Kind::Text, |world, at| on(world, at, |a| Cell::text(&a.serial))),
    field("AccountId", Kind::Id, |world, at| on(world, at, |a| account::id(world, &a.customer))),
    unused("ContactId", Kind::Id),
    field("Product2Id", Kind::Id, |world, at| on(world, at, |a| product::id(world, &a.sku))),
    field("ProductCode", Kind::Text, |world, at| on(world, at, |a| Cell::text(&a.sku))),
    field("StockKeepingUnit", Kind::Text, |world, at| on(world, at, |a| Cell::text(&a.sku))),
    field("InstallDate", Kind::Date, |world, at| on(world, at, |a| Cell::maybe(a.installed, Cell::Date))),
    field("PurchaseDate", Kind::Date, |world, at| on(world, at, |a| Cell::Date(a.purchased))),
    unused("UsageEndDate", Kind::Date),
    field("Status", Kind::Text, |world, at| {
        on(world, at, |a| Cell::text(if a.installed.is_some() { "Installed" } else { "Shipped" }))
    }),
    unused("Price", Kind::Number),
    field("Quantity", Kind::Number, |_, _| Cell::Number(Decimal::ONE)),
    unused("Description", Kind::Text),
    unused("ParentId", Kind::Id),
    field("RootAssetId", Kind::Id, |world, at| Cell::Id(ASSET.id(world, at))),
    field("IsCompetitorProduct", Kind::Bool, |_, _| Cell::Bool(false)),
    field("Warranty_End__c", Kind::Date, |world, at| on(world, at, |a| Cell::maybe(a.warranty_end, Cell::Date))),
    Field {
        is_external_id: true,
        ..field("Order_Number__c", Kind::Text, |world, at| {
            on(world, at, |a| Cell::maybe(a.order.as_deref(), Cell::text))
        })
    },
    field("CreatedDate", Kind::Moment, entered),
    field("LastModifiedDate", Kind::Moment, entered),
    field("SystemModstamp", Kind::Moment, entered),
];

/// The assets of an account.
pub(super) fn of_account(world: &World, at: usize) -> Vec<usize> {
    let owner = world.customers.at(at);
    owner.into_iter().flat_map(|c| world.assets.of(&c.number)).filter_map(|a| of_serial(world, &a.serial)).collect()
}

/// The record of a serial number.
pub(super) fn of_serial(world: &World, serial: &str) -> Option<usize> {
    world.assets.position(serial)
}

/// The id of the asset with a serial number.
pub(super) fn id<'w>(world: &World, serial: &str) -> Cell<'w> {
    Cell::maybe(of_serial(world, serial), |at| Cell::Id(ASSET.id(world, at)))
}

fn entered(world: &World, at: usize) -> Cell<'_> {
    on(world, at, |a| Cell::midnight(a.purchased))
}

fn on<'w>(world: &'w World, at: usize, value: impl FnOnce(&'w Asset) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(world.assets.at(at), value)
}
