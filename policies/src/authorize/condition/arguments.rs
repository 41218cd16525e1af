//! A request's arguments as a condition sees them: by name, with members of input objects by their path, typed.

use std::sync::Arc;

use cel_core::{CelType, MapKey, Value};
use portico_contracts::model::{BaseType, Model, TypeRef};
use serde_json::{Map, Value as Json};

/// An argument that a request will have.
#[derive(Debug, Clone, Copy)]
pub struct Declared<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its type; text where there is none, as path parameters are.
    pub ty: Option<&'a TypeRef>,
    /// Whether it may be left out.
    pub optional: bool,
}

/// One name that a condition may use.
#[derive(Debug)]
pub(super) struct Known {
    /// `arguments.amount.currency`.
    pub(super) name: String,
    /// `amount`, `currency`.
    path: Vec<Box<str>>,
    form: Form,
    optional: bool,
}

#[derive(Debug, Clone)]
enum Form {
    Text,
    Int,
    Truth,
    List(Box<Form>),
    /// An input object inside a list: its members are looked at when it is evaluated.
    Members,
}

/// Input objects do not nest deeper in any schema worth having.
const DEEPEST: usize = 6;

/// Every name that a condition may use for these arguments.
pub(super) fn known(declared: &[Declared<'_>]) -> Vec<Known> {
    let mut all = Vec::new();
    for one in declared {
        add(&mut all, vec![one.name.into()], one.ty, one.optional);
    }
    all
}

fn add(all: &mut Vec<Known>, path: Vec<Box<str>>, ty: Option<&TypeRef>, optional: bool) {
    let optional = optional || ty.is_some_and(|ty| ty.nullable);
    if let Some(BaseType::Named(name)) = ty.map(|ty| &ty.base)
        && let Some(input) = Model::get().inputs.get(name.as_str()).filter(|_| path.len() < DEEPEST)
    {
        for field in input.fields.values() {
            let below = path.iter().cloned().chain([field.name.into()]).collect();
            add(all, below, Some(&field.ty), optional || input.one_of);
        }
        return;
    }
    let name = format!("arguments.{}", path.join("."));
    all.push(Known { name, path, form: ty.map_or(Form::Text, Form::of), optional });
}

impl Form {
    fn of(ty: &TypeRef) -> Self {
        match &ty.base {
            BaseType::List(inner) => Form::List(Box::new(Form::of(inner))),
            BaseType::Named(name) => match name.as_str() {
                "Int" => Form::Int,
                "Boolean" => Form::Truth,
                name if Model::get().inputs.contains_key(name) => Form::Members,
                _ => Form::Text,
            },
        }
    }

    fn of_cel(&self) -> CelType {
        match self {
            Form::Text => CelType::String,
            Form::Int => CelType::Int,
            Form::Truth => CelType::Bool,
            Form::List(inner) => CelType::list(inner.of_cel()),
            Form::Members => CelType::map(CelType::String, CelType::Dyn),
        }
    }

    /// A value of this form. What does not fit is null, of which nothing holds.
    fn value(&self, json: &Json) -> Value {
        match (self, json) {
            (Form::Text, Json::String(text)) => Value::String(Arc::from(text.as_str())),
            // Decimals may be written as numbers.
            (Form::Text, Json::Number(number)) => Value::String(number.to_string().into()),
            (Form::Int, Json::Number(number)) => number.as_i64().map_or(Value::Null, Value::Int),
            (Form::Truth, Json::Bool(truth)) => Value::Bool(*truth),
            (Form::List(inner), Json::Array(items)) => Value::list(items.iter().map(|item| inner.value(item))),
            // GraphQL takes one for a list of one.
            (Form::List(inner), json) if !json.is_null() => Value::list([inner.value(json)]),
            (Form::Members, json @ Json::Object(_)) => plain(json),
            _ => Value::Null,
        }
    }
}

/// A value inside a list's object, as it was sent.
fn plain(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => number.as_i64().map_or_else(|| Value::String(number.to_string().into()), Value::Int),
        Json::String(text) => Value::String(Arc::from(text.as_str())),
        Json::Array(items) => Value::list(items.iter().map(plain)),
        Json::Object(members) => {
            Value::map(members.iter().map(|(name, json)| (MapKey::String(Arc::from(name.as_str())), plain(json))))
        }
    }
}

impl Known {
    pub(super) fn of_cel(&self) -> CelType {
        match self.form.of_cel() {
            of if !self.optional => of,
            // May be compared with null.
            of @ (CelType::String | CelType::Int | CelType::Bool) => CelType::Wrapper(Arc::new(of)),
            _ => CelType::Dyn,
        }
    }

    /// Its value among the arguments of a request; null where it is not given.
    pub(super) fn value(&self, arguments: &Map<String, Json>) -> Value {
        self.find(arguments).map_or(Value::Null, |json| self.form.value(json))
    }

    fn find<'j>(&self, arguments: &'j Map<String, Json>) -> Option<&'j Json> {
        let (first, below) = self.path.split_first()?;
        below.iter().try_fold(arguments.get(&**first)?, |at, name| at.as_object()?.get(&**name))
    }
}
