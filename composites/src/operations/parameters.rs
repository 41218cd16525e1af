//! From path, query and body to variables.

use std::collections::BTreeSet;

use portico_contracts::model::{BaseType, Model, TypeRef, named};
use portico_contracts::problem::{Code, Problem};
use serde_json::{Map, Number, Value};

use super::{Operation, Parameter};
use crate::engine::Variables;

impl Operation {
    /// Variables from a path's parameters and a query string's. Lists may be repeated or separated by commas.
    pub fn from_query<'p>(
        &self,
        path: &[(&str, &str)],
        query: impl IntoIterator<Item = (&'p str, &'p str)>,
    ) -> Result<Variables, Problem> {
        let mut variables = Map::new();
        for (name, text) in path {
            let parameter = self.parameter(name)?;
            variables.insert((*name).to_owned(), typed(parameter, text)?);
        }
        let of_path: BTreeSet<&str> = path.iter().map(|(name, _)| *name).collect();
        for (name, text) in query {
            if of_path.contains(name) {
                return Err(invalid(format!("The parameter `{name}` is part of the path.")));
            }
            let parameter = self.parameter(name)?;
            let value = typed(parameter, text)?;
            match (variables.get_mut(name), value) {
                (Some(Value::Array(all)), Value::Array(more)) => all.extend(more),
                (Some(_), _) => return Err(invalid(format!("The parameter `{name}` is given twice."))),
                (None, value) => {
                    variables.insert(name.to_owned(), value);
                }
            }
        }
        self.complete(variables)
    }

    /// Variables from a path's parameters and the members of a JSON body.
    pub fn from_body(&self, path: &[(&str, &str)], body: Map<String, Value>) -> Result<Variables, Problem> {
        let mut variables = body;
        if let Some(unknown) = variables.keys().find(|name| self.find(name).is_none()) {
            return Err(self.unknown(unknown, "member"));
        }
        for (name, text) in path {
            let parameter = self.parameter(name)?;
            if variables.insert((*name).to_owned(), typed(parameter, text)?).is_some() {
                return Err(invalid(format!("The member `{name}` is part of the path.")));
            }
        }
        self.complete(variables)
    }

    fn complete(&self, variables: Variables) -> Result<Variables, Problem> {
        match self.variables.iter().find(|parameter| !parameter.optional && !variables.contains_key(&parameter.name)) {
            Some(missing) => Err(invalid(format!("The parameter `{}` is required.", missing.name))),
            None => Ok(variables),
        }
    }

    fn find(&self, name: &str) -> Option<&Parameter> {
        self.variables.iter().find(|parameter| parameter.name == name)
    }

    fn parameter(&self, name: &str) -> Result<&Parameter, Problem> {
        self.find(name).ok_or_else(|| self.unknown(name, "parameter"))
    }

    fn unknown(&self, name: &str, what: &str) -> Problem {
        let known: Vec<&str> = self.variables.iter().map(|parameter| parameter.name.as_str()).collect();
        let name: String = name.chars().take(60).collect();
        invalid(format!("There is no {what} `{name}`; known are {}.", known.join(", ")))
    }
}

fn invalid(detail: String) -> Problem {
    Problem::new(Code::ParameterInvalid, detail)
}

/// A parameter's text as its type wants it. Whether it fits further is the variables' coercion to say.
fn typed(parameter: &Parameter, text: &str) -> Result<Value, Problem> {
    match &parameter.ty.base {
        BaseType::List(item) => text.split(',').map(|part| scalar(parameter, item, part)).collect(),
        BaseType::Named(_) => scalar(parameter, &parameter.ty, text),
    }
}

fn scalar(parameter: &Parameter, ty: &TypeRef, text: &str) -> Result<Value, Problem> {
    let wrong = |wanted: &str| invalid(format!("The parameter `{}` must be {wanted}.", parameter.name));
    match named(ty) {
        "Int" => {
            text.parse::<i32>().map(|number| Value::Number(Number::from(number))).map_err(|_| wrong("a whole number"))
        }
        "Boolean" => text.parse::<bool>().map(Value::Bool).map_err(|_| wrong("`true` or `false`")),
        name if Model::get().inputs.contains_key(name) => Err(wrong("sent in a body")),
        _ => Ok(Value::String(text.to_owned())),
    }
}
