//! `expand[]`: ids replaced by the objects they stand for.

use serde_json::{Value, json};

use super::errors::Refusal;
use super::kinds::Kind;
use super::shapes::{price_of_id, shape};
use crate::world::{SubscriptionStatus, World};

/// The vendor's cap on levels.
const DEEPEST: usize = 4;
/// How many objects an expanded list shows at first.
const FIRST_PAGE: usize = 10;

/// Replaces what the paths name.
pub(crate) fn expand<'p>(world: &World, body: &mut Value, paths: impl Iterator<Item = &'p str>) -> Result<(), Refusal> {
    for path in paths {
        let steps: Vec<&str> = path.split('.').collect();
        if steps.len() > DEEPEST {
            let message = format!("You cannot expand more than {DEEPEST} levels of a property. Property: {path}");
            return Err(Refusal::invalid("expand", message));
        }
        follow(world, body, &steps, path)?;
    }
    Ok(())
}

fn follow(world: &World, value: &mut Value, steps: &[&str], path: &str) -> Result<(), Refusal> {
    let Some((step, rest)) = steps.split_first() else { return Ok(()) };
    if let Value::Array(items) = value {
        return items.iter_mut().try_for_each(|item| follow(world, item, steps, path));
    }
    attach(world, value, step);
    let Some(inner) = value.get_mut(*step) else {
        return Err(Refusal::invalid("expand", format!("This property cannot be expanded ({path}).")));
    };
    match inner {
        // An empty list has nothing that could be wrong.
        Value::Array(items) if items.is_empty() => Ok(()),
        Value::Array(_) | Value::Object(_) => follow(world, inner, rest, path),
        Value::Null => Ok(()),
        Value::String(id) => {
            let Some(object) = of_id(world, id) else {
                return Err(Refusal::invalid("expand", format!("This property cannot be expanded ({path}).")));
            };
            *inner = object;
            follow(world, inner, rest, path)
        }
        _ => Err(Refusal::invalid("expand", format!("This property cannot be expanded ({path})."))),
    }
}

/// Adds a customer's lists, which are there only when asked for.
fn attach(world: &World, value: &mut Value, step: &str) {
    let is_customer = value["object"] == "customer" && value["deleted"] != true;
    if !is_customer || value.get(step).is_some() {
        return;
    }
    let Some(id) = value["id"].as_str().map(str::to_owned) else { return };
    let list = match step {
        "subscriptions" => subscriptions(world, &id),
        "sources" | "tax_ids" => {
            json!({ "object": "list", "data": [], "has_more": false, "url": format!("/v1/customers/{id}/{step}") })
        }
        _ => return,
    };
    value[step] = list;
}

/// A customer's subscriptions that are not over.
fn subscriptions(world: &World, customer: &str) -> Value {
    let at = Kind::Customer.number(world, customer);
    let owner = at.and_then(|at| world.customers.at(at));
    let mut numbers: Vec<usize> = owner
        .into_iter()
        .flat_map(|owner| world.subscriptions.of(&owner.number))
        .filter(|found| found.status != SubscriptionStatus::Canceled)
        .filter_map(|found| world.subscriptions.position(&found.number))
        .collect();
    numbers.sort_unstable_by_key(|number| std::cmp::Reverse((Kind::Subscription.created(world, *number), *number)));
    let shown = numbers.iter().take(FIRST_PAGE).map(|number| shape(world, Kind::Subscription, *number));
    json!({
        "object": "list",
        "data": shown.collect::<Vec<_>>(),
        "has_more": numbers.len() > FIRST_PAGE,
        "url": format!("/v1/customers/{customer}/subscriptions"),
    })
}

fn of_id(world: &World, id: &str) -> Option<Value> {
    let found = Kind::ALL.into_iter().find_map(|kind| Some(shape(world, kind, kind.number(world, id)?)));
    found.or_else(|| price_of_id(world, id))
}
