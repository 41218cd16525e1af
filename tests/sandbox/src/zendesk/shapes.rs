//! Organizations, users and tickets: their ids, and how answers carry them.

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::tenant::{Role, Tenant};
use crate::world::{Case, CasePriority, CaseStatus, Contact, Customer, World};

/// Users are counted within their organization; no organization has more.
const PER_ORGANIZATION: usize = 64;
/// Where the counting of users begins, after that of organizations; the one agent stands before them.
const FIRST_USER: i64 = 1_000_000_000;

/// A user.
#[derive(Debug, Clone, Copy)]
pub(crate) enum User<'w> {
    /// A person at a customer.
    Contact(&'w Customer, &'w Contact, i64),
    /// The colleague who works on tickets.
    Agent(i64),
}

/// Ids of one tenant begin here.
fn base(tenant: Tenant) -> i64 {
    match tenant {
        Tenant::Acme => 6_130_869_000_000,
        Tenant::Globex => 7_240_958_000_000,
    }
}

fn signed(position: usize) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

/// The id of an organization.
pub(crate) fn organization_id(world: &World, number: &str) -> Option<i64> {
    let customer = world.customers.get(number).filter(|customer| customer.is_known_to(Role::Support))?;
    Some(base(world.tenant) + signed(world.customers.position(&customer.number)?))
}

/// The organization of an id.
pub(crate) fn organization(world: &World, id: i64) -> Option<&Customer> {
    let position = usize::try_from(id.checked_sub(base(world.tenant))?).ok()?;
    world.customers.at(position).filter(|customer| customer.is_known_to(Role::Support))
}

/// Every organization.
pub(crate) fn organizations(world: &World) -> impl Iterator<Item = &Customer> {
    world.customers.iter().filter(|customer| customer.is_known_to(Role::Support))
}

/// The people of an organization.
pub(crate) fn people<'w>(world: &'w World, customer: &'w Customer) -> impl Iterator<Item = User<'w>> {
    let first = world.customers.position(&customer.number).map_or(0, |position| position * PER_ORGANIZATION);
    let first = base(world.tenant) + FIRST_USER + signed(first);
    customer.contacts.iter().take(PER_ORGANIZATION).zip(first..).map(move |(p, id)| User::Contact(customer, p, id))
}

/// The user of an id.
pub(crate) fn user(world: &World, id: i64) -> Option<User<'_>> {
    let first = base(world.tenant) + FIRST_USER;
    if id == first - 1 {
        return Some(User::Agent(id));
    }
    let position = usize::try_from(id.checked_sub(first)?).ok()?;
    let customer = world.customers.at(position / PER_ORGANIZATION)?;
    let known = customer.is_known_to(Role::Support);
    known.then(|| people(world, customer).nth(position % PER_ORGANIZATION)).flatten()
}

/// Every user, the agent first.
pub(crate) fn users(world: &World) -> impl Iterator<Item = User<'_>> {
    let agent = User::Agent(base(world.tenant) + FIRST_USER - 1);
    std::iter::once(agent).chain(organizations(world).flat_map(|customer| people(world, customer)))
}

/// The id of a ticket: its number.
pub(crate) fn ticket_id(case: &Case) -> i64 {
    case.number.parse().unwrap_or_default()
}

/// The ticket of an id.
pub(crate) fn ticket(world: &World, id: i64) -> Option<&Case> {
    world.cases.get(&id.to_string())
}

/// Who asked: a person of the organization, or the agent on somebody's behalf.
pub(crate) fn requester<'w>(world: &'w World, case: &Case) -> User<'w> {
    let customer = world.customers.get(&case.customer);
    let asked = |user: &User<'_>| matches!(user, User::Contact(_, person, _) if person.email == case.requester_email);
    let found = customer.and_then(|customer| people(world, customer).find(asked));
    found.unwrap_or_else(|| agent(world))
}

/// The colleague who works on tickets.
pub(crate) fn agent(world: &World) -> User<'_> {
    User::Agent(base(world.tenant) + FIRST_USER - 1)
}

impl User<'_> {
    /// The id.
    pub(crate) fn id(&self) -> i64 {
        match self {
            Self::Contact(_, _, id) | Self::Agent(id) => *id,
        }
    }

    /// The full name.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Contact(_, person, _) => person.name(),
            Self::Agent(_) => "Support Agent".to_owned(),
        }
    }

    /// The mail address.
    pub(crate) fn email(&self) -> &str {
        match self {
            Self::Contact(_, person, _) => &person.email,
            Self::Agent(_) => "agent@support.example",
        }
    }

    /// The customer it belongs to.
    pub(crate) fn customer(&self) -> Option<&Customer> {
        match self {
            Self::Contact(customer, _, _) => Some(customer),
            Self::Agent(_) => None,
        }
    }

    /// What it may do.
    pub(crate) fn role(&self) -> &'static str {
        match self {
            Self::Contact(..) => "end-user",
            Self::Agent(_) => "agent",
        }
    }
}

