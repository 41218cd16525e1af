//! Lists: filtered, newest first, a page at a time.

use serde_json::{Value, json};

use super::errors::Refusal;
use super::kinds::{Kind, Property};
use super::params::Params;
use super::shapes::{entitlements, shape};
use crate::world::World;

/// The parameters of every list.
const PAGING: [&str; 3] = ["limit", "starting_after", "ending_before"];

/// `GET /v1/customers`, `/v1/subscriptions`, `/v1/invoices` or `/v1/products`.
pub(crate) fn list(world: &World, kind: Kind, params: &Params<'_>) -> Result<Value, Refusal> {
    let (texts, ranges): (&[&str], &[&str]) = match kind {
        Kind::Customer => (&["email"], &["created"]),
        Kind::Subscription => {
            (&["customer", "collection_method"], &["created", "current_period_end", "current_period_start"])
        }
        Kind::Invoice => (&["customer", "subscription", "status", "collection_method"], &["created", "due_date"]),
        Kind::Product => (&["active"], &["created"]),
    };
    let status: &[&str] = if kind == Kind::Subscription { &["status"] } else { &[] };
    params.only(&[&PAGING, texts, ranges, status].concat())?;
    check(world, kind, params)?;
    let mut found = Vec::new();
    for number in candidates(world, kind, params) {
        if is_wanted(world, kind, number, params, texts, ranges)? {
            found.push(number);
        }
    }
    let (page, has_more) = page(&found, params, |cursor| kind.number(world, cursor), kind.name())?;
    let data: Vec<Value> = page.iter().map(|number| shape(world, kind, *number)).collect();
    Ok(listed(kind.url(), &data, has_more))
}

/// `GET /v1/entitlements/active_entitlements`.
pub(crate) fn active_entitlements(world: &World, params: &Params<'_>) -> Result<Value, Refusal> {
    params.only(&[&PAGING[..], &["customer"]].concat())?;
    let id = params.get("customer").ok_or_else(|| Refusal::missing_param("customer"))?;
    let customer = Kind::Customer.number(world, id).ok_or_else(|| Refusal::missing("customer", id, "customer"))?;
    let all = entitlements(world, customer);
    let position = |cursor: &str| all.iter().position(|entitlement| entitlement["id"] == cursor);
    let numbers: Vec<usize> = (0..all.len()).collect();
    let (page, has_more) = page(&numbers, params, position, "entitlement")?;
    let data: Vec<Value> = page.iter().filter_map(|number| all.get(*number).cloned()).collect();
    Ok(listed("/v1/entitlements/active_entitlements", &data, has_more))
}

/// The lists that stand inside of objects, at the address that they name: `GET /v1/invoices/{id}/lines` and
/// `GET /v1/subscription_items?subscription=…`.
fn nested(
    world: &World,
    (kind, id, param): (Kind, &str, &str),
    member: &str,
    params: &Params<'_>,
) -> Result<Value, Refusal> {
    let number = kind.number(world, id).ok_or_else(|| Refusal::missing(kind.name(), id, param))?;
    let list = &shape(world, kind, number)[member];
    let all = list["data"].as_array().cloned().unwrap_or_default();
    let position = |cursor: &str| all.iter().position(|item| item["id"] == cursor);
    let numbers: Vec<usize> = (0..all.len()).collect();
    let (page, has_more) = page(&numbers, params, position, "object")?;
    let data: Vec<Value> = page.iter().filter_map(|number| all.get(*number).cloned()).collect();
    Ok(listed(list["url"].as_str().unwrap_or_default(), &data, has_more))
}

/// `GET /v1/subscription_items`, which are of one subscription.
pub(crate) fn subscription_items(world: &World, params: &Params<'_>) -> Result<Value, Refusal> {
    params.only(&[&PAGING[..], &["subscription"]].concat())?;
    let id = params.get("subscription").ok_or_else(|| Refusal::missing_param("subscription"))?;
    nested(world, (Kind::Subscription, id, "subscription"), "items", params)
}

