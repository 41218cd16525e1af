//! Which fields of an object a document selects: fragments opened, `@skip` and `@include` obeyed, equal response keys merged.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::parser::types::{Directive, ExecutableDocument, Field, FragmentDefinition, Selection, SelectionSet};
use async_graphql::{Name, Positioned};
use async_graphql_value::{ConstValue, Value};
use indexmap::IndexMap;
use portico_contracts::model::ObjectType;
use portico_contracts::problem::{Code, Problem};

use super::coerce::Variables;

/// The fields behind one response key; all of them are the same field with the same arguments.
pub(super) type Merged<'a> = IndexMap<&'a str, Vec<&'a Field>>;

/// What a selection is read with.
pub(super) struct Reader<'a> {
    pub(super) fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    pub(super) variables: &'a Variables,
}

impl<'a> Reader<'a> {
    pub(super) fn new(document: &'a ExecutableDocument, variables: &'a Variables) -> Self {
        Reader { fragments: &document.fragments, variables }
    }

    /// Collects the fields of several selection sets that stand on the same object.
    pub(super) fn collect(&self, sets: &[&'a SelectionSet], on: &ObjectType) -> Result<Merged<'a>, Problem> {
        let mut merged = Merged::new();
        for set in sets {
            self.add(set, on, &mut merged)?;
        }
        Ok(merged)
    }

    fn add(&self, set: &'a SelectionSet, on: &ObjectType, merged: &mut Merged<'a>) -> Result<(), Problem> {
        for item in &set.items {
            if !self.included(item.node.directives()) {
                continue;
            }
            match &item.node {
                Selection::Field(field) => add_field(&field.node, merged)?,
                Selection::InlineFragment(inline) => {
                    let condition =
                        inline.node.type_condition.as_ref().map(|condition| condition.node.on.node.as_str());
                    if condition.is_none_or(|name| applies(name, on)) {
                        self.add(&inline.node.selection_set.node, on, merged)?;
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let Some(fragment) = self.fragments.get(&spread.node.fragment_name.node) else { continue };
                    if applies(&fragment.node.type_condition.node.on.node, on) {
                        self.add(&fragment.node.selection_set.node, on, merged)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn included(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().all(|directive| match directive.node.name.node.as_str() {
            "skip" => self.argument(&directive.node, "if") != Some(ConstValue::Boolean(true)),
            "include" => self.argument(&directive.node, "if") != Some(ConstValue::Boolean(false)),
            _ => true,
        })
    }

    /// The least `@freshness(maxAge:)` of the merged fields.
    pub(super) fn max_age(&self, fields: &[&Field]) -> Result<Option<u32>, Problem> {
        let mut least = None;
        for directive in fields.iter().flat_map(|field| &field.directives).filter(|d| d.node.name.node == "freshness") {
            let seconds = match self.argument(&directive.node, "maxAge") {
                Some(ConstValue::Number(number)) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
                _ => None,
            };
            let wrong =
                || Problem::new(Code::ArgumentInvalid, "`@freshness(maxAge:)` takes a number of seconds, 0 or more.");
            let seconds = seconds.ok_or_else(wrong)?;
            least = Some(least.map_or(seconds, |other: u32| other.min(seconds)));
        }
        Ok(least)
    }

    fn argument(&self, directive: &Directive, name: &str) -> Option<ConstValue> {
        match &directive.get_argument(name)?.node {
            Value::Variable(variable) => self.variables.get(variable).cloned(),
            literal => literal.clone().into_const(),
        }
    }
}

/// Objects are the only types that fields return, so a condition is the object's own name or the interface.
fn applies(condition: &str, on: &ObjectType) -> bool {
    condition == on.name || (condition == "Entity" && on.has_source)
}

fn add_field<'a>(field: &'a Field, merged: &mut Merged<'a>) -> Result<(), Problem> {
    let key = field.response_key().node.as_str();
    let same = merged.entry(key).or_default();
    if let Some(first) = same.first() {
        let differs = first.name.node != field.name.node || !same_arguments(first, field);
        if differs {
            let detail = format!("Two different fields are both answered as `{key}`; give one of them another alias.");
            return Err(Problem::new(Code::DocumentInvalid, detail));
        }
    }
    same.push(field);
    Ok(())
}

fn same_arguments(one: &Field, other: &Field) -> bool {
    one.arguments.len() == other.arguments.len()
        && one
            .arguments
            .iter()
            .all(|(name, value)| other.get_argument(&name.node).is_some_and(|there| there.node == value.node))
}

/// A response key as the answer keeps it.
pub(super) fn owned(key: &str) -> Arc<str> {
    Arc::from(key)
}
