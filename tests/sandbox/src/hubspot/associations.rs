//! Links between records: ids only, a hundred of a record at a time.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::batch;
use super::errors::Refusal;
use super::objects::{
    COMPANY, Object, contact_of_email, contacts_of_customer, customer_of_contact, lines_of, named, order_of_line,
};
use super::reads::{limit, link, names};
use crate::vendor::{Call, Reply};
use crate::world::{Order, Row, Table, World};

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
        ("company", "ticket") => vec![kind(25, Some("Primary")), kind(340, None)],
        ("company", "order") => vec![kind(510, None)],
        ("order", "line_item") => vec![kind(513, None)],
        ("order", "invoice") => vec![kind(518, None)],
        ("order", "ticket") => vec![kind(525, None)],
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

/// What a record is linked with: companies with all that is theirs, an order with its lines, invoices and tickets, a deal
/// with the company's main contact, a ticket with who asked.
fn linked(world: &World, from: &Object, number: usize, to: &Object) -> Vec<usize> {
    match (from.singular, to.singular) {
        ("order", "line_item") => return lines_of(world, number),
        ("line_item", "order") => return vec![order_of_line(number)],
        ("order", "invoice") => return of_order(world, number, |order| invoices_of(world, order)),
        ("order", "ticket") => return of_order(world, number, |order| tickets_about(world, order)),
        ("ticket", "order") => return order_of_ticket(world, number).into_iter().collect(),
        _ => {}
    }
    let Some(customer) = customer_of(world, from, number) else { return Vec::new() };
    let main = contacts_of_customer(world, customer).into_iter().take(1).collect();
    match (from.singular, to.singular) {
        ("company", "company") | ("line_item" | "product", _) => Vec::new(),
        (_, "company") => vec![customer],
        ("company", "contact") => contacts_of_customer(world, customer),
        ("deal" | "order", "contact") => main,
        ("ticket", "contact") => requester(world, customer, number).into_iter().collect(),
        ("company", _) => of_customer(world, customer, to),
        ("contact", "deal") if main.contains(&number) => of_customer(world, customer, to),
        _ => Vec::new(),
    }
}

/// The position of the customer to whom a record belongs.
fn customer_of(world: &World, from: &Object, number: usize) -> Option<usize> {
    let named = match from.singular {
        "company" => return Some(number),
        "contact" => return Some(customer_of_contact(number)),
        "deal" | "order" => &world.orders.at(number)?.customer,
        "ticket" => &world.cases.at(number)?.customer,
        "invoice" => &world.invoices.at(number)?.customer,
        "subscription" => &world.subscriptions.at(number)?.customer,
        _ => return None,
    };
    world.customers.position(named)
}

/// The records of a type that belong to a customer.
fn of_customer(world: &World, customer: usize, to: &Object) -> Vec<usize> {
    let Some(customer) = world.customers.at(customer) else { return Vec::new() };
    let number = &customer.number;
    match to.singular {
        "deal" | "order" => positions(&world.orders, number),
        "ticket" => positions(&world.cases, number),
        "invoice" => positions(&world.invoices, number),
        "subscription" => positions(&world.subscriptions, number),
        _ => Vec::new(),
    }
}

fn positions<T: Row>(table: &Table<T>, customer: &str) -> Vec<usize> {
    table.of(customer).filter_map(|row| table.position(row.key())).collect()
}

fn of_order(world: &World, at: usize, found: impl FnOnce(&Order) -> Vec<usize>) -> Vec<usize> {
    world.orders.at(at).map(found).unwrap_or_default()
}

fn invoices_of(world: &World, order: &Order) -> Vec<usize> {
    world.invoices_of(&order.number).filter_map(|invoice| world.invoices.position(&invoice.number)).collect()
}

fn tickets_about(world: &World, order: &Order) -> Vec<usize> {
    let cases = world.cases.of(&order.customer).filter(|case| case.order.as_deref() == Some(&order.number));
    cases.filter_map(|case| world.cases.position(&case.number)).collect()
}

fn order_of_ticket(world: &World, at: usize) -> Option<usize> {
    world.orders.position(world.cases.at(at)?.order.as_deref()?)
}

fn requester(world: &World, customer: usize, ticket: usize) -> Option<usize> {
    contact_of_email(world, customer, &world.cases.at(ticket)?.requester_email)
}
