//! Running a search. Different properties must all hold; of one property given twice, one is enough.

use std::cmp::{Ordering, Reverse};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use super::grammar::{Operator, Term, terms};
use super::shapes::{
    PRIORITIES, STATUSES, User, organization_id, organizations, priority, requester, status, ticket_id, users,
};
use crate::tenant::Role;
use crate::world::{Case, CaseStatus, Customer, World};

/// Something found.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Found<'w> {
    /// A ticket.
    Ticket(&'w Case),
    /// A user.
    User(User<'w>),
    /// An organization.
    Organization(&'w Customer),
}

/// Words that say how to sort and not what to find.
const SORTING: [&str; 2] = ["order_by", "sort"];

/// Everything that a query finds, sorted; `sort_by` and `sort_order` are the parameters of those names.
pub(crate) fn search<'w>(
    world: &'w World,
    query: &str,
    sort_by: Option<&str>,
    sort_order: Option<&str>,
) -> Vec<Found<'w>> {
    let terms = terms(query);
    let (sorting, conditions): (Vec<&Term>, Vec<&Term>) =
        terms.iter().partition(|term| term.key.as_deref().is_some_and(|key| SORTING.contains(&key)));
    let mut found: Vec<Found<'w>> =
        kinds(world, &conditions).filter(|found| passes(world, *found, &conditions)).collect();
    let said = |key: &str| sorting.iter().find(|term| term.key.as_deref() == Some(key)).map(|term| term.value.as_str());
    let by = sort_by.or(said("order_by"));
    let ascending = sort_order.or(said("sort")) == Some("asc");
    found.sort_by(|one, two| {
        let order = order(*one, *two, by);
        if ascending { order } else { order.reverse() }
    });
    found
}

/// The candidates: everything, or what `type:` names.
fn kinds<'w>(world: &'w World, conditions: &[&Term]) -> impl Iterator<Item = Found<'w>> + use<'w> {
    let types: Vec<&str> =
        conditions.iter().filter(|term| term.key.as_deref() == Some("type")).map(|term| term.value.as_str()).collect();
    let wanted = |name: &str| types.is_empty() || types.iter().any(|kind| kind.eq_ignore_ascii_case(name));
    let tickets = wanted("ticket").then(|| world.cases.iter().map(Found::Ticket));
    let people = wanted("user").then(|| users(world).map(Found::User));
    let companies = wanted("organization").then(|| organizations(world).map(Found::Organization));
    tickets.into_iter().flatten().chain(people.into_iter().flatten()).chain(companies.into_iter().flatten())
}

fn passes(world: &World, found: Found<'_>, conditions: &[&Term]) -> bool {
    conditions.iter().filter(|term| term.key.as_deref() != Some("type")).all(|term| {
        if term.negated || term.operator != Operator::Is {
            return holds(world, found, term) != term.negated;
        }
        let same_key = |other: &&&Term| other.key == term.key && other.operator == Operator::Is && !other.negated;
        // Words looked for anywhere must all be there; values of one property are alternatives.
        match term.key {
            None => holds(world, found, term),
            Some(_) => conditions.iter().filter(same_key).any(|other| holds(world, found, other)),
        }
    })
}

fn holds(world: &World, found: Found<'_>, term: &Term) -> bool {
    match found {
        Found::Ticket(case) => ticket(world, case, term),
        Found::User(user) => person(world, &user, term),
        Found::Organization(customer) => company(world, customer, term),
    }
}

fn ticket(world: &World, case: &Case, term: &Term) -> bool {
    let value = term.value.as_str();
    match term.key.as_deref() {
        None => contains(&case.subject, value) || contains(&case.description, value) || case.number == value,
        Some("status") => ranked(status(case.status), &STATUSES, term),
        Some("priority") => ranked(priority(case.priority), &PRIORITIES, term),
        Some("organization" | "organization_id") => is_organization(world, world.customers.get(&case.customer), value),
        Some("requester" | "submitter") => is_person(&requester(world, case), value),
        Some("external_id") => same(case.order.as_deref(), value),
        Some("subject") => contains(&case.subject, value),
        Some("description") => contains(&case.description, value),
        Some("ticket_type") => value.eq_ignore_ascii_case("incident"),
        Some("created") => at(case.created, term),
        Some("updated") => at(case.updated, term),
        Some("solved") => status(case.status) >= status(CaseStatus::Solved) && at(case.updated, term),
        Some(_) => false,
    }
}

