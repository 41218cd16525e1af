//! Price books: every product has a price in each, and only one of them is the standard.

use rust_decimal::Decimal;

use super::{Cell, Children, Field, Kind, Object, Parent, field, product};
use crate::world::{Product, World};

/// The partners' book comes first, so that the first price found is not the list price.
const PARTNERS: usize = 0;
/// The book of list prices.
pub(super) const STANDARD: usize = 1;
const BOOKS: usize = 2;

/// The object.
pub(super) static PRICEBOOK: Object = Object {
    name: "Pricebook2",
    prefix: "01s",
    records: |_| (0..BOOKS).collect(),
    fields: &BOOK_FIELDS,
    parents: &[],
    children: &[Children {
        name: "PricebookEntries",
        object: "PricebookEntry",
        records: |world, book| (0..world.products.len()).map(|product| product * BOOKS + book).collect(),
    }],
};

static BOOK_FIELDS: [Field; 4] = [
    field("Id", Kind::Id, |world, at| Cell::Id(PRICEBOOK.id(world, at))),
    field("Name", Kind::Text, |_, at| Cell::text(if at == STANDARD { "Standard Price Book" } else { "Partners" })),
    field("IsActive", Kind::Bool, |_, _| Cell::Bool(true)),
    field("IsStandard", Kind::Bool, |_, at| Cell::Bool(at == STANDARD)),
];

/// The price of a product in a book.
pub(super) static ENTRY: Object = Object {
    name: "PricebookEntry",
    prefix: "01u",
    records: |world| (0..world.products.len() * BOOKS).collect(),
    fields: &FIELDS,
    parents: &[
        Parent { name: "Pricebook2", object: "Pricebook2", record: |_, at| Some(at % BOOKS) },
        Parent {
            name: "Product2",
            object: "Product2",
            record: |world, at| world.products.at(at / BOOKS).map(|_| at / BOOKS),
        },
    ],
    children: &[],
};

static FIELDS: [Field; 8] = [
    field("Id", Kind::Id, |world, at| Cell::Id(ENTRY.id(world, at))),
    field("IsDeleted", Kind::Bool, |_, _| Cell::Bool(false)),
    field("Name", Kind::Text, |world, at| on(world, at, |p| Cell::text(&p.name))),
    field("ProductCode", Kind::Text, |world, at| on(world, at, |p| Cell::text(&p.sku))),
    field("Pricebook2Id", Kind::Id, |world, at| Cell::Id(PRICEBOOK.id(world, at % BOOKS))),
    field("Product2Id", Kind::Id, |world, at| on(world, at, |p| product::id(world, &p.sku))),
    field("UnitPrice", Kind::Number, |world, at| on(world, at, |p| Cell::Number(price(p, at % BOOKS)))),
    field("IsActive", Kind::Bool, |_, _| Cell::Bool(true)),
];

/// The prices of a product.
pub(super) fn of_product(world: &World, at: usize) -> Vec<usize> {
    world.products.at(at).map_or_else(Vec::new, |_| (at * BOOKS..(at + 1) * BOOKS).collect())
}

/// A product's list price.
pub(super) fn standard_entry(world: &World, sku: &str) -> Option<usize> {
    world.products.position(sku).map(|product| product * BOOKS + STANDARD)
}

/// Partners pay a tenth less.
fn price(product: &Product, book: usize) -> Decimal {
    if book == PARTNERS { product.price * Decimal::new(9, 1) } else { product.price }
}

fn on<'w>(world: &'w World, at: usize, value: impl FnOnce(&'w Product) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(world.products.at(at / BOOKS), value)
}
