//! Reads the model files into the table. Runs once; the files are part of the program.

use async_graphql_parser::Positioned;
use async_graphql_parser::types::{
    ConstDirective, FieldDefinition, InputValueDefinition, TypeDefinition, TypeKind, TypeSystemDefinition,
};
use async_graphql_value::ConstValue;
use indexmap::IndexMap;

use super::{
    Class, EntityFacts, EnumType, Field, Input, InputType, KeyOrigin, Model, ObjectType, Relation, ScalarType,
};
use crate::tenancy::Role;

const FILES: [&str; 7] = [
    include_str!("../../model/query.graphql"),
    include_str!("../../model/scalars.graphql"),
    include_str!("../../model/customer.graphql"),
    include_str!("../../model/receivables.graphql"),
    include_str!("../../model/order.graphql"),
    include_str!("../../model/product.graphql"),
    include_str!("../../model/service.graphql"),
];

pub(super) fn built_in() -> Model {
    let mut model = Model::default();
    for file in FILES {
        let document =
            async_graphql_parser::parse_schema(file).expect("the model files are valid SDL; tests read them");
        for definition in document.definitions {
            if let TypeSystemDefinition::Type(definition) = definition {
                add(&mut model, definition.node);
            }
        }
    }
    inherit_interface(&mut model);
    model
}

/// Names and descriptions of the model live as long as the program.
fn keep(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn add(model: &mut Model, definition: TypeDefinition) {
    let name = keep(&definition.name.node);
    let description = definition.description.as_ref().map(|text| keep(&text.node));
    let directives = definition.directives;
    match definition.kind {
        TypeKind::Scalar => {
            let specified_by = text_of(&directives, "specifiedBy", "url");
            model.scalars.insert(name, ScalarType { name, description, specified_by });
        }
        TypeKind::Enum(kind) => {
            let values = kind.values.into_iter().map(|value| {
                let about = value.node.description.as_ref().map(|text| keep(&text.node));
                (keep(&value.node.value.node), about)
            });
            model.enums.insert(name, EnumType { name, description, values: values.collect() });
        }
        TypeKind::InputObject(kind) => {
            let one_of = directive(&directives, "oneOf").is_some();
            model.inputs.insert(name, InputType { name, description, fields: inputs(kind.fields), one_of });
        }
        TypeKind::Object(kind) => {
            let object = ObjectType {
                name,
                description,
                fields: fields(kind.fields),
                entity: entity_facts(&directives),
                hidden: directive(&directives, "hidden").is_some(),
                connection_of: text_of(&directives, "connection", "of"),
                has_source: !kind.implements.is_empty(),
            };
            model.objects.insert(name, object);
        }
        TypeKind::Interface(kind) => {
            let fields = fields(kind.fields);
            model.interface = Some(ObjectType {
                name,
                description,
                fields,
                entity: None,
                hidden: false,
                connection_of: None,
                has_source: true,
            });
        }
        TypeKind::Union(_) => {}
    }
}

/// Every type that implements `Entity` gets its fields, behind its own.
fn inherit_interface(model: &mut Model) {
    let Some(interface) = &model.interface else { return };
    for object in model.objects.values_mut().filter(|object| object.has_source) {
        for inherited in interface.fields.values() {
            let field = Field {
                name: inherited.name,
                ordinal: object.fields.len(),
                description: inherited.description,
                ty: inherited.ty.clone(),
                arguments: inherited.arguments.iter().map(|(name, input)| (*name, copy(input))).collect(),
                hidden: false,
                scope: None,
                relation: None,
                composite: None,
            };
            object.fields.insert(inherited.name, field);
        }
    }
}

fn copy(input: &Input) -> Input {
    Input { name: input.name, description: input.description, ty: input.ty.clone(), default: input.default.clone() }
}

fn fields(definitions: Vec<Positioned<FieldDefinition>>) -> IndexMap<&'static str, Field> {
    let field = |(ordinal, definition): (usize, Positioned<FieldDefinition>)| {
        let definition = definition.node;
        let name = keep(&definition.name.node);
        let field = Field {
            name,
            ordinal,
            description: definition.description.as_ref().map(|text| keep(&text.node)),
            ty: definition.ty.node,
            arguments: inputs(definition.arguments),
            hidden: directive(&definition.directives, "hidden").is_some(),
            scope: text_of(&definition.directives, "scope", "name"),
            relation: relation(&definition.directives),
            composite: text_of(&definition.directives, "composite", "name"),
        };
        (name, field)
    };
    definitions.into_iter().enumerate().map(field).collect()
}

