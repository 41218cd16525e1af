//! Customer service cases. Their number is `CS` and seven digits.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Field, Table, account, contact, field, nine, reference};
use crate::servicenow::cell::Cell;
use crate::world::{Case, CasePriority, CaseStatus, World};

/// Every so many cases have a twin for the security team.
const TWIN_EVERY: usize = 5;
/// Twins are rows from here on.
const FIRST_TWIN: usize = 0x1_0000_0000;

/// Cases.
pub(super) static CASE: Table = Table {
    name: "sn_customerservice_case",
    family: 0xf3a1,
    rows,
    is_hidden: |_, row| row >= FIRST_TWIN,
    display: "number",
    updated: |world, row| of(world, row).map_or(nine(world.today), |case| case.updated),
    fields: &FIELDS,
};
/// Incidents of our own computers, which this company keeps elsewhere.
pub(super) static INCIDENT: Table = Table {
    name: "incident",
    family: 0x19c1,
    rows: |_| Vec::new(),
    is_hidden: |_, _| false,
    display: "number",
    updated: |world, _| nine(world.today),
    fields: &FIELDS,
};

static FIELDS: [Field; 22] = [
    field("number", |world, row| on(world, row, |case| Cell::owned(number(case, row)))),
    field("short_description", |world, row| on(world, row, |case| Cell::text(&case.subject))),
    field("description", |world, row| on(world, row, |case| Cell::text(&case.description))),
    field("state", |world, row| on(world, row, |case| state(case.status))),
    field("priority", |world, row| on(world, row, |case| priority(case.priority))),
    reference("account", "customer_account", |world, row| {
        on(world, row, |case| account::numbered(world, &case.customer))
    }),
    reference("contact", "customer_contact", |world, row| {
        on(world, row, |case| contact::with_address(world, &case.customer, &case.requester_email))
    }),
    reference("product", "cmdb_model", |_, _| Cell::Empty),
    reference("asset", "alm_asset", |_, _| Cell::Empty),
    reference("contract", "ast_contract", |_, _| Cell::Empty),
    reference("entitlement", "service_entitlement", |_, _| Cell::Empty),
    reference("assigned_to", "sys_user", |world, row| {
        on(world, row, |case| if case.status == CaseStatus::New { Cell::Empty } else { contact::agent() })
    }),
    reference("assignment_group", "", |_, _| Cell::Empty),
    field("opened_at", |world, row| on(world, row, |case| Cell::Moment(case.created))),
    field("resolved_at", |world, row| on(world, row, |case| ended(case, is_done(case.status)))),
    field("closed_at", |world, row| on(world, row, |case| ended(case, case.status == CaseStatus::Closed))),
    field("sla_due", |world, row| on(world, row, |case| Cell::Moment(due(case)))),
    field("made_sla", |world, row| on(world, row, |case| Cell::Truth(case.updated <= due(case)))),
    field("active", |world, row| on(world, row, |case| Cell::Truth(case.status != CaseStatus::Closed))),
    field("escalation", |_, _| Cell::Choice("0", "Normal")),
    field("contact_type", |_, _| Cell::Choice("email", "Email")),
    field("u_order_number", |world, row| on(world, row, |case| Cell::maybe(case.order.as_deref(), Cell::text))),
];

/// Each twin stands before the case it copies.
fn rows(world: &World) -> Vec<usize> {
    let with_twin = |row: usize| row.is_multiple_of(TWIN_EVERY).then_some(FIRST_TWIN + row).into_iter().chain([row]);
    (0..world.cases.len()).flat_map(with_twin).collect()
}

fn of(world: &World, row: usize) -> Option<&Case> {
    world.cases.at(row.checked_sub(FIRST_TWIN).unwrap_or(row))
}

fn number(case: &Case, row: usize) -> String {
    let series = if row >= FIRST_TWIN { "SEC" } else { "CS" };
    format!("{series}{:0>7}", case.number)
}

fn state(status: CaseStatus) -> Cell<'static> {
    match status {
        CaseStatus::New => Cell::Choice("1", "New"),
        CaseStatus::Open | CaseStatus::Hold => Cell::Choice("10", "Open"),
        CaseStatus::Pending => Cell::Choice("18", "Awaiting Info"),
        CaseStatus::Solved => Cell::Choice("6", "Resolved"),
        CaseStatus::Closed => Cell::Choice("3", "Closed"),
    }
}

fn priority(priority: CasePriority) -> Cell<'static> {
    match priority {
        CasePriority::Urgent => Cell::Choice("1", "1 - Critical"),
        CasePriority::High => Cell::Choice("2", "2 - High"),
        CasePriority::Normal => Cell::Choice("3", "3 - Moderate"),
        CasePriority::Low => Cell::Choice("4", "4 - Low"),
    }
}

fn is_done(status: CaseStatus) -> bool {
    matches!(status, CaseStatus::Solved | CaseStatus::Closed)
}

fn ended(case: &Case, has_ended: bool) -> Cell<'_> {
    if has_ended { Cell::Moment(case.updated) } else { Cell::Empty }
}

/// Four hours for a standstill, a working day more for whatever hurts less.
fn due(case: &Case) -> DateTime<Utc> {
    let hours = match case.priority {
        CasePriority::Urgent => 4,
        CasePriority::High => 24,
        CasePriority::Normal => 72,
        CasePriority::Low => 120,
    };
    case.created + TimeDelta::hours(hours)
}

fn on<'w>(world: &'w World, row: usize, cell: impl FnOnce(&'w Case) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(of(world, row), cell)
}
