//! NetSuite's query language: Oracle-flavoured SQL in a POST that changes nothing. The pack names tables and columns;
//! what is asked for becomes literals, of which only the quote is special.

use bytes::Bytes;
use portico_contracts::packs::{Condition, KeyClass, Path};
use serde_json::json;

use super::driver::Query;
use super::keys::encode;
use super::quoted::text;

/// Target and body of a query.
pub(super) fn request(query: &Query<'_>) -> (String, Option<Bytes>) {
    let extra: String =
        query.pack.parameters.iter().map(|(name, value)| format!("&{name}={}", encode(value))).collect();
    let (limit, offset) = (query.pushed.top.unwrap_or(query.paging.size), query.pushed.skip);
    let target = format!("{}?limit={limit}&offset={offset}{extra}", query.pack.path);
    (target, Some(Bytes::from(json!({ "q": suiteql(query) }).to_string())))
}

fn suiteql(query: &Query<'_>) -> String {
    let columns = &query.mapping.columns;
    let selected = columns.iter().map(|(name, expression)| format!("{expression} AS {name}"));
    let more = query.select.iter().filter(|name| columns.iter().all(|(known, _)| known != *name));
    let selected: Vec<String> = selected.chain(more.cloned()).collect();
    let from = query.look_up.from.as_deref().unwrap_or(&query.mapping.from);
    let mut conditions: Vec<String> = query.mapping.filters.iter().map(|one| condition(query, one)).collect();
    let bare = query.look_up.keys.allow == KeyClass::Digits;
    conditions.push(is_in(expression(query, &query.look_up.path.members().join(".")), query.keys, bare));
    if !query.pushed.statuses.is_empty() {
        conditions.push(is_in(expression(query, &query.status_path()), &query.pushed.statuses, false));
    }
    conditions.extend(query.open_fragment().map(str::to_owned));
    conditions.extend(query.mapping.raw_filters.iter().cloned());
    let order = query.mapping.order.as_ref().map(|order| format!(" ORDER BY {order}")).unwrap_or_default();
    format!("SELECT {} FROM {from} WHERE {}{order}", selected.join(", "), conditions.join(" AND "))
}

/// What a column stands for.
fn expression<'q>(query: &'q Query<'_>, name: &'q str) -> &'q str {
    query.mapping.columns.iter().find(|(known, _)| known == name).map_or(name, |(_, expression)| expression)
}

fn condition(query: &Query<'_>, condition: &Condition) -> String {
    is_in(expression(query, &condition.path.members().join(".")), &condition.values, condition.bare)
}

fn is_in(expression: &str, values: &[String], bare: bool) -> String {
    let literals: Vec<String> = values.iter().map(|value| if bare { value.clone() } else { text(value) }).collect();
    match literals.as_slice() {
        [only] => format!("{expression} = {only}"),
        several => format!("{expression} IN ({})", several.join(",")),
    }
}

/// What a tenant adds beside the pack's columns.
pub(super) fn select<'p>(extensions: impl Iterator<Item = &'p Path>) -> Vec<String> {
    extensions.map(|path| path.members().join(".")).filter(|name| !name.is_empty()).collect()
}

/// A page that holds so many rows behind so many: how long it is, and how many rows are before it. Pages begin at
/// multiples of their length.
pub(super) fn page(top: u32, skip: u32, longest: u32) -> Option<(u32, u32)> {
    let length = (top.max(1)..=longest).find(|length| skip % length + top <= *length)?;
    Some((length, skip - skip % length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_page_begins_at_a_multiple_of_its_length_and_holds_what_is_wanted(top in 1_u32..50, skip in 0_u32..900) {
            let (length, before) = super::page(top, skip, 1_000).expect("a page");
            prop_assert!(before % length == 0 && before <= skip && skip + top <= before + length);
        }
    }

    #[test]
    fn what_no_page_holds_is_not_left_to_the_system() {
        assert_eq!(super::page(21, 0, 1_000), Some((21, 0)));
        assert_eq!(super::page(22, 19, 1_000), Some((41, 0)));
        assert_eq!(super::page(700, 699, 1_000), None);
    }
}
