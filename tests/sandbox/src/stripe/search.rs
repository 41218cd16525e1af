//! Running a search, and the pages of its results.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::errors::Refusal;
use super::grammar::{self, Clause, Field, Operator, Search, Value as Wanted};
use super::kinds::{Kind, Property};
use super::params::Params;
use super::shapes::shape;
use crate::world::World;

/// The shortest part of a text that `~` looks for.
const SHORTEST_PART: usize = 3;

/// `GET /v1/…/search`.
pub(crate) fn search(world: &World, kind: Kind, params: &Params<'_>) -> Result<Value, Refusal> {
    params.only(&["query", "limit", "page"])?;
    let text = params.get("query").ok_or_else(|| Refusal::missing_param("query"))?;
    let search = grammar::search(text).map_err(|says| Refusal::invalid("query", says))?;
    for clause in &search.clauses {
        check(kind, clause)?;
    }
    let limit = params.limit()?;
    let from = params.get("page").map_or(Ok(0), start)?;
    let found: Vec<usize> =
        kind.all(world).into_iter().filter(|number| passes(world, kind, *number, &search)).collect();
    let until = found.len().min(from.saturating_add(limit));
    let page = found.get(from..until).unwrap_or_default();
    let has_more = until < found.len();
    let mut body = json!({
        "object": "search_result",
        "data": page.iter().map(|number| shape(world, kind, *number)).collect::<Vec<_>>(),
        "has_more": has_more,
        "next_page": has_more.then(|| URL_SAFE_NO_PAD.encode(format!("from:{until}"))),
        "url": format!("{}/search", kind.url()),
    });
    let paths: Vec<&str> = params.expansions().collect();
    if paths.contains(&"total_count") {
        body["total_count"] = Value::from(found.len());
    }
    super::expand::expand(world, &mut body, paths.into_iter().filter(|path| *path != "total_count"))?;
    Ok(body)
}

fn start(page: &str) -> Result<usize, Refusal> {
    let decoded = URL_SAFE_NO_PAD.decode(page).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let start = decoded.as_deref().and_then(|text| text.strip_prefix("from:")?.parse().ok());
    start.ok_or_else(|| Refusal::invalid("page", "Invalid page token. Use the next_page of the previous response."))
}

/// Refuses a clause on a property that cannot be searched, or not in this way.
fn check(kind: Kind, clause: &Clause) -> Result<(), Refusal> {
    let Field::Named(name) = &clause.field else {
        return match clause.operator {
            Operator::Is => Ok(()),
            _ => Err(unusable(kind, "metadata")),
        };
    };
    let texts: &[&str] = match kind {
        Kind::Customer => &["email", "name", "phone"],
        Kind::Subscription => &["status"],
        Kind::Invoice => &["currency", "customer", "number", "receipt_number", "status", "subscription"],
        Kind::Product => &["active", "description", "name", "url"],
    };
    let numbers: &[&str] = if kind == Kind::Invoice { &["created", "total"] } else { &["created"] };
    let text = texts.contains(&name.as_str());
    let allowed = match (clause.operator, &clause.value) {
        (Operator::Is, Wanted::Text(_) | Wanted::Null) => text,
        (
            Operator::Is | Operator::Above | Operator::AtLeast | Operator::Below | Operator::AtMost,
            Wanted::Number(_),
        ) => numbers.contains(&name.as_str()),
        (Operator::Contains, Wanted::Text(part)) if part.chars().count() < SHORTEST_PART => {
            return Err(Refusal::invalid(
                "query",
                format!("Substring search needs at least {SHORTEST_PART} characters."),
            ));
        }
        (Operator::Contains, Wanted::Text(_)) => text && matches!(kind, Kind::Customer | Kind::Product),
        _ => false,
    };
    if allowed { Ok(()) } else { Err(unusable(kind, name)) }
}

fn unusable(kind: Kind, field: &str) -> Refusal {
    let resource = kind.url().trim_start_matches("/v1/");
    let message = format!(
        "Field `{field}` is an unsupported search field for resource `{resource}`, or cannot be compared like that."
    );
    Refusal::invalid("query", message)
}

fn passes(world: &World, kind: Kind, number: usize, search: &Search) -> bool {
    let holds = |clause: &Clause| {
        let property = match &clause.field {
            Field::Named(name) => kind.property(world, number, name).unwrap_or(Property::Absent),
            Field::Metadata(key) => kind.metadata(world, number, key),
        };
        matches(&property, clause) != clause.negated
    };
    if search.any { search.clauses.iter().any(holds) } else { search.clauses.iter().all(holds) }
}

/// Texts are compared without case.
fn matches(property: &Property, clause: &Clause) -> bool {
    match (property, &clause.value) {
        (Property::Absent, Wanted::Null) => true,
        (Property::Text(text), Wanted::Text(wanted)) if clause.operator == Operator::Contains => {
            text.to_lowercase().contains(&wanted.to_lowercase())
        }
        (Property::Text(text), Wanted::Text(wanted)) => text.to_lowercase() == wanted.to_lowercase(),
        (Property::Number(number), Wanted::Number(wanted)) => match clause.operator {
            Operator::Is | Operator::Contains => number == wanted,
            Operator::Above => number > wanted,
            Operator::AtLeast => number >= wanted,
            Operator::Below => number < wanted,
            Operator::AtMost => number <= wanted,
        },
        _ => false,
    }
}
