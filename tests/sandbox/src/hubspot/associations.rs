//! Links between records: ids only, a hundred of a record at a time.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::batch;
use super::errors::Refusal;
use super::objects::{COMPANY, Object, contacts_of_customer, customer_of_contact, named};
use super::reads::{limit, link, names};
use crate::vendor::{Call, Reply};
use crate::world::World;

/// At most so many records in one call.
const MOST_INPUTS: usize = 1_000;
/// So many links of one record are shown at once.
const PAGE: usize = 100;
/// At most as many when one record's links are asked for.
const LARGEST_PAGE: usize = 500;

/// `POST /crm/v4/associations/{from}/{to}/batch/read`. Pages are those of each record; one without links is an error
/// beside the others.
pub(crate) fn batch(world: &World, from: &Object, to: &Object, call: &Call) -> Result<Reply, Refusal> {
    let body = batch::body(call)?;
    let ids = batch::ids(&body)?;
    if ids.len() > MOST_INPUTS {
        return Err(Refusal::invalid(format!(
            "No more than {MOST_INPUTS} inputs are allowed, there were {}",
            ids.len()
        )));
    }
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    for (at, id) in ids.iter().enumerate() {
        let linked = from.number(world, id).map(|number| linked(world, from, number, to)).unwrap_or_default();
        if linked.is_empty() {
            errors.push(nothing(from, id, to));
            continue;
        }
        let start = place(batch::text(&body["inputs"][at]["after"]).as_deref())?;
        let path = format!("/crm/v4/objects/{}/{id}/associations/{}", from.type_id, to.type_id);
        let mut result = json!({ "from": { "id": id } });
        fill(
            &mut result,
            "to",
            &linked,
            start,
            PAGE,
            |number| target(world, from, number, to),
            |after| link(call, &path, after),
        );
        results.push(result);
    }
    Ok(batch::completed(call, &results, &errors))
}

/// `GET /crm/v4/objects/{from}/{id}/associations/{to}`.
pub(crate) fn of_one(world: &World, from: &Object, id: &str, to: &Object, call: &Call) -> Result<Value, Refusal> {
    let number = from.number(world, id).ok_or_else(Refusal::no_record)?;
    let size = call.param("limit").map_or(Ok(LARGEST_PAGE), |wish| limit(Some(wish), LARGEST_PAGE))?;
    let start = place(call.param("after"))?;
    let mut body = json!({});
    let linked = linked(world, from, number, to);
    fill(
        &mut body,
        "results",
        &linked,
        start,
        size,
        |number| target(world, from, number, to),
        |after| link(call, &call.path, after),
    );
    Ok(body)
}

/// The types a read wants links to.
pub(crate) fn wanted(call: &Call) -> Result<Vec<&'static Object>, Refusal> {
    names(call, "associations").iter().map(|name| named(name)).collect()
}

/// The links that come along with a record: every kind of link is an entry, so that an id may appear twice.
pub(crate) fn brought_along(
    world: &World,
    from: &Object,
    number: usize,
    call: &Call,
) -> Result<Map<String, Value>, Refusal> {
    let mut brought = Map::new();
    for to in wanted(call)? {
        let linked = linked(world, from, number, to);
        if linked.is_empty() {
            continue;
        }
        let name = format!("{}_to_{}", from.singular, to.singular);
        let entries = |number: usize| -> Vec<Value> {
            let id = to.id(world, number).to_string();
            let unlabeled = format!("{name}_unlabeled");
            let kinds = [Some(name.as_str()), has_primary(from, to).then_some(unlabeled.as_str())];
            kinds.into_iter().flatten().map(|kind| json!({ "id": id, "type": kind })).collect()
        };
        let mut body = json!({});
        let path = format!("/crm/v3/objects/{}/{}/associations/{}", from.type_id, from.id(world, number), to.type_id);
        fill(&mut body, "results", &linked, 0, PAGE, entries, |after| link(call, &path, after));
        if let Some(entries) = body["results"].as_array() {
            body["results"] = entries.iter().filter_map(Value::as_array).flatten().cloned().collect();
        }
        brought.insert(to.plural.to_owned(), body);
    }
    Ok(brought)
}

/// Writes a page of links, and where the next one begins.
fn fill<T: Into<Value>>(
    body: &mut Value,
    member: &str,
    linked: &[usize],
    start: usize,
    size: usize,
    entry: impl Fn(usize) -> T,
    link: impl Fn(&str) -> String,
) {
    let end = start.saturating_add(size).min(linked.len());
    let shown = linked.get(start.min(end)..end).unwrap_or_default();
    body[member] = shown.iter().map(|number| entry(*number).into()).collect();
    if end < linked.len() {
        let after = STANDARD.encode(format!("{end}-"));
        body["paging"] = json!({ "next": { "after": after, "link": link(&after) } });
    }
}

fn place(after: Option<&str>) -> Result<usize, Refusal> {
    let Some(text) = after.filter(|text| !text.is_empty() && *text != "0") else { return Ok(0) };
    let decoded = STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let place = decoded.and_then(|place| place.strip_suffix('-')?.parse().ok());
    place.ok_or_else(|| Refusal::invalid(format!("Invalid paging token: {text}")))
}

/// The record at the other end. Its id is a number here, unlike everywhere else.
fn target(world: &World, from: &Object, number: usize, to: &Object) -> Value {
    let kind = |id: u32, label: Option<&str>| json!({ "category": "HUBSPOT_DEFINED", "typeId": id, "label": label });
    let kinds = match (from.singular, to.singular) {
        ("company", "contact") => vec![kind(2, Some("Primary")), kind(280, None)],
        ("contact", "company") => vec![kind(1, Some("Primary")), kind(279, None)],
        ("company", "deal") => vec![kind(6, Some("Primary")), kind(342, None)],
        ("deal", "company") => vec![kind(5, Some("Primary")), kind(341, None)],
        ("contact", "deal") => vec![kind(4, None)],
        _ => vec![kind(3, None)],
    };
    json!({ "toObjectId": to.id(world, number), "associationTypes": kinds })
}

/// A link with a company has two kinds, because it is the primary one.
fn has_primary(from: &Object, to: &Object) -> bool {
    [from.singular, to.singular].contains(&COMPANY.singular)
}

fn nothing(from: &Object, id: &str, to: &Object) -> Value {
    json!({
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": format!("No {} is associated with {} {id}.", to.singular, from.singular),
        "context": {
            "fromObjectId": [id],
            "fromObjectType": [from.singular],
            "toObjectType": [to.singular],
        },
    })
}

/// What a record is linked with: companies with their people and deals, a deal with the company's main contact.
fn linked(world: &World, from: &Object, number: usize, to: &Object) -> Vec<usize> {
    let customer = match from.singular {
        "company" => Some(number),
        "contact" => Some(customer_of_contact(number)),
        _ => world.orders.at(number).and_then(|order| world.customers.position(&order.customer)),
    };
    let Some(customer) = customer else { return Vec::new() };
    let main = contacts_of_customer(world, customer).into_iter().take(1).collect();
    match (from.singular, to.singular) {
        ("contact" | "deal", "company") => vec![customer],
        ("company", "contact") => contacts_of_customer(world, customer),
        ("deal", "contact") => main,
        ("company", "deal") => deals_of(world, customer),
        ("contact", "deal") if main.contains(&number) => deals_of(world, customer),
        _ => Vec::new(),
    }
}

fn deals_of(world: &World, customer: usize) -> Vec<usize> {
    let Some(customer) = world.customers.at(customer) else { return Vec::new() };
    world.orders.of(&customer.number).filter_map(|order| world.orders.position(&order.number)).collect()
}
