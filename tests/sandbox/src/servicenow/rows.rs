//! How rows are written: stored values, display values, or both.

use http::Method;
use serde_json::{Map, Value, json};

use super::cell::Cell;
use super::errors::{Refusal, reply};
use super::tables::{Path, Table};
use crate::vendor::{Call, Reply};
use crate::world::World;

/// Which of a field's two values are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Values,
    Displays,
    Both,
}

/// What a call wants to see of each row.
#[derive(Debug)]
pub(super) struct Shape {
    columns: Vec<(String, Path)>,
    shown: Shown,
    links: bool,
    base_url: String,
}

impl Shape {
    /// Unknown columns are left out without a word.
    pub(super) fn read(call: &Call, table: &'static Table) -> Self {
        let named = |name: &str| Path::find(table, name).map(|path| (name.to_owned(), path));
        let columns = match call.param("sysparm_fields").filter(|fields| !fields.trim().is_empty()) {
            Some(fields) => fields.split(',').filter_map(|name| named(name.trim())).collect(),
            None => table.names().filter_map(named).collect(),
        };
        let shown = match call.param("sysparm_display_value") {
            Some("true") => Shown::Displays,
            Some("all") => Shown::Both,
            _ => Shown::Values,
        };
        let links = call.param("sysparm_exclude_reference_link") != Some("true");
        Self { columns, shown, links, base_url: call.base_url.clone() }
    }

    /// A row as JSON.
    pub(super) fn row(&self, world: &World, row: usize) -> Value {
        let cell = |(name, path): &(String, Path)| (name.clone(), self.cell(world, &path.cell(world, row)));
        Value::Object(self.columns.iter().map(cell).collect::<Map<_, _>>())
    }

    fn cell<'w>(&self, world: &'w World, cell: &Cell<'w>) -> Value {
        let (value, display) = (|| json!(cell.value(world)), || json!(cell.display(world)));
        let link = match cell {
            Cell::Reference(table, row) if self.links => {
                Some(format!("{}/api/now/table/{}/{}", self.base_url, table.name, table.sys_id(world, *row)))
            }
            _ => None,
        };
        match (self.shown, link) {
            (Shown::Values, None) => value(),
            (Shown::Values, Some(link)) => json!({ "link": link, "value": value() }),
            (Shown::Displays, None) => display(),
            (Shown::Displays, Some(link)) => json!({ "display_value": display(), "link": link }),
            (Shown::Both, None) => json!({ "display_value": display(), "value": value() }),
            (Shown::Both, Some(link)) => json!({ "display_value": display(), "link": link, "value": value() }),
        }
    }
}

/// One row by its id.
pub(super) fn single(call: &Call, world: &World, table: &'static Table, sys_id: &str) -> Result<Reply, Refusal> {
    let row = table.row(world, sys_id).filter(|row| !(table.is_hidden)(world, *row)).ok_or_else(Refusal::no_record)?;
    if call.method == Method::HEAD {
        return Ok(Reply::empty(200));
    }
    Ok(reply(200, &json!({ "result": Shape::read(call, table).row(world, row) })))
}
