//! Support cases, and how they may stand: the five statuses of the product and one of this company's own.

use super::{Column, Table, column, contact, customer, position};
use crate::netsuite::cell::Cell;
use crate::world::{Case, CasePriority, CaseStatus, World};

const FIRST: usize = 400_001;

/// Support cases.
pub(super) static CASE: Table =
    Table { name: "supportcase", rows: |world| (0..world.cases.len()).collect(), columns: &CASE_COLUMNS };
/// What they may be.
pub(super) static STATUS: Table =
    Table { name: "supportcasestatus", rows: |_| (1..=STATUSES.len()).collect(), columns: &STATUS_COLUMNS };

static STATUSES: [(&str, &str); 6] = [
    ("Not Started", "OPEN"),
    ("In Progress", "OPEN"),
    ("Escalated", "ESCALATED"),
    ("Re-Opened", "OPEN"),
    ("Closed", "CLOSED"),
    ("Waiting for parts", "OPEN"),
];

static CASE_COLUMNS: [Column; 15] = [
    column("id", |_, row| Cell::id(FIRST + row))
        .found(|world, id| position(id, FIRST).filter(|row| world.cases.at(*row).is_some()).into_iter().collect()),
    column("casenumber", |world, row| on(world, row, |case| Cell::text(&case.number)))
        .found(|world, number| world.cases.position(number).into_iter().collect()),
    column("title", |world, row| on(world, row, |case| Cell::text(&case.subject))),
    column("incomingmessage", |world, row| on(world, row, |case| Cell::text(&case.description))),
    column("company", |world, row| on(world, row, |case| customer::id(world, &case.customer)))
        .shown(|world, row| on(world, row, |case| customer::shown(world, &case.customer)))
        .found(|world, id| {
            let cases = customer::with_id(world, id).into_iter().flat_map(|customer| world.cases.of(&customer.number));
            cases.filter_map(|case| world.cases.position(&case.number)).collect()
        }),
    column("contact", |world, row| on(world, row, |case| contact::id(world, &case.customer, &case.requester_email)))
        .shown(|world, row| on(world, row, |case| contact::shown(world, &case.customer, &case.requester_email))),
    column("email", |world, row| on(world, row, |case| Cell::text(&case.requester_email))),
    column("status", |world, row| on(world, row, |case| Cell::id(status(case.status))))
        .shown(|world, row| on(world, row, |case| status_text(status(case.status), |status| status.0))),
    column("priority", |world, row| on(world, row, |case| Cell::id(priority(case.priority).0)))
        .shown(|world, row| on(world, row, |case| Cell::text(priority(case.priority).1))),
    column("createddate", |world, row| on(world, row, |case| Cell::moment(case.created))),
    column("startdate", |world, row| on(world, row, |case| Cell::moment(case.created))),
    column("enddate", |world, row| {
        on(world, row, |case| if status(case.status) == 5 { Cell::moment(case.updated) } else { Cell::Null })
    }),
    column("lastmodifieddate", |world, row| on(world, row, |case| Cell::moment(case.updated))),
    column("isinactive", |_, _| Cell::truth(false)),
    column("custevent_order_number", |world, row| {
        on(world, row, |case| Cell::maybe(case.order.as_deref(), Cell::text))
    }),
];

static STATUS_COLUMNS: [Column; 4] = [
    column("id", |_, row| Cell::id(row))
        .found(|_, id| position(id, 0).filter(|row| (1..=STATUSES.len()).contains(row)).into_iter().collect()),
    column("name", |_, row| status_text(row, |status| status.0)),
    column("stage", |_, row| status_text(row, |status| status.1)),
    column("isinactive", |_, _| Cell::truth(false)),
];

fn status(status: CaseStatus) -> usize {
    match status {
        CaseStatus::New => 1,
        CaseStatus::Open => 2,
        CaseStatus::Hold => 3,
        CaseStatus::Solved | CaseStatus::Closed => 5,
        CaseStatus::Pending => 6,
    }
}

fn status_text<'w>(id: usize, of: fn(&(&'static str, &'static str)) -> &'static str) -> Cell<'w> {
    Cell::maybe(id.checked_sub(1).and_then(|at| STATUSES.get(at)), |status| Cell::text(of(status)))
}

fn priority(priority: CasePriority) -> (usize, &'static str) {
    match priority {
        CasePriority::Urgent | CasePriority::High => (1, "High"),
        CasePriority::Normal => (2, "Medium"),
        CasePriority::Low => (3, "Low"),
    }
}

fn on<'w>(world: &'w World, row: usize, cell: impl FnOnce(&'w Case) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(world.cases.at(row), cell)
}
