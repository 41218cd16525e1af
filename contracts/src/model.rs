//! The canonical schema, read once from `contracts/model/*.graphql`.
//!
//! One table for everybody: the GraphQL schema and its documentation, the planner (relations), field
//! authorization (scopes), the cache (class of freshness) and the packs (which fields there are to map) all read it.
//! The directives of the model files say what plain SDL cannot:
//!
//! - `@entity(role, class, team, scope)`: which role owns it, how fresh it must be, who owns its meaning, who may read it.
//! - `@relation(to, by, from | argument, take)`: the field is `to`, looked up `by` its field, with the key from this
//!   object's field or the argument; `take` answers one field of it instead of the object.
//! - `@scope(name)`: a scope of the field's own, instead of the entity's.
//! - `@composite(name)`: the field is decided by code in `composites::answers`.
//! - `@connection(of)`: the type is a page of entities.
//! - `@hidden`: mapped and planned with, but not in the public schema.

mod read;

use std::sync::LazyLock;

pub use async_graphql_parser::types::{BaseType, Type as TypeRef};
use async_graphql_value::ConstValue;
use indexmap::IndexMap;

use crate::tenancy::Role;

/// How fresh an entity must be; settings say what each class means in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Names, addresses, contacts.
    Customers,
    /// Which id a customer has in another system.
    Links,
    /// What a customer owes and may owe.
    Receivables,
    /// Orders, lines, shipments.
    Orders,
    /// Invoices.
    Invoices,
    /// Product data and list prices.
    Products,
    /// Stock.
    Availability,
    /// Subscriptions.
    Subscriptions,
    /// Contracts and entitlements.
    Contracts,
    /// Installed products.
    Assets,
    /// Support cases.
    Cases,
}

impl Class {
    /// Every class, in the order of the documentation.
    pub const ALL: [Class; 11] = [
        Class::Customers,
        Class::Links,
        Class::Receivables,
        Class::Orders,
        Class::Invoices,
        Class::Products,
        Class::Availability,
        Class::Subscriptions,
        Class::Contracts,
        Class::Assets,
        Class::Cases,
    ];

    /// As settings, metrics and `explain` spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Customers => "customers",
            Class::Links => "links",
            Class::Receivables => "receivables",
            Class::Orders => "orders",
            Class::Invoices => "invoices",
            Class::Products => "products",
            Class::Availability => "availability",
            Class::Subscriptions => "subscriptions",
            Class::Contracts => "contracts",
            Class::Assets => "assets",
            Class::Cases => "cases",
        }
    }
}

/// What `@entity` says.
#[derive(Debug, Clone)]
pub struct EntityFacts {
    /// The role that owns it unless a tenant's binding says otherwise.
    pub role: Role,
    /// How fresh it must be.
    pub class: Class,
    /// Who owns its meaning.
    pub team: &'static str,
    /// The scope that may read it.
    pub scope: &'static str,
}

/// Where a relation's key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOrigin {
    /// A field of the object that the relation stands on.
    Field(&'static str),
    /// An argument of the relation's own field.
    Argument(&'static str),
}

/// What `@relation` says.
#[derive(Debug, Clone)]
pub struct Relation {
    /// The entity that is looked up.
    pub to: &'static str,
    /// The field of that entity that holds the key.
    pub by: &'static str,
    /// Where the key comes from.
    pub key: KeyOrigin,
    /// Answer this field of the entity, not the entity.
    pub take: Option<&'static str>,
}

/// An argument, or a field of an input object.
#[derive(Debug)]
pub struct Input {
    /// Its name.
    pub name: &'static str,
    /// For the documentation.
    pub description: Option<&'static str>,
    /// Its type.
    pub ty: TypeRef,
    /// What stands in when it is left out.
    pub default: Option<ConstValue>,
}

/// A field of an object type.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its place in a record.
    pub ordinal: usize,
    /// For the documentation.
    pub description: Option<&'static str>,
    /// Its type.
    pub ty: TypeRef,
    /// Its arguments, by name.
    pub arguments: IndexMap<&'static str, Input>,
    /// Not in the public schema.
    pub hidden: bool,
    /// A scope of its own, instead of the entity's.
    pub scope: Option<&'static str>,
    /// Looked up rather than stored.
    pub relation: Option<Relation>,
    /// Decided by code, under this name.
    pub composite: Option<&'static str>,
}

