//! The model as async-graphql's registry.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{Directive, Field};
use async_graphql::registry::{
    __DirectiveLocation, Deprecation, MetaDirective, MetaEnumValue, MetaField, MetaInputValue, MetaType, Registry,
};
use async_graphql::{
    ContainerType, Context, ContextDirective, ContextSelectionSet, CustomDirective, CustomDirectiveFactory, ObjectType,
    OutputType, Positioned, Response, ServerResult, SubscriptionType, Value,
};
use futures_util::Stream;
use portico_contracts::model::{self, EnumType, Input, InputType, Model, ScalarType};

use super::scalars;

/// The root `Query`. Its fields answer null here: only introspection is executed by async-graphql.
pub(crate) struct Root;

impl OutputType for Root {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("Query")
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let model = Model::get();
        for scalar in model.scalars.values() {
            registry.types.insert(scalar.name.to_owned(), scalar_type(scalar));
        }
        for kind in model.enums.values() {
            registry.types.insert(kind.name.to_owned(), enum_type(kind));
        }
        for input in model.inputs.values() {
            registry.types.insert(input.name.to_owned(), input_type(input));
        }
        for object in model.objects.values().filter(|object| !object.hidden) {
            registry.types.insert(object.name.to_owned(), object_type(object));
            if object.has_source {
                registry.add_implements(object.name, "Entity");
            }
        }
        Self::qualified_type_name()
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        Ok(Value::Null)
    }
}

impl ContainerType for Root {
    async fn resolve_field(&self, _: &Context<'_>) -> ServerResult<Option<Value>> {
        Ok(Some(Value::Null))
    }
}

impl ObjectType for Root {}

/// The root `Subscription`. Nothing is streamed by async-graphql: whoever subscribes is answered as any query is.
pub(crate) struct Changes;

impl SubscriptionType for Changes {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(SUBSCRIPTION)
    }

    /// [`Root`] registers every object of the model, this one too.
    fn create_type_info(_: &mut Registry) -> String {
        Self::qualified_type_name()
    }

    fn create_field_stream<'a>(
        &'a self,
        _: &'a Context<'_>,
    ) -> Option<Pin<Box<dyn Stream<Item = Response> + Send + 'a>>> {
        None
    }
}

const SUBSCRIPTION: &str = "Subscription";

/// Registers the interface `Entity`, which no field returns and which would vanish otherwise.
pub(super) struct EntityInterface;

impl OutputType for EntityInterface {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("Entity")
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let model = Model::get();
        if let Some(interface) = &model.interface {
            let possible = model.objects.values().filter(|object| object.has_source && !object.hidden);
            let meta = MetaType::Interface {
                name: interface.name.to_owned(),
                description: interface.description.map(str::to_owned),
                fields: fields(interface),
                possible_types: possible.map(|object| object.name.to_owned()).collect(),
                extends: false,
                keys: None,
                visible: None,
                inaccessible: false,
                tags: Vec::new(),
                rust_typename: None,
                directive_invocations: Vec::new(),
                requires_scopes: Vec::new(),
            };
            registry.types.insert(interface.name.to_owned(), meta);
        }
        Self::qualified_type_name()
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        Ok(Value::Null)
    }
}

/// `@freshness(maxAge:)`: fresher than the field's class allows, never staler. The planner obeys it.
pub(super) struct Freshness;

impl CustomDirectiveFactory for Freshness {
    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed("freshness")
    }

    fn register(&self, registry: &mut Registry) {
        let mut args = IndexMap::new();
        let about = "Seconds. 0 asks the system itself.".to_owned();
        args.insert("maxAge".to_owned(), input_value("maxAge", Some(about), "Int!".to_owned(), None));
        registry.add_directive(MetaDirective {
            name: "freshness".to_owned(),
            description: Some(
                "Fresher than the field's class allows, never staler. For a whole request use Cache-Control."
                    .to_owned(),
            ),
            locations: vec![__DirectiveLocation::FIELD],
            args,
            is_repeatable: false,
            visible: None,
            composable: None,
        });
    }

    fn create(&self, _: &ContextDirective<'_>, _: &Directive) -> ServerResult<Box<dyn CustomDirective>> {
        struct Nothing;
        impl CustomDirective for Nothing {}
        Ok(Box::new(Nothing))
    }
}