fn person(world: &World, user: &User<'_>, term: &Term) -> bool {
    let value = term.value.as_str();
    match term.key.as_deref() {
        None => contains(&user.name(), value) || contains(user.email(), value),
        Some("email") => same(Some(user.email()), value),
        Some("name") => contains(&user.name(), value),
        Some("role") => same(Some(user.role()), value),
        Some("organization" | "organization_id") => is_organization(world, user.customer(), value),
        Some(_) => false,
    }
}

fn company(world: &World, customer: &Customer, term: &Term) -> bool {
    let value = term.value.as_str();
    match term.key.as_deref() {
        None | Some("name") => contains(customer.name_in(Role::Support), value),
        Some("external_id") => same(Some(&customer.number), value),
        Some("organization" | "organization_id") => is_organization(world, Some(customer), value),
        Some("created" | "updated") => at(customer.since.and_time(NaiveTime::MIN).and_utc(), term),
        Some(_) => false,
    }
}

fn is_organization(world: &World, customer: Option<&Customer>, value: &str) -> bool {
    let Some(customer) = customer else { return value == "none" };
    let id = organization_id(world, &customer.number).map(|id| id.to_string());
    id.as_deref() == Some(value) || same(Some(customer.name_in(Role::Support)), value)
}

fn is_person(user: &User<'_>, value: &str) -> bool {
    user.id().to_string() == value || same(Some(user.email()), value) || same(Some(&user.name()), value)
}

/// Whether a place in an order is what a term asks for.
fn ranked(place: usize, names: &[&str], term: &Term) -> bool {
    let Some(wanted) = names.iter().position(|name| name.eq_ignore_ascii_case(&term.value)) else { return false };
    compared(place.cmp(&wanted), term.operator)
}

/// Days are compared as days when a day is asked for, as moments from its first one when greater or less.
fn at(moment: DateTime<Utc>, term: &Term) -> bool {
    if let Ok(day) = NaiveDate::parse_from_str(&term.value, "%Y-%m-%d") {
        return compared(moment.date_naive().cmp(&day), term.operator);
    }
    match DateTime::parse_from_rfc3339(&term.value) {
        Ok(wanted) => compared(moment.cmp(&wanted.with_timezone(&Utc)), term.operator),
        Err(_) => false,
    }
}

fn compared(order: Ordering, operator: Operator) -> bool {
    match operator {
        Operator::Is => order.is_eq(),
        Operator::Below => order.is_lt(),
        Operator::AtMost => order.is_le(),
        Operator::Above => order.is_gt(),
        Operator::AtLeast => order.is_ge(),
    }
}

fn same(text: Option<&str>, wanted: &str) -> bool {
    text.map_or(wanted == "none", |text| text.to_lowercase() == wanted.to_lowercase())
}

fn contains(text: &str, wanted: &str) -> bool {
    text.to_lowercase().contains(wanted.trim_end_matches('*').to_lowercase().as_str())
}

/// Tickets come by what was asked for, by their last change otherwise; then everything by id.
fn order(one: Found<'_>, two: Found<'_>, by: Option<&str>) -> Ordering {
    let (Found::Ticket(one), Found::Ticket(two)) = (one, two) else {
        return Reverse(rank(one)).cmp(&Reverse(rank(two)));
    };
    let first = match by {
        Some("created_at" | "created") => one.created.cmp(&two.created),
        Some("priority") => priority(one.priority).cmp(&priority(two.priority)),
        Some("status") => status(one.status).cmp(&status(two.status)),
        _ => one.updated.cmp(&two.updated),
    };
    first.then(ticket_id(one).cmp(&ticket_id(two)))
}

fn rank(found: Found<'_>) -> u8 {
    match found {
        Found::Ticket(_) => 0,
        Found::User(_) => 1,
        Found::Organization(_) => 2,
    }
}