impl Field {
    /// The name of the type inside lists and non-null marks.
    pub fn type_name(&self) -> &str {
        named(&self.ty)
    }

    /// Whether it answers a list.
    pub fn is_list(&self) -> bool {
        matches!(self.ty.base, BaseType::List(_))
    }
}

/// The name inside lists and non-null marks.
pub fn named(ty: &TypeRef) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(inner) => named(inner),
    }
}

/// An object type: an entity, a composite answer, or a part of one.
#[derive(Debug)]
pub struct ObjectType {
    /// Its name.
    pub name: &'static str,
    /// For the documentation.
    pub description: Option<&'static str>,
    /// Its fields, by name, in the order of the model.
    pub fields: IndexMap<&'static str, Field>,
    /// What `@entity` says; absent for parts and composite answers.
    pub entity: Option<EntityFacts>,
    /// Not in the public schema.
    pub hidden: bool,
    /// The entity that this is a page of.
    pub connection_of: Option<&'static str>,
    /// Whether it implements the interface `Entity`, and so carries `source`.
    pub has_source: bool,
}

impl ObjectType {
    /// The ordinal of a field.
    pub fn ordinal(&self, field: &str) -> Option<usize> {
        self.fields.get(field).map(|field| field.ordinal)
    }
}

/// An enum type.
#[derive(Debug)]
pub struct EnumType {
    /// Its name.
    pub name: &'static str,
    /// For the documentation.
    pub description: Option<&'static str>,
    /// Its values with their documentation, in order.
    pub values: IndexMap<&'static str, Option<&'static str>>,
}

impl EnumType {
    /// The model's own spelling of a value, if it is one.
    pub fn value(&self, name: &str) -> Option<&'static str> {
        self.values.get_key_value(name).map(|(value, _)| *value)
    }
}

/// An input object type.
#[derive(Debug)]
pub struct InputType {
    /// Its name.
    pub name: &'static str,
    /// For the documentation.
    pub description: Option<&'static str>,
    /// Its fields, by name.
    pub fields: IndexMap<&'static str, Input>,
    /// Exactly one field must be given.
    pub one_of: bool,
}

/// A scalar type of the model's own.
#[derive(Debug)]
pub struct ScalarType {
    /// Its name.
    pub name: &'static str,
    /// For the documentation.
    pub description: Option<&'static str>,
    /// Where it is specified.
    pub specified_by: Option<&'static str>,
}

/// The whole model.
#[derive(Debug, Default)]
pub struct Model {
    /// Object types, the root `Query` among them.
    pub objects: IndexMap<&'static str, ObjectType>,
    /// Enum types.
    pub enums: IndexMap<&'static str, EnumType>,
    /// Input object types.
    pub inputs: IndexMap<&'static str, InputType>,
    /// Scalars beside GraphQL's own.
    pub scalars: IndexMap<&'static str, ScalarType>,
    /// The interface `Entity`: its own fields.
    pub interface: Option<ObjectType>,
}

impl Model {
    /// The model that this program was built with.
    pub fn get() -> &'static Model {
        static MODEL: LazyLock<Model> = LazyLock::new(read::built_in);
        &MODEL
    }

    /// An object type by name.
    pub fn object(&'static self, name: &str) -> Option<&'static ObjectType> {
        self.objects.get(name)
    }

    /// An entity by name.
    pub fn entity(&'static self, name: &str) -> Option<&'static ObjectType> {
        self.object(name).filter(|object| object.entity.is_some())
    }

    /// Every entity, hidden ones among them.
    pub fn entities(&'static self) -> impl Iterator<Item = &'static ObjectType> {
        self.objects.values().filter(|object| object.entity.is_some())
    }

    /// Every scope that the model names, in alphabetical order.
    pub fn scopes(&'static self) -> std::collections::BTreeSet<&'static str> {
        let of_entities = self.entities().filter_map(|object| object.entity.as_ref().map(|facts| facts.scope));
        let of_fields = self.objects.values().flat_map(|object| object.fields.values().filter_map(|field| field.scope));
        of_entities.chain(of_fields).collect()
    }
}

/// An object type that the program itself depends on. The model is part of the program and tests walk it, so a name
/// that is missing is a fault of ours that no input can cause.
pub fn expect_object(name: &str) -> &'static ObjectType {
    Model::get().object(name).expect("the model has every object type that the program names")
}
