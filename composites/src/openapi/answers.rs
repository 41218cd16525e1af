//! The schema of an answer: what the document selects, under the keys that it gives, as nullable as the model says.

use std::collections::{BTreeSet, HashMap};

use async_graphql::parser::types::{Directive, Field, FragmentDefinition, Selection, SelectionSet};
use async_graphql::{Name, Positioned};
use async_graphql_value::ConstValue;
use indexmap::IndexMap;
use portico_contracts::model::{self, BaseType, Model, ObjectType, TypeRef, expect_object};
use serde_json::{Map, Value, json};

use super::types;
use crate::engine::Document;

/// An answer and who may read it.
#[derive(Debug)]
pub(super) struct Answer {
    /// The root field of the model.
    pub(super) root: Option<&'static model::Field>,
    /// The bare object of the root field; never null, because then the answer is a problem.
    pub(super) schema: Value,
    /// Scopes of fields below the root. Without one its fields are null.
    pub(super) scopes: BTreeSet<&'static str>,
}

pub(super) fn answer(document: &Document) -> Answer {
    let mut shape = Shape { fragments: &document.parsed().fragments, scopes: BTreeSet::new() };
    let query = expect_object("Query");
    let whole = Part { set: &document.operation().selection_set.node, sometimes: false };
    let root = shape.collect(&[whole], query).into_values().next().unwrap_or_default();
    let known = root.first().and_then(|found| query.fields.get(found.field.name.node.as_str()));
    let schema = never_null(shape.field(&root, query));
    let of_root = known.and_then(scope);
    shape.scopes.retain(|scope| Some(*scope) != of_root);
    Answer { root: known, schema, scopes: shape.scopes }
}

/// The scope that reads a field: its own, else that of the entity that it leads to or shows.
pub(super) fn scope(field: &'static model::Field) -> Option<&'static str> {
    let entity = field.relation.as_ref().map_or(field.type_name(), |relation| relation.to);
    field.scope.or_else(|| Some(Model::get().entity(entity)?.entity.as_ref()?.scope))
}

/// A selection set, and whether a directive may leave it out.
#[derive(Clone, Copy)]
struct Part<'a> {
    set: &'a SelectionSet,
    sometimes: bool,
}

/// A field as it stands in a document, and whether a directive may leave it out.
#[derive(Clone, Copy)]
struct Found<'a> {
    field: &'a Field,
    sometimes: bool,
}

/// The fields behind one response key.
type Merged<'a> = IndexMap<&'a str, Vec<Found<'a>>>;

/// What `@skip` and `@include` make of a selection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Presence {
    Always,
    Sometimes,
    Never,
}

struct Shape<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    scopes: BTreeSet<&'static str>,
}

impl<'a> Shape<'a> {
    fn collect(&self, parts: &[Part<'a>], on: &ObjectType) -> Merged<'a> {
        let mut merged = Merged::new();
        parts.iter().for_each(|part| self.add(*part, on, &mut merged));
        merged
    }

    fn add(&self, part: Part<'a>, on: &ObjectType, merged: &mut Merged<'a>) {
        for item in &part.set.items {
            let presence = presence(item.node.directives());
            if presence == Presence::Never {
                continue;
            }
            let sometimes = part.sometimes || presence == Presence::Sometimes;
            match &item.node {
                Selection::Field(field) => {
                    let key = field.node.response_key().node.as_str();
                    merged.entry(key).or_default().push(Found { field: &field.node, sometimes });
                }
                Selection::InlineFragment(inline) => {
                    let condition = inline.node.type_condition.as_ref().map(|on| on.node.on.node.as_str());
                    if condition.is_none_or(|name| applies(name, on)) {
                        self.add(Part { set: &inline.node.selection_set.node, sometimes }, on, merged);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let Some(fragment) = self.fragments.get(&spread.node.fragment_name.node) else { continue };
                    if applies(&fragment.node.type_condition.node.on.node, on) {
                        self.add(Part { set: &fragment.node.selection_set.node, sometimes }, on, merged);
                    }
                }
            }
        }
    }

    fn field(&mut self, same: &[Found<'a>], on: &'static ObjectType) -> Value {
        let Some(first) = same.first() else { return json!({}) };
        let name = first.field.name.node.as_str();
        if name == "__typename" {
            return json!({ "type": "string", "const": on.name });
        }
        // Introspection is JSON to us.
        let Some(known) = on.fields.get(name) else { return json!({}) };
        self.scopes.extend(scope(known));
        // Of several occurrences one that is left out takes its selection along.
        let alone = same.len() == 1;
        let part =
            |found: &Found<'a>| Part { set: &found.field.selection_set.node, sometimes: found.sometimes && !alone };
        let parts: Vec<Part<'a>> = same.iter().map(part).collect();
        types::described(self.of_type(&known.ty, &parts), known.description)
    }

    fn of_type(&mut self, ty: &TypeRef, parts: &[Part<'a>]) -> Value {
        let schema = match &ty.base {
            BaseType::List(item) => json!({ "type": "array", "items": self.of_type(item, parts) }),
            BaseType::Named(name) => self.named(name, parts),
        };
        if ty.nullable { types::or_null(schema) } else { schema }
    }

    fn named(&mut self, name: &str, parts: &[Part<'a>]) -> Value {
        let model = Model::get();
        if let Some(object) = model.object(name) {
            return self.object(object, parts);
        }
        model.enums.get(name).map_or_else(|| types::leaf(name), types::choice)
    }

    /// An object that is open, because a version may learn to say more.
    fn object(&mut self, on: &'static ObjectType, parts: &[Part<'a>]) -> Value {
        let merged = self.collect(parts, on);
        let mut required = Vec::new();
        let mut properties = Map::new();
        for (key, same) in merged {
            if same.iter().any(|found| !found.sometimes) {
                required.push(key);
            }
            properties.insert(key.to_owned(), self.field(&same, on));
        }
        let mut schema = json!({ "type": "object" });
        if let Some(description) = on.description {
            schema["description"] = description.into();
        }
        schema["properties"] = properties.into();
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        schema
    }
}

/// Takes the null back: where the root is null there is no answer but a problem.
fn never_null(mut schema: Value) -> Value {
    if let Some(types) = schema.get_mut("type")
        && let Some(one) = types.get(0).cloned()
    {
        *types = one;
    }
    schema
}

/// Objects are the only types that fields return, so a condition is the object's own name or the interface.
fn applies(condition: &str, on: &ObjectType) -> bool {
    condition == on.name || (condition == "Entity" && on.has_source)
}

fn presence(directives: &[Positioned<Directive>]) -> Presence {
    let of = |directive: &Positioned<Directive>| {
        let leaves_out = match directive.node.name.node.as_str() {
            "skip" => true,
            "include" => false,
            _ => return Presence::Always,
        };
        match directive.node.get_argument("if").map(|value| value.node.clone().into_const()) {
            Some(Some(ConstValue::Boolean(truth))) if truth == leaves_out => Presence::Never,
            Some(Some(ConstValue::Boolean(_))) => Presence::Always,
            _ => Presence::Sometimes,
        }
    };
    directives.iter().map(of).max().unwrap_or(Presence::Always)
}
