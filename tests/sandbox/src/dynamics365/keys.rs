//! Keys in a path: `CustomersV3(dataAreaId='acmf',CustomerAccount='C-1001')`.

use super::errors::Refusal;
use super::filter::{Condition, Literal, Operator};
use super::sets::Definition;

/// A path segment's set and, with parentheses, the text between them.
pub(super) fn split(segment: &str) -> (&str, Option<&str>) {
    match segment.split_once('(') {
        Some((set, rest)) if rest.ends_with(')') => (set, Some(&rest[..rest.len() - 1])),
        _ => (segment, None),
    }
}

/// All parts of the key, each once.
pub(super) fn condition(predicate: &str, definition: &'static Definition) -> Result<Condition, Refusal> {
    let mut named = Vec::new();
    let mut conditions = Vec::new();
    for part in parts(predicate) {
        let wrong = || Refusal::syntax(&format!("Bad Request - Error in query syntax: '{predicate}'."));
        let (name, value) = part.split_once('=').ok_or_else(wrong)?;
        let name = name.trim();
        if !definition.keys.contains(&name) || named.contains(&name) {
            return Err(wrong_keys(definition));
        }
        named.push(name);
        let value = Literal::read(value.trim())?;
        if matches!(&value, Literal::Text(text) if text.contains('*')) {
            // A wildcard only means something in a filter: as a key it is a text that no row has.
            return Ok(Condition::Always(false));
        }
        conditions.push(Condition::compare(definition, name, Operator::Eq, value)?);
    }
    if named.len() != definition.keys.len() {
        return Err(wrong_keys(definition));
    }
    Ok(Condition::All(conditions))
}

fn wrong_keys(definition: &Definition) -> Refusal {
    let why = "The number of keys specified in the URI does not match number of key properties for the resource";
    Refusal::query(format!("{why} 'Microsoft.Dynamics.DataEntities.{}'.", definition.entity))
}

/// Splits at commas outside quotes.
fn parts(predicate: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut is_quoted = false;
    for (at, c) in predicate.char_indices() {
        match c {
            '\'' => is_quoted = !is_quoted,
            ',' if !is_quoted => {
                found.push(&predicate[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&predicate[start..]);
    found
}
