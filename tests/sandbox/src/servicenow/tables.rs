//! The tables of this instance.
//!
//! Rows are positions in the world. A table that extends another one shares its rows and their ids:
//! `customer_account` is a `core_company`, `customer_contact` a `sys_user`.
//!
//! Every fifth case has a twin that only the security team may read. Limits count such rows before they are left
//! out, so that pages come back short and totals are too high.

mod account;
mod asset;
mod case;
mod contact;
mod contract;
mod entitlement;
mod model;

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use super::cell::Cell;
use super::errors::Refusal;
use crate::tenant::Tenant;
use crate::world::World;

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    /// Tables that share their rows share this.
    pub(super) family: u16,
    /// Every row, those that the user may not see included.
    pub(super) rows: fn(&World) -> Vec<usize>,
    /// Whether the user may not see a row.
    pub(super) is_hidden: fn(&World, usize) -> bool,
    /// The field that stands for a row where another row refers to it.
    pub(super) display: &'static str,
    /// When a row was last changed.
    pub(super) updated: fn(&World, usize) -> DateTime<Utc>,
    pub(super) fields: &'static [Field],
}

/// A column.
pub(super) struct Field {
    pub(super) name: &'static str,
    /// The table its values refer to; empty for none.
    pub(super) refers: &'static str,
    pub(super) value: for<'w> fn(&'w World, usize) -> Cell<'w>,
}

impl std::fmt::Debug for Field {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)
    }
}

pub(super) const fn field(name: &'static str, value: for<'w> fn(&'w World, usize) -> Cell<'w>) -> Field {
    Field { name, refers: "", value }
}

pub(super) const fn reference(
    name: &'static str,
    refers: &'static str,
    value: for<'w> fn(&'w World, usize) -> Cell<'w>,
) -> Field {
    Field { name, refers, value }
}

/// What every table has.
static SYSTEM: [&str; 5] = ["sys_id", "sys_class_name", "sys_created_on", "sys_updated_on", "sys_mod_count"];

static TABLES: [&Table; 13] = [
    &account::COMPANY,
    &account::ACCOUNT,
    &contact::USER,
    &contact::CONTACT,
    &model::MODEL,
    &asset::ASSET,
    &asset::INSTALLED,
    &asset::SOLD,
    &contract::CONTRACT,
    &contract::COVERED,
    &entitlement::ENTITLEMENT,
    &case::CASE,
    &case::INCIDENT,
];

/// Tables that exist and that the user's roles do not open.
static CLOSED: [&str; 4] = [
    "sn_pss_core_service_contract",
    "sn_pss_core_service_contract_line",
    "sn_pss_core_contract_entitlement_usage",
    "sys_user_role",
];

/// The table of a name, when there is one and the user may read it.
pub(super) fn readable(name: &str) -> Result<&'static Table, Refusal> {
    if CLOSED.contains(&name) {
        return Err(Refusal::no_rights());
    }
    named(name).ok_or_else(|| Refusal::no_table(name))
}

fn named(name: &str) -> Option<&'static Table> {
    TABLES.into_iter().find(|table| table.name == name)
}

/// A column of a table: one of its own, or one that every table has.
#[derive(Debug, Clone, Copy)]
enum Column {
    System(&'static str),
    Own(&'static Field),
}

/// A column reached through any number of references: `account.primary_contact.email`.
#[derive(Debug, Clone)]
pub(super) struct Path {
    table: &'static Table,
    steps: Vec<&'static Field>,
    end: Column,
}

impl Path {
    /// The path of a name; none when any part of it is unknown.
    pub(super) fn find(table: &'static Table, name: &str) -> Option<Self> {
        let mut at = table;
        let mut steps = Vec::new();
        let mut parts = name.split('.').peekable();
        while let Some(part) = parts.next() {
            let column = at.column(part)?;
            if parts.peek().is_none() {
                return Some(Self { table, steps, end: column });
            }
            let Column::Own(step) = column else { return None };
            at = named(step.refers)?;
            steps.push(step);
        }
        None
    }

    /// The value in a row; nothing where a reference on the way leads nowhere.
    pub(super) fn cell<'w>(&self, world: &'w World, row: usize) -> Cell<'w> {
        let (mut table, mut row) = (self.table, row);
        for step in &self.steps {
            let Cell::Reference(next, at) = (step.value)(world, row) else { return Cell::Empty };
            (table, row) = (next, at);
        }
        table.cell(world, row, self.end)
    }
}

impl Table {
    /// The names of every column.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        SYSTEM.into_iter().chain(self.fields.iter().map(|field| field.name))
    }

    /// Thirty-two hexadecimal digits that lead back to the row.
    pub(super) fn sys_id(&self, world: &World, row: usize) -> String {
        format!("{:04x}{:04x}db6f1010a1b2{row:012x}", self.family, tenant_part(world.tenant))
    }

    /// The row of an id, whether or not the user may see it.
    pub(super) fn row(&self, world: &World, sys_id: &str) -> Option<usize> {
        let row = usize::from_str_radix(sys_id.get(20..)?, 16).ok()?;
        let is_here = self.sys_id(world, row) == sys_id && (self.rows)(world).contains(&row);
        is_here.then_some(row)
    }

    /// What stands for a row in a reference to it.
    pub(super) fn display<'w>(&'static self, world: &'w World, row: usize) -> Cow<'w, str> {
        let column = self.column(self.display);
        column.map_or(Cow::Borrowed(""), |column| self.cell(world, row, column).display(world))
    }

    fn column(&'static self, name: &str) -> Option<Column> {
        let system = || SYSTEM.into_iter().find(|known| *known == name).map(Column::System);
        self.fields.iter().find(|field| field.name == name).map(Column::Own).or_else(system)
    }

    fn cell<'w>(&self, world: &'w World, row: usize, column: Column) -> Cell<'w> {
        match column {
            Column::Own(field) => (field.value)(world, row),
            Column::System("sys_id") => Cell::owned(self.sys_id(world, row)),
            Column::System("sys_class_name") => Cell::text(self.name),
            Column::System("sys_mod_count") => Cell::text("3"),
            Column::System(_) => Cell::Moment((self.updated)(world, row)),
        }
    }
}

fn tenant_part(tenant: Tenant) -> u16 {
    match tenant {
        Tenant::Acme => 0xac3e,
        Tenant::Globex => 0x910b,
    }
}

/// Nine o'clock of a day: when everything happens that has no time of its own.
fn nine(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::from_hms_opt(9, 0, 0).unwrap_or_default()).and_utc()
}

/// The id of the integration's user, which scripts in queries may ask for.
pub(super) fn user_id(world: &World) -> String {
    contact::agent().value(world).into_owned()
}
