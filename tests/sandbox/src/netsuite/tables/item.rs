//! Items: what can be ordered, for how much, and how many lie where.

use rust_decimal::Decimal;

use super::{Column, Table, column, position, small};
use crate::netsuite::cell::Cell;
use crate::world::{Asset, Product, Stock, World};

const FIRST: usize = 501;
const FIRST_SERIAL: usize = 20_001;
/// Locations are counted within their item.
const PER_ITEM: usize = 16;

/// Items.
pub(super) static ITEM: Table =
    Table { name: "item", rows: |world| (0..world.products.len()).collect(), columns: &COLUMNS };
/// List prices.
pub(super) static PRICING: Table =
    Table { name: "pricing", rows: |world| (0..world.products.len()).collect(), columns: &PRICING_COLUMNS };
/// What lies where, by bin and status.
pub(super) static BALANCE: Table = Table { name: "inventorybalance", rows: stocks, columns: &STOCK_COLUMNS };
/// What lies where, all in all.
pub(super) static BY_LOCATION: Table = Table { name: "aggregateitemlocation", rows: stocks, columns: &STOCK_COLUMNS };
/// Serial numbers.
pub(super) static SERIAL: Table =
    Table { name: "inventorynumber", rows: |world| (0..world.assets.len()).collect(), columns: &SERIAL_COLUMNS };

static COLUMNS: [Column; 15] = [
    column("id", |_, row| Cell::id(FIRST + row)).found(by_id),
    column("itemid", |world, row| on(world, row, |item| Cell::text(&item.sku))).found(by_sku),
    column("externalid", |world, row| on(world, row, |item| Cell::text(&item.sku))).found(by_sku),
    column("displayname", |world, row| on(world, row, |item| Cell::text(&item.name))),
    column("description", |world, row| on(world, row, |item| Cell::text(&item.description))),
    column("fullname", |world, row| on(world, row, |item| Cell::text(&item.sku))),
    column("itemtype", |_, _| Cell::text("InvtPart")).shown(|_, _| Cell::text("Inventory Item")),
    column("isserialitem", |world, row| on(world, row, |item| Cell::truth(item.is_serialised))),
    column("isinactive", |_, _| Cell::truth(false)),
    column("class", |world, row| on(world, row, |item| Cell::text(&item.group))),
    column("saleunit", |world, row| on(world, row, |item| Cell::text(&item.unit))),
    column("weight", |world, row| on(world, row, |item| Cell::Number(item.weight))),
    column("weightunit", |_, _| Cell::text("3")).shown(|_, _| Cell::text("kg")),
    column("custitem_warranty_months", |world, row| on(world, row, |item| Cell::number(item.warranty_months))),
    column("lastmodifieddate", |world, _| Cell::day(world.today)),
];

static PRICING_COLUMNS: [Column; 5] = [
    column("item", |_, row| Cell::id(FIRST + row))
        .shown(|world, row| on(world, row, |item| Cell::text(&item.sku)))
        .found(by_id),
    column("pricelevel", |_, _| Cell::id(1)).shown(|_, _| Cell::text("Base Price")),
    column("currency", |_, _| Cell::id(small::EURO)).shown(|_, _| Cell::text("EUR")),
    column("quantity", |_, _| Cell::Number(Decimal::ZERO)),
    column("unitprice", |world, row| on(world, row, |item| Cell::Number(item.price))),
];

static STOCK_COLUMNS: [Column; 6] = [
    column("item", |_, row| Cell::id(FIRST + row / PER_ITEM))
        .shown(|world, row| on(world, row / PER_ITEM, |item| Cell::text(&item.sku)))
        .found(|world, id| by_id(world, id).into_iter().flat_map(|row| stocks_of(world, row)).collect()),
    column("location", |world, row| on_stock(world, row, |stock| Cell::id(location(stock))))
        .shown(|world, row| on_stock(world, row, |stock| small::location_name(location(stock)))),
    column("quantityonhand", |world, row| on_stock(world, row, |stock| Cell::Number(stock.on_hand))),
    column("quantityavailable", |world, row| on_stock(world, row, |stock| Cell::Number(stock.available))),
    column("quantitycommitted", |world, row| {
        on_stock(world, row, |stock| Cell::Number(stock.on_hand - stock.available))
    }),
    column("quantityonorder", |_, _| Cell::Number(Decimal::ZERO)),
];

static SERIAL_COLUMNS: [Column; 6] = [
    column("id", |_, row| Cell::id(FIRST_SERIAL + row)).found(|world, id| {
        position(id, FIRST_SERIAL).filter(|row| world.assets.at(*row).is_some()).into_iter().collect()
    }),
    column("inventorynumber", |world, row| on_asset(world, row, |asset| Cell::text(&asset.serial)))
        .found(|world, serial| world.assets.position(serial).into_iter().collect()),
    column("item", |world, row| on_asset(world, row, |asset| id(world, &asset.sku)))
        .shown(|world, row| on_asset(world, row, |asset| Cell::text(&asset.sku))),
    column("expirationdate", |_, _| Cell::Null),
    column("quantityonhand", |_, _| Cell::Number(Decimal::ZERO)),
    column("quantityavailable", |_, _| Cell::Number(Decimal::ZERO)),
];

/// The internal id of an item number.
pub(super) fn id<'w>(world: &World, sku: &str) -> Cell<'w> {
    Cell::maybe(world.products.position(sku), |row| Cell::id(FIRST + row))
}

/// The internal id of a serial number.
pub(super) fn serial_id<'w>(world: &World, serial: &str) -> Cell<'w> {
    Cell::maybe(world.assets.position(serial), |row| Cell::id(FIRST_SERIAL + row))
}

fn by_id(world: &World, id: &str) -> Vec<usize> {
    position(id, FIRST).filter(|row| world.products.at(*row).is_some()).into_iter().collect()
}

fn by_sku(world: &World, sku: &str) -> Vec<usize> {
    world.products.position(sku).into_iter().collect()
}

fn stocks(world: &World) -> Vec<usize> {
    (0..world.products.len()).flat_map(|row| stocks_of(world, row)).collect()
}

fn stocks_of(world: &World, row: usize) -> Vec<usize> {
    let count = world.products.at(row).map_or(0, |item| item.stock.len().min(PER_ITEM));
    (0..count).map(|at| row * PER_ITEM + at).collect()
}

fn location(stock: &Stock) -> usize {
    stock.site.parse().unwrap_or(1)
}

fn on<'w>(world: &'w World, row: usize, cell: impl FnOnce(&'w Product) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(world.products.at(row), cell)
}

fn on_asset<'w>(world: &'w World, row: usize, cell: impl FnOnce(&'w Asset) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(world.assets.at(row), cell)
}

fn on_stock<'w>(world: &'w World, row: usize, cell: impl FnOnce(&'w Stock) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(world.products.at(row / PER_ITEM).and_then(|item| item.stock.get(row % PER_ITEM)), cell)
}