fn object_type(object: &model::ObjectType) -> MetaType {
    MetaType::Object {
        name: object.name.to_owned(),
        description: object.description.map(str::to_owned),
        fields: fields(object),
        cache_control: Default::default(),
        extends: false,
        shareable: false,
        resolvable: true,
        keys: None,
        visible: None,
        inaccessible: false,
        interface_object: false,
        tags: Vec::new(),
        is_subscription: object.name == SUBSCRIPTION,
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

fn fields(object: &model::ObjectType) -> IndexMap<String, MetaField> {
    let public = object.fields.values().filter(|field| !field.hidden);
    public.map(|field| (field.name.to_owned(), meta_field(object, field))).collect()
}

fn meta_field(object: &model::ObjectType, field: &model::Field) -> MetaField {
    MetaField {
        name: field.name.to_owned(),
        description: describe(object, field),
        args: inputs(&field.arguments),
        ty: field.ty.to_string(),
        deprecation: Deprecation::NoDeprecated,
        cache_control: Default::default(),
        external: false,
        requires: None,
        provides: None,
        visible: None,
        shareable: false,
        inaccessible: false,
        tags: Vec::new(),
        override_from: None,
        compute_complexity: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

/// A field's own words, then what it takes to read it and how fresh it is: the same table that authorization and
/// cache obey.
fn describe(object: &model::ObjectType, field: &model::Field) -> Option<String> {
    let target = field
        .relation
        .as_ref()
        .filter(|relation| relation.take.is_none())
        .and_then(|relation| Model::get().entity(relation.to));
    let scope = field.scope.or_else(|| target.and_then(|target| target.entity.as_ref()).map(|facts| facts.scope));
    let scope = scope.filter(|scope| object.entity.as_ref().is_none_or(|facts| facts.scope != *scope));
    let class = target.and_then(|target| target.entity.as_ref()).map(|facts| facts.class);
    let needs = scope.map(|scope| format!("Needs the scope `{scope}`."));
    let fresh = class.map(|class| format!("Freshness class `{}`.", class.as_str()));
    let parts: Vec<String> = [field.description.map(str::to_owned), needs, fresh].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn inputs(inputs: &IndexMap<&'static str, Input>) -> IndexMap<String, MetaInputValue> {
    let value = |input: &Input| {
        let default = input.default.as_ref().map(ToString::to_string);
        (
            input.name.to_owned(),
            input_value(input.name, input.description.map(str::to_owned), input.ty.to_string(), default),
        )
    };
    inputs.values().map(value).collect()
}

fn input_value(name: &str, description: Option<String>, ty: String, default_value: Option<String>) -> MetaInputValue {
    MetaInputValue {
        name: name.to_owned(),
        description,
        ty,
        deprecation: Deprecation::NoDeprecated,
        default_value,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        is_secret: false,
        directive_invocations: Vec::new(),
    }
}

fn scalar_type(scalar: &'static ScalarType) -> MetaType {
    MetaType::Scalar {
        name: scalar.name.to_owned(),
        description: scalar.description.map(str::to_owned),
        is_valid: Some(Arc::new(|value| scalars::acceptable(scalar.name, value))),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        specified_by_url: scalar.specified_by.map(str::to_owned),
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

fn enum_type(kind: &EnumType) -> MetaType {
    let value = |(name, about): (&&'static str, &Option<&'static str>)| {
        let meta = MetaEnumValue {
            name: (*name).to_owned(),
            description: about.map(str::to_owned),
            deprecation: Deprecation::NoDeprecated,
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            directive_invocations: Vec::new(),
        };
        ((*name).to_owned(), meta)
    };
    MetaType::Enum {
        name: kind.name.to_owned(),
        description: kind.description.map(str::to_owned),
        enum_values: kind.values.iter().map(value).collect(),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

fn input_type(input: &InputType) -> MetaType {
    MetaType::InputObject {
        name: input.name.to_owned(),
        description: input.description.map(str::to_owned),
        input_fields: inputs(&input.fields),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: None,
        oneof: input.one_of,
        directive_invocations: Vec::new(),
    }
}
