//! What a document's variables are used for: that tells more of them than their types do.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_graphql::parser::types::{Field, FragmentDefinition, Selection, SelectionSet};
use async_graphql::{Name, Positioned};
use async_graphql_value::{ConstValue, Value};
use portico_contracts::model::{Input, Model, ObjectType, expect_object, named};

use crate::engine::Document;

/// Variable → the arguments and members that it is given to, in the order of the document.
#[derive(Debug, Default)]
pub(super) struct Arguments(BTreeMap<String, Vec<&'static Input>>);

impl Arguments {
    pub(super) fn of(document: &Document) -> Self {
        let mut walk =
            Walk { fragments: &document.parsed().fragments, seen: BTreeSet::new(), found: Arguments::default() };
        walk.selection(&document.operation().selection_set.node, expect_object("Query"));
        walk.found
    }

    pub(super) fn uses(&self, variable: &str) -> &[&'static Input] {
        self.0.get(variable).map_or(&[], Vec::as_slice)
    }

    /// In the model's words where it has some, else in those for arguments that are the same everywhere.
    pub(super) fn description(&self, variable: &str) -> Option<&'static str> {
        let uses = self.uses(variable);
        uses.iter().find_map(|input| input.description).or_else(|| match uses.first()?.name {
            "first" => Some("How many at most."),
            "after" => Some("Where to go on: the `endCursor` of the page before."),
            "status" => Some("Only those in one of these states."),
            "open" => Some("Only those that are open, or only those that are not."),
            _ => None,
        })
    }

    /// What stands in where the variable is left out and the document says nothing: what the model says.
    pub(super) fn left_out(&self, variable: &str) -> Option<&'static ConstValue> {
        let mut defaults = self.uses(variable).iter().map(|input| input.default.as_ref());
        let first = defaults.next().flatten()?;
        defaults.all(|other| other == Some(first)).then_some(first)
    }
}

struct Walk<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    seen: BTreeSet<&'a str>,
    found: Arguments,
}

impl<'a> Walk<'a> {
    fn selection(&mut self, set: &'a SelectionSet, on: &'static ObjectType) {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => self.field(&field.node, on),
                Selection::InlineFragment(inline) => self.selection(&inline.node.selection_set.node, on),
                Selection::FragmentSpread(spread) => {
                    let name = spread.node.fragment_name.node.as_str();
                    if let Some(fragment) = self.fragments.get(name).filter(|_| self.seen.insert(name)) {
                        let on = Model::get().object(&fragment.node.type_condition.node.on.node).unwrap_or(on);
                        self.selection(&fragment.node.selection_set.node, on);
                    }
                }
            }
        }
    }

    fn field(&mut self, field: &'a Field, on: &'static ObjectType) {
        let Some(known) = on.fields.get(field.name.node.as_str()) else { return };
        for (name, value) in &field.arguments {
            if let Some(argument) = known.arguments.get(name.node.as_str()) {
                self.value(&value.node, argument);
            }
        }
        if let Some(inside) = Model::get().object(known.type_name()) {
            self.selection(&field.selection_set.node, inside);
        }
    }

    fn value(&mut self, value: &Value, input: &'static Input) {
        match value {
            Value::Variable(variable) => self.found.0.entry(variable.to_string()).or_default().push(input),
            Value::List(items) => items.iter().for_each(|item| self.value(item, input)),
            Value::Object(members) => {
                let Some(object) = Model::get().inputs.get(named(&input.ty)) else { return };
                for (name, value) in members {
                    if let Some(member) = object.fields.get(name.as_str()) {
                        self.value(value, member);
                    }
                }
            }
            _ => {}
        }
    }
}