fn inputs(definitions: Vec<Positioned<InputValueDefinition>>) -> IndexMap<&'static str, Input> {
    let input = |definition: Positioned<InputValueDefinition>| {
        let definition = definition.node;
        let name = keep(&definition.name.node);
        let description = definition.description.as_ref().map(|text| keep(&text.node));
        let default = definition.default_value.map(|value| value.node);
        (name, Input { name, description, ty: definition.ty.node, default })
    };
    definitions.into_iter().map(input).collect()
}

fn relation(directives: &[Positioned<ConstDirective>]) -> Option<Relation> {
    let to = text_of(directives, "relation", "to")?;
    let by = text_of(directives, "relation", "by")?;
    let from_field = text_of(directives, "relation", "from").map(KeyOrigin::Field);
    let key = from_field.or_else(|| text_of(directives, "relation", "argument").map(KeyOrigin::Argument))?;
    Some(Relation { to, by, key, take: text_of(directives, "relation", "take") })
}

fn entity_facts(directives: &[Positioned<ConstDirective>]) -> Option<EntityFacts> {
    let role = Role::from_graphql(text_of(directives, "entity", "role")?)?;
    let class = text_of(directives, "entity", "class")?.to_ascii_lowercase();
    let class = Class::ALL.into_iter().find(|known| known.as_str() == class)?;
    let team = text_of(directives, "entity", "team")?;
    let scope = text_of(directives, "entity", "scope")?;
    Some(EntityFacts { role, class, team, scope })
}

fn directive<'a>(directives: &'a [Positioned<ConstDirective>], name: &str) -> Option<&'a ConstDirective> {
    directives.iter().map(|directive| &directive.node).find(|directive| directive.name.node == name)
}

fn text_of(directives: &[Positioned<ConstDirective>], name: &str, argument: &str) -> Option<&'static str> {
    match &directive(directives, name)?.get_argument(argument)?.node {
        ConstValue::String(text) => Some(keep(text)),
        ConstValue::Enum(value) => Some(keep(value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::*;

    #[test]
    fn every_relation_leads_somewhere() {
        let model = Model::get();
        for object in model.objects.values() {
            for field in object.fields.values() {
                let Some(relation) = &field.relation else { continue };
                let at = format!("{}.{}", object.name, field.name);
                let target = model.entity(relation.to).unwrap_or_else(|| panic!("{at}: no entity {}", relation.to));
                assert!(target.fields.contains_key(relation.by), "{at}: {} has no {}", target.name, relation.by);
                assert!(relation.take.is_none_or(|take| target.fields.contains_key(take)), "{at}");
                match relation.key {
                    KeyOrigin::Field(name) => assert!(object.fields.contains_key(name), "{at}: no field {name}"),
                    KeyOrigin::Argument(name) => {
                        assert!(field.arguments.contains_key(name), "{at}: no argument {name}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_type_is_known_and_every_entity_has_its_facts() {
        let model = Model::get();
        let builtin = ["String", "Int", "Float", "Boolean", "ID"];
        for object in model.objects.values() {
            assert!(object.entity.is_some() || !object.has_source, "{} has no @entity", object.name);
            for field in object.fields.values() {
                let name = field.type_name();
                let known = model.objects.contains_key(name)
                    || model.enums.contains_key(name)
                    || model.scalars.contains_key(name)
                    || builtin.contains(&name);
                assert!(known, "{}.{}: no type {name}", object.name, field.name);
            }
        }
        assert_eq!(model.entities().count(), 21);
        assert!(model.scopes().contains("credit_limit:read"));
    }
}
