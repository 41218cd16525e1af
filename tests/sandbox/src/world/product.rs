//! Products and how many lie where.

use rust_decimal::Decimal;

use super::table::Row;

/// Something that can be ordered.
#[derive(Debug, Clone, PartialEq)]
pub struct Product {
    /// The item number.
    pub sku: String,
    /// The name.
    pub name: String,
    /// A sentence about it.
    pub description: String,
    /// List price in EUR.
    pub price: Decimal,
    /// The unit's symbol: `pcs`.
    pub unit: String,
    /// The product group.
    pub group: String,
    /// Months of warranty; 0 for none.
    pub warranty_months: u32,
    /// Whether each piece has a serial number.
    pub is_serialised: bool,
    /// Net weight in kilograms.
    pub weight: Decimal,
    /// How many lie where.
    pub stock: Vec<Stock>,
}

impl Product {
    /// A spare part with a year of warranty that lies at two sites.
    pub(super) fn plain(sku: &str, name: &str, price: Decimal) -> Self {
        Self {
            sku: sku.to_owned(),
            name: name.to_owned(),
            description: format!("{name}, made to last"),
            price,
            unit: "pcs".to_owned(),
            group: "Parts".to_owned(),
            warranty_months: 12,
            is_serialised: false,
            weight: Decimal::new(125, 2),
            stock: vec![
                Stock { site: "1".to_owned(), on_hand: Decimal::from(40), available: Decimal::from(32) },
                Stock { site: "2".to_owned(), on_hand: Decimal::from(8), available: Decimal::from(8) },
            ],
        }
    }
}

impl Row for Product {
    fn key(&self) -> &str {
        &self.sku
    }
    fn customer(&self) -> &'static str {
        ""
    }
}

/// A product's quantity at one site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stock {
    /// The site.
    pub site: String,
    /// How many lie there.
    pub on_hand: Decimal,
    /// How many of them are not promised to anybody.
    pub available: Decimal,
}
