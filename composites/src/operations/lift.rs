//! Old versions keep their flat names: the members of an object are moved up beside it, in its place.

use std::sync::Arc;

use async_graphql::parser::types::{Field, Selection, SelectionSet};
use indexmap::IndexMap;
use serde_json::value::RawValue;

use super::Operation;

/// An object of the answer whose members stand where it stood.
#[derive(Debug, Clone)]
pub(crate) struct Lift {
    member: Arc<str>,
    inside: Vec<Arc<str>>,
}

impl Lift {
    /// The object's response key.
    pub(crate) fn member(&self) -> &str {
        &self.member
    }
}

type Members = IndexMap<String, Box<RawValue>>;

impl Operation {
    /// Moves the members of these objects of the answer up beside them. The errors are sentences for the operator.
    pub fn lifting(mut self, members: &[Arc<str>]) -> Result<Operation, Vec<String>> {
        let fields = root_fields(&self.document.operation().selection_set.node);
        let own: Vec<&str> =
            fields.iter().map(|field| key(field)).filter(|name| !members.iter().any(|m| &**m == *name)).collect();
        let mut lifts = Vec::new();
        let mut mistakes = Vec::new();
        for member in members {
            let found = fields.iter().find(|field| key(field) == &**member);
            let inside: Vec<Arc<str>> = found.map(|field| keys(&field.selection_set.node)).unwrap_or_default();
            if inside.is_empty() {
                mistakes.push(format!("`lift: {member}`: the answer has no object `{member}` with fields"));
            }
            mistakes.extend(inside.iter().filter(|name| own.contains(&&***name)).map(|name| {
                format!("`lift: {member}`: the answer would have two members `{name}`; give one of them another alias")
            }));
            lifts.push(Lift { member: Arc::clone(member), inside });
        }
        self.lifts = lifts;
        if mistakes.is_empty() { Ok(self) } else { Err(mistakes) }
    }

    pub(crate) fn lifts(&self) -> &[Lift] {
        &self.lifts
    }

    /// The answer's text in its published shape.
    pub(super) fn lifted(&self, root: &str) -> String {
        if self.lifts.is_empty() {
            return root.to_owned();
        }
        let Ok(members) = serde_json::from_str::<Members>(root) else { return root.to_owned() };
        let mut shaped = Members::with_capacity(members.len() + 4);
        for (name, value) in members {
            match self.lifts.iter().find(|lift| *lift.member == *name) {
                Some(lift) => shaped.extend(lift.open(&value)),
                None => {
                    shaped.insert(name, value);
                }
            }
        }
        serde_json::to_string(&shaped).unwrap_or_else(|_| root.to_owned())
    }

    /// An error's path in the published shape.
    pub(super) fn lifted_path<'p>(&self, path: &'p str) -> &'p str {
        let inside = self.lifts.iter().find_map(|lift| path.strip_prefix(&*lift.member)?.strip_prefix('.'));
        inside.unwrap_or(path)
    }
}

impl Lift {
    /// The object's members; null each where the object is null.
    fn open(&self, value: &RawValue) -> Vec<(String, Box<RawValue>)> {
        let mut members: Members = serde_json::from_str(value.get()).unwrap_or_default();
        let null = || RawValue::NULL.to_owned();
        self.inside.iter().map(|name| (name.to_string(), members.swap_remove(&**name).unwrap_or_else(null))).collect()
    }
}

fn key(field: &Field) -> &str {
    &field.response_key().node
}

fn root_fields(set: &SelectionSet) -> Vec<&Field> {
    let root = set
        .items
        .iter()
        .find_map(|item| if let Selection::Field(field) = &item.node { Some(&field.node) } else { None });
    root.map(|root| fields(&root.selection_set.node)).unwrap_or_default()
}

fn fields(set: &SelectionSet) -> Vec<&Field> {
    let items = set.items.iter().map(|item| &item.node);
    items.filter_map(|item| if let Selection::Field(field) = item { Some(&field.node) } else { None }).collect()
}

fn keys(set: &SelectionSet) -> Vec<Arc<str>> {
    fields(set).into_iter().map(|field| Arc::from(key(field))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::fresh::{Cache, Limits, SystemClock};
    use crate::guard::Guard;

    fn operation(lift: &str) -> Result<Operation, Vec<String>> {
        let clock = Arc::new(SystemClock);
        let engine = Engine::new(Guard::default(), 100, Cache::new(Limits::default(), clock.clone()), clock);
        let text = "query ($n: String!) { order(number: $n) { orderNo: number customer { customerName: name number: crmId } } }";
        Operation::compile(&engine, text, &["n"], &[]).and_then(|compiled| compiled.lifting(&[Arc::from(lift)]))
    }

    #[test]
    fn members_stand_where_their_object_stood() {
        let operation = operation("customer").unwrap();
        let lifted = operation.lifted(r#"{"orderNo":"1","customer":{"customerName":"A","number":"x"},"z":1.50}"#);
        assert_eq!(lifted, r#"{"orderNo":"1","customerName":"A","number":"x","z":1.50}"#);
        assert_eq!(operation.lifted(r#"{"customer":null}"#), r#"{"customerName":null,"number":null}"#);
        assert_eq!(operation.lifted_path("customer.customerName"), "customerName");
        assert_eq!(operation.lifted_path("customers.x"), "customers.x");
    }

    #[test]
    fn what_cannot_be_lifted_is_said() {
        assert_eq!(operation("lines").unwrap_err(), ["`lift: lines`: the answer has no object `lines` with fields"]);
        assert_eq!(
            operation("orderNo").unwrap_err(),
            ["`lift: orderNo`: the answer has no object `orderNo` with fields"]
        );
    }
}
