//! OData 4: sets, `$filter` with chains of `or` (many systems lack `in`), `$select`, `$orderby`, `$top`, `$skip`.

use portico_contracts::packs::{Condition, KeyClass, Step};

use super::driver::Query;
use super::keys::encode;
use super::quoted::text;

/// The target of a query.
pub(super) fn target(query: &Query<'_>) -> String {
    let mut options: Vec<(&str, String)> = Vec::new();
    for (name, value) in &query.pack.parameters {
        options.push((name, encode(value)));
    }
    options.push(("$filter", encode(&filter(query))));
    let select: Vec<String> = query.select.iter().map(|name| encode(name)).collect();
    options.push(("$select", select.join(",")));
    if let Some(order) = &query.mapping.order {
        options.push(("$orderby", encode(order)));
    }
    if let Some(top) = query.pushed.top {
        options.push(("$top", top.to_string()));
    }
    if query.pushed.skip > 0 {
        options.push(("$skip", query.pushed.skip.to_string()));
    }
    let options: Vec<String> = options.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{}{}?{}", query.pack.path, query.mapping.from, options.join("&"))
}

fn filter(query: &Query<'_>) -> String {
    let mut all: Vec<String> = query.mapping.filters.iter().map(condition).collect();
    let path = name(&query.look_up.path.steps);
    let bare = query.look_up.keys.allow == KeyClass::Digits;
    let literal = |key: &String| if bare { key.clone() } else { text(key) };
    all.push(any(query.keys.iter().map(|key| format!("{path} eq {}", literal(key))).collect()));
    if let Some(statuses) = &query.mapping.statuses
        && !query.pushed.statuses.is_empty()
    {
        let prefix = statuses.enum_type.as_deref().unwrap_or_default();
        let path = query.status_path();
        let words = query.pushed.statuses.iter();
        all.push(any(words.map(|word| format!("{path} eq {prefix}{}", text(word))).collect()));
    }
    all.extend(query.open_fragment().map(str::to_owned));
    all.extend(query.mapping.raw_filters.iter().cloned());
    all.join(" and ")
}

fn condition(condition: &Condition) -> String {
    let path = name(&condition.path.steps);
    let literal = |value: &String| if condition.bare { value.clone() } else { text(value) };
    any(condition.values.iter().map(|value| format!("{path} eq {}", literal(value))).collect())
}

fn any(mut alternatives: Vec<String>) -> String {
    match alternatives.len() {
        1 => alternatives.remove(0),
        _ => format!("({})", alternatives.join(" or ")),
    }
}

fn name(steps: &[Step]) -> String {
    let members =
        steps.iter().filter_map(|step| if let Step::Member(name) = step { Some(name.as_str()) } else { None });
    members.collect::<Vec<_>>().join("/")
}
