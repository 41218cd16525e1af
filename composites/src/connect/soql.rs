//! Salesforce's query language: `SELECT … FROM … WHERE … IN (…)`, parents by dots, children as sub-queries.

use indexmap::IndexMap;
use portico_contracts::packs::{Condition, KeyClass, Path, Step};

use super::driver::Query;
use super::keys::encode;

/// The target of a query.
pub(super) fn target(query: &Query<'_>) -> String {
    let extra: String =
        query.pack.parameters.iter().map(|(name, value)| format!("&{name}={}", encode(value))).collect();
    format!("{}?q={}{extra}", query.pack.path, encode(&soql(query)))
}

fn soql(query: &Query<'_>) -> String {
    let mut conditions: Vec<String> = query.mapping.filters.iter().map(condition).collect();
    let bare = query.look_up.keys.allow == KeyClass::Digits;
    conditions.push(is_in(&name(&query.look_up.path.steps), query.keys, bare));
    if !query.pushed.statuses.is_empty() {
        conditions.push(is_in(&query.status_path(), &query.pushed.statuses, false));
    }
    conditions.extend(query.open_fragment().map(str::to_owned));
    conditions.extend(query.mapping.raw_filters.iter().cloned());
    let mut text =
        format!("SELECT {} FROM {} WHERE {}", query.select.join(", "), query.mapping.from, conditions.join(" AND "));
    if let Some(order) = &query.mapping.order {
        text.push_str(&format!(" ORDER BY {order}"));
    }
    if let Some(top) = query.pushed.top {
        text.push_str(&format!(" LIMIT {top}"));
    }
    if query.pushed.skip > 0 {
        text.push_str(&format!(" OFFSET {}", query.pushed.skip));
    }
    text
}

/// What to select for these paths: parents' fields by dots, `Children.records[].…` and `Children.records[Of=…].…` as a
/// sub-query.
pub(super) fn select<'p>(paths: impl Iterator<Item = &'p Path>) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    let mut children: IndexMap<String, Vec<String>> = IndexMap::new();
    for path in paths {
        let each = path.steps.iter().position(|step| matches!(step, Step::Each | Step::Having(..)));
        let (list, wanted) = match each {
            Some(each) => {
                let child = name(path.steps.get(..each.saturating_sub(1)).unwrap_or_default());
                let fields = children.entry(child).or_default();
                if let Some(Step::Having(chosen_by, _)) = path.steps.get(each) {
                    add(fields, chosen_by.clone());
                }
                (fields, name(&path.steps[each + 1..]))
            }
            None => (&mut fields, name(&path.steps)),
        };
        add(list, wanted);
    }
    fields.extend(children.into_iter().map(|(child, wanted)| format!("(SELECT {} FROM {child})", wanted.join(", "))));
    fields
}

fn add(list: &mut Vec<String>, wanted: String) {
    if !wanted.is_empty() && !list.contains(&wanted) {
        list.push(wanted);
    }
}

fn condition(condition: &Condition) -> String {
    is_in(&name(&condition.path.steps), &condition.values, condition.bare)
}

fn is_in(path: &str, values: &[String], bare: bool) -> String {
    let literals: Vec<String> = values.iter().map(|value| if bare { value.clone() } else { text(value) }).collect();
    match literals.as_slice() {
        [only] => format!("{path} = {only}"),
        several => format!("{path} IN ({})", several.join(",")),
    }
}

fn name(steps: &[Step]) -> String {
    let members =
        steps.iter().filter_map(|step| if let Step::Member(name) = step { Some(name.as_str()) } else { None });
    members.collect::<Vec<_>>().join(".")
}

/// A string literal: a backslash before backslashes first, then before quotes; control characters by their names.
pub(super) fn text(value: &str) -> String {
    let mut literal = String::with_capacity(value.len() + 2);
    literal.push('\'');
    for c in value.chars() {
        match c {
            '\\' | '\'' | '"' => literal.extend(['\\', c]),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            '\u{8}' => literal.push_str("\\b"),
            '\u{c}' => literal.push_str("\\f"),
            other => literal.push(other),
        }
    }
    literal.push('\'');
    literal
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    /// An independent reading of a literal by the vendor's list of escapes.
    fn read(literal: &str) -> Option<String> {
        let mut inside = literal.strip_prefix('\'')?.chars();
        let mut value = String::new();
        loop {
            match inside.next()? {
                '\'' => return inside.next().is_none().then_some(value),
                '\\' => value.push(match inside.next()? {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    plain @ ('\\' | '\'' | '"') => plain,
                    _ => return None,
                }),
                other => value.push(other),
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_the_value_is_it_stays_one_literal(value in any::<String>()) {
            prop_assert_eq!(read(&super::text(&value)), Some(value));
        }

        #[test]
        fn quotes_and_backslashes_cannot_break_out(value in "['\\\\\" \\n)O]*") {
            prop_assert_eq!(read(&super::text(&value)), Some(value));
        }
    }
}
