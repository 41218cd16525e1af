//! Documents that are published as REST endpoints: parameters in, the bare object out. The engine is the same.

mod lift;
mod parameters;
mod render;

use std::sync::Arc;

use async_graphql::parser::types::{Selection, VariableDefinition};
use portico_contracts::model::TypeRef;
use portico_contracts::tenancy::Role;

pub use render::Rendered;

use crate::engine::{Document, Engine};

/// One published operation.
#[derive(Debug)]
pub struct Operation {
    document: Arc<Document>,
    /// The response key of its one root field, which is the answer.
    root: Arc<str>,
    variables: Vec<Parameter>,
    /// Roles without whose systems there is no answer.
    required: Vec<Role>,
    /// Objects whose members stand in their place.
    lifts: Vec<lift::Lift>,
}

/// A variable of the document, which is a parameter of the endpoint.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: TypeRef,
    /// Whether it may be left out.
    pub optional: bool,
}

impl Operation {
    /// Compiles a document. The errors are sentences for the operator.
    pub fn compile(engine: &Engine, text: &str, path: &[&str], required: &[Role]) -> Result<Operation, Vec<String>> {
        let document = engine.document(text, None).map_err(|refused| {
            let of_text = refused.errors.iter().map(|error| match error.locations.first() {
                Some((line, _)) => format!("line {line}: {}", error.message),
                None => error.message.clone(),
            });
            let found: Vec<String> = of_text.collect();
            if found.is_empty() { vec![refused.problem.detail.to_string()] } else { found }
        })?;
        if document.is_subscription() {
            return Err(vec!["a subscription cannot be published: it has no one answer".to_owned()]);
        }
        let root = single_root(&document)?;
        let variables: Vec<Parameter> =
            document.operation().variable_definitions.iter().map(|variable| parameter(&variable.node)).collect();
        let unknown = path.iter().filter(|name| !variables.iter().any(|variable| variable.name == **name));
        let mistakes: Vec<String> = unknown
            .map(|name| format!("the path has `{{{name}}}`, but the document has no variable `${name}`"))
            .collect();
        if mistakes.is_empty() {
            Ok(Operation { document, root, variables, required: required.to_vec(), lifts: Vec::new() })
        } else {
            Err(mistakes)
        }
    }

    /// The document, for [`Engine::prepare_document`].
    pub fn document(&self) -> &Arc<Document> {
        &self.document
    }

    /// The operation's name, for logs and documentation.
    pub fn name(&self) -> &str {
        self.document.name().unwrap_or("unnamed")
    }

    /// Its parameters, in the order of the document.
    pub fn parameters(&self) -> &[Parameter] {
        &self.variables
    }

    /// The response key of the root field.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// Roles without whose systems there is no answer.
    pub fn required(&self) -> &[Role] {
        &self.required
    }
}

fn parameter(variable: &VariableDefinition) -> Parameter {
    Parameter {
        name: variable.name.node.to_string(),
        ty: variable.var_type.node.clone(),
        optional: variable.var_type.node.nullable || variable.default_value.is_some(),
    }
}

/// The answer is the one root field: fragments and further fields at the root would leave open which.
fn single_root(document: &Document) -> Result<Arc<str>, Vec<String>> {
    let items = &document.operation().selection_set.node.items;
    match items.as_slice() {
        [item] => match &item.node {
            Selection::Field(field) => Ok(Arc::from(field.node.response_key().node.as_str())),
            _ => Err(vec!["the document's root must be a field, not a fragment".to_owned()]),
        },
        _ => Err(vec![format!("the document must have exactly one root field; it has {}", items.len())]),
    }
}
