//! Rows found by their own key and by the customer they belong to.

use std::collections::HashMap;

/// Something kept in a [`Table`]. Key and customer never change.
pub trait Row {
    /// What identifies it.
    fn key(&self) -> &str;
    /// The number of the customer it belongs to; empty for none.
    fn customer(&self) -> &str;
}

/// Rows in the order they were added.
#[derive(Debug, Clone)]
pub struct Table<T> {
    rows: Vec<T>,
    by_key: HashMap<String, usize>,
    by_customer: HashMap<String, Vec<usize>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), by_key: HashMap::new(), by_customer: HashMap::new() }
    }
}

impl<T: Row> Table<T> {
    /// The row with that key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&T> {
        self.by_key.get(key).and_then(|at| self.rows.get(*at))
    }

    /// The row with that key, to change it (but neither key nor customer).
    pub fn get_mut(&mut self, key: &str) -> Option<&mut T> {
        self.by_key.get(key).and_then(|at| self.rows.get_mut(*at))
    }

    /// The row at a position: ids that vendors count up from rows lead back to them.
    #[must_use]
    pub fn at(&self, position: usize) -> Option<&T> {
        self.rows.get(position)
    }

    /// The position of the row with that key; it never changes.
    #[must_use]
    pub fn position(&self, key: &str) -> Option<usize> {
        self.by_key.get(key).copied()
    }

    /// The rows that belong to a customer.
    pub fn of(&self, customer: &str) -> impl Iterator<Item = &T> {
        let positions = self.by_customer.get(customer).map(Vec::as_slice).unwrap_or_default();
        positions.iter().filter_map(|at| self.rows.get(*at))
    }

    /// Every row.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.rows.iter()
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds a row; one with the same key stays and the new one is dropped.
    pub fn add(&mut self, row: T) {
        if self.by_key.contains_key(row.key()) {
            return;
        }
        let at = self.rows.len();
        self.by_key.insert(row.key().to_owned(), at);
        if !row.customer().is_empty() {
            self.by_customer.entry(row.customer().to_owned()).or_default().push(at);
        }
        self.rows.push(row);
    }
}