/// An organization as answers carry it.
pub(crate) fn shape_organization(world: &World, customer: &Customer, url: &str) -> Value {
    let id = organization_id(world, &customer.number);
    json!({
        "url": format!("{url}/api/v2/organizations/{}.json", id.unwrap_or_default()),
        "id": id,
        "name": customer.name_in(Role::Support),
        "shared_tickets": false,
        "shared_comments": false,
        "external_id": customer.number,
        "created_at": midnight(customer.since),
        "updated_at": midnight(customer.since),
        "domain_names": [customer.domain],
        "details": null,
        "notes": null,
        "group_id": null,
        "tags": [],
        "organization_fields": { "segment": customer.segment },
    })
}

/// A user as answers carry it.
pub(crate) fn shape_user(world: &World, user: &User<'_>, url: &str) -> Value {
    let customer = user.customer();
    let since = customer.map_or(world.today, |customer| customer.since);
    let phone = match user {
        User::Contact(_, person, _) => Some(person.phone.as_str()),
        User::Agent(_) => None,
    };
    json!({
        "id": user.id(),
        "url": format!("{url}/api/v2/users/{}.json", user.id()),
        "name": user.name(),
        "email": user.email(),
        "created_at": midnight(since),
        "updated_at": midnight(since),
        "time_zone": "Berlin",
        "iana_time_zone": "Europe/Berlin",
        "phone": phone,
        "locale": "en-US",
        "organization_id": customer.and_then(|customer| organization_id(world, &customer.number)),
        "role": user.role(),
        "verified": true,
        "external_id": null,
        "tags": [],
        "active": true,
        "suspended": false,
        "user_fields": {},
    })
}

/// A ticket as answers carry it.
pub(crate) fn shape_ticket(world: &World, case: &Case, url: &str) -> Value {
    let id = ticket_id(case);
    let requester = requester(world, case).id();
    json!({
        "url": format!("{url}/api/v2/tickets/{id}.json"),
        "id": id,
        "external_id": case.order,
        "via": { "channel": "email", "source": { "from": {}, "to": {}, "rel": null } },
        "created_at": moment(case.created),
        "updated_at": moment(case.updated),
        "type": "incident",
        "subject": case.subject,
        "raw_subject": case.subject,
        "description": case.description,
        "priority": PRIORITIES[priority(case.priority)],
        "status": STATUSES[status(case.status)],
        "recipient": null,
        "requester_id": requester,
        "submitter_id": requester,
        "assignee_id": agent(world).id(),
        "organization_id": organization_id(world, &case.customer),
        "group_id": null,
        "collaborator_ids": [],
        "follower_ids": [],
        "email_cc_ids": [],
        "problem_id": null,
        "has_incidents": false,
        "is_public": true,
        "due_at": null,
        "tags": [],
        "custom_fields": [],
        "fields": [],
        "satisfaction_rating": null,
        "custom_status_id": null,
        "ticket_form_id": null,
        "brand_id": null,
        "allow_channelback": false,
        "from_messaging_channel": false,
    })
}

/// Statuses in the order that `status<solved` means.
pub(crate) const STATUSES: [&str; 6] = ["new", "open", "pending", "hold", "solved", "closed"];
/// Priorities in the order that `priority>normal` means.
pub(crate) const PRIORITIES: [&str; 4] = ["low", "normal", "high", "urgent"];

/// A status's place in [`STATUSES`].
pub(crate) fn status(status: CaseStatus) -> usize {
    match status {
        CaseStatus::New => 0,
        CaseStatus::Open => 1,
        CaseStatus::Pending => 2,
        CaseStatus::Hold => 3,
        CaseStatus::Solved => 4,
        CaseStatus::Closed => 5,
    }
}

/// A priority's place in [`PRIORITIES`].
pub(crate) fn priority(priority: CasePriority) -> usize {
    match priority {
        CasePriority::Low => 0,
        CasePriority::Normal => 1,
        CasePriority::High => 2,
        CasePriority::Urgent => 3,
    }
}

/// A moment as answers carry it.
pub(crate) fn moment(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn midnight(day: NaiveDate) -> String {
    moment(day.and_time(NaiveTime::MIN).and_utc())
}
