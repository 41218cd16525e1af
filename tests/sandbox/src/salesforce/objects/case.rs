//! Cases. A field of this organisation's own holds the number of the order that one is about.

use super::{Cell, Field, Kind, Object, Parent, account, contact, field, filled, unused};
use crate::world::{Case, CasePriority, CaseStatus, World};

/// The object.
pub(super) static CASE: Object = Object {
    name: "Case",
    prefix: "500",
    records: |world| (0..world.cases.len()).collect(),
    fields: &FIELDS,
    parents: &[
        Parent {
            name: "Account",
            object: "Account",
            record: |world, at| account::of_customer(world, &world.cases.at(at)?.customer),
        },
        Parent { name: "Contact", object: "Contact", record: requester },
        Parent { name: "Asset", object: "Asset", record: |_, _| None },
    ],
    children: &[],
};

static FIELDS: [Field; 22] = [
    field("Id", Kind::Id, |world, at| Cell::Id(CASE.id(world, at))),
    field("IsDeleted", Kind::Bool, |_, _| Cell::Bool(false)),
    // Eight digits, as text.
    field("CaseNumber", Kind::Text, |world, at| on(world, at, |c| Cell::owned(format!("{:0>8}", c.number)))),
    field("AccountId", Kind::Id, |world, at| on(world, at, |c| account::id(world, &c.customer))),
    field("ContactId", Kind::Id, |world, at| {
        Cell::maybe(requester(world, at), |person| Cell::Id(contact::CONTACT.id(world, person)))
    }),
    unused("AssetId", Kind::Id),
    unused("EntitlementId", Kind::Id),
    unused("ProductId", Kind::Id),
    field("Subject", Kind::Text, |world, at| on(world, at, |c| filled(&c.subject))),
    field("Description", Kind::Text, |world, at| on(world, at, |c| filled(&c.description))),
    field("Status", Kind::Text, |world, at| on(world, at, |c| Cell::text(status(c.status)))),
    field("Priority", Kind::Text, |world, at| on(world, at, |c| Cell::text(priority(c.priority)))),
    field("Origin", Kind::Text, |_, _| Cell::text("Email")),
    unused("Type", Kind::Text),
    unused("Reason", Kind::Text),
    field("IsClosed", Kind::Bool, |world, at| on(world, at, |c| Cell::Bool(is_closed(c.status)))),
    unused("ClosedDate", Kind::Moment),
    field("IsEscalated", Kind::Bool, |_, _| Cell::Bool(false)),
    field("Order_Number__c", Kind::Text, |world, at| on(world, at, |c| Cell::maybe(c.order.as_deref(), Cell::text))),
    field("CreatedDate", Kind::Moment, |world, at| on(world, at, |c| Cell::Moment(c.created))),
    field("LastModifiedDate", Kind::Moment, |world, at| on(world, at, |c| Cell::Moment(c.updated))),
    field("SystemModstamp", Kind::Moment, |world, at| on(world, at, |c| Cell::Moment(c.updated))),
];

/// The cases of an account.
pub(super) fn of_account(world: &World, at: usize) -> Vec<usize> {
    let owner = world.customers.at(at);
    let cases = owner.into_iter().flat_map(|customer| world.cases.of(&customer.number));
    cases.filter_map(|case| world.cases.position(&case.number)).collect()
}

fn requester(world: &World, at: usize) -> Option<usize> {
    let case = world.cases.at(at)?;
    contact::of_email(world, &case.customer, &case.requester_email)
}

/// The words of this organisation's pick list, some of them its own.
fn status(status: CaseStatus) -> &'static str {
    match status {
        CaseStatus::New => "New",
        CaseStatus::Open => "Working",
        CaseStatus::Pending => "Waiting on Customer",
        CaseStatus::Hold => "On Hold",
        CaseStatus::Solved => "Solved",
        CaseStatus::Closed => "Closed",
    }
}

fn is_closed(status: CaseStatus) -> bool {
    matches!(status, CaseStatus::Solved | CaseStatus::Closed)
}

fn priority(priority: CasePriority) -> &'static str {
    match priority {
        CasePriority::Low => "Low",
        CasePriority::Normal => "Medium",
        CasePriority::High => "High",
        CasePriority::Urgent => "Critical",
    }
}

fn on<'w>(world: &'w World, at: usize, value: impl FnOnce(&'w Case) -> Cell<'w>) -> Cell<'w> {
    Cell::maybe(world.cases.at(at), value)
}