/// `GET /v1/invoices/{id}/lines`.
pub(crate) fn invoice_lines(world: &World, id: &str, params: &Params<'_>) -> Result<Value, Refusal> {
    params.only(&PAGING)?;
    nested(world, (Kind::Invoice, id, "invoice"), "lines", params)
}

fn listed(url: &str, data: &[Value], has_more: bool) -> Value {
    json!({ "object": "list", "data": data, "has_more": has_more, "url": url })
}

/// Refuses filters that name nothing.
fn check(world: &World, kind: Kind, params: &Params<'_>) -> Result<(), Refusal> {
    for (name, target) in [("customer", Kind::Customer), ("subscription", Kind::Subscription)] {
        if let Some(id) = params.get(name).filter(|id| kind != Kind::Customer && target.number(world, id).is_none()) {
            return Err(Refusal::missing(name, id, name));
        }
    }
    let known: &[&str] = match kind {
        Kind::Customer | Kind::Product => return Ok(()),
        Kind::Subscription => &[
            "active",
            "all",
            "canceled",
            "ended",
            "incomplete",
            "incomplete_expired",
            "past_due",
            "paused",
            "trialing",
            "unpaid",
        ],
        Kind::Invoice => &["draft", "open", "paid", "uncollectible", "void"],
    };
    match params.get("status") {
        Some(status) if !known.contains(&status) => {
            Err(Refusal::invalid("status", format!("Invalid status: must be one of {}", known.join(", "))))
        }
        _ => Ok(()),
    }
}

/// The objects a list is made from: with a customer given, only that customer's.
fn candidates(world: &World, kind: Kind, params: &Params<'_>) -> Vec<usize> {
    let owner = params.get("customer").and_then(|id| world.customers.at(Kind::Customer.number(world, id)?));
    match owner.filter(|_| kind == Kind::Subscription) {
        None => kind.all(world),
        Some(owner) => {
            let owned = world.subscriptions.of(&owner.number);
            let mut numbers: Vec<usize> = owned.filter_map(|s| world.subscriptions.position(&s.number)).collect();
            numbers.sort_unstable_by_key(|number| std::cmp::Reverse((kind.created(world, *number), *number)));
            numbers
        }
    }
}

fn is_wanted(
    world: &World,
    kind: Kind,
    number: usize,
    params: &Params<'_>,
    texts: &[&str],
    ranges: &[&str],
) -> Result<bool, Refusal> {
    let property = |name: &str| kind.property(world, number, name).unwrap_or(Property::Absent);
    for name in texts {
        if params.get(name).is_some_and(|wanted| property(name) != Property::Text(wanted.to_owned())) {
            return Ok(false);
        }
    }
    for name in ranges {
        let moment = match property(name) {
            Property::Number(moment) => Some(moment),
            _ => None,
        };
        if !params.in_range(name, moment)? {
            return Ok(false);
        }
    }
    let Property::Text(status) = property("status") else { return Ok(true) };
    Ok(kind != Kind::Subscription
        || match params.get("status") {
            Some("all") => true,
            Some("ended") => status == "canceled",
            Some(wanted) => status == wanted,
            // Without a wish, what is over is left out.
            None => status != "canceled",
        })
}

/// The page a cursor asks for, and whether there is more in its direction.
fn page<'n>(
    found: &'n [usize],
    params: &Params<'_>,
    number: impl Fn(&str) -> Option<usize>,
    kind: &str,
) -> Result<(&'n [usize], bool), Refusal> {
    let limit = params.limit()?;
    let place = |name: &str| -> Result<Option<usize>, Refusal> {
        let Some(cursor) = params.get(name) else { return Ok(None) };
        let known = number(cursor).and_then(|number| found.iter().position(|found| *found == number));
        known.map(Some).ok_or_else(|| Refusal::missing(kind, cursor, name))
    };
    if let Some(end) = place("ending_before")? {
        let start = end.saturating_sub(limit);
        return Ok((found.get(start..end).unwrap_or_default(), start > 0));
    }
    let start = place("starting_after")?.map_or(0, |at| at + 1);
    let end = found.len().min(start + limit);
    Ok((found.get(start..end).unwrap_or_default(), end < found.len()))
}
