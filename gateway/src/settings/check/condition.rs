//! Conditions: compiled, and their types checked, where they are written.

use std::collections::BTreeMap;
use std::sync::Arc;

use portico_composites::operations::Parameter;
use portico_contracts::model::expect_object;
use portico_policies::authorize::condition::{Condition, Declared};

use super::ledger::Ledger;
use crate::settings::mistake::suggestion;
use crate::settings::path::PathTemplate;
use crate::settings::read::{At, Place};
use crate::settings::written::Named;

/// A condition for requests that have these arguments.
pub(super) fn check(
    place: &Place,
    text: &str,
    arguments: &[Declared<'_>],
    ledger: &mut Ledger<'_>,
) -> Option<Arc<Condition>> {
    ledger.take(place, Condition::compile(text, arguments)).map(Arc::new)
}

/// One of a whole version, which has no arguments.
pub(super) fn of_version(at: Option<&At<String>>, ledger: &mut Ledger<'_>) -> Option<Arc<Condition>> {
    at.and_then(|at| check(&at.place, at, &[], ledger))
}

/// One of a proxied route: the parameters of its path are texts.
pub(super) fn of_route(
    at: Option<&At<String>>,
    path: &PathTemplate,
    ledger: &mut Ledger<'_>,
) -> Option<Arc<Condition>> {
    let declared: Vec<Declared<'_>> =
        path.parameters().map(|name| Declared { name, ty: None, optional: false }).collect();
    at.and_then(|at| check(&at.place, at, &declared, ledger))
}

/// One of an operation: the variables of its document.
pub(super) fn of_operation(
    place: &Place,
    text: &str,
    variables: &[Parameter],
    ledger: &mut Ledger<'_>,
) -> Option<Arc<Condition>> {
    let declared: Vec<Declared<'_>> = variables
        .iter()
        .map(|variable| Declared { name: &variable.name, ty: Some(&variable.ty), optional: variable.optional })
        .collect();
    check(place, text, &declared, ledger)
}

/// Those of the schema's root fields: they hold in `/graphql` and in every operation.
pub(super) fn of_fields(written: &Named<String>, ledger: &mut Ledger<'_>) -> BTreeMap<&'static str, Arc<Condition>> {
    let roots = [expect_object("Query"), expect_object("Subscription")];
    let mut conditions = BTreeMap::new();
    for (name, at) in written {
        let Some(field) = roots.iter().find_map(|root| root.fields.get(name.as_str())) else {
            let known = roots.iter().flat_map(|root| root.fields.keys().copied());
            ledger.wrong(&at.place, format!("the schema has no root field \"{name}\"{}", suggestion(name, known)));
            continue;
        };
        let declared: Vec<Declared<'_>> = field
            .arguments
            .values()
            .map(|input| Declared { name: input.name, ty: Some(&input.ty), optional: false })
            .collect();
        if let Some(condition) = check(&at.place, at, &declared, ledger) {
            conditions.insert(field.name, condition);
        }
    }
    conditions
}
